//! What YAML is to a specification: aliases, merge keys, numbers, and what is too much.

use std::fmt::Write as _;

use kuma_pki::ExtendedKeyUsage;
use kuma_pki::spec::{Specification, SpecificationErrors};

const ALIASES: &str = ": aliases expand to more than the limit";

#[track_caller]
fn read(text: &str) -> Specification {
    Specification::parse(text).unwrap_or_else(|found| panic!("{:?}: {text}", found.errors))
}

fn faults(text: &str) -> SpecificationErrors {
    Specification::parse(text).err().unwrap_or_else(|| panic!("there is no fault in {text}"))
}

/// The last fault, with its place.
fn last(text: &str) -> String {
    let faults = faults(text).errors;
    let fault = faults.last().expect("a fault");
    format!("{}: {}", fault.position, fault.text)
}

/// Where the faults are.
fn places(text: &str) -> Vec<String> {
    faults(text).errors.iter().map(|fault| fault.position.to_string()).collect()
}

/// The names of the certificate at a position.
fn names(specification: &Specification, position: usize) -> Vec<String> {
    let request = &specification.certificates[position].request;
    request.subject_alt_names().iter().map(ToString::to_string).collect()
}

#[test]
fn an_alias_is_a_copy_and_errors_name_the_place_of_its_use() {
    let text = "certificates:\n\
                - {name: &n a, type: server, hostnames: &h [&x a.example, b.example]}\n\
                - {name: b, type: server, hostnames: *h}\n\
                - {name: c, type: server, hostnames: [*x, *n]}\n\
                - &d {name: d, type: client, hostnames: *n}\n";
    let specification = read(text);
    assert_eq!(names(&specification, 1), ["a.example", "b.example"]);
    assert_eq!(names(&specification, 2), ["a.example", "a"]);
    assert_eq!(names(&specification, 3), ["a"]);
    let lines: Vec<_> = specification.certificates.iter().map(|one| one.position.line).collect();
    assert_eq!(lines, [2, 3, 4, 5]);

    let twice = format!("{text}- *d\n");
    assert_eq!(last(&twice), "6:3: duplicate name d, first used in line 5");
    let wrong = "certificates:\n- {name: a, type: server, hostnames: &h [a.example, 'b b']}\n\
                 - {name: b, type: server, hostnames: *h}\n";
    assert_eq!(places(wrong), ["2:53", "3:38"]);
    // The latest of a name, and none that only follows or that would hold itself.
    let again = "certificates:\n- {name: a, type: client, hostnames: &h a.example}\n\
                 - {name: b, type: client, hostnames: &h b.example}\n\
                 - {name: c, type: client, hostnames: *h}\n";
    assert_eq!(names(&read(again), 2), ["b.example"]);
    let later = "certificates:\n- {name: a, type: client, hostnames: *h}\n- &h {}\n";
    assert!(last(later).starts_with("2:38: * begins an alias"), "{}", last(later));
    let itself = "certificates:\n- {name: a, type: client, hostnames: &h [*h]}\n";
    assert!(last(itself).contains("not a specification"), "{}", last(itself));
}

#[test]
fn the_certificates_can_have_an_anchor() {
    let text = "certificates: &all [{name: a, type: server, hostnames: [a.example]}]\n";
    assert_eq!(names(&read(text), 0), ["a.example"]);
}

#[test]
fn a_merge_key_adds_the_missing_fields() {
    let text = "certificates:\n\
                - &a {name: a, type: server, keyType: ecdsa, hostnames: [a.example]}\n\
                - {<<: *a, name: b}\n\
                - {name: c, hostnames: [c.example], <<: [{type: client}, *a]}\n\
                - <<: *a\n  name: d\n  <<: {hostnames: [d.example], namespace: x}\n";
    let specification = read(text);
    assert_eq!(names(&specification, 1), ["a.example"]);
    assert_eq!(names(&specification, 2), ["c.example"]);
    assert_eq!(names(&specification, 3), ["a.example"]);
    let usages = specification.certificates.iter().map(|one| one.request.extended_key_usage());
    let (server, client) = (ExtendedKeyUsage::ServerAuth, ExtendedKeyUsage::ClientAuth);
    assert_eq!(usages.collect::<Vec<_>>(), [server, server, client, server]);
    // At the top, and in what is merged itself.
    let text = "certificates: [{name: a, hostnames: [a.example]}]\n\
                <<: {defaults: {<<: {type: server, validFor: 1h}, type: client}, certificates: 7}\n";
    assert_eq!(names(&read(text), 0), ["a.example"]);
    // Faults stand where a merge key or an alias brought them in.
    let text = "certificates:\n- {name: a, type: server, hostnames: [a.example], <<: {validFor: 1}}\n\
                - {<<: {validFor: 2}, name: b, type: server, hostnames: [b.example]}\n";
    assert_eq!(places(text), ["2:55", "3:8"]);
    // Quoted, it is a field as any other, and what it brings in is a map.
    let text = "certificates: [{'<<': {}, name: a, type: server, hostnames: [a.example]}]\n";
    assert_eq!(faults(text).errors[0].text, "unknown field \"<<\"");
    let text = "certificates: [{<<: server, name: a, hostnames: [a.example]}]\n";
    assert!(last(text).starts_with("1:21: not a specification"), "{}", last(text));
}

#[test]
fn a_number_is_quoted_as_it_was_typed() {
    for number in ["1.10", "90", "007", "0x1F", "1_000", "1e3", "+5", "-.inf", ".NaN"] {
        let text = format!("certificates: [{{name: {number}, type: server}}]\n");
        let told = last(&text);
        assert!(
            told.starts_with("1:23: expected a string") && told.ends_with(&format!(" {number}")),
            "{told}"
        );
    }
    for number in ["90", "1.5", "-3"] {
        let text = format!("defaults: {{validFor: {number}}}\n");
        let told = last(&text);
        assert!(told.starts_with(&format!("1:22: validFor: {number:?} is ")), "{told}");
    }
}

#[test]
fn strings_follow_the_core_schema_of_yaml() {
    let texts = "yes no on off y N nUll tRue 1.2.3 1__0 _1 0xg 0o8 0b2 1e . - -- ..5 .inF inf nan \
                 2024-01-01 12:30:45 = 1a '1.10' \"true\" 'null' !!str\u{a0}5 !\u{a0}null";
    let nothing = "null Null NULL ~ !!null\u{a0}x";
    let others = "true True TRUE false False FALSE 0 -0 00 1 +1 0777 0x1F 0o17 0b101 1_0 1. .5 -1.5e+3 1E3 .inf \
         -.Inf .nan";
    let told = |value: &str| {
        let value = value.replace('\u{a0}', " ");
        let text = format!("certificates:\n- type: server\n  name: {value}\n  hostnames: [a.b]\n");
        Specification::parse(&text).err().map(|found| found.errors[0].text.clone())
    };
    for value in texts.split(' ') {
        assert!(told(value).is_none_or(|told| !told.contains("expected a string")), "{value}");
    }
    for value in nothing.split(' ') {
        assert_eq!(told(value).as_deref(), Some("expected a string, found nothing"), "{value}");
    }
    for value in others.split(' ') {
        let wanted = format!("expected a string, found the number or boolean {value}");
        assert_eq!(told(value), Some(wanted));
    }
}

#[test]
fn aliases_that_expand_exponentially_are_rejected_at_once() {
    let aliases = |name: &str, count: usize| vec![format!("*{name}"); count].join(", ");
    let mut bomb = String::from("certificates:\n- &x0 {type: server}\n");
    for index in 0..40 {
        let aliases = aliases(&format!("x{index}"), 10);
        writeln!(bomb, "- &x{} {{<<: [{aliases}], name: x{index}}}", index + 1).expect("text");
    }
    let many = format!("&x [a, a, a, a, a], kubernetesService: [{}]", aliases("x", 5));
    let long = format!("[&x \"\\x61{}\", {}]", "a".repeat(2000), aliases("x", 500_000));
    let merged =
        format!("[], <<: [&x {{name: \"\\x61{}\"}}, {}]", "a".repeat(1_000_000), aliases("x", 500));
    for hostnames in [many, long, merged] {
        let text = format!("certificates:\n- {{hostnames: {hostnames}}}\n");
        let told = last(&text);
        let says = [ALIASES, "expected a string"];
        assert!(says.iter().any(|says| told.ends_with(says)), "{told}");
    }
    assert!(last(&bomb).ends_with(ALIASES), "{}", last(&bomb));
    let shared =
        format!("certificates:\n- {{hostnames: [&x a.example, {}]}}\n", aliases("x", 1_000_001));
    assert!(last(&shared).ends_with("expected at most 1 MiB"), "{}", last(&shared));
    // An alias in an alias nests as its text does not.
    let mut chain = String::from("defaults:\n  hostnames:\n  - &x0 []\n");
    for index in 0..70 {
        writeln!(chain, "  - &x{} [*x{index}]", index + 1).expect("text");
    }
    assert!(Specification::parse(&chain).is_err());
    // Many that share one are no mountain.
    let mut text =
        String::from("certificates:\n- {name: a, type: client, hostnames: &h [a.example]}\n");
    for index in 0..2000 {
        writeln!(text, "- {{name: n{index}, type: client, hostnames: *h}}").expect("text");
    }
    assert_eq!(read(&text).certificates.len(), 2001);
}

#[test]
fn text_that_is_nested_too_deeply_is_reported_as_such() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", "")] {
        for depth in [65, 200, 300, 5000] {
            let (open, close) = (open.repeat(depth), close.repeat(depth));
            let text = format!("certificates:\n- hostnames:\n  - {open}x{close}\n");
            let told = last(&text);
            let says = ["nested too deeply", "expected a string"];
            assert!(says.iter().any(|says| told.contains(says)), "{open:?} {depth}: {told}");
        }
    }
}

#[test]
fn the_old_name_of_the_artifacts_is_read_and_not_suggested() {
    let entry = "{name: a, type: server, hostnames: [a.example], artefacts: [bundle]}";
    assert!(read(&format!("certificates: [{entry}]\n")).certificates[0].artifacts.bundle);
    let hint = faults("certificates: [{unknown: 1}]\n").errors.remove(0).hint.expect("a hint");
    assert!(hint.contains("artifacts") && !hint.contains("artefacts"), "{hint}");
}
