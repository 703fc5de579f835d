//! `generate certificate-request`: the contents of a request, and existing files.

use serde_json::Value;

use super::MAKE;
use crate::support::{Sandbox, installed, run};

const NAMES: [&str; 3] = [
    "kuma-control-plane.kuma-system.svc",
    "kuma-control-plane.kuma-system",
    "kuma-control-plane.kuma-system.svc.cluster.local",
];

#[test]
fn openssl_reads_the_names_and_usages_of_a_request_that_its_key_signed() {
    let Some(_) = installed("openssl") else { return };
    for (key_type, usage) in [
        ("rsa", "Digital Signature, Key Encipherment"),
        ("ecdsa", "Digital Signature"),
        ("ecdsa-p384", "Digital Signature"),
        ("ed25519", "Digital Signature"),
    ] {
        let sandbox = Sandbox::new();
        let ended =
            sandbox.make(&MAKE, &["--hostname=10.0.0.1", &format!("--key-type={key_type}")]);
        assert_eq!(ended.status, 0, "{ended:?}");
        assert_eq!((sandbox.mode("tls.key"), sandbox.mode("tls.csr")), (0o600, 0o644));
        let text = sandbox.openssl(&["req", "-in", "tls.csr", "-verify", "-noout", "-text"]);
        for name in NAMES {
            assert!(text.contains(&format!("DNS:{name}")), "{name}: {text}");
        }
        assert!(text.contains("IP Address:10.0.0.1"), "{text}");
        assert!(text.contains("TLS Web Server Authentication"), "{text}");
        assert!(text.contains(&format!("{usage}\n")), "{text}");
        assert!(text.contains("Subject: O = Kuma, CN = "), "{text}");
        assert!(!text.contains("Basic Constraints"), "{text}");
    }
}

#[test]
fn the_key_is_only_in_its_file() {
    let sandbox = Sandbox::new();
    let ended = sandbox.make(&MAKE, &["--instructions"]);
    let key = sandbox.read("tls.key");
    let secret = key.lines().nth(1).expect("a line of the key");
    for text in [&ended.stdout, &ended.stderr, &sandbox.read("tls.csr")] {
        assert!(!text.contains(secret) && !text.contains("PRIVATE KEY"), "{text}");
    }
}

#[test]
fn with_if_needed_an_unchanged_request_changes_nothing() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.make(&MAKE, &[]).status, 0);
    let before = sandbox.snapshot();
    let again = sandbox.make(&MAKE, &["--if-needed"]).quiet_success();
    assert!(again.starts_with("Nothing to do: the key and the request match\n"), "{again}");
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn with_if_needed_other_names_replace_the_request_and_keep_the_key() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.make(&MAKE, &[]).status, 0);
    let (key, request) = (sandbox.read("tls.key"), sandbox.read("tls.csr"));
    let ended = sandbox.make(&MAKE, &["--if-needed", "--hostname=new.example"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(ended.stderr.contains("tls.csr does not match: its subjectAltName is"), "{ended:?}");
    assert!(ended.stdout.starts_with("Certificate request saved in tls.csr\n"), "{ended:?}");
    assert_eq!(sandbox.read("tls.key"), key);
    assert_ne!(sandbox.read("tls.csr"), request);
}

#[test]
fn with_if_needed_a_key_without_a_request_gets_one() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.make(&MAKE, &[]).status, 0);
    let key = sandbox.read("tls.key");
    std::fs::remove_file(sandbox.path("tls.csr")).expect("a request");
    let ended = sandbox.make(&MAKE, &["--if-needed"]);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, "note: tls.csr does not exist\n"));
    assert_eq!(sandbox.read("tls.key"), key);
}

#[test]
fn existing_files_are_kept_without_a_flag_and_a_key_of_another_type_without_force() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.make(&MAKE, &[]).status, 0);
    let before = sandbox.snapshot();
    let error = sandbox.make(&MAKE, &[]).failure(1);
    assert_eq!(
        error,
        "error: tls.key and tls.csr already exist; no file was changed\n\
         hint: rerun with --force to overwrite the files, or with --if-needed to replace them only \
         if they do not match the request\n"
    );
    let error = sandbox.make(&MAKE, &["--if-needed", "--key-type=rsa"]).failure(2);
    assert!(error.contains("the existing key is of type ecdsa, not rsa"), "{error}");
    assert_eq!(sandbox.snapshot(), before);
    assert_eq!(sandbox.make(&MAKE, &["--force", "--reuse-key"]).status, 0);
    assert_eq!(sandbox.snapshot()["tls.key"], before["tls.key"]);
    assert_eq!(sandbox.make(&MAKE, &["--force"]).status, 0);
    assert_ne!(sandbox.snapshot()["tls.key"], before["tls.key"]);
}

#[test]
fn a_name_that_cannot_work_is_rejected_and_nothing_is_written() {
    let sandbox = Sandbox::new();
    for (name, error) in [("a b", "hostname \"a b\""), ("https://cp.example:8443", "hostname")] {
        let text = sandbox.make(&MAKE, &[&format!("--hostname={name}")]).failure(2);
        assert!(text.contains(error) && text.contains("hint: "), "{text}");
    }
    assert_eq!(sandbox.names(), Vec::<String>::new());
}

#[test]
fn a_subject_is_written_in_the_typed_order() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = Sandbox::new();
    let subject = r"--subject=C=DE,O=Acme\, Inc.,OU=Mesh,CN=cp";
    assert_eq!(sandbox.make(&MAKE, &[subject]).status, 0);
    let subject = sandbox.openssl(&["req", "-in", "tls.csr", "-noout", "-subject"]);
    assert_eq!(subject, "subject=C = DE, O = \"Acme, Inc.\", OU = Mesh, CN = cp\n");
    let again =
        sandbox.make(&MAKE, &[r"--subject=C=DE,O=Acme\, Inc.,OU=Mesh,CN=cp", "--if-needed"]);
    assert!(again.quiet_success().starts_with("Nothing to do"), "the same subject differs");
    let error = sandbox.make(&MAKE, &["--subject=DC=acme", "--force"]).failure(2);
    assert!(error.contains("--subject: \"DC\" is not one of C, O, OU and CN"), "{error}");
}

#[test]
fn json_has_the_requirements_and_the_commands() {
    let sandbox = Sandbox::new();
    let stdout = sandbox.make(&MAKE, &["--output=json", "--instructions"]).quiet_success();
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    let files: Vec<_> = [0, 1].iter().map(|file| &report["files"][file]["role"]).collect();
    assert_eq!(files, ["private_key", "certificate_request"]);
    let request = &report["certificate_request"];
    assert_eq!(request["extended_key_usage"], "serverAuth");
    let names = request["subject_alt_names"].as_array().expect("names");
    assert!(names.iter().any(|name| name["value"] == NAMES[0]), "{names:?}");
    let asked = report["ask_for"].as_array().expect("what to ask for");
    assert!(asked.iter().any(|line| line.as_str().is_some_and(|line| line.contains("not a CA"))));
    let instructions = report["instructions"].as_array().expect("instructions");
    assert_eq!(instructions.len(), 5, "{instructions:?}");
}

#[test]
fn the_openssl_command_of_the_instructions_issues_a_certificate_that_verifies() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = Sandbox::new();
    sandbox.make_ca(&[]);
    let ended = sandbox.make(&MAKE, &["--instructions"]);
    let command = ended.stdout.lines().find(|line| line.starts_with("  openssl x509 -req"));
    let ended = sandbox.shell(command.expect("a command"));
    assert_eq!(ended.status, 0, "{ended:?}");
    let verified = run(sandbox.command(crate::support::kumactl()).args([
        "verify",
        "tls-certificate",
        "--cert-file=tls.crt",
        "--key-file=tls.key",
        "--ca-cert-file=ca.crt",
        "--kubernetes-service=kuma-control-plane.kuma-system",
    ]));
    assert_eq!(verified.status, 0, "{verified:?}");
}

#[test]
fn a_request_on_standard_output_is_the_only_output() {
    let sandbox = Sandbox::new();
    let ended = sandbox.make(&MAKE, &["--csr-file=-"]);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""), "{ended:?}");
    assert!(ended.stdout.starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"), "{ended:?}");
    assert!(ended.stdout.ends_with("-----END CERTIFICATE REQUEST-----\n"), "{ended:?}");
}
