//! A Kubernetes Secret (core/v1), as `kubectl get secret -o yaml` or `-o json` prints it.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::encode::yaml::{self, Document, Entry, Node, Place, Reason, Rules, Text, Value};
use crate::kubernetes::{Namespace, ObjectName};

/// What a Secret holds. Its data are wiped when it is dropped.
#[derive(Clone, Eq, PartialEq)]
pub struct KubernetesSecret {
    /// metadata.name; empty if it has none.
    pub name: String,
    /// metadata.namespace.
    pub namespace: Option<String>,
    /// Every key with its bytes.
    pub data: BTreeMap<String, Zeroizing<Vec<u8>>>,
    /// The keys of `data` whose value is not Base64, so that the API server would refuse them.
    pub unreadable: Vec<String>,
}

/// What a manifest says beside the data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SecretMetadata {
    /// metadata.name.
    pub name: ObjectName,
    /// metadata.namespace.
    pub namespace: Namespace,
    /// `type`; `None` leaves it to the API server, which makes it `Opaque`.
    pub secret_type: Option<&'static str>,
    /// metadata.labels.
    pub labels: BTreeMap<String, String>,
    /// metadata.annotations.
    pub annotations: BTreeMap<String, String>,
}

impl SecretMetadata {
    /// Of a Secret without labels, annotations and type.
    #[must_use]
    pub fn new(name: ObjectName, namespace: Namespace) -> Self {
        let labels = BTreeMap::new();
        Self { name, namespace, secret_type: None, annotations: labels.clone(), labels }
    }
}

#[derive(Serialize)]
struct Written<'a> {
    #[serde(rename = "apiVersion")]
    api_version: &'static str,
    data: BTreeMap<&'a str, Zeroizing<String>>,
    kind: &'static str,
    metadata: WrittenMetadata<'a>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    secret_type: Option<&'static str>,
}

#[derive(Serialize)]
struct WrittenMetadata<'a> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: &'a BTreeMap<String, String>,
    name: &'a str,
    namespace: &'a str,
}

/// A manifest as YAML: the fields, in the order, of `kubectl create secret generic --dry-run=client -o
/// yaml`, without the empty creationTimestamp of some versions.
#[must_use]
pub fn encode(metadata: &SecretMetadata, data: &[(&str, &[u8])]) -> Zeroizing<String> {
    let length: usize = data.iter().map(|(_, bytes)| bytes.len() * 4 / 3 + 64).sum();
    let base64 = |bytes: &[u8]| Zeroizing::new(BASE64_STANDARD.encode(bytes));
    let texts = metadata.labels.iter().chain(&metadata.annotations);
    let texts: usize = texts.map(|(key, value)| key.len() + 2 * value.len() + 16).sum();
    let written = Written {
        api_version: "v1",
        data: data.iter().map(|(key, bytes)| (*key, base64(bytes))).collect(),
        kind: "Secret",
        metadata: WrittenMetadata {
            annotations: &metadata.annotations,
            labels: &metadata.labels,
            name: metadata.name.as_str(),
            namespace: metadata.namespace.as_str(),
        },
        secret_type: metadata.secret_type,
    };
    yaml::document(&written, length + texts + 1024)
}

/// A text that is no Secret. No variant holds a part of the text but what can be no octets of a key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The values are longer than a Secret can be.
    #[error("its data are longer than 1 MiB, which no Secret can hold")]
    TooLong,
    /// Something occurs twice.
    #[error("line {line} names a key for the second time")]
    DuplicateKey {
        /// Where, counted from 1.
        line: u64,
    },
    /// A version of the API in which there are no Secrets.
    #[error("its apiVersion is {version}, and that of a Secret is v1")]
    ApiVersion {
        /// Which.
        version: String,
    },
    /// Another kind of object.
    #[error("it is a {kind}, not a Secret")]
    Kind {
        /// Which.
        kind: String,
    },
    /// Neither YAML nor JSON, or not an object of Kubernetes.
    #[error("it cannot be read as YAML or JSON of an object of Kubernetes{}", at(*line))]
    Malformed {
        /// Where, counted from 1, if that is known.
        line: Option<u64>,
    },
    /// More than one document.
    #[error("it holds several documents, of which one is to be judged")]
    SeveralDocuments,
}

fn at(line: Option<u64>) -> String {
    line.map(|line| format!(" (line {line})")).unwrap_or_default()
}

/// The longest that the values of a Secret can be together, in bytes (core/v1, MaxSecretSize).
const MAX_LENGTH: usize = 1 << 20;

/// More than a Secret of the greatest length holds, with its labels, annotations and managed fields.
const RULES: Rules = Rules { max_nodes: 250_000, max_copies: 100_000, duplicate_keys: false };

/// The fields that matter; others are passed over.
#[derive(Default)]
struct Manifest<'t> {
    api_version: Option<Text<'t>>,
    kind: Option<Text<'t>>,
    name: Option<Text<'t>>,
    namespace: Option<Text<'t>>,
    data: BTreeMap<String, Option<Text<'t>>>,
    string_data: BTreeMap<String, Option<Text<'t>>>,
}

impl<'t> Manifest<'t> {
    fn read(text: &'t str) -> Result<Self, SecretError> {
        let mut manifest = Self::default();
        Document::new(text, RULES).fields(|document, key| {
            let node = document.node()?;
            match &*key.text {
                "apiVersion" => manifest.api_version = scalar(node)?,
                "kind" => {
                    let place = node.place;
                    manifest.kind = Some(scalar(node)?.ok_or_else(|| malformed(place))?);
                }
                "metadata" => {
                    for (key, node) in entries(node)? {
                        match &*key.text {
                            "name" => manifest.name = scalar(node)?,
                            "namespace" => manifest.namespace = scalar(node)?,
                            _ => {}
                        }
                    }
                }
                "data" => manifest.data = scalars(node)?,
                "stringData" => manifest.string_data = scalars(node)?,
                _ => {}
            }
            Ok::<(), SecretError>(())
        })?;
        Ok(manifest)
    }
}

fn entries(node: Node<'_>) -> Result<Vec<Entry<'_>>, SecretError> {
    match node.value {
        Value::Map(entries) => Ok(entries),
        _ => Err(malformed(node.place)),
    }
}

/// What was typed, if it was anything. Numbers and booleans may be Base64, too.
fn scalar(node: Node<'_>) -> Result<Option<Text<'_>>, SecretError> {
    match node.value {
        Value::Null => Ok(None),
        value => value.typed().map(Some).ok_or_else(|| malformed(node.place)),
    }
}

/// The scalars of a map, if there is one.
fn scalars(node: Node<'_>) -> Result<BTreeMap<String, Option<Text<'_>>>, SecretError> {
    if matches!(node.value, Value::Null) {
        return Ok(BTreeMap::new());
    }
    let entries = entries(node)?.into_iter();
    entries.map(|(key, node)| Ok((key.text.to_string(), scalar(node)?))).collect()
}

const fn malformed(place: Place) -> SecretError {
    SecretError::Malformed { line: Some(place.line as u64) }
}

/// Whether a text looks like an object of Kubernetes rather than anything else: there is a key `kind`,
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

/// Reads a manifest. `stringData` goes over `data`, as in the API server.
///
/// # Errors
///
/// Anything but one Secret.
pub fn decode(text: &[u8]) -> Result<KubernetesSecret, SecretError> {
    let text = std::str::from_utf8(text).map_err(|_| SecretError::Malformed { line: None })?;
    let manifest = Manifest::read(text)?;
    let kind = manifest.kind.ok_or(SecretError::Malformed { line: None })?;
    if let Some(version) = manifest.api_version.filter(|version| **version != *"v1") {
        let is_version = version.len() <= 63
            && version.bytes().all(|o| o.is_ascii_alphanumeric() || b"./".contains(&o));
        let version = if is_version { &*version } else { "another version" }.to_owned();
        return Err(SecretError::ApiVersion { version });
    }
    if *kind != *"Secret" {
        let is_kind = kind.len() <= 63 && kind.bytes().all(|o| o.is_ascii_alphabetic());
        let kind = if is_kind { &*kind } else { "different object" }.to_owned();
        return Err(SecretError::Kind { kind });
    }
    let (mut data, mut unreadable, mut length) = (BTreeMap::new(), Vec::new(), 0);
    for (key, value) in manifest.data {
        let value = value.unwrap_or(Text::Borrowed(""));
        length += value.len() / 4 * 3;
        if length > MAX_LENGTH {
            return Err(SecretError::TooLong);
        }
        // Go, and so Kubernetes, passes over line breaks in Base64, and over nothing else.
        let has_blanks = value.contains([' ', '\t']);
        match BASE64_STANDARD.decode(super::packed([value.as_bytes()])) {
            Ok(decoded) if !has_blanks => drop(data.insert(key, Zeroizing::new(decoded))),
            _ => unreadable.push(key),
        }
    }
    for (key, value) in manifest.string_data {
        let value = value.unwrap_or(Text::Borrowed(""));
        length += value.len();
        if length > MAX_LENGTH {
            return Err(SecretError::TooLong);
        }
        unreadable.retain(|other| *other != key);
        data.insert(key, value.into_bytes());
    }
    Ok(KubernetesSecret {
        name: manifest.name.map(|name| name.to_string()).unwrap_or_default(),
        namespace: manifest.namespace.map(|name| name.to_string()),
        data,
        unreadable,
    })
}

impl From<yaml::Error> for SecretError {
    fn from(error: yaml::Error) -> Self {
        match error.reason {
            Reason::DuplicateKey => Self::DuplicateKey { line: error.place.line.into() },
            Reason::SeveralDocuments => Self::SeveralDocuments,
            _ => malformed(error.place),
        }
    }
}

impl fmt::Debug for KubernetesSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.data.keys().collect();
        f.debug_struct("KubernetesSecret")
            .field("name", &self.name)
            .field("namespace", &self.namespace)
            .field("data", &keys)
            .finish()
    }
}
