//! The encodings of certificates, keys and CAs, one module each.

use zeroize::Zeroizing;

pub mod bundle;
pub mod cert_manager;
pub mod contents;
pub mod environment;
pub mod installation;
pub mod kubernetes_secret;
pub mod kuma_secret;
pub(crate) mod other;
pub mod pem;
pub(crate) mod yaml;

/// The longest argument or environment variable that Linux passes to a program, in bytes without the NUL
/// (`MAX_ARG_STRLEN` in `include/uapi/linux/binfmts.h`, with pages of 4 KiB).
pub const MAX_ARGUMENT: usize = 32 * 4096 - 1;

/// Concatenates texts without their ASCII whitespace, so that wrapped Base64 can be decoded. The result is wiped when
/// dropped, because it may be a private key.
pub(crate) fn without_whitespace<'a>(
    texts: impl IntoIterator<Item = &'a [u8], IntoIter: Clone>,
) -> Zeroizing<Vec<u8>> {
    let texts = texts.into_iter();
    let mut text = Zeroizing::new(Vec::with_capacity(texts.clone().map(<[u8]>::len).sum()));
    for part in texts {
        text.extend(part.iter().filter(|octet| !octet.is_ascii_whitespace()));
    }
    text
}
