//! `kumactl generate`: the nouns that can be made.

use clap::{CommandFactory, Subcommand};

use super::exit::Failure;
use super::{Cli, ca_bundle, ca_certificate, output, tls_certificate};

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
        None => {
            let mut program = Cli::command();
            program.build();
            let help = program.find_subcommand_mut("generate").map(clap::Command::render_help);
            output::print(&help.map(|help| help.to_string()).unwrap_or_default())
        }
    }
}
