//! `kumactl generate`: the nouns that can be made.

use clap::Subcommand;

use super::exit::Failure;
use super::{ca_bundle, ca_certificate, tls_certificate};

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
    TlsCertificate(tls_certificate::Args),
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    match args.noun {
        Some(Noun::CaBundle(args)) => ca_bundle::run(&args),
        Some(Noun::CaCertificate(args)) => ca_certificate::run(&args),
        Some(Noun::TlsCertificate(args)) => tls_certificate::run(&args),
        None => super::help("generate"),
    }
}
