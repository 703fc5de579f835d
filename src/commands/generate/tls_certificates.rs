//! `kumactl generate tls-certificates`.

mod batch;
mod ca;
mod ca_files;
mod entry;
mod faults;
mod notices;
mod print_spec;
mod source;
mod symlinks;
mod token_entry;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use time::OffsetDateTime;

use self::batch::{Batch, BatchOutcome};
use self::ca::Ca;
use self::source::Source;
use crate::args::existing_files::ExistingFilesArgs;
use crate::args::issuer;
use crate::args::key_options::KeyFileArgs;
use crate::files::{BatchDir, ExistingPolicy, signals};
use crate::job::signer::Signer;
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::progress::thousands;
use crate::report::render::{self, ReportFormat};

/// Issue many TLS certificates and tokens from a specification
///
/// The specification is YAML or JSON. It names the CA, defaults, and the certificates. Each certificate
/// gets its own directory with tls.crt, tls.key, ca.crt and, if requested, a Secret and a CA bundle. It can also
/// name signing keys and tokens; each token gets its own directory with the file token. kumactl
/// reports all errors in the specification before it writes anything. After an interruption, rerun with
/// --if-needed to create the rest. The passphrase of an encrypted CA key is read from the variable
/// KUMACTL_ISSUER_KEY_PASSPHRASE.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl generate tls-certificates --file=zones.yaml --output-dir=tls

  # Write a specification for the existing certificates in a directory
  kumactl generate tls-certificates --print-spec=tls

Example specification:
  issuer: {certFile: ca.crt, keyFile: ca.key, create: {name: Mesh CA}}
  defaults: {type: server, keyType: ecdsa, validFor: 1y, artifacts: [secret]}
  certificates:
  - name: zone-1
    kubernetesService: kuma-control-plane.kuma-system
    namespace: kuma-system
  - name: zone-2
    hostnames: [cp.zone-2.example, 10.0.0.7]
    artifacts: [bundle]
  signingKeys:
    dataplane: {keyFile: dataplane-signing.key, kid: \"1\"}
  tokens:
  - name: dp-1
    dataplane: {mesh: default, tags: {kuma.io/service: web}}
    validFor: 30d")]
#[group(id = "source", required = true, multiple = false, args = ["file", "print_spec"])]
pub(crate) struct Args {
    /// Specification file, `-` for standard input
    #[arg(long, value_name = "FILE", requires = "output_dir")]
    file: Option<PathBuf>,

    /// Directory for the directories of the certificates and tokens, created if it does not exist
    #[arg(long, value_name = "DIR", conflicts_with = "print_spec")]
    output_dir: Option<PathBuf>,

    /// Print a specification for the existing certificates and tokens in this directory
    #[arg(long, value_name = "DIR", conflicts_with_all = [
        "force", "if_needed", "renew_before", "reuse_key", "key_format", "key_mode", "quiet", "output",
    ])]
    print_spec: Option<PathBuf>,

    /// Format of the report
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value_t)]
    output: ReportFormat,

    #[command(flatten, next_help_heading = "Private key")]
    key: KeyFileArgs,

    #[command(flatten, next_help_heading = "Existing files")]
    existing: ExistingFilesArgs,
}

pub(crate) fn run(args: &Args, console: Console) -> Result<(), Failure> {
    match (&args.print_spec, &args.file, &args.output_dir) {
        (Some(directory), ..) => print_spec::run(directory),
        (None, Some(file), Some(directory)) => issue_all(args, file, directory, console),
        _ => unreachable!("clap requires the arguments"),
    }
}

fn issue_all(args: &Args, file: &Path, directory: &Path, console: Console) -> Result<(), Failure> {
    let begun = Instant::now();
    let now = OffsetDateTime::now_utc();
    let source = Source::read(file, directory, now, console)?;
    let watch = signals::watch()?;
    let (batch_dir, ca_plan) = source.open_directory(directory, console)?;
    let ca = source.open_ca(ca_plan, args.key.key_format.into(), now, console)?;
    let signer = signer(ca.as_ref(), console);
    source.check_requests(&signer, now)?;
    source.shared_key_warning().iter().for_each(|warning| console.warn(warning));
    if args.existing.policy() == ExistingPolicy::Keep {
        refuse_existing(source.names(), &batch_dir)?;
    }
    if let Some(ca) = ca {
        let note = ca.note(|| source.names().filter(|name| batch_dir.has(name)).count());
        note.iter().for_each(|note| console.note(note));
        ca.write(console)?;
    }
    let batch = Batch {
        args,
        batch_dir: &batch_dir,
        source: &source,
        signer: &signer,
        are_permissions_checked: AtomicBool::new(false),
        console,
        now,
    };
    let outcome = batch.run();
    batch_dir.sync()?;
    if !outcome.is_interrupted {
        watch.finish()?;
    }
    outcome.print_notices(console);
    args.key.warning().iter().for_each(|warning| console.warn(warning));
    let seconds = begun.elapsed().as_secs_f64();
    console.report(&match args.output {
        ReportFormat::Json => render::json_text(&outcome.report(seconds)),
        ReportFormat::Text => summary(&outcome, &source, seconds),
    });
    outcome.failure(&source).map_or(Ok(()), Err)
}

/// Returns the signer of all certificates. Warns if some clients reject what the CA signs.
fn signer(ca: Option<&Ca>, console: Console) -> Signer {
    let issuer = ca.map(|ca| Arc::clone(&ca.issuer));
    if let Some(warning) = issuer.as_deref().and_then(issuer::usage_warning) {
        console.warn(warning);
    }
    Signer { issuer, is_ephemeral: false }
}

/// Returns the report of a batch as text.
fn summary(outcome: &BatchOutcome, source: &Source, seconds: f64) -> String {
    let BatchOutcome { certificates, tokens, .. } = outcome;
    let counts = match (source.certificates.is_empty(), source.tokens.is_empty()) {
        (_, true) => format!("Certificates: {certificates}"),
        (true, false) => format!("Tokens: {tokens}"),
        (false, false) => format!("Certificates: {certificates}; tokens: {tokens}"),
    };
    format!("{counts}, in {seconds:.2} s\n")
}

/// Refuses to replace certificates and tokens that exist.
fn refuse_existing<'n>(
    names: impl Iterator<Item = &'n str>,
    batch_dir: &BatchDir,
) -> Result<(), Failure> {
    let existing: Vec<_> = names.filter(|name| batch_dir.has(name)).collect();
    let Some(first) = existing.first() else {
        return Ok(());
    };
    let others = match existing.len() {
        1 => "already exists".to_owned(),
        2 => "and 1 other already exist".to_owned(),
        count => format!("and {} others already exist", thousands(count - 1)),
    };
    let text = format!("{} {others}; no file was changed", batch_dir.place(first).display());
    Err(Failure::failed(text).hint(
        "rerun with --if-needed to create what is missing and replace what does not match the \
         specification, or with --force to replace all",
    ))
}
