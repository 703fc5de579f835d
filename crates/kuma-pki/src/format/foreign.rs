//! Formats that are given where PEM belongs. They are recognized, so that the way to PEM can be named, and
//! not read.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde_json::value::RawValue;

use crate::text::contains;

/// A format that holds certificates or keys, or what becomes one.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Foreign {
    /// A certificate request (RFC 2986) as DER. As PEM it has a label.
    CertificateRequest,
    /// JSON, as Vault and cfssl print it, with PEM in its strings.
    Json {
        /// The place of the first certificate, as jq writes it.
        certificate: Option<String>,
        /// The place of the first private key.
        private_key: Option<String>,
    },
    /// PKCS#12 (RFC 7292).
    Pkcs12,
    /// PKCS#7, or CMS (RFC 5652), as DER. As PEM it has a label.
    Pkcs7,
    /// A private key as DER: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017 A.1.2) or SEC 1 (RFC 5915).
    PrivateKey,
    /// Values that SOPS encrypted.
    Sops,
}

/// How deep PEM is looked for in JSON.
const MAX_DEPTH: usize = 8;

/// How every value begins that SOPS encrypted.
pub(crate) const SOPS_VALUE: &str = "ENC[AES256_GCM,";

/// Recognizes a binary format by its first octets (X.690 8.1).
pub(crate) fn binary(octets: &[u8]) -> Option<Foreign> {
    const VERSION_3: &[u8] = &[2, 1, 3, 0x30];
    const VERSION_0: &[u8] = &[2, 1, 0, 0x30];
    // 1.2.840.113549.1.7.2
    const SIGNED_DATA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
    // 1.2.840.113549.1.5, the algorithms of an encrypted key.
    const PKCS5: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5];
    const KEYS: [&[u8]; 3] = [VERSION_0, &[2, 1, 0, 2], &[2, 1, 1, 4]];
    let content = sequence(octets)?;
    let is_encrypted = || sequence(content).is_some_and(|inner| inner.starts_with(PKCS5));
    if KEYS.iter().any(|start| content.starts_with(start)) || is_encrypted() {
        return Some(Foreign::PrivateKey);
    }
    if content.starts_with(VERSION_3) {
        return Some(Foreign::Pkcs12);
    }
    if content.starts_with(SIGNED_DATA) {
        return Some(Foreign::Pkcs7);
    }
    // A certificate has a tag or another number there: its version or its serialNumber.
    sequence(content)?.starts_with(VERSION_0).then_some(Foreign::CertificateRequest)
}

/// What stands in a SEQUENCE; older programs leave the length out.
fn sequence(octets: &[u8]) -> Option<&[u8]> {
    match octets {
        [0x30, 0x80, rest @ ..] | [0x30, 0..0x80, rest @ ..] => Some(rest),
        [0x30, length @ 0x81..=0x84, rest @ ..] => rest.get(usize::from(length & 0x7f)..),
        _ => None,
    }
}

/// Recognizes a text that is not PEM, or not PEM alone.
pub(crate) fn text(text: &[u8]) -> Option<Foreign> {
    if matches!(text.trim_ascii_start(), [b'{' | b'[' | b'"', ..]) {
        let mut places = Places::default();
        places.find(serde_json::from_slice(text).ok()?, String::new(), MAX_DEPTH);
        if places.certificate.is_some() || places.private_key.is_some() {
            let Places { certificate, private_key } = places;
            return Some(Foreign::Json { certificate, private_key });
        }
    }
    contains(text, SOPS_VALUE).then_some(Foreign::Sops)
}

/// Where PEM stands in a tree.
#[derive(Default)]
struct Places {
    certificate: Option<String>,
    private_key: Option<String>,
}

impl Places {
    /// Values are parts of the text: no key is copied.
    fn find(&mut self, value: &RawValue, place: String, depth: usize) {
        let text = value.get();
        if depth == 0 || !text.contains("-----BEGIN ") {
            return;
        }
        match text.as_bytes() {
            [b'[', ..] => {
                let values: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
                let dot = if place.is_empty() { "." } else { "" };
                for (index, value) in values.into_iter().enumerate() {
                    self.find(value, format!("{dot}{place}[{index}]"), depth - 1);
                }
            }
            [b'{', ..] => {
                let fields: BTreeMap<Cow<'_, str>, &RawValue> =
                    serde_json::from_str(text).unwrap_or_default();
                for (name, value) in fields {
                    if let Some(field) = field(&name) {
                        self.find(value, format!("{place}.{field}"), depth - 1);
                    }
                }
            }
            _ => {
                let place = if place.is_empty() { ".".to_owned() } else { place };
                if text.contains("PRIVATE KEY-----") {
                    self.private_key.get_or_insert(place);
                } else if text.contains("-----BEGIN CERTIFICATE-----") {
                    self.certificate.get_or_insert(place);
                }
            }
        }
    }
}

/// A field as jq writes it. One that is no plain word is passed over: it could be anything.
fn field(name: &str) -> Option<String> {
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"_-.".contains(&octet);
    if name.is_empty() || name.len() > 40 || !name.bytes().all(is_plain) {
        return None;
    }
    let is_word = name.bytes().all(|octet| octet.is_ascii_alphabetic() || octet == b'_');
    Some(if is_word { name.to_owned() } else { format!("\"{name}\"") })
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CertificateRequest => "it is a certificate request, not a certificate",
            Self::Json { .. } => "it is JSON with PEM in it, not PEM",
            Self::Pkcs12 => "it is PKCS#12 (.p12, .pfx), not PEM",
            Self::Pkcs7 => "it is PKCS#7 (.p7b, .p7c), not PEM",
            Self::PrivateKey => "it is a private key in DER, not PEM",
            Self::Sops => "it is encrypted with SOPS",
        })
    }
}
