//! What is read: documents, lists and JSON, of any size, and hostile text.

use std::fmt::Write as _;

use super::{Material, checks, manifest, report, verify};
use crate::support::{Sandbox, kumactl, run};

/// The objects of a manifest as `kubectl get -o json` prints them: kinds behind the data.
fn as_json(manifest: &str) -> String {
    let documents = manifest
        .split("---\n")
        .map(|document| serde_saphyr::from_str::<serde_json::Value>(document).expect("an object"));
    let items: Vec<_> = documents.collect();
    let list = serde_json::json!({ "apiVersion": "v1", "items": items, "kind": "List" });
    serde_json::to_string_pretty(&list).expect("JSON")
}

/// The objects as a JSON array, as `jq .items` prints them.
fn as_array(manifest: &str) -> String {
    let list: serde_json::Value = serde_json::from_str(&as_json(manifest)).expect("JSON");
    serde_json::to_string_pretty(&list["items"]).expect("JSON")
}

/// The same as YAML of `kubectl get -o yaml`.
fn as_list(manifest: &str) -> String {
    let mut text = "apiVersion: v1\nitems:\n".to_owned();
    for document in manifest.split("---\n") {
        let mut start = "- ";
        for line in document.lines().filter(|line| !line.starts_with('#')) {
            let _ = writeln!(text, "{start}{line}");
            start = "  ";
        }
    }
    text + "kind: List\nmetadata:\n  resourceVersion: \"\"\n"
}

#[test]
fn documents_lists_and_json_are_read_alike() {
    let sandbox = Sandbox::new();
    let good = manifest(&Material::new(&sandbox));
    let bad = good.replace("secretName: general-tls-certs", "secretName: certs");
    for (text, failures) in [(good, 0), (bad, 1)] {
        let reports = [
            report(&sandbox, &text, &["--at=2030-01-01"]),
            report(&sandbox, &as_list(&text), &["--at=2030-01-01"]),
            report(&sandbox, &as_json(&text), &["--at=2030-01-01"]),
            report(&sandbox, &as_json(&text).replace('\n', ""), &["--at=2030-01-01"]),
            report(&sandbox, &text.replace('\n', "\r\n"), &["--at=2030-01-01"]),
            report(&sandbox, &format!("\u{feff}---\n{text}...\n---\n"), &["--at=2030-01-01"]),
            report(&sandbox, &format!("%YAML 1.2\n---\n{text}"), &["--at=2030-01-01"]),
            report(&sandbox, &as_array(&text), &["--at=2030-01-01"]),
            report(&sandbox, &as_array(&text).replace('\n', ""), &["--at=2030-01-01"]),
        ];
        assert_eq!(checks(&reports[0], "failed").len(), failures);
        for report in &reports[1..] {
            assert_eq!(report, &reports[0]);
        }
    }
}

#[test]
fn secrets_can_be_in_another_file_and_the_manifest_on_standard_input() {
    let sandbox = Sandbox::new();
    let text = manifest(&Material::new(&sandbox));
    let (objects, secret) = text.rsplit_once("---\n").expect("a Secret");
    sandbox.write("secret.yaml", secret);
    sandbox.write("objects.yaml", objects);
    let ended = sandbox.shell(
        "kumactl verify installation --manifest=- --secret=secret.yaml --quiet < objects.yaml",
    );
    assert_eq!(ended.quiet_success(), "");
}

/// As the API server answers: the items of such a list have no kind.
#[test]
fn lists_of_one_kind_are_read_in_yaml_and_json() {
    let sandbox = Sandbox::new();
    let text = manifest(&Material::new(&sandbox));
    let list: serde_json::Value = serde_json::from_str(&as_json(&text)).expect("JSON");
    let items = list["items"].as_array().expect("items");
    let kinds: std::collections::BTreeSet<_> =
        items.iter().filter_map(|item| item["kind"].as_str()).collect();
    let lists = |kind_first: bool| {
        kinds.iter().map(move |kind| {
            let of_kind = items.iter().filter(|item| item["kind"] == *kind).cloned();
            let of_kind: Vec<_> = of_kind
                .map(|mut item| {
                    let fields = item.as_object_mut().expect("an object");
                    fields.remove("kind");
                    fields.remove("apiVersion");
                    item
                })
                .collect();
            let items = serde_json::to_string(&of_kind).expect("JSON");
            let kind = format!("\"kind\": \"{kind}List\"");
            let metadata = "\"metadata\": {\"resourceVersion\": \"1\"}";
            if kind_first {
                format!("{{{kind}, \"apiVersion\": \"v1\", {metadata}, \"items\": {items}}}\n")
            } else {
                format!("{{\"apiVersion\": \"v1\", \"items\": {items}, {kind}, {metadata}}}\n")
            }
        })
    };
    let yaml = |json: String| {
        let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        format!("---\n{}", serde_saphyr::to_string(&value).expect("YAML"))
    };
    for text in
        [lists(true).collect::<String>(), lists(false).collect(), lists(true).map(yaml).collect()]
    {
        let report = report(&sandbox, &text, &[]);
        assert_eq!(checks(&report, "failed"), Vec::<String>::new(), "{text} {report:#}");
        super::check(&report, "webhook-ca-bundle", "passed");
    }
}

#[test]
fn objects_of_other_programs_are_passed_over() {
    let sandbox = Sandbox::new();
    let mut text = manifest(&Material::new(&sandbox));
    text += "---\nkind: Deployment\nspec: [this, is: {no: Deployment}]\n---\nkind: Anything\nspec: : : :\n---\n\
             apiVersion: v1\nkind: Secret\nmetadata:\n  name: sh.helm.release.v1.kuma.v1\ntype: \
             helm.sh/release.v1\ndata:\n  release: '*'\n---\n# nothing\n";
    assert_eq!(checks(&report(&sandbox, &text, &[]), "failed"), Vec::<String>::new());
}

/// Knative has a `Service`, and many operators have a `Certificate`.
#[test]
fn objects_with_the_kind_of_another_api_are_passed_over() {
    let sandbox = Sandbox::new();
    let own = Material::new(&sandbox);
    let text = manifest(&own);
    for foreign in [
        "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: kuma-control-plane\n  namespace: \
         kuma-system\nspec:\n  template: {}\n",
        "apiVersion: acme.example/v1\nkind: Certificate\nmetadata:\n  name: x\nspec:\n  ca: text\n  issuerRef: text\n",
        "apiVersion: acme.example/v1\nkind: Secret\nmetadata:\n  name: general-tls-certs\n  namespace: \
         kuma-system\ndata: text\n",
        "apiVersion: acme.example/v1\nkind: \"AllowList\"\nitems: {a: 1}\n",
        "apiVersion: acme.example/v1\nkind: AllowList\nitems:\n- 1.2.3.4\n- b: c\n",
    ] {
        let report = report(&sandbox, &format!("{foreign}---\n{text}"), &[]);
        assert_eq!(checks(&report, "failed"), Vec::<String>::new(), "{foreign}");
    }
}

#[test]
fn labels_without_a_value_and_names_of_helm_releases_do_not_hide_a_control_plane() {
    let sandbox = Sandbox::new();
    let text = manifest(&Material::new(&sandbox));
    let start = "kind: Deployment\nmetadata:\n";
    assert!(text.contains(start));
    let odd = format!("{start}  labels: {{a: null, b: helm.sh/release.v1}}\n");
    let report = report(&sandbox, &text.replacen(start, &odd, 1), &[]);
    assert_eq!(checks(&report, "failed"), Vec::<String>::new(), "{report:#}");
}

#[test]
fn hostile_text_ends_with_its_line_and_status_three() {
    let sandbox = Sandbox::new();
    let text = manifest(&Material::new(&sandbox));
    let lines = text.lines().count();
    let aliases = "a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\n"
        .to_owned()
        + "c: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c]\n"
        + "e: &e [*d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e, *e, *e, *e, *e]\n";
    for (name, hostile) in [
        ("aliases", format!("kind: Secret\n{aliases}")),
        ("depth", format!("kind: Secret\na: {}\n", "[".repeat(100_000))),
        ("octets", "kind: Service\nmetadata:\n  name: \u{0}\n".to_owned()),
        ("syntax", "kind: Service\nmetadata:\n  name: 'a\n".to_owned()),
        ("size", format!("kind: Service\na: {}\n", "x".repeat(5 << 20))),
    ] {
        let ended = verify(&sandbox, &format!("{text}---\n{hostile}"), &[]);
        let said = ended.failure(3);
        assert!(said.contains("could not read the manifest manifest.yaml: "), "{name}: {said}");
        let line = said.split("line ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
        assert!(line.is_some_and(|line: usize| line > lines), "{name}: {said}");
    }
    for (text, said) in [
        ("", "there is no Kubernetes object in it"),
        ("{\"kind\": \"List\", \"items\": [", "cannot be read as YAML or JSON"),
        ("kind: ConfigMap\n", "there is no control plane of Kuma in what was read"),
    ] {
        let ended = verify(&sandbox, text, &[]);
        assert!(ended.failure(3).contains(said), "{text}");
    }
    let none = sandbox.kumactl(["verify", "installation"]).failure(2);
    assert!(none.contains("--manifest"), "{none}");
}

/// Memory is limited for the process, so that a run that keeps its input would fail.
#[test]
fn the_output_of_a_large_cluster_is_read_object_by_object() {
    let sandbox = Sandbox::new();
    let text = as_list(&manifest(&Material::new(&sandbox)));
    let (before, after) = text.split_once("items:\n").expect("a list");
    let mut large = format!("{before}items:\n");
    let payload = "QUJD".repeat(20_000);
    for number in 0..600 {
        let _ = write!(
            large,
            "- apiVersion: v1\n  data:\n    file: |\n      kind: Secret\n      ---x\n    payload: {payload}\n  kind: \
             ConfigMap\n  metadata:\n    name: c{number}\n"
        );
    }
    large += after;
    assert!(large.len() > 45 << 20);
    sandbox.write("large.yaml", large);
    let mut limited = sandbox.command("sh");
    limited.args([
        "-euc",
        "ulimit -v 600000; exec \"$0\" verify installation --manifest=large.yaml --quiet",
    ]);
    assert_eq!(run(limited.arg(kumactl())).quiet_success(), "");
}
