//! The claims of a token, in the order of the official kumactl.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::inspect::TokenKind;
use crate::text::excerpt;

/// The mesh of a proxy and of a dataplane token that name none.
pub const DEFAULT_MESH: &str = "default";

/// The claims of a token of any kind, without its dates and its ID.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Claims {
    /// Of a data plane proxy.
    Dataplane(DataplaneClaims),
    /// Of a zone proxy.
    Zone(ZoneClaims),
    /// Of a user of the API server.
    User(UserClaims),
}

/// The claims of a dataplane token (`pkg/tokens/builtin/issuer/token.go`). An empty claim restricts nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DataplaneClaims {
    /// The name of the proxy.
    pub name: String,
    /// The mesh of the proxy.
    pub mesh: String,
    /// The required tags, with their allowed values.
    pub tags: Tags,
    /// The kind of proxy, which kuma-cp ignores.
    #[serde(rename = "Type")]
    pub proxy_type: ProxyType,
    /// The value of the label `kuma.io/workload`, since Kuma 2.13.
    pub workload: String,
}

/// The claims of a zone token (`pkg/tokens/builtin/zone/token.go`).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ZoneClaims {
    /// The zone of the proxy.
    pub zone: String,
    /// The kinds of zone proxies.
    pub scope: Vec<ZoneScope>,
}

/// The claims of a user token (`pkg/plugins/authn/api-server/tokens/issuer/token.go`).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UserClaims {
    /// The name of the user.
    pub name: String,
    /// The groups of the user; `None` is written as `null`.
    pub groups: Option<Vec<String>>,
}

/// Tags with their allowed values, both sorted by octet as Go sorts them.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Tags(BTreeMap<String, BTreeSet<String>>);

/// The kind of proxy in a dataplane token.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProxyType {
    /// Not set.
    #[default]
    #[serde(rename = "")]
    Unspecified,
    /// A data plane proxy.
    Dataplane,
    /// A zone ingress.
    Ingress,
    /// A zone egress.
    Egress,
}

/// A use of a zone token.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ZoneScope {
    /// A zone ingress.
    Ingress,
    /// A zone egress.
    Egress,
    /// The zone control plane, in Kong Mesh only.
    Cp,
}

/// The error of a claim that no proxy, zone or user can match.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsError {
    /// A leading or trailing blank, or a control character.
    #[error("the {claim} {value:?} has a blank at its start or end, or a control character")]
    Blank {
        /// The claim.
        claim: &'static str,
        /// The beginning of the value, safe to show.
        value: String,
    },
    /// An empty value that tokens of this kind require.
    #[error("the {claim} is empty")]
    Empty {
        /// The claim.
        claim: &'static str,
    },
    /// An empty value of a tag.
    #[error("the tag {tag:?} has an empty value")]
    EmptyTagValue {
        /// The tag.
        tag: String,
    },
    /// A zone token without a scope.
    #[error("the scope is empty")]
    NoScope,
}

impl Claims {
    /// Returns the kind of the token.
    #[must_use]
    pub const fn kind(&self) -> TokenKind {
        match self {
            Self::Dataplane(_) => TokenKind::Dataplane,
            Self::Zone(_) => TokenKind::Zone,
            Self::User(_) => TokenKind::User,
        }
    }

    /// Checks that a proxy, zone or user can match the claims.
    ///
    /// # Errors
    ///
    /// [`ClaimsError`] for the first claim that none can match.
    pub(crate) fn check(&self) -> Result<(), ClaimsError> {
        match self {
            Self::Dataplane(claims) => {
                text("name", &claims.name)?;
                text("mesh", &claims.mesh)?;
                text("workload", &claims.workload)?;
                claims.tags.check()
            }
            Self::Zone(claims) => {
                required("zone", &claims.zone)?;
                if claims.scope.is_empty() { Err(ClaimsError::NoScope) } else { Ok(()) }
            }
            Self::User(claims) => {
                required("name", &claims.name)?;
                claims.groups.iter().flatten().try_for_each(|group| required("group", group))
            }
        }
    }
}

impl Tags {
    /// Allows a value for a tag, in addition to those that are allowed already.
    pub fn allow(&mut self, tag: impl Into<String>, value: impl Into<String>) {
        self.0.entry(tag.into()).or_default().insert(value.into());
    }

    fn check(&self) -> Result<(), ClaimsError> {
        for (tag, values) in &self.0 {
            required("name of a tag", tag)?;
            for value in values {
                if value.is_empty() {
                    return Err(ClaimsError::EmptyTagValue { tag: excerpt(tag) });
                }
                text("value of a tag", value)?;
            }
        }
        Ok(())
    }
}

impl ProxyType {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Unspecified, Self::Dataplane, Self::Ingress, Self::Egress];

    /// Returns the value of the claim.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "",
            Self::Dataplane => "dataplane",
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }
}

impl ZoneScope {
    /// The scopes of a token for which none is requested, as in the official kumactl.
    pub const DEFAULT: [Self; 2] = [Self::Ingress, Self::Egress];

    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Ingress, Self::Egress, Self::Cp];

    /// Returns the value of the claim.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
            Self::Cp => "cp",
        }
    }
}

/// Checks a text: kuma-cp compares it octet by octet, so that a final blank matches nothing.
pub(super) fn text(claim: &'static str, value: &str) -> Result<(), ClaimsError> {
    if value.trim() == value && !value.chars().any(char::is_control) {
        return Ok(());
    }
    Err(ClaimsError::Blank { claim, value: excerpt(value) })
}

/// Checks a text that must not be empty.
pub(crate) fn required(claim: &'static str, value: &str) -> Result<(), ClaimsError> {
    if value.is_empty() { Err(ClaimsError::Empty { claim }) } else { text(claim, value) }
}
