//! `kumactl generate ca-bundle`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use kuma_pki::Certificate;
use kuma_pki::format::pem::PemError;
use kuma_pki::format::{bundle, pem};
use kuma_pki::verify::{self, CheckName, File, Outcome, kuma};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::files::read;
use crate::report::console::{self, Console};
use crate::report::conversion;
use crate::report::failure::Failure;
use crate::report::hints;
use crate::report::shell;

/// Print CA certificates as one line of Base64
///
/// This is the value of `kumactl install control-plane --tls-general-ca-bundle` and of Helm's
/// `controlPlane.tls.general.caBundle`. It has no line breaks; those that `base64` adds on Linux break
/// the installation.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl install control-plane --tls-general-secret=general-tls-certs \\
    --tls-general-ca-bundle=\"$(
      kumactl generate ca-bundle --ca-cert-file=ca.crt)\"

  # The new and the old CA, during a rotation
  kumactl generate ca-bundle --ca-cert-file=new-ca.crt --ca-cert-file=ca.crt

  # Print the certificates of a bundle
  kumactl generate ca-bundle --decode < ca-bundle.b64")]
pub(crate) struct Args {
    /// File with CA certificates in PEM, `-` for standard input (can be repeated)
    #[arg(long = "ca-cert-file", value_name = "FILE")]
    ca_cert_files: Vec<PathBuf>,

    /// Print the PEM of a bundle, read from --ca-cert-file or standard input
    #[arg(long)]
    decode: bool,
}

pub(crate) fn run(args: &Args, console: Console) -> Result<(), Failure> {
    if args.decode { decode(&args.ca_cert_files) } else { encode(&args.ca_cert_files, console) }
}

fn encode(paths: &[PathBuf], console: Console) -> Result<(), Failure> {
    if paths.is_empty() {
        let failure = Failure::usage("--ca-cert-file is required");
        return Err(
            failure.hint("add --ca-cert-file=ca.crt, or --ca-cert-file=- for standard input")
        );
    }
    read::stdin_once(paths)?;
    let files = paths.iter().map(|path| read_ca_file(path)).collect::<Result<Vec<_>, _>>()?;
    let now = OffsetDateTime::now_utc();
    let joined = join(&files);
    let report = verify::verify_ca(File { name: "the CA file", bytes: &joined }, now);
    let is_told = |name| matches!(name, CheckName::Dates | CheckName::Extensions);
    for check in report.checks.iter().filter(|check| is_told(check.name)) {
        if let Outcome::Warning(finding) | Outcome::Failed(finding) = &check.outcome {
            console.warn(finding);
        }
    }
    console::print_result(bundle::encode(&kuma::ordered_pem(&joined, now)?))
}

/// A file and the certificates in it.
struct CaFile {
    text: Zeroizing<Vec<u8>>,
    certificates: Vec<Certificate>,
}

/// Returns a single file unchanged, so that the bundle is exactly that file; of several, every certificate
/// once.
fn join(files: &[CaFile]) -> Vec<u8> {
    let mut seen = HashSet::new();
    let all: Vec<_> = files.iter().flat_map(|file| &file.certificates).collect();
    let unique: Vec<_> = all.iter().filter(|certificate| seen.insert(certificate.der())).collect();
    match files {
        [file] if unique.len() == all.len() => file.text.to_vec(),
        _ => pem::encode_certificates(unique),
    }
}

fn read_ca_file(path: &Path) -> Result<CaFile, Failure> {
    let text = read::file(path, "CA certificate file")?;
    let shown = read::shown(path);
    let refuse = |reason: &dyn std::fmt::Display| {
        Failure::failed(format!("cannot use {shown} as a CA bundle: {reason}"))
    };
    let certificates = pem::decode_certificates(&text).map_err(|error| {
        let failure = refuse(&error);
        if let Some(command) = conversion::hint(&error, &shown, conversion::Wanted::Ca) {
            return failure.hint(command);
        }
        match error {
            PemError::Base64 { layers: 1 } => failure.hint(
                "the file already is a bundle: use it unchanged, or add --decode to print its PEM",
            ),
            PemError::Base64 { .. } => {
                failure.hint("the file is encoded more than once: decode it with `base64 -d`")
            }
            PemError::Der => {
                let from = match path.to_str() {
                    Some(path) if path != "-" => format!(" -in {}", shell::word(path)),
                    _ => String::new(),
                };
                failure.hint(format!("convert it: openssl x509 -inform DER{from} -out ca.crt"))
            }
            PemError::PrivateKey { .. } => {
                failure.hint("pass a file with CA certificates only: the bundle is public")
            }
            PemError::Malformed { kind, .. } => failure.hint(hints::damage_hint(kind)),
            _ => failure.hint("pass a PEM file with -----BEGIN CERTIFICATE----- blocks"),
        }
    })?;
    kuma::check_ca_file(&certificates).map_err(|not_ca| {
        refuse(&not_ca)
            .hint("move the CA certificate to the start of the file: Kuma reads only the first one")
    })?;
    Ok(CaFile { text, certificates })
}

fn decode(paths: &[PathBuf]) -> Result<(), Failure> {
    let path = match paths {
        [] => Path::new("-"),
        [path] => path,
        _ => return Err(Failure::usage("--decode accepts one --ca-cert-file only")),
    };
    let text = read::file(path, "CA bundle")?;
    let pem = bundle::decode(&text).map_err(|error| {
        let failure = Failure::failed(format!("{}: {error}", read::shown(path)));
        failure.hint("pass a bundle from `kumactl generate ca-bundle`: Base64 of PEM")
    })?;
    console::print_result(&pem)
}
