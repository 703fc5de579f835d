//! `kumactl generate control-plane-tls`.

mod artefacts;
mod next_steps;

use std::path::PathBuf;

use kuma_pki::{ExtendedKeyUsage, IssuanceRequest, ObjectName};
use time::OffsetDateTime;

use self::artefacts::Artefacts;
use crate::args::control_plane::{self, ServiceArgs};
use crate::args::hostname;
use crate::args::hostname::NameArgs;
use crate::args::issuance::{self, IssuanceArgs};
use crate::args::pem_files;
use crate::files::{Destination, PUBLIC_MODE, Plan, Request, Role};
use crate::job::existing_files::ExistingFiles;
use crate::job::signer::Signer;
use crate::job::{self, Job, stale_files};
use crate::report::failure::Failure;
use crate::report::shell;

/// Make everything for one control plane, into one directory
///
/// The certificate, its key, the CA, and what the installation wants of them: for Kubernetes a Secret,
/// values for Helm and flags for `kumactl install control-plane`; for plain machines the environment of
/// kuma-cp and kuma-dp. NEXT-STEPS.md says what to type then. Without other flags, a CA made for the
/// run signs. All files are written or none.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl generate control-plane-tls --mode=kubernetes --output-dir=tls

  kumactl generate control-plane-tls --mode=universal --hostname=cp.example \\
    --output-dir=tls

  # A global control plane, whose zones dial zones.example; again in every run
  # of a pipeline
  kumactl generate control-plane-tls --mode=kubernetes --multizone \\
    --hostname=zones.example --output-dir=tls --if-needed \\
    --issuer-cert-file=ca.crt --issuer-key-file=ca.key")]
pub(crate) struct Args {
    /// Where the control plane runs
    #[arg(long, value_enum, value_name = "MODE")]
    mode: Mode,

    /// Directory of the files; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    output_dir: PathBuf,

    #[command(flatten)]
    service: ServiceArgs,

    #[command(flatten)]
    names: NameArgs,

    /// Name of the Secret [default: general-tls-certs]
    #[arg(long, value_name = "NAME", value_parser = control_plane::object_name)]
    secret_name: Option<ObjectName>,

    /// Make it the global control plane of several zones, and what those need; --hostname is then the
    /// name or address that they dial
    #[arg(long)]
    multizone: bool,

    /// Directory of the files on the machine of kuma-cp [default: --output-dir]
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,

    /// Let the certificate be its own CA, as the official kumactl makes it
    #[arg(long, conflicts_with_all = ["ephemeral_ca", "issuer_cert_file", "issuer_key_file"])]
    self_signed: bool,

    #[command(flatten)]
    issuance: IssuanceArgs,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Mode {
    /// In a cluster
    Kubernetes,
    /// On plain machines
    Universal,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let request = args.request()?;
    let now = OffsetDateTime::now_utc();
    let signer = Signer::open(&args.issuance.issuer, !args.self_signed, now)?;
    let mut plan = args.plan()?;
    let existing = ExistingFiles::read(args.issuance.existing, &mut plan)?;
    let request = request.with_key_algorithm(existing.key_type(args.issuance.key.key_type));
    let request = job::Request::EndEntity(request);
    let job = Job { key: &args.issuance.key, request, signer, existing, now };
    let (pem_files, outcome) = job.run(&plan)?;
    let warnings = args.warnings(&pem_files.ca, now);
    let artifacts = Artefacts::new(args, pem_files)?;
    let content = |role| artifacts.content(role);
    let stale =
        |_: &_, _: &_| stale_files::stale_artifacts(&args.output_dir, &args.roles(), content);
    outcome.write(plan, content, stale, args.issuance.output, warnings)
}

impl Args {
    /// Refuses flags that would change nothing.
    fn refuse_unused(&self) -> Result<(), Failure> {
        let (unused, why, hint) = match self.mode {
            Mode::Kubernetes => (
                vec![("--directory", self.directory.is_some() && !self.multizone)],
                "is about plain machines, and --mode=kubernetes has none",
                "--mode=universal",
            ),
            Mode::Universal => (
                vec![
                    // A zone in Kubernetes has a namespace.
                    ("--namespace", self.service.namespace.is_some() && !self.multizone),
                    ("--service", self.service.service_name.is_some()),
                    ("--secret-name", self.secret_name.is_some()),
                ],
                "is about Kubernetes, and --mode=universal has none",
                "--mode=kubernetes",
            ),
        };
        match unused.iter().find(|(_, is_given)| *is_given) {
            None => Ok(()),
            Some((flag, _)) => {
                let failure = Failure::usage(format!("{flag} {why}"));
                Err(failure.hint(format!("leave {flag} out, or {hint}")))
            }
        }
    }

    fn request(&self) -> Result<IssuanceRequest, Failure> {
        self.refuse_unused()?;
        let mut names = match self.mode {
            Mode::Kubernetes => self.service.read()?.subject_alt_names(),
            Mode::Universal => Vec::new(),
        };
        if self.names.is_empty() && self.mode == Mode::Universal {
            let failure = Failure::usage("--hostname is missing: which name do proxies dial?");
            return Err(failure.hint("--hostname=NAME, once for each name or IP address"));
        }
        if self.names.is_empty() && self.multizone {
            let failure = Failure::usage("--hostname is missing: which name do zones dial?");
            return Err(failure.hint(
                "--hostname=NAME, the name or address of the global control plane's port 5685",
            ));
        }
        let given = self.names.parse()?;
        let is_dialled = self.multizone || self.mode == Mode::Universal;
        if is_dialled && !given.iter().any(hostname::can_be_dialled) {
            let listed: Vec<_> = given.iter().map(ToString::to_string).collect();
            let text = format!("--hostname has no name that can be dialled: {}", listed.join(", "));
            let hint = "add --hostname=NAME, a DNS name without a wildcard, or an IP address";
            return Err(Failure::usage(text).hint(hint));
        }
        names.extend(given);
        Ok(IssuanceRequest::new(
            ExtendedKeyUsage::ServerAuth,
            names,
            self.issuance.key.key_type.unwrap_or_default(),
            issuance::valid_for(self.issuance.valid_for.as_deref())?,
        )?)
    }

    /// The files of the mode.
    fn roles(&self) -> Vec<Role> {
        let mut roles =
            vec![Role::PrivateKey, Role::Certificate, Role::CaCertificate, Role::CaBundle];
        roles.extend(match self.mode {
            Mode::Kubernetes => [Role::Secret, Role::HelmValues, Role::InstallFlags].as_slice(),
            Mode::Universal => &[Role::ControlPlaneEnvironment],
        });
        if self.mode == Mode::Universal && !self.multizone {
            // A global control plane has no data plane proxies: they are its zones'.
            roles.push(Role::DataPlaneEnvironment);
        }
        if self.multizone {
            roles.extend([Role::ZoneSecret, Role::ZoneValues, Role::ZoneEnvironment]);
        }
        roles.push(Role::NextSteps);
        roles
    }

    fn secret_name(&self) -> ObjectName {
        self.secret_name.clone().unwrap_or_else(control_plane::general_secret)
    }

    /// What is worth a warning about the CA file and about files that are not written.
    fn warnings(&self, ca: &[u8], now: OffsetDateTime) -> Vec<String> {
        let mut warnings = pem_files::ca_warnings(ca, now);
        warnings.extend(self.left_over());
        warnings
    }

    /// What is worth a warning about files of runs with other flags, which this one does not write.
    fn left_over(&self) -> Option<String> {
        let own = self.roles();
        let others = Role::ALL.into_iter().filter(|role| !own.contains(role));
        let paths = others.map(|role| self.path(role)).filter(|path| path.is_file());
        let words: Vec<_> =
            paths.map(|path| shell::word(&path.to_string_lossy()).into_owned()).collect();
        (!words.is_empty()).then(|| {
            let files = words.join(" ");
            format!(
                "files of another run, with other flags and perhaps another key and CA, are still \
                 there: rm {files}"
            )
        })
    }

    fn path(&self, role: Role) -> PathBuf {
        self.output_dir.join(role.file_name())
    }

    fn plan(&self) -> Result<Plan, Failure> {
        let requests = self.roles().into_iter().map(|role| Request {
            role,
            destination: Destination::InDirectory(self.path(role)),
            mode: match role {
                Role::PrivateKey | Role::Secret => self.issuance.key.file.key_mode,
                _ => PUBLIC_MODE,
            },
        });
        let plan = Plan::new(requests.collect(), self.issuance.existing.existing())?;
        plan.refuse_inputs(self.issuance.issuer.inputs())?;
        Ok(plan)
    }
}
