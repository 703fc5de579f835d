//! Runs at the same moment: they wait for one another, not for ever, and not in a circle.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use crate::support::{
    Running, Sandbox, eventually, faulty_command, installed, kumactl, with_faults,
};

const PAIR: [&str; 5] =
    ["generate", "tls-certificate", "--key-type=ecdsa", "--type=server", "--hostname=localhost"];

/// A specification whose CA is in this directory, which makes it.
fn specification(ca: &str) -> String {
    format!(
        "issuer: {{certFile: {ca}/ca.crt, keyFile: {ca}/ca.key, create: {{keyType: ecdsa}}}}\n\
         certificates:\n- {{name: z, type: server, keyType: ecdsa, hostnames: [z.example]}}\n"
    )
}

fn batch(command: &mut Command, file: &str, output: &str) {
    command.args(["generate", "tls-certificates"]).stdout(Stdio::null());
    command.arg(format!("--file={file}")).arg(format!("--output-dir={output}"));
}

/// Another program that holds the lock of a directory, once it has it.
fn holder(sandbox: &Sandbox, directory: &str) -> Running {
    let mut command = sandbox.command("flock");
    // One process, so that its exit releases the lock.
    command.args(["--no-fork", directory, "sh", "-c", "touch ../home/locked; exec sleep 600"]);
    let holder = Running::start(sandbox, &mut command, "flock");
    eventually("the lock", || sandbox.home().join("locked").exists().then_some(()));
    holder
}

fn said(sandbox: &Sandbox, name: &str) -> String {
    fs::read_to_string(sandbox.home().join(name)).expect("what it said")
}

fn until_it_waits(sandbox: &Sandbox) {
    eventually("the note", || {
        said(sandbox, "stderr").contains("waiting for another run").then_some(())
    });
}

#[test]
fn the_first_signal_ends_a_batch_that_waits_for_a_lock() {
    if installed("flock").is_none() {
        return;
    }
    for (signal, number) in [("HUP", 1), ("INT", 2), ("QUIT", 3), ("TERM", 15)] {
        // For that of its CA's directory, and for its own.
        for held in ["ca", "tls"] {
            let sandbox = Sandbox::new();
            sandbox.shell("mkdir ca tls").quiet_success();
            sandbox.write("all.yaml", specification("ca"));
            let _holder = holder(&sandbox, held);
            let mut command = sandbox.command(kumactl());
            batch(&mut command, "all.yaml", "tls");
            let running = Running::start(&sandbox, &mut command, "stderr");
            until_it_waits(&sandbox);
            running.signal(&sandbox, signal);
            assert_eq!(running.end().signal(), Some(number), "{held}");
            let left = sandbox.shell("find ca tls -mindepth 1").quiet_success();
            assert_eq!(left, "", "{signal} {held}");
        }
    }
}

#[test]
fn two_batches_with_their_cas_in_each_others_directory_do_not_deadlock() {
    let Some(strace) = installed("strace") else { return };
    let sandbox = Sandbox::new();
    sandbox.shell("mkdir a b").quiet_success();
    let runs = [("a", "b"), ("b", "a")].map(|(output, ca)| {
        let home = Sandbox::new();
        let file = format!("{output}.yaml");
        sandbox.write(&file, specification(&format!("../work/{ca}")));
        // The other run gets its first lock in the meantime.
        let faults = [("flock", "delay_exit=400000:when=1")];
        let mut command = faulty_command(&home, &strace, &faults, None);
        batch(command.current_dir(sandbox.directory()), &file, output);
        (Running::start(&home, &mut command, "stderr"), home)
    });
    for (run, home) in runs {
        let ended = run.end();
        assert!(ended.success(), "{ended:?}: {}", said(&home, "stderr"));
        assert!(said(&home, "strace.log").contains("(DELAYED)"));
    }
    for path in ["a/ca.key", "b/ca.key", "a/z/tls.key", "b/z/tls.key"] {
        assert!(sandbox.path(path).exists(), "{path}");
    }
}

#[test]
fn a_run_that_creates_a_directory_and_a_batch_in_it_do_not_deadlock() {
    let Some(strace) = installed("strace") else { return };
    let sandbox = Sandbox::new();
    sandbox.write("all.yaml", specification("."));
    let home = Sandbox::new();
    let mut command = faulty_command(&home, &strace, &[("mkdir", "delay_exit=400000")], None);
    command.current_dir(sandbox.directory());
    command.args(["generate", "control-plane-tls", "--mode=universal", "--hostname=a.example"]);
    command.args(["--key-type=ecdsa", "--output-dir=new"]).stdout(Stdio::null());
    let maker = Running::start(&home, &mut command, "stderr");
    eventually("the directory", || sandbox.path("new").exists().then_some(()));
    let mut command = sandbox.command(kumactl());
    batch(&mut command, "all.yaml", "new");
    let other = Running::start(&sandbox, &mut command, "stderr");
    assert!(maker.end().success(), "{}", said(&home, "stderr"));
    assert!(said(&home, "strace.log").contains("(DELAYED)"));
    assert!(other.end().success(), "{}", said(&sandbox, "stderr"));
    for path in ["ca.key", "new/tls.key", "new/z/tls.key"] {
        assert!(sandbox.path(path).exists(), "{path}");
    }
}

/// Otherwise two runs that lock the same directories in another order would wait for each other.
#[test]
fn a_run_that_waits_for_a_lock_holds_no_other() {
    if installed("flock").is_none() {
        return;
    }
    for (held, free) in [("a", "b"), ("b", "a")] {
        let sandbox = Sandbox::new();
        sandbox.shell("mkdir a b").quiet_success();
        let holder = holder(&sandbox, held);
        let mut command = sandbox.command(kumactl());
        command.args(PAIR).args(["--key-file=a/tls.key", "--cert-file=b/tls.crt"]);
        let running = Running::start(&sandbox, command.stdout(Stdio::null()), "stderr");
        until_it_waits(&sandbox);
        sandbox.shell(&format!("flock --nonblock {free} true")).quiet_success();
        drop(holder);
        assert!(running.end().success(), "{}", said(&sandbox, "stderr"));
    }
}

#[test]
fn a_lock_that_is_held_for_too_long_is_an_error_that_names_the_process() {
    let (Some(strace), Some(_)) = (installed("strace"), installed("flock")) else { return };
    let sandbox = Sandbox::new();
    // A user who can read the directory can do this without write permission.
    let holder = holder(&sandbox, ".");
    let before = sandbox.snapshot();
    // The pauses end at once, so that the attempts take no time.
    let faults = [("nanosleep,clock_nanosleep", "retval=0")];
    let ended = with_faults(&sandbox, &strace, &faults, PAIR).hit();
    let stderr = ended.failure(1);
    let directory = sandbox.directory().canonicalize().expect("a directory");
    let who = format!("{} (process {}, sleep)", directory.display(), holder.id());
    let note = format!("note: waiting for another run that writes to {who}\n");
    let error = format!("error: the directory {}", directory.display());
    assert!(stderr.contains(&note), "{stderr}");
    assert!(stderr.contains(&error) && stderr.contains("is locked (process"), "{stderr}");
    assert!(stderr.contains("\nhint: "), "{stderr}");
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn files_that_appear_while_a_run_waits_for_a_lock_are_kept() {
    if installed("flock").is_none() {
        return;
    }
    for name in ["key.pem", "cert.pem"] {
        let sandbox = Sandbox::new();
        let holder = holder(&sandbox, ".");
        let mut command = sandbox.command(kumactl());
        let running = Running::start(&sandbox, command.args(PAIR), "stderr");
        until_it_waits(&sandbox);
        sandbox.write(name, "made meanwhile");
        drop(holder);
        assert_eq!(running.end().code(), Some(1));
        assert!(said(&sandbox, "stderr").contains("already exists"));
        assert_eq!(sandbox.names(), [name]);
        assert_eq!(sandbox.read(name), "made meanwhile");
    }
}

#[test]
fn without_locks_runs_warn_and_keep_the_temporary_files_of_other_runs() {
    let Some(strace) = installed("strace") else { return };
    let sandbox = Sandbox::new();
    sandbox.write("all.yaml", specification("."));
    sandbox.shell("mkdir -p tls/.kumactl-new-y").quiet_success();
    let theirs = [".key.pem.kumactl-new-abc123", "tls/.kumactl-new-y/tls.key"];
    for path in theirs {
        sandbox.write(path, "on its way");
    }
    for arguments in [
        &[&PAIR[..], &["--force"]].concat(),
        &[&PAIR[..], &["--if-needed"]].concat(),
        &vec!["generate", "tls-certificates", "--file=all.yaml", "--output-dir=tls", "--if-needed"],
    ] {
        for _ in 0..2 {
            let faults = [("flock", "error=ENOLCK")];
            let ended = with_faults(&sandbox, &strace, &faults, arguments).hit();
            assert_eq!(ended.status, 0, "{ended:?}");
            let said = "warning: could not lock the directory ";
            assert_eq!(ended.stderr.matches(said).count(), 1, "{ended:?}");
            assert!(ended.stderr.contains(": no locks available; do not run"), "{ended:?}");
            for path in theirs {
                assert_eq!(sandbox.read(path), "on its way");
            }
        }
    }
}
