//! `kumactl inspect`: what can be looked into.

use clap::Subcommand;

use super::exit::Failure;
use super::inspect_certificate;

/// Show what is in certificates, and what their users will make of it
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    noun: Option<Noun>,
}

#[derive(Subcommand)]
enum Noun {
    Certificate(Box<inspect_certificate::Args>),
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    match args.noun {
        Some(Noun::Certificate(args)) => inspect_certificate::run(&args),
        None => super::help("inspect"),
    }
}
