//! Encodes a CA file as a bundle and as a Secret, reads the Secret back, and prints all three.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;

use kuma_pki::format::kubernetes_secret::{self, SecretMetadata};
use kuma_pki::format::{bundle, contents, pem};
use kuma_pki::{CaRequest, KeyAlgorithm, KeyPair, Namespace, ObjectName, Profile, SerialNumber};
use time::OffsetDateTime;

fn main() -> Result<(), Box<dyn Error>> {
    let ca_file = ca_file()?;
    print!("{}", String::from_utf8(bundle::encode(&ca_file))?);

    let name = ObjectName::parse("kuma-ca")?;
    let metadata = SecretMetadata::new(name, Namespace::parse("kuma-system")?);
    let manifest = kubernetes_secret::encode(&metadata, &[("ca.crt", &ca_file)]);
    print!("{}", *manifest);

    let contents = contents::read(manifest.as_bytes())?;
    for part in contents.parts {
        println!("{} in {}: {}", part.name, contents.encoding, part.certificates.len());
    }
    Ok(())
}

/// Returns the PEM of a new CA.
fn ca_file() -> Result<Vec<u8>, Box<dyn Error>> {
    let request = CaRequest::new("Example CA", KeyAlgorithm::EcdsaP256, Vec::new(), None)?;
    let key = KeyPair::generate(KeyAlgorithm::EcdsaP256)?;
    let profile = Profile::CertificateAuthority {
        request: &request,
        key: key.identifier(),
        issuer_validity: None,
    };
    let template = profile.resolve(OffsetDateTime::now_utc(), SerialNumber::random()?)?;
    Ok(pem::encode_certificates([kuma_pki::self_signed(&template, &key)?.der()]))
}
