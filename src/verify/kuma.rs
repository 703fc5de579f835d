//! Kuma's own rules, each with its place in Kuma's source.

use std::fmt;

use crate::error::Error;
use crate::{signature, x509};

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
/// [`Error::CertificateEncoding`] if the first certificate cannot be read.
pub fn check_first_certificate(certificates: &[Vec<u8>]) -> Result<Result<(), NotCa>, Error> {
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
/// [`Error::CertificateEncoding`] if a certificate cannot be read.
pub fn check_ca_file(certificates: &[Vec<u8>]) -> Result<Result<(), NotCa>, Error> {
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

/// The certificates of a CA file with those of CAs in front, since Kuma looks at the first only; else in
/// their order.
///
/// # Errors
///
/// [`Error::CertificateEncoding`] if a certificate cannot be read.
pub fn cas_first(certificates: &[Vec<u8>]) -> Result<Vec<&[u8]>, Error> {
    let parsed = x509::parse_all(certificates)?;
    let of = |are_cas: bool| {
        let pairs = parsed.iter().zip(certificates);
        pairs.filter(move |(one, _)| (x509::is_ca(one) == Some(true)) == are_cas)
    };
    Ok(of(true).chain(of(false)).map(|(_, der)| der.as_slice()).collect())
}

impl fmt::Display for NotCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "its first certificate ({}) is not a CA certificate", self.subject)
    }
}

impl std::error::Error for NotCa {}
