//! The hand-over: what the official kumactl gets, and what is never handed over.

mod completion;
mod loops;
mod name;
mod search;
mod tokens;
mod version;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{Sandbox, commands, installed, kumactl, path_with_kumactl, run, skipped};

/// A stand-in that prints its name and its arguments.
const ECHO: &str = "echo \"$0\" \"$@\"";

/// Writes an executable `kumactl` into a new directory of the sandbox's home, and returns its path.
fn stand_in(sandbox: &Sandbox, directory: &str, script: &str) -> PathBuf {
    let directory = sandbox.home().join(directory);
    fs::create_dir_all(&directory).expect("a directory");
    let path = directory.join("kumactl");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
    set_mode(&path, 0o755);
    path
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
}

/// This program, with these directories of the sandbox's home after it on PATH.
fn ours(sandbox: &Sandbox, directories: &[&str]) -> Command {
    let mut command = sandbox.command(kumactl());
    command.env("PATH", path(sandbox, directories));
    command
}

fn path(sandbox: &Sandbox, directories: &[&str]) -> OsString {
    let directories: Vec<_> = directories.iter().map(|name| sandbox.home().join(name)).collect();
    path_with_kumactl(&directories.iter().map(PathBuf::as_path).collect::<Vec<_>>())
}

#[track_caller]
fn prints(command: &mut Command, expected: &str) {
    assert_eq!(run(command).quiet_success().trim_end(), expected);
}

#[test]
fn the_official_program_gets_every_other_command_with_its_arguments() {
    let sandbox = Sandbox::new();
    stand_in(&sandbox, "official", "printf '%s\\0' \"$@\"");
    for arguments in [
        &["apply", "-f", "-"][..],
        &["config", "control-planes", "add", "--name=a b"],
        &["delete", "mesh", "default"],
        &["export"],
        &["get", "meshes", "", " ", "# no comment", "-o", "json", "--", "-x"],
        &["install", "control-plane", "--set", "a=b\nc"],
        &["uninstall", "ebpf", "--help"],
        &["__complete", "get", ""],
        &["command-of-the-future"],
        &["--context=a", "--no-config", "get", "zones"],
        &["--config-file", "generate", "get", "zones"],
        &["help", "install"],
        &["get", "version"],
        &["inspect", "dataplanes", "--mesh=default"],
        &["inspect", "-o", "json", "zones"],
        &["inspect", "--output=yaml", "meshtrafficpermission", "certificate"],
        &["generate", "zone-ingress-token", "--zone=east"],
        // cobra takes the flags of a command also in front of it.
        &["-m", "demo", "get", "dataplanes"],
        &["--mesh=demo", "-o", "json", "inspect", "dataplanes"],
        &["inspect", "--mesh", "certificate", "dataplanes"],
        &["inspect", "-m=demo", "--config-file=generate", "dataplane", "dp-1"],
    ] {
        let stdout = run(ours(&sandbox, &["official"]).args(arguments)).quiet_success();
        let got: Vec<&str> = stdout.split_terminator('\0').collect();
        assert_eq!(got, arguments);
    }
    let odd = OsStr::from_bytes(b"\xff\xfe=\x80");
    let output = ours(&sandbox, &["official"]).args([OsStr::new("get"), odd]).output();
    assert_eq!(output.expect("its output").stdout, b"get\0\xff\xfe=\x80\0");
}

#[test]
fn the_official_program_replaces_the_process() {
    let sandbox = Sandbox::new();
    stand_in(&sandbox, "official", "echo $$; cat; echo \"$COLOR $PWD\"; echo oops >&2; exit 7");
    let mut command = ours(&sandbox, &["official"]);
    command.args(["apply", "-f", "-"]).env("COLOR", "blue");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a process");
    let id = child.id();
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), b"type: Mesh\n")
        .expect("a reader");
    let output = child.wait_with_output().expect("its output");
    let directory = fs::canonicalize(sandbox.directory()).expect("a path");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(stdout, format!("{id}\ntype: Mesh\nblue {}\n", directory.display()));
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(7), &b"oops\n"[..]));
    for (name, number) in [("TERM", 15), ("PIPE", 13), ("KILL", 9)] {
        stand_in(&sandbox, "official", &format!("kill -{name} $$"));
        let status = ours(&sandbox, &["official"]).arg("get").status().expect("its status");
        assert_eq!(status.signal(), Some(number), "{name}");
    }
}

/// Compares the kernel's view of a process that was started directly with that of one that this program
/// handed a command to.
#[test]
fn the_official_program_inherits_signals_and_descriptors() {
    if !Path::new("/proc/self/status").exists() {
        return skipped("for want of /proc");
    }
    let sandbox = Sandbox::new();
    // Not a script: a shell sets signals of its own. `Sig` is a command of the official program then.
    let Some(grep) = installed("grep") else { return };
    fs::create_dir(sandbox.home().join("grep")).expect("a directory");
    symlink(&grep, sandbox.home().join("grep/kumactl")).expect("a link");
    let env = |program: &Path, options: &[&str]| {
        let mut command = sandbox.command("env");
        command.args(options).arg(program).args(["Sig", "/proc/self/status"]);
        run(command.env("PATH", path(&sandbox, &["grep"])))
    };
    // `SigQ` counts the signals of all processes.
    let signals = |status: String| -> Vec<String> {
        let is_own = |line: &&str| line.starts_with("SigBlk") || line.starts_with("SigIgn");
        status.lines().filter(is_own).map(str::to_owned).collect()
    };
    let mut seen = Vec::new();
    for options in [&[][..], &["--block-signal=USR1,PIPE"], &["--ignore-signal=HUP,INT"]] {
        let direct = env(&grep, options);
        if direct.stderr.contains("unrecognized option") {
            return skipped("for want of `env --block-signal`");
        }
        let direct = signals(direct.quiet_success());
        assert_eq!(signals(env(&kumactl(), options).quiet_success()), direct, "{options:?}");
        seen.push(direct);
    }
    assert!(seen[0] != seen[1] && seen[0] != seen[2], "{seen:?}");
    let script = stand_in(&sandbox, "official", "ls /proc/self/fd; umask");
    let direct = run(sandbox.command(script).arg("get")).quiet_success();
    assert_eq!(run(ours(&sandbox, &["official"]).arg("get")).quiet_success(), direct);
}

#[test]
fn commands_of_this_program_are_never_handed_over() {
    let sandbox = Sandbox::new();
    stand_in(&sandbox, "official", &format!("echo \"$@\" >> {}", sandbox.path("run").display()));
    let own = |arguments: &[&str]| run(ours(&sandbox, &["official"]).args(arguments));
    for (words, _) in commands() {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        own(&[&words[..], &["--help"]].concat()).quiet_success();
        own(&[&["man"], &words[..]].concat()).quiet_success();
    }
    own(&["--version"]).quiet_success();
    own(&["completion", "bash"]).quiet_success();
    own(&["generate", "ca-certificate", "--key-type=ecdsa"]).quiet_success();
    own(&["inspect", "certificate", "ca.crt"]).quiet_success();
    // What is wrong with them is said by this program, and so is what was meant by a slip.
    for (arguments, status) in [
        (&["generate", "ca-certificate"][..], 1),
        (&["generate", "ca-bundle", "--ca-cert-file=missing"], 1),
        (&["generate", "tls-certificate", "--foo"], 2),
        (&["generate", "tls-certifcate"], 2),
        (&["generate", "tls-cert"], 2),
        (&["generate", " ", "# comment"], 2),
        (&["tls-certificate"], 2),
        (&["inspect", "tls-certificate"], 2),
        (&["inspect", "-o", "json", "certificate", "ca.crt"], 2),
        (&["inspect", "--mesh=demo", "certificate", "ca.crt"], 2),
        (&["-m", "demo", "generate", "dataplane-token", "--valid-for=1h"], 2),
        (&["verify", "foo"], 2),
        (&["versoin"], 2),
    ] {
        let ended = own(arguments);
        assert_eq!((ended.status, ended.stdout.as_str()), (status, ""), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.starts_with("error: "), "{ended:?}");
    }
    assert!(!sandbox.path("run").exists(), "{}", sandbox.read("run"));
}

#[test]
fn a_private_key_in_an_argument_is_rejected_before_the_hand_over() {
    let sandbox = Sandbox::new();
    sandbox.kumactl(["generate", "ca-certificate", "--key-type=ecdsa"]).quiet_success();
    stand_in(&sandbox, "official", ECHO);
    let key = sandbox.read("ca.key");
    let ended = run(ours(&sandbox, &["official"]).args(["apply", "--var", &format!("key={key}")]));
    let stderr = ended.failure(2);
    assert!(stderr.starts_with("error: the command line contains a private key"), "{stderr}");
}

#[test]
fn the_help_says_what_is_handed_over() {
    let help = Sandbox::new().kumactl(["--help"]).quiet_success();
    let section = help.split_once("\nRun by the official kumactl:\n").expect("a section").1;
    for verb in ["apply", "config", "delete", "export", "get", "install", "uninstall"] {
        assert!(section.contains(verb), "{verb}: {section}");
    }
    assert!(section.contains("KUMACTL_OFFICIAL"), "{section}");
    for verb in ["generate", "inspect"] {
        let help = Sandbox::new().kumactl([verb, "--help"]).quiet_success();
        assert!(help.ends_with("\nThe official kumactl runs all other commands.\n"), "{help}");
    }
}
