//! Issues a server certificate from a new CA and prints both, as PEM.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;

use kuma_pki::format::pem;
use kuma_pki::issue::{check_issued, self_check};
use kuma_pki::{
    CaRequest, ExtendedKeyUsage, IssuanceRequest, Issuer, KeyAlgorithm, KeyPair,
    PrivateKeyEncoding, Profile, SerialNumber, SubjectAltName,
};
use time::OffsetDateTime;

fn main() -> Result<(), Box<dyn Error>> {
    let now = OffsetDateTime::now_utc();
    let algorithm = KeyAlgorithm::EcdsaP256;

    let request = CaRequest::new("Example CA", algorithm, Vec::new(), None)?;
    let key = KeyPair::generate(algorithm)?;
    let profile = Profile::CertificateAuthority {
        request: &request,
        key: key.identifier(),
        issuer_validity: None,
    };
    let template = profile.resolve(now, SerialNumber::random()?)?;
    let ca = kuma_pki::self_signed(&template, &key)?;
    let issuer = Issuer::new(vec![ca.clone()], key, now)?;

    let names = [SubjectAltName::parse("cp.example")?];
    let request = IssuanceRequest::new(ExtendedKeyUsage::ServerAuth, names, algorithm, None)?;
    let key = KeyPair::generate(algorithm)?;
    let profile =
        Profile::EndEntity { request: &request, issuer_validity: Some(issuer.validity()) };
    let template = profile.resolve(now, SerialNumber::random()?)?;
    let certificate = kuma_pki::issued_by(&template, &key, &issuer)?;

    self_check(&certificate, &template, &key, Some(&issuer))?;
    let chain = [certificate];
    check_issued(&template, &chain, &ca, now)?;

    print!("{}", String::from_utf8(pem::encode_certificates(chain.iter().chain([&ca])))?);
    // A program writes the key where nobody else can read it.
    let _private_key = pem::encode_private_key(&key.private_key(PrivateKeyEncoding::default())?);
    Ok(())
}
