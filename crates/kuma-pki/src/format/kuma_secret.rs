//! Secrets of Kuma's own store: `Secret` of a mesh and `GlobalSecret`.
//!
//! On Kubernetes they are Secrets of Kuma's own types, with the value under the key `value`
//! (`pkg/plugins/runtime/k8s/webhooks/secret_validator.go`).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::format::kubernetes_secret::{self, SecretMetadata};
use crate::format::yaml;
use crate::kubernetes::{Namespace, ObjectName};

/// A Secret of Kuma's store. The value is wiped when dropped.
pub struct KumaSecret {
    /// The name.
    pub name: ObjectName,
    /// The resources that can refer to it.
    pub scope: SecretScope,
    /// The value, before it is encoded as Base64.
    pub value: Zeroizing<Vec<u8>>,
}

/// The resources that can refer to a Secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SecretScope {
    /// Those of one mesh (`type: Secret`).
    Mesh(ObjectName),
    /// Those of the control plane (`type: GlobalSecret`).
    Global,
}

#[derive(Serialize)]
struct UniversalSecret<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mesh: Option<&'a str>,
    name: &'a str,
    data: Zeroizing<String>,
}

/// Returns the Secrets as `kumactl apply` reads them on Universal: one YAML document each, with the value as
/// one line of Base64.
#[must_use]
pub fn universal(secrets: &[KumaSecret]) -> Zeroizing<String> {
    let document = |secret: &KumaSecret| {
        let (kind, mesh) = match &secret.scope {
            SecretScope::Mesh(mesh) => ("Secret", Some(mesh.as_str())),
            SecretScope::Global => ("GlobalSecret", None),
        };
        let name = secret.name.as_str();
        let data = Zeroizing::new(BASE64_STANDARD.encode(&*secret.value));
        let capacity = data.len() + name.len() + mesh.map_or(0, str::len) + 256;
        yaml::document(&UniversalSecret { kind, mesh, name, data }, capacity)
    };
    yaml::stream(&secrets.iter().map(document).collect::<Vec<_>>())
}

/// Returns the Secrets as `kubectl apply` reads them, for the namespace of the control plane.
#[must_use]
pub fn kubernetes(secrets: &[KumaSecret], namespace: &Namespace) -> Zeroizing<String> {
    let document = |secret: &KumaSecret| {
        let (secret_type, labels) = match &secret.scope {
            SecretScope::Mesh(mesh) => {
                let label = ("kuma.io/mesh".to_owned(), mesh.as_str().to_owned());
                ("system.kuma.io/secret", BTreeMap::from([label]))
            }
            SecretScope::Global => ("system.kuma.io/global-secret", BTreeMap::new()),
        };
        let metadata = SecretMetadata {
            secret_type: Some(secret_type),
            labels,
            ..SecretMetadata::new(secret.name.clone(), namespace.clone())
        };
        kubernetes_secret::encode(&metadata, &[("value", &secret.value)])
    };
    yaml::stream(&secrets.iter().map(document).collect::<Vec<_>>())
}
