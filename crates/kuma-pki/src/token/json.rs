//! JSON as Go's encoding/json writes it, in one line.

use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// Returns a value as compact JSON. Go escapes `<`, `>` and `&`, and the line separators of JavaScript, in
/// strings and in keys; otherwise its escapes are those of serde_json.
///
/// # Panics
///
/// Never: the values are structs of strings, numbers and lists.
pub(super) fn encode(value: &impl Serialize) -> Vec<u8> {
    let mut text = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut text, GoFormatter);
    value.serialize(&mut serializer).expect("strings, numbers and lists are JSON");
    text
}

struct GoFormatter;

impl Formatter for GoFormatter {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        let mut rest = fragment;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let (plain, special) = rest.split_at(at);
            let mut letters = special.chars();
            let letter = letters.next().unwrap_or_default();
            writer.write_all(plain.as_bytes())?;
            write!(writer, "\\u{:04x}", u32::from(letter))?;
            rest = letters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn strings_are_escaped_as_go_escapes_them() {
        // What json.Marshal of Go 1.25 prints for the same string.
        let text = "<b>&\u{2028}\u{2029}\"\\\u{8}\u{c}\n\r\t\u{1}\u{1f}\u{7f}/\u{e9}\u{1f600}";
        let expected = "\"\\u003cb\\u003e\\u0026\\u2028\\u2029\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\u{7f}/\u{e9}\u{1f600}\"";
        assert_eq!(String::from_utf8(encode(&text)).as_deref(), Ok(expected));
    }
}
