//! `kumactl inspect certificate`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::read_back;
use crate::support::{Sandbox, installed, run};

/// `tls.crt` and `tls.key` from an ephemeral CA, and `ca.crt`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let made = ["--type=server", "--hostname=cp.example,10.0.0.1,::1,*.mesh.example"];
    let files = ["--cert-file=tls.crt", "--key-file=tls.key", "--ca-cert-file=ca.crt"];
    sandbox
        .generate(made.iter().chain(&files).chain(&["--ephemeral-ca", "--valid-for=90d"]))
        .quiet_success();
    sandbox
}

#[track_caller]
fn json(sandbox: &Sandbox, source: &str) -> Value {
    let printed = sandbox.kumactl(["inspect", "certificate", source, "-o", "json"]);
    serde_json::from_str(&printed.quiet_success()).expect("JSON")
}

#[test]
fn every_field_is_shown_and_names_have_their_types() {
    let sandbox = sandbox();
    let text = sandbox.kumactl(["inspect", "certificate", "tls.crt"]).quiet_success();
    let (identifier, serial) =
        read_back::certificate(&text_of_first(&sandbox.read("tls.crt")), |certificate| {
            (read_back::subject_key_identifier(certificate), certificate.raw_serial_as_string())
        });
    let identifier: Vec<_> = identifier.iter().map(|octet| format!("{octet:02X}")).collect();
    for line in [
        "tls.crt (PEM)\n\n1  server certificate\n   Subject                  O=Kuma, CN=cp.example\n   Issuer                   O=Kuma, CN=Kuma CA ",
        "\n   Subject Alternative Name dNSName cp.example\n                            iPAddress 10.0.0.1\n                            iPAddress ::1\n                            dNSName *.mesh.example\n",
        ", 89 days, 23 hours left\n",
        "\n   Public Key               ECDSA P-256\n   Signature Algorithm      ecdsa-with-SHA256\n   Key Usage                digitalSignature\n   Extended Key Usage       serverAuth\n   Basic Constraints        not set\n",
        &format!("\n   Subject Key Identifier   {}\n", identifier.join(":")),
        &format!("\n   Serial Number            {}\n", serial.to_uppercase()),
        "\n\n2  root CA\n",
        "\n   Key Usage                keyCertSign, cRLSign\n   Extended Key Usage       not set\n   Basic Constraints        CA:TRUE, pathlen:0\n",
        "\nchain: 1 is issued by 2\n",
    ] {
        assert!(text.contains(line), "{line:?}\n{text}");
    }
    assert!(!text.contains("reject"), "{text}");
}

fn text_of_first(pem: &str) -> String {
    let end = "-----END CERTIFICATE-----\n";
    pem[..pem.find(end).expect("an end") + end.len()].to_owned()
}

#[test]
fn the_fingerprint_and_dates_match_openssl() {
    let Some(openssl) = installed("openssl") else { return };
    let sandbox = sandbox();
    let shown = sandbox.kumactl(["inspect", "certificate", "ca.crt"]).quiet_success();
    let command = format!("{} x509 -in ca.crt -noout -fingerprint -sha256", openssl.display());
    let theirs = sandbox.shell(&command).quiet_success();
    let theirs = theirs.split('=').nth(1).expect("a fingerprint").trim();
    assert!(shown.contains(&format!("   SHA-256 Fingerprint      {theirs}\n")), "{shown}");
}

#[test]
fn every_encoding_of_a_certificate_is_shown_alike() {
    let sandbox = sandbox();
    let pem = sandbox.read("ca.crt");
    let line = BASE64_STANDARD.encode(&pem);
    let der = read_back::blocks(&pem).remove(0).1;
    let wrapped: Vec<_> = line.as_bytes().chunks(76).map(String::from_utf8_lossy).collect();
    let secret =
        format!("apiVersion: v1\nkind: Secret\ndata:\n  ca.crt: {line}\n  other: aGVsbG8=\n");
    let inner = BASE64_STANDARD.encode(&line);
    let json_secret =
        format!("{{\"apiVersion\":\"v1\",\"data\":{{\"ca.crt\":\"{line}\"}},\"kind\":\"Secret\"}}");
    let pem_in_yaml = pem.replace('\n', "\n    ");
    let string_data = format!("kind: Secret\nstringData:\n  ca.crt: |\n    {pem_in_yaml}\n");
    let wanted = json(&sandbox, "ca.crt")[0]["parts"][0]["certificates"].clone();
    assert_eq!(wanted.as_array().map(Vec::len), Some(1));
    for (content, encoding) in [
        (der.clone(), "DER"),
        (line.clone().into_bytes(), "Base64"),
        (wrapped.join("\n").into_bytes(), "Base64"),
        (inner.into_bytes(), "Base64 in 2 layers"),
        (BASE64_STANDARD.encode(der).into_bytes(), "Base64"),
        (secret.into_bytes(), "Kubernetes Secret"),
        (json_secret.into_bytes(), "Kubernetes Secret"),
        (string_data.into_bytes(), "Kubernetes Secret"),
    ] {
        sandbox.write("source", content);
        let found = json(&sandbox, "source");
        assert_eq!(found[0]["encoding"], encoding);
        assert_eq!(found[0]["parts"][0]["certificates"], wanted, "{encoding}");
        assert_eq!(found[0]["parts"].as_array().map(Vec::len), Some(1));
    }
    let script = "kumactl inspect certificate - -o json < ca.crt";
    let found: Value = serde_json::from_str(&sandbox.shell(script).quiet_success()).expect("JSON");
    assert_eq!(found[0]["source"], "standard input");
    assert_eq!(found[0]["parts"][0]["certificates"], wanted);
}

#[test]
fn a_key_is_shown_by_its_type_and_its_matching_certificate() {
    let sandbox = sandbox();
    sandbox.write("both.pem", sandbox.read("tls.key") + &sandbox.read("tls.crt"));
    sandbox.write("wrong.pem", sandbox.read("tls.key") + &sandbox.read("ca.crt"));
    for (source, line) in [
        ("both.pem", "private key: ECDSA P-256, matches certificate 1\n"),
        ("wrong.pem", "private key: ECDSA P-256, matches none of these certificates\n"),
        ("tls.key", "private key: ECDSA P-256, no certificate to compare with\n"),
    ] {
        let shown = sandbox.kumactl(["inspect", "certificate", source]).quiet_success();
        assert!(shown.contains(line), "{source}: {shown}");
    }
    let shown = sandbox.kumactl(["inspect", "certificate", "tls.key", "tls.crt"]).quiet_success();
    assert!(shown.contains("ECDSA P-256, matches certificate 1 of tls.crt\n"), "{shown}");
    let keys = &json(&sandbox, "both.pem")[0]["parts"][0]["private_keys"];
    assert_eq!(keys.to_string(), r#"[{"belongs_to":1,"error":null,"key_type":"ECDSA P-256"}]"#);
}

#[test]
fn certificates_can_be_extracted_as_pem_without_the_key() {
    let sandbox = sandbox();
    sandbox.write("both.pem", sandbox.read("tls.key") + &sandbox.read("tls.crt"));
    let sources = ["inspect", "certificate", "both.pem", "ca.crt", "-o", "pem"];
    let printed = sandbox.kumactl(sources).quiet_success();
    assert_eq!(printed, sandbox.read("tls.crt") + &sandbox.read("ca.crt"));
}

#[test]
fn clients_that_reject_the_certificate_are_named_in_a_warning() {
    let sandbox = Sandbox::new();
    sandbox.generate(["--type=server", "--hostname=cp.example"]).quiet_success();
    let shown = sandbox.kumactl(["inspect", "certificate", "cert.pem"]).quiet_success();
    let warning = "\nwarning: rustls 0.23 and Firefox 153 reject it: it says CA:TRUE, which a \
                   server's own certificate must not\n";
    assert!(shown.contains(warning), "{shown}");
    let warnings = &json(&sandbox, "cert.pem")[0]["parts"][0]["warnings"];
    assert_eq!(warnings.as_array().map(Vec::len), Some(2), "{warnings}");
}

#[test]
fn text_of_a_certificate_cannot_control_the_terminal() {
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    let hostile = "a\u{1b}[2Jb\nc\u{202e}d";
    params.distinguished_name.push(rcgen::DnType::CommonName, hostile);
    params.subject_alt_names =
        vec![rcgen::SanType::DnsName("x\u{1b}]0;y\u{7}".try_into().expect("ASCII"))];
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    let sandbox = Sandbox::new();
    sandbox.write("hostile.crt", certificate.der());
    for arguments in [
        &["inspect", "certificate", "hostile.crt"][..],
        &["inspect", "certificate", "hostile.crt", "-o", "json"],
        &["verify", "tls-certificate", "--cert-file=pem", "--hostname=cp.example"],
    ] {
        let pem = sandbox.kumactl(["inspect", "certificate", "hostile.crt", "-o", "pem"]);
        sandbox.write("pem", pem.quiet_success());
        let ended = sandbox.kumactl(arguments);
        let printed = format!("{}{}", ended.stdout, ended.stderr);
        assert!(printed.contains("u{1b}"), "{printed}");
        assert!(!printed.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{printed:?}");
        assert!(!printed.contains("b\nc"), "{printed:?}");
    }
}

#[test]
fn a_source_without_a_certificate_ends_with_status_3_after_the_others_are_shown() {
    let sandbox = sandbox();
    sandbox.write("text", "hello\n");
    sandbox.write("empty", "");
    sandbox.write("cut", &sandbox.read("ca.crt")[..99]);
    sandbox.write("request", sandbox.read("ca.crt").replace("CERTIFICATE", "CERTIFICATE REQUEST"));
    sandbox.write("map", "kind: ConfigMap\ndata:\n  ca.crt: a\n");
    for (source, says) in [
        ("text", "it is not PEM, DER, Base64 of PEM or DER, or a Kubernetes Secret\nhint: "),
        ("empty", "it is empty\n"),
        ("cut", "its PEM block 1 has no end\n"),
        ("request", "its PEM block 1 is a certificate request, not a certificate\nhint: "),
        ("map", "it is a ConfigMap, not a Secret\n"),
        ("missing", "could not read the certificate file missing: no such file or directory\n"),
        (".", "could not read the certificate file .: is a directory\n"),
    ] {
        let ended = sandbox.kumactl(["inspect", "certificate", source, "ca.crt"]);
        assert_eq!(ended.status, 3, "{source}: {ended:?}");
        assert!(ended.stderr.contains(says), "{source}: {ended:?}");
        assert!(ended.stdout.starts_with("ca.crt (PEM)\n"), "{source}: {ended:?}");
    }
}

#[test]
fn names_have_the_keywords_of_rfc_4514_or_an_object_identifier() {
    let Some(openssl) = installed("openssl") else { return };
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(openssl);
    command.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ]);
    command.args(["-keyout", "ca.key", "-out", "ca.crt", "-subj"]);
    let name = "/DC=com/DC=example/C=NZ/ST=Otago/L=Dunedin/street=Princes Street/O=Kuma/OU=Mesh/UID=7\
                /emailAddress=ca@example.com/pseudonym=Bear/jurisdictionC=NZ/role=Cave/CN=AD CA";
    assert_eq!(run(command.arg(name)).status, 0);
    let printed = sandbox.kumactl(["inspect", "certificate", "ca.crt"]).quiet_success();
    let written = "DC=com, DC=example, C=NZ, ST=Otago, L=Dunedin, STREET=Princes Street, O=Kuma, \
                   OU=Mesh, UID=7, emailAddress=ca@example.com, pseudonym=Bear, jurisdictionC=NZ, 2.5.4.72=Cave, CN=AD CA";
    assert!(printed.contains(written), "{printed}");
}

#[test]
fn a_secret_is_recognized_in_every_notation_and_a_damaged_key_is_named() {
    let sandbox = sandbox();
    let value = BASE64_STANDARD.encode(sandbox.read("ca.crt"));
    for text in [
        format!("{{\n \"kind\" : \"Secret\",\n \"data\" : {{\"ca.crt\" : \"{value}\"}}}}"),
        format!("{{apiVersion: v1, kind: Secret, data: {{ca.crt: {value}}}}}\n"),
        format!(
            "data:\n  ca.crt: {value}\n  other: null\nkind: Secret\nmetadata: {{name: null}}\n"
        ),
        format!("data:\n  ca.crt: {value}\n  other: '!'\nkind: Secret\n"),
    ] {
        sandbox.write("secret", &text);
        let shown = sandbox.kumactl(["inspect", "certificate", "secret"]).quiet_success();
        assert!(shown.starts_with("secret, ca.crt (Kubernetes Secret)\n"), "{text}: {shown}");
    }
    let cut = BASE64_STANDARD.encode(&sandbox.read("ca.crt")[..99]);
    for (value_of_certificate, says) in [
        (cut.as_str(), "error: cannot inspect tls.crt of secret: its PEM block 1 has no end\n"),
        ("'!'", "error: cannot inspect tls.crt of secret: it is not Base64, so Kubernetes"),
        ("''", "error: cannot inspect tls.crt of secret: it is empty\n"),
        ("aGVsbG8=", "error: cannot inspect tls.crt of secret: it is not PEM"),
    ] {
        let text = format!("data:\n  ca.crt: {value}\n  tls.crt: {value_of_certificate}\n");
        sandbox.write("secret", text + "kind: Secret\n");
        let ended = sandbox.kumactl(["inspect", "certificate", "secret"]);
        assert_eq!(ended.status, 3, "{ended:?}");
        assert!(ended.stdout.starts_with("secret, ca.crt (Kubernetes Secret)\n"), "{ended:?}");
        assert!(ended.stderr.starts_with(says), "{ended:?}");
    }
}

#[test]
fn a_file_full_of_certificates_with_one_name_takes_bounded_work() {
    // Each names every other as its issuer: without a bound, a signature for each of their pairs.
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().expect("a key");
    let issuer = rcgen::Issuer::new(params.clone(), &key);
    let made = (0..200).map(|_| {
        let own = rcgen::KeyPair::generate().expect("a key");
        let der = params.signed_by(&own, &issuer).expect("a certificate").der().to_vec();
        pem::encode(&pem::Pem::new("CERTIFICATE", der))
    });
    let sandbox = Sandbox::new();
    sandbox.write("many.pem", made.collect::<String>());
    let found = json(&sandbox, "many.pem");
    assert_eq!(found[0]["parts"][0]["certificates"].as_array().map(Vec::len), Some(200));
    // Clients trust the certificates in the CA file, whatever their signature.
    let files = ["--cert-file=many.pem", "--ca-cert-file=many.pem"];
    let ended = sandbox.kumactl(["verify", "tls-certificate"].iter().chain(&files));
    let says = "passed   chain                    self-signed, and in the CA file";
    assert!(ended.stdout.contains(says), "{ended:?}");
}

#[test]
fn a_source_that_looks_like_a_server_gets_a_hint_with_host_and_port() {
    let sandbox = sandbox();
    for (source, says) in [
        ("localhost", "hint: add the port of the server: localhost:5678\n"),
        ("localhost:99999", "port 99999 is not between 1 and 65535\n"),
        ("https://localhost:5682", "\"https://localhost:5682\" is not HOST:PORT\n"),
        ("https://localhost:5682/", "hint: did you mean localhost:5682?\n"),
    ] {
        let ended = sandbox.kumactl(["inspect", "certificate", source]);
        assert!(ended.status > 1 && ended.stderr.contains(says), "{source}: {ended:?}");
    }
}
