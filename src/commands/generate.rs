//! `kumactl generate`: the nouns that can be made.

pub(crate) mod ca_bundle;
pub(crate) mod ca_certificate;
pub(crate) mod cert_manager;
pub(crate) mod certificate_request;
pub(crate) mod control_plane_tls;
pub(crate) mod environment;
pub(crate) mod installation;
pub(crate) mod kubernetes_secret;
pub(crate) mod tls_certificate;
pub(crate) mod tls_certificates;

use clap::Subcommand;

use crate::files;
use crate::report::failure::Failure;

/// Make certificates, keys and what is built from them
#[derive(clap::Args)]
#[command(after_help = "Other nouns are handed to the official kumactl.")]
pub(crate) struct Args {
    /// Print errors only
    #[arg(long, short, global = true, display_order = 999)]
    quiet: bool,

    #[command(subcommand)]
    noun: Option<Noun>,
}

#[derive(Subcommand)]
enum Noun {
    CaBundle(Box<ca_bundle::Args>),
    CaCertificate(Box<ca_certificate::Args>),
    CertManager(Box<cert_manager::Args>),
    CertificateRequest(Box<certificate_request::Args>),
    ControlPlaneTls(Box<control_plane_tls::Args>),
    Environment(Box<environment::Args>),
    HelmValues(Box<installation::HelmValuesArgs>),
    InstallFlags(Box<installation::InstallFlagsArgs>),
    KubernetesSecret(Box<kubernetes_secret::Args>),
    TlsCertificate(Box<tls_certificate::Args>),
    TlsCertificates(Box<tls_certificates::Args>),
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    if args.quiet {
        files::be_quiet();
    }
    match args.noun {
        Some(Noun::CaBundle(args)) => ca_bundle::run(&args),
        Some(Noun::CaCertificate(args)) => ca_certificate::run(&args),
        Some(Noun::CertManager(args)) => cert_manager::run(&args),
        Some(Noun::CertificateRequest(args)) => certificate_request::run(&args),
        Some(Noun::ControlPlaneTls(args)) => control_plane_tls::run(&args),
        Some(Noun::Environment(args)) => environment::run(&args),
        Some(Noun::HelmValues(args)) => installation::helm_values(&args),
        Some(Noun::InstallFlags(args)) => installation::install_flags(&args),
        Some(Noun::KubernetesSecret(args)) => kubernetes_secret::run(&args),
        Some(Noun::TlsCertificate(args)) => tls_certificate::run(&args),
        Some(Noun::TlsCertificates(args)) => tls_certificates::run(&args),
        None => crate::help("generate"),
    }
}
