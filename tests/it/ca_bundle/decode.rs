//! `--decode`: a bundle back into PEM.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{ca_bundle, made};
use crate::support::Sandbox;

const HINT: &str = "hint: pass a bundle from `kumactl generate ca-bundle`: Base64 of PEM\n";

/// Lines of 76 characters, as GNU `base64` breaks them.
fn wrapped(bundle: &str, end: &str) -> String {
    let lines = bundle.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line));
    lines.map(|line| format!("{line}{end}")).collect()
}

#[test]
fn a_bundle_is_decoded_from_a_file_or_standard_input_wrapped_or_not() {
    let pem = format!("# a comment\r\n{}{}", made::ca("a").pem(), made::ca("b").pem());
    let line = BASE64_STANDARD.encode(&pem);
    for bundle in [
        line.clone(),
        format!("{line}\n"),
        wrapped(&line, "\n"),
        wrapped(&line, "\r\n"),
        wrapped(&line, " "),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("bundle", &bundle);
        for (flags, stdin) in [
            (&["--decode", "--ca-cert-file=bundle"][..], None),
            (&["--decode", "--ca-cert-file=-"], Some("bundle")),
            (&["--decode"], Some("bundle")),
        ] {
            let decoded = ca_bundle(&sandbox, flags, stdin).quiet_success();
            assert_eq!(decoded, pem, "{flags:?}");
        }
    }
}

#[test]
fn decoding_an_encoded_file_in_a_pipe_returns_the_file() {
    let sandbox = Sandbox::new();
    sandbox.write("ca.crt", made::ca("a").pem());
    let script = "kumactl generate ca-bundle --ca-cert-file=ca.crt \
                  | kumactl generate ca-bundle --decode";
    assert_eq!(sandbox.shell(script).quiet_success(), sandbox.read("ca.crt"));
}

#[test]
fn a_file_that_is_not_a_bundle_is_named_with_the_reason() {
    let ca = made::ca("a");
    let line = BASE64_STANDARD.encode(ca.pem());
    for (content, fault) in [
        (ca.pem(), "it is PEM already"),
        (BASE64_STANDARD.encode(&line), "it is Base64 of Base64: it was encoded twice"),
        (BASE64_STANDARD.encode(format!("{}{}", ca.key(), ca.pem())), "it holds a private key"),
        (BASE64_STANDARD.encode("no PEM"), "its Base64 does not hold PEM certificates"),
        (BASE64_STANDARD.encode(&ca.der), "its Base64 does not hold PEM certificates"),
        // The first word of a wrapped bundle: what `$(... | base64)` without quotes leaves.
        (line[..76].to_owned(), "its Base64 does not hold PEM certificates"),
        (line[..75].to_owned(), "it is not Base64"),
        ("not-base64!!".to_owned(), "it is not Base64"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("bundle", &content);
        let stderr = ca_bundle(&sandbox, &["--decode", "--ca-cert-file=bundle"], None).failure(1);
        assert_eq!(stderr, format!("error: bundle: this is not a CA bundle: {fault}\n{HINT}"));
        let stderr = ca_bundle(&sandbox, &["--decode"], Some("bundle")).failure(1);
        assert_eq!(
            stderr,
            format!("error: standard input: this is not a CA bundle: {fault}\n{HINT}")
        );
    }
}

#[test]
fn an_empty_bundle_is_rejected() {
    let sandbox = Sandbox::new();
    sandbox.write("bundle", " \n");
    let stderr = ca_bundle(&sandbox, &["--decode", "--ca-cert-file=bundle"], None).failure(1);
    assert!(stderr.starts_with("error: the CA bundle bundle is empty\nhint: "), "{stderr}");
}

#[test]
fn two_bundles_cannot_be_decoded_at_once() {
    let sandbox = Sandbox::new();
    let flags = ["--decode", "--ca-cert-file=a", "--ca-cert-file=b"];
    let stderr = ca_bundle(&sandbox, &flags, None).failure(2);
    assert_eq!(stderr, "error: --decode accepts one --ca-cert-file only\n");
}
