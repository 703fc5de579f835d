//! The CA bundle of a webhook.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::finding::{BundleContent, Finding};
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
                let (length, content) = (packed.len(), content(&packed));
                return failed(Finding::BundleTruncated { length, content });
            }
            Err(error) => {
                let reason = error.reason;
                return failed(Finding::BundleUnreadable { reason, content: content(&packed) });
            }
        };
        let lines =
            text.lines().flat_map(|line| line.split([' ', '\t'])).filter(|part| !part.is_empty());
        let lines = lines.count();
        let has_spaces = text.contains([' ', '\t']);
        let fault = (lines > 1).then_some(Finding::BundleWrapped { lines, has_spaces });
        // Go ignores line breaks in Base64, and nothing else.
        Self { pem: Some(pem), fault, is_harmless: !has_spaces }
    }
}

/// Returns whether a text is the beginning of a bundle.
fn is_cut(packed: &[u8]) -> bool {
    let whole = &packed[..packed.len() / 4 * 4];
    let Ok(text) = BASE64_STANDARD.decode(whole) else { return false };
    let Some(last) = place(&text, b"-----BEGIN CERTIFICATE") else {
        // Not even the first label is whole.
        return packed.starts_with(BEGINNING);
    };
    place(&text[last..], END).is_none()
}

const END: &[u8] = b"-----END CERTIFICATE-----";

/// Returns the last place of a part.
fn place(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).rposition(|window| window == part)
}

/// Returns what kube-apiserver finds in a bundle.
fn content(packed: &[u8]) -> BundleContent {
    match BASE64_STANDARD.decode(packed) {
        Err(_) => BundleContent::NotBase64,
        Ok(text) if place(&text, END).is_some() => BundleContent::Certificates,
        Ok(text) if place(&text, b"-----END ").is_some() => BundleContent::OtherPem,
        Ok(_) => BundleContent::NoPem,
    }
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
                Some(Finding::BundleTruncated {
                    length,
                    content: content(&line.as_bytes()[..length])
                }),
                "{length}"
            );
        }
        assert!(!matches!(fault(&line), Some(Finding::BundleTruncated { .. })));
        let content = BundleContent::NoPem;
        let said = |length| Finding::BundleTruncated { length, content }.to_string();
        assert!(said(76).contains("GNU base64"));
        assert!(!said(80).contains("GNU base64"));
    }

    #[test]
    fn a_bundle_that_ends_with_another_block_is_not_cut() {
        let key = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n";
        let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        for (text, expected) in [
            (key.to_owned(), BundleContent::OtherPem),
            (format!("{certificate}{key}"), BundleContent::Certificates),
        ] {
            let Some(Finding::BundleUnreadable { content, .. }) =
                fault(&BASE64_STANDARD.encode(&text))
            else {
                panic!("{text}")
            };
            assert_eq!(content, expected, "{text}");
        }
        assert_eq!(content(b"----"), BundleContent::NotBase64);
        assert_eq!(content(b"QUJD"), BundleContent::NoPem);
    }
}
