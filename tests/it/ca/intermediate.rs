//! `generate ca-certificate --issuer-cert-file`: CAs below CAs.

use crate::support::{Sandbox, installed};

/// A sandbox with a root that allows CAs below it.
fn with_root(path_length: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let path_length = format!("--path-length={path_length}");
    let made = sandbox.ca(&[&path_length, "--cert-file=root.crt", "--key-file=root.key"]);
    assert_eq!(made.status, 0, "{made:?}");
    sandbox
}

const BELOW_ROOT: [&str; 2] = ["--issuer-cert-file=root.crt", "--issuer-key-file=root.key"];

#[test]
fn a_certificate_from_a_ca_below_two_others_verifies_against_the_root() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = with_root("2");
    let middle = ["--path-length=1", "--cert-file=middle.crt", "--key-file=middle.key"];
    let made = sandbox.ca(&[&BELOW_ROOT[..], &middle].concat());
    assert_eq!((made.status, made.stderr.as_str()), (0, ""), "{made:?}");
    let made = sandbox.ca(&["--issuer-cert-file=middle.crt", "--issuer-key-file=middle.key"]);
    assert_eq!((made.status, made.stderr.as_str()), (0, ""), "{made:?}");
    assert_eq!(sandbox.read("ca.crt").matches("BEGIN CERTIFICATE").count(), 3);
    let issued = sandbox.issue("ca", &["--ca-cert-file=trust.crt"]);
    assert_eq!((issued.status, issued.stderr.as_str()), (0, ""), "{issued:?}");
    assert_eq!(sandbox.read("trust.crt"), sandbox.read("root.crt"));
    assert!(sandbox.openssl_verifies("root.crt"));
}

#[test]
fn a_ca_with_path_length_0_issues_no_ca() {
    let sandbox = with_root("0");
    let error = sandbox.ca(&BELOW_ROOT).failure(1);
    assert!(error.contains("allows 0 CAs below it, and has 1"), "{error}");
    assert!(error.contains("--path-length"), "{error}");
    assert_eq!(sandbox.names(), ["root.crt", "root.key"]);
    let sandbox = with_root("1");
    let error = sandbox.ca(&[&BELOW_ROOT[..], &["--path-length=1"]].concat()).failure(1);
    assert!(error.contains("allows 1 CAs below it, and has 2"), "{error}");
}

#[test]
fn a_path_length_is_a_number_up_to_16() {
    for value in ["17", "-1", "x"] {
        let error = Sandbox::new().ca(&[&format!("--path-length={value}")]).failure(2);
        assert!(error.contains(": use a number from 0 to 16\n"), "{error}");
    }
}

#[test]
fn an_intermediate_ca_never_outlives_its_issuer() {
    let sandbox = Sandbox::new();
    let root =
        ["--path-length=1", "--valid-for=90d", "--cert-file=root.crt", "--key-file=root.key"];
    assert_eq!(sandbox.ca(&root).status, 0);
    let error = sandbox.ca(&[&BELOW_ROOT[..], &["--valid-for=1y"]].concat()).failure(2);
    assert!(error.contains("and its CA only until"), "{error}");
    assert_eq!(sandbox.ca(&BELOW_ROOT).status, 0);
    let end = |file: &str| {
        let stdout =
            sandbox.kumactl(["inspect", "certificate", file, "--output=json"]).quiet_success();
        let report: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
        report[0]["parts"][0]["certificates"][0]["not_after"].clone()
    };
    assert_eq!(end("ca.crt"), end("root.crt"));
}

#[test]
fn with_if_needed_an_intermediate_ca_stays_until_its_request_changes() {
    let sandbox = with_root("2");
    assert_eq!(sandbox.ca(&BELOW_ROOT).status, 0);
    let before = sandbox.snapshot();
    let again = sandbox.ca(&[&BELOW_ROOT[..], &["--if-needed"]].concat());
    assert_eq!(again.status, 0, "{again:?}");
    assert_eq!(sandbox.snapshot(), before);
    let other = sandbox.ca(&[&BELOW_ROOT[..], &["--if-needed", "--path-length=1"]].concat());
    assert!(
        other.failure(1).contains("it allows 0 CAs below it, not 1"),
        "a CA in use is replaced"
    );
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn a_subject_can_satisfy_the_name_constraints_of_the_issuer() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = Sandbox::new();
    sandbox.write(
        "ca.cnf",
        "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nO=Acme\nCN=Acme CA\n\
         [ext]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n\
         subjectKeyIdentifier=hash\nnameConstraints=permitted;dirName:permitted\n\
         [permitted]\nO=Acme\n",
    );
    let made = sandbox.shell(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -config ca.cnf \
         -keyout ca.key -out ca.crt 2>/dev/null",
    );
    assert_eq!(made.status, 0, "{made:?}");
    let error = sandbox.issue("ca", &[]).failure(1);
    assert!(error.contains("permits only O=Acme"), "{error}");
    let issued = sandbox.issue("ca", &["--subject=O=Acme,OU=Mesh,CN=cp.example"]);
    assert_eq!(issued.status, 0, "{issued:?}");
    assert!(sandbox.openssl_verifies("ca.crt"));
}

#[test]
fn the_name_of_a_ca_with_a_subject_ends_with_the_identifier_of_its_key() {
    let sandbox = Sandbox::new();
    let subject = r"--subject=C=DE,O=Acme\, Inc.,CN=Mesh";
    assert_eq!(sandbox.ca(&[subject]).status, 0);
    let shown = sandbox.kumactl(["inspect", "certificate", "ca.crt"]).quiet_success();
    assert!(shown.contains(r"C=DE, O=Acme\, Inc., CN=Mesh "), "{shown}");
    let again = sandbox.ca(&[subject, "--if-needed"]);
    assert!(again.quiet_success().contains("Nothing"), "the same subject differs");
}
