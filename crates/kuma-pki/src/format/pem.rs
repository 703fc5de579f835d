//! PEM (RFC 7468): certificates and keys as text, and back.

mod error;
mod frame;

use pem::{EncodeConfig, LineEnding, Pem};
use zeroize::Zeroizing;

pub use self::error::{PemError, PemErrorKind};
use self::frame::{BEGIN, RawBlock, blocks, framed};
use super::other;
pub use super::other::{OtherFormat, PemPaths};
use crate::key::{EncryptedPrivateKey, PrivateKeyDer};
use crate::text::contains;
use crate::x509::Certificate;

/// The PEM label of a certificate (RFC 7468 5.1).
pub const CERTIFICATE: &str = "CERTIFICATE";

/// The PEM label of a certificate request (RFC 7468 7).
const CERTIFICATE_REQUEST: &str = "CERTIFICATE REQUEST";

/// The largest PEM file that is accepted, in bytes: the size limit of a Kubernetes Secret.
pub const MAX_LENGTH: usize = 1 << 20;

/// The end of the label of every kind of private key (RFC 7468 10 and 11, RFC 5915 4).
const PRIVATE_KEY: &str = "PRIVATE KEY";

/// Returns certificates, or their DER, as PEM in this order.
#[must_use]
pub fn encode_certificates<T: AsRef<[u8]>>(certificates: impl IntoIterator<Item = T>) -> Vec<u8> {
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    certificates
        .into_iter()
        .map(|der| pem::encode_config(&Pem::new(CERTIFICATE, der.as_ref()), config))
        .collect::<String>()
        .into_bytes()
}

/// Returns a private key as PEM. No other copy is made, and the result is wiped when dropped.
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

/// Returns the only private key of a PEM text. Other blocks are skipped: OpenSSL writes `EC PARAMETERS` before a key.
///
/// # Errors
///
/// [`PemError`] for no or several private keys, and for a key that is encrypted or damaged.
pub fn decode_private_key(text: &[u8]) -> Result<PrivateKeyDer, PemError> {
    only_private_key(&parse_blocks(text)?)?.private_key()
}

/// Returns the only private key of a PEM text, which must be encrypted PKCS#8 (RFC 7468 11).
///
/// # Errors
///
/// The errors of [`decode_private_key`], with [`PemError::EncryptedPrivateKey`] for encryption by headers of
/// the PEM block (RFC 1421 4.6.1.1).
pub fn decode_encrypted_private_key(text: &[u8]) -> Result<EncryptedPrivateKey, PemError> {
    let blocks = parse_blocks(text)?;
    let key = only_private_key(&blocks)?.encrypted_private_key();
    key.unwrap_or(Err(PemError::EncryptedPrivateKey))
}

fn only_private_key<'b, 'a>(blocks: &'b [RawBlock<'a>]) -> Result<&'b RawBlock<'a>, PemError> {
    let mut keys = blocks.iter().filter(|block| block.is_private_key());
    match (keys.next(), keys.next()) {
        (Some(key), None) => Ok(key),
        (Some(_), Some(_)) => Err(PemError::SeveralPrivateKeys),
        (None, _) => Err(PemError::NoPrivateKey { label: blocks[0].label.to_owned() }),
    }
}

/// Returns the DER of the only certificate request of a text (RFC 7468 7), or the text itself if it is DER.
///
/// # Errors
///
/// [`PemError`] for a text that does not hold exactly one certificate request, or holds a private key.
pub fn decode_certificate_request(text: &[u8]) -> Result<Vec<u8>, PemError> {
    if let Some(error) = private_key_among(text) {
        return Err(error);
    }
    let blocks = match parse_blocks(text) {
        Err(PemError::OtherFormat(OtherFormat::CertificateRequest)) => return Ok(text.to_vec()),
        blocks => blocks?,
    };
    // certreq of Windows writes Netscape's label.
    let is_request = |block: &&RawBlock<'_>| {
        matches!(block.label, CERTIFICATE_REQUEST | "NEW CERTIFICATE REQUEST")
    };
    let mut requests = blocks.iter().filter(is_request);
    match (requests.next(), requests.next()) {
        (Some(request), None) => request.der().map(|mut der| std::mem::take(&mut *der)),
        (Some(_), Some(_)) => Err(PemError::SeveralCertificateRequests),
        (None, _) => Err(PemError::NoCertificateRequest { label: blocks[0].label.to_owned() }),
    }
}

/// Returns a certificate request as PEM.
#[must_use]
pub fn encode_certificate_request(der: &[u8]) -> Vec<u8> {
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    pem::encode_config(&Pem::new(CERTIFICATE_REQUEST, der), config).into_bytes()
}

/// Parses the certificates of a PEM text, in order. Text between the blocks is skipped, and so are blocks with other
/// labels after the first certificate.
///
/// # Errors
///
/// [`PemError`] if the text has no block, if the first block is not a certificate, or if any block is a private key, a
/// request, damaged, or a certificate that cannot be parsed.
pub fn decode_certificates(text: &[u8]) -> Result<Vec<Certificate>, PemError> {
    // Checked first: a damaged private key is secret too.
    if let Some(error) = private_key_among(text) {
        return Err(error);
    }
    let blocks = parse_blocks(text)?;
    let is_certificate = |block: &RawBlock<'_>| block.label == CERTIFICATE;
    let is_similar = |block: &RawBlock<'_>| block.label.contains(CERTIFICATE);
    let is_other = |block: &&RawBlock<'_>| {
        !is_certificate(block) && (block.position == 1 || is_similar(block))
    };
    if let Some(RawBlock { position, label, .. }) = blocks.iter().find(is_other) {
        return Err(PemError::UnexpectedLabel { position: *position, label: (*label).to_owned() });
    }
    let certificates = blocks.iter().filter(|block| is_certificate(block));
    let certificates = certificates.map(RawBlock::certificate).collect::<Result<Vec<_>, _>>()?;
    Ok(Certificate::from_ders(certificates)?)
}

/// Returns the blocks of a text. The error for another format names that format.
fn parse_blocks(text: &[u8]) -> Result<Vec<RawBlock<'_>>, PemError> {
    blocks(text).map_err(|error| match error {
        PemError::Malformed { .. } | PemError::NoBlock => {
            other::recognize_text(text).map_or(error, PemError::OtherFormat)
        }
        PemError::Der => other::recognize_binary(text).map_or(error, PemError::OtherFormat),
        error => error,
    })
}

/// Returns the error for the first private key that begins in a text, even if a block is damaged.
fn private_key_among(text: &[u8]) -> Option<PemError> {
    let lines = text.split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii_end);
    let begins = lines.filter(|line| line.starts_with(BEGIN.as_bytes()));
    let labels: Vec<&str> = begins.map(|line| framed(line, BEGIN).unwrap_or_default()).collect();
    let index = labels.iter().position(|label| label.ends_with(PRIVATE_KEY))?;
    let beside_certificates = labels.contains(&CERTIFICATE);
    let label = labels[index].to_owned();
    Some(PemError::PrivateKey { position: index + 1, label, beside_certificates })
}

/// A block of a PEM text.
#[derive(Debug)]
pub enum Block {
    /// The DER of a certificate.
    Certificate(Vec<u8>),
    /// A private key that is not encrypted.
    PrivateKey(PrivateKeyDer),
    /// An encrypted private key.
    EncryptedPrivateKey,
    /// Any other block, with its label.
    Other(String),
}

/// Returns whether a block begins in a text.
#[must_use]
pub fn has_block(text: &[u8]) -> bool {
    contains(text, BEGIN)
}

/// Returns whether a block begins at the start of a line.
#[must_use]
pub fn begins_line(text: &[u8]) -> bool {
    text.split(|octet| *octet == b'\n').any(|line| line.starts_with(BEGIN.as_bytes()))
}

/// Returns every block of a PEM text, in order; at least one.
///
/// # Errors
///
/// [`PemError`] for a text without blocks and for a damaged block.
pub fn decode(text: &[u8]) -> Result<Vec<Block>, PemError> {
    let block = |block: &RawBlock<'_>| match block.label {
        CERTIFICATE => block.certificate().map(Block::Certificate),
        label if block.is_private_key() => match block.private_key() {
            Ok(key) => Ok(Block::PrivateKey(key)),
            Err(PemError::EncryptedPrivateKey) => Ok(Block::EncryptedPrivateKey),
            Err(PemError::NoPrivateKey { .. }) => Ok(Block::Other(label.to_owned())),
            Err(error) => Err(error),
        },
        label => Ok(Block::Other(label.to_owned())),
    };
    parse_blocks(text)?.iter().map(block).collect()
}
