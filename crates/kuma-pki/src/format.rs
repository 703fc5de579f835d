//! The encodings in which certificates and keys are handed over, one file each.

use zeroize::Zeroizing;

pub mod bundle;
pub mod cert_manager;
pub mod contents;
pub mod environment;
pub(crate) mod foreign;
pub mod installation;
pub mod kubernetes_secret;
pub mod kuma_secret;
pub mod pem;
pub(crate) mod yaml;

/// The longest argument or environment variable that Linux passes to a program, in bytes without the NUL
/// (`MAX_ARG_STRLEN` in `include/uapi/linux/binfmts.h`, with pages of 4 KiB).
pub const MAX_ARGUMENT: usize = 32 * 4096 - 1;

/// Texts behind each other without their white space, as Base64 is read: in one line or wrapped. They may
/// hold a key, so no copy is left behind.
pub(crate) fn packed<'a>(
    texts: impl IntoIterator<Item = &'a [u8], IntoIter: Clone>,
) -> Zeroizing<Vec<u8>> {
    let texts = texts.into_iter();
    let mut packed = Zeroizing::new(Vec::with_capacity(texts.clone().map(<[u8]>::len).sum()));
    for text in texts {
        packed.extend(text.iter().filter(|octet| !octet.is_ascii_whitespace()));
    }
    packed
}
