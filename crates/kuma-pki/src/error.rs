//! What can go wrong in the library, with the values that were compared.

use time::OffsetDateTime;

use crate::constraint::ConstraintError;
use crate::issue::IssuerError;
use crate::key::{KeyAlgorithm, KeyError};
use crate::name::NameError;
use crate::validity::{DurationError, rfc3339};
use crate::verify::Finding;

/// Why a certificate could not be made or read.
///
/// Displays as a lower-case fragment without a final stop, fit to follow `error: `. No variant
/// holds key material.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A Base64 bundle does not decode, or not to PEM.
    #[error("this is not a CA bundle: {reason}")]
    BundleEncoding {
        /// What stands in the way, as a fragment.
        reason: &'static str,
    },

    /// A certificate in a file is not well-formed DER (X.690) or not X.509 (RFC 5280 4.1).
    #[error("certificate {position} cannot be read as X.509: {reason}")]
    CertificateEncoding {
        /// Which certificate of its file, counted from 1.
        position: usize,
        /// The parser's words.
        reason: String,
    },

    /// A CA cannot have this name.
    #[error("the CA cannot be named \"{}\": {reason}", name.escape_debug())]
    CaName {
        /// What was asked for.
        name: String,
        /// What is wrong with it, as a fragment.
        reason: &'static str,
        /// The longest name, in characters.
        longest: usize,
    },

    /// A text is not a name constraint.
    #[error(transparent)]
    Constraint(#[from] ConstraintError),

    /// A text is not a duration.
    #[error(transparent)]
    Duration(#[from] DurationError),

    /// A CA cannot issue what was asked for.
    #[error(transparent)]
    Issuer(#[from] IssuerError),

    /// A private key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),

    /// The crypto library could not make a key.
    #[error("the crypto library could not generate a key of type {algorithm}")]
    KeyGeneration {
        /// The type that was asked for.
        algorithm: KeyAlgorithm,
    },

    /// A name cannot stand in a certificate.
    #[error(transparent)]
    Name(#[from] NameError),

    /// A request holds no name: a certificate without subjectAltName matches no server.
    #[error("a certificate needs at least one name")]
    NoNames,

    /// A certificate was asked to outlive its CA.
    #[error(
        "the certificate would be valid until {}, and its CA only until {}",
        rfc3339(not_after),
        rfc3339(issuer_not_after)
    )]
    OutlivesIssuer {
        /// When it is issued.
        now: OffsetDateTime,
        /// The notAfter that was asked for.
        not_after: OffsetDateTime,
        /// The notAfter of the CA, or of a CA above it that ends earlier.
        issuer_not_after: OffsetDateTime,
    },

    /// A file is not made of the PEM blocks that it should hold.
    #[error(transparent)]
    Pem(#[from] crate::format::pem::PemError),

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
        /// The library's words.
        reason: String,
    },

    /// A certificate would end after the last date that X.509 can express.
    #[error("a certificate valid for {days} days would end after the year 9999")]
    ValidityTooLong {
        /// The requested validity in whole days.
        days: u64,
    },

    /// A certificate would have expired before it is used.
    #[error(
        "a certificate valid for {seconds}s would already have expired: \
         its validity starts {backdate_seconds}s before now, for peers whose clocks are behind"
    )]
    ValidityTooShort {
        /// The requested validity in seconds.
        seconds: u64,
        /// How far notBefore lies before now, in seconds.
        backdate_seconds: u64,
    },

    /// A finished certificate would be refused: what signed it has a fault.
    #[error("the certificate would not verify: {0}")]
    Verification(Box<Finding>),

    /// The clock is outside the years that X.509 can express.
    #[error("the clock says {now}, a time that no certificate can express")]
    Clock {
        /// What the clock said.
        now: OffsetDateTime,
    },
}

/// Who has to act on an [`Error`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ErrorKind {
    /// The bytes of a file that was read are not what they should be.
    Input,
    /// The library or the system failed; asking again may help, asking differently will not.
    Internal,
    /// What was asked for cannot be done; ask for something else.
    Request,
}

impl Error {
    /// Who has to act.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::CaName { .. }
            | Self::Constraint(_)
            | Self::Duration(_)
            | Self::Name(_)
            | Self::NoNames
            | Self::OutlivesIssuer { .. }
            | Self::ValidityTooLong { .. }
            | Self::ValidityTooShort { .. } => ErrorKind::Request,
            Self::BundleEncoding { .. }
            | Self::CertificateEncoding { .. }
            | Self::Issuer(_)
            | Self::Key(_)
            | Self::Pem(_)
            | Self::Verification(_) => ErrorKind::Input,
            Self::Clock { .. }
            | Self::KeyGeneration { .. }
            | Self::SelfCheck { .. }
            | Self::Signing { .. } => ErrorKind::Internal,
        }
    }
}
