//! The CA of a mesh: what kuma-cp and Envoy make of it.
//!
//! Observed with Kuma 2.14.3 and Envoy 1.39.0: kuma-cp checks little
//! (`pkg/plugins/ca/provided/ca_cert_validator.go`, `pkg/core/resources/apis/meshidentity/providers/bundled`),
//! and with what it accepts in error, data plane proxies refuse each other's certificates.

use time::OffsetDateTime;
use x509_parser::extensions::GeneralName;

use crate::key::{ExistingKey, KeyType};
use crate::usage::KeyUsage;
use crate::validity::rfc3339;
use crate::x509::Certificate;

/// The part of a mesh that uses a CA.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MeshCaPurpose {
    /// A backend `provided` of a Mesh (Kuma 2.x).
    ProvidedBackend,
    /// The provider `Bundled` of a MeshIdentity.
    MeshIdentity,
}

/// Something about the CA of a mesh that keeps it from working, or that its user has to know.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MeshCaFinding {
    /// Not a CA.
    #[error(
        "certificate {position} is not a CA; kuma-cp: basic constraint 'CA' must be set to 'true' (see \
         X509-SVID: 4.1. Basic Constraints)"
    )]
    NotCa {
        /// Which, counted from 1.
        position: usize,
    },
    /// Must not sign certificates.
    #[error(
        "certificate {position} does not permit certificate signing; kuma-cp: key usage extension \
         'keyCertSign' must be set (see X509-SVID: 4.3. Key Usage)"
    )]
    NoCertSign {
        /// Which, counted from 1.
        position: usize,
    },
    /// A key usage that SPIFFE forbids.
    #[error(
        "certificate {position} permits key agreement; kuma-cp: key usage extension 'keyAgreement' must \
         NOT be set (see X509-SVID: Appendix A. X.509 Field Reference)"
    )]
    KeyAgreement {
        /// Which, counted from 1.
        position: usize,
    },
    /// Expired: kuma-cp accepts it, and Envoy refuses all proxies.
    #[error("certificate {position} expired on {not_after}")]
    Expired {
        /// Which, counted from 1.
        position: usize,
        /// notAfter.
        not_after: String,
    },
    /// Not valid yet.
    #[error("certificate {position} is not valid before {not_before}")]
    NotYetValid {
        /// Which, counted from 1.
        position: usize,
        /// notBefore.
        not_before: String,
    },
    /// The key is that of another certificate, or of none.
    #[error("the private key does not match the first certificate")]
    KeyMismatch {
        /// The certificate that it matches, counted from 1.
        belongs_to: Option<usize>,
    },
    /// A key type that a MeshIdentity passes on to the certificates of proxies, where Envoy refuses it.
    #[error(
        "the key of the CA is {key}, and Kuma gives every data plane proxy a key of the same type, which \
         does not work: it must be RSA or ECDSA P-256"
    )]
    KeyType {
        /// The type of the key.
        key: String,
    },
    /// A MeshIdentity passes the certificate of an intermediate on as trust anchor, which Envoy refuses.
    #[error("the CA is an intermediate, and its root certificate is missing")]
    RootMissing,
    /// A MeshIdentity accepts a root as its issuing CA only if told to.
    #[error(
        "the first certificate is self-signed: the MeshIdentity is not Ready, and traffic is not \
         encrypted, without `insecureAllowSelfSigned: true`"
    )]
    SelfSigned,
    /// Constraints that only some trust domains meet.
    #[error(
        "certificate {position} permits only some URIs ({permitted}): Envoy rejects proxies whose SPIFFE ID \
         is not among them"
    )]
    UriConstraint {
        /// Which, counted from 1.
        position: usize,
        /// The permitted hosts.
        permitted: String,
    },
}

impl MeshCaFinding {
    /// Returns whether the CA works in spite of it, in the right circumstances.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        matches!(self, Self::SelfSigned | Self::UriConstraint { .. })
    }
}

/// Checks the CA of a mesh: its certificates in the order of the file, the issuing CA first, and its key.
///
#[must_use]
pub fn check(
    chain: &[Certificate],
    key: &ExistingKey,
    purpose: MeshCaPurpose,
    now: OffsetDateTime,
) -> Vec<MeshCaFinding> {
    let mut findings = Vec::new();
    for (index, certificate) in chain.iter().enumerate() {
        check_certificate(index + 1, certificate, now, &mut findings);
    }
    let matches = |one: &Certificate| one.public_key() == key.public_key();
    if !chain.first().is_some_and(matches) {
        let belongs_to = chain.iter().position(matches).map(|index| index + 1);
        findings.push(MeshCaFinding::KeyMismatch { belongs_to });
    }
    if let (MeshCaPurpose::MeshIdentity, Some(first)) = (purpose, chain.first()) {
        let key = first.key_type();
        if !matches!(key, KeyType::Rsa(_) | KeyType::P256) {
            findings.push(MeshCaFinding::KeyType { key: key.to_string() });
        }
        if first.is_root() {
            findings.push(MeshCaFinding::SelfSigned);
        } else if !chain.iter().any(Certificate::is_root) {
            findings.push(MeshCaFinding::RootMissing);
        }
    }
    findings
}

fn check_certificate(
    position: usize,
    certificate: &Certificate,
    now: OffsetDateTime,
    findings: &mut Vec<MeshCaFinding>,
) {
    if certificate.is_ca() != Some(true) {
        findings.push(MeshCaFinding::NotCa { position });
    }
    let usage = certificate.key_usage().unwrap_or_default();
    if !usage.contains(&KeyUsage::KeyCertSign) {
        findings.push(MeshCaFinding::NoCertSign { position });
    }
    if usage.contains(&KeyUsage::KeyAgreement) {
        findings.push(MeshCaFinding::KeyAgreement { position });
    }
    let validity = certificate.validity();
    if now > validity.not_after {
        let not_after = rfc3339(&validity.not_after);
        findings.push(MeshCaFinding::Expired { position, not_after });
    } else if now < validity.not_before {
        let not_before = rfc3339(&validity.not_before);
        findings.push(MeshCaFinding::NotYetValid { position, not_before });
    }
    let constraints = certificate.name_constraints();
    let subtrees = constraints.and_then(|found| found.permitted_subtrees.as_deref());
    let uris = subtrees.unwrap_or_default().iter().filter_map(|subtree| match &subtree.base {
        GeneralName::URI(host) => Some(crate::text::printable(host)),
        _ => None,
    });
    let permitted = uris.collect::<Vec<_>>().join(", ");
    if !permitted.is_empty() {
        findings.push(MeshCaFinding::UriConstraint { position, permitted });
    }
}
