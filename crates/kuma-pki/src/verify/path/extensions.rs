//! The extensions of a certificate: known, well-formed, each at most once, and readable by Go.

use std::collections::HashSet;

use x509_parser::extensions::{GeneralName, ParsedExtension};

use super::go;
use crate::verify::finding::{ChainRole, Finding};
use crate::verify::report::MAX_FINDINGS;
use crate::x509::{Certificate, KNOWN_EXTENSIONS};

/// authorityInfoAccess (RFC 5280 4.2.2.1), which Go parses too.
const AUTHORITY_INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.1";

/// The extensions that RFC 5280 requires to be non-critical; Go rejects certificates that violate this.
const NEVER_CRITICAL: [&str; 2] = ["subjectKeyIdentifier", "authorityKeyIdentifier"];

/// Returns the finding for a trust anchor that Go cannot parse.
pub(in crate::verify) fn unreadable_for_go(anchor: &Certificate) -> Option<Finding> {
    let reason = go::parse_error(anchor, false)?;
    Some(Finding::GoCannotRead { subject: anchor.subject(), reason })
}

/// Returns the finding for a sent but unneeded certificate that makes Go's crypto/tls abort the handshake.
pub(super) fn unreadable_when_sent(certificate: &Certificate) -> Option<Finding> {
    let found = extensions(certificate, ChainRole::TrustAnchor).into_iter().find(|finding| {
        !matches!(finding, Finding::ExtensionUnknown { .. } | Finding::GoUnhandled { .. })
    })?;
    Some(Finding::SentUnreadable { subject: certificate.subject(), reason: found.to_string() })
}

/// Returns the findings about the extensions and the other fields that Go parses.
pub(super) fn extensions(certificate: &Certificate, role: ChainRole) -> Vec<Finding> {
    let is_anchor = role == ChainRole::TrustAnchor;
    let mut findings = Vec::new();
    let mut seen = HashSet::new();
    if let Some(reason) = go::parse_error(certificate, !is_anchor) {
        findings.push(Finding::GoCannotRead { subject: certificate.subject(), reason });
    }
    if certificate.x509().raw_serial().first().is_some_and(|octet| octet & 0x80 != 0) {
        findings.push(Finding::SerialNegative { subject: certificate.subject() });
    }
    if is_unhandled_by_go(certificate) {
        let (subject, extension) = (certificate.subject(), "subjectAltName");
        findings.push(Finding::GoUnhandled { subject, extension });
    }
    for found in certificate.x509().extensions() {
        let oid = found.oid.to_id_string();
        let name = KNOWN_EXTENSIONS.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name);
        let is_read = name.is_some() || oid == AUTHORITY_INFO_ACCESS;
        let subject = || certificate.subject();
        let extension = name.unwrap_or(&oid).to_owned();
        if seen.contains(&oid) {
            findings.push(Finding::DuplicateExtension { subject: subject(), extension });
        } else if is_read && is_malformed(found.parsed_extension()) {
            findings.push(Finding::ExtensionMalformed { subject: subject(), extension });
        } else if found.critical && name.is_none() {
            findings.push(Finding::ExtensionUnknown { subject: subject(), extension, is_anchor });
        } else if found.critical && name.is_some_and(|name| NEVER_CRITICAL.contains(&name)) {
            findings.push(Finding::ExtensionCritical { subject: subject(), extension, is_anchor });
        }
        seen.insert(oid);
        if findings.len() > MAX_FINDINGS {
            break;
        }
    }
    findings
}

/// Returns whether a critical subjectAltName has only name types that Go does not support (`processExtensions` in
/// crypto/x509).
fn is_unhandled_by_go(certificate: &Certificate) -> bool {
    let names = certificate.x509().subject_alternative_name().ok().flatten();
    names.filter(|names| names.critical).is_some_and(|names| {
        !names.value.general_names.iter().any(|name| {
            matches!(
                name,
                GeneralName::DNSName(_)
                    | GeneralName::IPAddress(_)
                    | GeneralName::RFC822Name(_)
                    | GeneralName::URI(_)
            )
        })
    })
}

/// Returns whether an extension is malformed. Go rejects names that are not ASCII (IA5String, RFC 5280 4.2.1.6).
fn is_malformed(extension: &ParsedExtension<'_>) -> bool {
    match extension {
        ParsedExtension::ParseError { .. } => true,
        ParsedExtension::SubjectAlternativeName(names) => {
            names.general_names.iter().any(|name| match name {
                GeneralName::DNSName(text)
                | GeneralName::URI(text)
                | GeneralName::RFC822Name(text) => !text.is_ascii(),
                _ => false,
            })
        }
        _ => false,
    }
}
