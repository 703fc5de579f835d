//! `kumactl version`.

use std::ffi::OsString;

use crate::official::{self, Official};
use crate::report::console;
use crate::report::failure::{Failure, reason};

/// Print the versions of this and the official kumactl
///
/// The official kumactl prints its own version first (`Client: Kuma 2.14.3`) and that of the control
/// plane, if there is an official kumactl. `kumactl --version` prints the version of this program alone.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Also print how the programs were built
    #[arg(long, short = 'a', alias = "detailed")]
    verbose: bool,
}

/// The official command, for the hand-over.
const COMMAND: &str = "version";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let arguments: Vec<OsString> = std::env::args_os().map(as_official).collect();
    let found = Official::find(COMMAND, &arguments);
    if official::is_called_back(COMMAND) {
        // The lines below are printed by the process that was started first.
        return Err(match found {
            Some(_) => official::hand_over(COMMAND),
            None => Failure::no_official_silently(),
        });
    }
    let found = match found {
        Some(official) => ran(&official, &arguments)?.then_some(official),
        None => None,
    };
    // Scripts take the third word of the official line (`awk '{print $3}'`); these have two.
    let mut text = format!("kumactl {}\n", env!("CARGO_PKG_VERSION"));
    if let Some(official) = &found {
        text.push_str(&format!("official: {}\n", official.path.display()));
    }
    if args.verbose {
        // .cargo/config.toml sets it for the crypto library and for this file alike.
        let entropy = match option_env!("AWS_LC_SYS_NO_JITTER_ENTROPY") {
            Some("1") => "operating system",
            _ => "CPU jitter: 30 ms slower; build with AWS_LC_SYS_NO_JITTER_ENTROPY=1",
        };
        text.push_str("implementation: Rust, not the official Go program\n");
        text.push_str("cryptography:   AWS-LC\n");
        text.push_str(&format!("entropy:        {entropy}\n"));
    }
    console::print(&text)
}

/// Translates our name of a flag to the official one.
fn as_official(argument: OsString) -> OsString {
    if argument == "--verbose" { "--detailed".into() } else { argument }
}

/// Lets the official program print its version. `false` if it turns out to be this program again.
fn ran(official: &Official, arguments: &[OsString]) -> Result<bool, Failure> {
    /// The status of a shell, and of this program, for a program that is not there.
    const NOT_FOUND: i32 = 127;
    let path = official.path.display();
    match official.command(arguments).status() {
        Ok(status) if status.success() => Ok(true),
        Ok(status) if status.code() == Some(NOT_FOUND) => Ok(false),
        Ok(status) => Err(Failure::failed(format!("the official kumactl {path} failed: {status}"))),
        Err(error) => Err(Failure::not_executable(format!(
            "could not run the official kumactl {path}: {}",
            reason(&error)
        ))),
    }
}
