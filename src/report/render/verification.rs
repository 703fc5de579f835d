//! The report of `verify`, as text and as JSON.

use kuma_pki::verify::clients::Reason;
use kuma_pki::verify::{Check, ClientVerdict, Finding, Outcome, Report};
use serde::Serialize;

use super::json_text;
use crate::report::color::Palette;
use crate::report::hints;
use crate::report::wrap::{self, wrap};

/// The report in JSON. Fields may be added, but not changed or removed.
#[derive(Serialize)]
struct VerificationReport<'a> {
    verifies: bool,
    at: &'a str,
    checks: Vec<CheckReport>,
    clients: Vec<ClientReport>,
}

/// A check in JSON.
#[derive(Serialize)]
pub(super) struct CheckReport {
    pub(super) check: &'static str,
    pub(super) outcome: &'static str,
    pub(super) text: String,
    pub(super) hint: Option<String>,
    pub(super) kuma_error: Option<KumaError>,
}

/// The words of a program of Kuma's.
#[derive(Serialize)]
pub(super) struct KumaError {
    pub(super) from: &'static str,
    pub(super) text: String,
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

/// Returns the report for programs. `at` is the time for which the certificate is verified.
pub(crate) fn json(report: &Report, at: &str) -> String {
    let reason = |client, reason: &Reason| ReasonReport {
        because: reason.rule.because,
        name: reason.name.clone(),
        says: reason.rule.words(client).unwrap_or_default(),
        source: reason.rule.source,
        hint: hints::remedy(reason),
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

/// Returns the report for people: all checks, or with `only_failed` those that failed. What needs
/// attention comes last.
pub(crate) fn text(report: &Report, only_failed: bool, palette: Palette) -> String {
    let printed = report.clients.iter().filter(|verdict| !verdict.reasons.is_empty());
    let names = printed.map(|verdict| rejected_by(verdict).len()).max().filter(|_| !only_failed);
    let detail = NAME + names.unwrap_or(0).max(NAMES) + 1;
    let mut text = Text { text: String::new(), palette, detail, width: wrap::width() };
    let of = |is_wanted: fn(&Outcome) -> bool| {
        report.checks.iter().filter(move |check| is_wanted(&check.outcome))
    };
    let passed = || of(|outcome| matches!(outcome, Outcome::Passed(_)));
    let warnings = || of(|outcome| matches!(outcome, Outcome::Warning(_)));
    let failed = || of(|outcome| matches!(outcome, Outcome::Failed(_)));
    if only_failed {
        failed().for_each(|check| text.check(check));
        return text.text;
    }
    passed().for_each(|check| text.check(check));
    of(|outcome| matches!(outcome, Outcome::Skipped(_))).for_each(|check| text.check(check));
    text.accepting(report);
    warnings().for_each(|check| text.check(check));
    text.rejecting(report);
    failed().for_each(|check| text.check(check));
    text.verdict(report, passed().count(), warnings().count(), failed().count());
    text.text
}

/// The column of names, behind the word for the outcome.
const NAME: usize = 9;

/// The least width of the names.
const NAMES: usize = 24;

/// Returns the name of a row about a client that rejects the certificate.
fn rejected_by(verdict: &ClientVerdict) -> String {
    format!("by {}", verdict.client.title())
}

struct Text {
    text: String,
    palette: Palette,
    /// The column of texts, behind the name.
    detail: usize,
    width: Option<usize>,
}

impl Text {
    fn check(&mut self, check: &Check) {
        let palette = self.palette;
        let word = match check.outcome {
            Outcome::Passed(_) => palette.success("passed  "),
            Outcome::Skipped(_) => palette.dim("skipped "),
            Outcome::Warning(_) => palette.warning("warning "),
            Outcome::Failed(_) => palette.error("failed  "),
        };
        let CheckReport { check, text, hint, kuma_error, .. } = self::check(check);
        self.row(&word, check, &text);
        if let Some(KumaError { from, text }) = &kuma_error {
            self.detail(from, text);
        }
        if let Some(hint) = &hint {
            self.detail("hint", hint);
        }
    }

    fn row(&mut self, word: &str, name: &str, text: &str) {
        let width = self.detail - NAME - 1;
        let text = wrap(text, self.detail, self.width);
        self.text.push_str(&format!("{word} {name:<width$} {text}\n"));
    }

    fn detail(&mut self, label: &str, text: &str) {
        let text = wrap(text, NAME + label.len() + 2, self.width);
        let label = self.palette.dim(&format!("{label}:"));
        self.text.push_str(&format!("         {label} {text}\n"));
    }

    fn accepting(&mut self, report: &Report) {
        let accepting = report.clients.iter().filter(|verdict| verdict.accepts());
        let names: Vec<_> = accepting.map(|verdict| verdict.client.as_str()).collect();
        if !names.is_empty() {
            let names = wrap(&names.join(", "), "accepted by ".len(), self.width);
            self.text.push_str(&format!("{} {names}\n", self.palette.success("accepted by")));
        }
    }

    /// Writes the clients that reject the certificate, each with its reasons.
    fn rejecting(&mut self, report: &Report) {
        let share_failures = report.clients.iter().all(|verdict| !verdict.failed.is_empty());
        // A hint is printed once, below the first client that needs it.
        let mut printed: Vec<&Reason> = report
            .failures()
            .filter_map(|(_, finding)| match finding {
                Finding::Rejected { reason, .. } => Some(reason),
                _ => None,
            })
            .collect();
        let word = self.palette.warning("rejected");
        for verdict in report.clients.iter().filter(|verdict| !verdict.accepts()) {
            let name = rejected_by(verdict);
            if !verdict.failed.is_empty() && !share_failures {
                let failed: Vec<_> = verdict.failed.iter().map(|name| name.as_str()).collect();
                self.row(&word, &name, &format!("failed checks: {}", failed.join(", ")));
            }
            for reason in &verdict.reasons {
                let says = reason.rule.words(verdict.client).filter(|words| !words.is_empty());
                let says = says.map(|words| format!(" ({words})")).unwrap_or_default();
                self.row(&word, &name, &format!("{reason}{says}"));
                if !printed.contains(&reason) {
                    printed.push(reason);
                    self.detail("hint", &hints::remedy(reason));
                }
            }
        }
    }

    /// Writes the last line.
    fn verdict(&mut self, report: &Report, passed: usize, warnings: usize, failed: usize) {
        let rejecting = report.clients.iter().filter(|verdict| !verdict.accepts()).count();
        let all = !report.clients.is_empty() && rejecting == report.clients.len();
        let warnings = match warnings {
            0 => String::new(),
            1 => ", 1 warning".to_owned(),
            warnings => format!(", {warnings} warnings"),
        };
        let rejecting = match rejecting {
            0 => String::new(),
            _ if all => ", rejected by all clients".to_owned(),
            1 => ", rejected by 1 client".to_owned(),
            rejecting => format!(", rejected by {rejecting} clients"),
        };
        let palette = self.palette;
        self.text.push_str(&match failed {
            0 => format!(
                "\n{}: {passed} passed{warnings}{rejecting}\n",
                palette.success("The certificate verifies")
            ),
            _ => format!(
                "\n{}: {failed} failed{warnings}, {passed} passed{rejecting}\n",
                palette.error("The certificate does not verify")
            ),
        });
    }
}
