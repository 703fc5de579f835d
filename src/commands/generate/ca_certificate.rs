//! `kumactl generate ca-certificate`.

use std::ffi::OsString;

use kuma_pki::{CaRequest, ConstraintError, PermittedSubtree};
use time::OffsetDateTime;

use crate::args::existing_files::ExistingFilesArgs;
use crate::args::issuance;
use crate::args::issuer::DEFAULT_NAME;
use crate::args::key_options::KeyArgs;
use crate::files::{Destination, PUBLIC_MODE, Plan, Request, Role};
use crate::job::existing_files::ExistingFiles;
use crate::job::signer::Signer;
use crate::job::{self, Job};
use crate::report::failure::Failure;
use crate::report::render::{self, ReportFormat};

/// Make a CA of your own, to issue several certificates from
///
/// Clients trust the CA's certificate, and certificates issued by it can be replaced without telling
/// them. Keep its key in a safe place: who has it can be any server.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # A CA, and the certificate of a control plane from it
  kumactl generate ca-certificate
  kumactl generate tls-certificate --type=server --hostname=cp.example \\
    --issuer-cert-file=ca.crt --issuer-key-file=ca.key

  # A CA limited to the names in one domain
  kumactl generate ca-certificate --permit-dns=mesh.example")]
pub(crate) struct Args {
    /// Where the certificate goes, `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "ca.crt")]
    cert_file: OsString,

    /// Where the private key goes, `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "ca.key")]
    key_file: OsString,

    /// Name of the CA; 8 digits of its key's identifier are appended
    #[arg(long, default_value = DEFAULT_NAME)]
    name: String,

    #[command(flatten)]
    key: KeyArgs,

    /// How long the certificate is valid: hours as `720h`, or `90d`, `2w`, `10y` [default: 87600h]
    #[arg(long, value_name = "DURATION")]
    valid_for: Option<String>,

    /// Certify no DNS names but this domain and what is under it (can be repeated)
    #[arg(long, value_name = "DOMAIN")]
    permit_dns: Vec<String>,

    /// Certify no IP addresses but those in this range (can be repeated)
    #[arg(long, value_name = "CIDR")]
    permit_ip: Vec<String>,

    #[command(flatten)]
    existing: ExistingFilesArgs,

    /// Form of the report on what was done
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value_t)]
    output: ReportFormat,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let now = OffsetDateTime::now_utc();
    let request = request(args)?;
    let mut plan = plan(args)?;
    let existing = ExistingFiles::read(args.existing, &mut plan)?;
    let request = request.with_key_algorithm(existing.key_type(args.key.key_type));
    let request = job::Request::Ca(request, constraint_warnings(args));
    let job = Job { key: &args.key, request, signer: Signer::NONE, existing, now };
    let (pem_files, outcome) = job.run(&plan)?;
    let content = |role| pem_files.content(role);
    outcome.write(plan, content, |_, _| Ok(Vec::new()), args.output, Vec::new())
}

fn plan(args: &Args) -> Result<Plan, Failure> {
    let output =
        |role, path: &OsString, mode| Request { role, destination: Destination::parse(path), mode };
    let requests = vec![
        output(Role::PrivateKey, &args.key_file, args.key.file.key_mode),
        output(Role::Certificate, &args.cert_file, PUBLIC_MODE),
    ];
    let plan = Plan::new(requests, args.existing.existing())?;
    render::refuse_shared_stdout(&plan, args.output)?;
    Ok(plan)
}

fn request(args: &Args) -> Result<CaRequest, Failure> {
    let mut failures = Vec::new();
    let mut permitted = Vec::new();
    let dns =
        args.permit_dns.iter().map(|text| ("--permit-dns", PermittedSubtree::parse_dns(text)));
    let ip = args.permit_ip.iter().map(|text| ("--permit-ip", PermittedSubtree::parse_ip(text)));
    for (flag, parsed) in dns.chain(ip) {
        match parsed {
            Ok(subtree) => permitted.push(subtree),
            Err(error) => failures.push(refusal(flag, &error)),
        }
    }
    let valid_for = issuance::valid_for(args.valid_for.as_deref()).unwrap_or_else(|failure| {
        failures.push(failure);
        None
    });
    match Failure::join(failures) {
        Some(failure) => Err(failure),
        None => Ok(CaRequest::new(
            &args.name,
            args.key.key_type.unwrap_or_default(),
            permitted,
            valid_for,
        )?),
    }
}

fn refusal(flag: &str, error: &ConstraintError) -> Failure {
    let failure = Failure::usage(format!("{flag}: {error}"));
    match &error.meant {
        Some(meant) => failure.hint(format!("did you mean {flag}={meant}?")),
        None => failure.hint("--permit-dns=mesh.example, --permit-ip=10.0.0.0/8"),
    }
}

/// Returns the warnings about the CA's name constraints.
fn constraint_warnings(args: &Args) -> Vec<String> {
    let mut warnings = Vec::new();
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
            "the CA can certify every IP address; --permit-ip limits those too, but Envoy then rejects \
             every certificate with an address",
        ),
        (true, false) => Some("the CA can certify every DNS name; --permit-dns limits those too"),
    };
    warnings.extend(unlimited.map(str::to_owned));
    warnings.push("mbedTLS cannot read a CA certificate with name constraints".to_owned());
    warnings
}
