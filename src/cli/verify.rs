//! `kumactl verify`: what can be judged.

use clap::Subcommand;

use super::exit::Failure;
use super::verify_tls_certificate;

/// Tell before the installation what would fail after it
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    noun: Option<Noun>,
}

#[derive(Subcommand)]
enum Noun {
    TlsCertificate(Box<verify_tls_certificate::Args>),
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    match args.noun {
        Some(Noun::TlsCertificate(args)) => verify_tls_certificate::run(&args),
        None => super::help("verify"),
    }
}
