//! `kumactl generate tls-certificate`.

mod csr;

use std::ffi::OsString;
use std::path::PathBuf;

use kuma_pki::{IssuanceRequest, Issuer};
use time::OffsetDateTime;

use crate::args::certificate_type::CertificateType;
use crate::args::hostname::NameArgs;
use crate::args::issuance::{self, IssuanceArgs};
use crate::args::subject::SubjectArgs;
use crate::files::{Destination, PUBLIC_MODE, Plan, Request, Role, input};
use crate::job::existing_files::ExistingFiles;
use crate::job::signer::Signer;
use crate::job::{self, Job, stale_files};
use crate::report::failure::Failure;
use crate::report::render;
use crate::report::shell;

/// Make a TLS certificate and its private key
///
/// Without more flags the certificate is self-signed and its own CA, as the official kumactl makes
/// it. With --ephemeral-ca a CA made for this run signs it, which more clients accept, and
/// `cp tls.crt ca.crt` still makes the CA file that clients trust. Files that exist are kept unless
/// --force is given, and are replaced together or not at all.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # A control plane on Kubernetes
  kumactl generate tls-certificate --type=server \\
    --hostname=kuma-control-plane.kuma-system \\
    --hostname=kuma-control-plane.kuma-system.svc \\
    --cert-file=tls.crt --key-file=tls.key

  # From an ephemeral CA, with its certificate and the CA bundle
  kumactl generate tls-certificate --type=server --ephemeral-ca \\
    --kubernetes-service=kuma-control-plane.kuma-system \\
    --cert-file=tls.crt --key-file=tls.key \\
    --ca-cert-file=ca.crt --ca-bundle-file=ca.b64

  # From a CA of your own
  kumactl generate tls-certificate --type=server --hostname=cp.example \\
    --issuer-cert-file=ca.crt --issuer-key-file=ca.key

  # From a certificate request, whose private key stays with whoever made it
  kumactl generate tls-certificate --csr-file=request.csr --cert-file=tls.crt \\
    --issuer-cert-file=ca.crt --issuer-key-file=ca.key

  # Key and certificate on standard output
  kumactl generate tls-certificate --type=client --hostname=dp \\
    --key-file=- --cert-file=-")]
pub(crate) struct Args {
    /// What the certificate is for (required)
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    certificate_type: Option<CertificateType>,

    #[command(flatten)]
    names: NameArgs,

    #[command(flatten)]
    subject: SubjectArgs,

    /// Sign this certificate request (PKCS#10) and write no key. --hostname replaces the names in it,
    /// --type the usage
    #[arg(long, value_name = "FILE", requires = "issuer_cert_file", conflicts_with_all = [
        "key_file", "key_type", "key_format", "key_mode", "reuse_key", "ephemeral_ca",
    ])]
    csr_file: Option<PathBuf>,

    /// Where the certificate goes, `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "cert.pem")]
    cert_file: OsString,

    /// Where the private key goes, `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "key.pem")]
    key_file: OsString,

    /// Where the CA certificate that clients trust goes, `-` for standard output
    #[arg(long, value_name = "FILE")]
    ca_cert_file: Option<OsString>,

    /// Where the CA certificate as one line of Base64 goes, `-` for standard output
    #[arg(long, value_name = "FILE")]
    ca_bundle_file: Option<OsString>,

    #[command(flatten)]
    issuance: IssuanceArgs,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let now = OffsetDateTime::now_utc();
    if let Some(csr_file) = &args.csr_file {
        input::read_stdin_once(args.issuance.issuer.inputs().chain([csr_file.as_path()]))?;
    }
    let csr = args.csr_file.as_deref().map(csr::read).transpose()?;
    let request = match &csr {
        Some(csr) => csr::request(args, csr)?,
        None => request(args)?,
    };
    let signer = Signer::open(&args.issuance.issuer, args.issuance.issuer.ephemeral_ca, now)?;
    let mut plan = plan(args, signer.issuer.as_deref())?;
    let mut notices = Vec::new();
    let existing = match csr {
        Some(csr) => {
            csr::print_names(&request);
            notices = csr::notices(&csr, &request);
            ExistingFiles::read_for_request(args.issuance.existing, &mut plan, csr)?
        }
        None => ExistingFiles::read(args.issuance.existing, &mut plan)?,
    };
    refuse_self_signed(&signer, &existing)?;
    let request = request.with_key_algorithm(existing.key_type(args.issuance.key.key_type));
    let request = job::Request::EndEntity(request);
    let job = Job { key: &args.issuance.key, request, signer, existing, now };
    let (pem_files, outcome) = job.run(&plan)?;
    let content = |role| pem_files.content(role);
    let stale = |plan: &_, trust_anchor: &_| {
        stale_files::stale_ca_files(plan, trust_anchor, args.issuance.existing)
    };
    outcome.write(plan, content, stale, args.issuance.output, notices)
}

/// Refuses to replace a certificate from a CA, which its clients trust, with a self-signed one.
fn refuse_self_signed(signer: &Signer, existing: &ExistingFiles) -> Result<(), Failure> {
    let Some(issuer) = existing.foreign_issuer().filter(|_| signer.is_self_signed()) else {
        return Ok(());
    };
    let text = format!("the certificate that exists was issued by {issuer}, and was kept");
    Err(Failure::failed(text).hint(
        "add --issuer-cert-file and --issuer-key-file, or --ephemeral-ca; or rerun with --force \
         to replace it with a self-signed one",
    ))
}

fn request(args: &Args) -> Result<IssuanceRequest, Failure> {
    let mut failures = Vec::new();
    if args.certificate_type.is_none() {
        let failure =
            Failure::usage("--type is missing: is the certificate a server's or a client's?");
        failures
            .push(failure.hint("--type=server for a control plane, --type=client for a client"));
    }
    let names = args.names.parse().unwrap_or_else(|failure| {
        failures.push(failure);
        Vec::new()
    });
    if args.names.is_empty() {
        let failure = Failure::usage("--hostname is missing: which name do clients dial?");
        failures.push(failure.hint("--hostname=NAME, once for each name or IP address"));
    }
    let valid_for =
        issuance::valid_for(args.issuance.valid_for.as_deref()).unwrap_or_else(|failure| {
            failures.push(failure);
            None
        });
    let subject = args.subject.parse().unwrap_or_else(|failure| {
        failures.push(failure);
        None
    });
    match (args.certificate_type, Failure::join(failures)) {
        (Some(certificate_type), None) => {
            let usage = certificate_type.into();
            let key_type = args.issuance.key.key_type.unwrap_or_default();
            Ok(IssuanceRequest::new(usage, names, key_type, valid_for)?.with_subject(subject))
        }
        (_, Some(failure)) => Err(failure),
        (None, None) => unreachable!("a missing type is a failure"),
    }
}

fn plan(args: &Args, issuer: Option<&Issuer>) -> Result<Plan, Failure> {
    let wants_anchor = args.ca_cert_file.is_some() || args.ca_bundle_file.is_some();
    if let Some(issuer) = issuer
        && wants_anchor
        && issuer.trust_anchor().is_none()
    {
        let files: Vec<_> =
            args.issuance.issuer.inputs().take(1).map(|p| p.to_string_lossy()).collect();
        let failure = Failure::failed(format!(
            "{} has no self-signed certificate, so there is no CA certificate for clients to trust",
            files.join("")
        ));
        let file = files.first().map_or_else(Default::default, |file| shell::word(file));
        return Err(failure.hint(format!(
            "append the root's certificate to the file, such as: cat root.crt >> {file}; \
             or leave --ca-cert-file and --ca-bundle-file out"
        )));
    }
    let output = |role, path: &OsString, mode| {
        let destination = Destination::parse(path);
        Request { role, destination, mode }
    };
    let optional =
        [(Role::CaCertificate, &args.ca_cert_file), (Role::CaBundle, &args.ca_bundle_file)];
    let optional = optional
        .into_iter()
        .filter_map(|(role, path)| Some(output(role, path.as_ref()?, PUBLIC_MODE)));
    let mut requests = vec![output(Role::Certificate, &args.cert_file, PUBLIC_MODE)];
    if args.csr_file.is_none() {
        let mode = args.issuance.key.file.key_mode;
        requests.insert(0, output(Role::PrivateKey, &args.key_file, mode));
    }
    requests.extend(optional);
    let plan = Plan::new(requests, args.issuance.existing.existing())?;
    let csr_file = args.csr_file.as_deref();
    plan.refuse_inputs(args.issuance.issuer.inputs().chain(csr_file))?;
    render::refuse_shared_stdout(&plan, args.issuance.output)?;
    Ok(plan)
}
