//! Describes a token without verifying it.

use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::decode::{Object, Token};
use super::finding::Finding;
use super::typed::{ClaimTypeError, TypedClaims};
use super::verify::{expiry, not_before};
use crate::validity::rfc3339;

/// The kind of a token. Only its claims tell the kinds apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    /// A data plane proxy.
    Dataplane,
    /// A zone proxy.
    Zone,
    /// A user of the API server.
    User,
}

/// A token in words. Fields are added, never changed or removed.
#[derive(Clone, Debug, Serialize)]
pub struct TokenSummary {
    /// The kind that its claims suggest.
    pub kind: TokenKind,
    /// The algorithm of the signature.
    pub algorithm: Option<String>,
    /// The ID of the signing key (`kid`).
    pub key_id: Option<String>,
    /// The ID of the token (`jti`).
    pub id: Option<String>,
    /// iat, in RFC 3339.
    pub issued_at: Option<String>,
    /// nbf, in RFC 3339.
    pub not_before: Option<String>,
    /// exp, in RFC 3339.
    pub expires_at: Option<String>,
    /// Whether it had expired.
    pub expired: bool,
    /// The header.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
    /// The reasons for which kuma-cp rejects it, and warnings.
    #[serde(skip)]
    pub findings: Vec<Finding>,
}

impl TokenKind {
    /// Returns the kind as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dataplane => "dataplane",
            Self::Zone => "zone",
            Self::User => "user",
        }
    }

    /// Returns the kind that the claims of a token suggest.
    #[must_use]
    pub fn of(token: &Token<'_>) -> Self {
        let has =
            |claim: &str| token.payload.0.iter().any(|(name, _)| name.eq_ignore_ascii_case(claim));
        match () {
            () if has("Mesh") || has("Tags") || has("Workload") => Self::Dataplane,
            () if has("Zone") || has("Scope") => Self::Zone,
            () if has("Groups") => Self::User,
            () => Self::Dataplane,
        }
    }
}

/// Describes a token.
#[must_use]
pub fn summary(token: &Token<'_>, now: OffsetDateTime) -> TokenSummary {
    let kind = TokenKind::of(token);
    let (typed, error) = TypedClaims::read(&token.payload, kind);
    let expired = expiry(&typed, now).err();
    let mut findings: Vec<_> =
        expired.clone().into_iter().chain(not_before(&typed, now).err()).collect();
    match error {
        // kuma-cp rejects it anyway.
        Some(ClaimTypeError { go, claim }) => findings.push(Finding::ClaimType { claim, go }),
        None => findings.extend(typed.doubts(kind)),
    }
    let text = |name: &str| token.header.get(name).and_then(Value::as_str).map(str::to_owned);
    TokenSummary {
        kind,
        algorithm: text("alg"),
        key_id: text("kid"),
        id: Some(typed.jti.clone()).filter(|id| !id.is_empty()),
        issued_at: typed.iat.map(moment),
        not_before: typed.nbf.map(moment),
        expires_at: typed.exp.map(moment),
        expired: expired.is_some(),
        header: members(&token.header),
        claims: members(&token.payload),
        findings,
    }
}

impl TypedClaims {
    /// Returns the warnings about what the token allows.
    pub(super) fn doubts(&self, kind: TokenKind) -> Vec<Finding> {
        let mut doubts = Vec::new();
        if self.exp.is_none() {
            doubts.push(Finding::NeverExpires);
        }
        if self.jti.is_empty() {
            doubts.push(Finding::NoId);
        }
        match kind {
            TokenKind::Dataplane if self.name.is_empty() => doubts.push(Finding::NoName {
                mesh: self.mesh.clone(),
                is_bound: !self.tags.is_empty() || !self.workload.is_empty(),
            }),
            TokenKind::Zone => {
                if self.zone.is_empty() {
                    doubts.push(Finding::NoZone);
                }
                doubts.push(Finding::ZoneTokenForProxies);
            }
            TokenKind::Dataplane | TokenKind::User => {}
        }
        doubts
    }
}

pub(super) fn members(object: &Object) -> Map<String, Value> {
    object.0.iter().cloned().collect()
}

/// Returns a date, given as seconds since 1970, in RFC 3339, or the number after the year 9999.
pub(super) fn moment(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "beyond i64, no calendar has the date")]
    let date = OffsetDateTime::from_unix_timestamp(seconds.floor() as i64);
    date.map_or_else(|_| format!("{seconds} s after 1970"), |date| rfc3339(&date))
}
