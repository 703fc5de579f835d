//! Compares a new certificate with its template, and verifies it.

use time::OffsetDateTime;
use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::oid_registry::{
    OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, OID_X509_EXT_BASIC_CONSTRAINTS,
    OID_X509_EXT_EXTENDED_KEY_USAGE, OID_X509_EXT_KEY_USAGE, OID_X509_EXT_NAME_CONSTRAINTS,
    OID_X509_EXT_SUBJECT_ALT_NAME, OID_X509_EXT_SUBJECT_KEY_IDENTIFIER, Oid,
};

use crate::constraint;
use crate::issue::{IssueError, Issuer, Template};
use crate::key::PublicKey;
use crate::name::SubjectAltName;
use crate::text::with_colons;
use crate::usage::ExtendedKeyUsage;
use crate::verify::{self, Host, Report, VerifyOptions};
use crate::x509::signature::SignatureStatus;
use crate::x509::{self, Certificate, CertificateName};

/// The most names of a new certificate that are matched as hosts.
const MAX_HOSTS: usize = 100;

/// Compares every field of a new certificate with the template, the key and the CA, and verifies the signature.
/// Without a CA, the certificate must be self-signed. The parser is not from the library that encoded the certificate.
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
    match certificate.verify_signature(issuer.map_or(certificate, Issuer::certificate)) {
        SignatureStatus::Valid => Ok(()),
        status => Err(differs("signatureValue", "the issuer's signature", format!("{status:?}"))),
    }
}

/// Compares every field, as [`self_check`] does, but not the signature, which takes most of the time.
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
    let x509 = certificate.x509();
    same("version", 2, x509.version().0)?;
    same_octets("serialNumber", template.serial_number.as_bytes(), x509.raw_serial())?;
    same("subject", template.subject.to_string(), certificate.subject())?;
    let issuer_name = issuer.map_or_else(|| x509.subject().as_raw(), Issuer::subject);
    same_octets("issuer", issuer_name, x509.issuer().as_raw())?;
    let validity = certificate.validity();
    same("notBefore", template.validity.not_before, validity.not_before)?;
    same("notAfter", template.validity.not_after, validity.not_after)?;
    same_octets("subjectPublicKey", key.bits, certificate.public_key())?;
    let own = template.key_identifier(key.bits);
    let authority = issuer.map_or_else(|| own.as_bytes().to_vec(), Issuer::key_identifier);
    let identifiers = Identifiers { subject: own.as_bytes(), authority: &authority };
    extensions(x509.extensions(), template, &identifiers)
}

/// Verifies a certificate before it is written, by the checks of [`verify::verify`]: `chain`, the certificate
/// first, leads to `anchor`, for every name of the template.
///
/// # Errors
///
/// [`IssueError::Verification`] with the first check that fails. The rules of single clients are left out: a key
/// that Envoy does not connect to can be requested.
pub fn check_issued(
    template: &Template,
    chain: &[Certificate],
    anchor: &Certificate,
    now: OffsetDateTime,
) -> Result<(), IssueError> {
    let is_host = |name: &&SubjectAltName| !name.is_pattern();
    // `check_fields` compared all names with the certificate, octet for octet.
    let hosts = template.subject_alt_names.iter().filter(is_host).take(MAX_HOSTS);
    let hosts: Vec<_> = hosts.cloned().map(Host::from).collect();
    let usage = template.extended_key_usage.unwrap_or(ExtendedKeyUsage::ServerAuth);
    let options = VerifyOptions::new(&hosts, usage, now);
    let mut report = Report::default();
    verify::verify_chain(chain, Some(std::slice::from_ref(anchor)), &options, &mut report);
    match report.failures().next() {
        None => Ok(()),
        Some((_, finding)) => Err(IssueError::Verification(Box::new(finding.clone()))),
    }
}

/// The contents of subjectKeyIdentifier and authorityKeyIdentifier.
struct Identifiers<'a> {
    subject: &'a [u8],
    authority: &'a [u8],
}

/// Checks that the certificate has the extensions of the template, each once, and no other.
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
            let is_same = |(expected, found): (&SubjectAltName, _)| x509::matches(found, expected);
            if expected.len() == found.len() && expected.iter().zip(found).all(is_same) {
                return Ok(());
            }
            let expected = expected.iter().map(CertificateName::from);
            let found = found.iter().map(CertificateName::from);
            Err(differs(
                "subjectAltName",
                CertificateName::list(expected),
                CertificateName::list(found),
            ))
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
