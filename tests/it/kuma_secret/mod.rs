//! `kumactl generate kuma-secret`: Secrets that kuma-cp and Envoy can use.

mod mesh_ca;

use std::collections::BTreeMap;

use crate::support::{Ended, Sandbox, installed, run};

fn generate(sandbox: &Sandbox, arguments: &str) -> Ended {
    sandbox.kumactl(["generate", "kuma-secret"].into_iter().chain(arguments.split(' ')))
}

/// The documents of a stream, and the bytes of each value.
#[track_caller]
fn secrets(yaml: &str) -> Vec<(BTreeMap<String, serde_json::Value>, Vec<u8>)> {
    let document = |text: &str| {
        let fields: BTreeMap<String, serde_json::Value> =
            serde_saphyr::from_str(text).expect("a map");
        let data = &fields["data"];
        let base64 = data.as_str().or_else(|| data["value"].as_str()).expect("a value").to_owned();
        let line = text.lines().find(|line| line.contains(&base64)).expect("one line");
        assert!(line.ends_with(&base64) && !base64.is_empty(), "{text}");
        (fields, base64_decoded(&base64))
    };
    yaml.split("---\n").map(document).collect()
}

fn base64_decoded(text: &str) -> Vec<u8> {
    base64::Engine::decode(&base64::prelude::BASE64_STANDARD, text).expect("Base64")
}

/// An RSA key as OpenSSL writes it, PKCS#8, in `pkcs8.key`, and as PKCS#1 in `signing.key`.
fn with_signing_key() -> Option<Sandbox> {
    let openssl = installed("openssl")?;
    let sandbox = Sandbox::new();
    for arguments in [
        &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "pkcs8.key"]
            [..],
        &["rsa", "-traditional", "-in", "pkcs8.key", "-out", "signing.key"],
    ] {
        assert_eq!(run(sandbox.command(&openssl).args(arguments)).status, 0);
    }
    Some(sandbox)
}

#[test]
fn a_signing_key_has_the_name_and_form_that_kuma_expects() {
    let Some(sandbox) = with_signing_key() else { return };
    let pem = sandbox.read("signing.key");
    assert!(pem.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
    sandbox
        .shell("umask 077; base64 -w 0 signing.key > one-line; base64 signing.key > wrapped")
        .quiet_success();
    for (flags, name, kind, mesh) in [
        (
            "dataplane-token-signing-key --kid=1",
            "dataplane-token-signing-key-default-1",
            "Secret",
            "default",
        ),
        (
            "dataplane-token-signing-key --kid=12 --mesh=demo",
            "dataplane-token-signing-key-demo-12",
            "Secret",
            "demo",
        ),
        ("zone-token-signing-key --kid=2", "zone-token-signing-key-2", "GlobalSecret", ""),
        ("user-token-signing-key --kid=3", "user-token-signing-key-3", "GlobalSecret", ""),
    ] {
        for file in ["signing.key", "pkcs8.key", "one-line", "wrapped"] {
            let command = format!("--kind={flags} --signing-key-path={file}");
            let yaml = generate(&sandbox, &command).quiet_success();
            let mesh = if mesh.is_empty() { String::new() } else { format!("mesh: {mesh}\n") };
            assert!(
                yaml.starts_with(&format!("type: {kind}\n{mesh}name: {name}\ndata: ")),
                "{yaml}"
            );
            assert_eq!(String::from_utf8_lossy(&secrets(&yaml)[0].1), pem, "{file}");
        }
    }
}

#[test]
fn on_kubernetes_it_is_a_secret_with_a_type_of_kuma() {
    let Some(sandbox) = with_signing_key() else { return };
    let yaml = generate(
        &sandbox,
        "--kind=dataplane-token-signing-key --kid=1 --mesh=demo --signing-key-path=signing.key \
         --mode=kubernetes",
    );
    let (fields, value) = secrets(&yaml.quiet_success()).remove(0);
    assert_eq!(String::from_utf8_lossy(&value), sandbox.read("signing.key"));
    let metadata = serde_json::json!({
        "name": "dataplane-token-signing-key-demo-1", "namespace": "kuma-system",
        "labels": {"kuma.io/mesh": "demo"},
    });
    assert_eq!(
        (&fields["type"], &fields["metadata"]),
        (&"system.kuma.io/secret".into(), &metadata)
    );
    let yaml = generate(
        &sandbox,
        "--kind=zone-token-revocations --token-id=a --mode=kubernetes --namespace=mesh-system",
    );
    let (fields, value) = secrets(&yaml.quiet_success()).remove(0);
    let metadata =
        serde_json::json!({"name": "zone-token-revocations", "namespace": "mesh-system"});
    assert_eq!(
        (&fields["type"], &fields["metadata"]),
        (&"system.kuma.io/global-secret".into(), &metadata)
    );
    assert_eq!(value, b"a");
}

#[test]
fn a_number_with_leading_zeros_is_rejected() {
    for (number, reason) in [
        ("0", "a number from 1, such as 1 or 2"),
        ("one", "a number from 1, such as 1 or 2"),
        ("", "a number from 1, such as 1 or 2"),
        ("0002", "kuma-cp would issue tokens with the key ID 2 and reject them; use 2"),
        ("+2", "kuma-cp would issue tokens with the key ID 2 and reject them; use 2"),
    ] {
        let kind = "--kind=user-token-signing-key --signing-key-path=signing.key";
        let stderr = generate(&Sandbox::new(), &format!("{kind} --kid={number}")).failure(2);
        let expected = format!("error: invalid value '{number}' for '--kid <NUMBER>': {reason}\n");
        assert!(stderr.starts_with(&expected), "{stderr}");
    }
}

/// kuma-cp, which Go reads RSA keys for, takes any size; the tokens are as strong as the key.
#[test]
fn a_key_of_any_size_that_signs_tokens_can_be_stored() {
    let Some(sandbox) = with_signing_key() else { return };
    let make = "openssl genrsa -traditional -out odd.key 2304 2> log";
    sandbox.shell(make).quiet_success();
    let flags = "--kind=user-token-signing-key --kid=1 --signing-key-path=odd.key";
    let yaml = generate(&sandbox, flags).quiet_success();
    assert_eq!(String::from_utf8_lossy(&secrets(&yaml)[0].1), sandbox.read("odd.key"));
}

#[test]
fn keys_that_kuma_stores_but_cannot_read_are_rejected() {
    let Some(sandbox) = with_signing_key() else { return };
    sandbox
        .shell(
            "{ openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out short.key
            openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key
            openssl pkey -in signing.key -pubout -out public.key
            openssl pkey -in signing.key -aes256 -passout pass:secret -out encrypted.key
            openssl rsa -in signing.key -aes256 -passout pass:secret -traditional -out old.key
            base64 -w 0 signing.key | base64 -w 0 > twice
            echo hello > text; } 2> log",
        )
        .quiet_success();
    for file in ["short.key", "ec.key", "public.key", "encrypted.key", "old.key", "twice", "text"] {
        let flags = format!("--kind=zone-token-signing-key --kid=1 --signing-key-path={file}");
        let stderr = generate(&sandbox, &flags).failure(1);
        assert!(
            stderr.starts_with(&format!("error: cannot use signing key file {file}: ")),
            "{stderr}"
        );
    }
}

#[test]
fn revocations_are_a_global_secret_with_ids_without_spaces() {
    let sandbox = Sandbox::new();
    sandbox.write("ids", " id-3 \r\nid-1,id-4\n\n");
    for (flags, name) in [
        ("--kind=dataplane-token-revocations", "dataplane-token-revocations-default"),
        ("--kind=dataplane-token-revocations --mesh=demo", "dataplane-token-revocations-demo"),
        ("--kind=zone-token-revocations", "zone-token-revocations"),
        ("--kind=user-token-revocations", "user-token-revocations"),
    ] {
        let flags = format!("{flags} --token-id=id-1,id-2 --token-id=id-1 --token-id-file=ids");
        let yaml = generate(&sandbox, &flags).quiet_success();
        assert!(yaml.starts_with(&format!("type: GlobalSecret\nname: {name}\ndata: ")), "{yaml}");
        assert_eq!(secrets(&yaml)[0].1, b"id-1,id-2,id-3,id-4");
    }
    for (ids, status, problem) in [
        ("--token-id=", 2, "\"\" is not the ID of a token"),
        ("--token-id=a\tb", 2, "\"a\\tb\" is not the ID of a token"),
        ("--token-id=e30.e30.c2ln", 2, "a token stands where its ID belongs"),
        ("--token-id-file=base64", 2, "a text of 200 bytes is not the ID of a token"),
        ("--token-id-file=empty", 1, "the token ID file holds no IDs"),
    ] {
        sandbox.write("empty", ",\n");
        sandbox.write("base64", "c2ln".repeat(50));
        let stderr =
            generate(&sandbox, &format!("--kind=zone-token-revocations {ids}")).failure(status);
        assert!(stderr.starts_with(&format!("error: {problem}\n")), "{stderr}");
        assert!(!stderr.contains("c2ln"), "{stderr}");
    }
}

#[test]
fn each_kind_has_its_flags() {
    let pair = "--name=a --cert-file=c --key-file=k";
    for (flags, problem) in [
        (
            "--kind=zone-token-signing-key --kid=1",
            "--kind=zone-token-signing-key requires --signing-key-path",
        ),
        (
            "--kind=zone-token-signing-key --signing-key-path=k",
            "--kind=zone-token-signing-key requires --kid",
        ),
        (
            "--kind=zone-token-signing-key --kid=1 --signing-key-path=k --mesh=m",
            "--mesh has no effect with --kind=zone-token-signing-key",
        ),
        ("--kind=user-token-revocations", "--kind=user-token-revocations requires --token-id"),
        ("--kind=provided-ca --cert-file=c --key-file=k", "--kind=provided-ca requires --name"),
        (
            &format!("--kind=provided-ca {pair} --kid=1"),
            "--kid has no effect with --kind=provided-ca",
        ),
        (
            &format!("--kind=gateway-certificate {pair} --namespace=n"),
            "--namespace has no effect with --mode=universal",
        ),
    ] {
        let stderr = generate(&Sandbox::new(), flags).failure(2);
        assert!(stderr.starts_with(&format!("error: {problem}\nhint: ")), "{stderr}");
    }
}

#[test]
fn a_gateway_has_its_certificate_and_key_in_one_value() {
    let sandbox = Sandbox::new();
    let make = |key_type: &str| {
        let flags = ["--type=server", "--hostname=gateway.example", "--force", "--ephemeral-ca"];
        let mut arguments = vec!["generate", "tls-certificate"];
        arguments.extend(flags);
        let key_type = format!("--key-type={key_type}");
        sandbox.kumactl(arguments.iter().copied().chain([key_type.as_str()]))
    };
    let secret = || {
        let flags = "--name=gw --cert-file=cert.pem --key-file=key.pem";
        generate(&sandbox, &format!("--kind=gateway-certificate {flags}"))
    };
    for key_type in ["ecdsa", "ecdsa-p384"] {
        assert_eq!(make(key_type).status, 0);
        let yaml = secret().quiet_success();
        assert!(yaml.starts_with("type: Secret\nmesh: default\nname: gw\ndata: "), "{yaml}");
        let value = String::from_utf8(secrets(&yaml).remove(0).1).expect("PEM");
        assert_eq!(value, format!("{}{}", sandbox.read("cert.pem"), sandbox.read("key.pem")));
    }
    let other = sandbox.read("key.pem");
    assert_eq!(make("ed25519").status, 0);
    let stderr = secret().failure(1);
    assert!(
        stderr.contains("kuma-cp: unsupported private key type ed25519.PrivateKey"),
        "{stderr}"
    );
    sandbox.write("key.pem", other);
    assert!(secret().failure(1).contains("does not match the first certificate"));
}
