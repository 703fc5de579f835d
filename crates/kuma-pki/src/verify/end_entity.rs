//! Checks of the end-entity certificate: its key, names and remaining lifetime.

use super::finding::Finding;
use super::hostname::Names;
use super::report::{CheckName, Outcome, Report};
use super::{Host, KeyProof, VerifyOptions};
use crate::key::{ExistingKey, KeyType};
use crate::validity::words;
use crate::x509::{Certificate, CertificateName};

/// Checks that the private key, or the key that a server proved to have, matches the first certificate.
pub(super) fn private_key(
    chain: &[Certificate],
    key: Option<&ExistingKey>,
    proof: Option<&KeyProof>,
    report: &mut Report,
) {
    let outcome = match (proof, key) {
        (Some(KeyProof::Proved), _) => {
            Outcome::Passed("the server has the certificate's key".to_owned())
        }
        (Some(KeyProof::NotProved(reason)), _) => {
            Outcome::Failed(Finding::KeyNotProved { reason: reason.clone() })
        }
        (Some(KeyProof::NotChecked(reason)), _) => Outcome::Skipped((*reason).to_owned()),
        (None, None) => return,
        (None, Some(key)) if chain[0].public_key() == key.public_key() => {
            Outcome::Passed("matches the certificate".to_owned())
        }
        (None, Some(key)) => {
            Outcome::Failed(Finding::key_mismatch(chain, key.public_key(), key.key_type()))
        }
    };
    report.add(CheckName::PrivateKey, outcome);
}

/// Checks that TLS libraries support the type of the key. Go rejects RSA below 1024 bits.
pub(super) fn key_type(end_entity: &Certificate, report: &mut Report) {
    let key = end_entity.key_type();
    let is_usable = match key {
        KeyType::Rsa(bits) => bits >= 1024,
        KeyType::Other => false,
        KeyType::Ed25519 | KeyType::P256 | KeyType::P384 | KeyType::P521 => true,
    };
    if !is_usable {
        let algorithm = end_entity.key_algorithm_oid();
        let finding = Finding::KeyUnusable { key: key.to_string(), algorithm };
        report.fail(CheckName::KeyType, finding);
    }
}

/// Checks that the certificate has the names that clients dial.
pub(super) fn names(end_entity: &Certificate, hosts: &[Host], report: &mut Report) {
    if hosts.is_empty() {
        let names = end_entity.subject_alt_names().iter();
        let names: Vec<_> = names.map(|name| CertificateName::from(name).value).collect();
        let text = format!("no name was requested; the certificate has {}", names.join(", "));
        return report.add(CheckName::Hostname, Outcome::Skipped(text));
    }
    let names = Names::of(end_entity);
    for host in hosts {
        report.add(CheckName::Hostname, names.check(&host.name));
    }
}

/// Checks that the certificate does not expire soon.
pub(super) fn time_left(
    end_entity: &Certificate,
    options: &VerifyOptions<'_>,
    report: &mut Report,
) {
    let validity = end_entity.validity();
    if options.at > validity.not_after {
        // The check of the dates reports that.
        return;
    }
    let left = words(validity.not_after - options.at);
    if options.at < options.min_remaining.unwrap_or_default().renewal_time(validity) {
        return report.pass(CheckName::TimeLeft, left);
    }
    let finding = Finding::ExpiresSoon { not_after: validity.not_after, left };
    let outcome = match options.min_remaining {
        Some(_) => Outcome::Failed(finding),
        None => Outcome::Warning(finding),
    };
    report.add(CheckName::TimeLeft, outcome);
}
