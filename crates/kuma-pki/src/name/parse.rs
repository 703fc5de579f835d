//! Parses a name as people type it, or finds the name that was meant.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

use idna::AsciiDenyList;
use rustls_pki_types::DnsName as PkiDnsName;

use super::{DnsName, NameError, NameFault, SpiffeId, SubjectAltName};
use crate::text::beginning;

/// The longest name that DNS can carry, in characters (RFC 1035 2.3.4).
pub(super) const MAX_NAME_LENGTH: usize = 253;
/// The longest label, in characters (RFC 1035 2.3.4).
pub(super) const MAX_LABEL_LENGTH: usize = 63;
/// The longest SPIFFE ID, in bytes (SPIFFE-ID section 2.3).
const MAX_SPIFFE_ID_LENGTH: usize = 2048;
/// Longer text is no name, whatever it is, and is not looked at more closely.
const MAX_TEXT_LENGTH: usize = 4096;

pub(super) fn parse(input: &str) -> Result<SubjectAltName, NameError> {
    let text = input.trim_matches(|c: char| c.is_ascii_whitespace());
    read(text).map_err(|fault| {
        let meant = meant(text, &fault);
        NameError { input: beginning(input), fault, meant }
    })
}

pub(super) fn parse_dialed(input: &str) -> Result<SubjectAltName, NameError> {
    let error = match parse(input) {
        Err(error) => error,
        parsed => return parsed,
    };
    let text = input.trim_matches(|c: char| c.is_ascii_whitespace());
    let is_unusual = match error.fault {
        NameFault::HyphenAtEdge | NameFault::International => true,
        // Four numbers are an address with a mistake in it.
        NameFault::NotAnAddress => text.split('.').count() != 4,
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

fn read(text: &str) -> Result<SubjectAltName, NameFault> {
    if text.is_empty() {
        return Err(NameFault::Empty);
    }
    // Most names are plain, and thousands can come at once.
    let is_plain = text.bytes().all(|octet| octet == b'.' || is_letter(octet));
    if !is_plain {
        if tagged(text).is_some() {
            return Err(NameFault::Tagged);
        }
        if text.contains(char::is_whitespace) {
            return Err(NameFault::WhiteSpace);
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            return if scheme.eq_ignore_ascii_case("spiffe") {
                spiffe_id(rest).map(SubjectAltName::Uri)
            } else {
                Err(NameFault::Url)
            };
        }
    }
    if text.len() > MAX_TEXT_LENGTH {
        return Err(NameFault::NameTooLong { length: text.chars().count() });
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

/// What stands behind the type of a name, as OpenSSL, cfssl and others write and print it. A number
/// there is a port of a host that is called so.
fn tagged(text: &str) -> Option<&str> {
    const TAGS: [&str; 5] = ["DNS", "IP", "IP Address", "URI", "subjectAltName=DNS"];
    let (tag, rest) = text.split_once(':')?;
    let is_tag = TAGS.iter().any(|known| known.eq_ignore_ascii_case(tag.trim_end()));
    let is_port = rest.bytes().all(|octet| octet.is_ascii_digit());
    (is_tag && !is_port).then(|| rest.trim_start())
}

/// Whether a label can have an octet: those of host names, and the underscore that services have.
const fn is_letter(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_')
}

/// Tells apart what a person writes around a name or an address.
fn not_an_address(text: &str) -> Result<(), NameFault> {
    if text.starts_with('[') {
        return Err(NameFault::Brackets);
    }
    if let Some((before, _)) = text.split_once('/') {
        let is_range = before.parse::<IpAddr>().is_ok();
        return Err(if is_range { NameFault::AddressRange } else { NameFault::Path });
    }
    if text.contains('@') {
        return Err(NameFault::Email);
    }
    if text.contains('%') && text.contains(':') {
        return Err(NameFault::Zone);
    }
    if text.contains(':') {
        let is_port = text.matches(':').count() == 1;
        return Err(if is_port { NameFault::Port } else { NameFault::NotAnAddress });
    }
    Ok(())
}

/// No name of DNS ends with a number: it would be an address (RFC 1123 2.1).
fn not_a_number(text: &str) -> Result<(), NameFault> {
    let last_label = text.rsplit('.').next().unwrap_or(text);
    if !last_label.is_empty() && last_label.bytes().all(|b| b.is_ascii_digit()) {
        let is_address = without_leading_zeros(text).is_some();
        return Err(if is_address { NameFault::LeadingZeros } else { NameFault::NotAnAddress });
    }
    Ok(())
}

/// A name whose first label may be a wildcard.
fn pattern(text: &str) -> Result<DnsName, NameFault> {
    if text == "*" {
        return Ok(DnsName("*".to_owned()));
    }
    let (prefix, base) = text.strip_prefix("*.").map_or(("", text), |base| ("*.", base));
    if base.contains('*') {
        return Err(NameFault::Wildcard);
    }
    if let Some(c) = base.chars().find(|c| c.is_control()) {
        return Err(NameFault::Character(c));
    }
    dns_name(prefix, base)
}

fn dns_name(prefix: &str, base: &str) -> Result<DnsName, NameFault> {
    let ascii = to_ascii(base)?;
    if ascii.ends_with('.') && ascii.len() > 1 {
        return Err(NameFault::TrailingDot);
    }
    for label in ascii.split('.') {
        match label.len() {
            0 => return Err(NameFault::EmptyLabel),
            length if length > MAX_LABEL_LENGTH => return Err(NameFault::LabelTooLong { length }),
            _ => {}
        }
        if !label.bytes().all(is_letter) {
            let other = label.chars().find(|c| !u8::try_from(*c).is_ok_and(is_letter));
            return Err(NameFault::Character(other.unwrap_or_default()));
        }
        if let [b'-', ..] | [.., b'-'] = label.as_bytes() {
            return Err(NameFault::HyphenAtEdge);
        }
    }
    let length = prefix.len() + ascii.len();
    if length > MAX_NAME_LENGTH {
        return Err(NameFault::NameTooLong { length });
    }
    // The rules above are those that a person can act on; this is the reader that rustls uses.
    if PkiDnsName::try_from(ascii.as_ref()).is_err() {
        return Err(NameFault::NotAnAddress);
    }
    Ok(DnsName(if prefix.is_empty() { ascii.into_owned() } else { [prefix, &ascii].concat() }))
}

/// Lower case and punycode (UTS 46), without that library's own length and character rules: ours
/// follow, and say more.
fn to_ascii(base: &str) -> Result<Cow<'_, str>, NameFault> {
    let is_punycode = |label: &str| {
        label.as_bytes().get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"xn--"))
    };
    if base.is_ascii() && !base.split('.').any(is_punycode) {
        return Ok(Cow::Owned(base.to_ascii_lowercase()));
    }
    idna::domain_to_ascii_cow(base.as_bytes(), AsciiDenyList::URL)
        .map_err(|_| NameFault::International)
}

/// Reads what follows `spiffe://` (SPIFFE-ID sections 2.1 to 2.4).
fn spiffe_id(rest: &str) -> Result<SpiffeId, NameFault> {
    let fault = |reason| Err(NameFault::SpiffeId(reason));
    let (trust_domain, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, ""),
    };
    let trust_domain = trust_domain.to_ascii_lowercase();
    let in_domain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if trust_domain.is_empty() {
        return fault("its trust domain is empty");
    }
    if !trust_domain.chars().all(in_domain) {
        return fault("a trust domain has letters, digits, `.`, `-` and `_` only");
    }
    if !path.is_empty() {
        for segment in path.split('/').skip(1) {
            if segment.is_empty() {
                return fault("its path has an empty segment");
            }
            if matches!(segment, "." | "..") {
                return fault("its path has a `.` or `..` segment");
            }
            if !segment.chars().all(in_domain) {
                return fault("its path has letters, digits, `.`, `-` and `_` only");
            }
        }
    }
    let id = format!("spiffe://{trust_domain}{path}");
    if id.len() > MAX_SPIFFE_ID_LENGTH {
        return fault("it is longer than 2048 bytes");
    }
    Ok(SpiffeId(id))
}

/// What is left when everything is taken away that people put around names.
fn meant(text: &str, fault: &NameFault) -> Vec<SubjectAltName> {
    if *fault == NameFault::WhiteSpace {
        let all: Option<Vec<_>> = text.split_whitespace().map(|word| read(word).ok()).collect();
        return all.unwrap_or_default();
    }
    if let Some(name) = tagged(text) {
        return read(name).map_or_else(|fault| meant(name, &fault), |name| vec![name]);
    }
    if text.len() > MAX_TEXT_LENGTH {
        return Vec::new();
    }
    let unquoted = text.trim_matches(['"', '\'', '`', '<', '>']);
    let rest = unquoted.split_once("://").map_or(unquoted, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = match host.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((inner, _)) => inner,
        None => match host.split_once(':') {
            Some((name, port)) if !port.contains(':') => name,
            _ => host,
        },
    };
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

/// `010.0.0.1` as the decimal numbers that a person means.
fn without_leading_zeros(text: &str) -> Option<Ipv4Addr> {
    let octets: Option<Vec<u8>> = text.split('.').map(|part| part.parse().ok()).collect();
    <[u8; 4]>::try_from(octets?).ok().map(Ipv4Addr::from)
}

#[cfg(test)]
mod tests {
    use super::super::{NameFault, SubjectAltName};

    #[test]
    fn names_are_normalized_as_they_stand_in_certificates() {
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
    fn a_name_with_something_around_it_is_rejected_with_the_name_that_was_meant() {
        for (typed, fault, meant) in [
            ("https://cp.example:5678/x", NameFault::Url, "cp.example"),
            ("cp.example:5678", NameFault::Port, "cp.example"),
            ("[2001:db8::1]", NameFault::Brackets, "2001:db8::1"),
            ("cp.example.", NameFault::TrailingDot, "cp.example"),
            ("010.0.0.1", NameFault::LeadingZeros, "10.0.0.1"),
            ("DNS:cp.example", NameFault::Tagged, "cp.example"),
            ("a*.mesh.example", NameFault::Wildcard, "*.mesh.example"),
        ] {
            let error = SubjectAltName::parse(typed).expect_err(typed);
            assert_eq!(error.fault, fault, "{typed}");
            assert_eq!(error.meant.first().map(ToString::to_string).as_deref(), Some(meant));
        }
    }
}
