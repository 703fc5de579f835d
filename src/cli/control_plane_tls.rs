//! `kumactl generate control-plane-tls`.

mod next_steps;

use std::fs;
use std::path::{Path, PathBuf};

use kumactl::encode::environment::{self, EnvironmentFormat, Purpose};
use kumactl::encode::installation::Installation;
use kumactl::encode::kubernetes_secret::{self, SecretMetadata};
use kumactl::encode::{bundle, pem};
use kumactl::{
    ExtendedKeyUsage, IssuanceRequest, Namespace, ObjectName, Profile, SerialNumber,
    SubjectAltName, ValidFor,
};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use self::next_steps::Situation;
use super::control_plane::{self, GENERAL_SECRET, NAMESPACE, SERVICE};
use super::exit::Failure;
use super::hostname::NameArgs;
use super::issuance::Signer;
use super::issuer::IssuerArgs;
use super::key_options::KeyArgs;
use super::output::{Destination, PUBLIC_MODE, Plan, Request, Role};
use super::render::{self, CertificateReport, Remarks, ReportFormat};
use super::renewal::RenewalArgs;
use super::{hostname, input};

/// The Secret in a zone, with the CA of its global control plane, as in Kuma's documentation.
const ZONE_SECRET: &str = "kds-ca-certs";

/// Make everything for one control plane, into one directory
///
/// The certificate, its key, the CA, and what the installation wants of them: for Kubernetes a Secret,
/// values for Helm and flags for `kumactl install control-plane`; for plain machines the environment of
/// kuma-cp and kuma-dp. NEXT-STEPS.md says what to type then. Without other flags, a CA made for the
/// run signs. All files are written or none.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  $ kumactl generate control-plane-tls --mode=kubernetes --output-dir=tls

  $ kumactl generate control-plane-tls --mode=universal --hostname=cp.example --output-dir=tls

  A global control plane, whose zones dial zones.example; again in every run of a pipeline:
  $ kumactl generate control-plane-tls --mode=kubernetes --multizone --hostname=zones.example \\
      --issuer-cert-file=ca.crt --issuer-key-file=ca.key --output-dir=tls --if-needed")]
pub(super) struct Args {
    /// Where the control plane runs
    #[arg(long, value_enum, value_name = "MODE")]
    mode: Mode,

    /// Directory of the files; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    output_dir: PathBuf,

    /// Namespace of the control plane
    #[arg(long, short, value_parser = control_plane::namespace, default_value = NAMESPACE)]
    namespace: Namespace,

    /// Service of the control plane, whose names the certificate has
    #[arg(long, value_name = "NAME", default_value = SERVICE)]
    service: String,

    #[command(flatten)]
    names: NameArgs,

    /// Name of the Secret
    #[arg(long, value_parser = control_plane::object_name, default_value = GENERAL_SECRET)]
    secret_name: ObjectName,

    /// Make what zones need as well; --hostname is then the name or address that they dial
    #[arg(long)]
    multizone: bool,

    /// Directory of the files on the machine of kuma-cp [default: --output-dir]
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,

    /// Let the certificate be its own CA, as the official kumactl makes it
    #[arg(long, conflicts_with_all = ["ephemeral_ca", "issuer_cert_file", "issuer_key_file"])]
    self_signed: bool,

    #[command(flatten)]
    issuer: IssuerArgs,

    #[command(flatten)]
    key: KeyArgs,

    /// How long the certificate is valid: hours as `720h`, or `90d`, `2w`, `10y` [default: 87600h,
    /// or as long as the CA]
    #[arg(long, value_name = "DURATION")]
    valid_for: Option<String>,

    #[command(flatten)]
    renewal: RenewalArgs,

    /// Form of the report on what was done
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value_t)]
    output: ReportFormat,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(super) enum Mode {
    /// In a cluster
    Kubernetes,
    /// On plain machines
    Universal,
}

/// The pair and its CA, as PEM: what all other files are made from.
struct Pair {
    certificate: Zeroizing<Vec<u8>>,
    key: Zeroizing<Vec<u8>>,
    ca: Vec<u8>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let request = args.request()?;
    let made = Directory::make(&args.output_dir)?;
    let done = write(args, &request);
    if done.is_err() {
        made.undo();
    }
    done
}

fn write(args: &Args, request: &IssuanceRequest) -> Result<(), Failure> {
    let now = OffsetDateTime::now_utc();
    let issuer = args.issuer.open(now)?;
    if issuer.as_ref().is_some_and(|issuer| issuer.trust_anchor().is_none()) {
        let failure = Failure::failed(
            "the CA file has no self-signed certificate, so there is no CA certificate to hand out",
        );
        return Err(failure.hint("append the root's certificate to --issuer-cert-file"));
    }
    let signer = Signer { is_ephemeral: issuer.is_none() && !args.self_signed, issuer };
    let mut plan = args.plan()?;
    let found = args.renewal.read(&mut plan)?;
    let request =
        request.clone().with_key_algorithm(args.renewal.key_type(&found, args.key.key_type));
    let mut reasons = Vec::new();
    if args.renewal.is_if_needed() {
        let wanted =
            Profile::SelfSigned { request: &request }.resolve(now, SerialNumber::random()?)?;
        reasons = args.renewal.reasons(&found, &wanted, signer.expected(), now);
        if reasons.is_empty() {
            let pair = Pair {
                certificate: input::read(&args.path(Role::Certificate), "certificate file")?,
                key: input::read(&args.path(Role::PrivateKey), "key file")?,
                ca: pem::encode_certificates(signer.trust_anchor(found.chain())),
            };
            let report =
                CertificateReport::of_existing(found.chain(), &wanted, signer.issuer.as_ref())?;
            return repair(args, plan, &pair, &report);
        }
    }
    let issued = signer.issue(&request, now, || args.renewal.reused(found, args.key.key_type))?;
    let pair = Pair {
        certificate: Zeroizing::new(issued.chain.clone()),
        key: issued.private_key(args.key.key_format.into())?,
        ca: issued.ca_file(),
    };
    let written = plan.commit(|role| args.content(role, &pair))?;
    let mut warnings = hostname::warnings(request.subject_alt_names());
    warnings.extend(args.key.warning());
    warnings.extend(args.renewal.warning(issued.template.validity, now));
    let remarks = Remarks { warnings, reasons };
    render::report(args.output, false, &issued.report(), &written, &remarks)
}

/// Leaves a good pair alone, and writes the files that are not what is made from it.
fn repair(args: &Args, plan: Plan, pair: &Pair, report: &CertificateReport) -> Result<(), Failure> {
    let mut reasons = Vec::new();
    let mut roles = Vec::new();
    for role in args.roles() {
        let path = args.path(role);
        let reason = match fs::read(&path).map(Zeroizing::new) {
            Ok(found) if found == args.content(role, pair) => continue,
            Ok(_) => "is not what is made from the pair",
            Err(_) => "does not exist",
        };
        reasons.push(format!("{} {reason}", path.display()));
        roles.push(role);
    }
    let written = if roles.is_empty() {
        Vec::new()
    } else {
        plan.only(&roles).commit(|role| args.content(role, pair))?
    };
    let remarks = Remarks { reasons, ..Remarks::default() };
    render::report(args.output, false, report, &written, &remarks)
}

impl Args {
    fn request(&self) -> Result<IssuanceRequest, Failure> {
        let mut names = match self.mode {
            Mode::Kubernetes => {
                control_plane::service(&self.service, &self.namespace)?.subject_alt_names()
            }
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
        names.extend(self.names.parse()?);
        let valid_for = self.valid_for.as_deref().map(str::parse::<ValidFor>).transpose();
        Ok(IssuanceRequest::new(
            ExtendedKeyUsage::ServerAuth,
            names,
            self.key.key_type.unwrap_or_default(),
            valid_for.map_err(kumactl::Error::from)?,
        )?)
    }

    /// The files of the mode.
    fn roles(&self) -> Vec<Role> {
        let mut roles =
            vec![Role::PrivateKey, Role::Certificate, Role::CaCertificate, Role::CaBundle];
        roles.extend(match self.mode {
            Mode::Kubernetes => [Role::Secret, Role::HelmValues, Role::InstallFlags].as_slice(),
            Mode::Universal => &[Role::ControlPlaneEnvironment, Role::DataPlaneEnvironment],
        });
        if self.multizone {
            roles.extend([Role::ZoneSecret, Role::ZoneValues, Role::ZoneEnvironment]);
        }
        roles.push(Role::NextSteps);
        roles
    }

    fn path(&self, role: Role) -> PathBuf {
        self.output_dir.join(role.file_name())
    }

    fn plan(&self) -> Result<Plan, Failure> {
        let requests = self.roles().into_iter().map(|role| Request {
            role,
            destination: Destination::File(self.path(role)),
            mode: match role {
                Role::PrivateKey | Role::Secret => self.key.key_mode,
                _ => PUBLIC_MODE,
            },
        });
        let plan = Plan::new(requests.collect(), self.renewal.existing())?;
        plan.refuse_inputs(self.issuer.inputs())?;
        Ok(plan)
    }

    /// The bytes of a file, which follow from the pair and the flags alone.
    fn content(&self, role: Role, pair: &Pair) -> Zeroizing<Vec<u8>> {
        let text = |text: String| Zeroizing::new(text.into_bytes());
        match role {
            Role::PrivateKey => pair.key.clone(),
            Role::Certificate => pair.certificate.clone(),
            Role::CaCertificate => Zeroizing::new(pair.ca.clone()),
            Role::CaBundle => Zeroizing::new(bundle::encode(&pair.ca)),
            Role::Secret => {
                let metadata =
                    SecretMetadata::new(self.secret_name.clone(), self.namespace.clone());
                secret(
                    &metadata,
                    &[("ca.crt", &pair.ca), ("tls.crt", &pair.certificate), ("tls.key", &pair.key)],
                )
            }
            Role::HelmValues => text(self.installation(pair).helm_values()),
            Role::InstallFlags => text(self.installation(pair).flags()),
            Role::ControlPlaneEnvironment => text(self.environment()),
            Role::DataPlaneEnvironment => {
                let ca = String::from_utf8_lossy(&pair.ca);
                let address = self.first_host().map(|host| format!("https://{host}:5678"));
                let variables = environment::data_plane(&ca, address.as_deref());
                text(environment::encode(&variables, EnvironmentFormat::Systemd))
            }
            Role::ZoneSecret => {
                let name = ObjectName::parse(ZONE_SECRET).expect("a name");
                let metadata = SecretMetadata::new(name, self.namespace.clone());
                secret(&metadata, &[("ca.crt", &pair.ca)])
            }
            Role::ZoneValues => {
                let kds_zone_client_secret = ObjectName::parse(ZONE_SECRET).ok();
                let zone = Installation { kds_zone_client_secret, ..Installation::default() };
                text(zone.helm_values())
            }
            Role::ZoneEnvironment => {
                let ca = self.place(Role::CaCertificate);
                let mut variables = Purpose::ZoneKds.control_plane(None, None, Some(&ca));
                if let Some(host) = self.first_host() {
                    let address = format!("grpcs://{host}:5685");
                    variables.push(("KUMA_MULTIZONE_ZONE_GLOBAL_ADDRESS", address));
                }
                text(environment::encode(&variables, EnvironmentFormat::Systemd))
            }
            Role::NextSteps => text(next_steps::text(&Situation {
                mode: self.mode,
                namespace: self.namespace.as_str(),
                secret: self.secret_name.as_str(),
                zone_secret: ZONE_SECRET,
                hosts: &self.dialled(),
                is_multizone: self.multizone,
            })),
        }
    }

    fn installation(&self, pair: &Pair) -> Installation {
        Installation {
            general_secret: Some(self.secret_name.clone()),
            ca_bundle: Some(pair.ca.clone()),
            kds_global_server_secret: self.multizone.then(|| self.secret_name.clone()),
            ..Installation::default()
        }
    }

    fn environment(&self) -> String {
        let (certificate, key) = (self.place(Role::Certificate), self.place(Role::PrivateKey));
        let variables = Purpose::General.control_plane(Some(&certificate), Some(&key), None);
        // systemd's form is a shell's as well: `set -a; . ./kuma-cp.env`.
        environment::encode(&variables, EnvironmentFormat::Systemd)
    }

    /// The path of a file on the machine of kuma-cp.
    fn place(&self, role: Role) -> String {
        let directory = match &self.directory {
            Some(directory) => directory.clone(),
            None => self.output_dir.canonicalize().unwrap_or_else(|_| self.output_dir.clone()),
        };
        directory.join(role.file_name()).to_string_lossy().into_owned()
    }

    /// The names that are dialled: of the Service the two that Kuma uses.
    fn dialled(&self) -> Vec<SubjectAltName> {
        let mut names = match self.mode {
            Mode::Kubernetes => {
                let service = control_plane::service(&self.service, &self.namespace);
                service.map(|service| service.dialled()).unwrap_or_default()
            }
            Mode::Universal => Vec::new(),
        };
        names.extend(self.names.dialled().unwrap_or_default());
        names
    }

    /// The first name of --hostname as the host of a URL.
    fn first_host(&self) -> Option<String> {
        let names = self.names.parse().unwrap_or_default();
        let host = names.iter().find(|name| !name.to_string().starts_with('*'))?;
        Some(match host {
            SubjectAltName::Ip(address) if address.is_ipv6() => format!("[{address}]"),
            host => host.to_string(),
        })
    }
}

fn secret(metadata: &SecretMetadata, data: &[(&str, &[u8])]) -> Zeroizing<Vec<u8>> {
    let manifest = kubernetes_secret::encode(metadata, data);
    Zeroizing::new(manifest.as_bytes().to_vec())
}

/// The directory of the files, and whether it was made by this run.
struct Directory<'a> {
    path: &'a Path,
    is_new: bool,
}

impl<'a> Directory<'a> {
    fn make(path: &'a Path) -> Result<Self, Failure> {
        let is_new = !path.exists();
        fs::create_dir_all(path).map_err(|error| {
            let reason = super::exit::reason(&error);
            let failure = format!("could not make the directory {}: {reason}", path.display());
            Failure::failed(failure).hint("--output-dir=DIR, in a directory that you may write to")
        })?;
        Ok(Self { path, is_new })
    }

    /// Takes an empty directory of this run away again.
    fn undo(self) {
        if self.is_new {
            // Not empty, or somebody else's by now: it stays.
            let _ = fs::remove_dir(self.path);
        }
    }
}
