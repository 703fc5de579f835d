//! The flags that every `verify` command has.

use kuma_pki::{ValidFor, rfc3339};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, Time, UtcOffset};

use crate::report::color::{ColorChoice, Palette};
use crate::report::failure::Failure;
use crate::report::render::ReportFormat;
use crate::report::{console, program_name};

/// The time to verify for.
#[derive(clap::Args)]
pub(crate) struct TimeArgs {
    /// Verify for this time: 2027-01-31T12:00:00Z, 2027-01-31, or +90d from now [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

/// The form of the report.
#[derive(clap::Args)]
pub(crate) struct ReportArgs {
    /// Print failed checks only
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// Format of the report
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value_t)]
    output: ReportFormat,

    /// When to use color
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    color: ColorChoice,
}

impl TimeArgs {
    /// Returns the time to verify for.
    pub(crate) fn at(&self, now: OffsetDateTime) -> Result<OffsetDateTime, Failure> {
        let Some(text) = self.at.as_deref() else { return Ok(now) };
        if let Some(span) = text.strip_prefix('+') {
            let span = span.parse::<ValidFor>()?;
            let span = time::Duration::try_from(span.duration()).ok();
            if let Some(moment) = span.and_then(|span| now.checked_add(span)) {
                return Ok(moment);
            }
        }
        let day = time::macros::format_description!("[year]-[month]-[day]");
        let day =
            time::Date::parse(text, day).map(|day| day.with_time(Time::MIDNIGHT).assume_utc());
        let moment = OffsetDateTime::parse(text, &Rfc3339).or(day).ok();
        let utc = moment.and_then(|moment| moment.checked_to_offset(UtcOffset::UTC));
        utc.filter(|moment| (0..=9999).contains(&moment.year())).ok_or_else(|| {
            let failure = Failure::usage(format!("--at: {text:?} is not a time"));
            failure.hint(format!("use --at={}, --at={} or --at=+90d", rfc3339(&now), now.date()))
        })
    }
}

impl ReportArgs {
    /// Prints a report in the requested format. `text` gets whether to leave passed checks out. Fails on
    /// standard output that cannot be written, and the verdict if something does not verify.
    pub(crate) fn print(
        &self,
        verifies: bool,
        json: impl FnOnce() -> String,
        text: impl FnOnce(bool, Palette) -> String,
    ) -> Result<(), Failure> {
        let report = match self.output {
            ReportFormat::Json if self.quiet && verifies => String::new(),
            ReportFormat::Json => json(),
            ReportFormat::Text => text(self.quiet, self.color.palette()),
        };
        console::print(program_name::in_message(&report).as_bytes())?;
        if verifies { Ok(()) } else { Err(Failure::verdict()) }
    }
}
