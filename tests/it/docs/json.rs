//! The page on JSON names every field that the program prints.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::root;
use crate::support::{Sandbox, kumactl, run};

/// Collects the names of all fields in a value.
fn fields(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                found.insert(name.clone());
                fields(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| fields(value, found)),
        _ => {}
    }
}

#[test]
fn the_page_on_json_names_every_field_of_every_report() {
    let page = fs::read_to_string(root().join("docs/reference/json.md")).expect("a page");
    let sandbox = Sandbox::new();
    let specification =
        "certificates: [{name: a, type: client, hostnames: [a.example], keyType: ecdsa}]";
    sandbox.write("many.yaml", specification);
    let tokens = "kumactl generate signing-key --format=pem --key-file=signing.key --quiet
        kumactl generate public-key --signing-key-path=signing.key > signing.pub
        kumactl generate dataplane-token --valid-for=1h --signing-key-path=signing.key --kid=1 > dp.token";
    sandbox.shell(tokens).quiet_success();
    for command in [
        "generate ca-certificate --key-type=ecdsa",
        "generate tls-certificate --type=server --hostname=a.example --key-type=ecdsa",
        "generate control-plane-tls --mode=kubernetes --output-dir=tls --key-type=ecdsa",
        "generate tls-certificates --file=many.yaml --output-dir=many",
        "verify tls-certificate --cert-file=cert.pem --key-file=key.pem --hostname=b.example",
        "inspect certificate cert.pem key.pem",
        "generate dataplane-token --valid-for=1h --signing-key-path=signing.key --kid=1",
        "verify token dp.token --public-key=signing.pub",
    ] {
        let mut process = sandbox.command(kumactl());
        let text = run(process.args(command.split(' ')).arg("--output=json")).stdout;
        let mut found = BTreeSet::new();
        fields(&serde_json::from_str(&text).expect("JSON"), &mut found);
        assert!(found.len() > 3, "{command}: {text}");
        for name in found {
            let is_named =
                page.contains(&format!("`{name}`")) || page.contains(&format!("\"{name}\""));
            assert!(is_named, "docs/reference/json.md does not name {name} of {command}");
        }
    }
}
