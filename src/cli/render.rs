//! Reports as text and as JSON.

use kumactl::{Certificate, ExtendedKeyUsage, Template};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::output::Request;

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

/// A line for each file; the first two are those of the official kumactl.
pub(super) fn saved(files: &[Request]) -> String {
    let line = |file: &Request| {
        let path = file.destination.path()?;
        Some(format!("{} saved in {}\n", file.role.title(), path.display()))
    };
    files.iter().filter_map(line).collect()
}

/// What was issued and where it is, as one JSON object.
pub(super) fn issued_as_json(
    template: &Template,
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
            serial_number: template.serial_number.to_string(),
            not_before: moment(template.validity.not_before),
            not_after: moment(template.validity.not_after),
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

/// A moment as RFC 3339 writes it, in UTC.
fn moment(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).expect("a certificate's years have four digits")
}
