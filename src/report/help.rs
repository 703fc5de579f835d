//! The help of the program without a command: all commands, in groups.

use clap::{Arg, Command};

use crate::official;
use crate::report::wrap::wrap;

/// The width of the help, in columns.
const WIDTH: usize = 80;

/// The groups of commands, and the first words of their commands.
const GROUPS: [(&str, &[&str]); 3] = [
    ("Create", &["generate"]),
    ("Inspect and verify", &["inspect", "verify"]),
    ("Other", &["completion", "man", "version"]),
];

/// Returns the program with the help that lists every command in its group.
pub(crate) fn with_groups(program: Command) -> Command {
    let groups = GROUPS.iter().map(|(title, verbs)| {
        let rows = verbs.iter().flat_map(|verb| rows(&program, verb));
        section(title, &rows.collect::<Vec<_>>())
    });
    let mut groups: Vec<String> = groups.collect();
    groups.insert(2, hand_over());
    let ignored = program.get_arguments().filter(|arg| arg.is_global_set());
    let ignored: Vec<_> = ignored.map(|arg| (flag(arg), about(arg.get_help()))).collect();
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{}\nOptions:\n{{options}}\n\n{}{{after-help}}",
        groups.join("\n"),
        section("Ignored (accepted by every command for compatibility)", &ignored).trim_end()
    );
    program.help_template(template)
}

/// Returns the commands that begin with a verb, and what they do.
fn rows(program: &Command, verb: &str) -> Vec<(String, String)> {
    let Some(verb) = program.find_subcommand(verb) else {
        return Vec::new();
    };
    if !verb.has_subcommands() {
        return vec![(verb.get_name().to_owned(), about(verb.get_about()))];
    }
    let row = |noun: &Command| {
        (format!("{} {}", verb.get_name(), noun.get_name()), about(noun.get_about()))
    };
    verb.get_subcommands().map(row).collect()
}

fn hand_over() -> String {
    let verbs = official::VERBS.join(", ");
    let text = format!(
        "{verbs}, and all other commands of generate and inspect. Set KUMACTL_OFFICIAL to its path, or \
         put it on PATH after this program."
    );
    format!("Run by the official kumactl:\n  {}\n", wrap(&text, 2, Some(WIDTH)))
}

fn section(title: &str, rows: &[(String, String)]) -> String {
    let column = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 4;
    let mut text = format!("{title}:\n");
    for (name, about) in rows {
        let about = wrap(about, column, Some(WIDTH));
        text.push_str(&format!("  {name:<width$}  {about}\n", width = column - 4));
    }
    text
}

fn flag(arg: &Arg) -> String {
    let name = arg.get_long().unwrap_or_default();
    let value = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    match value {
        Some(value) if arg.is_require_equals_set() => format!("--{name}[=<{value}>]"),
        Some(value) => format!("--{name} <{value}>"),
        None => format!("--{name}"),
    }
}

fn about(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default()
}
