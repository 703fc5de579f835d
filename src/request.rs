//! What a caller may choose about a certificate; everything else is the profile's.

use std::collections::HashSet;

use crate::error::Error;
use crate::key::KeyAlgorithm;
use crate::name::SubjectAltName;
use crate::validity::ValidFor;

/// What a certificate's holder proves with it (RFC 5280 4.2.1.12).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExtendedKeyUsage {
    /// A TLS client's identity.
    ClientAuth,
    /// A TLS server's identity.
    ServerAuth,
}

/// A certificate that is wanted for a server or a client.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuanceRequest {
    extended_key_usage: ExtendedKeyUsage,
    key_algorithm: KeyAlgorithm,
    subject_alt_names: Vec<SubjectAltName>,
    valid_for: ValidFor,
}

impl IssuanceRequest {
    /// Asks for a certificate with these names, in this order, each once.
    ///
    /// # Errors
    ///
    /// [`Error::NoNames`] if there is none.
    pub fn new(
        extended_key_usage: ExtendedKeyUsage,
        names: impl IntoIterator<Item = SubjectAltName>,
        key_algorithm: KeyAlgorithm,
        valid_for: ValidFor,
    ) -> Result<Self, Error> {
        let mut seen = HashSet::new();
        let subject_alt_names: Vec<_> =
            names.into_iter().filter(|name| seen.insert(name.clone())).collect();
        if subject_alt_names.is_empty() {
            return Err(Error::NoNames);
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

    /// How long it is to live.
    #[must_use]
    pub const fn valid_for(&self) -> ValidFor {
        self.valid_for
    }
}
