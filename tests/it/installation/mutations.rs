//! One change to an installation that fits fails the one check that is about it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Material, NAMES, check, checks, manifest, report, secret, swap};
use crate::support::Sandbox;

/// A change to the manifest, with a pair of another CA at hand, and the check that must fail.
struct Mutation {
    name: &'static str,
    change: fn(&mut String, &Material, &Material),
    fails: &'static str,
}

const fn mutation(
    name: &'static str,
    fails: &'static str,
    change: fn(&mut String, &Material, &Material),
) -> Mutation {
    Mutation { name, change, fails }
}

/// Replaces the bundle of every webhook.
fn bundle(manifest: &mut String, own: &Material, bundle: &str) {
    let old = format!("caBundle: {}\n", own.bundle());
    assert!(manifest.contains(&old));
    *manifest = manifest.replace(&old, &format!("caBundle: {bundle}\n"));
}

/// Replaces a value of the Secret.
fn value(manifest: &mut String, key: &str, old: &[u8], new: &[u8]) {
    let line = |value: &[u8]| format!("  {key}: {}\n", BASE64_STANDARD.encode(value));
    swap(manifest, &line(old), &line(new));
}

/// Removes a variable with its value.
fn unset(manifest: &mut String, variable: &str) {
    let start = manifest.find(&format!("            - name: {variable}\n")).expect("the variable");
    let length = manifest[start..].match_indices('\n').nth(1).expect("two lines").0 + 1;
    manifest.replace_range(start..start + length, "");
}

/// Removes the document that begins with this kind and name.
fn remove(manifest: &mut String, kind: &str, name: &str) {
    let is_it = |document: &&str| {
        document.contains(&format!("kind: {kind}\n"))
            && document.contains(&format!("\n  name: {name}\n"))
    };
    let documents: Vec<_> = manifest.split("---\n").collect();
    let kept: Vec<_> = documents.iter().filter(|document| !is_it(document)).copied().collect();
    assert_eq!(kept.len() + 1, documents.len());
    *manifest = kept.join("---\n");
}

/// Replaces the pair of the Secret, and with `ca` all places of the CA.
fn pair(manifest: &mut String, own: &Material, new: &Material) {
    value(manifest, "tls.crt", &own.certificate, &new.certificate);
    value(manifest, "tls.key", &own.key, &new.key);
}

fn running_pod(ca: &str) -> String {
    let ca = ca.replace('\n', "\n          ");
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: shop-1\n  namespace: shop\nspec:\n  containers:\n  - name: \
         kuma-sidecar\n    env:\n    - name: KUMA_CONTROL_PLANE_URL\n      value: \
         https://kuma-control-plane.kuma-system:5678\n    - name: KUMA_CONTROL_PLANE_CA_CERT\n      value: |\n          {ca}\n"
    )
}

const MUTATIONS: [Mutation; 40] = [
    mutation("the first line of `base64` on Linux", "webhook-ca-bundle", |text, own, _| {
        bundle(text, own, &own.bundle()[..76]);
    }),
    mutation("a bundle cut elsewhere", "webhook-ca-bundle", |text, own, _| {
        bundle(text, own, &own.bundle()[..401]);
    }),
    mutation("a bundle encoded twice", "webhook-ca-bundle", |text, own, _| {
        bundle(text, own, &BASE64_STANDARD.encode(own.bundle()));
    }),
    mutation("a bundle folded into lines", "webhook-ca-bundle", |text, own, _| {
        let line = own.bundle();
        bundle(text, own, &format!("{}\n        {}", &line[..76], &line[76..]));
    }),
    mutation("a bundle that is PEM", "webhook-ca-bundle", |text, own, _| {
        let pem = String::from_utf8_lossy(&own.ca).replace('\n', "\\n");
        bundle(text, own, &format!("\"{pem}\""));
    }),
    mutation("a bundle that is nothing", "webhook-ca-bundle", |text, own, _| {
        bundle(text, own, "????")
    }),
    mutation("a bundle with a key", "webhook-ca-bundle", |text, own, _| {
        let both = [own.ca.clone(), own.key.clone()].concat();
        bundle(text, own, &BASE64_STANDARD.encode(both));
    }),
    mutation("no bundle", "webhook-ca-bundle", |text, own, _| bundle(text, own, "")),
    mutation("the bundle of another CA", "webhook-ca-bundle", |text, own, other| {
        bundle(text, own, &other.bundle());
    }),
    mutation("another CA in one webhook", "webhook-ca-bundle", |text, own, other| {
        swap(text, &own.bundle(), &other.bundle());
    }),
    mutation("a webhook that calls another Service", "webhook-service", |text, _, _| {
        swap(text, "        name: kuma-control-plane\n", "        name: kuma-cp\n");
    }),
    mutation("a webhook that calls another namespace", "webhook-service", |text, _, _| {
        swap(text, "        namespace: kuma-system\n", "        namespace: kuma\n");
    }),
    mutation("no Secret", "secret", |text, _, _| remove(text, "Secret", "general-tls-certs")),
    mutation("the Secret in another namespace", "secret", |text, _, _| {
        swap(
            text,
            "name: general-tls-certs\n  namespace: kuma-system",
            "name: general-tls-certs\n  namespace: x",
        );
    }),
    mutation("a volume of another Secret", "secret", |text, _, _| {
        swap(text, "secretName: general-tls-certs", "secretName: general-tls-cert");
    }),
    mutation("a Secret without ca.crt", "secret-keys", |text, own, _| {
        swap(text, &format!("  ca.crt: {}\n", own.bundle()), "");
    }),
    mutation("a Secret without tls.key", "secret-keys", |text, own, _| {
        swap(text, &format!("  tls.key: {}\n", BASE64_STANDARD.encode(&own.key)), "");
    }),
    mutation("a value that is not Base64", "secret-keys", |text, own, _| {
        swap(
            text,
            &format!("  tls.key: {}", BASE64_STANDARD.encode(&own.key)),
            "  tls.key: '-----'",
        );
    }),
    mutation("a Secret for Kuma's policies", "secret-type", |text, _, _| {
        swap(text, "type: Opaque", "type: system.kuma.io/secret");
    }),
    mutation("the key of another certificate", "private-key", |text, own, other| {
        value(text, "tls.key", &own.key, &other.key);
    }),
    mutation("certificate and key exchanged", "certificate-file", |text, own, _| {
        value(text, "tls.crt", &own.certificate, &own.key);
        value(text, "tls.key", &own.key, &own.certificate);
    }),
    mutation("a pair of another CA", "chain", pair),
    mutation("ca.crt of another CA", "chain", |text, own, other| {
        value(text, "ca.crt", &own.ca, &other.ca);
    }),
    mutation("a CA file that is a key", "ca-file", |text, own, _| {
        value(text, "ca.crt", &own.ca, &own.key);
    }),
    mutation("a certificate that is not mounted", "mounts", |text, _, _| {
        swap(
            text,
            "/tls-cert/ca.crt\n              subPath",
            "/tls-certs/ca.crt\n              subPath",
        );
    }),
    mutation("a variable with another path", "mounts", |text, _, _| {
        swap(text, "\"/var/run/secrets/kuma.io/tls-cert/ca.crt\"", "\"/etc/ca.crt\"");
    }),
    mutation("a volume without the file", "mounts", |text, _, _| {
        swap(text, "                path: ca.crt", "                path: ca.pem");
    }),
    mutation("no variable for the key", "variables", |text, _, _| {
        unset(text, "KUMA_GENERAL_TLS_KEY_FILE");
    }),
    mutation("no variable for the certificate", "variables", |text, _, _| {
        unset(text, "KUMA_GENERAL_TLS_CERT_FILE");
    }),
    mutation("no variable for either", "variables", |text, _, _| {
        unset(text, "KUMA_GENERAL_TLS_KEY_FILE");
        unset(text, "KUMA_GENERAL_TLS_CERT_FILE");
    }),
    mutation("no CA for sidecars", "variables", |text, _, _| {
        unset(text, "KUMA_RUNTIME_KUBERNETES_INJECTOR_CA_CERT_FILE");
    }),
    mutation("another system namespace", "variables", |text, _, _| {
        swap(
            text,
            "NAMESPACE\n              value: \"kuma-system\"",
            "NAMESPACE\n              value: \"kuma\"",
        );
    }),
    mutation("the name of another Service", "service", |text, _, _| {
        swap(text, "value: \"kuma-control-plane\"", "value: \"kuma-cp\"");
    }),
    mutation("a Service without the port for proxies", "service", |text, _, _| {
        swap(text, "    - port: 5678", "    - port: 5679");
    }),
    mutation("a Service without the port for webhooks", "service", |text, _, _| {
        swap(text, "    - port: 443", "    - port: 444");
    }),
    mutation("a Service of other pods", "service", |text, _, _| {
        swap(text, "  selector:\n    app: kuma-control-plane", "  selector:\n    app: kuma-cp");
    }),
    mutation("an ingress that dials another Service", "proxy-address", |text, _, _| {
        swap(
            text,
            "https://kuma-control-plane.kuma-system:5678",
            "https://kuma-cp.kuma-system:5678",
        );
    }),
    mutation("an ingress with another CA", "proxy-ca", |text, _, other| {
        swap(text, "secretName: \"general-tls-certs\"", "secretName: other-ca");
        *text += &format!("---\n{}", secret("other-ca", &[("ca.crt", &other.ca)]));
    }),
    mutation("a running proxy with another CA", "proxy-ca", |text, _, other| {
        *text += &running_pod(&String::from_utf8_lossy(&other.ca));
    }),
    mutation("a running proxy without a CA that can be read", "proxy-ca", |text, _, _| {
        *text += &running_pod("ca");
    }),
];

#[test]
fn each_mutation_fails_the_one_check_that_is_about_it() {
    let sandbox = Sandbox::new();
    let (own, other) = (Material::new(&sandbox), Material::new(&sandbox));
    let golden = manifest(&own);
    let mut wrong = Vec::new();
    for Mutation { name, change, fails } in MUTATIONS {
        let mut text = golden.clone();
        change(&mut text, &own, &other);
        assert_ne!(text, golden, "{name}");
        let found = checks(&report(&sandbox, &text, &[]), "failed");
        if found != [fails] {
            wrong.push(format!("{name}: {found:?} instead of {fails}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Certificates that fit in all but one respect, from the CA that everyone trusts.
#[test]
fn each_defect_of_the_certificate_fails_the_check_of_verify_tls_certificate() {
    let sandbox = Sandbox::new();
    for (flags, at, fails) in [
        (&["--type=server", NAMES[0]][..], "+1d", "hostname"),
        (&["--type=server", NAMES[1]], "+1d", "hostname"),
        (&["--type=server", "--hostname=my-cp.mesh,my-cp.mesh.svc"], "+1d", "hostname"),
        (&["--type=client", NAMES[0], NAMES[1]], "+1d", "extended-key-usage"),
        (&["--type=server", NAMES[0], NAMES[1], "--key-type=ecdsa-p384"], "+1d", "client"),
        (&["--type=server", NAMES[0], NAMES[1], "--valid-for=30d"], "+40d", "dates"),
        (&["--type=server", NAMES[0], NAMES[1]], "2001-01-01", "dates"),
    ] {
        let material = Material::issue(&sandbox, flags);
        let report = report(&sandbox, &manifest(&material), &[&format!("--at={at}")]);
        assert_eq!(checks(&report, "failed"), [fails], "{flags:?} {report:#}");
    }
}

#[test]
fn an_installation_that_fits_passes_as_yaml_as_a_list_and_with_a_running_proxy() {
    let sandbox = Sandbox::new();
    let own = Material::new(&sandbox);
    let golden = manifest(&own);
    let pod = running_pod(&String::from_utf8_lossy(&own.ca));
    for text in [golden.clone(), golden + &pod] {
        let report = report(&sandbox, &text, &[]);
        assert_eq!(checks(&report, "failed"), Vec::<String>::new());
        assert_eq!(checks(&report, "warning"), Vec::<String>::new());
        for name in [
            "secret",
            "chain",
            "private-key",
            "hostname",
            "webhook-ca-bundle",
            "proxy-ca",
            "service",
        ] {
            check(&report, name, "passed");
        }
    }
}

#[test]
fn the_bundle_of_the_documented_command_on_linux_is_recognized_and_explained() {
    let sandbox = Sandbox::new();
    let own = Material::new(&sandbox);
    let mut text = manifest(&own);
    bundle(&mut text, &own, &own.bundle()[..76]);
    let report = report(&sandbox, &text, &[]);
    let failed = check(&report, "webhook-ca-bundle", "failed");
    assert_eq!(failed["component"], "kube-apiserver");
    let said = failed["text"].as_str().unwrap_or_default();
    assert!(said.contains("only the first 76 characters") && said.contains("GNU base64"), "{said}");
    let error = &failed["component_error"]["text"];
    assert!(error.as_str().unwrap_or_default().contains("unable to parse bytes as PEM block"));
    assert!(failed["hint"].as_str().unwrap_or_default().contains("kumactl generate ca-bundle"));
}

#[test]
fn the_previous_ca_is_named_as_such() {
    let sandbox = Sandbox::new();
    let (old, new) = (Material::new(&sandbox), Material::new(&sandbox));
    sandbox.write("old.crt", &old.ca);
    let mut text = manifest(&new);
    bundle(&mut text, &new, &old.bundle());
    let report = report(&sandbox, &text, &["--previous=old.crt"]);
    let failed = check(&report, "webhook-ca-bundle", "failed");
    assert!(
        failed["text"].as_str().unwrap_or_default().contains("still trusts the previous CA"),
        "{failed}"
    );
    assert!(failed["hint"].as_str().unwrap_or_default().contains("helm upgrade"), "{failed}");
}
