//! A Kubernetes Secret (core/v1), as `kubectl get secret -o yaml` or `-o json` prints it.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use zeroize::Zeroizing;

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
        reason: reason.lines().next().unwrap_or_default().to_owned(),
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
        let packed: Zeroizing<Vec<u8>> =
            Zeroizing::new(value.bytes().filter(|octet| !octet.is_ascii_whitespace()).collect());
        let Ok(decoded) = BASE64_STANDARD.decode(&packed) else {
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
