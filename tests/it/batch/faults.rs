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
fn a_number_or_a_boolean_is_not_taken_for_the_text_that_was_typed() {
    let stderr = faults(
        "\
issuer: {certFile: 1.0, keyFile: ca.key}
defaults: {type: server, artefacts: [secret], namespace: 10}
certificates:
- {name: 1.10, hostnames: [0x10, a.example]}
- {name: 007, hostnames: true}
- {name: a, hostnames: [1.5], secretName: 010}
",
    );
    for said in [
        "error: 1:20: certFile is a number, not a text\nhint: put it in quotes",
        "error: 2:58: namespace is a number, not a text\n",
        "error: 4:10: name is a number, not a text\nhint: put it in quotes",
        "error: 4:28: hostnames is a number, not a text\n",
        "error: 5:10: name is a number, not a text\n",
        "error: 5:26: hostnames is a boolean, not a text\n",
        "error: 6:25: hostnames is a number, not a text\n",
        "error: 6:43: secretName is a number, not a text\n",
    ] {
        assert!(stderr.contains(said), "{said}\n--\n{stderr}");
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
fn what_stands_behind_a_fault_is_read_all_the_same() {
    let stderr = faults(
        "\
certificates:
- {name: a, name: b, type: server, hostnames: [a b]}
- {name: c, type: server, hostnames: []}
defaults: {validFor: 1h, validFor: 2h}
certificates: []
defaults: []
",
    );
    for said in [
        "error: 2:13: the field name is there twice\nhint: join them, or take one away\n",
        "error: 2:48: hostname \"a b\" has white space inside\n",
        "error: 3:3: c: a certificate needs at least one name\n",
        "error: 4:26: the field validFor is there twice\n",
        "error: 5:1: the field certificates is there twice\n",
        "error: 6:1: the field defaults is there twice\n",
    ] {
        assert!(stderr.contains(said), "{said}\n--\n{stderr}");
    }
    assert_eq!(stderr.matches("error: ").count(), 6, "{stderr}");
}

#[test]
fn what_may_stand_behind_what_cannot_be_read_is_no_fault() {
    let stderr = faults(
        "certificates:\n- {name: a, hostnames: [a.example]}\n- {name: b, hostnames: [*.b.example]}\n\
         defaults: {type: server}\n",
    );
    assert_eq!(
        stderr,
        "error: 3:25: a * begins the name of an anchor, and there is none of this name\n\
         hint: put a name that begins with * in quotes: \"*.example.com\"\n"
    );
}

#[test]
fn a_fault_of_the_defaults_is_not_repeated_for_each_certificate() {
    for defaults in ["[]", "7", "{type: servr}"] {
        let stderr = faults(&format!(
            "defaults: {defaults}\ncertificates:\n- {{name: a, hostnames: [a.example]}}\n"
        ));
        assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
    }
}

#[test]
fn the_ca_is_looked_at_whatever_else_is_wrong() {
    let stderr = faults(
        "issuer: {certFile: ca.crt, keyFile: ca.key}\ncertificates:\n- {name: a/b, type: server, \
         hostnames: [a.example]}\n",
    );
    assert!(stderr.contains("error: 3:10: the name \"a/b\" is not safe"), "{stderr}");
    assert!(stderr.contains("error: 1:9: could not read the CA certificate file"), "{stderr}");
}

#[test]
fn common_mistakes_in_yaml_are_told_with_what_to_do() {
    for (text, place, says) in [
        ("- name: a\n\ttype: server\n", "2:9", "a tab\nhint: indent with blanks"),
        ("\t- name: a\n", "2:2", "a tab\nhint: indent with blanks"),
        ("- {name: a, hostnames: [*.example.com]}\n", "2:25", "a * begins the name of an anchor"),
        ("- {name: a, hostnames: *other}\n", "2:24", "a * begins the name of an anchor"),
        ("- name: \"a\n  type: server\n", "2:9", "the quoted text does not end\nhint: put the"),
        ("- {name: a\n", "2:3", "the bracket is not closed\nhint: [ is closed by ]"),
        ("- {name: a]\n", "2:3", "the bracket is closed by another one\n"),
        ("- name: a\n   type: server\n", "3:8", "a colon is where no field can be\nhint: fields"),
        ("- name: a\n type: server\n", "3:2", "the indentation is not that of the lines above"),
        ("- name: @a\n", "2:9", "no text begins with this character\nhint: put the text in quo"),
        ("- {name: \"a\" \"b\"}\n", "2:14", "a comma or the end of the line is missing"),
        ("- {name: \"\\q\"}\n", "2:10", "the quoted text has an escape that there is not\nhint"),
    ] {
        let stderr = faults(&format!("certificates:\n{text}"));
        assert!(stderr.starts_with(&format!("error: {place}: {says}")), "{text}: {stderr}");
        assert!(stderr.contains("hint: "), "{stderr}");
    }
    for (text, says) in [
        ("certificates: {a: b}\n", "1:1: certificates is a map, not a list\nhint: certificates"),
        ("certificates: a\n", "1:1: certificates is a text, not a list\n"),
        ("certificates:\n", "1:1: certificates is nothing, not a list\n"),
        ("defaults:\ncertificates: []\n", "1:9: defaults is nothing, not a map\nhint: give it"),
        ("issuer:\ncertificates: []\n", "1:7: issuer is nothing, not a map\nhint: give it"),
        (
            "defaults: {validFor: }\n",
            "1:20: validFor is nothing, not a text\nhint: give it a value",
        ),
        ("7\n", "1:1: it is no map of issuer, defaults and certificates\n"),
        ("- a\n", "1:1: it is no map of issuer, defaults and certificates\n"),
    ] {
        let stderr = faults(text);
        assert!(stderr.starts_with(&format!("error: {says}")), "{text}: {stderr}");
    }
}

#[test]
fn what_would_take_too_much_is_told_with_what_to_do() {
    let mut bomb =
        String::from("certificates:\n- {name: a, hostnames: &x0 [a, a, a, a, a, a, a, a]}\n");
    for index in 0..8 {
        let aliases = vec![format!("*x{index}"); 10].join(", ");
        bomb += &format!("- {{name: a, hostnames: &x{} [{aliases}]}}\n", index + 1);
    }
    let deep = format!("certificates:\n- {}{}\n", "[".repeat(5000), "]".repeat(5000));
    for (text, says) in [
        (
            bomb,
            ": its aliases make more of it than is read\nhint: use defaults instead of aliases\n",
        ),
        (deep, ": it is nested too deep\nhint: certificates"),
        ("certificates:\n- {[a]: b}\n".to_owned(), ": the name of a field is no text\nhint: field"),
    ] {
        let stderr = faults(&text);
        let last = &stderr[stderr.rfind("error: ").expect("an error")..];
        let is_told = last.contains(says) || last.contains("more faults");
        assert!(is_told, "{says}\n{last}");
    }
}

#[test]
fn faults_that_are_not_told_are_counted() {
    let mut text = String::from("certificates:\n");
    for index in 0..2000 {
        text += &format!("- {{name: n{index}, hostnames: [n{index}.example]}}\n");
    }
    let stderr = faults(&text);
    assert_eq!(stderr.matches("has no type").count(), 50);
    assert!(stderr.contains(" 1,950 more faults\n"), "{stderr}");
}

#[test]
fn a_name_that_some_system_cannot_have_for_a_directory_is_refused() {
    for name in ["CON", "nul.txt", "lpt1", "a.", "-a", "a b"] {
        let text = format!("certificates:\n- {{name: '{name}', type: server, hostnames: [a.b]}}\n");
        let stderr = faults(&text);
        assert!(stderr.starts_with("error: 2:10: the name "), "{name}: {stderr}");
    }
}

#[test]
fn a_secrets_name_can_be_a_default() {
    let sandbox = sandbox(
        "defaults: {type: server, keyType: ecdsa, artefacts: secret, namespace: kuma-system, \
         secretName: kuma-tls-cert}\n\
         certificates:\n- {name: a, hostnames: [a.example]}\n- {name: b, hostnames: [b.example]}\n",
    );
    generate(&sandbox, &[]).quiet_success();
    for name in ["a", "b"] {
        let secret = sandbox.read(&format!("tls/{name}/secret.yaml"));
        assert!(secret.contains("  name: kuma-tls-cert\n"), "{secret}");
    }
}
