//! Checks of a CA file alone.

use time::OffsetDateTime;

use super::File;
use super::files;
use super::finding::Finding;
use super::kuma;
use super::mesh_ca;
use super::path;
use super::report::{CheckName, MAX_FINDINGS, Outcome, Report};
use crate::usage::ExtendedKeyUsage;
use crate::x509::Certificate;

/// Verifies a CA file alone: it holds valid certificates, a CA certificate first, and no private key.
#[must_use]
pub fn verify_ca(file: File<'_>, at: OffsetDateTime) -> Report {
    let mut report = Report::default();
    let usage = ExtendedKeyUsage::ServerAuth;
    let certificates = files::ca_file(file, usage, &mut report).unwrap_or_default();
    if let (Err(not_ca), true) = (kuma::check_ca_file(&certificates), report.verifies()) {
        let finding = Finding::NotCa { file: file.name.to_owned(), subject: not_ca.subject };
        report.fail(CheckName::CaFile, finding);
    }
    // During a rotation, the previous CA may have expired.
    let dates = certificates.iter().map(|one| path::dates(one, at, true).into_iter().next());
    add_each(CheckName::Dates, dates.collect(), &mut report);
    // Go skips certificates that it cannot parse (`CertPool.AppendCertsFromPEM`); Kuma fails if none is left.
    let unreadable = certificates.iter().map(path::unreadable_for_go);
    add_each(CheckName::Extensions, unreadable.collect(), &mut report);
    let has_root = certificates.iter().any(Certificate::is_root);
    if let (Some(first), false) = (certificates.first(), has_root) {
        let finding = Finding::CaWithoutRoot { subject: first.subject() };
        report.warn(CheckName::Chain, finding);
    }
    report
}

/// Verifies a CA that is to issue certificates: its file, its private key, and every certificate up to the root,
/// as [`Issuer::new`](crate::Issuer::new) does. Without a key, the key is not checked.
#[must_use]
pub fn verify_issuer(file: File<'_>, key: Option<File<'_>>, at: OffsetDateTime) -> Report {
    let mut report = Report::default();
    let usage = ExtendedKeyUsage::ClientAuth;
    let chain = files::ca_file(file, usage, &mut report).unwrap_or_default();
    if chain.is_empty() {
        return report;
    }
    mesh_ca::check_key(&chain, key, &mut report);
    let links = chain.windows(2).filter(|pair| !pair[0].is_issued_by(&pair[1]));
    let links = links.map(|pair| Finding::NotIssuer {
        subject: pair[1].subject(),
        issued: pair[0].subject(),
        issuer: pair[0].issuer(),
    });
    let passed = || format!("{} in order, the issuer first", chain.len());
    report.add_all(CheckName::Chain, links.collect(), passed);
    let defects = path::issuer_defects(&chain, at);
    report.add_all(CheckName::CertificationAuthority, defects, || "can issue".to_owned());
    if !chain.iter().any(Certificate::is_root) {
        let finding = Finding::CaWithoutRoot { subject: chain[0].subject() };
        report.warn(CheckName::Chain, finding);
    }
    report
}

/// Adds findings as failures if every certificate has one, and as warnings otherwise.
fn add_each(name: CheckName, findings: Vec<Option<Finding>>, report: &mut Report) {
    let is_all = findings.iter().all(Option::is_some);
    for finding in findings.into_iter().flatten().take(MAX_FINDINGS) {
        let outcome = if is_all { Outcome::Failed(finding) } else { Outcome::Warning(finding) };
        report.add(name, outcome);
    }
}

/// Verifies the CA file with which a server verifies its clients: at least one certificate can be the trust anchor of a
/// client, and at least one has not expired. A server written in Go, as kuma-cp, accepts every certificate of the file
/// as a trust anchor, even a client certificate (`Certificate.Verify`), so a copy of `client.crt` works.
#[must_use]
pub fn verify_client_ca(file: File<'_>, at: OffsetDateTime) -> Report {
    let mut report = Report::default();
    let certificates = files::certificates(file).unwrap_or_else(|finding| {
        report.fail(CheckName::CaFile, finding);
        Vec::new()
    });
    let is_trust_anchor = |one: &Certificate| {
        one.is_ca() == Some(true)
            || one.is_self_signed()
            || one.allows_usage(ExtendedKeyUsage::ClientAuth)
    };
    if let (Some(first), false) = (certificates.first(), certificates.iter().any(is_trust_anchor)) {
        let (file, subject) = (file.name.to_owned(), first.subject());
        let finding = Finding::ClientWithoutCa { file, subject };
        report.fail(CheckName::CaFile, finding);
    }
    let findings: Vec<_> = certificates.iter().map(|one| path::dates(one, at, true)).collect();
    if findings.iter().all(|found| !found.is_empty()) {
        for finding in findings.into_iter().next().unwrap_or_default() {
            report.fail(CheckName::Dates, finding);
        }
    }
    report
}
