//! Name constraints (RFC 5280 4.2.1.10): the names for which a CA may issue certificates.

mod check;
mod matching;

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

pub(crate) use self::check::{
    check_directory_name, check_domain, check_entry, check_name, check_subject, count, excluded,
    has_wildcard, is_comparable, limits_addresses, permitted, unknown_to_go,
};
pub(crate) use self::matching::{is_domain, is_domain_constraint, is_mailbox};
use crate::name::{DnsName, SubjectAltName};

/// A permitted subtree of a new CA. Names of a type without a permitted subtree are not limited.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PermittedSubtree {
    /// A domain, and all names under it.
    Dns(DnsName),
    /// A range of IP addresses.
    Ip(IpNet),
}

/// The error of a text that is not a constraint.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("\"{}\" {reason}", input.escape_debug())]
pub struct ConstraintError {
    /// The input.
    pub input: String,
    /// The reason, as a fragment that follows the input.
    pub reason: String,
    /// The constraint that was probably meant.
    pub meant: Option<String>,
}

impl PermittedSubtree {
    /// Parses a domain, such as `mesh.example`.
    ///
    /// # Errors
    ///
    /// [`ConstraintError`] for any other text, such as `*.mesh.example` or `.mesh.example`: a domain includes the names
    /// under it.
    pub fn parse_dns(input: &str) -> Result<Self, ConstraintError> {
        let error = |reason: String, meant: Option<String>| {
            Err(ConstraintError { input: input.to_owned(), reason, meant })
        };
        let bare = input.trim_start_matches('*').trim_start_matches('.');
        match SubjectAltName::parse(bare) {
            Ok(SubjectAltName::Dns(domain)) if bare == input => Ok(Self::Dns(domain)),
            Ok(SubjectAltName::Dns(domain)) => error(
                "is not a domain; a domain includes all names under it".to_owned(),
                Some(domain.as_str().to_owned()),
            ),
            Ok(other) => error(format!("is not a domain but of type {}", other.kind()), None),
            Err(invalid) => {
                let meant = invalid.meant.first().filter(|meant| meant.kind() == "dNSName");
                error("is not a domain".to_owned(), meant.map(ToString::to_string))
            }
        }
    }

    /// Parses a range of IP addresses, such as `10.0.0.0/8`, or a single address.
    ///
    /// # Errors
    ///
    /// [`ConstraintError`] for any other text, and for a range whose address has bits after the prefix.
    pub fn parse_ip(input: &str) -> Result<Self, ConstraintError> {
        let error = |reason: &str, meant: Option<String>| {
            Err(ConstraintError { input: input.to_owned(), reason: reason.to_owned(), meant })
        };
        let range = match (input.parse::<IpNet>(), input.parse::<IpAddr>()) {
            (Ok(range), _) => range,
            (_, Ok(address)) => IpNet::from(address),
            _ => return error("is not a range of IP addresses, such as 10.0.0.0/8", None),
        };
        if range.addr() != range.network() {
            let reason = "has bits after its prefix";
            return error(reason, Some(range.trunc().to_string()));
        }
        Ok(Self::Ip(range))
    }
}

impl fmt::Display for PermittedSubtree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(domain) => f.write_str(domain.as_str()),
            Self::Ip(range) => range.fmt(f),
        }
    }
}
