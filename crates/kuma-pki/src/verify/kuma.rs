//! Kuma's own rules, with their source in Kuma.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use crate::format::pem::{self, PemError};
use crate::x509::Certificate;
use time::OffsetDateTime;

/// A version of Kuma, without the patch number.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct KumaVersion {
    major: u16,
    minor: u16,
}

impl KumaVersion {
    /// The newest version whose rules are known.
    pub const NEWEST: Self = Self { major: 2, minor: 14 };

    /// The first version in which MeshIdentity is the only mTLS.
    pub const MESH_IDENTITY_ONLY: Self = Self { major: 3, minor: 0 };

    /// Returns whether a Mesh can have mTLS backends.
    #[must_use]
    pub fn has_mesh_mtls(self) -> bool {
        self < Self::MESH_IDENTITY_ONLY
    }

    /// Returns whether the CA of a MeshIdentity is checked as that of a provided backend
    /// (`pkg/core/resources/apis/meshidentity/providers/bundled/ca_cert_validator.go` on the main branch).
    #[must_use]
    pub(super) fn checks_mesh_identity_ca(self) -> bool {
        self >= Self::MESH_IDENTITY_ONLY
    }

    /// Returns whether the bootstrap of kuma-dp matches the names of the control plane's certificate as Go's
    /// VerifyHostname does, with wildcards and ignoring case. Before 2.14 it compared them exactly
    /// (`pkg/xds/bootstrap/generator.go`, `validateRequest`).
    #[must_use]
    pub fn matches_names_as_go(self) -> bool {
        self >= Self { major: 2, minor: 14 }
    }
}

impl FromStr for KumaVersion {
    type Err = String;

    /// Parses `2.13`, `2.13.10` or `v2.13.10`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
        let mut number = || parts.next().and_then(|part| part.parse::<u16>().ok());
        let read = match (number(), number()) {
            (Some(major), Some(minor)) => Some(Self { major, minor }),
            _ => None,
        };
        read.ok_or_else(|| "not a version of Kuma, such as 2.14 or 2.13.10".to_owned())
    }
}

impl fmt::Display for KumaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A CA file that Kuma or its clients reject.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("its first certificate ({subject}) is not a CA certificate")]
pub struct NotCa {
    /// The subject of the first certificate in the notation of RFC 4514, escaped for display.
    pub subject: String,
}

/// Checks a CA file by Kuma's own rule: the first certificate must not have CA:FALSE in its basicConstraints (`caCert` in
/// `pkg/xds/bootstrap/generator.go`). A first certificate without basicConstraints passes.
///
/// # Errors
///
/// [`NotCa`] if the first certificate has CA:FALSE.
pub fn check_first_certificate(certificates: &[Certificate]) -> Result<(), NotCa> {
    match certificates.first() {
        Some(first) if first.is_ca() == Some(false) => Err(NotCa { subject: first.subject() }),
        _ => Ok(()),
    }
}

/// Checks that a file can be the CA of a control plane, by [Kuma's rule](check_first_certificate). In addition, the
/// file must hold the CA of a first certificate without basicConstraints, because OpenSSL, Node and rustls do not
/// accept such a certificate as a trust anchor.
///
/// # Errors
///
/// [`NotCa`] if the first certificate is not a CA certificate.
pub fn check_ca_file(certificates: &[Certificate]) -> Result<(), NotCa> {
    let Some((first, others)) = certificates.split_first() else {
        return Ok(());
    };
    let is_its_ca = |ca: &Certificate| ca.is_ca() == Some(true) && first.is_issued_by(ca);
    if first.is_ca().unwrap_or_else(|| others.iter().any(is_its_ca)) {
        Ok(())
    } else {
        Err(NotCa { subject: first.subject() })
    }
}

/// Returns the certificates of a CA file in an order that works for every client: CAs first, because Kuma checks only the
/// first certificate; valid certificates before expired ones; and of certificates with the same name and key the one
/// that expires last, because Envoy uses the first.
#[must_use]
pub fn in_order(certificates: &[Certificate], at: OffsetDateTime) -> Vec<&Certificate> {
    let mut ordered: Vec<_> = certificates.iter().collect();
    ordered.sort_by_cached_key(|one| {
        let validity = one.validity();
        let is_valid = validity.not_before <= at && at <= validity.not_after;
        let first = certificates.iter().position(|other| one.has_subject_and_key_of(other));
        (one.is_ca() != Some(true), !is_valid, first, Reverse(validity.not_after))
    });
    ordered
}

/// Returns the PEM of a CA file in this [order](in_order); the unchanged text if it is already in order.
///
/// # Errors
///
/// [`PemError`] for a text without certificates.
pub fn ordered_pem(text: &[u8], at: OffsetDateTime) -> Result<Cow<'_, [u8]>, PemError> {
    let certificates = pem::decode_certificates(text)?;
    let ordered = in_order(&certificates, at);
    if ordered.iter().copied().eq(&certificates) {
        return Ok(Cow::Borrowed(text));
    }
    Ok(Cow::Owned(pem::encode_certificates(ordered)))
}
