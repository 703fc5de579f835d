//! What a machine may not give: permissions, room, and the whole of it to one run.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use crate::read_back;
use crate::support::{Ended, Sandbox, kumactl, run, skipped};

const ARGUMENTS: [&str; 5] =
    ["generate", "tls-certificate", "--key-type=ecdsa", "--type=server", "--hostname=localhost"];

/// A user whom no file belongs to.
const NOBODY: u32 = 65534;

/// Runs the program as a user who is not root; `None` where that cannot be.
fn as_nobody(sandbox: &Sandbox, more: &[&str]) -> Option<Ended> {
    let directory = sandbox.directory();
    if chown(&directory, Some(NOBODY), Some(NOBODY)).is_err() {
        skipped("since only root can become another user");
        return None;
    }
    let root = directory.parent().expect("a directory above");
    fs::set_permissions(root, Permissions::from_mode(0o755)).expect("permissions");
    for entry in fs::read_dir(&directory).expect("a directory") {
        chown(entry.expect("an entry").path(), Some(NOBODY), Some(NOBODY)).expect("an owner");
    }
    // The program is copied: nobody may not look into the directory where it was built.
    let program = root.join("kumactl");
    // By another process: a program that this one still has open for writing cannot be run.
    run(sandbox.command("cp").arg(kumactl()).arg(&program)).quiet_success();
    let mut command: Command = sandbox.command(&program);
    Some(run(command.args(ARGUMENTS).args(more).uid(NOBODY).gid(NOBODY)))
}

#[test]
fn force_replaces_a_key_that_its_owner_can_only_read() {
    let sandbox = Sandbox::new();
    sandbox.kumactl(ARGUMENTS.iter().chain(&["--key-mode=0400"])).quiet_success();
    let before = sandbox.snapshot();
    let Some(kept) = as_nobody(&sandbox, &[]) else { return };
    kept.failure(1);
    assert_eq!(sandbox.snapshot(), before);
    let Some(forced) = as_nobody(&sandbox, &["--force", "--key-mode=0400"]) else { return };
    forced.quiet_success();
    assert_eq!(sandbox.mode("key.pem"), 0o400);
    assert_ne!(sandbox.snapshot()["key.pem"], before["key.pem"]);
    assert_ne!(sandbox.snapshot()["cert.pem"], before["cert.pem"]);
    assert_eq!(sandbox.names(), ["cert.pem", "key.pem"]);
}

#[test]
fn a_directory_that_cannot_be_written_stays_as_it_is() {
    let sandbox = Sandbox::new();
    sandbox.kumactl(ARGUMENTS).quiet_success();
    let before = sandbox.snapshot();
    fs::set_permissions(sandbox.directory(), Permissions::from_mode(0o555)).expect("permissions");
    let Some(ended) = as_nobody(&sandbox, &["--force"]) else { return };
    let stderr = ended.failure(1);
    assert!(stderr.starts_with("error: could not write the key file key.pem: permission denied"));
    assert!(stderr.contains("\nhint: "), "{stderr}");
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn a_full_device_leaves_the_old_files_and_nothing_else() {
    let sandbox = Sandbox::new();
    sandbox.kumactl(ARGUMENTS).quiet_success();
    let before = sandbox.snapshot();
    // No file may grow at all; the write fails, since the signal is ignored.
    let script =
        format!("trap '' XFSZ; ulimit -f 0; kumactl {} --force 2>&1 | cat", ARGUMENTS.join(" "));
    let said = sandbox.shell(&script).stdout;
    assert!(said.starts_with("error: could not write the key file key.pem: "), "{said}");
    assert_eq!(sandbox.snapshot(), before);

    let stderr =
        sandbox.kumactl(ARGUMENTS.iter().chain(&["--force", "--cert-file=/dev/full"])).failure(1);
    assert!(stderr.contains("could not write the cert file /dev/full: no space left"), "{stderr}");
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn runs_at_the_same_moment_leave_one_matching_pair_and_nothing_else() {
    let sandbox = Sandbox::new();
    for _ in 0..3 {
        let runs: Vec<_> = (0..8)
            .map(|_| {
                let mut command = sandbox.command(kumactl());
                command.args(ARGUMENTS).arg("--force").stdout(Stdio::null());
                command.spawn().expect("a run")
            })
            .collect();
        for mut run in runs {
            assert!(run.wait().expect("an end").success());
        }
        assert_eq!(sandbox.names(), ["cert.pem", "key.pem"]);
        // The key carries its public key, which the certificate repeats.
        let key = read_back::blocks(&sandbox.read("key.pem")).remove(0).1;
        read_back::certificate(&sandbox.read("cert.pem"), |certificate| {
            let public = &certificate.public_key().subject_public_key.data;
            assert!(key.windows(public.len()).any(|window| window == public.as_ref()));
        });
    }
}

#[test]
fn what_is_left_of_an_old_file_stays_until_a_run_succeeds() {
    let sandbox = Sandbox::new();
    sandbox.kumactl(ARGUMENTS).quiet_success();
    sandbox.write(".key.pem.kumactl-old-abc123", "the only copy");
    let before = sandbox.snapshot();
    sandbox.kumactl(ARGUMENTS.iter().chain(&["--force", "--cert-file=/dev/full"])).failure(1);
    assert_eq!(sandbox.snapshot(), before);
    sandbox.kumactl(ARGUMENTS.iter().chain(&["--force"])).quiet_success();
    assert_eq!(sandbox.names(), ["cert.pem", "key.pem"]);
}
