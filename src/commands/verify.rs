//! `kumactl verify`.

pub(crate) mod tls_certificate;

use crate::report::failure::Failure;

/// Check certificates before you install them
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    TlsCertificate(Box<tls_certificate::Args>),
}

pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::TlsCertificate(args) => tls_certificate::run(&args),
    }
}
