//! Whether a certificate that exists is still the one that is asked for.

use std::collections::BTreeSet;
use std::fmt;

use time::OffsetDateTime;
use x509_parser::extensions::ExtendedKeyUsage as FoundUsage;
use x509_parser::prelude::X509Certificate;

use crate::constraint;
use crate::issue::{Issuer, Template};
use crate::key::{KeyAlgorithm, PublicKey};
use crate::usage::ExtendedKeyUsage;
use crate::validity::{RenewBefore, rfc3339};
use crate::x509::{self, ParseError, signature};

/// Who is to have signed a certificate.
#[derive(Clone, Copy, Debug)]
pub enum ExpectedIssuer<'a> {
    /// A CA that is the second certificate of the file, and whose key nobody has.
    Ephemeral,
    /// This CA.
    Issuer(&'a Issuer),
    /// Its own key.
    Itself,
}

/// A difference between the certificate that is there and the one that is asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// The certificates behind it are not those of its CA.
    Chain,
    /// Its name constraints are others.
    Constraints {
        /// What it permits.
        found: String,
        /// What it is to permit.
        wanted: String,
    },
    /// It was issued by somebody else.
    Issuer {
        /// The issuer that it names.
        found: String,
        /// Who is to issue it.
        wanted: String,
    },
    /// It does not limit the CAs below it as wanted.
    PathLength {
        /// Its pathLenConstraint.
        found: Option<u32>,
        /// The one that it is to have.
        wanted: Option<u32>,
    },
    /// The private key belongs to another certificate.
    KeyMismatch,
    /// Its key has another type.
    KeyType {
        /// The type that it has.
        found: KeyAlgorithm,
        /// The type that it is to have.
        wanted: KeyAlgorithm,
    },
    /// It has a name that was not asked for.
    NameExtra(String),
    /// It lacks a name.
    NameMissing(String),
    /// It ends soon, or has ended.
    NearEnd {
        /// Its end.
        not_after: OffsetDateTime,
    },
    /// It is not valid yet.
    NotYetValid {
        /// Its start.
        not_before: OffsetDateTime,
    },
    /// It is another kind of certificate.
    Role {
        /// What it is.
        found: CertificateRole,
        /// What it is to be.
        wanted: CertificateRole,
    },
    /// It has another subject.
    Subject {
        /// The one that it has.
        found: String,
        /// The one that it is to have.
        wanted: String,
    },
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CertificateRole {
    /// It signs certificates.
    Ca,
    /// It authenticates a client.
    Client,
    /// Both, neither, or something else.
    Other,
    /// It authenticates a server.
    Server,
}

/// Holds the certificates of a file and a private key against what is asked for: names, usage,
/// constraints and type of key of `wanted`, its subject if it is a CA's, who signed it, and how long
/// it still lives. Without a reason, it can stay.
///
/// # Errors
///
/// [`ParseError`] if a certificate cannot be read.
pub fn reasons<'a>(
    chain: &[Vec<u8>],
    key: impl Into<PublicKey<'a>>,
    wanted: &Template,
    issuer: ExpectedIssuer<'_>,
    renew_before: RenewBefore,
    now: OffsetDateTime,
) -> Result<Vec<Reason>, ParseError> {
    let parsed = x509::parse_all(chain)?;
    let Some((own, above)) = parsed.split_first() else {
        return Err(ParseError::missing());
    };
    let key = key.into();
    let mut reasons = Vec::new();
    if x509::public_key(own) != key.bits {
        reasons.push(Reason::KeyMismatch);
    }
    if key.algorithm != wanted.key_algorithm {
        let (found, wanted) = (key.algorithm, wanted.key_algorithm);
        reasons.push(Reason::KeyType { found, wanted });
    }
    reasons.extend(role(own, wanted));
    reasons.extend(names(own, wanted));
    if wanted.extended_key_usage.is_none() {
        reasons.extend(ca(own, wanted));
    }
    reasons.extend(signed_by(own, above, chain, issuer)?);
    let validity = x509::validity(own);
    if now < validity.not_before {
        reasons.push(Reason::NotYetValid { not_before: validity.not_before });
    } else if now >= renew_before.starts(validity) {
        reasons.push(Reason::NearEnd { not_after: validity.not_after });
    }
    Ok(reasons)
}

fn role(found: &X509Certificate<'_>, wanted: &Template) -> Option<Reason> {
    let usage = found.extended_key_usage().ok().flatten().map(|extension| extension.value);
    let found = match usage {
        Some(FoundUsage { server_auth: true, client_auth: false, .. }) => CertificateRole::Server,
        Some(FoundUsage { server_auth: false, client_auth: true, .. }) => CertificateRole::Client,
        None if x509::is_ca(found) == Some(true) => CertificateRole::Ca,
        _ => CertificateRole::Other,
    };
    let wanted = match wanted.extended_key_usage {
        Some(ExtendedKeyUsage::ServerAuth) => CertificateRole::Server,
        Some(ExtendedKeyUsage::ClientAuth) => CertificateRole::Client,
        None => CertificateRole::Ca,
    };
    (found != wanted).then_some(Reason::Role { found, wanted })
}

fn names(found: &X509Certificate<'_>, wanted: &Template) -> Vec<Reason> {
    let extension = found.subject_alternative_name().ok().flatten();
    let found: BTreeSet<String> = extension
        .map(|extension| extension.value.general_names.iter().map(x509::general_name).collect())
        .unwrap_or_default();
    let wanted: BTreeSet<String> =
        wanted.subject_alt_names.iter().map(|name| format!("{} {name}", name.kind())).collect();
    let bare = |name: &String| name.split_once(' ').map_or(name.as_str(), |(_, n)| n).to_owned();
    let missing = wanted.difference(&found).map(|name| Reason::NameMissing(bare(name)));
    let extra = found.difference(&wanted).map(|name| Reason::NameExtra(bare(name)));
    missing.chain(extra).collect()
}

fn ca(found: &X509Certificate<'_>, wanted: &Template) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let (subject, wanted_subject) = (x509::name(found.subject()), wanted.subject.to_string());
    if subject != wanted_subject {
        reasons.push(Reason::Subject { found: subject, wanted: wanted_subject });
    }
    let basic = found.basic_constraints().ok().flatten();
    let path_length = basic.and_then(|extension| extension.value.path_len_constraint);
    let wanted_length = wanted.basic_constraints.and_then(|wanted| wanted.path_length);
    let wanted_length = wanted_length.map(u32::from);
    if path_length != wanted_length {
        reasons.push(Reason::PathLength { found: path_length, wanted: wanted_length });
    }
    let constraints = found.name_constraints().ok().flatten();
    let found: BTreeSet<_> =
        constraints.iter().flat_map(|e| constraint::permitted(e.value)).collect();
    let wanted: BTreeSet<_> = wanted.permitted_subtrees.iter().map(ToString::to_string).collect();
    if found != wanted {
        let text = |set: BTreeSet<String>| match set.is_empty() {
            true => "everything".to_owned(),
            false => set.into_iter().collect::<Vec<_>>().join(", "),
        };
        reasons.push(Reason::Constraints { found: text(found), wanted: text(wanted) });
    }
    reasons
}

fn signed_by(
    own: &X509Certificate<'_>,
    above: &[X509Certificate<'_>],
    chain: &[Vec<u8>],
    expected: ExpectedIssuer<'_>,
) -> Result<Option<Reason>, ParseError> {
    let differs = |wanted: String| Reason::Issuer { found: x509::name(own.issuer()), wanted };
    Ok(match expected {
        ExpectedIssuer::Itself if !signature::is_self_signed(own) => {
            Some(differs("itself".to_owned()))
        }
        // Certificates behind it do no harm, such as an older CA's while clients trust both.
        ExpectedIssuer::Itself => None,
        ExpectedIssuer::Ephemeral => match above {
            _ if signature::is_self_signed(own) => Some(differs("a CA made for it".to_owned())),
            [ca] if x509::is_ca(ca) == Some(true) && signature::is_issued_by(own, ca) => None,
            _ => Some(Reason::Chain),
        },
        ExpectedIssuer::Issuer(issuer) => {
            let ca = x509::parse(1, issuer.certificate())?;
            if signature::is_issued_by(own, &ca) {
                (!chain[1..].starts_with(issuer.intermediates())).then_some(Reason::Chain)
            } else {
                Some(differs(issuer.name().to_owned()))
            }
        }
    })
}

impl fmt::Display for CertificateRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ca => "a CA's",
            Self::Client => "a client's",
            Self::Other => "of another kind",
            Self::Server => "a server's",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain => f.write_str("the certificates behind it are not those of its CA"),
            Self::Constraints { found, wanted } => {
                write!(f, "it permits {found}, not {wanted}")
            }
            Self::Issuer { found, wanted } => write!(f, "its issuer is {found}, not {wanted}"),
            Self::KeyMismatch => f.write_str("the private key belongs to another certificate"),
            Self::KeyType { found, wanted } => {
                write!(f, "the key is of type {found}, not {wanted}")
            }
            Self::NameExtra(name) => write!(f, "it has the name {name}, which is not wanted"),
            Self::NameMissing(name) => write!(f, "it lacks the name {name}"),
            Self::NearEnd { not_after } => write!(f, "it ends at {}", rfc3339(not_after)),
            Self::NotYetValid { not_before } => {
                write!(f, "it is valid from {} only", rfc3339(not_before))
            }
            Self::PathLength { found, wanted } => {
                let text = |length: &Option<u32>| {
                    length.map_or_else(|| "any number of".to_owned(), |length| length.to_string())
                };
                write!(f, "it allows {} CAs below it, not {}", text(found), text(wanted))
            }
            Self::Role { found, wanted } => write!(f, "it is {found}, not {wanted}"),
            Self::Subject { found, wanted } => write!(f, "its subject is {found}, not {wanted}"),
        }
    }
}
