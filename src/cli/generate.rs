//! `kumactl generate`: the nouns that can be made.

use clap::Subcommand;

use super::exit::Failure;
use super::{
    ca_bundle, ca_certificate, cert_manager, control_plane_tls, environment, installation,
    kubernetes_secret, tls_certificate, tls_certificates,
};

/// Make certificates, keys and what is built from them
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    noun: Option<Noun>,
}

#[derive(Subcommand)]
enum Noun {
    CaBundle(ca_bundle::Args),
    CaCertificate(ca_certificate::Args),
    CertManager(cert_manager::Args),
    ControlPlaneTls(Box<control_plane_tls::Args>),
    Environment(environment::Args),
    HelmValues(installation::HelmValuesArgs),
    InstallFlags(installation::InstallFlagsArgs),
    KubernetesSecret(kubernetes_secret::Args),
    TlsCertificate(tls_certificate::Args),
    TlsCertificates(tls_certificates::Args),
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    match args.noun {
        Some(Noun::CaBundle(args)) => ca_bundle::run(&args),
        Some(Noun::CaCertificate(args)) => ca_certificate::run(&args),
        Some(Noun::CertManager(args)) => cert_manager::run(&args),
        Some(Noun::ControlPlaneTls(args)) => control_plane_tls::run(&args),
        Some(Noun::Environment(args)) => environment::run(&args),
        Some(Noun::HelmValues(args)) => installation::helm_values(&args),
        Some(Noun::InstallFlags(args)) => installation::install_flags(&args),
        Some(Noun::KubernetesSecret(args)) => kubernetes_secret::run(&args),
        Some(Noun::TlsCertificate(args)) => tls_certificate::run(&args),
        Some(Noun::TlsCertificates(args)) => tls_certificates::run(&args),
        None => super::help("generate"),
    }
}
