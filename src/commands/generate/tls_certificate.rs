//! `kumactl generate tls-certificate`.

use std::ffi::OsString;
use std::sync::Arc;

use kuma_pki::format::{bundle, pem};
use kuma_pki::{IssuanceRequest, Issuer, Template};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::args::certificate_type::CertificateType;
use crate::args::hostname::NameArgs;
use crate::args::issuance::IssuanceArgs;
use crate::files::{Destination, PUBLIC_MODE, Plan, Request, Role};
use crate::job::existing_files::ExistingFiles;
use crate::job::signer::{SelfCheck, Signer};
use crate::job::stale_files;
use crate::report::failure::Failure;
use crate::report::render::{self, CertificateReport, Remarks};
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

  # Key and certificate on standard output
  kumactl generate tls-certificate --type=client --hostname=dp \\
    --key-file=- --cert-file=-")]
pub(crate) struct Args {
    /// What the certificate is for (required)
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    certificate_type: Option<CertificateType>,

    #[command(flatten)]
    names: NameArgs,

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
    let request = request(args)?;
    let issuer = args.issuance.issuer.open(now)?;
    let mut plan = plan(args, issuer.as_ref())?;
    let existing = ExistingFiles::read(args.issuance.existing, &mut plan)?;
    let request = request.with_key_algorithm(existing.key_type(args.issuance.key.key_type));
    let signer =
        Signer { issuer: issuer.map(Arc::new), is_ephemeral: args.issuance.issuer.is_ephemeral() };
    if signer.is_self_signed()
        && let Some(issuer) = existing.foreign_issuer()
    {
        let text = format!("the certificate that exists was issued by {issuer}, and was kept");
        return Err(Failure::failed(text).hint(
            "add --issuer-cert-file and --issuer-key-file, or --ephemeral-ca; or rerun with --force \
             to replace it with a self-signed one",
        ));
    }
    let mut reasons = Vec::new();
    if args.issuance.existing.is_if_needed() {
        let wanted;
        (wanted, reasons) = signer.compare(&existing, &request, now)?;
        if reasons.is_empty() {
            return repair(args, plan, existing.chain(), &wanted, &signer, now);
        }
    }
    let issued = signer.issue(&request, now, SelfCheck::Full, || {
        existing.into_reused_key(args.issuance.key.key_type)
    })?;
    let private_key = issued.private_key(args.issuance.key.file.key_format.into())?;
    let ca_file = ca_file(args, &plan, issued.trust_anchor(), now)?;
    let is_silent = plan.uses_stdout();
    let changes = plan.commit(|role| match role {
        Role::PrivateKey => private_key.clone(),
        Role::Certificate => Zeroizing::new(issued.chain.clone()),
        Role::CaBundle => Zeroizing::new(bundle::encode(&ca_file)),
        _ => ca_file.clone(),
    })?;

    let warnings = args.issuance.remarks(&request, &issued, now);
    let remarks = Remarks { warnings, reasons };
    render::report(args.issuance.output, is_silent, || issued.report(), changes, remarks);
    Ok(())
}

/// Leaves a good pair alone, and writes what is made from its CA where that is missing or stale.
fn repair(
    args: &Args,
    plan: Plan,
    chain: &[Vec<u8>],
    wanted: &Template,
    signer: &Signer,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    let trust_anchor = signer.trust_anchor(chain).unwrap_or_default();
    let stale = stale_files::stale_ca_files(&plan, trust_anchor, args.issuance.existing)?;
    let ca_file = ca_file(args, &plan, trust_anchor, now)?;
    let certificate = CertificateReport::of_existing(chain, wanted, signer.issuer.as_deref())?;
    let (roles, reasons): (Vec<_>, Vec<_>) = stale.into_iter().unzip();
    let changes = plan.repair(&roles, |role| match role {
        Role::CaBundle => Zeroizing::new(bundle::encode(&ca_file)),
        _ => ca_file.clone(),
    })?;
    let remarks = Remarks { reasons, ..Remarks::default() };
    render::report(args.issuance.output, false, || certificate, changes, remarks);
    Ok(())
}

/// The certificates for clients to trust: with --if-needed those of the CA file that is there, if the CA
/// is among them.
fn ca_file(
    args: &Args,
    plan: &Plan,
    trust_anchor: &[u8],
    now: OffsetDateTime,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if args.issuance.existing.is_if_needed() && plan.has(Role::CaCertificate) {
        return stale_files::ca_file(&plan.regular_file(Role::CaCertificate)?, trust_anchor, now);
    }
    Ok(Zeroizing::new(pem::encode_certificates([trust_anchor])))
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
    let valid_for = args.issuance.valid_for().unwrap_or_else(|failure| {
        failures.push(failure);
        None
    });
    match (args.certificate_type, Failure::join(failures)) {
        (Some(certificate_type), None) => {
            let usage = certificate_type.into();
            Ok(IssuanceRequest::new(
                usage,
                names,
                args.issuance.key.key_type.unwrap_or_default(),
                valid_for,
            )?)
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
    let mut requests = vec![
        Request {
            role: Role::PrivateKey,
            destination: Destination::parse(&args.key_file),
            mode: args.issuance.key.file.key_mode,
        },
        Request {
            role: Role::Certificate,
            destination: Destination::parse(&args.cert_file),
            mode: PUBLIC_MODE,
        },
    ];
    let optional =
        [(Role::CaCertificate, &args.ca_cert_file), (Role::CaBundle, &args.ca_bundle_file)];
    for (role, path) in optional {
        if let Some(path) = path {
            let destination = Destination::parse(path);
            requests.push(Request { role, destination, mode: PUBLIC_MODE });
        }
    }
    let plan = Plan::new(requests, args.issuance.existing.existing())?;
    plan.refuse_inputs(args.issuance.issuer.inputs())?;
    render::refuse_shared_stdout(&plan, args.issuance.output)?;
    Ok(plan)
}
