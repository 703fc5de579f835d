//! `kumactl generate public-key`.

use std::path::PathBuf;

use crate::job::token;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

/// Print the public key of a signing key
///
/// The control plane verifies tokens with it. Add it to the configuration of kuma-cp, with the ID that you pass
/// as --kid to sign tokens: dpServer.authn.dpProxy.dpToken.validator.publicKeys,
/// dpServer.authn.zoneProxy.zoneToken.validator.publicKeys or apiServer.authn.tokens.validator.publicKeys.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl generate public-key --signing-key-path=signing.key > signing.pub")]
pub(crate) struct Args {
    /// RSA private key, `-` for standard input (required)
    #[arg(long, value_name = "FILE")]
    signing_key_path: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, console: Console) -> Result<(), Failure> {
    let Some(path) = &args.signing_key_path else {
        let failure = Failure::usage("--signing-key-path is missing: whose public key?");
        return Err(failure.hint("--signing-key-path=signing.key, or `-` for standard input"));
    };
    let key = token::read_signing_key(path, console)?;
    console::print_result(key.public_key().to_pem())
}
