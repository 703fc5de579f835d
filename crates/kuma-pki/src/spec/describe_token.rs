//! Writes the tokens of a specification from existing tokens.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::describe::duration;
use crate::token::{CLOCK_SKEW, TokenKind, TokenSummary};

/// A token of a specification to write.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenEntry {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_for: Option<String>,
    /// The kind with its fields.
    #[serde(flatten)]
    bearer: BTreeMap<&'static str, Map<String, Value>>,
}

/// Returns the entry of a specification that a token corresponds to.
#[must_use]
pub fn describe_token(name: &str, token: &TokenSummary) -> TokenEntry {
    let date = |claim: &str| token.claims.get(claim).and_then(Value::as_i64);
    let lifetime = date("exp").zip(date("nbf"));
    let seconds = lifetime.map(|(end, begin)| end - begin - CLOCK_SKEW.as_secs().cast_signed());
    let mut fields = Map::new();
    for claim in ["Name", "Mesh", "Tags", "Workload", "Zone", "Scope", "Groups"] {
        let value = token.claims.get(claim).cloned().unwrap_or_default();
        let is_default = match (claim, &value) {
            // Without a name, the token would be for the proxy with the name of the entry.
            ("Name", Value::Null) => token.kind != TokenKind::Dataplane,
            ("Name", value) => value == name,
            (_, Value::Object(tags)) => tags.is_empty(),
            (_, value) => value.is_null() || value == "",
        };
        if !is_default {
            let value = if value.is_null() { Value::from("") } else { value };
            fields.insert(claim.to_ascii_lowercase(), value);
        }
    }
    TokenEntry {
        name: name.to_owned(),
        valid_for: seconds.filter(|seconds| *seconds > 0).map(duration),
        bearer: BTreeMap::from([(token.kind.as_str(), fields)]),
    }
}
