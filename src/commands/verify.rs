//! `kumactl verify`.

pub(crate) mod ca_certificate;
pub(crate) mod installation;
pub(crate) mod tls_certificate;
pub(crate) mod token;

use crate::report::failure::Failure;

/// Check certificates before you install them
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    CaCertificate(Box<ca_certificate::Args>),
    Installation(Box<installation::Args>),
    TlsCertificate(Box<tls_certificate::Args>),
    Token(Box<token::Args>),
}

pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::CaCertificate(args) => ca_certificate::run(&args),
        Command::Installation(args) => installation::run(&args),
        Command::TlsCertificate(args) => tls_certificate::run(&args),
        Command::Token(args) => token::run(&args),
    }
}
