//! Specifications of many certificates, in YAML and JSON.
#![no_main]

use kuma_pki::spec::Specification;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(faults) = Specification::parse(text) {
        assert!(!faults.faults.is_empty());
    }
});
