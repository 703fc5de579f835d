//! Specifications of many certificates, in YAML and JSON.
#![no_main]

use kuma_pki::spec::Specification;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(found) = Specification::parse(text) {
        assert!(!found.errors.is_empty());
    }
});
