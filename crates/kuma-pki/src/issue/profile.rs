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

/// Octets of a serial number: RFC 5280 4.1.2.2 allows 20, and asks for no more than unique.
const SERIAL_OCTETS: usize = 16;

/// A kind of certificate, with its request.
#[derive(Clone, Copy, Debug)]
pub enum Profile<'a> {
    /// A CA, which issues certificates and does not serve TLS itself.
    CertificateAuthority {
        /// The request.
        request: &'a CaRequest,
        /// The CA's own key: its name ends with it, so that no two CAs have the same name.
        key: KeyIdentifier,
    },
    /// A CA whose certificate is issued by a CA above it.
    IntermediateAuthority {
        /// The request.
        request: &'a CaRequest,
        /// The CA's own key, for its name.
        key: KeyIdentifier,
        /// The time in which the CA above it and every CA above that are valid.
        issuer_validity: Validity,
    },
    /// A certificate issued by a CA.
    Issued {
        /// The request.
        request: &'a IssuanceRequest,
        /// The time in which the CA and every CA above it are valid.
        issuer_validity: Validity,
    },
    /// A certificate that is its own CA, like the official kumactl's, so that
    /// `cp tls.crt ca.crt` gives a CA file.
    SelfSigned {
        /// The request.
        request: &'a IssuanceRequest,
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
        Ok(Template {
            serial_number,
            subject: self.subject(),
            validity: self.validity(now)?,
            key_algorithm: self.key_algorithm(),
            basic_constraints: self.basic_constraints(),
            key_usage: self.key_usage(),
            extended_key_usage: self.certified().map(IssuanceRequest::extended_key_usage),
            subject_alt_names: self
                .certified()
                .map_or_else(Vec::new, |request| request.subject_alt_names().to_vec()),
            permitted_subtrees: match self {
                Self::CertificateAuthority { request, .. }
                | Self::IntermediateAuthority { request, .. } => {
                    request.permitted_subtrees().to_vec()
                }
                Self::Issued { .. } | Self::SelfSigned { .. } => Vec::new(),
            },
        })
    }

    /// Returns the request, if it is for a server's or a client's certificate.
    const fn certified(&self) -> Option<&IssuanceRequest> {
        match self {
            Self::CertificateAuthority { .. } | Self::IntermediateAuthority { .. } => None,
            Self::Issued { request, .. } | Self::SelfSigned { request } => Some(request),
        }
    }

    fn subject(&self) -> DistinguishedName {
        match self {
            Self::CertificateAuthority { request, key }
            | Self::IntermediateAuthority { request, key, .. } => request.subject(*key),
            Self::Issued { request, .. } => request.issued_subject(),
            Self::SelfSigned { request } => request.self_signed_subject(),
        }
    }

    fn validity(&self, now: OffsetDateTime) -> Result<Validity, IssueError> {
        let (valid_for, issuer_validity) = match *self {
            Self::CertificateAuthority { request, .. } => (request.valid_for, None),
            Self::IntermediateAuthority { request, issuer_validity, .. } => {
                (request.valid_for, Some(issuer_validity))
            }
            Self::Issued { request, issuer_validity } => (request.valid_for, Some(issuer_validity)),
            Self::SelfSigned { request } => (request.valid_for, None),
        };
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

    fn key_algorithm(&self) -> KeyAlgorithm {
        match self {
            Self::CertificateAuthority { request, .. }
            | Self::IntermediateAuthority { request, .. } => request.key_algorithm,
            Self::Issued { request, .. } | Self::SelfSigned { request } => request.key_algorithm,
        }
    }

    const fn basic_constraints(&self) -> Option<BasicConstraints> {
        match self {
            Self::CertificateAuthority { request, .. }
            | Self::IntermediateAuthority { request, .. } => {
                Some(BasicConstraints { path_length: Some(request.path_length()) })
            }
            // Kuma refuses a CA file whose first certificate says CA:FALSE, as `cp tls.crt ca.crt`
            // would make it (pkg/xds/bootstrap/generator.go). RFC 5280 4.2.1.9 lets an end entity
            // leave the extension out.
            Self::Issued { .. } => None,
            Self::SelfSigned { .. } => Some(BasicConstraints { path_length: None }),
        }
    }

    fn key_usage(&self) -> Vec<KeyUsage> {
        match self {
            Self::CertificateAuthority { .. } | Self::IntermediateAuthority { .. } => {
                vec![KeyUsage::KeyCertSign, KeyUsage::CrlSign]
            }
            Self::Issued { request, .. } => request.issued_key_usage(),
            // RFC 3279 2.3.1 advises against keyEncipherment beside keyCertSign, and every client
            // that accepts the certificate with it accepts it without.
            Self::SelfSigned { .. } => vec![KeyUsage::DigitalSignature, KeyUsage::KeyCertSign],
        }
    }
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
