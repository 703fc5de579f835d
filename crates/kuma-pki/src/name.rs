//! The names a certificate is valid for: parsed, normalized, and known for what they are.

mod distinguished;
mod error;
mod parse;

use std::fmt;
use std::net::IpAddr;

pub(crate) use distinguished::escaped;
pub use distinguished::{DistinguishedName, SubjectAttribute, SubjectError};
pub use error::{NameError, NameFault};

/// One entry of the subjectAltName extension (RFC 5280 4.2.1.6).
///
/// Made by [`SubjectAltName::parse`] alone, so that a value of this type can stand in a
/// certificate as it is.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum SubjectAltName {
    /// A dNSName: lower case, ASCII (international labels as punycode), no final dot; the
    /// left-most label may be `*` (RFC 9525 6.3).
    Dns(DnsName),
    /// An iPAddress. An IPv4 address mapped into IPv6 is held as IPv4, as Go does.
    Ip(IpAddr),
    /// A uniformResourceIdentifier: a SPIFFE ID, `spiffe://TRUST-DOMAIN/PATH`.
    Uri(SpiffeId),
}

/// The text of a dNSName, as it stands in a certificate.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DnsName(String);

/// The text of a SPIFFE ID (SPIFFE-ID section 2), scheme and trust domain in lower case.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SpiffeId(String);

/// A name that works in some clients only, and which.
///
/// Each was seen by asking the clients.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum NameWarning {
    /// `*`: matches nothing in the clients that were asked.
    BareWildcard,
    /// `*.tld`: most clients want two labels after the wildcard.
    TopLevelWildcard,
    /// An underscore is no letter of a host name (RFC 1123 2.1).
    Underscore,
}

impl SubjectAltName {
    /// Reads a name as a person writes it on a command line.
    ///
    /// An IP address becomes [`Self::Ip`], `spiffe://` a [`Self::Uri`], all else a [`Self::Dns`].
    ///
    /// # Errors
    ///
    /// A name that no client can match is refused, with the name that was probably meant.
    pub fn parse(input: &str) -> Result<Self, NameError> {
        parse::parse(input)
    }

    /// Reads a name that clients dial. Beside the names of [`SubjectAltName::parse`] these are the names that
    /// a certificate can have and no host should: numbers, labels with a hyphen at an edge, and labels that
    /// only look like international ones. Kuma works with them.
    ///
    /// # Errors
    ///
    /// A name that no client can dial, with the name that was probably meant.
    pub fn parse_dialed(input: &str) -> Result<Self, NameError> {
        parse::parse_dialed(input)
    }

    /// What some clients will not accept about this name.
    #[must_use]
    pub fn warning(&self) -> Option<NameWarning> {
        let Self::Dns(DnsName(name)) = self else {
            return None;
        };
        match name.strip_prefix('*') {
            Some("") => Some(NameWarning::BareWildcard),
            Some(rest) if rest.matches('.').count() == 1 => Some(NameWarning::TopLevelWildcard),
            _ if name.contains('_') => Some(NameWarning::Underscore),
            _ => None,
        }
    }

    /// Whether the name has a `*`, so that it stands for others and no client dials it.
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        matches!(self, Self::Dns(DnsName(name)) if name.starts_with('*'))
    }

    /// The kind of the name in RFC 5280's words: `dNSName`, `iPAddress` or
    /// `uniformResourceIdentifier`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dNSName",
            Self::Ip(_) => "iPAddress",
            Self::Uri(_) => "uniformResourceIdentifier",
        }
    }
}

impl DnsName {
    /// The name as it stands in a certificate.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SpiffeId {
    /// The URI as it stands in a certificate.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host of the URI (SPIFFE-ID section 2.1).
    #[must_use]
    pub fn trust_domain(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }
}

impl NameWarning {
    /// The clients that refuse, as a fragment to follow the name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BareWildcard => {
                "matches no name in Go, OpenSSL, Python, Node, Java, rustls and browsers"
            }
            Self::TopLevelWildcard => {
                "matches in Go and Java only; \
                 OpenSSL, Python, Node, GnuTLS, rustls and browsers want two labels after the `*.`"
            }
            Self::Underscore => {
                "has an underscore, which no host name has; \
                 Java and LibreSSL refuse the name, Botan 3 the whole certificate"
            }
        }
    }
}

impl fmt::Display for SubjectAltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(DnsName(text)) | Self::Uri(SpiffeId(text)) => f.write_str(text),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

impl fmt::Display for NameWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
