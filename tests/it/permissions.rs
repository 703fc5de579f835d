//! Files that are in the way of `--if-needed`: with wrong permissions, unreadable, or left by a run that was
//! killed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Sandbox, installed, with_faults, with_faults_on};

const BATCH: &str = "\
issuer: {certFile: ca.crt, keyFile: ca.key, create: {keyType: ecdsa}}
defaults: {type: server, keyType: ecdsa, namespace: kuma-system}
certificates:
- {name: one, hostnames: [a], artifacts: [pem, secret, bundle]}
";

/// Every command with --if-needed, and its files that hold a key.
const COMMANDS: [(&[&str], &[&str]); 4] = [
    (&["generate", "ca-certificate", "--key-type=ecdsa", "--if-needed"], &["ca.key"]),
    (
        &[
            "generate",
            "tls-certificate",
            "--key-type=ecdsa",
            "--type=server",
            "--hostname=a",
            "--ca-cert-file=ca.crt",
            "--ca-bundle-file=ca.b64",
            "--if-needed",
        ],
        &["key.pem"],
    ),
    (
        &[
            "generate",
            "control-plane-tls",
            "--key-type=ecdsa",
            "--mode=kubernetes",
            "--output-dir=tls",
            "--if-needed",
        ],
        &["tls/tls.key", "tls/secret.yaml"],
    ),
    (
        &["generate", "tls-certificates", "--file=all.yaml", "--output-dir=tls", "--if-needed"],
        &["tls/one/tls.key", "tls/one/secret.yaml"],
    ),
];

fn made(arguments: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("all.yaml", BATCH);
    let ended = sandbox.kumactl(arguments);
    assert_eq!(ended.status, 0, "{ended:?}");
    sandbox
}

fn chmod(sandbox: &Sandbox, file: &str, mode: u32) {
    fs::set_permissions(sandbox.path(file), Permissions::from_mode(mode)).expect("permissions");
}

/// Every file of the sandbox with its content, in all directories.
fn contents(sandbox: &Sandbox) -> String {
    sandbox.shell("find . -type f | sort | xargs cksum").quiet_success()
}

#[test]
fn wrong_permissions_are_repaired_and_nothing_is_replaced() {
    for (arguments, keys) in COMMANDS {
        for (key, mode) in keys.iter().flat_map(|key| [(key, 0o644), (key, 0o666), (key, 0o000)]) {
            let sandbox = made(arguments);
            let before = contents(&sandbox);
            chmod(&sandbox, key, mode);
            let ended = sandbox.kumactl(arguments);
            assert_eq!(ended.status, 0, "{ended:?}");
            let says = format!(
                "{} has permissions {mode:04o} instead of 0600",
                key.replace("tls/one/", "")
            );
            assert!(ended.stderr.contains(&says), "{says}: {ended:?}");
            assert!(
                ended.stdout == format!("Permissions of {key} set to 0600\n")
                    || ended.stdout.starts_with("Certificates: 1 repaired, in"),
                "{ended:?}"
            );
            assert_eq!((sandbox.mode(key), contents(&sandbox)), (0o600, before), "{arguments:?}");
        }
    }
}

#[test]
fn permissions_that_cannot_be_repaired_are_a_warning_and_nothing_is_replaced() {
    let Some(strace) = installed("strace") else { return };
    for (arguments, keys) in COMMANDS {
        let sandbox = made(arguments);
        let before = contents(&sandbox);
        chmod(&sandbox, keys[0], 0o644);
        for (fault, why) in [
            ("error=EPERM", "operation not permitted"),
            ("retval=0", "the file system ignores permissions"),
        ] {
            let ended = with_faults(&sandbox, &strace, &[("fchmod", fault)], arguments).hit();
            assert_eq!(ended.status, 0, "{ended:?}");
            let says = format!("has permissions 0644 instead of 0600 ({why})");
            assert!(ended.stderr.contains(&says), "{ended:?}");
            let says = [String::from("Nothing to do"), String::from("Certificates: 1 kept")];
            assert!(says.iter().any(|says| ended.stdout.starts_with(says)), "{ended:?}");
            let now = (sandbox.mode(keys[0]), contents(&sandbox));
            assert_eq!(now, (0o644, before.clone()), "{arguments:?}");
        }
    }
}

/// A link or a pipe can take the place of the file between its reading and its repair.
#[test]
fn permissions_are_repaired_without_following_a_link_or_waiting_for_a_pipe() {
    let Some(strace) = installed("strace") else { return };
    let (arguments, keys) = COMMANDS[0];
    let sandbox = made(arguments);
    chmod(&sandbox, keys[0], 0o644);
    let run = with_faults(&sandbox, &strace, &[("openat", "")], arguments);
    let is_safe =
        |line: &str| [keys[0], "O_NOFOLLOW", "O_NONBLOCK"].iter().all(|part| line.contains(part));
    assert!(run.log.lines().any(is_safe), "{}", run.log);
    assert_eq!(sandbox.mode(keys[0]), 0o600);
}

#[test]
fn a_file_system_without_permissions_is_written_to_and_the_modes_are_told() {
    let Some(strace) = installed("strace") else { return };
    for arguments in [COMMANDS[0].0, COMMANDS[1].0, COMMANDS[2].0] {
        let sandbox = made(arguments);
        // Nor has it hard links.
        let faults = [("fchmod", "error=EPERM"), ("link,linkat", "error=EPERM")];
        let more = ["--force", "--key-mode=0640"];
        let arguments: Vec<_> =
            arguments.iter().filter(|word| **word != "--if-needed").chain(&more).collect();
        let before = contents(&sandbox);
        let ended = with_faults(&sandbox, &strace, &faults, arguments).hit();
        assert_eq!(ended.status, 0, "{ended:?}");
        for says in ["key", "crt", "pem"] {
            let told = ended.stderr.lines().any(|line| {
                line.starts_with("warning: ")
                    && line.contains(&format!("{says} has permissions 0600 instead of 06"))
            });
            assert!(told || !before.contains(&format!(".{says}\n")), "{says}: {ended:?}");
        }
        assert_ne!(contents(&sandbox), before);
    }
}

#[test]
fn a_pipe_in_the_place_of_a_file_ends_the_run() {
    for (arguments, _) in COMMANDS {
        let files = made(arguments).shell("find . -type f ! -name all.yaml").quiet_success();
        for file in files
            .lines()
            .filter(|file| !file.starts_with("./ca.") || !arguments.contains(&"--file=all.yaml"))
        {
            let sandbox = made(arguments);
            sandbox.shell(&format!("rm {file}; mkfifo {file}")).quiet_success();
            let before = contents(&sandbox);
            // A reader of the pipe would wait for a minute.
            let ended = sandbox.shell(&format!("timeout 60 kumactl {}", arguments.join(" ")));
            assert!([1, 2].contains(&ended.status), "{file}: {ended:?}");
            assert!(ended.stderr.contains(" cannot read back"), "{file}: {ended:?}");
            assert_eq!(contents(&sandbox), before, "{file}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_and_not_a_missing_file() {
    let Some(strace) = installed("strace") else { return };
    for (arguments, _) in COMMANDS {
        let files = made(arguments).shell("find . -type f ! -name all.yaml").quiet_success();
        for file in files.lines() {
            let sandbox = made(arguments);
            let before = contents(&sandbox);
            let path = sandbox.path(file).canonicalize().expect("a file");
            let faults = [("read", "error=EIO")];
            let ended = with_faults_on(&sandbox, &strace, &faults, Some(&path), arguments).hit();
            assert_eq!(ended.status, 1, "{file}: {ended:?}");
            let name = file.rsplit('/').next().unwrap_or(file);
            let says = format!("{name}: input/output error");
            assert!(ended.stderr.contains("could not read the "), "{file}: {ended:?}");
            assert!(ended.stderr.contains(&says), "{file}: {ended:?}");
            assert_eq!(contents(&sandbox), before, "{file}");
        }
    }
}

const RENAMES: &str = "rename,renameat,renameat2";

/// The public keys of a key file and a certificate.
fn is_pair(sandbox: &Sandbox, key: &str, certificate: &str) -> bool {
    let script = format!(
        "test -s {key} && test \"$(openssl pkey -in {key} -pubout)\" = \"$(openssl x509 -in {certificate} -noout -pubkey)\""
    );
    sandbox.shell(&script).status == 0
}

#[test]
fn a_new_ca_whose_run_was_killed_between_its_files_is_completed_by_the_next() {
    let (Some(strace), Some(_)) = (installed("strace"), installed("openssl")) else { return };
    for (arguments, flag, key, certificate) in [
        (&COMMANDS[3].0[..4], None, "ca.key", "ca.crt"),
        (&COMMANDS[3].0[..4], Some("--if-needed"), "ca.key", "ca.crt"),
        (&COMMANDS[3].0[..4], Some("--force"), "ca.key", "ca.crt"),
        (&COMMANDS[0].0[..3], Some("--if-needed"), "ca.key", "ca.crt"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("all.yaml", BATCH);
        let faults = [(RENAMES, "signal=KILL:error=EIO:when=2")];
        with_faults(&sandbox, &strace, &faults, arguments).hit();
        assert!(sandbox.path(key).exists() && !sandbox.path(certificate).exists());
        let before = sandbox.read(key);
        let ended = sandbox.kumactl(arguments.iter().chain(flag.as_ref()));
        assert_eq!(ended.status, 0, "{flag:?}: {ended:?}");
        assert_eq!(sandbox.read(key), before);
        assert!(is_pair(&sandbox, key, certificate), "{arguments:?} {flag:?}");
        let names = sandbox.names();
        assert!(!names.iter().any(|name| name.contains(".kumactl-")), "{names:?}");
    }
}

#[test]
fn a_ca_whose_replacement_was_killed_between_its_files_is_replaced_by_the_next_run() {
    let (Some(strace), Some(_)) = (installed("strace"), installed("openssl")) else { return };
    let sandbox = made(COMMANDS[0].0);
    let forced = ["generate", "ca-certificate", "--key-type=ecdsa", "--force"];
    let faults = [(RENAMES, "signal=KILL:error=EIO:when=2")];
    with_faults(&sandbox, &strace, &faults, forced).hit();
    assert!(!is_pair(&sandbox, "ca.key", "ca.crt"));
    let ended = sandbox.kumactl(COMMANDS[0].0);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(is_pair(&sandbox, "ca.key", "ca.crt"));
    assert_eq!(sandbox.names(), ["all.yaml", "ca.crt", "ca.key"]);
}
