//! Completion, in the shells themselves.

use std::fs;

use crate::support::{Sandbox, installed, run, skipped};

#[test]
fn completion_scripts_contain_the_commands_and_flags() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = Sandbox::new().kumactl(["completion", shell]).quiet_success();
        for word in ["tls-certificate", "ca-bundle", "hostname", "ca-bundle-file", "decode"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
}

#[test]
fn completion_for_another_shell_is_rejected() {
    let stderr = Sandbox::new().kumactl(["completion", "tcsh"]).failure(2);
    assert_eq!(
        stderr,
        "error: invalid value 'tcsh' for '<SHELL>' \
         [possible values: bash, elvish, fish, powershell, zsh]\n\
         hint: a similar value exists: 'zsh'\n\
         hint: run `kumactl completion --help` for all flags and examples\n"
    );
}

#[test]
fn shells_read_their_completion_scripts() {
    for shell in ["bash", "zsh", "fish"] {
        let Some(program) = installed(shell) else { continue };
        let sandbox = Sandbox::new();
        let script = sandbox.kumactl(["completion", shell]).quiet_success();
        sandbox.write("script", script);
        run(sandbox.command(program).args(["-n", "script"])).quiet_success();
    }
}

/// The completions of a shell: the typed line, with a TAB at its end, and the arguments
/// that the command got. The directory holds `tls.crt`, `tls.key` and the directory `tls-dir`.
const COMPLETED: &[(&str, &str)] = &[
    ("generate tls-certificate --hos", "generate tls-certificate --hostname"),
    ("generate tls-certificate --type=s", "generate tls-certificate --type=server"),
    ("generate tls-certificate --type s", "generate tls-certificate --type server"),
    (
        "generate tls-certificate --key-type=ecdsa-p3",
        "generate tls-certificate --key-type=ecdsa-p384",
    ),
    ("generate environment --purpose=mon", "generate environment --purpose=monitoring-assignment"),
    ("generate tls-certificate --cert-file=tls.c", "generate tls-certificate --cert-file=tls.crt"),
    (
        "generate kubernetes-secret --key-file=tls.k",
        "generate kubernetes-secret --key-file=tls.key",
    ),
    (
        "generate kubernetes-secret --key-file tls.k",
        "generate kubernetes-secret --key-file tls.key",
    ),
    (
        "generate control-plane-tls --output-dir=tls-",
        "generate control-plane-tls --output-dir=tls-dir/",
    ),
    ("inspect certificate tls.c", "inspect certificate tls.crt"),
    ("inspect certificate --color=alw", "inspect certificate --color=always"),
    ("verify tls-certificate --client=mbed", "verify tls-certificate --client=mbedtls"),
    // No files where none belong.
    ("generate tls-certificate --hostname=tls.c", "generate tls-certificate --hostname=tls.c"),
    ("generate tls-certificate --valid-for=tls.c", "generate tls-certificate --valid-for=tls.c"),
    ("completion fi", "completion fish"),
];

fn files() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("tls.crt", "");
    sandbox.write("tls.key", "");
    fs::create_dir(sandbox.path("tls-dir")).expect("a directory");
    sandbox
}

/// Types lines into an interactive shell and returns the arguments that `kumactl` got in each.
fn typed(sandbox: &Sandbox, shell: &str, setup: &str) -> Vec<String> {
    // Each line in a shell of its own, since a shell reads ahead what was typed.
    let type_line = |(typed, _): &(&str, &str)| {
        sandbox.write("typed", format!("{setup}\nkumactl {typed}\t\nexit\n"));
        let ended = sandbox.shell(&format!("TERM=dumb script -qec '{shell}' /dev/null < typed"));
        let line = ended.stdout.lines().find_map(|line| line.trim_end().split("GOT ").nth(1));
        line.unwrap_or_else(|| panic!("{shell}: {typed}: {ended:?}")).trim_end().to_owned()
    };
    COMPLETED.iter().map(type_line).collect()
}

/// Replaces the program in a shell that has its completion: prints its arguments.
const ECHO: &str = "kumactl() { printf '\\107OT %s\\n' \"$*\"; }";

fn expected() -> Vec<String> {
    COMPLETED.iter().map(|(_, completed)| (*completed).to_owned()).collect()
}

#[test]
fn bash_completes_flags_their_values_and_files() {
    let (Some(_), Some(_)) = (installed("bash"), installed("script")) else { return };
    let sandbox = files();
    sandbox.write("kumactl.bash", sandbox.kumactl(["completion", "bash"]).quiet_success());
    let setup = format!("source kumactl.bash; {ECHO}");
    assert_eq!(typed(&sandbox, "bash --norc --noprofile -i", &setup), expected());
}

#[test]
fn bash_offers_all_values_after_an_equals_sign_and_files_for_inspect() {
    let Some(bash) = installed("bash") else { return };
    let sandbox = files();
    // Words as bash splits them.
    let script = r#"
source <(kumactl completion bash)
complete() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _kumactl_words kumactl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" 2> /dev/null
    echo $(printf '%s\n' "${COMPREPLY[@]}" | sort)
}
complete kumactl generate tls-certificate --ho
complete kumactl generate tls-certificate --type ''
complete kumactl generate tls-certificate --type =
complete kumactl generate tls-certificate --cert-file = tls.
complete kumactl inspect certificate ''
complete kumactl inspect certificate tls.crt ''
complete kumactl generate ca"#;
    let ended = run(sandbox.command(bash).args(["-c", script]));
    assert_eq!(
        ended.quiet_success(),
        "--hostname\nclient server\nclient server\ntls.crt tls.key\n\n\nca-bundle ca-certificate\n"
    );
}

#[test]
fn zsh_completes_flags_their_values_and_files() {
    let (Some(_), Some(_)) = (installed("zsh"), installed("script")) else { return };
    let sandbox = files();
    fs::create_dir(sandbox.path("functions")).expect("a directory");
    sandbox.write("functions/_kumactl", sandbox.kumactl(["completion", "zsh"]).quiet_success());
    let setup = format!(
        "PROMPT_EOL_MARK=; fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -D -u; {ECHO}"
    );
    // When the line is entered, zsh removes the slash of a directory.
    let expected = expected().into_iter().map(|line| line.trim_end_matches('/').to_owned());
    assert_eq!(typed(&sandbox, "zsh -f -i", &setup), expected.collect::<Vec<_>>());
}

#[test]
fn fish_completes_flags_their_values_and_files() {
    let Some(fish) = installed("fish") else { return };
    let sandbox = files();
    sandbox.write("kumactl.fish", sandbox.kumactl(["completion", "fish"]).quiet_success());
    for (typed, completed) in COMPLETED {
        let script = format!("source kumactl.fish; complete --do-complete 'kumactl {typed}'");
        let ended = run(sandbox.command(&fish).args(["--no-config", "-c", &script]));
        if ended.stderr.contains("unknown option") {
            return skipped("for fish is too old");
        }
        let offered = ended.quiet_success();
        let offered: Vec<_> = offered.lines().map(|line| line.split('\t').next()).collect();
        let word = completed.rsplit(' ').next();
        let is_none = typed == completed;
        assert_eq!(offered, if is_none { vec![] } else { vec![word] }, "{typed}");
    }
}
