//! Reports as text and as JSON.

use kumactl::{Certificate, ExtendedKeyUsage, Issuer, Template};
use serde::Serialize;

use super::exit::Failure;
use super::output::{self, Plan, Request};

/// The form of a report.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub(super) enum ReportFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// What a run did. Fields are added, never changed or taken away.
#[derive(Serialize)]
struct Report<'a> {
    /// Whether any file was written.
    changed: bool,
    files: Vec<SavedFile>,
    certificate: CertificateReport,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct SavedFile {
    role: &'static str,
    path: String,
    mode: String,
}

#[derive(Serialize)]
struct CertificateReport {
    subject: String,
    issuer: String,
    serial_number: String,
    not_before: String,
    not_after: String,
    subject_alt_names: Vec<Name>,
    key_type: String,
    extended_key_usage: Option<&'static str>,
    sha256_fingerprint: String,
}

#[derive(Serialize)]
struct Name {
    kind: &'static str,
    value: String,
}

/// Refuses a report in a place that a file has.
///
/// # Errors
///
/// A JSON report beside a file on standard output.
pub(super) fn refuse_shared_stdout(plan: &Plan, format: ReportFormat) -> Result<(), Failure> {
    if plan.uses_stdout() && format == ReportFormat::Json {
        let failure = Failure::usage("the JSON report and a file would share standard output");
        return Err(failure.hint("leave --output=json out, or give every file a path"));
    }
    Ok(())
}

/// Says what was issued: warnings on standard error, and, unless a file has it, the report on
/// standard output.
///
/// # Errors
///
/// Standard output that cannot be written.
pub(super) fn report(
    format: ReportFormat,
    is_silent: bool,
    template: &Template,
    issuer: Option<&Issuer>,
    certificate: &Certificate,
    written: &[Request],
    warnings: &[String],
) -> Result<(), Failure> {
    for warning in warnings {
        output::note(&format!("warning: {warning}"));
    }
    if is_silent {
        return Ok(());
    }
    output::print(&match format {
        ReportFormat::Json => issued_as_json(template, issuer, certificate, written, warnings),
        ReportFormat::Text => saved(written),
    })
}

/// A line for each file; the first two are those of the official kumactl.
fn saved(files: &[Request]) -> String {
    let line = |file: &Request| {
        let path = file.destination.path()?;
        Some(format!("{} saved in {}\n", file.role.title(), path.display()))
    };
    files.iter().filter_map(line).collect()
}

/// What was issued and where it is, as one JSON object.
fn issued_as_json(
    template: &Template,
    issuer: Option<&Issuer>,
    certificate: &Certificate,
    files: &[Request],
    warnings: &[String],
) -> String {
    let saved = |file: &Request| {
        let path = file.destination.path()?.to_string_lossy().into_owned();
        Some(SavedFile { role: file.role.key(), path, mode: format!("{:04o}", file.mode) })
    };
    let name = |name: &kumactl::SubjectAltName| Name { kind: name.kind(), value: name.to_string() };
    json(&Report {
        changed: true,
        files: files.iter().filter_map(saved).collect(),
        certificate: CertificateReport {
            subject: template.subject.to_string(),
            issuer: issuer.map_or_else(|| template.subject.to_string(), Issuer::name),
            serial_number: template.serial_number.to_string(),
            not_before: kumactl::rfc3339(&template.validity.not_before),
            not_after: kumactl::rfc3339(&template.validity.not_after),
            subject_alt_names: template.subject_alt_names.iter().map(name).collect(),
            key_type: template.key_algorithm.to_string(),
            extended_key_usage: template.extended_key_usage.map(|usage| match usage {
                ExtendedKeyUsage::ClientAuth => "clientAuth",
                ExtendedKeyUsage::ServerAuth => "serverAuth",
            }),
            sha256_fingerprint: certificate.fingerprint().to_string(),
        },
        warnings,
    })
}

fn json(report: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(report).expect("strings and numbers are JSON");
    text.push('\n');
    text
}
