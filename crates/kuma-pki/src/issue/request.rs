//! Requests: the fields of a certificate that a caller chooses. The profile sets all others.

use std::collections::HashSet;

use crate::constraint::PermittedSubtree;
use crate::issue::IssueError;
use crate::key::{KeyAlgorithm, KeyIdentifier};
use crate::name::{DistinguishedName, SubjectAltName};
use crate::usage::{ExtendedKeyUsage, KeyUsage};
use crate::validity::ValidFor;

/// The longest name of a CA, in characters: a space and 8 hexadecimal digits follow it, and a
/// commonName has 64 (RFC 5280 appendix A, ub-common-name).
const CA_NAME_LENGTH: usize = 64 - 9;

/// A request for the certificate of a server or a client.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuanceRequest {
    /// The type of the key.
    pub key_algorithm: KeyAlgorithm,
    /// The lifetime. `None` is [`ValidFor::DEFAULT`], or that of the CA if it is shorter.
    pub valid_for: Option<ValidFor>,
    extended_key_usage: ExtendedKeyUsage,
    subject: Option<DistinguishedName>,
    subject_alt_names: Vec<SubjectAltName>,
}

/// A request for a CA.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CaRequest {
    /// The type of the key.
    pub key_algorithm: KeyAlgorithm,
    /// The lifetime. `None` is [`ValidFor::DEFAULT`].
    pub valid_for: Option<ValidFor>,
    name: String,
    subject: Option<DistinguishedName>,
    path_length: u8,
    permitted_subtrees: Vec<PermittedSubtree>,
}

impl IssuanceRequest {
    /// Returns a request for a certificate with these names, in this order; duplicates are dropped.
    ///
    /// # Errors
    ///
    /// [`IssueError::NoNames`] for an empty list of names.
    pub fn new(
        extended_key_usage: ExtendedKeyUsage,
        names: impl IntoIterator<Item = SubjectAltName>,
        key_algorithm: KeyAlgorithm,
        valid_for: Option<ValidFor>,
    ) -> Result<Self, IssueError> {
        let mut seen = HashSet::new();
        let subject_alt_names: Vec<_> =
            names.into_iter().filter(|name| seen.insert(name.clone())).collect();
        if subject_alt_names.is_empty() {
            return Err(IssueError::NoNames);
        }
        Ok(Self { extended_key_usage, key_algorithm, subject: None, subject_alt_names, valid_for })
    }

    /// Returns the use of the certificate.
    #[must_use]
    pub const fn extended_key_usage(&self) -> ExtendedKeyUsage {
        self.extended_key_usage
    }

    /// Returns the names: at least one, none twice.
    #[must_use]
    pub fn subject_alt_names(&self) -> &[SubjectAltName] {
        &self.subject_alt_names
    }

    /// Sets the subject, instead of one made from the names.
    #[must_use]
    pub fn with_subject(self, subject: Option<DistinguishedName>) -> Self {
        Self { subject, ..self }
    }

    /// Returns the subject of a certificate that signs itself.
    pub(crate) fn self_signed_subject(&self) -> DistinguishedName {
        let made = || DistinguishedName::of_end_entity(&self.subject_alt_names);
        self.subject.clone().unwrap_or_else(made)
    }

    /// Returns the subject of a certificate from a CA.
    #[must_use]
    pub fn issued_subject(&self) -> DistinguishedName {
        let subject = self.self_signed_subject();
        let names = &self.subject_alt_names;
        // Without a dNSName, OpenSSL compares the commonName with the domains that a CA may
        // certify, and an address is in none of them.
        let has_domain = names.iter().any(|name| matches!(name, SubjectAltName::Dns(_)));
        let is_address = matches!(names.first(), Some(SubjectAltName::Ip(_)));
        if self.subject.is_none() && !has_domain && is_address {
            return subject.without_common_name();
        }
        subject
    }

    /// Returns the keyUsage of a certificate from a CA.
    pub(crate) fn issued_key_usage(&self) -> Vec<KeyUsage> {
        let mut usage = vec![KeyUsage::DigitalSignature];
        // For the TLS 1.2 key exchange in which the client encrypts to an RSA server; NSS requires
        // it, and linters reject it for any other key (RFC 8813 3).
        let receives_secrets = self.extended_key_usage == ExtendedKeyUsage::ServerAuth;
        if receives_secrets && self.key_algorithm.enciphers() {
            usage.push(KeyUsage::KeyEncipherment);
        }
        usage
    }
}

impl CaRequest {
    /// Returns a request for a CA. It can certify only names under `permitted_subtrees`, of the kinds that are
    /// in it; with none it can certify everything.
    ///
    /// # Errors
    ///
    /// [`IssueError::CaName`] for a name that is empty, too long, or holds control characters.
    pub fn new(
        name: &str,
        key_algorithm: KeyAlgorithm,
        permitted_subtrees: Vec<PermittedSubtree>,
        valid_for: Option<ValidFor>,
    ) -> Result<Self, IssueError> {
        let name = name.trim();
        let length = name.chars().count();
        let reason = if name.is_empty() {
            Some("it is empty")
        } else if name.contains(char::is_control) {
            Some("it has a control character")
        } else if length > CA_NAME_LENGTH {
            Some("it is too long")
        } else {
            None
        };
        if let Some(reason) = reason {
            let (name, longest) = (crate::text::beginning(name), CA_NAME_LENGTH);
            return Err(IssueError::CaName { name, reason, longest });
        }
        Ok(Self {
            name: name.to_owned(),
            subject: None,
            path_length: 0,
            key_algorithm,
            permitted_subtrees,
            valid_for,
        })
    }

    /// Puts the attributes of this subject in front of the commonName. If the subject has a commonName, it becomes
    /// the name of the CA.
    ///
    /// # Errors
    ///
    /// [`IssueError::CaName`] for a commonName that is too long.
    pub fn with_subject(self, subject: DistinguishedName) -> Result<Self, IssueError> {
        let path_length = self.path_length;
        let named = match subject.common_name() {
            Some(name) => {
                Self::new(name, self.key_algorithm, self.permitted_subtrees, self.valid_for)?
            }
            None => self,
        };
        Ok(Self { subject: Some(subject), path_length, ..named })
    }

    /// Sets how many CAs may stand below this one, one under the other.
    #[must_use]
    pub fn with_path_length(self, path_length: u8) -> Self {
        Self { path_length, ..self }
    }

    /// Returns how many CA certificates may stand between this one and that of an end entity.
    #[must_use]
    pub const fn path_length(&self) -> u8 {
        self.path_length
    }

    /// Returns the subject of the CA with this key.
    pub(crate) fn subject(&self, key: KeyIdentifier) -> DistinguishedName {
        DistinguishedName::of_ca(self.subject.as_ref(), &self.name, key)
    }

    /// Returns the start of the commonName.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the names that the CA may certify; empty if it may certify all.
    #[must_use]
    pub fn permitted_subtrees(&self) -> &[PermittedSubtree] {
        &self.permitted_subtrees
    }
}
