//! The objects of cert-manager: does the Secret that it fills reach the control plane and the webhooks?

use super::finding::Finding;
use super::objects::{ManagedCertificate, Name};
use super::report::{CheckName, Component, Outcome, Report};
use super::site::Site;

/// A control plane, as far as cert-manager matters.
pub(super) struct Consumer<'a> {
    /// The workload.
    pub(super) title: &'a str,
    /// The Secrets with its certificates.
    pub(super) secrets: &'a [Name],
    /// The Secret with the certificate that webhooks meet.
    pub(super) admission: Option<&'a Name>,
    /// Names that must be in the certificate, and who dials them.
    pub(super) names: &'a [(String, Component)],
}

/// Returns the Certificate that fills a Secret.
pub(super) fn filling<'a>(site: &Site<'a>, secret: &Name) -> Option<&'a ManagedCertificate> {
    site.certificates().find(|certificate| certificate.secret.is(secret))
}

/// Checks the Certificates that fill the Secrets of a control plane, and those whose CA webhooks get.
pub(super) fn check(site: &Site<'_>, consumer: &Consumer<'_>, report: &mut Report) {
    for secret in consumer.secrets {
        if let Some(certificate) = filling(site, secret) {
            check_certificate(site, certificate, consumer, report);
        }
    }
    for configuration in site.webhooks() {
        let Some(reference) = &configuration.inject_ca_from else { continue };
        let piece = format!("{} {}", configuration.kind, crate::text::excerpt(&configuration.name));
        let (namespace, name) = reference.split_once('/').unwrap_or(("", reference));
        let name = Name::new(Some(namespace), name);
        let found = site.certificates().find(|certificate| certificate.name.is(&name));
        let finding = match (found, consumer.admission) {
            (None, _) => Finding::ManagedMissing {
                object: format!("Certificate {name}"),
                user: "the annotation cert-manager.io/inject-ca-from".to_owned(),
            },
            (Some(found), Some(admission))
                if !found.secret.is(admission) && filling(site, admission).is_some() =>
            {
                Finding::OtherSecret {
                    file: format!("Certificate {name}, from which the webhooks get their CA,"),
                    found: found.secret.to_string(),
                    expected: admission.to_string(),
                }
            }
            (Some(found), _) => {
                let text = format!("cert-manager fills in the CA of Certificate {}", found.name);
                let outcome = Outcome::Passed(text);
                report.add(CheckName::CertManager, Component::CertManager, piece, outcome);
                continue;
            }
        };
        report.fail(CheckName::CertManager, Component::CertManager, piece, finding);
    }
}

fn check_certificate(
    site: &Site<'_>,
    certificate: &ManagedCertificate,
    consumer: &Consumer<'_>,
    report: &mut Report,
) {
    let piece = format!("Certificate {}", certificate.name);
    let mut has_failed = false;
    let mut fail = |component, finding| {
        has_failed = true;
        report.fail(CheckName::CertManager, component, &*piece, finding);
    };
    for (name, component) in consumer.names {
        if !certificate.names.iter().any(|one| covers(one, name)) {
            let finding = Finding::NotRequested {
                certificate: piece.clone(),
                name: name.clone(),
                dialer: component.to_string(),
                names: crate::text::excerpt(&certificate.names.join(", ")),
            };
            fail(*component, finding);
        }
    }
    let kind = certificate.issuer.kind.as_deref().unwrap_or("Issuer");
    let namespace = certificate.name.namespace.as_deref().filter(|_| kind == "Issuer");
    let name = Name::new(namespace, &certificate.issuer.name);
    let issuers: Vec<_> = site.issuers().collect();
    let issuer = issuers.iter().find(|issuer| issuer.kind == kind && issuer.name.is(&name));
    let title = format!("{kind} {name}");
    match issuer {
        // It may have been made before, and be in none of the manifests.
        None if issuers.is_empty() => {}
        None => {
            let user = piece.clone();
            fail(Component::CertManager, Finding::ManagedMissing { object: title.clone(), user });
        }
        Some(issuer) => {
            let ca = issuer.ca_secret.as_ref().filter(|_| kind == "Issuer");
            let ca = ca.map(|name| Name { name: name.clone(), ..issuer.name.clone() });
            // Without any Secret, the manifests are those of the chart alone.
            if let Some(ca) = ca.filter(|_| site.secrets().next().is_some())
                && !site.secrets().any(|secret| secret.name.is(&ca))
                && filling(site, &ca).is_none()
            {
                let object = format!("Secret {ca}");
                fail(
                    Component::CertManager,
                    Finding::ManagedMissing { object, user: title.clone() },
                );
            }
        }
    }
    if !has_failed {
        let text = format!("fills Secret {} for {}", certificate.secret, consumer.title);
        report.add(CheckName::CertManager, Component::CertManager, &*piece, Outcome::Passed(text));
    }
    if issuer.is_some_and(|issuer| issuer.is_self_signed) {
        let finding = Finding::SelfSignedIssuer { issuer: title };
        report.add(CheckName::CertManager, Component::KumaDp, piece, Outcome::Warning(finding));
    }
}

/// Returns whether a name of a certificate is another, in any case, or a wildcard for it.
fn covers(name: &str, dialed: &str) -> bool {
    let is_wildcard = || {
        let rest = name.strip_prefix("*.")?;
        let (_, parent) = dialed.split_once('.')?;
        Some(rest.eq_ignore_ascii_case(parent))
    };
    name.eq_ignore_ascii_case(dialed) || is_wildcard() == Some(true)
}
