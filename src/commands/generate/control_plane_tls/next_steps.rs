//! NEXT-STEPS.md: what to type once the files are there.

use std::path::Path;

use kuma_pki::SubjectAltName;

use super::Mode;
use crate::report::shell::word;

/// What the text depends on.
pub(super) struct Situation<'a> {
    pub(super) mode: Mode,
    pub(super) namespace: &'a str,
    pub(super) secret: &'a str,
    pub(super) zone_secret: &'a str,
    /// The names that are dialed.
    pub(super) hosts: &'a [SubjectAltName],
    /// Where the files are to be on the machine of kuma-cp.
    pub(super) directory: Option<&'a Path>,
    /// Where zones find the control plane, if it is a global one.
    pub(super) global_address: Option<&'a str>,
}

/// The text, in Markdown. Its commands are run in the directory of the files.
pub(super) fn text(situation: &Situation<'_>) -> String {
    let mut text = Text(String::from(
        "# Next steps\n\nRun these in this directory. `tls.key` is secret; `ca.crt` and \
         `ca-bundle.b64` are for everybody.\n",
    ));
    let hosts: Vec<_> = situation.hosts.iter().map(ToString::to_string).collect();
    text.section(
        "Look before the installation",
        &format!(
            "kumactl verify tls-certificate --cert-file=tls.crt --key-file=tls.key \\\n  \
             --ca-cert-file=ca.crt --ca-bundle-file=ca-bundle.b64 \\\n  --hostname={}\n",
            word(&hosts.join(","))
        ),
    );
    match situation.mode {
        Mode::Kubernetes => kubernetes(situation, &mut text),
        Mode::Universal => universal(situation, &mut text),
    }
    if let Some(address) = situation.global_address {
        zones(situation, address, &mut text);
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

/// Makes a namespace that may be there already.
fn namespace(name: &str) -> String {
    format!("kubectl create namespace {name} --dry-run=client -o yaml | kubectl apply -f -\n")
}

/// Finds Kuma's chart.
const CHARTS: &str = "helm repo add kuma https://kumahq.github.io/charts\n";

fn kubernetes(situation: &Situation<'_>, text: &mut Text) {
    let name = situation.namespace;
    text.section(
        &format!("The Secret `{}`", situation.secret),
        &format!("{}kubectl apply -f secret.yaml\n", namespace(name)),
    );
    if situation.global_address.is_some() {
        text.paragraph(
            "A global control plane in Kubernetes, and so `--mode=global` and \
             `--tls-kds-global-server-secret`, are of Kuma 2.x only. With Kuma 3.x it runs on plain \
             machines: make its files with `--mode=universal`.",
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

fn universal(situation: &Situation<'_>, text: &mut Text) {
    text.in_place(situation, "The files, on the machine of kuma-cp", "tls.crt tls.key kuma-cp.env");
    text.section(
        if situation.global_address.is_some() {
            "The global control plane"
        } else {
            "The control plane"
        },
        &format!("set -a; . {}; set +a\nkuma-cp run\n", placed(situation, "kuma-cp.env")),
    );
    if situation.global_address.is_none() {
        text.section("A token for a data plane proxy, on the machine of kuma-cp", TOKEN);
        text.paragraph(
            "The official kumactl asks the running control plane for the token, which is secret. It is \
             valid for the proxy `dp-1` of the mesh `default`.",
        );
        text.section(
            "The data plane proxy, on its own machine, with kuma-dp.env and dp-token",
            PROXY,
        );
        text.paragraph(
            "`dataplane.yaml` is an example: the address is that by which other proxies reach this one, \
             and `servicePort` is the port of the application.",
        );
    }
}

/// A default control plane on Universal wants a token of every proxy (`dpServer.authn.dpProxy.type`).
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

fn zones(situation: &Situation<'_>, address: &str, text: &mut Text) {
    let name = situation.namespace;
    text.section(
        &format!("A zone in Kubernetes, with the Secret `{}`", situation.zone_secret),
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
        situation,
        "The files, on the machine of a zone's kuma-cp",
        "ca.crt zone-kuma-cp.env",
    );
    text.section(
        "A zone on plain machines, with zone-kuma-cp.env and ca.crt there",
        &format!(
            "set -a; . {}; set +a\nKUMA_MODE=zone KUMA_MULTIZONE_ZONE_NAME=ZONE kuma-cp run\n",
            placed(situation, "zone-kuma-cp.env")
        ),
    );
}

impl Text {
    /// Copies files to the directory that the variables name, with their permissions.
    fn in_place(&mut self, situation: &Situation<'_>, title: &str, files: &str) {
        if let Some(directory) = situation.directory {
            let directory = directory.to_string_lossy();
            let directory = word(&directory);
            self.section(title, &format!("mkdir -p {directory}\ncp -p {files} {directory}\n"));
        }
    }
}

/// A file, where it is on the machine of kuma-cp.
fn placed(situation: &Situation<'_>, file: &str) -> String {
    match situation.directory {
        None => format!("./{file}"),
        Some(directory) => {
            let path = directory.join(file);
            // `.` looks for a name without a slash in PATH.
            let path = if path.components().count() > 1 { path } else { Path::new(".").join(path) };
            word(&path.to_string_lossy()).into_owned()
        }
    }
}
