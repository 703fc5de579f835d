//! `generate tls-certificate --csr-file`: which requests are signed, and what of them.

use super::{MAKE, SIGN};
use crate::support::{Sandbox, installed};

/// A sandbox with a CA and the request `tls.csr`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.make_ca(&[]);
    assert_eq!(sandbox.make(&MAKE, &[]).status, 0);
    sandbox
}

/// A request that OpenSSL makes from the sections of a configuration, for a new key of this type.
pub(super) fn openssl_request(sandbox: &Sandbox, key: &str, extensions: &str) {
    let configuration = format!(
        "[req]\ndistinguished_name=dn\nreq_extensions=ext\nprompt=no\n\
         [dn]\nCN=cp.example\n[ext]\n{extensions}\n"
    );
    sandbox.write("req.cnf", configuration);
    let arguments = ["req", "-new", "-nodes", "-config", "req.cnf", "-keyout", "their.key"];
    let [algorithm, option] = match key.split_once(' ') {
        Some((algorithm, option)) => [algorithm, option],
        None => [key, ""],
    };
    let mut all: Vec<&str> = arguments.into();
    all.extend(["-out", "their.csr", "-newkey", algorithm]);
    if !option.is_empty() {
        all.extend(["-pkeyopt", option]);
    }
    sandbox.openssl(&all);
}

pub(super) const EC: &str = "ec ec_paramgen_curve:P-256";

#[test]
fn a_certificate_for_our_own_request_verifies_with_its_key() {
    let sandbox = sandbox();
    let before = sandbox.names();
    let more = ["--csr-file=tls.csr", "--ca-cert-file=root.crt", "--valid-for=90d"];
    let ended = sandbox.make(&SIGN, &more);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert_eq!(
        ended.stderr,
        "note: the certificate is for these names: kuma-control-plane.kuma-system, \
         kuma-control-plane.kuma-system.svc, kuma-control-plane.kuma-system.svc.cluster.local\n"
    );
    let new: Vec<_> = sandbox.names().into_iter().filter(|name| !before.contains(name)).collect();
    assert_eq!(new, ["root.crt", "tls.crt"]);
    let verified = sandbox.kumactl([
        "verify",
        "tls-certificate",
        "--cert-file=tls.crt",
        "--key-file=tls.key",
        "--ca-cert-file=root.crt",
        "--kubernetes-service=kuma-control-plane.kuma-system",
    ]);
    assert_eq!(verified.status, 0, "{verified:?}");
}

#[test]
fn requests_from_openssl_are_signed_for_every_key_type() {
    let Some(_) = installed("openssl") else { return };
    for key in [
        "rsa:2048",
        "rsa:3072",
        EC,
        "ec ec_paramgen_curve:P-384",
        "ec ec_paramgen_curve:P-521",
        "ed25519",
    ] {
        let sandbox = Sandbox::new();
        sandbox.make_ca(&[]);
        openssl_request(&sandbox, key, "subjectAltName=DNS:cp.example,IP:10.0.0.1");
        let ended = sandbox.make(&SIGN, &["--csr-file=their.csr", "--type=server"]);
        assert_eq!(ended.status, 0, "{key}: {ended:?}");
        sandbox.openssl(&["verify", "-x509_strict", "-CAfile", "ca.crt", "tls.crt"]);
        let key_of =
            |kind: &str, file: &str| sandbox.openssl(&[kind, "-in", file, "-noout", "-pubkey"]);
        assert_eq!(key_of("x509", "tls.crt"), key_of("req", "their.csr"), "{key}");
    }
}

#[test]
fn der_and_pem_with_the_label_of_windows_are_read() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = sandbox();
    sandbox.openssl(&["req", "-in", "tls.csr", "-outform", "DER", "-out", "der.csr"]);
    let windows = sandbox.read("tls.csr").replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST");
    sandbox.write("windows.csr", windows.replace('\n', "\r\n"));
    for file in ["der.csr", "windows.csr"] {
        let ended = sandbox.make(&SIGN, &[&format!("--csr-file={file}"), "--force"]);
        assert_eq!(ended.status, 0, "{file}: {ended:?}");
    }
}

#[test]
fn hostname_replaces_the_names_and_a_note_lists_the_omitted_ones() {
    let sandbox = sandbox();
    let more = ["--csr-file=tls.csr", "--hostname=kuma-control-plane.kuma-system,other.example"];
    let ended = sandbox.make(&SIGN, &more);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(
        ended.stderr.contains(
            "warning: the certificate does not have these names of the request: \
             kuma-control-plane.kuma-system.svc, kuma-control-plane.kuma-system.svc.cluster.local\n"
        ),
        "{ended:?}"
    );
    let shown = sandbox.kumactl(["inspect", "certificate", "tls.crt"]).quiet_success();
    assert!(shown.contains("other.example") && !shown.contains("kuma-system.svc"), "{shown}");
}

#[test]
fn unsupported_extensions_are_named_and_dropped() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = Sandbox::new();
    sandbox.make_ca(&[]);
    let extensions = "subjectAltName=DNS:cp.example\nextendedKeyUsage=serverAuth,codeSigning\n\
                      tlsfeature=status_request\nbasicConstraints=CA:FALSE\n1.2.3.4=ASN1:NULL";
    openssl_request(&sandbox, EC, extensions);
    let ended = sandbox.make(&SIGN, &["--csr-file=their.csr"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(
        ended.stderr.contains(
            "the certificate does not have these extensions of the request: extKeyUsage codeSigning, \
             extension 1.3.6.1.5.5.7.1.24, extension 1.2.3.4\n"
        ),
        "{ended:?}"
    );
    let text = sandbox.openssl(&["x509", "-in", "tls.crt", "-noout", "-text"]);
    assert!(!text.contains("1.2.3.4") && !text.contains("Code Signing"), "{text}");
}

/// Signs `their.csr`, which must fail, and returns the error; nothing is written.
#[track_caller]
pub(super) fn refused(sandbox: &Sandbox, more: &[&str], status: i32) -> String {
    let before = sandbox.snapshot();
    let arguments: Vec<&str> = ["--csr-file=their.csr"].iter().chain(more).copied().collect();
    let error = sandbox.make(&SIGN, &arguments).failure(status);
    assert_eq!(sandbox.snapshot(), before);
    error
}

#[test]
fn an_unsigned_request_is_rejected_with_its_own_message() {
    let Some(_) = installed("openssl") else { return };
    for (key, extensions, error) in [
        (EC, "basicConstraints=CA:TRUE", "it requests a CA certificate (basicConstraints CA:TRUE)"),
        ("rsa:1024", "subjectAltName=DNS:a.example", "its key is RSA with 1024 bits"),
        (
            "ec ec_paramgen_curve:secp256k1",
            "subjectAltName=DNS:a.example",
            "its key is of type 1.2",
        ),
        (EC, "keyUsage=digitalSignature", "it has no subjectAltName"),
        (EC, "subjectAltName=DNS:a b", "its dNSName \"a b\""),
        (EC, "subjectAltName=DNS:10.0.0.1", "its dNSName 10.0.0.1 is an IP address"),
        (EC, "subjectAltName=email:a@b.example", "a name of another kind"),
        (EC, "subjectAltName=URI:https://a.example", "its uniformResourceIdentifier"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.make_ca(&[]);
        openssl_request(&sandbox, key, extensions);
        let text = refused(&sandbox, &["--type=server"], 1);
        assert!(text.contains(error), "{extensions}: {text}");
    }
}

#[test]
fn hostname_replaces_names_that_cannot_be_used() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = Sandbox::new();
    sandbox.make_ca(&[]);
    openssl_request(&sandbox, EC, "subjectAltName=DNS:10.0.0.1");
    let text = refused(&sandbox, &["--type=server"], 1);
    assert!(text.contains("hint: --hostname=10.0.0.1 makes it an iPAddress"), "{text}");
    let more = ["--csr-file=their.csr", "--type=server", "--hostname=10.0.0.1"];
    assert_eq!(sandbox.make(&SIGN, &more).status, 0);
}

#[test]
fn a_changed_request_is_rejected_because_of_its_signature() {
    let sandbox = sandbox();
    let der = pem::parse(sandbox.read("tls.csr")).expect("PEM").into_contents();
    let place = der.windows(4).position(|octets| octets == b"kuma").expect("a name");
    let mut changed = der;
    changed[place] = b'l';
    sandbox.write("their.csr", changed);
    let text = refused(&sandbox, &[], 1);
    assert!(text.contains("its signature is not made with its key"), "{text}");
}

#[test]
fn names_that_the_ca_may_not_certify_are_rejected() {
    let sandbox = Sandbox::new();
    sandbox.make_ca(&["--permit-dns=mesh.example"]);
    for name in ["*.other.example", "cp.other.example"] {
        let hostname = format!("--hostname={name}");
        let make = ["generate", "certificate-request", "--type=server", "--key-type=ecdsa"];
        let made = sandbox.make(&make, &[&hostname, "--csr-file=their.csr", "--force"]);
        assert_eq!(made.status, 0, "{made:?}");
        let text = refused(&sandbox, &[], 1);
        assert!(text.contains(&format!("{name} violates the nameConstraints of")), "{text}");
    }
}

#[test]
fn a_request_without_a_usage_needs_the_type() {
    let Some(_) = installed("openssl") else { return };
    for (usage, which) in [("", "neither"), ("extendedKeyUsage=serverAuth,clientAuth", "both")] {
        let sandbox = Sandbox::new();
        sandbox.make_ca(&[]);
        openssl_request(&sandbox, EC, &format!("subjectAltName=DNS:cp.example\n{usage}"));
        let text = refused(&sandbox, &[], 2);
        assert!(text.contains(&format!("has {which} of the usages")), "{text}");
        assert!(text.contains("hint: add --type=server"), "{text}");
    }
}

#[test]
fn with_if_needed_the_certificate_stays_until_the_request_has_another_key_or_name() {
    let sandbox = sandbox();
    let sign = |more: &[&str]| {
        let arguments: Vec<_> =
            ["--csr-file=tls.csr", "--if-needed"].iter().chain(more).copied().collect();
        sandbox.make(&SIGN, &arguments)
    };
    assert_eq!(sign(&[]).status, 0);
    let first = sandbox.snapshot();
    let again = sign(&[]);
    assert_eq!(again.status, 0, "{again:?}");
    assert_eq!(sandbox.snapshot(), first);
    assert_eq!(sandbox.make(&MAKE, &["--force"]).status, 0);
    let replaced = sign(&[]);
    assert!(
        replaced.stderr.contains("tls.crt: its key is not the one in the certificate request"),
        "{replaced:?}"
    );
    assert_ne!(sandbox.snapshot()["tls.crt"], first["tls.crt"]);
}

#[test]
fn files_that_are_not_a_request_are_rejected_by_their_contents() {
    let sandbox = sandbox();
    for (file, error) in [
        ("ca.crt", "it holds no certificate request but \"CERTIFICATE\""),
        ("tls.key", "its PEM block 1 is a private key"),
    ] {
        let text = sandbox.make(&SIGN, &[&format!("--csr-file={file}")]).failure(1);
        assert!(text.contains(error), "{file}: {text}");
        assert!(!text.contains("-----"), "{text}");
    }
}

#[test]
fn flags_about_a_new_key_are_rejected_with_a_request() {
    let sandbox = sandbox();
    for flag in ["--key-file=a.key", "--key-type=rsa", "--reuse-key", "--key-mode=0640"] {
        let error = sandbox.make(&SIGN, &["--csr-file=tls.csr", flag]).failure(2);
        assert!(error.contains("--csr-file"), "{flag}: {error}");
    }
    let alone = ["generate", "tls-certificate", "--csr-file=tls.csr"];
    let error = sandbox.kumactl(alone).failure(2);
    assert!(error.contains("--issuer-cert-file"), "{error}");
}
