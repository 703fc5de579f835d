//! This program under another name.

use std::os::unix::fs::symlink;

use super::{ECHO, path, prints, stand_in};
use crate::support::{Sandbox, commands, kumactl, run};

/// The lines of a text that name the program `kumactl` and do not mean the official one.
fn wrongly_named(text: &str) -> Vec<&str> {
    let is_wrong = |line: &&str| {
        line.match_indices("kumactl").any(|(at, _)| {
            let (before, after) = (&line[..at], &line[at + "kumactl".len()..]);
            let is_renamed = ["-tls", "__subcmd__tls", "__tls", "_tls"];
            let is_official = before.trim_end().ends_with("official")
                || before.ends_with("official `")
                || [" install control-plane", " apply -f -"]
                    .iter()
                    .any(|rest| after.starts_with(rest));
            // The official program is also a client that certificates are checked for.
            let is_client = before.ends_with("kube-apiserver ")
                || before.ends_with("kube-apiserver, ")
                || line.contains("such as kumactl or a zone")
                || line.starts_with("kumactl\\t")
                // The line of its own that a manual page has for a value.
                || *line == "kumactl";
            !is_official && !is_client && !is_renamed.iter().any(|rest| after.starts_with(rest))
        })
    };
    text.lines().filter(is_wrong).collect()
}

#[test]
fn under_another_name_every_text_uses_that_name() {
    let sandbox = Sandbox::new();
    let link = sandbox.home().join("kumactl-tls");
    symlink(kumactl(), &link).expect("a link");
    let renamed = |arguments: &[&str]| run(sandbox.command(&link).args(arguments));
    for (words, _) in commands() {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let help = renamed(&[&words[..], &["--help"]].concat()).quiet_success();
        assert!(help.contains("Usage: kumactl-tls"), "{help}");
        assert_eq!(wrongly_named(&help), [""; 0], "{words:?}");
        let page = renamed(&[&["man"], &words[..]].concat()).quiet_success().replace("\\-", "-");
        assert!(page.contains(".TH KUMACTL-TLS"), "{page}");
        assert_eq!(wrongly_named(&page), [""; 0], "{words:?}");
    }
    for shell in ["bash", "fish", "zsh"] {
        let script = renamed(&["completion", shell]).quiet_success();
        assert_eq!(wrongly_named(&script), [""; 0]);
    }
    assert_eq!(
        renamed(&["--version"]).stdout,
        format!("kumactl-tls {}\n", env!("CARGO_PKG_VERSION"))
    );
    let universal = ["--mode=universal", "--hostname=cp.example", "--output-dir=tls"];
    renamed(&[&["generate", "control-plane-tls"], &universal[..]].concat()).quiet_success();
    let steps = sandbox.read("tls/NEXT-STEPS.md");
    assert!(steps.contains("\nkumactl-tls verify tls-certificate "), "{steps}");
    assert_eq!(wrongly_named(&steps), [""; 0]);
    for arguments in [&["tls-certificate"][..], &["generate", "ca-bundle", "--foo"], &["get"]] {
        let ended = renamed(arguments);
        assert!(ended.stderr.contains("kumactl-tls"), "{ended:?}");
        assert_eq!(wrongly_named(&ended.stderr), [""; 0]);
    }
    // It is the official program that has the usual name.
    let official = stand_in(&sandbox, "official", ECHO);
    let mut command = sandbox.command(&link);
    command.env("PATH", path(&sandbox, &["official"])).arg("get");
    prints(&mut command, &format!("{} get", official.display()));
}

#[test]
fn a_program_name_that_cannot_be_typed_is_not_used() {
    for name in ["", "a b", "-kumactl", "\u{1b}[31m"] {
        let sandbox = Sandbox::new();
        let mut command = sandbox.command(kumactl());
        std::os::unix::process::CommandExt::arg0(&mut command, name);
        let help = run(command.arg("--help")).quiet_success();
        assert!(help.contains("Usage: kumactl <COMMAND>"), "{name:?}: {help}");
    }
}
