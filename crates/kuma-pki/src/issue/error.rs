//! The errors of issuing.

use time::OffsetDateTime;

use crate::validity::{ValidityError, rfc3339};
use crate::verify::Finding;
use crate::x509::ParseError;

/// The reason why a certificate cannot be issued, with the values that were compared.
///
/// Displays as one lower-case sentence. No variant holds key material. Names are in the notation of RFC 4514.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum IssueError {
    /// A certificate of a CA's chain is not issued by the next.
    #[error(
        "certificate {position} of the CA file, {subject}, did not issue the certificate before \
         it, whose issuer is {issuer}"
    )]
    BrokenChain {
        /// The position in the file, counted from 1.
        position: usize,
        subject: String,
        issuer: String,
        /// Whether the certificate before it is a cross-signed certificate of the same CA.
        is_cross_signed: bool,
    },
    /// A CA cannot have this name.
    #[error("the CA cannot be named \"{}\": {reason}", name.escape_debug())]
    CaName {
        name: String,
        /// The reason, as a fragment.
        reason: &'static str,
        /// The longest name, in characters.
        longest: usize,
    },
    /// The subject of a CA is empty, as in the official kumactl's self-signed certificate.
    #[error(
        "the CA certificate has an empty subject, so what it issues has no issuer (RFC 5280 \
         4.1.2.4): Java, mbedTLS and other clients reject that"
    )]
    EmptySubject,
    /// A CA cannot issue the requested certificate, or any.
    #[error("cannot issue from this CA: {0}")]
    Issuer(Box<Finding>),
    /// A request has no names: a certificate without subjectAltName matches no host.
    #[error("a certificate needs at least one name")]
    NoNames,
    /// The requested certificate would expire after its CA.
    #[error(
        "the certificate would be valid until {}, and its CA only until {}",
        rfc3339(not_after),
        rfc3339(issuer_not_after)
    )]
    OutlivesIssuer {
        now: OffsetDateTime,
        not_after: OffsetDateTime,
        /// The notAfter of the CA, or of a CA above it that expires earlier.
        issuer_not_after: OffsetDateTime,
    },
    /// A certificate of the CA cannot be parsed.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The certificate would be for the CA's own key.
    #[error("the key of the certificate is the key of the CA {subject}")]
    SameKey { subject: String },
    /// The certificate would have its CA's name, like a self-signed one.
    #[error("the certificate would have the name of its CA, {subject}")]
    SameSubject { subject: String },
    /// The new certificate differs from its template, because of a bug.
    #[error("the new certificate failed the self-check: {field} is {found}, not {expected}")]
    SelfCheck {
        /// The certificate field, as RFC 5280 calls it.
        field: &'static str,
        expected: String,
        found: String,
    },
    /// The certificate could not be encoded or signed.
    #[error("the certificate could not be signed: {reason}")]
    Signing { reason: String },
    /// A certificate cannot have the requested dates.
    #[error(transparent)]
    Validity(#[from] ValidityError),
    /// The new certificate fails verification, because of its issuer.
    #[error("the new certificate does not verify: {0}")]
    Verification(Box<Finding>),
}
