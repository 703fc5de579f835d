//! `kumactl verify tls-certificate`.

mod input;

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use kuma_pki::format::environment::Purpose;
use kuma_pki::verify::clients::Client;
use kuma_pki::verify::kuma::KumaVersion;
use kuma_pki::verify::{self, VerifyInput, VerifyOptions};
use kuma_pki::{RenewBefore, rfc3339};
use time::OffsetDateTime;

use self::input::{LiveServer, NamedBytes, read};
use crate::args::certificate::CertificateType;
use crate::args::hostname::NameArgs;
use crate::args::verification::{ReportArgs, TimeArgs};
use crate::commands::generate::environment::purpose_parser;
use crate::net::connect;
use crate::report::failure::Failure;
use crate::report::render::verification;

/// Verify a certificate the way Kuma, Envoy and other clients do
///
/// Checks the certificate, key and CA in files, in a Secret or of a live server, and the names that clients
/// connect to. Reports which clients
/// reject the certificate, why, and how to fix it. The exit status is 0 if the certificate verifies, 1 if
/// it does not, and 3 if the input cannot be read.
#[derive(clap::Args)]
#[command(override_usage = "\
kumactl verify tls-certificate [OPTIONS] --cert-file <FILE>
       kumactl verify tls-certificate [OPTIONS] --secret <FILE>
       kumactl verify tls-certificate [OPTIONS] --connect <HOST:PORT>")]
#[command(after_help = "\
Examples:
  # Before you install Kuma
  kumactl verify tls-certificate --cert-file=tls.crt --key-file=tls.key \\
    --ca-cert-file=ca.crt \\
    --kubernetes-service=kuma-control-plane.kuma-system

  # A Secret in the cluster and the CA bundle of the webhooks
  kubectl get secret general-tls-certs -n kuma-system -o yaml \\
    | kumactl verify tls-certificate --secret=- --ca-bundle-file=ca-bundle.b64 \\
      --kubernetes-service=kuma-control-plane.kuma-system

  # A running control plane, the way a data plane proxy sees it
  kumactl verify tls-certificate --connect=localhost:5678 \\
    --ca-cert-file=ca.crt")]
#[group(id = "subject", required = true, multiple = false, args = ["cert_file", "secret", "connect"])]
pub(crate) struct Args {
    /// Usage of the certificate
    #[arg(long = "type", value_enum, value_name = "TYPE", default_value = "server")]
    certificate_type: CertificateType,

    /// Fail if less than this time is left before the certificate expires: a duration such as 720h or 30d,
    /// or a percentage of its lifetime
    #[arg(long, value_name = "DURATION")]
    min_remaining: Option<String>,

    #[command(flatten)]
    time: TimeArgs,

    /// Fail if this client rejects the certificate (can be repeated, or a list with commas)
    #[arg(long = "client", value_name = "CLIENT", value_delimiter = ',', value_parser = client_parser())]
    clients: Vec<Client>,

    /// Use of the certificate by the control plane, which decides which clients of Kuma must accept it
    /// [default: general]
    #[arg(long, value_name = "PURPOSE", value_parser = purpose_parser())]
    purpose: Option<Purpose>,

    /// Version of Kuma to verify for, such as 2.13 [default: 2.14]
    #[arg(long, value_name = "VERSION")]
    kuma_version: Option<KumaVersion>,

    /// Certificate, followed by its intermediate certificates; `-` for standard input
    #[arg(long, help_heading = "Files", value_name = "FILE")]
    cert_file: Option<PathBuf>,

    /// Private key of the certificate
    #[arg(long, help_heading = "Files", value_name = "FILE", conflicts_with_all = ["secret", "connect"])]
    key_file: Option<PathBuf>,

    /// File with a Kubernetes Secret with tls.crt, tls.key and ca.crt, in YAML or JSON; other objects in
    /// it are ignored
    #[arg(long, help_heading = "Files", value_name = "FILE")]
    secret: Option<PathBuf>,

    /// Secret to verify, if the file contains several with a certificate and a key
    #[arg(long, help_heading = "Files", value_name = "[NAMESPACE/]NAME", requires = "secret")]
    secret_name: Option<String>,

    /// Live TLS server to verify
    #[arg(long, help_heading = "Live server", value_name = "HOST:PORT")]
    connect: Option<String>,

    /// Name to send to the server (SNI) [default: the host]
    #[arg(long, help_heading = "Live server", value_name = "NAME", requires = "connect")]
    server_name: Option<String>,

    /// Longest time to wait for the server
    #[arg(long, help_heading = "Live server", value_name = "DURATION", default_value = "10s")]
    timeout: String,

    /// CA certificates that clients trust [default: ca.crt of the Secret, or the certificate file if it
    /// contains its own CA]
    #[arg(long, help_heading = "Files", value_name = "FILE")]
    ca_cert_file: Option<PathBuf>,

    /// CA certificates as one line of Base64, the value of --tls-general-ca-bundle
    #[arg(long, help_heading = "Files", value_name = "BASE64")]
    ca_bundle: Option<String>,

    /// File with that line
    #[arg(long, help_heading = "Files", value_name = "FILE", conflicts_with = "ca_bundle")]
    ca_bundle_file: Option<PathBuf>,

    #[command(flatten, next_help_heading = "Names")]
    names: NameArgs,

    #[command(flatten, next_help_heading = "Report")]
    report: ReportArgs,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let at = args.time.at(OffsetDateTime::now_utc())?;
    let timeout = connect::timeout(&args.timeout)?;
    let min_remaining = args.min_remaining.as_deref().map(str::parse::<RenewBefore>).transpose()?;
    let is_for_client = matches!(args.certificate_type, CertificateType::Client);
    let client = ("--client", !args.clients.is_empty() && is_for_client);
    Failure::refuse_unused(&[client], "with --type=client", "use --type=server")?;
    let mut hosts = args.names.hosts()?;
    let server =
        args.connect.as_deref().map(|address| LiveServer::parse(address, args)).transpose()?;
    if let Some(server) = server.as_ref().filter(|_| hosts.is_empty()) {
        hosts.push(server.name.clone().into());
    }
    if let Some(pattern) = hosts.iter().map(|host| &host.name).find(|name| name.is_pattern()) {
        let failure = Failure::usage(format!("no client can connect to the pattern {pattern}"));
        let name = pattern.to_string().replacen('*', "www", 1);
        return Err(failure.hint(format!("use a name that it matches: --hostname={name}")));
    }
    let files = read(args, server.as_ref(), timeout).map_err(Failure::while_reading)?;
    let input = VerifyInput {
        certificate: files.certificate.as_file(),
        proof: files.proof.as_ref(),
        key: files.key.as_ref().map(NamedBytes::as_file),
        key_mode: files.key_mode,
        ca: files.ca.as_ref().map(NamedBytes::as_file),
        bundle: files.bundle.as_ref().map(NamedBytes::as_file),
    };
    let options = VerifyOptions {
        hosts: &hosts,
        usage: args.certificate_type.into(),
        at,
        min_remaining,
        kuma_clients: kuma_clients(args.purpose.unwrap_or(Purpose::General)),
        clients: &args.clients,
        kuma: args.kuma_version.unwrap_or(KumaVersion::NEWEST),
    };
    let mut report = verify::verify(&input, &options);
    // The chart mounts ca.crt of the general Secret only; one of type kubernetes.io/tls may be the API
    // server's.
    if let Some(is_tls) = files.is_tls_without_ca
        && args.purpose.map_or(!is_tls, |purpose| purpose == Purpose::General)
    {
        report.warn_of_secret_without_ca();
    }
    args.report.print(
        report.verifies(),
        || verification::json(&report, &rfc3339(&at)),
        |quiet, palette| verification::text(&report, quiet, palette),
    )
}

/// Returns the clients of Kuma that connect to a server with the certificate. A zone control plane and
/// Prometheus verify like kumactl, with Go.
const fn kuma_clients(purpose: Purpose) -> &'static [Client] {
    match purpose {
        Purpose::General => &Client::KUMAS,
        Purpose::DpServer => &[Client::KumaDp, Client::Envoy],
        Purpose::ApiServer
        | Purpose::GlobalKds
        | Purpose::ZoneKds
        | Purpose::MonitoringAssignment
        | Purpose::Diagnostics => &[Client::Kumactl],
    }
}

fn client_parser() -> impl TypedValueParser<Value = Client> {
    PossibleValuesParser::new(Client::ALL.map(Client::as_str)).map(|name| {
        let found = Client::ALL.into_iter().find(|client| client.as_str() == name);
        found.expect("one of them")
    })
}
