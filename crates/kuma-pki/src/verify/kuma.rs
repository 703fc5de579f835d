//! Kuma's own rules, each with its place in Kuma's source.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use time::OffsetDateTime;
use x509_parser::prelude::X509Certificate;

use crate::format::contents::ContentsError;
use crate::format::pem;
use crate::x509::{self, ParseError, signature};

/// A version of Kuma, as far as its rules for certificates differ.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct KumaVersion {
    major: u16,
    minor: u16,
}

impl KumaVersion {
    /// The newest version whose rules are known.
    pub const NEWEST: Self = Self { major: 2, minor: 14 };

    /// Whether the bootstrap of kuma-dp takes the names of the control plane's certificate as Go's
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

/// A CA file that Kuma or its clients would not take.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotCa {
    /// The subject of the first certificate, as RFC 4514 writes it, without control characters.
    pub subject: String,
}

/// Kuma's own rule for the CA of a control plane.
///
/// Kuma looks at the first certificate of a CA file only, and refuses it as `NotCA` when its
/// basicConstraints say that it is none (`pkg/xds/bootstrap/generator.go`, `caCert`). A first
/// certificate without basicConstraints passes.
///
/// # Errors
///
/// [`ParseError`] if the first certificate cannot be read.
pub fn check_first_certificate(certificates: &[Vec<u8>]) -> Result<Result<(), NotCa>, ParseError> {
    let Some(first) = certificates.first() else {
        return Ok(Ok(()));
    };
    let first = x509::parse(1, first)?;
    Ok(match x509::is_ca(&first) {
        Some(false) => Err(NotCa { subject: x509::name(first.subject()) }),
        Some(true) | None => Ok(()),
    })
}

/// Whether a file can be handed out as the CA of a control plane: [Kuma's rule](check_first_certificate),
/// and a first certificate without basicConstraints only with the CA that issued it behind it, since
/// OpenSSL, Node and rustls do not take it for an anchor.
///
/// # Errors
///
/// [`ParseError`] if a certificate cannot be read.
pub fn check_ca_file(certificates: &[Vec<u8>]) -> Result<Result<(), NotCa>, ParseError> {
    let parsed = x509::parse_all(certificates)?;
    let Some((first, others)) = parsed.split_first() else {
        return Ok(Ok(()));
    };
    let is_ca = match x509::is_ca(first) {
        Some(is_ca) => is_ca,
        None => others
            .iter()
            .any(|other| x509::is_ca(other) == Some(true) && signature::is_issued_by(first, other)),
    };
    Ok(if is_ca { Ok(()) } else { Err(NotCa { subject: x509::name(first.subject()) }) })
}

/// Returns the certificates of a CA file in the order in which every client finds the right one: CAs
/// first, because Kuma looks at the first certificate only; valid certificates before others; and of one name and
/// key the one that expires last, because Envoy takes the first.
///
/// # Errors
///
/// [`ParseError`] if a certificate cannot be read.
pub fn in_order(certificates: &[Vec<u8>], at: OffsetDateTime) -> Result<Vec<&[u8]>, ParseError> {
    let parsed = x509::parse_all(certificates)?;
    let is_renewal = |one: &X509Certificate<'_>, other: &X509Certificate<'_>| {
        one.subject().as_raw() == other.subject().as_raw()
            && x509::public_key(one) == x509::public_key(other)
    };
    let mut ordered: Vec<_> = parsed.iter().zip(certificates).collect();
    ordered.sort_by_cached_key(|(one, _)| {
        let validity = x509::validity(one);
        let is_valid = validity.not_before <= at && at <= validity.not_after;
        let first = parsed.iter().position(|other| is_renewal(one, other));
        (x509::is_ca(one) != Some(true), !is_valid, first, Reverse(validity.not_after))
    });
    Ok(ordered.into_iter().map(|(_, der)| der.as_slice()).collect())
}

/// Returns the PEM of a CA file in that [order](in_order): the text itself where it is in order.
///
/// # Errors
///
/// A text that does not hold certificates.
pub fn ordered_pem(text: &[u8], at: OffsetDateTime) -> Result<Cow<'_, [u8]>, ContentsError> {
    let certificates = pem::decode_certificates(text)?;
    let ordered = in_order(&certificates, at)?;
    if ordered.iter().eq(certificates.iter()) {
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
