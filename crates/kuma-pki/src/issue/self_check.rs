//! The last look before a certificate leaves: does it say what was asked for?

use time::OffsetDateTime;
use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::oid_registry::{
    OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, OID_X509_EXT_BASIC_CONSTRAINTS,
    OID_X509_EXT_EXTENDED_KEY_USAGE, OID_X509_EXT_KEY_USAGE, OID_X509_EXT_NAME_CONSTRAINTS,
    OID_X509_EXT_SUBJECT_ALT_NAME, OID_X509_EXT_SUBJECT_KEY_IDENTIFIER, Oid,
};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::constraint;
use crate::issue::{IssueError, Issuer, Template};
use crate::key::PublicKey;
use crate::name::SubjectAltName;
use crate::text::with_colons;
use crate::usage::ExtendedKeyUsage;
use crate::verify::{self, Evidence, File, Host, Question};
use crate::x509::signature::{self, Signature};
use crate::x509::{self, Certificate};

/// How many of the names of a new certificate are looked for as clients do.
const MAX_HOSTS: usize = 100;

/// Reads a certificate again, with another library than the one that wrote it, and holds every field
/// against the template, the key and the CA; without a CA, the certificate is self-signed.
///
/// # Errors
///
/// [`IssueError::SelfCheck`] with the first field that differs.
pub fn self_check<'a>(
    certificate: &Certificate,
    template: &Template,
    key: impl Into<PublicKey<'a>>,
    issuer: Option<&Issuer>,
) -> Result<(), IssueError> {
    check_fields(certificate, template, key, issuer)?;
    let parsed = x509::parse(1, certificate.der())?;
    let ca = issuer.map(|issuer| x509::parse(1, issuer.certificate())).transpose()?;
    match signature::verify(&parsed, ca.as_ref().unwrap_or(&parsed)) {
        Signature::Valid => Ok(()),
        found => Err(differs("signatureValue", "the issuer's signature", format!("{found:?}"))),
    }
}

/// As [`self_check`], but for the signature, which takes longer to look at than all the rest.
///
/// # Errors
///
/// [`IssueError::SelfCheck`] with the first field that differs.
pub fn check_fields<'a>(
    certificate: &Certificate,
    template: &Template,
    key: impl Into<PublicKey<'a>>,
    issuer: Option<&Issuer>,
) -> Result<(), IssueError> {
    let key = key.into();
    let (rest, parsed) = X509Certificate::from_der(certificate.der())
        .map_err(|error| differs("the encoding", "X.509", error))?;
    same("the bytes behind the certificate", 0, rest.len())?;
    same("version", 2, parsed.version().0)?;
    same_octets("serialNumber", template.serial_number.as_bytes(), parsed.raw_serial())?;
    same("subject", template.subject.to_string(), x509::name(parsed.subject()))?;
    let issuer_name = issuer.map_or_else(|| parsed.subject().as_raw(), Issuer::subject);
    same_octets("issuer", issuer_name, parsed.issuer().as_raw())?;
    same("notBefore", template.validity.not_before, parsed.validity().not_before.to_datetime())?;
    same("notAfter", template.validity.not_after, parsed.validity().not_after.to_datetime())?;
    same_octets("subjectPublicKey", key.bits, x509::public_key(&parsed))?;
    let own = template.key_identifier(key.bits);
    let identifiers = Identifiers {
        subject: own.as_bytes(),
        authority: issuer.map_or(own.as_bytes(), Issuer::key_identifier),
    };
    extensions(parsed.extensions(), template, &identifiers)
}

/// Verifies a certificate before it is written, by the checks that [`verify::verify`] makes of files: does
/// `chain` lead to `anchor`, for every name of the template? Both are PEM.
///
/// # Errors
///
/// [`IssueError::Verification`] with the first check that fails. The rules of single clients are left out: a key
/// that Envoy does not connect to can be asked for.
pub fn check_issued(
    template: &Template,
    chain: &[u8],
    anchor: &[u8],
    now: OffsetDateTime,
) -> Result<(), IssueError> {
    let evidence = Evidence {
        certificate: File { name: "the certificate", bytes: chain },
        proof: None,
        key: None,
        key_mode: None,
        ca: Some(File { name: "the CA certificate", bytes: anchor }),
        bundle: None,
    };
    let is_host = |name: &&SubjectAltName| !name.is_pattern();
    // Each name was held against the certificate, octet for octet, by `check_fields`.
    let hosts = template.subject_alt_names.iter().filter(is_host).take(MAX_HOSTS);
    let hosts: Vec<_> = hosts.cloned().map(Host::from).collect();
    let usage = template.extended_key_usage.unwrap_or(ExtendedKeyUsage::ServerAuth);
    let question = Question::new(&hosts, usage, now);
    match verify::judge(&evidence, &question, false).failures().next() {
        None => Ok(()),
        Some((_, finding)) => Err(IssueError::Verification(Box::new(finding.clone()))),
    }
}

/// The contents of subjectKeyIdentifier and authorityKeyIdentifier.
struct Identifiers<'a> {
    subject: &'a [u8],
    authority: &'a [u8],
}

/// Every extension that the template asks for is there, once, and no other.
fn extensions(
    found: &[X509Extension<'_>],
    template: &Template,
    identifiers: &Identifiers<'_>,
) -> Result<(), IssueError> {
    let wanted = [
        (OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, false, true),
        (OID_X509_EXT_SUBJECT_ALT_NAME, false, !template.subject_alt_names.is_empty()),
        (OID_X509_EXT_KEY_USAGE, true, true),
        (OID_X509_EXT_EXTENDED_KEY_USAGE, false, template.extended_key_usage.is_some()),
        (OID_X509_EXT_SUBJECT_KEY_IDENTIFIER, false, true),
        (OID_X509_EXT_BASIC_CONSTRAINTS, true, template.basic_constraints.is_some()),
        (OID_X509_EXT_NAME_CONSTRAINTS, true, !template.permitted_subtrees.is_empty()),
    ];
    let wanted = wanted.into_iter().filter(|(.., is_wanted)| *is_wanted);
    let mut expected: Vec<(Oid<'_>, bool)> =
        wanted.map(|(oid, critical, _)| (oid, critical)).collect();
    let mut present: Vec<_> = found.iter().map(|e| (e.oid.clone(), e.critical)).collect();
    let by_oid =
        |one: &(Oid<'_>, bool), other: &(Oid<'_>, bool)| one.0.as_bytes().cmp(other.0.as_bytes());
    expected.sort_by(by_oid);
    present.sort_by(by_oid);
    if expected != present {
        return Err(differs("extensions", format!("{expected:?}"), format!("{present:?}")));
    }
    for extension in found {
        value(extension.parsed_extension(), template, identifiers)?;
    }
    Ok(())
}

fn value(
    extension: &ParsedExtension<'_>,
    template: &Template,
    identifiers: &Identifiers<'_>,
) -> Result<(), IssueError> {
    match extension {
        ParsedExtension::AuthorityKeyIdentifier(found) => {
            let found = found.key_identifier.as_ref().map_or(&[][..], |id| id.0);
            same_octets("authorityKeyIdentifier", identifiers.authority, found)
        }
        ParsedExtension::BasicConstraints(found) => {
            let expected = template.basic_constraints.map(|c| c.path_length.map(u32::from));
            let found = found.ca.then_some(found.path_len_constraint);
            same("basicConstraints", format!("{expected:?}"), format!("{found:?}"))
        }
        ParsedExtension::ExtendedKeyUsage(found) => {
            let expected = template.extended_key_usage;
            let (client, server) = (found.client_auth, found.server_auth);
            same("extKeyUsage clientAuth", expected == Some(ExtendedKeyUsage::ClientAuth), client)?;
            same("extKeyUsage serverAuth", expected == Some(ExtendedKeyUsage::ServerAuth), server)
        }
        ParsedExtension::KeyUsage(found) => {
            let bits = template.key_usage.iter().fold(0, |bits, usage| bits | usage.bit());
            same("keyUsage", bits, found.flags)
        }
        ParsedExtension::NameConstraints(found) => {
            let expected: Vec<_> =
                template.permitted_subtrees.iter().map(ToString::to_string).collect();
            same("excludedSubtrees", 0, found.excluded_subtrees.iter().flatten().count())?;
            same("permittedSubtrees", expected.join(", "), constraint::permitted(found).join(", "))
        }
        ParsedExtension::SubjectAlternativeName(found) => {
            let expected = &template.subject_alt_names;
            let found = &found.general_names;
            let is_same = |(expected, found): (&SubjectAltName, _)| x509::is_name(found, expected);
            if expected.len() == found.len() && expected.iter().zip(found).all(is_same) {
                return Ok(());
            }
            let expected: Vec<String> =
                expected.iter().map(|name| format!("{} {name}", name.kind())).collect();
            let found: Vec<String> = found.iter().map(x509::general_name).collect();
            Err(differs("subjectAltName", expected.join(", "), found.join(", ")))
        }
        ParsedExtension::SubjectKeyIdentifier(found) => {
            same_octets("subjectKeyIdentifier", identifiers.subject, found.0)
        }
        other => Err(differs("extensions", "readable", format!("{other:?}"))),
    }
}

fn same<T: PartialEq + ToString>(
    field: &'static str,
    expected: T,
    found: T,
) -> Result<(), IssueError> {
    if expected == found {
        return Ok(());
    }
    Err(differs(field, expected, found.to_string()))
}

fn same_octets(field: &'static str, expected: &[u8], found: &[u8]) -> Result<(), IssueError> {
    if expected == found {
        return Ok(());
    }
    Err(differs(field, with_colons(expected), with_colons(found)))
}

fn differs(field: &'static str, expected: impl ToString, found: impl ToString) -> IssueError {
    IssueError::SelfCheck { field, expected: expected.to_string(), found: found.to_string() }
}
