//! `kumactl inspect`: what can be looked into.

pub(crate) mod certificate;

use clap::Subcommand;

use crate::report::failure::Failure;
use crate::report::shell;

/// Show what is in certificates, and what their users will make of it
#[derive(clap::Args)]
#[command(after_help = "Other nouns are handed to the official kumactl.")]
pub(crate) struct Args {
    /// Output format of the official nouns, which accept the flag in front of them
    #[arg(long, short, hide = true, value_name = "FORMAT")]
    output: Option<String>,

    #[command(subcommand)]
    noun: Option<Noun>,
}

#[derive(Subcommand)]
enum Noun {
    Certificate(Box<certificate::Args>),
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    if let (Some(format), Some(_)) = (&args.output, &args.noun) {
        return Err(Failure::usage("--output stands in front of the noun")
            .hint(format!("put it last: --output={}", shell::word(format))));
    }
    match args.noun {
        Some(Noun::Certificate(args)) => certificate::run(&args),
        None => crate::help("inspect"),
    }
}
