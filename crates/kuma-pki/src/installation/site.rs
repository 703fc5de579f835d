//! A cluster: its objects, and which of them belong together.

use super::control_plane::ControlPlane;
use super::dialer::Pem;
use super::finding::Finding;
use super::kubernetes::{self, ADMISSION_DIRECTORY, INJECTOR_CA};
use super::mounts::{self, Source};
use super::objects::{
    ConfigMap, Issuer, ManagedCertificate, Objects, Secret, Service, WebhookConfiguration,
    Workload, is_same_namespace,
};
use super::report::{CheckName, Component, Outcome, Report};
use super::schema::Container;
use super::secrets::Uses;
use super::settings::Settings;
use crate::format::environment::Purpose;
use crate::text::excerpt;

/// The objects of one cluster, and those that were given in addition to all clusters.
pub(super) struct Site<'a> {
    pub(super) own: &'a Objects,
    pub(super) shared: Vec<&'a Objects>,
}

/// A container that runs Kuma.
pub(super) struct Process<'a> {
    pub(super) workload: &'a Workload,
    container: &'a Container,
    pub(super) settings: Settings,
}

/// Variables that only kuma-cp has.
pub(super) const OF_CONTROL_PLANE: [&str; 6] = [
    "KUMA_GENERAL_",
    "KUMA_DP_SERVER_",
    "KUMA_API_SERVER_",
    "KUMA_MULTIZONE_",
    "KUMA_MODE",
    "KUMA_STORE_",
];

/// Returns whether a container runs kuma-cp in a cluster. One that migrates its database has the same variables.
pub(super) fn is_control_plane(container: &Container) -> bool {
    let is_migration =
        container.command.iter().chain(&container.args).any(|word| word == "migrate");
    !is_migration && container.has_any(&[ADMISSION_DIRECTORY, "KUMA_MODE", "KUMA_STORE_"])
}

impl<'a> Process<'a> {
    /// Returns where the content of a path comes from.
    pub(super) fn source(&self, path: &str) -> Source {
        mounts::source(self.workload, self.container, path)
    }

    /// Returns the files that the settings name, with the setting.
    pub(super) fn paths(&self) -> Vec<(&'static str, String)> {
        let mut names: Vec<&str> = Vec::new();
        for purpose in Purpose::ALL {
            names.extend(purpose.file_variables().into_iter().flatten());
        }
        names.extend([INJECTOR_CA, "KUMA_CONTROL_PLANE_CA_CERT_FILE"]);
        let named =
            names.into_iter().filter_map(|name| Some((name, self.settings.get(name)?.to_owned())));
        let directory = self.settings.get(ADMISSION_DIRECTORY).into_iter().flat_map(|directory| {
            ["tls.crt", "tls.key"].map(|file| (ADMISSION_DIRECTORY, in_directory(directory, file)))
        });
        named.chain(directory).collect()
    }
}

impl<'a> Site<'a> {
    fn objects(&self) -> impl Iterator<Item = &'a Objects> {
        std::iter::once(self.own).chain(self.shared.iter().copied())
    }

    pub(super) fn secrets(&self) -> impl Iterator<Item = &'a Secret> {
        self.objects().flat_map(|objects| &objects.secrets)
    }

    fn config_maps(&self) -> impl Iterator<Item = &'a ConfigMap> {
        self.objects().flat_map(|objects| &objects.config_maps)
    }

    pub(super) fn webhooks(&self) -> impl Iterator<Item = &'a WebhookConfiguration> {
        self.objects().flat_map(|objects| &objects.webhooks)
    }

    pub(super) fn certificates(&self) -> impl Iterator<Item = &'a ManagedCertificate> {
        self.objects().flat_map(|objects| &objects.certificates)
    }

    pub(super) fn issuers(&self) -> impl Iterator<Item = &'a Issuer> {
        self.objects().flat_map(|objects| &objects.issuers)
    }

    pub(super) fn services(&self) -> Vec<&'a Service> {
        self.objects().flat_map(|objects| &objects.services).collect()
    }

    /// Returns the containers of the cluster that run Kuma: control planes, and proxies.
    fn processes(&self, report: &mut Report) -> (Vec<Process<'a>>, Vec<Process<'a>>) {
        let (mut control_planes, mut proxies) = (Vec::new(), Vec::new());
        for workload in &self.own.workloads {
            for container in &workload.containers {
                let is_proxy = container.has_any(&["KUMA_CONTROL_PLANE_"]);
                let settings = container.settings();
                let mut process = Process { workload, container, settings: Settings::default() };
                if is_control_plane(container) {
                    process.settings = self.configuration(&process, report);
                    process.settings.extend(settings);
                    control_planes.push(process);
                } else if is_proxy {
                    process.settings = settings;
                    proxies.push(process);
                }
            }
        }
        (control_planes, proxies)
    }

    /// Returns the settings in the configuration file of a control plane.
    fn configuration(&self, process: &Process<'a>, report: &mut Report) -> Settings {
        let Some(path) = process.container.configuration_file() else { return Settings::default() };
        let title = process.workload.title();
        if let Some((_, file)) = self.file(process, path) {
            return Settings::of_file(&file.bytes, &file.name, &title, report);
        }
        let outcome = match process.source(path) {
            Source::ConfigMap { name, .. }
                if !self.objects().any(|objects| objects.has_config_maps) =>
            {
                Outcome::Skipped(format!("ConfigMap {name} with its configuration was not read"))
            }
            Source::NotMounted | Source::NotInVolume { .. } => {
                let (variable, path) = ("--config-file".to_owned(), excerpt(path));
                Outcome::Failed(Finding::NotMounted { variable, path, volume: None })
            }
            _ => return Settings::default(),
        };
        report.add(CheckName::Configuration, Component::KumaCp, title, outcome);
        Settings::default()
    }

    /// Returns the value at a path in a container, with the object that has it, if it is a key of a Secret or
    /// ConfigMap that was read.
    pub(super) fn file(&self, process: &Process<'a>, path: &str) -> Option<(String, Pem<'a>)> {
        let (object, key, value) = match process.source(path) {
            Source::Secret { secret: name, key, .. } => {
                let secret = self.secrets().find(|secret| secret.name.is(&name))?;
                let value = secret.content.as_ref().ok()?.data.get(&key)?;
                (format!("Secret {name}"), key, value.as_slice())
            }
            Source::ConfigMap { name, key } => {
                let config_map = self.config_maps().find(|one| one.name.is(&name))?;
                (format!("ConfigMap {name}"), key.clone(), config_map.data.get(&key)?.as_bytes())
            }
            _ => return None,
        };
        let pem = Pem::new(format!("{} of {object}", excerpt(&key)), value);
        Some((object, pem))
    }

    /// Checks the objects of the cluster, and returns its control planes.
    pub(super) fn control_planes(&self, report: &mut Report) -> Vec<ControlPlane<'a>> {
        let (control_planes, proxies) = self.processes(report);
        let mut uses = Uses::default();
        for process in control_planes.iter().chain(&proxies) {
            uses.add_volumes(process.workload);
            for (variable, path) in process.paths() {
                uses.add_file(process, variable, &path, report);
            }
        }
        uses.check(self, report);
        let services: Vec<_> = control_planes.iter().map(kubernetes::service_name).collect();
        let mut found = Vec::new();
        for (place, process) in control_planes.iter().enumerate() {
            let mut builder = kubernetes::Builder::new(self, process, &services, report);
            builder.variables();
            builder.servers();
            builder.sidecars();
            // Proxies and webhooks name their control plane; those of an unknown one go to the first.
            builder.webhooks(place == 0);
            builder.proxies(&proxies, place == 0);
            builder.zone();
            builder.cert_manager();
            found.push(builder.control_plane);
        }
        found
    }
}

pub(super) fn in_directory(directory: &str, file: &str) -> String {
    format!("{}/{file}", directory.trim_end_matches('/'))
}

/// Returns a label that a Service selects and the pods do not have.
pub(super) fn missing_label(service: &Service, workload: &Workload) -> Option<String> {
    let mut labels = service.selector.iter();
    let missing = labels.find(|(key, value)| workload.labels.get(*key) != Some(value));
    missing.map(|(key, value)| excerpt(&format!("{key}={value}")))
}

/// Returns whether a Service selects the pods of a workload.
pub(super) fn leads_to(service: &Service, workload: &Workload) -> bool {
    is_same_namespace(&service.name.namespace, &workload.name.namespace)
        && missing_label(service, workload).is_none()
}

/// Returns the host of a URL, without brackets.
pub(super) fn host_of(address: &str) -> Option<&str> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.split('/').next()?;
    let host = match rest.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => rest.rsplit_once(':').map_or(rest, |(host, _)| host),
    };
    (!host.is_empty()).then_some(host)
}
