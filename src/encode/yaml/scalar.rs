//! What a scalar is: the core schema of YAML 1.2 (10.3), and what tags make of it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use granit_parser::{ScalarStyle, Tag};
use zeroize::Zeroizing;

use super::node::{Text, Value};

/// The types of YAML, whose tags are `!!int` and so on.
const TYPES: &str = "tag:yaml.org,2002:";

/// The types that only a scalar can have.
const SCALARS: [&str; 9] =
    ["binary", "bool", "float", "int", "merge", "null", "str", "timestamp", "value"];

/// The value, or `None` if it is not what its tag says.
pub(super) fn value<'t>(
    text: Cow<'t, str>,
    style: ScalarStyle,
    tag: Option<&Tag>,
) -> Option<Value<'t>> {
    let text = Text::from(text);
    let Some(tag) = tag else {
        return Some(if style == ScalarStyle::Plain { plain(text) } else { Value::Text(text) });
    };
    match &*name(tag) {
        "" | "str" => Some(Value::Text(text)),
        "null" => Some(Value::Null),
        "bool" => is_boolean(&text).then_some(Value::Boolean(text)),
        "int" | "float" => is_number(&text).then_some(Value::Number(text)),
        "binary" => {
            let octets = crate::encode::packed([text.as_bytes()]);
            let octets = Zeroizing::new(BASE64_STANDARD.decode(octets).ok()?);
            let text = std::str::from_utf8(&octets).ok()?.to_owned();
            Some(Value::Text(Text::Owned(Zeroizing::new(text))))
        }
        "map" | "seq" | "timestamp" => None,
        _ if style == ScalarStyle::Plain => Some(plain(text)),
        _ => Some(Value::Text(text)),
    }
}

/// Whether a list (`seq`) or a map (`map`) can have this tag.
pub(super) fn can_be(tag: Option<&Tag>, kind: &str) -> bool {
    tag.is_none_or(|tag| {
        let name = name(tag);
        name == kind || !(matches!(&*name, "map" | "seq") || SCALARS.contains(&&*name))
    })
}

/// Whether a key stands for the entries of its value: `<<` (yaml.org/type/merge).
pub(super) fn is_merge(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> bool {
    text == "<<"
        && match tag {
            None => style == ScalarStyle::Plain,
            Some(tag) => tag.suffix_in_namespace(TYPES).is_some_and(|name| name == "merge"),
        }
}

/// The type that a tag names, `int` for `!!int` and `!int`; empty for `!`, which makes a text of anything.
fn name(tag: &Tag) -> Cow<'_, str> {
    let found = tag.suffix_in_namespace(TYPES).or_else(|| tag.suffix_in_namespace("!"));
    found.unwrap_or(Cow::Borrowed("of others"))
}

fn plain(text: Text<'_>) -> Value<'_> {
    // Most begin with a letter that is none of these.
    match text.as_bytes() {
        [] | b"~" | b"null" | b"Null" | b"NULL" => Value::Null,
        [b't' | b'T' | b'f' | b'F', ..] if is_boolean(&text) => Value::Boolean(text),
        [b'0'..=b'9' | b'+' | b'-' | b'.', ..] if is_number(&text) => Value::Number(text),
        _ => Value::Text(text),
    }
}

fn is_boolean(text: &str) -> bool {
    matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
}

/// Whether it is a number, to this schema or, with underscores and `0b`, to that of YAML 1.1, so that
/// nobody is misunderstood.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', digits @ ..] => (16, digits),
        [b'0', b'o' | b'O', digits @ ..] => (8, digits),
        [b'0', b'b' | b'B', digits @ ..] => (2, digits),
        digits => (10, digits),
    };
    // Each run of digits between underscores has some.
    let is_integer = digits.split(|octet| *octet == b'_').all(|digits| {
        let is_digit = |octet: &u8| char::from(*octet).is_digit(radix);
        !digits.is_empty() && digits.iter().all(is_digit)
    });
    is_integer || radix == 10 && is_float(unsigned)
}

/// Whether it is a number with a point, with an exponent or without either, or none that is finite.
fn is_float(unsigned: &str) -> bool {
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let are_digits = |text: &str| text.bytes().all(|octet| octet.is_ascii_digit());
    let (number, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let lacks_digits = exponent.is_empty() || whole.is_empty() && part.is_empty();
    !lacks_digits && [whole, part, exponent].into_iter().all(are_digits)
}
