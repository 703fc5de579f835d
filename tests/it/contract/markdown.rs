//! The contract as the tables of `docs/reports/differences.md`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Case, Contract, contract};

const BEGIN: &str = "<!-- declared-differences:begin -->\n";
const END: &str = "<!-- declared-differences:end -->\n";

/// `UPDATE_DOCS=1 cargo test` writes the tables again.
#[test]
fn the_tables_in_the_documentation_match_the_contract() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reports/differences.md");
    let text = fs::read_to_string(&path).expect("docs/reports/differences.md");
    let (before, rest) = text.split_once(BEGIN).expect("where the tables begin");
    let (found, after) = rest.split_once(END).expect("where the tables end");
    let expected = render(&contract());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, [before, BEGIN, &expected, END, after].concat()).expect("written");
        return;
    }
    assert_eq!(
        found, expected,
        "UPDATE_DOCS=1 cargo test writes docs/reports/differences.md again"
    );
}

fn render(contract: &Contract) -> String {
    let mut text = "\n## What differs, and why\n\n".to_owned();
    for (index, reason) in contract.reasons.iter().enumerate() {
        let _ = writeln!(text, "{}. **{}.** {}", index + 1, reason.title, reason.text);
    }
    text.push_str("\n## Command line by command line\n\n");
    text.push_str("| command line | official kumactl | this kumactl | why |\n|---|---|---|---|\n");
    for case in &contract.cases {
        let command = code(&case.command);
        let (official, ours, why) = cells(contract, case);
        let _ = writeln!(text, "| {command} | {official} | {ours} | {why} |");
    }
    text.push('\n');
    text
}

fn cells(contract: &Contract, case: &Case) -> (String, String, String) {
    if case.differences.is_empty() {
        let exit = described("exit", &case.official["exit"]);
        return (exit, "the same".to_owned(), String::new());
    }
    let mut sides = [Vec::new(), Vec::new()];
    let mut reasons = Vec::new();
    // The status first, then what is printed, then all else.
    let order = ["exit", "stdout", "stderr"];
    let rest = case.differences.keys().map(String::as_str).filter(|a| !order.contains(a));
    for aspect in order.into_iter().chain(rest) {
        if let Some(difference) = case.differences.get(aspect) {
            sides[0].push((aspect, &case.official[aspect]));
            sides[1].push((aspect, &difference.ours));
            let reason = contract.reasons.iter().position(|r| r.id == difference.because);
            reasons.push(reason.expect("a reason that is given") + 1);
        }
    }
    let [official, ours] = sides.map(|side| cell(&side));
    reasons.sort_unstable();
    reasons.dedup();
    let reasons: Vec<_> = reasons.iter().map(usize::to_string).collect();
    (official, ours, reasons.join(", "))
}

/// What is there on one side; that there is nothing is said only where there is nothing at all.
fn cell(side: &[(&str, &Value)]) -> String {
    let is_something = |aspect: &str, value: &Value| match value {
        Value::Null => false,
        // An empty stream is nothing; an empty subject is what the row is about.
        Value::String(text) => !(text.is_empty() && aspect.starts_with("std")),
        Value::Array(all) => !all.is_empty(),
        _ => true,
    };
    let something: Vec<_> =
        side.iter().filter(|(aspect, value)| is_something(aspect, value)).collect();
    let shown = if something.is_empty() { side.iter().collect() } else { something };
    let lines: Vec<_> = shown.iter().map(|(aspect, value)| described(aspect, value)).collect();
    lines.join("<br>")
}

/// One aspect for a reader.
fn described(aspect: &str, value: &Value) -> String {
    let words = match value {
        Value::Null => "none".to_owned(),
        Value::String(text) if text.is_empty() => {
            if aspect.starts_with("std") { "nothing" } else { "empty" }.to_owned()
        }
        Value::String(text) => text.lines().map(line).collect::<Vec<_>>().join("<br>"),
        Value::Array(all) if all.is_empty() => "none".to_owned(),
        Value::Array(all) => all
            .iter()
            .map(|one| code(one.as_str().unwrap_or_default()))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    };
    format!("{aspect}: {words}")
}

/// A line of output; a placeholder is in braces and not code.
fn line(text: &str) -> String {
    match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(placeholder) => placeholder.to_owned(),
        None => code(text.trim()),
    }
}

/// A code span in a table: on one line, without a bar that would end the cell.
fn code(text: &str) -> String {
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    let fence = if text.contains('`') { "``" } else { "`" };
    let blank = if text.starts_with([' ', '`']) || text.ends_with([' ', '`']) { " " } else { "" };
    format!("{fence}{blank}{}{blank}{fence}", text.replace('\n', "; ").replace('|', "\\|"))
}
