//! Verifies a token like kuma-cp 2.14.3: the steps of golang-jwt, of `pkg/core/tokens/validator.go` and of
//! `pkg/xds/auth/universal/authenticator.go`, in their order.

use serde_json::Value;
use time::OffsetDateTime;

use super::dataplane::{Proxy, ProxyKind};
use super::decode::Token;
use super::finding::Finding;
use super::inspect::{TokenKind, moment};
use super::key::PublicKey;
use super::report::{Check, CheckName, Outcome, Report};
use super::typed::{ClaimTypeError, TypedClaims};
use crate::text::excerpt;

/// What to compare a token with.
#[derive(Clone, Copy, Debug)]
pub struct VerifyOptions<'a> {
    /// The public key of the control plane.
    pub public_key: &'a PublicKey,
    /// The ID of that key in the control plane; `None` to accept any.
    pub key_id: Option<&'a str>,
    /// The proxy that authenticates with the token.
    pub proxy: Option<&'a Proxy>,
    /// The zone of a zone proxy.
    pub zone: Option<&'a str>,
    /// The time of the verification.
    pub at: OffsetDateTime,
}

/// The algorithms that golang-jwt knows.
const KNOWN: [&str; 14] = [
    "RS256", "RS384", "RS512", "HS256", "HS384", "HS512", "ES256", "ES384", "ES512", "PS256",
    "PS384", "PS512", "EdDSA", "none",
];

/// Verifies a token. White space around it is ignored.
#[must_use]
pub fn verify(text: &str, options: &VerifyOptions<'_>) -> Report {
    let text = text.trim();
    let mut checks = Checks(Vec::new());
    let fallback = kind_of(None, options);
    if text.contains(['\n', '\r']) {
        checks.failed(CheckName::Format, Finding::LineBreak);
        return Report { kind: fallback, checks: checks.0 };
    }
    let token = match Token::parse(text) {
        Ok(token) => token,
        Err(error) => {
            checks.failed(CheckName::Format, Finding::Malformed(error));
            return Report { kind: fallback, checks: checks.0 };
        }
    };
    let kind = kind_of(Some(&token), options);
    checks.passed(CheckName::Format, format!("a {} token", TokenKind::of(&token).as_str()));
    checks.header(&token, options);
    match TypedClaims::read(&token.payload, kind) {
        (_, Some(ClaimTypeError { go, claim })) => {
            checks.failed(CheckName::Claims, Finding::ClaimType { claim, go });
        }
        (claims, None) => checks.claims(&token, &claims, kind, options),
    }
    Report { kind, checks: checks.0 }
}

/// Returns the kind of token that the proxy needs, or else the kind that the claims suggest.
fn kind_of(token: Option<&Token<'_>>, options: &VerifyOptions<'_>) -> TokenKind {
    match (options.proxy.map(|proxy| proxy.kind), options.zone) {
        (Some(ProxyKind::Dataplane), _) => TokenKind::Dataplane,
        (Some(ProxyKind::ZoneIngress | ProxyKind::ZoneEgress), _) | (None, Some(_)) => {
            TokenKind::Zone
        }
        (None, None) => token.map_or(TokenKind::Dataplane, TokenKind::of),
    }
}

struct Checks(Vec<Check>);

impl Checks {
    fn passed(&mut self, name: CheckName, text: impl Into<String>) {
        self.0.push(Check { name, outcome: Outcome::Passed(text.into()) });
    }

    fn warn(&mut self, name: CheckName, finding: Finding) {
        self.0.push(Check { name, outcome: Outcome::Warning(finding) });
    }

    fn failed(&mut self, name: CheckName, finding: Finding) {
        self.0.push(Check { name, outcome: Outcome::Failed(finding) });
    }

    fn add(&mut self, name: CheckName, result: Result<String, Finding>) {
        match result {
            Ok(text) => self.passed(name, text),
            Err(finding) => self.failed(name, finding),
        }
    }

    fn header(&mut self, token: &Token<'_>, options: &VerifyOptions<'_>) {
        let algorithm = algorithm(token);
        let is_rs256 = algorithm.is_ok();
        self.add(CheckName::Algorithm, algorithm.map(str::to_owned));
        self.add(CheckName::KeyId, key_id(token, options.key_id));
        if is_rs256 {
            let is_signed =
                options.public_key.verifies(token.signing_input.as_bytes(), &token.signature);
            self.add(
                CheckName::Signature,
                if is_signed {
                    Ok("by the key".to_owned())
                } else {
                    Err(Finding::SignatureInvalid)
                },
            );
        }
    }

    fn claims(
        &mut self,
        token: &Token<'_>,
        claims: &TypedClaims,
        kind: TokenKind,
        options: &VerifyOptions<'_>,
    ) {
        if claims.exp.is_some() {
            self.add(CheckName::Expiry, expiry(claims, options.at));
        }
        self.add(CheckName::NotBefore, not_before(claims, options.at));
        match kind {
            TokenKind::Dataplane => self.dataplane(claims, options.proxy),
            TokenKind::Zone => self.zone(claims, options),
            TokenKind::User => self.passed(CheckName::User, user(claims)),
        }
        let mut doubts = claims.doubts(kind);
        let is_zone_token = TokenKind::of(token) == TokenKind::Zone;
        if kind == TokenKind::Dataplane && is_zone_token {
            doubts.push(Finding::ZoneTokenForProxies);
        }
        for doubt in doubts {
            let name = match doubt {
                Finding::NeverExpires => CheckName::Expiry,
                Finding::NoId => CheckName::Id,
                Finding::NoName { .. } => CheckName::Name,
                Finding::NoZone => CheckName::Zone,
                _ => CheckName::Kind,
            };
            self.warn(name, doubt);
        }
    }

    fn dataplane(&mut self, claims: &TypedClaims, proxy: Option<&Proxy>) {
        let Some(proxy) = proxy else {
            if !claims.name.is_empty() {
                self.passed(CheckName::Name, excerpt(&claims.name));
            }
            return;
        };
        let bound = |token: &str, proxy: &str| token.is_empty() || token == proxy;
        if !bound(&claims.name, &proxy.name) {
            let (proxy, token) = (proxy.name.clone(), claims.name.clone());
            self.failed(CheckName::Name, Finding::OtherName { proxy, token });
        } else if !claims.name.is_empty() {
            self.passed(CheckName::Name, excerpt(&proxy.name));
        }
        if bound(&claims.mesh, &proxy.mesh) {
            self.passed(CheckName::Mesh, excerpt(&proxy.mesh));
        } else {
            let (proxy, token) = (proxy.mesh.clone(), claims.mesh.clone());
            self.failed(CheckName::Mesh, Finding::OtherMesh { proxy, token });
        }
        if !claims.tags.is_empty() {
            self.add(CheckName::Tags, tags(claims, proxy));
        }
        match (claims.workload.as_str(), &proxy.workload) {
            ("", None) => {}
            ("", Some(workload)) => {
                let proxy = workload.clone();
                self.warn(CheckName::Workload, Finding::WorkloadUnbound { proxy });
            }
            (token, None) => {
                let token = token.to_owned();
                self.failed(CheckName::Workload, Finding::WorkloadMissing { token });
            }
            (token, Some(workload)) if token == workload => {
                self.passed(CheckName::Workload, excerpt(workload));
            }
            (token, Some(workload)) => {
                let (proxy, token) = (workload.clone(), token.to_owned());
                self.failed(CheckName::Workload, Finding::OtherWorkload { proxy, token });
            }
        }
    }

    fn zone(&mut self, claims: &TypedClaims, options: &VerifyOptions<'_>) {
        let has = |needed: &str| claims.scope.iter().any(|scope| scope == needed);
        let needed = match options.proxy.map(|proxy| proxy.kind) {
            Some(ProxyKind::ZoneIngress) => Some("ingress"),
            Some(ProxyKind::ZoneEgress) => Some("egress"),
            _ => None,
        };
        let scope = claims.scope.clone();
        self.add(
            CheckName::Scope,
            match needed {
                Some(needed) if !has(needed) => Err(Finding::OutOfScope { needed, scope }),
                None if !has("ingress") && !has("egress") => Err(Finding::NoScope { scope }),
                _ => Ok(scope.iter().map(|one| excerpt(one)).collect::<Vec<_>>().join(", ")),
            },
        );
        if claims.zone.is_empty() {
            return;
        }
        self.add(
            CheckName::Zone,
            match options.zone {
                Some(zone) if zone != claims.zone => {
                    let (proxy, token) = (zone.to_owned(), claims.zone.clone());
                    Err(Finding::OtherZone { proxy, token })
                }
                _ => Ok(excerpt(&claims.zone)),
            },
        );
    }
}

pub(super) fn algorithm<'t>(token: &'t Token<'_>) -> Result<&'t str, Finding> {
    match token.header.get("alg").and_then(Value::as_str) {
        Some("RS256") => Ok("RS256"),
        Some(known) if KNOWN.contains(&known) => {
            Err(Finding::AlgorithmUnsupported { algorithm: known.to_owned() })
        }
        other => Err(Finding::AlgorithmUnknown { algorithm: other.map(str::to_owned) }),
    }
}

pub(super) fn key_id(token: &Token<'_>, known: Option<&str>) -> Result<String, Finding> {
    match token.header.get("kid") {
        None => Err(Finding::KeyIdMissing),
        Some(Value::String(key_id)) => match known.filter(|known| *known != key_id) {
            None => Ok(excerpt(key_id)),
            Some(known) => {
                Err(Finding::KeyIdUnknown { key_id: excerpt(key_id), known: known.to_owned() })
            }
        },
        Some(_) => Err(Finding::KeyIdNotText),
    }
}

/// Compares the tags like `validateTags` of kuma-cp. Tags that the token does not name can have any value.
fn tags(claims: &TypedClaims, proxy: &Proxy) -> Result<String, Finding> {
    for (tag, allowed) in &claims.tags {
        let values = proxy.tags.get(tag).ok_or_else(|| Finding::TagMissing { tag: tag.clone() })?;
        if let Some(value) = values.difference(allowed).next() {
            let (tag, value, allowed) = (tag.clone(), value.clone(), allowed.clone());
            return Err(Finding::TagNotAllowed { tag, value, allowed });
        }
    }
    let names: Vec<_> = claims.tags.keys().map(|tag| excerpt(tag)).collect();
    Ok(names.join(", "))
}

fn user(claims: &TypedClaims) -> String {
    let groups: Vec<_> = claims.groups.iter().map(|group| excerpt(group)).collect();
    match groups.as_slice() {
        [] => format!("{}, in no group", excerpt(&claims.name)),
        groups => format!("{}, in {}", excerpt(&claims.name), groups.join(", ")),
    }
}

/// Checks exp, without leeway, like golang-jwt.
pub(super) fn expiry(claims: &TypedClaims, at: OffsetDateTime) -> Result<String, Finding> {
    match claims.exp {
        Some(exp) if seconds(at) >= exp => Err(Finding::Expired { at: moment(exp) }),
        Some(exp) => Ok(format!("until {}", moment(exp))),
        None => Ok("never".to_owned()),
    }
}

/// Checks nbf, without leeway, like golang-jwt.
pub(super) fn not_before(claims: &TypedClaims, at: OffsetDateTime) -> Result<String, Finding> {
    match claims.nbf {
        Some(nbf) if seconds(at) < nbf => Err(Finding::NotYetValid { from: moment(nbf) }),
        Some(nbf) => Ok(format!("since {}", moment(nbf))),
        None => Ok("no first moment".to_owned()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a microsecond more or less decides nothing")]
fn seconds(moment: OffsetDateTime) -> f64 {
    moment.unix_timestamp_nanos() as f64 / 1e9
}
