//! Quotes words for a POSIX shell.

use std::borrow::Cow;

/// Returns the text as one shell word, quoted only if necessary.
pub(crate) fn word(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    // Fails for a NUL only, which no argument can hold.
    shlex::try_quote(text).unwrap_or(Cow::Borrowed(text))
}
