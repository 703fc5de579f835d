//! The files of a run: all of them or none, also when a call fails or the program is killed.

use std::os::unix::fs::symlink;
use std::path::Path;

use crate::read_back;
use crate::support::{Ended, Sandbox, installed, kumactl, run};

const ARGUMENTS: [&str; 6] = [
    "generate",
    "tls-certificate",
    "--key-type=ecdsa",
    "--type=server",
    "--hostname=localhost",
    "--force",
];

const RENAMES: &str = "rename,renameat,renameat2";

/// Runs the program with a fault in some of its system calls, on this path if one is given.
fn with_fault(
    sandbox: &Sandbox,
    strace: &Path,
    calls: &str,
    fault: &str,
    path: Option<&Path>,
) -> Ended {
    let mut command = sandbox.command(strace);
    command
        .args(["-f", "-qq", "-o", "/dev/null", "-e"])
        .arg(format!("inject={calls}:{fault}"))
        .args(path.map(|path| format!("--trace-path={}", path.display())))
        .arg(kumactl())
        .args(ARGUMENTS);
    run(&mut command)
}

#[test]
fn a_failing_rename_puts_the_old_files_back_and_leaves_nothing_else() {
    let Some(strace) = installed("strace") else { return };
    for nth in 1..=2 {
        let sandbox = Sandbox::new();
        sandbox.kumactl(ARGUMENTS).quiet_success();
        let before = sandbox.snapshot();
        let ended = with_fault(&sandbox, &strace, RENAMES, &format!("error=EIO:when={nth}"), None);
        assert_eq!(ended.status, 1, "{ended:?}");
        assert_eq!(sandbox.snapshot(), before, "after rename {nth} failed");
    }
}

#[test]
fn a_failing_rename_leaves_an_empty_directory_empty() {
    let Some(strace) = installed("strace") else { return };
    for nth in 1..=2 {
        let sandbox = Sandbox::new();
        let ended = with_fault(&sandbox, &strace, RENAMES, &format!("error=EIO:when={nth}"), None);
        assert_eq!(ended.status, 1, "{ended:?}");
        assert!(sandbox.names().is_empty(), "{:?} after rename {nth} failed", sandbox.names());
    }
}

#[test]
fn a_kill_leaves_files_whole_and_what_it_leaves_over_the_next_run_removes() {
    let Some(strace) = installed("strace") else { return };
    let sandbox = Sandbox::new();
    sandbox.kumactl(ARGUMENTS).quiet_success();
    let before = sandbox.snapshot();
    with_fault(&sandbox, &strace, RENAMES, "signal=KILL:error=EIO:when=1", None);
    let after = sandbox.snapshot();
    for (name, old) in &before {
        assert_eq!(after.get(name), Some(old), "{name} after a kill");
    }
    let left_over: Vec<_> = after.keys().filter(|name| !before.contains_key(*name)).collect();
    assert!(left_over.iter().any(|name| name.starts_with(".key.pem.kumactl-new-")));
    for name in left_over.iter().filter(|name| name.contains("key.pem")) {
        assert_eq!(after[*name].0 & 0o077, 0, "{name} can be read by others");
    }
    sandbox.kumactl(ARGUMENTS).quiet_success();
    assert_eq!(sandbox.names(), ["cert.pem", "key.pem"]);
}

#[test]
fn permissions_are_those_of_the_role_whatever_the_umask_and_the_old_file() {
    for umask in ["000", "022", "077"] {
        let sandbox = Sandbox::new();
        sandbox.shell(&format!(
            "umask {umask}; : > key.pem; chmod 666 key.pem; kumactl {}",
            ARGUMENTS.join(" ")
        ));
        assert_eq!((sandbox.mode("key.pem"), sandbox.mode("cert.pem")), (0o600, 0o644), "{umask}");
    }
}

#[test]
fn a_link_that_cannot_be_read_is_not_replaced_by_a_file() {
    let Some(strace) = installed("strace") else { return };
    let sandbox = Sandbox::new();
    sandbox.write("old.pem", "mine");
    symlink("old.pem", sandbox.path("key.pem")).expect("a link");
    let link = sandbox.directory().canonicalize().expect("a directory").join("key.pem");
    // The directories above are read by the same call, so only this one fails.
    let ended = with_fault(&sandbox, &strace, "readlink,readlinkat", "error=EIO", Some(&link));
    assert_eq!(ended.status, 1, "{ended:?}");
    assert_eq!(sandbox.read("old.pem"), "mine");
    assert_eq!(sandbox.names(), ["key.pem", "old.pem"]);
    assert!(sandbox.path("key.pem").is_symlink());
}

/// Whether the key belongs to the certificate: it carries its public key, which that repeats.
fn is_pair(sandbox: &Sandbox) -> bool {
    let key = read_back::blocks(&sandbox.read("key.pem")).remove(0).1;
    read_back::certificate(&sandbox.read("cert.pem"), |certificate| {
        let public = &certificate.public_key().subject_public_key.data;
        key.windows(public.len()).any(|window| window == public.as_ref())
    })
}

#[test]
fn a_failure_of_any_call_leaves_the_old_pair_or_the_new_one_and_the_status_says_which() {
    let Some(strace) = installed("strace") else { return };
    for calls in ["fsync,fdatasync", "fchmod,fchmodat", "link,linkat", "unlink,unlinkat", RENAMES] {
        for nth in 1..=4 {
            let sandbox = Sandbox::new();
            sandbox.kumactl(ARGUMENTS).quiet_success();
            let old = sandbox.snapshot();
            let fault = format!("error=EIO:when={nth}");
            let ended = with_fault(&sandbox, &strace, calls, &fault, None);
            let mut new = sandbox.snapshot();
            if calls.starts_with("unlink") {
                // What cannot be removed stays, under its telling name, until the next run.
                new.retain(|name, _| !name.contains(".kumactl-"));
            }
            assert_eq!(new.len(), 2, "{calls} {nth}: {:?}", new.keys());
            assert!(is_pair(&sandbox), "{calls} {nth}");
            match ended.status {
                0 => assert!(new != old, "{calls} {nth}: it said that it was done"),
                1 => assert_eq!(new, old, "{calls} {nth}: it said that nothing was done"),
                status => panic!("{calls} {nth}: status {status}: {ended:?}"),
            }
        }
    }
}

#[test]
fn a_signal_while_files_are_written_leaves_everything_as_it_was() {
    let Some(strace) = installed("strace") else { return };
    for signal in ["INT", "TERM"] {
        for nth in 1..=2 {
            let sandbox = Sandbox::new();
            sandbox.kumactl(ARGUMENTS).quiet_success();
            let old = sandbox.snapshot();
            let fault = format!("signal={signal}:when={nth}");
            let ended = with_fault(&sandbox, &strace, "fchmod", &fault, None);
            assert_ne!(ended.status, 0, "{ended:?}");
            assert_eq!(ended.stdout, "", "{signal} at file {nth}");
            assert_eq!(sandbox.snapshot(), old, "{signal} at file {nth}");
        }
    }
}

#[test]
fn a_run_that_waits_for_another_in_the_directory_that_it_made_ends_at_once_when_it_is_told_to() {
    let (Some(strace), Some(_)) = (installed("strace"), installed("flock")) else { return };
    for signal in ["INT", "TERM"] {
        let sandbox = Sandbox::new();
        // Another run takes the directory between its making and its lock.
        let ended = sandbox.shell(&format!(
            "(until [ -d new ]; do sleep 0.02; done; exec flock new sleep 8) >/dev/null 2>&1 & other=$!\n\
             timeout --preserve-status --signal={signal} --kill-after=4 2 \
             {strace} -D -f -qq -o /dev/null -e inject=mkdir:delay_exit=500000 kumactl \
             generate control-plane-tls --mode=universal --hostname=a.example \
             --key-type=ecdsa --output-dir=new || status=$?\n\
             kill -0 $other || {{ echo 'the other ended first'; exit 99; }}\n\
             kill $other; exit $status",
            strace = strace.display()
        ));
        assert!([128 + 2, 128 + 15].contains(&ended.status), "{signal}: {ended:?}");
        assert!(ended.stderr.contains("waiting for another run"), "{signal}: {ended:?}");
        assert!(sandbox.names().is_empty(), "{signal}: {:?}", sandbox.names());
    }
}

#[test]
fn a_run_that_waits_for_the_reader_of_a_pipe_ends_at_once_when_it_is_told_to() {
    for signal in ["INT", "TERM"] {
        let sandbox = Sandbox::new();
        // Without a trap, a shell lets its children in the background ignore INT.
        let ended = sandbox.shell(&format!(
            "mkfifo pipe\n\
             timeout --preserve-status --signal={signal} --kill-after=20 1 kumactl {} \
             --key-file=pipe\n",
            ARGUMENTS.join(" ")
        ));
        assert!([128 + 2, 128 + 15].contains(&ended.status), "{signal}: {ended:?}");
        assert_eq!(sandbox.names(), ["pipe"], "{signal}");
    }
}

#[test]
fn a_signal_between_the_renames_waits_for_them() {
    let Some(strace) = installed("strace") else { return };
    for signal in ["INT", "TERM"] {
        let sandbox = Sandbox::new();
        sandbox.kumactl(ARGUMENTS).quiet_success();
        let old = sandbox.snapshot();
        let fault = format!("signal={signal}:delay_exit=20000:when=1");
        let ended = with_fault(&sandbox, &strace, RENAMES, &fault, None);
        assert_eq!(sandbox.names(), ["cert.pem", "key.pem"], "{ended:?}");
        assert!(is_pair(&sandbox), "{signal}");
        for (name, file) in sandbox.snapshot() {
            assert_ne!(old[&name], file, "{name} after {signal}");
        }
    }
}
