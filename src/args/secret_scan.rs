//! Finds private keys and tokens in the arguments, where a script should have passed a file name.

use std::ffi::OsString;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};
use kuma_pki::token::Token;
use kuma_pki::{ExistingKey, KeyError, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::report::failure::Failure;

/// Refuses a command line that contains a private key, such as `--key-file="$TLS_KEY"`. Any other error
/// message would repeat the key, perhaps in the log of a pipeline.
pub(crate) fn refuse(arguments: &[OsString]) -> Option<Failure> {
    if arguments.iter().any(|word| holds_private_key(word.as_encoded_bytes())) {
        let failure = Failure::usage(
            "the command line contains a private key, which other users of this machine can read there",
        );
        let hint = "pass the name of the key file, or `-` and the key on standard input";
        return Some(failure.hint(hint));
    }
    // The official `kumactl config control-planes add --auth-conf` takes a token.
    let is_verb =
        |word: &OsString| ["generate", "inspect", "verify"].iter().any(|verb| word == verb);
    if arguments.iter().any(is_verb) && arguments.iter().any(holds_token) {
        let failure = Failure::usage(
            "the command line contains a token, which other users of this machine can read there",
        );
        let hint = "pass the name of the token file, or `-` and the token on standard input";
        return Some(failure.hint(hint));
    }
    None
}

/// Returns whether a word contains a token, alone or behind a flag or `Bearer`.
fn holds_token(word: &OsString) -> bool {
    let is_token = |octet: &u8| octet.is_ascii_alphanumeric() || b"-_.".contains(octet);
    let text = word.as_encoded_bytes();
    text.split(|octet| !is_token(octet)).any(|run| {
        let token = std::str::from_utf8(run).ok().and_then(|run| Token::parse(run).ok());
        token.is_some_and(|token| token.has_algorithm())
    })
}

/// Returns whether a text contains a private key, in any number of layers of Base64. Each layer is shorter than the
/// one around it.
fn holds_private_key(text: &[u8]) -> bool {
    // A damaged file may have lost the end of the label, but not the line break after it.
    const LABELS: [&str; 3] = ["PRIVATE KEY--", "PRIVATE KEY -----", "PRIVATE KEY\n"];
    let has = |part: &str| kuma_pki::contains(text, part);
    let is_pem = has("-----") && LABELS.into_iter().any(has);
    if is_pem || is_key(text) {
        return true;
    }
    let is_base64 = |octet: &u8| octet.is_ascii_alphanumeric() || b"+/-_\r\n \t".contains(octet);
    // A Secret in JSON on one line contains Base64 among other text. The shortest key, of an elliptic curve that it
    // does not name, has 39 bytes, or 52 characters of Base64.
    text.split(|octet| !is_base64(octet)).filter(|run| run.len() >= 52).any(|run| {
        // Leading hyphens belong to a flag: no key begins with one in Base64.
        let letters = run.iter().skip_while(|octet| **octet == b'-');
        let letters = letters.filter(|octet| !octet.is_ascii_whitespace());
        let standard = letters.map(|octet| match octet {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        });
        let packed: Zeroizing<Vec<u8>> = Zeroizing::new(standard.collect());
        let inner = ANY_BASE64.decode(&packed).map(Zeroizing::new);
        inner.is_ok_and(|inner| holds_private_key(&inner))
    })
}

/// With padding or without.
const ANY_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Returns whether this is the DER of a private key. Every encoding is a SEQUENCE that begins with its version,
/// unlike a certificate.
fn is_key(der: &[u8]) -> bool {
    const INTEGER: u8 = 2;
    let behind_length = match der {
        [0x30, 0..=0x7f, ..] => 2,
        [0x30, length, ..] => 2 + usize::from(length & 0x7f),
        _ => return false,
    };
    der.get(behind_length) == Some(&INTEGER)
        && ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"].into_iter().any(|label| {
            let key = PrivateKeyDer::new(label, Zeroizing::new(der.to_vec()));
            let read = key.map(|key| ExistingKey::from_der(&key));
            // A key of an unknown type is a key, too.
            matches!(read, Some(Ok(_) | Err(KeyError::NoCurve | KeyError::Unsupported)))
        })
}
