//! The typed claims of a decoded token, read like Go's encoding/json: names match in any case, the last of two with
//! one name counts, and `null` changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::decode::Object;
use super::inspect::TokenKind;

/// The claims of all kinds. Those of other kinds stay empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TypedClaims {
    pub(super) name: String,
    pub(super) mesh: String,
    pub(super) tags: BTreeMap<String, BTreeSet<String>>,
    pub(super) workload: String,
    pub(super) zone: String,
    pub(super) scope: Vec<String>,
    pub(super) groups: Vec<String>,
    /// Seconds since 1970, which may have a fraction.
    pub(super) exp: Option<f64>,
    pub(super) nbf: Option<f64>,
    pub(super) iat: Option<f64>,
    pub(super) jti: String,
}

/// The error of a claim with the wrong type.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ClaimTypeError {
    /// Go's error message.
    pub(super) go: String,
    /// The name of the claim.
    pub(super) claim: &'static str,
}

impl TypedClaims {
    /// Reads the claims of a kind. Returns also the first claim of another type, for which kuma-cp rejects the token.
    pub(super) fn read(payload: &Object, kind: TokenKind) -> (Self, Option<ClaimTypeError>) {
        let mut claims = Self::default();
        let mut first_error = None;
        for (name, value) in &payload.0 {
            let known = fields(kind).iter().chain(REGISTERED);
            let Some(field) = known.copied().find(|field| field.eq_ignore_ascii_case(name)) else {
                continue;
            };
            if let Err(error) = claims.set(kind, field, value) {
                first_error.get_or_insert(error);
            }
        }
        (claims, first_error)
    }

    fn set(
        &mut self,
        kind: TokenKind,
        field: &'static str,
        value: &Value,
    ) -> Result<(), ClaimTypeError> {
        let mismatch = |value: &Value, go_type: &str| ClaimTypeError {
            go: format!(
                "json: cannot unmarshal {} into Go struct field {}.{field} of type {go_type}",
                go_kind(value),
                struct_of(kind)
            ),
            claim: field,
        };
        let text = |value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            other => Err(mismatch(other, "string")),
        };
        let list = |value: &Value| match value {
            Value::Null => Ok(Vec::new()),
            Value::Array(items) => items
                .iter()
                .map(|item| if item.is_null() { Ok(String::new()) } else { text(item) })
                .collect(),
            other => Err(mismatch(other, "[]string")),
        };
        if value.is_null() && !matches!(field, "Scope" | "Groups" | "Tags") {
            return Ok(());
        }
        match field {
            "Name" => self.name = text(value)?,
            "Mesh" => self.mesh = text(value)?,
            "Workload" => self.workload = text(value)?,
            "Zone" => self.zone = text(value)?,
            "jti" => self.jti = text(value)?,
            "Scope" => self.scope = list(value)?,
            "Groups" => self.groups = list(value)?,
            "exp" => self.exp = Some(seconds(field, value)?),
            "nbf" => self.nbf = Some(seconds(field, value)?),
            "iat" => self.iat = Some(seconds(field, value)?),
            "Tags" => match value {
                Value::Null => self.tags.clear(),
                Value::Object(tags) => {
                    for (tag, values) in tags {
                        // A tag without values allows everything (`MultiValueTagSetFrom`).
                        let values: BTreeSet<_> = list(values)?.into_iter().collect();
                        self.tags.remove(tag);
                        if !values.is_empty() {
                            self.tags.insert(tag.clone(), values);
                        }
                    }
                }
                other => return Err(mismatch(other, "map[string][]string")),
            },
            "aud" => match value {
                Value::String(_) => {}
                Value::Array(items) if items.iter().all(Value::is_string) => {}
                _ => {
                    let go = "invalid type for claim".to_owned();
                    return Err(ClaimTypeError { go, claim: "aud" });
                }
            },
            _ => drop(text(value)?),
        }
        Ok(())
    }
}

/// The claims of RFC 7519 4.1 that golang-jwt knows.
const REGISTERED: &[&str] = &["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

const fn fields(kind: TokenKind) -> &'static [&'static str] {
    match kind {
        TokenKind::Dataplane => &["Name", "Mesh", "Tags", "Type", "Workload"],
        TokenKind::Zone => &["Zone", "Scope"],
        TokenKind::User => &["Name", "Groups"],
    }
}

/// The name of the struct in messages of Go.
const fn struct_of(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Dataplane => "DataplaneClaims",
        TokenKind::Zone => "ZoneClaims",
        TokenKind::User => "UserClaims",
    }
}

/// The kind of a JSON value in messages of Go.
const fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Reads a date: a number or, as golang-jwt does, a string with a number.
fn seconds(claim: &'static str, value: &Value) -> Result<f64, ClaimTypeError> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    };
    number
        .ok_or_else(|| ClaimTypeError { go: "could not parse NumericData: ...".to_owned(), claim })
}
