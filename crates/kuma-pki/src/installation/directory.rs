//! The files of a directory: those of `generate control-plane-tls`, or of a machine that runs Kuma.

use serde::Deserialize;
use zeroize::Zeroizing;

use super::ca_bundle::CaBundle;
use super::control_plane::ControlPlane;
use super::finding::Finding;
use super::objects::{Name, Secret};
use super::report::{CheckName, Component, Outcome, Report};
use super::settings::Settings;
use super::site::Site;
use super::trust::{Dialer, Pem, Server, host};
use super::{Directory, NamedFile};
use crate::format::environment::Purpose;
use crate::text::excerpt;

/// The Service that the chart makes.
const SERVICE: &str = "kuma-control-plane";

/// The manifest that `generate control-plane-tls` makes.
const SECRET_FILE: &str = "secret.yaml";

impl Directory {
    /// Returns a file by its name, or by the last part of a path.
    pub(super) fn file(&self, path: &str) -> Option<&NamedFile> {
        let name = path.rsplit('/').next().unwrap_or_default();
        self.files.iter().find(|file| file.name == name)
    }

    /// Reports the manifests that could not be read: that of `generate control-plane-tls` must be readable, but others
    /// may be templates or belong to other programs.
    pub(super) fn check_read(&self, report: &mut Report) {
        for (name, error) in &self.unread {
            let file = self.shown(name);
            let finding = Finding::NotRead { file: file.clone(), reason: error.to_string() };
            let outcome = if name == SECRET_FILE {
                Outcome::Failed(finding)
            } else {
                Outcome::Warning(finding)
            };
            report.add(CheckName::Files, Component::KubeApiserver, file, outcome);
        }
    }

    /// Returns the file that a setting names, or reports that it is not in the directory.
    pub(super) fn named(
        &self,
        path: &str,
        setting: &str,
        piece: &str,
        component: Component,
        report: &mut Report,
    ) -> Option<&NamedFile> {
        let found = self.file(path);
        if found.is_none() {
            let finding = Finding::FileMissing {
                variable: setting.to_owned(),
                path: excerpt(path),
                directory: self.shown("").trim_end_matches('/').to_owned(),
            };
            report.add(CheckName::Files, component, piece, Outcome::Failed(finding));
        }
        found
    }

    /// Returns the names of the units of systemd, of which perhaps only drop-ins are here.
    pub(super) fn units(&self) -> Vec<&str> {
        let unit = |file: &'_ NamedFile| -> Option<usize> {
            let end = file.name.find(".service").map(|at| at + ".service".len())?;
            let rest = &file.name[end..];
            (rest.is_empty() || rest.starts_with(".d/")).then_some(end)
        };
        let mut names: Vec<_> =
            self.files.iter().filter_map(|file| Some(&file.name[..unit(file)?])).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Returns the text of a unit file and its drop-ins.
    pub(super) fn unit(&self, name: &str) -> Zeroizing<String> {
        let drop_ins = format!("{name}.d/");
        let files = self.files.iter().filter(|file| file.name.starts_with(&drop_ins));
        let texts = self.file(name).into_iter().chain(files);
        let texts: Vec<_> =
            texts.filter_map(|file| std::str::from_utf8(&file.bytes).ok()).collect();
        Zeroizing::new(texts.join("\n"))
    }

    /// Returns the variables of an environment file.
    pub(super) fn environment(&self, file: &NamedFile, report: &mut Report) -> Settings {
        let text = std::str::from_utf8(&file.bytes).unwrap_or_default();
        let rest = text.strip_prefix('\u{feff}');
        if rest.is_some() {
            let file = self.shown(&file.name);
            let outcome = Outcome::Warning(Finding::ByteOrderMark { file: file.clone() });
            report.add(CheckName::Files, Component::KumaCp, file, outcome);
        }
        Settings::read(rest.unwrap_or(text))
    }

    pub(super) fn shown(&self, file: &str) -> String {
        excerpt(&format!("{}/{file}", self.name.trim_end_matches('/')))
    }

    pub(super) fn text(&self, file: &str) -> Option<&str> {
        self.file(file).and_then(|file| std::str::from_utf8(&file.bytes).ok())
    }
}

/// What values and flags for an installation say.
#[derive(Debug, Default)]
struct InstallValues {
    /// The file that says it.
    file: String,
    bundle: Option<String>,
    secret: Option<String>,
    service: Option<String>,
    is_global: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Values {
    control_plane: ControlPlaneValues,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ControlPlaneValues {
    mode: Option<String>,
    service: ServiceValues,
    tls: TlsValues,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ServiceValues {
    name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TlsValues {
    general: GeneralValues,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct GeneralValues {
    secret_name: Option<String>,
    ca_bundle: Option<String>,
}

fn settings(directory: &Directory) -> Vec<InstallValues> {
    let mut all = Vec::new();
    if let Some(text) = directory.text("values.yaml")
        && let Ok(values) = serde_saphyr::from_str::<Values>(text)
    {
        let ControlPlaneValues { mode, service, tls } = values.control_plane;
        all.push(InstallValues {
            file: directory.shown("values.yaml"),
            bundle: tls.general.ca_bundle,
            secret: tls.general.secret_name,
            service: service.name,
            is_global: mode.as_deref() == Some("global"),
        });
    }
    if let Some(text) = directory.text("install-flags") {
        let mut flags =
            InstallValues { file: directory.shown("install-flags"), ..InstallValues::default() };
        for (flag, value) in text.split_ascii_whitespace().filter_map(|word| word.split_once('=')) {
            let value = value.to_owned();
            match flag {
                "--tls-general-ca-bundle" => flags.bundle = Some(value),
                "--tls-general-secret" => flags.secret = Some(value),
                "--control-plane-service-name" => flags.service = Some(value),
                "--mode" => flags.is_global = value == "global",
                _ => {}
            }
        }
        all.push(flags);
    }
    if let Some(text) = directory.text("ca-bundle.b64") {
        let bundle = Some(text.to_owned());
        all.push(InstallValues {
            file: directory.shown("ca-bundle.b64"),
            bundle,
            ..InstallValues::default()
        });
    }
    all
}

/// Checks a directory for an installation on Kubernetes; returns the control plane that it is for.
pub(super) fn kubernetes<'a>(
    directory: &'a Directory,
    site: &Site<'a>,
    report: &mut Report,
) -> Option<ControlPlane<'a>> {
    let all = settings(directory);
    let named = all.iter().find_map(|settings| settings.secret.as_deref());
    let has_pair =
        |secret: &&Secret| secret.content.as_ref().is_ok_and(|content| content.has("tls.crt"));
    let secret = site.own.secrets.iter().find(has_pair)?;
    let piece = format!("Secret {}", secret.name);
    if let Some(found) = named.filter(|found| *found != secret.name.name) {
        let file =
            all.iter().find(|settings| settings.secret.is_some()).map(|one| one.file.clone());
        let (file, found) = (file.unwrap_or_default(), excerpt(found));
        let finding = Finding::OtherSecret {
            file: file.clone(),
            found,
            expected: excerpt(&secret.name.name),
        };
        report.add(CheckName::Files, Component::Kubelet, file, Outcome::Failed(finding));
    }
    let content = secret.content.as_ref().ok()?;
    let value = |key: &str| {
        let value = content.data.get(key)?;
        Some(Pem::new(format!("{key} of {piece}"), value.as_slice()))
    };
    for key in ["tls.crt", "tls.key", "ca.crt"] {
        let (Some(file), Some(value)) = (directory.file(key), content.data.get(key)) else {
            continue;
        };
        let (one, other) = (directory.shown(key), format!("{key} of {piece}"));
        let outcome = if *file.bytes == **value {
            Outcome::Passed(format!("{one} is {other}"))
        } else {
            Outcome::Failed(Finding::FilesDiffer { one, other })
        };
        report.add(CheckName::Files, Component::KumaCp, &*piece, outcome);
    }
    let service = all.iter().find_map(|settings| settings.service.as_deref()).unwrap_or(SERVICE);
    let namespace = secret.name.namespace.as_deref().unwrap_or("kuma-system");
    let hosts =
        |suffix: &str| host(&format!("{service}.{namespace}{suffix}")).into_iter().collect();
    let is_global = all.iter().any(|settings| settings.is_global);
    let mut dialers = vec![Dialer {
        check: CheckName::ProxyCa,
        component: Component::KumaDp,
        piece: format!("proxies of {}", Name::new(Some(namespace), service)),
        ca: value("ca.crt"),
        hosts: hosts(""),
    }];
    for settings in &all {
        dialers.extend(bundle(settings, hosts(".svc"), report));
    }
    let server = Server {
        piece: piece.clone(),
        certificate: value("tls.crt")?,
        key: value("tls.key"),
        purposes: vec![Purpose::General],
        dialers,
    };
    Some(ControlPlane {
        title: format!("control plane of {}", directory.shown("").trim_end_matches('/')),
        service: Some(format!("Service {}", Name::new(Some(namespace), service))),
        is_global,
        servers: vec![server],
        ..ControlPlane::default()
    })
}

fn bundle<'a>(
    settings: &InstallValues,
    hosts: Vec<crate::verify::Host>,
    report: &mut Report,
) -> Option<Dialer<'a>> {
    let bundle = CaBundle::read(settings.bundle.as_deref()?);
    if let Some(finding) = bundle.fault {
        // The chart prints the value unquoted, so that a line break does harm in any case.
        let outcome = Outcome::Failed(finding);
        report.add(CheckName::WebhookCaBundle, Component::KubeApiserver, &*settings.file, outcome);
    }
    Some(Dialer {
        check: CheckName::WebhookCaBundle,
        component: Component::KubeApiserver,
        piece: settings.file.clone(),
        ca: bundle.pem.map(|pem| Pem::new(format!("the CA bundle in {}", settings.file), pem)),
        hosts,
    })
}

/// Values of a file that are wiped with it.
impl NamedFile {
    /// Returns a file with its name in the directory.
    #[must_use]
    pub fn new(name: impl Into<String>, bytes: Zeroizing<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes }
    }
}
