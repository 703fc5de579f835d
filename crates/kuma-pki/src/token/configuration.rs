//! The configuration with which kuma-cp accepts tokens that were signed offline.

use serde::Deserialize;
use serde_json::Value;

use super::key::PublicKey;
use crate::format::yaml::{self, Limits};

/// A configuration file has a few hundred values.
const LIMITS: Limits = Limits { nodes: 100_000, copies: 1_000, copied_bytes: 1 << 10 };

/// The public keys of a control plane, one for each kind of token.
#[derive(Clone, Copy, Debug)]
pub struct ControlPlaneKeys<'a> {
    /// The ID of the three keys (`kid`).
    pub key_id: &'a str,
    /// Verifies dataplane tokens.
    pub dataplane: &'a PublicKey,
    /// Verifies zone tokens.
    pub zone: &'a PublicKey,
    /// Verifies user tokens.
    pub user: &'a PublicKey,
}

impl ControlPlaneKeys<'_> {
    /// Returns a file for `kuma-cp run --config-file`. With it, kuma-cp accepts only tokens signed with these keys,
    /// and issues none. There are no environment variables for public keys (Kuma 2.14.3).
    ///
    /// Without an issuer, kuma-cp cannot make the token of the first administrator, and would try for ten
    /// minutes (`admin_token_bootstrap.go`).
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let settings = |indent: usize, key: &PublicKey| self.settings(indent, key);
        format!(
            "dpServer:\n  authn:\n    dpProxy:\n      dpToken:\n{}    zoneProxy:\n      zoneToken:\n{}\
             apiServer:\n  authn:\n    tokens:\n      bootstrapAdminToken: false\n{}",
            settings(8, self.dataplane),
            settings(8, self.zone),
            settings(6, self.user),
        )
    }

    fn settings(&self, indent: usize, key: &PublicKey) -> String {
        let id = Value::from(self.key_id);
        let head = ["enableIssuer: false", "validator:", "  useSecrets: false", "  publicKeys:"];
        let head = head.into_iter().map(str::to_owned);
        let key = key.to_pem();
        let pem = key.lines().map(|line| format!("        {line}"));
        let lines = head.chain([format!("  - kid: {id}"), "    key: |".to_owned()]).chain(pem);
        lines.map(|line| format!("{:indent$}{line}\n", "")).collect()
    }
}

/// How a control plane verifies dataplane tokens: `dpServer.authn.dpProxy.dpToken.validator` of its configuration
/// file (`pkg/config/dp-server/config.go`).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataplaneTokenValidator {
    #[serde(default = "use_secrets")]
    use_secrets: bool,
    #[serde(default)]
    public_keys: Vec<ConfiguredKey>,
}

/// A public key in the configuration of a control plane.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfiguredKey {
    kid: Value,
    #[serde(default)]
    mesh: String,
    /// The key as PEM.
    pub key: Option<String>,
    /// The path of its file.
    pub key_file: Option<String>,
}

// Only the way to the section is read: other sections may have passwords.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    dp_server: DpServer,
}

#[derive(Deserialize)]
struct DpServer {
    authn: Authentication,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authentication {
    dp_proxy: DpProxy,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DpProxy {
    dp_token: DpToken,
}

#[derive(Deserialize)]
struct DpToken {
    validator: DataplaneTokenValidator,
}

const fn use_secrets() -> bool {
    true
}

impl DataplaneTokenValidator {
    /// Reads a configuration file; `None` if it has no such section.
    #[must_use]
    pub fn from_yaml(text: &str) -> Option<Self> {
        let file = serde_saphyr::from_str_with_options::<File>(text, yaml::options(&LIMITS));
        file.ok().map(|file| file.dp_server.authn.dp_proxy.dp_token.validator)
    }

    /// Returns the key with an ID for proxies of a mesh. Of two, kuma-cp takes the later one, and one that is for
    /// all meshes (`pkg/tokens/builtin/components.go`).
    #[must_use]
    pub fn key(&self, key_id: &str, mesh: &str) -> Option<&ConfiguredKey> {
        let is_for = |key: &&ConfiguredKey, mesh: &str| key.mesh == mesh && key.id() == key_id;
        let find = |mesh| self.public_keys.iter().rev().find(|key| is_for(key, mesh));
        find("").or_else(|| find(mesh))
    }

    /// Returns the keys in their order.
    pub fn keys(&self) -> impl Iterator<Item = &ConfiguredKey> {
        self.public_keys.iter()
    }

    /// Returns the IDs of the keys for a mesh, if the control plane accepts tokens of no other key. `use_secrets` is
    /// the value of the variable that overrides the file.
    #[must_use]
    pub fn only_key_ids(&self, mesh: &str, use_secrets: Option<bool>) -> Option<Vec<String>> {
        let keys = self.keys().filter(|key| key.mesh.is_empty() || key.mesh == mesh);
        (!use_secrets.unwrap_or(self.use_secrets)).then(|| keys.map(ConfiguredKey::id).collect())
    }
}

impl ConfiguredKey {
    /// Returns the ID (`kid`), which need not be quoted.
    fn id(&self) -> String {
        self.kid.as_str().map_or_else(|| self.kid.to_string(), str::to_owned)
    }
}
