//! Reports as text and as JSON.

pub(crate) mod certificate_request;
pub(crate) mod diagram;
pub(crate) mod inspection;
pub(crate) mod installation;
pub(crate) mod token;
pub(crate) mod verification;

use kuma_pki::verify::inspect;
use kuma_pki::{Certificate, CertificateName};
use serde::Serialize;
use time::OffsetDateTime;

use crate::files::{Changes, FileReason, Output, Plan};
use crate::report::console::Console;
use crate::report::failure::Failure;

/// The format of a report.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum ReportFormat {
    /// Text for people
    #[default]
    Text,
    /// JSON for programs
    Json,
}

/// The report of a run. Fields may be added, but not changed or removed.
#[derive(Serialize)]
struct Report<'a> {
    /// Whether a file was written or its permissions were repaired.
    changed: bool,
    /// The reasons, with --if-needed.
    reasons: &'a [String],
    files: Vec<ChangedFile>,
    certificate: CertificateReport,
    warnings: &'a [String],
}

/// A file that was written, or whose permissions were repaired.
#[derive(Serialize)]
pub(crate) struct ChangedFile {
    role: &'static str,
    path: String,
    mode: String,
}

/// The fields of a certificate.
#[derive(Serialize)]
struct CertificateReport {
    subject: String,
    issuer: String,
    serial_number: String,
    not_before: String,
    not_after: String,
    subject_alt_names: Vec<CertificateName>,
    key_type: String,
    extended_key_usage: Option<&'static str>,
    sha256_fingerprint: String,
}

/// Refuses to print a JSON report and a file on standard output.
pub(crate) fn refuse_shared_stdout(plan: &Plan, format: ReportFormat) -> Result<(), Failure> {
    if plan.uses_stdout() && format == ReportFormat::Json {
        let failure = Failure::usage("--output=json and a file cannot both go to standard output");
        return Err(failure.hint("rerun without --output=json, or give every file a path"));
    }
    Ok(())
}

/// Prints the reasons and warnings of a run on standard error and, unless standard output holds a file, the
/// report on standard output.
pub(crate) fn report(
    console: Console,
    format: Option<ReportFormat>,
    certificate: &Certificate,
    changes: Changes,
    reasons: Vec<FileReason>,
    warnings: Vec<String>,
) {
    let reasons = texts([reasons, changes.reasons].concat());
    let warnings = [warnings, changes.warnings].concat();
    reasons.iter().for_each(|reason| console.note(reason));
    warnings.iter().for_each(|warning| console.warn(warning));
    let (saved, repaired) = (&changes.saved, &changes.repaired);
    let changed = !saved.is_empty() || !repaired.is_empty();
    console.report(&match format {
        None => return,
        Some(ReportFormat::Json) => json_text(&Report {
            changed,
            reasons: &reasons,
            files: saved.iter().chain(repaired).filter_map(changed_file).collect(),
            certificate: CertificateReport::new(certificate),
            warnings: &warnings,
        }),
        Some(ReportFormat::Text) if changed => lines(saved, repaired),
        Some(ReportFormat::Text) => format!(
            "Nothing to do: the certificate matches and is valid until {}\n",
            kuma_pki::rfc3339(&certificate.validity().not_after)
        ),
    });
}

/// Returns the reasons as text.
fn texts(reasons: Vec<FileReason>) -> Vec<String> {
    reasons.iter().map(ToString::to_string).collect()
}

/// Describes a file; `None` for standard output.
pub(crate) fn changed_file(file: &Output) -> Option<ChangedFile> {
    let path = file.destination.path()?.to_string_lossy().into_owned();
    Some(ChangedFile { role: file.kind.key(), path, mode: format!("{:04o}", file.mode) })
}

/// Returns a line for each file. The lines for the key and the certificate are those of the official
/// kumactl.
pub(crate) fn lines(saved: &[Output], repaired: &[Output]) -> String {
    let saved = saved.iter().filter_map(|file| {
        let path = file.destination.path()?;
        let path = kuma_pki::printable(&path.to_string_lossy());
        Some(format!("{} saved in {path}\n", file.kind.title()))
    });
    let repaired = repaired.iter().filter_map(|file| {
        let path = kuma_pki::printable(&file.destination.path()?.to_string_lossy());
        Some(format!("Permissions of {path} set to {:04o}\n", file.mode))
    });
    saved.chain(repaired).collect()
}

impl CertificateReport {
    fn new(certificate: &Certificate) -> Self {
        let summary = inspect::summary(certificate, OffsetDateTime::now_utc());
        let usages = summary.extended_key_usage.unwrap_or_default();
        let has = |usage: &&'static str| usages.iter().any(|found| found == usage);
        let algorithm = certificate.key_algorithm();
        Self {
            subject: summary.subject,
            issuer: summary.issuer,
            serial_number: summary.serial_number,
            not_before: summary.not_before,
            not_after: summary.not_after,
            subject_alt_names: summary.subject_alt_names,
            key_type: algorithm.map_or(summary.key, |algorithm| algorithm.to_string()),
            extended_key_usage: ["serverAuth", "clientAuth"].into_iter().find(has),
            sha256_fingerprint: summary.sha256_fingerprint,
        }
    }
}

/// Formats a report as JSON, with a final newline.
pub(crate) fn json_text(report: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(report).expect("strings and numbers are JSON");
    text.push('\n');
    text
}
