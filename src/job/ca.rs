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

/// The name of a root that is generated for an intermediate CA.
const ROOT_NAME: &str = "Kuma Root CA";

/// Issues a CA certificate and checks it. Fails on a validity that is too long, and errors of the crypto
/// library.
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

/// Issues a CA certificate below another CA and checks it. Fails on a CA above that cannot issue it, and errors
/// of the crypto library.
pub(super) fn issue_below(
    issuer: &Issuer,
    request: &CaRequest,
    key: &KeyPair,
    now: OffsetDateTime,
) -> Result<(Certificate, Template), Failure> {
    let (key_identifier, issuer_validity) = (key.identifier(), issuer.validity());
    let profile = Profile::IntermediateAuthority { request, key: key_identifier, issuer_validity };
    let template = profile.resolve(now, SerialNumber::random()?)?;
    let certificate = kuma_pki::issued_by(&template, key, issuer)?;
    kuma_pki::issue::self_check(&certificate, &template, key, Some(issuer))?;
    Ok((certificate, template))
}

/// Generates the root of an intermediate CA. The key of the root is never written. Fails on a validity that is
/// too long, and errors of the crypto library.
pub(super) fn issue_ephemeral_root(
    request: &CaRequest,
    now: OffsetDateTime,
) -> Result<Issuer, Failure> {
    let algorithm = request.key_algorithm;
    let root = CaRequest::new(ROOT_NAME, algorithm, Vec::new(), request.valid_for)?
        .with_path_length(request.path_length().saturating_add(1));
    let key = new_key::generate(algorithm)?;
    let (certificate, _) = issue(&root, &key, now)?;
    Ok(Issuer::new(vec![certificate], key, now)?)
}

/// Generates a CA whose key is never written. Fails on a validity that is too long, and errors of the crypto
/// library.
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
