//! RSA keys that sign tokens, and the public keys with which kuma-cp verifies them.

use std::fmt;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_SHA256, RsaKeyPair,
    UnparsedPublicKey,
};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use crate::format::pem::{self, PemError};
use crate::format::without_whitespace;
use crate::key::{PKCS8_LABEL, RSA_LABEL, pkcs1};
use crate::text::excerpt;

/// The PEM label of a PKCS#1 public key, which Kuma writes.
const PUBLIC_LABEL: &str = "RSA PUBLIC KEY";

/// The PEM label of a SubjectPublicKeyInfo (RFC 7468 13).
const SPKI_LABEL: &str = "PUBLIC KEY";

/// An RSA key that signs tokens. The crypto library wipes it when it is dropped.
pub struct SigningKey(RsaKeyPair);

/// An RSA public key that verifies tokens.
#[derive(Clone, Eq, PartialEq)]
pub struct PublicKey {
    /// RSAPublicKey (RFC 8017 A.1.1).
    der: Vec<u8>,
}

/// The error of a file without a usable signing key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// Not a private key in PEM.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// An RSA key whose signatures can be forged with enough effort (NIST SP 800-131A).
    #[error("its RSA key has fewer than 2048 bits")]
    TooShort,
    /// Not RSA, not the DER of its PEM label, or more than 8192 bits.
    #[error("its private key is not RSA of 2048 to 8192 bits, or is damaged")]
    Unusable,
}

/// The error of a file without a public key that kuma-cp can use.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PublicKeyError {
    /// No PEM, which makes kuma-cp panic.
    #[error("it has no PEM block")]
    NotPem,
    /// PEM of something else, such as a private key or a certificate.
    #[error("it holds no public key but {label:?}")]
    Label {
        /// The PEM label.
        label: String,
    },
    /// A public key that is damaged or not RSA.
    #[error("its public key is not RSA, or damaged")]
    NotRsa,
}

impl SigningKey {
    /// Reads a PKCS#1 or PKCS#8 key in PEM, or its Base64, which `generate signing-key` prints.
    ///
    /// # Errors
    ///
    /// [`SigningKeyError`] if there is no RSA key of 2048 to 8192 bits.
    pub fn from_text(text: &[u8]) -> Result<Self, SigningKeyError> {
        let key = match pem::decode_private_key(text) {
            Err(PemError::Base64 { layers: 1 }) => {
                let inner = BASE64_STANDARD.decode(without_whitespace([text])).map(Zeroizing::new);
                pem::decode_private_key(&inner.map_err(|_| PemError::NoBlock)?)
            }
            decoded => decoded,
        }?;
        let read = match key.label {
            RSA_LABEL => RsaKeyPair::from_der(&key.der),
            PKCS8_LABEL => RsaKeyPair::from_pkcs8(&key.der),
            _ => return Err(SigningKeyError::Unusable),
        };
        // The crypto library distinguishes its reasons by these words only.
        read.map(Self).map_err(|rejected| match rejected.to_string().as_str() {
            "TooSmall" => SigningKeyError::TooShort,
            _ => SigningKeyError::Unusable,
        })
    }

    /// Returns the public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey { der: self.0.public_key().as_ref().to_vec() }
    }

    /// Returns the key as PKCS#1 in PEM, which kuma-cp reads.
    ///
    /// # Errors
    ///
    /// [`SigningKeyError::Unusable`] if the crypto library cannot encode the key.
    pub fn to_pem(&self) -> Result<Zeroizing<Vec<u8>>, SigningKeyError> {
        let key = pkcs1(&self.0).map_err(|Unspecified| SigningKeyError::Unusable)?;
        Ok(pem::encode_private_key(&key))
    }

    /// Signs with RSASSA-PKCS1-v1_5 and SHA-256, which is deterministic.
    ///
    /// # Panics
    ///
    /// Never: the crypto library fails only for a buffer of another length.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .expect("the buffer has the length of the modulus");
        signature
    }
}

impl PublicKey {
    /// Reads a key like kuma-cp (`pkg/util/rsa/pem.go`): the first PEM block must be a PKCS#1 public key or a
    /// SubjectPublicKeyInfo.
    ///
    /// # Errors
    ///
    /// [`PublicKeyError`] for anything else.
    pub fn from_pem(text: &[u8]) -> Result<Self, PublicKeyError> {
        let label = pem_rfc7468::decode_label(text).map_err(|_| PublicKeyError::NotPem)?;
        if ![PUBLIC_LABEL, SPKI_LABEL].contains(&label) {
            return Err(PublicKeyError::Label { label: excerpt(label) });
        }
        let block = ::pem::parse(text).map_err(|_| PublicKeyError::NotPem)?;
        let key = rsa::PublicKey::from_der(block.contents());
        let der = key.map_err(|_| PublicKeyError::NotRsa)?.as_ref().to_vec();
        Ok(Self { der })
    }

    /// Returns the key as PKCS#1 in PEM, like the official kumactl.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let config = ::pem::EncodeConfig::new().set_line_ending(::pem::LineEnding::LF);
        ::pem::encode_config(&::pem::Pem::new(PUBLIC_LABEL, self.der.as_slice()), config)
    }

    /// Returns whether the private key made a signature. Go, and so kuma-cp, accepts keys from 1024 bits.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let algorithm = &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY;
        UnparsedPublicKey::new(algorithm, &self.der).verify(message, signature).is_ok()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").finish_non_exhaustive()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").finish_non_exhaustive()
    }
}
