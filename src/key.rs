//! Keys: the types that can be asked for, and one key pair of any of them.
//!
//! A new key type is one variant of [`KeyAlgorithm`], one row of its table, and, if the crypto
//! library has a type of its own for it, one variant of `PrivateKey`.

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _,
    RSA_PKCS1_SHA256, RsaKeyPair,
};
use pkcs8::PrivateKeyInfoRef;
use zeroize::Zeroizing;

use crate::error::Error;

/// The type of a subject's key.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum KeyAlgorithm {
    /// RSA with a modulus of 2048 bits: what the official kumactl makes by default.
    #[default]
    Rsa2048,
    /// ECDSA on the curve P-256.
    EcdsaP256,
}

/// What there is to know about a [`KeyAlgorithm`].
struct Facts {
    /// The name on the command line, then other names for it.
    names: &'static [&'static str],
    /// For people.
    description: &'static str,
    /// The object identifier of the signatures that the key makes (RFC 5280 4.1.1.2).
    signature_oid: &'static [u64],
    /// Whether a TLS 1.2 client may encrypt to the key (RFC 5246 7.4.2, RFC 8813 3).
    enciphers: bool,
    generate: fn() -> Result<PrivateKey, Unspecified>,
}

/// How a private key is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum PrivateKeyEncoding {
    /// The form of the key's own standard, as the official kumactl writes it: PKCS#1 for RSA
    /// (RFC 8017 A.1.2), SEC 1 for ECDSA (RFC 5915).
    #[default]
    Traditional,
    /// PKCS#8 version 1 (RFC 5208) for every type.
    Pkcs8,
}

/// A private key, encoded; wiped when dropped.
pub struct PrivateKeyDer {
    /// The PEM label of this encoding (RFC 7468 10, RFC 5915 4).
    pub label: &'static str,
    /// The DER.
    pub der: Zeroizing<Vec<u8>>,
}

/// The subjectKeyIdentifier of a key: the left-most 160 bits of the SHA-256 of the public key's
/// bits (RFC 7093 2, method 1), as Go 1.25 and later make it.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct KeyIdentifier([u8; 20]);

/// A private key with its public key.
///
/// The crypto library wipes the private key when this is dropped. There is no way to print it.
pub struct KeyPair {
    algorithm: KeyAlgorithm,
    private: PrivateKey,
}

enum PrivateKey {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl KeyAlgorithm {
    /// Every type, the default first.
    pub const ALL: &'static [Self] = &[Self::Rsa2048, Self::EcdsaP256];

    const fn facts(self) -> Facts {
        match self {
            Self::EcdsaP256 => Facts {
                names: &["ecdsa", "ecdsa-p256"],
                description: "ECDSA P-256",
                signature_oid: &[1, 2, 840, 10045, 4, 3, 2],
                enciphers: false,
                generate: || ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING),
            },
            Self::Rsa2048 => Facts {
                names: &["rsa", "rsa-2048"],
                description: "RSA 2048",
                signature_oid: SHA256_WITH_RSA,
                enciphers: true,
                generate: || rsa(KeySize::Rsa2048),
            },
        }
    }

    /// The names of the type on a command line; the first is the one to print.
    #[must_use]
    pub const fn names(self) -> &'static [&'static str] {
        self.facts().names
    }

    /// The type as a person calls it, such as `RSA 2048`.
    #[must_use]
    pub const fn description(self) -> &'static str {
        self.facts().description
    }

    /// Whether a TLS 1.2 client may encrypt to a server's key of this type, so that the
    /// certificate says keyEncipherment (RFC 5280 4.2.1.3).
    #[must_use]
    pub const fn enciphers(self) -> bool {
        self.facts().enciphers
    }

    /// The object identifier of the signatures that a key of this type makes.
    pub(crate) const fn signature_oid(self) -> &'static [u64] {
        self.facts().signature_oid
    }
}

/// sha256WithRSAEncryption (RFC 8017 A.2.4).
const SHA256_WITH_RSA: &[u64] = &[1, 2, 840, 113_549, 1, 1, 11];

fn ecdsa(curve: &'static EcdsaSigningAlgorithm) -> Result<PrivateKey, Unspecified> {
    EcdsaKeyPair::generate(curve).map(PrivateKey::Ecdsa)
}

fn rsa(size: KeySize) -> Result<PrivateKey, Unspecified> {
    RsaKeyPair::generate(size).map(PrivateKey::Rsa)
}

impl KeyPair {
    /// Makes a new key.
    ///
    /// # Errors
    ///
    /// [`Error::KeyGeneration`] if the crypto library fails, as it does without entropy.
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self, Error> {
        let private = (algorithm.facts().generate)()
            .map_err(|Unspecified| Error::KeyGeneration { algorithm })?;
        Ok(Self { algorithm, private })
    }

    /// The type of the key.
    #[must_use]
    pub const fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The contents of the BIT STRING subjectPublicKey (RFC 5280 4.1.2.7).
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        match &self.private {
            PrivateKey::Ecdsa(key) => key.public_key().as_ref(),
            PrivateKey::Rsa(key) => key.public_key().as_ref(),
        }
    }

    /// The key's identifier.
    #[must_use]
    pub fn identifier(&self) -> KeyIdentifier {
        KeyIdentifier::of(self.public_key())
    }

    /// Signs with the key's [signature algorithm](KeyAlgorithm).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let random = SystemRandom::new();
        match &self.private {
            PrivateKey::Ecdsa(key) => Ok(key.sign(&random, message)?.as_ref().to_vec()),
            PrivateKey::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                Ok(signature)
            }
        }
    }

    /// The private key's bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Signing`] if the crypto library fails.
    pub fn private_key(&self, encoding: PrivateKeyEncoding) -> Result<PrivateKeyDer, Error> {
        self.encode(encoding)
            .map_err(|Unspecified| Error::KeyGeneration { algorithm: self.algorithm })
    }

    fn encode(&self, encoding: PrivateKeyEncoding) -> Result<PrivateKeyDer, Unspecified> {
        let wiped = |bytes: &[u8]| Zeroizing::new(bytes.to_vec());
        Ok(match (encoding, &self.private) {
            (PrivateKeyEncoding::Pkcs8, PrivateKey::Ecdsa(key)) => {
                PrivateKeyDer { label: "PRIVATE KEY", der: wiped(key.to_pkcs8v1()?.as_ref()) }
            }
            (PrivateKeyEncoding::Pkcs8, PrivateKey::Rsa(key)) => {
                let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(key)?;
                PrivateKeyDer { label: "PRIVATE KEY", der: wiped(pkcs8.as_ref()) }
            }
            // The EC key inside PKCS#8 names no curve; this one does, as OpenSSL wants it.
            (PrivateKeyEncoding::Traditional, PrivateKey::Ecdsa(key)) => {
                let sec1 = AsDer::<EcPrivateKeyRfc5915Der<'_>>::as_der(&key.private_key())?;
                PrivateKeyDer { label: "EC PRIVATE KEY", der: wiped(sec1.as_ref()) }
            }
            (PrivateKeyEncoding::Traditional, PrivateKey::Rsa(key)) => {
                let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(key)?;
                let info = PrivateKeyInfoRef::try_from(pkcs8.as_ref()).map_err(|_| Unspecified)?;
                PrivateKeyDer { label: "RSA PRIVATE KEY", der: wiped(info.private_key.as_bytes()) }
            }
        })
    }
}

impl KeyIdentifier {
    /// The identifier of a public key, given the contents of its BIT STRING.
    #[must_use]
    pub fn of(public_key: &[u8]) -> Self {
        let digest = digest::digest(&digest::SHA256, public_key);
        let mut identifier = [0; 20];
        identifier.copy_from_slice(&digest.as_ref()[..20]);
        Self(identifier)
    }

    /// The 20 octets.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl fmt::Debug for PrivateKeyDer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKeyDer").field("label", &self.label).finish_non_exhaustive()
    }
}

impl fmt::Debug for KeyIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Upper-case hexadecimal octets with colons between, as OpenSSL prints identifiers.
impl fmt::Display for KeyIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::encode::hex::write_with_colons(f, &self.0)
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.names()[0])
    }
}
