//! The paths and permissions of the files, and invalid paths.

use super::{SERVER, refusal};
use crate::read_back;
use crate::support::Sandbox;

#[test]
fn files_have_their_permissions_whatever_the_umask() {
    for umask in ["000", "022", "077", "777"] {
        let sandbox = Sandbox::new();
        let script = format!(
            "umask {umask}; kumactl generate tls-certificate --type=server --hostname=a \
             --key-type=ecdsa --ca-cert-file=ca.crt --ca-bundle-file=ca.b64"
        );
        let ended = sandbox.shell(&script);
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""), "{umask}");
        let modes = ["key.pem", "cert.pem", "ca.crt", "ca.b64"].map(|name| sandbox.mode(name));
        assert_eq!(modes, [0o600, 0o644, 0o644, 0o644], "{umask}");
    }
}

#[test]
fn a_file_name_with_control_characters_is_escaped() {
    let sandbox = Sandbox::new();
    let key = "--key-file=\u{1b}[2J\u{9b}1m\u{202e}\u{7f}\n.key";
    let stdout = sandbox.generate(SERVER.into_iter().chain([key])).quiet_success();
    let escaped = "\\u{1b}[2J\\u{9b}1m\\u{202e}\\u{7f}\\u{a}.key";
    let expected = format!("Private key saved in {escaped}\nCertificate saved in cert.pem\n");
    assert_eq!(stdout, expected);
}

#[test]
fn key_mode_applies_to_the_key_only() {
    for (value, mode) in [("0400", 0o400), ("640", 0o640), ("0660", 0o660), ("00600", 0o600)] {
        let sandbox = Sandbox::new();
        sandbox.generate(SERVER.into_iter().chain(["--key-mode", value])).quiet_success();
        assert_eq!((sandbox.mode("key.pem"), sandbox.mode("cert.pem")), (mode, 0o644));
    }
}

#[test]
fn a_key_mode_for_all_users_is_applied_with_a_warning() {
    for mode in ["0604", "0602", "0601", "0777"] {
        let sandbox = Sandbox::new();
        let ended = sandbox.generate(SERVER.into_iter().chain(["--key-mode", mode]));
        assert_eq!(
            (ended.status, ended.stderr),
            (
                0,
                format!(
                    "warning: --key-mode={mode} gives every user of this machine access to the \
                     private key\n"
                )
            )
        );
        assert_eq!(format!("{:04o}", sandbox.mode("key.pem")), mode);
    }
}

#[test]
fn invalid_key_modes_are_rejected() {
    const OCTAL: &str = "use octal permissions such as 0600 or 0640";
    const MOST: &str = "use at most 0777";
    const OWNER: &str = "the owner could not read the key";
    for (mode, reason) in [
        ("0", OCTAL),
        ("60", OCTAL),
        ("600000", OCTAL),
        ("0800", OCTAL),
        ("0o600", OCTAL),
        ("+600", OCTAL),
        ("rw-------", OCTAL),
        ("u=rw", OCTAL),
        ("1600", MOST),
        ("04755", MOST),
        ("0000", OWNER),
        ("0200", OWNER),
        ("0066", OWNER),
    ] {
        let flag = format!("--key-mode={mode}");
        assert_eq!(
            refusal(&[SERVER[0], SERVER[1], &flag], 2),
            format!(
                "error: invalid value '{mode}' for '--key-mode <MODE>': {reason}\n\
                 hint: run `kumactl generate tls-certificate --help` for all flags and examples\n"
            )
        );
    }
}

#[test]
fn paths_that_cannot_be_a_file_are_rejected() {
    const DIRECTORY: &str = "is a directory";
    const MISSING: &str = "no such file or directory";
    for (flag, file, status, problem, hint) in [
        (
            "--key-file",
            "no/k.pem",
            1,
            format!("could not write the key file no/k.pem: {MISSING}"),
            "mkdir -p no",
        ),
        (
            "--cert-file",
            "no way/c.pem",
            1,
            format!("could not write the cert file no way/c.pem: {MISSING}"),
            "mkdir -p 'no way'",
        ),
        (
            "--ca-cert-file",
            "no/ca.crt",
            1,
            format!("could not write the CA certificate file no/ca.crt: {MISSING}"),
            "mkdir -p no",
        ),
        (
            "--ca-bundle-file",
            "no/ca.b64",
            1,
            format!("could not write the CA bundle file no/ca.b64: {MISSING}"),
            "mkdir -p no",
        ),
        (
            "--key-file",
            ".",
            1,
            format!("could not write the key file .: {DIRECTORY}"),
            "--key-file=./key.pem",
        ),
        (
            "--cert-file",
            "/",
            1,
            format!("could not write the cert file /: {DIRECTORY}"),
            "--cert-file=/cert.pem",
        ),
        ("--key-file", "", 2, "the path of the key file is empty".to_owned(), "--key-file=FILE"),
        (
            "--ca-cert-file",
            "",
            2,
            "the path of the CA certificate file is empty".to_owned(),
            "--ca-cert-file=FILE",
        ),
        (
            "--key-file",
            "cert.pem",
            2,
            "the key file and the cert file are the same file: cert.pem".to_owned(),
            "use another path for --cert-file",
        ),
        (
            "--ca-cert-file",
            "./cert.pem",
            2,
            "the cert file and the CA certificate file are the same file: ./cert.pem".to_owned(),
            "use another path for --ca-cert-file",
        ),
        (
            "--ca-bundle-file",
            "./key.pem",
            2,
            "the key file and the CA bundle file are the same file: ./key.pem".to_owned(),
            "use another path for --ca-bundle-file",
        ),
    ] {
        assert_eq!(
            refusal(&[SERVER[0], SERVER[1], &format!("{flag}={file}")], status),
            format!("error: {problem}\nhint: {hint}\n")
        );
    }
}

#[test]
fn existing_files_are_kept_without_force_and_replaced_with_it() {
    let sandbox = Sandbox::new();
    sandbox.write("key.pem", "old key");
    sandbox.write("cert.pem", "old certificate");
    let before = sandbox.snapshot();
    let stderr = sandbox.generate(SERVER).failure(1);
    assert_eq!(
        stderr,
        "error: key.pem and cert.pem already exist; no file was changed\n\
         hint: rerun with --force to overwrite the files, or with --if-needed to replace them only if they do not match the request or expire soon\n"
    );
    assert_eq!(sandbox.snapshot(), before);
    sandbox.generate(SERVER.into_iter().chain(["--force"])).quiet_success();
    assert_eq!(read_back::labels(&sandbox.read("key.pem")), ["EC PRIVATE KEY"]);
    assert_eq!(read_back::labels(&sandbox.read("cert.pem")), ["CERTIFICATE"]);
    assert_eq!(sandbox.names(), ["cert.pem", "key.pem"]);
}
