//! Verifies a directory in which the proxies trust another CA than the one of the control plane.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;

use kuma_pki::format::pem;
use kuma_pki::installation::{Inventory, NamedFile, Options, verify};
use kuma_pki::verify::kuma::KumaVersion;
use kuma_pki::{
    ExtendedKeyUsage, IssuanceRequest, KeyAlgorithm, KeyPair, PrivateKeyEncoding, Profile,
    SerialNumber, SubjectAltName,
};
use time::OffsetDateTime;

const CONTROL_PLANE: &str = "
KUMA_GENERAL_TLS_CERT_FILE=/etc/kuma/tls.crt
KUMA_GENERAL_TLS_KEY_FILE=/etc/kuma/tls.key
";
const PROXY: &str = "
KUMA_CONTROL_PLANE_URL=https://cp.example:5678
KUMA_CONTROL_PLANE_CA_CERT_FILE=/etc/kuma/ca.crt
";

fn main() -> Result<(), Box<dyn Error>> {
    let at = OffsetDateTime::now_utc();
    let (certificate, key) = self_signed("cp.example", at)?;
    let (ca, _) = self_signed("cp.example", at)?;
    let file = |name, bytes: Vec<u8>| NamedFile::new(name, bytes.into());
    let files = vec![
        file("tls.crt", certificate),
        file("tls.key", key),
        file("ca.crt", ca),
        file("kuma-cp.env", CONTROL_PLANE.into()),
        file("kuma-dp.env", PROXY.into()),
    ];
    let mut inventory = Inventory::default();
    inventory.add_directory("/etc/kuma", files);
    let options = Options { at, kuma: KumaVersion::NEWEST, previous: Vec::new() };
    let report = verify(&inventory, &options);

    println!("fits together: {}", report.verifies());
    for (check, finding) in report.failures() {
        println!("{}, {}: {finding}", check.component, check.piece);
    }
    Ok(())
}

/// Returns the PEM of a self-signed certificate and of its key.
fn self_signed(name: &str, now: OffsetDateTime) -> Result<(Vec<u8>, Vec<u8>), Box<dyn Error>> {
    let algorithm = KeyAlgorithm::EcdsaP256;
    let names = [SubjectAltName::parse(name)?];
    let request = IssuanceRequest::new(ExtendedKeyUsage::ServerAuth, names, algorithm, None)?;
    let template = Profile::EndEntity { request: &request, issuer_validity: None }
        .resolve(now, SerialNumber::random()?)?;
    let key = KeyPair::generate(algorithm)?;
    let certificate = kuma_pki::self_signed(&template, &key)?;
    let key = pem::encode_private_key(&key.private_key(PrivateKeyEncoding::default())?);
    Ok((pem::encode_certificates([certificate.der()]), key.to_vec()))
}
