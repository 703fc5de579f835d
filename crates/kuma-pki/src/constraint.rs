//! Name constraints (RFC 5280 4.2.1.10): which names a CA may certify.

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

/// Names that a CA of ours may certify; of the kinds that are constrained, no others.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PermittedSubtree {
    /// A domain, and all names under it.
    Dns(DnsName),
    /// A range of IP addresses.
    Ip(IpNet),
}

/// A text that is no constraint.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConstraintError {
    /// What was typed.
    pub input: String,
    /// What is wrong with it, to follow the input.
    pub reason: String,
    /// What was probably meant.
    pub meant: Option<String>,
}

impl PermittedSubtree {
    /// Reads a domain, such as `mesh.example`.
    ///
    /// # Errors
    ///
    /// Anything else, also `*.mesh.example` and `.mesh.example`: a domain includes what is under it.
    pub fn parse_dns(input: &str) -> Result<Self, ConstraintError> {
        let refuse = |reason: String, meant: Option<String>| {
            Err(ConstraintError { input: input.to_owned(), reason, meant })
        };
        let bare = input.trim_start_matches('*').trim_start_matches('.');
        match SubjectAltName::parse(bare) {
            Ok(SubjectAltName::Dns(domain)) if bare == input => Ok(Self::Dns(domain)),
            Ok(SubjectAltName::Dns(domain)) => refuse(
                "is not a domain; a domain includes all names under it".to_owned(),
                Some(domain.as_str().to_owned()),
            ),
            Ok(other) => refuse(format!("is not a domain but of the kind {}", other.kind()), None),
            Err(error) => {
                let meant = error.meant.first().filter(|meant| meant.kind() == "dNSName");
                refuse("is not a domain".to_owned(), meant.map(ToString::to_string))
            }
        }
    }

    /// Reads a range of addresses, such as `10.0.0.0/8`, or one address.
    ///
    /// # Errors
    ///
    /// Anything else, also a range whose address has bits behind the prefix.
    pub fn parse_ip(input: &str) -> Result<Self, ConstraintError> {
        let refuse = |reason: &str, meant: Option<String>| {
            Err(ConstraintError { input: input.to_owned(), reason: reason.to_owned(), meant })
        };
        let range = match (input.parse::<IpNet>(), input.parse::<IpAddr>()) {
            (Ok(range), _) => range,
            (_, Ok(address)) => IpNet::from(address),
            _ => return refuse("is not a range of IP addresses, such as 10.0.0.0/8", None),
        };
        if range.addr() != range.network() {
            let reason = "has bits behind its prefix";
            return refuse(reason, Some(range.trunc().to_string()));
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

impl fmt::Display for ConstraintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" {}", self.input.escape_debug(), self.reason)
    }
}

impl std::error::Error for ConstraintError {}
