//! The fields of Kubernetes objects that an installation of Kuma depends on, as serde structs.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

use super::objects::Name;
use super::settings::Settings;
use super::unit;
use crate::format::kubernetes_secret::Values;

/// An object of any kind, alone or in a list.
#[derive(Default, Deserialize)]
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
    // Secrets and ConfigMaps
    #[serde(rename = "type")]
    pub(super) secret_type: Option<String>,
    pub(super) data: Option<Values>,
    pub(super) string_data: Option<Values>,
    /// The metadata that SOPS adds to an object with encrypted values.
    pub(super) sops: Option<IgnoredAny>,
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
    pub(super) command: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) args: Vec<String>,
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

/// A volume, or a part of a projected volume, which has no name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Volume {
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
    secret: Option<KeyFiles>,
    config_map: Option<KeyFiles>,
    projected: Option<Projected>,
}

/// The keys of a Secret or ConfigMap as files. The name of a Secret has another key in a volume of its own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct KeyFiles {
    #[serde(alias = "secretName", deserialize_with = "or_default")]
    pub(super) name: String,
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
    sources: Vec<Volume>,
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
    /// Returns whether one of these variables is set, or one that has one of these beginnings.
    pub(super) fn has_any(&self, beginnings: &[&str]) -> bool {
        let is = |name: &str| beginnings.iter().any(|beginning| name.starts_with(beginning));
        self.env.iter().any(|variable| is(&variable.name))
    }

    /// Returns the variables that are given as text.
    pub(super) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        for variable in &self.env {
            settings.set(&variable.name, variable.value.as_deref().unwrap_or_default());
        }
        settings
    }

    /// Returns the path of kuma-cp's configuration file.
    pub(super) fn configuration_file(&self) -> Option<&str> {
        unit::configuration_file(&self.command).or_else(|| unit::configuration_file(&self.args))
    }
}

impl Volume {
    fn sources(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.projected.iter().flat_map(|volume| &volume.sources))
    }

    /// Returns the Secrets whose keys are files in it.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &KeyFiles> {
        self.sources().filter_map(|source| source.secret.as_ref())
    }

    /// Returns the ConfigMaps whose keys are files in it.
    pub(super) fn config_maps(&self) -> impl Iterator<Item = &KeyFiles> {
        self.sources().filter_map(|source| source.config_map.as_ref())
    }

    /// Returns whether its files are keys of Secrets or ConfigMaps.
    pub(super) fn has_known_files(&self) -> bool {
        self.secrets().chain(self.config_maps()).next().is_some()
    }
}
