//! Text from elsewhere, made safe to show.

/// The text with everything escaped that could steer a terminal, or make one text look like another:
/// control characters, line breaks, and those that are not seen or turn the direction of text.
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

/// Whether a part stands in octets that need not be text. No octet of it is one of other characters.
#[must_use]
pub fn contains(octets: &[u8], part: &str) -> bool {
    match std::str::from_utf8(octets) {
        Ok(text) => text.contains(part),
        Err(_) => octets.utf8_chunks().any(|chunk| chunk.valid().contains(part)),
    }
}

/// Control characters, the separators of lines, and Unicode's format characters that matter here.
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
