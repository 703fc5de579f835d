//! The report of `inspect`, as text and as JSON.

use kuma_pki::KeyError;
use kuma_pki::format::contents::Part;
use kuma_pki::verify::ClientVerdict;
use kuma_pki::verify::inspect::{self, Link, Summary};
use serde::Serialize;
use time::OffsetDateTime;

use super::json_text;
use crate::commands::inspect::certificate::{Source, owner};
use crate::report::color::Palette;

/// A source in JSON. Fields may be added, but not changed or removed.
#[derive(Serialize)]
struct SourceReport<'a> {
    source: &'a str,
    encoding: String,
    parts: Vec<PartReport>,
}

#[derive(Serialize)]
struct PartReport {
    name: String,
    certificates: Vec<CertificateReport>,
    private_keys: Vec<KeyReport>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct CertificateReport {
    #[serde(flatten)]
    summary: Summary,
    /// The position of the certificate that signed it, from 1.
    issued_by: Option<usize>,
}

#[derive(Serialize)]
struct KeyReport {
    key_type: Option<String>,
    /// The position of the matching certificate, from 1.
    belongs_to: Option<usize>,
    error: Option<String>,
}

/// Returns the report for programs.
pub(crate) fn json(sources: &[Source], now: OffsetDateTime) -> String {
    let reports = sources.iter().map(|source| {
        let parts = source.parts.iter().map(|part| part_report(part, now));
        SourceReport { source: &source.shown, encoding: encoding(source), parts: parts.collect() }
    });
    json_text(&reports.collect::<Vec<_>>())
}

fn part_report(part: &Part, now: OffsetDateTime) -> PartReport {
    let links = inspect::links(&part.certificates);
    let certificates = part.certificates.iter().zip(&links).map(|(certificate, link)| {
        let issued_by = match link {
            Link::IssuedBy(place) => Some(*place),
            _ => None,
        };
        CertificateReport { summary: inspect::summary(certificate, now), issued_by }
    });
    PartReport {
        name: kuma_pki::printable(&part.name),
        certificates: certificates.collect(),
        private_keys: part.private_keys.iter().map(|key| key_report(key, part)).collect(),
        warnings: warnings(part),
    }
}

fn key_report(key: &Result<kuma_pki::ExistingKey, KeyError>, part: &Part) -> KeyReport {
    KeyReport {
        key_type: key.as_ref().ok().map(kuma_pki::ExistingKey::description),
        belongs_to: key.as_ref().ok().and_then(|key| owner(key, &part.certificates)),
        error: key.as_ref().err().map(ToString::to_string),
    }
}

fn encoding(source: &Source) -> String {
    source.encoding.map_or_else(|| "TLS server".to_owned(), |encoding| encoding.to_string())
}

/// Returns the report for people.
pub(crate) fn text(sources: &[Source], now: OffsetDateTime, palette: Palette) -> String {
    let mut paragraphs = Vec::new();
    for source in sources {
        for part in &source.parts {
            let within = if part.name.is_empty() { "" } else { ", " };
            let title = format!("{}{within}{}", source.shown, kuma_pki::printable(&part.name));
            let encoding = format!("({})", encoding(source));
            paragraphs.push(format!("{} {}\n", palette.bold(&title), palette.dim(&encoding)));
            part_text(part, sources, now, palette, &mut paragraphs);
        }
    }
    paragraphs.join("\n")
}

fn part_text(
    part: &Part,
    sources: &[Source],
    now: OffsetDateTime,
    palette: Palette,
    paragraphs: &mut Vec<String>,
) {
    for (index, one) in part.certificates.iter().enumerate() {
        paragraphs.push(certificate(index + 1, &inspect::summary(one, now), now, palette));
    }
    let links = inspect::links(&part.certificates);
    let mut lines = String::new();
    for (index, link) in links.iter().enumerate() {
        if let Some(line) = link_line(index + 1, link, links.len()) {
            lines.push_str(&line);
        }
    }
    let mut parts = sources.iter().flat_map(|source| &source.parts);
    let is_alone = parts.all(|part| part.certificates.is_empty());
    for key in &part.private_keys {
        let belongs = |key| match (owner(key, &part.certificates), owner_elsewhere(key, sources)) {
            (Some(place), _) => format!("matches certificate {place}"),
            (None, Some(place)) => format!("matches {place}"),
            (None, None) if is_alone => "no certificate to compare with".to_owned(),
            (None, None) => "matches none of these certificates".to_owned(),
        };
        lines.push_str(&match key {
            Ok(key) => {
                format!("private key: {}, {}\n", key.description(), belongs(key))
            }
            Err(KeyError::Encrypted) => "private key: encrypted\n".to_owned(),
            Err(error) => format!("private key: {error}\n"),
        });
    }
    for label in &part.other_labels {
        lines.push_str(&format!("not shown: {label}\n"));
    }
    for warning in warnings(part) {
        lines.push_str(&format!("{} {warning}\n", palette.warning("warning:")));
    }
    if !lines.is_empty() {
        paragraphs.push(lines);
    }
}

/// Returns the matching certificate in any of the sources, such as another file or value of a Secret.
fn owner_elsewhere(key: &kuma_pki::ExistingKey, sources: &[Source]) -> Option<String> {
    sources.iter().find_map(|source| {
        source.parts.iter().find_map(|part| {
            let place = owner(key, &part.certificates)?;
            let name = if part.name.is_empty() { &source.shown } else { &part.name };
            Some(format!("certificate {place} of {}", kuma_pki::printable(name)))
        })
    })
}

fn link_line(place: usize, link: &Link, count: usize) -> Option<String> {
    Some(match link {
        Link::IssuedBy(issuer) => format!("chain: {place} is issued by {issuer}\n"),
        Link::NotSignedBy(issuer) => {
            format!("chain: {place} names {issuer} as its issuer, but that key did not sign it\n")
        }
        Link::NotVerified(issuer) => {
            format!("chain: {place} names {issuer} as its issuer; its signature was not checked\n")
        }
        Link::IssuerElsewhere if count > 1 => {
            format!("chain: {place} is issued by a CA that is not in the input\n")
        }
        Link::IssuerElsewhere | Link::SelfSigned => return None,
    })
}

/// Returns which clients reject the first certificate, one line for each reason.
fn warnings(part: &Part) -> Vec<String> {
    let verdicts = inspect::rejections(&part.certificates);
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for ClientVerdict { client, reasons: found, .. } in &verdicts {
        for reason in found {
            let because = reason.rule.because;
            match reasons.iter_mut().find(|(known, _)| *known == because) {
                Some((_, clients)) => clients.push(client.title()),
                None => reasons.push((because, vec![client.title()])),
            }
        }
    }
    let line = |(because, clients): &(&str, Vec<&str>)| match clients.as_slice() {
        [one] => format!("{one} rejects it: {because}"),
        [most @ .., last] => format!("{} and {last} reject it: {because}", most.join(", ")),
        [] => (*because).to_owned(),
    };
    reasons.iter().map(line).collect()
}

/// Describes a certificate with the labels of openssl-x509(1).
fn certificate(place: usize, summary: &Summary, now: OffsetDateTime, palette: Palette) -> String {
    let mut rows: Vec<(&str, String)> =
        vec![("Subject", summary.subject.clone()), ("Issuer", summary.issuer.clone())];
    rows.extend(summary.signature_defect.map(|defect| ("", defect.to_owned())));
    rows.push(("Not Before", summary.not_before.clone()));
    // Times in UTC with a year of four digits sort as text.
    let now = kuma_pki::rfc3339(&now);
    let is_valid = summary.not_before <= now && now <= summary.not_after;
    let left = match is_valid {
        true => palette.success(&summary.time_left),
        false => palette.error(&summary.time_left),
    };
    rows.push(("Not After", format!("{}, {left}", summary.not_after)));
    let names = summary.subject_alt_names.iter();
    rows.extend(names.enumerate().map(|(index, name)| {
        let label = if index == 0 { "Subject Alternative Name" } else { "" };
        (label, format!("{} {}", name.kind, name.value))
    }));
    rows.push(("Public Key", summary.key.clone()));
    rows.push(("Signature Algorithm", summary.signature_algorithm.clone()));
    let usages = |usages: Option<String>| usages.unwrap_or_else(|| "not set".to_owned());
    rows.push(("Key Usage", usages(summary.key_usage.as_ref().map(|bits| bits.join(", ")))));
    let extended = summary.extended_key_usage.as_ref().map(|found| found.join(", "));
    rows.push(("Extended Key Usage", usages(extended)));
    rows.push((
        "Basic Constraints",
        match (summary.ca, summary.path_length) {
            (Some(true), Some(length)) => format!("CA:TRUE, pathlen:{length}"),
            (Some(true), None) => "CA:TRUE".to_owned(),
            (Some(false), _) => "CA:FALSE".to_owned(),
            (None, _) => "not set".to_owned(),
        },
    ));
    let constraints = [
        ("Permitted Names", &summary.permitted_names),
        ("Excluded Names", &summary.excluded_names),
    ];
    rows.extend(
        constraints
            .into_iter()
            .filter_map(|(label, names)| Some((label, names.as_ref()?.join(", ")))),
    );
    let identifiers = [
        ("Subject Key Identifier", &summary.subject_key_identifier),
        ("Authority Key Identifier", &summary.authority_key_identifier),
    ];
    rows.extend(identifiers.into_iter().filter_map(|(label, found)| Some((label, found.clone()?))));
    if !summary.other_extensions.is_empty() {
        rows.push(("Other Extensions", summary.other_extensions.join(", ")));
    }
    rows.push(("Serial Number", summary.serial_number.clone()));
    rows.push(("SHA-256 Fingerprint", summary.sha256_fingerprint.clone()));
    let mut text = format!("{place}  {}\n", palette.bold(summary.role));
    for (label, value) in rows {
        // Padded before it is painted: color codes have no width.
        text.push_str(&format!("   {} {value}\n", palette.dim(&format!("{label:<24}"))));
    }
    text
}
