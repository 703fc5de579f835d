//! `kumactl completion`.

use clap_complete::Shell;

use super::exit::Failure;
use super::output;

/// Print a completion script for a shell
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  $ kumactl completion bash > ~/.local/share/bash-completion/completions/kumactl
  $ kumactl completion zsh > \"${fpath[1]}/_kumactl\"
  $ kumactl completion fish > ~/.config/fish/completions/kumactl.fish")]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::program(), "kumactl", &mut script);
    output::print_bytes(&script)
}
