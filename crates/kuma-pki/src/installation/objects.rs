//! The objects of a cluster that an installation of Kuma consists of.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::configuration;
use super::documents::ManifestError;
use super::kinds::is_foreign;
use super::parts::Part;
use super::schema::{Container, Header, IssuerRef, Loose, Object, Volume, Webhook};
use crate::format::kubernetes_secret::{KubernetesSecret, SecretError, Value};
use crate::format::yaml::{self, Limits};
use crate::text::excerpt;

/// More than any object of 4 MiB that `kubectl` or Helm prints has.
const LIMITS: Limits = Limits { nodes: 250_000, copies: 1_000, copied_bytes: 1 << 16 };

/// The longest value of a Secret that is kept, in bytes. A CA file can be long; release data of other tools
/// need no memory.
const MAX_KEPT: usize = 256 << 10;

/// A name in a namespace. Objects in hand-written manifests may leave the namespace to `kubectl`.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Name {
    pub(super) namespace: Option<String>,
    pub(super) name: String,
}

impl Name {
    pub(super) fn new(namespace: Option<&str>, name: &str) -> Self {
        Self { namespace: namespace.map(str::to_owned), name: name.to_owned() }
    }

    /// Returns whether two names can mean the same object.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.name == other.name && is_same_namespace(&self.namespace, &other.namespace)
    }
}

pub(super) fn is_same_namespace(one: &Option<String>, other: &Option<String>) -> bool {
    one.is_none() || other.is_none() || one == other
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.clone(),
        };
        f.write_str(&excerpt(&text))
    }
}

/// A Secret, or why it cannot be read.
#[derive(Debug)]
pub(super) struct Secret {
    pub(super) name: Name,
    pub(super) content: Result<KubernetesSecret, SecretError>,
}

/// A ConfigMap with the values that matter: configurations of kuma-cp and certificates.
#[derive(Debug)]
pub(super) struct ConfigMap {
    pub(super) name: Name,
    pub(super) data: BTreeMap<String, String>,
}

#[derive(Debug)]
pub(super) struct Service {
    pub(super) name: Name,
    pub(super) ports: Vec<u16>,
    /// The labels of its pods; empty if it has no selector.
    pub(super) selector: BTreeMap<String, String>,
}

/// A Deployment, StatefulSet, DaemonSet or Pod.
#[derive(Debug)]
pub(super) struct Workload {
    pub(super) kind: String,
    pub(super) name: Name,
    /// The labels of its pods.
    pub(super) labels: BTreeMap<String, String>,
    pub(super) containers: Vec<Container>,
    pub(super) volumes: Vec<Volume>,
}

#[derive(Debug)]
pub(super) struct WebhookConfiguration {
    pub(super) kind: String,
    pub(super) name: String,
    /// The Certificate from which cert-manager fills the CA bundles, as `NAMESPACE/NAME`.
    pub(super) inject_ca_from: Option<String>,
    pub(super) webhooks: Vec<Webhook>,
}

/// A Certificate of cert-manager.
#[derive(Debug)]
pub(super) struct ManagedCertificate {
    pub(super) name: Name,
    pub(super) secret: Name,
    pub(super) names: Vec<String>,
    pub(super) issuer: IssuerRef,
}

/// An Issuer or ClusterIssuer of cert-manager.
#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) kind: String,
    pub(super) name: Name,
    /// The Secret with its CA, if it signs with one.
    pub(super) ca_secret: Option<String>,
    pub(super) is_self_signed: bool,
}

/// The objects of one cluster.
#[derive(Default)]
pub(super) struct Objects {
    pub(super) secrets: Vec<Secret>,
    pub(super) config_maps: Vec<ConfigMap>,
    pub(super) services: Vec<Service>,
    pub(super) workloads: Vec<Workload>,
    pub(super) webhooks: Vec<WebhookConfiguration>,
    pub(super) certificates: Vec<ManagedCertificate>,
    pub(super) issuers: Vec<Issuer>,
    /// Whether ConfigMaps were read, of which only those that matter are kept.
    pub(super) has_config_maps: bool,
    /// Items of a list whose kind is not known yet.
    without_kind: Vec<Object>,
}

impl Objects {
    /// Returns whether a control plane is among them.
    pub(super) fn has_control_plane(&self) -> bool {
        let mut containers = self.workloads.iter().flat_map(|workload| &workload.containers);
        containers.any(super::site::is_control_plane)
    }

    /// Adds an object, or ends a list. Items without a kind wait for the end of their list, which names it.
    ///
    /// # Errors
    ///
    /// Text that is no YAML or JSON of Kubernetes objects.
    pub(super) fn read(&mut self, part: Part<'_>) -> Result<(), ManifestError> {
        let (start, text, kind, is_item) = match part {
            Part::Object { line, text, kind, is_item } => (line, text, kind, is_item),
            Part::ListEnd(kind) => {
                let kind = kind.strip_suffix("List").unwrap_or_default();
                for mut object in std::mem::take(&mut self.without_kind) {
                    kind.clone_into(&mut object.kind);
                    self.add(object);
                }
                return Ok(());
            }
        };
        let malformed = |line: u64| ManifestError::Malformed { line: start + line };
        let text = std::str::from_utf8(text).map_err(|_| malformed(0))?;
        self.has_config_maps |= kind == Some("ConfigMap");
        if kind.is_some_and(|kind| is_irrelevant(kind, text)) {
            return Ok(());
        }
        match parse::<Option<Object>>(text) {
            Ok(Some(object)) if object.kind.is_empty() && is_item => self.without_kind.push(object),
            Ok(Some(object)) => self.add(object),
            // A document may hold nothing but comments.
            Ok(None) => {}
            Err(_) if is_foreign_text(text) => {}
            Err(error) => {
                let line = error.location().map_or(0, |location| location.line().saturating_sub(1));
                return Err(malformed(line));
            }
        }
        Ok(())
    }

    fn add(&mut self, object: Object) {
        let name = object.metadata.full_name();
        let kind = object.kind;
        let spec = object.spec;
        if is_foreign(&object.api_version, &kind) {
            return;
        }
        match kind.as_str() {
            "Secret" => {
                let (data, strings) = (object.data, object.string_data);
                let content = KubernetesSecret::from_values(data, strings, object.sops.is_some());
                let content = content.map(|mut secret| {
                    for value in secret.data.values_mut().filter(|value| value.len() > MAX_KEPT) {
                        *value = zeroize::Zeroizing::default();
                    }
                    secret.secret_type = object.secret_type;
                    secret
                });
                self.secrets.push(Secret { name, content });
            }
            "ConfigMap" => {
                let values = object.data.unwrap_or_default().values.into_iter();
                let data = values.filter_map(|(key, value)| match value {
                    Value::Text(text) if text.len() <= MAX_KEPT && is_relevant(&text) => {
                        Some((key, (*text).clone()))
                    }
                    _ => None,
                });
                self.config_maps.push(ConfigMap { name, data: data.collect() });
            }
            "Deployment" | "StatefulSet" | "DaemonSet" | "Pod" => {
                let (labels, spec) = match spec.template {
                    Some(template) => (template.metadata.labels, template.spec),
                    None => (object.metadata.labels, spec),
                };
                let containers = spec.containers.into_iter().chain(spec.init_containers).collect();
                let volumes = spec.volumes;
                self.workloads.push(Workload { kind, name, labels, containers, volumes });
            }
            "Service" => {
                let selector = spec.selector.into_iter().filter_map(|(key, value)| match value {
                    Loose::Text(text) => Some((key, text)),
                    Loose::Other(_) => None,
                });
                self.services.push(Service {
                    name,
                    ports: spec.ports.iter().map(|port| port.port).collect(),
                    selector: selector.collect(),
                });
            }
            "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => {
                let annotation = "cert-manager.io/inject-ca-from";
                self.webhooks.push(WebhookConfiguration {
                    kind,
                    name: name.name,
                    inject_ca_from: object.metadata.annotations.get(annotation).cloned(),
                    webhooks: object.webhooks,
                });
            }
            "Certificate" => self.certificates.push(ManagedCertificate {
                secret: Name { name: spec.secret_name.unwrap_or_default(), ..name.clone() },
                name,
                names: spec.dns_names.into_iter().chain(spec.ip_addresses).collect(),
                issuer: spec.issuer_ref.unwrap_or_default(),
            }),
            "Issuer" | "ClusterIssuer" => self.issuers.push(Issuer {
                kind,
                name,
                ca_secret: spec.ca.map(|ca| ca.secret_name),
                is_self_signed: spec.self_signed.is_some(),
            }),
            // A list that was not split, since its text is on one line.
            list if list.ends_with("List") => {
                for mut item in object.items {
                    if item.kind.is_empty() {
                        item.kind = list.trim_end_matches("List").to_owned();
                    }
                    self.add(item);
                }
            }
            _ => {}
        }
    }
}

/// Returns whether a text that has not the fields of its kind is an object of another program.
fn is_foreign_text(text: &str) -> bool {
    let is_foreign = |header: Header| is_foreign(&header.api_version, &header.kind);
    parse::<Header>(text).is_ok_and(is_foreign)
}

/// Parses JSON, or else YAML.
fn parse<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, serde_saphyr::Error> {
    let json = || serde_json::from_str(text).ok();
    match text.starts_with('{').then(json).flatten() {
        Some(object) => Ok(object),
        None => serde_saphyr::from_str_with_options(text, yaml::options(&LIMITS)),
    }
}

/// Returns whether the text of a ConfigMap matters: a configuration of kuma-cp, or certificates.
fn is_relevant(text: &str) -> bool {
    text.contains("-----BEGIN CERTIFICATE-----") || configuration::is_likely(text)
}

/// Returns whether an object of a kind can be skipped without parsing: a Secret with the data of a Helm release, and a
/// workload without any of Kuma's variables.
fn is_irrelevant(kind: &str, text: &str) -> bool {
    let has = |part: &str| text.contains(part);
    match kind {
        "Secret" => has("type: helm.sh/release.v1") || has("\"type\": \"helm.sh/release.v1\""),
        "Deployment" | "StatefulSet" | "DaemonSet" | "Pod" => !has("KUMA_"),
        "ConfigMap" => !is_relevant(text),
        _ => false,
    }
}

impl Workload {
    /// Returns `Deployment NAMESPACE/NAME`.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }
}
