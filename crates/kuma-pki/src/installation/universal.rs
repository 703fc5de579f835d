//! Control planes and proxies outside a cluster, from the environment files and unit files of a directory.

use super::control_plane::{ControlPlane, ROOT_CA, Zone};
use super::dialer::{Dialer, Pem, host};
use super::finding::Finding;
use super::proxies::URL;
use super::proxy_token;
use super::report::{CheckName, Component, Report};
use super::settings::Settings;
use super::site::{OF_CONTROL_PLANE, host_of};
use super::trust::Context;
use super::unit::{self, Unit};
use super::{Directory, NamedFile};
use crate::format::environment::Purpose;
use crate::text::excerpt;
use crate::x509::Certificate;

const CA_FILE: &str = "KUMA_CONTROL_PLANE_CA_CERT_FILE";
const CA: &str = "KUMA_CONTROL_PLANE_CA_CERT";

/// The usual names of kuma-cp's configuration file.
const CONFIGURATIONS: [&str; 4] =
    ["kuma-cp.yaml", "kuma-cp.yml", "kuma-cp.conf.yml", "kuma-cp.conf.yaml"];

/// Returns kuma-cp's configuration file, if it has its usual name.
fn configuration(directory: &Directory) -> Option<&NamedFile> {
    CONFIGURATIONS.iter().find_map(|name| directory.file(name))
}

/// A process with its settings.
struct Process {
    /// The file that has its settings.
    file: String,
    settings: Settings,
}

impl Process {
    fn is_proxy(&self) -> bool {
        self.settings.has_any(&["KUMA_CONTROL_PLANE_", "KUMA_DATAPLANE_"])
    }

    /// Adds the settings in the configuration file of a control plane, which variables override. `path` is that of its
    /// command.
    fn configure(&mut self, directory: &Directory, path: Option<&str>, report: &mut Report) {
        let title = format!("kuma-cp with {}", directory.shown(&self.file));
        let file = match path {
            Some(path) => directory.named(path, "--config-file", &title, Component::KumaCp, report),
            None if !self.is_control_plane() => None,
            None => configuration(directory),
        };
        if let Some(file) = file {
            let shown = directory.shown(&file.name);
            let mut settings = Settings::of_file(&file.bytes, &shown, &title, report);
            settings.extend(std::mem::take(&mut self.settings));
            self.settings = settings;
        }
    }

    fn is_control_plane(&self) -> bool {
        self.file.starts_with("kuma-cp") || self.settings.has_any(&OF_CONTROL_PLANE)
    }
}

/// Returns the processes that the files describe. An environment file that a unit names belongs to the unit.
fn processes(directory: &Directory, report: &mut Report) -> Vec<Process> {
    let mut processes = Vec::new();
    let mut used = Vec::new();
    for name in directory.units() {
        let unit = Unit::read(&directory.unit(name));
        let mut process = Process { file: name.to_owned(), settings: unit.environment.clone() };
        for file in unit.environment_files.iter().filter_map(|path| directory.file(path)) {
            used.push(file.name.as_str());
            process.settings.extend(directory.environment(file, report));
        }
        process.settings.extend(unit.flags());
        let path = unit::configuration_file(&unit.command);
        process.configure(directory, path, report);
        processes.push(process);
    }
    let is_free =
        |file: &&NamedFile| file.name.ends_with(".env") && !used.contains(&file.name.as_str());
    for file in directory.files.iter().filter(is_free) {
        let settings = directory.environment(file, report);
        let mut process = Process { file: file.name.clone(), settings };
        process.configure(directory, None, report);
        processes.push(process);
    }
    let has_control_plane = processes.iter().any(Process::is_control_plane);
    if !has_control_plane && let Some(file) = configuration(directory) {
        let mut process = Process { file: file.name.clone(), settings: Settings::default() };
        process.configure(directory, None, report);
        processes.push(process);
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
    let processes = processes(directory, report);
    let is_proxy = |one: &&Process| one.is_proxy() && !one.is_control_plane();
    let proxies: Vec<_> = processes.iter().filter(is_proxy).collect();
    let own = processes.iter().find(|one| one.is_control_plane()).map(|one| &one.settings);
    for proxy in &proxies {
        let piece = format!("kuma-dp with {}", directory.shown(&proxy.file));
        proxy_token::check(directory, &proxy.settings, own, &piece, context, report);
    }
    let mut found = Universal::default();
    for process in processes.iter().filter(|one| one.is_control_plane()) {
        let mut builder = Builder { directory, process, report };
        found.control_planes.push(builder.control_plane(&proxies));
    }
    let has_secret = !directory.objects.secrets.is_empty();
    if found.control_planes.is_empty() && !has_secret && directory.file("tls.crt").is_some() {
        let process = Process { file: String::new(), settings: Settings::plain() };
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
        let settings = &self.process.settings;
        let mut control_plane = ControlPlane {
            title: title.clone(),
            zone_name: settings.get("KUMA_MULTIZONE_ZONE_NAME").map(excerpt),
            is_global: settings.get("KUMA_MODE") == Some("global"),
            ..ControlPlane::default()
        };
        let has_proxies = !proxies.is_empty() && !control_plane.is_global;
        let directory = self.directory;
        let file = |name: &str, report: &mut Report| {
            let file = directory.setting(settings, name, &title, Component::KumaCp, report)?;
            Some((file.name.clone(), file))
        };
        control_plane.add_servers(settings, has_proxies, file, self.report);
        if !control_plane.is_global {
            for proxy in proxies {
                if let Some(dialer) = self.proxy(proxy) {
                    control_plane.dial(Purpose::DpServer, dialer);
                }
            }
        }
        self.add_ca_file(&mut control_plane);
        let ca =
            |_: &str| directory.setting(settings, ROOT_CA, &title, Component::ZoneCp, self.report);
        control_plane.zone = Zone::new(settings, ca);
        control_plane
    }

    fn proxy(&mut self, proxy: &Process) -> Option<Dialer<'a>> {
        let piece = format!("kuma-dp with {}", self.directory.shown(&proxy.file));
        // The text goes before the file (`app/kuma-dp/cmd/run.go`).
        let ca = match proxy.settings.get(CA) {
            Some(text) => {
                let name = format!("{CA} in {}", self.directory.shown(&proxy.file));
                Some(Pem::new(name, text.as_bytes().to_vec()))
            }
            None => {
                let (settings, component) = (&proxy.settings, Component::KumaDp);
                self.directory.setting(settings, CA_FILE, &piece, component, self.report)
            }
        };
        if ca.is_none() && proxy.settings.get(CA_FILE).is_none() {
            let (present, missing) = (URL.to_owned(), CA_FILE.to_owned());
            let finding = Finding::VariableMissing { present, missing };
            self.report.fail(CheckName::Variables, Component::KumaDp, &*piece, finding);
        }
        let address = proxy.settings.get(URL).unwrap_or("https://localhost:5678");
        if !address.starts_with("https://") {
            let expected = "an address with https://".to_owned();
            let variable = URL.to_owned();
            let finding = Finding::Address { variable, address: excerpt(address), expected };
            self.report.fail(CheckName::ProxyAddress, Component::KumaDp, &*piece, finding);
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
            dialer
                .ca
                .as_ref()
                .is_some_and(|ca| super::dialer::is_same_set(&ca.certificates(), &own))
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
