//! What is wrong with a specification.

use super::{generate, sandbox};

/// The faults of a specification, without its name.
fn faults(text: &str) -> String {
    let sandbox = sandbox(text);
    let stderr = generate(&sandbox, &[]).failure(2);
    assert_eq!(sandbox.names(), ["zones.yaml"]);
    stderr.replace("zones.yaml:", "")
}

#[test]
fn numbers_and_booleans_are_not_accepted_as_strings() {
    for (text, place, typed) in [
        ("issuer: {certFile: 1.0, keyFile: ca.key}\n", "1:20", "1.0"),
        ("defaults: {type: server, namespace: 1e3}\n", "1:37", "1e3"),
        ("certificates:\n- {name: 1.10}\n", "2:10", "1.10"),
        ("certificates:\n- {name: 007}\n", "2:10", "007"),
        ("certificates:\n- {name: 010}\n", "2:10", "010"),
        ("certificates:\n- {name: true}\n", "2:10", "true"),
        ("certificates:\n- {hostnames: [0x10, a.example]}\n", "2:16", "0x10"),
        ("certificates:\n- {secretName: 1_000}\n", "2:16", "1_000"),
    ] {
        assert_eq!(
            faults(text),
            format!(
                "error: {place}: expected a string, found the number or boolean {typed}\n\
                 hint: quote it: \"{typed}\"\n"
            ),
            "{text}"
        );
    }
    for value in ["7", "true"] {
        let stderr = faults(&format!("certificates:\n- {{name: a, hostnames: {value}}}\n"));
        assert_eq!(
            stderr,
            "error: 2:13: expected a string or a list of strings\n\
             hint: put a number or boolean in quotes\n"
        );
    }
    let texts = "certificates:\n- {name: '1.10', type: server, hostnames: ['0x10.example'], \
                 keyType: ecdsa}\n- {name: no, type: server, hostnames: [yes], keyType: ecdsa}\n";
    let sandbox = sandbox(texts);
    generate(&sandbox, &[]).quiet_success();
    for name in ["1.10", "no"] {
        assert!(sandbox.path(&format!("tls/{name}/tls.crt")).exists());
    }
}

#[test]
fn unknown_and_duplicate_fields_are_errors() {
    for (text, says) in [
        ("default: {}\n", "1:1: unknown field \"default\"\nhint: did you mean defaults?"),
        (
            "issuer: {x: 1}\n",
            "1:10: unknown field \"x\"\nhint: use one of certFile, keyFile, create\n",
        ),
        (
            "certificates:\n- name: a\n  hostname: b\n- 7\n",
            "3:3: unknown field \"hostname\"\nhint: did you mean hostnames?\n",
        ),
        (
            "certificates:\n- {name: a, name: b}\n",
            "2:13: duplicate field\nhint: merge the two, or remove one\n",
        ),
        ("certificates: []\ncertificates: []\n", "2:1: duplicate field\n"),
        ("certificates:\n- 7\n", "2:3: expected a mapping\n"),
    ] {
        let stderr = faults(text);
        assert!(stderr.starts_with(&format!("error: {says}")), "{text}: {stderr}");
        assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
    }
    let long = format!("{}: 1\n", "x".repeat(1000));
    assert!(faults(&long).len() < 300, "{}", faults(&long));
}

#[test]
fn a_syntax_error_is_reported_alone() {
    let stderr = faults(
        "certificates:\n- {name: a, hostnames: [a.example]}\n- {name: b, hostnames: [*.b.example]}\n\
         defaults: {type: server}\n",
    );
    assert_eq!(
        stderr,
        "error: 3:25: * begins an alias, and its anchor does not exist\n\
         hint: quote a name that begins with *: \"*.example.com\"\n"
    );
}

#[test]
fn a_value_that_is_far_too_long_is_not_repeated_in_the_error() {
    let long = "n".repeat(5_000_000);
    for field in ["name", "hostnames", "validFor", "keyType"] {
        let stderr = faults(&format!("certificates:\n- {{type: server, {field}: {long}}}\n"));
        assert!(stderr.contains("expected at most 4096 bytes"), "{field}: {}", stderr.len());
        assert_eq!(stderr.matches("nnn").count(), 0);
    }
}

#[test]
fn an_error_in_defaults_is_reported_once() {
    let stderr =
        faults("defaults: {type: servr}\ncertificates:\n- {name: a, hostnames: [a.example]}\n");
    assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
}

#[test]
fn the_ca_is_checked_whatever_else_is_wrong() {
    let stderr = faults(
        "issuer: {certFile: ca.crt, keyFile: ca.key}\ncertificates:\n- {name: a/b, type: server, \
         hostnames: [a.example]}\n",
    );
    assert!(stderr.contains("error: 3:10: the name \"a/b\" is not safe"), "{stderr}");
    assert!(stderr.contains("error: 1:9: could not read the CA certificate file"), "{stderr}");
}

#[test]
fn common_mistakes_in_yaml_are_reported_with_a_hint() {
    for (text, place, says) in [
        ("- name: a\n\ttype: server\n", "2:9", "unexpected tab\nhint: indent with spaces"),
        ("\t- name: a\n", "2:2", "unexpected tab\nhint: indent with spaces"),
        ("- {name: a, hostnames: [*.example.com]}\n", "2:25", "* begins an alias"),
        ("- {name: a, hostnames: *other}\n", "2:24", "* begins an alias"),
        ("- name: \"a\n  type: server\n", "2:9", "unterminated quoted string\nhint: add the"),
        ("- {name: a\n", "2:3", "unclosed bracket\nhint: close [ with ]"),
        ("- {name: a]\n", "2:3", "mismatched closing bracket\n"),
        ("- name: a\n   type: server\n", "3:8", "unexpected colon\nhint: indent"),
        ("- name: a\n type: server\n", "3:2", "inconsistent indentation"),
        ("- name: @a\n", "2:9", "a string cannot begin with this character\nhint: quote the str"),
        ("- {name: \"a\" \"b\"}\n", "2:14", "unexpected text after a quoted string"),
        ("- {name: \"\\q\"}\n", "2:10", "unknown escape in a quoted string\nhint"),
    ] {
        let stderr = faults(&format!("certificates:\n{text}"));
        assert!(stderr.starts_with(&format!("error: {place}: {says}")), "{text}: {stderr}");
        assert!(stderr.contains("hint: "), "{stderr}");
    }
    for (text, says) in [
        ("certificates: {a: b}\n", "1:15: expected a list\nhint: "),
        ("certificates: a\n", "1:15: expected a list\n"),
        ("certificates:\n", "1:13: expected a list\n"),
        ("defaults:\ncertificates: []\n", "1:9: expected a mapping\nhint: field: value\n"),
        ("issuer:\ncertificates: []\n", "1:7: expected a mapping\n"),
        ("defaults: {type: }\n", "1:16: expected a string, found nothing\nhint: set a"),
        ("defaults: {validFor: }\n", "1:12: expected a duration such as 720h or 90d\n"),
        ("7\n", "1:1: expected a mapping\n"),
        ("- a\n", "1:1: expected a mapping\n"),
    ] {
        let stderr = faults(text);
        assert!(stderr.starts_with(&format!("error: {says}")), "{text}: {stderr}");
    }
}

#[test]
fn documents_over_a_limit_are_reported_with_a_hint() {
    let mut bomb = String::from("certificates:\n- &x0 {type: server}\n");
    for index in 0..8 {
        let aliases = vec![format!("*x{index}"); 10].join(", ");
        bomb += &format!("- &x{} {{<<: [{aliases}]}}\n", index + 1);
    }
    let deep = format!("certificates:\n- <<: {}{}\n", "[".repeat(5000), "]".repeat(5000));
    for (text, says) in [
        (bomb, ": aliases expand to more than the limit\nhint: use defaults instead of aliases\n"),
        (deep, ": nested too deeply\nhint: certificates"),
        ("certificates:\n- {[a]: b}\n".to_owned(), ": expected a string\n"),
    ] {
        let stderr = faults(&text);
        assert!(stderr.contains(says), "{says}\n{stderr}");
    }
}

#[test]
fn errors_that_are_not_printed_are_counted() {
    let mut text = String::from("certificates:\n");
    for index in 0..2000 {
        text += &format!("- {{name: n{index}, hostnames: [n{index}.example]}}\n");
    }
    let stderr = faults(&text);
    assert_eq!(stderr.matches("has no type").count(), 50);
    assert!(stderr.contains(" 1,950 more errors\n"), "{stderr}");
}

#[test]
fn a_name_that_is_no_directory_name_on_every_system_is_rejected() {
    for name in ["CON", "nul.txt", "lpt1", "a.", "-a", "a b"] {
        let text = format!("certificates:\n- {{name: '{name}', type: server, hostnames: [a.b]}}\n");
        let stderr = faults(&text);
        assert!(stderr.starts_with("error: 2:10: the name "), "{name}: {stderr}");
    }
}

#[test]
fn the_name_of_the_secret_can_be_a_default() {
    let sandbox = sandbox(
        "defaults: {type: server, keyType: ecdsa, artifacts: secret, namespace: kuma-system, \
         secretName: kuma-tls-cert}\n\
         certificates:\n- {name: a, hostnames: [a.example]}\n- {name: b, hostnames: [b.example]}\n",
    );
    generate(&sandbox, &[]).quiet_success();
    for name in ["a", "b"] {
        let secret = sandbox.read(&format!("tls/{name}/secret.yaml"));
        assert!(secret.contains("  name: kuma-tls-cert\n"), "{secret}");
    }
}
