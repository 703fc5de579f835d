//! The names in certificates: subjectAltName entries and subjects, parsed and normalized.

mod distinguished;
mod error;
mod parse;
mod spiffe;

use std::fmt;
use std::net::IpAddr;

pub(crate) use distinguished::escaped;
pub use distinguished::{DistinguishedName, SubjectAttribute, SubjectError};
pub use error::{NameError, NameErrorKind};

use crate::uri::Authority;

/// One entry of the subjectAltName extension (RFC 5280 4.2.1.6).
///
/// [`SubjectAltName::parse`] validates it, so every value can be encoded in a certificate.
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

/// The text of a dNSName, as encoded in a certificate.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DnsName(String);

/// The text of a SPIFFE ID (SPIFFE-ID section 2), scheme and trust domain in lower case.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SpiffeId(String);

/// A property of a name that some clients reject, as tested with these clients.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum NameWarning {
    /// `*`, which matches nothing in the tested clients.
    BareWildcard,
    /// `*.tld`: most clients require two labels after the wildcard.
    TopLevelWildcard,
    /// An underscore, which is not valid in a host name (RFC 1123 2.1).
    Underscore,
}

impl SubjectAltName {
    /// Parses a name. An IP address becomes [`Self::Ip`], a text with `spiffe://` [`Self::Uri`], any other text
    /// [`Self::Dns`].
    ///
    /// # Errors
    ///
    /// [`NameError`] for a name that no client can match, with the names that were probably meant.
    pub fn parse(input: &str) -> Result<Self, NameError> {
        parse::parse(input)
    }

    /// Parses a name that clients dial. In addition to the names of [`SubjectAltName::parse`], it accepts names that work
    /// with Kuma but should not be issued: numbers, labels with a hyphen at an edge, and invalid Punycode labels.
    ///
    /// # Errors
    ///
    /// [`NameError`] for a name that no client can dial, with the names that were probably meant.
    pub fn parse_dialed(input: &str) -> Result<Self, NameError> {
        parse::parse_dialed(input)
    }

    /// Returns the property of this name that some clients reject, if there is one.
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

    /// Returns whether the name is a wildcard, which no client dials.
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        matches!(self, Self::Dns(DnsName(name)) if name.starts_with('*'))
    }

    /// Returns the type of the name in RFC 5280: `dNSName`, `iPAddress` or `uniformResourceIdentifier`.
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
    /// Returns the name as encoded in a certificate.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SpiffeId {
    /// Returns the URI as encoded in a certificate.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the trust domain, which is the host of the URI (SPIFFE-ID section 2.1).
    #[must_use]
    pub fn trust_domain(&self) -> &str {
        Authority::of_uri(&self.0).and_then(|authority| authority.host).unwrap_or_default()
    }
}

impl NameWarning {
    /// Returns the clients that reject the name, as a fragment that follows it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BareWildcard => {
                "matches no name in Go, OpenSSL, Python, Node, Java, rustls and browsers"
            }
            Self::TopLevelWildcard => {
                "matches in Go and Java only; \
                 OpenSSL, Python, Node, GnuTLS, rustls and browsers require two labels after the `*.`"
            }
            Self::Underscore => {
                "has an underscore, which is not valid in a host name; \
                 Java and LibreSSL reject the name, Botan 3 the whole certificate"
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
