//! The settings of an installation that are about certificates: as Helm values, as `--set` arguments,
//! and as flags of `kumactl install control-plane`.
//!
//! One table has all names (`app/kumactl/cmd/install/install_control_plane.go` and `values.yaml` of
//! Kuma's chart).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::encode::{bundle, yaml};
use crate::kubernetes::ObjectName;

/// The Secrets that a control plane is to use, and the CA of its webhooks. What is `None` is left to
/// the chart.
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
}

/// A setting: the path of its Helm value below `controlPlane.tls`, its flag, its value.
struct Setting {
    path: [&'static str; 2],
    flag: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Values<'a> {
    #[serde(rename = "controlPlane")]
    control_plane: ControlPlane<'a>,
}

#[derive(Serialize)]
struct ControlPlane<'a> {
    tls: BTreeMap<&'static str, BTreeMap<&'static str, &'a str>>,
}

impl Installation {
    fn settings(&self) -> Vec<Setting> {
        let name = |name: &Option<ObjectName>| name.as_ref().map(|name| name.as_str().to_owned());
        let bundle = self
            .ca_bundle
            .as_ref()
            .map(|pem| String::from_utf8_lossy(bundle::encode(pem).trim_ascii_end()).into_owned());
        let rows = [
            (["general", "secretName"], "--tls-general-secret", name(&self.general_secret)),
            (["general", "caSecretName"], "--tls-general-ca-secret", name(&self.general_ca_secret)),
            (["general", "caBundle"], "--tls-general-ca-bundle", bundle),
            (["apiServer", "secretName"], "--tls-api-server-secret", name(&self.api_server_secret)),
            (
                ["kdsGlobalServer", "secretName"],
                "--tls-kds-global-server-secret",
                name(&self.kds_global_server_secret),
            ),
            (
                ["kdsZoneClient", "secretName"],
                "--tls-kds-zone-client-secret",
                name(&self.kds_zone_client_secret),
            ),
        ];
        let some = rows
            .into_iter()
            .filter_map(|(path, flag, value)| Some(Setting { path, flag, value: value? }));
        some.collect()
    }

    /// Values for Helm: `controlPlane.tls...`, as YAML.
    #[must_use]
    pub fn helm_values(&self) -> String {
        let settings = self.settings();
        let mut tls: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        for Setting { path: [section, key], value, .. } in &settings {
            tls.entry(section).or_default().insert(key, value);
        }
        let length: usize = settings.iter().map(|setting| setting.value.len() + 64).sum();
        let values = Values { control_plane: ControlPlane { tls } };
        yaml::document(&values, length + 128).to_string()
    }

    /// The same as arguments of Helm, in one line: `--set controlPlane.tls.general.secretName=...`. No
    /// value has a comma, a backslash or anything that a shell reads: they are names and Base64.
    #[must_use]
    pub fn helm_arguments(&self) -> String {
        let arguments =
            self.settings().into_iter().map(|Setting { path: [section, key], value, .. }| {
                format!("--set controlPlane.tls.{section}.{key}={value}")
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
