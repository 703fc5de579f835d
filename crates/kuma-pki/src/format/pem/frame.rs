//! The lines of a PEM text: where blocks begin and end.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use super::error::{PemError, PemFault};
use super::{Foreign, PRIVATE_KEY, has_block};
use crate::format::{foreign, packed};
use crate::key::{EncryptedPrivateKey, PrivateKeyDer};
use crate::text::contains;

/// The start of a PEM block.
pub(super) const BEGIN: &str = "-----BEGIN ";

/// The end of a PEM block.
const END: &str = "-----END ";

/// What closes the label where line breaks are written as two characters.
const ESCAPED: &str = "-----\\n";

/// What closes the label.
const DASHES: &str = "-----";

/// A block whose frame is sound, not decoded yet.
pub(super) struct RawBlock<'a> {
    /// Its place among the blocks, counted from 1.
    pub(super) position: usize,
    pub(super) label: &'a str,
    /// The number of its first line, counted from 1.
    line: usize,
    /// The headers of RFC 1421, if there are any.
    headers: Vec<&'a [u8]>,
    /// The lines of Base64.
    body: Vec<&'a [u8]>,
}

/// Finds the blocks of a text; at least one.
///
/// PEM is read by Go in kuma-cp and kuma-dp, by OpenSSL and by rustls, and each finds blocks where
/// another finds none. This reader takes what all three do: `-----BEGIN LABEL-----` and its end alone
/// on their lines, blanks behind them allowed, any text between blocks. What looks like a block and is
/// not one for all three is an error, not text: else a key could hide in it, or a CA be missing.
pub(super) fn blocks(text: &[u8]) -> Result<Vec<RawBlock<'_>>, PemError> {
    let mut blocks = Vec::new();
    let mut open: Option<RawBlock<'_>> = None;
    for (index, line) in text.split(|octet| *octet == b'\n').enumerate() {
        let line = without_blanks(line);
        let (line_number, position) = (index + 1, blocks.len() + 1);
        let at = |fault| PemError::Malformed { position, line: line_number, fault };
        let Some(block) = &mut open else {
            if line.starts_with(BEGIN.as_bytes()) {
                let label = framed(line, BEGIN).map_err(at)?;
                let (headers, body) = (Vec::new(), Vec::new());
                open = Some(RawBlock { position, label, line: line_number, headers, body });
            } else if let Some(fault) = misplaced(line) {
                return Err(at(fault));
            }
            continue;
        };
        if line.starts_with(BEGIN.as_bytes()) {
            return Err(block.malformed(PemFault::NoEnd));
        }
        if line.starts_with(END.as_bytes()) {
            if framed(line, END).map_err(at)? != block.label {
                return Err(at(PemFault::Label));
            }
            blocks.extend(open.take());
        } else if let Some(fault) = misplaced(line) {
            return Err(at(fault));
        } else if block.body.is_empty() && line.contains(&b':') {
            block.headers.push(line);
        } else if line.is_empty() && block.body.is_empty() && !block.headers.is_empty() {
            // The line between the headers and the body (RFC 1421 4.4).
        } else if line.is_empty() {
            return Err(at(PemFault::BlankLine));
        } else {
            block.body.push(line);
        }
    }
    match open {
        Some(block) => Err(block.malformed(PemFault::NoEnd)),
        None if blocks.is_empty() => Err(without_block(text)),
        None => Ok(blocks),
    }
}

/// A line without the blanks behind it that Go passes over (encoding/pem, getLine).
fn without_blanks(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t' | b'\r'] = line {
        line = rest;
    }
    line
}

/// The label in the first or last line of a block. One that could be anything else than a label, such
/// as the octets of a key whose line breaks are lost, is not taken for one.
pub(super) fn framed<'a>(line: &'a [u8], start: &str) -> Result<&'a str, PemFault> {
    const MAX_LENGTH: usize = 64;
    const MAX_WORD: usize = 16;
    let broken = match () {
        () if contains(line, ESCAPED) => PemFault::Escaped,
        () if line.contains(&b'\r') => PemFault::CarriageReturn,
        () if start == BEGIN && contains(line, END) => PemFault::OneLine,
        () if start == BEGIN => PemFault::Begin,
        () if has_block(line) => PemFault::Glued,
        () => PemFault::End,
    };
    let label = line[start.len()..].strip_suffix(DASHES.as_bytes()).ok_or(broken)?;
    let label = str::from_utf8(label).map_err(|_| broken)?;
    let is_word = |word: &str| {
        (1..=MAX_WORD).contains(&word.len())
            && word.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"#.".contains(&octet))
    };
    if label.len() <= MAX_LENGTH && label.split(' ').all(is_word) { Ok(label) } else { Err(broken) }
}

/// What is wrong with a line that seems to begin or end a block, but not at its start.
fn misplaced(line: &[u8]) -> Option<PemFault> {
    let has = |part: &str| contains(line, part);
    let ends = line.ends_with(DASHES.as_bytes()) || has(ESCAPED);
    let begins = has(BEGIN) && (ends || has(PRIVATE_KEY));
    if !begins && !has(END) {
        return None;
    }
    Some(match line {
        [0xef, 0xbb, 0xbf, rest @ ..] if rest.starts_with(BEGIN.as_bytes()) => {
            PemFault::ByteOrderMark
        }
        _ if has(ESCAPED) => PemFault::Escaped,
        _ if line.contains(&b'\r') => PemFault::CarriageReturn,
        _ => PemFault::Indented,
    })
}

impl RawBlock<'_> {
    pub(super) fn is_private_key(&self) -> bool {
        self.label.ends_with(PRIVATE_KEY)
    }

    pub(super) fn certificate(&self) -> Result<Vec<u8>, PemError> {
        if !self.headers.is_empty() {
            return Err(self.malformed(PemFault::Headers));
        }
        let mut der = self.der()?;
        // Active Directory Certificate Services writes PKCS#7 with the label of a certificate.
        if foreign::binary(&der) == Some(Foreign::Pkcs7) {
            return Err(PemError::UnexpectedLabel {
                position: self.position,
                label: "PKCS7".to_owned(),
            });
        }
        Ok(std::mem::take(&mut *der))
    }

    pub(super) fn private_key(&self) -> Result<PrivateKeyDer, PemError> {
        let is_encrypted = self.headers.iter().any(|header| header.starts_with(b"Proc-Type:"));
        if self.label.starts_with("ENCRYPTED") || is_encrypted {
            return Err(PemError::EncryptedPrivateKey);
        }
        let no_key = || PemError::NoPrivateKey { label: self.label.to_owned() };
        PrivateKeyDer::new(self.label, self.der()?).ok_or_else(no_key)
    }

    /// The key of an `ENCRYPTED PRIVATE KEY` block; `None` of any other.
    pub(super) fn encrypted_private_key(&self) -> Option<Result<EncryptedPrivateKey, PemError>> {
        let is_pkcs8 = self.label == "ENCRYPTED PRIVATE KEY" && self.headers.is_empty();
        is_pkcs8.then(|| self.der().map(EncryptedPrivateKey::new))
    }

    pub(super) fn der(&self) -> Result<Zeroizing<Vec<u8>>, PemError> {
        let lines = packed(self.body.iter().copied());
        let fault = |_| self.malformed(PemFault::Base64);
        BASE64_STANDARD.decode(&lines).map(Zeroizing::new).map_err(fault)
    }

    const fn malformed(&self, fault: PemFault) -> PemError {
        PemError::Malformed { position: self.position, line: self.line, fault }
    }
}

fn without_block(text: &[u8]) -> PemError {
    // DER is a SEQUENCE, whose first octet is a `0`, with octets that no text has behind it.
    let is_binary = text.iter().any(|octet| *octet < b'\t' || *octet >= 0x80);
    if text.starts_with(&[0x30]) && is_binary {
        return PemError::Der;
    }
    if text.starts_with(&[0xff, 0xfe]) || text.starts_with(&[0xfe, 0xff]) {
        return PemError::Utf16;
    }
    match base64_layers(text) {
        Some(layers) => PemError::Base64 { layers },
        None => PemError::NoBlock,
    }
}

/// How many layers of Base64 there are around PEM. Each is shorter than the one around it.
fn base64_layers(text: &[u8]) -> Option<usize> {
    let packed = packed([text]);
    if packed.is_empty() {
        return None;
    }
    let inner = Zeroizing::new(BASE64_STANDARD.decode(&packed).ok()?);
    if has_block(&inner) {
        return Some(1);
    }
    base64_layers(&inner).map(|layers| layers + 1)
}
