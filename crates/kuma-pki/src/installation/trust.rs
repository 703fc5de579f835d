//! A server of the control plane, and everyone who connects to it: does each trust its certificate, and find the
//! name in it that it dials?

use time::OffsetDateTime;

use super::dialer::{Dialer, Pem, is_same_set, label, labels};
use super::finding::{CaAge, Finding};
use super::report::{CheckName, Component, Outcome, Report};
use crate::format::environment::Purpose;
use crate::usage::ExtendedKeyUsage;
use crate::verify::clients::Client;
use crate::verify::kuma::KumaVersion;
use crate::verify::{self, VerifyInput, VerifyOptions};
use crate::x509::Certificate;

/// What all checks of a run share.
pub(super) struct Context {
    /// The time for which the installation is verified.
    pub(super) at: OffsetDateTime,
    pub(super) kuma: KumaVersion,
    /// The CA certificates from before a rotation.
    pub(super) previous: Vec<Certificate>,
}

/// A server with its pair.
#[derive(Debug)]
pub(super) struct Server<'a> {
    /// The Secret or file with the certificate.
    pub(super) piece: String,
    pub(super) certificate: Pem<'a>,
    pub(super) key: Option<Pem<'a>>,
    pub(super) purposes: Vec<Purpose>,
    /// Who connects; the first trusts the CA that belongs to the certificate.
    pub(super) dialers: Vec<Dialer<'a>>,
}

impl Server<'_> {
    /// Verifies the pair by the first dialer's CA and names, and what each of the others adds to that.
    pub(super) fn check(&self, context: &Context, report: &mut Report) {
        let primary = self.dialers.first();
        let found = self.verify(primary, true, context);
        let served = self.certificate.certificates();
        let primary_ca = primary.and_then(|dialer| dialer.ca.as_ref());
        let primary_cas = primary_ca.map(Pem::certificates).unwrap_or_default();
        for check in &found.checks {
            let (component, piece) = self.attribute(check.name, primary);
            let outcome = match &check.outcome {
                verify::Outcome::Passed(text) => Outcome::Passed(text.clone()),
                verify::Outcome::Skipped(text) => Outcome::Skipped(text.clone()),
                verify::Outcome::Warning(finding) => {
                    Outcome::Warning(Finding::Certificate(finding.clone()))
                }
                verify::Outcome::Failed(finding) => {
                    Outcome::Failed(Finding::Certificate(finding.clone()))
                }
            };
            report.add(CheckName::Certificate(check.name), component, piece, outcome);
        }
        if let (Some(dialer), Some(ca)) = (primary, primary_ca) {
            self.expiries(dialer, ca, &found, context, report);
        }
        if served.is_empty() {
            // The certificate cannot be read, which is reported above.
            return;
        }
        let is_trusted = !found.failures().any(|(name, _)| name == verify::CheckName::Chain);
        let issuer = match served.last() {
            _ if is_trusted && primary_cas.len() == 1 => label(&primary_cas[0]),
            Some(last) => last.issuer(),
            None => String::new(),
        };
        for dialer in self.dialers.iter().skip(1) {
            let cas = dialer.ca.as_ref().map(Pem::certificates).unwrap_or_default();
            let is_known_mismatch = !is_trusted && is_same_set(&cas, &primary_cas);
            let other = Other { dialer, cas: &cas, issuer: &issuer, is_known_mismatch };
            self.check_other(&other, &found, context, report);
        }
    }

    /// Returns who fails, and what is wrong then.
    fn attribute(
        &self,
        name: verify::CheckName,
        dialer: Option<&Dialer<'_>>,
    ) -> (Component, String) {
        use verify::CheckName as Name;
        let server = || self.piece.clone();
        match (name, dialer) {
            (
                Name::CertificateFile
                | Name::KeyFile
                | Name::FileMode
                | Name::PrivateKey
                | Name::KeyType,
                _,
            )
            | (_, None) => (Component::KumaCp, server()),
            (Name::CaFile | Name::CaBundle, Some(dialer)) => {
                let piece = dialer.ca.as_ref().map_or_else(server, |ca| ca.name.clone());
                (dialer.component, piece)
            }
            (_, Some(dialer)) => (dialer.component, server()),
        }
    }

    fn verify(
        &self,
        dialer: Option<&Dialer<'_>>,
        with_key: bool,
        context: &Context,
    ) -> verify::Report {
        let is_proxy = dialer.is_some_and(|dialer| dialer.component == Component::KumaDp);
        let clients: &[Client] =
            if is_proxy { &[Client::KumaDp, Client::Envoy] } else { &[Client::Kumactl] };
        let hosts = dialer.map(|dialer| dialer.hosts.as_slice()).unwrap_or_default();
        let mut options = VerifyOptions::new(hosts, ExtendedKeyUsage::ServerAuth, context.at);
        options.kuma = context.kuma;
        options.kuma_clients = clients;
        verify::verify(
            &VerifyInput {
                certificate: self.certificate.file(),
                proof: None,
                key: self.key.as_ref().filter(|_| with_key).map(Pem::file),
                key_mode: None,
                ca: dialer.and_then(|dialer| dialer.ca.as_ref()).map(Pem::file),
                bundle: None,
            },
            &options,
        )
    }

    /// Reports what a dialer adds to the findings of the first one.
    fn check_other(
        &self,
        other: &Other<'_, '_>,
        known: &verify::Report,
        context: &Context,
        report: &mut Report,
    ) {
        let dialer = other.dialer;
        let found = self.verify(Some(dialer), false, context);
        let is_known = |one: &verify::Finding| known.failures().any(|(_, known)| known == one);
        let mut has_failed = false;
        for (name, finding) in found.failures() {
            let (check, piece, finding) = match name {
                _ if is_known(finding) => continue,
                verify::CheckName::Chain if other.is_known_mismatch => continue,
                verify::CheckName::Chain => {
                    (dialer.check, dialer.piece.clone(), self.other_ca(other, context))
                }
                verify::CheckName::CaFile => match finding {
                    // kube-apiserver and Go take any certificate of the file.
                    verify::Finding::NotCa { .. } if dialer.component != Component::KumaDp => {
                        continue;
                    }
                    finding => {
                        (dialer.check, dialer.piece.clone(), Finding::CaUnreadable(finding.clone()))
                    }
                },
                verify::CheckName::Client if dialer.component != Component::KumaDp => continue,
                name => (
                    CheckName::Certificate(name),
                    self.piece.clone(),
                    Finding::Certificate(finding.clone()),
                ),
            };
            has_failed = true;
            report.add(check, dialer.component, piece, Outcome::Failed(finding));
        }
        if let Some(ca) = dialer.ca.as_ref().filter(|_| !has_failed) {
            self.expiries(dialer, ca, known, context, report);
        }
        if !has_failed && dialer.ca.is_some() && !other.is_known_mismatch {
            let hosts: Vec<_> = dialer.hosts.iter().map(|host| host.typed.as_str()).collect();
            let text = format!("{} trusted for {}", self.certificate.name, hosts.join(", "));
            report.add(dialer.check, dialer.component, &*dialer.piece, Outcome::Passed(text));
        }
    }

    /// Warns of CA certificates that have expired, next to others that are in use.
    fn expiries(
        &self,
        dialer: &Dialer<'_>,
        ca: &Pem<'_>,
        known: &verify::Report,
        context: &Context,
        report: &mut Report,
    ) {
        let name = verify::CheckName::Dates;
        for check in verify::verify_ca(ca.file(), context.at).checks {
            let (verify::Outcome::Warning(finding) | verify::Outcome::Failed(finding)) =
                check.outcome
            else {
                continue;
            };
            let is_known = known.checks.iter().any(|known| match &known.outcome {
                verify::Outcome::Warning(known) | verify::Outcome::Failed(known) => {
                    *known == finding
                }
                _ => false,
            });
            if check.name == name && !is_known {
                let outcome = Outcome::Warning(Finding::Certificate(finding));
                report.add(CheckName::Certificate(name), dialer.component, &*ca.name, outcome);
            }
        }
    }

    fn other_ca(&self, other: &Other<'_, '_>, context: &Context) -> Finding {
        let Other { dialer, cas, issuer, .. } = other;
        let issuers: Vec<_> =
            self.certificate.certificates().iter().map(Certificate::issuer).collect();
        let age = if !cas.is_empty() && cas.iter().all(|ca| context.previous.contains(ca)) {
            CaAge::Previous
        } else if cas.iter().any(|ca| issuers.contains(&ca.subject())) {
            CaAge::SameName
        } else {
            CaAge::Other
        };
        Finding::OtherCa {
            holder: dialer.piece.clone(),
            trusted: labels(cas),
            issuer: (*issuer).to_owned(),
            server: self.piece.clone(),
            age,
        }
    }
}

/// A dialer other than the first.
struct Other<'s, 'a> {
    dialer: &'s Dialer<'a>,
    cas: &'s [Certificate],
    /// Who issued the certificate.
    issuer: &'s str,
    /// Whether it trusts the CAs of the first dialer, which are not those of the certificate.
    is_known_mismatch: bool,
}
