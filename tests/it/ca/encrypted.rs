//! CA keys that a passphrase protects.

use crate::support::{Ended, Sandbox, installed, kumactl, run};

const PASSPHRASE: &str = "correct horse battery staple";
const VARIABLE: &str = "KUMACTL_ISSUER_KEY_PASSPHRASE";

/// A sandbox with a CA whose key OpenSSL encrypted with these arguments into `locked.key`.
fn with_locked_key(arguments: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.ca(&[]).status, 0);
    let script =
        format!("openssl {arguments} -in ca.key -out locked.key -passout 'pass:{PASSPHRASE}'");
    let ended = sandbox.shell(&script);
    assert_eq!(ended.status, 0, "{ended:?}");
    sandbox.shell("cp ca.crt locked.crt; rm ca.key").quiet_success();
    sandbox
}

const PKCS8: &str = "pkcs8 -topk8";

/// Issues with the passphrase in the environment.
fn issue_with_variable(sandbox: &Sandbox, passphrase: &str) -> Ended {
    let mut command = sandbox.command(kumactl());
    command.env(VARIABLE, passphrase).args([
        "generate",
        "tls-certificate",
        "--type=server",
        "--key-type=ecdsa",
        "--hostname=cp.example",
        "--issuer-cert-file=locked.crt",
        "--issuer-key-file=locked.key",
        "--cert-file=tls.crt",
        "--key-file=tls.key",
    ]);
    run(&mut command)
}

#[test]
fn keys_encrypted_by_openssl_sign_with_a_passphrase_file() {
    let Some(_) = installed("openssl") else { return };
    for arguments in [
        PKCS8,
        "pkcs8 -topk8 -v2 aes-128-cbc -v2prf hmacWithSHA512",
        "pkcs8 -topk8 -scrypt -scrypt_N 1024",
        "pkey -aes-192-cbc",
    ] {
        let sandbox = with_locked_key(arguments);
        sandbox.write("passphrase", format!("{PASSPHRASE}\n"));
        let issued = sandbox.issue("locked", &["--issuer-key-passphrase-file=passphrase"]);
        assert_eq!((issued.status, issued.stderr.as_str()), (0, ""), "{arguments}: {issued:?}");
        assert!(sandbox.openssl_verifies("locked.crt"), "{arguments}");
    }
}

#[test]
fn the_passphrase_comes_from_standard_input_or_from_the_variable_too() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = with_locked_key(PKCS8);
    assert_eq!(issue_with_variable(&sandbox, PASSPHRASE).status, 0);
    let piped = sandbox.shell(&format!(
        "printf '%s\\r\\n' '{PASSPHRASE}' | kumactl generate ca-certificate --key-type=ecdsa --force \
         --issuer-cert-file=locked.crt --issuer-key-file=locked.key --issuer-key-passphrase-file=-"
    ));
    // The passphrase is right; only the CA is unsuitable.
    assert!(piped.stderr.contains("allows 0 CAs below it"), "{piped:?}");
    let twice = sandbox.issue("locked", &["--issuer-key-file=-", "--issuer-key-passphrase-file=-"]);
    assert!(twice.failure(2).contains("standard input can be read only once"), "read twice");
}

#[test]
fn wrong_missing_and_empty_passphrases_have_their_own_errors_and_are_not_repeated() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = with_locked_key(PKCS8);
    sandbox.write("wrong", "wrong-secret\n");
    sandbox.write("empty", "\n");
    let before = sandbox.snapshot();
    let flag = |file: &str| {
        sandbox.issue("locked", &[&*format!("--issuer-key-passphrase-file={file}")]).failure(1)
    };
    let wrong = flag("wrong");
    assert!(
        wrong.contains("cannot decrypt the CA key file locked.key: the passphrase is wrong"),
        "{wrong}"
    );
    assert!(!wrong.contains("wrong-secret"), "{wrong}");
    assert!(flag("empty").contains("the passphrase file empty is empty"), "{}", flag("empty"));
    let missing = sandbox.issue("locked", &[]).failure(1);
    assert!(
        missing.contains("cannot use the CA key file locked.key: it is encrypted"),
        "{missing}"
    );
    assert!(
        missing
            .contains(&format!("--issuer-key-passphrase-file=FILE, or in the variable {VARIABLE}"))
    );
    let empty = issue_with_variable(&sandbox, "").failure(1);
    assert!(empty.contains(&format!("the variable {VARIABLE} is empty")), "{empty}");
    let wrong = issue_with_variable(&sandbox, "wrong-secret").failure(1);
    assert!(
        wrong.contains("the passphrase is wrong") && !wrong.contains("wrong-secret"),
        "{wrong}"
    );
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn encryption_that_is_not_supported_is_named_with_the_command_that_converts_it() {
    let Some(_) = installed("openssl") else { return };
    for (arguments, error) in [
        ("ec -aes256", "it is encrypted in the traditional PEM format"),
        ("pkcs8 -topk8 -v1 PBE-SHA1-3DES", "its encryption is not PKCS#8 with PBES2"),
        ("pkcs8 -topk8 -v2 des3", "its encryption is not PKCS#8 with PBES2"),
        ("pkcs8 -topk8 -v2 aes256 -v2prf hmacWithSHA1", "its encryption is not PKCS#8 with PBES2"),
        ("pkcs8 -topk8 -iter 10000001", "more than 10,000,000 PBKDF2 iterations"),
        ("pkcs8 -topk8 -scrypt -scrypt_N 16384 -scrypt_r 8 -scrypt_p 17", "or 256 MiB for scrypt"),
    ] {
        let sandbox = with_locked_key(arguments);
        let error_text = issue_with_variable(&sandbox, PASSPHRASE).failure(1);
        assert!(error_text.contains(error), "{arguments}: {error_text}");
        let command = error_text.split("convert it: ").nth(1).expect("a command").trim();
        let script = command.replace(
            "openssl pkcs8",
            &format!("openssl pkcs8 -passin 'pass:{PASSPHRASE}' -passout 'pass:{PASSPHRASE}'"),
        );
        let converted = sandbox.shell(&script);
        assert_eq!(converted.status, 0, "{arguments}: {converted:?}");
        sandbox.shell("mv ca-pkcs8.key locked.key").quiet_success();
        assert_eq!(issue_with_variable(&sandbox, PASSPHRASE).status, 0, "{arguments}");
    }
}

#[test]
fn a_batch_takes_the_passphrase_from_the_variable() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = with_locked_key(PKCS8);
    sandbox.write(
        "spec.yaml",
        "issuer: {certFile: locked.crt, keyFile: locked.key}\n\
         certificates: [{name: a, type: server, hostnames: [a.example], keyType: ecdsa}]\n",
    );
    let batch = ["generate", "tls-certificates", "--file=spec.yaml", "--output-dir=out"];
    let error = sandbox.kumactl(batch).failure(1);
    assert!(
        error.contains(&format!("hint: pass the passphrase in the variable {VARIABLE}")),
        "{error}"
    );
    let mut command = sandbox.command(kumactl());
    let made = run(command.env(VARIABLE, PASSPHRASE).args(batch));
    assert_eq!(made.status, 0, "{made:?}");
}
