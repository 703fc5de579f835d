//! The paths of `generate control-plane-tls`, and the leftovers of failed runs.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use super::control_plane::{assert_consistent, make};
use crate::support::{Sandbox, eventually, faulty_command, installed, kumactl};

const KUBERNETES: [&str; 2] = ["--mode=kubernetes", "--key-type=ecdsa"];

#[test]
fn directories_and_their_parents_are_created_and_removed_if_the_run_fails() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("there")).expect("a directory");
    let before = sandbox.names();
    for directory in ["a/b/c", "there/b", "./d", "link/e"] {
        if directory == "link/e" {
            symlink("there", sandbox.path("link")).expect("a link");
        }
        let flag = format!("--output-dir={directory}");
        // No file may grow: the failure comes when the directory is there.
        let script = format!(
            "trap '' XFSZ; ulimit -f 0; kumactl generate control-plane-tls {} {flag} 2>&1 | cat",
            KUBERNETES.join(" ")
        );
        let said = sandbox.shell(&script).stdout;
        assert!(said.starts_with("error: could not write the key file"), "{said}");
        let _ = fs::remove_file(sandbox.path("link"));
        assert_eq!(sandbox.names(), before, "{directory}");
        assert_eq!(fs::read_dir(sandbox.path("there")).expect("a directory").count(), 0);
        // One that cannot be signed makes none.
        let missing = ["--issuer-cert-file=x", "--issuer-key-file=y", &flag];
        make(&sandbox, &[&KUBERNETES[..], &missing].concat()).failure(1);
        assert_eq!(sandbox.names(), before, "{directory}");
    }
    let ended = make(&sandbox, &[&KUBERNETES[..], &["--output-dir=a/b/c"]].concat());
    assert!(ended.quiet_success().starts_with("Private key saved in a/b/c/tls.key\n"));
    let ended = make(&sandbox, &[&KUBERNETES[..], &["--output-dir=tls/"]].concat());
    assert!(ended.quiet_success().starts_with("Private key saved in tls/tls.key\n"));
    assert_consistent(&sandbox);
}

#[test]
fn an_interrupted_run_leaves_no_directory() {
    for existing in ["--force", "--if-needed"] {
        let sandbox = Sandbox::new();
        let mut command = sandbox.command(kumactl());
        command.args(["generate", "control-plane-tls", "--mode=kubernetes", "--output-dir=a/b"]);
        command.arg(existing);
        let child = command.arg("--key-type=rsa-4096").stdout(Stdio::null()).spawn();
        let mut child = child.expect("a process");
        thread::sleep(Duration::from_millis(30));
        let pid = child.id().to_string();
        sandbox.shell(&format!("kill -TERM {pid} || true"));
        let status = child.wait().expect("an end");
        // It may have been quicker.
        let expected: &[&str] = if status.success() { &["a"] } else { &[] };
        assert_eq!(sandbox.names(), expected);
    }
}

#[test]
fn simultaneous_runs_into_a_new_directory_agree_on_one_pair() {
    let sandbox = Sandbox::new();
    let script = format!(
        "for i in 1 2 3 4; do kumactl generate control-plane-tls {} --output-dir=new/tls \
         --if-needed > out.$i 2>&1 & done; wait",
        KUBERNETES.join(" ")
    );
    sandbox.shell(&script).quiet_success();
    let outputs: Vec<_> = (1..=4).map(|i| sandbox.read(&format!("out.{i}"))).collect();
    let unchanged = outputs.iter().filter(|out| out.starts_with("Nothing to do")).count();
    assert_eq!(unchanged, 3, "{outputs:?}");
    let moved = fs::rename(sandbox.path("new/tls"), sandbox.path("tls"));
    moved.expect("a directory");
    assert_consistent(&sandbox);
}

/// The first run sleeps before each lock, also before the lock on the directory that it created.
#[test]
fn a_run_does_not_replace_the_files_of_a_simultaneous_run() {
    let Some(strace) = installed("strace") else { return };
    let sandbox = Sandbox::new();
    let arguments = [
        &["generate", "control-plane-tls", "--output-dir=new/tls", "--if-needed"],
        &KUBERNETES[..],
    ]
    .concat();
    let faults = [("flock", "delay_enter=1000000")];
    let mut first = faulty_command(&sandbox, &strace, &faults, None);
    first.args(&arguments).stdout(Stdio::piped());
    let first = first.spawn().expect("a process");
    eventually("the directory", || sandbox.path("new/tls").is_dir().then_some(()));
    let second = sandbox.kumactl(&arguments);
    assert_eq!(second.status, 0, "{second:?}");
    let first = first.wait_with_output().expect("an end");
    let first = String::from_utf8_lossy(&first.stdout);
    let unchanged =
        [&*first, &second.stdout].iter().filter(|out| out.starts_with("Nothing to do")).count();
    assert_eq!(unchanged, 1, "{first}\n{second:?}");
}

#[test]
fn an_unusable_output_directory_is_rejected_with_a_hint_about_output_dir() {
    let elsewhere = "hint: use another directory for --output-dir\n";
    type Spoil = fn(&Sandbox);
    let rows: [(Spoil, &[&str], &str, i32); 5] = [
        (
            |sandbox| fs::create_dir_all(sandbox.path("tls/secret.yaml")).expect("a directory"),
            &[],
            "could not write the Secret tls/secret.yaml: is a directory",
            1,
        ),
        (
            |sandbox| {
                fs::create_dir(sandbox.path("tls")).expect("a directory");
                symlink("ca.crt", sandbox.path("tls/tls.crt")).expect("a link");
            },
            &[],
            "are the same file: tls/ca.crt",
            2,
        ),
        (
            |sandbox| sandbox.write("tls", "a file"),
            &[],
            "could not write the key file tls/tls.key: not a directory",
            1,
        ),
        (
            |sandbox| {
                let made = ["--output-dir=tls", "--mode=kubernetes", "--key-type=ecdsa"];
                make(sandbox, &made).quiet_success();
            },
            &["--issuer-cert-file=tls/ca.crt", "--issuer-key-file=ca.key", "--force"],
            "would overwrite",
            2,
        ),
        (
            |sandbox| {
                fs::create_dir(sandbox.path("tls")).expect("a directory");
                sandbox.shell("mkfifo tls/tls.key").quiet_success();
            },
            &["--if-needed"],
            "cannot read back the key file tls/tls.key",
            2,
        ),
    ];
    for (spoil, more, says, status) in rows {
        let sandbox = Sandbox::new();
        spoil(&sandbox);
        let mut all = [&KUBERNETES[..], &["--output-dir=tls"], more].concat();
        if more.len() == 3 {
            // A CA whose certificate is at the path of the new one.
            let ca = ["generate", "ca-certificate", "--force", "--cert-file=tls/ca.crt"];
            assert_eq!(sandbox.kumactl(ca.iter().chain(&["--key-type=ecdsa"])).status, 0);
            all.push("--namespace=other");
        }
        let stderr = make(&sandbox, &all).failure(status);
        assert!(stderr.contains(says) && stderr.ends_with(elsewhere), "{says}: {stderr}");
    }
}

#[test]
fn missing_and_empty_inputs_are_reported_with_a_hint() {
    let sandbox = Sandbox::new();
    sandbox.write("empty.crt", "");
    for (file, says) in [
        ("no/such.crt", "no such file or directory\nhint: list the directory: ls no\n"),
        ("empty.crt", "is empty\nhint: create or copy the file again\n"),
    ] {
        let flag = format!("--ca-cert-file={file}");
        let stderr = sandbox.kumactl(["generate", "helm-values", &flag]).failure(1);
        assert!(stderr.ends_with(says), "{stderr}");
    }
}
