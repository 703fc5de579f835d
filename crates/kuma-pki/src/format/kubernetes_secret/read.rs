//! Reads Secrets from YAML or JSON.

use std::collections::BTreeMap;
use std::{fmt, mem};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::values::{Value, Values};
use super::{KubernetesSecret, SecretError};
use crate::format::other::SOPS_VALUE;
use crate::format::without_whitespace;
use crate::format::yaml::{self, Limits};

/// The size limit of all values of a Secret, in bytes (`MaxSecretSize` in core/v1).
pub(super) const MAX_LENGTH: usize = 1 << 20;

/// More than a Secret of the maximum size needs, with its labels, annotations and managed fields. Few copies are
/// allowed: kubectl and Helm do not write anchors.
const LIMITS: Limits = Limits { nodes: 250_000, copies: 1_000, copied_bytes: 1 << 16 };

/// The relevant fields of an object. Other fields are ignored.
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
    /// The metadata that SOPS adds to an object with encrypted values.
    sops: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
}

/// The objects of a text or a list. The data of other kinds than Secrets is dropped as it is read, so a list of a
/// whole cluster takes only the memory of its Secrets.
#[derive(Default)]
struct Objects(Vec<Object>);

impl Extend<Object> for Objects {
    fn extend<T: IntoIterator<Item = Object>>(&mut self, objects: T) {
        self.0.extend(objects.into_iter().map(|object| match object.kind.as_deref() {
            // The items of a SecretList have no kind.
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

/// Returns whether a text looks like a Kubernetes object: it has a key `kind`, in YAML or JSON.
#[must_use]
pub fn is_manifest(text: &[u8]) -> bool {
    const KEY: &[u8] = b"kind";
    let is_start = |at: usize| {
        let before = text[..at].strip_suffix(b"\"").unwrap_or(&text[..at]);
        before.last().is_none_or(|octet| b"\n\t ,{".contains(octet))
    };
    let is_followed = |at: usize| {
        let rest = &text[at + KEY.len()..];
        let rest = rest.strip_prefix(b"\"").unwrap_or(rest);
        rest.trim_ascii_start().starts_with(b":")
    };
    let is_key = |at: usize| text[at..].starts_with(KEY) && is_start(at) && is_followed(at);
    text.iter().enumerate().any(|(at, octet)| *octet == KEY[0] && is_key(at))
}

/// Reads the only Secret of a text. `stringData` takes precedence over `data`, as in the API server.
///
/// # Errors
///
/// [`SecretError`] for a text that does not hold exactly one Secret.
pub fn decode(text: &[u8]) -> Result<KubernetesSecret, SecretError> {
    let mut secrets = decode_all(text)?;
    match (secrets.pop(), secrets.len()) {
        (Some(secret), 0) => Ok(secret),
        (_, others) => Err(SecretError::Several { count: others + 1 }),
    }
}

/// Reads every Secret of a text: of all documents, and of the lists that `kubectl get -o yaml` prints. Objects of other
/// kinds are skipped.
///
/// # Errors
///
/// [`SecretError`] for a text without a Secret, and for one that cannot be parsed.
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
    /// Adds the Secrets of an object to `secrets`, and the error of the first other object to `other`. `default_kind`
    /// is the kind of an object without a kind.
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
        let metadata = self.metadata.unwrap_or_default();
        let mut secret =
            KubernetesSecret::from_values(self.data, self.string_data, self.sops.is_some())?;
        secret.name = metadata.name.unwrap_or_default();
        secret.namespace = metadata.namespace;
        secret.secret_type = self.secret_type;
        Ok(secret)
    }
}

impl KubernetesSecret {
    /// Returns a Secret without name and type, from its `data` and `stringData`. `is_sops` shows whether it has the
    /// metadata of SOPS.
    ///
    /// # Errors
    ///
    /// Values that are too long or encrypted with SOPS.
    pub(crate) fn from_values(
        data: Option<Values>,
        string_data: Option<Values>,
        is_sops: bool,
    ) -> Result<Self, SecretError> {
        let values = data.unwrap_or_default();
        let strings = string_data.unwrap_or_default();
        let is_encrypted =
            |value: &Value| matches!(value, Value::Text(text) if text.starts_with(SOPS_VALUE));
        if is_sops || values.values.values().chain(strings.values.values()).any(is_encrypted) {
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
            match BASE64_STANDARD.decode(without_whitespace([value.as_bytes()])) {
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
        let (name, namespace, secret_type) = Default::default();
        Ok(Self { name, namespace, secret_type, data, unreadable })
    }
}

/// Returns a text that is safe to quote: at most 63 letters, digits and characters of `more`.
fn word<'t>(text: &'t str, more: &[u8]) -> Option<&'t str> {
    let is_safe = |octet: u8| octet.is_ascii_alphanumeric() || more.contains(&octet);
    (text.len() <= 63 && text.bytes().all(is_safe)).then_some(text)
}
