//! The CA of a specification: it is made once, and nothing replaces it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{counts, generate, sandbox};
use crate::support::{Ended, Sandbox, kumactl, run};

/// A specification with a CA in a place, which is made if `more` says so.
fn issued(certificate: &str, key: &str, more: &str) -> String {
    format!(
        "issuer: {{certFile: {certificate}, keyFile: {key}{more}}}\n\
         defaults: {{type: server, keyType: ecdsa}}\n\
         certificates:\n- {{name: z1, hostnames: [a.example]}}\n- {{name: z2, hostnames: [b.example]}}\n"
    )
}

const CREATE: &str = ", create: {keyType: ecdsa}";

fn make_ca(sandbox: &Sandbox, certificate: &str, key: &str) {
    let files = [format!("--cert-file={certificate}"), format!("--key-file={key}")];
    let ca = ["generate", "ca-certificate", "--key-type=ecdsa"].map(str::to_owned);
    assert_eq!(sandbox.kumactl(ca.iter().chain(&files)).status, 0);
}

/// Ends a run that hangs.
fn within_a_minute(command: &mut Command) -> Ended {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it");
    let begun = Instant::now();
    while child.try_wait().expect("a status").is_none() {
        if begun.elapsed() > Duration::from_secs(60) {
            child.kill().expect("its end");
            panic!("{command:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().expect("its output");
    Ended {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn permissions_are_repaired_for_a_created_ca_key_and_not_for_an_input() {
    let sandbox = sandbox(&issued("ca.crt", "ca.key", CREATE));
    generate(&sandbox, &[]).quiet_success();
    let mode = |mode| fs::set_permissions(sandbox.path("ca.key"), fs::Permissions::from_mode(mode));
    mode(0o644).expect("its permissions");
    let ended = generate(&sandbox, &["--if-needed"]);
    let says = "note: repaired the CA: ca.key has permissions 0644 instead of 0600\n";
    assert_eq!((ended.status, &*ended.stderr), (0, says), "{ended:?}");
    assert_eq!(sandbox.mode("ca.key"), 0o600);
    mode(0o640).expect("its permissions");
    sandbox.write("zones.yaml", issued("ca.crt", "ca.key", ""));
    let warning = "warning: other users can read the CA key file ca.key, with permissions 0640: chmod 600 ca.key\n";
    assert_eq!(generate(&sandbox, &["--if-needed"]).stderr, warning);
    assert_eq!(sandbox.mode("ca.key"), 0o640);
}

#[test]
fn a_ca_file_with_only_a_line_break_is_empty_and_the_hint_names_no_flag() {
    for (file, role) in [("ca.crt", "CA certificate file"), ("ca.key", "CA key file")] {
        let sandbox = sandbox(&issued("ca.crt", "ca.key", CREATE));
        sandbox.write(file, "\n");
        let stderr = generate(&sandbox, &["--if-needed"]).failure(1);
        assert!(stderr.contains(&format!(" the {role} {file} is empty\nhint: ")), "{stderr}");
        assert!(!stderr.contains("--force"), "{stderr}");
    }
}

#[test]
fn errors_about_create_name_fields_and_not_flags() {
    let sandbox = sandbox(&issued("ca.crt", "ca.key", ", create: {keyType: ecdsa, validFor: 2s}"));
    let stderr = generate(&sandbox, &[]).failure(2);
    assert!(stderr.contains("hint: use a longer lifetime, such as validFor: 1h\n"), "{stderr}");
}

#[test]
fn no_certificate_replaces_the_ca_that_signs_it() {
    for flag in ["--if-needed", "--force"] {
        let sandbox = sandbox(&issued("tls/z1/tls.crt", "tls/z1/tls.key", ""));
        fs::create_dir_all(sandbox.path("tls/z1")).expect("a directory");
        make_ca(&sandbox, "tls/z1/tls.crt", "tls/z1/tls.key");
        let key = sandbox.read("tls/z1/tls.key");
        let stderr = generate(&sandbox, &[flag]).failure(2);
        for field in ["certFile", "keyFile"] {
            let says = format!(
                "error: zones.yaml:1:9: {field} is in the directory of the certificate z1\nhint: "
            );
            assert!(stderr.contains(&says), "{stderr}");
        }
        assert_eq!(sandbox.read("tls/z1/tls.key"), key, "{flag}");
        assert!(!sandbox.path("tls/z2").exists());
    }
}

#[test]
fn a_ca_is_not_created_in_the_directory_of_a_certificate() {
    let sandbox = sandbox(&issued("tls/Z1/tls.crt", "./tls/../tls/z1/tls.key", CREATE));
    fs::create_dir_all(sandbox.path("tls/z1")).expect("a directory");
    let stderr = generate(&sandbox, &["--if-needed"]).failure(2);
    assert_eq!(stderr.matches("is in the directory of the certificate z1").count(), 2, "{stderr}");
    assert_eq!(fs::read_dir(sandbox.path("tls/z1")).expect("a directory").count(), 0);
}

#[test]
fn a_certificate_does_not_overwrite_its_ca_through_a_symbolic_link() {
    // The directory of a certificate is that of the CA.
    let sandbox = sandbox(&issued("ca/tls.crt", "ca/tls.key", ""));
    for directory in ["ca", "tls"] {
        fs::create_dir(sandbox.path(directory)).expect("a directory");
    }
    make_ca(&sandbox, "ca/tls.crt", "ca/tls.key");
    let key = sandbox.read("ca/tls.key");
    symlink("../ca", sandbox.path("tls/z1")).expect("a link");
    let stderr = generate(&sandbox, &["--force"]).failure(2);
    assert!(stderr.contains("keyFile is in the directory of the certificate z1\n"), "{stderr}");
    assert_eq!(sandbox.read("ca/tls.key"), key);

    // A file of a certificate is one of the CA.
    fs::remove_file(sandbox.path("tls/z1")).expect("a link");
    fs::create_dir(sandbox.path("tls/z1")).expect("a directory");
    symlink("../../ca/tls.key", sandbox.path("tls/z1/tls.key")).expect("a link");
    let ended = generate(&sandbox, &["--force"]);
    let says = "z1: the key file would overwrite ";
    assert!(ended.status != 0 && ended.stderr.contains(says), "{ended:?}");
    assert!(!ended.stderr.contains("--key-file"), "{ended:?}");
    assert_eq!(sandbox.read("ca/tls.key"), key);
}

#[test]
fn two_certificates_cannot_share_a_directory_through_a_link() {
    let sandbox = sandbox(&issued("ca.crt", "ca.key", CREATE));
    fs::create_dir_all(sandbox.path("tls/z1")).expect("a directory");
    symlink("z1", sandbox.path("tls/z2")).expect("a link");
    let stderr = generate(&sandbox, &["--if-needed"]).failure(2);
    let says = "error: zones.yaml:5:3: z2 and z1 are the same directory, because of a symbolic link\nhint: ";
    assert!(stderr.starts_with(says), "{stderr}");
    assert!(!sandbox.path("ca.key").exists());
}

#[test]
fn the_ca_can_be_in_the_directory_of_the_certificates() {
    for (specification, directory) in [
        (issued("tls/ca.crt", "tls/ca.key", CREATE), "tls"),
        (issued("ca.crt", "ca.key", CREATE), "."),
    ] {
        let sandbox = sandbox(&specification);
        let command = |more: &str| {
            let mut command = sandbox.command(kumactl());
            let output = format!("--output-dir={directory}");
            command.args(["generate", "tls-certificates", "--file=zones.yaml", &output, more]);
            within_a_minute(&mut command)
        };
        assert_eq!(command("--output=json").status, 0, "{directory}");
        let ca = sandbox.read(&format!("{directory}/ca.crt"));
        assert_eq!(sandbox.read(&format!("{directory}/z1/ca.crt")), ca);
        assert_eq!(command("--if-needed").status, 0, "{directory}");
        assert_eq!(command("--force").status, 0, "{directory}");
        assert_eq!(sandbox.read(&format!("{directory}/z1/ca.crt")), ca);
    }
}

#[test]
fn the_directory_of_a_certificate_may_be_a_link_to_the_output_directory() {
    let sandbox = sandbox(&issued("ca.crt", "ca.key", CREATE));
    fs::create_dir(sandbox.path("tls")).expect("a directory");
    symlink(".", sandbox.path("tls/z1")).expect("a link");
    let mut command = sandbox.command(kumactl());
    command.args([
        "generate",
        "tls-certificates",
        "--file=zones.yaml",
        "--output-dir=tls",
        "--force",
    ]);
    assert_eq!(within_a_minute(&mut command).status, 0);
    assert!(sandbox.path("tls/tls.crt").exists());
}

#[test]
fn a_run_that_creates_its_ca_can_be_interrupted() {
    let mut text = issued("ca.crt", "ca.key", CREATE);
    for index in 0..2000 {
        text += &format!("- {{name: n{index}, hostnames: [n{index}.example]}}\n");
    }
    let sandbox = sandbox(&text);
    let mut command = sandbox.command(kumactl());
    command.args(["generate", "tls-certificates", "--file=zones.yaml", "--output-dir=tls"]);
    let child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it");
    while fs::read_dir(sandbox.path("tls")).map_or(0, Iterator::count) < 20 {
        std::thread::sleep(Duration::from_millis(1));
    }
    run(sandbox.command("kill").args(["-INT", &child.id().to_string()]));
    let output = child.wait_with_output().expect("an end");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with("error: interrupted: "), "{stderr}");
    for entry in fs::read_dir(sandbox.path("tls")).expect("a directory") {
        let name = entry.expect("an entry").file_name();
        assert!(!name.as_encoded_bytes().starts_with(b"."), "{name:?}");
    }
}

#[test]
fn simultaneous_runs_share_the_created_ca() {
    for directories in [["tls", "tls"], ["tls", "other"]] {
        let sandbox = sandbox(&issued("ca.crt", "ca.key", CREATE));
        let runs = directories.map(|directory| {
            let mut command = sandbox.command(kumactl());
            let output = format!("--output-dir={directory}");
            command.args([
                "generate",
                "tls-certificates",
                "--file=zones.yaml",
                "--if-needed",
                &output,
            ]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it")
        });
        for run in runs {
            let output = run.wait_with_output().expect("an end");
            assert!(output.status.success(), "{output:?}");
        }
        let ca = sandbox.read("ca.crt");
        for directory in directories {
            assert_eq!(sandbox.read(&format!("{directory}/z1/ca.crt")), ca);
        }
    }
}

#[test]
fn only_the_owner_can_read_the_ca_key_whatever_key_mode_is() {
    let sandbox = sandbox(&issued("ca.crt", "ca.key", CREATE));
    generate(&sandbox, &["--key-mode=0640"]).quiet_success();
    assert_eq!((sandbox.mode("ca.key"), sandbox.mode("tls/z1/tls.key")), (0o600, 0o640));
}

#[test]
fn unusable_paths_of_the_ca_are_reported_with_their_line_and_nothing_is_written() {
    for (certificate, key, more, says) in [
        (
            "none/ca.crt",
            "ca.key",
            CREATE,
            "certFile: the directory none does not exist\nhint: mkdir -p none\n",
        ),
        (
            "ca.pem",
            "./ca.pem",
            CREATE,
            "certFile and keyFile are the same file\nhint: issuer: {cert",
        ),
        ("/dev/stdout", "ca.key", CREATE, "certFile: /dev/stdout is not a file name\n"),
        ("/dev/null", "ca.key", CREATE, "certFile: /dev/null is not a regular file, so create"),
        (".", "ca.key", "", "certFile: . is a directory\nhint: use a file in that directory\n"),
    ] {
        let sandbox = sandbox(&issued(certificate, key, more));
        let stderr = generate(&sandbox, &[]).failure(2);
        assert!(stderr.starts_with(&format!("error: zones.yaml:1:9: {says}")), "{stderr}");
        assert_eq!(sandbox.names(), ["zones.yaml"]);
    }
}

#[test]
fn errors_about_an_unreadable_ca_name_fields_of_the_specification() {
    let sandbox = sandbox(&issued("ca.crt", "ca.key", ""));
    let stderr = generate(&sandbox, &[]).failure(1);
    let says = "error: zones.yaml:1:9: could not read the CA certificate file ca.crt: no such";
    assert!(stderr.starts_with(says) && stderr.contains("add `create: {}` to issuer"), "{stderr}");
    make_ca(&sandbox, "ca.key", "ca.crt");
    let stderr = generate(&sandbox, &[]).failure(1);
    assert!(
        stderr.contains("hint: use certFile for the CA certificate and keyFile for its key\n"),
        "{stderr}"
    );
    sandbox.write("zones.yaml", issued("ca.key", "gone.key", CREATE));
    let stderr = generate(&sandbox, &[]).failure(1);
    assert!(stderr.contains("hint: restore the missing file of the CA"), "{stderr}");
    // Nor is the directory left that was made for the certificates.
    assert_eq!(sandbox.names(), ["ca.crt", "ca.key", "zones.yaml"]);
}

#[test]
fn an_existing_directory_stays_if_a_run_fails() {
    let sandbox = sandbox(&issued("ca.crt", "ca.key", ""));
    fs::create_dir(sandbox.path("tls")).expect("a directory");
    generate(&sandbox, &[]).failure(1);
    assert!(sandbox.path("tls").exists());
    let deep = ["generate", "tls-certificates", "--file=zones.yaml", "--output-dir=tls/a/b"];
    sandbox.kumactl(deep).failure(1);
    assert!(sandbox.path("tls").exists() && !sandbox.path("tls/a").exists());
}

#[test]
fn a_run_that_waits_for_another_says_so() {
    let sandbox = sandbox(&issued("ca.crt", "ca.key", CREATE));
    fs::create_dir(sandbox.path("tls")).expect("a directory");
    let held = fs::File::open(sandbox.path("tls")).expect("a directory");
    for arguments in [
        &["generate", "tls-certificates", "--file=zones.yaml", "--output-dir=tls"][..],
        &[
            "generate",
            "tls-certificate",
            "--type=server",
            "--hostname=a",
            "--key-type=ecdsa",
            "--cert-file=tls/c.pem",
            "--key-file=tls/k.pem",
        ],
    ] {
        held.lock().expect("a lock");
        let mut command = sandbox.command(kumactl());
        command.args(arguments);
        let child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn();
        let mut child = child.expect("it");
        // It waits until the line was read, so that a slow machine makes no difference.
        let mut line = String::new();
        let stderr = child.stderr.take().expect("its standard error");
        BufReader::new(stderr).read_line(&mut line).expect("a line");
        assert!(line.starts_with("note: waiting for another run that writes to "), "{line}");
        held.unlock().expect("an end");
        assert!(child.wait().expect("an end").success());
    }
}

#[test]
fn an_empty_directory_is_used() {
    let sandbox = sandbox(&issued("ca.crt", "ca.key", CREATE));
    fs::create_dir_all(sandbox.path("tls/z1")).expect("a directory");
    fs::set_permissions(sandbox.path("tls/z1"), fs::Permissions::from_mode(0o700)).expect("it");
    assert_eq!(counts(generate(&sandbox, &["--output=json"])), [2, 0, 0, 0]);
}

#[test]
fn a_new_ca_with_a_key_that_some_clients_reject_causes_a_warning() {
    for (key_type, warns) in [("ed25519", true), ("ecdsa", false)] {
        let create = format!(", create: {{keyType: {key_type}}}");
        let ended = generate(&sandbox(&issued("ca.crt", "ca.key", &create)), &[]);
        assert_eq!(ended.status, 0, "{ended:?}");
        let found = ended.stderr.contains("warning: Chrome, Firefox and mbedTLS reject every");
        assert_eq!(found, warns, "{ended:?}");
    }
}
