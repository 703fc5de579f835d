//! `kumactl generate certificate-request`.

use std::ffi::OsString;

use kuma_pki::IssuanceRequest;

use crate::args::certificate::CertificateArgs;
use crate::args::existing_files::ExistingFilesArgs;
use crate::args::hostname;
use crate::args::key_options::KeyArgs;
use crate::files::{Output, OutputKind, PUBLIC_MODE, Plan};
use crate::job::certificate_request::RequestJob;
use crate::job::existing_files::ExistingFiles;
use crate::job::signer;
use crate::report::console::Console;
use crate::report::failure::{Failure, Failures};
use crate::report::render::certificate_request::{self as render, RequestPaths};
use crate::report::render::{ReportFormat, refuse_shared_stdout};

/// Generate a private key and a certificate request for your PKI
///
/// The request (PKCS#10) has the names and usages that Kuma needs. Send it to the PKI, and pass the
/// certificate that comes back to `kumactl verify tls-certificate` and `kumactl generate
/// control-plane-tls`. The private key stays in its file.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # A control plane on Kubernetes, with the commands of common PKIs
  kumactl generate certificate-request --type=server \\
    --kubernetes-service=kuma-control-plane.kuma-system \\
    --key-file=tls.key --csr-file=tls.csr --instructions

  # The same request again for a certificate that is about to expire
  kumactl generate certificate-request --type=server --hostname=cp.example \\
    --if-needed")]
pub(crate) struct Args {
    /// Write the certificate request to this file, `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "request.csr")]
    csr_file: OsString,

    /// Write the private key to this file, `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "key.pem")]
    key_file: OsString,

    /// Overwrite existing files, including the private key
    #[arg(long)]
    force: bool,

    /// Keep an existing private key, and the request if it matches
    #[arg(long)]
    if_needed: bool,

    /// With --force or --if-needed, make the request for the existing private key
    #[arg(long)]
    reuse_key: bool,

    /// Print commands that have Vault, step-ca, Active Directory and OpenSSL sign the request
    #[arg(long)]
    instructions: bool,

    /// Format of the report
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value_t)]
    output: ReportFormat,

    #[command(flatten, next_help_heading = "Certificate")]
    certificate: CertificateArgs,

    #[command(flatten, next_help_heading = "Private key")]
    key: KeyArgs,
}

pub(crate) fn run(args: &Args, console: Console) -> Result<(), Failure> {
    let mut request = args.request()?;
    let flags = args.existing();
    let mut plan = args.plan(console)?;
    let existing = ExistingFiles::read_kinds(flags, &mut plan, &[OutputKind::PrivateKey])?;
    request.key_algorithm = existing.key_type(args.key.key_type);
    let mut warnings = hostname::warnings(request.subject_alt_names());
    warnings.extend(signer::key_warning(&request));
    warnings.extend(args.key.file.warning());
    let format = (!plan.uses_stdout()).then_some(args.output);
    let encoding = args.key.file.key_format.into();
    let job = RequestJob { request: request.clone(), existing, encoding };
    let outcome = job.run(plan, args.key.key_type)?;
    let (key, csr) = (args.key_file.to_string_lossy(), args.csr_file.to_string_lossy());
    let paths = RequestPaths { key: &key, request: &csr };
    render::report(console, format, &request, outcome, &paths, args.instructions, warnings);
    Ok(())
}

impl Args {
    fn existing(&self) -> ExistingFilesArgs {
        let Self { force, if_needed, reuse_key, .. } = *self;
        ExistingFilesArgs { force, if_needed, reuse_key, renew_before: None }
    }

    fn request(&self) -> Result<IssuanceRequest, Failure> {
        let mut failures = Failures::default();
        let (usage, names, subject) = self.certificate.read(&mut failures);
        let usage = failures.or(usage)?.expect("a missing type is a failure");
        let key_type = self.key.key_type.unwrap_or_default();
        Ok(IssuanceRequest::new(usage, names, key_type, None)?.with_subject(subject))
    }

    fn plan(&self, console: Console) -> Result<Plan, Failure> {
        let outputs = vec![
            Output::of_flag(OutputKind::PrivateKey, &self.key_file, self.key.file.key_mode),
            Output::of_flag(OutputKind::CertificateRequest, &self.csr_file, PUBLIC_MODE),
        ];
        let plan = Plan::new(outputs, self.existing().policy(), console)?;
        refuse_shared_stdout(&plan, self.output)?;
        Ok(plan)
    }
}
