//! The files of a run: all of them or none, also when a call fails or the program is killed.

use crate::support::{Ended, Sandbox, installed, kumactl, run};

const ARGUMENTS: [&str; 6] = [
    "generate",
    "tls-certificate",
    "--key-type=ecdsa",
    "--type=server",
    "--hostname=localhost",
    "--force",
];

/// Runs the program with a fault in its nth rename.
fn with_fault(sandbox: &Sandbox, strace: &std::path::Path, fault: &str) -> Ended {
    let renames = "rename,renameat,renameat2";
    let mut command = sandbox.command(strace);
    command
        .args(["-f", "-qq", "-o", "/dev/null", "-e"])
        .arg(format!("inject={renames}:{fault}"))
        .arg(kumactl())
        .args(ARGUMENTS);
    run(&mut command)
}

#[test]
fn a_second_run_keeps_both_files_and_says_how_to_replace_them() {
    let sandbox = Sandbox::new();
    sandbox.generate(["--type=server", "--hostname=localhost"]).quiet_success();
    let before = sandbox.snapshot();
    let stderr = sandbox.generate(["--type=server", "--hostname=localhost"]).failure(1);
    assert_eq!(
        stderr,
        "error: key.pem and cert.pem exist and were kept; nothing was written\n\
         hint: --force replaces files that exist\n"
    );
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn a_failing_rename_puts_the_old_files_back_and_leaves_nothing_else() {
    let Some(strace) = installed("strace") else { return };
    for nth in 1..=2 {
        let sandbox = Sandbox::new();
        sandbox.kumactl(ARGUMENTS).quiet_success();
        let before = sandbox.snapshot();
        let ended = with_fault(&sandbox, &strace, &format!("error=EIO:when={nth}"));
        assert_eq!(ended.status, 1, "{ended:?}");
        assert_eq!(sandbox.snapshot(), before, "after rename {nth} failed");
    }
}

#[test]
fn a_failing_rename_leaves_an_empty_directory_empty() {
    let Some(strace) = installed("strace") else { return };
    for nth in 1..=2 {
        let sandbox = Sandbox::new();
        let ended = with_fault(&sandbox, &strace, &format!("error=EIO:when={nth}"));
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
    with_fault(&sandbox, &strace, "signal=KILL:error=EIO:when=1");
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
