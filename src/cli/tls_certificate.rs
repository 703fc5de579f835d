//! `kumactl generate tls-certificate`.

use std::ffi::OsString;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use kumactl::encode::{bundle, pem};
use kumactl::{
    ExtendedKeyUsage, IssuanceRequest, KeyAlgorithm, KeyPair, PrivateKeyEncoding, Profile,
    SerialNumber, ValidFor, verify,
};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::exit::Failure;
use super::hostname;
use super::output::{self, Destination, Existing, Plan, Request, Role};
use super::render::{self, ReportFormat};

/// The permissions of files that anybody may read.
const PUBLIC_MODE: u32 = 0o644;

/// Make a TLS certificate and its private key
///
/// The certificate is self-signed and its own CA, so that `cp tls.crt ca.crt` makes the CA file
/// that clients trust. Files that exist are kept unless --force is given, and are replaced together
/// or not at all.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  The certificate of a control plane on Kubernetes:
  $ kumactl generate tls-certificate --type=server --cert-file=tls.crt --key-file=tls.key \\
      --hostname=kuma-control-plane.kuma-system,kuma-control-plane.kuma-system.svc

  The same, with the CA certificate and the value for --tls-general-ca-bundle:
  $ kumactl generate tls-certificate --type=server --hostname=cp.example \\
      --cert-file=tls.crt --key-file=tls.key --ca-cert-file=ca.crt --ca-bundle-file=ca.b64

  A key and certificate in one stream:
  $ kumactl generate tls-certificate --type=client --hostname=dp --key-file=- --cert-file=-")]
pub(super) struct Args {
    /// What the certificate is for (required)
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    certificate_type: Option<CertificateType>,

    /// Name or IP address that clients dial (can be repeated, or a list with commas; required)
    #[arg(long = "hostname", value_name = "NAME")]
    hostnames: Vec<String>,

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

    /// Type of the private key
    #[arg(long, value_name = "TYPE", default_value = "rsa", value_parser = key_type_parser())]
    key_type: KeyAlgorithm,

    /// Form of the private key: PKCS#1 or SEC 1, or PKCS#8
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    key_format: KeyFormat,

    /// Permissions of the key file, whatever the umask
    #[arg(long, value_name = "MODE", default_value = "0600", value_parser = key_mode)]
    key_mode: u32,

    /// How long the certificate is valid: hours as `720h`, or `90d`, `2w`, `10y`
    #[arg(long, value_name = "DURATION", default_value = "87600h")]
    valid_for: String,

    /// Replace files that exist
    #[arg(long)]
    force: bool,

    /// Form of the report on what was done
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value_t)]
    output: ReportFormat,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum CertificateType {
    /// A server, such as a control plane
    Server,
    /// A client, such as kumactl or a zone
    Client,
}

#[derive(Clone, Copy, Default, clap::ValueEnum)]
enum KeyFormat {
    /// PKCS#1 for RSA, SEC 1 for ECDSA, as the official kumactl
    #[default]
    Traditional,
    /// PKCS#8
    Pkcs8,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let request = request(args)?;
    let serial_number = SerialNumber::random()?;
    let template =
        Profile::SelfSigned.resolve(&request, OffsetDateTime::now_utc(), serial_number)?;
    let plan = plan(args)?;

    let key = KeyPair::generate(request.key_algorithm())?;
    let certificate = kumactl::self_signed(&template, &key)?;
    verify::self_check(&certificate, &template, &key)?;

    let private_key = pem::encode_private_key(&key.private_key(args.key_format.into())?);
    let certificate_pem = pem::encode_certificates([certificate.der()]);
    let is_silent = plan.uses_stdout();
    let written = plan.commit(|role| match role {
        Role::PrivateKey => private_key.clone(),
        Role::Certificate | Role::CaCertificate => Zeroizing::new(certificate_pem.clone()),
        Role::CaBundle => Zeroizing::new(bundle::encode(&certificate_pem)),
    })?;

    let warnings = warnings(args, &request);
    for warning in &warnings {
        output::note(&format!("warning: {warning}"));
    }
    if is_silent {
        return Ok(());
    }
    output::print(&match args.output {
        ReportFormat::Json => render::issued_as_json(&template, &certificate, &written, &warnings),
        ReportFormat::Text => render::saved(&written),
    })
}

fn warnings(args: &Args, request: &IssuanceRequest) -> Vec<String> {
    let mut warnings = hostname::warnings(request.subject_alt_names());
    let key_algorithm = request.key_algorithm();
    let is_server = request.extended_key_usage() == ExtendedKeyUsage::ServerAuth;
    if is_server && !key_algorithm.envoy_connects() {
        warnings.push(format!(
            "Envoy, as Kuma configures it, connects to no server with a key of type \
             {key_algorithm}; a control plane needs RSA or ecdsa"
        ));
    }
    if args.key_mode & 0o007 != 0 {
        warnings.push(format!(
            "--key-mode={:04o} lets every user of this machine use the private key",
            args.key_mode
        ));
    }
    warnings
}

fn request(args: &Args) -> Result<IssuanceRequest, Failure> {
    let mut failures = Vec::new();
    if args.certificate_type.is_none() {
        let failure =
            Failure::usage("--type is missing: is the certificate a server's or a client's?");
        failures
            .push(failure.hint("--type=server for a control plane, --type=client for a client"));
    }
    let names = hostname::parse(&args.hostnames).unwrap_or_else(|failure| {
        failures.push(failure);
        Vec::new()
    });
    if names.is_empty() && args.hostnames.iter().all(String::is_empty) {
        let failure = Failure::usage("--hostname is missing: which name do clients dial?");
        failures.push(failure.hint("--hostname=NAME, once for each name or IP address"));
    }
    let valid_for = args.valid_for.parse::<ValidFor>().unwrap_or_else(|error| {
        failures.push(Failure::from(kumactl::Error::from(error)));
        ValidFor::DEFAULT
    });
    match (args.certificate_type, Failure::join(failures)) {
        (Some(certificate_type), None) => {
            let usage = certificate_type.into();
            Ok(IssuanceRequest::new(usage, names, args.key_type, valid_for)?)
        }
        (_, Some(failure)) => Err(failure),
        (None, None) => unreachable!("a missing type is a failure"),
    }
}

fn plan(args: &Args) -> Result<Plan, Failure> {
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let mut requests = vec![
        Request {
            role: Role::PrivateKey,
            destination: Destination::parse(&args.key_file),
            mode: args.key_mode,
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
    let plan = Plan::new(requests, existing)?;
    if plan.uses_stdout() && args.output == ReportFormat::Json {
        let failure = Failure::usage("the JSON report and a file would share standard output");
        return Err(failure.hint("leave --output=json out, or give every file a path"));
    }
    Ok(plan)
}

fn key_type_parser() -> impl TypedValueParser<Value = KeyAlgorithm> {
    let values = KeyAlgorithm::ALL.iter().flat_map(|algorithm| {
        let help = algorithm.description();
        let names = algorithm.names().iter().enumerate();
        names.map(move |(index, name)| PossibleValue::new(*name).help(help).hide(index > 0))
    });
    // The official kumactl takes an empty value for its default.
    let values = values.chain([PossibleValue::new("").hide(true)]);
    PossibleValuesParser::new(values).map(|name| {
        let named = KeyAlgorithm::ALL.iter().find(|a| a.names().contains(&name.as_str()));
        named.copied().unwrap_or_default()
    })
}

fn key_mode(text: &str) -> Result<u32, String> {
    let is_octal = matches!(text.len(), 3..=5) && text.bytes().all(|b| matches!(b, b'0'..=b'7'));
    let mode = u32::from_str_radix(text, 8).ok().filter(|_| is_octal);
    match mode {
        Some(mode) if mode & !0o777 != 0 => Err("permissions are 0777 at most".to_owned()),
        Some(mode) if mode & 0o400 == 0 => Err("its owner could not read the key".to_owned()),
        Some(mode) => Ok(mode),
        None => Err("permissions are octal digits, such as 0600 or 0640".to_owned()),
    }
}

impl From<CertificateType> for ExtendedKeyUsage {
    fn from(certificate_type: CertificateType) -> Self {
        match certificate_type {
            CertificateType::Client => Self::ClientAuth,
            CertificateType::Server => Self::ServerAuth,
        }
    }
}

impl From<KeyFormat> for PrivateKeyEncoding {
    fn from(format: KeyFormat) -> Self {
        match format {
            KeyFormat::Pkcs8 => Self::Pkcs8,
            KeyFormat::Traditional => Self::Traditional,
        }
    }
}
