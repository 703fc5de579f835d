//! PEM (RFC 7468): certificates and keys as text, and back.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pem::{EncodeConfig, LineEnding, Pem};
use zeroize::Zeroizing;

use crate::key::PrivateKeyDer;

/// The PEM label of a certificate (RFC 7468 5.1).
pub const CERTIFICATE: &str = "CERTIFICATE";

/// The start of a PEM block.
const BEGIN: &[u8] = b"-----BEGIN ";

/// What ends the label of every kind of private key (RFC 7468 10 and 11, RFC 5915 4).
const PRIVATE_KEY: &str = "PRIVATE KEY";

/// Text that is not made of the PEM blocks that were expected.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PemError {
    /// PEM in further layers of Base64; a CA bundle has one.
    Base64 {
        /// How often it was encoded.
        layers: usize,
    },
    /// DER: the bytes that PEM wraps.
    Der,
    /// A block is damaged.
    Malformed {
        /// The parser's words.
        reason: String,
    },
    /// A private key is protected by a passphrase.
    EncryptedPrivateKey,
    /// There is no PEM block at all.
    NoBlock,
    /// There are PEM blocks, but none is a private key.
    NoPrivateKey {
        /// The label of the first.
        label: String,
    },
    /// A private key stands where certificates should.
    PrivateKey {
        /// Which block of the file, counted from 1.
        position: usize,
        /// Its label.
        label: String,
    },
    /// There is more than one private key.
    SeveralPrivateKeys,
    /// A block has no end.
    Truncated,
    /// A block holds something else than a certificate.
    UnexpectedLabel {
        /// Which block of the file, counted from 1.
        position: usize,
        /// Its label.
        label: String,
    },
}

/// Certificates as PEM, in this order.
#[must_use]
pub fn encode_certificates<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    certificates
        .into_iter()
        .map(|der| pem::encode_config(&Pem::new(CERTIFICATE, der), config))
        .collect::<String>()
        .into_bytes()
}

/// A private key as PEM. Nothing but the result holds a copy, and that is wiped when dropped.
///
/// # Panics
///
/// Never: the buffer has the length that the encoder itself computes.
#[must_use]
pub fn encode_private_key(key: &PrivateKeyDer) -> Zeroizing<Vec<u8>> {
    let ending = pem_rfc7468::LineEnding::LF;
    let length = pem_rfc7468::encoded_len(key.label, ending, &key.der)
        .expect("a key is far shorter than the address space");
    let mut text = Zeroizing::new(vec![0; length]);
    pem_rfc7468::encode(key.label, ending, &key.der, &mut text)
        .expect("the label is valid and the buffer has the computed length");
    text
}

/// The only private key of a PEM text. Other blocks are passed over: OpenSSL writes `EC PARAMETERS`
/// in front of a key.
///
/// # Errors
///
/// A text without a private key, with several, or with one that is encrypted or damaged.
pub fn decode_private_key(text: &[u8]) -> Result<PrivateKeyDer, PemError> {
    let labels = labels(text);
    let Some(first) = labels.first() else {
        return Err(without_block(text));
    };
    let mut keys = labels.iter().filter(|label| label.ends_with(PRIVATE_KEY));
    let (label, None) = (keys.next(), keys.next()) else {
        return Err(PemError::SeveralPrivateKeys);
    };
    let label = label.ok_or_else(|| PemError::NoPrivateKey { label: first.clone() })?;
    let block = block(text, label)?;
    if label.starts_with("ENCRYPTED") || find(block, b"Proc-Type:").is_some() {
        return Err(PemError::EncryptedPrivateKey);
    }
    let malformed = |error: pem_rfc7468::Error| PemError::Malformed { reason: error.to_string() };
    let mut decoder = pem_rfc7468::Decoder::new_detect_wrap(block).map_err(malformed)?;
    let mut der = Zeroizing::new(vec![0; decoder.remaining_len()]);
    decoder.decode(&mut der).map_err(malformed)?;
    PrivateKeyDer::new(label, der).ok_or_else(|| PemError::NoPrivateKey { label: label.clone() })
}

/// One block of a PEM text.
#[derive(Debug)]
pub enum Block {
    /// The DER of a certificate.
    Certificate(Vec<u8>),
    /// A private key that is not encrypted.
    PrivateKey(PrivateKeyDer),
    /// Anything else: its label.
    Other(String),
}

/// Whether a block begins in a text.
#[must_use]
pub fn has_block(text: &[u8]) -> bool {
    find(text, BEGIN).is_some()
}

/// Every block of a PEM text, in order.
///
/// # Errors
///
/// A text without blocks, and a block that is damaged.
pub fn decode(text: &[u8]) -> Result<Vec<Block>, PemError> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(start) = find(rest, BEGIN) {
        rest = &rest[start..];
        let label = first_label(&rest[BEGIN.len()..]);
        let block = block(rest, &label)?;
        rest = &rest[block.len()..];
        blocks.push(match label.as_str() {
            CERTIFICATE => Block::Certificate(decode_certificates(block)?.swap_remove(0)),
            _ if label.ends_with(PRIVATE_KEY) => match decode_private_key(block) {
                Ok(key) => Block::PrivateKey(key),
                Err(PemError::EncryptedPrivateKey | PemError::NoPrivateKey { .. }) => {
                    Block::Other(label)
                }
                Err(error) => return Err(error),
            },
            _ => Block::Other(label),
        });
    }
    if blocks.is_empty() { Err(without_block(text)) } else { Ok(blocks) }
}

/// A block with its first and last line.
fn block<'a>(text: &'a [u8], label: &str) -> Result<&'a [u8], PemError> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let start = find(text, begin.as_bytes()).ok_or(PemError::Truncated)?;
    let text = &text[start..];
    let length = find(text, end.as_bytes()).ok_or(PemError::Truncated)? + end.len();
    Ok(&text[..length])
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// The DER of every certificate of a PEM text, in order; at least one. Text between the blocks is
/// passed over, as Go's and OpenSSL's readers do.
///
/// # Errors
///
/// A text without blocks, a damaged block, or one that is not a certificate.
pub fn decode_certificates(text: &[u8]) -> Result<Vec<Vec<u8>>, PemError> {
    let begun = text.windows(BEGIN.len()).filter(|window| *window == BEGIN).count();
    if begun == 0 {
        return Err(without_block(text));
    }
    // Looked for first, and in the text: a key is not to be decoded, nor its absence believed
    // because another block is damaged.
    let labels = labels(text);
    for (index, label) in labels.iter().enumerate() {
        if label.ends_with(PRIVATE_KEY) {
            return Err(PemError::PrivateKey { position: index + 1, label: label.clone() });
        }
    }
    let blocks =
        pem::parse_many(text).map_err(|error| PemError::Malformed { reason: error.to_string() })?;
    if blocks.len() != begun {
        return Err(PemError::Truncated);
    }
    blocks
        .into_iter()
        .enumerate()
        .map(|(index, block)| match block.tag() {
            CERTIFICATE => Ok(block.into_contents()),
            label => {
                Err(PemError::UnexpectedLabel { position: index + 1, label: label.to_owned() })
            }
        })
        .collect()
}

/// The label whose first letter the text begins with. It is one line (RFC 7468 3).
fn first_label(text: &[u8]) -> String {
    let line = text.split(|octet| *octet == b'\n').next().unwrap_or_default();
    let end = find(line, b"-----").unwrap_or(line.len());
    String::from_utf8_lossy(&line[..end]).into_owned()
}

/// The labels of all blocks that begin in a text.
fn labels(text: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(text)
        .split("-----BEGIN ")
        .skip(1)
        .map(|rest| rest.split("-----").next().unwrap_or(rest).to_owned())
        .collect()
}

fn without_block(text: &[u8]) -> PemError {
    // DER is a SEQUENCE, whose first octet is a `0`, with octets that no text has behind it.
    let is_binary = text.iter().any(|octet| *octet < b'\t' || *octet >= 0x80);
    if text.starts_with(&[0x30]) && is_binary {
        return PemError::Der;
    }
    match base64_layers(text) {
        Some(layers) => PemError::Base64 { layers },
        None => PemError::NoBlock,
    }
}

/// How many layers of Base64 there are around PEM. Each is shorter than the one around it.
fn base64_layers(text: &[u8]) -> Option<usize> {
    let packed = super::packed(text);
    if packed.is_empty() {
        return None;
    }
    let inner = Zeroizing::new(BASE64_STANDARD.decode(&packed).ok()?);
    if inner.windows(BEGIN.len()).any(|window| window == BEGIN) {
        return Some(1);
    }
    base64_layers(&inner).map(|layers| layers + 1)
}

impl fmt::Display for PemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 { layers: 1 } => f.write_str("it is Base64 already, not PEM"),
            Self::Base64 { layers: 2 } => {
                f.write_str("it is Base64 of Base64: it was encoded twice")
            }
            Self::Base64 { layers } => write!(f, "it is Base64 that was encoded {layers} times"),
            Self::Der => f.write_str("it is DER, not PEM"),
            Self::EncryptedPrivateKey => f.write_str("its private key is encrypted"),
            Self::Malformed { reason } => write!(f, "it has a damaged PEM block: {reason}"),
            Self::NoBlock => f.write_str("it has no PEM block"),
            Self::NoPrivateKey { label } => {
                write!(f, "it holds no private key but \"{}\"", label.escape_debug())
            }
            Self::PrivateKey { position, label } => {
                write!(f, "its PEM block {position} is a private key ({})", label.escape_debug())
            }
            Self::SeveralPrivateKeys => f.write_str("it holds more than one private key"),
            Self::Truncated => f.write_str("its last PEM block has no end"),
            Self::UnexpectedLabel { position, label } => write!(
                f,
                "its PEM block {position} is not a certificate but \"{}\"",
                label.escape_debug()
            ),
        }
    }
}

impl std::error::Error for PemError {}
