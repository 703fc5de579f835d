//! `kumactl inspect token`.

use std::path::{Path, PathBuf};

use kuma_pki::token::{Token, TokenSummary, summary};
use serde::Serialize;
use time::OffsetDateTime;

use crate::files::read;
use crate::report::color::ColorChoice;
use crate::report::console;
use crate::report::failure::Failure;
use crate::report::render::{self, ReportFormat, token};

/// Show the claims of tokens
///
/// Shows the claims of a token, its expiry, and the ID to revoke it by. `kumactl verify token` verifies a token;
/// this command does not. The token itself is never printed.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl inspect token dp-1.token
  kumactl generate dataplane-token --name=dp-1 --valid-for=1h \\
    --signing-key-path=signing.key --kid=1 | kumactl inspect token -")]
pub(crate) struct Args {
    /// File with a token, `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Format of the output
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value_t)]
    output: ReportFormat,

    /// When to use color
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    color: ColorChoice,
}

/// A token in JSON. Fields are added, never changed or removed.
#[derive(Serialize)]
struct InspectedToken {
    source: String,
    #[serde(flatten)]
    summary: TokenSummary,
    warnings: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    read::stdin_once(&args.files)?;
    let now = OffsetDateTime::now_utc();
    let (mut tokens, mut failures) = (Vec::new(), Vec::new());
    for path in &args.files {
        match inspect(path, now) {
            Ok(token) => tokens.push(token),
            Err(failure) => failures.push(failure.while_reading()),
        }
    }
    if !tokens.is_empty() {
        console::print(match args.output {
            ReportFormat::Json => render::json_text(&tokens),
            ReportFormat::Text => {
                let palette = args.color.palette();
                let texts = tokens
                    .iter()
                    .map(|token| token::summary_text(&token.source, &token.summary, now, palette));
                texts.collect::<Vec<_>>().join("\n")
            }
        })?;
    }
    Failure::join(failures).map_or(Ok(()), Err)
}

fn inspect(path: &Path, now: OffsetDateTime) -> Result<InspectedToken, Failure> {
    let source = read::shown(path);
    let bytes = read::file(path, "token file")?;
    let unreadable = |reason: &dyn std::fmt::Display| {
        Failure::unreadable(format!("there is no token in {source}: {reason}"))
            .hint("a token is one line, as `kumactl generate dataplane-token` prints it")
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| unreadable(&"it is not text"))?;
    let token = Token::parse(text.trim()).map_err(|error| unreadable(&error))?;
    let summary = summary(&token, now);
    let warnings = summary.findings.iter().map(ToString::to_string).collect();
    Ok(InspectedToken { source, summary, warnings })
}
