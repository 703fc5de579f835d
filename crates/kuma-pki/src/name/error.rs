//! The errors of names.

use super::SubjectAltName;
use super::parse::{MAX_LABEL_LENGTH, MAX_NAME_LENGTH};

/// The error of a name that cannot stand in a certificate.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("\"{}\" {kind}", input.escape_debug())]
pub struct NameError {
    /// The beginning of the input.
    pub input: String,
    /// The kind of error.
    pub kind: NameErrorKind,
    /// The names that were probably meant; empty if unknown.
    pub meant: Vec<SubjectAltName>,
}

/// The kind of a [`NameError`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NameErrorKind {
    /// A range of addresses. Certificates name single addresses.
    #[error("is a range of addresses")]
    AddressRange,
    /// Brackets around an IPv6 address, as in a URL.
    #[error("has brackets, which are only valid in a URL")]
    Brackets,
    /// A character that is not valid in a host name.
    #[error("has the invalid character '{}'", .0.escape_debug())]
    Character(char),
    /// An e-mail address.
    #[error("is an email address or has a user name")]
    Email,
    /// The empty text.
    #[error("is empty")]
    Empty,
    /// Two dots in a row, or one at the start.
    #[error("has an empty label between its dots")]
    EmptyLabel,
    /// A label that starts or ends with a hyphen (RFC 1123 2.1).
    #[error("has a label that starts or ends with a hyphen")]
    HyphenAtEdge,
    /// Not a name under the rules for international names (UTS 46).
    #[error("is not a valid international name")]
    International,
    /// A label is too long.
    #[error("has a label of {length} characters; DNS allows {MAX_LABEL_LENGTH}")]
    LabelTooLong {
        /// Its length in characters.
        length: usize,
    },
    /// An IPv4 address with leading zeros, which some readers take for octal.
    #[error("is an IPv4 address with leading zeros")]
    LeadingZeros,
    /// The name is too long.
    #[error("has {length} characters; DNS allows {MAX_NAME_LENGTH}")]
    NameTooLong {
        /// Its length in characters.
        length: usize,
    },
    /// Digits and dots that are not an IPv4 address.
    #[error("is neither an IP address nor a host name")]
    NotAnAddress,
    /// A path after the name.
    #[error("has a path")]
    Path,
    /// A port after the name.
    #[error("has a port")]
    Port,
    /// Not a SPIFFE ID.
    #[error("is not a SPIFFE ID: {0}")]
    SpiffeId(&'static str),
    /// A type prefix, as in openssl's notation: `DNS:cp.example`.
    #[error("has a type prefix, as in openssl")]
    Tagged,
    /// A final dot: most clients never match such a name.
    #[error("ends with a dot")]
    TrailingDot,
    /// A URL other than a SPIFFE ID.
    #[error("is a URL")]
    Url,
    /// White space inside the name.
    #[error("has white space inside")]
    WhiteSpace,
    /// A `*` that is not the whole left-most label (RFC 9525 6.3).
    #[error("has a `*` that is not the whole left-most label")]
    Wildcard,
    /// An IPv6 address with a zone, which is only meaningful on one host.
    #[error("has a zone, which certificates do not support")]
    Zone,
}
