//! Control planes and proxies outside a cluster, from the environment files and unit files of a directory.

use super::Directory;
use super::control_plane::{ControlPlane, Zone};
use super::finding::Finding;
use super::proxy_token;
use super::report::{CheckName, Component, Outcome, Report};
use super::site::{half_pair, host_of};
use super::trust::{Context, Dialer, Pem, Server, host};
use super::variables::{Unit, Variables};
use crate::format::environment::Purpose;
use crate::x509::Certificate;

const CA_FILE: &str = "KUMA_CONTROL_PLANE_CA_CERT_FILE";
const CA: &str = "KUMA_CONTROL_PLANE_CA_CERT";

/// A process with its variables.
struct Process {
    /// The file that has its variables.
    file: String,
    variables: Variables,
}

impl Process {
    fn is_proxy(&self) -> bool {
        self.variables.has_any(&["KUMA_CONTROL_PLANE_", "KUMA_DATAPLANE_"])
    }

    fn is_control_plane(&self) -> bool {
        let beginnings = [
            "KUMA_GENERAL_",
            "KUMA_DP_SERVER_",
            "KUMA_API_SERVER_",
            "KUMA_MULTIZONE_",
            "KUMA_MODE",
            "KUMA_STORE_",
        ];
        self.file.starts_with("kuma-cp") || self.variables.has_any(&beginnings)
    }
}

/// Returns the processes that the files describe. An environment file that a unit names belongs to the unit.
fn processes(directory: &Directory) -> Vec<Process> {
    let has_extension = |name: &str, extension: &str| name.ends_with(extension);
    let text = |name: &str| directory.text(name).unwrap_or_default();
    let names = || directory.files.iter().map(|file| file.name.as_str());
    let mut processes = Vec::new();
    let mut used = Vec::new();
    for name in names().filter(|name| has_extension(name, ".service")) {
        let unit = Unit::read(text(name));
        let mut variables = Variables::default();
        for path in &unit.environment_files {
            if let Some(file) = directory.file(path) {
                used.push(file.name.as_str());
                variables.extend(Variables::read(text(&file.name)));
            }
        }
        variables.extend(unit.variables);
        processes.push(Process { file: name.to_owned(), variables });
    }
    for name in names().filter(|name| has_extension(name, ".env") && !used.contains(name)) {
        processes.push(Process { file: name.to_owned(), variables: Variables::read(text(name)) });
    }
    processes
}

/// The processes of a directory.
#[derive(Default)]
pub(super) struct Universal<'a> {
    pub(super) control_planes: Vec<ControlPlane<'a>>,
    /// Proxies whose control plane is elsewhere.
    pub(super) proxies: Vec<Dialer<'a>>,
}

/// Checks the processes of a directory.
pub(super) fn universal<'a>(
    directory: &'a Directory,
    context: &Context,
    report: &mut Report,
) -> Universal<'a> {
    let processes = processes(directory);
    let is_proxy = |one: &&Process| one.is_proxy() && !one.is_control_plane();
    let proxies: Vec<_> = processes.iter().filter(is_proxy).collect();
    for proxy in &proxies {
        let piece = format!("kuma-dp with {}", directory.shown(&proxy.file));
        proxy_token::check(directory, &proxy.variables, &piece, context, report);
    }
    let mut found = Universal::default();
    for process in processes.iter().filter(|one| one.is_control_plane()) {
        let mut builder = Builder { directory, process, report };
        found.control_planes.push(builder.control_plane(&proxies));
    }
    let has_secret = !directory.objects.secrets.is_empty();
    if found.control_planes.is_empty() && !has_secret && directory.file("tls.crt").is_some() {
        let process = Process { file: String::new(), variables: Variables::plain() };
        let mut builder = Builder { directory, process: &process, report };
        let mut control_plane = builder.control_plane(&proxies);
        control_plane.title = format!("control plane of {}", directory.name);
        found.control_planes.push(control_plane);
        return found;
    }
    if found.control_planes.iter().all(|one| one.is_global) {
        for process in proxies {
            let mut builder = Builder { directory, process, report };
            found.proxies.extend(builder.proxy(process));
        }
    }
    found
}

struct Builder<'s, 'a> {
    directory: &'a Directory,
    process: &'s Process,
    report: &'s mut Report,
}

impl<'a> Builder<'_, 'a> {
    fn control_plane(&mut self, proxies: &[&Process]) -> ControlPlane<'a> {
        let shown = self.directory.shown(&self.process.file);
        let title = format!("kuma-cp with {shown}");
        let variables = &self.process.variables;
        let mut control_plane = ControlPlane {
            title: title.clone(),
            is_global: variables.get("KUMA_MODE") == Some("global"),
            ..ControlPlane::default()
        };
        for purpose in Purpose::ALL {
            if let Some((present, missing)) = half_pair(purpose, |name| variables.get(name)) {
                let finding = Finding::VariableMissing { present, missing };
                self.fail(CheckName::Variables, Component::KumaCp, &title, finding);
            }
            let [certificate, key, ..] = purpose.file_variables();
            if let Some(server) = self.server(purpose, certificate, key) {
                let same = control_plane
                    .servers
                    .iter_mut()
                    .find(|other| other.certificate.name == server.certificate.name);
                match same {
                    Some(same) => same.purposes.push(purpose),
                    None => control_plane.servers.push(server),
                }
            }
        }
        let serves = |name: &Option<&str>| name.is_some_and(|name| variables.get(name).is_some());
        let names = [Purpose::General, Purpose::DpServer].map(|purpose| purpose.file_variables());
        let is_proxied = !proxies.is_empty() && !control_plane.is_global;
        if is_proxied && !names.iter().flatten().any(serves) {
            let servers = "data plane proxies".to_owned();
            self.fail(
                CheckName::Variables,
                Component::KumaDp,
                &title,
                Finding::Autogenerated { servers },
            );
        }
        if !control_plane.is_global {
            for proxy in proxies {
                if let Some(dialer) = self.proxy(proxy) {
                    control_plane.dial(Purpose::DpServer, dialer);
                }
            }
        }
        self.add_ca_file(&mut control_plane);
        if let Some(address) = variables.get("KUMA_MULTIZONE_ZONE_GLOBAL_ADDRESS") {
            let name = "KUMA_MULTIZONE_ZONE_KDS_ROOT_CA_FILE";
            let ca = self.pem(&title, Component::ZoneCp, &self.process.variables, name);
            control_plane.zone = Some(Zone {
                address: address.to_owned(),
                has_missing_ca: variables.get(name).is_some() && ca.is_none(),
                ca,
                skips_verification: variables.get("KUMA_MULTIZONE_ZONE_KDS_TLS_SKIP_VERIFY")
                    == Some("true"),
            });
        }
        control_plane
    }

    fn fail(&mut self, name: CheckName, component: Component, piece: &str, finding: Finding) {
        self.report.add(name, component, piece, Outcome::Failed(finding));
    }

    /// Returns the file that a variable names, or reports that it is not in the directory.
    fn pem(
        &mut self,
        piece: &str,
        component: Component,
        variables: &Variables,
        name: &str,
    ) -> Option<Pem<'a>> {
        let path = variables.get(name)?;
        let Some(file) = self.directory.file(path) else {
            let finding = Finding::FileMissing {
                variable: name.to_owned(),
                path: crate::text::excerpt(path),
                directory: self.directory.shown("").trim_end_matches('/').to_owned(),
            };
            self.fail(CheckName::Files, component, piece, finding);
            return None;
        };
        Some(Pem::new(self.directory.shown(&file.name), file.bytes.as_slice()))
    }

    fn server(
        &mut self,
        purpose: Purpose,
        certificate: Option<&str>,
        key: Option<&str>,
    ) -> Option<Server<'a>> {
        let piece = format!("kuma-cp with {}", self.directory.shown(&self.process.file));
        let variables = &self.process.variables;
        let certificate = self.pem(&piece, Component::KumaCp, variables, certificate?);
        let key = key.and_then(|key| self.pem(&piece, Component::KumaCp, variables, key));
        let certificate = certificate?;
        Some(Server {
            piece: certificate.name.clone(),
            certificate,
            key,
            purposes: vec![purpose],
            dialers: Vec::new(),
        })
    }

    fn proxy(&mut self, proxy: &Process) -> Option<Dialer<'a>> {
        let piece = format!("kuma-dp with {}", self.directory.shown(&proxy.file));
        // The text goes before the file (`app/kuma-dp/cmd/run.go`).
        let ca = match proxy.variables.get(CA) {
            Some(text) => {
                let name = format!("{CA} in {}", self.directory.shown(&proxy.file));
                Some(Pem::new(name, text.as_bytes().to_vec()))
            }
            None => self.pem(&piece, Component::KumaDp, &proxy.variables, CA_FILE),
        };
        if ca.is_none() && proxy.variables.get(CA_FILE).is_none() {
            let (present, missing) = ("KUMA_CONTROL_PLANE_URL".to_owned(), CA_FILE.to_owned());
            let finding = Finding::VariableMissing { present, missing };
            self.fail(CheckName::Variables, Component::KumaDp, &piece, finding);
        }
        let address =
            proxy.variables.get("KUMA_CONTROL_PLANE_URL").unwrap_or("https://localhost:5678");
        if !address.starts_with("https://") {
            let expected = "an address with https://".to_owned();
            let finding = Finding::Address { address: crate::text::excerpt(address), expected };
            self.fail(CheckName::ProxyAddress, Component::KumaDp, &piece, finding);
        }
        let hosts = host_of(address).and_then(host).into_iter().collect();
        ca.is_some().then_some(Dialer {
            check: CheckName::ProxyCa,
            component: Component::KumaDp,
            piece,
            ca,
            hosts,
        })
    }

    /// Adds ca.crt, which is for clients elsewhere, unless the proxies have it.
    fn add_ca_file(&self, control_plane: &mut ControlPlane<'a>) {
        let Some(file) = self.directory.file("ca.crt") else { return };
        let ca = Pem::new(self.directory.shown("ca.crt"), file.bytes.as_slice());
        let own: Vec<Certificate> = ca.certificates();
        let has_it = |dialer: &Dialer<'_>| {
            dialer.ca.as_ref().is_some_and(|ca| super::trust::is_same_set(&ca.certificates(), &own))
        };
        let Some(server) = control_plane.server(Purpose::DpServer) else { return };
        if !server.dialers.iter().any(has_it) {
            server.dialers.push(Dialer {
                check: CheckName::ProxyCa,
                component: Component::Kumactl,
                piece: format!("clients with {}", ca.name),
                ca: Some(ca),
                hosts: Vec::new(),
            });
        }
    }
}
