//! Kubernetes Secrets in YAML and JSON.
#![no_main]

use kuma_pki::format::kubernetes_secret;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let _ = kubernetes_secret::is_manifest(text);
    let _ = kubernetes_secret::decode(text);
});
