//! Keys: the types that can be asked for, and one key pair of any of them.
//!
//! A new key type is one variant of [`KeyAlgorithm`], one row of its table, and, if the crypto
//! library has a type of its own for it, one variant of `PrivateKey`.

mod encrypted;
mod existing;
mod public;

use std::fmt;

use aws_lc_rs::digest;
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

pub use self::encrypted::{DecryptionError, EncryptedPrivateKey, Passphrase};
pub use self::existing::ExistingKey;
pub use self::public::PublicKey;

/// The type of a subject's key.
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
    /// Whether Envoy, as Kuma configures it, connects to a server with such a key.
    envoy_connects: bool,
    generate: Generate,
}

type Generate = fn() -> Result<PrivateKey, Unspecified>;

impl Facts {
    /// What all sizes of RSA have in common.
    const fn rsa(
        names: &'static [&'static str],
        description: &'static str,
        generate: Generate,
    ) -> Self {
        // sha256WithRSAEncryption (RFC 8017 A.2.4)
        let signature_oid = &[1, 2, 840, 113_549, 1, 1, 11];
        Self { names, description, signature_oid, enciphers: true, envoy_connects: true, generate }
    }
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
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

/// A private key that cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Protected by a passphrase.
    #[error("its private key is encrypted")]
    Encrypted,
    /// Not the DER that its PEM label promises.
    #[error("its private key is damaged")]
    Malformed,
    /// SEC 1 without the curve, which Go and OpenSSL want in it.
    #[error("its private key does not say on which curve it is (RFC 5915 3)")]
    NoCurve,
    /// Of a kind that is not supported.
    #[error(
        "its private key is neither RSA of 2048, 3072, 4096 or 8192 bits, nor P-256, P-384, P-521 or \
         Ed25519"
    )]
    Unsupported,
}

/// A key that the crypto library could not generate or encode.
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

    const fn facts(self) -> Facts {
        match self {
            Self::EcdsaP256 => Facts {
                names: &["ecdsa", "ecdsa-p256"],
                description: "ECDSA P-256",
                // ecdsa-with-SHA256 (RFC 5758 3.2)
                signature_oid: &[1, 2, 840, 10045, 4, 3, 2],
                enciphers: false,
                envoy_connects: true,
                generate: || ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING),
            },
            Self::EcdsaP384 => Facts {
                names: &["ecdsa-p384"],
                description: "ECDSA P-384",
                // ecdsa-with-SHA384 (RFC 5758 3.2)
                signature_oid: &[1, 2, 840, 10045, 4, 3, 3],
                enciphers: false,
                envoy_connects: false,
                generate: || ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING),
            },
            Self::EcdsaP521 => Facts {
                names: &["ecdsa-p521"],
                description: "ECDSA P-521",
                // ecdsa-with-SHA512 (RFC 5758 3.2)
                signature_oid: &[1, 2, 840, 10045, 4, 3, 4],
                enciphers: false,
                envoy_connects: false,
                generate: || ecdsa(&ECDSA_P521_SHA512_ASN1_SIGNING),
            },
            Self::Ed25519 => Facts {
                names: &["ed25519"],
                description: "Ed25519",
                // id-Ed25519 (RFC 8410 3)
                signature_oid: &[1, 3, 101, 112],
                enciphers: false,
                envoy_connects: false,
                generate: || Ed25519KeyPair::generate().map(PrivateKey::Ed25519),
            },
            Self::Rsa2048 => Facts::rsa(&["rsa", "rsa-2048"], "RSA 2048", || rsa(KeySize::Rsa2048)),
            Self::Rsa3072 => Facts::rsa(&["rsa-3072"], "RSA 3072", || rsa(KeySize::Rsa3072)),
            Self::Rsa4096 => Facts::rsa(&["rsa-4096"], "RSA 4096", || rsa(KeySize::Rsa4096)),
            Self::Rsa8192 => Facts::rsa(&["rsa-8192"], "RSA 8192", || rsa(KeySize::Rsa8192)),
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

    /// Whether Envoy, with the TLS settings that Kuma gives it, connects to a server whose key is of
    /// this type. It refuses P-384 as `BAD_ECC_CERT`, and Ed25519 in the handshake.
    #[must_use]
    pub const fn envoy_connects(self) -> bool {
        self.facts().envoy_connects
    }

    /// Whether making a key takes long, and some keys much longer than others.
    #[must_use]
    pub const fn is_slow(self) -> bool {
        // The primes of RSA have to be found, and only RSA enciphers.
        self.facts().enciphers
    }

    /// The object identifier of the signatures that a key of this type makes.
    pub(crate) const fn signature_oid(self) -> &'static [u64] {
        self.facts().signature_oid
    }
}

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
        let algorithm = match key.public_modulus_len() {
            256 => KeyAlgorithm::Rsa2048,
            384 => KeyAlgorithm::Rsa3072,
            512 => KeyAlgorithm::Rsa4096,
            1024 => KeyAlgorithm::Rsa8192,
            _ => return Err(KeyError::Unsupported),
        };
        Ok(Self { algorithm, private: PrivateKey::Rsa(key) })
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
            PrivateKey::Ed25519(key) => key.public_key().as_ref(),
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
            PrivateKey::Ed25519(key) => Ok(key.try_sign(message)?.as_ref().to_vec()),
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
            // The EC key inside PKCS#8 names no curve; this one does, as OpenSSL wants it.
            (PrivateKeyEncoding::Traditional, PrivateKey::Ecdsa(key)) => {
                let sec1 = AsDer::<EcPrivateKeyRfc5915Der<'_>>::as_der(&key.private_key())?;
                wiped(EC_LABEL, sec1.as_ref())
            }
            (PrivateKeyEncoding::Traditional, PrivateKey::Rsa(key)) => {
                let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(key)?;
                let info = PrivateKeyInfoRef::try_from(pkcs8.as_ref()).map_err(|_| Unspecified)?;
                wiped(RSA_LABEL, info.private_key.as_bytes())
            }
        })
    }
}

/// RFC 5915 4
const EC_LABEL: &str = "EC PRIVATE KEY";
/// RFC 7468 10
const PKCS8_LABEL: &str = "PRIVATE KEY";
/// PKCS#1 has no standard for its label; every program uses this one.
const RSA_LABEL: &str = "RSA PRIVATE KEY";

/// RFC 5480 2.1.1
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// RFC 8410 3
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// RFC 8017 A.1
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

impl PrivateKeyDer {
    /// A private key as it stands in a PEM block with this label; `None` if that is not the label of
    /// a private key that can be read.
    #[must_use]
    pub fn new(label: &str, der: Zeroizing<Vec<u8>>) -> Option<Self> {
        let label = [EC_LABEL, PKCS8_LABEL, RSA_LABEL].into_iter().find(|known| *known == label)?;
        Some(Self { label, der })
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
    pub const fn as_bytes(&self) -> &[u8; 20] {
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
        crate::text::write_with_colons(f, &self.0)
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.names()[0])
    }
}
