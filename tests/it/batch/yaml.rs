//! What YAML is to a specification: aliases, merge keys, numbers, and what is too much.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use kumactl::ExtendedKeyUsage;
use kumactl::specification::{Specification, SpecificationFaults};

use super::{generate, sandbox};

#[track_caller]
fn read(text: &str) -> Specification {
    Specification::parse(text).unwrap_or_else(|faults| panic!("{:?}: {text}", faults.faults))
}

fn faults(text: &str) -> SpecificationFaults {
    Specification::parse(text).err().unwrap_or_else(|| panic!("there is no fault in {text}"))
}

/// The last fault, with its place.
fn last(text: &str) -> String {
    let faults = faults(text).faults;
    let fault = faults.last().expect("a fault");
    format!("{}: {}", fault.place, fault.text)
}

/// Where the faults are.
fn places(text: &str) -> Vec<String> {
    faults(text).faults.iter().map(|fault| fault.place.to_string()).collect()
}

/// The names of the certificate at a position.
fn names(specification: &Specification, position: usize) -> Vec<String> {
    let request = &specification.certificates[position].request;
    request.subject_alt_names().iter().map(ToString::to_string).collect()
}

#[test]
fn an_alias_is_a_copy_that_stands_where_it_is_used() {
    let text = "certificates:\n\
                - {name: &n a, type: server, hostnames: &h [&x a.example, b.example]}\n\
                - {name: b, type: server, hostnames: *h}\n\
                - {name: c, type: server, hostnames: [*x, *n]}\n\
                - &d {name: d, type: client, hostnames: *n}\n";
    let specification = read(text);
    assert_eq!(names(&specification, 1), ["a.example", "b.example"]);
    assert_eq!(names(&specification, 2), ["a.example", "a"]);
    assert_eq!(names(&specification, 3), ["a"]);
    let lines: Vec<_> = specification.certificates.iter().map(|one| one.place.line).collect();
    assert_eq!(lines, [2, 3, 4, 5]);

    let twice = format!("{text}- *d\n");
    assert_eq!(last(&twice), "6:3: the name d is that of a certificate in line 5, too");
    let wrong = "certificates:\n- {name: a, type: server, hostnames: &h [a.example, 'b b']}\n\
                 - {name: b, type: server, hostnames: *h}\n";
    assert_eq!(places(wrong), ["2:53", "3:38"]);
    // The latest of a name, and none that only follows or that would hold itself.
    let again = "certificates:\n- {name: a, type: client, hostnames: &h a.example}\n\
                 - {name: b, type: client, hostnames: &h b.example}\n\
                 - {name: c, type: client, hostnames: *h}\n";
    assert_eq!(names(&read(again), 2), ["b.example"]);
    let later = "certificates:\n- {name: a, type: client, hostnames: *h}\n- &h {}\n";
    assert!(last(later).starts_with("2:38: a * begins the name of an anchor"), "{}", last(later));
    let itself = "certificates:\n- {name: a, type: client, hostnames: &h [*h]}\n";
    assert!(last(itself).starts_with("2:42: it cannot be read"), "{}", last(itself));
}

#[test]
fn the_certificates_can_be_an_alias_and_a_list_with_a_name() {
    for certificates in [
        "certificates: &all [{name: a, hostnames: [a.example]}, {name: b, hostnames: [b b]}]\n",
        "defaults: {type: server, x: &all [{name: a, hostnames: [a.example]}, {name: b, hostnames: \
         [b b]}]}\ncertificates: *all\n",
    ] {
        let told = faults(certificates).faults;
        assert!(told.iter().any(|fault| fault.text.contains("has white space inside")), "{told:?}");
    }
}

#[test]
fn a_merge_key_gives_the_fields_that_are_not_there() {
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
    // Faults stand where they were typed, or where an alias brought them in.
    let text = "certificates:\n- {name: a, type: server, hostnames: [a.example], <<: {validFor: 1}}\n\
                - {<<: {validFor: 2, x: y}, name: b, type: server, hostnames: [b.example]}\n";
    assert_eq!(places(text), ["2:66", "3:19", "3:22"]);
    // Quoted, it is a field as any other, and what it brings in is a map.
    let text = "certificates: [{'<<': {}, name: a, type: server, hostnames: [a.example]}]\n";
    assert_eq!(faults(text).faults[0].text, "a certificate has no field \"<<\"");
    let text = "certificates: [{<<: server, name: a, hostnames: [a.example]}]\n";
    assert!(last(text).starts_with("1:21: it cannot be read"), "{}", last(text));
}

#[test]
fn a_number_is_told_as_it_was_typed() {
    for number in ["1.10", "90", "007", "0x1F", "1_000", "1e3", "+5", "-.inf", ".NaN"] {
        let text = format!(
            "certificates: [{{name: {number}, type: server, hostnames: [a.example], validFor: \
             {number}}}]\n"
        );
        let told = faults(&text).faults;
        assert_eq!(told[0].text, "name is a number, not a text", "{text}");
        assert!(told[1].text.starts_with("validFor: "), "{told:?}");
        assert!(told[1].text.contains(&format!("{number:?}")), "{told:?}");
    }
    let sandbox = sandbox(
        "certificates:\n- {name: a, type: server, hostnames: [a.example], validFor: 1.10}\n",
    );
    let stderr = generate(&sandbox, &[]).failure(2);
    assert!(stderr.contains("validFor: \"1.10\" is a duration without a unit"), "{stderr}");
}

#[test]
fn texts_are_what_the_core_schema_of_yaml_says() {
    let texts = "yes no on off y N nUll tRue 1.2.3 1__0 _1 0xg 0o8 0b2 1e . - -- ..5 .inF inf nan \
                 2024-01-01 12:30:45 = 1a '1.10' \"true\" 'null' !!str\u{a0}5 !\u{a0}null";
    let others = [
        ("nothing", "null Null NULL ~ !!null\u{a0}x"),
        ("a boolean", "true True TRUE false False FALSE !!bool\u{a0}'true'"),
        (
            "a number",
            "0 -0 00 1 +1 0777 0x1F -0X1f 0o17 0b101 1_0 1. .5 -1.5e+3 1E3 .inf -.Inf .nan",
        ),
    ];
    // A directory may not have such a name, and that is told of a text only.
    let kind = |value: &str| {
        let value = value.replace('\u{a0}', " ");
        let text = format!("certificates:\n- type: server\n  name: {value}\n  hostnames: [a.b]\n");
        let told = Specification::parse(&text).err().map(|faults| faults.faults[0].text.clone());
        told.and_then(|told| told.strip_prefix("name is ").map(str::to_owned))
    };
    for value in texts.split(' ') {
        assert_eq!(kind(value), None, "{value}");
    }
    for (what, values) in others {
        for value in values.split(' ') {
            assert_eq!(kind(value), Some(format!("{what}, not a text")), "{value}");
        }
    }
}

#[test]
fn aliases_that_make_a_mountain_of_a_molehill_end_at_once() {
    let bomb = |first: &str, open: &str, key: &str, close: &str| {
        let mut text = format!("x0: &x0 {first}\n");
        for index in 0..40 {
            let aliases: Vec<_> = (0..10)
                .map(|position| format!("{}*x{index}", key.replace('N', &position.to_string())))
                .collect();
            let aliases = aliases.join(", ");
            let next = index + 1;
            writeln!(text, "x{next}: &x{next} {open}{aliases}{close}").expect("text");
        }
        text
    };
    let long = format!("\"\\x61{}\"", "a".repeat(100_000));
    for text in [
        bomb("[a, a]", "[", "", "]"),
        bomb("{a: b}", "{", "kN: ", "}"),
        bomb(&long, "[", "", "]"),
        format!("x: &x {long}\ncertificates: [{{name: [{}]}}]\n", "*x, ".repeat(50_000)),
    ] {
        let begun = Instant::now();
        let told = last(&text);
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        assert!(told.ends_with(": its aliases make more of it than is read"), "{told}");
    }
    // An alias in an alias nests as its text does not.
    let mut chain = String::from("x0: &x0 []\n");
    for index in 0..70 {
        writeln!(chain, "x{}: &x{} [*x{index}]", index + 1, index + 1).expect("text");
    }
    assert!(last(&chain).ends_with(": it is nested too deep"), "{}", last(&chain));
    // Many that share one are no mountain.
    let mut text =
        String::from("certificates:\n- {name: a, type: client, hostnames: &h [a.example]}\n");
    for index in 0..2000 {
        writeln!(text, "- {{name: n{index}, type: client, hostnames: *h}}").expect("text");
    }
    assert_eq!(read(&text).certificates.len(), 2001);
}

#[test]
fn what_is_nested_too_deep_is_told_as_that_however_it_is_nested() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", "")] {
        for depth in [65, 200, 300, 5000] {
            for field in ["certificates", "unknown"] {
                let (open, close) = (open.repeat(depth), close.repeat(depth));
                let text = format!("{field}:\n- {open}x{close}\n");
                let told = last(&text);
                assert!(told.ends_with(": it is nested too deep"), "{open:?} {depth}: {told}");
            }
        }
    }
    let text = format!("unknown: {}x{}\n", "[".repeat(63), "]".repeat(63));
    assert_eq!(last(&text), "1:1: a specification has no field \"unknown\"");
}

#[test]
fn a_field_that_is_not_ours_is_passed_over_with_all_that_is_in_it() {
    let text = "x: {? [a] : b, null: c, <<: d, e: !!int f, g: [&h a.example, {i: [*h]}]}\n\
                certificates: [{name: a, type: server, hostnames: [*h]}]\n";
    assert_eq!(faults(text).faults.len(), 1);
    assert_eq!(last(text), "1:1: a specification has no field \"x\"");
}
