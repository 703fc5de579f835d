//! CA files with an expired certificate in front of its renewal.

use rcgen::{CertificateParams, DnType, IsCa, KeyPair};
use time::{Duration, OffsetDateTime};

use crate::support::Sandbox;

/// An expired CA certificate and its renewal, as PEM.
fn renewed() -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let make = |not_before: i64, not_after: i64| {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "root");
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.not_before = OffsetDateTime::now_utc() + Duration::days(not_before);
        params.not_after = OffsetDateTime::now_utc() + Duration::days(not_after);
        let der = params.self_signed(&key).expect("a CA").der().to_vec();
        pem::encode(&pem::Pem::new("CERTIFICATE", der))
    };
    (make(-90, -1), make(-1, 90))
}

fn blocks(text: &str) -> Vec<Vec<u8>> {
    let blocks = pem::parse_many(text).expect("PEM");
    blocks.into_iter().map(pem::Pem::into_contents).collect()
}

#[test]
fn everything_written_from_a_ca_file_starts_with_valid_cas_and_warns_about_the_rest() {
    let sandbox = Sandbox::new();
    let (old, new) = renewed();
    sandbox.write("ca.crt", format!("{old}{new}"));
    let wanted = blocks(&format!("{new}{old}"));

    let ended = sandbox.kumactl(["generate", "ca-bundle", "--ca-cert-file=ca.crt"]);
    assert!(ended.stderr.contains("warning: CN=root expired at"), "{ended:?}");
    sandbox.write("ca.b64", &ended.stdout);
    let decoded = sandbox.kumactl(["generate", "ca-bundle", "--decode", "--ca-cert-file=ca.b64"]);
    assert_eq!(blocks(&decoded.quiet_success()), wanted);

    let secret = ["generate", "kubernetes-secret", "--name=a", "--namespace=b"];
    let ended = sandbox.kumactl(secret.iter().chain(&["--ca-cert-file=ca.crt"]));
    assert!(ended.stderr.contains("warning: CN=root expired at"), "{ended:?}");
    sandbox.write("secret.yaml", &ended.stdout);
    let shown = sandbox.kumactl(["inspect", "certificate", "secret.yaml", "-o", "pem"]);
    assert_eq!(blocks(&shown.quiet_success()), wanted);

    let environment = ["generate", "environment", "--component=kuma-dp", "--ca-cert-file=ca.crt"];
    let ended = sandbox.kumactl(environment);
    let first = new.lines().nth(2).expect("a line").trim_end();
    let second = old.lines().nth(2).expect("a line").trim_end();
    let place = |line: &str| ended.stdout.find(line).expect("a certificate");
    assert!(first != second && place(first) < place(second), "{ended:?}");
}

#[test]
fn a_renewed_ca_comes_before_the_one_that_expires_first() {
    let sandbox = Sandbox::new();
    let key = ["--cert-file=ca.crt", "--key-file=ca.key", "--valid-for=30d"];
    let made = ["generate", "ca-certificate", "--name=mesh"];
    sandbox.kumactl(made.iter().chain(&key)).quiet_success();
    let old = sandbox.read("ca.crt");
    let renewed = ["--cert-file=ca.crt", "--key-file=ca.key", "--force", "--reuse-key"];
    sandbox.kumactl(made.iter().chain(&renewed)).quiet_success();
    let new = sandbox.read("ca.crt");
    sandbox.write("old.crt", &old);
    let files = ["--ca-cert-file=old.crt", "--ca-cert-file=ca.crt"];
    let bundle = sandbox.kumactl(["generate", "ca-bundle"].iter().chain(&files)).quiet_success();
    sandbox.write("ca.b64", bundle);
    let decoded = sandbox.kumactl(["generate", "ca-bundle", "--decode", "--ca-cert-file=ca.b64"]);
    assert_eq!(blocks(&decoded.quiet_success()), blocks(&format!("{new}{old}")));
}
