//! The token of a proxy outside a cluster.

use super::finding::Finding;
use super::report::{CheckName, Component, Outcome, Report};
use super::settings::Settings;
use super::trust::Context;
use super::{Directory, NamedFile};
use crate::token::{
    self, ConfiguredKey, DEFAULT_MESH, DataplaneTokenValidator, Proxy, PublicKey, SigningKey,
    Token, VerifyOptions,
};

const TOKEN_FILE: &str = "KUMA_DATAPLANE_RUNTIME_TOKEN_PATH";
const TOKEN: &str = "KUMA_DATAPLANE_RUNTIME_TOKEN";

/// Overrides `useSecrets` of the configuration file (`pkg/config/dp-server/config.go`).
const USE_SECRETS: &str = "KUMA_DP_SERVER_AUTHN_DP_PROXY_DP_TOKEN_VALIDATOR_USE_SECRETS";

/// Checks the token that a proxy's settings name: with the keys and the only Dataplane in the directory, or without a
/// key for what it says of itself.
pub(super) fn check(
    directory: &Directory,
    settings: &Settings,
    control_plane: Option<&Settings>,
    piece: &str,
    context: &Context,
    report: &mut Report,
) {
    let text = match (settings.get(TOKEN), settings.get(TOKEN_FILE)) {
        (Some(text), _) => text,
        (None, Some(path)) => match directory.text(path) {
            Some(text) => text,
            None => {
                directory.named(path, TOKEN_FILE, piece, Component::KumaDp, report);
                return;
            }
        },
        // Its name in a directory of `generate control-plane-tls`.
        (None, None) => match directory.text("dataplane-token") {
            Some(text) => text,
            None => return,
        },
    };
    let outcomes = match verified(directory, control_plane, text, context) {
        Some(found) => found.checks.into_iter().map(|check| outcome(check.outcome)).collect(),
        None => alone(text, context),
    };
    for outcome in outcomes {
        report.add(CheckName::Token, Component::KumaDp, piece, outcome);
    }
}

/// Verifies a token with the keys of the control plane's configuration, or else with those in the directory; returns
/// the report for the key that signed it, or for the first. `None` without a key.
fn verified(
    directory: &Directory,
    control_plane: Option<&Settings>,
    text: &str,
    context: &Context,
) -> Option<token::Report> {
    let proxies = proxies(directory);
    let proxy = if let [proxy] = proxies.as_slice() { Some(proxy) } else { None };
    let mesh = proxy.map_or(DEFAULT_MESH, |proxy| proxy.mesh.as_str());
    let verify = |public_key: &PublicKey, key_id: Option<&str>| {
        let options = VerifyOptions { public_key, key_id, proxy, zone: None, at: context.at };
        token::verify(text, &options)
    };
    let keys = public_keys(directory);
    if let Some(validator) = validator(directory) {
        let token = Token::parse(text.trim()).ok();
        let key_id = token.and_then(|token| token::summary(&token, context.at).key_id);
        let key_id = key_id.unwrap_or_default();
        if let Some(key) = validator.key(&key_id, mesh) {
            return Some(verify(&public_key(directory, key)?, Some(&key_id)));
        }
        let use_secrets = control_plane.and_then(|settings| settings.get(USE_SECRETS));
        let use_secrets =
            use_secrets.map(|value| matches!(value, "1" | "t" | "T" | "true" | "TRUE" | "True"));
        if let Some(known) = validator.only_key_ids(mesh, use_secrets) {
            let mut configured = validator.keys().filter_map(|key| public_key(directory, key));
            let key = configured.next().or_else(|| keys.into_iter().next())?;
            return Some(verify(&key, Some(&known.join(", "))));
        }
    }
    let is_signature = |check: &&token::Check| check.name == token::CheckName::Signature;
    let is_signer = |found: &token::Report| {
        let check = found.checks.iter().find(is_signature);
        check.is_some_and(|check| matches!(check.outcome, token::Outcome::Passed(_)))
    };
    let mut reports: Vec<_> = keys.into_iter().map(|key| verify(&key, None)).collect();
    let signer = reports.iter().position(is_signer).unwrap_or_default();
    (!reports.is_empty()).then(|| reports.swap_remove(signer))
}

/// Returns how the control plane verifies tokens, by its configuration file.
fn validator(directory: &Directory) -> Option<DataplaneTokenValidator> {
    yaml_files(directory)
        .find_map(|file| DataplaneTokenValidator::from_yaml(std::str::from_utf8(&file.bytes).ok()?))
}

/// Returns the key that a configuration has, or that is in a file of the directory.
fn public_key(directory: &Directory, key: &ConfiguredKey) -> Option<PublicKey> {
    let text = key.key.as_deref().or_else(|| directory.text(key.key_file.as_deref()?));
    PublicKey::from_pem(text?.as_bytes()).ok()
}

fn outcome(outcome: token::Outcome) -> Outcome {
    match outcome {
        token::Outcome::Passed(text) => Outcome::Passed(text),
        token::Outcome::Warning(finding) => Outcome::Warning(Finding::Token(finding)),
        token::Outcome::Failed(finding) => Outcome::Failed(Finding::Token(finding)),
    }
}

/// Checks what a token says of itself.
fn alone(text: &str, context: &Context) -> Vec<Outcome> {
    let token = match Token::parse(text.trim()) {
        Ok(token) => token,
        Err(error) => {
            let finding = Finding::Token(token::Finding::Malformed(error));
            return vec![Outcome::Failed(finding)];
        }
    };
    let findings = token::summary(&token, context.at).findings.into_iter();
    let mut outcomes: Vec<_> = findings
        .map(|finding| match finding {
            token::Finding::Expired { .. }
            | token::Finding::NotYetValid { .. }
            | token::Finding::ClaimType { .. } => Outcome::Failed(Finding::Token(finding)),
            finding => Outcome::Warning(Finding::Token(finding)),
        })
        .collect();
    let text = "the public key of the control plane is not in the directory".to_owned();
    outcomes.push(Outcome::Skipped(text));
    outcomes
}

/// Returns the public keys in a directory, and those of its signing keys, which must be named so: other RSA keys are
/// those of certificates. Keys for dataplane tokens come first.
fn public_keys(directory: &Directory) -> Vec<PublicKey> {
    let mut files: Vec<_> = directory.files.iter().collect();
    files.sort_by_key(|file| !file.name.contains("dataplane"));
    let keys = files.into_iter().filter_map(|file| {
        let signing = || SigningKey::from_text(&file.bytes).ok().map(|key| key.public_key());
        let public = PublicKey::from_pem(&file.bytes).ok();
        public.or_else(|| file.name.contains("sign").then(signing).flatten())
    });
    keys.collect()
}

/// Returns the proxies that the files of a directory describe.
fn proxies(directory: &Directory) -> Vec<Proxy> {
    yaml_files(directory).filter_map(|file| Proxy::from_text(&file.bytes).ok()).collect()
}

fn yaml_files(directory: &Directory) -> impl Iterator<Item = &NamedFile> {
    let is_yaml = |name: &str| [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end));
    directory.files.iter().filter(move |file| is_yaml(&file.name))
}
