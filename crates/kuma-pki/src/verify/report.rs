//! The report of a verification: the checks with their outcomes, and the verdicts of clients.

use super::clients::{Client, Reason};
use super::finding::Finding;

/// The most reported findings of one check. A certificate can have thousands.
pub(super) const MAX_FINDINGS: usize = 16;

/// The outcome of a verification.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// The checks, in the order files, key, chain, names, lifetime, clients.
    pub checks: Vec<Check>,
    /// The verdict of each client; empty for a client certificate and without a CA.
    pub clients: Vec<ClientVerdict>,
}

/// One check and its outcome.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Check {
    /// The name.
    pub name: CheckName,
    /// The outcome.
    pub outcome: Outcome,
}

/// The outcome of a check.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The check passed, with the compared values.
    Passed(String),
    /// The check was not performed, with the reason.
    Skipped(String),
    /// The certificate works, but not everywhere or not for long.
    Warning(Finding),
    /// The certificate does not work.
    Failed(Finding),
}

/// The verdict of one client.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClientVerdict {
    /// The client.
    pub client: Client,
    /// The failed checks that this client performs too.
    pub failed: Vec<CheckName>,
    /// The further reasons why it rejects the certificate.
    pub reasons: Vec<Reason>,
}

impl ClientVerdict {
    /// Returns whether the client accepts the certificate.
    #[must_use]
    pub const fn accepts(&self) -> bool {
        self.failed.is_empty() && self.reasons.is_empty()
    }

    /// Returns whether the client rejects the certificate for the subject of a check.
    pub(super) fn rejects_because_of(&self, check: CheckName) -> bool {
        self.failed.contains(&check)
            || self.reasons.iter().any(|reason| reason.rule.check == Some(check))
    }
}

/// The name of a check. The names are part of the interface.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CheckName {
    /// The certificate file holds certificates.
    CertificateFile,
    /// The key file holds a private key.
    KeyFile,
    /// The CA file holds certificates, a CA certificate first, and no private key.
    CaFile,
    /// The bundle is one line of Base64 of the CA file.
    CaBundle,
    /// Only the owner can read the key.
    FileMode,
    /// The private key matches the certificate.
    PrivateKey,
    /// Signatures lead from the certificate to the CA.
    Chain,
    /// Every certificate of the chain is valid at the time of verification.
    Dates,
    /// Every issuer is a CA whose keyUsage allows keyCertSign.
    CertificationAuthority,
    /// No pathLenConstraint is exceeded.
    PathLength,
    /// Every extension is unique, well-formed and, if critical, known.
    Extensions,
    /// The keyUsage allows digitalSignature.
    KeyUsage,
    /// The extendedKeyUsage allows the use.
    ExtendedKeyUsage,
    /// The names satisfy the nameConstraints of the CAs.
    NameConstraints,
    /// The certificate has the dialed names.
    Hostname,
    /// The certificate does not expire soon.
    TimeLeft,
    /// TLS libraries support the type of the key.
    KeyType,
    /// A client of Kuma, or a requested one, accepts the certificate.
    Client,
}

impl CheckName {
    /// Returns the name in reports, with hyphens.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CertificateFile => "certificate-file",
            Self::KeyFile => "key-file",
            Self::CaFile => "ca-file",
            Self::CaBundle => "ca-bundle",
            Self::FileMode => "file-mode",
            Self::PrivateKey => "private-key",
            Self::Chain => "chain",
            Self::Dates => "dates",
            Self::CertificationAuthority => "certification-authority",
            Self::PathLength => "path-length",
            Self::Extensions => "extensions",
            Self::KeyUsage => "key-usage",
            Self::ExtendedKeyUsage => "extended-key-usage",
            Self::NameConstraints => "name-constraints",
            Self::Hostname => "hostname",
            Self::TimeLeft => "time-left",
            Self::KeyType => "key-type",
            Self::Client => "client",
        }
    }
}

impl CheckName {
    /// Returns whether clients perform the check, unlike those of files and of the remaining lifetime.
    pub(super) const fn is_of_clients(self) -> bool {
        matches!(
            self,
            Self::Chain
                | Self::Dates
                | Self::CertificationAuthority
                | Self::PathLength
                | Self::Extensions
                | Self::KeyUsage
                | Self::ExtendedKeyUsage
                | Self::NameConstraints
                | Self::Hostname
        )
    }
}

impl Outcome {
    /// Returns a warning instead of a failure.
    pub(super) fn mitigated(self) -> Self {
        match self {
            Self::Failed(finding) => Self::Warning(finding),
            other => other,
        }
    }
}

impl Report {
    pub(crate) fn add(&mut self, name: CheckName, outcome: Outcome) {
        self.checks.push(Check { name, outcome });
    }

    pub(crate) fn pass(&mut self, name: CheckName, text: impl Into<String>) {
        self.add(name, Outcome::Passed(text.into()));
    }

    pub(crate) fn warn(&mut self, name: CheckName, finding: impl Into<Finding>) {
        self.add(name, Outcome::Warning(finding.into()));
    }

    pub(crate) fn fail(&mut self, name: CheckName, finding: impl Into<Finding>) {
        self.add(name, Outcome::Failed(finding.into()));
    }

    /// Adds a failure for each finding, or without findings the passed check with the compared values.
    pub(crate) fn add_all(
        &mut self,
        name: CheckName,
        findings: Vec<Finding>,
        passed: impl FnOnce() -> String,
    ) {
        if findings.is_empty() {
            return self.pass(name, passed());
        }
        let is_cut = findings.len() > MAX_FINDINGS;
        for finding in findings.into_iter().take(MAX_FINDINGS) {
            self.fail(name, finding);
        }
        if is_cut {
            self.fail(name, Finding::MoreFindings);
        }
    }

    /// Adds a warning that a Secret has no `ca.crt`.
    pub fn warn_of_secret_without_ca(&mut self) {
        self.warn(CheckName::CaFile, Finding::SecretWithoutCa);
    }

    /// Returns whether no check failed.
    #[must_use]
    pub fn verifies(&self) -> bool {
        self.failures().next().is_none()
    }

    /// Returns the failed checks with their findings.
    pub fn failures(&self) -> impl Iterator<Item = (CheckName, &Finding)> {
        self.checks.iter().filter_map(|check| match &check.outcome {
            Outcome::Failed(finding) => Some((check.name, finding)),
            _ => None,
        })
    }
}
