//! Any bytes: what `inspect certificate` and `verify tls-certificate` do with a file. DER is reached
//! here most quickly.
#![no_main]

use kuma_pki::verify::{Evidence, File, Host, Question};
use kuma_pki::{ExtendedKeyUsage, SubjectAltName, format::contents, format, verify::inspect, verify};
use libfuzzer_sys::fuzz_target;
use time::OffsetDateTime;

fuzz_target!(|bytes: &[u8]| {
    let now = OffsetDateTime::UNIX_EPOCH;
    let mut chains = vec![vec![bytes.to_vec()]];
    if let Ok(contents) = contents::read(bytes) {
        chains.extend(contents.parts.into_iter().map(|part| part.certificates));
    }
    for chain in chains {
        for der in &chain {
            let _ = inspect::summary(der, now);
        }
        let _ = inspect::links(&chain);
        let _ = inspect::refusals(&chain);
        let text = format::pem::encode_certificates(chain.iter().map(Vec::as_slice));
        let file = File { name: "x", bytes: &text };
        let evidence = Evidence {
            certificate: file,
            proof: None,
            key: Some(file),
            key_mode: None,
            ca: Some(file),
            bundle: Some(File { name: "y", bytes }),
        };
        let hosts = [Host::from(SubjectAltName::parse("cp.example").expect("a name"))];
        let question = Question::new(&hosts, ExtendedKeyUsage::ServerAuth, now);
        let _ = verify::verify(&evidence, &question);
    }
});
