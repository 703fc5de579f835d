//! The JSON Schema for editors, held against the reader.

use std::fs;

use kuma_pki::spec::{ARTIFACTS, Specification, TYPES};
use regex_lite::Regex;
use serde_json::Value;

fn schema() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/tls-certificates.schema.json");
    serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON")
}

#[test]
fn the_schema_for_editors_has_the_fields_of_the_reader() {
    let schema = schema();
    let fields = |place: &str| {
        let properties = schema.pointer(place).and_then(Value::as_object).expect(place);
        let mut names: Vec<String> = properties.keys().cloned().collect();
        names.sort();
        names
    };
    // The reader lists its fields when it meets one that it does not know.
    let read = |text: &str| {
        let faults = Specification::parse(text).expect_err("an unknown field").errors;
        let hint = faults[0].hint.as_deref().expect("a hint");
        let names = hint.strip_prefix("use one of ").expect("the fields").split(", ");
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        names.sort();
        names
    };
    assert_eq!(fields("/properties"), read("unknown: 1"));
    assert_eq!(fields("/properties/issuer/properties"), read("issuer: {unknown: 1}"));
    assert_eq!(
        fields("/properties/issuer/properties/create/properties"),
        read("issuer: {create: {unknown: 1}}")
    );
    let mut certificate = read("certificates: [{unknown: 1}]");
    assert_eq!(fields("/$defs/certificate/properties"), certificate);
    certificate.retain(|field| field != "name");
    assert_eq!(fields("/properties/defaults/properties"), certificate);
    assert_eq!(fields("/properties/signingKeys/properties"), read("signingKeys: {unknown: 1}"));
    let key = read("signingKeys: {zone: {unknown: 1}}");
    assert_eq!(fields("/$defs/signingKey/properties"), key);
    assert_eq!(fields("/$defs/token/properties"), read("tokens: [{unknown: 1}]"));
    for kind in ["dataplane", "zone", "user"] {
        let place = format!("/$defs/token/properties/{kind}/properties");
        assert_eq!(
            fields(&place),
            read(&format!("tokens: [{{{kind}: {{unknown: 1}}}}]")),
            "{kind}"
        );
    }
    let list = |place: &str| {
        let list = schema.pointer(place).and_then(Value::as_array).expect(place).iter();
        list.map(|value| value.as_str().expect("text").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list("/$defs/type/enum"), TYPES.map(|(name, _)| name));
    assert_eq!(list("/$defs/artifact/enum"), ARTIFACTS);
    let types: Vec<_> =
        kuma_pki::KeyAlgorithm::ALL.iter().flat_map(|one| one.names()).copied().collect();
    assert_eq!(list("/$defs/keyType/enum"), types);
}

/// Whether a value is as a schema wants it, by the keywords that ours uses. Others end the test.
fn accepts(root: &Value, schema: &Value, value: &Value) -> bool {
    let accepts = |schema: &Value, value: &Value| accepts(root, schema, value);
    schema.as_object().expect("a schema").iter().all(|(keyword, wanted)| match keyword.as_str() {
        "$schema" | "$defs" | "title" | "description" | "default" => true,
        "$ref" => {
            let place = wanted.as_str().and_then(|text| text.strip_prefix('#')).expect("a place");
            accepts(root.pointer(place).expect(place), value)
        }
        "type" => match wanted.as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            other => panic!("{other:?}"),
        },
        "enum" => wanted.as_array().expect("a list").contains(value),
        "oneOf" => {
            let branches = wanted.as_array().expect("a list").iter();
            branches.filter(|one| accepts(one, value)).count() == 1
        }
        "anyOf" => wanted.as_array().expect("a list").iter().any(|one| accepts(one, value)),
        "not" => !accepts(wanted, value),
        "required" => value.as_object().is_none_or(|map| {
            let names = wanted.as_array().expect("a list").iter();
            names.map(|name| name.as_str().expect("a name")).all(|name| map.contains_key(name))
        }),
        "properties" => value.as_object().is_none_or(|map| {
            map.iter().all(|(name, value)| wanted.get(name).is_none_or(|one| accepts(one, value)))
        }),
        "additionalProperties" => value.as_object().is_none_or(|map| {
            map.iter().all(|(name, value)| match wanted {
                Value::Bool(false) => schema["properties"].get(name).is_some(),
                wanted => accepts(wanted, value),
            })
        }),
        "items" => value.as_array().is_none_or(|list| list.iter().all(|one| accepts(wanted, one))),
        "minItems" => value.as_array().is_none_or(|list| list.len() >= number(wanted)),
        "minLength" => value.as_str().is_none_or(|text| text.chars().count() >= number(wanted)),
        "maxLength" => value.as_str().is_none_or(|text| text.chars().count() <= number(wanted)),
        "pattern" => value.as_str().is_none_or(|text| {
            Regex::new(wanted.as_str().expect("a pattern")).expect("a pattern").is_match(text)
        }),
        other => panic!("the keyword {other} is not looked at"),
    })
}

fn number(value: &Value) -> usize {
    value.as_u64().and_then(|number| number.try_into().ok()).expect("a number")
}

#[test]
fn the_schema_and_the_reader_accept_the_same() {
    let schema = schema();
    let long = format!(r#"{{"name": "{}"}}"#, "n".repeat(201));
    let certificates = [
        (r#"{"name": "z-1.a_b"}"#, true),
        (r#"{"name": "007"}"#, true),
        (r#"{"name": 7}"#, false),
        (r#"{"name": true}"#, false),
        (r#"{"name": null}"#, false),
        (r#"{"name": ""}"#, false),
        (r#"{"name": "a/b"}"#, false),
        (r#"{"name": ".a"}"#, false),
        (r#"{"name": "a."}"#, false),
        (r#"{"name": "CON"}"#, false),
        (r#"{"name": "nul.txt"}"#, false),
        (r#"{"name": "com1"}"#, false),
        (r#"{"name": "com"}"#, true),
        (r#"{"name": "console"}"#, true),
        (long.as_str(), false),
        (r#"{}"#, false),
        ("7", false),
        (r#"{"name": "a", "keyType": "ecdsa-p256"}"#, true),
        (r#"{"name": "a", "keyType": "rsa-2048"}"#, true),
        (r#"{"name": "a", "keyType": "dsa"}"#, false),
        (r#"{"name": "a", "type": "client"}"#, true),
        (r#"{"name": "a", "type": "servr"}"#, false),
        (r#"{"name": "a", "hostnames": "b.example"}"#, true),
        (r#"{"name": "a", "hostnames": ["*.b.example", "10.0.0.1", "::1"]}"#, true),
        (r#"{"name": "a", "hostnames": []}"#, true),
        (r#"{"name": "a", "hostnames": ""}"#, false),
        (r#"{"name": "a", "hostnames": [""]}"#, false),
        (r#"{"name": "a", "hostnames": "b c"}"#, false),
        (r#"{"name": "a", "hostnames": "b,c"}"#, false),
        (r#"{"name": "a", "hostnames": [7]}"#, false),
        (r#"{"name": "a", "hostnames": null}"#, false),
        (r#"{"name": "a", "hostnames": {"a": "b"}}"#, false),
        (r#"{"name": "a", "kubernetesService": "cp.kuma-system"}"#, true),
        (r#"{"name": "a", "kubernetesService": ["cp"]}"#, false),
        (r#"{"name": "a", "kubernetesService": "1cp.kuma-system"}"#, false),
        (r#"{"name": "a", "validFor": "90d"}"#, true),
        (r#"{"name": "a", "validFor": "1h30m"}"#, true),
        (r#"{"name": "a", "validFor": 90}"#, false),
        (r#"{"name": "a", "validFor": "90"}"#, false),
        (r#"{"name": "a", "artifacts": "secret", "namespace": "n"}"#, true),
        (r#"{"name": "a", "artifacts": []}"#, true),
        (r#"{"name": "a", "artifacts": ["pem", "secrets"]}"#, false),
        (r#"{"name": "a", "namespace": "A"}"#, false),
        (r#"{"name": "a", "namespace": ""}"#, false),
        (r#"{"name": "a", "namespace": "a.b"}"#, false),
        (r#"{"name": "a", "secretName": "a.b"}"#, true),
        (r#"{"name": "a", "secretName": ""}"#, false),
        (r#"{"name": "a", "secretName": "a..b"}"#, false),
        (r#"{"name": "a", "hostname": "b"}"#, false),
    ]
    .map(|(certificate, is_good)| {
        let defaults = r#"{"type": "server", "hostnames": "d.example"}"#;
        (format!(r#"{{"defaults": {defaults}, "certificates": [{certificate}]}}"#), is_good)
    });
    let tokens = [
        (r#"{"name": "a", "dataplane": {}}"#, true),
        (r#"{"name": "a", "dataplane": {"name": "", "mesh": "", "workload": ""}}"#, true),
        (r#"{"name": "a", "dataplane": {"name": "b c"}}"#, true),
        (r#"{"name": "a", "dataplane": {"name": " b"}}"#, false),
        (r#"{"name": "a", "dataplane": {"tags": {"t": "v", "u": ["v", "w"], "x": []}}}"#, true),
        (r#"{"name": "a", "dataplane": {"tags": {"t": ""}}}"#, false),
        (r#"{"name": "a", "dataplane": {"tags": {"t": 1}}}"#, false),
        (r#"{"name": "a", "dataplane": {"zone": "z"}}"#, false),
        (r#"{"name": "a", "dataplane": null}"#, false),
        (r#"{"name": "a"}"#, false),
        (r#"{"name": "CON", "dataplane": {}}"#, false),
        (r#"{"dataplane": {}}"#, false),
        (r#"{"name": "a", "dataplane": {}, "user": {}}"#, false),
        (r#"{"name": "a", "zone": {}}"#, false),
        (r#"{"name": "a", "zone": {"zone": ""}}"#, false),
        (r#"{"name": "a", "zone": {"zone": "z"}}"#, true),
        (r#"{"name": "a", "zone": {"zone": "z", "scope": "cp"}}"#, true),
        (r#"{"name": "a", "zone": {"zone": "z", "scope": []}}"#, false),
        (r#"{"name": "a", "zone": {"zone": "z", "scope": ["mesh"]}}"#, false),
        (r#"{"name": "a", "user": {}}"#, true),
        (r#"{"name": "a", "user": {"name": ""}}"#, false),
        (r#"{"name": "a", "user": {"groups": []}}"#, true),
        (r#"{"name": "a", "user": {"groups": [""]}}"#, false),
        (r#"{"name": "a", "user": {}, "validFor": "90"}"#, false),
        (r#"{"name": "a", "user": {}, "keyType": "rsa"}"#, false),
    ]
    .map(|(token, is_good)| {
        let key = r#"{"keyFile": "k", "kid": "1"}"#;
        let keys = format!(r#"{{"dataplane": {key}, "zone": {key}, "user": {key}}}"#);
        let defaults = r#"{"validFor": "30d"}"#;
        let text =
            format!(r#"{{"signingKeys": {keys}, "defaults": {defaults}, "tokens": [{token}]}}"#);
        (text, is_good)
    });
    let good = r#""certificates": [{"name": "a", "type": "server", "hostnames": "b"}]"#;
    let wholes = [
        (r#""issuer": {"certFile": "a", "keyFile": "b"}"#, true),
        (r#""issuer": {"certFile": "a", "keyFile": "b", "create": {}}"#, true),
        (r#""issuer": {"certFile": "a", "keyFile": "b", "create": {"name": "Mesh CA"}}"#, true),
        (r#""issuer": {"certFile": "a", "keyFile": "b", "create": {"name": " "}}"#, false),
        (r#""issuer": {"certFile": "a", "keyFile": "b", "create": null}"#, false),
        (r#""issuer": {"certFile": "", "keyFile": "b"}"#, false),
        (r#""issuer": {"certFile": "a"}"#, false),
        (r#""issuer": {"certFile": "a", "keyFile": 7}"#, false),
        (r#""issuer": null"#, false),
        (r#""issuer": []"#, false),
        (r#""defaults": {}"#, true),
        (r#""defaults": null"#, false),
        (r#""defaults": {"name": "a"}"#, false),
        (r#""defaults": {"secretName": "a"}"#, true),
        (r#""default": {}"#, false),
        (r#""signingKeys": {}"#, true),
        (r#""signingKeys": null"#, false),
        (r#""signingKeys": {"zone": {"keyFile": "a", "kid": "1"}}"#, true),
        (r#""signingKeys": {"zone": {"keyFile": "a", "kid": 1}}"#, false),
        (r#""signingKeys": {"zone": {"keyFile": "a", "kid": ""}}"#, false),
        (r#""signingKeys": {"zone": {"keyFile": "a"}}"#, false),
        (r#""signingKeys": {"zone": {"keyFile": "", "kid": "1"}}"#, false),
    ]
    .map(|(section, is_good)| (format!("{{{section}, {good}}}"), is_good));
    let others = [
        (r#"{"certificates": []}"#.to_owned(), false),
        (r#"{"certificates": null}"#.to_owned(), false),
        (r#"{"certificates": {"a": "b"}}"#.to_owned(), false),
        ("{}".to_owned(), false),
        ("[]".to_owned(), false),
        ("7".to_owned(), false),
    ];
    for (text, is_good) in certificates.into_iter().chain(tokens).chain(wholes).chain(others) {
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(accepts(&schema, &schema, &value), is_good, "the schema: {text}");
        let read = Specification::parse(&text);
        assert_eq!(read.is_ok(), is_good, "the reader: {text}\n{read:?}");
    }
}
