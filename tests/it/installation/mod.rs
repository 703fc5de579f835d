//! `kumactl verify installation`: the pieces of an installation against each other.

mod clusters;
mod configuration;
mod directories;
mod input;
mod mutations;
mod report;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::support::{Ended, Sandbox};

/// The pair, CA and bundle of an installation, as `generate` writes them.
pub(super) struct Material {
    pub(super) certificate: Vec<u8>,
    pub(super) key: Vec<u8>,
    pub(super) ca: Vec<u8>,
}

/// The names under which the control plane of the excerpts is dialed.
pub(super) const NAMES: [&str; 2] =
    ["--hostname=kuma-control-plane.kuma-system", "--hostname=kuma-control-plane.kuma-system.svc"];

impl Material {
    /// Issues a pair from a CA of its own.
    pub(super) fn issue(sandbox: &Sandbox, flags: &[&str]) -> Self {
        let places =
            ["--cert-file=m.crt", "--key-file=m.key", "--ca-cert-file=m-ca.crt", "--force"];
        let ended = sandbox.generate(["--ephemeral-ca"].iter().chain(&places).chain(flags));
        assert_eq!(ended.status, 0, "{ended:?}");
        let read = |name: &str| sandbox.read(name).into_bytes();
        Self { certificate: read("m.crt"), key: read("m.key"), ca: read("m-ca.crt") }
    }

    pub(super) fn new(sandbox: &Sandbox) -> Self {
        Self::issue(sandbox, &["--type=server", NAMES[0], NAMES[1]])
    }

    pub(super) fn bundle(&self) -> String {
        BASE64_STANDARD.encode(&self.ca)
    }

    /// The Secret that the control plane mounts.
    pub(super) fn secret(&self) -> String {
        secret(
            "general-tls-certs",
            &[("tls.crt", &self.certificate), ("tls.key", &self.key), ("ca.crt", &self.ca)],
        )
    }
}

/// A Secret in the namespace of the control plane.
pub(super) fn secret(name: &str, data: &[(&str, &[u8])]) -> String {
    let lines: String = data
        .iter()
        .map(|(key, value)| format!("  {key}: {}\n", BASE64_STANDARD.encode(value)))
        .collect();
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\n  namespace: kuma-system\ntype: Opaque\ndata:\n{lines}"
    )
}

/// The fields of the chart's objects that matter, and some that do not.
const OBJECTS: &str = include_str!("../../fixtures/installation.yaml");

/// The manifest of an installation that fits.
pub(super) fn manifest(material: &Material) -> String {
    format!("{}---\n{}", OBJECTS.replace("BUNDLE", &material.bundle()), material.secret())
}

pub(super) fn verify(sandbox: &Sandbox, manifest: &str, flags: &[&str]) -> Ended {
    sandbox.write("manifest.yaml", manifest);
    sandbox.kumactl(["verify", "installation", "--manifest=manifest.yaml"].iter().chain(flags))
}

/// The report of a run that came to a verdict.
pub(super) fn report(sandbox: &Sandbox, manifest: &str, flags: &[&str]) -> Value {
    let flags: Vec<_> = flags.iter().chain(&["--output=json"]).copied().collect();
    let ended = verify(sandbox, manifest, &flags);
    assert!(ended.status < 2 && ended.stderr.is_empty(), "{ended:?}");
    let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(report["verifies"] == true, ended.status == 0);
    report
}

/// The names of the checks with an outcome, each once.
pub(super) fn checks(report: &Value, outcome: &str) -> Vec<String> {
    let checks = report["checks"].as_array().expect("checks");
    let mut names: Vec<_> = checks
        .iter()
        .filter(|check| check["outcome"] == outcome)
        .map(|check| check["check"].as_str().expect("a name").to_owned())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// The first check with this name and outcome.
#[track_caller]
pub(super) fn check<'r>(report: &'r Value, name: &str, outcome: &str) -> &'r Value {
    let mut checks = report["checks"].as_array().expect("checks").iter();
    let found = checks.find(|check| check["check"] == name && check["outcome"] == outcome);
    found.unwrap_or_else(|| panic!("no {name} {outcome} in {report:#}"))
}

/// Replaces the first occurrence, which must be there.
#[track_caller]
pub(super) fn swap(manifest: &mut String, old: &str, new: &str) {
    assert!(manifest.contains(old), "{old:?} is not in the manifest");
    *manifest = manifest.replacen(old, new, 1);
}
