//! The program around the library: arguments, clock, files, terminal, exit status.

mod address;
mod ca_bundle;
mod ca_certificate;
mod cert_manager;
mod certificate_type;
mod compatibility;
mod completion;
mod connect;
mod control_plane;
mod control_plane_tls;
mod control_plane_url;
mod environment;
mod exit;
mod formats;
mod generate;
mod hostname;
mod input;
mod inspect;
mod inspect_certificate;
mod installation;
mod issuance;
mod issuer;
mod key_in_argument;
mod key_options;
mod kubernetes_secret;
mod man;
mod material;
mod new_key;
mod official;
mod output;
mod progress;
mod remedy;
mod render;
mod renewal;
mod shell;
mod style;
mod tls_certificate;
mod tls_certificates;
mod usage;
mod verify;
mod verify_tls_certificate;
mod version;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use self::compatibility::CompatibilityArgs;
use self::exit::Failure;

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

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(failure) = key_in_argument::refuse(&arguments) {
        return failure.report();
    }
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage::report(&error, &arguments),
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
    output::print(help.map(|help| help.to_string()).unwrap_or_default())
}

fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Some(Command::Completion(args)) => completion::run(&args),
        Some(Command::Generate(args)) => generate::run(*args),
        Some(Command::Inspect(args)) => inspect::run(*args),
        Some(Command::Man(args)) => man::run(&args),
        Some(Command::Verify(args)) => verify::run(*args),
        Some(Command::Version(args)) => version::run(&args),
        None => output::print(program().render_help().to_string()),
    }
}
