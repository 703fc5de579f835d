//! Certificates that x509-parser accepts and Go's crypto/x509 does not. kuma-cp does not start with such a certificate,
//! and kuma-dp and the Kubernetes API server do not trust it.

use std::collections::HashSet;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ParsedPublicKey,
};
use x509_parser::der_parser::asn1_rs::Tag;
use x509_parser::extensions::{GeneralName, NameConstraints, ParsedExtension};
use x509_parser::x509::{X509Name, X509Version};

use crate::constraint;
use crate::key::KeyType;
use crate::uri::Authority;
use crate::x509::{Certificate, EC_PUBLIC_KEY};

/// Returns the error with which Go rejects a certificate as malformed (crypto/x509, parser.go), or a description where
/// Go has no specific message.
///
/// `needs_extensions` is false for a trust anchor, which works without them: Go ignores the extensions of versions 1
/// and 2.
pub(super) fn parse_error(
    certificate: &Certificate,
    needs_extensions: bool,
) -> Option<&'static str> {
    let x509 = certificate.x509();
    let extensions = if x509.version() == X509Version::V3 { x509.extensions() } else { &[] };
    serial(x509.raw_serial())
        .or_else(|| version(certificate, needs_extensions))
        .or_else(|| signature(certificate))
        .or_else(|| name(x509.issuer()))
        .or_else(|| name(x509.subject()))
        .or_else(|| public_key(certificate))
        .or_else(|| {
            let parsed = extensions.iter().map(|found| found.parsed_extension());
            parsed.filter_map(extension).next()
        })
}

/// Checks that an INTEGER is not empty and has no superfluous octet (X.690 8.3).
const fn serial(octets: &[u8]) -> Option<&'static str> {
    match octets {
        [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => Some("malformed serial number"),
        _ => None,
    }
}

fn version(certificate: &Certificate, needs_extensions: bool) -> Option<&'static str> {
    match certificate.x509().version() {
        X509Version::V3 => None,
        X509Version(0 | 1) if !needs_extensions || certificate.x509().extensions().is_empty() => {
            None
        }
        X509Version(0 | 1) => Some("it has extensions, but version 1 or 2, so Go ignores them"),
        _ => Some("invalid version"),
    }
}

/// Checks that both fields have the same algorithm (RFC 5280 4.1.1.2).
fn signature(certificate: &Certificate) -> Option<&'static str> {
    let x509 = certificate.x509();
    (x509.tbs_certificate.signature != x509.signature_algorithm)
        .then_some("inner and outer signature algorithm identifiers don't match")
}

fn name(name: &X509Name<'_>) -> Option<&'static str> {
    name.iter_attributes().find_map(|attribute| {
        let value = attribute.attr_value();
        let all = |is_one: fn(&u8) -> bool| value.data.iter().all(is_one);
        let is_printable =
            |octet: &u8| octet.is_ascii_alphanumeric() || b" '()+,-./:=?*&".contains(octet);
        match value.tag() {
            Tag::T61String => None,
            Tag::PrintableString => {
                (!all(is_printable)).then_some("invalid PrintableString in a name")
            }
            Tag::Utf8String => {
                str::from_utf8(value.data).is_err().then_some("invalid UTF-8 string in a name")
            }
            Tag::BmpString => (value.data.len() % 2 != 0).then_some("invalid BMPString in a name"),
            Tag::Ia5String => (!all(u8::is_ascii)).then_some("invalid IA5String in a name"),
            Tag::NumericString => (!all(|octet| octet.is_ascii_digit() || *octet == b' '))
                .then_some("invalid NumericString in a name"),
            _ => Some("unsupported string type in a name"),
        }
    })
}

fn public_key(certificate: &Certificate) -> Option<&'static str> {
    let point = certificate.public_key();
    let curve = match certificate.key_type() {
        KeyType::Rsa(_) => {
            let parameters = certificate.x509().public_key().algorithm.parameters.as_ref();
            let is_null = parameters.is_some_and(|found| found.tag() == Tag::Null);
            return (!is_null).then_some("RSA key missing NULL parameters");
        }
        KeyType::P256 => &ECDSA_P256_SHA256_ASN1,
        KeyType::P384 => &ECDSA_P384_SHA384_ASN1,
        KeyType::P521 => &ECDSA_P521_SHA512_ASN1,
        KeyType::Other => return curve(certificate),
        KeyType::Ed25519 => return None,
    };
    // Go accepts only the uncompressed form (SEC 1 2.3.3).
    let is_point = point.first() == Some(&4) && ParsedPublicKey::new(curve, point).is_ok();
    (!is_point).then_some("its public key is not a point on its curve")
}

/// Checks the curve of a key: Go supports P-224 to P-521, by object identifier only.
fn curve(certificate: &Certificate) -> Option<&'static str> {
    const P224: &str = "1.3.132.0.33";
    let algorithm = &certificate.x509().public_key().algorithm;
    if algorithm.algorithm.to_id_string() != EC_PUBLIC_KEY {
        return None;
    }
    match certificate.named_curve().as_deref() {
        Some(P224) => None,
        Some(_) => Some("unsupported elliptic curve"),
        None => {
            Some("invalid ECDSA parameters: its curve has explicit parameters instead of a name")
        }
    }
}

fn extension(extension: &ParsedExtension<'_>) -> Option<&'static str> {
    match extension {
        ParsedExtension::CertificatePolicies(policies) => {
            let mut seen = HashSet::new();
            let is_new = policies.iter().all(|policy| seen.insert(policy.policy_id.clone()));
            (!is_new).then_some("invalid certificate policies")
        }
        ParsedExtension::NameConstraints(constraints) => name_constraints(constraints),
        ParsedExtension::SubjectAlternativeName(names) => {
            names.general_names.iter().find_map(|name| match name {
                GeneralName::IPAddress(octets) => {
                    (!matches!(octets.len(), 4 | 16)).then_some("cannot parse IP address")
                }
                GeneralName::URI(text) => uri(text),
                _ => None,
            })
        }
        _ => None,
    }
}

fn name_constraints(constraints: &NameConstraints<'_>) -> Option<&'static str> {
    let permitted = constraints.permitted_subtrees.iter().flatten();
    let mut subtrees = permitted.chain(constraints.excluded_subtrees.iter().flatten()).peekable();
    if subtrees.peek().is_none() {
        return Some("empty name constraints extension");
    }
    subtrees.find_map(|subtree| match &subtree.base {
        GeneralName::IPAddress(range) => {
            let (_, mask) = range.split_at(range.len() / 2);
            let ones = mask.iter().map(|octet| octet.count_ones()).sum::<u32>();
            let leading = mask.iter().try_fold(0, |ones, octet| match octet {
                0xff => Ok(ones + 8),
                _ => Err(ones + octet.leading_ones()),
            });
            let leading = leading.unwrap_or_else(|leading| leading);
            match range.len() {
                8 | 32 if ones == leading => None,
                8 | 32 => Some("IP constraint contained invalid mask"),
                _ => Some("IP constraint contained value of another length"),
            }
        }
        GeneralName::DNSName(domain) if !constraint::is_domain_constraint(domain) => {
            Some("failed to parse dnsName constraint")
        }
        GeneralName::RFC822Name(address) => {
            let is_valid = match address.contains('@') {
                true => constraint::is_mailbox(address),
                false => constraint::is_domain_constraint(address),
            };
            (!is_valid).then_some("failed to parse rfc822Name constraint")
        }
        GeneralName::URI(host)
            if host.parse::<std::net::IpAddr>().is_ok()
                || !constraint::is_domain_constraint(host) =>
        {
            Some("failed to parse URI constraint")
        }
        _ => None,
    })
}

/// Returns the error of Go's net/url for a URI, as far as a certificate can cause it.
fn uri(text: &str) -> Option<&'static str> {
    let error = |is_error: bool| is_error.then_some("cannot parse URI");
    let escapes = text.as_bytes().iter().enumerate().filter(|(_, octet)| **octet == b'%');
    let is_escape = |at: usize| {
        text.as_bytes().get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    };
    if text.bytes().any(|octet| octet.is_ascii_control()) || text.starts_with(':') {
        return error(true);
    }
    if !escapes.map(|(at, _)| at).all(is_escape) {
        return error(true);
    }
    let Authority { host_and_port, host, port } = Authority::of_uri(text)?;
    let Some(host) = host.filter(|_| constraint::is_domain(host_and_port)) else {
        return error(true);
    };
    let port = port.strip_prefix(':').unwrap_or(port);
    let is_host = |octet: u8| !octet.is_ascii_whitespace() && !b"\"<>\\^`{|}".contains(&octet);
    error(!port.bytes().all(|octet| octet.is_ascii_digit()) || !host.bytes().all(is_host))
}
