//! The type of a certificate's key and the algorithm of its signature.

use std::fmt;

use x509_parser::der_parser::asn1_rs::Tag;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use super::Certificate;
use crate::key::{KeyAlgorithm, KeyType, bit_length};

/// The algorithm of a certificate's signature (RFC 8017 A.2.4, RFC 5758 3.2, RFC 8410 3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum SignatureAlgorithm {
    Md5WithRsa,
    Sha1WithRsa,
    RsaPss,
    Sha256WithRsa,
    Sha384WithRsa,
    Sha512WithRsa,
    EcdsaWithSha1,
    EcdsaWithSha256,
    EcdsaWithSha384,
    EcdsaWithSha512,
    Ed25519,
    /// Any other algorithm, by its object identifier.
    Other(String),
}

/// The object identifier of a key on a curve (RFC 5480 2.1.1).
pub(crate) const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";

impl Certificate {
    /// Returns the type of the key.
    pub(crate) fn key_type(&self) -> KeyType {
        key_type(self.x509().public_key())
    }

    /// Returns the algorithm of the key, if kumactl can use such keys.
    #[must_use]
    pub fn key_algorithm(&self) -> Option<KeyAlgorithm> {
        KeyAlgorithm::of(self.key_type())
    }

    /// Returns the object identifier of the key's algorithm, and of its curve if it has one.
    pub(crate) fn key_algorithm_oid(&self) -> String {
        key_algorithm_oid(self.x509().public_key())
    }

    /// Returns the object identifier of an elliptic key's curve; `None` for other keys, and where the curve is
    /// described instead of named.
    pub(crate) fn named_curve(&self) -> Option<String> {
        named_curve(self.x509().public_key())
    }

    /// Returns the algorithm of the signature.
    pub(crate) fn signature_algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::from(&self.x509().signature_algorithm)
    }
}

/// Returns the type of the key of a certificate or a certificate request.
pub(crate) fn key_type(key: &SubjectPublicKeyInfo<'_>) -> KeyType {
    match key.algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.1" => match key.parsed() {
            Ok(PublicKey::RSA(key)) => KeyType::Rsa(bit_length(key.modulus)),
            _ => KeyType::Other,
        },
        EC_PUBLIC_KEY => match named_curve(key).as_deref() {
            Some("1.2.840.10045.3.1.7") => KeyType::P256,
            Some("1.3.132.0.34") => KeyType::P384,
            Some("1.3.132.0.35") => KeyType::P521,
            _ => KeyType::Other,
        },
        "1.3.101.112" => KeyType::Ed25519,
        _ => KeyType::Other,
    }
}

/// Returns the object identifier of a key's algorithm, and of its curve if it has one.
pub(crate) fn key_algorithm_oid(key: &SubjectPublicKeyInfo<'_>) -> String {
    let oid = key.algorithm.algorithm.to_id_string();
    match named_curve(key) {
        Some(curve) => format!("{oid}, curve {curve}"),
        None => oid,
    }
}

fn named_curve(key: &SubjectPublicKeyInfo<'_>) -> Option<String> {
    let is_elliptic = key.algorithm.algorithm.to_id_string() == EC_PUBLIC_KEY;
    let curve = key.algorithm.parameters.as_ref().filter(|curve| curve.tag() == Tag::Oid);
    curve.filter(|_| is_elliptic)?.as_oid().ok().map(|curve| curve.to_id_string())
}

impl From<&AlgorithmIdentifier<'_>> for SignatureAlgorithm {
    fn from(algorithm: &AlgorithmIdentifier<'_>) -> Self {
        let oid = algorithm.algorithm.to_id_string();
        match oid.as_str() {
            "1.2.840.113549.1.1.4" => Self::Md5WithRsa,
            "1.2.840.113549.1.1.5" => Self::Sha1WithRsa,
            "1.2.840.113549.1.1.10" => Self::RsaPss,
            "1.2.840.113549.1.1.11" => Self::Sha256WithRsa,
            "1.2.840.113549.1.1.12" => Self::Sha384WithRsa,
            "1.2.840.113549.1.1.13" => Self::Sha512WithRsa,
            "1.2.840.10045.4.1" => Self::EcdsaWithSha1,
            "1.2.840.10045.4.3.2" => Self::EcdsaWithSha256,
            "1.2.840.10045.4.3.3" => Self::EcdsaWithSha384,
            "1.2.840.10045.4.3.4" => Self::EcdsaWithSha512,
            "1.3.101.112" => Self::Ed25519,
            _ => Self::Other(oid),
        }
    }
}

impl SignatureAlgorithm {
    /// Returns whether clients no longer accept the hash.
    pub(crate) const fn is_weak(&self) -> bool {
        matches!(self, Self::Md5WithRsa | Self::Sha1WithRsa | Self::EcdsaWithSha1)
    }

    /// Returns whether a key of this type can make such signatures, as far as that is known.
    pub(crate) const fn is_of(&self, key: KeyType) -> bool {
        let is_ecdsa = matches!(
            self,
            Self::EcdsaWithSha1
                | Self::EcdsaWithSha256
                | Self::EcdsaWithSha384
                | Self::EcdsaWithSha512
        );
        match key {
            KeyType::P256 | KeyType::P384 | KeyType::P521 => is_ecdsa,
            KeyType::Rsa(_) => !is_ecdsa && !matches!(self, Self::Ed25519 | Self::Other(_)),
            KeyType::Ed25519 => matches!(self, Self::Ed25519),
            KeyType::Other => true,
        }
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Md5WithRsa => "md5WithRSAEncryption",
            Self::Sha1WithRsa => "sha1WithRSAEncryption",
            Self::RsaPss => "RSASSA-PSS",
            Self::Sha256WithRsa => "sha256WithRSAEncryption",
            Self::Sha384WithRsa => "sha384WithRSAEncryption",
            Self::Sha512WithRsa => "sha512WithRSAEncryption",
            Self::EcdsaWithSha1 => "ecdsa-with-SHA1",
            Self::EcdsaWithSha256 => "ecdsa-with-SHA256",
            Self::EcdsaWithSha384 => "ecdsa-with-SHA384",
            Self::EcdsaWithSha512 => "ecdsa-with-SHA512",
            Self::Ed25519 => "Ed25519",
            Self::Other(oid) => oid,
        })
    }
}
