//! `kumactl generate control-plane-tls`.

mod artifacts;
mod next_steps;
mod own_pair;
mod tokens;

use std::path::PathBuf;

use kuma_pki::{ExtendedKeyUsage, IssuanceRequest, SubjectAltName};
use time::OffsetDateTime;

use self::artifacts::Artifacts;
use self::tokens::{TokenFiles, TokensArgs};
use crate::args::control_plane::{SecretArgs, ServiceArgs};
use crate::args::hostname::{self, NameArgs};
use crate::args::issuance::{self, IssuanceArgs};
use crate::args::pem_files::{self, PemFilesArgs};
use crate::files::{Output, OutputKind, PUBLIC_MODE, Plan};
use crate::job::existing_files::ExistingFiles;
use crate::job::signer::Signer;
use crate::job::{Job, Request, stale_files};
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::shell;

/// Generate all TLS files for one control plane
///
/// Writes the certificate, its key, the CA certificate, and the files to install them. For Kubernetes these
/// are a Secret, Helm values and flags for `kumactl install control-plane`; for Universal, the environment
/// variables of kuma-cp and kuma-dp. NEXT-STEPS.md lists the commands to run next. By default, a CA that is
/// generated for this run signs the certificate. kumactl writes all files or none.
///
/// With --cert-file, --key-file and --ca-cert-file the files are made from a certificate of another PKI,
/// which is verified first. The certificates may be in any order: the intermediate CAs go to tls.crt, the
/// root CA to ca.crt.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl generate control-plane-tls --mode=kubernetes --output-dir=tls

  kumactl generate control-plane-tls --mode=universal --hostname=cp.example \\
    --output-dir=tls

  # From the answer of a PKI to a certificate request
  kumactl generate control-plane-tls --mode=kubernetes --output-dir=tls \\
    --cert-file=answer.crt --key-file=cp.key --ca-cert-file=pki-root.crt

  # A global control plane that zones reach at zones.example, in a pipeline
  # that runs again and again
  kumactl generate control-plane-tls --mode=kubernetes --multizone \\
    --hostname=zones.example --output-dir=tls --if-needed \\
    --issuer-cert-file=ca.crt --issuer-key-file=ca.key")]
pub(crate) struct Args {
    /// Environment of the control plane
    #[arg(long, value_enum, value_name = "MODE")]
    mode: Mode,

    /// Directory for the files, created if it does not exist
    #[arg(long, value_name = "DIR")]
    output_dir: PathBuf,

    #[command(flatten)]
    service: ServiceArgs,

    #[command(flatten)]
    secret: SecretArgs,

    /// Generate a global control plane and the files for its zones; --hostname is then the name or
    /// IP address that zones connect to
    #[arg(long)]
    multizone: bool,

    /// Directory of the files on the host of kuma-cp [default: the value of --output-dir]
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,

    /// Issue a self-signed certificate that is its own CA, like the official kumactl
    #[arg(long, conflicts_with_all = ["ephemeral_ca", "issuer_cert_file", "issuer_key_file"])]
    self_signed: bool,

    #[command(flatten, next_help_heading = "Certificate")]
    names: NameArgs,

    #[command(flatten, next_help_heading = "Files")]
    pair: PemFilesArgs,

    #[command(flatten, next_help_heading = "Tokens")]
    tokens: TokensArgs,

    #[command(flatten)]
    issuance: IssuanceArgs,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Mode {
    /// A Kubernetes cluster
    Kubernetes,
    /// Virtual machines, bare metal or containers without Kubernetes
    Universal,
}

pub(crate) fn run(args: &Args, console: Console) -> Result<(), Failure> {
    if args.pair.cert_file.is_some() || args.pair.ca_cert_file.is_some() {
        return own_pair::run(args, console);
    }
    let mut request = args.request()?;
    let now = OffsetDateTime::now_utc();
    let signer = Signer::open(&args.issuance.issuer, !args.self_signed, now, console)?;
    let mut plan = args.plan(console)?;
    let existing = ExistingFiles::read(args.issuance.existing, &mut plan)?;
    request.key_algorithm = existing.key_type(args.issuance.key.key_type);
    let key = (&args.issuance.key).into();
    let job = Job { request: Request::EndEntity(&request), signer: &signer, existing, key, now };
    let (pem_files, outcome) = job.run()?;
    let ca_warnings = pem_files::ca_warnings(&pem_files.ca, now);
    let token_files = TokenFiles::new(args, now)?;
    let artifacts = Artifacts::new(args, pem_files, token_files)?;
    let content = |kind| artifacts.content(kind);
    let stale =
        |_: &_, _: &_| stale_files::stale_artifacts(&args.output_dir, &args.kinds(), content);
    let report = outcome.write(plan, content, stale)?;
    let warnings = if report.is_kept { Vec::new() } else { args.issuance.warnings(&signer) };
    let warnings = warnings.into_iter().chain(ca_warnings).chain(args.leftover_warning());
    report.print(console, args.issuance.output, warnings);
    Ok(())
}

impl Args {
    /// Refuses flags that have no effect.
    fn refuse_unused(&self) -> Result<(), Failure> {
        self.tokens.refuse_unused(self.mode, self.multizone)?;
        match self.mode {
            Mode::Kubernetes => Failure::refuse_unused(
                &[("--directory", self.directory.is_some() && !self.multizone)],
                "with --mode=kubernetes",
                "use --mode=universal",
            ),
            Mode::Universal => Failure::refuse_unused(
                &[
                    // A zone in Kubernetes has a namespace.
                    ("--namespace", self.service.namespace.is_some() && !self.multizone),
                    ("--service", self.service.service_name.is_some()),
                    ("--secret-name", self.secret.secret_name.is_some()),
                ],
                "with --mode=universal",
                "use --mode=kubernetes",
            ),
        }
    }

    fn request(&self) -> Result<IssuanceRequest, Failure> {
        self.refuse_unused()?;
        let mut names = match self.mode {
            Mode::Kubernetes => self.service.read()?.subject_alt_names(),
            Mode::Universal => Vec::new(),
        };
        names.extend(self.hostnames()?);
        Ok(IssuanceRequest::new(
            ExtendedKeyUsage::ServerAuth,
            names,
            self.issuance.key.key_type.unwrap_or_default(),
            issuance::valid_for(self.issuance.valid_for.as_deref())?,
        )?)
    }

    /// Returns the names of --hostname.
    fn hostnames(&self) -> Result<Vec<SubjectAltName>, Failure> {
        if self.names.is_empty() && self.mode == Mode::Universal {
            let failure = Failure::usage("--hostname is required with --mode=universal");
            let hint = "add --hostname=NAME for each name or IP address that proxies connect to";
            return Err(failure.hint(hint));
        }
        if self.names.is_empty() && self.multizone {
            let failure = Failure::usage("--hostname is required with --multizone");
            let hint =
                "add --hostname=NAME, the name or IP address that zones connect to on port 5685";
            return Err(failure.hint(hint));
        }
        let hostnames = self.names.parse()?;
        let is_dialed = self.multizone || self.mode == Mode::Universal;
        if is_dialed && !hostnames.iter().any(hostname::is_dialable) {
            let listed: Vec<_> = hostnames.iter().map(ToString::to_string).collect();
            let text = format!("no client can connect to --hostname={}", listed.join(","));
            let hint = "add --hostname=NAME with a DNS name without a wildcard, or an IP address";
            return Err(Failure::usage(text).hint(hint));
        }
        Ok(hostnames)
    }

    /// Returns every file of a directory in the order of the report, and whether it is requested.
    fn files(&self) -> [(OutputKind, bool); 19] {
        let is_kubernetes = self.mode == Mode::Kubernetes;
        let (has_tokens, has_proxy) = (self.tokens.tokens, self.tokens.dataplane.is_some());
        [
            (OutputKind::PrivateKey, true),
            (OutputKind::Certificate, true),
            // Only left by another command.
            (OutputKind::CertificateRequest, false),
            (OutputKind::CaCertificate, true),
            (OutputKind::CaBundle, true),
            (OutputKind::Secret, is_kubernetes),
            (OutputKind::HelmValues, is_kubernetes),
            (OutputKind::InstallFlags, is_kubernetes),
            (OutputKind::ControlPlaneEnvironment, !is_kubernetes),
            // Data plane proxies connect to zones, not to a global control plane.
            (OutputKind::DataPlaneEnvironment, !is_kubernetes && !self.multizone),
            (OutputKind::ZoneSecret, self.multizone),
            (OutputKind::ZoneValues, self.multizone),
            (OutputKind::ZoneEnvironment, self.multizone),
            (OutputKind::DataplaneSigningKey, has_tokens),
            (OutputKind::ZoneSigningKey, has_tokens),
            (OutputKind::UserSigningKey, has_tokens),
            (OutputKind::ControlPlaneConfiguration, has_tokens),
            (OutputKind::DataplaneToken, has_tokens && has_proxy),
            (OutputKind::NextSteps, true),
        ]
    }

    /// Returns the files of the mode.
    fn kinds(&self) -> Vec<OutputKind> {
        let requested = self.files().into_iter().filter(|(_, is_requested)| *is_requested);
        requested.map(|(kind, _)| kind).collect()
    }

    /// Returns the warning about files of earlier runs with other flags.
    fn leftover_warning(&self) -> Option<String> {
        let others = self.files().into_iter().filter(|(_, is_requested)| !is_requested);
        let paths = others.map(|(kind, _)| self.path(kind)).filter(|path| path.is_file());
        let words: Vec<_> =
            paths.map(|path| shell::word(&path.to_string_lossy()).into_owned()).collect();
        (!words.is_empty()).then(|| {
            let files = words.join(" ");
            format!(
                "the directory contains files of an earlier run with other flags, perhaps for another \
                 key or CA: rm {files}"
            )
        })
    }

    fn path(&self, kind: OutputKind) -> PathBuf {
        self.output_dir.join(kind.file_name())
    }

    fn plan(&self, console: Console) -> Result<Plan, Failure> {
        let outputs = self.kinds().into_iter().map(|kind| {
            let mode = if kind.holds_key() { self.issuance.key.file.key_mode } else { PUBLIC_MODE };
            Output::in_output_dir(kind, &self.output_dir, mode)
        });
        let plan = Plan::new(outputs.collect(), self.issuance.existing.policy(), console)?;
        plan.refuse_inputs(self.issuance.issuer.own.inputs())?;
        Ok(plan)
    }
}
