//! Manifests of an installation.
#![no_main]

use kuma_pki::installation::{self, Inventory, Options};
use kuma_pki::verify::kuma::KumaVersion;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let mut inventory = Inventory::default();
    if inventory.read_manifest(text).is_ok() {
        let at = time::OffsetDateTime::UNIX_EPOCH;
        let options = Options { at, kuma: KumaVersion::NEWEST, previous: Vec::new() };
        for check in installation::verify(&inventory, &options).checks {
            let _ = check.component_error();
        }
    }
});
