//! The token of a proxy outside a cluster.

use super::Directory;
use super::finding::Finding;
use super::report::{CheckName, Component, Outcome, Report};
use super::trust::Context;
use super::variables::Variables;
use crate::text::excerpt;
use crate::token::{self, Proxy, PublicKey, SigningKey, Token, VerifyOptions};

const TOKEN_FILE: &str = "KUMA_DATAPLANE_RUNTIME_TOKEN_PATH";
const TOKEN: &str = "KUMA_DATAPLANE_RUNTIME_TOKEN";

/// Checks the token that a proxy's variables name: with the keys and the only Dataplane in the directory, or without a
/// key for what it says of itself.
pub(super) fn check(
    directory: &Directory,
    variables: &Variables,
    piece: &str,
    context: &Context,
    report: &mut Report,
) {
    let mut add = |name, outcome| report.add(name, Component::KumaDp, piece, outcome);
    let text = match (variables.get(TOKEN), variables.get(TOKEN_FILE)) {
        (Some(text), _) => text,
        (None, Some(path)) => match directory.text(path) {
            Some(text) => text,
            None => {
                let finding = Finding::FileMissing {
                    variable: TOKEN_FILE.to_owned(),
                    path: excerpt(path),
                    directory: directory.shown("").trim_end_matches('/').to_owned(),
                };
                return add(CheckName::Files, Outcome::Failed(finding));
            }
        },
        // Its name in a directory of `generate control-plane-tls`.
        (None, None) => match directory.text("dataplane-token") {
            Some(text) => text,
            None => return,
        },
    };
    let outcomes = match verified(directory, text, context) {
        Some(found) => found.checks.into_iter().map(|check| outcome(check.outcome)).collect(),
        None => alone(text, context),
    };
    for outcome in outcomes {
        add(CheckName::Token, outcome);
    }
}

/// Verifies a token with the keys in the directory; returns the report for the key that signed it, or for the first.
fn verified(directory: &Directory, text: &str, context: &Context) -> Option<token::Report> {
    let proxies = proxies(directory);
    let proxy = if let [proxy] = proxies.as_slice() { Some(proxy) } else { None };
    let is_signature = |check: &&token::Check| check.name == token::CheckName::Signature;
    let is_signer = |found: &token::Report| {
        let check = found.checks.iter().find(is_signature);
        check.is_some_and(|check| matches!(check.outcome, token::Outcome::Passed(_)))
    };
    let mut first = None;
    for key in public_keys(directory) {
        let options =
            VerifyOptions { public_key: &key, key_id: None, proxy, zone: None, at: context.at };
        let found = token::verify(text, &options);
        if is_signer(&found) {
            return Some(found);
        }
        first.get_or_insert(found);
    }
    first
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
    let is_described =
        |name: &str| [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end));
    let files = directory.files.iter().filter(|file| is_described(&file.name));
    files.filter_map(|file| Proxy::from_text(&file.bytes).ok()).collect()
}
