//! Verifies signatures, within a limit.

use aws_lc_rs::signature::{
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    RsaParameters, UnparsedPublicKey,
};
use rustls_pki_types::SignatureVerificationAlgorithm;
use webpki::aws_lc_rs as algorithms;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::error::X509Error;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::{Certificate, SignatureAlgorithm, key_type};
use crate::key::KeyType;

/// The outcome of verifying a signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SignatureStatus {
    /// The key made the signature.
    Valid,
    /// The key did not make the signature.
    Invalid,
    /// TLS libraries no longer accept its algorithm or the size of the key.
    Unsupported,
}

impl Certificate {
    /// Verifies the signature with the key of another certificate. Names are not compared.
    pub(crate) fn verify_signature(&self, ca: &Self) -> SignatureStatus {
        let signed = self.x509().tbs_certificate.as_ref();
        let signature = &self.x509().signature_value.data;
        let key = ca.x509().public_key();
        let other = || self.x509().verify_signature(Some(key));
        verify(&self.signature_algorithm(), key, signed, signature, other)
    }

    /// Returns whether the certificate is signed with its own key and names itself as its issuer.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.is_issued_by(self)
    }

    /// Returns whether the certificate is a root: it names itself as its issuer, and its signature does not
    /// contradict that.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.is_self_issued() && self.verify_signature(self) != SignatureStatus::Invalid
    }

    /// Returns whether the certificate names another as its issuer and is signed with its key.
    #[must_use]
    pub fn is_issued_by(&self, ca: &Self) -> bool {
        self.names_as_issuer(ca) && self.verify_signature(ca) == SignatureStatus::Valid
    }

    /// Returns the certificates that this one names as its issuer, with their indices. Those whose key
    /// identifier it names come first (RFC 5280 4.2.1.1).
    pub(crate) fn issuer_candidates<'a>(
        &self,
        among: impl IntoIterator<Item = &'a Self>,
    ) -> Vec<(usize, &'a Self)> {
        let wanted = self.authority_key_identifier();
        let names = |(_, ca): &(usize, &Self)| self.names_as_issuer(ca);
        let mut candidates: Vec<_> = among.into_iter().enumerate().filter(names).collect();
        candidates.sort_by_key(|(_, ca)| wanted.is_none() || ca.subject_key_identifier() != wanted);
        candidates
    }
}

/// Verifies the signature of a certificate request with the key that it holds (RFC 2986 4.2).
pub(crate) fn verify_request(request: &X509CertificationRequest<'_>) -> SignatureStatus {
    let info = &request.certification_request_info;
    let signature = &request.signature_value.data;
    let other = || request.verify_signature();
    verify(&request_algorithm(request), &info.subject_pki, info.raw, signature, other)
}

/// Verifies a signature. `other` does for the algorithms that x509-parser supports.
fn verify(
    algorithm: &SignatureAlgorithm,
    key: &SubjectPublicKeyInfo<'_>,
    signed: &[u8],
    signature: &[u8],
    other: impl FnOnce() -> Result<(), X509Error>,
) -> SignatureStatus {
    let (key_type, public_key) = (key_type(key), &key.subject_public_key.data);
    let is_valid = if let Some(ecdsa) = ecdsa(algorithm, key_type) {
        ecdsa.verify_signature(public_key, signed, signature).is_ok()
    } else if let Some(rsa) = short_rsa(algorithm, key_type) {
        UnparsedPublicKey::new(rsa, public_key).verify(signed, signature).is_ok()
    } else {
        match other() {
            Err(error) if is_unsupported(&error, algorithm, key_type) => {
                return SignatureStatus::Unsupported;
            }
            verified => verified.is_ok(),
        }
    };
    if is_valid { SignatureStatus::Valid } else { SignatureStatus::Invalid }
}

/// Returns the algorithm of a certificate request's signature.
pub(crate) fn request_algorithm(request: &X509CertificationRequest<'_>) -> SignatureAlgorithm {
    SignatureAlgorithm::from(&request.signature_algorithm)
}

/// Returns the algorithm of an ECDSA signature. x509-parser supports neither SHA-512 nor P-521.
fn ecdsa(
    algorithm: &SignatureAlgorithm,
    key: KeyType,
) -> Option<&'static dyn SignatureVerificationAlgorithm> {
    use SignatureAlgorithm::{EcdsaWithSha256, EcdsaWithSha384, EcdsaWithSha512};
    Some(match (algorithm, key) {
        (EcdsaWithSha256, KeyType::P256) => algorithms::ECDSA_P256_SHA256,
        (EcdsaWithSha384, KeyType::P256) => algorithms::ECDSA_P256_SHA384,
        (EcdsaWithSha512, KeyType::P256) => algorithms::ECDSA_P256_SHA512,
        (EcdsaWithSha256, KeyType::P384) => algorithms::ECDSA_P384_SHA256,
        (EcdsaWithSha384, KeyType::P384) => algorithms::ECDSA_P384_SHA384,
        (EcdsaWithSha512, KeyType::P384) => algorithms::ECDSA_P384_SHA512,
        (EcdsaWithSha256, KeyType::P521) => algorithms::ECDSA_P521_SHA256,
        (EcdsaWithSha384, KeyType::P521) => algorithms::ECDSA_P521_SHA384,
        (EcdsaWithSha512, KeyType::P521) => algorithms::ECDSA_P521_SHA512,
        _ => return None,
    })
}

/// Returns the algorithm for RSA keys of 1024 to 2047 bits, which Go and BoringSSL still accept.
const fn short_rsa(algorithm: &SignatureAlgorithm, key: KeyType) -> Option<&'static RsaParameters> {
    match (algorithm, key) {
        (SignatureAlgorithm::Sha256WithRsa, KeyType::Rsa(1024..2048)) => {
            Some(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY)
        }
        (SignatureAlgorithm::Sha512WithRsa, KeyType::Rsa(1024..2048)) => {
            Some(&RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY)
        }
        _ => None,
    }
}

fn is_unsupported(error: &X509Error, algorithm: &SignatureAlgorithm, key: KeyType) -> bool {
    // A curve of another name or without one, and the lengths of salt that x509-parser does not know.
    key == KeyType::Other
        || *error == X509Error::SignatureUnsupportedAlgorithm
        || *algorithm == SignatureAlgorithm::RsaPss
        || matches!(key, KeyType::Rsa(bits) if !(2048..=8192).contains(&bits))
}

/// A limit on verified signatures. A file of 1 MiB can hold thousands of certificates with one name, and each is a
/// candidate for the issuer of every other.
pub(crate) struct SignatureBudget {
    left: usize,
}

impl SignatureBudget {
    pub(crate) const fn new(signatures: usize) -> Self {
        Self { left: signatures }
    }

    /// Returns whether no more signatures will be verified.
    pub(crate) const fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// Verifies as [`Certificate::verify_signature`] does; `None` once the budget is spent.
    pub(crate) fn verify(
        &mut self,
        certificate: &Certificate,
        ca: &Certificate,
    ) -> Option<SignatureStatus> {
        self.left = self.left.checked_sub(1)?;
        Some(certificate.verify_signature(ca))
    }

    /// Returns the first of some certificates that issued a certificate; those whose key it names come first.
    pub(crate) fn issuer_of<'a>(
        &mut self,
        certificate: &Certificate,
        among: impl IntoIterator<Item = &'a Certificate>,
    ) -> Option<&'a Certificate> {
        let is_issuer =
            |ca: &&Certificate| self.verify(certificate, ca) == Some(SignatureStatus::Valid);
        let candidates = certificate.issuer_candidates(among);
        candidates.into_iter().map(|(_, ca)| ca).find(is_issuer)
    }
}
