//! `kumactl`: prepares TLS certificates for Kuma.

#[cfg(not(unix))]
compile_error!(
    "kumactl runs on Unix only: it relies on file permissions, directory locks and signals; \
     on Windows, build and use it in WSL"
);

mod args;
mod commands;
mod files;
mod job;
mod net;
mod official;
mod report;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::args::compatibility::CompatibilityArgs;
use crate::commands::{completion, generate, inspect, man, verify, version};
use crate::report::failure::Failure;
use crate::report::program_name;

/// Prepare TLS certificates for Kuma before you install it
///
/// A drop-in replacement for the official `kumactl generate tls-certificate` that needs no cluster and no
/// network.
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
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Completion(Box<completion::Args>),
    Generate(Box<generate::Args>),
    Inspect(Box<inspect::Args>),
    Man(Box<man::Args>),
    #[command(subcommand)]
    Verify(verify::Command),
    Version(Box<version::Args>),
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(failure) = args::secret_scan::refuse(&arguments) {
        return failure.report();
    }
    let cli = match parse(&arguments) {
        Ok(cli) => cli,
        Err(error) => return report::usage::report(&error, &arguments),
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Returns the program with every command and flag, under the name by which it was started.
fn program() -> clap::Command {
    program_name::in_command(Cli::command())
}

fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let mut program = program();
    let mut matches = match program.try_get_matches_from_mut(arguments) {
        // Listing the commands in groups would delay the start of every other command.
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            report::help::with_groups(self::program()).try_get_matches_from_mut(arguments)?
        }
        matches => matches?,
    };
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut program))
}

fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Completion(args) => completion::run(&args),
        Command::Generate(args) => generate::run(*args),
        Command::Inspect(args) => inspect::run(*args),
        Command::Man(args) => man::run(&args),
        Command::Verify(command) => verify::run(command),
        Command::Version(args) => version::run(&args),
    }
}
