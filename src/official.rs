//! The commands of the official kumactl that this one does not have.

use crate::report::failure::Failure;

/// Commands that talk to a control plane, or make things other than certificates.
const COMMANDS: &[&str] = &["apply", "config", "delete", "export", "get", "install", "uninstall"];

/// What the official `kumactl generate` makes beside certificates.
const NOUNS: &[&str] = &[
    "dataplane-token",
    "public-key",
    "signing-key",
    "user-token",
    "zone-ingress-token",
    "zone-token",
];

/// What the official `kumactl inspect` looks into (`app/kumactl/cmd/inspect`).
const INSPECTED: &[&str] = &[
    "dataplane",
    "dataplanes",
    "meshes",
    "meshgateway",
    "services",
    "zone-ingresses",
    "zoneegress",
    "zoneegresses",
    "zoneingress",
    "zoneingresses",
    "zones",
];

/// A failure that names the official program, if it has this command.
pub(crate) fn refuse(command: &str) -> Option<Failure> {
    let full = if COMMANDS.contains(&command) {
        command.to_owned()
    } else if NOUNS.contains(&command) {
        format!("generate {command}")
    } else if INSPECTED.contains(&command) {
        format!("inspect {command}")
    } else {
        return None;
    };
    let text = format!("`kumactl {full}` is a command of the official kumactl, not of this one");
    let failure = Failure::usage(text);
    Some(failure.hint(
        "this kumactl prepares TLS certificates; the official one is part of Kuma's \
                       release, and both can stand side by side under two names",
    ))
}
