//! Splits a PEM text into blocks.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use super::error::{PemError, PemErrorKind};
use super::{OtherFormat, PRIVATE_KEY, has_block};
use crate::format::{other, without_whitespace};
use crate::key::{EncryptedPrivateKey, PrivateKeyDer};
use crate::text::contains;

/// The start of a PEM block.
pub(super) const BEGIN: &str = "-----BEGIN ";

/// The end of a PEM block.
const END: &str = "-----END ";

/// The end of a label if line breaks are the two characters `\n`.
const ESCAPED: &str = "-----\\n";

/// The end of a label.
const DASHES: &str = "-----";

/// A block with valid first and last lines, whose body is not decoded yet.
pub(super) struct RawBlock<'a> {
    /// The number of the block, counted from 1.
    pub(super) position: usize,
    pub(super) label: &'a str,
    /// The number of its first line, counted from 1.
    line: usize,
    /// The headers (RFC 1421).
    headers: Vec<&'a [u8]>,
    /// The lines of the body, which should be Base64.
    body: Vec<&'a [u8]>,
}

/// Returns the blocks of a text; at least one.
///
/// Go (kuma-cp, kuma-dp), OpenSSL and rustls parse PEM differently. This parser accepts what all three accept:
/// `-----BEGIN LABEL-----` and `-----END LABEL-----` alone on their lines, with trailing blanks, and any text between
/// blocks. A block that only some of them recognize is an error: it could hide a private key or omit a CA.
///
/// # Errors
///
/// [`PemError`] for a malformed block and for a text without blocks.
pub(super) fn blocks(text: &[u8]) -> Result<Vec<RawBlock<'_>>, PemError> {
    let mut blocks = Vec::new();
    let mut open: Option<RawBlock<'_>> = None;
    for (index, line) in text.split(|octet| *octet == b'\n').enumerate() {
        let line = without_blanks(line);
        let (line_number, position) = (index + 1, blocks.len() + 1);
        let at = |kind| PemError::Malformed { position, line: line_number, kind };
        let Some(block) = &mut open else {
            if line.starts_with(BEGIN.as_bytes()) {
                let label = framed(line, BEGIN).map_err(at)?;
                let (headers, body) = (Vec::new(), Vec::new());
                open = Some(RawBlock { position, label, line: line_number, headers, body });
            } else if let Some(kind) = misplaced(line) {
                return Err(at(kind));
            }
            continue;
        };
        if line.starts_with(BEGIN.as_bytes()) {
            return Err(block.malformed(PemErrorKind::NoEnd));
        }
        if line.starts_with(END.as_bytes()) {
            if framed(line, END).map_err(at)? != block.label {
                return Err(at(PemErrorKind::Label));
            }
            blocks.extend(open.take());
        } else if let Some(kind) = misplaced(line) {
            return Err(at(kind));
        } else if block.body.is_empty() && line.contains(&b':') {
            block.headers.push(line);
        } else if line.is_empty() && block.body.is_empty() && !block.headers.is_empty() {
            // The line between the headers and the body (RFC 1421 4.4).
        } else if line.is_empty() {
            return Err(at(PemErrorKind::BlankLine));
        } else {
            block.body.push(line);
        }
    }
    match open {
        Some(block) => Err(block.malformed(PemErrorKind::NoEnd)),
        None if blocks.is_empty() => Err(no_block_error(text)),
        None => Ok(blocks),
    }
}

/// Removes the trailing blanks that Go ignores (`getLine` in encoding/pem).
fn without_blanks(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t' | b'\r'] = line {
        line = rest;
    }
    line
}

/// Returns the label in the first or last line of a block. Only short words count as a label, because a block without
/// line breaks has bytes of a key in the same place.
///
/// # Errors
///
/// The kind of damage, if the line is not exactly a label in its frame.
pub(super) fn framed<'a>(line: &'a [u8], start: &str) -> Result<&'a str, PemErrorKind> {
    const MAX_LENGTH: usize = 64;
    const MAX_WORD: usize = 16;
    let broken = match () {
        () if contains(line, ESCAPED) => PemErrorKind::Escaped,
        () if line.contains(&b'\r') => PemErrorKind::CarriageReturn,
        () if start == BEGIN && contains(line, END) => PemErrorKind::OneLine,
        () if start == BEGIN => PemErrorKind::Begin,
        () if has_block(line) => PemErrorKind::Glued,
        () => PemErrorKind::End,
    };
    let label = line[start.len()..].strip_suffix(DASHES.as_bytes()).ok_or(broken)?;
    let label = str::from_utf8(label).map_err(|_| broken)?;
    let is_word = |word: &str| {
        (1..=MAX_WORD).contains(&word.len())
            && word.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"#.".contains(&octet))
    };
    if label.len() <= MAX_LENGTH && label.split(' ').all(is_word) { Ok(label) } else { Err(broken) }
}

/// Returns the kind of damage of a line that begins or ends a block, but not at the start of the line.
fn misplaced(line: &[u8]) -> Option<PemErrorKind> {
    let has = |part: &str| contains(line, part);
    let ends = line.ends_with(DASHES.as_bytes()) || has(ESCAPED);
    let begins = has(BEGIN) && (ends || has(PRIVATE_KEY));
    if !begins && !has(END) {
        return None;
    }
    Some(match line {
        [0xef, 0xbb, 0xbf, rest @ ..] if rest.starts_with(BEGIN.as_bytes()) => {
            PemErrorKind::ByteOrderMark
        }
        _ if has(ESCAPED) => PemErrorKind::Escaped,
        _ if line.contains(&b'\r') => PemErrorKind::CarriageReturn,
        _ => PemErrorKind::Indented,
    })
}

impl RawBlock<'_> {
    pub(super) fn is_private_key(&self) -> bool {
        self.label.ends_with(PRIVATE_KEY)
    }

    pub(super) fn certificate(&self) -> Result<Vec<u8>, PemError> {
        if !self.headers.is_empty() {
            return Err(self.malformed(PemErrorKind::Headers));
        }
        let mut der = self.der()?;
        // Active Directory Certificate Services writes PKCS#7 with the label of a certificate.
        if other::recognize_binary(&der) == Some(OtherFormat::Pkcs7) {
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

    /// Returns the key of an `ENCRYPTED PRIVATE KEY` block; `None` for other labels.
    pub(super) fn encrypted_private_key(&self) -> Option<Result<EncryptedPrivateKey, PemError>> {
        let is_pkcs8 = self.label == "ENCRYPTED PRIVATE KEY" && self.headers.is_empty();
        is_pkcs8.then(|| self.der().map(EncryptedPrivateKey::new))
    }

    pub(super) fn der(&self) -> Result<Zeroizing<Vec<u8>>, PemError> {
        let lines = without_whitespace(self.body.iter().copied());
        let error = |_| self.malformed(PemErrorKind::Base64);
        BASE64_STANDARD.decode(&lines).map(Zeroizing::new).map_err(error)
    }

    const fn malformed(&self, kind: PemErrorKind) -> PemError {
        PemError::Malformed { position: self.position, line: self.line, kind }
    }
}

/// Returns the error of a text without a PEM block.
fn no_block_error(text: &[u8]) -> PemError {
    // DER begins with the tag SEQUENCE, 0x30, which is also the digit 0.
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

/// Returns the number of Base64 layers around PEM. The recursion ends, because each layer is shorter than the last.
fn base64_layers(text: &[u8]) -> Option<usize> {
    let packed = without_whitespace([text]);
    if packed.is_empty() {
        return None;
    }
    let inner = Zeroizing::new(BASE64_STANDARD.decode(&packed).ok()?);
    if has_block(&inner) {
        return Some(1);
    }
    base64_layers(&inner).map(|layers| layers + 1)
}
