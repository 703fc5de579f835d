//! Who signed a certificate: signatures, and a bound on how many are looked at.

use aws_lc_rs::signature::{
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    RsaParameters, UnparsedPublicKey,
};
use rustls_pki_types::SignatureVerificationAlgorithm;
use webpki::aws_lc_rs as algorithms;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::error::X509Error;
use x509_parser::prelude::X509Certificate;

use crate::x509::{self, SubjectKey};

/// What a signature turned out to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Signature {
    /// It was made with the key.
    Valid,
    /// It was not made with the key.
    Invalid,
    /// Its algorithm, or the size of the key, is none that TLS libraries still know.
    Unsupported,
}

/// Looks whether a certificate is signed with the key of another. Names are not compared.
pub(crate) fn verify(certificate: &X509Certificate<'_>, ca: &X509Certificate<'_>) -> Signature {
    let key = x509::subject_key(ca);
    if let Some(algorithm) = elliptic(&x509::signature_algorithm(certificate), key) {
        let signed = certificate.tbs_certificate.as_ref();
        let signature = &certificate.signature_value.data;
        return match algorithm.verify_signature(x509::public_key(ca), signed, signature) {
            Ok(()) => Signature::Valid,
            Err(_) => Signature::Invalid,
        };
    }
    if let Some(algorithm) = short_rsa(&x509::signature_algorithm(certificate), key) {
        let signed = certificate.tbs_certificate.as_ref();
        let ca = UnparsedPublicKey::new(algorithm, x509::public_key(ca));
        return match ca.verify(signed, &certificate.signature_value.data) {
            Ok(()) => Signature::Valid,
            Err(_) => Signature::Invalid,
        };
    }
    match certificate.verify_signature(Some(ca.public_key())) {
        Ok(()) => Signature::Valid,
        // A curve of another name, or without one.
        Err(_) if key == SubjectKey::Other => Signature::Unsupported,
        Err(X509Error::SignatureUnsupportedAlgorithm) => Signature::Unsupported,
        // x509-parser knows one length of salt.
        Err(_) if x509::signature_algorithm(certificate) == "RSASSA-PSS" => Signature::Unsupported,
        Err(_) if matches!(key, SubjectKey::Rsa(bits) if !(2048..=8192).contains(&bits)) => {
            Signature::Unsupported
        }
        Err(_) => Signature::Invalid,
    }
}

/// Returns whether a certificate request is signed with the key that it holds (RFC 2986 4.2).
pub(crate) fn is_signed_by_itself(request: &X509CertificationRequest<'_>) -> bool {
    let info = &request.certification_request_info;
    let algorithm = x509::signature_algorithm_name(&request.signature_algorithm);
    match elliptic(&algorithm, x509::subject_key_of(&info.subject_pki)) {
        Some(algorithm) => {
            let key = &info.subject_pki.subject_public_key.data;
            algorithm.verify_signature(key, info.raw, &request.signature_value.data).is_ok()
        }
        None => request.verify_signature().is_ok(),
    }
}

/// The algorithms on curves. x509-parser knows neither SHA-512 nor P-521.
fn elliptic(
    algorithm: &str,
    key: SubjectKey,
) -> Option<&'static dyn SignatureVerificationAlgorithm> {
    Some(match (algorithm, key) {
        ("ecdsa-with-SHA256", SubjectKey::P256) => algorithms::ECDSA_P256_SHA256,
        ("ecdsa-with-SHA384", SubjectKey::P256) => algorithms::ECDSA_P256_SHA384,
        ("ecdsa-with-SHA512", SubjectKey::P256) => algorithms::ECDSA_P256_SHA512,
        ("ecdsa-with-SHA256", SubjectKey::P384) => algorithms::ECDSA_P384_SHA256,
        ("ecdsa-with-SHA384", SubjectKey::P384) => algorithms::ECDSA_P384_SHA384,
        ("ecdsa-with-SHA512", SubjectKey::P384) => algorithms::ECDSA_P384_SHA512,
        ("ecdsa-with-SHA256", SubjectKey::P521) => algorithms::ECDSA_P521_SHA256,
        ("ecdsa-with-SHA384", SubjectKey::P521) => algorithms::ECDSA_P521_SHA384,
        ("ecdsa-with-SHA512", SubjectKey::P521) => algorithms::ECDSA_P521_SHA512,
        _ => return None,
    })
}

/// The algorithms for keys of 1024 to 2047 bits, which Go and BoringSSL still accept.
fn short_rsa(algorithm: &str, key: SubjectKey) -> Option<&'static RsaParameters> {
    Some(match (algorithm, key) {
        ("sha256WithRSAEncryption", SubjectKey::Rsa(1024..2048)) => {
            &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY
        }
        ("sha512WithRSAEncryption", SubjectKey::Rsa(1024..2048)) => {
            &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY
        }
        _ => return None,
    })
}

/// Whether the key of a certificate is of the type that a signature was made with, as far as their algorithms
/// tell. OpenSSL chooses an issuer by this.
pub(crate) fn is_of_key_type(certificate: &X509Certificate<'_>, ca: &X509Certificate<'_>) -> bool {
    let algorithm = x509::signature_algorithm(certificate);
    match x509::subject_key(ca) {
        SubjectKey::P256 | SubjectKey::P384 | SubjectKey::P521 => algorithm.starts_with("ecdsa"),
        SubjectKey::Rsa(_) => algorithm.contains("RSA"),
        SubjectKey::Ed25519 => algorithm == "Ed25519",
        SubjectKey::Other => true,
    }
}

/// Whether a certificate's authorityKeyIdentifier says nothing against a CA (RFC 5280 4.2.1.1).
pub(crate) fn identifies(certificate: &X509Certificate<'_>, ca: &X509Certificate<'_>) -> bool {
    let wanted = x509::authority_key_identifier(certificate);
    let found = x509::subject_key_identifier(ca);
    let is_same = !matches!((wanted, found), (Some(wanted), Some(found)) if wanted != found);
    let serial = x509::authority_serial_number(certificate);
    is_same && serial.is_none_or(|serial| serial == ca.raw_serial())
}

/// Whether a certificate is signed with its own key.
pub(crate) fn is_self_signed(certificate: &X509Certificate<'_>) -> bool {
    is_issued_by(certificate, certificate)
}

/// Whether a CA's certificate ends a chain: it is its own issuer, as far as its signature can tell.
pub(crate) fn is_root(certificate: &X509Certificate<'_>) -> bool {
    x509::is_self_issued(certificate) && verify(certificate, certificate) != Signature::Invalid
}

/// Whether one certificate is signed with the key of another, and names it as its issuer.
pub(crate) fn is_issued_by(certificate: &X509Certificate<'_>, ca: &X509Certificate<'_>) -> bool {
    x509::names_as_issuer(certificate, ca) && verify(certificate, ca) == Signature::Valid
}

/// Those of some certificates that another names as its issuer, with their places: the ones whose key
/// it names as well come first (RFC 5280 4.2.1.1).
pub(crate) fn candidates<'s, 'a: 's>(
    certificate: &X509Certificate<'_>,
    among: impl IntoIterator<Item = &'s X509Certificate<'a>>,
) -> Vec<(usize, &'s X509Certificate<'a>)> {
    let wanted = x509::authority_key_identifier(certificate);
    let names = |(_, ca): &(usize, &X509Certificate<'_>)| x509::names_as_issuer(certificate, ca);
    let mut found: Vec<_> = among.into_iter().enumerate().filter(names).collect();
    found.sort_by_key(|(_, ca)| wanted.is_none() || x509::subject_key_identifier(ca) != wanted);
    found
}

/// A bound on the signatures that are looked at: a file of 1 MiB holds thousands of certificates of
/// one name, each of which could be the issuer of each.
pub(crate) struct Budget {
    left: usize,
}

impl Budget {
    pub(crate) const fn new(signatures: usize) -> Self {
        Self { left: signatures }
    }

    /// Whether no signature will be looked at any more.
    pub(crate) const fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// As [`verify`]; `None` once the budget is spent.
    pub(crate) fn verify(
        &mut self,
        certificate: &X509Certificate<'_>,
        ca: &X509Certificate<'_>,
    ) -> Option<Signature> {
        self.left = self.left.checked_sub(1)?;
        Some(verify(certificate, ca))
    }

    /// The first of the candidates that signed a certificate, with its place.
    pub(crate) fn issuer_of<'s, 'a>(
        &mut self,
        certificate: &X509Certificate<'_>,
        candidates: &[(usize, &'s X509Certificate<'a>)],
    ) -> Option<(usize, &'s X509Certificate<'a>)> {
        let signed = |(_, ca): &&(usize, &X509Certificate<'_>)| {
            self.verify(certificate, ca) == Some(Signature::Valid)
        };
        candidates.iter().find(signed).copied()
    }
}
