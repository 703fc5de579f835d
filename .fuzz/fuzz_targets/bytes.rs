//! Any bytes: what `inspect certificate` and `verify tls-certificate` do with a file. DER is reached
//! here most quickly.
#![no_main]

use kuma_pki::verify::{File, Host, VerifyInput, VerifyOptions};
use kuma_pki::format::{self, contents};
use kuma_pki::verify::{self, inspect};
use kuma_pki::{Certificate, CertificateRequest, ExtendedKeyUsage, SubjectAltName};
use libfuzzer_sys::fuzz_target;
use time::OffsetDateTime;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = CertificateRequest::from_der(bytes.to_vec()) {
        let _ = (request.subject_alt_names(), request.names_not_in(&[]));
    }
    let now = OffsetDateTime::UNIX_EPOCH;
    let mut chains = Vec::new();
    chains.extend(Certificate::from_der(bytes.to_vec()).map(|one| vec![one]));
    if let Ok(contents) = contents::read(bytes) {
        chains.extend(contents.parts.into_iter().map(|part| part.certificates));
    }
    for chain in chains {
        for certificate in &chain {
            let _ = inspect::summary(certificate, now);
        }
        let _ = inspect::links(&chain);
        let _ = inspect::rejections(&chain);
        let text = format::pem::encode_certificates(&chain);
        let file = File { name: "x", bytes: &text };
        let input = VerifyInput {
            certificate: file,
            proof: None,
            key: Some(file),
            key_mode: None,
            ca: Some(file),
            bundle: Some(File { name: "y", bytes }),
        };
        let hosts = [Host::from(SubjectAltName::parse("cp.example").expect("a name"))];
        let options = VerifyOptions::new(&hosts, ExtendedKeyUsage::ServerAuth, now);
        let _ = verify::verify(&input, &options);
    }
});
