//! The program around its commands: help, version, global flags, no network.

use std::fs;

use crate::support::{Sandbox, commands, installed, kumactl, run, skipped};

#[test]
fn help_is_printed_on_standard_output_at_every_level() {
    let commands = commands();
    assert!(commands.len() > 18, "{} commands", commands.len());
    for (words, long) in commands {
        let usage = [&["Usage: kumactl".to_owned()], &words[..]].concat().join(" ");
        let short = Sandbox::new().kumactl(words.iter().map(String::as_str).chain(["-h"]));
        for help in [&short.quiet_success(), &long] {
            assert!(help.contains(&format!("\n{usage} ")), "{words:?}: {help}");
        }
        assert!(long.lines().all(|line| line.chars().count() <= 100), "{long}");
        let is_of_generate = words.len() == 2 && words[0] == "generate";
        assert!(!is_of_generate || long.contains("--quiet"), "{words:?} cannot be quiet");
    }
}

#[test]
fn the_official_global_flags_are_in_the_help_of_the_program_alone() {
    for (words, help) in commands() {
        for flag in ["--api-timeout", "--config-file", "--context", "--log-level", "--no-config"] {
            assert_eq!(help.contains(flag), words.is_empty(), "{words:?}: {flag}");
        }
    }
}

#[test]
fn the_help_of_the_program_lists_every_command_in_its_group() {
    let help = Sandbox::new().kumactl(["--help"]).quiet_success();
    let group = |title: &str| {
        let lines = help.lines().skip_while(|line| *line != title).skip(1);
        lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    };
    for (words, _) in commands() {
        let title = match words.first().map(String::as_str) {
            Some("generate") if words.len() == 2 => "Create:",
            Some("inspect" | "verify") if words.len() == 2 => "Inspect and verify:",
            Some("completion" | "man" | "version") => "Other:",
            _ => continue,
        };
        let command = format!("  {} ", words.join(" "));
        assert!(
            format!("\n{}", group(title)).contains(&format!("\n{command}")),
            "{words:?}: {help}"
        );
    }
    assert!(group("Run by the official kumactl:").contains("install"), "{help}");
    // Without a command, the short help has the same groups.
    let short = Sandbox::new().kumactl([""; 0]).quiet_success();
    assert!(short.contains(&group("Create:")), "{short}");
}

/// As pflag, which looks for it before any value is checked.
#[test]
fn help_wins_over_flags_that_are_missing() {
    let sandbox = Sandbox::new();
    let arguments = ["generate", "tls-certificate", "--type=server", "--help"];
    assert!(sandbox.kumactl(arguments).quiet_success().contains("--hostname"));
    assert_eq!(sandbox.names(), [""; 0]);
}

#[test]
fn a_command_with_nothing_to_do_prints_its_help() {
    for command in [&[][..], &["generate"], &["generate", "--quiet"], &["verify"], &["inspect"]] {
        let stdout = Sandbox::new().kumactl(command).quiet_success();
        let words = &command[..command.len().min(1)];
        let usage = [&["Usage: kumactl"], words].concat().join(" ");
        assert!(stdout.contains(&format!("\n{usage} ")), "{stdout}");
    }
}

#[test]
fn version_prints_the_package_version_and_how_the_program_was_built() {
    let expected = format!("kumactl {}\n", env!("CARGO_PKG_VERSION"));
    for arguments in [&["version"][..], &["--version"], &["-V"]] {
        assert_eq!(Sandbox::new().kumactl(arguments).quiet_success(), expected, "{arguments:?}");
    }
    // The official kumactl has `--detailed` and `-a`.
    for flag in ["--verbose", "--detailed", "-a"] {
        let stdout = Sandbox::new().kumactl(["version", flag]).quiet_success();
        let entropy = stdout.strip_prefix(&format!(
            "{expected}implementation: Rust, not the official Go program\ncryptography:   AWS-LC\n\
             entropy:        "
        ));
        assert!(entropy.is_some_and(|rest| rest.lines().count() == 1), "{stdout}");
    }
}

#[test]
fn misspelled_commands_get_a_suggestion() {
    for (arguments, meant, command) in [
        (&["generat"][..], "a similar subcommand exists: 'generate'", "kumactl"),
        (&["gen"], "a similar subcommand exists: 'generate'", "kumactl"),
        (
            &["generate", "tls-certifcate"],
            "some similar subcommands exist: 'tls-certificate', 'tls-certificates', \
             'ca-certificate'",
            "kumactl generate",
        ),
        (
            &["inspect", "certificates"],
            "a similar subcommand exists: 'certificate'",
            "kumactl inspect",
        ),
    ] {
        let word = arguments.last().expect("a word");
        assert_eq!(
            Sandbox::new().kumactl(arguments).failure(2),
            format!(
                "error: unrecognized subcommand '{word}'\nhint: {meant}\n\
                 hint: run `{command} --help` for all flags and examples\n"
            )
        );
    }
}

#[test]
fn the_official_global_flags_are_accepted_anywhere_and_ignored() {
    let values: &[&[&str]] = &[
        &["--config-file=/nonexistent/config"],
        &["--config-file", ""],
        &["--context=other"],
        &["--log-level=off"],
        &["--log-level", "info"],
        &["--log-level=debug"],
        &["--no-config"],
        &["--no-config=true"],
        &["--no-config=false"],
        &["--no-config=1"],
        &["--no-config=0"],
        &["--no-config=t"],
        &["--no-config=F"],
        &["--no-config=TRUE"],
        &["--no-config=False"],
        &["--api-timeout=1m0s"],
        &["--api-timeout", "100ms"],
        &["--api-timeout=1.5h"],
        &["--api-timeout=0"],
        &["--api-timeout=0s"],
        &["--api-timeout=-5s"],
        &["--no-config", "--no-config", "--context=a", "--context=b"],
    ];
    for flags in values {
        for place in 0..=2 {
            let mut arguments = vec!["generate", "tls-certificate"];
            arguments.splice(place..place, flags.iter().copied());
            arguments.extend(["--type=server", "--hostname=a", "--key-type=ecdsa"]);
            let sandbox = Sandbox::new();
            assert_eq!(
                sandbox.kumactl(&arguments).quiet_success(),
                "Private key saved in key.pem\nCertificate saved in cert.pem\n",
                "{arguments:?}"
            );
            assert_eq!(sandbox.names(), ["cert.pem", "key.pem"]);
            assert_eq!(fs::read_dir(sandbox.home()).expect("a home").count(), 0);
        }
    }
}

#[test]
fn values_that_the_official_global_flags_reject_are_rejected() {
    const LEVELS: &str = " [possible values: off, info, debug]";
    const DURATION: &str = ": use a duration such as 90s, 10m or 1h";
    for (flag, value, name, reason) in [
        ("--log-level", "trace", "--log-level <LEVEL>", LEVELS),
        ("--log-level", "DEBUG", "--log-level <LEVEL>", LEVELS),
        ("--api-timeout", "5", "--api-timeout <DURATION>", DURATION),
        ("--api-timeout", "", "--api-timeout <DURATION>", DURATION),
        ("--api-timeout", "-", "--api-timeout <DURATION>", DURATION),
        ("--api-timeout", "--5s", "--api-timeout <DURATION>", DURATION),
        ("--api-timeout", "soon", "--api-timeout <DURATION>", DURATION),
        ("--no-config", "maybe", "--no-config[=<BOOL>]", ": value was not a boolean"),
    ] {
        for place in 0..=2 {
            let mut arguments = vec!["generate", "tls-certificate"];
            let given = format!("{flag}={value}");
            arguments.insert(place, &given);
            arguments.extend(["--type=server", "--hostname=a", "--key-type=ecdsa"]);
            let sandbox = Sandbox::new();
            let stderr = sandbox.kumactl(&arguments).failure(2);
            let problem = stderr.lines().next().unwrap_or_default();
            assert_eq!(problem, format!("error: invalid value '{value}' for '{name}'{reason}"));
            assert_eq!(sandbox.names(), [""; 0]);
        }
    }
}

/// The official program asks a control plane for its version and writes `~/.kumactl/config`.
#[test]
fn no_socket_is_opened_and_only_the_named_files_are_touched() {
    let Some(strace) = installed("strace") else { return };
    for (arguments, writes) in [
        (&["generate", "tls-certificate", "--type=server", "--hostname=localhost"][..], true),
        (&["generate", "ca-bundle", "--ca-cert-file=ca.crt"], false),
        (&["version"], false),
    ] {
        let sandbox = Sandbox::new();
        sandbox.generate(["--type=server", "--hostname=a", "--cert-file=ca.crt"]).quiet_success();
        fs::remove_file(sandbox.path("key.pem")).expect("the key that is not needed");
        let traces = tempfile::tempdir().expect("a temporary directory");
        let mut command = sandbox.command(&strace);
        // A file for each thread, so that no call is torn apart by another one's.
        command.args(["-ff", "-qq", "-e", "signal=none", "-e"]);
        command.arg("trace=socket,connect,bind,%file").arg("-o").arg(traces.path().join("trace"));
        let ended = run(command.arg(kumactl()).args(arguments));
        if ended.stderr.contains("ptrace") || ended.stderr.contains("PTRACE") {
            skipped("for strace may trace nothing here");
            return;
        }
        ended.quiet_success();
        let traces = fs::read_dir(traces.path())
            .expect("traces")
            .map(|entry| fs::read_to_string(entry.expect("a trace").path()).expect("text"));
        let calls: String = traces.collect();
        // strace has no name for a call in which the end of the process interrupted a thread.
        let named = calls.lines().filter(|call| !call.starts_with("???("));
        let changing: Vec<_> = named.filter(|call| !is_harmless(call)).collect();
        let directory = sandbox.directory();
        let ours = ["key.pem", ".key.pem.", "cert.pem", ".cert.pem."]
            .map(|name| format!("\"{}/{name}", directory.display()));
        for call in &changing {
            let paths = call.matches("\"/").count();
            let named: usize = ours.iter().map(|path| call.matches(path).count()).sum();
            assert!(paths > 0 && paths == named, "{call}");
        }
        assert_eq!(!changing.is_empty(), writes, "{calls}");
    }
}

/// Returns whether a system call of a trace touches neither files nor network.
fn is_harmless(call: &str) -> bool {
    let name = call.split('(').next().unwrap_or(call);
    let reads = ["access", "execve", "faccessat", "faccessat2", "getcwd", "readlink", "readlinkat"];
    let reads = reads.contains(&name) || name.contains("stat") || name == "chdir";
    let opens_to_write = ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| call.contains(flag));
    reads || (name.starts_with("open") && !opens_to_write)
}

#[test]
fn the_most_similar_command_is_suggested_first() {
    let stderr = Sandbox::new().kumactl(["generate", "tls-cert"]).failure(2);
    let says = "hint: some similar subcommands exist: 'tls-certificate', 'tls-certificates'\n";
    assert!(stderr.contains(says), "{stderr}");
}
