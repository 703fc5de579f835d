//! Files that Kuma or its clients cannot use as a CA are rejected by name.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{ca_bundle, made};
use crate::support::Sandbox;

const ALONE: &str = "pass a file with CA certificates only: the bundle is public";
const BLOCKS: &str = "pass a PEM file with -----BEGIN CERTIFICATE----- blocks";
const FIRST: &str =
    "move the CA certificate to the start of the file: Kuma reads only the first one";
const REQUEST: &str = "have a CA sign the request, and pass the certificate that the CA returns";
const ONCE_MORE: &str = "copy it again with its line breaks";

/// Both as a file and on standard input, after a valid file.
#[track_caller]
fn refused(content: impl AsRef<[u8]>, fault: &str, hint: Option<&str>) {
    let sandbox = Sandbox::new();
    sandbox.write("good.crt", made::ca("good").pem());
    sandbox.write("bad.crt", content);
    for (name, shown, stdin) in
        [("bad.crt", "bad.crt", None), ("-", "standard input", Some("bad.crt"))]
    {
        let bad = format!("--ca-cert-file={name}");
        let stderr = ca_bundle(&sandbox, &["--ca-cert-file=good.crt", &bad], stdin).failure(1);
        let hint = hint.map(|hint| format!("hint: {hint}\n"));
        let expected = format!(
            "error: cannot use {shown} as a CA bundle: {fault}\n{}",
            hint.unwrap_or_default()
        );
        assert_eq!(stderr, expected);
    }
}

#[test]
fn a_file_without_a_certificate_is_rejected() {
    refused("-- no PEM --", "it has no PEM block", Some(BLOCKS));
    refused("not-base64!!", "it has no PEM block", Some(BLOCKS));
    // Base64, but not of PEM.
    refused(BASE64_STANDARD.encode("no PEM"), "it has no PEM block", Some(BLOCKS));
}

#[test]
fn a_file_with_anything_but_certificates_is_rejected() {
    let ca = made::ca("a");
    let request = made::block("CERTIFICATE REQUEST", &ca.der);
    refused(&request, "its PEM block 1 is a certificate request, not a certificate", Some(REQUEST));
    refused(
        ca.pem() + &request,
        "its PEM block 2 is a certificate request, not a certificate",
        Some(REQUEST),
    );
}

#[test]
fn a_file_with_a_private_key_anywhere_is_rejected() {
    let ca = made::ca("a");
    for (content, position, label) in [
        (ca.key(), 1, "PRIVATE KEY"),
        (ca.key() + &ca.pem(), 1, "PRIVATE KEY"),
        (ca.pem() + &ca.key(), 2, "PRIVATE KEY"),
        (ca.pem() + &made::block("RSA PRIVATE KEY", b"x"), 2, "RSA PRIVATE KEY"),
        (ca.pem() + &made::block("EC PRIVATE KEY", b"x"), 2, "EC PRIVATE KEY"),
        (ca.pem() + &made::block("ENCRYPTED PRIVATE KEY", b"x"), 2, "ENCRYPTED PRIVATE KEY"),
        // Half a key counts as a key, too.
        (ca.pem() + &ca.key()[..80], 2, "PRIVATE KEY"),
    ] {
        let fault = format!("its PEM block {position} is a private key ({label})");
        refused(content, &fault, Some(ALONE));
    }
}

#[test]
fn no_part_of_a_private_key_is_printed() {
    let key = made::ca("a").key();
    let body = key.lines().nth(1).expect("a line of the key");
    let sandbox = Sandbox::new();
    sandbox.write("ca.crt", &key);
    for flags in [&["--ca-cert-file=ca.crt"][..], &["--decode", "--ca-cert-file=ca.crt"]] {
        let stderr = ca_bundle(&sandbox, flags, None).failure(1);
        assert!(!stderr.contains(&body[..8]), "{stderr}");
    }
}

#[test]
fn a_first_certificate_that_is_not_a_ca_is_rejected_even_if_one_follows() {
    let (ca, leaf) = (made::ca("ca"), made::not_ca("leaf"));
    let fault = "its first certificate (CN=leaf) is not a CA certificate";
    refused(leaf.pem(), fault, Some(FIRST));
    refused(leaf.pem() + &ca.pem(), fault, Some(FIRST));
    refused(made::silent("leaf").pem(), fault, Some(FIRST));
    refused(ca.issue("leaf"), fault, Some(FIRST));
    // The CA after it is another one with the same name.
    refused(ca.issue("leaf") + &made::ca("ca").pem(), fault, Some(FIRST));
}

#[test]
fn the_subject_of_a_certificate_cannot_control_the_terminal() {
    let leaf = made::not_ca("a\u{1b}[2Jb\nerror: c");
    let fault = "its first certificate (CN=a\\u{1b}[2Jb\\u{a}error: c) is not a CA certificate";
    refused(leaf.pem(), fault, Some(FIRST));
}

#[test]
fn base64_is_rejected_however_often_it_was_encoded() {
    let once = BASE64_STANDARD.encode(made::ca("a").pem());
    let hint = "the file already is a bundle: use it unchanged, or add --decode to print its PEM";
    refused(&once, "it is Base64 already, not PEM", Some(hint));
    refused(
        format!("{}\n{}\n", &once[..76], &once[76..]),
        "it is Base64 already, not PEM",
        Some(hint),
    );
    refused(
        BASE64_STANDARD.encode(once),
        "it is Base64 of Base64: it was encoded twice",
        Some("the file is encoded more than once: decode it with `base64 -d`"),
    );
}

#[test]
fn der_is_rejected_with_the_command_that_converts_it() {
    let sandbox = Sandbox::new();
    sandbox.write("my ca.der", made::ca("a").der);
    for (name, shown, from) in
        [("my ca.der", "my ca.der", " -in 'my ca.der'"), ("-", "standard input", "")]
    {
        let flag = format!("--ca-cert-file={name}");
        let stderr = ca_bundle(&sandbox, &[&flag], Some("my ca.der")).failure(1);
        assert_eq!(
            stderr,
            format!(
                "error: cannot use {shown} as a CA bundle: it is DER, not PEM\n\
                 hint: convert it: openssl x509 -inform DER{from} -out ca.crt\n"
            )
        );
    }
}

#[test]
fn a_block_without_an_end_line_is_rejected() {
    let (one, other) = (made::ca("one").pem(), made::ca("other").pem());
    refused(&one[..one.len() / 2], "its PEM block 1 has no end", Some(ONCE_MORE));
    let cut = one + &other[..other.len() - 20];
    refused(cut, "its PEM block 2 has no end", Some(ONCE_MORE));
}

#[test]
fn damaged_certificates_are_rejected() {
    let ca = made::ca("a");
    let sandbox = Sandbox::new();
    for (content, fault) in [
        (
            ca.pem().replacen("\nMII", "\n!!!", 1),
            "its PEM is damaged in line 1: the body of the block is not Base64\n",
        ),
        (made::pem_of(b"no DER"), "certificate 1 cannot be read as X.509: "),
        (made::pem_of(&ca.der[..ca.der.len() - 1]), "certificate 1 cannot be read as X.509: "),
        (ca.pem() + &made::pem_of(b""), "certificate 2 cannot be read as X.509: "),
        (
            made::pem_of(&[&ca.der[..], b"more"].concat()),
            "certificate 1 cannot be read as X.509: further bytes follow it\n",
        ),
    ] {
        sandbox.write("ca.crt", content);
        let stderr = ca_bundle(&sandbox, &["--ca-cert-file=ca.crt"], None).failure(1);
        let expected = format!("error: cannot use ca.crt as a CA bundle: {fault}");
        assert!(stderr.starts_with(&expected), "{stderr}");
    }
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let sandbox = Sandbox::new();
    sandbox.write("empty", "");
    sandbox.write("blank", " \r\n\t");
    sandbox.write("large", vec![b'#'; (1 << 20) + 1]);
    for (name, expected) in [
        (
            "missing",
            "error: could not read the CA certificate file missing: no such file or directory\nhint: list the directory: ls .\n",
        ),
        (
            ".",
            "error: could not read the CA certificate file .: is a directory\nhint: pass a file in that directory\n",
        ),
        (
            "empty",
            "error: the CA certificate file empty is empty\nhint: create or copy the file again\n",
        ),
        (
            "blank",
            "error: the CA certificate file blank is empty\nhint: create or copy the file again\n",
        ),
        (
            "large",
            "error: the CA certificate file large is longer than 1 MiB, the limit of a Kubernetes Secret\n",
        ),
        (
            "/dev/zero",
            "error: the CA certificate file /dev/zero is longer than 1 MiB, the limit of a Kubernetes Secret\n",
        ),
    ] {
        let flag = format!("--ca-cert-file={name}");
        assert_eq!(ca_bundle(&sandbox, &[&flag], None).failure(1), expected);
    }
}

#[test]
fn a_command_line_without_a_file_or_with_two_standard_inputs_is_rejected() {
    let sandbox = Sandbox::new();
    assert_eq!(
        ca_bundle(&sandbox, &[], None).failure(2),
        "error: --ca-cert-file is required\n\
         hint: add --ca-cert-file=ca.crt, or --ca-cert-file=- for standard input\n"
    );
    assert_eq!(
        ca_bundle(&sandbox, &["--ca-cert-file="], None).failure(2),
        "error: a value is required for '--ca-cert-file <FILE>' but none was supplied\n\
         hint: run `kumactl generate ca-bundle --help` for all flags and examples\n"
    );
    assert_eq!(
        ca_bundle(&sandbox, &["--ca-cert-file=-", "--ca-cert-file=-"], None).failure(2),
        "error: `-` is given for more than one input, but standard input can be read only once\n"
    );
}
