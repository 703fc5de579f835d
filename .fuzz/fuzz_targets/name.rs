//! What people type: names, Services, durations. A name that is read is read again as itself.
#![no_main]

use kuma_pki::{PermittedSubtree, ServiceName, SubjectAltName, ValidFor};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match SubjectAltName::parse(text) {
        Ok(name) => {
            let again = SubjectAltName::parse(&name.to_string());
            assert_eq!(again.as_ref().ok(), Some(&name), "{text:?}");
        }
        Err(error) => {
            for meant in &error.meant {
                assert!(SubjectAltName::parse(&meant.to_string()).is_ok(), "{text:?}: {meant}");
            }
        }
    }
    let _ = ServiceName::parse(text);
    let _ = PermittedSubtree::parse_dns(text);
    let _ = PermittedSubtree::parse_ip(text);
    let _ = text.parse::<ValidFor>();
});
