//! `kumactl verify`: what can be judged.

pub(crate) mod tls_certificate;

use clap::Subcommand;

use crate::report::failure::Failure;

/// Tell before the installation what would fail after it
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    noun: Option<Noun>,
}

#[derive(Subcommand)]
enum Noun {
    TlsCertificate(Box<tls_certificate::Args>),
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    match args.noun {
        Some(Noun::TlsCertificate(args)) => tls_certificate::run(&args),
        None => crate::help("verify"),
    }
}
