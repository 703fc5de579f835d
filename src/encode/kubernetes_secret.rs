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

/// A text that is no Secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// A key of `data` is not Base64.
    #[error("the value of {key} is not Base64")]
    Base64 {
        /// Which.
        key: String,
    },
    /// Another kind of object.
    #[error("it is a {kind}, not a Secret")]
    Kind {
        /// Which.
        kind: String,
    },
    /// Neither YAML nor JSON, or not an object of Kubernetes.
    #[error("it cannot be read as YAML or JSON: {reason}")]
    Malformed {
        /// The parser's words, in one line.
        reason: String,
    },
}

/// The fields that matter; others are passed over.
#[derive(Deserialize)]
struct Manifest {
    kind: String,
    #[serde(default)]
    metadata: Metadata,
    data: Option<BTreeMap<String, Zeroizing<String>>>,
    #[serde(rename = "stringData")]
    string_data: Option<BTreeMap<String, Zeroizing<String>>>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    name: String,
    namespace: Option<String>,
}

/// Whether a text looks like an object of Kubernetes rather than anything else.
#[must_use]
pub fn is_manifest(text: &[u8]) -> bool {
    let is_kind = |line: &[u8]| {
        let line = line.trim_ascii_start();
        [&b"kind:"[..], b"\"kind\":", b"{\"kind\":"].iter().any(|start| line.starts_with(start))
            || (line.starts_with(b"{") && line.windows(6).any(|window| window == b"\"kind\""))
    };
    text.split(|octet| *octet == b'\n').any(is_kind)
}

/// Reads a manifest. `stringData` goes over `data`, as in the API server.
///
/// # Errors
///
/// Anything but one Secret.
pub fn decode(text: &[u8]) -> Result<KubernetesSecret, SecretError> {
    let malformed = |reason: String| SecretError::Malformed {
        reason: {
            let line = reason.lines().next().unwrap_or_default();
            line.strip_prefix("error: ").unwrap_or(line).to_owned()
        },
    };
    let text = std::str::from_utf8(text).map_err(|error| malformed(error.to_string()))?;
    let manifest: Manifest =
        serde_saphyr::from_str(text).map_err(|error| malformed(error.to_string()))?;
    if manifest.kind != "Secret" {
        return Err(SecretError::Kind { kind: manifest.kind.escape_debug().to_string() });
    }
    let mut data = BTreeMap::new();
    for (key, value) in manifest.data.unwrap_or_default() {
        // Go, and so Kubernetes, passes over line breaks in Base64.
        let Ok(decoded) = BASE64_STANDARD.decode(super::packed(value.as_bytes())) else {
            return Err(SecretError::Base64 { key: key.escape_debug().to_string() });
        };
        data.insert(key, Zeroizing::new(decoded));
    }
    for (key, value) in manifest.string_data.unwrap_or_default() {
        data.insert(key, Zeroizing::new(value.as_bytes().to_vec()));
    }
    Ok(KubernetesSecret {
        name: manifest.metadata.name,
        namespace: manifest.metadata.namespace,
        data,
    })
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
