//! Reading certificates: what every stage that looks into one needs.

use std::net::IpAddr;

use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::x509::X509Name;

use crate::error::Error;
use crate::validity::Validity;

/// Reads one certificate. `position` is its place in its file, counted from 1.
///
/// # Errors
///
/// [`Error::CertificateEncoding`] if the bytes are not exactly one certificate.
pub(crate) fn parse(position: usize, der: &[u8]) -> Result<X509Certificate<'_>, Error> {
    let unreadable = |reason: String| Error::CertificateEncoding { position, reason };
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) => Err(unreadable("bytes follow its end".to_owned())),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

/// Reads all certificates of a file.
///
/// # Errors
///
/// [`Error::CertificateEncoding`] with the place of the first that cannot be read.
pub(crate) fn parse_all(certificates: &[Vec<u8>]) -> Result<Vec<X509Certificate<'_>>, Error> {
    certificates.iter().enumerate().map(|(index, der)| parse(index + 1, der)).collect()
}

/// The contents of the BIT STRING subjectPublicKey (RFC 5280 4.1.2.7).
pub(crate) fn public_key<'a>(certificate: &'a X509Certificate<'_>) -> &'a [u8] {
    &certificate.public_key().subject_public_key.data
}

/// The address in an iPAddress, or in half of a name constraint (RFC 5280 4.2.1.6, 4.2.1.10).
pub(crate) fn ip_address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

/// What cA in basicConstraints says; `None` if they are absent.
pub(crate) fn is_ca(certificate: &X509Certificate<'_>) -> Option<bool> {
    let extension = certificate.basic_constraints().ok().flatten()?;
    Some(extension.value.ca)
}

/// Whether a certificate is signed with its own key.
pub(crate) fn is_self_signed(certificate: &X509Certificate<'_>) -> bool {
    is_issued_by(certificate, certificate)
}

/// Whether one certificate is signed with the key of another, and names it as its issuer.
pub(crate) fn is_issued_by(certificate: &X509Certificate<'_>, ca: &X509Certificate<'_>) -> bool {
    certificate.issuer().as_raw() == ca.subject().as_raw()
        && certificate.verify_signature(Some(ca.public_key())).is_ok()
}

/// The subjectKeyIdentifier (RFC 5280 4.2.1.2).
pub(crate) fn subject_key_identifier<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0),
        _ => None,
    })
}

/// The dates.
pub(crate) fn validity(certificate: &X509Certificate<'_>) -> Validity {
    let validity = certificate.validity();
    Validity {
        not_before: validity.not_before.to_datetime(),
        not_after: validity.not_after.to_datetime(),
    }
}

/// A name as text, without control characters.
pub(crate) fn name(name: &X509Name<'_>) -> String {
    let text = name.to_string();
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    text.chars().filter(|c| !c.is_control()).collect()
}
