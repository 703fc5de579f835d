//! Recognizes other formats where PEM is expected, so that an error can name the conversion. They are not parsed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::text::contains;

/// A format other than PEM that holds certificates, keys or requests.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OtherFormat {
    /// A certificate request (RFC 2986) as DER.
    #[error("it is a certificate request, not a certificate")]
    CertificateRequest,
    /// JSON with PEM in its strings, as Vault and cfssl print it.
    #[error("it is JSON with PEM in its strings, not PEM")]
    Json(PemPaths),
    /// PKCS#12 (RFC 7292).
    #[error("it is PKCS#12 (.p12, .pfx), not PEM")]
    Pkcs12,
    /// PKCS#7 or CMS (RFC 5652) as DER.
    #[error("it is PKCS#7 (.p7b, .p7c), not PEM")]
    Pkcs7,
    /// A private key as DER: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017 A.1.2) or SEC 1 (RFC 5915).
    #[error("it is a private key in DER, not PEM")]
    PrivateKey,
    /// Values encrypted with SOPS.
    #[error("it is encrypted with SOPS")]
    Sops,
}

/// The deepest nesting of JSON in which PEM is searched.
const MAX_DEPTH: usize = 8;

/// The start of every value that is encrypted with SOPS.
pub(crate) const SOPS_VALUE: &str = "ENC[AES256_GCM,";

/// Recognizes a binary format by its first bytes (X.690 8.1).
pub(crate) fn recognize_binary(octets: &[u8]) -> Option<OtherFormat> {
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
        return Some(OtherFormat::PrivateKey);
    }
    if content.starts_with(VERSION_3) {
        return Some(OtherFormat::Pkcs12);
    }
    if content.starts_with(SIGNED_DATA) {
        return Some(OtherFormat::Pkcs7);
    }
    // In a certificate, this is the version, which has a tag, or the serialNumber.
    sequence(content)?.starts_with(VERSION_0).then_some(OtherFormat::CertificateRequest)
}

/// Returns the contents of a SEQUENCE, whose length may be indefinite (X.690 8.1.3.6).
fn sequence(octets: &[u8]) -> Option<&[u8]> {
    match octets {
        [0x30, 0x80, rest @ ..] | [0x30, 0..0x80, rest @ ..] => Some(rest),
        [0x30, length @ 0x81..=0x84, rest @ ..] => rest.get(usize::from(length & 0x7f)..),
        _ => None,
    }
}

/// Recognizes a text format.
pub(crate) fn recognize_text(text: &[u8]) -> Option<OtherFormat> {
    if matches!(text.trim_ascii_start(), [b'{' | b'[' | b'"', ..]) {
        let mut paths = PemPaths::default();
        paths.find(serde_json::from_slice(text).ok()?, String::new(), MAX_DEPTH);
        if paths != PemPaths::default() {
            return Some(OtherFormat::Json(paths));
        }
    }
    contains(text, SOPS_VALUE).then_some(OtherFormat::Sops)
}

/// The paths of PEM in a JSON document, in jq's notation.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PemPaths {
    /// That of the first certificate.
    pub certificate: Option<String>,
    /// That of the first private key.
    pub private_key: Option<String>,
}

impl PemPaths {
    /// Searches a value. `RawValue` borrows from the text, so no key is copied.
    fn find(&mut self, value: &RawValue, path: String, depth: usize) {
        let text = value.get();
        if depth == 0 || !text.contains("-----BEGIN ") {
            return;
        }
        match text.as_bytes() {
            [b'[', ..] => {
                let values: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
                let dot = if path.is_empty() { "." } else { "" };
                for (index, value) in values.into_iter().enumerate() {
                    self.find(value, format!("{dot}{path}[{index}]"), depth - 1);
                }
            }
            [b'{', ..] => {
                let fields: BTreeMap<Cow<'_, str>, &RawValue> =
                    serde_json::from_str(text).unwrap_or_default();
                for (name, value) in fields {
                    if let Some(field) = field(&name) {
                        self.find(value, format!("{path}.{field}"), depth - 1);
                    }
                }
            }
            _ => {
                let path = if path.is_empty() { ".".to_owned() } else { path };
                if text.contains("PRIVATE KEY-----") {
                    self.private_key.get_or_insert(path);
                } else if text.contains("-----BEGIN CERTIFICATE-----") {
                    self.certificate.get_or_insert(path);
                }
            }
        }
    }
}

/// Returns a field name in jq's notation; `None` if it is not a plain word, since it is printed in a hint.
fn field(name: &str) -> Option<String> {
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"_-.".contains(&octet);
    if name.is_empty() || name.len() > 40 || !name.bytes().all(is_plain) {
        return None;
    }
    let is_word = name.bytes().all(|octet| octet.is_ascii_alphabetic() || octet == b'_');
    Some(if is_word { name.to_owned() } else { format!("\"{name}\"") })
}
