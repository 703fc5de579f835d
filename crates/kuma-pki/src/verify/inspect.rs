//! What a certificate says, field by field, for people and programs.

use serde::Serialize;
use time::OffsetDateTime;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

use crate::constraint;
use crate::key::ExistingKey;
use crate::text::with_colons;
use crate::validity::{rfc3339, words};
use crate::verify::{self, ClientVerdict, Parsed};
use crate::x509::signature::{self, Budget, Signature};
use crate::x509::{self, Certificate, ParseError};

/// A certificate's fields. Text from the certificate is escaped. The names of the fields are part of
/// the interface: more may come, none changes.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Summary {
    /// What it can be used as, in a word or two.
    pub role: &'static str,
    /// The subject: its attributes in order, escaped as RFC 4514 says.
    pub subject: String,
    /// The issuer, likewise.
    pub issuer: String,
    /// Whether subject and issuer are the same name (RFC 5280 3.2).
    pub self_issued: bool,
    /// Whether it is signed with its own key.
    pub self_signed: bool,
    /// What is wrong with the signature of one that is self-issued.
    #[serde(skip)]
    pub signature_fault: Option<&'static str>,
    /// The serial number: upper-case hexadecimal octets with colons between.
    pub serial_number: String,
    /// The first moment at which it is valid, as RFC 3339 writes it.
    pub not_before: String,
    /// The last moment at which it is valid, as RFC 3339 writes it.
    pub not_after: String,
    /// How long it lives still, or since when it does not, in words.
    pub time_left: String,
    /// The names that it is valid for.
    pub subject_alt_names: Vec<Name>,
    /// The type of its key, such as `RSA 2048`.
    pub key: String,
    /// The algorithm with which its issuer signed.
    pub signature_algorithm: String,
    /// Whether it is a CA's; `null` if it does not say.
    pub ca: Option<bool>,
    /// How many CAs may be below it; `null` for any number.
    pub path_length: Option<u32>,
    /// The bits of keyUsage; `null` if it is absent.
    pub key_usage: Option<Vec<&'static str>>,
    /// What extendedKeyUsage allows; `null` if it is absent.
    pub extended_key_usage: Option<Vec<String>>,
    /// The names that a CA may certify; `null` if that is not limited.
    pub permitted_names: Option<Vec<String>>,
    /// The names that a CA must not certify; `null` if there are none.
    pub excluded_names: Option<Vec<String>>,
    /// The identifier of its key.
    pub subject_key_identifier: Option<String>,
    /// The identifier of the key that signed it.
    pub authority_key_identifier: Option<String>,
    /// The object identifiers of further extensions.
    pub other_extensions: Vec<String>,
    /// The SHA-256 of its DER.
    pub sha256_fingerprint: String,
}

/// A name in a certificate.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Name {
    /// In the words of RFC 5280 4.2.1.6, such as `dNSName`.
    pub kind: &'static str,
    /// The name itself.
    pub value: String,
}

/// How one certificate of a file hangs together with the others.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Link {
    /// It is signed by the certificate in this place, counted from 1.
    IssuedBy(usize),
    /// It names the certificate in this place as its issuer, but is not signed with its key.
    NotSignedBy(usize),
    /// It names the certificate in this place as its issuer; whether that one's key signed it was not
    /// looked at: it is a signature that clients do not know any more, or one of too many.
    NotJudged(usize),
    /// Its issuer is not here.
    IssuerElsewhere,
    /// It is signed with its own key.
    SelfSigned,
}

/// How many signatures are looked at beyond one for each certificate: a bound on what a file can cost.
const MAX_SIGNATURES: usize = 256;

/// Reads a certificate at a moment.
///
/// # Errors
///
/// [`ParseError`] if it cannot be read.
pub fn summary(der: &[u8], now: OffsetDateTime) -> Result<Summary, ParseError> {
    let certificate = x509::parse(1, der)?;
    let validity = x509::validity(&certificate);
    let constraints = certificate.basic_constraints().ok().flatten().map(|found| found.value);
    let limits = certificate.name_constraints().ok().flatten().map(|found| found.value);
    let some = |names: Vec<String>| (!names.is_empty()).then_some(names);
    let own_signature =
        x509::is_self_issued(&certificate).then(|| signature::verify(&certificate, &certificate));
    let self_signed = own_signature == Some(Signature::Valid);
    let extended_key_usage = x509::extended_key_usage(&certificate);
    Ok(Summary {
        role: role(
            x509::is_ca(&certificate),
            signature::is_root(&certificate),
            extended_key_usage.as_deref(),
        ),
        subject: x509::name(certificate.subject()),
        issuer: x509::name(certificate.issuer()),
        self_issued: x509::is_self_issued(&certificate),
        self_signed,
        signature_fault: match own_signature {
            None | Some(Signature::Valid) => None,
            Some(Signature::Invalid) => Some("self-issued, but not signed with its own key"),
            Some(Signature::Unsupported) => Some("its signature is none that clients still accept"),
        },
        serial_number: with_colons(certificate.raw_serial()),
        not_before: rfc3339(&validity.not_before),
        not_after: rfc3339(&validity.not_after),
        time_left: if now > validity.not_after {
            format!("expired {} ago", words(now - validity.not_after))
        } else if now < validity.not_before {
            format!("starts in {}", words(validity.not_before - now))
        } else {
            format!("{} left", words(validity.not_after - now))
        },
        subject_alt_names: x509::subject_alt_names(&certificate).iter().map(name).collect(),
        key: x509::subject_key(&certificate).to_string(),
        signature_algorithm: x509::signature_algorithm(&certificate),
        ca: x509::is_ca(&certificate),
        path_length: constraints.and_then(|found| found.path_len_constraint),
        key_usage: x509::key_usage(&certificate),
        extended_key_usage,
        permitted_names: limits.and_then(|limits| some(constraint::permitted(limits))),
        excluded_names: limits.and_then(|limits| some(constraint::excluded(limits))),
        subject_key_identifier: x509::subject_key_identifier(&certificate).map(with_colons),
        authority_key_identifier: x509::authority_key_identifier(&certificate).map(with_colons),
        other_extensions: others(&certificate),
        sha256_fingerprint: Certificate::from_der(der.to_vec())?.fingerprint().to_string(),
    })
}

/// How the certificates of a file hang together, one link for each.
///
/// # Errors
///
/// [`ParseError`] if one cannot be read.
pub fn links(certificates: &[Vec<u8>]) -> Result<Vec<Link>, ParseError> {
    let parsed = x509::parse_all(certificates)?;
    let mut signatures = Budget::new(2 * parsed.len() + MAX_SIGNATURES);
    let mut link = |one: &X509Certificate<'_>| {
        if x509::is_self_issued(one) && signatures.verify(one, one) == Some(Signature::Valid) {
            return Link::SelfSigned;
        }
        let named = signature::candidates(one, &parsed);
        let Some((first, _)) = named.first() else {
            return Link::IssuerElsewhere;
        };
        let mut is_judged = true;
        for (index, issuer) in &named {
            match signatures.verify(one, issuer) {
                Some(Signature::Valid) => return Link::IssuedBy(index + 1),
                Some(Signature::Invalid) => {}
                Some(Signature::Unsupported) | None => is_judged = false,
            }
            if signatures.is_spent() {
                break;
            }
        }
        if is_judged { Link::NotSignedBy(first + 1) } else { Link::NotJudged(first + 1) }
    };
    Ok(parsed.iter().map(&mut link).collect())
}

/// The certificates of a file that are signed with their own keys, as far as their signatures can tell.
///
/// # Errors
///
/// [`ParseError`] if one cannot be read.
pub fn self_signed(certificates: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, ParseError> {
    let parsed = x509::parse_all(certificates)?;
    let pairs = parsed.iter().zip(certificates);
    // One whose signature nobody can judge any more is told by other checks.
    let roots = pairs.filter(|(one, _)| signature::is_root(one));
    Ok(roots.map(|(_, der)| der.clone()).collect())
}

/// Whether a certificate is for the public half of a key; not if it cannot be read.
#[must_use]
pub fn has_key(der: &[u8], key: &ExistingKey) -> bool {
    x509::parse(1, der).is_ok_and(|one| x509::public_key(&one) == key.public_key())
}

/// The clients that would refuse the first certificate of a file, a server's, though the chain behind
/// it is trusted; none for CAs and clients.
///
/// # Errors
///
/// [`ParseError`] if a certificate cannot be read.
pub fn refusals(certificates: &[Vec<u8>]) -> Result<Vec<ClientVerdict>, ParseError> {
    let parsed = Parsed::all(certificates)?;
    let Some((first, others)) = parsed.split_first() else {
        return Ok(Vec::new());
    };
    let usage = x509::extended_key_usage(&first.x509);
    let is_server = match usage {
        Some(usage) => usage.iter().any(|usage| usage == "serverAuth"),
        None => x509::is_ca(&first.x509) != Some(true),
    };
    let mut signatures = Budget::new(64);
    let mut issuers: Vec<&Parsed<'_>> = Vec::new();
    let mut last = first;
    loop {
        let is_known = |ca: &&Parsed<'_>| issuers.iter().any(|known| known.der == ca.der);
        let unknown: Vec<_> = others.iter().filter(|ca| !is_known(ca)).collect();
        let named = signature::candidates(&last.x509, unknown.iter().map(|ca| &ca.x509));
        let Some((index, _)) = signatures.issuer_of(&last.x509, &named) else { break };
        last = unknown[index];
        issuers.push(last);
    }
    // Of a certificate whose CA is elsewhere, half of what clients look at is not here.
    if !is_server || !signature::is_self_signed(&last.x509) {
        return Ok(Vec::new());
    }
    Ok(verify::refusals(first, &issuers))
}

fn role(is_ca: Option<bool>, self_signed: bool, usage: Option<&[String]>) -> &'static str {
    let allows = |wanted: &str| usage.is_some_and(|usage| usage.iter().any(|one| one == wanted));
    match (is_ca == Some(true), self_signed, allows("serverAuth"), allows("clientAuth")) {
        (true, true, false, false) => "root CA",
        (true, false, false, false) => "intermediate CA",
        (true, true, true, _) => "self-signed server certificate, and its own CA",
        (true, true, false, true) => "self-signed client certificate, and its own CA",
        (true, false, ..) => "intermediate CA for TLS",
        (false, true, true, false) => "self-signed server certificate",
        (false, true, false, true) => "self-signed client certificate",
        (false, true, ..) => "self-signed certificate",
        (false, false, true, true) => "server and client certificate",
        (false, false, true, false) => "server certificate",
        (false, false, false, true) => "client certificate",
        (false, false, false, false) => "certificate",
    }
}

fn name(name: &GeneralName<'_>) -> Name {
    let kind = match name {
        GeneralName::DNSName(_) => "dNSName",
        GeneralName::IPAddress(_) => "iPAddress",
        GeneralName::URI(_) => "uniformResourceIdentifier",
        GeneralName::RFC822Name(_) => "rfc822Name",
        GeneralName::DirectoryName(_) => "directoryName",
        _ => "otherName",
    };
    Name { kind, value: verify::name_text(name) }
}

/// The extensions that no other field tells of.
fn others(certificate: &X509Certificate<'_>) -> Vec<String> {
    let told = ["14", "15", "17", "19", "30", "35", "37"].map(|end| format!("2.5.29.{end}"));
    let extensions = certificate.extensions().iter();
    let others = extensions.filter(|extension| !told.contains(&extension.oid.to_id_string()));
    others
        .map(|extension| {
            let critical = if extension.critical { ", critical" } else { "" };
            format!("{}{critical}", extension.oid.to_id_string())
        })
        .collect()
}
