//! Compares an existing certificate with a request.

use std::collections::BTreeSet;
use std::fmt;

use time::OffsetDateTime;
use x509_parser::extensions::ExtendedKeyUsage as ParsedUsage;

use crate::constraint;
use crate::issue::{Issuer, Template};
use crate::key::{KeyAlgorithm, PublicKey};
use crate::usage::ExtendedKeyUsage;
use crate::validity::{RenewBefore, rfc3339};
use crate::x509::{Certificate, CertificateName, ParseError};

/// The expected issuer of an existing certificate.
#[derive(Clone, Copy, Debug)]
pub enum ExpectedIssuer<'a> {
    /// The CA that is the second certificate of the file, and whose key was not kept.
    Ephemeral,
    /// This CA.
    Issuer(&'a Issuer),
    /// Its own key.
    Itself,
}

/// A reason to replace an existing certificate.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum RenewalReason {
    /// The certificates after it are not those of its CA.
    #[error("the certificates after it are not those of its CA")]
    Chain,
    /// Its name constraints differ.
    #[error("it permits {found}, not {wanted}")]
    Constraints { found: String, wanted: String },
    /// Another CA issued it.
    #[error("its issuer is {found}, not {wanted}")]
    Issuer { found: String, wanted: String },
    /// Its pathLenConstraint differs.
    #[error("it allows {} CAs below it, not {}", any_number(*found), any_number(*wanted))]
    PathLength { found: Option<u32>, wanted: Option<u32> },
    /// The private key does not match.
    #[error("the private key does not match")]
    KeyMismatch,
    /// Its key has another type.
    #[error("the key is of type {found}, not {wanted}")]
    KeyType { found: KeyAlgorithm, wanted: KeyAlgorithm },
    /// It has a name that was not requested.
    #[error("it has the name {0}, which was not requested")]
    NameExtra(String),
    /// It lacks a requested name.
    #[error("it lacks the name {0}")]
    NameMissing(String),
    /// It expires soon or has expired.
    #[error("it expires at {}", rfc3339(not_after))]
    ExpiresSoon { not_after: OffsetDateTime },
    /// It is not valid yet.
    #[error("it is not valid before {}", rfc3339(not_before))]
    NotYetValid { not_before: OffsetDateTime },
    /// It is another kind of certificate.
    #[error("it is {found}, not {wanted}")]
    Role { found: CertificateRole, wanted: CertificateRole },
    /// It has another subject.
    #[error("its subject is {found}, not {wanted}")]
    Subject { found: String, wanted: String },
}

fn any_number(length: Option<u32>) -> String {
    length.map_or_else(|| "any number of".to_owned(), |length| length.to_string())
}

/// The kind of a certificate, by its use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CertificateRole {
    /// For a CA.
    Ca,
    /// For a client.
    Client,
    /// For both, neither, or something else.
    Other,
    /// For a server.
    Server,
}

/// Compares the certificates of a file and a private key with the request: names, usage, constraints and key type
/// of `wanted`, its subject if it is a CA's, the issuer, and the remaining lifetime. Without a reason, the
/// certificate can stay.
///
/// # Errors
///
/// [`ParseError`] for an empty chain.
pub fn reasons<'a>(
    chain: &[Certificate],
    key: impl Into<PublicKey<'a>>,
    wanted: &Template,
    issuer: ExpectedIssuer<'_>,
    renew_before: RenewBefore,
    now: OffsetDateTime,
) -> Result<Vec<RenewalReason>, ParseError> {
    let Some((own, above)) = chain.split_first() else {
        return Err(ParseError::missing());
    };
    let key = key.into();
    let mut reasons = Vec::new();
    if own.public_key() != key.bits {
        reasons.push(RenewalReason::KeyMismatch);
    }
    if key.algorithm != wanted.key_algorithm {
        let (found, wanted) = (key.algorithm, wanted.key_algorithm);
        reasons.push(RenewalReason::KeyType { found, wanted });
    }
    reasons.extend(role(own, wanted));
    reasons.extend(names(own, wanted));
    if wanted.extended_key_usage.is_none() {
        reasons.extend(ca(own, wanted));
    }
    reasons.extend(issued_by(own, above, issuer));
    let validity = own.validity();
    if now < validity.not_before {
        reasons.push(RenewalReason::NotYetValid { not_before: validity.not_before });
    } else if now >= renew_before.renewal_time(validity) {
        reasons.push(RenewalReason::ExpiresSoon { not_after: validity.not_after });
    }
    Ok(reasons)
}

fn role(found: &Certificate, wanted: &Template) -> Option<RenewalReason> {
    let found = match found.extended_key_usage() {
        Some(ParsedUsage { server_auth: true, client_auth: false, .. }) => CertificateRole::Server,
        Some(ParsedUsage { server_auth: false, client_auth: true, .. }) => CertificateRole::Client,
        None if found.is_ca() == Some(true) => CertificateRole::Ca,
        _ => CertificateRole::Other,
    };
    let wanted = match wanted.extended_key_usage {
        Some(ExtendedKeyUsage::ServerAuth) => CertificateRole::Server,
        Some(ExtendedKeyUsage::ClientAuth) => CertificateRole::Client,
        None => CertificateRole::Ca,
    };
    (found != wanted).then_some(RenewalReason::Role { found, wanted })
}

fn names(found: &Certificate, wanted: &Template) -> Vec<RenewalReason> {
    let found: BTreeSet<_> = found.subject_alt_names().iter().map(CertificateName::from).collect();
    let wanted: BTreeSet<_> = wanted.subject_alt_names.iter().map(CertificateName::from).collect();
    let missing = wanted.difference(&found).cloned();
    let missing = missing.map(|name| RenewalReason::NameMissing(name.value));
    let extra = found.difference(&wanted).cloned();
    missing.chain(extra.map(|name| RenewalReason::NameExtra(name.value))).collect()
}

fn ca(found: &Certificate, wanted: &Template) -> Vec<RenewalReason> {
    let mut reasons = Vec::new();
    let (subject, wanted_subject) = (found.subject(), wanted.subject.to_string());
    if subject != wanted_subject {
        reasons.push(RenewalReason::Subject { found: subject, wanted: wanted_subject });
    }
    let path_length = found.path_length();
    let wanted_length = wanted.basic_constraints.and_then(|wanted| wanted.path_length);
    let wanted_length = wanted_length.map(u32::from);
    if path_length != wanted_length {
        reasons.push(RenewalReason::PathLength { found: path_length, wanted: wanted_length });
    }
    let found: BTreeSet<_> =
        found.name_constraints().into_iter().flat_map(constraint::permitted).collect();
    let wanted: BTreeSet<_> = wanted.permitted_subtrees.iter().map(ToString::to_string).collect();
    if found != wanted {
        let text = |set: BTreeSet<String>| match set.is_empty() {
            true => "everything".to_owned(),
            false => set.into_iter().collect::<Vec<_>>().join(", "),
        };
        reasons.push(RenewalReason::Constraints { found: text(found), wanted: text(wanted) });
    }
    reasons
}

fn issued_by(
    own: &Certificate,
    above: &[Certificate],
    expected: ExpectedIssuer<'_>,
) -> Option<RenewalReason> {
    let differs = |wanted: &str| {
        Some(RenewalReason::Issuer { found: own.issuer(), wanted: wanted.to_owned() })
    };
    match (expected, above) {
        (ExpectedIssuer::Itself, _) if !own.is_self_signed() => differs("itself"),
        // Further certificates are allowed, such as an older CA during a rotation.
        (ExpectedIssuer::Itself, _) => None,
        (ExpectedIssuer::Ephemeral, _) if own.is_self_signed() => differs("a CA made for it"),
        (ExpectedIssuer::Ephemeral, [ca]) if ca.is_ca() == Some(true) && own.is_issued_by(ca) => {
            None
        }
        (ExpectedIssuer::Ephemeral, _) => Some(RenewalReason::Chain),
        (ExpectedIssuer::Issuer(issuer), _) if !own.is_issued_by(issuer.certificate()) => {
            differs(issuer.name())
        }
        (ExpectedIssuer::Issuer(issuer), above) => {
            (!above.starts_with(issuer.intermediates())).then_some(RenewalReason::Chain)
        }
    }
}

impl fmt::Display for CertificateRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ca => "a CA certificate",
            Self::Client => "a client certificate",
            Self::Other => "another kind of certificate",
            Self::Server => "a server certificate",
        })
    }
}
