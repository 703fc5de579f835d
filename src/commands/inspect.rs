//! `kumactl inspect`: what can be looked into.

pub(crate) mod certificate;

use clap::Subcommand;

use crate::report::failure::Failure;

/// Show what is in certificates, and what their users will make of it
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    noun: Option<Noun>,
}

#[derive(Subcommand)]
enum Noun {
    Certificate(Box<certificate::Args>),
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    match args.noun {
        Some(Noun::Certificate(args)) => certificate::run(&args),
        None => crate::help("inspect"),
    }
}
