//! Text around and in PEM blocks.
#![no_main]

use kuma_pki::format::{bundle, pem};
use kuma_pki::{CertificateRequest, Passphrase};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let _ = pem::decode(text);
    let _ = pem::decode_certificates(text);
    let _ = pem::decode_private_key(text);
    let _ = bundle::decode(text);
    let _ = pem::decode_certificate_request(text).map(CertificateRequest::from_der);
    let passphrase = Passphrase::new(b"passphrase".to_vec().into()).expect("it is not empty");
    let _ = pem::decode_encrypted_private_key(text).map(|key| key.decrypt(&passphrase));
});
