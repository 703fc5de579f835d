//! Several clusters, rotations of the CA, and cert-manager.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::{Material, NAMES, check, checks, manifest, report, secret, swap, verify};
use crate::support::Sandbox;

const GLOBAL_NAMES: [&str; 4] = ["--type=server", NAMES[0], NAMES[1], "--hostname=zones.example"];

fn none() -> Vec<String> {
    Vec::new()
}

/// The manifests of a global control plane and a zone; both have the same names for their objects.
fn clusters(global: &Material, zone: &Material) -> (String, String) {
    let mut first = manifest(global);
    swap(&mut first, "value: \"zone\"", "value: \"global\"");
    let ingress = first
        .find("---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: kuma-ingress")
        .expect("it");
    let end = first[ingress + 4..].find("---\n").expect("an end") + ingress + 4;
    first.replace_range(ingress..end, "");
    let mut second = manifest(zone);
    swap(
        &mut second,
        "            - name: KUMA_MODE\n",
        "            - name: KUMA_MULTIZONE_ZONE_NAME\n              value: east\n            - name: \
         KUMA_MULTIZONE_ZONE_GLOBAL_ADDRESS\n              value: \"grpcs://zones.example:5685\"\n            - name: \
         KUMA_MULTIZONE_ZONE_KDS_ROOT_CA_FILE\n              value: /var/run/secrets/kuma.io/kds/ca.crt\n            - \
         name: KUMA_MODE\n",
    );
    swap(
        &mut second,
        "            - name: tmp\n",
        "            - name: kds\n              mountPath: /var/run/secrets/kuma.io/kds\n            - name: tmp\n",
    );
    swap(
        &mut second,
        "\n        - name: tmp\n",
        "\n        - name: kds\n          secret:\n            secretName: kds-ca-certs\n        - name: tmp\n",
    );
    second += &format!("---\n{}", secret("kds-ca-certs", &[("ca.crt", &global.ca)]));
    (first, second)
}

fn verify_both(sandbox: &Sandbox, global: &str, zone: &str) -> Value {
    sandbox.write("zone.yaml", zone);
    report(sandbox, global, &["--manifest=zone.yaml"])
}

/// As in the output of `kubectl get -A` of a test cluster.
#[test]
fn control_planes_in_two_namespaces_of_a_cluster_have_their_own_webhooks_and_proxies() {
    let sandbox = Sandbox::new();
    let names = NAMES.map(|name| name.replace("kuma-system", "kuma-two"));
    let (own, other) = (
        Material::new(&sandbox),
        Material::issue(&sandbox, &["--type=server", &names[0], &names[1]]),
    );
    let (first, second) = (manifest(&own), manifest(&other).replace("kuma-system", "kuma-two"));
    for text in [format!("{first}---\n{second}"), format!("{second}---\n{first}")] {
        let report = report(&sandbox, &text, &[]);
        assert_eq!(checks(&report, "failed"), none(), "{report:#}");
    }
    let swapped = manifest(&own).replace("kuma-system", "kuma-two");
    let report = report(&sandbox, &format!("{first}---\n{swapped}"), &[]);
    let failed = check(&report, "hostname", "failed");
    assert_eq!(failed["piece"], "Secret kuma-two/general-tls-certs");
}

#[test]
fn a_zone_and_its_global_control_plane_are_checked_against_each_other() {
    let sandbox = Sandbox::new();
    let (own, other) = (Material::issue(&sandbox, &GLOBAL_NAMES), Material::new(&sandbox));
    let (global, zone) = clusters(&own, &other);
    let good = verify_both(&sandbox, &global, &zone);
    assert_eq!(checks(&good, "failed"), none(), "{good:#}");
    assert!(
        check(&good, "zone-ca", "passed")["piece"]
            .as_str()
            .is_some_and(|piece| piece.contains("(zone east)"))
    );
    let mutations: [(&str, &str, &str, &str); 4] = [
        ("zone-ca", "kds-ca-certs\n  namespace", "kds-ca-certs\n  namespace", "other CA"),
        ("hostname", "grpcs://zones.example:5685", "grpcs://global.example:5685", ""),
        ("zone-address", "grpcs://zones.example:5685", "grpc://zones.example:5685", ""),
        (
            "zone-ca",
            "              value: /var/run/secrets/kuma.io/kds/ca.crt\n",
            "              value: ''\n",
            "",
        ),
    ];
    for (fails, old, new, kind) in mutations {
        let mut zone = zone.clone();
        swap(&mut zone, old, new);
        if kind == "other CA" {
            let line = |ca: &[u8]| format!("  ca.crt: {}\n", BASE64_STANDARD.encode(ca));
            swap(&mut zone, &line(&own.ca), &line(&other.ca));
        }
        let report = verify_both(&sandbox, &global, &zone);
        assert_eq!(checks(&report, "failed"), [fails], "{report:#}");
        let failed = check(&report, fails, "failed");
        assert_eq!(failed["component"], "zone kuma-cp", "{failed}");
    }
    // A public CA may have issued a certificate of which nothing is known, or that has public names only.
    let path = "              value: /var/run/secrets/kuma.io/kds/ca.crt\n";
    let trusting = zone.replacen(path, "              value: ''\n", 1);
    let unknown = report(&sandbox, &trusting, &[]);
    assert_eq!(
        (checks(&unknown, "failed"), checks(&unknown, "warning")),
        (none(), vec!["zone-ca".to_owned()])
    );
    let said = check(&unknown, "zone-ca", "warning").to_string();
    assert!(said.contains("public CAs") && said.contains("let a public CA issue"), "{said}");
    let mut unverified = zone.clone();
    swap(
        &mut unverified,
        "            - name: KUMA_MODE\n",
        "            - name: KUMA_MULTIZONE_ZONE_KDS_TLS_SKIP_VERIFY\n              value: \"true\"\n            - name: KUMA_MODE\n",
    );
    let warned = verify_both(&sandbox, &global, &unverified);
    assert_eq!(
        (checks(&warned, "failed"), checks(&warned, "warning")),
        (none(), vec!["zone-ca".to_owned()])
    );
    // Alone, the zone's CA file is all that can be checked.
    let alone = report(&sandbox, &zone, &[]);
    assert_eq!(checks(&alone, "failed"), none());
    check(&alone, "zone-ca", "skipped");
}

#[test]
fn a_rotation_in_progress_is_recognized_and_what_is_left_is_listed() {
    let sandbox = Sandbox::new();
    let (old, new) = (Material::new(&sandbox), Material::new(&sandbox));
    sandbox.write("old.crt", &old.ca);
    let both = [old.ca.clone(), new.ca.clone()].concat();
    let with = |signing: &Material, ca: &[u8]| Material {
        certificate: signing.certificate.clone(),
        key: signing.key.clone(),
        ca: ca.to_vec(),
    };
    // Before the certificate is replaced, and after.
    for (material, said, step) in [
        (with(&old, &both), "still signs", "replace the certificate"),
        (with(&new, &both), "is still trusted", "from ca.crt and from the CA bundle"),
    ] {
        let report = report(&sandbox, &manifest(&material), &["--previous=old.crt"]);
        assert_eq!(checks(&report, "failed"), none(), "{report:#}");
        let rotation = check(&report, "rotation", "warning");
        assert!(rotation["text"].as_str().is_some_and(|text| text.contains(said)), "{rotation}");
        let steps = rotation["steps"].as_array().expect("steps");
        assert!(
            steps.iter().any(|one| one.as_str().is_some_and(|one| one.contains(step))),
            "{rotation}"
        );
    }
    // Webhooks that do not trust the new CA yet.
    let material = with(&old, &both);
    let text = manifest(&material).replace(&material.bundle(), &old.bundle());
    let text = text
        .replace(&format!("ca.crt: {}", old.bundle()), &format!("ca.crt: {}", material.bundle()));
    let said = verify(&sandbox, &text, &["--previous=old.crt"]).quiet_success();
    assert!(said.contains("let 3 webhooks of kuma-admission-mutating"), "{said}");
    // The rotation is done.
    let done = report(&sandbox, &manifest(&new), &["--previous=old.crt"]);
    assert_eq!(checks(&done, "warning"), none());
}

/// The objects with which cert-manager fills the Secret, from an Issuer with a CA.
fn managed(own: &Material) -> String {
    let text = manifest(own).replace(&format!("      caBundle: {}\n", own.bundle()), "");
    let (objects, _) = text.rsplit_once("---\n").expect("the Secret");
    let annotations = "  annotations:\n    cert-manager.io/inject-ca-from: kuma-system/kuma-tls-cert\nwebhooks:\n";
    objects.replace("webhooks:\n", annotations)
        + "---\napiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata:\n  name: kuma-tls-cert\n  namespace: \
           kuma-system\nspec:\n  secretName: general-tls-certs\n  dnsNames:\n  - kuma-control-plane.kuma-system\n  - \
           kuma-control-plane.kuma-system.svc\n  issuerRef:\n    kind: Issuer\n    name: kuma-ca\n---\napiVersion: \
           cert-manager.io/v1\nkind: Issuer\nmetadata:\n  name: kuma-ca\n  namespace: kuma-system\nspec:\n  ca:\n    \
           secretName: kuma-ca\n---\n"
        + &secret("kuma-ca", &[("tls.crt", &own.ca), ("tls.key", &own.key)])
}

#[test]
fn the_objects_of_cert_manager_agree_with_control_plane_and_webhooks() {
    let sandbox = Sandbox::new();
    let golden = managed(&Material::new(&sandbox));
    let good = report(&sandbox, &golden, &[]);
    assert_eq!((checks(&good, "failed"), checks(&good, "warning")), (none(), none()), "{good:#}");
    check(&good, "cert-manager", "passed");
    check(&good, "secret", "skipped");
    for (old, new) in [
        ("  - kuma-control-plane.kuma-system\n", ""),
        ("  - kuma-control-plane.kuma-system.svc\n", ""),
        ("  secretName: general-tls-certs\n  dnsNames", "  secretName: kuma-tls\n  dnsNames"),
        ("inject-ca-from: kuma-system/kuma-tls-cert", "inject-ca-from: kuma-system/kuma-tls"),
        ("    name: kuma-ca\n---", "    name: my-ca\n---"),
        ("    secretName: kuma-ca\n", "    secretName: my-ca\n"),
    ] {
        let mut text = golden.clone();
        swap(&mut text, old, new);
        let report = report(&sandbox, &text, &[]);
        assert_eq!(checks(&report, "failed"), ["cert-manager"], "{old} {report:#}");
    }
    let mut text = golden;
    swap(&mut text, "  ca:\n    secretName: kuma-ca\n", "  selfSigned: {}\n");
    let warned = report(&sandbox, &text, &[]);
    assert_eq!(
        (checks(&warned, "failed"), checks(&warned, "warning")),
        (none(), vec!["cert-manager".to_owned()])
    );
}
