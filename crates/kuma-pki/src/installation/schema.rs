//! The fields of Kubernetes objects that an installation of Kuma depends on, as serde structs.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

use super::objects::Name;

/// An object of any kind, alone or in a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Object {
    #[serde(deserialize_with = "or_default")]
    pub(super) api_version: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) kind: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) metadata: Metadata,
    #[serde(deserialize_with = "or_default")]
    pub(super) spec: Spec,
    #[serde(deserialize_with = "or_default")]
    pub(super) webhooks: Vec<Webhook>,
    #[serde(deserialize_with = "or_default")]
    pub(super) items: Vec<Self>,
}

/// What shows the type of an object.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Header {
    #[serde(deserialize_with = "or_default")]
    pub(super) api_version: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) kind: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Metadata {
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    #[serde(deserialize_with = "texts")]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "texts")]
    pub(super) annotations: BTreeMap<String, String>,
}

/// The fields of `spec` of all kinds that matter together.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Spec {
    // Workloads and Pods
    pub(super) template: Option<Box<Template>>,
    #[serde(deserialize_with = "or_default")]
    pub(super) containers: Vec<Container>,
    #[serde(deserialize_with = "or_default")]
    pub(super) init_containers: Vec<Container>,
    #[serde(deserialize_with = "or_default")]
    pub(super) volumes: Vec<Volume>,
    // Services
    #[serde(deserialize_with = "or_default")]
    pub(super) ports: Vec<ServicePort>,
    /// A workload has a selector too, with maps and lists in it.
    #[serde(deserialize_with = "or_default")]
    pub(super) selector: BTreeMap<String, Loose>,
    // Certificates of cert-manager
    pub(super) secret_name: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) dns_names: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) ip_addresses: Vec<String>,
    pub(super) issuer_ref: Option<IssuerRef>,
    // Issuers of cert-manager
    pub(super) ca: Option<CaIssuer>,
    pub(super) self_signed: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Loose {
    Text(String),
    Other(IgnoredAny),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Template {
    #[serde(deserialize_with = "or_default")]
    pub(super) metadata: Metadata,
    #[serde(deserialize_with = "or_default")]
    pub(super) spec: Spec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Container {
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) image: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) env: Vec<Variable>,
    #[serde(deserialize_with = "or_default")]
    pub(super) volume_mounts: Vec<Mount>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Variable {
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
    pub(super) value: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Mount {
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) mount_path: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) sub_path: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Volume {
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
    pub(super) secret: Option<SecretVolume>,
    pub(super) projected: Option<Projected>,
}

/// The Secret of a volume, or of a source of a projected volume, where the name has another key.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SecretVolume {
    #[serde(alias = "name", deserialize_with = "or_default")]
    pub(super) secret_name: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) items: Vec<KeyToPath>,
    #[serde(deserialize_with = "or_default")]
    pub(super) optional: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct KeyToPath {
    #[serde(deserialize_with = "or_default")]
    pub(super) key: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) path: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Projected {
    #[serde(deserialize_with = "or_default")]
    pub(super) sources: Vec<ProjectedSource>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProjectedSource {
    pub(super) secret: Option<SecretVolume>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ServicePort {
    #[serde(deserialize_with = "or_default")]
    pub(super) port: u16,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Webhook {
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) client_config: ClientConfig,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ClientConfig {
    pub(super) ca_bundle: Option<String>,
    pub(super) service: Option<ServiceReference>,
}

#[derive(Clone, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(default)]
pub(super) struct ServiceReference {
    #[serde(deserialize_with = "or_default")]
    pub(super) namespace: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
    pub(super) port: Option<u16>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct IssuerRef {
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
    pub(super) kind: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct CaIssuer {
    #[serde(deserialize_with = "or_default")]
    pub(super) secret_name: String,
}

/// Reads `null` as the default value, as the API server does.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads a map whose values may be `null`, which the API server takes for an empty text.
fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let texts: BTreeMap<_, Option<_>> = or_default(deserializer)?;
    Ok(texts.into_iter().map(|(name, text)| (name, text.unwrap_or_default())).collect())
}

impl Metadata {
    pub(super) fn full_name(&self) -> Name {
        Name::new(self.namespace.as_deref(), &self.name)
    }
}

impl Container {
    /// Returns the value of a variable, if it is given as text. The last of several counts, as in the kubelet.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let found = self.env.iter().rev().find(|variable| variable.name == name)?;
        found.value.as_deref().filter(|value| !value.is_empty())
    }

    /// Returns whether a variable of this beginning is set.
    pub(super) fn has_variables(&self, beginning: &str) -> bool {
        self.env.iter().any(|variable| variable.name.starts_with(beginning))
    }
}

impl Volume {
    /// Returns the Secrets whose keys are files in it.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &SecretVolume> {
        let projected = self.projected.iter().flat_map(|volume| &volume.sources);
        self.secret.iter().chain(projected.filter_map(|source| source.secret.as_ref()))
    }

    /// Returns whether all its files are keys of Secrets.
    pub(super) fn is_of_secrets(&self) -> bool {
        self.secret.is_some() || self.projected.is_some()
    }
}
