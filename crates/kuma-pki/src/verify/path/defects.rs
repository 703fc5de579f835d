//! The defects of a path, and the texts of checks without a defect.

use time::OffsetDateTime;
use x509_parser::x509::X509Version;

use super::extensions::extensions;
use super::{Path, PathInput, policies};
use crate::constraint;
use crate::usage::{ExtendedKeyUsage, KeyUsage};
use crate::validity::rfc3339;
use crate::verify::finding::{ChainRole, Finding};
use crate::verify::report::{CheckName, MAX_FINDINGS};
use crate::x509::signature::SignatureStatus;
use crate::x509::{Certificate, CertificateName};

/// The defects of a path, each with the check that finds it.
pub(super) type Defects = Vec<(CheckName, Finding)>;

/// The most pairs of a name and a constraint that OpenSSL and BoringSSL compare (`NAME_CHECK_MAX`). Go has no limit
/// since 1.26, but a file of 1 MiB can have 10^9 pairs.
const MAX_COMPARISONS: usize = 1 << 20;

/// Returns every defect of a path.
pub(super) fn defects(path: &Path<'_>, input: &PathInput<'_>) -> Defects {
    let mut defects = Defects::new();
    for (index, certificate) in path.iter().enumerate() {
        let is_anchor = index + 1 == path.len();
        let mut add = |name, found: Vec<Finding>| {
            defects.extend(found.into_iter().map(|finding| (name, finding)));
        };
        if !is_anchor {
            add(CheckName::Chain, weak_signature(certificate));
        } else if is_damaged(certificate) {
            let (subject, issuer) = (certificate.subject(), certificate.subject());
            add(CheckName::Chain, vec![Finding::SignatureInvalid { subject, issuer }]);
        }
        add(CheckName::Dates, dates(certificate, input.at, is_anchor));
        let role = match index {
            0 if is_anchor => ChainRole::SelfTrusted,
            0 => ChainRole::EndEntity,
            _ if is_anchor => ChainRole::TrustAnchor,
            _ => ChainRole::Intermediate,
        };
        add(CheckName::Extensions, extensions(certificate, role));
        add(CheckName::ExtendedKeyUsage, usage(certificate, role, input.usage));
        let unknown = unknown_constraints(certificate);
        let are_known = unknown.is_empty();
        add(CheckName::NameConstraints, unknown);
        if index == 0 {
            add(CheckName::KeyUsage, digital_signature(certificate));
            continue;
        }
        add(CheckName::CertificationAuthority, authority(certificate, is_anchor));
        add(CheckName::PathLength, path_length(certificate, is_anchor, &path[1..index]));
        // As in Go, the constraints apply to the names of intermediate CAs too.
        for below in path[..index].iter().filter(|_| are_known) {
            add(CheckName::NameConstraints, name_constraints(certificate, is_anchor, below));
        }
    }
    if let Some(certificate) = policies::without_policy(path) {
        let finding = Finding::PolicyMissing { subject: certificate.subject() };
        defects.push((CheckName::Extensions, finding));
    }
    defects
}

/// Returns the defects that make every certificate below a CA invalid. In `chain`, the CA is first, and each further
/// certificate issued the one before it.
pub(crate) fn issuer_defects(chain: &[Certificate], at: OffsetDateTime) -> Vec<Finding> {
    let below: Vec<_> = chain.iter().collect();
    let defects = |(index, certificate): (usize, &Certificate)| {
        // All clients accept a root of X.509 version 1, but not all an issuing CA.
        let mut found = authority(certificate, index > 0);
        found.extend(path_length(certificate, true, &below[..index]));
        found.extend(dates(certificate, at, true));
        found
    };
    chain.iter().enumerate().flat_map(defects).collect()
}

/// Returns the defects of an end-entity certificate without a path.
pub(super) fn own_defects(
    name: CheckName,
    certificate: &Certificate,
    input: &PathInput<'_>,
) -> Vec<Finding> {
    match name {
        CheckName::Dates => dates(certificate, input.at, false),
        CheckName::Extensions => extensions(certificate, ChainRole::EndEntity),
        CheckName::KeyUsage => digital_signature(certificate),
        CheckName::ExtendedKeyUsage => usage(certificate, ChainRole::EndEntity, input.usage),
        _ => Vec::new(),
    }
}

/// Returns whether a trust anchor names itself and its own key as issuer, but has an invalid signature. Clients do not
/// verify the signature of an anchor, but an invalid one shows that the file is damaged. A CA certificate that the
/// CA's previous key signed is self-issued too, but names that key.
fn is_damaged(anchor: &Certificate) -> bool {
    let names_own_key = anchor
        .authority_key_identifier()
        .is_some_and(|named| Some(named) == anchor.subject_key_identifier());
    anchor.is_self_issued()
        && names_own_key
        && anchor.verify_signature(anchor) == SignatureStatus::Invalid
}

fn weak_signature(certificate: &Certificate) -> Vec<Finding> {
    let algorithm = certificate.signature_algorithm();
    if !algorithm.is_weak() {
        return Vec::new();
    }
    let (subject, algorithm) = (certificate.subject(), algorithm.to_string());
    vec![Finding::WeakSignature { subject, algorithm }]
}

pub(in crate::verify) fn dates(
    certificate: &Certificate,
    at: OffsetDateTime,
    is_anchor: bool,
) -> Vec<Finding> {
    let validity = certificate.validity();
    let subject = certificate.subject();
    if at > validity.not_after {
        return vec![Finding::Expired { subject, not_after: validity.not_after, at, is_anchor }];
    }
    if at < validity.not_before {
        let not_before = validity.not_before;
        return vec![Finding::NotYetValid { subject, not_before, at, is_anchor }];
    }
    Vec::new()
}

fn authority(certificate: &Certificate, is_anchor: bool) -> Vec<Finding> {
    let is_missing = match certificate.is_ca() {
        Some(true) => None,
        // A root of X.509 version 1 cannot have basicConstraints (RFC 5280 6.1.4 k).
        None if certificate.x509().version() != X509Version::V3 && is_anchor => None,
        Some(false) => Some(false),
        None => Some(true),
    };
    // A certificate that is not a CA needs no keyCertSign, so this is the only defect to report.
    if let Some(is_missing) = is_missing {
        let subject = certificate.subject();
        return vec![Finding::IssuerNotCa { subject, is_missing, is_anchor }];
    }
    match certificate.key_usage() {
        Some(usage) if !usage.contains(&KeyUsage::KeyCertSign) => {
            let (subject, usage) = (certificate.subject(), KeyUsage::names(&usage));
            vec![Finding::NoKeyCertSign { subject, usage }]
        }
        _ => Vec::new(),
    }
}

/// Checks pathLenConstraint. `below` are the CAs between this CA and the end entity. RFC 5280 4.2.1.9 does not count
/// self-issued CAs; Go, and so kuma-dp, does.
fn path_length(certificate: &Certificate, is_anchor: bool, below: &[&Certificate]) -> Vec<Finding> {
    let Some(allowed) = certificate.path_length() else {
        return Vec::new();
    };
    let self_issued = below.iter().filter(|ca| ca.is_self_issued()).count();
    let [found, others] = [below.len(), below.len() - self_issued]
        .map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    if found <= allowed {
        return Vec::new();
    }
    let only_for_go = others <= allowed;
    let subject = certificate.subject();
    vec![Finding::PathTooLong { subject, allowed, found, only_for_go, is_anchor }]
}

/// Checks that keyUsage allows digitalSignature, which TLS 1.3, and TLS 1.2 with ECDSA, need. Envoy, Java and Chrome
/// require it of RSA keys too.
fn digital_signature(certificate: &Certificate) -> Vec<Finding> {
    match certificate.key_usage() {
        Some(usage) if !usage.contains(&KeyUsage::DigitalSignature) => {
            vec![Finding::NoDigitalSignature { usage: KeyUsage::names(&usage) }]
        }
        _ => Vec::new(),
    }
}

/// In Go and OpenSSL, the extendedKeyUsage of a CA limits the certificates below it. An empty one limits nothing in
/// Go; the client rules name the clients that reject it.
fn usage(certificate: &Certificate, role: ChainRole, wanted: ExtendedKeyUsage) -> Vec<Finding> {
    let is_empty = || certificate.extended_key_usage_names().is_some_and(|names| names.is_empty());
    if certificate.allows_usage(wanted) || is_empty() {
        return Vec::new();
    }
    vec![Finding::usage(certificate, wanted, role)]
}

/// Returns the finding for critical nameConstraints with name types that Go does not support.
fn unknown_constraints(certificate: &Certificate) -> Vec<Finding> {
    let found = certificate.x509().name_constraints().ok().flatten();
    let found = found.filter(|found| found.critical);
    let kinds = found.map(|found| constraint::unknown_to_go(found.value)).unwrap_or_default();
    if kinds.is_empty() {
        return Vec::new();
    }
    vec![Finding::ConstraintsUnsupported {
        subject: certificate.subject(),
        kinds: kinds.join(", "),
    }]
}

fn name_constraints(ca: &Certificate, is_anchor: bool, below: &Certificate) -> Vec<Finding> {
    let Some(constraints) = ca.name_constraints() else {
        return Vec::new();
    };
    let names = below.subject_alt_names();
    if names.len().saturating_mul(constraint::count(constraints)) > MAX_COMPARISONS {
        let subject = ca.subject();
        return vec![Finding::TooManyConstraints { subject, limit: MAX_COMPARISONS }];
    }
    let unknown = names.iter().filter(|name| !constraint::is_comparable(name));
    let unknown = unknown.map(|name| Finding::NameNotComparable {
        name: CertificateName::from(name).value,
        subject: ca.subject(),
    });
    let excluded = names.iter().filter_map(|name| {
        let violation = constraint::check_entry(name, constraints).err()?;
        Some(Finding::NameExcluded {
            name: CertificateName::from(name).value,
            subject: ca.subject(),
            constraint: violation.to_string(),
            is_anchor,
        })
    });
    unknown.chain(excluded).take(MAX_FINDINGS + 1).collect()
}

/// Returns what a check compared, for a path without that defect.
pub(super) fn passed(name: CheckName, path: &Path<'_>, input: &PathInput<'_>) -> String {
    let end_entity = path[0];
    match name {
        CheckName::Dates => {
            let end = path.iter().map(|one| one.validity().not_after).min();
            format!("valid until {}", end.as_ref().map(rfc3339).unwrap_or_default())
        }
        CheckName::CertificationAuthority => match path.len() - 1 {
            0 => "no CA above it".to_owned(),
            1 => "the CA may sign certificates".to_owned(),
            count => format!("{count} CAs may sign certificates"),
        },
        CheckName::PathLength => "no limit is exceeded".to_owned(),
        CheckName::Extensions => "all known and unique".to_owned(),
        CheckName::KeyUsage => end_entity
            .key_usage()
            .map_or_else(|| "not limited".to_owned(), |usage| KeyUsage::names(&usage)),
        CheckName::ExtendedKeyUsage => match end_entity.extended_key_usage() {
            Some(_) => input.usage.as_str().to_owned(),
            None => "not limited".to_owned(),
        },
        _ => {
            let limits = path.iter().any(|ca| ca.name_constraints().is_some());
            if limits { "all names satisfy them" } else { "none" }.to_owned()
        }
    }
}
