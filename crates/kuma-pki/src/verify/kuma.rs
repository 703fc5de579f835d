//! Kuma's own rules, each with its place in Kuma's source.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use crate::format::pem::{self, PemError};
use crate::x509::Certificate;
use time::OffsetDateTime;

/// A version of Kuma, as far as its rules for certificates differ.
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
    /// VerifyHostname does, with wildcards and in any case; before 2.14 it compared them letter by letter
    /// (`pkg/xds/bootstrap/generator.go`, `validateRequest`).
    #[must_use]
    pub fn matches_names_as_go(self) -> bool {
        self >= Self { major: 2, minor: 14 }
    }
}

impl FromStr for KumaVersion {
    type Err = String;

    /// Reads `2.13`, `2.13.10` or `v2.13.10`.
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
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotCa {
    /// The subject of the first certificate, as RFC 4514 writes it, without control characters.
    pub subject: String,
}

/// Checks Kuma's own rule for the CA of a control plane.
///
/// Kuma checks the first certificate of a CA file only, and rejects it as `NotCA` when its
/// basicConstraints say CA:FALSE (`pkg/xds/bootstrap/generator.go`, `caCert`). A first certificate without
/// basicConstraints passes.
///
/// # Errors
///
/// [`NotCa`] if the first certificate says CA:FALSE.
pub fn check_first_certificate(certificates: &[Certificate]) -> Result<(), NotCa> {
    match certificates.first() {
        Some(first) if first.is_ca() == Some(false) => Err(NotCa { subject: first.subject() }),
        _ => Ok(()),
    }
}

/// Checks that a file can be the CA of a control plane, by [Kuma's rule](check_first_certificate); a
/// first certificate without basicConstraints needs the CA that issued it behind it, because
/// OpenSSL, Node and rustls do not accept it as an anchor.
///
/// # Errors
///
/// [`NotCa`] if the first certificate is not a CA's.
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

/// Returns the certificates of a CA file in the order in which every client finds the right one: CAs
/// first, because Kuma checks the first certificate only; valid certificates before others; and of those with
/// one name and key the one that expires last, because Envoy uses the first.
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

/// Returns the PEM of a CA file in that [order](in_order): the text itself if it is in order.
///
/// # Errors
///
/// [`PemError`] for a text that does not hold certificates.
pub fn ordered_pem(text: &[u8], at: OffsetDateTime) -> Result<Cow<'_, [u8]>, PemError> {
    let certificates = pem::decode_certificates(text)?;
    let ordered = in_order(&certificates, at);
    if ordered.iter().copied().eq(&certificates) {
        return Ok(Cow::Borrowed(text));
    }
    Ok(Cow::Owned(pem::encode_certificates(ordered)))
}

impl fmt::Display for NotCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "its first certificate ({}) is not a CA certificate", self.subject)
    }
}

impl std::error::Error for NotCa {}
