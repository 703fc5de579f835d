//! The names of a certificate request.

use std::fmt;

use x509_parser::extensions::GeneralName;

use super::error::RequestError;
use crate::name::SubjectAltName;
use crate::text::excerpt;
use crate::x509::{self, CertificateName};

/// An entry of the requested subjectAltName, as far as it could be a name of ours.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum RequestedName {
    Dns(String),
    Ip(Option<std::net::IpAddr>),
    Uri(String),
    Other(String),
}

impl RequestedName {
    pub(super) fn new(name: &GeneralName<'_>) -> Self {
        match name {
            GeneralName::DNSName(name) => Self::Dns((*name).to_owned()),
            GeneralName::IPAddress(octets) => Self::Ip(x509::ip_address(octets)),
            GeneralName::URI(uri) => Self::Uri((*uri).to_owned()),
            other => Self::Other(excerpt(&CertificateName::from(other).to_string())),
        }
    }

    /// Reads the name as on a command line.
    ///
    /// # Errors
    ///
    /// A name that no client can match, or of a kind that no certificate for Kuma has.
    pub(super) fn read(&self) -> Result<SubjectAltName, RequestError> {
        let parse = |kind, text: &str| {
            SubjectAltName::parse(text).map_err(|error| RequestError::Name { kind, error })
        };
        let unsupported = || RequestError::UnsupportedName { name: self.to_string() };
        match self {
            Self::Dns(text) => match parse("dNSName", text)? {
                name @ SubjectAltName::Dns(_) => Ok(name),
                SubjectAltName::Ip(address) => {
                    Err(RequestError::AddressAsDnsName { address: address.to_string() })
                }
                SubjectAltName::Uri(_) => Err(unsupported()),
            },
            Self::Ip(Some(address)) => parse("iPAddress", &address.to_string()),
            Self::Uri(text) => match parse("uniformResourceIdentifier", text)? {
                name @ SubjectAltName::Uri(_) => Ok(name),
                _ => Err(unsupported()),
            },
            Self::Ip(None) | Self::Other(_) => Err(unsupported()),
        }
    }
}

impl fmt::Display for RequestedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(text) | Self::Uri(text) => f.write_str(&excerpt(text)),
            Self::Ip(Some(address)) => address.fmt(f),
            Self::Ip(None) => f.write_str("an IP address of neither 4 nor 16 octets"),
            Self::Other(text) => f.write_str(text),
        }
    }
}
