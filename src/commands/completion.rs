//! `kumactl completion`.

use clap::builder::PossibleValue;
use clap::{Arg, Command, ValueHint};
use clap_complete::Shell;

use crate::report::console;
use crate::report::failure::Failure;
use crate::report::program_name;

/// Print a shell completion script
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # bash
  mkdir -p ~/.local/share/bash-completion/completions
  kumactl completion bash > ~/.local/share/bash-completion/completions/kumactl

  # zsh, with `fpath+=(~/.zfunc)` before `compinit` in ~/.zshrc
  mkdir -p ~/.zfunc
  kumactl completion zsh > ~/.zfunc/_kumactl

  # fish
  mkdir -p ~/.config/fish/completions
  kumactl completion fish > ~/.config/fish/completions/kumactl.fish")]
pub(crate) struct Args {
    /// Shell to print the script for
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    /// The end of clap's script for zsh, which completes or registers the function above it.
    const REGISTRATION: &str = "if [ \"$funcstack[1]\" = ";
    let name = program_name::get();
    let mut program = hinted(crate::program());
    let mut script = Vec::new();
    // clap's script for bash does not work under a name with a hyphen. It is registered below.
    let clap_name = if args.shell == Shell::Bash { identifier(&name) } else { name.clone() };
    clap_complete::generate(args.shell, &mut program, clap_name, &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    program.build();
    match args.shell {
        Shell::Bash => {
            script += &bash_wrapper(&program, &name);
            script += &with_official(include_str!("completion/official.bash"), &program, "|");
        }
        Shell::Fish => {
            script += &fish_arguments(&program, &name, &mut Vec::new());
            script += &with_official(include_str!("completion/official.fish"), &program, " ");
        }
        Shell::Zsh => {
            let at = script.rfind(REGISTRATION).unwrap_or(script.len());
            let official = include_str!("completion/official.zsh");
            script.insert_str(at, &with_official(official, &program, "|"));
        }
        _ => {}
    }
    console::print_result(&script)
}

/// Returns a script that asks the official kumactl for what follows a command of its own. The separator
/// separates the commands of this program in a pattern or list of the shell.
fn with_official(script: &str, program: &Command, separator: &str) -> String {
    let names = |command: &Command| {
        command.get_subcommands().map(Command::get_name).collect::<Vec<_>>().join(separator)
    };
    let nouns = |verb| program.find_subcommand(verb).map(names).unwrap_or_default();
    let name = program_name::get();
    script
        .replace("@NAME@", &name)
        .replace("@ID@", &identifier(&name))
        .replace("@VERBS@", &names(program))
        .replace("@GENERATE@", &nouns("generate"))
        .replace("@INSPECT@", &nouns("inspect"))
}

/// Returns a name as a part of the names of shell functions.
fn identifier(name: &str) -> String {
    name.replace(['-', '.'], "_")
}

/// Sets for every value whether it is a file, according to the name of the value. Otherwise a shell would
/// offer files for a host name, and none for a file that is read as text.
fn hinted(command: Command) -> Command {
    let hint = |arg: Arg| {
        let is = |name: &str| arg.get_value_names().is_some_and(|names| names[0] == name);
        let hint = match () {
            () if is("FILE") => ValueHint::FilePath,
            () if is("DIR") => ValueHint::DirPath,
            () if is("SOURCE") => ValueHint::AnyPath,
            () => ValueHint::Other,
        };
        if arg.get_action().takes_values() { arg.value_hint(hint) } else { arg }
    };
    command.mut_args(hint).mut_subcommands(hinted)
}

fn takes_files(command: &Command) -> bool {
    let is_file =
        |arg: &Arg| matches!(arg.get_value_hint(), ValueHint::FilePath | ValueHint::AnyPath);
    command.get_positionals().any(is_file)
}

/// Returns what clap's script for bash lacks. Bash splits a word at `=`, and the script knows
/// `--flag value` only; and it offers flags where a command takes files.
fn bash_wrapper(program: &Command, name: &str) -> String {
    let id = identifier(name);
    let mut commands = Vec::new();
    commands_with_files(program, "", &mut commands);
    let patterns = commands.join(" | ");
    format!(
        r#"
_{id}_words() {{
    local cur="$2" prev="$3"
    if [[ "$cur" == "=" ]]; then
        cur=""
    elif [[ "$prev" == "=" ]]; then
        prev="${{COMP_WORDS[COMP_CWORD-2]}}"
    fi
    _{id} "$1" "$cur" "$prev"
    if [[ "$cur" != -* && "${{COMPREPLY[0]-}}" == -* ]]; then
        case "${{COMP_WORDS[*]:1:COMP_CWORD-1}} " in
            {patterns}) COMPREPLY=() ;;
        esac
    fi
}}
"#
    )
}

/// Collects the commands whose arguments are files, as patterns of a shell.
fn commands_with_files(command: &Command, words: &str, found: &mut Vec<String>) {
    if takes_files(command) {
        found.push(format!("\"{words}\"*"));
    }
    for below in command.get_subcommands() {
        commands_with_files(below, &format!("{words}{} ", below.get_name()), found);
    }
}

/// Returns what clap's script for fish lacks: the values of positional arguments, and that values of
/// other arguments are not files.
fn fish_arguments<'a>(command: &'a Command, name: &str, words: &mut Vec<&'a str>) -> String {
    let mut lines = String::new();
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        words.push(below.get_name());
        lines += &fish_arguments(below, name, words);
        words.pop();
    }
    let is_leaf = !command.has_subcommands();
    if let ([first, others @ ..], true) = (&words[..], is_leaf && !takes_files(command)) {
        let seen = others.iter().map(|word| format!("; and __fish_seen_subcommand_from {word}"));
        let seen: String = seen.collect();
        let values: Vec<_> = command.get_positionals().flat_map(Arg::get_possible_values).collect();
        let names: Vec<_> = values.iter().map(PossibleValue::get_name).collect();
        let condition = format!("__fish_{}_using_subcommand {first}{seen}", identifier(name));
        lines = format!("complete -c {name} -n \"{condition}\" -f -a \"{}\"\n", names.join(" "));
    }
    lines
}
