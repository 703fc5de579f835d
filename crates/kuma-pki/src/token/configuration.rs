//! The configuration of kuma-cp with which it takes tokens that were signed offline.

use super::key::PublicKey;

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
    /// Returns a file for `kuma-cp run --config-file`: it takes tokens signed with these keys and no others,
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
        let id = serde_json::Value::from(self.key_id);
        let head = ["enableIssuer: false", "validator:", "  useSecrets: false", "  publicKeys:"];
        let head = head.into_iter().map(str::to_owned);
        let key = key.to_pem();
        let pem = key.lines().map(|line| format!("        {line}"));
        let lines = head.chain([format!("  - kid: {id}"), "    key: |".to_owned()]).chain(pem);
        lines.map(|line| format!("{:indent$}{line}\n", "")).collect()
    }
}
