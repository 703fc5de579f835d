//! The name by which this program was started, which its texts use.

use std::borrow::Cow;
use std::env;
use std::path::Path;

use clap::builder::StyledStr;
use clap::{Arg, Command};

use crate::official;

/// The name in the source of every text.
const USUAL: &str = "kumactl";

/// Returns the file name that the program was started by, such as `kumactl-tls`.
pub(crate) fn get() -> String {
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet);
    let name = env::args_os().next().and_then(|path| {
        let name = Path::new(&path).file_name()?.to_str()?.to_owned();
        (name.bytes().all(is_plain) && !name.starts_with(['-', '.'])).then_some(name)
    });
    name.unwrap_or_else(|| USUAL.to_owned())
}

/// Returns a text of this program with its name in place of `kumactl`, except where `kumactl` means the
/// official program.
pub(crate) fn in_help(text: &str) -> Cow<'_, str> {
    renamed(text, &get(), |before, after| {
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
        // Where shells look for completions, the file has the name of the command.
        let is_completion = before.ends_with("completions/") || before.ends_with("/_");
        let is_official = before.trim_end().ends_with("official") || before.ends_with("official `");
        let is_path = after.starts_with(|letter: char| letter.is_ascii_alphanumeric())
            || after.starts_with(['-', '_', '/']);
        (is_completion || !before.ends_with(is_word))
            && !is_official
            && !is_path
            && !starts_with_word(after, official::VERBS)
    })
}

/// Returns a message with the program's name in the commands of this program. Leaves other words alone,
/// which may come from a file or the command line.
pub(crate) fn in_message(text: &str) -> Cow<'_, str> {
    const VERBS: &[&str] =
        &["...", "completion", "generate", "inspect", "man", "verify", "version"];
    renamed(text, &get(), |before, after| {
        let starts = before.is_empty() || before.ends_with([' ', '`', '\n', '(', '"']);
        starts && starts_with_word(after, VERBS)
    })
}

/// Returns whether a text continues with a space and one of these words.
fn starts_with_word(text: &str, words: &[&str]) -> bool {
    let word = text.strip_prefix(' ').and_then(|rest| rest.split([' ', '`', '\n', ',']).next());
    word.is_some_and(|word| words.contains(&word))
}

fn renamed<'a>(text: &'a str, name: &str, is_ours: impl Fn(&str, &str) -> bool) -> Cow<'a, str> {
    if name == USUAL {
        return Cow::Borrowed(text);
    }
    let mut new = String::new();
    let mut copied = 0;
    for (at, _) in text.match_indices(USUAL) {
        let (before, after) = (&text[..at], &text[at + USUAL.len()..]);
        if is_ours(before, after) {
            new += &text[copied..at];
            new += name;
            copied = at + USUAL.len();
        }
    }
    Cow::Owned(new + &text[copied..])
}

/// Returns a command with the program's name in all its texts.
pub(crate) fn in_command(command: Command) -> Command {
    let name = get();
    if name == USUAL {
        return command.bin_name(name);
    }
    with_texts(command).name(name.clone()).display_name(name.clone()).bin_name(name)
}

fn with_texts(mut command: Command) -> Command {
    let text = |text: &StyledStr| in_help(&text.to_string()).into_owned();
    // A usage line that was written by hand is in full before clap completes the others.
    let usage = command.render_usage().to_string();
    let written = usage.strip_prefix("Usage: ").filter(|usage| usage.starts_with("kumactl "));
    if let Some(usage) = written {
        command = command.override_usage(in_help(usage).into_owned());
    }
    let [about, long_about, after] =
        [command.get_about(), command.get_long_about(), command.get_after_help()]
            .map(|found| found.map(text));
    if let Some(about) = about {
        command = command.about(about);
    }
    if let Some(about) = long_about {
        command = command.long_about(about);
    }
    if let Some(after) = after {
        command = command.after_help(after);
    }
    let with_help = |mut arg: Arg| {
        let [help, long_help] = [arg.get_help(), arg.get_long_help()].map(|found| found.map(text));
        if let Some(help) = help {
            arg = arg.help(help);
        }
        if let Some(help) = long_help {
            arg = arg.long_help(help);
        }
        arg
    };
    command.mut_args(with_help).mut_subcommands(with_texts)
}
