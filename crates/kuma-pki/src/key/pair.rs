//! A key pair that signs, and its public key.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use super::{
    EC_LABEL, KeyAlgorithm, KeyError, KeyGenerationError, KeyIdentifier, KeyType, PKCS8_LABEL,
    PrivateKeyDer, PrivateKeyEncoding, RSA_LABEL,
};

/// A private key with its public key.
///
/// The crypto library wipes the private key when this is dropped. Its Debug form shows the type only.
pub struct KeyPair {
    algorithm: KeyAlgorithm,
    private: PrivateKey,
}

pub(super) enum PrivateKey {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

/// id-ecPublicKey (RFC 5480 2.1.1).
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// id-Ed25519 (RFC 8410 3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// rsaEncryption (RFC 8017 A.1).
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// Generates a key on a curve.
pub(super) fn ecdsa(curve: &'static EcdsaSigningAlgorithm) -> Result<PrivateKey, Unspecified> {
    EcdsaKeyPair::generate(curve).map(PrivateKey::Ecdsa)
}

/// Generates an RSA key.
pub(super) fn rsa(size: KeySize) -> Result<PrivateKey, Unspecified> {
    RsaKeyPair::generate(size).map(PrivateKey::Rsa)
}

impl KeyPair {
    /// Generates a key.
    ///
    /// # Errors
    ///
    /// [`KeyGenerationError`] if the crypto library fails, as it does without entropy.
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self, KeyGenerationError> {
        let private = (algorithm.facts().generate)()
            .map_err(|Unspecified| KeyGenerationError { algorithm })?;
        Ok(Self { algorithm, private })
    }

    /// Reads a private key: PKCS#1, SEC 1 or PKCS#8.
    ///
    /// # Errors
    ///
    /// A key that is damaged, or of a kind that is not supported.
    pub fn from_der(key: &PrivateKeyDer) -> Result<Self, KeyError> {
        let algorithm_oid = match key.label {
            EC_LABEL => EC_PUBLIC_KEY,
            RSA_LABEL => RSA_ENCRYPTION,
            PKCS8_LABEL => {
                let info = PrivateKeyInfoRef::try_from(key.der.as_slice());
                info.map_err(|_| KeyError::Malformed)?.algorithm.oid
            }
            _ => return Err(KeyError::Unsupported),
        };
        match algorithm_oid {
            EC_PUBLIC_KEY => Self::from_ec_der(&key.der),
            ED25519 => {
                let read = Ed25519KeyPair::from_pkcs8(&key.der);
                let private = PrivateKey::Ed25519(read.map_err(|_| KeyError::Malformed)?);
                Ok(Self { algorithm: KeyAlgorithm::Ed25519, private })
            }
            RSA_ENCRYPTION => Self::from_rsa_der(key),
            _ => Err(KeyError::Unsupported),
        }
    }

    fn from_ec_der(der: &[u8]) -> Result<Self, KeyError> {
        let curves = [
            (KeyAlgorithm::EcdsaP256, &ECDSA_P256_SHA256_ASN1_SIGNING),
            (KeyAlgorithm::EcdsaP384, &ECDSA_P384_SHA384_ASN1_SIGNING),
            (KeyAlgorithm::EcdsaP521, &ECDSA_P521_SHA512_ASN1_SIGNING),
        ];
        curves
            .into_iter()
            .find_map(|(algorithm, curve)| {
                let key = EcdsaKeyPair::from_private_key_der(curve, der).ok()?;
                Some(Self { algorithm, private: PrivateKey::Ecdsa(key) })
            })
            .ok_or(KeyError::Unsupported)
    }

    fn from_rsa_der(key: &PrivateKeyDer) -> Result<Self, KeyError> {
        let read = match key.label {
            RSA_LABEL => RsaKeyPair::from_der(&key.der),
            _ => RsaKeyPair::from_pkcs8(&key.der),
        };
        let key = read.map_err(|_| KeyError::Unsupported)?;
        let key_type = KeyType::Rsa(key.public_modulus_len() * 8);
        let algorithm = KeyAlgorithm::of(key_type).ok_or(KeyError::Unsupported)?;
        Ok(Self { algorithm, private: PrivateKey::Rsa(key) })
    }

    /// Returns the type of the key.
    #[must_use]
    pub const fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// Returns the contents of the BIT STRING subjectPublicKey (RFC 5280 4.1.2.7).
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        match &self.private {
            PrivateKey::Ecdsa(key) => key.public_key().as_ref(),
            PrivateKey::Ed25519(key) => key.public_key().as_ref(),
            PrivateKey::Rsa(key) => key.public_key().as_ref(),
        }
    }

    /// Returns the identifier of the key.
    #[must_use]
    pub fn identifier(&self) -> KeyIdentifier {
        KeyIdentifier::of(self.public_key())
    }

    /// Signs with the key's [signature algorithm](KeyAlgorithm).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let random = SystemRandom::new();
        match &self.private {
            PrivateKey::Ecdsa(key) => Ok(key.sign(&random, message)?.as_ref().to_vec()),
            PrivateKey::Ed25519(key) => Ok(key.try_sign(message)?.as_ref().to_vec()),
            PrivateKey::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                Ok(signature)
            }
        }
    }

    /// Returns the private key in an encoding.
    ///
    /// # Errors
    ///
    /// [`KeyGenerationError`] if the crypto library fails.
    pub fn private_key(
        &self,
        encoding: PrivateKeyEncoding,
    ) -> Result<PrivateKeyDer, KeyGenerationError> {
        self.encode(encoding)
            .map_err(|Unspecified| KeyGenerationError { algorithm: self.algorithm })
    }

    fn encode(&self, encoding: PrivateKeyEncoding) -> Result<PrivateKeyDer, Unspecified> {
        let wiped =
            |label, bytes: &[u8]| PrivateKeyDer { label, der: Zeroizing::new(bytes.to_vec()) };
        Ok(match (encoding, &self.private) {
            // Version 1 in both encodings: OpenSSL 3.0 cannot read version 2, and Ed25519 has no
            // older form.
            (_, PrivateKey::Ed25519(key)) => {
                wiped(PKCS8_LABEL, AsDer::<Pkcs8V1Der<'_>>::as_der(key)?.as_ref())
            }
            (PrivateKeyEncoding::Pkcs8, PrivateKey::Ecdsa(key)) => {
                wiped(PKCS8_LABEL, key.to_pkcs8v1()?.as_ref())
            }
            (PrivateKeyEncoding::Pkcs8, PrivateKey::Rsa(key)) => {
                wiped(PKCS8_LABEL, AsDer::<Pkcs8V1Der<'_>>::as_der(key)?.as_ref())
            }
            // The EC key inside PKCS#8 names no curve; this one does, which OpenSSL requires.
            (PrivateKeyEncoding::Traditional, PrivateKey::Ecdsa(key)) => {
                let sec1 = AsDer::<EcPrivateKeyRfc5915Der<'_>>::as_der(&key.private_key())?;
                wiped(EC_LABEL, sec1.as_ref())
            }
            (PrivateKeyEncoding::Traditional, PrivateKey::Rsa(key)) => pkcs1(key)?,
        })
    }
}

/// Returns an RSA key as RSAPrivateKey (RFC 8017 A.1.2).
pub(crate) fn pkcs1(key: &RsaKeyPair) -> Result<PrivateKeyDer, Unspecified> {
    let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(key)?;
    let info = PrivateKeyInfoRef::try_from(pkcs8.as_ref()).map_err(|_| Unspecified)?;
    let der = Zeroizing::new(info.private_key.as_bytes().to_vec());
    Ok(PrivateKeyDer { label: RSA_LABEL, der })
}

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

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}
