//! The files of a run: all of them or none, also when a call fails or the program is killed.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;

use crate::read_back;
use crate::support::{
    Ended, Running, Sandbox, eventually, installed, kumactl, with_faults, with_faults_on,
};

const ARGUMENTS: [&str; 6] = [
    "generate",
    "tls-certificate",
    "--key-type=ecdsa",
    "--type=server",
    "--hostname=localhost",
    "--force",
];

const RENAMES: &str = "rename,renameat,renameat2";

/// What ends a run, with its number.
const SIGNALS: [(&str, i32); 4] = [("HUP", 1), ("INT", 2), ("QUIT", 3), ("TERM", 15)];

/// Runs the program with a fault in some of its system calls, which it has to meet.
#[track_caller]
fn with_fault(sandbox: &Sandbox, strace: &Path, calls: &str, fault: &str) -> Ended {
    with_faults(sandbox, strace, &[(calls, fault)], ARGUMENTS).hit()
}

#[test]
fn a_failed_rename_restores_the_old_files_and_leaves_nothing_else() {
    let Some(strace) = installed("strace") else { return };
    for nth in 1..=2 {
        let sandbox = Sandbox::new();
        sandbox.kumactl(ARGUMENTS).quiet_success();
        let before = sandbox.snapshot();
        let ended = with_fault(&sandbox, &strace, RENAMES, &format!("error=EIO:when={nth}"));
        assert_eq!(ended.status, 1, "{ended:?}");
        assert_eq!(sandbox.snapshot(), before, "after rename {nth} failed");
    }
}

#[test]
fn a_failed_rename_leaves_an_empty_directory_empty() {
    let Some(strace) = installed("strace") else { return };
    for nth in 1..=2 {
        let sandbox = Sandbox::new();
        let ended = with_fault(&sandbox, &strace, RENAMES, &format!("error=EIO:when={nth}"));
        assert_eq!(ended.status, 1, "{ended:?}");
        assert!(sandbox.names().is_empty(), "{:?} after rename {nth} failed", sandbox.names());
    }
}

#[test]
fn a_killed_run_leaves_complete_files_and_the_next_run_removes_its_leftovers() {
    let Some(strace) = installed("strace") else { return };
    let sandbox = Sandbox::new();
    sandbox.kumactl(ARGUMENTS).quiet_success();
    let before = sandbox.snapshot();
    with_fault(&sandbox, &strace, RENAMES, "signal=KILL:error=EIO:when=1");
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
fn permissions_depend_on_neither_the_umask_nor_the_old_file() {
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
    let faults = [("readlink,readlinkat", "error=EIO")];
    let ended = with_faults_on(&sandbox, &strace, &faults, Some(&link), ARGUMENTS).hit();
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

/// The calls by which files change, and how many of each a run makes that replaces a pair.
const CALLS: [(&str, usize); 5] = [
    ("fsync,fdatasync", 3),
    ("fchmod,fchmodat", 2),
    ("link,linkat", 2),
    ("unlink,unlinkat", 2),
    (RENAMES, 2),
];

#[test]
fn a_failure_of_any_call_leaves_the_old_pair_or_the_new_one_and_the_status_says_which() {
    let Some(strace) = installed("strace") else { return };
    for (calls, count) in CALLS {
        for nth in 1..=count {
            let sandbox = Sandbox::new();
            sandbox.kumactl(ARGUMENTS).quiet_success();
            let old = sandbox.snapshot();
            let fault = format!("error=EIO:when={nth}");
            let ended = with_fault(&sandbox, &strace, calls, &fault);
            let mut new = sandbox.snapshot();
            if calls.starts_with("unlink") {
                // A file that cannot be removed stays, under its temporary name, until the next run.
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
fn the_tested_system_calls_are_all_that_a_run_makes() {
    let Some(strace) = installed("strace") else { return };
    let sandbox = Sandbox::new();
    sandbox.kumactl(ARGUMENTS).quiet_success();
    for (calls, count) in CALLS {
        let run = with_faults(&sandbox, &strace, &[(calls, "")], ARGUMENTS);
        assert_eq!(run.log.lines().count(), count, "{calls}\n{}", run.log);
    }
}

/// The numbers of the lines of a log that name all of these.
fn lines(log: &str, parts: &[&str]) -> Vec<usize> {
    let is_named = |line: &str| parts.iter().all(|part| line.contains(part));
    log.lines().enumerate().filter(|(_, line)| is_named(line)).map(|(index, _)| index).collect()
}

#[test]
fn new_files_are_synced_before_their_renames_and_the_directory_before_the_run_ends() {
    let Some(strace) = installed("strace") else { return };
    let sandbox = Sandbox::new();
    let calls = format!("fsync,fdatasync,{RENAMES}");
    let log = with_faults(&sandbox, &strace, &[(&calls, "")], ARGUMENTS).log;
    let renames = lines(&log, &["rename"]);
    let (first, last) = (renames[0], renames[renames.len() - 1]);
    assert_eq!(renames.len(), 2, "{log}");
    for file in ["key.pem", "cert.pem"] {
        let synced = lines(&log, &["sync(", &format!("/.{file}.kumactl-new-")]);
        assert!(synced.len() == 1 && synced[0] < first, "{file}\n{log}");
    }
    let directory = lines(&log, &["sync(", &format!("{}>", sandbox.directory().display())]);
    assert!(directory.len() == 1 && directory[0] > last, "{log}");
}

#[test]
fn a_batch_is_synced_before_it_ends() {
    let Some(strace) = installed("strace") else { return };
    let sandbox = Sandbox::new();
    sandbox.write("all.yaml", BATCH);
    let calls = format!("syncfs,{RENAMES}");
    let log = with_faults(&sandbox, &strace, &[(&calls, "")], BATCH_ARGUMENTS).log;
    let (renames, synced) = (lines(&log, &["rename"]), lines(&log, &["syncfs(", "/tls>"]));
    assert_eq!((renames.len(), synced.len()), (1, 1), "{log}");
    assert!(synced[0] > renames[0], "{log}");
}

const BATCH: &str =
    "certificates:\n- {name: a, type: server, keyType: ecdsa, hostnames: [a.example]}\n";

const BATCH_ARGUMENTS: [&str; 4] =
    ["generate", "tls-certificates", "--file=all.yaml", "--output-dir=tls"];

#[test]
fn a_certificate_directory_that_cannot_be_renamed_is_removed() {
    let Some(strace) = installed("strace") else { return };
    for (calls, fault) in [(RENAMES, "error=EIO"), ("write", "error=ENOSPC:when=2")] {
        let sandbox = Sandbox::new();
        sandbox.write("all.yaml", BATCH);
        let ended = with_faults(&sandbox, &strace, &[(calls, fault)], BATCH_ARGUMENTS).hit();
        assert_eq!(ended.status, 1, "{ended:?}");
        // Nor does the output directory.
        assert_eq!(sandbox.names(), ["all.yaml"], "{calls}: {ended:?}");
    }
}

#[test]
fn an_old_file_that_cannot_be_restored_keeps_its_second_name_and_the_error_names_it() {
    let Some(strace) = installed("strace") else { return };
    let sandbox = Sandbox::new();
    sandbox.kumactl(ARGUMENTS).quiet_success();
    let old = sandbox.snapshot();
    // The key is moved, the certificate is not, and the old key does not come back.
    let ended = with_fault(&sandbox, &strace, RENAMES, "error=EIO:when=2+");
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(ended.stderr.contains("as .*.kumactl-old-*"), "{ended:?}");
    let new = sandbox.snapshot();
    let second = new.iter().find(|(name, _)| name.starts_with(".key.pem.kumactl-old-"));
    assert_eq!(second.expect("the old key").1, &old["key.pem"]);
    assert_eq!(new["cert.pem"], old["cert.pem"]);
}

#[test]
fn without_hard_links_old_files_are_restored_from_copies() {
    let Some(strace) = installed("strace") else { return };
    for nth in 1..=2 {
        let sandbox = Sandbox::new();
        sandbox.kumactl(ARGUMENTS.iter().chain(&["--key-mode=0640"])).quiet_success();
        let old = sandbox.snapshot();
        let fault = format!("error=EIO:when={nth}");
        let faults = [("link,linkat", "error=EPERM"), (RENAMES, &*fault)];
        let run = with_faults(&sandbox, &strace, &faults, ARGUMENTS);
        assert!(run.log.contains("EPERM") && run.log.contains("EIO"), "{}", run.log);
        assert_eq!(run.ended.status, 1, "{:?}", run.ended);
        assert_eq!(sandbox.snapshot(), old, "rename {nth}");
    }
}

#[test]
fn a_file_that_appears_while_the_run_writes_is_not_replaced() {
    let sandbox = Sandbox::new();
    sandbox.shell("mkfifo pipe").quiet_success();
    let mut command = sandbox.command(kumactl());
    // All but --force. The pipe is written after the files are checked, and before they are renamed.
    command.args(&ARGUMENTS[..5]).arg("--ca-cert-file=pipe");
    let running = Running::start(&sandbox, &mut command, "stderr");
    eventually("the new files", || {
        let names = sandbox.names();
        names.iter().any(|name| name.starts_with(".cert.pem.kumactl-new-")).then_some(())
    });
    sandbox.write("cert.pem", "somebody else's");
    sandbox.shell("cat pipe >/dev/null").quiet_success();
    assert_eq!(running.end().code(), Some(1));
    assert_eq!(sandbox.read("cert.pem"), "somebody else's");
    assert_eq!(sandbox.names(), ["cert.pem", "pipe"]);
}

/// The directory reader of the standard library panics here.
#[test]
fn a_directory_that_cannot_be_closed_does_not_panic() {
    let Some(strace) = installed("strace") else { return };
    let again = [&BATCH_ARGUMENTS[..], &["--force"]].concat();
    let if_needed = [&BATCH_ARGUMENTS[..], &["--if-needed"]].concat();
    let print = vec!["generate", "tls-certificates", "--print-spec=tls"];
    for (arguments, directory) in [
        (ARGUMENTS.to_vec(), "."),
        (again.clone(), "tls"),
        (again, "tls/a"),
        (if_needed, "tls/a"),
        (print, "tls"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("all.yaml", BATCH);
        sandbox.kumactl(BATCH_ARGUMENTS).quiet_success();
        // What a killed run left is removed file by file.
        sandbox.shell("mkdir tls/.kumactl-new-b; : > tls/.kumactl-new-b/tls.key").quiet_success();
        let path = sandbox.path(directory).canonicalize().expect("a directory");
        let faults = [("close", "error=EIO")];
        let ended = with_faults_on(&sandbox, &strace, &faults, Some(&path), &arguments).hit();
        assert_eq!(ended.status, 0, "{arguments:?} {directory}: {ended:?}");
        assert!(!ended.stderr.contains("panicked"), "{arguments:?} {directory}: {ended:?}");
    }
}

#[test]
fn a_signal_while_files_are_written_changes_nothing() {
    let Some(strace) = installed("strace") else { return };
    for (signal, _) in SIGNALS {
        for nth in 1..=2 {
            let sandbox = Sandbox::new();
            sandbox.kumactl(ARGUMENTS).quiet_success();
            let old = sandbox.snapshot();
            let fault = format!("signal={signal}:when={nth}");
            let ended = with_fault(&sandbox, &strace, "fchmod", &fault);
            // Ended by the signal, as strace then ends too.
            assert_eq!(ended.status, -1, "{ended:?}");
            assert_eq!(ended.stdout, "", "{signal} at file {nth}");
            assert_eq!(sandbox.snapshot(), old, "{signal} at file {nth}");
        }
    }
}

#[test]
fn a_signal_that_the_caller_ignores_changes_nothing() {
    let Some(strace) = installed("strace") else { return };
    for (signal, _) in SIGNALS {
        let sandbox = Sandbox::new();
        let log = sandbox.home().join("strace.log");
        let ended = sandbox.shell(&format!(
            "trap '' {signal}; exec {} -f -qq -o {} -e trace=fchmod \
             -e inject=fchmod:signal={signal} kumactl {}",
            strace.display(),
            log.display(),
            ARGUMENTS.join(" ")
        ));
        assert_eq!(ended.status, 0, "{signal}: {ended:?}");
        let log = fs::read_to_string(log).expect("strace's log");
        assert!(log.contains(&format!("--- SIG{signal}")), "{log}");
        assert_eq!(sandbox.names(), ["cert.pem", "key.pem"]);
    }
}

#[test]
fn a_signal_in_the_last_step_ends_the_run_before_its_report() {
    let Some(strace) = installed("strace") else { return };
    for (signal, _) in SIGNALS {
        let sandbox = Sandbox::new();
        sandbox.kumactl(ARGUMENTS).quiet_success();
        // The second name of the second old file goes last.
        let fault = format!("signal={signal}:when=2");
        let ended = with_fault(&sandbox, &strace, "unlink,unlinkat", &fault);
        assert_eq!((ended.status, ended.stdout.as_str()), (-1, ""), "{signal}: {ended:?}");
        assert_eq!(sandbox.names(), ["cert.pem", "key.pem"], "{signal}");
        assert!(is_pair(&sandbox), "{signal}");
    }
}

#[test]
fn a_file_over_the_size_limit_is_an_error_that_names_it() {
    let sandbox = Sandbox::new();
    sandbox.kumactl(ARGUMENTS).quiet_success();
    let before = sandbox.snapshot();
    for trap in ["", "trap '' XFSZ; "] {
        // No file may grow. The pipe is not a file.
        let script = format!("{trap}ulimit -f 0; kumactl {} 2>&1 | cat", ARGUMENTS.join(" "));
        let said = sandbox.shell(&script).stdout;
        assert!(said.starts_with("error: could not write the key file key.pem: "), "{said}");
        assert_eq!(sandbox.snapshot(), before);
    }
}

#[test]
fn a_signal_ends_a_run_that_waits_in_a_directory_that_it_created() {
    let (Some(strace), Some(_)) = (installed("strace"), installed("flock")) else { return };
    for (signal, number) in [("INT", 2), ("TERM", 15)] {
        let sandbox = Sandbox::new();
        // Another run locks the directory between its creation and its lock.
        let script = "until [ -d new ]; do sleep 0.02; done; exec flock --no-fork new sleep 600";
        let _other = Running::start(&sandbox, sandbox.command("sh").args(["-c", script]), "other");
        let mut command = sandbox.command(&strace);
        command.args([
            "-D",
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "inject=mkdir:delay_exit=1500000",
        ]);
        command.arg(kumactl()).args(["generate", "control-plane-tls", "--mode=universal"]);
        command.args(["--hostname=a.example", "--key-type=ecdsa", "--output-dir=new"]);
        let running = Running::start(&sandbox, &mut command, "stderr");
        eventually("the note", || {
            let said = fs::read_to_string(sandbox.home().join("stderr")).expect("what it said");
            said.contains("waiting for another run").then_some(())
        });
        running.signal(&sandbox, signal);
        assert_eq!(running.end().signal(), Some(number));
        // The other run is working in it, so it is not removed.
        assert_eq!(sandbox.names(), ["new"], "{signal}");
    }
}

#[test]
fn a_signal_ends_a_run_that_waits_for_the_reader_of_a_pipe() {
    for (signal, number) in SIGNALS {
        let sandbox = Sandbox::new();
        sandbox.shell("mkfifo pipe").quiet_success();
        let mut command = sandbox.command(kumactl());
        command.args(ARGUMENTS).arg("--key-file=pipe");
        let running = Running::start(&sandbox, &mut command, "stderr");
        eventually("the new file", || (sandbox.names().len() == 2).then_some(()));
        running.signal(&sandbox, signal);
        assert_eq!(running.end().signal(), Some(number));
        assert_eq!(sandbox.names(), ["pipe"], "{signal}");
    }
}

#[test]
fn a_run_with_full_standard_output_continues_when_it_is_read_and_ends_on_a_signal() {
    let fill = |mut writer: &io::PipeWriter| writer.write_all(&[b' '; 1 << 16]).expect("room");
    for is_read in [false, true] {
        let sandbox = Sandbox::new();
        let (mut reader, writer) = io::pipe().expect("a pipe");
        fill(&writer);
        let mut command = sandbox.command(kumactl());
        command.args(ARGUMENTS).arg("--key-file=-").stdout(writer);
        let running = Running::start(&sandbox, &mut command, "stderr");
        drop(command);
        eventually("the new file", || (sandbox.names().len() == 1).then_some(()));
        if is_read {
            let mut text = String::new();
            reader.read_to_string(&mut text).expect("text");
            assert!(text.trim().starts_with("-----BEGIN EC PRIVATE KEY-----"), "{text}");
            assert!(running.end().success());
            assert_eq!(sandbox.names(), ["cert.pem"]);
        } else {
            running.signal(&sandbox, "TERM");
            assert_eq!(running.end().signal(), Some(15));
            assert!(sandbox.names().is_empty());
        }
    }
}

#[test]
fn a_signal_between_renames_takes_effect_after_them() {
    let Some(strace) = installed("strace") else { return };
    for (signal, _) in SIGNALS {
        let sandbox = Sandbox::new();
        sandbox.kumactl(ARGUMENTS).quiet_success();
        let old = sandbox.snapshot();
        let fault = format!("signal={signal}:delay_exit=20000:when=1");
        let ended = with_fault(&sandbox, &strace, RENAMES, &fault);
        assert_eq!(sandbox.names(), ["cert.pem", "key.pem"], "{ended:?}");
        assert!(is_pair(&sandbox), "{signal}");
        for (name, file) in sandbox.snapshot() {
            assert_ne!(old[&name], file, "{name} after {signal}");
        }
    }
}
