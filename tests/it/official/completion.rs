//! Completion of the official commands, in the shells themselves.

use std::fs;
use std::os::unix::fs::symlink;

use super::{path, stand_in};
use crate::support::{Sandbox, installed, kumactl, run, skipped};

/// Answers `kumactl __complete WORDS...` as cobra does.
const COMPLETES: &str = "[ \"$1\" = __complete ] || exit 1
shift
case \"$*\" in
    '' | ' ') printf 'generate\\tMake\\nget\\tShow: all\\n:4\\n' ;;
    'ge') printf 'generate\\tMake\\nget\\tShow: all\\n:4\\n' ;;
    'get me') printf 'meshes\\tShow Mesh\\n:4\\n' ;;
    'generate ga') printf 'gateway-token\\n:4\\n' ;;
    'get meshes --out') printf -- '--output\\tFormat\\n:4\\n' ;;
    'get meshes --output=j') printf 'json\\n:4\\n' ;;
    'apply -f tl') printf ':0\\n' ;;
    *) printf ':4\\n' ;;
esac
echo 'Completion ended' >&2";

/// What is typed before the TAB, and what all shells offer then.
const OFFERED: &[(&str, &[&str])] = &[
    ("ge", &["generate", "get"]),
    ("get me", &["meshes"]),
    ("get tls", &[]),
    ("generate ga", &["gateway-token"]),
    ("get meshes --out", &["--output"]),
    ("apply -f tl", &["tls.crt"]),
    ("inspect certificate --col", &["--color"]),
];

#[test]
fn bash_completes_the_official_commands() {
    let Some(bash) = installed("bash") else { return };
    let sandbox = Sandbox::new();
    sandbox.write("tls.crt", "");
    stand_in(&sandbox, "official", COMPLETES);
    let link = sandbox.home().join("official/kumactl-tls");
    symlink(kumactl(), link).expect("a link");
    for program in ["kumactl", "kumactl-tls"] {
        // Words as bash splits them; `compopt` works in a completion only, and files come from it.
        let offer = |words: &str| {
            let function = program.replace('-', "_");
            let script = format!(
                "source <({program} completion bash); compopt() {{ echo \"compopt $*\"; }}
                COMP_WORDS=({program} {words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)) COMPREPLY=()
                _{function}_complete {program} \"${{COMP_WORDS[COMP_CWORD]}}\" \\
                    \"${{COMP_WORDS[COMP_CWORD-1]}}\"
                printf '%s\\n' \"${{COMPREPLY[@]}}\""
            );
            let mut command = sandbox.command(&bash);
            command.env("PATH", path(&sandbox, &["official"])).args(["-c", &script]);
            run(&mut command).quiet_success()
        };
        for (typed, offered) in OFFERED {
            let stdout = offer(typed);
            let (options, words): (Vec<_>, Vec<_>) = stdout
                .lines()
                .filter(|line| !line.is_empty())
                .partition(|line| line.starts_with("compopt"));
            let offers_files = *offered == ["tls.crt"];
            assert_eq!(words, if offers_files { &[][..] } else { *offered }, "{typed}");
            assert!(!offers_files || options.is_empty(), "{typed}: {stdout}");
        }
        let at_equals_sign = offer("get meshes --output = j");
        assert_eq!(at_equals_sign.lines().last(), Some("json"));
    }
}

#[test]
fn fish_completes_the_official_commands() {
    let Some(fish) = installed("fish") else { return };
    let sandbox = Sandbox::new();
    sandbox.write("tls.crt", "");
    stand_in(&sandbox, "official", COMPLETES);
    sandbox.write("kumactl.fish", sandbox.kumactl(["completion", "fish"]).quiet_success());
    for (typed, offered) in
        OFFERED.iter().chain(&[("get meshes --output=j", &["--output=json"][..])])
    {
        let script = format!("source kumactl.fish; complete --do-complete 'kumactl {typed}'");
        let mut command = sandbox.command(&fish);
        command.env("PATH", path(&sandbox, &["official"])).args(["--no-config", "-c", &script]);
        let ended = run(&mut command);
        if ended.stderr.contains("unknown option") {
            return skipped("for fish is too old");
        }
        let stdout = ended.quiet_success();
        let got: Vec<_> = stdout.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(&got, offered, "{typed}");
    }
}

#[test]
fn zsh_completes_the_official_commands() {
    let (Some(_), Some(_)) = (installed("zsh"), installed("script")) else { return };
    let sandbox = Sandbox::new();
    sandbox.write("tls.crt", "");
    stand_in(&sandbox, "official", COMPLETES);
    fs::create_dir(sandbox.path("functions")).expect("a directory");
    sandbox.write("functions/_kumactl", sandbox.kumactl(["completion", "zsh"]).quiet_success());
    for (typed, offered) in
        OFFERED.iter().chain(&[("get meshes --output=j", &["--output=json"][..])])
    {
        // A single offer is put into the line, none leaves it, and of several what they share.
        let completed = match offered {
            [one] => format!("{} {one}", typed.rsplit_once(' ').expect("words").0),
            _ => (*typed).to_owned(),
        };
        let setup = "PROMPT_EOL_MARK=; fpath=($PWD/functions $fpath); autoload -Uz compinit; \
                     compinit -D -u; kumactl() { printf '\\107OT %s\\n' \"$*\"; }";
        sandbox.write("typed", format!("{setup}\nkumactl {typed}\t\nexit\n"));
        let mut command = sandbox.command("sh");
        command.env("PATH", path(&sandbox, &["official"]));
        command.args(["-c", "TERM=dumb script -qec 'zsh -f -i' /dev/null < typed"]);
        let stdout = run(&mut command).stdout;
        let line = stdout.lines().find_map(|line| line.trim_end().split("GOT ").nth(1));
        assert_eq!(line.map(str::trim_end), Some(completed.as_str()), "{typed}: {stdout}");
    }
}
