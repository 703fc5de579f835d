//! The result of verifying an installation: checks and a map.

use std::fmt;

use super::finding::Finding;
use super::map::{Map, Node};
use crate::verify;

/// What was checked and how the pieces are connected.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// The checks, control plane after control plane.
    pub checks: Vec<Check>,
    /// How the pieces are connected.
    pub map: Map,
}

/// One check of one piece.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Check {
    /// What was checked.
    pub name: CheckName,
    /// Who would fail.
    pub component: Component,
    /// The piece that was checked, such as `Secret kuma-system/general-tls-certs`.
    pub piece: String,
    /// The outcome.
    pub outcome: Outcome,
}

/// The outcome of a check.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The pieces fit: what was compared.
    Passed(String),
    /// It could not be checked: why.
    Skipped(String),
    /// It works, but not everywhere or not for long.
    Warning(Finding),
    /// It does not work.
    Failed(Finding),
}

/// Whether a piece fits.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum State {
    /// Every check of it passed, or none was made.
    Fits,
    /// A check of it warns.
    Warning,
    /// A check of it failed.
    Failed,
}

/// The name of a check; part of the interface.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum CheckName {
    /// A check of a certificate, its key and its CA.
    Certificate(verify::CheckName),
    /// The CA bundle of webhooks, or of values for them, is the CA of the certificate.
    WebhookCaBundle,
    /// The Service of webhooks is that of the control plane.
    WebhookService,
    /// The Secret that a pod mounts exists.
    Secret,
    /// The Secret has the keys that are mounted.
    SecretKeys,
    /// The type of the Secret fits.
    SecretType,
    /// The paths in variables are mounted.
    Mounts,
    /// Variables agree with each other and with the installation.
    Variables,
    /// The Service leads to the control plane.
    Service,
    /// Proxies of zones, running sidecars and clients outside trust the CA of the certificate.
    ProxyCa,
    /// Proxies connect to the control plane.
    ProxyAddress,
    /// A zone trusts the CA of its global control plane.
    ZoneCa,
    /// A zone connects to its global control plane.
    ZoneAddress,
    /// The files of a directory agree with each other.
    Files,
    /// The objects of cert-manager agree with the installation.
    CertManager,
    /// No old CA is left.
    Rotation,
    /// The token of a proxy fits.
    Token,
    /// The configuration file of kuma-cp can be read.
    Configuration,
}

impl CheckName {
    /// Returns the name in reports, with hyphens.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Certificate(name) => name.as_str(),
            Self::WebhookCaBundle => "webhook-ca-bundle",
            Self::WebhookService => "webhook-service",
            Self::Secret => "secret",
            Self::SecretKeys => "secret-keys",
            Self::SecretType => "secret-type",
            Self::Mounts => "mounts",
            Self::Variables => "variables",
            Self::Service => "service",
            Self::ProxyCa => "proxy-ca",
            Self::ProxyAddress => "proxy-address",
            Self::ZoneCa => "zone-ca",
            Self::ZoneAddress => "zone-address",
            Self::Files => "files",
            Self::CertManager => "cert-manager",
            Self::Rotation => "rotation",
            Self::Token => "token",
            Self::Configuration => "configuration",
        }
    }
}

/// A program that fails if a check does.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Component {
    /// Stores objects and calls webhooks.
    KubeApiserver,
    /// Starts pods.
    Kubelet,
    /// The control plane.
    KumaCp,
    /// A data plane proxy: kuma-dp, and Envoy in it.
    KumaDp,
    /// The control plane of a zone.
    ZoneCp,
    /// cert-manager.
    CertManager,
    /// Clients of the API outside the cluster, such as kumactl.
    Kumactl,
}

impl Component {
    /// Returns the name of the program.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KubeApiserver => "kube-apiserver",
            Self::Kubelet => "kubelet",
            Self::KumaCp => "kuma-cp",
            Self::KumaDp => "kuma-dp",
            Self::ZoneCp => "zone kuma-cp",
            Self::CertManager => "cert-manager",
            Self::Kumactl => "kumactl",
        }
    }
}

impl Outcome {
    /// Returns the outcome of a check with a finding.
    pub(super) fn of(finding: Finding, is_failure: bool) -> Self {
        if is_failure { Self::Failed(finding) } else { Self::Warning(finding) }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Report {
    pub(super) fn add(
        &mut self,
        name: CheckName,
        component: Component,
        piece: impl Into<String>,
        outcome: Outcome,
    ) {
        let check = Check { name, component, piece: piece.into(), outcome };
        if !self.checks.contains(&check) {
            self.checks.push(check);
        }
    }

    /// Adds a failed check.
    pub(super) fn fail(
        &mut self,
        name: CheckName,
        component: Component,
        piece: impl Into<String>,
        finding: Finding,
    ) {
        self.add(name, component, piece, Outcome::Failed(finding));
    }

    /// Returns the state of a piece of the map.
    #[must_use]
    pub fn state(&self, node: &Node) -> State {
        let checks = self.checks.iter().filter(|check| check.piece.ends_with(&node.piece));
        let states = checks.map(|check| match check.outcome {
            Outcome::Passed(_) | Outcome::Skipped(_) => State::Fits,
            Outcome::Warning(_) => State::Warning,
            Outcome::Failed(_) => State::Failed,
        });
        states.max().unwrap_or(State::Fits)
    }

    /// Returns whether nothing of an installation was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let is_unread =
            |check: &Check| matches!(check.outcome, Outcome::Warning(Finding::NotRead { .. }));
        self.checks.iter().all(is_unread)
    }

    /// Returns whether no check failed.
    #[must_use]
    pub fn verifies(&self) -> bool {
        self.failures().next().is_none()
    }

    /// Returns the failed checks.
    pub fn failures(&self) -> impl Iterator<Item = (&Check, &Finding)> {
        self.checks.iter().filter_map(|check| match &check.outcome {
            Outcome::Failed(finding) => Some((check, finding)),
            _ => None,
        })
    }
}
