//! `kumactl`: prepares the TLS certificates of a Kuma control plane.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
