//! Manifests of an installation, and files of a directory: manifests, environment and unit files, and
//! configurations of the control plane.
#![no_main]

use kuma_pki::installation::{self, Inventory, NamedFile, Options};
use kuma_pki::verify::kuma::KumaVersion;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let mut inventory = Inventory::default();
    let names = ["kuma-cp.env", "kuma-dp.service", "kuma-cp.yaml", "secret.yaml", "tls.crt"];
    let file = |name| NamedFile::new(name, text.to_vec().into());
    let _ = inventory.read_manifest(text);
    inventory.add_directory("tls", names.map(file).into());
    let at = time::OffsetDateTime::UNIX_EPOCH;
    let options = Options { at, kuma: KumaVersion::NEWEST, previous: Vec::new() };
    for check in installation::verify(&inventory, &options).checks {
        let _ = check.component_error();
    }
});
