//! What a judgement consists of: checks, each with what was found.

use super::clients::{Client, Reason};
use super::finding::Finding;

/// How many findings of one check are told: a certificate can have thousands, and nobody reads more.
pub(super) const MAX_FINDINGS: usize = 16;

/// The answers to one question about a certificate.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// Every check that was made, in the order of the data: files, key, chain, names, time, clients.
    pub checks: Vec<Check>,
    /// What each client would do; empty where no client was asked about.
    pub clients: Vec<ClientVerdict>,
}

/// One check and its outcome.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Check {
    /// What was looked at.
    pub name: CheckName,
    /// What was found.
    pub outcome: Outcome,
}

/// The outcome of a check.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// It is as it should be: what was compared.
    Passed(String),
    /// It could not be looked at: why.
    Skipped(String),
    /// It works, but not everywhere or not for long.
    Warning(Finding),
    /// It does not work.
    Failed(Finding),
}

/// What one client would do with the certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClientVerdict {
    /// Which.
    pub client: Client,
    /// The failed checks that this client makes as well.
    pub failed: Vec<CheckName>,
    /// Why it would refuse the certificate beyond those checks.
    pub reasons: Vec<Reason>,
}

impl ClientVerdict {
    /// Whether the client accepts the certificate.
    #[must_use]
    pub const fn accepts(&self) -> bool {
        self.failed.is_empty() && self.reasons.is_empty()
    }

    /// Whether the client refuses the certificate because of what this check is about.
    pub(super) fn refuses_for(&self, check: CheckName) -> bool {
        self.failed.contains(&check)
            || self.reasons.iter().any(|reason| reason.rule.check == Some(check))
    }
}

/// The name of a check; part of the interface.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CheckName {
    /// The certificate file holds certificates.
    CertificateFile,
    /// The key file holds a private key.
    KeyFile,
    /// The CA file holds CA certificates, a CA's first, and no key.
    CaFile,
    /// The bundle is one line of Base64 of the CA file.
    CaBundle,
    /// Only the owner can read the key.
    FileMode,
    /// The private key belongs to the certificate.
    PrivateKey,
    /// Signatures lead from the certificate to the CA.
    Chain,
    /// Every certificate of the chain is valid at the time.
    Dates,
    /// Every issuer is a CA that may sign certificates.
    CertificationAuthority,
    /// No CA has more CAs below it than it allows.
    PathLength,
    /// Every extension is there once and can be understood.
    Extensions,
    /// The key may be used for TLS.
    KeyUsage,
    /// The certificate is for a server, or for a client.
    ExtendedKeyUsage,
    /// The names are those that the CAs may certify.
    NameConstraints,
    /// The certificate has the name.
    Hostname,
    /// The certificate lives long enough.
    TimeLeft,
    /// The key is of a type that TLS is spoken with.
    KeyType,
    /// A client of Kuma's, or one that was asked for, accepts the certificate.
    Client,
}

impl CheckName {
    /// The name in reports, with hyphens.
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
    /// Whether it is a matter of clients whether the check fails, rather than of files or of time.
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
    /// A warning instead of a failure.
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

    /// Adds a failure for each finding, or what was compared if there are none.
    pub(crate) fn add_all(
        &mut self,
        name: CheckName,
        findings: Vec<Finding>,
        passed: impl FnOnce() -> String,
    ) {
        if findings.is_empty() {
            return self.add(name, Outcome::Passed(passed()));
        }
        let is_cut = findings.len() > MAX_FINDINGS;
        for finding in findings.into_iter().take(MAX_FINDINGS) {
            self.add(name, Outcome::Failed(finding));
        }
        if is_cut {
            self.add(name, Outcome::Failed(Finding::More));
        }
    }

    /// Adds that a Secret has no `ca.crt`, of which certificates alone say nothing.
    pub fn warn_of_secret_without_ca(&mut self) {
        self.add(CheckName::CaFile, Outcome::Warning(Finding::SecretWithoutCa));
    }

    /// Whether no check failed.
    #[must_use]
    pub fn verifies(&self) -> bool {
        self.failures().next().is_none()
    }

    /// What failed.
    pub fn failures(&self) -> impl Iterator<Item = (CheckName, &Finding)> {
        self.checks.iter().filter_map(|check| match &check.outcome {
            Outcome::Failed(finding) => Some((check.name, finding)),
            _ => None,
        })
    }
}
