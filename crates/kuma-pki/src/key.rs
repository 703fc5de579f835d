//! Keys: the types that kumactl generates, key pairs, and private keys of every type that Go reads.
//!
//! A new key type is one variant of [`KeyAlgorithm`], one row of its table, and, if the crypto
//! library has a type of its own for it, one variant of `PrivateKey`.

mod encrypted;
mod existing;
mod key_type;
mod pair;

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    Ed25519KeyPair,
};
use zeroize::Zeroizing;

pub use self::encrypted::{DecryptionError, EncryptedPrivateKey, Passphrase};
pub use self::existing::ExistingKey;
pub(crate) use self::key_type::{KeyType, bit_length};
pub(crate) use self::pair::pkcs1;
pub use self::pair::{KeyPair, PublicKey};
use self::pair::{PrivateKey, ecdsa, rsa};

/// The type of a key that kumactl generates.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum KeyAlgorithm {
    /// RSA with a modulus of 2048 bits: what the official kumactl makes by default.
    #[default]
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    Rsa3072,
    /// RSA with a modulus of 4096 bits.
    Rsa4096,
    /// RSA with a modulus of 8192 bits; read and used, but not offered for new keys.
    Rsa8192,
    /// ECDSA on the curve P-256.
    EcdsaP256,
    /// ECDSA on the curve P-384.
    EcdsaP384,
    /// ECDSA on the curve P-521; read and used, but not offered for new keys.
    EcdsaP521,
    /// Ed25519 (RFC 8410).
    Ed25519,
}

/// The properties of a [`KeyAlgorithm`].
struct Facts {
    /// The name on the command line, then other names for it.
    names: &'static [&'static str],
    key_type: KeyType,
    /// The object identifier of the signatures that the key makes (RFC 5280 4.1.1.2).
    signature_oid: &'static [u64],
    /// Whether a TLS 1.2 client may encrypt to the key (RFC 5246 7.4.2, RFC 8813 3).
    enciphers: bool,
    /// Whether Envoy, as Kuma configures it, connects to a server with such a key.
    envoy_connects: bool,
    generate: Generate,
}

type Generate = fn() -> Result<PrivateKey, Unspecified>;

impl Facts {
    /// Returns the properties of RSA with a modulus of `bits` bits.
    const fn rsa(names: &'static [&'static str], bits: usize, generate: Generate) -> Self {
        // sha256WithRSAEncryption (RFC 8017 A.2.4)
        let signature_oid = &[1, 2, 840, 113_549, 1, 1, 11];
        let key_type = KeyType::Rsa(bits);
        Self { names, key_type, signature_oid, enciphers: true, envoy_connects: true, generate }
    }
}

/// The encoding of a private key.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum PrivateKeyEncoding {
    /// The encoding of the key's own standard, as the official kumactl writes it: PKCS#1 for RSA
    /// (RFC 8017 A.1.2), SEC 1 for ECDSA (RFC 5915).
    #[default]
    Traditional,
    /// PKCS#8 version 1 (RFC 5208) for every type.
    Pkcs8,
}

/// An encoded private key, wiped when dropped.
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

/// The error of a private key that cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Protected by a passphrase.
    #[error("its private key is encrypted")]
    Encrypted,
    /// Not the DER of its PEM label.
    #[error("its private key is damaged")]
    Malformed,
    /// SEC 1 without the curve, which Go and OpenSSL require (RFC 5915 3).
    #[error("its private key does not name its curve (RFC 5915 3)")]
    NoCurve,
    /// Of a kind that is not supported.
    #[error(
        "its private key is neither RSA of 2048, 3072, 4096 or 8192 bits, nor P-256, P-384, P-521 or \
         Ed25519"
    )]
    Unsupported,
}

/// The error of a key that the crypto library could not generate or encode.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the crypto library could not generate a key of type {algorithm}")]
pub struct KeyGenerationError {
    /// The type of the key.
    pub algorithm: KeyAlgorithm,
}

impl KeyAlgorithm {
    /// Every type that new keys are offered in, the default first.
    pub const ALL: &'static [Self] = &[
        Self::Rsa2048,
        Self::EcdsaP256,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::EcdsaP384,
        Self::Ed25519,
    ];

    /// Returns the algorithm for keys of a type, if kumactl can use them.
    pub(crate) fn of(key_type: KeyType) -> Option<Self> {
        let other = [Self::Rsa8192, Self::EcdsaP521];
        Self::ALL.iter().copied().chain(other).find(|one| one.key_type() == key_type)
    }

    const fn facts(self) -> Facts {
        match self {
            Self::EcdsaP256 => Facts {
                names: &["ecdsa", "ecdsa-p256"],
                key_type: KeyType::P256,
                // ecdsa-with-SHA256 (RFC 5758 3.2)
                signature_oid: &[1, 2, 840, 10045, 4, 3, 2],
                enciphers: false,
                envoy_connects: true,
                generate: || ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING),
            },
            Self::EcdsaP384 => Facts {
                names: &["ecdsa-p384"],
                key_type: KeyType::P384,
                // ecdsa-with-SHA384 (RFC 5758 3.2)
                signature_oid: &[1, 2, 840, 10045, 4, 3, 3],
                enciphers: false,
                envoy_connects: false,
                generate: || ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING),
            },
            Self::EcdsaP521 => Facts {
                names: &["ecdsa-p521"],
                key_type: KeyType::P521,
                // ecdsa-with-SHA512 (RFC 5758 3.2)
                signature_oid: &[1, 2, 840, 10045, 4, 3, 4],
                enciphers: false,
                envoy_connects: false,
                generate: || ecdsa(&ECDSA_P521_SHA512_ASN1_SIGNING),
            },
            Self::Ed25519 => Facts {
                names: &["ed25519"],
                key_type: KeyType::Ed25519,
                // id-Ed25519 (RFC 8410 3)
                signature_oid: &[1, 3, 101, 112],
                enciphers: false,
                envoy_connects: false,
                generate: || Ed25519KeyPair::generate().map(PrivateKey::Ed25519),
            },
            Self::Rsa2048 => Facts::rsa(&["rsa", "rsa-2048"], 2048, || rsa(KeySize::Rsa2048)),
            Self::Rsa3072 => Facts::rsa(&["rsa-3072"], 3072, || rsa(KeySize::Rsa3072)),
            Self::Rsa4096 => Facts::rsa(&["rsa-4096"], 4096, || rsa(KeySize::Rsa4096)),
            Self::Rsa8192 => Facts::rsa(&["rsa-8192"], 8192, || rsa(KeySize::Rsa8192)),
        }
    }

    /// Returns the names of the type on a command line; the first is the one to print.
    #[must_use]
    pub const fn names(self) -> &'static [&'static str] {
        self.facts().names
    }

    /// Returns the type for display, such as `RSA 2048`.
    #[must_use]
    pub fn description(self) -> String {
        self.key_type().to_string()
    }

    /// Returns the type as certificates have it.
    pub(crate) const fn key_type(self) -> KeyType {
        self.facts().key_type
    }

    /// Returns whether a TLS 1.2 client may encrypt to a server's key of this type, so that the
    /// certificate needs keyEncipherment (RFC 5280 4.2.1.3).
    #[must_use]
    pub const fn enciphers(self) -> bool {
        self.facts().enciphers
    }

    /// Returns whether Envoy, with the TLS settings that Kuma gives it, connects to a server whose key is of
    /// this type. It rejects P-384 as `BAD_ECC_CERT`, and Ed25519 in the handshake.
    #[must_use]
    pub const fn envoy_connects(self) -> bool {
        self.facts().envoy_connects
    }

    /// Returns whether generating a key takes long, and some keys much longer than others.
    #[must_use]
    pub const fn is_slow(self) -> bool {
        // The primes of RSA have to be found, and only RSA enciphers.
        self.facts().enciphers
    }

    /// Returns the object identifier of the signatures that a key of this type makes.
    pub(crate) const fn signature_oid(self) -> &'static [u64] {
        self.facts().signature_oid
    }
}

/// The PEM label of SEC 1 (RFC 5915 4).
const EC_LABEL: &str = "EC PRIVATE KEY";
/// The PEM label of PKCS#8 (RFC 7468 10).
pub(crate) const PKCS8_LABEL: &str = "PRIVATE KEY";
/// The PEM label of PKCS#1, by convention; no standard defines one.
pub(crate) const RSA_LABEL: &str = "RSA PRIVATE KEY";

impl PrivateKeyDer {
    /// Returns the private key of a PEM block with this label; `None` if it is not the label of a private key
    /// that can be read.
    #[must_use]
    pub fn new(label: &str, der: Zeroizing<Vec<u8>>) -> Option<Self> {
        let label = [EC_LABEL, PKCS8_LABEL, RSA_LABEL].into_iter().find(|known| *known == label)?;
        Some(Self { label, der })
    }
}

impl KeyIdentifier {
    /// Returns the identifier of a public key, given the contents of its BIT STRING.
    #[must_use]
    pub fn of(public_key: &[u8]) -> Self {
        let digest = digest::digest(&digest::SHA256, public_key);
        let mut identifier = [0; 20];
        identifier.copy_from_slice(&digest.as_ref()[..20]);
        Self(identifier)
    }

    /// Returns the 20 octets.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
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
        crate::text::write_with_colons(f, &self.0)
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.names()[0])
    }
}
