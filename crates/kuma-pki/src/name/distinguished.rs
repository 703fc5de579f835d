//! The names of subjects.

use std::fmt;

use super::SubjectAltName;
use crate::key::KeyIdentifier;

/// The organizationName of every subject: a name without it may be empty when the first host name
/// is too long, and an empty issuer is what Java, mbedTLS, Firefox and Debian's curl refuse.
const ORGANIZATION: &str = "Kuma";

/// The longest commonName, in characters (RFC 5280 appendix A, ub-common-name).
const MAX_COMMON_NAME_LENGTH: usize = 64;

/// A name of at most one organizationName and one commonName, never empty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DistinguishedName {
    /// organizationName.
    pub organization: &'static str,
    /// commonName, at most 64 characters.
    pub common_name: Option<String>,
}

impl DistinguishedName {
    /// The given name, and 8 hexadecimal digits of the key's identifier.
    pub(crate) fn of_ca(name: &str, key: KeyIdentifier) -> Self {
        let [a, b, c, d, ..] = *key.as_bytes();
        let common_name = format!("{name} {a:02x}{b:02x}{c:02x}{d:02x}");
        Self { organization: ORGANIZATION, common_name: Some(common_name) }
    }

    /// Named after the first host, for people who read the certificate: no client matches it.
    pub(crate) fn of_end_entity(names: &[SubjectAltName]) -> Self {
        let common_name = names
            .first()
            .map(ToString::to_string)
            .filter(|name| name.len() <= MAX_COMMON_NAME_LENGTH);
        Self { organization: ORGANIZATION, common_name }
    }
}

/// As RFC 4514 writes names, but from the most general attribute to the most specific, as OpenSSL
/// prints them.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "O={}", self.organization)?;
        match &self.common_name {
            Some(common_name) => write!(f, ", CN={common_name}"),
            None => Ok(()),
        }
    }
}
