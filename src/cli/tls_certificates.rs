//! `kumactl generate tls-certificates`.

mod batch;
mod print_spec;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use kumactl::encode::pem;
use kumactl::specification::{IssuerSpecification, Specification, SpecificationFault};
use kumactl::{Issuer, Profile, SerialNumber};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use self::batch::{Batch, Done};
use super::exit::Failure;
use super::issuance::Signer;
use super::key_options::KeyFileArgs;
use super::output::{Destination, Existing, Folder, PUBLIC_MODE, Plan, Request, Role};
use super::progress::thousands;
use super::render::{self, ReportFormat};
use super::renewal::RenewalArgs;
use super::{input, issuer, new_key, output};

/// The longest specification that is read, in bytes.
const MAX_LENGTH: u64 = 256 << 20;

/// How many problems are told; a mistake in a template repeats itself.
const MAX_TOLD: usize = 50;

/// Make many TLS certificates at once, from a specification
///
/// The specification is YAML or JSON: who signs, defaults, and the certificates with their names. Each
/// certificate gets a directory of its own with tls.crt, tls.key, ca.crt, and if wanted a Secret and the
/// CA as one line of Base64. All faults of the specification are told at once, before anything is made.
/// After an interruption, --if-needed makes the rest.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  $ kumactl generate tls-certificates --file=zones.yaml --output-dir=tls

  The specification of what is in a directory, to begin with:
  $ kumactl generate tls-certificates --print-spec=tls

A specification:
  issuer: {certFile: ca.crt, keyFile: ca.key, create: {name: Mesh CA}}
  defaults: {type: server, keyType: ecdsa, validFor: 1y, artefacts: [secret]}
  certificates:
  - {name: zone-1, kubernetesService: kuma-control-plane.kuma-system, namespace: kuma-system}
  - {name: zone-2, hostnames: [cp.zone-2.example, 10.0.0.7], artefacts: [bundle]}")]
#[group(id = "source", required = true, multiple = false, args = ["file", "print_spec"])]
pub(super) struct Args {
    /// The specification, `-` for standard input
    #[arg(long, value_name = "FILE", requires = "output_dir")]
    file: Option<PathBuf>,

    /// Directory of the certificates' directories; it is made if it is not there
    #[arg(long, value_name = "DIR", conflicts_with = "print_spec")]
    output_dir: Option<PathBuf>,

    /// Print the specification of the certificates that are in this directory
    #[arg(long, value_name = "DIR")]
    print_spec: Option<PathBuf>,

    #[command(flatten)]
    key: KeyFileArgs,

    #[command(flatten)]
    renewal: RenewalArgs,

    /// Say nothing but what went wrong
    #[arg(long, short)]
    quiet: bool,

    /// Form of the report on what was done
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value_t)]
    output: ReportFormat,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match (&args.print_spec, &args.file, &args.output_dir) {
        (Some(directory), ..) => print_spec::run(directory),
        (None, Some(file), Some(directory)) => make(args, file, directory),
        _ => unreachable!("the arguments are required"),
    }
}

fn make(args: &Args, file: &Path, directory: &Path) -> Result<(), Failure> {
    let begun = Instant::now();
    let now = OffsetDateTime::now_utc();
    let mut specification = read(file)?;
    let parent = file.parent().filter(|_| file.as_os_str() != "-").unwrap_or_else(|| Path::new(""));
    let ca = specification.issuer.take().map(|ca| Ca::open(&ca, parent, now)).transpose()?;
    let signer =
        Signer { issuer: ca.as_ref().map(|ca| Arc::clone(&ca.issuer)), is_ephemeral: false };
    check(&specification, &signer, &input::shown(file), now)?;

    let folder = Folder::open(directory)?;
    if args.renewal.existing() == Existing::Keep {
        refuse_existing(&specification, &folder)?;
    }
    if let Some(ca) = ca {
        ca.write(args)?;
    }
    let batch = Batch { args, folder: &folder, signer: &signer, now };
    let done = batch.run(&specification.certificates)?;
    folder.sync()?;
    if !args.quiet {
        let seconds = begun.elapsed().as_secs_f64();
        output::print(&match args.output {
            ReportFormat::Json => render::json_text(&done.report(seconds)),
            ReportFormat::Text => text(&done, seconds),
        })?;
    }
    done.failure(specification.certificates.len()).map_or(Ok(()), Err)
}

fn text(done: &Done, seconds: f64) -> String {
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

fn read(file: &Path) -> Result<Specification, Failure> {
    let text = input::read_up_to(file, "specification", MAX_LENGTH)?;
    let shown = input::shown(file);
    let text = std::str::from_utf8(&text)
        .map_err(|_| Failure::failed(format!("the specification {shown} is not UTF-8 text")))?;
    Specification::parse(text).map_err(|faults| told(&shown, &faults))
}

/// Every fault with its place, as compilers tell them.
fn told(shown: &str, faults: &[SpecificationFault]) -> Failure {
    let problem = |fault: &SpecificationFault| {
        let failure = Failure::usage(format!("{shown}:{}: {}", fault.place, fault.text));
        failure.hint_if_any(fault.hint.as_ref())
    };
    let more = faults.len().saturating_sub(MAX_TOLD);
    let more = (more > 0).then(|| Failure::usage(format!("{shown}: {more} more faults")));
    Failure::join(faults.iter().take(MAX_TOLD).map(problem).chain(more))
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
            faults.push(SpecificationFault { place: certificate.place, text, hint: None });
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(told(shown, &faults)) }
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

/// The CA of a specification.
struct Ca {
    issuer: Arc<Issuer>,
    /// Where it goes, if it was made for this run.
    new: Option<(PathBuf, PathBuf)>,
}

impl Ca {
    /// Reads the CA, or makes it if it is to be made and neither of its files is there. It is written
    /// later, when nothing else is wrong.
    fn open(ca: &IssuerSpecification, parent: &Path, now: OffsetDateTime) -> Result<Self, Failure> {
        let (certificate, key) = (parent.join(&ca.cert_file), parent.join(&ca.key_file));
        match &ca.create {
            Some(request) if !certificate.exists() && !key.exists() => {
                let key_pair = new_key::generate(request.key_algorithm())?;
                let (made, _) = issuer::make(request, &key_pair, now)?;
                let issuer = Arc::new(Issuer::new(vec![made.der().to_vec()], key_pair, now)?);
                Ok(Self { issuer, new: Some((certificate, key)) })
            }
            _ => {
                let issuer = Arc::new(issuer::open(&certificate, &key, now)?);
                if issuer.trust_anchor().is_none() {
                    let text = format!(
                        "{} has no self-signed certificate, so there is no CA certificate to hand out",
                        certificate.display()
                    );
                    return Err(Failure::failed(text).hint("append the root's certificate to it"));
                }
                Ok(Self { issuer, new: None })
            }
        }
    }

    fn write(self, args: &Args) -> Result<(), Failure> {
        let Some((certificate, key)) = self.new else {
            return Ok(());
        };
        let request =
            |role, path, mode| Request { role, destination: Destination::File(path), mode };
        let requests = vec![
            request(Role::PrivateKey, key, args.key.key_mode),
            request(Role::Certificate, certificate, PUBLIC_MODE),
        ];
        let encoded = self.issuer.key().private_key(args.key.key_format.into())?;
        let key = pem::encode_private_key(&encoded);
        let chain = pem::encode_certificates(self.issuer.chain().iter().map(Vec::as_slice));
        Plan::new(requests, Existing::Keep)?.commit(|role| match role {
            Role::PrivateKey => key.clone(),
            _ => Zeroizing::new(chain.clone()),
        })?;
        Ok(())
    }
}
