//! The settings of an installation that are about certificates: as Helm values, as arguments of Helm,
//! and as flags of `kumactl install control-plane`.
//!
//! One table has all names (`app/kumactl/cmd/install/install_control_plane.go` and `values.yaml` of
//! Kuma's chart).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::format::{bundle, yaml};
use crate::kubernetes::{Namespace, ObjectName, ServiceName};

/// The Secrets that a control plane is to use, the CA of its webhooks, and which control plane it is. What
/// is `None` is left to the chart.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Installation {
    /// The Secret of the general certificate, with tls.crt, tls.key and ca.crt.
    pub general_secret: Option<ObjectName>,
    /// The Secret with ca.crt, if that is not in the general one.
    pub general_ca_secret: Option<ObjectName>,
    /// The PEM of the CA that the API server is to trust in the webhooks.
    pub ca_bundle: Option<Vec<u8>>,
    /// The Secret of the API server's own certificate, with tls.crt and tls.key.
    pub api_server_secret: Option<ObjectName>,
    /// The Secret of a global control plane's KDS server, with tls.crt and tls.key; charts 2.x only.
    pub kds_global_server_secret: Option<ObjectName>,
    /// The Secret with the CA by which a zone knows the global control plane, with ca.crt.
    pub kds_zone_client_secret: Option<ObjectName>,
    /// Whether it is the global control plane of several zones; in Kubernetes with Kuma 2.x only.
    pub is_global: bool,
    /// The namespace of the control plane; Helm has a flag of its own for it, and no value.
    pub namespace: Option<Namespace>,
    /// The Service of the control plane, by whose names it is dialled.
    pub service: Option<ServiceName>,
}

/// A setting: the path of its Helm value below `controlPlane`, if there is one, its flag, its value.
struct Setting {
    path: &'static [&'static str],
    flag: &'static str,
    value: String,
}

/// Values below values, and texts at last.
#[derive(Serialize)]
#[serde(untagged)]
enum Node {
    Text(String),
    Below(BTreeMap<&'static str, Self>),
}

impl Node {
    /// The text at the end of a path.
    fn insert(&mut self, path: &[&'static str], value: String) {
        match (path.split_first(), self) {
            (Some((first, rest)), Self::Below(below)) => {
                let next = below.entry(first).or_insert_with(|| Self::Below(BTreeMap::new()));
                next.insert(rest, value);
            }
            (_, text) => *text = Self::Text(value),
        }
    }
}

impl Installation {
    fn settings(&self) -> Vec<Setting> {
        let name = |name: &Option<ObjectName>| name.as_ref().map(|name| name.as_str().to_owned());
        let bundle = self
            .ca_bundle
            .as_ref()
            .map(|pem| String::from_utf8_lossy(bundle::encode(pem).trim_ascii_end()).into_owned());
        let namespace = self.namespace.as_ref().map(|name| name.as_str().to_owned());
        let service = self.service.as_ref().map(|service| service.name().to_owned());
        let rows: [(&[&str], &str, Option<String>); 9] = [
            (&["tls", "general", "secretName"], "--tls-general-secret", name(&self.general_secret)),
            (
                &["tls", "general", "caSecretName"],
                "--tls-general-ca-secret",
                name(&self.general_ca_secret),
            ),
            (&["tls", "general", "caBundle"], "--tls-general-ca-bundle", bundle),
            (
                &["tls", "apiServer", "secretName"],
                "--tls-api-server-secret",
                name(&self.api_server_secret),
            ),
            (
                &["tls", "kdsGlobalServer", "secretName"],
                "--tls-kds-global-server-secret",
                name(&self.kds_global_server_secret),
            ),
            (
                &["tls", "kdsZoneClient", "secretName"],
                "--tls-kds-zone-client-secret",
                name(&self.kds_zone_client_secret),
            ),
            (&["mode"], "--mode", self.is_global.then(|| "global".to_owned())),
            (&[], "--namespace", namespace),
            (&["service", "name"], "--control-plane-service-name", service),
        ];
        let some = rows
            .into_iter()
            .filter_map(|(path, flag, value)| Some(Setting { path, flag, value: value? }));
        some.collect()
    }

    /// Those that are values of the chart.
    fn values(&self) -> impl Iterator<Item = Setting> {
        self.settings().into_iter().filter(|setting| !setting.path.is_empty())
    }

    /// Values for Helm: `controlPlane...`, as YAML.
    #[must_use]
    pub fn helm_values(&self) -> String {
        let mut values = Node::Below(BTreeMap::new());
        let mut length = 128;
        for Setting { path, value, .. } in self.values() {
            length += value.len() + 64;
            values.insert(&[&["controlPlane"], path].concat(), value);
        }
        yaml::document(&values, length).to_string()
    }

    /// The same as arguments of Helm, in one line: `--set-string controlPlane.tls.general.secretName=...`.
    /// Helm's `--set` would read a Secret that is named `123` or `true` as something else than a text. No
    /// value has a comma, a backslash or anything that a shell reads: they are names and Base64.
    #[must_use]
    pub fn helm_arguments(&self) -> String {
        let arguments = self.values().map(|Setting { path, value, .. }| {
            format!("--set-string controlPlane.{}={value}", path.join("."))
        });
        arguments.collect::<Vec<_>>().join(" ") + "\n"
    }

    /// The flags of the official `kumactl install control-plane`, in one line that a shell splits into
    /// exactly them.
    #[must_use]
    pub fn flags(&self) -> String {
        let flags = self
            .settings()
            .into_iter()
            .map(|Setting { flag, value, .. }| format!("{flag}={value}"));
        flags.collect::<Vec<_>>().join(" ") + "\n"
    }
}
