//! Reports errors in the command line, with the likely correction.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::official;
use crate::report::console;
use crate::report::failure::{Failure, enumeration};
use crate::report::help;
use crate::report::program_name;
use crate::report::shell;

/// Prints the requested help, or the error.
pub(crate) fn report(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    let failure = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => match help_by_accident(arguments) {
            Some(failure) => failure,
            None => return print(&error.render().to_string()),
        },
        // A verb without a noun.
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            return print(&reached(arguments).1.render_help().to_string());
        }
        _ => without_verb(error, arguments)
            .or_else(|| official_command(error, arguments))
            .or_else(|| comment_after_backslash(arguments))
            .or_else(|| wrapped_base64(error, arguments))
            .or_else(|| missing_arguments(error, arguments))
            .unwrap_or_else(|| failure(error, arguments)),
    };
    failure.report()
}

fn print(help: &str) -> ExitCode {
    console::print(help).map_or_else(Failure::report, |()| ExitCode::SUCCESS)
}

/// Reports a comment after a backslash. In `--hostname=a \ # comment` the shell passes the blank and `#` as
/// words and ends the command at the end of the line. Older documentation of Kuma has such lines
/// (kuma-website#877).
fn comment_after_backslash(arguments: &[OsString]) -> Option<Failure> {
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    let is_blank = |word: &str| !word.is_empty() && word.trim().is_empty();
    let at = words.iter().position(|w| w.trim_start().starts_with('#') || is_blank(w))?;
    let failure = if is_blank(&words[at]) {
        Failure::usage("a blank after the backslash ends the command at the end of the line")
    } else {
        let comment = words[at..].join(" ");
        Failure::usage(format!(
            "a comment after the backslash ends the command at the end of the line: {:?}",
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
        "end the line with the backslash, and move the comment to a line before the command:\n  \
         {line} \\"
    )))
}

/// Hands a command that this program does not have, and that is not a misspelling of one that it has, to
/// the official kumactl.
fn official_command(error: &clap::Error, arguments: &[OsString]) -> Option<Failure> {
    if !matches!(error.kind(), ErrorKind::InvalidSubcommand | ErrorKind::UnknownArgument) {
        return None;
    }
    let (path, command, word) = unknown_command(arguments)?;
    let is_letter = |octet: u8| octet.is_ascii_alphanumeric() || b"-_".contains(&octet);
    let is_command = word.bytes().all(is_letter) && !word.is_empty();
    // `verify` is ours alone.
    let is_shared = command.get_name() != "verify";
    if !is_command || !is_shared || command.get_subcommands().any(|c| is_close(word, c.get_name()))
    {
        return None;
    }
    Some(official::hand_over(&format!("{path}{word}")))
}

/// Returns the first word that is no command of this program, with the command in front of it and the words of
/// that. Flags of the official `get` and `inspect` may precede it, as in `inspect --mesh=demo dataplanes`.
fn unknown_command(arguments: &[OsString]) -> Option<(String, clap::Command, &str)> {
    const OFFICIAL_FLAGS: [&str; 4] = ["--mesh", "--output", "-m", "-o"];
    let mut command = crate::program();
    command.build();
    let (mut path, mut has_flag) = (String::new(), false);
    let mut words = arguments.iter().skip(1).map(|word| word.to_str());
    while let Some(word) = words.next() {
        let word = word?;
        if word == "--" {
            continue;
        }
        if !word.starts_with('-') {
            match command.find_subcommand(word).cloned() {
                // A command of this program does not take a flag of another one.
                Some(found) if has_flag && !found.has_subcommands() => return None,
                Some(found) => command = found,
                None => return command.has_subcommands().then_some((path, command, word)),
            }
            path.push_str(word);
            path.push(' ');
            continue;
        }
        let flag = word.split('=').next().unwrap_or(word);
        let is_named = |argument: &&clap::Arg| {
            let is_short = argument.get_short().is_some_and(|short| flag == format!("-{short}"));
            is_short || argument.get_long().is_some_and(|long| flag == format!("--{long}"))
        };
        let takes_value = match command.get_arguments().find(is_named) {
            Some(known) => known.get_action().takes_values() && !known.is_require_equals_set(),
            None if OFFICIAL_FLAGS.contains(&flag) => {
                has_flag = true;
                true
            }
            None => return None,
        };
        if takes_value && flag == word {
            words.next();
        }
    }
    None
}

/// Returns whether a word is the start of a command's name, or that name with a typing error.
fn is_close(word: &str, name: &str) -> bool {
    const SHORTEST_START: usize = 3;
    let typing_errors = if name.len() < 6 { 1 } else { 2 };
    word.len() >= SHORTEST_START && name.starts_with(word)
        || strsim::osa_distance(word, name) <= typing_errors
}

/// Reports `-hostname=a` and `-help`, which clap reads as bundles of short flags that begin with `-h`. A
/// script would continue after the help, without a certificate.
fn help_by_accident(arguments: &[OsString]) -> Option<Failure> {
    let mut words = flags(arguments).take_while(|word| !matches!(*word, "-h" | "--help" | "help"));
    let word = words.find(|word| word.starts_with("-h"))?;
    let failure = Failure::usage(format!("unexpected argument '{word}' found"));
    Some(match two_hyphens(word, arguments) {
        Some(meant) => failure.hint(format!("did you mean {meant}?")),
        None => failure.hint(shows_help(arguments)),
    })
}

/// Reports a noun with a missing or wrong verb: `kumactl tls-certificate`.
fn without_verb(error: &clap::Error, arguments: &[OsString]) -> Option<Failure> {
    let Some(ContextValue::String(noun)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    let program = crate::program();
    let verbs = program.get_subcommands().filter(|verb| verb.find_subcommand(noun).is_some());
    let meant: Vec<_> =
        verbs.map(|verb| format!("`{} {} {noun}`", program_name::get(), verb.get_name())).collect();
    let failure = Failure::usage(format!("there is no command `{} {noun}`", command(arguments)));
    (!meant.is_empty()).then(|| failure.hint(format!("did you mean {}?", meant.join(" or "))))
}

/// `--ca-bundle=$(base64 ca.crt)` without quotes: the shell splits the value into one word per line.
fn wrapped_base64(error: &clap::Error, arguments: &[OsString]) -> Option<Failure> {
    /// The shortest lines that programs wrap Base64 into (RFC 7468 2).
    const LINE: usize = 64;
    let is_base64 = |text: &str| {
        let is_letter = |octet: u8| octet.is_ascii_alphanumeric() || b"+/=".contains(&octet);
        !text.is_empty() && text.bytes().all(is_letter)
    };
    let is_line = |text: &str| text.len() >= LINE && is_base64(text);
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    let (flag, lines) = words.iter().enumerate().find_map(|(at, word)| {
        let (flag, first) = match word.split_once('=') {
            Some((flag, line)) => (flag, is_line(line).then_some(at + 1)?),
            None => (&**word, is_line(words.get(at + 1)?).then_some(at + 2)?),
        };
        let more = words[first..].iter().take_while(|word| is_base64(word)).count();
        (flag.starts_with("--") && more > 0).then_some((flag, more + 1))
    })?;
    let failure = Failure::usage(format!(
        "the value of {flag} is wrapped Base64: the shell made {lines} arguments of its {lines} lines"
    ));
    Some(failure.hint(format!(
        "one line, in quotes: {flag}=\"$(kumactl generate ca-bundle --ca-cert-file=ca.crt)\""
    )))
}

/// Reports missing arguments, with the arguments to add.
fn missing_arguments(error: &clap::Error, arguments: &[OsString]) -> Option<Failure> {
    if error.kind() != ErrorKind::MissingRequiredArgument {
        return None;
    }
    let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    // clap writes `--mode <MODE>`, `<SHELL>`, or `<--file <FILE>|--print-spec <DIR>>` for alternatives.
    let alternatives = |argument: &String| -> Vec<String> {
        let argument = argument.replace(['<', '>'], "");
        argument.split('|').map(|one| one.trim_end_matches("...").replacen(' ', "=", 1)).collect()
    };
    let typed: Vec<_> = missing.iter().map(|one| alternatives(one).join(" or ")).collect();
    let name = |typed: &String| typed.split('=').next().unwrap_or_default().to_owned();
    let names: Vec<String> = missing
        .iter()
        .map(|one| alternatives(one).iter().map(name).collect::<Vec<_>>().join(" or "))
        .collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    let failure = Failure::usage(format!("{} {verb} required", enumeration(&names)));
    Some(failure.hint(format!("add {}", enumeration(&typed))).hint(shows_help(arguments)))
}

/// Converts clap's message: its first paragraph is the error, and its tips are hints.
fn failure(error: &clap::Error, arguments: &[OsString]) -> Failure {
    let rendered = error.render().to_string();
    let (message, rest) = rendered.split_once("\n\n").unwrap_or((&rendered, ""));
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let lines: Vec<_> = message.lines().map(str::trim).collect();
    let mut failure = Failure::usage(lines.join(" "));
    if let Some(meant) = flags(arguments).find_map(|word| two_hyphens(word, arguments)) {
        return failure.hint(format!("did you mean {meant}?"));
    }
    let tips = rest.lines().filter_map(|line| line.trim().strip_prefix("tip: "));
    for tip in tips.filter(|tip| !tip.contains("to pass '")) {
        failure = failure.hint(nearest_first(tip));
    }
    failure.hint(shows_help(arguments))
}

fn shows_help(arguments: &[OsString]) -> String {
    format!("run `{} --help` for all flags and examples", command(arguments))
}

/// Reverses the order of similar names: clap puts the nearest last.
fn nearest_first(tip: &str) -> String {
    match tip.split_once(" exist: ") {
        Some((words, named)) => {
            let named: Vec<&str> = named.rsplit(", ").collect();
            format!("{words} exist: {}", named.join(", "))
        }
        None => tip.to_owned(),
    }
}

/// Returns the words before `--`, which can be flags.
fn flags(arguments: &[OsString]) -> impl Iterator<Item = &str> {
    let words = arguments.iter().skip(1).filter_map(|word| word.to_str());
    words.take_while(|word| *word != "--")
}

/// Returns the flag with two hyphens for a word such as `-type=server` or `-htype=server`, if the command
/// has it.
fn two_hyphens(word: &str, arguments: &[OsString]) -> Option<String> {
    let bundle = word.strip_prefix('-').filter(|rest| rest.len() > 1 && !rest.starts_with('-'))?;
    let (_, command) = reached(arguments);
    let is_known = |flag: &&str| {
        let name = flag.split('=').next().unwrap_or(flag);
        name == "help" || command.get_arguments().any(|one| one.get_long() == Some(name))
    };
    let behind_help = bundle.strip_prefix('h');
    [Some(bundle), behind_help].into_iter().flatten().find(is_known).map(|flag| format!("--{flag}"))
}

/// Returns the words of the command, for a pointer to its help.
fn command(arguments: &[OsString]) -> String {
    reached(arguments).0
}

fn reached(arguments: &[OsString]) -> (String, clap::Command) {
    let mut reached = help::with_groups(crate::program());
    reached.build();
    let name = program_name::get();
    let mut words = vec![name.as_str()];
    for word in arguments.iter().skip(1).filter_map(|word| OsStr::to_str(word)) {
        if let Some(command) = reached.find_subcommand(word).cloned() {
            words.push(word);
            reached = command;
        }
    }
    (words.join(" "), reached)
}
