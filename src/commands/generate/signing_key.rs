//! `kumactl generate signing-key`.

use std::ffi::OsString;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use kuma_pki::format::pem;
use kuma_pki::{KeyAlgorithm, PrivateKeyEncoding};
use zeroize::Zeroizing;

use crate::files::OutputKind;
use crate::job::{new_key, token};
use crate::report::console::{self, Console};
use crate::report::failure::Failure;
use crate::report::render;

/// Generate an RSA key that signs tokens
///
/// Sign tokens offline with it (`kumactl generate dataplane-token --signing-key-path`), and add its public key
/// (`kumactl generate public-key`) to the configuration of the control plane. Or store it in a Secret of the
/// control plane (`kumactl generate kuma-secret`).
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl generate signing-key --format=pem --key-file=signing.key
  kumactl generate public-key --signing-key-path=signing.key > signing.pub")]
pub(crate) struct Args {
    /// Format of the key
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,

    /// File for the key, with mode 0600 [default: standard output]
    #[arg(long, value_name = "FILE")]
    key_file: Option<OsString>,

    /// Overwrite the key file
    #[arg(long, requires = "key_file")]
    force: bool,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Format {
    /// PKCS#1 in PEM, as one line of Base64 without a line break: the `data` of a Kuma Secret
    #[default]
    PemBase64,
    /// PKCS#1 in PEM
    Pem,
}

pub(crate) fn run(args: &Args, console: Console) -> Result<(), Failure> {
    let plan = args.key_file.as_ref();
    let plan = plan
        .map(|file| token::secret_plan(OutputKind::PrivateKey, file, args.force, console))
        .transpose()?;
    let key = new_key::generate(KeyAlgorithm::Rsa2048)?;
    let pem = pem::encode_private_key(&key.private_key(PrivateKeyEncoding::Traditional)?);
    let text = match args.format {
        Format::Pem => pem,
        Format::PemBase64 => Zeroizing::new(BASE64_STANDARD.encode(&*pem).into_bytes()),
    };
    let Some(plan) = plan else { return console::print_result(&*text) };
    let is_silent = plan.uses_stdout();
    let changes = plan.commit(|_| text.clone())?;
    changes.warnings.iter().for_each(|warning| console.warn(warning));
    if !is_silent {
        console.report(&render::lines(&changes.saved, &[]));
    }
    Ok(())
}
