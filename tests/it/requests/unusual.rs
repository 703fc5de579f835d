//! `generate tls-certificate --csr-file`: requests with signatures, keys and names that are rare.

use super::SIGN;
use super::signed::{EC, openssl_request, refused};
use crate::support::{Sandbox, installed};

const SERVER: &str = "subjectAltName=DNS:cp.example\nextendedKeyUsage=serverAuth";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.make_ca(&[]);
    sandbox
}

/// A request for the names of `SERVER` that OpenSSL signs with these options.
fn signed_with(sandbox: &Sandbox, key: &str, options: &str) {
    openssl_request(sandbox, key, SERVER);
    let ended = sandbox.shell(&format!(
        "openssl req -new -key their.key -config req.cnf -out their.csr {options} 2> /dev/null"
    ));
    assert_eq!(ended.status, 0, "{options}: {ended:?}");
}

#[test]
fn a_signature_that_cannot_be_verified_is_not_called_forged() {
    let Some(_) = installed("openssl") else { return };
    let rsa = "rsa:2048";
    for (key, options, algorithm) in [
        (EC, "-sha1", "ecdsa-with-SHA1"),
        (EC, "-sha224", "1.2.840.10045.4.3.1"),
        (rsa, "-md5", "md5WithRSAEncryption"),
        (rsa, "-sha3-256", "2.16.840.1.101.3.4.3.14"),
        (rsa, "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20", "RSASSA-PSS"),
    ] {
        let sandbox = sandbox();
        signed_with(&sandbox, key, options);
        let error = refused(&sandbox, &[], 1);
        let expected = format!("its signature cannot be verified: {algorithm} ");
        assert!(error.contains(&expected), "{options}: {error}");
        signed_with(&sandbox, key, "-sha256");
        assert_eq!(sandbox.make(&SIGN, &["--csr-file=their.csr"]).status, 0, "{options}");
    }
}

#[test]
fn a_key_that_no_certificate_is_issued_for_is_named() {
    let Some(_) = installed("openssl") else { return };
    for (key, named) in [
        ("ec ec_paramgen_curve:secp256k1", "1.2.840.10045.2.1, curve 1.3.132.0.10"),
        ("ed448", "1.3.101.113"),
        ("rsa-pss rsa_keygen_bits:2048", "1.2.840.113549.1.1.10"),
        ("rsa:2056", "RSA 2056"),
    ] {
        let sandbox = sandbox();
        openssl_request(&sandbox, key, SERVER);
        let error = refused(&sandbox, &[], 1);
        assert!(error.contains(&format!("its key is of type {named}, and not RSA")), "{error}");
    }
}

#[test]
fn an_extension_that_cannot_be_read_is_not_called_missing() {
    let Some(_) = installed("openssl") else { return };
    for (extension, name) in [
        ("subjectAltName=DER:04:00", "subjectAltName"),
        ("subjectAltName=DNS:a\nextendedKeyUsage=DER:04:00", "extKeyUsage"),
        ("subjectAltName=DNS:a\nbasicConstraints=DER:04:00", "basicConstraints"),
    ] {
        let sandbox = sandbox();
        openssl_request(&sandbox, EC, extension);
        let error = refused(&sandbox, &["--type=server", "--hostname=a"], 1);
        assert!(error.contains(&format!("its {name} is malformed")), "{error}");
    }
}

#[test]
fn a_name_in_another_spelling_is_not_called_left_out() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = sandbox();
    let names = "subjectAltName=DNS:CP.example,DNS:b\u{fc}cher.example,DNS:cp.example\n\
                 extendedKeyUsage=serverAuth";
    openssl_request(&sandbox, EC, names);
    let ended = sandbox.make(&SIGN, &["--csr-file=their.csr"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(
        ended.stderr.contains("for these names: cp.example, xn--bcher-kva.example\n"),
        "{ended:?}"
    );
    assert!(!ended.stderr.contains("does not have"), "{ended:?}");
}

#[test]
fn the_subject_that_the_certificate_does_not_have_is_named() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = sandbox();
    openssl_request(&sandbox, EC, SERVER);
    let ended = sandbox.make(&SIGN, &["--csr-file=their.csr"]);
    let note = "note: its subject is O=Kuma, CN=cp.example, and not that of the request: \
                CN=cp.example\n";
    assert!(ended.stderr.contains(note), "{ended:?}");
    let same = ["--csr-file=their.csr", "--force", "--subject=CN=cp.example"];
    let ended = sandbox.make(&SIGN, &same);
    assert!(ended.status == 0 && !ended.stderr.contains("subject"), "{ended:?}");
}

#[test]
fn usages_of_a_ca_and_known_extensions_are_dropped_by_their_names() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = sandbox();
    let more: String = (1..=30).map(|arc| format!("\n1.2.3.{arc}=ASN1:NULL")).collect();
    let extensions = format!(
        "{SERVER}\nkeyUsage=keyCertSign,cRLSign,digitalSignature\ncertificatePolicies=1.2.3{more}"
    );
    openssl_request(&sandbox, EC, &extensions);
    let ended = sandbox.make(&SIGN, &["--csr-file=their.csr"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    let dropped = "keyUsage keyCertSign, keyUsage cRLSign, extension certificatePolicies, \
                   extension 1.2.3.1, ";
    assert!(ended.stderr.contains(dropped), "{ended:?}");
    assert!(ended.stderr.contains(", extension 1.2.3.17 and 13 more\n"), "{ended:?}");
}

#[test]
fn a_certificate_of_a_ca_that_is_a_moment_older_expires_without_a_note() {
    let sandbox = Sandbox::new();
    let (minute, long) = (["--valid-for=5259540m"], ["--valid-for=5256000m"]);
    for (valid_for, has_note) in [(long, false), (minute, false), (["--valid-for=5254000m"], true)]
    {
        let made = ["generate", "ca-certificate", "--key-type=ecdsa", "--force"];
        assert_eq!(sandbox.make(&made, &valid_for).status, 0);
        let issue = ["--type=server", "--hostname=a", "--key-type=ecdsa", "--key-file=tls.key"];
        let issue = [&issue[..], &["--force"]].concat();
        let ended = sandbox.make(&SIGN, &issue);
        assert_eq!(ended.status, 0, "{ended:?}");
        assert_eq!(ended.stderr.contains("expires with its CA"), has_note, "{ended:?}");
    }
}
