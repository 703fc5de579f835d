//! `kumactl verify tls-certificate`.

mod broken;
mod chains;
mod clients;
mod files;
mod hints;
mod hostile;
mod live;
mod paths;
mod pki;
mod report;

use serde_json::Value;

use crate::support::{Ended, Sandbox};

/// The files of a [`pki::Pki`], held against the name that it is for.
const FILES: [&str; 5] = [
    "verify",
    "tls-certificate",
    "--cert-file=tls.crt",
    "--key-file=tls.key",
    "--ca-cert-file=ca.crt",
];

/// Verifies the files of a sandbox, with more flags.
fn verify(sandbox: &Sandbox, more: &[&str]) -> Ended {
    sandbox.kumactl(FILES.iter().chain(more))
}

/// The JSON report, and the exit status.
#[track_caller]
fn report(sandbox: &Sandbox, arguments: &[&str]) -> (Value, i32) {
    let ended = sandbox.kumactl(arguments.iter().chain(&["--output=json"]));
    assert_eq!(ended.stderr, "", "{arguments:?}");
    (serde_json::from_str(&ended.stdout).expect("JSON"), ended.status)
}

/// The names and texts of the checks that ended so.
fn checks(report: &Value, outcome: &str) -> Vec<(String, String)> {
    let checks = report["checks"].as_array().expect("checks").iter();
    let text = |check: &Value, field: &str| check[field].as_str().expect("text").to_owned();
    checks
        .filter(|check| check["outcome"] == outcome)
        .map(|check| (text(check, "check"), text(check, "text")))
        .collect()
}

/// Returns the clients that reject the certificate.
fn refusing(report: &Value) -> Vec<String> {
    let clients = report["clients"].as_array().expect("clients").iter();
    clients
        .filter(|client| client["accepts"] == false)
        .map(|client| client["client"].as_str().expect("a name").to_owned())
        .collect()
}
