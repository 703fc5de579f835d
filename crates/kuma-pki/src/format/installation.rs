//! The certificate settings of an installation on Kubernetes, as Helm values, as Helm arguments, and as flags of
//! `kumactl install control-plane`.
//!
//! The names are from `app/kumactl/cmd/install/install_control_plane.go` and from `values.yaml` of Kuma's chart.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::format::{bundle, yaml};
use crate::kubernetes::{Namespace, ObjectName, ServiceName};

/// The Secrets of a control plane, the CA of its webhooks, and its mode. `None` leaves a setting to the chart.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Installation {
    /// The Secret of the general certificate, with tls.crt, tls.key and ca.crt.
    pub general_secret: Option<ObjectName>,
    /// The Secret with ca.crt, if the general Secret does not have it.
    pub general_ca_secret: Option<ObjectName>,
    /// The CA that the API server trusts for Kuma's webhooks, as PEM.
    pub ca_bundle: Option<Vec<u8>>,
    /// The Secret of the API server's own certificate, with tls.crt and tls.key.
    pub api_server_secret: Option<ObjectName>,
    /// The Secret of a global control plane's KDS server, with tls.crt and tls.key (charts 2.x only).
    pub kds_global_server_secret: Option<ObjectName>,
    /// The Secret with the CA of the global control plane, as ca.crt, for a zone.
    pub kds_zone_client_secret: Option<ObjectName>,
    /// Whether it is a global control plane (Kuma 2.x only).
    pub is_global: bool,
    /// The namespace of the control plane. It is not a Helm value: Helm has the flag `--namespace`.
    pub namespace: Option<Namespace>,
    /// The Service of the control plane, whose names clients dial.
    pub service: Option<ServiceName>,
}

/// A setting. The path of the Helm value is relative to `controlPlane`, and empty if there is no such value.
struct Setting {
    path: &'static [&'static str],
    flag: &'static str,
    value: String,
}

/// A node of the tree of Helm values.
#[derive(Serialize)]
#[serde(untagged)]
enum Node {
    Text(String),
    Map(BTreeMap<&'static str, Self>),
}

impl Node {
    /// Sets the text at a path.
    fn insert(&mut self, path: &[&'static str], value: String) {
        match (path.split_first(), self) {
            (Some((first, rest)), Self::Map(fields)) => {
                let next = fields.entry(first).or_insert_with(|| Self::Map(BTreeMap::new()));
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

    /// Returns the settings that are Helm values.
    fn values(&self) -> impl Iterator<Item = Setting> {
        self.settings().into_iter().filter(|setting| !setting.path.is_empty())
    }

    /// Returns a Helm values file as YAML.
    #[must_use]
    pub fn helm_values(&self) -> String {
        let mut values = Node::Map(BTreeMap::new());
        let mut length = 128;
        for Setting { path, value, .. } in self.values() {
            length += value.len() + 64;
            values.insert(&[&["controlPlane"], path].concat(), value);
        }
        yaml::document(&values, length).to_string()
    }

    /// Returns the same values as arguments of Helm in one line, with a newline at the end:
    /// `--set-string controlPlane.tls.general.secretName=...`. `--set` would read the names `123` and `true` as a
    /// number and a boolean. The values are names and Base64, so nothing needs quotes.
    #[must_use]
    pub fn helm_arguments(&self) -> String {
        let arguments = self.values().map(|Setting { path, value, .. }| {
            format!("--set-string controlPlane.{}={value}", path.join("."))
        });
        arguments.collect::<Vec<_>>().join(" ") + "\n"
    }

    /// Returns the flags of the official `kumactl install control-plane` in one line, with a newline at the end.
    /// Nothing needs quotes.
    #[must_use]
    pub fn flags(&self) -> String {
        let flags = self
            .settings()
            .into_iter()
            .map(|Setting { flag, value, .. }| format!("{flag}={value}"));
        flags.collect::<Vec<_>>().join(" ") + "\n"
    }
}
