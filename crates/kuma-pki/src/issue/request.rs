//! What a caller may choose about a certificate; everything else is the profile's.

use std::collections::HashSet;

use crate::constraint::PermittedSubtree;
use crate::issue::IssueError;
use crate::key::KeyAlgorithm;
use crate::name::SubjectAltName;
use crate::usage::ExtendedKeyUsage;
use crate::validity::ValidFor;

/// The longest name of a CA, in characters: a space and 8 hexadecimal digits follow it, and a
/// commonName has 64 (RFC 5280 appendix A, ub-common-name).
const CA_NAME_LENGTH: usize = 64 - 9;

/// A certificate that is wanted for a server or a client.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuanceRequest {
    extended_key_usage: ExtendedKeyUsage,
    key_algorithm: KeyAlgorithm,
    subject_alt_names: Vec<SubjectAltName>,
    valid_for: Option<ValidFor>,
}

/// A CA that is wanted, to issue certificates from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CaRequest {
    name: String,
    key_algorithm: KeyAlgorithm,
    permitted_subtrees: Vec<PermittedSubtree>,
    valid_for: Option<ValidFor>,
}

impl IssuanceRequest {
    /// Asks for a certificate with these names, in this order, each once. Without `valid_for` it
    /// lives for [`ValidFor::DEFAULT`], or as long as its CA if that is shorter.
    ///
    /// # Errors
    ///
    /// [`IssueError::NoNames`] if there is none.
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
        Ok(Self { extended_key_usage, key_algorithm, subject_alt_names, valid_for })
    }

    /// What the certificate is for.
    #[must_use]
    pub const fn extended_key_usage(&self) -> ExtendedKeyUsage {
        self.extended_key_usage
    }

    /// The type of its key.
    #[must_use]
    pub const fn key_algorithm(&self) -> KeyAlgorithm {
        self.key_algorithm
    }

    /// Its names: at least one, none twice.
    #[must_use]
    pub fn subject_alt_names(&self) -> &[SubjectAltName] {
        &self.subject_alt_names
    }

    /// The same request, for a key of another type.
    #[must_use]
    pub fn with_key_algorithm(self, key_algorithm: KeyAlgorithm) -> Self {
        Self { key_algorithm, ..self }
    }

    /// How long it is to live, if that was asked for.
    #[must_use]
    pub const fn valid_for(&self) -> Option<ValidFor> {
        self.valid_for
    }
}

impl CaRequest {
    /// Asks for a CA. What is not under `permitted_subtrees`, of the kinds that are there, it
    /// cannot certify; with none it can certify everything.
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
        Ok(Self { name: name.to_owned(), key_algorithm, permitted_subtrees, valid_for })
    }

    /// The start of its commonName.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type of its key.
    #[must_use]
    pub const fn key_algorithm(&self) -> KeyAlgorithm {
        self.key_algorithm
    }

    /// What it may certify.
    #[must_use]
    pub fn permitted_subtrees(&self) -> &[PermittedSubtree] {
        &self.permitted_subtrees
    }

    /// The same request, for a key of another type.
    #[must_use]
    pub fn with_key_algorithm(self, key_algorithm: KeyAlgorithm) -> Self {
        Self { key_algorithm, ..self }
    }

    /// How long it is to live, if that was asked for.
    #[must_use]
    pub const fn valid_for(&self) -> Option<ValidFor> {
        self.valid_for
    }
}
