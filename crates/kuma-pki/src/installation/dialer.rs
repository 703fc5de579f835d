//! A client of a control plane, and the CA certificates that it trusts.

use std::borrow::Cow;

use super::finding::Finding;
use super::report::{CheckName, Component, Outcome, Report};
use super::trust::Context;
use crate::format::pem;
use crate::name::SubjectAltName;
use crate::verify::{self, File, Host};
use crate::x509::Certificate;

/// PEM with its name in messages.
#[derive(Clone, Debug)]
pub(super) struct Pem<'a> {
    pub(super) name: String,
    pub(super) bytes: Cow<'a, [u8]>,
}

/// A client of the server.
#[derive(Debug)]
pub(super) struct Dialer<'a> {
    /// The check that fails if it trusts another CA.
    pub(super) check: CheckName,
    pub(super) component: Component,
    /// What it is called in messages and in the map.
    pub(super) piece: String,
    /// The CA certificates that it trusts.
    pub(super) ca: Option<Pem<'a>>,
    /// The names that it dials.
    pub(super) hosts: Vec<Host>,
}

impl<'a> Pem<'a> {
    pub(super) fn new(name: impl Into<String>, bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }

    pub(super) fn file(&self) -> File<'_> {
        File { name: &self.name, bytes: &self.bytes }
    }

    /// Returns the certificates in it, none if it cannot be read.
    pub(super) fn certificates(&self) -> Vec<Certificate> {
        pem::decode_certificates(&self.bytes).unwrap_or_default()
    }
}

/// Returns the name that a client dials, as it writes it; `None` if it cannot be dialed.
pub(super) fn host(typed: &str) -> Option<Host> {
    let name = SubjectAltName::parse_dialed(typed).ok()?;
    Some(Host { name, typed: typed.to_owned() })
}

/// Returns a label that identifies a CA: its subject and the beginning of its fingerprint.
pub(super) fn label(certificate: &Certificate) -> String {
    let fingerprint = certificate.fingerprint().to_string();
    format!("{} (SHA-256 {}...)", certificate.subject(), &fingerprint[..11])
}

pub(super) fn labels(certificates: &[Certificate]) -> String {
    match certificates {
        [] => "no CA".to_owned(),
        [one] => label(one),
        [one, others @ ..] => format!("{} and {} more", label(one), others.len()),
    }
}

/// Returns whether two lists hold the same certificates, in any order.
pub(super) fn is_same_set(one: &[Certificate], other: &[Certificate]) -> bool {
    one.iter().all(|certificate| other.contains(certificate))
        && other.iter().all(|certificate| one.contains(certificate))
}

impl Dialer<'_> {
    /// Checks its CA file, without a server.
    pub(super) fn check_alone(&self, context: &Context, report: &mut Report) {
        let Some(ca) = &self.ca else { return };
        let found = verify::verify_ca(ca.file(), context.at);
        for (_, finding) in found.failures() {
            let outcome = Outcome::Failed(Finding::CaUnreadable(finding.clone()));
            report.add(self.check, self.component, &*self.piece, outcome);
        }
        if found.verifies() {
            let text = "its control plane is not among what was read".to_owned();
            report.add(self.check, self.component, &*self.piece, Outcome::Skipped(text));
        }
    }
}
