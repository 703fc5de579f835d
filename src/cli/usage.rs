//! Wrong command lines: what clap found, in our words, with the line that was meant.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::exit::Failure;
use super::{official, output, shell};

/// Prints help where it was asked for, or says what is wrong.
pub(super) fn report(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    let failure = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            match output::print(error.render().to_string()) {
                Ok(()) => return ExitCode::SUCCESS,
                Err(failure) => failure,
            }
        }
        _ => comment_behind_backslash(arguments)
            .or_else(|| official_command(error))
            .unwrap_or_else(|| failure(error, arguments)),
    };
    failure.report()
}

/// In `--hostname=a \ # comment` the shell passes the blank and the `#` as a word, and ends the
/// command at the end of the line. Kuma's older documentation has such lines (kuma-website#877).
fn comment_behind_backslash(arguments: &[OsString]) -> Option<Failure> {
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    let is_blank = |word: &str| !word.is_empty() && word.trim().is_empty();
    let at = words.iter().position(|w| w.trim_start().starts_with('#') || is_blank(w))?;
    let failure = if is_blank(&words[at]) {
        Failure::usage("a blank behind a backslash ends the command there")
    } else {
        let comment = words[at..].join(" ");
        Failure::usage(format!(
            "a comment behind a backslash ends the command there: {:?}",
            comment.trim_start()
        ))
    };
    let before = &words[..at];
    let is_flag = |word: &str| word.starts_with("--") && !word.contains('=');
    let line = match before {
        [.., flag, value] if is_flag(flag) && !value.starts_with('-') => &before[at - 2..],
        _ => &before[at.saturating_sub(1)..],
    };
    let line = line.iter().map(|word| shell::word(word)).collect::<Vec<_>>().join(" ");
    Some(failure.hint(format!(
        "end the line with the backslash, and put a comment on a line before the command:\n  \
         {line} \\"
    )))
}

fn official_command(error: &clap::Error) -> Option<Failure> {
    match error.get(ContextKind::InvalidSubcommand)? {
        ContextValue::String(command) => official::refuse(command),
        _ => None,
    }
}

/// clap's message without its layout: the first paragraph is what is wrong, its tips are hints.
fn failure(error: &clap::Error, arguments: &[OsString]) -> Failure {
    let rendered = error.render().to_string();
    let (message, rest) = rendered.split_once("\n\n").unwrap_or((&rendered, ""));
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let lines: Vec<_> = message.lines().map(str::trim).collect();
    let mut failure = Failure::usage(lines.join(" "));
    if let Some(word) = single_hyphen(error, arguments) {
        return failure.hint(format!("did you mean -{word}?"));
    }
    let tips = rest.lines().filter_map(|line| line.trim().strip_prefix("tip: "));
    for tip in tips.filter(|tip| !tip.contains("to pass '")) {
        failure = failure.hint(nearest_first(tip));
    }
    let command = command(arguments);
    failure.hint(format!("`{command} --help` shows all flags, with examples"))
}

/// clap names the nearest of several last.
fn nearest_first(tip: &str) -> String {
    match tip.split_once(" exist: ") {
        Some((words, named)) => {
            let named: Vec<&str> = named.rsplit(", ").collect();
            format!("{words} exist: {}", named.join(", "))
        }
        None => tip.to_owned(),
    }
}

/// The word `-type=server` where `--type=server` was meant: clap reads it as a bundle of short
/// flags.
fn single_hyphen<'a>(error: &clap::Error, arguments: &'a [OsString]) -> Option<&'a str> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    arguments
        .iter()
        .filter_map(|word| word.to_str())
        .find(|word| word.len() > 2 && word.starts_with('-') && !word.starts_with("--"))
}

/// The command that was reached, for a pointer to its help.
fn command(arguments: &[OsString]) -> String {
    let mut reached = super::program();
    let mut words = vec!["kumactl"];
    for word in arguments.iter().skip(1).filter_map(|word| OsStr::to_str(word)) {
        if let Some(command) = reached.find_subcommand(word).cloned() {
            words.push(word);
            reached = command;
        }
    }
    words.join(" ")
}
