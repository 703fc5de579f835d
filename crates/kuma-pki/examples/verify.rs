//! Verifies a certificate for a name that it does not have and prints what fails and who rejects it.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;

use kuma_pki::format::pem;
use kuma_pki::verify::{File, Host, VerifyInput, VerifyOptions, verify};
use kuma_pki::{
    ExtendedKeyUsage, IssuanceRequest, KeyAlgorithm, KeyPair, Profile, SerialNumber, SubjectAltName,
};
use time::OffsetDateTime;

fn main() -> Result<(), Box<dyn Error>> {
    let now = OffsetDateTime::now_utc();
    let certificate = self_signed("cp.example", now)?;
    let hosts = [Host::from(SubjectAltName::parse("other.example")?)];

    let input = VerifyInput {
        certificate: File { name: "tls.crt", bytes: &certificate },
        proof: None,
        key: None,
        key_mode: None,
        ca: Some(File { name: "ca.crt", bytes: &certificate }),
        bundle: None,
    };
    let options = VerifyOptions::new(&hosts, ExtendedKeyUsage::ServerAuth, now);
    let report = verify(&input, &options);

    println!("verifies: {}", report.verifies());
    for (check, finding) in report.failures() {
        println!("{}: {finding}", check.as_str());
    }
    for verdict in report.clients.iter().filter(|verdict| !verdict.accepts()) {
        println!("rejected by {}", verdict.client.title());
    }
    Ok(())
}

/// Returns the PEM of a self-signed certificate.
fn self_signed(name: &str, now: OffsetDateTime) -> Result<Vec<u8>, Box<dyn Error>> {
    let algorithm = KeyAlgorithm::EcdsaP256;
    let names = [SubjectAltName::parse(name)?];
    let request = IssuanceRequest::new(ExtendedKeyUsage::ServerAuth, names, algorithm, None)?;
    let template = Profile::EndEntity { request: &request, issuer_validity: None }
        .resolve(now, SerialNumber::random()?)?;
    let certificate = kuma_pki::self_signed(&template, &KeyPair::generate(algorithm)?)?;
    Ok(pem::encode_certificates([certificate.der()]))
}
