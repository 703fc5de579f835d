//! The encodings in which certificates and keys are handed over, one file each.

use zeroize::Zeroizing;

pub mod bundle;
pub mod cert_manager;
pub mod environment;
pub(crate) mod hex;
pub mod installation;
pub mod kubernetes_secret;
pub mod pem;
pub(crate) mod yaml;

/// A text without white space, as Base64 is read: in one line or wrapped. It may hold a key.
pub(crate) fn packed(text: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect())
}
