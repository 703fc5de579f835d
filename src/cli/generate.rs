//! `kumactl generate`: the nouns that can be made.

use clap::Subcommand;

use super::deferred::Deferred;
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
    CaBundle(Deferred<ca_bundle::Args>),
    CaCertificate(Deferred<ca_certificate::Args>),
    CertManager(Deferred<cert_manager::Args>),
    ControlPlaneTls(Deferred<control_plane_tls::Args>),
    Environment(Deferred<environment::Args>),
    HelmValues(Deferred<installation::HelmValuesArgs>),
    InstallFlags(Deferred<installation::InstallFlagsArgs>),
    KubernetesSecret(Deferred<kubernetes_secret::Args>),
    TlsCertificate(Deferred<tls_certificate::Args>),
    TlsCertificates(Deferred<tls_certificates::Args>),
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    match args.noun {
        Some(Noun::CaBundle(args)) => ca_bundle::run(&args.0),
        Some(Noun::CaCertificate(args)) => ca_certificate::run(&args.0),
        Some(Noun::CertManager(args)) => cert_manager::run(&args.0),
        Some(Noun::ControlPlaneTls(args)) => control_plane_tls::run(&args.0),
        Some(Noun::Environment(args)) => environment::run(&args.0),
        Some(Noun::HelmValues(args)) => installation::helm_values(&args.0),
        Some(Noun::InstallFlags(args)) => installation::install_flags(&args.0),
        Some(Noun::KubernetesSecret(args)) => kubernetes_secret::run(&args.0),
        Some(Noun::TlsCertificate(args)) => tls_certificate::run(&args.0),
        Some(Noun::TlsCertificates(args)) => tls_certificates::run(&args.0),
        None => super::help("generate"),
    }
}
