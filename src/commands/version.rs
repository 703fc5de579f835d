//! `kumactl version`.

use crate::files;
use crate::report::failure::Failure;

/// Print the version
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Say how the program was built, too
    #[arg(long, short = 'a', alias = "detailed")]
    verbose: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut text = format!("kumactl {}\n", env!("CARGO_PKG_VERSION"));
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
    files::print(&text)
}
