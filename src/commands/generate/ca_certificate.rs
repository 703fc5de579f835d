//! `kumactl generate ca-certificate`.

use std::ffi::OsString;
use std::sync::Arc;

use kuma_pki::verify::kuma::KumaVersion;
use kuma_pki::verify::{self, File, MeshCaFiles, MeshCaPurpose};
use kuma_pki::{CaRequest, ConstraintError, PermittedSubtree};
use time::OffsetDateTime;

use crate::args::certificate;
use crate::args::existing_files::ExistingFilesArgs;
use crate::args::issuance;
use crate::args::issuer::{self, DEFAULT_NAME, OwnCaArgs};
use crate::args::key_options::KeyArgs;
use crate::files::{Output, OutputKind, PUBLIC_MODE, Plan};
use crate::job::existing_files::ExistingFiles;
use crate::job::signer::Signer;
use crate::job::{Job, PemFiles, Request};
use crate::report::console::Console;
use crate::report::failure::{Failure, Failures};
use crate::report::hints;
use crate::report::render::{self, ReportFormat};

/// Create a CA to issue certificates from
///
/// Without --issuer-cert-file the CA is a root CA. With it, or with --purpose=mesh-identity, it is an
/// intermediate CA, and its certificate is followed by those of the CAs above it.
///
/// Clients that trust the CA certificate accept every certificate that the CA issues, so you can replace
/// certificates without touching the clients. Keep the key safe: anyone with the key can impersonate any
/// server.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # Create a CA, and issue a control plane certificate from it
  kumactl generate ca-certificate
  kumactl generate tls-certificate --type=server --hostname=cp.example \\
    --issuer-cert-file=ca.crt --issuer-key-file=ca.key

  # Create a CA that is limited to one DNS domain
  kumactl generate ca-certificate --permit-dns=mesh.example

  # Create a root CA and an intermediate CA
  kumactl generate ca-certificate --path-length=1 \\
    --cert-file=root.crt --key-file=root.key
  kumactl generate ca-certificate --issuer-cert-file=root.crt \\
    --issuer-key-file=root.key

  # Create the CA of a MeshIdentity
  kumactl generate ca-certificate --purpose=mesh-identity --key-type=ecdsa \\
    --cert-file=mesh-ca.crt --key-file=mesh-ca.key")]
pub(crate) struct Args {
    /// Write the certificate to this file, `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "ca.crt")]
    cert_file: OsString,

    /// Write the private key to this file, `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "ca.key")]
    key_file: OsString,

    /// Common name of the CA; kumactl appends 8 digits of the key identifier
    #[arg(long, default_value = DEFAULT_NAME)]
    name: String,

    /// Subject of the CA: C, O, OU and CN in the order of the certificate; CN replaces --name [default:
    /// O=Kuma]
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<String>,

    /// Purpose of the CA, if it has to have a certain form
    #[arg(long, value_enum, value_name = "PURPOSE")]
    purpose: Option<Purpose>,

    /// Number of intermediate CAs that may be below this CA, one under the other
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = path_length)]
    path_length: u8,

    /// Lifetime of the certificate, such as 720h, 90d, 2w or 10y [default: 87600h]
    #[arg(long, value_name = "DURATION")]
    valid_for: Option<String>,

    /// Limit the CA to this DNS domain and its subdomains (can be repeated)
    #[arg(long, value_name = "DOMAIN")]
    permit_dns: Vec<String>,

    /// Limit the CA to this range of IP addresses (can be repeated)
    #[arg(long, value_name = "CIDR")]
    permit_ip: Vec<String>,

    /// Format of the report
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value_t)]
    output: ReportFormat,

    #[command(flatten, next_help_heading = "CA")]
    issuer: OwnCaArgs,

    #[command(flatten, next_help_heading = "Private key")]
    key: KeyArgs,

    #[command(flatten, next_help_heading = "Existing files")]
    existing: ExistingFilesArgs,
}

/// The purpose of a CA for which only one form works.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum Purpose {
    /// An intermediate CA and its root, RSA or ECDSA P-256, for MeshIdentity. Without
    /// --issuer-cert-file, the key of the root is never written
    MeshIdentity,
}

/// The largest value of `--path-length`.
const MAX_PATH_LENGTH: u8 = 16;

pub(crate) fn run(args: &Args, console: Console) -> Result<(), Failure> {
    let now = OffsetDateTime::now_utc();
    let mut request = request(args)?;
    let issuer = args.issuer.open(now, console)?.map(Arc::new);
    let is_mesh_identity = args.purpose == Some(Purpose::MeshIdentity);
    let mut plan = plan(args, console)?;
    let existing = ExistingFiles::read(args.existing, &mut plan)?;
    request.key_algorithm = existing.key_type(args.key.key_type);
    let signer = Signer { is_ephemeral: is_mesh_identity && issuer.is_none(), issuer };
    let job = Job {
        request: Request::Ca(&request),
        signer: &signer,
        existing,
        key: (&args.key).into(),
        now,
    };
    let (pem_files, outcome) = job.run()?;
    if is_mesh_identity {
        check_mesh_identity(&pem_files, now)?;
    }
    let report = outcome.write(plan, |kind| pem_files.content(kind), |_, _| Ok(Vec::new()))?;
    let mut warnings = if report.is_kept { Vec::new() } else { warnings(args) };
    warnings.extend(signer.issuer.as_deref().and_then(issuer::warning));
    report.print(console, args.output, warnings);
    Ok(())
}

/// Verifies a CA as `kumactl verify ca-certificate --purpose=mesh-identity` does.
fn check_mesh_identity(pem_files: &PemFiles, now: OffsetDateTime) -> Result<(), Failure> {
    let certificate = File { name: "the CA certificate", bytes: &pem_files.certificate };
    let files = MeshCaFiles { certificate, key: None };
    let purpose = MeshCaPurpose::Identity { allows_self_signed: false };
    let report = verify::verify_mesh_ca(&files, purpose, KumaVersion::MESH_IDENTITY_ONLY, now);
    match report.failures().next() {
        None => Ok(()),
        Some((_, finding)) => {
            let text = format!("a MeshIdentity cannot use the CA: {finding}");
            Err(Failure::failed(text).hint_if_any(hints::hint(finding)))
        }
    }
}

fn plan(args: &Args, console: Console) -> Result<Plan, Failure> {
    let outputs = vec![
        Output::of_flag(OutputKind::PrivateKey, &args.key_file, args.key.file.key_mode),
        Output::of_flag(OutputKind::Certificate, &args.cert_file, PUBLIC_MODE),
    ];
    let plan = Plan::new(outputs, args.existing.policy(), console)?;
    plan.refuse_inputs(args.issuer.inputs())?;
    render::refuse_shared_stdout(&plan, args.output)?;
    Ok(plan)
}

fn request(args: &Args) -> Result<CaRequest, Failure> {
    let mut failures = Failures::default();
    let dns =
        args.permit_dns.iter().map(|text| ("--permit-dns", PermittedSubtree::parse_dns(text)));
    let ip = args.permit_ip.iter().map(|text| ("--permit-ip", PermittedSubtree::parse_ip(text)));
    let permitted = dns.chain(ip).filter_map(|(flag, parsed)| {
        failures.collect(parsed.map(Some).map_err(|error| refusal(flag, &error)))
    });
    let permitted = permitted.collect();
    let valid_for = failures.collect(issuance::valid_for(args.valid_for.as_deref()));
    let subject =
        failures.collect(args.subject.as_deref().map(certificate::parse_subject).transpose());
    failures.or(())?;
    let key_type = args.key.key_type.unwrap_or_default();
    let request = CaRequest::new(&args.name, key_type, permitted, valid_for)?;
    let request = request.with_path_length(args.path_length);
    Ok(match subject {
        Some(subject) => request.with_subject(subject)?,
        None => request,
    })
}

fn refusal(flag: &str, error: &ConstraintError) -> Failure {
    let failure = Failure::usage(format!("{flag}: {error}"));
    match &error.meant {
        Some(meant) => failure.hint(format!("did you mean {flag}={meant}?")),
        None => {
            failure.hint("use a value such as --permit-dns=mesh.example or --permit-ip=10.0.0.0/8")
        }
    }
}

/// Returns the warnings about the permissions of the key and the name constraints.
fn warnings(args: &Args) -> Vec<String> {
    let mut warnings: Vec<String> = args.key.file.warning().into_iter().collect();
    if !args.permit_ip.is_empty() {
        warnings.push(
            "Envoy rejects every certificate with an IP address from a CA with --permit-ip \
             (unsupported name constraint type)"
                .to_owned(),
        );
    }
    let unlimited = match (args.permit_dns.is_empty(), args.permit_ip.is_empty()) {
        (true, true) => return warnings,
        (false, false) => None,
        (false, true) => Some(
            "the CA can issue certificates for every IP address; --permit-ip limits them, but Envoy then \
             rejects every certificate with an IP address",
        ),
        (true, false) => {
            Some("the CA can issue certificates for every DNS name; --permit-dns limits them")
        }
    };
    warnings.extend(unlimited.map(str::to_owned));
    warnings.push("mbedTLS cannot read a CA certificate with name constraints".to_owned());
    warnings
}

/// Parses the value of `--path-length`. Fails on anything but a number from 0 to [`MAX_PATH_LENGTH`].
fn path_length(text: &str) -> Result<u8, String> {
    text.parse()
        .ok()
        .filter(|length| *length <= MAX_PATH_LENGTH)
        .ok_or_else(|| format!("use a number from 0 to {MAX_PATH_LENGTH}"))
}
