//! The global flags of the official kumactl: accepted anywhere, checked as there, and of no effect.
//!
//! The official program reads a configuration and asks the control plane for its version even to
//! make a certificate; this one does neither.

use std::ffi::OsString;

use clap::builder::{BoolishValueParser, PossibleValuesParser};
use kuma_pki::{DurationFault, ValidFor};

#[derive(clap::Args)]
#[command(next_help_heading = "Accepted as by the official kumactl, without effect")]
pub(crate) struct CompatibilityArgs {
    /// Timeout of API calls; there are none
    #[arg(long, global = true, value_name = "DURATION", hide_short_help = true)]
    #[arg(value_parser = duration)]
    api_timeout: Option<String>,

    /// Configuration file; none is read or written
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    config_file: Option<OsString>,

    /// Context of the configuration
    #[arg(long, global = true, value_name = "NAME", hide_short_help = true)]
    context: Option<String>,

    /// Log level
    #[arg(long, global = true, value_name = "LEVEL", hide_short_help = true)]
    #[arg(value_parser = PossibleValuesParser::new(["off", "info", "debug"]))]
    log_level: Option<String>,

    /// Do without a configuration file, as always
    #[arg(long, global = true, value_name = "BOOL", hide_short_help = true)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[arg(value_parser = BoolishValueParser::new())]
    no_config: Option<bool>,
}

/// Go's durations: a zero without a unit, less than a second, and less than nothing are some, too.
fn duration(text: &str) -> Result<String, String> {
    let size = text.strip_prefix(['-', '+']).unwrap_or(text);
    let known = size == "0"
        || !size.starts_with(['-', '+'])
            && match size.parse::<ValidFor>() {
                Ok(_) => true,
                Err(error) => error.fault == DurationFault::NotPositive,
            };
    known.then(|| text.to_owned()).ok_or_else(|| "a duration is `90s`, `10m` or `1h`".to_owned())
}
