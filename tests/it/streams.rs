//! Standard output that cannot be written: a report may be lost, a key or a certificate may not.

use std::fs::OpenOptions;
use std::io::pipe;
use std::process::Stdio;

use crate::support::{Ended, Sandbox, kumactl};

const PAIR: [&str; 5] =
    ["generate", "tls-certificate", "--key-type=ecdsa", "--type=server", "--hostname=a"];
const BATCH: &str = "certificates:\n- {name: one, type: server, hostnames: [a], keyType: ecdsa}\n";

/// Every command that writes files and then reports.
const WRITERS: [&[&str]; 5] = [
    &PAIR,
    &["generate", "tls-certificate", "--key-type=ecdsa", "--type=server", "--hostname=a", "-ojson"],
    &["generate", "ca-certificate", "--key-type=ecdsa"],
    &["generate", "control-plane-tls", "--key-type=ecdsa", "--mode=kubernetes", "--output-dir=tls"],
    &["generate", "tls-certificates", "--file=all.yaml", "--output-dir=tls"],
];

fn dead_reader() -> Stdio {
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn full_device() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").expect("the device").into()
}

/// Runs the program with this standard output.
fn to(stdout: Stdio, sandbox: &Sandbox, arguments: &[&str], more: &[&str]) -> Ended {
    let mut command = sandbox.command(kumactl());
    let child = command.args(arguments).args(more).stdout(stdout).stderr(Stdio::piped()).spawn();
    let output = child.expect("it").wait_with_output().expect("its end");
    Ended {
        status: output.status.code().unwrap_or(-1),
        stdout: String::new(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn a_report_that_cannot_be_printed_is_a_warning_and_the_files_exist() {
    for arguments in WRITERS {
        for (stdout, why) in [
            (full_device as fn() -> Stdio, "no space left on device"),
            (dead_reader, "broken pipe"),
        ] {
            let sandbox = Sandbox::new();
            sandbox.write("all.yaml", BATCH);
            let ended = to(stdout(), &sandbox, arguments, &[]);
            assert_eq!(ended.status, 0, "{arguments:?}: {ended:?}");
            let warning = format!("warning: could not print the report: {why}\n");
            assert!(ended.stderr.ends_with(&warning), "{arguments:?}: {ended:?}");
            let again = sandbox.kumactl(arguments.iter().chain(&["--if-needed"]));
            assert!(
                again.stdout.contains("Nothing to do")
                    || again.stdout.contains("1 kept")
                    || again.stdout.contains("\"changed\": false"),
                "{arguments:?}: {again:?}"
            );
            // The report that nothing was done is one too.
            let ended = to(stdout(), &sandbox, arguments, &["--if-needed"]);
            assert_eq!((ended.status, ended.stderr), (0, warning), "{arguments:?}");
        }
    }
}

#[test]
fn a_key_or_certificate_that_cannot_be_printed_fails_the_run_and_changes_nothing() {
    let closed = |sandbox: &Sandbox, more: &[&str]| {
        sandbox.shell(&format!("kumactl {} {} >&-", PAIR.join(" "), more.join(" ")))
    };
    for more in [
        &["--key-file=-", "--force"][..],
        &["--cert-file=-", "--force"],
        &["--key-file=/dev/stdout", "--force"],
        &["--ca-cert-file=-", "--force"],
    ] {
        let sandbox = Sandbox::new();
        sandbox.kumactl(PAIR).quiet_success();
        let before = sandbox.snapshot();
        for (ended, why) in [
            (to(dead_reader(), &sandbox, &PAIR, more), "broken pipe"),
            (to(full_device(), &sandbox, &PAIR, more), "no space left on device"),
            (closed(&sandbox, more), "bad file descriptor"),
        ] {
            assert_eq!(ended.status, 1, "{more:?}: {ended:?}");
            let stderr = &ended.stderr;
            assert!(stderr.ends_with(&format!(" to standard output: {why}\n")), "{stderr}");
            assert_eq!(sandbox.snapshot(), before, "{more:?}: {why}");
        }
    }
}

#[test]
fn a_key_can_be_discarded_with_dev_null() {
    let sandbox = Sandbox::new();
    let flags = "--key-file=- --cert-file=-";
    let ended = sandbox.shell(&format!("kumactl {} {flags} >/dev/null", PAIR.join(" ")));
    ended.quiet_success();
}

#[test]
fn a_result_that_cannot_be_printed_is_an_error() {
    let sandbox = Sandbox::new();
    let made =
        ["--ca-cert-file=ca.crt", "--ephemeral-ca", "--hostname=kuma-control-plane.kuma-system"];
    sandbox.kumactl(PAIR.iter().chain(&made)).status.eq(&0).then_some(()).expect("a pair");
    for arguments in [
        &["generate", "ca-bundle", "--ca-cert-file=ca.crt"][..],
        &["generate", "kubernetes-secret", "--ca-cert-file=ca.crt"],
        &["generate", "helm-values", "--ca-cert-file=ca.crt"],
        &["generate", "environment", "--component=kuma-dp", "--ca-cert-file=ca.crt"],
    ] {
        let ended = to(dead_reader(), &sandbox, arguments, &[]);
        assert_eq!(ended.status, 1, "{arguments:?}: {ended:?}");
        let error = "error: could not write to standard output: broken pipe\n";
        assert_eq!(ended.stderr, error, "{arguments:?}");
    }
}

#[test]
fn a_reader_of_help_or_inspect_may_close_the_pipe() {
    let sandbox = Sandbox::new();
    sandbox.kumactl(PAIR).quiet_success();
    for arguments in [&["--help"][..], &["version"], &["inspect", "certificate", "cert.pem"]] {
        let ended = to(dead_reader(), &sandbox, arguments, &[]);
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""), "{arguments:?}");
    }
}
