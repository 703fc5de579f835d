//! The CA bundle of a webhook.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::finding::Finding;
use crate::format::bundle;

/// The beginning of a PEM certificate in Base64, up to where the label is clear.
const BEGINNING: &[u8] = b"LS0tLS1CRUdJTiBDRVJUSUZJQ0FUR";

/// The PEM in a bundle, and what is wrong with how it is written.
#[derive(Default)]
pub(super) struct CaBundle {
    pub(super) pem: Option<Vec<u8>>,
    pub(super) fault: Option<Finding>,
    /// Whether the fault does no harm in an object of the API server.
    pub(super) is_harmless: bool,
}

impl CaBundle {
    pub(super) fn read(text: &str) -> Self {
        let text = text.trim_ascii();
        let packed: Vec<u8> = text.bytes().filter(|octet| !octet.is_ascii_whitespace()).collect();
        let failed = |fault| Self { pem: None, fault: Some(fault), is_harmless: false };
        if packed.is_empty() {
            return failed(Finding::BundleMissing);
        }
        if packed.starts_with(b"TFMwdExTM") {
            return failed(Finding::BundleEncodedTwice);
        }
        let pem = match bundle::decode(&packed) {
            Ok(pem) => pem,
            Err(_) if is_cut(&packed) => {
                return failed(Finding::BundleTruncated { length: packed.len() });
            }
            Err(error) => return failed(Finding::BundleUnreadable { reason: error.reason }),
        };
        let lines =
            text.lines().flat_map(|line| line.split([' ', '\t'])).filter(|part| !part.is_empty());
        let lines = lines.count();
        let has_spaces = text.contains([' ', '\t']);
        let fault = (lines > 1).then_some(Finding::BundleWrapped { lines, has_spaces });
        // Go passes over line breaks in Base64, and over nothing else.
        Self { pem: Some(pem), fault, is_harmless: !has_spaces }
    }
}

/// Returns whether a text is the beginning of a bundle.
fn is_cut(packed: &[u8]) -> bool {
    let whole = &packed[..packed.len() / 4 * 4];
    let Ok(text) = BASE64_STANDARD.decode(whole) else { return false };
    packed.starts_with(BEGINNING) && !text.trim_ascii_end().ends_with(b"-----END CERTIFICATE-----")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Option<Finding> {
        CaBundle::read(text).fault
    }

    #[test]
    fn a_bundle_cut_at_any_place_is_recognized() {
        let pem = format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            ["MIIB".repeat(16).as_str(); 8].join("\n")
        );
        let line = BASE64_STANDARD.encode(pem);
        for length in [40, 75, 76, 77, 400, line.len() - 20] {
            assert_eq!(
                fault(&line[..length]),
                Some(Finding::BundleTruncated { length }),
                "{length}"
            );
        }
        assert!(!matches!(fault(&line), Some(Finding::BundleTruncated { .. })));
        assert!(Finding::BundleTruncated { length: 76 }.to_string().contains("GNU base64"));
        assert!(!Finding::BundleTruncated { length: 80 }.to_string().contains("GNU base64"));
    }
}
