//! Words that `docs/style.md` forbids, in the documentation, in the help of every command, and in the comments and
//! texts of the source.

use std::fs;

use regex_lite::Regex;

use super::{documents, root};
use crate::support::commands;

/// Words to avoid, as an expression that matches any of them, and what to write instead.
struct Entry {
    expression: Regex,
    instead: String,
}

/// Returns the rows of the table in `docs/style.md`.
fn entries() -> Vec<Entry> {
    let text = fs::read_to_string(root().join("docs/style.md")).expect("docs/style.md");
    let (_, table) = text.split_once("| avoid | write |\n|---|---|\n").expect("the table of words");
    let rows = table.lines().map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let entry = |row: &str| {
        let (words, instead) = row.split_once(" | ").expect("two columns");
        let words: Vec<_> = words.split(", ").map(|word| word.replace(' ', r"\s+")).collect();
        let expression = format!(r"(?i)\b(?:{})\b", words.join("|"));
        Entry {
            expression: Regex::new(&expression).expect("an expression"),
            instead: instead.to_owned(),
        }
    };
    rows.map(entry).collect()
}

/// Returns Markdown with its code blocks and code spans blanked out, with the same lines.
fn prose(markdown: &str) -> String {
    let mut is_code = false;
    let mut text = String::new();
    for line in markdown.lines() {
        let is_fence = line.trim_start().starts_with("```");
        if !is_fence && !is_code {
            // Every other piece between backticks is code.
            text += &line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        }
        is_code ^= is_fence;
        text.push('\n');
    }
    text
}

/// Returns each forbidden word in a text, with its line and what to write instead.
fn findings(entries: &[Entry], text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for entry in entries {
        for found in entry.expression.find_iter(text) {
            let line = text[..found.start()].matches('\n').count() + 1;
            let words = found.as_str().split_whitespace().collect::<Vec<_>>().join(" ");
            findings
                .push(format!("line {line}: write \"{}\" instead of \"{words}\"", entry.instead));
        }
    }
    findings
}

#[test]
fn the_documentation_has_no_word_that_the_style_forbids() {
    let entries = entries();
    assert!(entries.len() > 30, "{} rows", entries.len());
    let others = ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"].map(|name| root().join(name));
    let mut all = Vec::new();
    for page in documents().into_iter().chain(others) {
        if page.ends_with("docs/style.md") {
            continue;
        }
        let text = fs::read_to_string(&page).expect("a page");
        let findings = findings(&entries, &prose(&text));
        all.extend(findings.iter().map(|finding| format!("{}: {finding}", page.display())));
    }
    assert!(all.is_empty(), "see docs/style.md\n{}", all.join("\n"));
}

/// The examples of a command, and what follows them, are not prose.
#[test]
fn the_help_of_every_command_has_no_word_that_the_style_forbids() {
    let entries = entries();
    let mut all = Vec::new();
    for (words, help) in commands() {
        let text = help.split("\nExamples:").next().unwrap_or_default();
        let findings = findings(&entries, &prose(text));
        all.extend(findings.iter().map(|finding| format!("{}: {finding}", words.join(" "))));
    }
    assert!(all.is_empty(), "see docs/style.md\n{}", all.join("\n"));
}

/// Returns the comments of Rust code, and its string literals of several words, with the same lines. The examples in
/// help texts are not prose.
fn comments_and_texts(source: &str) -> [String; 2] {
    let is_comment = |line: &&str| line.trim_start().starts_with("//");
    let only = |wanted: bool| {
        let kept = |line| if is_comment(&line) == wanted { line } else { "" };
        source.lines().map(kept).collect::<Vec<_>>().join("\n")
    };
    let (comments, code) = (only(true).replace('/', " "), only(false));
    // The quote as a character does not begin a string.
    let code = code.replace("'\"'", "   ").replace("'\\\"'", "    ");
    let literal = Regex::new(r#"(?s)"(?:[^"\\]|\\.)*""#).expect("an expression");
    let (mut texts, mut end) = (String::new(), 0);
    for found in literal.find_iter(&code) {
        let newlines = |text: &str| "\n".repeat(text.matches('\n').count());
        let text = found.as_str();
        let text = match text.split_once("Examples:") {
            Some((prose, examples)) => prose.to_owned() + &newlines(examples),
            None => text.to_owned(),
        };
        texts += &newlines(&code[end..found.start()]);
        texts += &if text.contains(' ') { text.replace("\\\n", "\n") } else { newlines(&text) };
        end = found.end();
    }
    [comments, texts]
}

#[test]
fn the_source_has_no_word_that_the_style_forbids() {
    let entries = entries();
    let mut directories = vec![root().join("src"), root().join("crates/kuma-pki/src")];
    let (mut all, mut count) = (Vec::new(), 0);
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                count += 1;
                let source = fs::read_to_string(&path).expect("a source file");
                for text in comments_and_texts(&source) {
                    let findings = findings(&entries, &prose(&text));
                    all.extend(findings.iter().map(|found| format!("{}: {found}", path.display())));
                }
            }
        }
    }
    assert!(count > 200, "{count} files");
    assert!(all.is_empty(), "see docs/style.md\n{}", all.join("\n"));
}

#[test]
fn comments_and_string_literals_are_prose_and_code_is_not() {
    let source =
        "/// Judges\nlet judge = \"judge\";\nlet text = '\"';\nfail(\"mend\\\n it\"); // shall\n";
    let [comments, texts] = comments_and_texts(source);
    let entries = entries();
    assert_eq!(
        findings(&entries, &comments),
        ["line 1: write \"check, verify\" instead of \"Judges\""]
    );
    assert_eq!(findings(&entries, &texts), ["line 4: write \"fix, repair\" instead of \"mend\""]);
}

#[test]
fn forbidden_words_are_found_in_prose_only() {
    let entries = entries();
    let found = |text: &str| findings(&entries, &prose(text)).len();
    assert_eq!(found("Judges\nlook  \nat it"), 2);
    assert_eq!(found("a judgemental `judge`\n```text\njudge\n```\nartifacts"), 0);
    assert_eq!(
        findings(&entries, "\nmend it"),
        ["line 2: write \"fix, repair\" instead of \"mend\""]
    );
}
