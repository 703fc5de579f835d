//! `kumactl inspect certificate`.

use std::path::Path;
use std::time::Duration;

use kuma_pki::format::contents::{self, ContentsError, Encoding, Part};
use kuma_pki::format::pem;
use kuma_pki::{Certificate, ExistingKey, SubjectAltName};
use time::OffsetDateTime;

use crate::files::read;
use crate::net::address::{self, Address};
use crate::net::connect;
use crate::report::color::ColorChoice;
use crate::report::console;
use crate::report::conversion::{self, Wanted};
use crate::report::failure::Failure;
use crate::report::render::inspection;

/// Show certificates, and which clients reject them
///
/// A source is a file (PEM, DER or Base64, or a Kubernetes Secret in YAML or JSON), `-` for standard input,
/// or HOST:PORT of a TLS server. kumactl shows the certificates of a server without verifying them, and
/// never shows private keys.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl inspect certificate tls.crt ca.crt
  kumactl inspect certificate localhost:5682

  # A Secret in the cluster
  kubectl get secret general-tls-certs -n kuma-system -o yaml \\
    | kumactl inspect certificate -

  # The certificates of a server in PEM
  kumactl inspect certificate localhost:5682 -o pem > served.crt")]
pub(crate) struct Args {
    /// File, `-` for standard input, or HOST:PORT of a TLS server
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,

    /// Name to send to the server (SNI) [default: the host]
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,

    /// Longest time to wait for the server
    #[arg(long, value_name = "DURATION", default_value = "10s")]
    timeout: String,

    /// Output format
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value_t)]
    output: Format,

    /// When to use color
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    color: ColorChoice,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// The certificates in PEM
    Pem,
}

/// A source of certificates.
pub(crate) struct Source {
    /// The name in messages.
    pub(crate) shown: String,
    /// The encoding. `None` for a live server.
    pub(crate) encoding: Option<Encoding>,
    pub(crate) parts: Vec<Part>,
    /// The parts that could not be read.
    faults: Vec<Failure>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let timeout = connect::timeout(&args.timeout)?;
    read::stdin_once(&args.sources)?;
    let mut sources = Vec::new();
    let mut failures = Vec::new();
    for source in &args.sources {
        match open(source, args.server_name.as_deref(), timeout) {
            Ok(mut source) => {
                failures.append(&mut source.faults);
                sources.push(source);
            }
            Err(failure) => failures.push(failure.while_reading()),
        }
    }
    let now = OffsetDateTime::now_utc();
    let text = match args.output {
        Format::Text => inspection::text(&sources, now, args.color.palette()),
        Format::Json => inspection::json(&sources, now),
        Format::Pem => {
            let parts = sources.iter().flat_map(|source| &source.parts);
            let certificates = parts.flat_map(|part| &part.certificates);
            String::from_utf8_lossy(&pem::encode_certificates(certificates)).into_owned()
        }
    };
    if !sources.is_empty() {
        console::print(&text)?;
    }
    Failure::join(failures).map_or(Ok(()), Err)
}

fn open(source: &str, server_name: Option<&str>, timeout: Duration) -> Result<Source, Failure> {
    let path = Path::new(source);
    if source != "-" && !path.exists() {
        if let Some(address) = Address::parse(source) {
            let name = address::server_name("SOURCE", &address, server_name)?;
            let served = connect::fetch(&address, &name, timeout)?;
            let shown = address.to_string();
            let certificates = Certificate::from_ders(served.chain).map_err(|error| {
                Failure::unreadable(format!("cannot read the certificates of {shown}: {error}"))
            })?;
            let part = Part { certificates, ..Part::default() };
            return Ok(Source { shown, encoding: None, parts: vec![part], faults: Vec::new() });
        }
        let is_address = |(host, port): (&str, &str)| !host.is_empty() && address::is_number(port);
        if source.contains("://") || source.rsplit_once(':').is_some_and(is_address) {
            Address::parse_flag("", source)?;
        }
    }
    let bytes = read::any(path, "certificate file").map_err(|failure| {
        let is_host = !path.exists() && SubjectAltName::parse(source).is_ok();
        let hint = is_host.then(|| format!("add the port of the server: {source}:5678"));
        failure.hint_if_any(hint)
    })?;
    let shown = read::shown(path);
    let contents = contents::read(&bytes).map_err(|error| {
        let failure = Failure::unreadable(format!("cannot inspect {shown}: {error}"));
        match &error {
            ContentsError::Pem(error) => {
                failure.hint_if_any(conversion::hint(error, &shown, Wanted::Inspection))
            }
            ContentsError::Secret(error) => {
                failure.hint_if_any(conversion::secret_hint(error, &shown, "inspect certificate -"))
            }
            ContentsError::NoCertificateOrKey | ContentsError::Unknown => failure.hint(
                "pass a certificate in PEM, DER or Base64, a Secret in YAML or JSON, or HOST:PORT",
            ),
            _ => failure,
        }
    })?;
    let faults = contents.errors.iter().map(|(name, error)| {
        let name = kuma_pki::printable(name);
        Failure::unreadable(format!("cannot inspect {name} of {shown}: {error}"))
    });
    let (encoding, faults) = (Some(contents.encoding), faults.collect());
    Ok(Source { shown, encoding, parts: contents.parts, faults })
}

/// Returns the position of the certificate that matches a key, from 1.
pub(crate) fn owner(key: &ExistingKey, certificates: &[Certificate]) -> Option<usize> {
    let owns = |one: &Certificate| one.public_key() == key.public_key();
    certificates.iter().position(owns).map(|index| index + 1)
}
