//! Names in certificates as text: distinguished names and subjectAltName entries.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use serde::Serialize;
use x509_parser::der_parser::asn1_rs::Tag;
use x509_parser::extensions::GeneralName;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use crate::name::{SubjectAltName, escaped};
use crate::text::printable;

/// A GeneralName (RFC 5280 4.2.1.6) as text, escaped for display.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct CertificateName {
    /// The kind in RFC 5280's words, such as `dNSName`.
    pub kind: &'static str,
    /// The name itself.
    pub value: String,
}

impl From<&GeneralName<'_>> for CertificateName {
    fn from(name: &GeneralName<'_>) -> Self {
        let (kind, value) = match name {
            GeneralName::DNSName(text) => ("dNSName", printable(text)),
            GeneralName::URI(text) => ("uniformResourceIdentifier", printable(text)),
            GeneralName::RFC822Name(text) => ("rfc822Name", printable(text)),
            GeneralName::IPAddress(octets) => {
                let text = || format!("an address of {} octets", octets.len());
                let address = ip_address(octets);
                ("iPAddress", address.map_or_else(text, |address| address.to_string()))
            }
            GeneralName::DirectoryName(name) => ("directoryName", distinguished_name(name)),
            other => ("otherName", printable(&other.to_string())),
        };
        Self { kind, value }
    }
}

impl CertificateName {
    /// Returns names with their kinds, separated by commas.
    pub(crate) fn list(names: impl Iterator<Item = Self>) -> String {
        names.map(|name| name.to_string()).collect::<Vec<_>>().join(", ")
    }
}

impl From<&SubjectAltName> for CertificateName {
    fn from(name: &SubjectAltName) -> Self {
        Self { kind: name.kind(), value: name.to_string() }
    }
}

/// Writes the kind and the name: `dNSName cp.example`.
impl fmt::Display for CertificateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.value)
    }
}

/// Returns the address in an iPAddress, or in half of a name constraint (RFC 5280 4.2.1.6, 4.2.1.10).
pub(crate) fn ip_address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

/// Returns whether an entry of subjectAltName is a name, octet for octet.
pub(crate) fn matches(entry: &GeneralName<'_>, name: &SubjectAltName) -> bool {
    match (name, entry) {
        (SubjectAltName::Dns(name), GeneralName::DNSName(entry)) => name.as_str() == *entry,
        (SubjectAltName::Uri(name), GeneralName::URI(entry)) => name.as_str() == *entry,
        (SubjectAltName::Ip(address), GeneralName::IPAddress(octets)) => {
            ip_address(octets) == Some(*address)
        }
        _ => false,
    }
}

/// Returns whether two names differ in their encoding only: string types, letter case or white space (RFC 5280
/// 7.1). OpenSSL treats such names as equal; Go compares octets.
pub(crate) fn is_same_but_for_encoding(one: &X509Name<'_>, other: &X509Name<'_>) -> bool {
    let canonical =
        |text: &str| text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ");
    let attributes = |name: &X509Name<'_>| -> Option<Vec<(String, String)>> {
        let canonical = |one: &AttributeTypeAndValue<'_>| {
            Some((one.attr_type().to_id_string(), canonical(&text(one)?)))
        };
        name.iter_attributes().map(canonical).collect()
    };
    one.as_raw() != other.as_raw()
        && attributes(one).is_some_and(|one| Some(one) == attributes(other))
}

/// The longest name in bytes; longer ones are cut, because every message about a certificate has its name.
const MAX_NAME_LENGTH: usize = 1000;

/// Returns a distinguished name as text: its attributes in the order of the certificate, each written and
/// escaped as in RFC 4514 2.3 and 2.4, so that a comma in one does not look like the next attribute.
pub(crate) fn distinguished_name(name: &X509Name<'_>) -> String {
    let mut text = String::new();
    for relative in name.iter_rdn() {
        let start = if text.is_empty() { "" } else { ", " };
        for (index, one) in relative.iter().enumerate() {
            text.push_str(if index == 0 { start } else { "+" });
            text.push_str(&attribute(one));
        }
        if text.len() > MAX_NAME_LENGTH {
            text.truncate(text.floor_char_boundary(MAX_NAME_LENGTH));
            return text + "...";
        }
    }
    if text.is_empty() { "(empty)".to_owned() } else { text }
}

/// Keywords for attribute types: those of RFC 4514 3, and OpenSSL's for others in use. Other types are written
/// as object identifiers.
const KEYWORDS: [(&str, &str); 29] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.13", "description"),
    ("2.5.4.15", "businessCategory"),
    ("2.5.4.16", "postalAddress"),
    ("2.5.4.17", "postalCode"),
    ("2.5.4.41", "name"),
    ("2.5.4.42", "GN"),
    ("2.5.4.43", "initials"),
    ("2.5.4.44", "generationQualifier"),
    ("2.5.4.45", "x500UniqueIdentifier"),
    ("2.5.4.46", "dnQualifier"),
    ("2.5.4.65", "pseudonym"),
    ("2.5.4.97", "organizationIdentifier"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("1.2.840.113549.1.9.2", "unstructuredName"),
    ("1.3.6.1.4.1.311.60.2.1.1", "jurisdictionL"),
    ("1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST"),
    ("1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC"),
];

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let oid = attribute.attr_type().to_id_string();
    let keyword = KEYWORDS.iter().find(|(known, _)| *known == oid);
    let key = keyword.map_or(oid.as_str(), |(_, keyword)| *keyword);
    let Some(value) = text(attribute) else {
        // RFC 4514 2.4: a value that is not text is written as octets; the first 32 are enough here.
        let octets = attribute.as_slice().iter().take(32);
        return format!(
            "{key}=#{}",
            octets.map(|octet| format!("{octet:02x}")).collect::<String>()
        );
    };
    format!("{key}={}", escaped(&value[..value.floor_char_boundary(MAX_NAME_LENGTH)]))
}

/// Returns the text of an attribute in any string type (RFC 5280 4.1.2.4). It reads TeletexString as Latin-1,
/// as Go does.
fn text<'a>(attribute: &'a AttributeTypeAndValue<'_>) -> Option<Cow<'a, str>> {
    if let Ok(text) = attribute.as_str() {
        return Some(Cow::Borrowed(text));
    }
    let octets = attribute.as_slice();
    match attribute.attr_value().tag() {
        Tag::T61String => Some(octets.iter().copied().map(char::from).collect()),
        Tag::BmpString => {
            let units = octets.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]]));
            String::from_utf16(&units.collect::<Vec<_>>()).ok().map(Cow::Owned)
        }
        _ => None,
    }
}
