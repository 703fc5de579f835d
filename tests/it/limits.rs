//! Limits of a machine: permissions, space, and other runs at the same time.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use crate::read_back;
use crate::support::{Ended, Sandbox, kumactl, run, skipped};

const ARGUMENTS: [&str; 5] =
    ["generate", "tls-certificate", "--key-type=ecdsa", "--type=server", "--hostname=localhost"];

/// A user whom no file belongs to.
const NOBODY: u32 = 65534;

/// Runs the program as a user who is not root; `None` if that is impossible.
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
    // The program is copied: the user `nobody` may not read the build directory.
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
fn a_directory_that_cannot_be_written_stays_unchanged() {
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

/// Linux does not apply its own rules (`fs.protected_symlinks`, `fs.protected_fifos`) to a link that a
/// program follows itself, nor to a pipe that it does not create.
#[test]
fn links_and_pipes_of_other_users_in_a_shared_directory_are_not_followed() {
    let sandbox = Sandbox::new();
    let root = sandbox.directory();
    sandbox
        .shell("mkdir shared private own; mkfifo shared/pipe; : >private/victim")
        .quiet_success();
    sandbox.write("private/victim", "theirs");
    for (link, to) in
        [("tls.crt", "../private/victim"), ("tls", "../private"), ("new", "../private/new")]
    {
        symlink(to, sandbox.path(&format!("shared/{link}"))).expect("a link");
    }
    for name in ["tls.crt", "tls", "new", "pipe"] {
        if lchown(root.join("shared").join(name), Some(NOBODY), Some(NOBODY)).is_err() {
            return skipped("since only root can give files away");
        }
    }
    fs::set_permissions(root.join("shared"), Permissions::from_mode(0o1777)).expect("permissions");
    fs::write(
        root.join("all.yaml"),
        "certificates: [{name: a, type: server, keyType: ecdsa, hostnames: [a.b]}]\n",
    )
    .expect("a specification");
    let before = sandbox.snapshot();
    let pair =
        |more: &'static str| [&ARGUMENTS[..], &["--force", "--key-file=own/key", more]].concat();
    for (arguments, what) in [
        (pair("--cert-file=shared/tls.crt"), "link"),
        (pair("--cert-file=shared/new"), "link"),
        (pair("--cert-file=shared/tls/tls.crt"), "link"),
        (pair("--cert-file=shared/pipe"), "pipe"),
        (
            vec![
                "generate",
                "control-plane-tls",
                "--mode=universal",
                "--key-type=ecdsa",
                "--hostname=a.example",
                "--output-dir=shared/tls",
            ],
            "link",
        ),
        (
            vec!["generate", "tls-certificates", "--file=all.yaml", "--output-dir=shared/tls"],
            "link",
        ),
    ] {
        let stderr = sandbox.kumactl(&arguments).failure(1);
        let said = format!("/shared/{}", if what == "pipe" { "pipe" } else { "" });
        assert!(stderr.contains(&said), "{arguments:?}: {stderr}");
        assert!(stderr.contains("belongs to another user (uid 65534)"), "{arguments:?}: {stderr}");
        assert!(stderr.contains("\nhint: "), "{stderr}");
        assert_eq!(sandbox.snapshot(), before);
        assert_eq!(sandbox.read("private/victim"), "theirs");
        let there: Vec<_> = fs::read_dir(root.join("private")).expect("a directory").collect();
        assert_eq!(there.len(), 1, "{arguments:?}: {there:?}");
    }
    // One's own link, that of the directory's owner, and any link in another directory are followed.
    symlink("../own/1.crt", sandbox.path("shared/mine")).expect("a link");
    sandbox.kumactl(pair("--cert-file=shared/mine")).quiet_success();
    chown(root.join("shared"), Some(NOBODY), None).expect("an owner");
    sandbox.kumactl(pair("--cert-file=shared/tls.crt")).quiet_success();
    chown(root.join("shared"), Some(0), None).expect("an owner");
    fs::set_permissions(root.join("shared"), Permissions::from_mode(0o777)).expect("permissions");
    sandbox.kumactl(pair("--cert-file=shared/new")).quiet_success();
    for written in ["own/1.crt", "private/victim", "private/new"] {
        assert!(sandbox.read(written).starts_with("-----BEGIN CERTIFICATE-----"), "{written}");
    }
}

#[test]
fn a_full_device_leaves_the_old_files_and_nothing_else() {
    let sandbox = Sandbox::new();
    sandbox.kumactl(ARGUMENTS).quiet_success();
    let before = sandbox.snapshot();
    let stderr =
        sandbox.kumactl(ARGUMENTS.iter().chain(&["--force", "--cert-file=/dev/full"])).failure(1);
    assert!(stderr.contains("could not write the cert file /dev/full: no space left"), "{stderr}");
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn simultaneous_runs_leave_one_matching_pair_and_nothing_else() {
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
fn the_second_name_of_an_old_file_stays_until_a_run_succeeds() {
    let sandbox = Sandbox::new();
    sandbox.kumactl(ARGUMENTS).quiet_success();
    sandbox.write(".key.pem.kumactl-old-abc123", "the only copy");
    let before = sandbox.snapshot();
    sandbox.kumactl(ARGUMENTS.iter().chain(&["--force", "--cert-file=/dev/full"])).failure(1);
    assert_eq!(sandbox.snapshot(), before);
    sandbox.kumactl(ARGUMENTS.iter().chain(&["--force"])).quiet_success();
    assert_eq!(sandbox.names(), ["cert.pem", "key.pem"]);
}
