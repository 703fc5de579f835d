//! A Kubernetes Secret (core/v1), as `kubectl get secret -o yaml` or `-o json` prints it.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::encode::yaml;
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

/// The fields that matter; others are passed over.
#[derive(Deserialize)]
struct Manifest {
    #[serde(rename = "apiVersion")]
    api_version: Option<String>,
    kind: String,
    #[serde(default)]
    metadata: Metadata,
    data: Option<BTreeMap<String, Option<Zeroizing<String>>>>,
    #[serde(rename = "stringData")]
    string_data: Option<BTreeMap<String, Option<Zeroizing<String>>>>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
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
    let places = text.windows(KEY.len()).enumerate().filter(|(_, window)| *window == KEY);
    places.map(|(place, _)| place).any(|place| starts(place) && goes_on(place))
}

/// Reads a manifest. `stringData` goes over `data`, as in the API server.
///
/// # Errors
///
/// Anything but one Secret.
pub fn decode(text: &[u8]) -> Result<KubernetesSecret, SecretError> {
    let text = std::str::from_utf8(text).map_err(|_| SecretError::Malformed { line: None })?;
    // Without a snippet, no error holds a part of a key.
    let options = serde_saphyr::options! { with_snippet: false };
    let manifest: Manifest =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| fault(&error))?;
    if let Some(version) = manifest.api_version.filter(|version| version != "v1") {
        let is_version = version.len() <= 63
            && version.bytes().all(|o| o.is_ascii_alphanumeric() || b"./".contains(&o));
        let version = if is_version { version } else { "another version".to_owned() };
        return Err(SecretError::ApiVersion { version });
    }
    if manifest.kind != "Secret" {
        let is_kind =
            manifest.kind.len() <= 63 && manifest.kind.bytes().all(|o| o.is_ascii_alphabetic());
        let kind = if is_kind { manifest.kind } else { "different object".to_owned() };
        return Err(SecretError::Kind { kind });
    }
    let (mut data, mut unreadable, mut length) = (BTreeMap::new(), Vec::new(), 0);
    for (key, value) in manifest.data.unwrap_or_default() {
        let value = value.unwrap_or_default();
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
    for (key, value) in manifest.string_data.unwrap_or_default() {
        let value = value.unwrap_or_default();
        length += value.len();
        if length > MAX_LENGTH {
            return Err(SecretError::TooLong);
        }
        unreadable.retain(|other| *other != key);
        data.insert(key, Zeroizing::new(value.as_bytes().to_vec()));
    }
    Ok(KubernetesSecret {
        name: manifest.metadata.name.unwrap_or_default(),
        namespace: manifest.metadata.namespace,
        data,
        unreadable,
    })
}

/// The parser speaks to programmers, and quotes what it read.
fn fault(error: &serde_saphyr::Error) -> SecretError {
    let line = error.location().map(|place| place.line()).filter(|line| *line > 0);
    match (error.without_snippet(), line) {
        (serde_saphyr::Error::MultipleDocuments { .. }, _) => SecretError::SeveralDocuments,
        (serde_saphyr::Error::DuplicateMappingKey { .. }, Some(line)) => {
            SecretError::DuplicateKey { line }
        }
        _ => SecretError::Malformed { line },
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
