//! Writes a Secret as a manifest.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::format::yaml;
use crate::kubernetes::{Namespace, ObjectName};

/// The fields of a Secret except its data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SecretMetadata {
    /// metadata.name.
    pub name: ObjectName,
    /// metadata.namespace.
    pub namespace: Namespace,
    /// `type`; with `None`, the API server sets `Opaque`.
    pub secret_type: Option<&'static str>,
    /// metadata.labels.
    pub labels: BTreeMap<String, String>,
    /// metadata.annotations.
    pub annotations: BTreeMap<String, String>,
}

impl SecretMetadata {
    /// Returns the metadata of a Secret without labels, annotations and type.
    #[must_use]
    pub fn new(name: ObjectName, namespace: Namespace) -> Self {
        let labels = BTreeMap::new();
        Self { name, namespace, secret_type: None, annotations: labels.clone(), labels }
    }
}

#[derive(Serialize)]
struct Manifest<'a> {
    #[serde(rename = "apiVersion")]
    api_version: &'static str,
    data: BTreeMap<&'a str, Zeroizing<String>>,
    kind: &'static str,
    metadata: ManifestMetadata<'a>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    secret_type: Option<&'static str>,
}

#[derive(Serialize)]
struct ManifestMetadata<'a> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: &'a BTreeMap<String, String>,
    name: &'a str,
    namespace: &'a str,
}

/// Returns a manifest as YAML, with the fields and order of `kubectl create secret generic --dry-run=client -o yaml`,
/// but without the empty creationTimestamp of some versions. The result is wiped when dropped.
#[must_use]
pub fn encode(metadata: &SecretMetadata, data: &[(&str, &[u8])]) -> Zeroizing<String> {
    let length: usize = data.iter().map(|(_, bytes)| bytes.len() * 4 / 3 + 64).sum();
    let base64 = |bytes: &[u8]| Zeroizing::new(BASE64_STANDARD.encode(bytes));
    let texts = metadata.labels.iter().chain(&metadata.annotations);
    let texts: usize = texts.map(|(key, value)| key.len() + 2 * value.len() + 16).sum();
    let manifest = Manifest {
        api_version: "v1",
        data: data.iter().map(|(key, bytes)| (*key, base64(bytes))).collect(),
        kind: "Secret",
        metadata: ManifestMetadata {
            annotations: &metadata.annotations,
            labels: &metadata.labels,
            name: metadata.name.as_str(),
            namespace: metadata.namespace.as_str(),
        },
        secret_type: metadata.secret_type,
    };
    yaml::document(&manifest, length + texts + 1024)
}
