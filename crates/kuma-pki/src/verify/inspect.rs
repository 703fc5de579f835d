//! Describes certificates.

use serde::Serialize;
use time::OffsetDateTime;

use super::path::issued_chain;
use super::{ClientVerdict, verdict};
use crate::constraint;
use crate::text::with_colons;
use crate::usage::{ExtendedKeyUsage, KeyUsage};
use crate::validity::{rfc3339, words};
use crate::x509::signature::{SignatureBudget, SignatureStatus};
use crate::x509::{Certificate, CertificateName};

/// The fields of a certificate. Text from the certificate is escaped. The names of the fields are part of the
/// interface: fields may be added, but not changed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Summary {
    /// The kind of certificate, such as `root CA`.
    pub role: &'static str,
    /// The subject: its attributes in order, escaped as RFC 4514 says.
    pub subject: String,
    /// The issuer, likewise.
    pub issuer: String,
    /// Whether subject and issuer are the same name (RFC 5280 3.2).
    pub self_issued: bool,
    /// Whether it is signed with its own key.
    pub self_signed: bool,
    /// The defect of the signature of a self-issued certificate.
    #[serde(skip)]
    pub signature_defect: Option<&'static str>,
    /// The serial number: upper-case hexadecimal octets with colons between.
    pub serial_number: String,
    /// notBefore in the notation of RFC 3339.
    pub not_before: String,
    /// notAfter in the notation of RFC 3339.
    pub not_after: String,
    /// The time until it expires, or since it expired, in words.
    pub time_left: String,
    /// The names that it is valid for.
    pub subject_alt_names: Vec<CertificateName>,
    /// The type of its key, such as `RSA 2048`.
    pub key: String,
    /// The algorithm with which its issuer signed.
    pub signature_algorithm: String,
    /// cA of basicConstraints; `null` if they are absent.
    pub ca: Option<bool>,
    /// pathLenConstraint; `null` if it is absent.
    pub path_length: Option<u32>,
    /// The bits of keyUsage; `null` if it is absent.
    pub key_usage: Option<Vec<&'static str>>,
    /// What extendedKeyUsage allows; `null` if it is absent.
    pub extended_key_usage: Option<Vec<String>>,
    /// The permitted subtrees of nameConstraints; `null` if there are none.
    pub permitted_names: Option<Vec<String>>,
    /// The excluded subtrees of nameConstraints; `null` if there are none.
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

/// The relation of one certificate of a file to the others.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Link {
    /// It is signed by the certificate in this place, counted from 1.
    IssuedBy(usize),
    /// It names the certificate in this place as its issuer, but is not signed with its key.
    NotSignedBy(usize),
    /// It names the certificate in this place as its issuer; the signature was not verified, because clients no longer
    /// accept its algorithm or there were too many.
    NotVerified(usize),
    /// Its issuer is not in the file.
    IssuerElsewhere,
    /// It is signed with its own key.
    SelfSigned,
}

/// The most signatures that are verified for a file, in addition to two for each certificate.
const MAX_SIGNATURES: usize = 256;

/// Returns the fields of a certificate, and the time until it expires, counted from `now`.
#[must_use]
pub fn summary(certificate: &Certificate, now: OffsetDateTime) -> Summary {
    let validity = certificate.validity();
    let constraints = certificate.name_constraints();
    let some = |names: Vec<String>| (!names.is_empty()).then_some(names);
    let own_signature =
        certificate.is_self_issued().then(|| certificate.verify_signature(certificate));
    let names = certificate.subject_alt_names().iter();
    let key_usage = certificate.key_usage();
    Summary {
        role: role(certificate),
        subject: certificate.subject(),
        issuer: certificate.issuer(),
        self_issued: certificate.is_self_issued(),
        self_signed: own_signature == Some(SignatureStatus::Valid),
        signature_defect: match own_signature {
            None | Some(SignatureStatus::Valid) => None,
            Some(SignatureStatus::Invalid) => Some("self-issued, but not signed with its own key"),
            Some(SignatureStatus::Unsupported) => {
                Some("clients no longer accept its signature algorithm")
            }
        },
        serial_number: certificate.serial_number(),
        not_before: rfc3339(&validity.not_before),
        not_after: rfc3339(&validity.not_after),
        time_left: if now > validity.not_after {
            format!("expired {} ago", words(now - validity.not_after))
        } else if now < validity.not_before {
            format!("starts in {}", words(validity.not_before - now))
        } else {
            format!("{} left", words(validity.not_after - now))
        },
        subject_alt_names: names.map(CertificateName::from).collect(),
        key: certificate.key_type().to_string(),
        signature_algorithm: certificate.signature_algorithm().to_string(),
        ca: certificate.is_ca(),
        path_length: certificate.path_length(),
        key_usage: key_usage.map(|usage| usage.into_iter().map(KeyUsage::as_str).collect()),
        extended_key_usage: certificate.extended_key_usage_names(),
        permitted_names: constraints.and_then(|found| some(constraint::permitted(found))),
        excluded_names: constraints.and_then(|found| some(constraint::excluded(found))),
        subject_key_identifier: certificate.subject_key_identifier().map(with_colons),
        authority_key_identifier: certificate.authority_key_identifier().map(with_colons),
        other_extensions: other_extensions(certificate),
        sha256_fingerprint: certificate.fingerprint().to_string(),
    }
}

/// Returns how the certificates of a file are related, one link for each.
#[must_use]
pub fn links(certificates: &[Certificate]) -> Vec<Link> {
    let mut signatures = SignatureBudget::new(2 * certificates.len() + MAX_SIGNATURES);
    let mut link = |one: &Certificate| {
        if one.is_self_issued() && signatures.verify(one, one) == Some(SignatureStatus::Valid) {
            return Link::SelfSigned;
        }
        let candidates = one.issuer_candidates(certificates);
        let Some((first, _)) = candidates.first() else {
            return Link::IssuerElsewhere;
        };
        let mut is_verified = true;
        for (index, issuer) in &candidates {
            match signatures.verify(one, issuer) {
                Some(SignatureStatus::Valid) => return Link::IssuedBy(index + 1),
                Some(SignatureStatus::Invalid) => {}
                Some(SignatureStatus::Unsupported) | None => is_verified = false,
            }
            if signatures.is_spent() {
                break;
            }
        }
        if is_verified { Link::NotSignedBy(first + 1) } else { Link::NotVerified(first + 1) }
    };
    certificates.iter().map(&mut link).collect()
}

/// Returns the clients that reject the first certificate of a file by their own rules. Only server certificates whose
/// chain in the file ends with a root have any.
#[must_use]
pub fn rejections(certificates: &[Certificate]) -> Vec<ClientVerdict> {
    let Some((first, others)) = certificates.split_first() else {
        return Vec::new();
    };
    let is_server = match first.extended_key_usage() {
        Some(usage) => usage.server_auth,
        None => first.is_ca() != Some(true),
    };
    let path = issued_chain(first, others, &mut SignatureBudget::new(64));
    let ends_with_root = path.last().is_some_and(|last| last.is_self_signed());
    // Without the root, many rules of the clients cannot be evaluated.
    if is_server && ends_with_root { verdict::rejections(first, &path[1..]) } else { Vec::new() }
}

fn role(certificate: &Certificate) -> &'static str {
    let names = |wanted| certificate.names_usage(wanted);
    match (
        certificate.is_ca() == Some(true),
        certificate.is_root(),
        names(ExtendedKeyUsage::ServerAuth),
        names(ExtendedKeyUsage::ClientAuth),
    ) {
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

/// Returns the object identifiers of the extensions that no other field shows.
fn other_extensions(certificate: &Certificate) -> Vec<String> {
    let shown = ["14", "15", "17", "19", "30", "35", "37"].map(|end| format!("2.5.29.{end}"));
    let extensions = certificate.x509().extensions().iter();
    let others = extensions.filter(|extension| !shown.contains(&extension.oid.to_id_string()));
    others
        .map(|extension| {
            let critical = if extension.critical { ", critical" } else { "" };
            format!("{}{critical}", extension.oid.to_id_string())
        })
        .collect()
}
