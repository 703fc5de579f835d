//! `kumactl`: prepares the TLS certificates of a Kuma control plane.

mod args;
mod commands;
mod files;
mod job;
mod net;
mod official;
mod report;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::args::compatibility::CompatibilityArgs;
use crate::commands::{completion, generate, inspect, man, verify, version};
use crate::report::failure::Failure;

/// Prepare the TLS certificates of a Kuma control plane
///
/// A drop-in for the official `kumactl generate tls-certificate`: before any cluster exists,
/// without a network, and without a file but those you name.
#[derive(Parser)]
#[command(name = "kumactl", version, args_override_self = true, max_term_width = 100)]
#[command(after_help = "\
Examples:
  kumactl generate control-plane-tls --mode=kubernetes --output-dir=tls
  kumactl generate tls-certificate --type=server --hostname=localhost
  kumactl generate ca-certificate
  kumactl inspect certificate tls/tls.crt
  kumactl verify tls-certificate --cert-file=tls/tls.crt \\
    --key-file=tls/tls.key --ca-cert-file=tls/ca.crt")]
struct Cli {
    #[command(flatten)]
    compatibility: CompatibilityArgs,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Completion(Box<completion::Args>),
    Generate(Box<generate::Args>),
    Inspect(Box<inspect::Args>),
    Man(Box<man::Args>),
    Verify(Box<verify::Args>),
    Version(Box<version::Args>),
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(failure) = args::secret_scan::refuse(&arguments) {
        return failure.report();
    }
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return report::usage::report(&error, &arguments),
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// The program with every command and flag.
fn program() -> clap::Command {
    Cli::command()
}

/// The help of a verb without its noun.
fn help(verb: &str) -> Result<(), Failure> {
    let mut program = program();
    program.build();
    let help = program.find_subcommand_mut(verb).map(clap::Command::render_help);
    files::print(help.map(|help| help.to_string()).unwrap_or_default())
}

fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Some(Command::Completion(args)) => completion::run(&args),
        Some(Command::Generate(args)) => generate::run(*args),
        Some(Command::Inspect(args)) => inspect::run(*args),
        Some(Command::Man(args)) => man::run(&args),
        Some(Command::Verify(args)) => verify::run(*args),
        Some(Command::Version(args)) => version::run(&args),
        None => files::print(program().render_help().to_string()),
    }
}
