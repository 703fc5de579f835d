//! Reports as text and as JSON.

pub(crate) mod certificate_request;
pub(crate) mod judgement;
pub(crate) mod summary;

use kuma_pki::{Certificate, ExtendedKeyUsage, Issuer, Template};
use serde::Serialize;

use crate::files::{self, Changes, Plan, Request};
use crate::report::failure::Failure;

/// The form of a report.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// What a run did. Fields are added, never changed or taken away.
#[derive(Serialize)]
struct Report<'a> {
    /// Whether any file was written, or its permissions repaired.
    changed: bool,
    /// Why, with --if-needed.
    reasons: &'a [String],
    files: Vec<ChangedFile>,
    certificate: &'a CertificateReport,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct ChangedFile {
    role: &'static str,
    path: String,
    mode: String,
}

/// What a certificate says.
#[derive(Serialize)]
pub(crate) struct CertificateReport {
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
pub(crate) fn refuse_shared_stdout(plan: &Plan, format: ReportFormat) -> Result<(), Failure> {
    if plan.uses_stdout() && format == ReportFormat::Json {
        let failure = Failure::usage("the JSON report and a file would share standard output");
        return Err(failure.hint("leave --output=json out, or give every file a path"));
    }
    Ok(())
}

/// Says what was issued: remarks on standard error, and, unless a file has it, the report on
/// standard output.
pub(crate) fn report(
    format: ReportFormat,
    is_silent: bool,
    certificate: &CertificateReport,
    changes: Changes,
    reasons: Vec<String>,
    warnings: Vec<String>,
) {
    let reasons = [reasons, changes.reasons].concat();
    let warnings = [warnings, changes.warnings].concat();
    for reason in &reasons {
        files::note(&format!("note: {reason}"));
    }
    for warning in &warnings {
        files::note(&format!("warning: {warning}"));
    }
    if is_silent || files::is_quiet() {
        return;
    }
    let (saved, repaired) = (&changes.saved, &changes.repaired);
    let changed = !saved.is_empty() || !repaired.is_empty();
    files::print_report(&match format {
        ReportFormat::Json => json_text(&Report {
            changed,
            reasons: &reasons,
            files: saved.iter().chain(repaired).filter_map(changed_file).collect(),
            certificate,
            warnings: &warnings,
        }),
        ReportFormat::Text if changed => lines(saved, repaired),
        ReportFormat::Text => {
            format!("Nothing changed: the certificate is good until {}\n", certificate.not_after)
        }
    });
}

fn changed_file(file: &Request) -> Option<ChangedFile> {
    let path = file.destination.path()?.to_string_lossy().into_owned();
    Some(ChangedFile { role: file.role.key(), path, mode: format!("{:04o}", file.mode) })
}

/// A line for each file; the first two that are saved are those of the official kumactl.
fn lines(saved: &[Request], repaired: &[Request]) -> String {
    let saved = saved.iter().filter_map(|file| {
        let path = file.destination.path()?;
        let path = kuma_pki::printable(&path.to_string_lossy());
        Some(format!("{} saved in {path}\n", file.role.title()))
    });
    let repaired = repaired.iter().filter_map(|file| {
        let path = kuma_pki::printable(&file.destination.path()?.to_string_lossy());
        Some(format!("Permissions of {path} set to {:04o}\n", file.mode))
    });
    saved.chain(repaired).collect()
}

impl CertificateReport {
    /// Of the first certificate of a file, which says what is wanted but for its number and dates.
    pub(crate) fn of_existing(
        chain: &[Vec<u8>],
        wanted: &Template,
        issuer: Option<&Issuer>,
    ) -> Result<Self, Failure> {
        let der = chain.first().map_or(&[][..], Vec::as_slice);
        let certificate = Certificate::from_der(der.to_vec())?;
        let mut found = Self::new(&certificate, wanted, issuer);
        let validity = certificate.validity();
        found.not_before = kuma_pki::rfc3339(&validity.not_before);
        found.not_after = kuma_pki::rfc3339(&validity.not_after);
        found.serial_number = certificate.serial_number();
        found.subject = certificate.subject();
        found.issuer = certificate.issuer();
        Ok(found)
    }

    /// Of a certificate that was issued, by itself or by a CA.
    pub(crate) fn new(
        certificate: &Certificate,
        template: &Template,
        issuer: Option<&Issuer>,
    ) -> Self {
        let name =
            |name: &kuma_pki::SubjectAltName| Name { kind: name.kind(), value: name.to_string() };
        Self {
            subject: template.subject.to_string(),
            issuer: issuer
                .map_or_else(|| template.subject.to_string(), |issuer| issuer.name().to_owned()),
            serial_number: template.serial_number.to_string(),
            not_before: kuma_pki::rfc3339(&template.validity.not_before),
            not_after: kuma_pki::rfc3339(&template.validity.not_after),
            subject_alt_names: template.subject_alt_names.iter().map(name).collect(),
            key_type: template.key_algorithm.to_string(),
            extended_key_usage: template.extended_key_usage.map(|usage| match usage {
                ExtendedKeyUsage::ClientAuth => "clientAuth",
                ExtendedKeyUsage::ServerAuth => "serverAuth",
            }),
            sha256_fingerprint: certificate.fingerprint().to_string(),
        }
    }
}

/// A report as JSON, with a newline at its end.
pub(crate) fn json_text(report: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(report).expect("strings and numbers are JSON");
    text.push('\n');
    text
}
