//! Reading certificates: what every stage that looks into one needs.

mod certificate;
pub(crate) mod signature;

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use x509_parser::der_parser::asn1_rs::Tag;
use x509_parser::error::X509Error;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::nom;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{
    AlgorithmIdentifier, AttributeTypeAndValue, SubjectPublicKeyInfo, X509Name,
};

pub use self::certificate::{Certificate, Fingerprint};
use crate::name::{SubjectAltName, escaped};
use crate::validity::Validity;

/// A certificate that is not well-formed DER (X.690) or not X.509 (RFC 5280 4.1).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("certificate {position} cannot be read as X.509: {reason}")]
pub struct ParseError {
    /// The position of the certificate in its file, counted from 1.
    pub position: usize,
    /// The parser's words.
    pub reason: String,
}

impl ParseError {
    /// The error of a chain without certificates.
    pub(crate) fn missing() -> Self {
        Self { position: 1, reason: "it is missing".to_owned() }
    }
}

/// Reads one certificate. `position` is its place in its file, counted from 1.
///
/// # Errors
///
/// [`ParseError`] if the bytes are not exactly one certificate.
pub(crate) fn parse(position: usize, der: &[u8]) -> Result<X509Certificate<'_>, ParseError> {
    let unreadable = |reason: String| ParseError { position, reason };
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) => Err(unreadable("bytes follow its end".to_owned())),
        Err(error) => Err(unreadable(parser_words(&error))),
    }
}

/// What the parser found, in words for people: its own hold the names and numbers of its types.
fn parser_words(error: &nom::Err<X509Error>) -> String {
    match error {
        nom::Err::Error(
            X509Error::Der(_)
            | X509Error::Generic
            | X509Error::InvalidCertificate
            | X509Error::InvalidTbsCertificate
            | X509Error::NomError(_),
        )
        | nom::Err::Failure(X509Error::Der(_) | X509Error::NomError(_))
        | nom::Err::Incomplete(_) => "it is not the DER of a certificate".to_owned(),
        nom::Err::Error(error) | nom::Err::Failure(error) => error.to_string(),
    }
}

/// Reads all certificates of a file.
///
/// # Errors
///
/// [`ParseError`] with the place of the first that cannot be read.
pub(crate) fn parse_all(certificates: &[Vec<u8>]) -> Result<Vec<X509Certificate<'_>>, ParseError> {
    certificates.iter().enumerate().map(|(index, der)| parse(index + 1, der)).collect()
}

/// The contents of the BIT STRING subjectPublicKey (RFC 5280 4.1.2.7).
pub(crate) fn public_key<'a>(certificate: &'a X509Certificate<'_>) -> &'a [u8] {
    &certificate.public_key().subject_public_key.data
}

/// The address in an iPAddress, or in half of a name constraint (RFC 5280 4.2.1.6, 4.2.1.10).
pub(crate) fn ip_address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

/// Returns whether an entry of subjectAltName is a name, octet for octet.
pub(crate) fn is_name(entry: &GeneralName<'_>, name: &SubjectAltName) -> bool {
    match (name, entry) {
        (SubjectAltName::Dns(name), GeneralName::DNSName(entry)) => name.as_str() == *entry,
        (SubjectAltName::Uri(name), GeneralName::URI(entry)) => name.as_str() == *entry,
        (SubjectAltName::Ip(address), GeneralName::IPAddress(octets)) => {
            ip_address(octets) == Some(*address)
        }
        _ => false,
    }
}

/// A name of a certificate as text, behind its kind: `dNSName cp.example`.
pub(crate) fn general_name(name: &GeneralName<'_>) -> String {
    match name {
        GeneralName::DNSName(name) => format!("dNSName {name}"),
        GeneralName::IPAddress(octets) => match ip_address(octets) {
            Some(address) => format!("iPAddress {address}"),
            None => format!("iPAddress of {} octets", octets.len()),
        },
        GeneralName::URI(uri) => format!("uniformResourceIdentifier {uri}"),
        other => format!("{other:?}"),
    }
}

/// What cA in basicConstraints says; `None` if they are absent.
pub(crate) fn is_ca(certificate: &X509Certificate<'_>) -> Option<bool> {
    let extension = certificate.basic_constraints().ok().flatten()?;
    Some(extension.value.ca)
}

/// Whether one certificate names another as its issuer, octet for octet.
pub(crate) fn names_as_issuer(certificate: &X509Certificate<'_>, ca: &X509Certificate<'_>) -> bool {
    certificate.issuer().as_raw() == ca.subject().as_raw()
}

/// Whether two names differ in their encoding only: string types, letter case or white space (RFC 5280
/// 7.1). OpenSSL takes such names for the same; Go compares octets.
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

/// Whether subject and issuer are one name (RFC 5280 3.2).
pub(crate) fn is_self_issued(certificate: &X509Certificate<'_>) -> bool {
    names_as_issuer(certificate, certificate)
}

/// The subjectKeyIdentifier (RFC 5280 4.2.1.2).
pub(crate) fn subject_key_identifier<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0),
        _ => None,
    })
}

/// The keyIdentifier in the authorityKeyIdentifier (RFC 5280 4.2.1.1).
pub(crate) fn authority_key_identifier<'a>(
    certificate: &'a X509Certificate<'_>,
) -> Option<&'a [u8]> {
    certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(found) => {
            found.key_identifier.as_ref().map(|identifier| identifier.0)
        }
        _ => None,
    })
}

/// The authorityCertSerialNumber in the authorityKeyIdentifier (RFC 5280 4.2.1.1).
pub(crate) fn authority_serial_number<'a>(
    certificate: &'a X509Certificate<'_>,
) -> Option<&'a [u8]> {
    certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(found) => found.authority_cert_serial,
        _ => None,
    })
}

/// The dates.
pub(crate) fn validity(certificate: &X509Certificate<'_>) -> Validity {
    let validity = certificate.validity();
    Validity {
        not_before: validity.not_before.to_datetime(),
        not_after: validity.not_after.to_datetime(),
    }
}

/// A longer name is cut: it stands in every message about its certificate.
const MAX_NAME_LENGTH: usize = 1000;

/// A name as text, its attributes in the order of the certificate, each written and escaped as RFC 4514
/// 2.3 and 2.4 say, so that a comma in one does not look like the next.
pub(crate) fn name(name: &X509Name<'_>) -> String {
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

/// Keywords for types of attributes: those of RFC 4514 3, and OpenSSL's for others that are in use. What is
/// not here is written as its number.
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
        // RFC 4514 2.4: what is no text is written as octets, of which the first say enough here.
        let octets = attribute.as_slice().iter().take(32);
        return format!(
            "{key}=#{}",
            octets.map(|octet| format!("{octet:02x}")).collect::<String>()
        );
    };
    let value = &value[..value.floor_char_boundary(MAX_NAME_LENGTH)];
    format!("{key}={}", escaped(value))
}

/// The text of an attribute, in each of its types (RFC 5280 4.1.2.4); TeletexString is read as Latin-1,
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

/// The type of a certificate's key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SubjectKey {
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// ECDSA on P-521.
    P521,
    /// Ed25519.
    Ed25519,
    /// RSA with a modulus of so many bits.
    Rsa(usize),
    /// Anything else.
    Other,
}

/// The type of a certificate's key (RFC 5480 2.1.1, RFC 8410 3, RFC 8017 A.1).
pub(crate) fn subject_key(certificate: &X509Certificate<'_>) -> SubjectKey {
    subject_key_of(certificate.public_key())
}

/// The type of a key.
pub(crate) fn subject_key_of(key: &SubjectPublicKeyInfo<'_>) -> SubjectKey {
    match key.algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.1" => match key.parsed() {
            // Go and OpenSSL count the bits from the first that is set.
            Ok(PublicKey::RSA(key)) => {
                let octets: Vec<u8> = key.modulus.iter().copied().skip_while(|o| *o == 0).collect();
                let unset = octets.first().map_or(0, |octet| octet.leading_zeros() as usize);
                SubjectKey::Rsa(octets.len() * 8 - unset)
            }
            _ => SubjectKey::Other,
        },
        EC_PUBLIC_KEY => match named_curve_of(key).as_deref() {
            Some("1.2.840.10045.3.1.7") => SubjectKey::P256,
            Some("1.3.132.0.34") => SubjectKey::P384,
            Some("1.3.132.0.35") => SubjectKey::P521,
            _ => SubjectKey::Other,
        },
        "1.3.101.112" => SubjectKey::Ed25519,
        _ => SubjectKey::Other,
    }
}

/// The object identifier of a key's algorithm, and of its curve if it has one.
pub(crate) fn key_algorithm_oid(certificate: &X509Certificate<'_>) -> String {
    let algorithm = &certificate.public_key().algorithm;
    let oid = algorithm.algorithm.to_id_string();
    match named_curve(certificate) {
        Some(curve) => format!("{oid}, curve {curve}"),
        None => oid,
    }
}

/// The algorithm of a key on a curve (RFC 5480 2.1.1).
pub(crate) const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";

/// The object identifier of an elliptic key's curve; `None` of other keys, and where the curve is described
/// instead of named.
pub(crate) fn named_curve(certificate: &X509Certificate<'_>) -> Option<String> {
    named_curve_of(certificate.public_key())
}

fn named_curve_of(key: &SubjectPublicKeyInfo<'_>) -> Option<String> {
    let algorithm = &key.algorithm;
    let is_elliptic = algorithm.algorithm.to_id_string() == EC_PUBLIC_KEY;
    let curve = algorithm.parameters.as_ref().filter(|curve| curve.tag() == Tag::Oid);
    curve.filter(|_| is_elliptic)?.as_oid().ok().map(|curve| curve.to_id_string())
}

impl fmt::Display for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::P256 => f.write_str("ECDSA P-256"),
            Self::P384 => f.write_str("ECDSA P-384"),
            Self::P521 => f.write_str("ECDSA P-521"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
            Self::Other => f.write_str("unknown"),
        }
    }
}

/// The name of the signature algorithm (RFC 8017 A.2.4, RFC 5758 3.2, RFC 8410 3), or its object
/// identifier.
pub(crate) fn signature_algorithm(certificate: &X509Certificate<'_>) -> String {
    signature_algorithm_name(&certificate.signature_algorithm)
}

/// The name of a signature algorithm, or its object identifier.
pub(crate) fn signature_algorithm_name(algorithm: &AlgorithmIdentifier<'_>) -> String {
    let oid = algorithm.algorithm.to_id_string();
    let known = [
        ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
        ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
        ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
        ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
        ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
        ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
        ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
        ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
        ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
        ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
        ("1.3.101.112", "Ed25519"),
    ];
    known
        .iter()
        .find(|(known, _)| *known == oid)
        .map_or_else(|| oid.clone(), |(_, name)| (*name).to_owned())
}

/// The bits of keyUsage by their names (RFC 5280 4.2.1.3); `None` if it is absent.
pub(crate) fn key_usage(certificate: &X509Certificate<'_>) -> Option<Vec<&'static str>> {
    const NAMES: [&str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];
    let usage = certificate.key_usage().ok().flatten()?.value;
    let has = |bit: usize| usage.flags >> bit & 1 == 1;
    Some(NAMES.iter().enumerate().filter(|(bit, _)| has(*bit)).map(|(_, name)| *name).collect())
}

/// What extendedKeyUsage allows (RFC 5280 4.2.1.12), by name or object identifier; `None` if it is
/// absent.
pub(crate) fn extended_key_usage(certificate: &X509Certificate<'_>) -> Option<Vec<String>> {
    let usage = certificate.extended_key_usage().ok().flatten()?.value;
    let named = [
        (usage.any, "anyExtendedKeyUsage"),
        (usage.server_auth, "serverAuth"),
        (usage.client_auth, "clientAuth"),
        (usage.code_signing, "codeSigning"),
        (usage.email_protection, "emailProtection"),
        (usage.time_stamping, "timeStamping"),
        (usage.ocsp_signing, "OCSPSigning"),
    ];
    let named = named.into_iter().filter(|(has, _)| *has).map(|(_, name)| name.to_owned());
    Some(named.chain(usage.other.iter().map(|oid| oid.to_id_string())).collect())
}

/// Returns whether the extendedKeyUsage, if there is one, contains the usage or any.
pub(crate) fn allows_usage(certificate: &X509Certificate<'_>, wanted: &str) -> bool {
    extended_key_usage(certificate).is_none_or(|usage| {
        usage.iter().any(|usage| usage == wanted || usage == "anyExtendedKeyUsage")
    })
}

/// The entries of subjectAltName; none if it is absent.
pub(crate) fn subject_alt_names<'a>(certificate: &'a X509Certificate<'_>) -> &'a [GeneralName<'a>] {
    match certificate.subject_alternative_name() {
        Ok(Some(names)) => &names.value.general_names,
        _ => &[],
    }
}

/// The commonName of the subject, if it is text.
pub(crate) fn common_name<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a str> {
    certificate.subject().iter_common_name().next()?.as_str().ok()
}
