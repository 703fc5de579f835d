//! NEXT-STEPS.md: what to type once the files are there.

use kumactl::SubjectAltName;

use super::Mode;
use crate::cli::shell::word;

/// What the text depends on.
pub(super) struct Situation<'a> {
    pub(super) mode: Mode,
    pub(super) namespace: &'a str,
    pub(super) secret: &'a str,
    pub(super) zone_secret: &'a str,
    /// The names that are dialled.
    pub(super) hosts: &'a [SubjectAltName],
    pub(super) is_multizone: bool,
}

/// The text, in Markdown. Its commands are run in the directory of the files.
pub(super) fn text(situation: &Situation<'_>) -> String {
    let mut text = String::from(
        "# Next steps\n\nRun these in this directory. `tls.key` is secret; `ca.crt` and \
         `ca-bundle.b64` are for everybody.\n",
    );
    let mut section = |title: &str, commands: &str| {
        text.push_str(&format!("\n## {title}\n\n```sh\n{commands}```\n"));
    };
    let hosts: Vec<_> = situation.hosts.iter().map(ToString::to_string).collect();
    section(
        "Look before the installation",
        &format!(
            "kumactl verify tls-certificate --cert-file=tls.crt --key-file=tls.key \\\n  \
             --ca-cert-file=ca.crt --ca-bundle-file=ca-bundle.b64 \\\n  --hostname={}\n",
            word(&hosts.join(","))
        ),
    );
    let namespace = situation.namespace;
    match situation.mode {
        Mode::Kubernetes => {
            section(
                &format!("The Secret `{}`", situation.secret),
                &format!("kubectl create namespace {namespace}\nkubectl apply -f secret.yaml\n"),
            );
            section(
                "Install with the official kumactl",
                "kumactl install control-plane $(cat install-flags) | kubectl apply -f -\n",
            );
            section(
                "Or with Helm",
                &format!(
                    "helm install kuma kuma/kuma --namespace={namespace} --values=values.yaml\n"
                ),
            );
        }
        Mode::Universal => {
            section("The control plane", "set -a; . ./kuma-cp.env; set +a\nkuma-cp run\n");
            section(
                "A data plane proxy, on its own machine, with kuma-dp.env beside it",
                "set -a; . ./kuma-dp.env; set +a\nkuma-dp run --dataplane-file=dataplane.yaml\n",
            );
        }
    }
    if situation.is_multizone {
        section(
            &format!("A zone in Kubernetes, with the Secret `{}`", situation.zone_secret),
            &format!(
                "kubectl create namespace {namespace}\nkubectl apply -f zone-secret.yaml\n\
                 helm install kuma kuma/kuma --namespace={namespace} --values=zone-values.yaml \\\n  \
                 --set controlPlane.mode=zone --set controlPlane.zone=ZONE \\\n  \
                 --set controlPlane.kdsGlobalAddress=grpcs://ADDRESS:5685\n"
            ),
        );
        section(
            "A zone on plain machines, with zone-kuma-cp.env and ca.crt there",
            "set -a; . ./zone-kuma-cp.env; set +a\n\
             KUMA_MODE=zone KUMA_MULTIZONE_ZONE_NAME=ZONE kuma-cp run\n",
        );
    }
    text
}
