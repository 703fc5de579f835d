//! Text around and in PEM blocks.
#![no_main]

use kuma_pki::format::{bundle, pem};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let _ = pem::decode(text);
    let _ = pem::decode_certificates(text);
    let _ = pem::decode_private_key(text);
    let _ = bundle::decode(text);
});
