//! Issues CA certificates.

use kuma_pki::format::pem;
use kuma_pki::{
    CaRequest, Certificate, Issuer, KeyAlgorithm, KeyPair, Profile, SerialNumber, Template,
    ValidFor,
};
use time::OffsetDateTime;

use super::new_key;
use super::signer::fits_a_file;
use crate::args::issuer::DEFAULT_NAME;
use crate::report::failure::Failure;

/// Issues a CA certificate and checks it.
///
/// # Errors
///
/// A validity that is too long, and errors of the crypto library.
pub(super) fn issue(
    request: &CaRequest,
    key: &KeyPair,
    now: OffsetDateTime,
) -> Result<(Certificate, Template), Failure> {
    let profile = Profile::CertificateAuthority { request, key: key.identifier() };
    let template = profile.resolve(now, SerialNumber::random()?)?;
    let certificate = kuma_pki::self_signed(&template, key)?;
    kuma_pki::issue::self_check(&certificate, &template, key, None)?;
    fits_a_file(&pem::encode_certificates([&certificate]))?;
    Ok((certificate, template))
}

/// Generates a CA whose key is never written.
///
/// # Errors
///
/// A validity that is too long, and errors of the crypto library.
pub(super) fn issue_ephemeral(
    key_algorithm: KeyAlgorithm,
    valid_for: Option<ValidFor>,
    now: OffsetDateTime,
) -> Result<Issuer, Failure> {
    let request = CaRequest::new(DEFAULT_NAME, key_algorithm, Vec::new(), valid_for)?;
    let key = new_key::generate(key_algorithm)?;
    let (certificate, _) = issue(&request, &key, now)?;
    Ok(Issuer::new(vec![certificate], key, now)?)
}

/// Returns the warning about a CA key that some clients do not support.
pub(super) fn key_warning(key_algorithm: KeyAlgorithm) -> Option<String> {
    (key_algorithm == KeyAlgorithm::Ed25519).then(|| {
        "Chrome, Firefox and mbedTLS reject every certificate from a CA with an Ed25519 key; an ECDSA key \
         (ecdsa) suits all clients"
            .to_owned()
    })
}
