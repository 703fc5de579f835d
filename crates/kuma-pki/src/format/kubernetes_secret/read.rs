//! Reading Secrets from a text in YAML or JSON.

use std::collections::BTreeMap;
use std::{fmt, mem};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::{KubernetesSecret, SecretError};
use crate::format::foreign::SOPS_VALUE;
use crate::format::packed;
use crate::format::yaml::{self, Limits};

/// The longest that the values of a Secret can be together, in bytes (core/v1, MaxSecretSize).
const MAX_LENGTH: usize = 1 << 20;

/// More than a Secret of the greatest length holds, with its labels, annotations and managed fields. `kubectl`
/// and Helm print no anchors.
const LIMITS: Limits = Limits { nodes: 250_000, copies: 1_000, copied_bytes: 1 << 16 };

/// The fields of an object that matter here; others are skipped.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Object {
    api_version: Option<String>,
    kind: Option<String>,
    metadata: Option<Metadata>,
    #[serde(rename = "type")]
    secret_type: Option<String>,
    data: Option<Values>,
    string_data: Option<Values>,
    items: Option<Objects>,
    /// What SOPS adds to an object whose values it encrypted.
    sops: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
}

/// The objects of a text or a list, as they are read. Data of other kinds than Secrets are dropped at once, so
/// that a list of a whole cluster takes no more memory than the Secrets in it.
#[derive(Default)]
struct Objects(Vec<Object>);

impl Extend<Object> for Objects {
    fn extend<T: IntoIterator<Item = Object>>(&mut self, objects: T) {
        self.0.extend(objects.into_iter().map(|object| match object.kind.as_deref() {
            // The API server leaves the kind of the items out of a SecretList.
            None | Some("Secret") => object,
            Some(_) => Object { data: None, string_data: None, ..object },
        }));
    }
}

impl<'de> Deserialize<'de> for Objects {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectsVisitor;

        impl<'de> Visitor<'de> for ObjectsVisitor {
            type Value = Objects;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of objects")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Objects, A::Error> {
                let mut objects = Objects::default();
                while let Some(object) = list.next_element::<Object>()? {
                    objects.extend([object]);
                }
                Ok(objects)
            }
        }

        deserializer.deserialize_seq(ObjectsVisitor)
    }
}

/// `data` or `stringData`.
#[derive(Default)]
struct Values {
    values: BTreeMap<String, Value>,
    /// Whether there are more than a Secret can hold. The rest is left out: aliases make much of little.
    is_too_long: bool,
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValuesVisitor;

        impl<'de> Visitor<'de> for ValuesVisitor {
            type Value = Values;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Values, A::Error> {
                let (mut values, mut length) = (Values::default(), 0);
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    length += if let Value::Text(text) = &value { text.len() } else { 0 };
                    values.is_too_long |= length > 2 * MAX_LENGTH;
                    if !values.is_too_long {
                        values.values.insert(key, value);
                    }
                }
                Ok(values)
            }
        }

        deserializer.deserialize_map(ValuesVisitor)
    }
}

/// A value of `data` or `stringData`, wiped when it is dropped.
enum Value {
    /// A text, or nothing, which is an empty one.
    Text(Zeroizing<String>),
    /// Anything else. The API server rejects it.
    Other,
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;

        // Texts that are a part of the input are copied once, into memory that is wiped.
        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(Zeroizing::new(text.to_owned())))
            }

            fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Value, E> {
                Ok(Value::Text(Zeroizing::new(text)))
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
                Ok(Value::Text(Zeroizing::default()))
            }

            fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Value, E> {
                Ok(Value::Other)
            }

            fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Value, E> {
                Ok(Value::Other)
            }

            fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Value, E> {
                Ok(Value::Other)
            }

            fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Value, E> {
                Ok(Value::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Value::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Value::Other)
            }
        }

        deserializer.deserialize_any(ValueVisitor)
    }
}

/// Returns whether a text looks like an object of Kubernetes rather than anything else: there is a key `kind`,
/// in YAML or JSON.
#[must_use]
pub fn is_manifest(text: &[u8]) -> bool {
    const KEY: &[u8] = b"kind";
    let starts = |place: usize| {
        let before = text[..place].strip_suffix(b"\"").unwrap_or(&text[..place]);
        before.last().is_none_or(|octet| b"\n\t ,{".contains(octet))
    };
    let goes_on = |place: usize| {
        let behind = &text[place + KEY.len()..];
        let behind = behind.strip_prefix(b"\"").unwrap_or(behind);
        behind.trim_ascii_start().starts_with(b":")
    };
    let is_key = |place: usize| text[place..].starts_with(KEY) && starts(place) && goes_on(place);
    text.iter().enumerate().any(|(place, octet)| *octet == KEY[0] && is_key(place))
}

/// Reads the only Secret of a text. `stringData` takes precedence over `data`, as in the API server.
///
/// # Errors
///
/// Anything but one Secret.
pub fn decode(text: &[u8]) -> Result<KubernetesSecret, SecretError> {
    let mut secrets = decode_all(text)?;
    match (secrets.pop(), secrets.len()) {
        (Some(secret), 0) => Ok(secret),
        (_, others) => Err(SecretError::Several { count: others + 1 }),
    }
}

/// Reads every Secret of a text: of all its documents, and of the lists that `kubectl get -o yaml` prints.
/// Objects of other kinds are skipped.
///
/// # Errors
///
/// A text without a Secret, and one that cannot be read.
pub fn decode_all(text: &[u8]) -> Result<Vec<KubernetesSecret>, SecretError> {
    let text = std::str::from_utf8(text).map_err(|_| SecretError::Malformed { line: None })?;
    let options = yaml::options(&LIMITS);
    let Objects(objects) = serde_saphyr::from_str_multiple_with_options(text, options)?;
    if objects.is_empty() {
        return Err(SecretError::Malformed { line: None });
    }
    let (mut secrets, mut other) = (Vec::new(), None);
    for object in objects {
        object.secrets(None, &mut secrets, &mut other)?;
    }
    if secrets.is_empty() { Err(other.unwrap_or(SecretError::None)) } else { Ok(secrets) }
}

impl Object {
    /// Adds the Secrets of an object to `secrets`, and the first other object to `other`. `default_kind` is
    /// that of the items of a list, which need not name it.
    fn secrets(
        self,
        default_kind: Option<&str>,
        secrets: &mut Vec<KubernetesSecret>,
        other: &mut Option<SecretError>,
    ) -> Result<(), SecretError> {
        let kind = self.kind.as_deref().or(default_kind);
        match kind.ok_or(SecretError::Malformed { line: None })? {
            kind @ ("List" | "SecretList") => {
                let default_kind = (kind == "SecretList").then_some("Secret");
                let Objects(items) = self.items.unwrap_or_default();
                return items
                    .into_iter()
                    .try_for_each(|item| item.secrets(default_kind, secrets, other));
            }
            "Secret" if matches!(self.api_version.as_deref(), None | Some("v1")) => {
                secrets.push(self.secret()?);
            }
            kind => {
                let error = match (kind, self.api_version.as_deref()) {
                    ("SealedSecret", _) => SecretError::Sealed,
                    ("ExternalSecret", _) => SecretError::External,
                    ("Secret", Some(version)) => SecretError::ApiVersion {
                        version: word(version, b"./-").unwrap_or("another version").to_owned(),
                    },
                    _ => SecretError::Kind {
                        kind: word(kind, b"").unwrap_or("different object").to_owned(),
                    },
                };
                other.get_or_insert(error);
            }
        }
        Ok(())
    }

    fn secret(self) -> Result<KubernetesSecret, SecretError> {
        let values = self.data.unwrap_or_default();
        let strings = self.string_data.unwrap_or_default();
        let is_sops =
            |value: &Value| matches!(value, Value::Text(text) if text.starts_with(SOPS_VALUE));
        if self.sops.is_some() || values.values.values().chain(strings.values.values()).any(is_sops)
        {
            return Err(SecretError::Sops);
        }
        let (mut data, mut unreadable, mut length) = (BTreeMap::new(), Vec::new(), 0);
        let mut is_too_long = values.is_too_long || strings.is_too_long;
        for (key, value) in values.values {
            let Value::Text(value) = value else {
                unreadable.push(key);
                continue;
            };
            length += value.len() / 4 * 3;
            // Go, and so Kubernetes, skips line breaks in Base64 and nothing else.
            let has_blanks = value.contains([' ', '\t']);
            match BASE64_STANDARD.decode(packed([value.as_bytes()])) {
                Ok(decoded) if !has_blanks => drop(data.insert(key, Zeroizing::new(decoded))),
                _ => unreadable.push(key),
            }
        }
        for (key, value) in strings.values {
            unreadable.retain(|other| *other != key);
            let Value::Text(mut value) = value else {
                data.remove(&key);
                unreadable.push(key);
                continue;
            };
            length += value.len();
            data.insert(key, Zeroizing::new(mem::take(&mut *value).into_bytes()));
        }
        is_too_long |= length > MAX_LENGTH;
        if is_too_long {
            return Err(SecretError::TooLong);
        }
        let metadata = self.metadata.unwrap_or_default();
        Ok(KubernetesSecret {
            name: metadata.name.unwrap_or_default(),
            namespace: metadata.namespace,
            secret_type: self.secret_type,
            data,
            unreadable,
        })
    }
}

/// Returns a text that can be shown: of letters, digits and `more`, and no longer than a label.
fn word<'t>(text: &'t str, more: &[u8]) -> Option<&'t str> {
    let is_safe = |octet: u8| octet.is_ascii_alphanumeric() || more.contains(&octet);
    (text.len() <= 63 && text.bytes().all(is_safe)).then_some(text)
}
