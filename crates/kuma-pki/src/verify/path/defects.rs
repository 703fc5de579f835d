//! What can be wrong with each certificate of a path, and what there is to say if nothing is.

use std::collections::HashSet;

use time::OffsetDateTime;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::x509::X509Version;

use super::{Defects, Parsed, Path, Trust, go, policies, subject};
use crate::constraint;
use crate::usage::ExtendedKeyUsage;
use crate::verify::finding::{Finding, Place};
use crate::verify::report::{CheckName, MAX_FINDINGS};
use crate::x509;
use crate::x509::signature::{self, Signature};

/// Everything that is wrong with a path.
pub(super) fn defects(path: &Path<'_>, trust: &Trust<'_>) -> Defects {
    let mut defects = Defects::new();
    for (index, certificate) in path.iter().enumerate() {
        let is_anchor = index + 1 == path.len();
        let mut add = |name, found: Vec<Finding>| {
            defects.extend(found.into_iter().map(|finding| (name, finding)));
        };
        if !is_anchor {
            add(CheckName::Chain, weak_signature(certificate));
        } else if is_damaged(certificate) {
            let (subject, issuer) = (subject(certificate), subject(certificate));
            add(CheckName::Chain, vec![Finding::SignatureInvalid { subject, issuer }]);
        }
        add(CheckName::Dates, dates(certificate, trust.at, is_anchor));
        let place = match index {
            0 if is_anchor => Place::SelfTrusted,
            0 => Place::EndEntity,
            _ if is_anchor => Place::TrustAnchor,
            _ => Place::Intermediate,
        };
        add(CheckName::Extensions, extensions(certificate, place));
        add(CheckName::ExtendedKeyUsage, usage(certificate, place, trust.usage));
        let unknown = unknown_constraints(certificate);
        let are_known = unknown.is_empty();
        add(CheckName::NameConstraints, unknown);
        if index == 0 {
            add(CheckName::KeyUsage, digital_signature(certificate));
            continue;
        }
        add(CheckName::CertificationAuthority, authority(certificate, is_anchor));
        add(CheckName::PathLength, path_length(certificate, is_anchor, &path[1..index]));
        // Names of the CAs between count as those of the certificate, as they do in Go.
        for below in path[..index].iter().filter(|_| are_known) {
            add(CheckName::NameConstraints, name_constraints(certificate, is_anchor, below));
        }
    }
    if let Some(certificate) = policies::without_policy(path) {
        let finding = Finding::PolicyMissing { subject: subject(certificate) };
        defects.push((CheckName::Extensions, finding));
    }
    defects
}

/// Why Go's crypto/tls breaks the handshake off over a certificate that is sent and not needed.
pub(super) fn unreadable(certificate: &Parsed<'_>) -> Option<Finding> {
    let found = extensions(certificate, Place::TrustAnchor).into_iter().find(|finding| {
        !matches!(finding, Finding::ExtensionUnknown { .. } | Finding::GoUnhandled { .. })
    })?;
    Some(Finding::SentUnreadable { subject: subject(certificate), reason: found.to_string() })
}

/// The defects of the certificate itself, where nothing leads from it to a CA.
pub(super) fn own_defects(
    name: CheckName,
    certificate: &Parsed<'_>,
    trust: &Trust<'_>,
) -> Vec<Finding> {
    match name {
        CheckName::Dates => dates(certificate, trust.at, false),
        CheckName::Extensions => extensions(certificate, Place::EndEntity),
        CheckName::KeyUsage => digital_signature(certificate),
        CheckName::ExtendedKeyUsage => usage(certificate, Place::EndEntity, trust.usage),
        _ => Vec::new(),
    }
}

/// Whether a certificate says that it is signed with its own key, and is not. Nobody looks at the
/// signature of an anchor, but one that is wrong shows that the file was changed. A CA's certificate
/// that its older key signed has the same name twice as well, and names that key.
fn is_damaged(anchor: &Parsed<'_>) -> bool {
    let own = x509::subject_key_identifier(&anchor.x509);
    let named = x509::authority_key_identifier(&anchor.x509);
    let names_itself = named.is_some() && named == own;
    x509::is_self_issued(&anchor.x509)
        && names_itself
        && signature::verify(&anchor.x509, &anchor.x509) == Signature::Invalid
}

fn weak_signature(certificate: &Parsed<'_>) -> Vec<Finding> {
    let algorithm = x509::signature_algorithm(&certificate.x509);
    let is_weak =
        algorithm.starts_with("md5") || algorithm.contains("sha1") || algorithm.contains("SHA1");
    if !is_weak {
        return Vec::new();
    }
    vec![Finding::WeakSignature { subject: subject(certificate), algorithm }]
}

pub(in crate::verify) fn dates(
    certificate: &Parsed<'_>,
    at: OffsetDateTime,
    is_anchor: bool,
) -> Vec<Finding> {
    let validity = x509::validity(&certificate.x509);
    let subject = subject(certificate);
    if at > validity.not_after {
        return vec![Finding::Expired { subject, not_after: validity.not_after, at, is_anchor }];
    }
    if at < validity.not_before {
        let not_before = validity.not_before;
        return vec![Finding::NotYetValid { subject, not_before, at, is_anchor }];
    }
    Vec::new()
}

fn authority(certificate: &Parsed<'_>, is_anchor: bool) -> Vec<Finding> {
    let found = match x509::is_ca(&certificate.x509) {
        Some(true) => None,
        // A root of X.509 version 1 has no extensions in which it could say so (RFC 5280 6.1.4 k).
        None if certificate.x509.version() != X509Version::V3 && is_anchor => None,
        Some(false) => Some(false),
        None => Some(true),
    };
    let not_ca = found.map(|is_missing| {
        let subject = subject(certificate);
        Finding::IssuerNotCa { subject, is_missing, is_anchor }
    });
    let usage = x509::key_usage(&certificate.x509);
    let may_not_sign = usage.filter(|usage| !usage.contains(&"keyCertSign")).map(|usage| {
        let usage = usage.join(", ");
        Finding::MayNotSign { subject: subject(certificate), usage }
    });
    // A certificate that is no CA has no business with keyCertSign: one fault, told once.
    not_ca.or(may_not_sign).into_iter().collect()
}

/// `below` are the CAs between this one and the certificate. RFC 5280 4.2.1.9 does not count the
/// self-issued ones; Go, and so kuma-dp, does.
fn path_length(certificate: &Parsed<'_>, is_anchor: bool, below: &[&Parsed<'_>]) -> Vec<Finding> {
    let constraints = certificate.x509.basic_constraints().ok().flatten();
    let Some(allowed) = constraints.and_then(|found| found.value.path_len_constraint) else {
        return Vec::new();
    };
    let self_issued = below.iter().filter(|ca| x509::is_self_issued(&ca.x509)).count();
    let [found, others] = [below.len(), below.len() - self_issued]
        .map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    if found <= allowed {
        return Vec::new();
    }
    let only_for_go = others <= allowed;
    let subject = subject(certificate);
    vec![Finding::PathTooLong { subject, allowed, found, only_for_go, is_anchor }]
}

/// The extensions that clients act on when they are critical (RFC 5280 4.2; Go's crypto/x509 and
/// OpenSSL know these).
const KNOWN: [(&str, &str); 12] = [
    ("2.5.29.14", "subjectKeyIdentifier"),
    ("2.5.29.15", "keyUsage"),
    ("2.5.29.17", "subjectAltName"),
    ("2.5.29.19", "basicConstraints"),
    ("2.5.29.30", "nameConstraints"),
    ("2.5.29.31", "cRLDistributionPoints"),
    ("2.5.29.32", "certificatePolicies"),
    ("2.5.29.33", "policyMappings"),
    ("2.5.29.35", "authorityKeyIdentifier"),
    ("2.5.29.36", "policyConstraints"),
    ("2.5.29.37", "extKeyUsage"),
    ("2.5.29.54", "inhibitAnyPolicy"),
];

/// authorityInfoAccess (RFC 5280 4.2.2.1), which Go reads too.
const AUTHORITY_INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.1";

/// How many pairs of a name and a constraint OpenSSL and BoringSSL compare (`NAME_CHECK_MAX`). Go has no limit
/// since 1.26; a file of 1 MiB can have a thousand million.
const MAX_COMPARISONS: usize = 1 << 20;

/// Those that RFC 5280 forbids to be critical, and for which Go refuses the certificate.
const NEVER_CRITICAL: [&str; 2] = ["subjectKeyIdentifier", "authorityKeyIdentifier"];

/// Returns why Go cannot read a trust anchor.
pub(in crate::verify) fn unreadable_for_go(anchor: &Parsed<'_>) -> Option<Finding> {
    let reason = go::refusal(&anchor.x509, false)?;
    Some(Finding::GoCannotRead { subject: subject(anchor), reason })
}

fn extensions(certificate: &Parsed<'_>, place: Place) -> Vec<Finding> {
    let is_anchor = place == Place::TrustAnchor;
    let mut findings = Vec::new();
    let mut seen = HashSet::new();
    if let Some(reason) = go::refusal(&certificate.x509, !is_anchor) {
        findings.push(Finding::GoCannotRead { subject: subject(certificate), reason });
    }
    if certificate.x509.raw_serial().first().is_some_and(|octet| octet & 0x80 != 0) {
        findings.push(Finding::SerialNegative { subject: subject(certificate) });
    }
    if is_unhandled_by_go(certificate) {
        let (subject, extension) = (subject(certificate), "subjectAltName");
        findings.push(Finding::GoUnhandled { subject, extension });
    }
    for found in certificate.x509.extensions() {
        let oid = found.oid.to_id_string();
        let name = KNOWN.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name);
        let fault: Option<fn(String, String, bool) -> Finding> = if seen.contains(&oid) {
            Some(|subject, extension, _| Finding::ExtensionTwice { subject, extension })
        } else if (name.is_some() || oid == AUTHORITY_INFO_ACCESS)
            && is_malformed(found.parsed_extension())
        {
            Some(|subject, extension, _| Finding::ExtensionMalformed { subject, extension })
        } else if found.critical && name.is_none() {
            Some(|subject, extension, is_anchor| Finding::ExtensionUnknown {
                subject,
                extension,
                is_anchor,
            })
        } else if found.critical && name.is_some_and(|name| NEVER_CRITICAL.contains(&name)) {
            Some(|subject, extension, is_anchor| Finding::ExtensionCritical {
                subject,
                extension,
                is_anchor,
            })
        } else {
            None
        };
        let tell = |fault: fn(String, String, bool) -> Finding| {
            fault(subject(certificate), name.unwrap_or(&oid).to_owned(), is_anchor)
        };
        findings.extend(fault.map(tell));
        seen.insert(oid);
        if findings.len() > MAX_FINDINGS {
            break;
        }
    }
    findings
}

/// Whether a critical subjectAltName has only names of kinds that Go does not know (crypto/x509,
/// processExtensions).
fn is_unhandled_by_go(certificate: &Parsed<'_>) -> bool {
    let names = certificate.x509.subject_alternative_name().ok().flatten();
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

/// A name that is not ASCII cannot be read by Go (RFC 5280 4.2.1.6: IA5String).
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

/// A TLS 1.3 server signs with its key, and so does an ECDSA server in TLS 1.2; Envoy, Java and
/// Chrome hold RSA servers to it as well.
fn digital_signature(certificate: &Parsed<'_>) -> Vec<Finding> {
    let usage = x509::key_usage(&certificate.x509);
    let lacking = usage.filter(|usage| !usage.contains(&"digitalSignature"));
    lacking
        .into_iter()
        .map(|usage| Finding::NoDigitalSignature { usage: usage.join(", ") })
        .collect()
}

/// A CA's extendedKeyUsage limits that of what it issues, in Go and OpenSSL. An empty one limits nothing in Go;
/// who rejects it is a rule of the clients.
fn usage(certificate: &Parsed<'_>, place: Place, wanted: ExtendedKeyUsage) -> Vec<Finding> {
    let wanted = wanted.as_str();
    let allows = |usage: &Vec<String>| {
        usage.is_empty()
            || usage.iter().any(|usage| usage == wanted || usage == "anyExtendedKeyUsage")
    };
    let found = x509::extended_key_usage(&certificate.x509).filter(|usage| !allows(usage));
    let finding = |found: Vec<String>| Finding::Usage {
        subject: subject(certificate),
        found: found.join(", "),
        wanted,
        place,
    };
    found.map(finding).into_iter().collect()
}

/// Critical constraints on names of kinds that Go does not know.
fn unknown_constraints(certificate: &Parsed<'_>) -> Vec<Finding> {
    let found = certificate.x509.name_constraints().ok().flatten().filter(|found| found.critical);
    let kinds = found.map(|found| constraint::unknown_to_go(found.value)).unwrap_or_default();
    if kinds.is_empty() {
        return Vec::new();
    }
    vec![Finding::ConstraintKinds { subject: subject(certificate), kinds: kinds.join(", ") }]
}

fn name_constraints(ca: &Parsed<'_>, is_anchor: bool, below: &Parsed<'_>) -> Vec<Finding> {
    let Ok(Some(constraints)) = ca.x509.name_constraints() else {
        return Vec::new();
    };
    let names = x509::subject_alt_names(&below.x509);
    if names.len().saturating_mul(constraint::count(constraints.value)) > MAX_COMPARISONS {
        return vec![Finding::TooManyConstraints { subject: subject(ca), limit: MAX_COMPARISONS }];
    }
    let unknown = names.iter().filter(|name| !constraint::is_comparable(name));
    let unknown = unknown.map(|name| Finding::NameNotComparable {
        name: super::super::hostname::text(name),
        subject: subject(ca),
    });
    let excluded = names.iter().filter_map(|name| {
        let excluded = constraint::check_entry(name, constraints.value).err()?;
        Some(Finding::NameExcluded {
            name: super::super::hostname::text(name),
            subject: subject(ca),
            constraint: excluded.to_string(),
            is_anchor,
        })
    });
    unknown.chain(excluded).take(MAX_FINDINGS + 1).collect()
}

/// What a check compared, for a path without that defect.
pub(super) fn passed(name: CheckName, path: &Path<'_>, trust: &Trust<'_>) -> String {
    let end_entity = path[0];
    match name {
        CheckName::Dates => {
            let ends = path.iter().map(|one| x509::validity(&one.x509).not_after).min();
            let ends = ends.as_ref().map(crate::validity::rfc3339).unwrap_or_default();
            format!("valid until {ends}")
        }
        CheckName::CertificationAuthority if path.len() == 1 => "no CA is above it".to_owned(),
        CheckName::CertificationAuthority => match path.len() - 1 {
            1 => "the CA may sign certificates".to_owned(),
            count => format!("{count} CAs may sign certificates"),
        },
        CheckName::PathLength => "no CA has more CAs below it than it allows".to_owned(),
        CheckName::Extensions => "each is there once and known".to_owned(),
        CheckName::KeyUsage => x509::key_usage(&end_entity.x509)
            .map_or_else(|| "not limited".to_owned(), |usage| usage.join(", ")),
        CheckName::ExtendedKeyUsage => match x509::extended_key_usage(&end_entity.x509) {
            Some(_) => trust.usage.as_str().to_owned(),
            None => "not limited".to_owned(),
        },
        _ => {
            let limits = path.iter().any(|ca| matches!(ca.x509.name_constraints(), Ok(Some(_))));
            if limits { "the names are within them" } else { "no CA has any" }.to_owned()
        }
    }
}
