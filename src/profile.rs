//! Every field of every certificate is decided here, with its reason.
//!
//! The reasons in full, field by field, are in `docs/certificate-profiles.md`.

use std::fmt;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use time::OffsetDateTime;

use crate::error::Error;
use crate::key::KeyAlgorithm;
use crate::name::SubjectAltName;
use crate::request::{ExtendedKeyUsage, IssuanceRequest};
use crate::validity::Validity;

/// The organizationName of every subject: a name without it may be empty when the first host name
/// is too long, and an empty issuer is what Java, mbedTLS, Firefox and Debian's curl refuse.
const ORGANIZATION: &str = "Kuma";

/// The longest commonName, in characters (RFC 5280 appendix A, ub-common-name).
const MAX_COMMON_NAME_LENGTH: usize = 64;

/// Octets of a serial number: RFC 5280 4.1.2.2 allows 20, and asks for no more than unique.
const SERIAL_OCTETS: usize = 16;

/// A kind of certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Profile {
    /// One certificate that is its own CA, as the official kumactl's, so that
    /// `cp tls.crt ca.crt` gives a CA file.
    SelfSigned,
}

/// A certificate of which every field but the key is decided.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Template {
    /// serialNumber (RFC 5280 4.1.2.2).
    pub serial_number: SerialNumber,
    /// subject (RFC 5280 4.1.2.6); the issuer's too where the certificate is self-signed.
    pub subject: DistinguishedName,
    /// validity (RFC 5280 4.1.2.5).
    pub validity: Validity,
    /// The type of the key that it certifies.
    pub key_algorithm: KeyAlgorithm,
    /// basicConstraints, critical (RFC 5280 4.2.1.9); absent if `None`.
    pub basic_constraints: Option<BasicConstraints>,
    /// keyUsage, critical (RFC 5280 4.2.1.3).
    pub key_usage: Vec<KeyUsage>,
    /// extKeyUsage (RFC 5280 4.2.1.12).
    pub extended_key_usage: Option<ExtendedKeyUsage>,
    /// subjectAltName, not critical, since the subject is never empty (RFC 5280 4.2.1.6).
    pub subject_alt_names: Vec<SubjectAltName>,
}

/// 16 random octets, positive and never zero.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct SerialNumber([u8; SERIAL_OCTETS]);

/// A name of at most one organizationName and one commonName, never empty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DistinguishedName {
    /// organizationName.
    pub organization: &'static str,
    /// commonName, at most 64 characters.
    pub common_name: Option<String>,
}

/// basicConstraints of a CA: cA is TRUE.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BasicConstraints {
    /// How many CA certificates may stand between this one and an end entity's; `None` is any.
    pub path_length: Option<u8>,
}

/// A bit of keyUsage.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyUsage {
    /// Signs TLS handshakes.
    DigitalSignature,
    /// Receives a TLS 1.2 client's secret.
    KeyEncipherment,
    /// Signs certificates.
    KeyCertSign,
}

impl Profile {
    /// Decides every field.
    ///
    /// # Errors
    ///
    /// What [`Validity::starting`] refuses.
    pub fn resolve(
        self,
        request: &IssuanceRequest,
        now: OffsetDateTime,
        serial_number: SerialNumber,
    ) -> Result<Template, Error> {
        let names = request.subject_alt_names();
        Ok(Template {
            serial_number,
            subject: DistinguishedName::of_end_entity(names),
            validity: Validity::starting(now, request.valid_for())?,
            key_algorithm: request.key_algorithm(),
            basic_constraints: match self {
                // Kuma refuses a CA file whose first certificate says CA:FALSE
                // (pkg/xds/bootstrap/generator.go).
                Self::SelfSigned => Some(BasicConstraints { path_length: None }),
            },
            key_usage: self.key_usage(request),
            extended_key_usage: Some(request.extended_key_usage()),
            subject_alt_names: names.to_vec(),
        })
    }

    fn key_usage(self, request: &IssuanceRequest) -> Vec<KeyUsage> {
        let mut usage = vec![KeyUsage::DigitalSignature];
        // For the TLS 1.2 key exchange in which the client encrypts to an RSA server; NSS asks for
        // it, and for any other key linters refuse it (RFC 8813 3).
        let receives_secrets = request.extended_key_usage() == ExtendedKeyUsage::ServerAuth;
        if receives_secrets && request.key_algorithm().enciphers() {
            usage.push(KeyUsage::KeyEncipherment);
        }
        match self {
            Self::SelfSigned => usage.push(KeyUsage::KeyCertSign),
        }
        usage
    }
}

impl SerialNumber {
    /// A new random number.
    ///
    /// # Errors
    ///
    /// [`Error::Signing`] if the system has no random numbers.
    pub fn random() -> Result<Self, Error> {
        let mut octets = [0; SERIAL_OCTETS];
        rand::fill(&mut octets).map_err(|Unspecified| Error::Signing {
            reason: "the system gave no random numbers".to_owned(),
        })?;
        Ok(Self::from_octets(octets))
    }

    /// A number made of these octets, but for the first two bits: 0, so that it is positive, and
    /// 1, so that it always has 16 octets.
    #[must_use]
    pub const fn from_octets(mut octets: [u8; SERIAL_OCTETS]) -> Self {
        octets[0] = (octets[0] & 0x7f) | 0x40;
        Self(octets)
    }

    /// The octets, the most significant first.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl DistinguishedName {
    /// Named after the first host, for people who read the certificate: no client matches it.
    fn of_end_entity(names: &[SubjectAltName]) -> Self {
        let common_name = names
            .first()
            .map(ToString::to_string)
            .filter(|name| name.len() <= MAX_COMMON_NAME_LENGTH);
        Self { organization: ORGANIZATION, common_name }
    }
}

/// As RFC 4514 writes names, but from the most general attribute to the most specific, as OpenSSL
/// prints them.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "O={}", self.organization)?;
        match &self.common_name {
            Some(common_name) => write!(f, ", CN={common_name}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Upper-case hexadecimal octets with colons between, as OpenSSL prints serial numbers.
impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::encode::hex::write_with_colons(f, &self.0)
    }
}
