//! The global flags of the official kumactl. Every command accepts and validates them like the official
//! kumactl, and ignores them. Only the help of the program lists them.
//!
//! The official program reads a configuration and asks the control plane for its version even to
//! make a certificate; this one does neither.

use std::ffi::OsString;

use clap::builder::{BoolishValueParser, PossibleValuesParser};
use kuma_pki::{DurationErrorKind, ValidFor};

#[derive(clap::Args)]
pub(crate) struct CompatibilityArgs {
    /// Timeout of calls to the control plane
    #[arg(long, global = true, value_name = "DURATION", hide = true)]
    #[arg(value_parser = duration)]
    api_timeout: Option<String>,

    /// Configuration file
    #[arg(long, global = true, value_name = "FILE", hide = true)]
    config_file: Option<OsString>,

    /// Context of the configuration
    #[arg(long, global = true, value_name = "NAME", hide = true)]
    context: Option<String>,

    /// Log level
    #[arg(long, global = true, value_name = "LEVEL", hide = true)]
    #[arg(value_parser = PossibleValuesParser::new(["off", "info", "debug"]))]
    log_level: Option<String>,

    /// Run without a configuration file
    #[arg(long, global = true, value_name = "BOOL", hide = true)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[arg(value_parser = BoolishValueParser::new())]
    no_config: Option<bool>,
}

/// Parses a duration like Go, which also accepts a zero without a unit, fractions of a second and negative
/// durations.
fn duration(text: &str) -> Result<String, String> {
    let size = text.strip_prefix(['-', '+']).unwrap_or(text);
    let known = size == "0"
        || !size.starts_with(['-', '+'])
            && match size.parse::<ValidFor>() {
                Ok(_) => true,
                Err(error) => error.kind == DurationErrorKind::NotPositive,
            };
    known.then(|| text.to_owned()).ok_or_else(|| "use a duration such as 90s, 10m or 1h".to_owned())
}
