//! What an installation wants of a certificate: Secrets, values, flags, variables, manifests.

mod again;
mod cert_manager;
mod checked;
mod control_plane;
mod environment;
mod installation;
mod next_steps;
mod places;
mod secret;
mod tokens;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::support::Sandbox;

/// `tls.crt`, `tls.key` and `ca.crt` for Kuma's Service.
fn files() -> Sandbox {
    let sandbox = Sandbox::new();
    let made = [
        "--type=server",
        "--kubernetes-service=kuma-control-plane.kuma-system",
        "--ephemeral-ca",
        "--cert-file=tls.crt",
        "--key-file=tls.key",
        "--ca-cert-file=ca.crt",
    ];
    sandbox.generate(made).quiet_success();
    sandbox
}

const PAIR: [&str; 2] = ["--cert-file=tls.crt", "--key-file=tls.key"];
const CA: &str = "--ca-cert-file=ca.crt";

/// A document of YAML as data.
#[track_caller]
fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Decodes Base64 in a document.
#[track_caller]
fn decoded(value: &Value) -> String {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no text"));
    String::from_utf8(BASE64_STANDARD.decode(text).expect("Base64")).expect("text")
}

/// Runs `generate` and gives what it printed.
#[track_caller]
fn generate(sandbox: &Sandbox, noun: &str, more: &[&str]) -> String {
    sandbox.kumactl(["generate", noun].iter().chain(more)).quiet_success()
}
