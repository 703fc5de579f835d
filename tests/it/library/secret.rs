//! Secrets in all the spellings of YAML and JSON.

use kuma_pki::format::kubernetes_secret::{SecretError, decode};

/// The data of a Secret, as texts.
#[track_caller]
fn data(text: &str) -> Vec<(String, String)> {
    let secret = decode(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(secret.unreadable, Vec::<String>::new(), "{text}");
    let pairs = secret.data.into_iter();
    pairs.map(|(key, value)| (key, String::from_utf8_lossy(&value).into_owned())).collect()
}

fn error(text: &str) -> SecretError {
    decode(text.as_bytes()).expect_err(text)
}

#[test]
fn a_secret_can_have_anchors_aliases_and_merge_keys() {
    let wanted = [("tls.crt".to_owned(), "hello".to_owned()), ("x".to_owned(), "hello".to_owned())];
    for text in [
        "kind: Secret\ndata: {x: &x aGVsbG8=, tls.crt: *x}\n",
        "kind: Secret\ndata:\n  x: &x |\n    aGVs\n    bG8=\n  tls.crt: *x\n",
        "x: &all {x: aGVsbG8=, tls.crt: aGVsbG8=}\nkind: Secret\ndata: *all\n",
        "x: &all {x: aGVsbG8=, tls.crt: '?'}\nkind: Secret\ndata:\n  tls.crt: aGVsbG8=\n  <<: *all\n",
        "kind: &k Secret\n<<: {kind: List, data: {x: aGVsbG8=}}\nstringData: {tls.crt: hello}\n",
        "{\"kind\": \"Secret\",\n\t\"stringData\":\t{\"x\": \"hell\\u006f\", \"tls.crt\": \"hello\"}}",
    ] {
        assert_eq!(data(text), wanted, "{text}");
    }
}

#[test]
fn a_duplicate_key_is_reported_with_its_line() {
    for (text, line) in [
        ("kind: Secret\ndata:\n  a: ''\n  b: ''\n  a: ''\n", 5),
        ("kind: Secret\ndata:\n  a: ''\n  'a': ''\n", 4),
        ("kind: Secret\nkind: Secret\n", 2),
        ("kind: Secret\nother: 1\nother: 2\n", 3),
        ("kind: Secret\nstringData: {a: b,\n a: c}\n", 3),
        ("kind: Secret\nmetadata:\n  labels:\n    a: b\n    a: c\n", 5),
        ("kind: Secret\nspec: [{a: b,\n a: c}]\n", 3),
        ("kind: Secret\ndata:\n  <<: {a: '',\n a: ''}\n", 4),
        ("{\"kind\": \"Secret\",\n\"data\": {\"a\": \"\",\n\"a\": \"\"}}", 3),
    ] {
        assert_eq!(error(text), SecretError::DuplicateKey { line }, "{text}");
    }
}

#[test]
fn a_document_that_is_not_a_secret_is_rejected_early_with_its_line() {
    let mut bomb = String::from("kind: Secret\nx0: &x0 [a, a]\n");
    for index in 0..40 {
        let next = index + 1;
        bomb += &format!("x{next}: &x{next} [{}]\n", vec![format!("*x{index}"); 10].join(", "));
    }
    let long = format!("kind: Secret\nx: &x \"\\x61{}\"\ndata:\n", "a".repeat(500_000));
    let long = (0..300).fold(long, |text, index| text + &format!("  k{index}: *x\n"));
    let many = format!("kind: Secret\nx: [{}]\n", "a,".repeat(300_000));
    let deep = format!("kind: Secret\nx: {}{}\n", "[".repeat(5000), "]".repeat(5000));
    for text in [bomb, long, many, deep] {
        let error = error(&text);
        assert!(matches!(error, SecretError::Malformed { line: Some(2..=16) }), "{error:?}");
    }
    for (text, line) in [
        ("kind: Secret\ndata: [a]\n", Some(2)),
        ("kind: Secret\ndata:\n  ? [a]\n  : b\n", Some(3)),
        ("kind: Secret\nmetadata: a\n", Some(2)),
        ("kind: Secret\nx: &x [*x]\n", Some(2)),
        ("data: {}\nkind:\n", None),
        ("kind: Secret\ndata: {a: \"b}\n", Some(2)),
        ("data: {}\n", None),
        ("- kind: Secret\n", Some(1)),
    ] {
        assert_eq!(error(text), SecretError::Malformed { line }, "{text}");
    }
    assert_eq!(error("kind: Secret\n---\nkind: Secret\n"), SecretError::Several { count: 2 });
    assert_eq!(data("---\nkind: Secret\n...\n"), []);
}

#[test]
fn values_that_are_not_strings_are_those_that_kubernetes_rejects() {
    for value in ["1234", "1e35", "0x1F", "true", "~5", "[aGVsbG8=]", "{a: b}", ".nan", "!!int 5"] {
        let text = format!(
            "kind: Secret\ndata: {{a: {value}, b: aGVsbG8=}}\nstringData: {{c: {value}}}\n"
        );
        let secret = decode(text.as_bytes()).expect(value);
        assert!(secret.unreadable.contains(&"a".to_owned()), "{value}");
        assert_eq!(secret.unreadable.contains(&"c".to_owned()), value != "~5", "{value}");
    }
    // What aliases make of a value is not kept beyond what a Secret can hold.
    let long = format!("kind: Secret\ndata: {{a: &a {}", "A".repeat(500_000));
    let text = (0..300).fold(long, |text, index| text + &format!(", k{index}: *a")) + "}\n";
    assert_eq!(error(&text), SecretError::TooLong);
}
