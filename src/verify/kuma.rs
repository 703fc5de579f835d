//! Kuma's own rules, each with its place in Kuma's source.

use std::fmt;

use x509_parser::prelude::{FromDer, X509Certificate};

use crate::error::Error;

/// A CA file that Kuma or its clients would not take.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotCa {
    /// The subject of the first certificate, as RFC 4514 writes it, without control characters.
    pub subject: String,
}

/// Whether Kuma takes these certificates as the CA of a control plane.
///
/// Kuma looks at the first certificate of a CA file only, and refuses it as `NotCA` when its
/// basicConstraints say that it is none (`pkg/xds/bootstrap/generator.go`, `caCert`). A first
/// certificate without basicConstraints passes there; here it passes only with the CA that issued
/// it behind it, since alone no client could use it as an anchor.
///
/// # Errors
///
/// [`Error::CertificateEncoding`] if a certificate cannot be read.
pub fn check_ca_file(certificates: &[Vec<u8>]) -> Result<Result<(), NotCa>, Error> {
    let parsed = certificates
        .iter()
        .enumerate()
        .map(|(index, der)| parse(index + 1, der))
        .collect::<Result<Vec<_>, _>>()?;
    let Some((first, others)) = parsed.split_first() else {
        return Ok(Ok(()));
    };
    let is_ca = match is_ca(first) {
        Some(is_ca) => is_ca,
        None => others.iter().any(|other| {
            is_ca(other) == Some(true)
                && other.subject().as_raw() == first.issuer().as_raw()
                && first.verify_signature(Some(other.public_key())).is_ok()
        }),
    };
    if is_ca {
        return Ok(Ok(()));
    }
    let subject = first.subject().to_string();
    Ok(Err(NotCa { subject: subject.chars().filter(|c| !c.is_control()).collect() }))
}

/// What basicConstraints say; `None` if they are absent.
fn is_ca(certificate: &X509Certificate<'_>) -> Option<bool> {
    let extension = certificate.basic_constraints().ok().flatten()?;
    Some(extension.value.ca)
}

fn parse(position: usize, der: &[u8]) -> Result<X509Certificate<'_>, Error> {
    let unreadable = |reason: String| Error::CertificateEncoding { position, reason };
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) => Err(unreadable("bytes follow its end".to_owned())),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

impl fmt::Display for NotCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "its first certificate ({}) is not a CA certificate", self.subject)
    }
}

impl std::error::Error for NotCa {}
