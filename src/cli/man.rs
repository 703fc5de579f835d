//! `kumactl man`.

use clap::Command;
use clap_mangen::Man;

use super::exit::Failure;
use super::output;

/// Print the manual page of a command
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  $ kumactl man | man -l -
  $ kumactl man generate tls-certificate > kumactl-generate-tls-certificate.1")]
pub(super) struct Args {
    /// The words of the command; without them, the page of kumactl
    command: Vec<String>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut program = super::program();
    program.build();
    let (mut found, mut words) = (&program, vec![program.get_name().to_owned()]);
    for word in &args.command {
        found = found.find_subcommand(word).ok_or_else(|| unknown(&words, word, found))?;
        words.push(found.get_name().to_owned());
    }
    let command = found.clone().display_name(words.join("-")).bin_name(words.join(" "));
    let mut page = Vec::new();
    Man::new(command)
        .title(words.join("-").to_uppercase())
        .source(concat!("kumactl ", env!("CARGO_PKG_VERSION")))
        .render(&mut page)
        .map_err(|error| Failure::failed(format!("could not write the page: {error}")))?;
    output::print_bytes(&page)
}

fn unknown(words: &[String], word: &str, found: &Command) -> Failure {
    let text = format!("there is no command {:?}", format!("{} {word}", words.join(" ")));
    let known: Vec<_> =
        found.get_subcommands().map(Command::get_name).filter(|name| *name != "help").collect();
    let failure = Failure::usage(text);
    if known.is_empty() {
        return failure.hint(format!("kumactl man {}", words[1..].join(" ")));
    }
    failure.hint(format!("commands of {}: {}", words.join(" "), known.join(", ")))
}
