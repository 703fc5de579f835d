//! The report of a verification.

use super::finding::Finding;
use super::inspect::TokenKind;

/// The report of a verification.
#[derive(Clone, Debug)]
pub struct Report {
    /// The kind that the token was verified as.
    pub kind: TokenKind,
    /// The checks, in the order of kuma-cp.
    pub checks: Vec<Check>,
}

/// One check.
#[derive(Clone, Debug)]
pub struct Check {
    /// The subject of the check.
    pub name: CheckName,
    /// The outcome.
    pub outcome: Outcome,
}

/// The name of a check, in reports.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CheckName {
    /// The encoding.
    Format,
    /// The header's `alg`.
    Algorithm,
    /// The header's `kid`.
    KeyId,
    /// The signature.
    Signature,
    /// The types of the claims.
    Claims,
    /// The claim `exp`.
    Expiry,
    /// The claim `nbf`.
    NotBefore,
    /// The claim `jti`.
    Id,
    /// The name of the proxy.
    Name,
    /// The mesh of the proxy.
    Mesh,
    /// The tags of the proxy.
    Tags,
    /// The workload of the proxy.
    Workload,
    /// The scope of a zone token.
    Scope,
    /// The zone of the proxy.
    Zone,
    /// What distinguishes the kinds of tokens.
    Kind,
    /// The name and groups of a user.
    User,
}

/// The outcome of a check.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Passed, with the value found.
    Passed(String),
    /// kuma-cp accepts it, with consequences that users may not expect.
    Warning(Finding),
    /// kuma-cp rejects the token.
    Failed(Finding),
}

impl Report {
    /// Returns whether kuma-cp accepts the token.
    #[must_use]
    pub fn verifies(&self) -> bool {
        !self.checks.iter().any(|check| matches!(check.outcome, Outcome::Failed(_)))
    }
}

impl CheckName {
    /// Returns the name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Algorithm => "algorithm",
            Self::KeyId => "key-id",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Expiry => "expiry",
            Self::NotBefore => "not-before",
            Self::Id => "id",
            Self::Name => "name",
            Self::Mesh => "mesh",
            Self::Tags => "tags",
            Self::Workload => "workload",
            Self::Scope => "scope",
            Self::Zone => "zone",
            Self::Kind => "kind",
            Self::User => "user",
        }
    }
}
