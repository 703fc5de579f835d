//! The CA of a mesh: what Kuma says when it gets one, and what Envoy then does.
//!
//! Every rule was observed on Kuma 2.14.3 with Envoy 1.39.0; the rules of Kuma 3 are those of its main branch.

mod fault;

use time::OffsetDateTime;
use x509_parser::extensions::GeneralName;

pub use self::fault::MeshCaFault;
use super::finding::Finding;
use super::kuma::KumaVersion;
use super::report::{CheckName, Outcome, Report};
use super::{File, assemble, files};
use crate::format::pem::{self, Block, PemError};
use crate::key::{ExistingKey, KeyType};
use crate::text::printable;
use crate::usage::KeyUsage;
use crate::validity::Validity;
use crate::x509::Certificate;

/// The most certificates of a file whose usages are checked.
const MAX_CERTIFICATES: usize = 16;

/// The way a mesh uses a CA.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MeshCaPurpose {
    /// A MeshIdentity with `provider.type: Bundled`.
    Identity {
        /// Whether it has `insecureAllowSelfSigned: true`.
        allows_self_signed: bool,
    },
    /// A backend of `mtls` in a Mesh with `type: provided`, until Kuma 2.
    Provided,
}

/// The files of a mesh CA, as they are in the Secrets.
#[derive(Clone, Copy, Debug)]
pub struct MeshCaFiles<'a> {
    /// The certificates, the issuing CA's first.
    pub certificate: File<'a>,
    /// The private key of the issuing CA.
    pub key: Option<File<'a>>,
}

/// Verifies the CA of a mesh: what Kuma accepts, whether proxies get certificates, and whether Envoy accepts
/// those. Reads no clock and no file.
#[must_use]
pub fn verify_mesh_ca(
    files: &MeshCaFiles<'_>,
    purpose: MeshCaPurpose,
    kuma: KumaVersion,
    at: OffsetDateTime,
) -> Report {
    let mut report = Report::default();
    let all = certificates(files.certificate, &mut report);
    let Some(issuing) = all.first() else { return report };
    let path = assemble::path(issuing, &all);
    let check = MeshCa { purpose, kuma, at, all: &all, issuing, path };
    check_key(&all, files.key, &mut report);
    check.usages(&mut report);
    check.key_type(&mut report);
    check.chain(&mut report);
    check.names(&mut report);
    report
}

/// Reads the certificates. Private keys among them are a finding, and skipped as Kuma does.
fn certificates(file: File<'_>, report: &mut Report) -> Vec<Certificate> {
    let name = file.name;
    let read = match pem::decode_certificates(file.bytes) {
        Err(PemError::PrivateKey { .. }) => {
            let fault = MeshCaFault::KeyPublished { file: name.to_owned() };
            report.fail(CheckName::CaFile, fault);
            let blocks = pem::decode(file.bytes).unwrap_or_default();
            let ders = blocks.into_iter().filter_map(|block| match block {
                Block::Certificate(der) => Some(der),
                _ => None,
            });
            return Certificate::from_ders(ders).unwrap_or_default();
        }
        _ => files::certificates(file),
    };
    let (outcome, certificates) = match read {
        Ok(certificates) => {
            let count = certificates.len();
            let text = format!("{name}: {count} certificate{}", if count == 1 { "" } else { "s" });
            (Outcome::Passed(text), certificates)
        }
        Err(finding) => (Outcome::Failed(finding), Vec::new()),
    };
    report.add(CheckName::CaFile, outcome);
    certificates
}

/// Checks that a private key matches the first of some certificates.
pub(super) fn check_key(chain: &[Certificate], file: Option<File<'_>>, report: &mut Report) {
    let Some(file) = file else {
        let text = "no private key was given".to_owned();
        return report.add(CheckName::PrivateKey, Outcome::Skipped(text));
    };
    let key = match pem::decode_private_key(file.bytes) {
        Err(error) => Err(Finding::pem(file.name, error)),
        Ok(der) => ExistingKey::from_der(&der).map_err(|error| Finding::key(file.name, error)),
    };
    match key {
        Err(finding) => report.fail(CheckName::KeyFile, finding),
        Ok(key) if chain[0].public_key() == key.public_key() => {
            let text = "matches the first certificate".to_owned();
            report.pass(CheckName::PrivateKey, text);
        }
        Ok(key) => {
            let finding = Finding::key_mismatch(chain, key.public_key(), key.key_type());
            report.fail(CheckName::PrivateKey, finding);
        }
    }
}

struct MeshCa<'a> {
    purpose: MeshCaPurpose,
    kuma: KumaVersion,
    at: OffsetDateTime,
    all: &'a [Certificate],
    /// The first certificate, whose key signs the certificates of proxies.
    issuing: &'a Certificate,
    /// The certificates from the issuing CA to the root, as far as they are in the file.
    path: Vec<&'a Certificate>,
}

impl MeshCa<'_> {
    const fn is_identity(&self) -> bool {
        matches!(self.purpose, MeshCaPurpose::Identity { .. })
    }

    /// The outcome of a rule of X509-SVID that Kuma 2 checks for provided backends only.
    fn svid(&self, fault: MeshCaFault) -> Outcome {
        if self.is_identity() && !self.kuma.checks_mesh_identity_ca() {
            Outcome::Warning(fault.into())
        } else {
            Outcome::Failed(fault.into())
        }
    }

    /// Kuma checks every certificate of the file (`pkg/plugins/ca/provided/ca_cert_validator.go`).
    fn usages(&self, report: &mut Report) {
        let mut outcomes = Vec::new();
        for (index, one) in self.all.iter().enumerate().take(MAX_CERTIFICATES) {
            let (position, subject) = (index + 1, one.subject());
            if one.is_ca() != Some(true) {
                let fault = MeshCaFault::NotCa { position, subject: subject.clone() };
                // Envoy trusts a root for what it is; a CA below it has to say so.
                let outcome = match one.is_self_signed() {
                    true => self.svid(fault),
                    false => Outcome::Failed(fault.into()),
                };
                outcomes.push((CheckName::CertificationAuthority, outcome));
            }
            match one.key_usage() {
                None => {
                    let fault = MeshCaFault::NoKeyUsage { position, subject: subject.clone() };
                    outcomes.push((CheckName::KeyUsage, self.svid(fault)));
                }
                Some(usage) if !usage.contains(&KeyUsage::KeyCertSign) => {
                    let fault = MeshCaFault::NoKeyCertSign { position, subject: subject.clone() };
                    outcomes.push((CheckName::KeyUsage, Outcome::Failed(fault.into())));
                }
                Some(_) => {}
            }
            if one.key_usage().is_some_and(|usage| usage.contains(&KeyUsage::KeyAgreement)) {
                let fault = MeshCaFault::KeyAgreement { position, subject };
                outcomes.push((CheckName::KeyUsage, self.svid(fault)));
            }
        }
        if outcomes.is_empty() {
            let text = "CA:TRUE, keyCertSign".to_owned();
            outcomes.push((CheckName::KeyUsage, Outcome::Passed(text)));
        }
        outcomes.into_iter().for_each(|(name, outcome)| report.add(name, outcome));
    }

    /// The certificates of a MeshIdentity have keys of its CA's type (`providers/bundled/bundled.go`), those of
    /// a provided backend RSA keys (`pkg/core/ca/issuer/issuer.go`).
    fn key_type(&self, report: &mut Report) {
        let key = self.issuing.key_type();
        let outcome = match key {
            KeyType::Ed25519 if self.is_identity() => Outcome::Failed(MeshCaFault::Ed25519.into()),
            KeyType::P384 | KeyType::P521 | KeyType::Other if self.is_identity() => {
                Outcome::Failed(MeshCaFault::Curve { key: key.to_string() }.into())
            }
            _ => Outcome::Passed(key.to_string()),
        };
        report.add(CheckName::KeyType, outcome);
    }

    fn chain(&self, report: &mut Report) {
        if let MeshCaPurpose::Identity { allows_self_signed: false } = self.purpose
            && self.issuing.is_self_signed()
        {
            let fault = MeshCaFault::SelfSigned { subject: self.issuing.subject() };
            report.fail(CheckName::Chain, fault);
        }
        let last = self.path.last().copied().unwrap_or(self.issuing);
        let subject = last.subject();
        let outcome = if last.is_self_signed() {
            Outcome::Passed(format!("{} up to the root, {subject}", self.path.len()))
        } else if self.is_identity() {
            let issuer = last.issuer();
            Outcome::Failed(MeshCaFault::WithoutRoot { subject, issuer }.into())
        } else {
            // Envoy takes what is in the Secret for an anchor, with any issuer.
            Outcome::Passed(format!("{subject} without its issuer, which Envoy accepts here"))
        };
        report.add(CheckName::Chain, outcome);
        for (below, ca) in self.path.iter().enumerate() {
            if let Some(allowed) = ca.path_length().filter(|allowed| below > *allowed as usize) {
                let fault = MeshCaFault::PathTooLong { subject: ca.subject(), allowed, below };
                report.fail(CheckName::PathLength, fault);
            }
        }
        let findings = self.path.iter().filter_map(|one| self.dates(one)).collect();
        report.add_all(CheckName::Dates, findings, || "every certificate is valid".to_owned());
    }

    fn dates(&self, one: &Certificate) -> Option<Finding> {
        let (Validity { not_before, not_after }, subject) = (one.validity(), one.subject());
        if self.at > not_after {
            return Some(MeshCaFault::Expired { subject, not_after }.into());
        }
        (self.at < not_before).then(|| MeshCaFault::NotYetValid { subject, not_before }.into())
    }

    /// The certificates of proxies have SPIFFE IDs, which are URIs.
    fn names(&self, report: &mut Report) {
        for ca in &self.path {
            let subtrees =
                ca.name_constraints().and_then(|found| found.permitted_subtrees.as_deref());
            let hosts =
                subtrees.unwrap_or_default().iter().filter_map(|subtree| match &subtree.base {
                    GeneralName::URI(host) => Some(printable(host)),
                    _ => None,
                });
            let permitted = hosts.collect::<Vec<_>>().join(", ");
            if !permitted.is_empty() {
                let fault = MeshCaFault::UriConstraint { subject: ca.subject(), permitted };
                report.fail(CheckName::NameConstraints, fault);
            }
        }
    }
}
