//! NEXT-STEPS.md: the commands to run next.

use std::path::Path;

use super::Mode;
use super::artifacts::{Artifacts, ZONE_SECRET};
use super::tokens::KEY_ID;
use crate::report::shell::word;

/// Returns the text in Markdown. Its commands run in the directory of the files.
pub(super) fn text(artifacts: &Artifacts<'_>) -> String {
    let mut text = Text(String::from(
        "# Next steps\n\nRun these commands in this directory. `tls.key` is secret; `ca.crt` and \
         `ca-bundle.b64` are public.\n",
    ));
    let hosts: Vec<_> = artifacts.dialed.iter().map(ToString::to_string).collect();
    text.section(
        "Verify the files",
        &format!(
            "kumactl verify tls-certificate --cert-file=tls.crt --key-file=tls.key \\\n  \
             --ca-cert-file=ca.crt --ca-bundle-file=ca-bundle.b64 \\\n  --hostname={}\n",
            word(&hosts.join(","))
        ),
    );
    match artifacts.args.mode {
        Mode::Kubernetes => kubernetes(artifacts, &mut text),
        Mode::Universal => universal(artifacts, &mut text),
    }
    if let Some(address) = artifacts.global_address() {
        zones(artifacts, &address, &mut text);
    }
    text.0
}

struct Text(String);

impl Text {
    fn section(&mut self, title: &str, commands: &str) {
        self.0.push_str(&format!("\n## {title}\n\n```sh\n{commands}```\n"));
    }

    fn paragraph(&mut self, text: &str) {
        self.0.push_str(&format!("\n{text}\n"));
    }
}

/// Returns the command that creates a namespace, unless it exists.
fn namespace(name: &str) -> String {
    format!("kubectl create namespace {name} --dry-run=client -o yaml | kubectl apply -f -\n")
}

/// Adds the repository of Kuma's chart.
const CHARTS: &str = "helm repo add kuma https://kumahq.github.io/charts\n";

fn kubernetes(artifacts: &Artifacts<'_>, text: &mut Text) {
    let name = artifacts.args.service.namespace();
    let name = name.as_str();
    text.section(
        &format!("The Secret `{}`", artifacts.args.secret.name().as_str()),
        &format!("{}kubectl apply -f secret.yaml\n", namespace(name)),
    );
    if artifacts.args.multizone {
        text.paragraph(
            "Kuma 2.x only: with Kuma 3.x, a global control plane runs on Universal. Generate its files \
             with `--mode=universal`.",
        );
    }
    text.section(
        "Install with the official kumactl",
        "kumactl install control-plane $(cat install-flags) | kubectl apply -f -\n",
    );
    text.section(
        "Or with Helm",
        &format!("{CHARTS}helm install kuma kuma/kuma --namespace={name} --values=values.yaml\n"),
    );
}

fn universal(artifacts: &Artifacts<'_>, text: &mut Text) {
    let (files, run) = match artifacts.tokens() {
        Some(_) => {
            let configuration = placed(artifacts, "kuma-cp.yaml");
            ("tls.crt tls.key kuma-cp.env kuma-cp.yaml", format!(" --config-file={configuration}"))
        }
        None => ("tls.crt tls.key kuma-cp.env", String::new()),
    };
    text.in_place(artifacts, "Copy the files, on the host of kuma-cp", files);
    text.section(
        if artifacts.args.multizone {
            "Start the global control plane"
        } else {
            "Start the control plane"
        },
        &format!("set -a; . {}; set +a\nkuma-cp run{run}\n", placed(artifacts, "kuma-cp.env")),
    );
    if artifacts.args.multizone {
        return;
    }
    let proxy = artifacts.tokens().flatten().unwrap_or("dp-1");
    match artifacts.tokens() {
        Some(Some(_)) => {
            text.section(
                "Verify the dataplane token",
                &format!(
                    "kumactl generate public-key --signing-key-path=dataplane-signing.key \\\n  \
                          | kumactl verify token dataplane-token --public-key=- --kid={KEY_ID}\n"
                ),
            );
        }
        Some(None) => {
            text.section(
                "Create a dataplane token",
                &format!(
                    "kumactl generate dataplane-token --name={proxy} --valid-for=720h \\\n  \
                          --signing-key-path=dataplane-signing.key --kid={KEY_ID} \\\n  \
                          --token-file=dataplane-token\n"
                ),
            );
        }
        None => {
            text.section("Create a dataplane token, on the host of kuma-cp", TOKEN);
            text.paragraph(
                "The official kumactl requests the token from the running control plane. The token is \
                 secret, and valid for the data plane proxy `dp-1` in the mesh `default`.",
            );
        }
    }
    if artifacts.tokens().is_some() {
        text.paragraph(&format!(
            "`dataplane-token` is secret, and valid for the data plane proxy `{proxy}` in the mesh `default`. \
             Keep the three signing keys off the other hosts: the control plane accepts every token that they \
             sign. `kumactl generate zone-token` and `user-token` use the other two."
        ));
    }
    let token = if artifacts.tokens().is_some() { "dataplane-token" } else { "dp-token" };
    text.section(
        &format!("Start the data plane proxy, on its own host, with kuma-dp.env and {token}"),
        &PROXY.replace("dp-token", token).replace("dp-1", proxy),
    );
    text.paragraph(
        "`dataplane.yaml` is an example: `address` is where other data plane proxies connect to this one, \
         and `servicePort` is the port of the application.",
    );
}

/// By default, a control plane on Universal requires a token (`dpServer.authn.dpProxy.type`).
const TOKEN: &str = "\
(umask 077; kumactl generate dataplane-token --mesh=default --name=dp-1 --valid-for=720h > dp-token)
";

const PROXY: &str = "\
cat > dataplane.yaml <<'END'
type: Dataplane
mesh: default
name: dp-1
networking:
  address: 127.0.0.1
  inbound:
    - port: 8080
      servicePort: 8081
      tags:
        kuma.io/service: demo
END
set -a; . ./kuma-dp.env; set +a
kuma-dp run --dataplane-file=dataplane.yaml --dataplane-token-file=dp-token
";

fn zones(artifacts: &Artifacts<'_>, address: &str, text: &mut Text) {
    let name = artifacts.args.service.namespace();
    let name = name.as_str();
    text.section(
        &format!("Install a zone on Kubernetes, with the Secret `{}`", ZONE_SECRET),
        &format!(
            "{}kubectl apply -f zone-secret.yaml\n{CHARTS}\
             helm install kuma kuma/kuma --namespace={name} --values=zone-values.yaml \\\n  \
             --set controlPlane.mode=zone --set controlPlane.zone=ZONE \\\n  \
             --set controlPlane.kdsGlobalAddress={}\n",
            namespace(name),
            word(address)
        ),
    );
    text.in_place(
        artifacts,
        "Copy the files, on the host of a zone's kuma-cp",
        "ca.crt zone-kuma-cp.env",
    );
    text.section(
        "Start a zone on Universal, with zone-kuma-cp.env and ca.crt",
        &format!(
            "set -a; . {}; set +a\nKUMA_MODE=zone KUMA_MULTIZONE_ZONE_NAME=ZONE kuma-cp run\n",
            placed(artifacts, "zone-kuma-cp.env")
        ),
    );
}

impl Text {
    /// Copies files to the directory of the variables, with their permissions.
    fn in_place(&mut self, artifacts: &Artifacts<'_>, title: &str, files: &str) {
        if let Some(directory) = &artifacts.args.directory {
            let directory = directory.to_string_lossy();
            let directory = word(&directory);
            self.section(title, &format!("mkdir -p {directory}\ncp -p {files} {directory}\n"));
        }
    }
}

/// Returns the path of a file on the host of kuma-cp.
fn placed(artifacts: &Artifacts<'_>, file: &str) -> String {
    match &artifacts.args.directory {
        None => format!("./{file}"),
        Some(directory) => {
            let path = directory.join(file);
            // `.` looks for a name without a slash in PATH.
            let path = if path.components().count() > 1 { path } else { Path::new(".").join(path) };
            word(&path.to_string_lossy()).into_owned()
        }
    }
}
