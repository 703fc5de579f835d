//! The documentation: runs every `console` block, and compares the reference with the program's help.
//!
//! The blocks of a page run in one directory, in order. A line that begins with `$ ` is a command, together
//! with the lines that continue it. The lines up to the next command are its expected output, on both
//! streams. `...` matches any text in a line, and any lines if it is alone in a line. A command may fail
//! only if it prints a line that begins with `error: ` or `failed `. Scripts in `tests/fixtures/stubs`
//! replace programs that need a cluster or a control plane, and check their arguments.

mod diagrams;
mod json;
mod links;
mod svg;
mod words;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Sandbox, commands};

struct Step {
    command: String,
    expected: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md")];
    let mut directories = vec![root().join("docs")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            match path.extension() {
                _ if path.is_dir() => directories.push(path),
                Some(extension) if extension == "md" => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    let mut continues = false;
    for line in text.lines() {
        match line {
            "```console" => inside = true,
            "```" => (inside, continues) = (false, false),
            _ if !inside => {}
            _ => {
                if let Some(command) = line.strip_prefix("$ ") {
                    steps.push(Step { command: command.to_owned(), expected: Vec::new() });
                } else if let Some(step) = steps.last_mut() {
                    if continues {
                        step.command = format!("{}\n{line}", step.command);
                    } else {
                        step.expected.push(line.to_owned());
                    }
                }
                let is_command = continues || line.starts_with("$ ");
                // Up to the end of what a command reads between `<<'END'` and `END`.
                let command = steps.last().map_or("", |step| step.command.as_str());
                let is_open = command.contains("<<'END'") && !command.ends_with("\nEND");
                continues = is_command && (line.ends_with('\\') || is_open);
            }
        }
    }
    steps
}

fn matches(expected: &[String], found: &[&str]) -> bool {
    let Some((first, rest)) = expected.split_first() else {
        return found.is_empty();
    };
    if first == "..." {
        return (0..=found.len()).any(|skipped| matches(rest, &found[skipped..]));
    }
    found
        .split_first()
        .is_some_and(|(line, others)| line_matches(first, line) && matches(rest, others))
}

fn line_matches(expected: &str, found: &str) -> bool {
    match expected.split_once("...") {
        None => expected == found,
        Some((start, rest)) => found.strip_prefix(start).is_some_and(|found| {
            let ends = found.char_indices().map(|(index, _)| index).chain([found.len()]);
            ends.into_iter().any(|index| line_matches(rest, &found[index..]))
        }),
    }
}

/// Runs the steps. Returns an error for the first one with other output.
fn play(steps: &[Step]) -> Result<(), String> {
    let sandbox = Sandbox::new();
    for Step { command, expected } in steps {
        let ended = sandbox.play(command);
        let found: Vec<&str> = ended.stdout.lines().collect();
        let fails =
            expected.iter().any(|line| line.starts_with("error: ") || line.starts_with("failed "));
        if !matches(expected, &found) || fails != (ended.status != 0) {
            let (status, found) = (ended.status, ended.stdout);
            return Err(format!("$ {command}\nended with {status} and printed:\n{found}"));
        }
    }
    Ok(())
}

#[test]
fn every_console_block_prints_what_it_shows() {
    let mut blocks = 0;
    for document in documents() {
        let steps = steps(&fs::read_to_string(&document).expect("a document"));
        blocks += steps.len();
        if let Err(error) = play(&steps) {
            panic!("{}: {error}", document.display());
        }
    }
    assert!(blocks > 10, "only {blocks} commands were found");
}

#[test]
fn a_console_block_with_other_output_is_found() {
    for (text, is_right) in [
        ("```console\n$ echo a; echo bcd\na\nb...d\n```\n", true),
        ("```console\n$ echo a; echo b\n...\n```\n", true),
        ("```console\n$ echo a; echo b\na\n```\n", false),
        ("```console\n$ echo a\nb\n```\n", false),
        ("```console\n$ echo a \\\n    b\na b\n```\n", true),
        ("```console\n$ false\n```\n", false),
        ("```console\n$ kumactl version extra\nerror: ...\n...\n```\n", true),
        ("```console\n$ kumactl install control-plane --tls-general-ca-bundle=a b\n```\n", false),
        ("```console\n$ kubectl create secret generic s --from-file=missing\n...\n```\n", false),
        ("```console\n$ kubectl create secret generic s --namespace=n\n...\n```\n", false),
        ("```console\n$ helm install kuma kuma/kuma --namespace=default\n...\n```\n", false),
    ] {
        assert_eq!(play(&steps(text)).is_ok(), is_right, "{text}");
    }
}

#[test]
fn every_command_has_its_own_description() {
    let mut seen = BTreeMap::new();
    for (words, help) in commands() {
        let description = help.lines().next().unwrap_or_default().to_owned();
        assert_eq!(seen.insert(description.clone(), words), None, "{description}");
    }
}

#[test]
fn the_reference_is_the_help_of_every_command() {
    let mut markdown = "# Reference\n\nThe help of every command, generated from the program by \
                        `UPDATE_DOCS=1 cargo test`.\n\n"
        .to_owned();
    for (words, help) in commands() {
        let title = [&["kumactl".to_owned()], &words[..]].concat().join(" ");
        let lines: Vec<_> = help.lines().map(str::trim_end).collect();
        markdown.push_str(&format!("## {title}\n\n```text\n{}\n```\n\n", lines.join("\n")));
    }
    let markdown = format!("{}\n", markdown.trim_end());
    let path = root().join("docs/reference/cli.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &markdown).expect("docs/reference/cli.md");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == markdown, "docs/reference/cli.md is out of date: UPDATE_DOCS=1 cargo test");
}
