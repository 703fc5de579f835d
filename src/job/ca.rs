//! Issues CA certificates.

use kuma_pki::{
    CaRequest, Certificate, Issuer, KeyAlgorithm, KeyPair, Profile, SerialNumber, Template,
};
use time::OffsetDateTime;

use super::new_key;
use crate::report::failure::Failure;

/// Issues a CA certificate, by its own key or by a CA above, and checks it.
pub(super) fn issue(
    request: &CaRequest,
    key: &KeyPair,
    issuer: Option<&Issuer>,
    now: OffsetDateTime,
) -> Result<(Certificate, Template), Failure> {
    let issuer_validity = issuer.map(Issuer::validity);
    let key_identifier = key.identifier();
    let profile = Profile::CertificateAuthority { request, key: key_identifier, issuer_validity };
    let template = profile.resolve(now, SerialNumber::random()?)?;
    let certificate = match issuer {
        None => kuma_pki::self_signed(&template, key)?,
        Some(issuer) => kuma_pki::issued_by(&template, key, issuer)?,
    };
    kuma_pki::issue::self_check(&certificate, &template, key, issuer)?;
    Ok((certificate, template))
}

/// Generates a root CA whose key is never written.
pub(super) fn issue_ephemeral(request: &CaRequest, now: OffsetDateTime) -> Result<Issuer, Failure> {
    let key = new_key::generate(request.key_algorithm)?;
    let (certificate, _) = issue(request, &key, None, now)?;
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
