//! Public keys that certificates are issued for.

use super::{KeyAlgorithm, KeyPair};

/// The public key of a key pair or of a certificate request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PublicKey<'a> {
    /// The type of the key.
    pub algorithm: KeyAlgorithm,
    /// The contents of the BIT STRING subjectPublicKey (RFC 5280 4.1.2.7).
    pub bits: &'a [u8],
}

impl<'a> From<&'a KeyPair> for PublicKey<'a> {
    fn from(key: &'a KeyPair) -> Self {
        Self { algorithm: key.algorithm(), bits: key.public_key() }
    }
}
