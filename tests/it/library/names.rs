//! Names: accepted names with their types, and rejected names with the intended ones.

use kuma_pki::{NameError, NameErrorKind, NameWarning, SubjectAltName};

/// The input, and the type and text in the certificate.
const ACCEPTED: &[(&str, &str, &str)] = &[
    ("kuma-control-plane.kuma-system", "dNSName", "kuma-control-plane.kuma-system"),
    ("kuma-control-plane.kuma-system.svc", "dNSName", "kuma-control-plane.kuma-system.svc"),
    ("localhost", "dNSName", "localhost"),
    ("host.docker.internal", "dNSName", "host.docker.internal"),
    // DNS knows no case; the text is what clients compare.
    ("CP.Example", "dNSName", "cp.example"),
    // A shell or a list leaves blanks around a name.
    (" cp.example\t", "dNSName", "cp.example"),
    ("\ncp.example\r\n", "dNSName", "cp.example"),
    // IA5String holds ASCII only; DNS asks for the punycode form.
    ("bücher.example", "dNSName", "xn--bcher-kva.example"),
    ("BÜCHER.example", "dNSName", "xn--bcher-kva.example"),
    ("xn--bcher-kva.example", "dNSName", "xn--bcher-kva.example"),
    ("XN--BCHER-KVA.example", "dNSName", "xn--bcher-kva.example"),
    ("*.bücher.example", "dNSName", "*.xn--bcher-kva.example"),
    // The ideographic full stop parts labels (UTS 46 2.3).
    ("日本。example", "dNSName", "xn--wgv71a.example"),
    ("*.example.test", "dNSName", "*.example.test"),
    ("*.test", "dNSName", "*.test"),
    ("*", "dNSName", "*"),
    ("foo_bar.example", "dNSName", "foo_bar.example"),
    // Hyphens inside, digits first, and digits in every label but the last (RFC 1123 2.1).
    ("a--b.example", "dNSName", "a--b.example"),
    ("1.2.3.4.example", "dNSName", "1.2.3.4.example"),
    ("3com", "dNSName", "3com"),
    ("10.0.0.1", "iPAddress", "10.0.0.1"),
    ("::1", "iPAddress", "::1"),
    ("0:0:0:0:0:0:0:1", "iPAddress", "::1"),
    ("2001:DB8::A", "iPAddress", "2001:db8::a"),
    // Go writes a mapped address as four octets, and clients dial IPv4.
    ("::ffff:10.0.0.1", "iPAddress", "10.0.0.1"),
    (
        "spiffe://mesh.example/zone/east",
        "uniformResourceIdentifier",
        "spiffe://mesh.example/zone/east",
    ),
    // The trust domain has no case, the path has (SPIFFE-ID 2.1, 2.2).
    ("SPIFFE://Mesh.Example/Zone", "uniformResourceIdentifier", "spiffe://mesh.example/Zone"),
    ("spiffe://mesh.example", "uniformResourceIdentifier", "spiffe://mesh.example"),
];

#[test]
fn names_that_work_are_normalized_to_what_clients_compare() {
    for (input, kind, text) in ACCEPTED {
        let name = SubjectAltName::parse(input).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((name.kind(), name.to_string().as_str()), (*kind, *text), "{input:?}");
    }
}

#[test]
fn a_normalized_name_reads_as_itself() {
    for (_, _, text) in ACCEPTED {
        let name = SubjectAltName::parse(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(name.to_string(), *text);
    }
}

#[test]
fn names_that_cannot_work_are_rejected_with_the_intended_name() {
    use NameErrorKind as Fault;
    let refused = [
        ("", Fault::Empty, &[][..]),
        ("  \t", Fault::Empty, &[]),
        ("https://cp.example:5678", Fault::Url, &["cp.example"]),
        ("https://cp.example/path?query#end", Fault::Url, &["cp.example"]),
        ("grpcs://global.example:5685", Fault::Url, &["global.example"]),
        ("https://user@cp.example", Fault::Url, &["cp.example"]),
        ("https://[::1]:5682", Fault::Url, &["::1"]),
        ("https://10.0.0.1:5682/", Fault::Url, &["10.0.0.1"]),
        ("https://", Fault::Url, &[]),
        ("cp:5678", Fault::Port, &["cp"]),
        ("localhost:5678", Fault::Port, &["localhost"]),
        ("10.0.0.1:5678", Fault::Port, &["10.0.0.1"]),
        ("[::1]", Fault::Brackets, &["::1"]),
        ("[::1]:5678", Fault::Brackets, &["::1"]),
        ("[fe80::1%eth0]", Fault::Brackets, &["fe80::1"]),
        ("10.0.0.0/8", Fault::AddressRange, &["10.0.0.0"]),
        ("fd00::/8", Fault::AddressRange, &["fd00::"]),
        ("cp.example/", Fault::Path, &["cp.example"]),
        ("cp.example/api", Fault::Path, &["cp.example"]),
        ("010.0.0.1", Fault::LeadingZeros, &["10.0.0.1"]),
        ("10.0.0.01", Fault::LeadingZeros, &["10.0.0.1"]),
        ("127.1", Fault::NotAnAddress, &[]),
        ("10.0.0.256", Fault::NotAnAddress, &[]),
        ("10.0.0", Fault::NotAnAddress, &[]),
        ("10.0.0.0.1", Fault::NotAnAddress, &[]),
        ("12345", Fault::NotAnAddress, &[]),
        ("::g", Fault::NotAnAddress, &[]),
        ("fe80::1%eth0", Fault::Zone, &["fe80::1"]),
        ("a@b.c", Fault::Email, &["b.c"]),
        ("a..b", Fault::EmptyLabel, &["a.b"]),
        (".example", Fault::EmptyLabel, &["example"]),
        (".", Fault::EmptyLabel, &[]),
        ("foo.", Fault::TrailingDot, &["foo"]),
        ("cp.example.", Fault::TrailingDot, &["cp.example"]),
        ("a b", Fault::WhiteSpace, &["a", "b"]),
        (
            "a.example 10.0.0.1\nb.example",
            Fault::WhiteSpace,
            &["a.example", "10.0.0.1", "b.example"],
        ),
        ("a\u{a0}b", Fault::WhiteSpace, &["a", "b"]),
        // Not all words are names, so there is no suggestion.
        ("a --type=server", Fault::WhiteSpace, &[]),
        ("-x", Fault::HyphenAtEdge, &["x"]),
        ("x-", Fault::HyphenAtEdge, &["x"]),
        ("a.-b-.example", Fault::HyphenAtEdge, &["a.b.example"]),
        ("*.*.example.test", Fault::Wildcard, &["*.example.test"]),
        ("a*.example.test", Fault::Wildcard, &["*.example.test"]),
        ("a.*.example.test", Fault::Wildcard, &["*.example.test"]),
        ("**.example.test", Fault::Wildcard, &["*.example.test"]),
        ("a,b", Fault::Character(','), &[]),
        ("\"a\"", Fault::Character('"'), &["a"]),
        ("'a.example'", Fault::Character('\''), &["a.example"]),
        ("<HOST>", Fault::Character('<'), &["host"]),
        ("$HOST", Fault::Character('$'), &[]),
        ("a\u{0}b", Fault::Character('\0'), &[]),
        ("a\u{1b}[31m", Fault::Character('\u{1b}'), &[]),
        // The right-to-left override is allowed in no name (UTS 46 4).
        ("a\u{202e}b", Fault::International, &[]),
        ("xn--a.example", Fault::International, &[]),
        ("spiffe://", Fault::SpiffeId("its trust domain is empty"), &[]),
        ("spiffe:///zone", Fault::SpiffeId("its trust domain is empty"), &[]),
        (
            "spiffe://mesh.example:8080/zone",
            Fault::SpiffeId("a trust domain has letters, digits, `.`, `-` and `_` only"),
            &["mesh.example"],
        ),
        ("spiffe://mesh/", Fault::SpiffeId("its path has an empty segment"), &["mesh"]),
        ("spiffe://mesh/a//b", Fault::SpiffeId("its path has an empty segment"), &["mesh"]),
        ("spiffe://mesh/../b", Fault::SpiffeId("its path has a `.` or `..` segment"), &["mesh"]),
        (
            "spiffe://mesh/a?b",
            Fault::SpiffeId("its path has letters, digits, `.`, `-` and `_` only"),
            &["mesh"],
        ),
    ];
    for (input, fault, meant) in refused {
        let error = refusal(input);
        let found: Vec<_> = error.meant.iter().map(ToString::to_string).collect();
        assert_eq!(
            (&error.kind, found.as_slice()),
            (&fault, strings(meant).as_slice()),
            "{input:?}"
        );
        assert_eq!(error.input, input);
    }
}

#[test]
fn a_label_has_at_most_63_characters_and_a_name_253() {
    let label = |length: usize| "a".repeat(length);
    let longest = format!("{}.{}.{}.{}", label(63), label(63), label(63), label(61));
    assert_eq!(longest.len(), 253);
    for accepted in [label(63), longest.clone(), format!("*.{}", &longest[2..])] {
        let name = SubjectAltName::parse(&accepted).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(name.to_string(), accepted);
    }
    for (input, fault) in [
        (label(64), NameErrorKind::LabelTooLong { length: 64 }),
        (format!("cp.{}", label(100)), NameErrorKind::LabelTooLong { length: 100 }),
        (format!("{longest}a"), NameErrorKind::NameTooLong { length: 254 }),
        // A wildcard matches a label of one character or more.
        (format!("*.{longest}"), NameErrorKind::NameTooLong { length: 255 }),
    ] {
        let error = refusal(&input);
        assert_eq!((error.kind, error.meant), (fault, vec![]), "{input}");
    }
    // Counted as DNS carries it: in punycode.
    let fault = refusal(&"ü".repeat(60)).kind;
    assert!(matches!(fault, NameErrorKind::LabelTooLong { length: 64.. }), "{fault:?}");
}

#[test]
fn a_spiffe_id_has_at_most_2048_bytes() {
    let of_length = |length: usize| format!("spiffe://mesh/{}", "a".repeat(length - 14));
    let longest = of_length(2048);
    assert_eq!(SubjectAltName::parse(&longest).map(|name| name.to_string()), Ok(longest));
    let fault = refusal(&of_length(2049)).kind;
    assert_eq!(fault, NameErrorKind::SpiffeId("it is longer than 2048 bytes"));
}

#[test]
fn names_that_work_in_some_clients_only_cause_a_warning() {
    use NameWarning::{BareWildcard, TopLevelWildcard, Underscore};
    for (input, warning) in [
        ("*", Some(BareWildcard)),
        ("*.test", Some(TopLevelWildcard)),
        ("*.example.test", None),
        ("foo_bar.test", Some(Underscore)),
        ("_dmarc.example", Some(Underscore)),
        ("kuma-cp", None),
        ("localhost", None),
        ("10.0.0.1", None),
        ("::1", None),
        ("spiffe://mesh_a/b_c", None),
    ] {
        let name = SubjectAltName::parse(input).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(name.warning(), warning, "{input}");
    }
}

#[test]
fn an_error_quotes_the_start_of_the_input_without_control_characters() {
    assert_eq!(refusal("a\nb\u{7}").to_string(), r#""a\nb\u{7}" has white space inside"#);
    let long = refusal(&"a".repeat(300)).to_string();
    assert_eq!(
        long,
        format!("\"{}...\" has a label of 300 characters; DNS allows 63", "a".repeat(80))
    );
}

#[track_caller]
fn refusal(input: &str) -> NameError {
    match SubjectAltName::parse(input) {
        Ok(name) => panic!("{input:?} is accepted as {name}"),
        Err(error) => error,
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
