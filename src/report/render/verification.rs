//! What the checks found, as text and as JSON.

use kuma_pki::verify::clients::{Client, Reason};
use kuma_pki::verify::{Check, ClientVerdict, Finding, Outcome, Report};
use serde::Serialize;

use super::json_text;
use crate::report::color::Palette;
use crate::report::hints;

/// A judgement in JSON. Fields are added, never changed or taken away.
#[derive(Serialize)]
struct VerificationReport<'a> {
    verifies: bool,
    at: &'a str,
    checks: Vec<CheckReport>,
    clients: Vec<ClientReport>,
}

#[derive(Serialize)]
struct CheckReport {
    check: &'static str,
    outcome: &'static str,
    text: String,
    hint: Option<String>,
    kuma_error: Option<KumaError>,
}

#[derive(Serialize)]
struct KumaError {
    from: &'static str,
    text: String,
}

#[derive(Serialize)]
struct ClientReport {
    client: &'static str,
    title: &'static str,
    accepts: bool,
    failed_checks: Vec<&'static str>,
    reasons: Vec<ReasonReport>,
}

#[derive(Serialize)]
struct ReasonReport {
    because: &'static str,
    name: Option<String>,
    says: &'static str,
    source: &'static str,
    hint: String,
}

/// For programs. `at` is the moment of the question.
pub(crate) fn json(report: &Report, at: &str) -> String {
    let reason = |client, reason: &Reason| ReasonReport {
        because: reason.rule.because,
        name: reason.name.clone(),
        says: reason.rule.words(client).unwrap_or_default(),
        source: reason.rule.source,
        hint: hints::cure(reason),
    };
    let client = |verdict: &ClientVerdict| ClientReport {
        client: verdict.client.as_str(),
        title: verdict.client.title(),
        accepts: verdict.accepts(),
        failed_checks: verdict.failed.iter().map(|name| name.as_str()).collect(),
        reasons: verdict.reasons.iter().map(|one| reason(verdict.client, one)).collect(),
    };
    json_text(&VerificationReport {
        verifies: report.verifies(),
        at,
        checks: report.checks.iter().map(check).collect(),
        clients: report.clients.iter().map(client).collect(),
    })
}

fn check(check: &Check) -> CheckReport {
    let (outcome, text, finding) = match &check.outcome {
        Outcome::Passed(text) => ("passed", text.clone(), None),
        Outcome::Skipped(text) => ("skipped", text.clone(), None),
        Outcome::Warning(finding) => ("warning", finding.to_string(), Some(finding)),
        Outcome::Failed(finding) => ("failed", finding.to_string(), Some(finding)),
    };
    CheckReport {
        check: check.name.as_str(),
        outcome,
        text,
        hint: finding.and_then(hints::hint),
        kuma_error: finding
            .and_then(|finding| finding.kuma_error(check.name))
            .map(|(from, text)| KumaError { from, text }),
    }
}

/// For people: all checks, or with `only_failed` those that failed.
pub(crate) fn text(report: &Report, only_failed: bool, palette: Palette) -> String {
    let mut text = String::new();
    for check in report.checks.iter().map(check) {
        if !only_failed || check.outcome == "failed" {
            text.push_str(&check_text(&check, palette));
        }
    }
    if only_failed {
        return text;
    }
    text.push_str(&clients_text(report, palette));
    let count = |outcome: &str| {
        report.checks.iter().map(check).filter(|check| check.outcome == outcome).count()
    };
    let (failed, warnings, passed) = (count("failed"), count("warning"), count("passed"));
    let warnings = match warnings {
        0 => String::new(),
        1 => ", 1 warning".to_owned(),
        warnings => format!(", {warnings} warnings"),
    };
    text.push_str(&match failed {
        0 => format!(
            "\n{}: {passed} passed{warnings}\n",
            palette.success("The certificate verifies")
        ),
        _ => format!(
            "\n{}: {failed} failed{warnings}, {passed} passed\n",
            palette.error("The certificate does not verify")
        ),
    });
    text
}

fn check_text(check: &CheckReport, palette: Palette) -> String {
    let word = format!("{:<8}", check.outcome);
    let word = match check.outcome {
        "passed" => palette.success(&word),
        "failed" => palette.error(&word),
        "warning" => palette.warning(&word),
        _ => palette.dim(&word),
    };
    let mut text = format!("{word} {:<24} {}\n", check.check, check.text);
    if let Some(KumaError { from, text: error }) = &check.kuma_error {
        text.push_str(&format!("         {} {error}\n", palette.dim(&format!("{from}:"))));
    }
    if let Some(hint) = &check.hint {
        text.push_str(&format!("         {} {hint}\n", palette.dim("hint:")));
    }
    text
}

fn clients_text(report: &Report, palette: Palette) -> String {
    if report.clients.is_empty() {
        return String::new();
    }
    let (accept, refuse): (Vec<_>, Vec<_>) =
        report.clients.iter().partition(|verdict| verdict.accepts());
    let mut text = String::from("\n");
    let titles = refuse.iter().map(|verdict| verdict.client.title().len());
    let width = titles.max().unwrap_or(0).max(24);
    let line = |client: Client, because: &str| {
        let word = palette.warning("refuses ");
        format!("{word} {:<width$} {because}\n", client.title())
    };
    let share_failures = report.clients.iter().all(|one| !one.failed.is_empty());
    if share_failures {
        text.push_str("All clients reject the certificate because of the failures above");
        let has_more = refuse.iter().any(|verdict| !verdict.reasons.is_empty());
        text.push_str(if has_more { ". In addition:\n" } else { "\n" });
    }
    // A hint stands once, below the first client that needs it.
    let mut told: Vec<&Reason> = report
        .failures()
        .filter_map(|(_, finding)| match finding {
            Finding::Refused { reason, .. } => Some(reason),
            _ => None,
        })
        .collect();
    for verdict in refuse {
        if !verdict.failed.is_empty() && !share_failures {
            let failed: Vec<_> = verdict.failed.iter().map(|name| name.as_str()).collect();
            let because = format!("what failed above: {}", failed.join(", "));
            text.push_str(&line(verdict.client, &because));
        }
        for reason in &verdict.reasons {
            let says = reason.rule.words(verdict.client).filter(|words| !words.is_empty());
            let says = says.map(|words| palette.dim(&format!(" ({words})"))).unwrap_or_default();
            text.push_str(&line(verdict.client, &format!("{reason}{says}")));
            if !told.contains(&reason) {
                told.push(reason);
                let hint = palette.dim("hint:");
                text.push_str(&format!("         {hint} {}\n", hints::cure(reason)));
            }
        }
    }
    if !accept.is_empty() {
        let names: Vec<_> = accept.iter().map(|verdict| verdict.client.as_str()).collect();
        text.push_str(&format!("{} {}\n", palette.success("accepted by"), names.join(", ")));
    }
    text
}
