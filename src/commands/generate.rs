//! `kumactl generate`.

pub(crate) mod ca_bundle;
pub(crate) mod ca_certificate;
pub(crate) mod cert_manager;
pub(crate) mod certificate_request;
pub(crate) mod control_plane_tls;
pub(crate) mod dataplane_token;
pub(crate) mod environment;
pub(crate) mod installation;
pub(crate) mod kubernetes_secret;
pub(crate) mod kuma_secret;
pub(crate) mod public_key;
pub(crate) mod signing_key;
pub(crate) mod tls_certificate;
pub(crate) mod tls_certificates;
pub(crate) mod user_token;
pub(crate) mod zone_token;

use clap::Subcommand;

use crate::report::console::Console;
use crate::report::failure::Failure;

/// Generate certificates, keys, tokens and the files that install them
#[derive(clap::Args)]
#[command(after_help = "The official kumactl runs all other commands.")]
pub(crate) struct Args {
    /// Print errors only
    #[arg(long, short, global = true, display_order = 999)]
    quiet: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    CaBundle(Box<ca_bundle::Args>),
    CaCertificate(Box<ca_certificate::Args>),
    CertManager(Box<cert_manager::Args>),
    CertificateRequest(Box<certificate_request::Args>),
    ControlPlaneTls(Box<control_plane_tls::Args>),
    DataplaneToken(Box<dataplane_token::Args>),
    Environment(Box<environment::Args>),
    HelmValues(Box<installation::HelmValuesArgs>),
    InstallFlags(Box<installation::InstallFlagsArgs>),
    KubernetesSecret(Box<kubernetes_secret::Args>),
    KumaSecret(Box<kuma_secret::Args>),
    PublicKey(Box<public_key::Args>),
    SigningKey(Box<signing_key::Args>),
    TlsCertificate(Box<tls_certificate::Args>),
    TlsCertificates(Box<tls_certificates::Args>),
    UserToken(Box<user_token::Args>),
    ZoneToken(Box<zone_token::Args>),
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let console = Console::new(args.quiet);
    match args.command {
        Command::CaBundle(args) => ca_bundle::run(&args, console),
        Command::CaCertificate(args) => ca_certificate::run(&args, console),
        Command::CertManager(args) => cert_manager::run(&args, console),
        Command::CertificateRequest(args) => certificate_request::run(&args, console),
        Command::ControlPlaneTls(args) => control_plane_tls::run(&args, console),
        Command::DataplaneToken(args) => dataplane_token::run(&args, console),
        Command::Environment(args) => environment::run(&args, console),
        Command::HelmValues(args) => installation::helm_values(&args, console),
        Command::InstallFlags(args) => installation::install_flags(&args, console),
        Command::KubernetesSecret(args) => kubernetes_secret::run(&args, console),
        Command::KumaSecret(args) => kuma_secret::run(&args, console),
        Command::PublicKey(args) => public_key::run(&args, console),
        Command::SigningKey(args) => signing_key::run(&args, console),
        Command::TlsCertificate(args) => tls_certificate::run(&args, console),
        Command::TlsCertificates(args) => tls_certificates::run(&args, console),
        Command::UserToken(args) => user_token::run(&args, console),
        Command::ZoneToken(args) => zone_token::run(&args, console),
    }
}
