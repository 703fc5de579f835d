//! Who refuses what, though the chain holds.

use std::fs;
use std::path::Path;
use std::str::FromStr as _;

use rcgen::{KeyPair, PKCS_ED25519};

use super::pki::{Pki, pem, write_key};
use super::{FILES, checks, refusing, report, verify};
use crate::support::{Sandbox, installed, run};

fn official(name: &str) -> Vec<u8> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/official");
    fs::read(fixtures.join(name)).expect("a fixture")
}

#[test]
fn the_certificates_of_the_official_command_verify_and_those_who_refuse_them_are_named() {
    for name in ["rsa.crt", "ecdsa.crt"] {
        let sandbox = Sandbox::new();
        sandbox.write("tls.crt", official(name));
        let arguments = [
            "verify",
            "tls-certificate",
            "--cert-file=tls.crt",
            "--kubernetes-service=kuma-control-plane.kuma-system",
        ];
        // It lacks the third name of the Service, which nothing in Kuma dials.
        let (json, status) = report(&sandbox, &arguments);
        assert_eq!((status, checks(&json, "failed")), (0, vec![]), "{json}");

        let names = "--hostname=kuma-control-plane.kuma-system,kuma-control-plane.kuma-system.svc";
        let arguments = [arguments[0], arguments[1], arguments[2], names];
        let (json, status) = report(&sandbox, &arguments);
        assert_eq!((status, checks(&json, "failed")), (0, vec![]), "{json}");
        assert_eq!(refusing(&json), ["curl", "java", "rustls", "firefox", "apple", "mbedtls"]);

        let text = sandbox.kumactl(arguments).quiet_success();
        for line in [
            "refuses  curl 7.88 with OpenSSL 3.0 its issuer has an empty name, against RFC 5280 \
             4.1.2.4 (SSL: couldn't get X509-issuer name)\n",
            "refuses  Java 17 and 25             its issuer has an empty name, against RFC 5280 \
             4.1.2.4 (Empty issuer DN not allowed in X509Certificates)\n",
            "refuses  rustls 0.23                it says CA:TRUE, which a server's own certificate \
             must not (CaUsedAsEndEntity)\n",
            "refuses  Firefox 153                it says CA:TRUE, which a server's own certificate \
             must not (MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY)\n",
            "accepted by kuma-dp, envoy, kube-apiserver, kumactl, openssl, openssl-strict, python, \
             node, gnutls, chrome\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}

#[test]
fn what_is_made_with_an_ephemeral_ca_is_refused_by_nobody_but_for_its_length() {
    let sandbox = Sandbox::new();
    let made = ["--type=server", "--hostname=cp.example", "--ephemeral-ca", "--valid-for=825d"];
    sandbox.generate(made.iter().chain(&["--cert-file=tls.crt", "--key-file=tls.key"]));
    let (json, status) = report(
        &sandbox,
        &["verify", "tls-certificate", "--cert-file=tls.crt", "--key-file=tls.key"],
    );
    assert_eq!((status, refusing(&json)), (0, vec![]), "{json}");
}

#[test]
fn a_client_that_was_asked_for_makes_its_refusal_a_failure() {
    let sandbox = Sandbox::new();
    sandbox.generate(["--type=server", "--hostname=cp.example"]).quiet_success();
    let own = ["verify", "tls-certificate", "--cert-file=cert.pem", "--hostname=cp.example"];
    let (json, status) = report(&sandbox, &[&own[..], &["--client=rustls,java"]].concat());
    assert_eq!(status, 1);
    let failed = checks(&json, "failed");
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(
        failed[0],
        (
            "client".to_owned(),
            "rustls 0.23 refuses the certificate: it says CA:TRUE, which a server's own \
             certificate must not"
                .to_owned()
        )
    );
    assert_eq!(report(&sandbox, &[&own[..], &["--client=java"]].concat()).1, 0);
    let stderr = sandbox.kumactl([&own[..], &["--client=netscape"]].concat()).failure(2);
    assert!(stderr.contains("[possible values: kuma-dp, envoy,"), "{stderr}");
}

#[test]
fn a_key_that_envoy_refuses_fails_with_envoys_words() {
    let sandbox = Sandbox::new();
    let mut pki = Pki::new();
    pki.leaf_key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
    pki.make().write(&sandbox);
    let ended = verify(&sandbox, &["--hostname=cp.example", "--quiet"]);
    assert_eq!(
        ended.failure_report(),
        "failed   envoy                    Envoy, as Kuma configures it, does not connect to a \
         server with a key of type Ed25519\n         \
         Envoy: SSLV3_ALERT_HANDSHAKE_FAILURE\n         \
         hint: make it with --key-type=rsa or --key-type=ecdsa\n"
    );
    let (json, _) = report(&sandbox, &FILES);
    assert_eq!(refusing(&json), ["envoy", "firefox", "chrome", "mbedtls"]);
}

#[test]
fn a_refusal_by_all_is_no_acceptance_by_the_client_that_was_asked_for() {
    let sandbox = Sandbox::new();
    Pki::new().make().write(&sandbox);
    let ended = verify(&sandbox, &["--hostname=wrong.example", "--client=java"]);
    let text = ended.failure_report();
    assert!(!text.contains("accepts the certificate"), "{text}");
}

#[test]
fn a_name_that_a_wildcard_or_capital_letters_stand_for_is_refused_by_kumas_bootstrap() {
    for (name, is_refused) in [("*.example", true), ("CP.example", true), ("cp.example", false)] {
        let sandbox = Sandbox::new();
        let mut pki = Pki::new();
        pki.dns(&[&name.replace("*.example", "*.mesh.example"), "cp.other.example"]);
        pki.make().write(&sandbox);
        let host = if name.starts_with('*') { "cp.mesh.example" } else { "cp.example" };
        let (json, status) = report(&sandbox, &[&FILES[..], &["--hostname", host]].concat());
        assert_eq!(status, 0, "{json}");
        assert_eq!(refusing(&json).contains(&"kuma-dp".to_owned()), is_refused, "{name}: {json}");
    }
}

#[test]
fn a_ca_made_anew_with_other_identifiers_of_its_key_is_refused_by_openssl_and_java() {
    let sandbox = Sandbox::new();
    let script = "
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key \
          -out old.crt -subj /CN=ca -days 9 -addext keyUsage=critical,keyCertSign 2>/dev/null
        openssl req -x509 -key ca.key -out ca.crt -subj /CN=ca -days 9 \
          -addext keyUsage=critical,keyCertSign -addext subjectKeyIdentifier=01:02:03
        openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout tls.key \
          -subj /CN=leaf 2>/dev/null > csr
        printf 'subjectAltName=DNS:cp.example\nauthorityKeyIdentifier=keyid\n' > ext
        openssl x509 -req -in csr -CA old.crt -CAkey ca.key -CAcreateserial -extfile ext -days 9 \
          -out tls.crt 2>/dev/null
        ! openssl verify -CAfile ca.crt tls.crt >/dev/null 2>&1";
    if installed("openssl").is_none() {
        return;
    }
    assert_eq!(run(sandbox.command("sh").args(["-euc", script])).status, 0);
    let (json, status) = report(&sandbox, &[&FILES[..], &["--hostname=cp.example"]].concat());
    assert_eq!((status, checks(&json, "failed")), (0, vec![]), "{json}");
    let refusing = refusing(&json);
    for client in ["curl", "openssl", "python", "java", "node"] {
        assert!(refusing.contains(&client.to_owned()), "{client}: {json}");
    }
    assert!(!refusing.contains(&"kuma-dp".to_owned()), "{json}");
}

#[test]
fn of_two_cas_of_one_name_that_nothing_tells_apart_openssl_takes_the_first() {
    let ca = |key: &KeyPair| {
        let mut params = Pki::new().root;
        params.use_authority_key_identifier_extension = false;
        let der = params.self_signed(key).expect("a CA").der().to_vec();
        (params, der)
    };
    let (old, new) = (super::pki::key(), super::pki::key());
    let ((_, old), (params, own)) = (ca(&old), ca(&new));
    let Pki { mut leaf, leaf_key, .. } = Pki::new();
    leaf.use_authority_key_identifier_extension = false;
    let issuer = rcgen::Issuer::new(params, &new);
    let leaf = leaf.signed_by(&leaf_key, &issuer).expect("a certificate");
    for (first, second, is_refused) in [(&old, &own, true), (&own, &old, false)] {
        let sandbox = Sandbox::new();
        sandbox.write("tls.crt", pem(leaf.der()));
        write_key(&sandbox, "tls.key", &leaf_key);
        sandbox.write("ca.crt", pem(first) + &pem(second));
        if let Some(openssl) = installed("openssl") {
            let mut command = sandbox.command(openssl);
            let ended = run(command.args(["verify", "-CAfile", "ca.crt", "tls.crt"]));
            assert_eq!(ended.status != 0, is_refused, "{ended:?}");
        }
        let (json, status) = report(&sandbox, &[&FILES[..], &["--hostname=cp.example"]].concat());
        assert_eq!((status, checks(&json, "failed")), (0, vec![]), "{json}");
        assert_eq!(refusing(&json).contains(&"openssl".to_owned()), is_refused, "{json}");
    }
}

#[test]
fn keys_that_no_tls_stack_takes_fail_and_rare_ones_are_judged() {
    if installed("openssl").is_none() {
        return;
    }
    for (key, fails) in [
        ("ec -pkeyopt ec_paramgen_curve:secp224r1", vec!["key-file", "key-type"]),
        ("ec -pkeyopt ec_paramgen_curve:secp521r1", vec!["envoy"]),
        ("rsa:2560", vec![]),
        ("rsa:1024", vec![]),
    ] {
        let sandbox = Sandbox::new();
        let script = format!(
            "openssl req -x509 -newkey {key} -nodes -keyout tls.key -out tls.crt -subj /CN=cp.example \
             -days 9 -addext subjectAltName=DNS:cp.example 2>/dev/null; cp tls.crt ca.crt"
        );
        assert_eq!(run(sandbox.command("sh").args(["-euc", &script])).status, 0);
        let (json, _) = report(&sandbox, &[&FILES[..], &["--hostname=cp.example"]].concat());
        let failed: Vec<_> = checks(&json, "failed").into_iter().map(|(name, _)| name).collect();
        assert_eq!(failed, fails, "{key}: {json}");
    }
}

#[test]
fn key_files_that_go_does_not_load_fail() {
    let sandbox = Sandbox::new();
    let made = ["--type=server", "--hostname=cp.example", "--key-type=ecdsa"];
    sandbox.generate(made.iter().chain(&["--cert-file=tls.crt", "--key-file=tls.key"]));
    sandbox.write("ca.crt", sandbox.read("tls.crt"));
    let der = ::pem::parse(sandbox.read("tls.key")).expect("PEM").into_contents();
    // Without [0] parameters, which stand behind the 32 octets of the key, and without [1].
    let bare = [&[0x30, 37][..], &der[2..39]].concat();
    let longer = [&der[..], &[0]].concat();
    for (der, says) in
        [(bare, "does not say on which curve it is"), (longer, "its private key is damaged")]
    {
        sandbox.write("tls.key", ::pem::encode(&::pem::Pem::new("EC PRIVATE KEY", der)));
        let (json, status) = report(&sandbox, &FILES);
        let failed = checks(&json, "failed");
        assert!(status == 1 && failed[0].1.contains(says), "{json}");
    }
}

#[test]
fn a_self_signed_certificate_is_its_own_ca_whatever_it_is_signed_with() {
    if installed("openssl").is_none() {
        return;
    }
    for (key, sign, status) in [
        ("rsa:2048", "-sigopt rsa_padding_mode:pss", 0),
        ("rsa:1024", "", 0),
        ("ec -pkeyopt ec_paramgen_curve:secp224r1", "", 1),
    ] {
        let sandbox = Sandbox::new();
        let script = format!(
            "openssl req -x509 -newkey {key} {sign} -nodes -keyout tls.key -out tls.crt \
             -subj /CN=cp.example -days 9 -addext subjectAltName=DNS:cp.example 2>/dev/null"
        );
        assert_eq!(run(sandbox.command("sh").args(["-euc", &script])).status, 0);
        let files = ["--cert-file=tls.crt", "--key-file=tls.key", "--hostname=cp.example"];
        let ended = sandbox.kumactl(["verify", "tls-certificate"].iter().chain(&files));
        assert_eq!(ended.status, status, "{key} {sign}: {ended:?}");
    }
}

#[test]
fn names_in_the_types_of_text_that_older_cas_write_are_shown_as_text() {
    let sandbox = Sandbox::new();
    let mut pki = Pki::new();
    pki.leaf.distinguished_name = rcgen::DistinguishedName::new();
    let teletex = rcgen::DnValue::TeletexString("Acme".try_into().expect("ASCII"));
    pki.leaf.distinguished_name.push(rcgen::DnType::OrganizationName, teletex);
    let wide = rcgen::string::BmpString::from_str("B\u{fc}cher").expect("two octets each");
    pki.leaf.distinguished_name.push(rcgen::DnType::CommonName, rcgen::DnValue::BmpString(wide));
    pki.make().write(&sandbox);
    let shown = sandbox.kumactl(["inspect", "certificate", "tls.crt"]).quiet_success();
    assert!(shown.contains("subject     O=Acme, CN=B\u{fc}cher\n"), "{shown}");
}
