//! CAs with one defect each: rejected with their own message, and nothing is written.

use super::FROM_CA;
use crate::support::{Sandbox, installed};

/// The extensions of a CA, the error, and the two values that it compares.
const BROKEN: [(&str, &[&str]); 6] = [
    ("basicConstraints=critical,CA:FALSE", &["CN=broken is not a CA", "say CA:FALSE"]),
    ("keyUsage=critical,keyCertSign", &["CN=broken is not a CA", "are missing"]),
    (
        "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature,cRLSign",
        &["keyUsage is digitalSignature, cRLSign", "without keyCertSign"],
    ),
    (
        "basicConstraints=critical,CA:TRUE\nextendedKeyUsage=clientAuth",
        &["CN=broken is for clientAuth, not for serverAuth", "hint: use a CA that may issue"],
    ),
    (
        "basicConstraints=critical,CA:TRUE\nnameConstraints=critical,permitted;DNS:other.example",
        &["cp.example violates the nameConstraints of CN=broken", "permits only other.example"],
    ),
    (
        "basicConstraints=critical,CA:TRUE\nnameConstraints=critical,excluded;DNS:example",
        &["cp.example violates the nameConstraints of CN=broken", "excludes example"],
    ),
];

fn made_by_openssl(openssl: &str, extensions: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let config = "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\nCN=broken\n";
    sandbox.write("ca.cnf", format!("{config}[ext]\n{extensions}\nsubjectKeyIdentifier=hash\n"));
    let ended = sandbox.shell(&format!(
        "{openssl} ecparam -name prime256v1 -genkey -noout -out ca.key
         {openssl} req -x509 -new -key ca.key -out ca.crt -days 30 -config ca.cnf"
    ));
    assert_eq!(ended.status, 0, "{ended:?}");
    sandbox
}

#[track_caller]
fn refused(sandbox: &Sandbox, arguments: &[&str], words: &[&str]) {
    let before = sandbox.snapshot();
    let arguments = FROM_CA.iter().chain(&["--hostname=cp.example"]).chain(arguments);
    let ended = sandbox.kumactl(arguments);
    assert!(matches!(ended.status, 1 | 2) && ended.stdout.is_empty(), "{ended:?}");
    for word in words {
        assert!(ended.stderr.contains(word), "{word:?} is not in {}", ended.stderr);
    }
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn a_ca_with_one_defect_is_rejected_for_that_defect() {
    let Some(openssl) = installed("openssl") else { return };
    let openssl = openssl.display().to_string();
    for (extensions, words) in BROKEN {
        refused(&made_by_openssl(&openssl, extensions), &[], words);
    }
}

#[test]
fn a_ca_without_a_name_or_with_the_name_of_the_certificate_is_rejected() {
    let Some(openssl) = installed("openssl") else { return };
    let sandbox = Sandbox::new();
    let openssl = openssl.display();
    let ended = sandbox.shell(&format!(
        "{openssl} req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / \
         -keyout ca.key -out ca.crt 2>&1"
    ));
    assert_eq!(ended.status, 0, "{ended:?}");
    refused(&sandbox, &[], &["has an empty subject", "hint: "]);
    let own = ["--type=server", "--hostname=cp.example", "--force"];
    sandbox
        .generate(own.iter().chain(&["--cert-file=ca.crt", "--key-file=ca.key"]))
        .quiet_success();
    refused(
        &sandbox,
        &[],
        &["the name of its CA, O=Kuma, CN=cp.example", "hint: give the CA a name"],
    );
}

#[test]
fn a_key_of_another_ca_is_rejected_with_both_identifiers() {
    let sandbox = Sandbox::new();
    for name in ["ca", "other"] {
        let (cert, key) = (format!("--cert-file={name}.crt"), format!("--key-file={name}.key"));
        let arguments = ["generate", "ca-certificate", "--key-type=ecdsa", &cert, &key];
        sandbox.kumactl(arguments).quiet_success();
    }
    let words =
        ["cannot issue from this CA: the private key does not match the certificate", "identifier"];
    refused(&sandbox, &["--issuer-key-file=other.key"], &words);
}

#[test]
fn files_that_are_not_a_ca_are_rejected_by_their_contents() {
    let Some(openssl) = installed("openssl") else { return };
    let sandbox = Sandbox::new();
    sandbox.kumactl(["generate", "ca-certificate", "--key-type=ecdsa"]).quiet_success();
    sandbox.write("garbage", "garbage");
    let openssl = openssl.display();
    sandbox.shell(&format!(
        "{openssl} pkey -in ca.key -aes128 -passout pass:x -out encrypted.key
         {openssl} ecparam -name secp256k1 -genkey -noout -out koblitz.key
         {openssl} pkey -in ca.key -outform DER -out der.key
         {openssl} x509 -in ca.crt -outform DER -out der.crt
         cat ca.key koblitz.key > two.key; head -c 100 ca.key > cut.key"
    ));
    for (argument, words) in [
        (
            "--issuer-cert-file=ca.key",
            ["is a private key", "use --issuer-cert-file for the CA certificate"],
        ),
        ("--issuer-key-file=ca.crt", ["no private key but \"CERTIFICATE\"", "and --issuer-key"]),
        ("--issuer-key-file=garbage", ["garbage", "no PEM block"]),
        ("--issuer-key-file=encrypted.key", ["is encrypted", "--issuer-key-passphrase-file=FILE"]),
        ("--issuer-key-file=koblitz.key", ["koblitz.key", "P-256, P-384, P-521 or Ed25519"]),
        (
            "--issuer-key-file=der.key",
            ["it is a private key in DER, not PEM", "openssl pkey -inform DER -in der.key"],
        ),
        ("--issuer-cert-file=der.crt", ["is DER, not PEM", "openssl x509 -inform DER -in der.crt"]),
        ("--issuer-key-file=two.key", ["two.key", "more than one private key"]),
        ("--issuer-key-file=cut.key", ["cut.key", "no end"]),
        ("--issuer-key-file=missing.key", ["missing.key", "no such file"]),
        ("--key-file=ca.key", ["would overwrite", "hint: use another path for --key-file"]),
    ] {
        refused(&sandbox, &["--force", argument], &words);
    }
}

#[test]
fn an_invalid_constraint_is_rejected_with_the_intended_one() {
    for (flag, words) in [
        ("--permit-dns=*.mesh.example", "did you mean --permit-dns=mesh.example?"),
        ("--permit-dns=.mesh.example", "did you mean --permit-dns=mesh.example?"),
        ("--permit-dns=10.0.0.1", "is not a domain"),
        ("--permit-ip=10.0.0.1/8", "did you mean --permit-ip=10.0.0.0/8?"),
        ("--permit-ip=mesh.example", "is not a range of IP addresses"),
        ("--name=", "cannot be named"),
    ] {
        let sandbox = Sandbox::new();
        let stderr = sandbox.kumactl(["generate", "ca-certificate", flag]).failure(2);
        assert!(stderr.contains(words), "{stderr}");
        assert!(sandbox.names().is_empty());
    }
}

#[test]
fn the_key_of_the_ca_is_not_certified_for_a_server() {
    let sandbox = Sandbox::new();
    sandbox.kumactl(["generate", "ca-certificate", "--key-type=ecdsa"]).quiet_success();
    let copy = sandbox.shell("cp ca.key key.pem");
    assert_eq!(copy.status, 0);
    let words = ["is the key of the CA O=Kuma, CN=Kuma CA ", "hint: ", "rerun without --reuse-key"];
    refused(&sandbox, &["--reuse-key", "--force"], &words);
    refused(&sandbox, &["--reuse-key", "--if-needed"], &words);
}

#[test]
fn the_longest_possible_lifetime_is_suggested() {
    let sandbox = Sandbox::new();
    let ca = ["generate", "ca-certificate", "--key-type=ecdsa", "--valid-for=40m"];
    sandbox.kumactl(ca).quiet_success();
    refused(&sandbox, &["--valid-for=2h"], &["use --valid-for=38m"]);
    let longest = FROM_CA.iter().chain(&["--hostname=cp.example", "--valid-for=38m"]);
    assert_eq!(sandbox.kumactl(longest).status, 0);
}
