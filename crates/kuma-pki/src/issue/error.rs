//! The errors of issuing.

use time::OffsetDateTime;

use crate::validity::{ValidityError, rfc3339};
use crate::verify::Finding;
use crate::x509::ParseError;

/// The reason why a certificate cannot be issued, with the values that were compared.
///
/// Displays as a lower-case fragment without a final period. No variant holds key material. Names are as
/// RFC 4514 writes them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The certificates of a CA are not a chain: one is not issued by the one behind it.
    #[error(
        "certificate {position} of the CA file, {subject}, did not issue the certificate before \
         it, whose issuer is {issuer}"
    )]
    BrokenChain {
        /// The position in the file, counted from 1.
        position: usize,
        /// Its subject.
        subject: String,
        /// The issuer that the certificate before it names.
        issuer: String,
        /// Whether the certificate before it is one of the same CA, signed by another.
        is_cross_signed: bool,
    },

    /// A CA cannot have this name.
    #[error("the CA cannot be named \"{}\": {reason}", name.escape_debug())]
    CaName {
        /// The requested name.
        name: String,
        /// What is wrong with it, as a fragment.
        reason: &'static str,
        /// The longest name, in characters.
        longest: usize,
    },

    /// A CA has no name, as the official kumactl's self-signed certificate.
    #[error(
        "the CA certificate has an empty subject, so what it issues has no issuer (RFC 5280 \
         4.1.2.4): Java, mbedTLS and others refuse that"
    )]
    EmptySubject,

    /// A CA cannot issue the requested certificate, or any.
    #[error("cannot issue from this CA: {0}")]
    Issuer(Box<Finding>),

    /// A request holds no name: a certificate without subjectAltName matches no server.
    #[error("a certificate needs at least one name")]
    NoNames,

    /// The requested certificate would outlive its CA.
    #[error(
        "the certificate would be valid until {}, and its CA only until {}",
        rfc3339(not_after),
        rfc3339(issuer_not_after)
    )]
    OutlivesIssuer {
        /// When it is issued.
        now: OffsetDateTime,
        /// The requested notAfter.
        not_after: OffsetDateTime,
        /// The notAfter of the CA, or of a CA above it that expires earlier.
        issuer_not_after: OffsetDateTime,
    },

    /// A certificate of the CA cannot be read.
    #[error(transparent)]
    Parse(#[from] ParseError),

    /// The certificate would be for the CA's own key.
    #[error("the key that is to be certified is the key of the CA {subject} itself")]
    SameKey {
        /// The subject of the CA.
        subject: String,
    },

    /// The certificate would have its CA's name, as if it were self-signed.
    #[error("the certificate would have the name of its CA, {subject}")]
    SameSubject {
        /// The name of both.
        subject: String,
    },

    /// The finished certificate differs from the request: a fault of this program.
    #[error("the finished certificate failed its check: {field} is {found}, not {expected}")]
    SelfCheck {
        /// The certificate field, in RFC 5280's words.
        field: &'static str,
        /// What the template says.
        expected: String,
        /// What the certificate says.
        found: String,
    },

    /// The certificate could not be encoded or signed.
    #[error("the certificate could not be signed: {reason}")]
    Signing {
        /// The crypto library's words.
        reason: String,
    },

    /// A certificate cannot have the requested dates.
    #[error(transparent)]
    Validity(#[from] ValidityError),

    /// The finished certificate would be rejected: its issuer has a fault.
    #[error("the certificate would not verify: {0}")]
    Verification(Box<Finding>),
}
