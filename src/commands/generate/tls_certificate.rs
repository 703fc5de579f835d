//! `kumactl generate tls-certificate`.

mod csr;

use std::ffi::OsString;
use std::path::PathBuf;

use kuma_pki::{IssuanceRequest, Issuer};
use time::OffsetDateTime;

use crate::args::certificate::CertificateArgs;
use crate::args::issuance::{self, IssuanceArgs};
use crate::files::{Output, OutputKind, PUBLIC_MODE, Plan};
use crate::job::existing_files::ExistingFiles;
use crate::job::signer::Signer;
use crate::job::{Job, Request, stale_files};
use crate::report::console::Console;
use crate::report::failure::{Failure, Failures};
use crate::report::render;
use crate::report::shell;

/// Issue a TLS certificate and its private key
///
/// By default the certificate is self-signed and its own CA, like that of the official kumactl. With
/// --ephemeral-ca, a CA generated for this run signs it: more clients accept such a certificate, and
/// `cp tls.crt ca.crt` still creates the CA file that clients trust. kumactl replaces existing files only
/// with --force or --if-needed, and all of them together.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # A control plane on Kubernetes
  kumactl generate tls-certificate --type=server \\
    --hostname=kuma-control-plane.kuma-system \\
    --hostname=kuma-control-plane.kuma-system.svc \\
    --cert-file=tls.crt --key-file=tls.key

  # Sign with an ephemeral CA, and write the CA certificate and CA bundle
  kumactl generate tls-certificate --type=server --ephemeral-ca \\
    --kubernetes-service=kuma-control-plane.kuma-system \\
    --cert-file=tls.crt --key-file=tls.key \\
    --ca-cert-file=ca.crt --ca-bundle-file=ca.b64

  # Sign with your own CA
  kumactl generate tls-certificate --type=server --hostname=cp.example \\
    --issuer-cert-file=ca.crt --issuer-key-file=ca.key

  # Sign a certificate request, whose private key stays with its author
  kumactl generate tls-certificate --csr-file=request.csr --cert-file=tls.crt \\
    --issuer-cert-file=ca.crt --issuer-key-file=ca.key

  # Print the key and the certificate
  kumactl generate tls-certificate --type=client --hostname=dp \\
    --key-file=- --cert-file=-")]
pub(crate) struct Args {
    #[command(flatten, next_help_heading = "Certificate")]
    certificate: CertificateArgs,

    /// Sign this certificate request (PKCS#10) and write no key; --hostname overrides its names, and
    /// --type its usage
    #[arg(long, value_name = "FILE", help_heading = "Files", requires = "issuer_cert_file", conflicts_with_all = [
        "key_file", "key_type", "key_format", "key_mode", "reuse_key", "ephemeral_ca",
    ])]
    csr_file: Option<PathBuf>,

    /// Write the certificate to this file, `-` for standard output
    #[arg(long, value_name = "FILE", help_heading = "Files", default_value = "cert.pem")]
    cert_file: OsString,

    /// Write the private key to this file, `-` for standard output
    #[arg(long, value_name = "FILE", help_heading = "Files", default_value = "key.pem")]
    key_file: OsString,

    /// Write the CA certificate that clients trust to this file, `-` for standard output
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    ca_cert_file: Option<OsString>,

    /// Write the CA certificate as one line of Base64 to this file, `-` for standard output
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    ca_bundle_file: Option<OsString>,

    #[command(flatten)]
    issuance: IssuanceArgs,
}

pub(crate) fn run(args: &Args, console: Console) -> Result<(), Failure> {
    let now = OffsetDateTime::now_utc();
    let csr = args.csr_file.as_deref().map(|path| csr::read(args, path)).transpose()?;
    let mut request = match &csr {
        Some(csr) => csr::request(args, csr)?,
        None => request(args)?,
    };
    let signer =
        Signer::open(&args.issuance.issuer, args.issuance.issuer.ephemeral_ca, now, console)?;
    let mut plan = plan(args, signer.issuer.as_deref(), console)?;
    let mut warnings = Vec::new();
    let existing = match csr {
        Some(csr) => {
            csr::print_names(&csr, &request, console);
            warnings.extend(csr::warnings(&csr, &request));
            ExistingFiles::read_for_request(args.issuance.existing, &mut plan, csr)?
        }
        None => ExistingFiles::read(args.issuance.existing, &mut plan)?,
    };
    existing.refuse_self_signed(&signer, SELF_SIGNED_HINT)?;
    request.key_algorithm = existing.key_type(args.issuance.key.key_type);
    let key = (&args.issuance.key).into();
    let job = Job { request: Request::EndEntity(&request), signer: &signer, existing, key, now };
    let (pem_files, outcome) = job.run()?;
    let stale = |plan: &_, trust_anchor: &_| {
        stale_files::stale_ca_files(plan, trust_anchor, args.issuance.existing)
    };
    let report = outcome.write(plan, |kind| pem_files.content(kind), stale)?;
    if !report.is_kept {
        warnings.extend(args.issuance.warnings(&signer));
    }
    report.print(console, args.issuance.output, warnings);
    Ok(())
}

/// The hint to name the CA of an existing certificate.
const SELF_SIGNED_HINT: &str = "add --issuer-cert-file and --issuer-key-file, or --ephemeral-ca; or \
                                rerun with --force to replace it with a self-signed certificate";

fn request(args: &Args) -> Result<IssuanceRequest, Failure> {
    let mut failures = Failures::default();
    let (usage, names, subject) = args.certificate.read(&mut failures);
    let valid_for = failures.collect(issuance::valid_for(args.issuance.valid_for.as_deref()));
    let usage = failures.or(usage)?.expect("a missing type is a failure");
    let key_type = args.issuance.key.key_type.unwrap_or_default();
    Ok(IssuanceRequest::new(usage, names, key_type, valid_for)?.with_subject(subject))
}

fn plan(args: &Args, issuer: Option<&Issuer>, console: Console) -> Result<Plan, Failure> {
    let wants_anchor = args.ca_cert_file.is_some() || args.ca_bundle_file.is_some();
    if let Some(issuer) = issuer
        && wants_anchor
        && issuer.root().is_none()
    {
        let files: Vec<_> =
            args.issuance.issuer.own.inputs().take(1).map(|p| p.to_string_lossy()).collect();
        let failure = Failure::failed(format!(
            "{} has no self-signed certificate, so there is no CA certificate for clients to trust",
            files.join("")
        ));
        let file = files.first().map_or_else(Default::default, |file| shell::word(file));
        return Err(failure.hint(format!(
            "append the root certificate: cat root.crt >> {file}; or rerun without --ca-cert-file and \
             --ca-bundle-file"
        )));
    }
    let key_mode = args.issuance.key.file.key_mode;
    let mut outputs = Vec::new();
    if args.csr_file.is_none() {
        outputs.push(Output::of_flag(OutputKind::PrivateKey, &args.key_file, key_mode));
    }
    outputs.push(Output::of_flag(OutputKind::Certificate, &args.cert_file, PUBLIC_MODE));
    for (kind, path) in [
        (OutputKind::CaCertificate, &args.ca_cert_file),
        (OutputKind::CaBundle, &args.ca_bundle_file),
    ] {
        outputs.extend(path.as_ref().map(|path| Output::of_flag(kind, path, PUBLIC_MODE)));
    }
    let plan = Plan::new(outputs, args.issuance.existing.policy(), console)?;
    let csr_file = args.csr_file.as_deref();
    plan.refuse_inputs(args.issuance.issuer.own.inputs().chain(csr_file))?;
    render::refuse_shared_stdout(&plan, args.issuance.output)?;
    Ok(plan)
}
