//! The flags of the commands that issue a certificate for a server or a client.

use kuma_pki::ValidFor;

use crate::args::existing_files::ExistingFilesArgs;
use crate::args::issuer::IssuerArgs;
use crate::args::key_options::KeyArgs;
use crate::report::failure::Failure;
use crate::report::render::ReportFormat;

/// The flags of every command that issues a certificate for a server or a client.
#[derive(clap::Args)]
pub(crate) struct IssuanceArgs {
    #[command(flatten)]
    pub(crate) issuer: IssuerArgs,

    #[command(flatten)]
    pub(crate) key: KeyArgs,

    /// How long the certificate is valid: hours as `720h`, or `90d`, `2w`, `10y` [default: 87600h,
    /// or as long as the CA]
    #[arg(long, value_name = "DURATION")]
    pub(crate) valid_for: Option<String>,

    #[command(flatten)]
    pub(crate) existing: ExistingFilesArgs,

    /// Form of the report on what was done
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) output: ReportFormat,
}

/// Reads the value of `--valid-for`.
///
/// # Errors
///
/// A text that is not a duration.
pub(crate) fn valid_for(text: Option<&str>) -> Result<Option<ValidFor>, Failure> {
    let parsed = text.map(str::parse::<ValidFor>).transpose();
    Ok(parsed?)
}
