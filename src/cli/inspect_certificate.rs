//! `kumactl inspect certificate`.

use std::path::Path;
use std::time::Duration;

use kumactl::contents::{self, ContentsError, Encoding, Part};
use kumactl::encode::pem;
use kumactl::{KeyPair, ValidFor};
use time::OffsetDateTime;

use super::connect::{self, Address};
use super::exit::Failure;
use super::render::summary;
use super::style::ColorChoice;
use super::{input, output};

/// Show certificates: names, dates, keys, and who would refuse them
///
/// A source is a file with PEM, DER or Base64 of them, a Kubernetes Secret as YAML or JSON, `-` for
/// standard input, or HOST:PORT of a TLS server, which is asked without being trusted. Private keys
/// are told apart and never shown.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  $ kumactl inspect certificate tls.crt ca.crt
  $ kubectl get secret general-tls-certs -n kuma-system -o yaml | kumactl inspect certificate -
  $ kumactl inspect certificate localhost:5682

  Any of them as PEM:
  $ kumactl inspect certificate cp.example:5682 -o pem > served.crt")]
pub(super) struct Args {
    /// File, `-` for standard input, or HOST:PORT of a TLS server
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,

    /// Name to ask a server for, if it is not the host
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,

    /// How long to wait for a server
    #[arg(long, value_name = "DURATION", default_value = "10s")]
    timeout: String,

    /// Form of what is printed
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value_t)]
    output: Format,

    /// When to use colour
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
    /// The certificates themselves
    Pem,
}

/// Where certificates come from.
pub(super) struct Source {
    /// As a message names it.
    pub(super) shown: String,
    /// How it is encoded, or `None` of a live server.
    pub(super) encoding: Option<Encoding>,
    pub(super) parts: Vec<Part>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let timeout = timeout(&args.timeout)?;
    input::read_stdin_once(&args.sources)?;
    let mut sources = Vec::new();
    let mut failures = Vec::new();
    for source in &args.sources {
        match open(source, args.server_name.as_deref(), timeout) {
            Ok(source) => sources.push(source),
            Err(failure) => failures.push(failure.while_reading()),
        }
    }
    let now = OffsetDateTime::now_utc();
    let text = match args.output {
        Format::Text => summary::text(&sources, now, args.color.palette())?,
        Format::Json => summary::json(&sources, now)?,
        Format::Pem => {
            let parts = sources.iter().flat_map(|source| &source.parts);
            let certificates = parts.flat_map(|part| &part.certificates).map(Vec::as_slice);
            String::from_utf8_lossy(&pem::encode_certificates(certificates)).into_owned()
        }
    };
    if !sources.is_empty() {
        output::print(&text)?;
    }
    Failure::join(failures).map_or(Ok(()), Err)
}

/// Reads `--timeout`.
pub(super) fn timeout(value: &str) -> Result<Duration, Failure> {
    let parsed = value.parse::<ValidFor>().map_err(kumactl::Error::from)?;
    Ok(parsed.duration())
}

fn open(source: &str, server_name: Option<&str>, timeout: Duration) -> Result<Source, Failure> {
    let path = Path::new(source);
    if source != "-" && !path.exists() {
        if let Some(address) = Address::parse(source) {
            let name = server_name.unwrap_or_else(|| address.host());
            let served = connect::fetch(&address, name, timeout)?;
            let part = Part { certificates: served.chain, ..Part::default() };
            return Ok(Source { shown: source.to_owned(), encoding: None, parts: vec![part] });
        }
        if source.contains("://") {
            return Err(Address::parse_flag("SOURCE", source).map_or_else(
                |failure| failure,
                |address| Failure::usage(format!("{source:?} is not HOST:PORT, as {address}")),
            ));
        }
    }
    let bytes = input::read_any(path, "certificate file")?;
    let shown = input::shown(path);
    let contents = contents::read(&bytes).map_err(|error| {
        let failure = Failure::unreadable(format!("there is nothing to show in {shown}: {error}"));
        match error {
            ContentsError::Nothing | ContentsError::Unknown => failure.hint(
                "give a certificate as PEM, DER or Base64, a Secret as YAML or JSON, or HOST:PORT",
            ),
            _ => failure,
        }
    })?;
    Ok(Source { shown, encoding: Some(contents.encoding), parts: contents.parts })
}

/// Which certificate a key belongs to, counted from 1.
pub(super) fn owner(key: &KeyPair, certificates: &[Vec<u8>]) -> Option<usize> {
    let owns = |der: &Vec<u8>| kumactl::inspect::has_key(der, key);
    certificates.iter().position(owns).map(|index| index + 1)
}
