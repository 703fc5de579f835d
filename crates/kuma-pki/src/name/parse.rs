//! Parses names, and finds the name that was probably meant.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

use idna::AsciiDenyList;
use rustls_pki_types::DnsName as PkiDnsName;

use super::{DnsName, NameError, NameErrorKind, SubjectAltName, spiffe};
use crate::text::beginning;
use crate::uri::Authority;

/// The longest name that DNS can carry, in characters (RFC 1035 2.3.4).
pub(super) const MAX_NAME_LENGTH: usize = 253;
/// The longest label, in characters (RFC 1035 2.3.4).
pub(super) const MAX_LABEL_LENGTH: usize = 63;
/// The longest text that is examined for a name, in bytes.
const MAX_TEXT_LENGTH: usize = 4096;

pub(super) fn parse(input: &str) -> Result<SubjectAltName, NameError> {
    let text = input.trim_matches(|c: char| c.is_ascii_whitespace());
    read(text).map_err(|kind| {
        let meant = meant(text, &kind);
        NameError { input: beginning(input), kind, meant }
    })
}

pub(super) fn parse_dialed(input: &str) -> Result<SubjectAltName, NameError> {
    let error = match parse(input) {
        Err(error) => error,
        parsed => return parsed,
    };
    let text = input.trim_matches(|c: char| c.is_ascii_whitespace());
    let is_unusual = match error.kind {
        NameErrorKind::HyphenAtEdge | NameErrorKind::International => true,
        // Four numbers are a mistyped address.
        NameErrorKind::NotAnAddress => text.split('.').count() != 4,
        _ => false,
    };
    let is_label = |label: &str| {
        (1..=MAX_LABEL_LENGTH).contains(&label.len())
            && label
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
    };
    if is_unusual && text.len() <= MAX_NAME_LENGTH && text.split('.').all(is_label) {
        return Ok(SubjectAltName::Dns(DnsName(text.to_ascii_lowercase())));
    }
    Err(error)
}

fn read(text: &str) -> Result<SubjectAltName, NameErrorKind> {
    if text.is_empty() {
        return Err(NameErrorKind::Empty);
    }
    // A fast path: most names are plain, and there can be thousands.
    let is_plain = text.bytes().all(|octet| octet == b'.' || is_letter(octet));
    if !is_plain {
        if tagged(text).is_some() {
            return Err(NameErrorKind::Tagged);
        }
        if text.contains(char::is_whitespace) {
            return Err(NameErrorKind::WhiteSpace);
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            return if scheme.eq_ignore_ascii_case("spiffe") {
                spiffe::parse(rest).map(SubjectAltName::Uri)
            } else {
                Err(NameErrorKind::Url)
            };
        }
    }
    if text.len() > MAX_TEXT_LENGTH {
        return Err(NameErrorKind::NameTooLong { length: text.chars().count() });
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(SubjectAltName::Ip(address.to_canonical()));
    }
    if !is_plain {
        not_an_address(text)?;
    }
    not_a_number(text)?;
    let name = if is_plain { dns_name("", text) } else { pattern(text) };
    name.map(SubjectAltName::Dns)
}

/// Returns the name after a type prefix, as OpenSSL and cfssl write it: `DNS:cp.example`. A number after the colon is a
/// port instead.
fn tagged(text: &str) -> Option<&str> {
    const TAGS: [&str; 5] = ["DNS", "IP", "IP Address", "URI", "subjectAltName=DNS"];
    let (tag, rest) = text.split_once(':')?;
    let is_tag = TAGS.iter().any(|known| known.eq_ignore_ascii_case(tag.trim_end()));
    let is_port = rest.bytes().all(|octet| octet.is_ascii_digit());
    (is_tag && !is_port).then(|| rest.trim_start())
}

/// Returns whether an octet is valid in a label: letters, digits, hyphens, and underscores as in service names.
const fn is_letter(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_')
}

/// Returns the error of a text with URL syntax or an address range.
fn not_an_address(text: &str) -> Result<(), NameErrorKind> {
    if text.starts_with('[') {
        return Err(NameErrorKind::Brackets);
    }
    if let Some((before, _)) = text.split_once('/') {
        let is_range = before.parse::<IpAddr>().is_ok();
        return Err(if is_range { NameErrorKind::AddressRange } else { NameErrorKind::Path });
    }
    if text.contains('@') {
        return Err(NameErrorKind::Email);
    }
    if text.contains('%') && text.contains(':') {
        return Err(NameErrorKind::Zone);
    }
    if text.contains(':') {
        let is_port = text.matches(':').count() == 1;
        return Err(if is_port { NameErrorKind::Port } else { NameErrorKind::NotAnAddress });
    }
    Ok(())
}

/// Checks that the last label is not a number, as in an IPv4 address (RFC 1123 2.1).
fn not_a_number(text: &str) -> Result<(), NameErrorKind> {
    let last_label = text.rsplit('.').next().unwrap_or(text);
    if !last_label.is_empty() && last_label.bytes().all(|b| b.is_ascii_digit()) {
        let is_address = without_leading_zeros(text).is_some();
        return Err(if is_address {
            NameErrorKind::LeadingZeros
        } else {
            NameErrorKind::NotAnAddress
        });
    }
    Ok(())
}

/// Parses a name whose first label may be a wildcard.
fn pattern(text: &str) -> Result<DnsName, NameErrorKind> {
    if text == "*" {
        return Ok(DnsName("*".to_owned()));
    }
    let (prefix, base) = text.strip_prefix("*.").map_or(("", text), |base| ("*.", base));
    if base.contains('*') {
        return Err(NameErrorKind::Wildcard);
    }
    if let Some(c) = base.chars().find(|c| c.is_control()) {
        return Err(NameErrorKind::Character(c));
    }
    dns_name(prefix, base)
}

fn dns_name(prefix: &str, base: &str) -> Result<DnsName, NameErrorKind> {
    let ascii = to_ascii(base)?;
    if ascii.ends_with('.') && ascii.len() > 1 {
        return Err(NameErrorKind::TrailingDot);
    }
    for label in ascii.split('.') {
        match label.len() {
            0 => return Err(NameErrorKind::EmptyLabel),
            length if length > MAX_LABEL_LENGTH => {
                return Err(NameErrorKind::LabelTooLong { length });
            }
            _ => {}
        }
        if !label.bytes().all(is_letter) {
            let other = label.chars().find(|c| !u8::try_from(*c).is_ok_and(is_letter));
            return Err(NameErrorKind::Character(other.unwrap_or_default()));
        }
        if let [b'-', ..] | [.., b'-'] = label.as_bytes() {
            return Err(NameErrorKind::HyphenAtEdge);
        }
    }
    let length = prefix.len() + ascii.len();
    if length > MAX_NAME_LENGTH {
        return Err(NameErrorKind::NameTooLong { length });
    }
    // The checks above have specific errors; this is the parser of rustls.
    if PkiDnsName::try_from(ascii.as_ref()).is_err() {
        return Err(NameErrorKind::NotAnAddress);
    }
    Ok(DnsName(if prefix.is_empty() { ascii.into_owned() } else { [prefix, &ascii].concat() }))
}

/// Converts to lower case and Punycode (UTS 46), without the library's own checks of lengths and characters: the caller's
/// have more specific errors.
fn to_ascii(base: &str) -> Result<Cow<'_, str>, NameErrorKind> {
    let is_punycode = |label: &str| {
        label.as_bytes().get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"xn--"))
    };
    if base.is_ascii() && !base.split('.').any(is_punycode) {
        return Ok(Cow::Owned(base.to_ascii_lowercase()));
    }
    idna::domain_to_ascii_cow(base.as_bytes(), AsciiDenyList::URL)
        .map_err(|_| NameErrorKind::International)
}

/// Returns the names that were probably meant, without URL syntax, quotes and type prefixes.
fn meant(text: &str, kind: &NameErrorKind) -> Vec<SubjectAltName> {
    if *kind == NameErrorKind::WhiteSpace {
        let all: Option<Vec<_>> = text.split_whitespace().map(|word| read(word).ok()).collect();
        return all.unwrap_or_default();
    }
    if let Some(name) = tagged(text) {
        return read(name).map_or_else(|kind| meant(name, &kind), |name| vec![name]);
    }
    if text.len() > MAX_TEXT_LENGTH {
        return Vec::new();
    }
    let unquoted = text.trim_matches(['"', '\'', '`', '<', '>']);
    let authority = Authority::of_uri(unquoted).unwrap_or_else(|| Authority::at_start(unquoted));
    // An IPv6 address without brackets has more than one colon.
    let is_address = authority.port.matches(':').count() > 1;
    let host = authority.host.filter(|_| !is_address).unwrap_or(authority.host_and_port);
    let host = host.split('%').next().unwrap_or(host);
    let zeroless = without_leading_zeros(host).map(|address| address.to_string());
    let labels: Vec<&str> = host.split('.').filter(|label| !label.is_empty()).collect();
    let name = match labels.iter().rposition(|label| label.contains('*')) {
        Some(last) => format!("*.{}", labels[last + 1..].join(".")),
        None => labels.iter().map(|label| label.trim_matches('-')).collect::<Vec<_>>().join("."),
    };
    let candidates = [host.to_owned(), zeroless.unwrap_or_default(), name];
    let found = candidates.iter().find_map(|candidate| read(candidate).ok());
    found.into_iter().collect()
}

/// Parses an IPv4 address with leading zeros, such as `010.0.0.1`, as decimal numbers.
fn without_leading_zeros(text: &str) -> Option<Ipv4Addr> {
    let octets: Option<Vec<u8>> = text.split('.').map(|part| part.parse().ok()).collect();
    <[u8; 4]>::try_from(octets?).ok().map(Ipv4Addr::from)
}

#[cfg(test)]
mod tests {
    use super::super::{NameErrorKind, SubjectAltName};

    #[test]
    fn names_are_normalized() {
        for (typed, name) in [
            (" CP.Example ", "cp.example"),
            ("b\u{fc}cher.example", "xn--bcher-kva.example"),
            ("*.Mesh.example", "*.mesh.example"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("SPIFFE://Mesh/ns/a", "spiffe://mesh/ns/a"),
        ] {
            assert_eq!(SubjectAltName::parse(typed).expect(typed).to_string(), name);
        }
    }

    #[test]
    fn a_name_with_url_syntax_or_a_prefix_is_rejected_with_the_name_that_was_meant() {
        for (typed, kind, meant) in [
            ("https://cp.example:5678/x", NameErrorKind::Url, "cp.example"),
            ("cp.example:5678", NameErrorKind::Port, "cp.example"),
            ("[2001:db8::1]", NameErrorKind::Brackets, "2001:db8::1"),
            ("cp.example.", NameErrorKind::TrailingDot, "cp.example"),
            ("010.0.0.1", NameErrorKind::LeadingZeros, "10.0.0.1"),
            ("DNS:cp.example", NameErrorKind::Tagged, "cp.example"),
            ("a*.mesh.example", NameErrorKind::Wildcard, "*.mesh.example"),
        ] {
            let error = SubjectAltName::parse(typed).expect_err(typed);
            assert_eq!(error.kind, kind, "{typed}");
            assert_eq!(error.meant.first().map(ToString::to_string).as_deref(), Some(meant));
        }
    }
}
