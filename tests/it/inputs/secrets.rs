//! Secrets among other objects, and objects that create Secrets.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::sandbox;
use crate::support::{Ended, Sandbox};

/// A Secret with these keys, each with the file of its name.
fn secret(sandbox: &Sandbox, namespace: &str, name: &str, keys: &[&str]) -> String {
    let data: String = keys
        .iter()
        .map(|key| format!("  {key}: {}\n", BASE64_STANDARD.encode(sandbox.read(key))))
        .collect();
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\n  namespace: {namespace}\n\
         data:\n{data}"
    )
}

const ALL: [&str; 3] = ["ca.crt", "tls.crt", "tls.key"];
const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: kuma-system\n";

fn list(kind: &str, items: &[&str]) -> String {
    let items = items.iter().map(|item| {
        let item = item.trim_end().replace('\n', "\n  ");
        format!("- {item}\n")
    });
    format!("apiVersion: v1\nkind: {kind}\nitems:\n{}", items.collect::<String>())
}

fn verify(sandbox: &Sandbox, more: &[&str]) -> Ended {
    let fixed = ["verify", "tls-certificate", "--secret=all.yaml", "--hostname=cp.example", "-q"];
    sandbox.kumactl(fixed.iter().chain(more))
}

#[test]
fn the_only_secret_with_a_pair_is_found_in_documents_and_lists() {
    let sandbox = sandbox();
    let wanted = secret(&sandbox, "kuma-system", "general-tls-certs", &ALL);
    let zone = secret(&sandbox, "kuma-system", "kds-ca-certs", &["ca.crt"]);
    for text in [
        format!("{NAMESPACE}---\n{wanted}"),
        format!("---\n{wanted}---\n{NAMESPACE}"),
        format!("{zone}---\n{wanted}---\n"),
        format!("---\n---\n{wanted}"),
        list("List", &[&wanted]),
        list("List", &[NAMESPACE, &zone, &wanted]),
        list(
            "SecretList",
            &[&zone, &wanted]
                .map(|item| item.strip_prefix("apiVersion: v1\nkind: Secret\n").expect("a kind")),
        ),
        format!("{}---\n{zone}", list("List", &[&wanted])),
        list("List", &[&list("List", &[&wanted])]),
    ] {
        sandbox.write("all.yaml", &text);
        assert_eq!(verify(&sandbox, &[]).quiet_success(), "", "{text}");
    }
    let one = BASE64_STANDARD.encode(sandbox.read("tls.crt"));
    let json = format!(
        "{{\"apiVersion\":\"v1\",\"items\":[{{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"data\":\
         {{\"tls.crt\":\"{one}\"}},\"metadata\":{{\"name\":\"a\"}}}}],\"kind\":\"List\"}}"
    );
    sandbox.write("all.yaml", json);
    let shown = sandbox.kumactl(["inspect", "certificate", "all.yaml"]).quiet_success();
    assert!(shown.starts_with("all.yaml, tls.crt (Kubernetes Secret)\n"), "{shown}");
}

#[test]
fn secret_name_selects_one_of_several_secrets() {
    let sandbox = sandbox();
    let good = secret(&sandbox, "kuma-system", "general-tls-certs", &ALL);
    let client = Sandbox::new();
    let made = ["--type=client", "--hostname=user", "--cert-file=tls.crt", "--key-file=tls.key"];
    client.generate(made.iter().chain(&["--ca-cert-file=ca.crt"])).quiet_success();
    let bad = secret(&client, "kuma-system", "api-client", &ALL);
    let same_name = secret(&client, "other", "general-tls-certs", &ALL);
    sandbox.write("all.yaml", [good, bad, same_name].join("---\n"));
    assert_eq!(
        verify(&sandbox, &[]).failure(3),
        "error: all.yaml contains 3 Secrets with a certificate: kuma-system/general-tls-certs, \
         kuma-system/api-client, other/general-tls-certs\n\
         hint: choose one: --secret-name=kuma-system/general-tls-certs\n"
    );
    let hint = "--secret-name=kuma-system/general-tls-certs";
    assert_eq!(verify(&sandbox, &[hint]).quiet_success(), "");
    assert_eq!(verify(&sandbox, &["--secret-name=api-client"]).status, 1);
    let stderr = verify(&sandbox, &["--secret-name=general-tls-certs"]).failure(3);
    assert!(
        stderr.starts_with("error: all.yaml contains 2 Secrets with a certificate: "),
        "{stderr}"
    );
    let stderr = verify(&sandbox, &["--secret-name=nowhere/general-tls-certs"]).failure(3);
    assert!(stderr.contains("none of the Secrets in all.yaml has the name"), "{stderr}");

    let shown = sandbox.kumactl(["inspect", "certificate", "all.yaml"]).quiet_success();
    for name in ["kuma-system/general-tls-certs/ca.crt", "other/general-tls-certs/tls.crt"] {
        assert!(shown.contains(&format!("all.yaml, {name} (Kubernetes Secret)\n")), "{shown}");
    }
}

#[test]
fn a_file_without_a_secret_with_a_pair_is_reported_with_its_contents() {
    let sandbox = sandbox();
    let zone = secret(&sandbox, "kuma-system", "kds-ca-certs", &["ca.crt"]);
    let keyless = secret(&sandbox, "kuma-system", "keyless", &["tls.crt"]);
    let sealed = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec:\n  encryptedData:\n    \
                  tls.crt: AgBy3i4OJSWK\n";
    let external = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nspec: {}\n";
    let sops_field = format!("{zone}sops:\n  version: '3.8'\n");
    let sops_value = "apiVersion: v1\nkind: Secret\nstringData:\n  \
                      tls.crt: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]\n";
    let from_cluster = "hint: read the Secret that the controller creates in the cluster: kubectl get secret NAME \
                        -n NAMESPACE -o yaml | kumactl verify tls-certificate --secret=-\n";
    let sops = "its values are encrypted with SOPS\n\
                hint: sops -d all.yaml | kumactl verify tls-certificate --secret=-\n";
    for (text, says) in [
        (
            format!("{zone}---\n{keyless}"),
            "none of the 2 Secrets in all.yaml has tls.crt and tls.key",
        ),
        (list("List", &[NAMESPACE]), "it is a Namespace, not a Secret"),
        ("kind: List\nitems: []\n".to_owned(), "it has no Secret"),
        ("kind: List\nitems: {}\n".to_owned(), "not a Kubernetes object in YAML or JSON (line 2)"),
        (sealed.to_owned(), "it is a SealedSecret, whose values only its controller can decrypt\n"),
        (sealed.to_owned(), from_cluster),
        (
            external.to_owned(),
            "it is an ExternalSecret, which has no values but only their source\n",
        ),
        (external.to_owned(), from_cluster),
        (sops_field, sops),
        (sops_value.to_owned(), sops),
        (
            "apiVersion: cert-manager.io/v1\nkind: Certificate\n".to_owned(),
            "it is a Certificate, not a Secret",
        ),
    ] {
        sandbox.write("all.yaml", &text);
        let stderr = verify(&sandbox, &[]).failure(3);
        assert!(stderr.contains(says), "{text}: {stderr}");
        let ended = sandbox.kumactl(["inspect", "certificate", "all.yaml"]);
        let is_shown = text.contains("---\n");
        assert_eq!(ended.status, if is_shown { 0 } else { 3 }, "{text}: {ended:?}");
    }
    sandbox.write("all.yaml", sealed);
    let stderr = sandbox.kumactl(["inspect", "certificate", "all.yaml"]).failure(3);
    assert!(stderr.contains("-o yaml | kumactl inspect certificate -\n"), "{stderr}");
}

#[test]
fn a_secret_without_the_ca_that_the_chart_mounts_causes_a_warning() {
    let sandbox = sandbox();
    sandbox.write("all.yaml", secret(&sandbox, "kuma-system", "a", &["tls.crt", "tls.key"]));
    let says = "the Secret has no ca.crt, which the chart mounts into the control plane unless \
                controlPlane.tls.general.caSecretName names another Secret";
    let verify = ["verify", "tls-certificate", "--secret=all.yaml", "--ca-cert-file=ca.crt"];
    let names = ["--hostname=cp.example"];
    let ended = sandbox.kumactl(verify.iter().chain(&names));
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(ended.stdout.contains(says), "{ended:?}");
    let files = ["generate", "kubernetes-secret", "--cert-file=tls.crt", "--key-file=tls.key"];
    let made = sandbox.kumactl(files);
    assert_eq!(made.stderr, format!("warning: {says}; add --ca-cert-file=ca.crt\n"));
    let for_the_api_server = sandbox.kumactl(files.iter().chain(&["--secret-type=tls"]));
    assert_eq!(for_the_api_server.stderr, "");
    sandbox.write("tls.yaml", &for_the_api_server.stdout);
    let verify_tls = ["verify", "tls-certificate", "--secret=tls.yaml", "--ca-cert-file=ca.crt"];
    for (purpose, is_warned) in
        [(None, false), (Some("api-server"), false), (Some("general"), true)]
    {
        let purpose = purpose.map(|purpose| format!("--purpose={purpose}"));
        let args = verify_tls.iter().chain(&names).map(ToString::to_string).chain(purpose);
        let ended = sandbox.kumactl(args);
        assert_eq!((ended.status, ended.stdout.contains(says)), (0, is_warned), "{ended:?}");
    }
    let hosts = ["--ca-cert-file=ca.crt", "--hostname=cp.example"];
    let made = sandbox.kumactl(files.iter().chain(&hosts)).quiet_success();
    sandbox.write("all.yaml", made);
    let ended = sandbox.kumactl(verify.iter().chain(&names));
    assert!(ended.status == 0 && !ended.stdout.contains(says), "{ended:?}");
}
