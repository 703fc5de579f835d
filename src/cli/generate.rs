//! `kumactl generate`: the nouns that can be made.

use clap::Subcommand;

use super::deferred::Deferred;
use super::exit::Failure;
use super::{
    ca_bundle, ca_certificate, cert_manager, control_plane_tls, environment, installation,
    kubernetes_secret, output, tls_certificate, tls_certificates,
};

/// Make certificates, keys and what is built from them
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    noun: Option<Noun>,
}

#[derive(Subcommand)]
enum Noun {
    CaBundle(Deferred<Quietable<ca_bundle::Args>>),
    CaCertificate(Deferred<Quietable<ca_certificate::Args>>),
    CertManager(Deferred<Quietable<cert_manager::Args>>),
    ControlPlaneTls(Deferred<Quietable<control_plane_tls::Args>>),
    Environment(Deferred<Quietable<environment::Args>>),
    HelmValues(Deferred<Quietable<installation::HelmValuesArgs>>),
    InstallFlags(Deferred<Quietable<installation::InstallFlagsArgs>>),
    KubernetesSecret(Deferred<Quietable<kubernetes_secret::Args>>),
    TlsCertificate(Deferred<Quietable<tls_certificate::Args>>),
    TlsCertificates(Deferred<Quietable<tls_certificates::Args>>),
}

// Not a doc comment: clap would print it as the description of every command.
// The arguments of a command with --quiet.
#[derive(clap::Args)]
struct Quietable<T: clap::Args> {
    #[command(flatten)]
    args: T,

    /// Print errors only
    #[arg(long, short)]
    quiet: bool,
}

impl<T: clap::Args> Quietable<T> {
    /// Returns the command's own arguments, and says nothing but errors from now on if that was wanted.
    fn start(&self) -> &T {
        if self.quiet {
            output::be_quiet();
        }
        &self.args
    }
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    match args.noun {
        Some(Noun::CaBundle(args)) => ca_bundle::run(args.0.start()),
        Some(Noun::CaCertificate(args)) => ca_certificate::run(args.0.start()),
        Some(Noun::CertManager(args)) => cert_manager::run(args.0.start()),
        Some(Noun::ControlPlaneTls(args)) => control_plane_tls::run(args.0.start()),
        Some(Noun::Environment(args)) => environment::run(args.0.start()),
        Some(Noun::HelmValues(args)) => installation::helm_values(args.0.start()),
        Some(Noun::InstallFlags(args)) => installation::install_flags(args.0.start()),
        Some(Noun::KubernetesSecret(args)) => kubernetes_secret::run(args.0.start()),
        Some(Noun::TlsCertificate(args)) => tls_certificate::run(args.0.start()),
        Some(Noun::TlsCertificates(args)) => tls_certificates::run(args.0.start()),
        None => super::help("generate"),
    }
}
