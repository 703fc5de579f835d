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

/// Verifies a CA file alone: it holds valid CA certificates, a CA's first, and no key.
#[must_use]
pub fn verify_ca(file: File<'_>, at: OffsetDateTime) -> Report {
    let mut report = Report::default();
    let usage = ExtendedKeyUsage::ServerAuth;
    let certificates = files::ca_file(file, usage, &mut report).unwrap_or_default();
    if let (Err(not_ca), true) = (kuma::check_ca_file(&certificates), report.verifies()) {
        let finding = Finding::NotCa { file: file.name.to_owned(), subject: not_ca.subject };
        report.add(CheckName::CaFile, Outcome::Failed(finding));
    }
    // While one CA replaces another, the older may have expired.
    let dates = certificates.iter().map(|one| path::dates(one, at, true).into_iter().next());
    add_each(CheckName::Dates, dates.collect(), &mut report);
    // Go leaves out what it cannot read (`CertPool.AppendCertsFromPEM`), and Kuma fails if nothing is left.
    let unreadable = certificates.iter().map(path::unreadable_for_go);
    add_each(CheckName::Extensions, unreadable.collect(), &mut report);
    let has_root = certificates.iter().any(Certificate::is_root);
    if let (Some(first), false) = (certificates.first(), has_root) {
        let finding = Finding::CaWithoutRoot { subject: first.subject() };
        report.add(CheckName::Chain, Outcome::Warning(finding));
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
        report.add(CheckName::Chain, Outcome::Warning(finding));
    }
    report
}

/// Adds a finding about some of the certificates as a warning, and one about all of them as a failure.
fn add_each(name: CheckName, findings: Vec<Option<Finding>>, report: &mut Report) {
    let is_all = findings.iter().all(Option::is_some);
    for finding in findings.into_iter().flatten().take(MAX_FINDINGS) {
        let outcome = if is_all { Outcome::Failed(finding) } else { Outcome::Warning(finding) };
        report.add(name, outcome);
    }
}

/// Verifies the file by which a server identifies its clients: it trusts some client, and one of its
/// certificates is valid. A server written in Go, as kuma-cp is, accepts each certificate as a trust anchor, in
/// any order. A CA vouches for the clients that it issued; a client's own certificate vouches for that
/// client (`Certificate.Verify` accepts what is in the pool), so a copy of `client.crt` works.
#[must_use]
pub fn verify_client_ca(file: File<'_>, at: OffsetDateTime) -> Report {
    let mut report = Report::default();
    let certificates = files::certificates(file).unwrap_or_else(|finding| {
        report.add(CheckName::CaFile, Outcome::Failed(finding));
        Vec::new()
    });
    let vouches = |one: &Certificate| {
        one.is_ca() == Some(true)
            || one.is_self_signed()
            || one.allows_usage(ExtendedKeyUsage::ClientAuth)
    };
    if let (Some(first), false) = (certificates.first(), certificates.iter().any(vouches)) {
        let (file, subject) = (file.name.to_owned(), first.subject());
        let finding = Finding::ClientWithoutCa { file, subject };
        report.add(CheckName::CaFile, Outcome::Failed(finding));
    }
    let findings: Vec<_> = certificates.iter().map(|one| path::dates(one, at, true)).collect();
    if findings.iter().all(|found| !found.is_empty()) {
        for finding in findings.into_iter().next().unwrap_or_default() {
            report.add(CheckName::Dates, Outcome::Failed(finding));
        }
    }
    report
}
