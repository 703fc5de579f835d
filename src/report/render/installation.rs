//! The verification of an installation as text and as JSON.

use kuma_pki::installation::{Check, Finding, Map, Outcome, Report, State};
use serde::Serialize;

use super::json_text;
use crate::report::color::Palette;
use crate::report::hints;
use crate::report::wrap;

/// The report in JSON. Fields may be added, but not changed or removed.
#[derive(Serialize)]
struct InstallationReport<'a> {
    verifies: bool,
    at: &'a str,
    map: MapReport<'a>,
    checks: Vec<CheckReport<'a>>,
}

#[derive(Serialize)]
struct MapReport<'a> {
    pieces: Vec<PieceReport<'a>>,
    connections: Vec<Connection<'a>>,
}

#[derive(Serialize)]
struct PieceReport<'a> {
    kind: &'static str,
    piece: &'a str,
    detail: &'a str,
    state: &'static str,
}

#[derive(Serialize)]
struct Connection<'a> {
    from: &'a str,
    to: &'a str,
}

#[derive(Serialize)]
struct CheckReport<'a> {
    check: &'static str,
    component: &'static str,
    piece: &'a str,
    outcome: &'static str,
    text: String,
    hint: Option<String>,
    steps: Vec<String>,
    component_error: Option<ComponentError>,
}

#[derive(Serialize)]
struct ComponentError {
    from: &'static str,
    text: String,
}

/// Returns the report for programs. `at` is the time for which the installation is verified.
pub(crate) fn json(report: &Report, at: &str) -> String {
    let map = &report.map;
    json_text(&InstallationReport {
        verifies: report.verifies(),
        at,
        map: MapReport {
            pieces: map
                .nodes
                .iter()
                .map(|node| PieceReport {
                    kind: node.kind.as_str(),
                    piece: &node.piece,
                    detail: &node.detail,
                    state: word(report.state(node)),
                })
                .collect(),
            connections: map
                .edges
                .iter()
                .map(|(from, to)| Connection {
                    from: &map.nodes[*from].piece,
                    to: &map.nodes[*to].piece,
                })
                .collect(),
        },
        checks: report.checks.iter().map(check).collect(),
    })
}

const fn word(state: State) -> &'static str {
    match state {
        State::Fits => "fits",
        State::Warning => "warning",
        State::Failed => "failed",
    }
}

fn check(check: &Check) -> CheckReport<'_> {
    let (outcome, text, finding) = match &check.outcome {
        Outcome::Passed(text) => ("passed", text.clone(), None),
        Outcome::Skipped(text) => ("skipped", text.clone(), None),
        Outcome::Warning(finding) => ("warning", finding.to_string(), Some(finding)),
        Outcome::Failed(finding) => ("failed", finding.to_string(), Some(finding)),
    };
    let error = check.component_error();
    CheckReport {
        check: check.name.as_str(),
        component: check.component.as_str(),
        piece: &check.piece,
        outcome,
        text,
        hint: finding.and_then(hints::installation::hint),
        steps: match finding {
            Some(Finding::Rotation { steps, .. }) => steps.clone(),
            _ => Vec::new(),
        },
        component_error: error.map(|(from, text)| ComponentError { from, text }),
    }
}

/// Returns the report for people: the map, then the findings with their hints. With `only_failed`, failures
/// only.
pub(crate) fn text(report: &Report, only_failed: bool, palette: Palette) -> String {
    let mut text = String::new();
    if !only_failed {
        text.push_str(&map_text(report, palette));
    }
    let width = wrap::width();
    // What needs attention comes last.
    for outcome in if only_failed { &["failed"][..] } else { &["warning", "failed"] } {
        for check in report.checks.iter().map(check).filter(|check| check.outcome == *outcome) {
            text.push_str(&check_text(&check, palette, width));
        }
    }
    if !only_failed {
        text.push_str(&summary(report, palette));
    }
    text
}

fn summary(report: &Report, palette: Palette) -> String {
    let count =
        |is: fn(&Outcome) -> bool| report.checks.iter().filter(|one| is(&one.outcome)).count();
    let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
    let warnings = match count(|outcome| matches!(outcome, Outcome::Warning(_))) {
        0 => String::new(),
        1 => ", 1 warning".to_owned(),
        warnings => format!(", {warnings} warnings"),
    };
    let passed = count(|outcome| matches!(outcome, Outcome::Passed(_)));
    match failed {
        0 => format!(
            "\n{}: {passed} passed{warnings}\n",
            palette.success("The installation fits together")
        ),
        _ => format!(
            "\n{}: {failed} failed{warnings}, {passed} passed\n",
            palette.error("The installation does not fit together")
        ),
    }
}

/// The column of texts, behind the word for the outcome.
const TEXT: usize = 9;

fn check_text(check: &CheckReport<'_>, palette: Palette, width: Option<usize>) -> String {
    let word = format!("{:<8}", check.outcome);
    let word =
        if check.outcome == "failed" { palette.error(&word) } else { palette.warning(&word) };
    let mut text = format!("\n{word} {}  {}\n", check.check, palette.dim(check.component));
    let mut line = |label: &str, line: &str| {
        let indent = TEXT + label.chars().count() + usize::from(!label.is_empty());
        let label = if label.is_empty() { String::new() } else { palette.dim(label) + " " };
        text.push_str(&format!("{:TEXT$}{label}{}\n", "", wrap::wrap(line, indent, width)));
    };
    // Many findings name the piece themselves.
    if check.text.contains(check.piece) {
        line("", &check.text);
    } else {
        line("", &format!("{}: {}", check.piece, check.text));
    }
    if let Some(error) = &check.component_error {
        line(&format!("{}:", error.from), &error.text);
    }
    for (place, step) in check.steps.iter().enumerate() {
        line(&format!("{}.", place + 1), step);
    }
    if let Some(hint) = &check.hint {
        line("hint:", hint);
    }
    text
}

/// Returns the map as a tree, in which each piece is above the pieces that use it.
fn map_text(report: &Report, palette: Palette) -> String {
    let map = &report.map;
    let mut tree =
        Tree { report, palette, text: String::new(), shown: vec![false; map.nodes.len()] };
    for place in 0..map.nodes.len() {
        if !map.edges.iter().any(|(_, to)| *to == place) {
            tree.branch(place, 0);
        }
    }
    tree.text
}

struct Tree<'a> {
    report: &'a Report,
    palette: Palette,
    text: String,
    shown: Vec<bool>,
}

impl Tree<'_> {
    fn branch(&mut self, place: usize, depth: usize) {
        let Map { nodes, edges } = &self.report.map;
        let node = &nodes[place];
        let arrow =
            if depth == 0 { String::new() } else { format!("{}-> ", "   ".repeat(depth - 1)) };
        let detail = match node.detail.as_str() {
            "" => String::new(),
            detail => self.palette.dim(&format!("  {detail}")),
        };
        let state = match self.report.state(node) {
            State::Fits => String::new(),
            State::Warning => format!("  {}", self.palette.warning("warning")),
            State::Failed => format!("  {}", self.palette.error("FAILED")),
        };
        let is_shown = std::mem::replace(&mut self.shown[place], true);
        let rest = if is_shown && edges.iter().any(|(from, _)| *from == place) {
            "  (see above)"
        } else {
            ""
        };
        self.text.push_str(&format!("{arrow}{}{detail}{state}{rest}\n", node.piece));
        if is_shown {
            return;
        }
        for (from, to) in edges {
            if *from == place {
                self.branch(*to, depth + 1);
            }
        }
    }
}
