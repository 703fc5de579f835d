//! `generate cert-manager`.

use serde_json::{Value, json};

use super::{decoded, generate, yaml};
use crate::support::Sandbox;

const ISSUER: [&str; 2] = ["--issuer-cert-file=ca.crt", "--issuer-key-file=ca.key"];

fn ca() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox
        .kumactl(["generate", "ca-certificate", "--key-type=ecdsa", "--key-format=pkcs8"])
        .quiet_success();
    sandbox
}

fn documents(text: &str) -> Vec<Value> {
    text.split("---\n").map(yaml).collect()
}

#[test]
fn the_manifests_are_a_secret_an_issuer_and_a_certificate_for_the_service() {
    let sandbox = ca();
    let more =
        ["--namespace=mesh", "--hostname=cp.example,10.0.0.1,spiffe://mesh/cp", "--key-type=ecdsa"];
    let text = generate(&sandbox, "cert-manager", &[&ISSUER[..], &more].concat());
    let [secret, issuer, certificate] = documents(&text).try_into().expect("three documents");
    assert_eq!((&secret["kind"], &secret["type"]), (&json!("Secret"), &json!("kubernetes.io/tls")));
    assert_eq!(decoded(&secret["data"]["tls.crt"]), sandbox.read("ca.crt"));
    assert_eq!(decoded(&secret["data"]["tls.key"]), sandbox.read("ca.key"));
    assert_eq!(issuer["apiVersion"], "cert-manager.io/v1");
    assert_eq!(issuer["kind"], "Issuer");
    assert_eq!(issuer["spec"]["ca"]["secretName"], secret["metadata"]["name"]);
    assert_eq!(certificate["kind"], "Certificate");
    let spec = &certificate["spec"];
    assert_eq!(spec["secretName"], "general-tls-certs");
    assert_eq!(spec["issuerRef"]["name"], issuer["metadata"]["name"]);
    assert_eq!(
        spec["dnsNames"],
        json!([
            "kuma-control-plane.mesh",
            "kuma-control-plane.mesh.svc",
            "kuma-control-plane.mesh.svc.cluster.local",
            "cp.example"
        ])
    );
    assert_eq!(spec["ipAddresses"], json!(["10.0.0.1"]));
    assert_eq!(spec["uris"], json!(["spiffe://mesh/cp"]));
    assert_eq!(spec["usages"], json!(["digital signature", "server auth"]));
    assert_eq!(spec["privateKey"]["algorithm"], "ECDSA");
    assert_eq!(
        (&spec["duration"], &spec["renewBefore"]),
        (&json!("2160h0m0s"), &json!("720h0m0s"))
    );
    for document in [&secret, &issuer, &certificate] {
        assert_eq!(document["metadata"]["namespace"], "mesh");
    }
}

/// From nothing to the last artifact: what webhooks and proxies trust is what the Issuer signs with.
#[test]
fn the_manifests_and_the_values_refer_to_each_other() {
    let sandbox = ca();
    let more = ["--namespace=mesh", "--service=cp", "--secret-name=s", "--issuer-name=i"];
    let text = generate(&sandbox, "cert-manager", &[&ISSUER[..], &more].concat());
    let [secret, issuer, certificate] = documents(&text).try_into().expect("three documents");
    let values = ["--ca-cert-file=ca.crt", "--general-secret=s", "--service=cp"];
    let values = &yaml(&generate(&sandbox, "helm-values", &values))["controlPlane"];
    let general = &values["tls"]["general"];
    assert_eq!(decoded(&general["caBundle"]), decoded(&secret["data"]["tls.crt"]));
    assert_eq!(general["secretName"], certificate["spec"]["secretName"]);
    assert_eq!(issuer["spec"]["ca"]["secretName"], secret["metadata"]["name"]);
    assert_eq!(certificate["spec"]["issuerRef"]["name"], issuer["metadata"]["name"]);
    let service = values["service"]["name"].as_str().expect("a name");
    assert_eq!(certificate["spec"]["dnsNames"][0], format!("{service}.mesh"));
}

#[test]
fn a_chart_that_creates_the_certificate_gets_its_issuer_and_values() {
    let sandbox = ca();
    let issuer = generate(&sandbox, "cert-manager", &[&ISSUER[..], &["--for=chart"]].concat());
    let kinds: Vec<_> = documents(&issuer).iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(kinds, ["Secret", "Issuer"]);
    let values =
        yaml(&generate(&sandbox, "cert-manager", &[&ISSUER[..], &["--for=values"]].concat()));
    let found = &values["controlPlane"]["tls"]["general"]["certManager"];
    assert_eq!(found["enabled"], true);
    assert_eq!(found["issuerRef"]["name"], "kuma-ca");
    assert_eq!(found["dnsNames"][1], "kuma-control-plane.kuma-system.svc");
    assert!(values["controlPlane"]["service"].is_null(), "{values}");
}

/// Else the chart keeps its own name for the Service and the webhooks, which the certificate has not.
#[test]
fn the_charts_values_name_the_service_whose_names_the_certificate_has() {
    let sandbox = ca();
    let more = ["--for=values", "--service=my-cp"];
    let values = &yaml(&generate(&sandbox, "cert-manager", &[&ISSUER[..], &more].concat()));
    let names = &values["controlPlane"]["tls"]["general"]["certManager"]["dnsNames"];
    assert_eq!(names[0], "my-cp.kuma-system");
    assert_eq!(values["controlPlane"]["service"], json!({ "name": "my-cp" }));
}

#[test]
fn a_ca_that_cannot_issue_the_certificate_is_rejected() {
    let sandbox = Sandbox::new();
    let limited = ["generate", "ca-certificate", "--key-type=ecdsa", "--permit-dns=mesh.example"];
    assert_eq!(sandbox.kumactl(limited.iter().chain(&["--valid-for=60d"])).status, 0);
    let command = ["generate", "cert-manager", ISSUER[0], ISSUER[1]];
    let stderr = sandbox.kumactl(command.iter().chain(&["--valid-for=30d"])).failure(1);
    assert!(
        stderr.contains("kuma-control-plane.kuma-system violates the nameConstraints of"),
        "{stderr}"
    );
    let stderr = sandbox.kumactl(command).failure(2);
    assert!(stderr.contains("and its CA only until"), "{stderr}");
    let stderr = sandbox.kumactl(command.iter().chain(&["--valid-for=30m"])).failure(2);
    assert!(
        stderr.contains("a lifetime of at least 1h\nhint: use a lifetime such as --valid-for=90d"),
        "{stderr}"
    );
    let swapped =
        ["generate", "cert-manager", "--issuer-cert-file=ca.key", "--issuer-key-file=ca.crt"];
    assert!(sandbox.kumactl(swapped).failure(1).contains("private key"));
}

#[test]
fn a_certificate_has_the_requested_lifetime_and_is_renewed_after_two_thirds() {
    let sandbox = ca();
    for (valid_for, duration, renew_before) in [
        ("1h", "1h0m0s", "0h20m0s"),
        ("90m", "1h30m0s", "0h30m0s"),
        ("2h30m1s", "2h30m1s", "0h50m0s"),
        ("90d", "2160h0m0s", "720h0m0s"),
    ] {
        let valid_for = format!("--valid-for={valid_for}");
        let text = generate(&sandbox, "cert-manager", &[&ISSUER[..], &[&valid_for]].concat());
        let spec = &documents(&text)[2]["spec"];
        assert_eq!(
            (&spec["duration"], &spec["renewBefore"]),
            (&json!(duration), &json!(renew_before))
        );
    }
    let command = ["generate", "cert-manager", ISSUER[0], ISSUER[1]];
    let stderr = sandbox.kumactl(command.iter().chain(&["--valid-for=300y"])).failure(2);
    assert!(stderr.contains("cert-manager allows a lifetime of at most 292 years"), "{stderr}");
}

#[test]
fn the_cas_own_secret_is_not_overwritten_with_a_certificate() {
    let sandbox = ca();
    let command = ["generate", "cert-manager", ISSUER[0], ISSUER[1]];
    for same in ["--secret-name=kuma-ca", "--issuer-name=general-tls-certs"] {
        let stderr = sandbox.kumactl(command.iter().chain(&[same])).failure(2);
        assert!(stderr.contains("overwrite the Secret of the CA"), "{stderr}");
        assert!(
            stderr.contains("hint: use different names for --secret-name and --issuer-name"),
            "{stderr}"
        );
    }
}

#[test]
fn flags_that_the_chart_does_not_support_are_rejected() {
    let sandbox = ca();
    for purpose in ["--for=values", "--for=chart"] {
        for (flag, says) in [
            ("--hostname=10.0.0.1", "supports DNS names only, not 10.0.0.1"),
            ("--hostname=spiffe://mesh/cp", "supports DNS names only, not spiffe://mesh/cp"),
            ("--valid-for=30d", "does not support --valid-for"),
            ("--key-type=ecdsa", "does not support --key-type"),
            ("--secret-name=s", "does not support --secret-name"),
        ] {
            let command = ["generate", "cert-manager", ISSUER[0], ISSUER[1], purpose, flag];
            let stderr = sandbox.kumactl(command).failure(2);
            assert!(
                stderr.contains(says) && stderr.contains("hint: use --for=cluster"),
                "{stderr}"
            );
        }
    }
}
