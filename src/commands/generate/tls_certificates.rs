//! `kumactl generate tls-certificates`.

mod batch;
mod ca;
mod existing;
mod links;
mod print_spec;
mod remarks;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use kuma_pki::spec::{IssuerSpecification, Specification, SpecificationFault, SpecificationFaults};
use kuma_pki::{Profile, SerialNumber};
use time::OffsetDateTime;

use self::batch::{Batch, BatchOutcome};
use self::ca::CaFiles;
use crate::args::existing_files::ExistingFilesArgs;
use crate::args::issuer;
use crate::args::key_options::KeyFileArgs;
use crate::files;
use crate::files::input;
use crate::files::{Existing, Folder, signals};
use crate::job::signer::Signer;
use crate::report::failure::Failure;
use crate::report::progress::thousands;
use crate::report::render::{self, ReportFormat};

/// The longest specification that is read, in bytes.
const MAX_LENGTH: u64 = 256 << 20;

/// How many problems are told; a mistake in a template repeats itself.
const MAX_TOLD: usize = 50;

/// Make many TLS certificates at once, from a specification
///
/// The specification is YAML or JSON: who signs, defaults, and the certificates with their names. Each
/// certificate gets a directory of its own with tls.crt, tls.key, ca.crt, and if wanted a Secret and the
/// CA as one line of Base64. All wrong values are reported at once, before anything is made.
/// After an interruption, --if-needed makes the rest.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl generate tls-certificates --file=zones.yaml --output-dir=tls

  # A specification of the certificates in a directory, to begin with
  kumactl generate tls-certificates --print-spec=tls

A specification:
  issuer: {certFile: ca.crt, keyFile: ca.key, create: {name: Mesh CA}}
  defaults: {type: server, keyType: ecdsa, validFor: 1y, artefacts: [secret]}
  certificates:
  - name: zone-1
    kubernetesService: kuma-control-plane.kuma-system
    namespace: kuma-system
  - name: zone-2
    hostnames: [cp.zone-2.example, 10.0.0.7]
    artefacts: [bundle]")]
#[group(id = "source", required = true, multiple = false, args = ["file", "print_spec"])]
pub(crate) struct Args {
    /// The specification, `-` for standard input
    #[arg(long, value_name = "FILE", requires = "output_dir")]
    file: Option<PathBuf>,

    /// Directory of the certificates' directories; it is made if it is not there
    #[arg(long, value_name = "DIR", conflicts_with = "print_spec")]
    output_dir: Option<PathBuf>,

    /// Print the specification of the certificates that are in this directory
    #[arg(long, value_name = "DIR", conflicts_with_all = [
        "force", "if_needed", "renew_before", "reuse_key", "key_format", "key_mode", "quiet", "output",
    ])]
    print_spec: Option<PathBuf>,

    #[command(flatten)]
    key: KeyFileArgs,

    #[command(flatten)]
    existing: ExistingFilesArgs,

    /// Form of the report on what was done
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value_t)]
    output: ReportFormat,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match (&args.print_spec, &args.file, &args.output_dir) {
        (Some(directory), ..) => print_spec::run(directory),
        (None, Some(file), Some(directory)) => make(args, file, directory),
        _ => unreachable!("the arguments are required"),
    }
}

fn make(args: &Args, file: &Path, directory: &Path) -> Result<(), Failure> {
    let begun = Instant::now();
    let now = OffsetDateTime::now_utc();
    let shown = input::shown(file);
    let text = input::read_up_to(file, "specification", MAX_LENGTH)?;
    let text = std::str::from_utf8(&text)
        .map_err(|_| Failure::failed(format!("the specification {shown} is not UTF-8 text")))?;
    let parent = file.parent().filter(|_| file.as_os_str() != "-").unwrap_or_else(|| Path::new(""));
    let ca_files = |ca| CaFiles::new(ca, parent);
    let mut specification = match Specification::parse(text) {
        Ok(specification) => specification,
        Err(faults) => return Err(all_faults(&shown, faults, ca_files, directory, now)),
    };
    let ca_files = specification.issuer.take().map(ca_files);
    let names = || specification.certificates.iter().map(|certificate| &*certificate.name);
    let misplaced = ca_files.iter().flat_map(|files| files.faults(directory, names())).collect();
    told(&shown, misplaced)?;

    let watch = signals::watch()?;
    let in_place =
        |failure: Failure, files: &CaFiles| failure.within(&format!("{shown}:{}", files.place));
    let (folder, ca_plan) = Folder::open(directory, || match &ca_files {
        Some(files) => files.plan().map_err(|failure| in_place(failure, files)),
        None => Ok(None),
    })?;
    told(&shown, links::faults(&specification.certificates, &folder, ca_files.as_ref()))?;
    let ca = ca_files
        .as_ref()
        .map(|files| files.open(ca_plan, now).map_err(|failure| in_place(failure, files)));
    let ca = ca.transpose()?;
    let signer =
        Signer { issuer: ca.as_ref().map(|ca| Arc::clone(&ca.issuer)), is_ephemeral: false };
    if let Some(warning) = signer.issuer.as_deref().and_then(issuer::usage_warning) {
        files::note(&format!("warning: {warning}"));
    }
    check(&specification, &signer, &shown, now)?;
    if args.existing.existing() == Existing::Keep {
        refuse_existing(&specification, &folder)?;
    }
    if let Some(ca) = ca {
        let note = ca.note(|| names().filter(|name| folder.has(name)).count());
        note.iter().for_each(|note| files::note(&format!("note: {note}")));
        let changes = ca.write(args.key.key_format.into())?;
        for reason in &changes.reasons {
            files::note(&format!("note: the CA: repaired: {reason}"));
        }
        changes.warnings.iter().for_each(|warning| files::note(&format!("warning: {warning}")));
    }
    let inputs: Vec<&Path> = ca_files.iter().flat_map(CaFiles::paths).collect();
    let batch = Batch {
        args,
        folder: &folder,
        shown: &shown,
        signer: &signer,
        inputs: &inputs,
        are_permissions_checked: AtomicBool::new(false),
        now,
    };
    let done = batch.run(&specification.certificates);
    folder.sync()?;
    if !done.is_interrupted() {
        watch.finish()?;
    }
    if !files::is_quiet() {
        done.tell();
        args.key.warning().iter().for_each(|warning| files::note(&format!("warning: {warning}")));
        let seconds = begun.elapsed().as_secs_f64();
        files::print_report(&match args.output {
            ReportFormat::Json => render::json_text(&done.report(seconds)),
            ReportFormat::Text => summary(&done, seconds),
        });
    }
    done.failure(specification.certificates.len()).map_or(Ok(()), Err)
}

fn summary(done: &BatchOutcome, seconds: f64) -> String {
    let mut parts = Vec::new();
    for (count, verb) in [
        (done.made, "made"),
        (done.replaced, "replaced"),
        (done.repaired, "repaired"),
        (done.kept, "kept"),
    ] {
        if count > 0 {
            parts.push(format!("{} {verb}", thousands(count)));
        }
    }
    if parts.is_empty() {
        parts.push("none made".to_owned());
    }
    format!("Certificates: {}, in {seconds:.2} s\n", parts.join(", "))
}

/// Every fault with its place, as compilers tell them.
fn told(shown: &str, faults: Vec<SpecificationFault>) -> Result<(), Failure> {
    told_with(shown, &faults, 0).map_or(Ok(()), Err)
}

fn told_with(shown: &str, faults: &[SpecificationFault], more: usize) -> Option<Failure> {
    let problem = |fault: &SpecificationFault| {
        let failure = Failure::usage(format!("{shown}:{}: {}", fault.place, fault.text));
        failure.hint_if_any(fault.hint.as_ref())
    };
    let more = faults.len().saturating_sub(MAX_TOLD) + more;
    let more =
        (more > 0).then(|| Failure::usage(format!("{shown}: {} more faults", thousands(more))));
    Failure::join(faults.iter().take(MAX_TOLD).map(problem).chain(more))
}

/// The faults of a specification, and what is wrong with the CA that it names, which is looked at all the
/// same.
fn all_faults(
    shown: &str,
    faults: SpecificationFaults,
    ca_files: impl FnOnce(IssuerSpecification) -> CaFiles,
    directory: &Path,
    now: OffsetDateTime,
) -> Failure {
    let SpecificationFaults { mut faults, more, issuer } = faults;
    let mut unusable = None;
    if let Some(files) = issuer.map(|issuer| ca_files(*issuer)) {
        let misplaced = files.faults(directory, std::iter::empty());
        if misplaced.is_empty() && !files.would_be_made() {
            let place = format!("{shown}:{}", files.place);
            unusable = files.read(now).err().map(|failure| failure.within(&place));
        }
        faults.extend(misplaced);
        faults.sort_by_key(|fault| fault.place);
    }
    let told = told_with(shown, &faults, more);
    Failure::join(told.into_iter().chain(unusable))
        .unwrap_or_else(|| Failure::usage(format!("{shown} cannot be read")))
}

/// What the CA, or the calendar, has against a certificate: told before anything is made.
fn check(
    specification: &Specification,
    signer: &Signer,
    shown: &str,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    let mut faults = Vec::new();
    for certificate in &specification.certificates {
        let request = &certificate.request;
        let profile = match &signer.issuer {
            None => Profile::SelfSigned { request },
            Some(issuer) => Profile::Issued { request, within: issuer.validity() },
        };
        let resolved = profile.resolve(now, SerialNumber::random()?).and_then(|template| {
            signer.issuer.as_ref().map_or(Ok(()), |issuer| issuer.check(&template))
        });
        if let Err(error) = resolved {
            let text = format!("{}: {error}", certificate.name);
            let hint = ca::in_fields(Failure::from(error)).into_hint();
            faults.push(SpecificationFault { place: certificate.place, text, hint });
        }
    }
    told(shown, faults)
}

fn refuse_existing(specification: &Specification, folder: &Folder) -> Result<(), Failure> {
    let names = specification.certificates.iter().map(|certificate| &certificate.name);
    let there: Vec<_> = names.filter(|name| folder.has(name)).collect();
    let Some(first) = there.first() else {
        return Ok(());
    };
    let others = match there.len() {
        1 => "exists and was".to_owned(),
        2 => "and 1 other exist and were".to_owned(),
        count => format!("and {} others exist and were", thousands(count - 1)),
    };
    let place = folder.place(first);
    let text = format!("{} {others} kept; nothing was written", place.display());
    Err(Failure::failed(text).hint(
        "--if-needed makes what is missing and replaces what is not as specified; --force replaces all",
    ))
}
