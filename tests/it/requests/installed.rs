//! `generate control-plane-tls --cert-file`: from the answer of a PKI to the files of a control plane.

use super::MAKE;
use crate::support::{Ended, Sandbox, installed};

/// A root and an intermediate CA of OpenSSL, and the certificate that they issue for `tls.csr`: `root.crt`,
/// `int.crt` and `leaf.crt`.
fn answered() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.make(&MAKE, &[]).status, 0);
    sandbox.write(
        "ca.cnf",
        "[ca]\ndefault_ca=own\n[own]\ndatabase=index\nnew_certs_dir=.\nserial=serial\n\
         default_md=sha256\npolicy=any\ncopy_extensions=copy\nx509_extensions=leaf\n\
         unique_subject=no\n[any]\norganizationName=optional\ncommonName=optional\n[leaf]\n\
         basicConstraints=critical,CA:FALSE\nauthorityKeyIdentifier=keyid\n\
         authorityInfoAccess=caIssuers;URI:http://pki.example/int.crt\n\
         [int]\nbasicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n\
         subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n\
         [req]\ndistinguished_name=dn\n[dn]\n",
    );
    let script = "
        exec 2>/dev/null; touch index; echo 01 > serial
        ec='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
        openssl req -x509 $ec -days 90 -subj '/O=Acme/CN=Acme Root' -keyout root.key -out root.crt \
          -addext keyUsage=critical,keyCertSign
        openssl req -new $ec -subj '/O=Acme/CN=Acme Issuing' -keyout int.key -out int.csr
        openssl x509 -req -in int.csr -CA root.crt -CAkey root.key -days 60 -extfile ca.cnf \
          -extensions int -out int.crt
        openssl ca -batch -config ca.cnf -cert int.crt -keyfile int.key -days 30 -in tls.csr \
          -notext -out leaf.crt";
    let ended = sandbox.shell(script);
    assert_eq!(ended.status, 0, "{ended:?}");
    sandbox
}

const INSTALL: [&str; 7] = [
    "generate",
    "control-plane-tls",
    "--mode=kubernetes",
    "--output-dir=out",
    "--cert-file=answer.crt",
    "--key-file=tls.key",
    "--ca-cert-file=root.crt",
];

/// Writes files one after another to `answer.crt`.
fn answer(sandbox: &Sandbox, files: &[&str]) {
    let text: String = files.iter().map(|file| sandbox.read(file)).collect();
    sandbox.write("answer.crt", text);
}

fn verified(sandbox: &Sandbox) -> Ended {
    sandbox.kumactl([
        "verify",
        "tls-certificate",
        "--cert-file=out/tls.crt",
        "--key-file=out/tls.key",
        "--ca-cert-file=out/ca.crt",
        "--ca-bundle-file=out/ca-bundle.b64",
        "--kubernetes-service=kuma-control-plane.kuma-system",
    ])
}

#[test]
fn an_answer_in_any_order_becomes_a_directory_that_verifies() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = answered();
    for order in [
        &["leaf.crt", "int.crt"][..],
        &["int.crt", "leaf.crt"],
        &["root.crt", "int.crt", "leaf.crt"],
    ] {
        answer(&sandbox, order);
        let ended = sandbox.make(&INSTALL, &["--force"]);
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""), "{order:?}: {ended:?}");
        let chain = ["leaf.crt", "int.crt"].map(|file| sandbox.read(file)).concat();
        assert_eq!(sandbox.read("out/tls.crt"), chain, "{order:?}");
        assert_eq!(sandbox.read("out/ca.crt"), sandbox.read("root.crt"), "{order:?}");
        assert_eq!(sandbox.read("out/tls.key"), sandbox.read("tls.key"), "{order:?}");
        assert_eq!(verified(&sandbox).status, 0, "{order:?}");
        sandbox.openssl(&[
            "verify",
            "-x509_strict",
            "-purpose",
            "sslserver",
            "-CAfile",
            "out/ca.crt",
            "-untrusted",
            "out/tls.crt",
            "out/tls.crt",
        ]);
    }
    let secret = sandbox.kumactl(["verify", "tls-certificate", "--secret=out/secret.yaml"]);
    assert_eq!(secret.status, 0, "{secret:?}");
}

#[test]
fn windows_line_ends_and_a_root_in_the_same_file_are_read() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = answered();
    answer(&sandbox, &["root.crt", "leaf.crt", "int.crt"]);
    sandbox.write("answer.crt", sandbox.read("answer.crt").replace('\n', "\r\n"));
    let without_ca = &INSTALL[..6];
    let ended = sandbox.make(without_ca, &[]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert_eq!(verified(&sandbox).status, 0);
}

#[test]
fn pkcs7_and_der_are_named_with_the_command_that_converts_them() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = answered();
    sandbox.shell(
        "openssl crl2pkcs7 -nocrl -certfile leaf.crt -certfile int.crt -outform DER -out answer.crt",
    );
    let error = sandbox.make(&INSTALL, &[]).failure(1);
    assert!(error.contains("PKCS#7"), "{error}");
    let command = error.split("hint: ").nth(1).expect("a command").trim();
    let converted = sandbox.shell(&format!("{command}; mv cert.pem answer.crt"));
    assert_eq!(converted.status, 0, "{command}: {converted:?}");
    assert_eq!(sandbox.make(&INSTALL, &[]).status, 0);
    sandbox.shell("rm -r out; openssl x509 -in leaf.crt -outform DER -out answer.crt");
    let error = sandbox.make(&INSTALL, &[]).failure(1);
    assert!(error.contains("it is DER, not PEM") && error.contains("hint: "), "{error}");
}

#[test]
fn pkcs7_that_windows_labels_as_a_certificate_is_named_too() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = answered();
    sandbox.shell(
        "openssl crl2pkcs7 -nocrl -certfile leaf.crt -certfile int.crt \
         | sed 's/PKCS7/CERTIFICATE/; s/$/\r/' > answer.crt",
    );
    assert!(sandbox.read("answer.crt").starts_with("-----BEGIN CERTIFICATE-----\r\n"));
    let error = sandbox.make(&INSTALL, &[]).failure(1);
    assert!(error.contains("its PEM block 1 is PKCS#7"), "{error}");
    let command = error.split("hint: ").nth(1).expect("a command").trim();
    let converted = sandbox.shell(&format!("{command}; mv cert.pem answer.crt"));
    assert_eq!(converted.status, 0, "{command}: {converted:?}");
    assert_eq!(sandbox.make(&INSTALL, &[]).status, 0);
}

#[test]
fn a_key_in_der_is_named_with_the_command_that_converts_it() {
    let Some(_) = installed("openssl") else { return };
    for form in ["pkey", "pkcs8 -topk8 -nocrypt", "ec", "pkcs8 -topk8 -passout pass:secret"] {
        let sandbox = answered();
        answer(&sandbox, &["leaf.crt", "int.crt"]);
        let der = format!("openssl {form} -in tls.key -outform DER -out der.key 2> /dev/null");
        assert_eq!(sandbox.shell(&format!("{der} && mv der.key tls.key")).status, 0, "{form}");
        let error = sandbox.make(&INSTALL, &[]).failure(1);
        assert!(error.contains("it is a private key in DER, not PEM"), "{form}: {error}");
        let command = error.split("hint: ").nth(1).expect("a command").trim();
        let command = command.replace("pkey ", "pkey -passin pass:secret ");
        let converted = sandbox.shell(&format!("{command} && mv key.pem tls.key"));
        assert_eq!(converted.status, 0, "{command}: {converted:?}");
        assert_eq!(sandbox.make(&INSTALL, &[]).status, 0, "{form}");
    }
}

#[test]
fn a_missing_certificate_is_named_with_its_source() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = answered();
    answer(&sandbox, &["leaf.crt"]);
    let error = sandbox.make(&INSTALL, &[]).failure(1);
    assert!(error.contains("the certificate of O=Acme, CN=Acme Issuing"), "{error}");
    assert!(error.contains("(http://pki.example/int.crt)"), "{error}");
    answer(&sandbox, &["leaf.crt", "int.crt"]);
    let error = sandbox.make(&INSTALL[..6], &[]).failure(1);
    assert!(
        error.contains(
            "hint: ask the PKI for the certificate of O=Acme, CN=Acme Root, and append it to the \
             certificate file if it is an intermediate CA, or to the CA certificate file if it is the root"
        ),
        "{error}"
    );
    assert!(!sandbox.path("out").exists(), "files were written");
}

#[test]
fn a_certificate_for_another_key_or_without_the_names_is_rejected() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = answered();
    answer(&sandbox, &["leaf.crt", "int.crt"]);
    let error = sandbox.make(&INSTALL, &["--key-file=int.key"]).failure(1);
    assert!(error.contains("kuma-control-plane.kuma-system"), "{error}");
    let error =
        sandbox.make(&INSTALL, &["--key-file=root.key", "--ca-cert-file=int.crt"]).failure(1);
    assert!(error.contains("none of the certificates has the private key's public key"), "{error}");
    let error = sandbox.make(&INSTALL, &["--namespace=other"]).failure(1);
    assert!(error.contains("kuma-control-plane.other"), "{error}");
    assert!(!sandbox.path("out").exists(), "files were written");
}

#[test]
fn with_if_needed_only_files_that_differ_are_written() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = answered();
    answer(&sandbox, &["leaf.crt", "int.crt"]);
    assert_eq!(sandbox.make(&INSTALL, &["--if-needed"]).status, 0);
    let again = sandbox.make(&INSTALL, &["--if-needed"]).quiet_success();
    assert!(again.starts_with("Nothing to do"), "{again}");
    std::fs::remove_file(sandbox.path("out/secret.yaml")).expect("a Secret");
    let repaired = sandbox.make(&INSTALL, &["--if-needed"]);
    assert_eq!(repaired.stdout, "Secret saved in out/secret.yaml\n", "{repaired:?}");
    let error = sandbox.make(&INSTALL, &[]).failure(1);
    assert!(error.contains("out/tls.key"), "{error}");
}

#[test]
fn a_universal_control_plane_gets_its_environment_from_the_answer() {
    let Some(_) = installed("openssl") else { return };
    let sandbox = answered();
    answer(&sandbox, &["leaf.crt", "int.crt"]);
    let more = ["--mode=universal", "--hostname=kuma-control-plane.kuma-system"];
    let ended = sandbox.make(&INSTALL, &more);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(sandbox.read("out/kuma-cp.env").contains("KUMA_GENERAL_TLS_CERT_FILE"));
}

#[test]
fn flags_about_a_new_certificate_are_rejected_with_an_existing_one() {
    let sandbox = Sandbox::new();
    for flag in ["--key-type=rsa", "--ephemeral-ca", "--self-signed", "--valid-for=90d"] {
        let error = sandbox.make(&INSTALL, &[flag]).failure(2);
        let flag = flag.split('=').next().expect("a flag");
        assert!(error.contains(&format!("{flag} has no effect with --cert-file")), "{error}");
    }
    let error = sandbox.make(&INSTALL[..4], &["--ca-cert-file=root.crt"]).failure(2);
    assert!(error.contains("--ca-cert-file requires --cert-file and --key-file"), "{error}");
}
