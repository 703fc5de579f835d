//! `kumactl inspect`.

pub(crate) mod certificate;
pub(crate) mod token;

use crate::report::failure::Failure;
use crate::report::shell;

/// Show certificates and check which clients reject them, or show tokens
#[derive(clap::Args)]
#[command(after_help = "The official kumactl runs all other commands.")]
pub(crate) struct Args {
    /// Output format of the official nouns, which accept the flag in front of them
    #[arg(long, short, hide = true, value_name = "FORMAT")]
    output: Option<String>,

    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Certificate(Box<certificate::Args>),
    Token(Box<token::Args>),
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    if let Some(format) = &args.output {
        let hint = format!("add --output={} at the end of the command", shell::word(format));
        return Err(Failure::usage("--output must come after the noun").hint(hint));
    }
    match args.command {
        Command::Certificate(args) => certificate::run(&args),
        Command::Token(args) => token::run(&args),
    }
}
