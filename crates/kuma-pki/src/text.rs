//! Prepares untrusted text and bytes for display.

use std::fmt;

/// Returns a text with escapes for characters that could control a terminal or make one text look like another:
/// control characters, line breaks, invisible characters and those that change the direction of text.
#[must_use]
pub fn printable(text: &str) -> String {
    if text.bytes().all(|octet| matches!(octet, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut printable = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_hidden(letter) {
            printable.extend(letter.escape_unicode());
        } else {
            printable.push(letter);
        }
    }
    printable
}

/// The most characters of untrusted text in a message.
const MAX_REPEATED: usize = 80;

/// Returns the first 80 characters of a text, followed by `...` if it is longer.
pub(crate) fn beginning(text: &str) -> String {
    match text.char_indices().nth(MAX_REPEATED) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// Returns the first 80 characters of a text, escaped for display.
pub(crate) fn excerpt(text: &str) -> String {
    printable(&beginning(text))
}

/// Returns whether bytes that may not be UTF-8 contain a text. Only whole characters match.
#[must_use]
pub fn contains(octets: &[u8], part: &str) -> bool {
    match std::str::from_utf8(octets) {
        Ok(text) => text.contains(part),
        Err(_) => octets.utf8_chunks().any(|chunk| chunk.valid().contains(part)),
    }
}

/// Writes bytes as upper-case hexadecimal digits: `0A:1B:2C`.
pub(crate) fn write_with_colons(f: &mut impl fmt::Write, octets: &[u8]) -> fmt::Result {
    for (index, octet) in octets.iter().enumerate() {
        let separator = if index == 0 { "" } else { ":" };
        write!(f, "{separator}{octet:02X}")?;
    }
    Ok(())
}

/// Returns bytes as upper-case hexadecimal digits: `0A:1B:2C`.
pub(crate) fn with_colons(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len() * 3);
    // Writing to a String cannot fail.
    let _ = write_with_colons(&mut text, octets);
    text
}

/// Returns whether a character is a control character, a line separator, or an invisible format character.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::{beginning, printable};

    #[test]
    fn control_characters_of_both_sets_and_del_are_escaped() {
        // C0, DEL and C1 (ECMA-48): U+009B alone begins a sequence in some terminals.
        let controls = ('\u{0}'..='\u{1f}').chain('\u{7f}'..='\u{9f}');
        for control in controls {
            let shown = printable(&format!("a{control}b"));
            assert_eq!(shown, format!("a{}b", control.escape_unicode()), "{control:?}");
        }
        assert_eq!(printable("a b~\u{a0}\u{e9}"), "a b~\u{a0}\u{e9}");
    }

    #[test]
    fn a_long_text_is_truncated_to_80_characters() {
        assert_eq!(beginning(&"\u{e9}".repeat(80)), "\u{e9}".repeat(80));
        assert_eq!(beginning(&"\u{e9}".repeat(81)), "\u{e9}".repeat(80) + "...");
    }
}
