//! The webhooks that call a control plane.

use super::ca_bundle::CaBundle;
use super::dialer::{Dialer, Pem, host};
use super::finding::Finding;
use super::kubernetes::{ADMISSION_DIRECTORY, Builder};
use super::objects::Name;
use super::report::{CheckName, Component, Outcome};
use super::schema::ServiceReference;
use super::site::in_directory;

impl<'a> Builder<'_, 'a, '_> {
    /// Adds the webhooks that call this control plane, those with the same bundle together.
    pub(super) fn webhooks(&mut self, takes_unknown: bool) {
        let Some(directory) = self.process.settings.get(ADMISSION_DIRECTORY) else { return };
        let (certificate, key) =
            (in_directory(directory, "tls.crt"), in_directory(directory, "tls.key"));
        let key = self.file(&key).map(|(_, key)| key);
        let server = self.file(&certificate);
        let server =
            server.map(|certificate| self.control_plane.add_server(certificate, key, None));
        for group in self.groups(takes_unknown) {
            let dialer = self.webhook(&group);
            if let Some(server) = server {
                self.control_plane.servers[server].dialers.push(dialer);
            }
        }
    }

    fn webhook(&mut self, group: &Group<'a>) -> Dialer<'a> {
        let piece = group.title();
        let reference = &group.service;
        let service = Name::new(Some(&reference.namespace), &reference.name);
        let mut hosts = Vec::new();
        if service.is(&self.service) {
            // A missing Service is reported once.
            if self.has_service {
                hosts = self.service_host(".svc");
            }
        } else if self.selects(&service) {
            hosts.extend(host(&format!("{}.{}.svc", reference.name, reference.namespace)));
        } else {
            let near = Some(self.service.to_string());
            let finding = Finding::ServiceMissing { service: service.to_string(), near };
            self.report.fail(CheckName::WebhookService, Component::KubeApiserver, &*piece, finding);
        }
        let bundle = match group.bundle {
            // cert-manager fills it in later.
            None if group.is_managed => CaBundle::default(),
            text => CaBundle::read(text.unwrap_or_default()),
        };
        if let Some(finding) = bundle.fault {
            let outcome = Outcome::of(finding, !bundle.is_harmless);
            self.report.add(CheckName::WebhookCaBundle, Component::KubeApiserver, &*piece, outcome);
        }
        Dialer {
            check: CheckName::WebhookCaBundle,
            component: Component::KubeApiserver,
            ca: bundle.pem.map(|pem| Pem::new(format!("caBundle of {piece}"), pem)),
            piece,
            hosts,
        }
    }

    /// Returns Kuma's webhooks that name the control plane's Service, and with `takes_unknown` those that name no
    /// other control plane.
    fn groups(&self, takes_unknown: bool) -> Vec<Group<'a>> {
        let mut groups: Vec<Group<'a>> = Vec::new();
        for configuration in self.site.webhooks() {
            for webhook in &configuration.webhooks {
                let Some(service) = &webhook.client_config.service else { continue };
                let called = Name::new(Some(&service.namespace), &service.name);
                let calls_other = || self.other_services.iter().any(|other| other.is(&called));
                let is_orphan =
                    || takes_unknown && webhook.name.ends_with(".kuma.io") && !calls_other();
                if !(called.is(&self.service) || is_orphan()) {
                    continue;
                }
                let bundle = webhook
                    .client_config
                    .ca_bundle
                    .as_deref()
                    .filter(|text| !text.trim().is_empty());
                let service = ServiceReference { port: None, ..service.clone() };
                let is_managed = configuration.inject_ca_from.is_some();
                let name = configuration.name.as_str();
                let same = groups.iter_mut().find(|group| {
                    group.service == service
                        && group.bundle == bundle
                        && group.is_managed == is_managed
                });
                match same {
                    Some(group) => {
                        group.count += 1;
                        if !group.configurations.contains(&name) {
                            group.configurations.push(name);
                        }
                    }
                    None => groups.push(Group {
                        service,
                        bundle,
                        is_managed,
                        count: 1,
                        configurations: vec![name],
                    }),
                }
            }
        }
        groups
    }
}

/// Webhooks that call the same Service with the same bundle.
struct Group<'a> {
    service: ServiceReference,
    bundle: Option<&'a str>,
    /// Whether cert-manager fills in the bundle.
    is_managed: bool,
    count: usize,
    configurations: Vec<&'a str>,
}

impl Group<'_> {
    fn title(&self) -> String {
        let count = if self.count == 1 { "webhook" } else { "webhooks" };
        crate::text::printable(&format!(
            "{} {count} of {}",
            self.count,
            self.configurations.join(" and ")
        ))
    }
}
