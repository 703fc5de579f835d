//! A control plane in a cluster, from its objects.

use super::cert_manager::{self, Consumer};
use super::control_plane::{ControlPlane, Zone};
use super::dialer::{Dialer, Pem, host};
use super::finding::Finding;
use super::mounts::Source;
use super::objects::{Name, Service};
use super::report::{CheckName, Component, Outcome, Report};
use super::site::{Process, Site, in_directory, leads_to, missing_label};
use crate::format::environment::Purpose;
use crate::text::excerpt;
use crate::verify::Host;

/// The CA that the control plane gives to sidecars.
pub(super) const INJECTOR_CA: &str = "KUMA_RUNTIME_KUBERNETES_INJECTOR_CA_CERT_FILE";
/// The directory with the pair for webhooks.
pub(super) const ADMISSION_DIRECTORY: &str = "KUMA_RUNTIME_KUBERNETES_ADMISSION_SERVER_CERT_DIR";
const SERVICE_NAME: &str = "KUMA_RUNTIME_KUBERNETES_CONTROL_PLANE_SERVICE_NAME";
pub(super) const SYSTEM_NAMESPACE: &str = "KUMA_STORE_KUBERNETES_SYSTEM_NAMESPACE";

/// Returns the Service of a control plane, as its variables name it.
pub(super) fn service_name(process: &Process<'_>) -> Name {
    let settings = &process.settings;
    let name = settings.get(SERVICE_NAME).unwrap_or("kuma-control-plane");
    let namespace = settings.get(SYSTEM_NAMESPACE).unwrap_or("kuma-system");
    let namespace = process.workload.name.namespace.as_deref().unwrap_or(namespace);
    Name::new(Some(namespace), name)
}

/// Finds the servers and clients of one control plane.
pub(super) struct Builder<'s, 'a, 'r> {
    pub(super) site: &'s Site<'a>,
    pub(super) process: &'s Process<'a>,
    /// The Service, as variables name it.
    pub(super) service: Name,
    /// The Services of the other control planes of the cluster.
    pub(super) other_services: Vec<Name>,
    /// Whether clients can be expected to reach it.
    pub(super) has_service: bool,
    pub(super) report: &'r mut Report,
    pub(super) control_plane: ControlPlane<'a>,
}

impl<'s, 'a, 'r> Builder<'s, 'a, 'r> {
    pub(super) fn new(
        site: &'s Site<'a>,
        process: &'s Process<'a>,
        others: &[Name],
        report: &'r mut Report,
    ) -> Self {
        let service = service_name(process);
        let other_services = others.iter().filter(|other| **other != service).cloned().collect();
        let control_plane = ControlPlane {
            title: process.workload.title(),
            service: Some(format!("Service {service}")),
            zone_name: process.settings.get("KUMA_MULTIZONE_ZONE_NAME").map(excerpt),
            is_global: process.settings.get("KUMA_MODE") == Some("global"),
            ..ControlPlane::default()
        };
        Self { site, process, service, other_services, has_service: true, report, control_plane }
    }

    fn fail(&mut self, name: CheckName, component: Component, finding: Finding) {
        let title = self.control_plane.title.clone();
        self.report.fail(name, component, title, finding);
    }

    /// Returns what is at the path in a variable, if it is a key of a Secret that is there.
    pub(super) fn file(&self, path: &str) -> Option<(String, Pem<'a>)> {
        self.site.file(self.process, path)
    }

    pub(super) fn variables(&mut self) {
        let namespace = self.process.settings.get(SYSTEM_NAMESPACE);
        if let (Some(value), Some(own)) =
            (namespace, self.process.workload.name.namespace.as_deref())
            && value != own
        {
            let finding = Finding::VariableDiffers {
                variable: self.process.settings.origin(SYSTEM_NAMESPACE),
                value: excerpt(value),
                expected: format!("{} is in namespace {}", self.control_plane.title, excerpt(own)),
            };
            self.fail(CheckName::Variables, Component::KumaDp, finding);
        }
        let services = self.site.services();
        if !services.is_empty() {
            self.check_service(&services);
        }
    }

    fn check_service(&mut self, services: &[&'a Service]) {
        let title = format!("Service {}", self.service);
        let Some(service) = services.iter().find(|one| one.name.is(&self.service)) else {
            self.has_service = false;
            let selects = |one: &&&Service| {
                one.name.is(&Name { name: one.name.name.clone(), ..self.service.clone() })
                    && one.ports.contains(&5678)
                    && missing_label(one, self.process.workload).is_none()
            };
            let near = services.iter().find(selects).map(|one| one.name.to_string());
            let finding = Finding::ServiceMissing { service: self.service.to_string(), near };
            return self.report.fail(CheckName::Service, Component::KumaDp, title, finding);
        };
        let mut findings = Vec::new();
        if let Some(label) = missing_label(service, self.process.workload) {
            let workload = self.control_plane.title.clone();
            findings.push(Finding::ServiceSelector {
                service: service.name.to_string(),
                label,
                workload,
            });
        }
        let needed = [
            (5678, "to which data plane proxies connect", true),
            (443, "to which kube-apiserver connects", self.has_webhooks()),
        ];
        for (port, purpose, is_needed) in needed {
            if is_needed && !self.control_plane.is_global && !service.ports.contains(&port) {
                let service = service.name.to_string();
                findings.push(Finding::ServicePort { service, port, purpose });
            }
        }
        if findings.is_empty() {
            let text = format!("leads to {}", self.control_plane.title);
            self.report.add(CheckName::Service, Component::KumaDp, &*title, Outcome::Passed(text));
        }
        for finding in findings {
            self.report.fail(CheckName::Service, Component::KumaDp, &*title, finding);
        }
    }

    fn has_webhooks(&self) -> bool {
        self.process.settings.get(ADMISSION_DIRECTORY).is_some()
    }

    /// Finds the pair of every server.
    pub(super) fn servers(&mut self) {
        let (site, process) = (self.site, self.process);
        let file = |name: &str, _: &mut Report| site.file(process, process.settings.get(name)?);
        self.control_plane.add_servers(&process.settings, true, file, self.report);
    }

    /// The sidecars get their CA from the control plane; a global one has none, but its clients have the CA.
    pub(super) fn sidecars(&mut self) {
        if !self.has_webhooks() {
            return;
        }
        let ca = match self.process.settings.get(INJECTOR_CA) {
            None => {
                let present = self.process.settings.origin("KUMA_GENERAL_TLS_CERT_FILE");
                let finding = Finding::VariableMissing { present, missing: INJECTOR_CA.to_owned() };
                self.fail(CheckName::Variables, Component::KumaDp, finding);
                None
            }
            Some(path) => self.file(path).map(|(_, ca)| ca),
        };
        let dialer = if self.control_plane.is_global {
            Dialer {
                check: CheckName::ProxyCa,
                component: Component::Kumactl,
                piece: format!("clients of {}", self.service),
                ca,
                hosts: Vec::new(),
            }
        } else {
            Dialer {
                check: CheckName::ProxyCa,
                component: Component::KumaDp,
                piece: format!("sidecars of {}", self.service),
                ca,
                hosts: if self.has_service { self.service_host("") } else { Vec::new() },
            }
        };
        self.control_plane.dial(Purpose::DpServer, dialer);
    }

    pub(super) fn service_host(&self, suffix: &str) -> Vec<Host> {
        let Name { namespace, name } = &self.service;
        let namespace = namespace.as_deref().unwrap_or_default();
        host(&format!("{name}.{namespace}{suffix}")).into_iter().collect()
    }

    /// Returns whether a Service leads to this control plane.
    pub(super) fn selects(&self, name: &Name) -> bool {
        let services = self.site.services();
        services
            .iter()
            .any(|service| service.name.is(name) && leads_to(service, self.process.workload))
    }

    pub(super) fn cert_manager(&mut self) {
        let secret = |path: &str| match self.process.source(path) {
            Source::Secret { secret, .. } => Some(secret),
            _ => None,
        };
        let directory = self.process.settings.get(ADMISSION_DIRECTORY);
        let admission = directory.and_then(|directory| secret(&in_directory(directory, "tls.crt")));
        let mut secrets: Vec<_> =
            self.process.paths().iter().filter_map(|(_, path)| secret(path)).collect();
        secrets.sort();
        secrets.dedup();
        let mut names = Vec::new();
        if self.has_service && !self.control_plane.is_global {
            names.extend(self.service_host("").pop().map(|host| (host.typed, Component::KumaDp)));
        }
        if self.has_service && directory.is_some() {
            names.extend(
                self.service_host(".svc").pop().map(|host| (host.typed, Component::KubeApiserver)),
            );
        }
        let consumer = Consumer {
            title: &self.control_plane.title,
            secrets: &secrets,
            admission: admission.as_ref(),
            names: &names,
        };
        cert_manager::check(self.site, &consumer, self.report);
    }

    pub(super) fn zone(&mut self) {
        let ca = |path: &str| self.file(path).map(|(_, ca)| ca);
        self.control_plane.zone = Zone::new(&self.process.settings, ca);
    }
}
