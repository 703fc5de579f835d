//! Renders tokens and their verification as text and JSON.

use kuma_pki::token::{Check, Finding, Outcome, Report, TokenSummary};
use kuma_pki::{printable, rfc3339, words};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::json_text;
use super::verification::{CheckReport, KumaError};
use crate::report::color::Palette;
use crate::report::wrap::{self, wrap};

/// A verified token in JSON. Fields are added, never changed or removed.
#[derive(Serialize)]
struct VerificationReport {
    verifies: bool,
    at: String,
    kind: &'static str,
    checks: Vec<CheckReport>,
}

/// Returns a verification as JSON. `at` is the time of the verification.
pub(crate) fn report_json(report: &Report, at: OffsetDateTime) -> String {
    json_text(&VerificationReport {
        verifies: report.verifies(),
        at: rfc3339(&at),
        kind: report.kind.as_str(),
        checks: checks(report),
    })
}

/// Returns a verification as text: all checks, or with `only_failed` those that failed.
pub(crate) fn report_text(report: &Report, only_failed: bool, palette: Palette) -> String {
    let checks = checks(report);
    let shown = checks.iter().filter(|check| !only_failed || check.outcome == "failed");
    let mut text: String = shown.map(|check| check_text(check, palette)).collect();
    if only_failed {
        return text;
    }
    text.push_str(&match report.verifies() {
        true => format!("\n{}\n", palette.success("The control plane accepts the token")),
        false => format!("\n{}\n", palette.error("The control plane rejects the token")),
    });
    text
}

/// Returns a check with Kuma's error message and a hint.
fn check_text(check: &CheckReport, palette: Palette) -> String {
    /// The columns of the names and of the texts.
    const COLUMNS: [usize; 2] = [9, 34];
    let width = wrap::width();
    let word = format!("{:<8}", check.outcome);
    let word = match check.outcome {
        "passed" => palette.success(&word),
        "failed" => palette.error(&word),
        _ => palette.warning(&word),
    };
    let row = wrap(&check.text, COLUMNS[1], width);
    let mut text = format!("{word} {:<24} {row}\n", check.check);
    let error = check.kuma_error.iter().map(|error| (error.from, error.text.as_str()));
    let hint = check.hint.iter().map(|hint| ("hint", hint.as_str()));
    for (label, detail) in error.chain(hint) {
        let detail = wrap(detail, COLUMNS[0] + label.len() + 2, width);
        text.push_str(&format!("         {} {detail}\n", palette.dim(&format!("{label}:"))));
    }
    text
}

fn checks(report: &Report) -> Vec<CheckReport> {
    report.checks.iter().map(|check| check_report(check, report)).collect()
}

fn check_report(check: &Check, report: &Report) -> CheckReport {
    let (outcome, text, finding) = match &check.outcome {
        Outcome::Passed(text) => ("passed", text.clone(), None),
        Outcome::Warning(finding) => ("warning", finding.to_string(), Some(finding)),
        Outcome::Failed(finding) => ("failed", finding.to_string(), Some(finding)),
    };
    let error = finding.and_then(|finding| finding.kuma_error(report.kind));
    CheckReport {
        check: check.name.as_str(),
        outcome,
        text,
        hint: finding.and_then(hint).map(str::to_owned),
        kuma_error: error.map(|(from, text)| KumaError { from, text: printable(&text) }),
    }
}

/// Returns the hint about a finding.
pub(crate) const fn hint(finding: &Finding) -> Option<&'static str> {
    Some(match finding {
        Finding::Malformed(_) => "copy the token again, in one line",
        Finding::LineBreak => "leave the line with the token only, such as: tail -n 1 FILE",
        Finding::AlgorithmUnknown { .. }
        | Finding::AlgorithmUnsupported { .. }
        | Finding::KeyIdMissing
        | Finding::KeyIdNotText
        | Finding::ClaimType { .. } => "sign it with `kumactl generate dataplane-token`",
        Finding::KeyIdUnknown { .. } => {
            "sign it with the --kid that the control plane has for the public key"
        }
        Finding::SignatureInvalid => {
            "use the public key of the signing key: `kumactl generate public-key`"
        }
        Finding::Expired { .. } => "sign a new token with a longer --valid-for",
        Finding::NotYetValid { .. } => "set the clock of the machine that signed the token",
        Finding::NeverExpires => "sign it with `kumactl generate`, which sets an expiry",
        Finding::NoName { .. } => "bind it to one proxy: --name=NAME",
        Finding::OtherName { .. } => "sign a token with the --name of the proxy",
        Finding::OtherMesh { .. } => "sign a token with the --mesh of the proxy",
        Finding::TagMissing { .. } | Finding::TagNotAllowed { .. } => {
            "sign a token with the --tag values of the proxy"
        }
        Finding::WorkloadMissing { .. } => "label the Dataplane with kuma.io/workload",
        Finding::OtherWorkload { .. } | Finding::WorkloadUnbound { .. } => {
            "sign a token with the --workload of the proxy"
        }
        Finding::OtherZone { .. } | Finding::NoZone => "sign a token with the --zone of the proxy",
        Finding::OutOfScope { .. } | Finding::NoScope { .. } => {
            "sign a token with `kumactl generate zone-token --scope`"
        }
        Finding::ZoneTokenForProxies => "use one signing key for each kind of token",
        _ => return None,
    })
}

/// Returns the description of a token as text.
pub(crate) fn summary_text(
    source: &str,
    summary: &TokenSummary,
    now: OffsetDateTime,
    palette: Palette,
) -> String {
    let is_registered = |name: &str| ["exp", "nbf", "iat", "jti"].contains(&name);
    let claims = summary.claims.iter().filter(|(name, _)| !is_registered(name));
    let optional = |label, value: &Option<String>| Some((label, value.clone()?));
    let rows = [optional("key ID", &summary.key_id), optional("algorithm", &summary.algorithm)];
    let rows = rows.into_iter().flatten();
    let claims = claims.map(|(name, value)| (name.as_str(), claim(value)));
    // An empty claim binds to nothing.
    let rows = rows.chain(claims.filter(|(_, value)| !value.is_empty()));
    let ends = [
        optional("ID", &summary.id),
        optional("issued", &summary.issued_at),
        optional("not before", &summary.not_before),
    ];
    // Padded before it is painted: the codes of a color have no width.
    let row = |label: &str, value: &str| {
        format!("   {} {value}\n", palette.dim(&format!("{:<11}", printable(label))))
    };
    let title = palette.bold(&printable(source));
    let mut text = format!("{title} ({} token)\n", summary.kind.as_str());
    for (label, value) in rows.chain(ends.into_iter().flatten()) {
        text.push_str(&row(label, &printable(&value)));
    }
    text.push_str(&row("expires", &expiry(summary, now, palette)));
    for finding in &summary.findings {
        text.push_str(&format!("{} {finding}\n", palette.warning("warning:")));
    }
    text
}

fn expiry(summary: &TokenSummary, now: OffsetDateTime, palette: Palette) -> String {
    let Some(expiry) = &summary.expires_at else {
        let is_wrong = summary.claims.get("exp").is_some_and(|exp| !exp.is_null());
        return palette.warning(if is_wrong { "no date" } else { "never" });
    };
    if summary.expired {
        return format!("{expiry}, {}", palette.error("expired"));
    }
    match OffsetDateTime::parse(expiry, &Rfc3339) {
        Ok(end) => format!("{expiry}, {}", palette.success(&format!("{} left", words(end - now)))),
        // Beyond the calendar.
        Err(_) => expiry.clone(),
    }
}

/// Returns a claim as text: strings as they are, lists with commas, anything else as JSON.
fn claim(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        Value::Object(tags) => {
            let tag = |(name, value): (&String, &Value)| format!("{name}={}", claim(value));
            tags.iter().map(tag).collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}
