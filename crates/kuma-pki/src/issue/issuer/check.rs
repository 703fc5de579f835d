//! What has to be true of a CA before it issues.

use std::fmt;

use time::OffsetDateTime;
use x509_parser::prelude::X509Certificate;

use super::IssuerError;
use crate::constraint;
use crate::issue::Template;
use crate::key::{KeyIdentifier, KeyPair};
use crate::usage::ExtendedKeyUsage;
use crate::validity::Validity;
use crate::x509;

/// Whether the key belongs to the first certificate.
pub(super) fn key(chain: &[X509Certificate<'_>], key: &KeyPair) -> Result<(), IssuerError> {
    let belongs =
        |certificate: &X509Certificate<'_>| x509::public_key(certificate) == key.public_key();
    match chain.iter().position(belongs) {
        Some(0) => Ok(()),
        found => {
            let own = &chain[0];
            Err(IssuerError::KeyMismatch {
                subject: x509::name(own.subject()),
                certificate: KeyIdentifier::of(x509::public_key(own)),
                key: key.identifier(),
                belongs_to: found.map(|index| index + 1),
            })
        }
    }
}

/// Whether a certificate is a valid CA's, with so many CAs `below` it.
pub(super) fn ca(
    certificate: &X509Certificate<'_>,
    below: usize,
    now: OffsetDateTime,
) -> Result<(), IssuerError> {
    let subject = x509::name(certificate.subject());
    let constraints = certificate.basic_constraints().ok().flatten();
    match constraints.map(|extension| extension.value) {
        Some(constraints) if constraints.ca => {
            if let Some(allowed) = constraints.path_len_constraint
                && below > allowed as usize
            {
                return Err(IssuerError::PathTooLong { subject, allowed, below });
            }
        }
        Some(_) => return Err(IssuerError::NotCa { subject, found: "say CA:FALSE" }),
        None => return Err(IssuerError::NotCa { subject, found: "are missing" }),
    }
    if let Some(usage) = certificate.key_usage().ok().flatten()
        && !usage.value.key_cert_sign()
    {
        return Err(IssuerError::MayNotSign { subject, usage: usage.value.to_string() });
    }
    let Validity { not_before, not_after } = x509::validity(certificate);
    if now < not_before {
        return Err(IssuerError::NotYetValid { subject, not_before, now });
    }
    if now > not_after {
        return Err(IssuerError::Expired { subject, not_after, now });
    }
    Ok(())
}

/// Whether a CA, with this many CAs of its chain below it, allows a CA below those and as many as that allows.
pub(super) fn path_length(
    ca: &X509Certificate<'_>,
    below: usize,
    template: &Template,
) -> Result<(), IssuerError> {
    let Some(wanted) = template.basic_constraints else { return Ok(()) };
    let below = below + 1 + usize::from(wanted.path_length.unwrap_or(0));
    let constraints = ca.basic_constraints().ok().flatten();
    match constraints.and_then(|extension| extension.value.path_len_constraint) {
        Some(allowed) if below > allowed as usize => {
            let subject = x509::name(ca.subject());
            Err(IssuerError::PathTooLong { subject, allowed, below })
        }
        _ => Ok(()),
    }
}

/// Whether there is anything that a CA may not certify.
pub(super) fn is_limited(ca: &X509Certificate<'_>) -> bool {
    // What cannot be read is a limit, too.
    !matches!((ca.name_constraints(), ca.extended_key_usage()), (Ok(None), Ok(None)))
}

/// Whether a CA may certify the names and the subject.
pub(super) fn names(ca: &X509Certificate<'_>, template: &Template) -> Result<(), IssuerError> {
    let Some(constraints) = ca.name_constraints().ok().flatten() else {
        return Ok(());
    };
    let refuse = |name: &dyn fmt::Display, excluded: constraint::Excluded| {
        let (name, constraint) = (name.to_string(), excluded.to_string());
        IssuerError::NameExcluded { name, subject: x509::name(ca.subject()), constraint }
    };
    for name in &template.subject_alt_names {
        constraint::check_name(name, constraints.value).map_err(|e| refuse(name, e))?;
    }
    let subject = &template.subject;
    constraint::check_subject(subject, constraints.value).map_err(|e| refuse(subject, e))
}

/// Whether a CA's only usage is anyExtendedKeyUsage (RFC 5280 4.2.1.12).
pub(super) fn is_any_usage_alone(ca: &X509Certificate<'_>) -> bool {
    let usage = ca.extended_key_usage().ok().flatten();
    usage.is_some_and(|found| {
        found.value.any && !found.value.server_auth && !found.value.client_auth
    })
}

/// Whether a CA may certify the usage.
pub(super) fn usage(ca: &X509Certificate<'_>, template: &Template) -> Result<(), IssuerError> {
    let (Some(wanted), Some(found)) =
        (template.extended_key_usage, ca.extended_key_usage().ok().flatten())
    else {
        return Ok(());
    };
    let (wanted, is_there) = match wanted {
        ExtendedKeyUsage::ClientAuth => ("client", found.value.client_auth),
        ExtendedKeyUsage::ServerAuth => ("server", found.value.server_auth),
    };
    if is_there || found.value.any {
        return Ok(());
    }
    let usages = [
        ("clientAuth", found.value.client_auth),
        ("serverAuth", found.value.server_auth),
        ("codeSigning", found.value.code_signing),
        ("emailProtection", found.value.email_protection),
        ("timeStamping", found.value.time_stamping),
        ("OCSPSigning", found.value.ocsp_signing),
        ("others", !found.value.other.is_empty()),
    ];
    let found: Vec<_> = usages.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect();
    let (subject, found) = (x509::name(ca.subject()), found.join(", "));
    Err(IssuerError::UsageExcluded { subject, wanted, found })
}
