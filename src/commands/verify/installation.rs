//! `kumactl verify installation`.

use std::path::{Path, PathBuf};

use kuma_pki::format::pem;
use kuma_pki::installation::{self, Inventory, NamedFile, Options, Report};
use kuma_pki::verify::kuma::KumaVersion;
use kuma_pki::{Certificate, rfc3339};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::args::verification::{ReportArgs, TimeArgs};
use crate::files::{ExistingPolicy, Output, OutputKind, PUBLIC_MODE, Plan, read};
use crate::report::console::Console;
use crate::report::conversion;
use crate::report::failure::Failure;
use crate::report::render::{diagram, installation as render};

/// Verify that the pieces of an installation fit together
///
/// Checks Secrets, control planes, Services, webhooks, proxies and zones against each other: in rendered
/// manifests, in a running cluster, or in a directory of `generate control-plane-tls`. Never prints values
/// of Secrets. The exit status is 0 if the pieces fit together, 1 if they do not, and 3 if the input cannot
/// be read.
#[derive(clap::Args)]
#[command(override_usage = "\
kumactl verify installation [OPTIONS] --manifest <FILE>
       kumactl verify installation [OPTIONS] --directory <DIR>")]
#[command(after_help = "\
Examples:
  # Before you install Kuma: the output of Helm, and the Secret
  kumactl generate control-plane-tls --mode=kubernetes --output-dir=tls
  helm template kuma kuma/kuma --namespace=kuma-system \\
    --values=tls/values.yaml \\
    | kumactl verify installation --manifest=- --secret=tls/secret.yaml

  # A running installation
  kubectl get secret,service,deployment,configmap,pod -A \\
    -o yaml > objects.yaml
  kubectl get mutatingwebhookconfiguration,validatingwebhookconfiguration \\
    -o yaml > webhooks.yaml
  kumactl verify installation --manifest=objects.yaml --manifest=webhooks.yaml

  # On Universal
  kumactl generate control-plane-tls --mode=universal --hostname=cp.example \\
    --output-dir=tls
  kumactl verify installation --directory=tls --diagram=map.svg

  # During a rotation: the pieces that still trust the old CA
  kumactl verify installation --manifest=cluster.yaml --previous=old-ca.crt")]
pub(crate) struct Args {
    /// File with Kubernetes objects in YAML or JSON, such as the output of `helm template` or `kubectl get
    /// -o yaml`, `-` for standard input (can be repeated, one file for each cluster)
    #[arg(long = "manifest", value_name = "FILE")]
    manifests: Vec<PathBuf>,

    /// File with Secrets that no manifest contains (can be repeated)
    #[arg(long = "secret", value_name = "FILE")]
    secrets: Vec<PathBuf>,

    /// Directory of `generate control-plane-tls`, or of a machine with environment files, systemd unit files
    /// and PEM files (can be repeated)
    #[arg(long = "directory", value_name = "DIR")]
    directories: Vec<PathBuf>,

    /// CA certificates that other clients trust, which no manifest contains
    #[arg(long, value_name = "FILE")]
    ca_cert_file: Option<PathBuf>,

    /// Write a diagram to this file: `.svg`, or `.mmd` for Mermaid
    #[arg(long, value_name = "FILE")]
    diagram: Option<PathBuf>,

    /// The old CA certificates, during a rotation
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,

    #[command(flatten)]
    time: TimeArgs,

    /// Version of Kuma to verify for, such as 2.13 [default: 2.14]
    #[arg(long, value_name = "VERSION")]
    kuma_version: Option<KumaVersion>,

    #[command(flatten, next_help_heading = "Report")]
    report: ReportArgs,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let at = args.time.at(OffsetDateTime::now_utc())?;
    if args.manifests.is_empty() && args.directories.is_empty() {
        let failure = Failure::usage("--manifest or --directory is required");
        return Err(failure.hint(
            "add --manifest=FILE with the output of `helm template` or `kubectl get -o yaml`",
        ));
    }
    let diagram = args.diagram.as_deref().map(Diagram::plan).transpose()?;
    let inputs = args.manifests.iter().chain(&args.secrets).chain(&args.previous);
    let inputs = inputs.chain(&args.ca_cert_file);
    read::stdin_once(inputs)?;
    let inventory = args.read().map_err(Failure::while_reading)?;
    let options = Options {
        at,
        kuma: args.kuma_version.unwrap_or(KumaVersion::NEWEST),
        previous: args.previous().map_err(Failure::while_reading)?,
    };
    let report = installation::verify(&inventory, &options);
    if report.is_empty() {
        let failure = Failure::unreadable("there is no control plane of Kuma in what was read");
        return Err(
            failure.hint("include its Deployment: kubectl get deployment -n kuma-system -o yaml")
        );
    }
    if let Some(diagram) = diagram {
        diagram.write(&report)?;
    }
    args.report.print(
        report.verifies(),
        || render::json(&report, &rfc3339(&at)),
        |quiet, palette| render::text(&report, quiet, palette),
    )
}

impl Args {
    fn read(&self) -> Result<Inventory, Failure> {
        let mut inventory = Inventory::default();
        for (path, role) in self
            .manifests
            .iter()
            .map(|path| (path, "manifest"))
            .chain(self.secrets.iter().map(|path| (path, "Secret")))
        {
            let source = read::open(path, role)?;
            inventory.read_manifest(source).map_err(|error| {
                Failure::failed(format!("could not read the {role} {}: {error}", read::shown(path)))
            })?;
        }
        for path in &self.directories {
            let files = read::directory(path)?;
            let shown = read::shown(path);
            inventory.add_directory(&shown, files);
        }
        if let Some(path) = &self.ca_cert_file {
            let bytes = read::file(path, "CA certificate file")?;
            inventory.set_ca(NamedFile::new(read::shown(path), bytes));
        }
        Ok(inventory)
    }

    /// Reads the CA certificates from before a rotation.
    fn previous(&self) -> Result<Vec<Certificate>, Failure> {
        let Some(path) = &self.previous else { return Ok(Vec::new()) };
        let text = read::file(path, "CA certificate file")?;
        let shown = read::shown(path);
        pem::decode_certificates(&text).map_err(|error| {
            let failure = Failure::failed(format!("{shown}: {error}"));
            failure.hint_if_any(conversion::hint(&error, &shown, conversion::Wanted::Ca))
        })
    }
}

/// The drawing that was requested.
struct Diagram {
    plan: Plan,
    draw: fn(&Report) -> String,
}

impl Diagram {
    fn plan(path: &Path) -> Result<Self, Failure> {
        let draw = match path.extension().and_then(|end| end.to_str()) {
            Some("svg") => diagram::svg,
            Some("mmd") => diagram::mermaid,
            _ => {
                let failure =
                    Failure::usage(format!("--diagram: {} has no format", read::shown(path)));
                return Err(failure.hint("--diagram=map.svg, or --diagram=map.mmd for Mermaid"));
            }
        };
        let output = Output::of_flag(OutputKind::Diagram, path.as_os_str(), PUBLIC_MODE);
        let console = Console::new(true);
        Ok(Self { plan: Plan::new(vec![output], ExistingPolicy::Replace, console)?, draw })
    }

    fn write(self, report: &Report) -> Result<(), Failure> {
        let text = (self.draw)(report);
        self.plan.commit(|_| Zeroizing::new(text.clone().into_bytes())).map(drop)
    }
}
