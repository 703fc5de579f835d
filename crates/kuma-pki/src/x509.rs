//! Certificates: parsed once, then handed on.

mod extensions;
mod key;
mod name;
mod relation;
pub(crate) mod signature;

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use self_cell::self_cell;
use x509_parser::error::X509Error;
use x509_parser::nom;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::x509::X509Name;

pub(crate) use self::extensions::{KNOWN_EXTENSIONS, extension_name, usage_names};
pub(crate) use self::key::{EC_PUBLIC_KEY, SignatureAlgorithm, key_algorithm_oid, key_type};
pub use self::name::CertificateName;
pub(crate) use self::name::{distinguished_name, ip_address, is_same_but_for_encoding, matches};
use crate::text;
use crate::validity::Validity;

self_cell!(
    /// The DER of a certificate with the parsed fields, which borrow from it.
    struct ParsedDer {
        owner: Vec<u8>,
        #[covariant]
        dependent: X509Certificate,
    }

    impl {Debug}
);

/// A parsed X.509 certificate (RFC 5280 4.1). Clones share the DER.
#[derive(Clone, Debug)]
pub struct Certificate(Arc<ParsedDer>);

/// The error of a certificate that is not DER (X.690) or not X.509 (RFC 5280 4.1).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("certificate {position} cannot be read as X.509: {reason}")]
pub struct ParseError {
    /// The position of the certificate in its file, counted from 1.
    pub position: usize,
    /// The error of the parser.
    pub reason: String,
}

impl ParseError {
    /// Returns the error of a chain without certificates.
    pub(crate) fn missing() -> Self {
        Self { position: 1, reason: "it is missing".to_owned() }
    }
}

/// The SHA-256 digest of a certificate's DER.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fingerprint([u8; 32]);

impl Certificate {
    /// Parses the DER of one certificate.
    ///
    /// # Errors
    ///
    /// [`ParseError`], with position 1, if the bytes are not exactly one certificate.
    pub fn from_der(der: Vec<u8>) -> Result<Self, ParseError> {
        Self::parse(1, der)
    }

    /// Parses the certificates of a file or of a TLS handshake, in order.
    ///
    /// # Errors
    ///
    /// [`ParseError`] with the position of the first that cannot be parsed.
    pub fn from_ders(
        certificates: impl IntoIterator<Item = Vec<u8>>,
    ) -> Result<Vec<Self>, ParseError> {
        let certificates = certificates.into_iter().enumerate();
        certificates.map(|(index, der)| Self::parse(index + 1, der)).collect()
    }

    /// Parses the certificate at a position in its file, counted from 1.
    pub(crate) fn parse(position: usize, der: Vec<u8>) -> Result<Self, ParseError> {
        let error = |reason: String| ParseError { position, reason };
        let parsed = ParsedDer::try_new(der, |der| match X509Certificate::from_der(der) {
            Ok(([], certificate)) => Ok(certificate),
            Ok(_) => Err(error("further bytes follow it".to_owned())),
            Err(parser_error) => Err(error(parser_message(&parser_error))),
        })?;
        Ok(Self(Arc::new(parsed)))
    }

    /// Returns the parsed fields, for code that needs more than the methods here.
    pub(crate) fn x509(&self) -> &X509Certificate<'_> {
        self.0.borrow_dependent()
    }

    /// Returns the DER (RFC 5280 4.1).
    #[must_use]
    pub fn der(&self) -> &[u8] {
        self.0.borrow_owner()
    }

    /// Returns the SHA-256 digest of the DER.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let mut octets = [0; 32];
        octets.copy_from_slice(digest::digest(&digest::SHA256, self.der()).as_ref());
        Fingerprint(octets)
    }

    /// Returns notBefore and notAfter.
    #[must_use]
    pub fn validity(&self) -> Validity {
        let validity = self.x509().validity();
        Validity {
            not_before: validity.not_before.to_datetime(),
            not_after: validity.not_after.to_datetime(),
        }
    }

    /// Returns the serialNumber as upper-case hexadecimal octets with colons between.
    #[must_use]
    pub fn serial_number(&self) -> String {
        text::with_colons(self.x509().raw_serial())
    }

    /// Returns the subject as RFC 4514 writes it, escaped for display.
    #[must_use]
    pub fn subject(&self) -> String {
        distinguished_name(self.x509().subject())
    }

    /// Returns the issuer as RFC 4514 writes it, escaped for display.
    #[must_use]
    pub fn issuer(&self) -> String {
        distinguished_name(self.x509().issuer())
    }

    /// Returns the first commonName of the subject, if it is text.
    pub(crate) fn common_name(&self) -> Option<&str> {
        self.x509().subject().iter_common_name().next()?.as_str().ok()
    }

    /// Returns the contents of the BIT STRING subjectPublicKey (RFC 5280 4.1.2.7).
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.x509().public_key().subject_public_key.data
    }
}

/// Returns whether a name has no attributes.
pub(crate) fn is_empty(name: &X509Name<'_>) -> bool {
    name.iter_attributes().next().is_none()
}

/// Returns the error of the parser as text. Its own texts have names and numbers of its types.
fn parser_message(error: &nom::Err<X509Error>) -> String {
    match error {
        nom::Err::Error(
            X509Error::Der(_)
            | X509Error::Generic
            | X509Error::InvalidCertificate
            | X509Error::InvalidTbsCertificate
            | X509Error::NomError(_),
        )
        | nom::Err::Failure(X509Error::Der(_) | X509Error::NomError(_))
        | nom::Err::Incomplete(_) => "it is not the DER of a certificate".to_owned(),
        nom::Err::Error(error) | nom::Err::Failure(error) => error.to_string(),
    }
}

impl AsRef<[u8]> for Certificate {
    fn as_ref(&self) -> &[u8] {
        self.der()
    }
}

/// Compares the DER.
impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der() == other.der()
    }
}

impl Eq for Certificate {}

/// Writes upper-case hexadecimal octets with colons between, as OpenSSL prints fingerprints.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write_with_colons(f, &self.0)
    }
}
