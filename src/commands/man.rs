//! `kumactl man`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Command;
use clap::builder::{Resettable, StyledStr};
use clap_mangen::Man;

use crate::files;
use crate::report::console;
use crate::report::failure::Failure;

/// Print the manual page of a command
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl man | man -l -
  kumactl man generate tls-certificate | man -l -
  kumactl man --output-dir=man1")]
pub(crate) struct Args {
    /// Command to print the page of, such as `generate tls-certificate` [default: kumactl itself]
    command: Vec<String>,

    /// Write the pages of all commands into this directory, one file per command, and overwrite older
    /// pages
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    output_dir: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut program = crate::program();
    program.build();
    let mut words = vec![program.get_name().to_owned()];
    if let Some(directory) = &args.output_dir {
        let mut pages = Vec::new();
        collect_pages(&program, None, &words, &mut pages)?;
        return files::write_documents(directory, &pages);
    }
    let (mut found, mut above) = (&program, None);
    for word in &args.command {
        above = Some(found);
        found = found.find_subcommand(word).ok_or_else(|| unknown(&words, word, found))?;
        words.push(found.get_name().to_owned());
    }
    console::print_result(&page(found, above, &words)?)
}

/// Adds the pages of a command and of all below it, with their file names.
fn collect_pages(
    command: &Command,
    above: Option<&Command>,
    words: &[String],
    pages: &mut Vec<(String, Vec<u8>)>,
) -> Result<(), Failure> {
    pages.push((format!("{}.1", words.join("-")), page(command, above, words)?));
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        let words = [words, &[below.get_name().to_owned()]].concat();
        collect_pages(below, Some(command), &words, pages)?;
    }
    Ok(())
}

/// Returns the page of the command with these words.
fn page(command: &Command, above: Option<&Command>, words: &[String]) -> Result<Vec<u8>, Failure> {
    let described = command
        .clone()
        .display_name(words.join("-"))
        .bin_name(words.join(" "))
        // clap_mangen would fill its lines.
        .after_help(Resettable::<StyledStr>::Reset);
    let mut page = Vec::new();
    Man::new(described)
        .title(words.join("-").to_uppercase())
        .source(format!("{} {}", words[0], env!("CARGO_PKG_VERSION")))
        .render(&mut page)
        .map_err(|error| Failure::failed(format!("could not write the page: {error}")))?;
    page.extend_from_slice(sections(command, above, words).as_bytes());
    Ok(page)
}

/// Writes the sections that clap does not know.
fn sections(command: &Command, above: Option<&Command>, words: &[String]) -> String {
    let mut roff = String::from(".SH \"EXIT STATUS\"\n");
    let looks = ["inspect", "verify"].iter().any(|verb| words.get(1).is_some_and(|w| w == verb));
    let mut statuses =
        vec![("0", "Success."), ("1", "The command failed."), ("2", "The command line is wrong.")];
    if looks || words.len() == 1 {
        statuses[1].1 = "The command failed, or what was verified does not verify.";
        statuses.push(("3", "The input could not be read."));
    }
    for (status, meaning) in statuses {
        let _ = writeln!(roff, ".TP\n\\fB{status}\\fR\n{meaning}");
    }
    let _ = writeln!(
        roff,
        ".SH FILES\n{} reads and writes only the files that the command line names. It has no \
         configuration file and writes nothing to the home directory.",
        words[0]
    );
    for (file, flag) in default_files(command) {
        let _ =
            writeln!(roff, ".TP\n\\fI{}\\fR\nThe default of {}.", escaped(&file), escaped(&flag));
    }
    // Its examples, line by line as the help has them.
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    for line in help.lines() {
        let _ = match line.strip_suffix(':').filter(|title| !title.starts_with(' ')) {
            Some(title) => writeln!(roff, ".fi\n.SH \"{}\"\n.nf", title.to_uppercase()),
            None => writeln!(roff, "{}", escaped(line.strip_prefix("  ").unwrap_or(line))),
        };
    }
    roff.push_str(".fi\n");
    let pages: Vec<_> = related(command, above, words)
        .iter()
        .map(|page| format!("\\fB{}\\fR(1)", escaped(page)))
        .collect();
    let _ = writeln!(roff, ".SH \"SEE ALSO\"\n{}", pages.join(",\n"));
    roff
}

/// Returns the files that a command reads or writes unless a flag names others, each with its flag.
fn default_files(command: &Command) -> Vec<(String, String)> {
    let is_file = |arg: &&clap::Arg| arg.get_value_names().is_some_and(|names| names[0] == "FILE");
    let files = command.get_arguments().filter(is_file);
    let row = |arg: &clap::Arg| {
        let file = arg.get_default_values().first()?.to_str()?;
        Some((file.to_owned(), format!("--{}", arg.get_long()?)))
    };
    files.filter_map(row).collect()
}

/// Returns the names of the pages of the parent, sibling and child commands.
fn related(command: &Command, above: Option<&Command>, words: &[String]) -> Vec<String> {
    let names = |command: &Command, prefix: &[String]| -> Vec<String> {
        let below = command.get_subcommands().map(Command::get_name).filter(|name| *name != "help");
        below.map(|name| format!("{}-{name}", prefix.join("-"))).collect()
    };
    let mut pages = Vec::new();
    if let Some(above) = above {
        let prefix = &words[..words.len() - 1];
        pages.push(prefix.join("-"));
        pages.extend(names(above, prefix).into_iter().filter(|page| *page != words.join("-")));
    }
    pages.extend(names(command, words));
    pages
}

/// A line of text as roff prints it: with its hyphens, and not as a request.
fn escaped(line: &str) -> String {
    let text = line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    if text.starts_with('.') { format!("\\&{text}") } else { text }
}

fn unknown(words: &[String], word: &str, found: &Command) -> Failure {
    let text = format!("there is no command {:?}", format!("{} {word}", words.join(" ")));
    let known: Vec<_> =
        found.get_subcommands().map(Command::get_name).filter(|name| *name != "help").collect();
    let failure = Failure::usage(text);
    if known.is_empty() {
        return failure.hint(format!("{} man {}", words[0], words[1..].join(" ")));
    }
    failure.hint(format!("commands of {}: {}", words.join(" "), known.join(", ")))
}
