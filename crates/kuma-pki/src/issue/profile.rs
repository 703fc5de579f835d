//! Profiles: the contents of each field, for each kind of certificate.
//!
//! `docs/concepts/certificate-contents.md` has the reasons, field by field.

use std::fmt;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use time::OffsetDateTime;

use crate::constraint::PermittedSubtree;
use crate::issue::{CaRequest, IssuanceRequest, IssueError};
use crate::key::{KeyAlgorithm, KeyIdentifier};
use crate::name::{DistinguishedName, SubjectAltName};
use crate::text;
use crate::usage::{ExtendedKeyUsage, KeyUsage};
use crate::validity::{ValidFor, Validity};

/// Octets of a serial number: RFC 5280 4.1.2.2 allows 20, and requires no more than unique.
const SERIAL_OCTETS: usize = 16;

/// A kind of certificate, with its request, and the time in which the CA above it and every CA above that are valid.
/// `None` is for a certificate that signs itself.
#[derive(Clone, Copy, Debug)]
pub enum Profile<'a> {
    /// A CA, which issues certificates and does not serve TLS itself.
    CertificateAuthority {
        /// The request.
        request: &'a CaRequest,
        /// The CA's own key: its name ends with it, so that no two CAs have the same name.
        key: KeyIdentifier,
        /// The validity of the CAs above it.
        issuer_validity: Option<Validity>,
    },
    /// A certificate of a server or a client. If it signs itself, it is its own CA, like the official kumactl's, so
    /// that `cp tls.crt ca.crt` gives a CA file.
    EndEntity {
        /// The request.
        request: &'a IssuanceRequest,
        /// The validity of the CAs above it.
        issuer_validity: Option<Validity>,
    },
}

/// The content of a certificate except its public key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Template {
    /// serialNumber (RFC 5280 4.1.2.2).
    pub serial_number: SerialNumber,
    /// subject (RFC 5280 4.1.2.6); the issuer's too where the certificate is self-signed.
    pub subject: DistinguishedName,
    /// validity (RFC 5280 4.1.2.5).
    pub validity: Validity,
    /// The type of the certified key.
    pub key_algorithm: KeyAlgorithm,
    /// basicConstraints, critical (RFC 5280 4.2.1.9); absent if `None`.
    pub basic_constraints: Option<BasicConstraints>,
    /// keyUsage, critical (RFC 5280 4.2.1.3).
    pub key_usage: Vec<KeyUsage>,
    /// extKeyUsage (RFC 5280 4.2.1.12).
    pub extended_key_usage: Option<ExtendedKeyUsage>,
    /// subjectAltName, not critical, since the subject is never empty (RFC 5280 4.2.1.6); absent
    /// without any.
    pub subject_alt_names: Vec<SubjectAltName>,
    /// permittedSubtrees of nameConstraints, critical (RFC 5280 4.2.1.10); absent without any.
    pub permitted_subtrees: Vec<PermittedSubtree>,
}

/// A serial number: 16 random octets, positive and never zero.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct SerialNumber([u8; SERIAL_OCTETS]);

/// basicConstraints of a CA: cA is TRUE.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BasicConstraints {
    /// pathLenConstraint: how many CA certificates may stand between this one and an end entity's; `None` is any
    /// number.
    pub path_length: Option<u8>,
}

impl Profile<'_> {
    /// Returns the content of the certificate.
    ///
    /// # Errors
    ///
    /// The errors of [`Validity::starting`], and [`IssueError::OutlivesIssuer`] for a requested lifetime that ends
    /// after that of the CA.
    pub fn resolve(
        self,
        now: OffsetDateTime,
        serial_number: SerialNumber,
    ) -> Result<Template, IssueError> {
        match self {
            Self::CertificateAuthority { request, key, issuer_validity } => Ok(Template {
                serial_number,
                subject: request.subject(key),
                validity: validity(request.valid_for, issuer_validity, now)?,
                key_algorithm: request.key_algorithm,
                basic_constraints: Some(BasicConstraints {
                    path_length: Some(request.path_length()),
                }),
                key_usage: vec![KeyUsage::KeyCertSign, KeyUsage::CrlSign],
                extended_key_usage: None,
                subject_alt_names: Vec::new(),
                permitted_subtrees: request.permitted_subtrees().to_vec(),
            }),
            Self::EndEntity { request, issuer_validity } => Ok(Template {
                serial_number,
                subject: match issuer_validity {
                    Some(_) => request.issued_subject(),
                    None => request.self_signed_subject(),
                },
                validity: validity(request.valid_for, issuer_validity, now)?,
                key_algorithm: request.key_algorithm,
                // Kuma refuses a CA file whose first certificate says CA:FALSE, as `cp tls.crt ca.crt` would make
                // it (pkg/xds/bootstrap/generator.go). RFC 5280 4.2.1.9 lets an end entity leave the extension out.
                basic_constraints: match issuer_validity {
                    Some(_) => None,
                    None => Some(BasicConstraints { path_length: None }),
                },
                key_usage: match issuer_validity {
                    Some(_) => request.issued_key_usage(),
                    // RFC 3279 2.3.1 advises against keyEncipherment together with keyCertSign, and every client that
                    // accepts the certificate with it accepts it without.
                    None => vec![KeyUsage::DigitalSignature, KeyUsage::KeyCertSign],
                },
                extended_key_usage: Some(request.extended_key_usage()),
                subject_alt_names: request.subject_alt_names().to_vec(),
                permitted_subtrees: Vec::new(),
            }),
        }
    }
}

/// Returns the dates of a certificate, which end with those of its CA unless a lifetime is requested.
fn validity(
    valid_for: Option<ValidFor>,
    issuer_validity: Option<Validity>,
    now: OffsetDateTime,
) -> Result<Validity, IssueError> {
    let validity = Validity::starting(now, valid_for.unwrap_or(ValidFor::DEFAULT))?;
    let Some(issuer_validity) = issuer_validity else {
        return Ok(validity);
    };
    if valid_for.is_some() && validity.not_after > issuer_validity.not_after {
        let (not_after, issuer_not_after) = (validity.not_after, issuer_validity.not_after);
        return Err(IssueError::OutlivesIssuer { now, not_after, issuer_not_after });
    }
    Ok(validity.intersect(issuer_validity))
}

impl Template {
    /// Returns the subjectKeyIdentifier (RFC 5280 4.2.1.2): that of the key, by which certificates find their CA
    /// after it was renewed. A self-signed certificate issues nothing, and two with one name and key must
    /// differ in it: OpenSSL and Envoy, given both in a CA file, would use the first only.
    pub(crate) fn key_identifier(&self, public_key: &[u8]) -> KeyIdentifier {
        if self.basic_constraints.is_some() && self.extended_key_usage.is_some() {
            return KeyIdentifier::of(&[self.serial_number.as_bytes(), public_key].concat());
        }
        KeyIdentifier::of(public_key)
    }
}

impl SerialNumber {
    /// Returns a new random number.
    ///
    /// # Errors
    ///
    /// [`IssueError::Signing`] if the system provides no random numbers.
    pub fn random() -> Result<Self, IssueError> {
        let mut octets = [0; SERIAL_OCTETS];
        rand::fill(&mut octets).map_err(|Unspecified| IssueError::Signing {
            reason: "the system provides no random numbers".to_owned(),
        })?;
        Ok(Self::from_octets(octets))
    }

    /// Returns the number with these octets, but with 0 and 1 as the first two bits, so that it is positive and
    /// always has 16 octets.
    #[must_use]
    pub const fn from_octets(mut octets: [u8; SERIAL_OCTETS]) -> Self {
        octets[0] = (octets[0] & 0x7f) | 0x40;
        Self(octets)
    }

    /// Returns the octets, the most significant first.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
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
        text::write_with_colons(f, &self.0)
    }
}
