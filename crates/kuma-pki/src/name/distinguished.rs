//! Subjects: distinguished names in the notation of RFC 4514.

use std::fmt;

use super::SubjectAltName;
use crate::key::KeyIdentifier;
use crate::text;

/// The organizationName of every default subject. Without it, a subject could be empty if the first host name is too
/// long, and Java, mbedTLS, Firefox and Debian's curl reject an empty issuer.
const ORGANIZATION: &str = "Kuma";

/// The longest value of an attribute, in characters (RFC 5280 appendix A, ub-common-name,
/// ub-organization-name, ub-organizational-unit-name).
pub(crate) const MAX_ATTRIBUTE_LENGTH: usize = 64;

/// A distinguished name with one attribute of each type, in the order of the certificate; never empty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DistinguishedName {
    attributes: Vec<(SubjectAttribute, String)>,
}

/// A type of attribute that a subject can have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SubjectAttribute {
    /// countryName: two letters.
    Country,
    /// organizationName.
    Organization,
    /// organizationalUnitName.
    OrganizationalUnit,
    /// commonName.
    CommonName,
}

/// The error of a text that is not a subject.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectError {
    /// A part of it is not `TYPE=VALUE`.
    #[error("{0:?} is not TYPE=VALUE")]
    NotAnAttribute(String),
    /// An attribute type that is not supported.
    #[error("{0:?} is not one of C, O, OU and CN")]
    UnknownType(String),
    /// A duplicate attribute type.
    #[error("duplicate attribute {0}")]
    Repeated(&'static str),
    /// The value of an attribute cannot be used.
    #[error("the value of {keyword} {reason}")]
    Value {
        /// The attribute type: `C`, `O`, `OU` or `CN`.
        keyword: &'static str,
        /// The reason, as a fragment.
        reason: &'static str,
    },
}

impl SubjectAttribute {
    const ALL: [Self; 4] =
        [Self::Country, Self::Organization, Self::OrganizationalUnit, Self::CommonName];

    /// Returns the keyword (RFC 4514 3).
    #[must_use]
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Country => "C",
            Self::Organization => "O",
            Self::OrganizationalUnit => "OU",
            Self::CommonName => "CN",
        }
    }

    fn check(self, value: &str) -> Result<(), SubjectError> {
        let length = value.chars().count();
        let reason = match self {
            _ if value.is_empty() => "is empty",
            _ if value.contains(char::is_control) => "has a control character",
            Self::Country if length != 2 || !value.bytes().all(|b| b.is_ascii_alphabetic()) => {
                "is not a country code of two letters (ISO 3166)"
            }
            _ if length > MAX_ATTRIBUTE_LENGTH => "is longer than 64 characters",
            _ => return Ok(()),
        };
        Err(SubjectError::Value { keyword: self.keyword(), reason })
    }
}

impl DistinguishedName {
    /// Parses `C=DE,O=Acme,OU=Mesh,CN=cp`: attributes in the order of the certificate, each type once. A
    /// backslash before a comma makes it part of the value, as in RFC 4514.
    ///
    /// # Errors
    ///
    /// [`SubjectError`] with the part that cannot be read.
    pub fn parse(input: &str) -> Result<Self, SubjectError> {
        let mut attributes: Vec<(SubjectAttribute, String)> = Vec::new();
        for part in split(input) {
            let Some((keyword, value)) = part.split_once('=') else {
                return Err(SubjectError::NotAnAttribute(text::beginning(part.trim())));
            };
            let (keyword, value) = (keyword.trim(), value.trim());
            let known = |known: &SubjectAttribute| known.keyword().eq_ignore_ascii_case(keyword);
            let attribute = SubjectAttribute::ALL.into_iter().find(known);
            let attribute =
                attribute.ok_or_else(|| SubjectError::UnknownType(text::beginning(keyword)))?;
            if attributes.iter().any(|(other, _)| *other == attribute) {
                return Err(SubjectError::Repeated(attribute.keyword()));
            }
            attribute.check(value)?;
            attributes.push((attribute, value.to_owned()));
        }
        Ok(Self { attributes })
    }

    /// Returns the subject of a CA: `base` or the default, with a commonName of this name and 8 hexadecimal digits of the
    /// key identifier.
    pub(crate) fn of_ca(base: Option<&Self>, name: &str, key: KeyIdentifier) -> Self {
        let [a, b, c, d, ..] = *key.as_bytes();
        let common_name = format!("{name} {a:02x}{b:02x}{c:02x}{d:02x}");
        base.cloned().unwrap_or_else(Self::of_organization).with_common_name(common_name)
    }

    /// Returns the default subject of a server or client, with the first name as commonName. No client matches it.
    pub(crate) fn of_end_entity(names: &[SubjectAltName]) -> Self {
        let common_name = names.first().map(ToString::to_string);
        let common_name = common_name.filter(|name| name.len() <= MAX_ATTRIBUTE_LENGTH);
        match common_name {
            Some(name) => Self::of_organization().with_common_name(name),
            None => Self::of_organization(),
        }
    }

    fn of_organization() -> Self {
        Self { attributes: vec![(SubjectAttribute::Organization, ORGANIZATION.to_owned())] }
    }

    fn with_common_name(mut self, common_name: String) -> Self {
        self.attributes.retain(|(attribute, _)| *attribute != SubjectAttribute::CommonName);
        self.attributes.push((SubjectAttribute::CommonName, common_name));
        self
    }

    /// Returns the name without its commonName.
    #[must_use]
    pub(crate) fn without_common_name(mut self) -> Self {
        self.attributes.retain(|(attribute, _)| *attribute != SubjectAttribute::CommonName);
        self
    }

    /// Returns the attributes in the order of the certificate.
    #[must_use]
    pub fn attributes(&self) -> &[(SubjectAttribute, String)] {
        &self.attributes
    }

    /// Returns the commonName, if there is one.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        let is_common_name = |(attribute, _): &&(SubjectAttribute, String)| {
            *attribute == SubjectAttribute::CommonName
        };
        self.attributes.iter().find(is_common_name).map(|(_, value)| value.as_str())
    }
}

/// Splits at commas that have no backslash, and removes the backslashes.
fn split(input: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = input.chars();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            '\\' => letters.next(),
            ',' => {
                parts.push(String::new());
                None
            }
            letter => Some(letter),
        };
        if let (Some(letter), Some(part)) = (letter, parts.last_mut()) {
            part.push(letter);
        }
    }
    parts
}

/// Escapes the value of an attribute (RFC 4514 2.4), so that a comma in it does not look like the next attribute.
pub(crate) fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for (place, letter) in value.char_indices() {
        let is_last = place + letter.len_utf8() == value.len();
        let is_special = match letter {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => true,
            ' ' => place == 0 || is_last,
            '#' => place == 0,
            _ => false,
        };
        if is_special {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    text::printable(&escaped)
}

/// Writes the notation of RFC 4514, but in the order of the certificate, as OpenSSL prints names.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (attribute, value)) in self.attributes.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{}={}", attribute.keyword(), escaped(value))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{DistinguishedName, SubjectError};

    #[test]
    fn a_subject_keeps_the_typed_order_and_escapes_commas() {
        let parsed = DistinguishedName::parse(r"C=DE, o=Acme\, Inc.,OU=Mesh").expect("a subject");
        assert_eq!(parsed.to_string(), r"C=DE, O=Acme\, Inc., OU=Mesh");
        assert_eq!(DistinguishedName::parse(&parsed.to_string()), Ok(parsed));
    }

    #[test]
    fn an_invalid_subject_is_rejected_with_the_error() {
        let value = |keyword, reason| SubjectError::Value { keyword, reason };
        for (input, expected) in [
            ("", SubjectError::NotAnAttribute(String::new())),
            ("O=Acme,", SubjectError::NotAnAttribute(String::new())),
            ("Acme", SubjectError::NotAnAttribute("Acme".to_owned())),
            ("DC=acme", SubjectError::UnknownType("DC".to_owned())),
            ("OU=a,OU=b", SubjectError::Repeated("OU")),
            ("O=", value("O", "is empty")),
            ("C=DEU", value("C", "is not a country code of two letters (ISO 3166)")),
            ("CN=a\nb", value("CN", "has a control character")),
        ] {
            assert_eq!(DistinguishedName::parse(input), Err(expected), "{input:?}");
        }
        let long = format!("O={}", "a".repeat(65));
        assert_eq!(
            DistinguishedName::parse(&long),
            Err(value("O", "is longer than 64 characters"))
        );
    }
}
