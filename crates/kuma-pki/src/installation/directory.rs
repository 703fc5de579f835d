//! The files of a directory: those of `generate control-plane-tls`, or of a machine that runs Kuma.

use zeroize::Zeroizing;

use super::ca_bundle::CaBundle;
use super::control_plane::ControlPlane;
use super::dialer::{Dialer, Pem, host};
use super::finding::Finding;
use super::objects::{Name, Secret};
use super::report::{CheckName, Component, Outcome, Report};
use super::settings::Settings;
use super::site::Site;
use super::trust::Server;
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
            let outcome = Outcome::of(finding, name == SECRET_FILE);
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
            report.fail(CheckName::Files, component, piece, finding);
        }
        found
    }

    /// Returns the PEM in the file that a setting names, or reports that it is not in the directory.
    pub(super) fn setting(
        &self,
        settings: &Settings,
        name: &str,
        piece: &str,
        component: Component,
        report: &mut Report,
    ) -> Option<Pem<'_>> {
        let (path, origin) = (settings.get(name)?, settings.origin(name));
        let file = self.named(path, &origin, piece, component, report)?;
        Some(Pem::new(self.shown(&file.name), file.bytes.as_slice()))
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

fn settings(directory: &Directory) -> Vec<InstallValues> {
    let mut all = Vec::new();
    if let Some(text) = directory.text("values.yaml")
        && let Ok(values) = serde_saphyr::from_str::<serde_json::Value>(text)
    {
        let values = &values["controlPlane"];
        let value = |path| values.pointer(path).and_then(|value| value.as_str()).map(str::to_owned);
        all.push(InstallValues {
            file: directory.shown("values.yaml"),
            bundle: value("/tls/general/caBundle"),
            secret: value("/tls/general/secretName"),
            service: value("/service/name"),
            is_global: values["mode"] == "global",
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
        report.fail(CheckName::Files, Component::Kubelet, file, finding);
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
        let file = settings.file.as_str();
        report.fail(CheckName::WebhookCaBundle, Component::KubeApiserver, file, finding);
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
