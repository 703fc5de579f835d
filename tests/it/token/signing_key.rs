//! `kumactl generate signing-key` and `public-key`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::sandbox;
use crate::support::{Sandbox, installed, run};

fn generate(sandbox: &Sandbox, more: &[&str]) -> crate::support::Ended {
    sandbox.kumactl(["generate", "signing-key"].iter().chain(more))
}

#[test]
fn a_signing_key_is_rsa_of_2048_bits_in_pkcs1_as_openssl_reads_it() {
    let Some(openssl) = installed("openssl") else { return };
    let sandbox = Sandbox::new();
    let pem = generate(&sandbox, &["--format=pem"]).quiet_success();
    assert!(pem.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"), "{pem}");
    assert!(pem.ends_with("-----END RSA PRIVATE KEY-----\n"), "{pem}");
    sandbox.write("key", pem);
    let mut command = sandbox.command(openssl);
    let text = run(command.args(["rsa", "-in", "key", "-noout", "-text", "-check"]));
    assert_eq!(text.status, 0, "{text:?}");
    assert!(text.stdout.contains("RSA key ok"), "{text:?}");
    assert!(text.stdout.contains("(2048 bit"), "{text:?}");
    assert!(text.stdout.contains("publicExponent: 65537"), "{text:?}");
}

#[test]
fn by_default_the_key_is_one_line_of_base64_without_a_line_break() {
    let text = generate(&Sandbox::new(), &[]).quiet_success();
    assert!(!text.contains('\n'), "{text}");
    let pem = BASE64_STANDARD.decode(text).expect("Base64 with padding");
    assert!(pem.starts_with(b"-----BEGIN RSA PRIVATE KEY-----\n"));
    assert!(pem.ends_with(b"-----END RSA PRIVATE KEY-----\n"));
}

#[test]
fn only_the_owner_can_read_a_key_file_and_an_existing_one_is_kept() {
    let sandbox = Sandbox::new();
    let arguments = ["--format=pem", "--key-file=signing.key"];
    let said = generate(&sandbox, &arguments).quiet_success();
    assert_eq!(said, "Private key saved in signing.key\n");
    assert_eq!(sandbox.mode("signing.key"), 0o600);
    let key = sandbox.read("signing.key");
    let refused = generate(&sandbox, &arguments).failure(1);
    assert!(refused.contains("signing.key already exists; no file was changed\nhint: rerun with --force to overwrite it\n"), "{refused}");
    assert_eq!(sandbox.read("signing.key"), key);
    generate(&sandbox, &[&arguments[..], &["--force"]].concat()).quiet_success();
    assert_ne!(sandbox.read("signing.key"), key);
    assert_eq!(sandbox.mode("signing.key"), 0o600);
}

#[test]
fn the_public_key_is_the_one_that_openssl_extracts() {
    let Some(openssl) = installed("openssl") else { return };
    let sandbox = sandbox();
    let mut command = sandbox.command(openssl);
    command.args(["rsa", "-in", "signing.key", "-RSAPublicKey_out"]);
    assert_eq!(run(&mut command).stdout, sandbox.read("signing.pub"));
}

/// Each form of one key gives one public key.
#[test]
fn a_signing_key_is_read_as_pkcs1_pkcs8_and_base64_from_a_file_and_from_standard_input() {
    let Some(openssl) = installed("openssl") else { return };
    let sandbox = sandbox();
    let mut command = sandbox.command(openssl);
    command.args(["pkcs8", "-topk8", "-nocrypt", "-in", "signing.key", "-out", "pkcs8.key"]);
    run(&mut command).quiet_success();
    assert!(sandbox.read("pkcs8.key").starts_with("-----BEGIN PRIVATE KEY-----"));
    sandbox.write("base64.key", BASE64_STANDARD.encode(sandbox.read("signing.key")));
    sandbox.write("behind.key", format!("a comment\n{}", sandbox.read("signing.key")));
    for file in ["pkcs8.key", "base64.key", "behind.key"] {
        let flag = format!("--signing-key-path={file}");
        let public = sandbox.kumactl(["generate", "public-key", &flag]).quiet_success();
        assert_eq!(public, sandbox.read("signing.pub"), "{file}");
    }
    let script = "kumactl generate public-key --signing-key-path=- < signing.key";
    assert_eq!(sandbox.shell(script).quiet_success(), sandbox.read("signing.pub"));
}

#[test]
fn a_file_without_a_signing_key_is_rejected_with_the_reason() {
    let Some(openssl) = installed("openssl") else { return };
    let sandbox = sandbox();
    let script = "openssl genrsa -traditional -out short.key 1024 2> log
        openssl genpkey -algorithm ed25519 -out ed25519.key
        openssl ecparam -name prime256v1 -genkey -noout -out ec.key
        openssl rsa -in signing.key -traditional -aes128 -passout pass:a -out encrypted.key 2>> log
        openssl rsa -in signing.key -outform DER -out der.key 2>> log
        base64 signing.key | base64 > twice
        { printf '\\357\\273\\277'; cat signing.key; } > mark.key
        : > empty
        printf 'no PEM at all' > text";
    drop(openssl);
    sandbox.shell(script).quiet_success();
    let unusable = "its private key is not RSA of 2048 to 8192 bits, or is damaged";
    for (file, reason) in [
        (
            "mark.key",
            "its PEM is damaged in line 1: it begins with a byte order mark\nhint: save it as",
        ),
        (
            "twice",
            "it is Base64 of Base64: it was encoded twice\nhint: (umask 077; base64 -d twice > ",
        ),
        (
            "der.key",
            "it is a private key in DER, not PEM\nhint: (umask 077; openssl rsa -inform DER -in der.key",
        ),
        ("short.key", "its RSA key has fewer than 2048 bits"),
        ("ed25519.key", unusable),
        ("ec.key", unusable),
        ("encrypted.key", "its private key is encrypted"),
        ("signing.pub", "it holds no private key but \"RSA PUBLIC KEY\""),
        ("text", "it has no PEM block"),
    ] {
        for arguments in [
            &["generate", "public-key"][..],
            &["generate", "user-token", "--name=a", "--valid-for=1h", "--kid=1"],
        ] {
            let flag = format!("--signing-key-path={file}");
            let refused = sandbox.kumactl(arguments.iter().chain(&[flag.as_str()])).failure(1);
            let expected = format!("error: cannot use signing key file {file}: {reason}");
            assert!(refused.contains("\nhint: "), "{refused}");
            assert!(refused.starts_with(&expected), "{refused}");
        }
    }
    let empty = ["generate", "public-key", "--signing-key-path=empty"];
    assert!(sandbox.kumactl(empty).failure(1).contains("is empty"));
    let missing = ["generate", "public-key", "--signing-key-path=missing"];
    let refused = sandbox.kumactl(missing).failure(1);
    assert!(
        refused.starts_with(
            "error: could not read the signing key file missing: no such file or directory\n"
        ),
        "{refused}"
    );
    assert!(sandbox.kumactl(["generate", "public-key"]).failure(2).contains("is missing"));
}

#[test]
fn a_key_that_other_users_can_read_causes_a_warning_with_the_cure() {
    let sandbox = sandbox();
    sandbox.shell("cp signing.key 'my key' && chmod 640 'my key'").quiet_success();
    let warning = "warning: other users can read the signing key file my key, with permissions 0640: chmod \
                   600 'my key'\n";
    for (arguments, expected) in [
        ("public-key --signing-key-path='my key'", warning),
        ("user-token --name=a --valid-for=1h --kid=1 --signing-key-path='my key'", warning),
        ("kuma-secret --kind=user-token-signing-key --kid=1 --signing-key-path='my key'", warning),
        ("public-key --quiet --signing-key-path='my key'", ""),
        ("public-key --signing-key-path=- < 'my key'", ""),
        ("public-key --signing-key-path=/dev/stdin < 'my key'", ""),
        ("public-key --signing-key-path=signing.key", ""),
    ] {
        let ended = sandbox.shell(&format!("kumactl generate {arguments}"));
        assert_eq!((ended.status, ended.stderr.as_str()), (0, expected), "{arguments}");
    }
    let cure =
        warning.split_once(": chmod").map(|(_, rest)| format!("chmod{rest}")).expect("a cure");
    sandbox.shell(&cure).quiet_success();
    sandbox.kumactl(["generate", "public-key", "--signing-key-path=my key"]).quiet_success();
}
