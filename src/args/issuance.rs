//! The flags of the commands that issue a certificate for a server or a client.

use kuma_pki::ValidFor;

use crate::args::existing_files::ExistingFilesArgs;
use crate::args::issuer::{self, IssuerArgs};
use crate::args::key_options::KeyArgs;
use crate::job::signer::Signer;
use crate::report::failure::Failure;
use crate::report::render::ReportFormat;

/// The flags of every command that issues a certificate for a server or a client.
#[derive(clap::Args)]
pub(crate) struct IssuanceArgs {
    /// Lifetime of the certificate, such as 720h, 90d, 2w or 10y [default: 87600h, or until the CA
    /// expires]
    #[arg(long, value_name = "DURATION", help_heading = "Certificate")]
    pub(crate) valid_for: Option<String>,

    /// Format of the report
    #[arg(
        long,
        short,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        help_heading = "Report"
    )]
    pub(crate) output: ReportFormat,

    #[command(flatten, next_help_heading = "CA")]
    pub(crate) issuer: IssuerArgs,

    #[command(flatten, next_help_heading = "Private key")]
    pub(crate) key: KeyArgs,

    #[command(flatten, next_help_heading = "Existing files")]
    pub(crate) existing: ExistingFilesArgs,
}

impl IssuanceArgs {
    /// Returns the warnings about the issuer and the permissions of the key.
    pub(crate) fn warnings(&self, signer: &Signer) -> Vec<String> {
        let issuer = signer.issuer.as_deref().and_then(issuer::usage_warning);
        issuer.into_iter().chain(self.key.file.warning()).collect()
    }
}

/// Reads the value of `--valid-for`.
pub(crate) fn valid_for(text: Option<&str>) -> Result<Option<ValidFor>, Failure> {
    let parsed = text.map(str::parse::<ValidFor>).transpose();
    Ok(parsed?)
}
