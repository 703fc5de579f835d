//! A cluster: its objects, and which of them belong together.

use super::control_plane::ControlPlane;
use super::kubernetes::{self, ADMISSION_DIRECTORY, INJECTOR_CA, SYSTEM_NAMESPACE};
use super::mounts::{self, Source};
use super::objects::{
    Issuer, ManagedCertificate, Name, Objects, Secret, Service, WebhookConfiguration, Workload,
    is_same_namespace,
};
use super::report::Report;
use super::schema::Container;
use super::secrets::Uses;
use super::trust::Pem;
use crate::format::environment::Purpose;

/// The objects of one cluster, and those that were given in addition to all clusters.
pub(super) struct Site<'a> {
    pub(super) own: &'a Objects,
    pub(super) shared: Vec<&'a Objects>,
}

/// Returns whether a container runs kuma-cp in a cluster.
pub(super) fn is_control_plane(container: &Container) -> bool {
    [ADMISSION_DIRECTORY, SYSTEM_NAMESPACE, "KUMA_MODE", "KUMA_STORE_TYPE"]
        .iter()
        .any(|name| container.variable(name).is_some())
}

/// Returns whether a container runs kuma-dp.
fn is_proxy(container: &Container) -> bool {
    container.has_variables("KUMA_CONTROL_PLANE_")
}

impl<'a> Site<'a> {
    fn objects(&self) -> impl Iterator<Item = &'a Objects> {
        std::iter::once(self.own).chain(self.shared.iter().copied())
    }

    pub(super) fn secrets(&self) -> impl Iterator<Item = &'a Secret> {
        self.objects().flat_map(|objects| &objects.secrets)
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

    /// Returns what the cluster is called in a run with several: `global`, or the name of its zone.
    pub(super) fn name(&self) -> Option<String> {
        let containers = self.containers();
        let (_, container) =
            containers.iter().find(|(_, container)| is_control_plane(container))?;
        if container.variable("KUMA_MODE") == Some("global") {
            return Some("global".to_owned());
        }
        let zone = container.variable("KUMA_MULTIZONE_ZONE_NAME")?;
        Some(format!("zone {}", crate::text::excerpt(zone)))
    }

    pub(super) fn services(&self) -> Vec<&'a Service> {
        self.objects().flat_map(|objects| &objects.services).collect()
    }

    /// Returns the containers of the cluster that run Kuma.
    pub(super) fn containers(&self) -> Vec<(&'a Workload, &'a Container)> {
        let workloads = self.own.workloads.iter();
        let all =
            workloads.flat_map(|one| one.containers.iter().map(move |container| (one, container)));
        all.filter(|(_, container)| is_control_plane(container) || is_proxy(container)).collect()
    }

    /// Checks the objects of the cluster, and returns its control planes.
    pub(super) fn control_planes(&self, report: &mut Report) -> Vec<ControlPlane<'a>> {
        let containers = self.containers();
        let mut uses = Uses::default();
        for (workload, container) in &containers {
            uses.add_volumes(workload);
            for (variable, path) in paths(container) {
                let source = mounts::source(workload, container, &path);
                uses.add_file(workload, &variable, &path, &source, report);
            }
        }
        uses.check(self, report);
        let controllers: Vec<_> =
            containers.iter().filter(|(_, container)| is_control_plane(container)).collect();
        let others: Vec<_> =
            containers.iter().filter(|(_, container)| !is_control_plane(container)).collect();
        let services: Vec<_> = controllers
            .iter()
            .map(|(workload, container)| kubernetes::service_name(workload, container))
            .collect();
        let mut found = Vec::new();
        for (place, (workload, container)) in controllers.into_iter().enumerate() {
            let mut builder =
                kubernetes::Builder::new(self, workload, container, &services, report);
            builder.variables();
            builder.servers();
            builder.sidecars();
            // Proxies and webhooks name their control plane; those of an unknown one go to the first.
            builder.webhooks(place == 0);
            builder.proxies(&others, place == 0);
            builder.zone();
            builder.cert_manager();
            found.push(builder.control_plane);
        }
        found
    }
}

/// Returns the files that a container's variables name.
pub(super) fn paths(container: &Container) -> Vec<(String, String)> {
    let mut names: Vec<&str> = Vec::new();
    for purpose in Purpose::ALL {
        names.extend(purpose.file_variables().into_iter().flatten());
    }
    names.extend([INJECTOR_CA, "KUMA_CONTROL_PLANE_CA_CERT_FILE"]);
    let named = names.into_iter().filter_map(|name| {
        let path = container.variable(name)?;
        Some((name.to_owned(), path.to_owned()))
    });
    let directory = container.variable(ADMISSION_DIRECTORY).into_iter().flat_map(|directory| {
        ["tls.crt", "tls.key"]
            .map(|file| (ADMISSION_DIRECTORY.to_owned(), in_directory(directory, file)))
    });
    named.chain(directory).collect()
}

pub(super) fn in_directory(directory: &str, file: &str) -> String {
    format!("{}/{file}", directory.trim_end_matches('/'))
}

/// Returns the value at a path in a container, if it is a key of a Secret that is there.
pub(super) fn file<'a>(
    site: &Site<'a>,
    workload: &Workload,
    container: &Container,
    path: &str,
) -> Option<(Name, Pem<'a>)> {
    let Source::Secret { secret: name, key, .. } = mounts::source(workload, container, path) else {
        return None;
    };
    let secret = site.secrets().find(|secret| secret.name.is(&name))?;
    let value = secret.content.as_ref().ok()?.data.get(&key)?;
    let pem =
        Pem::new(format!("{} of Secret {name}", crate::text::excerpt(&key)), value.as_slice());
    Some((name, pem))
}

/// Returns the variable of a pair that is set and the one that is not.
pub(super) fn half_pair<'v>(
    purpose: Purpose,
    variable: impl Fn(&str) -> Option<&'v str>,
) -> Option<(String, String)> {
    let [certificate, key, ..] = purpose.file_variables();
    let (certificate, key) = (certificate?, key?);
    match (variable(certificate), variable(key)) {
        (Some(_), None) => Some((certificate.to_owned(), key.to_owned())),
        (None, Some(_)) => Some((key.to_owned(), certificate.to_owned())),
        _ => None,
    }
}

/// Returns a label that a Service selects and the pods do not have.
pub(super) fn missing_label(service: &Service, workload: &Workload) -> Option<String> {
    let mut labels = service.selector.iter();
    let missing = labels.find(|(key, value)| workload.labels.get(*key) != Some(value));
    missing.map(|(key, value)| crate::text::excerpt(&format!("{key}={value}")))
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
