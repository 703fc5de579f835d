//! Private keys that were typed, or put there by a script, where the name of a file belongs.

use std::ffi::OsString;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use kumactl::{KeyPair, PrivateKeyDer};
use zeroize::Zeroizing;

use super::exit::Failure;

/// How many layers of Base64 are taken off.
const MAX_LAYERS: usize = 3;

/// Refuses a command line with a private key in it, as `--key-file="$TLS_KEY"` makes it. Every message
/// about it would repeat the key, into the log of a pipeline too.
pub(super) fn refuse(arguments: &[OsString]) -> Option<Failure> {
    let holds_key = |word: &&OsString| {
        let word = word.as_encoded_bytes();
        let hyphens = word.iter().take_while(|octet| **octet == b'-').count();
        let behind_flag = word.iter().position(|octet| *octet == b'=').map_or(0, |at| at + 1);
        [0, hyphens, behind_flag].into_iter().any(|start| holds_private_key(&word[start..], 0))
    };
    arguments.iter().find(holds_key)?;
    let failure = Failure::usage(
        "a private key is on the command line, where other programs of this machine can read it",
    );
    Some(failure.hint(
        "give the name of its file, or `-` and the key on standard input: \
         printf '%s\\n' \"$TLS_KEY\" | kumactl ... --key-file=-",
    ))
}

fn holds_private_key(text: &[u8], layers: usize) -> bool {
    const LABEL: &[u8] = b"PRIVATE KEY";
    // The shortest key, of Ed25519, is 48 octets, and 64 letters of Base64.
    if text.len() < 48 {
        return false;
    }
    let is_pem = text.windows(5).any(|window| window == b"-----")
        && text.windows(LABEL.len()).any(|window| window == LABEL);
    if is_pem || is_key(text) {
        return true;
    }
    let is_base64 = |octet: &u8| octet.is_ascii_alphanumeric() || b"+/=\r\n \t".contains(octet);
    if layers == MAX_LAYERS || !text.iter().all(is_base64) {
        return false;
    }
    let packed: Zeroizing<Vec<u8>> =
        Zeroizing::new(text.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect());
    let inner = BASE64_STANDARD.decode(&packed).map(Zeroizing::new);
    inner.is_ok_and(|inner| holds_private_key(&inner, layers + 1))
}

/// Whether these are the octets of a key, in one of its forms.
fn is_key(der: &[u8]) -> bool {
    der.starts_with(&[0x30])
        && ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"].into_iter().any(|label| {
            let key = PrivateKeyDer::new(label, Zeroizing::new(der.to_vec()));
            key.is_some_and(|key| KeyPair::from_der(&key).is_ok())
        })
}
