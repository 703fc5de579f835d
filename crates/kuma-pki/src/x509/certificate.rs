//! A certificate that can be parsed, as DER.

use std::fmt;

use aws_lc_rs::digest;
use x509_parser::prelude::X509Certificate;

use super::ParseError;
use crate::text;
use crate::validity::Validity;
use crate::x509;

/// A certificate that can be parsed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    der: Vec<u8>,
}

/// The SHA-256 of a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fingerprint([u8; 32]);

impl Certificate {
    /// A certificate that exists.
    ///
    /// # Errors
    ///
    /// [`ParseError`] if it is none.
    pub fn from_der(der: Vec<u8>) -> Result<Self, ParseError> {
        x509::parse(1, &der)?;
        Ok(Self { der })
    }

    /// A certificate that this library has just signed.
    pub(crate) const fn signed(der: Vec<u8>) -> Self {
        Self { der }
    }

    /// Reads a field; what is made here or by [`Self::from_der`] can be read.
    fn field<T>(&self, read: impl FnOnce(&X509Certificate<'_>) -> T) -> T {
        read(&x509::parse(1, &self.der).expect("a certificate was parsed when it was made"))
    }

    /// The dates.
    #[must_use]
    pub fn validity(&self) -> Validity {
        self.field(x509::validity)
    }

    /// The serialNumber: upper-case hexadecimal octets with colons between.
    #[must_use]
    pub fn serial_number(&self) -> String {
        self.field(|certificate| text::with_colons(certificate.raw_serial()))
    }

    /// The subject, for people.
    #[must_use]
    pub fn subject(&self) -> String {
        self.field(|certificate| x509::name(certificate.subject()))
    }

    /// The issuer, for people.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.field(|certificate| x509::name(certificate.issuer()))
    }

    /// The DER of the certificate (RFC 5280 4.1).
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The SHA-256 of the DER, by which people tell certificates apart.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let mut octets = [0; 32];
        octets.copy_from_slice(digest::digest(&digest::SHA256, &self.der).as_ref());
        Fingerprint(octets)
    }
}

/// Upper-case hexadecimal octets with colons between, as OpenSSL prints fingerprints.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write_with_colons(f, &self.0)
    }
}
