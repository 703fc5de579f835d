//! The errors of names.

use std::fmt;

use super::SubjectAltName;
use super::parse::{MAX_LABEL_LENGTH, MAX_NAME_LENGTH};

/// The error of a name that cannot stand in a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NameError {
    /// The beginning of the input.
    pub input: String,
    /// The kind of error.
    pub kind: NameErrorKind,
    /// The names that were probably meant; empty if unknown.
    pub meant: Vec<SubjectAltName>,
}

/// The kind of a [`NameError`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NameErrorKind {
    /// A range of addresses. Certificates name single addresses.
    AddressRange,
    /// Brackets around an IPv6 address, as in a URL.
    Brackets,
    /// A character that is not valid in a host name.
    Character(char),
    /// An e-mail address.
    Email,
    /// The empty text.
    Empty,
    /// Two dots in a row, or one at the start.
    EmptyLabel,
    /// A label that starts or ends with a hyphen (RFC 1123 2.1).
    HyphenAtEdge,
    /// Not a name under the rules for international names (UTS 46).
    International,
    /// A label is too long.
    LabelTooLong {
        /// Its length in characters.
        length: usize,
    },
    /// An IPv4 address with leading zeros, which some readers take for octal.
    LeadingZeros,
    /// The name is too long.
    NameTooLong {
        /// Its length in characters.
        length: usize,
    },
    /// Digits and dots that are not an IPv4 address.
    NotAnAddress,
    /// A path after the name.
    Path,
    /// A port after the name.
    Port,
    /// Not a SPIFFE ID.
    SpiffeId(&'static str),
    /// A type prefix, as in openssl's notation: `DNS:cp.example`.
    Tagged,
    /// A final dot: most clients never match such a name.
    TrailingDot,
    /// A URL other than a SPIFFE ID.
    Url,
    /// White space inside the name.
    WhiteSpace,
    /// A `*` that is not the whole left-most label (RFC 9525 6.3).
    Wildcard,
    /// An IPv6 address with a zone, which is only meaningful on one host.
    Zone,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" {}", self.input.escape_debug(), self.kind)
    }
}

impl fmt::Display for NameErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressRange => f.write_str("is a range of addresses"),
            Self::Brackets => f.write_str("has brackets, which are only valid in a URL"),
            Self::Character(c) => {
                write!(f, "has the invalid character '{}'", c.escape_debug())
            }
            Self::Email => f.write_str("is an email address or has a user name"),
            Self::Empty => f.write_str("is empty"),
            Self::EmptyLabel => f.write_str("has an empty label between its dots"),
            Self::HyphenAtEdge => f.write_str("has a label that starts or ends with a hyphen"),
            Self::International => f.write_str("is not a valid international name"),
            Self::LabelTooLong { length } => {
                write!(f, "has a label of {length} characters; DNS allows {MAX_LABEL_LENGTH}")
            }
            Self::LeadingZeros => f.write_str("is an IPv4 address with leading zeros"),
            Self::NameTooLong { length } => {
                write!(f, "has {length} characters; DNS allows {MAX_NAME_LENGTH}")
            }
            Self::NotAnAddress => f.write_str("is neither an IP address nor a host name"),
            Self::Path => f.write_str("has a path"),
            Self::Port => f.write_str("has a port"),
            Self::SpiffeId(reason) => write!(f, "is not a SPIFFE ID: {reason}"),
            Self::Tagged => f.write_str("has a type prefix, as in openssl"),
            Self::TrailingDot => f.write_str("ends with a dot"),
            Self::Url => f.write_str("is a URL"),
            Self::WhiteSpace => f.write_str("has white space inside"),
            Self::Wildcard => f.write_str("has a `*` that is not the whole left-most label"),
            Self::Zone => f.write_str("has a zone, which certificates do not support"),
        }
    }
}

impl std::error::Error for NameError {}
