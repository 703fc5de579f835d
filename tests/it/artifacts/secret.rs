//! `generate kubernetes-secret`.

use std::fs;

use super::{CA, PAIR, decoded, files, generate, yaml};
use crate::support::{Sandbox, installed, run};

#[test]
fn the_secret_equals_that_of_kubectl_for_the_same_files() {
    let Some(kubectl) = installed("kubectl") else { return };
    let sandbox = files();
    type Row = (&'static [&'static str], &'static [&'static str]);
    let rows: [Row; 4] = [
        (&["--cert-file=tls.crt", "--key-file=tls.key", CA], &["ca.crt", "tls.crt", "tls.key"]),
        (&PAIR, &["tls.crt", "tls.key"]),
        (&[CA], &["ca.crt"]),
        (
            &["--cert-file=tls.crt", "--key-file=tls.key", "--secret-type=kubernetes.io/tls"],
            &["tls.crt", "tls.key"],
        ),
    ];
    for (flags, keys) in rows {
        let mut command = sandbox.command(&kubectl);
        command.args(["create", "secret", "generic", "general-tls-certs", "--dry-run=client"]);
        command.args(["--namespace=kuma-system", "-o", "yaml"]);
        command.args(keys.iter().map(|key| format!("--from-file={key}")));
        if flags.contains(&"--secret-type=kubernetes.io/tls") {
            command.arg("--type=kubernetes.io/tls");
        }
        let ended = run(&mut command);
        assert_eq!(ended.status, 0, "{ended:?}");
        // Older versions print a time that is not there.
        let theirs = ended.stdout.replace("  creationTimestamp: null\n", "");
        let ours = sandbox.kumactl(["generate", "kubernetes-secret"].iter().chain(flags));
        assert_eq!((ours.status, ours.stdout), (0, theirs), "{flags:?}");
    }
}

#[test]
fn a_secret_has_its_fields_in_order_and_the_exact_bytes_of_the_files() {
    let sandbox = files();
    let more = ["--label=app.kubernetes.io/part-of=kuma", "--annotation=note=yes: \"no\""];
    let named = ["--name=other", "--namespace=kuma-system", "--secret-type=Opaque"];
    let text = generate(&sandbox, "kubernetes-secret", &[&PAIR[..], &[CA], &more, &named].concat());
    let lines: Vec<_> = text.lines().map(|line| line.split(": ").next().unwrap_or(line)).collect();
    assert_eq!(
        lines,
        [
            "apiVersion",
            "data:",
            "  ca.crt",
            "  tls.crt",
            "  tls.key",
            "kind",
            "metadata:",
            "  annotations:",
            "    note",
            "  labels:",
            "    app.kubernetes.io/part-of",
            "  name",
            "  namespace",
            "type"
        ]
    );
    let found = yaml(&text);
    for name in ["tls.crt", "tls.key", "ca.crt"] {
        assert_eq!(decoded(&found["data"][name]), sandbox.read(name), "{name}");
    }
    assert_eq!(found["metadata"]["annotations"]["note"], "yes: \"no\"");
    assert_eq!(found["type"], "Opaque");
    assert_eq!(
        text,
        generate(&sandbox, "kubernetes-secret", &[&PAIR[..], &[CA], &more, &named].concat())
    );
}

#[test]
fn a_secret_that_cannot_work_is_rejected_before_anything_is_printed() {
    let sandbox = files();
    sandbox.generate(["--type=server", "--hostname=cp.example"]).quiet_success();
    for (arguments, status, says) in [
        (&[][..], 2, "--ca-cert-file is required\nhint: add --cert-file=tls.crt"),
        (&["--cert-file=tls.crt"], 2, "--key-file"),
        (&["--cert-file=tls.key", "--key-file=tls.key", CA], 1, "is a private key"),
        (
            &["--cert-file=tls.crt", "--key-file=tls.key", "--ca-cert-file=tls.key"],
            1,
            "tls.key: its PEM block 1 is a private key",
        ),
        (&["--ca-cert-file=tls.key"], 1, "tls.key: its PEM block 1 is a private key"),
        (
            &["--cert-file=tls.crt", "--key-file=key.pem", CA],
            1,
            "the private key does not match the certificate",
        ),
        (
            &["--cert-file=cert.pem", "--key-file=key.pem", CA],
            1,
            "kuma-control-plane.kuma-system is not among the names",
        ),
        (
            &["--cert-file=tls.crt", "--key-file=tls.key", CA, "--namespace=other"],
            1,
            "hint: reissue it with that name, too: --hostname=kuma-control-plane.other",
        ),
        (
            &["--cert-file=tls.crt", "--key-file=tls.key", CA, "--hostname=x.example"],
            1,
            "x.example is not among",
        ),
        (&[CA, "--name=No"], 2, "is not a valid Kubernetes name"),
        (&[CA, "--namespace=a.b"], 2, "is not a valid namespace"),
        (&[CA, "--label=x"], 2, "--label=KEY=VALUE"),
        (&[CA, "--label=x=-"], 2, "is not a valid value of a label"),
        (&[CA, "--label=a b=c"], 2, "is not a valid key of a label"),
        (&[CA, "--service=x"], 2, "has no effect without --cert-file\nhint: add --cert-file"),
        (&[CA, "--hostname=x"], 2, "has no effect without --cert-file\nhint: add --cert-file"),
        (
            &["--cert-file=tls.crt", "--key-file=tls.key", "--service=cp"],
            1,
            "cp.kuma-system is not among",
        ),
        (&[CA, "--secret-type=kubernetes.io/tls"], 2, "requires --cert-file and --key-file"),
    ] {
        let all = ["generate", "kubernetes-secret"].iter().chain(arguments);
        let stderr = sandbox.kumactl(all).failure(status);
        assert!(stderr.contains(says), "{arguments:?}: {stderr}");
    }
}

/// apimachinery's IsDNS1123Subdomain has no limit but the 253 in all, and ValidateAnnotations makes a
/// key small before it looks, which ValidateLabels does not.
#[test]
fn names_follow_the_rules_of_kubernetes() {
    let sandbox = files();
    let long = "a".repeat(200);
    let name = format!("--name={long}.b");
    assert_eq!(
        yaml(&generate(&sandbox, "kubernetes-secret", &[CA, &name]))["metadata"]["name"],
        format!("{long}.b")
    );
    let annotation = "--annotation=Example.COM/Note=x";
    let found = yaml(&generate(&sandbox, "kubernetes-secret", &[CA, annotation]));
    assert_eq!(found["metadata"]["annotations"]["Example.COM/Note"], "x");
    for refused in [
        &format!("--name={}", "a".repeat(254)),
        "--name=a..b",
        "--name=a.-b",
        "--label=Example.COM/note=x",
        "--annotation=Example_COM/note=x",
        &format!("--namespace={}", "a".repeat(64)),
    ] {
        let stderr = sandbox.kumactl(["generate", "kubernetes-secret", CA, refused]).failure(2);
        assert!(stderr.contains(" is not a valid "), "{stderr}");
    }
}

#[test]
fn an_expired_ca_is_rejected_by_every_command() {
    let sandbox = Sandbox::new();
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.not_before = time::OffsetDateTime::now_utc() - time::Duration::days(9);
    params.not_after = time::OffsetDateTime::now_utc() - time::Duration::days(2);
    let key = rcgen::KeyPair::generate().expect("a key");
    let der = params.self_signed(&key).expect("a certificate").der().to_vec();
    let text = pem::encode(&pem::Pem::new("CERTIFICATE", der));
    fs::write(sandbox.path("ca.crt"), text).expect("a file");
    for noun in ["kubernetes-secret", "helm-values", "install-flags"] {
        let stderr = sandbox.kumactl(["generate", noun, CA]).failure(1);
        assert!(stderr.contains("expired at"), "{noun}: {stderr}");
    }
    let environment = ["generate", "environment", "--component=kuma-dp", CA];
    assert!(sandbox.kumactl(environment).failure(1).contains("expired at"));
}

#[test]
fn a_ca_file_that_only_some_clients_trust_is_rejected_alone_and_causes_a_warning_with_its_pair() {
    let sandbox = files();
    let text = sandbox.read("tls.crt");
    let end = text.find("-----END CERTIFICATE-----\n").expect("an end") + 26;
    sandbox.write("leaf.crt", &text[..end]);
    let alone = ["generate", "kubernetes-secret", "--ca-cert-file=leaf.crt"];
    assert!(sandbox.kumactl(alone).failure(1).contains("is not a CA certificate"));
    let pair = ["--cert-file=leaf.crt", "--key-file=tls.key"];
    let ended = sandbox.kumactl(alone.iter().chain(&pair));
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(
        ended.stderr.starts_with(
            "warning: the CA file contains O=Kuma, CN=kuma-control-plane.kuma-system itself"
        ),
        "{ended:?}"
    );
}
