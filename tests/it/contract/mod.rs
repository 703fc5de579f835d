//! The contract of the official kumactl, as it was measured, and where this one differs: every
//! difference is declared in `tests/fixtures/declared-differences.json` with its reason.

mod documentation;
mod markdown;
mod observed;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

/// What can be seen of a run, by aspect: `exit`, `stdout`, `files`, `keyUsage`, ...
type Outcome = BTreeMap<String, Value>;

/// Declared differences, by aspect.
type Differences = BTreeMap<String, Difference>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contract {
    reasons: Vec<Reason>,
    cases: Vec<Case>,
}

/// Why there are differences of a kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    id: String,
    title: String,
    text: String,
}

/// One command line of a shell.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    command: String,
    /// What the official kumactl does, in every aspect that is compared.
    official: Outcome,
    #[serde(default)]
    differences: Differences,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    ours: Value,
    because: String,
}

fn contract() -> Contract {
    let text = include_str!("../../fixtures/declared-differences.json");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("declared-differences.json: {error}"))
}

/// Where our outcome is neither the official one nor the declared one, and where a difference is
/// declared that there is not.
fn faults(case: &Case, ours: &Outcome) -> Vec<String> {
    let aspects: BTreeSet<_> = case.official.keys().chain(case.differences.keys()).collect();
    let fault = |aspect: &String| {
        let Some(official) = case.official.get(aspect) else {
            return Some(format!("{aspect}: the official outcome is not given"));
        };
        let ours = ours.get(aspect).unwrap_or(&Value::Null);
        match case.differences.get(aspect) {
            None if ours == official => None,
            None => Some(format!("{aspect}: {ours}, undeclared; officially {official}")),
            Some(_) if ours == official => {
                Some(format!("{aspect}: {ours}, as officially, but a difference is declared"))
            }
            Some(declared) if *ours == declared.ours => None,
            Some(declared) => Some(format!("{aspect}: {ours}, but {} is declared", declared.ours)),
        }
    };
    aspects.into_iter().filter_map(fault).collect()
}

#[test]
fn every_difference_from_the_official_kumactl_is_declared_and_every_declared_one_exists() {
    let faults: Vec<_> = contract()
        .cases
        .iter()
        .flat_map(|case| {
            let faults = faults(case, &observed::outcome(&case.command));
            faults.into_iter().map(|fault| format!("{}\n    {fault}\n", case.command))
        })
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.concat());
}

/// The measurements can be repeated with the official program: `KUMACTL_OFFICIAL=PATH cargo test`.
/// It cannot be installed by a package manager, so `KUMACTL_REQUIRE_ALL` does not ask for it.
#[test]
fn the_official_kumactl_does_what_the_contract_says() {
    let Some(official) = std::env::var_os("KUMACTL_OFFICIAL") else {
        return crate::support::said_aloud("for want of KUMACTL_OFFICIAL");
    };
    let faults: Vec<_> = contract()
        .cases
        .iter()
        .filter(|case| !is_elsewhere(case))
        .flat_map(|case| {
            let mut seen = observed::outcome_with(&case.command, Some(official.as_ref()));
            without_warning(case, &mut seen);
            let fault = |(aspect, wanted): (&String, &Value)| {
                let seen = seen.get(aspect).unwrap_or(&Value::Null);
                (!is_as_written(seen, wanted))
                    .then(|| format!("{}\n    {aspect}: {seen}, not {wanted}\n", case.command))
            };
            case.official.iter().filter_map(fault).collect::<Vec<_>>()
        })
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.concat());
}

/// All rows but one leave out what it says of the control plane that it asks for its version.
fn without_warning(case: &Case, seen: &mut Outcome) {
    let text = seen["stderr"].as_str().unwrap_or_default();
    let says = |text: &str| text.starts_with("WARNING: ");
    let is_wanted = case.official["stderr"].as_str().is_some_and(says);
    let kept = text.split_inclusive('\n').filter_map(|line| match says(line) {
        true if is_wanted => Some(format!("{}: ...\n", line.rsplitn(2, ": Get ").last()?)),
        true => None,
        false => Some(line.to_owned()),
    });
    let kept: String = kept.collect();
    seen.insert("stderr".to_owned(), json!(kept));
}

/// Whether what was seen is what was written down, in which `{usage}`, `{official help}`, `{version}` and `{trace}` stand
/// for texts that are long or vary, and `up to` for numbers that differ from run to run.
fn is_as_written(seen: &Value, wanted: &Value) -> bool {
    let (Some(text), Some(wanted_text)) = (seen.as_str(), wanted.as_str()) else {
        return seen == wanted;
    };
    match wanted_text.split_once('{') {
        _ if wanted_text.starts_with("up to ") => text.ends_with(" octets"),
        Some((before, rest))
            if ["usage}", "help}", "version}", "trace}"].iter().any(|w| rest.contains(w)) =>
        {
            text.starts_with(before)
        }
        _ => text == wanted_text,
    }
}

/// What does not hold everywhere: a flag that older versions do not have, and what root may do.
fn is_elsewhere(case: &Case) -> bool {
    let stderr = case.official["stderr"].as_str().unwrap_or_default();
    case.command.contains("--context=") || stderr.contains("permission denied")
}

#[test]
fn every_case_compares_status_streams_and_files() {
    let mut commands = BTreeSet::new();
    for case in contract().cases {
        for aspect in ["exit", "stdout", "stderr", "files"] {
            assert!(case.official.contains_key(aspect), "{}: {aspect}", case.command);
        }
        let aspects: Vec<_> = case.official.into_keys().collect();
        assert!(commands.insert((case.command.clone(), aspects)), "{} stands twice", case.command);
    }
}

#[test]
fn every_reason_is_given_once_and_used() {
    let contract = contract();
    let given: Vec<_> = contract.reasons.iter().map(|reason| reason.id.as_str()).collect();
    let differences = contract.cases.iter().flat_map(|case| case.differences.values());
    let used: BTreeSet<_> = differences.map(|difference| difference.because.as_str()).collect();
    assert_eq!(given.iter().copied().collect::<BTreeSet<_>>(), used);
    assert_eq!(given.len(), used.len(), "a reason is given twice");
}

#[test]
fn undeclared_vanished_and_changed_differences_are_failures() {
    let case = |declared: Option<Value>| Case {
        command: String::new(),
        official: Outcome::from([("exit".to_owned(), json!(1))]),
        differences: declared
            .map(|ours| ("exit".to_owned(), Difference { ours, because: String::new() }))
            .into_iter()
            .collect(),
    };
    for (declared, ours, expected) in [
        (None, json!(1), None),
        (Some(json!(2)), json!(2), None),
        (None, json!(2), Some("exit: 2, undeclared; officially 1")),
        (Some(json!(2)), json!(1), Some("exit: 1, as officially, but a difference is declared")),
        (Some(json!(1)), json!(1), Some("exit: 1, as officially, but a difference is declared")),
        (Some(json!(2)), json!(3), Some("exit: 3, but 2 is declared")),
    ] {
        let found = faults(&case(declared), &Outcome::from([("exit".to_owned(), ours)]));
        assert_eq!(found, expected.map(str::to_owned).into_iter().collect::<Vec<_>>());
    }
}
