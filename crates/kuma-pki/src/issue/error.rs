//! Why a certificate cannot be issued.

use time::OffsetDateTime;

use crate::issue::IssuerError;
use crate::validity::{ValidityError, rfc3339};
use crate::verify::Finding;
use crate::x509::ParseError;

/// Why a certificate cannot be issued, with the values that were compared.
///
/// Displays as a lower-case fragment without a final stop, fit to follow `error: `. No variant
/// holds key material.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
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

    /// A CA cannot issue the requested certificate.
    #[error(transparent)]
    Issuer(#[from] IssuerError),

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
