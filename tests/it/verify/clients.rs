//! Clients that reject certificates with a valid chain.

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
fn official_certificates_verify_and_the_clients_that_reject_them_are_named() {
    for name in ["rsa.crt", "ecdsa.crt"] {
        let sandbox = Sandbox::new();
        sandbox.write("tls.crt", official(name));
        let arguments = [
            "verify",
            "tls-certificate",
            "--cert-file=tls.crt",
            "--kubernetes-service=kuma-control-plane.kuma-system",
        ];
        // It lacks the third name of the Service, to which nothing in Kuma connects.
        let (json, status) = report(&sandbox, &arguments);
        assert_eq!((status, checks(&json, "failed")), (0, vec![]), "{json}");

        let names = "--hostname=kuma-control-plane.kuma-system,kuma-control-plane.kuma-system.svc";
        let arguments = [arguments[0], arguments[1], arguments[2], names];
        let (json, status) = report(&sandbox, &arguments);
        assert_eq!((status, checks(&json, "failed")), (0, vec![]), "{json}");
        assert_eq!(refusing(&json), ["curl", "java", "rustls", "firefox", "apple", "mbedtls"]);

        let text = sandbox.kumactl(arguments).quiet_success();
        for line in [
            "rejected by curl 7.88 with OpenSSL 3.0 its issuer has an empty name, against RFC 5280 \
             4.1.2.4 (SSL: couldn't get X509-issuer name)\n",
            "rejected by Java 17 and 25             its issuer has an empty name, against RFC 5280 \
             4.1.2.4 (Empty issuer DN not allowed in X509Certificates)\n",
            "rejected by rustls 0.23                it says CA:TRUE, which a server's own certificate \
             must not (CaUsedAsEndEntity)\n",
            "rejected by Firefox 153                it says CA:TRUE, which a server's own certificate \
             must not (MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY)\n",
            "accepted by kuma-dp, envoy, kube-apiserver, kumactl, openssl, openssl-strict, python, \
             node, gnutls, chrome\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}

#[test]
fn a_certificate_from_an_ephemeral_ca_is_rejected_only_for_its_lifetime() {
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
fn a_rejection_by_a_required_client_is_a_failure() {
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
            "rustls 0.23 rejects the certificate: it says CA:TRUE, which a server's own \
             certificate must not"
                .to_owned()
        )
    );
    assert_eq!(report(&sandbox, &[&own[..], &["--client=java"]].concat()).1, 0);
    let stderr = sandbox.kumactl([&own[..], &["--client=netscape"]].concat()).failure(2);
    assert!(stderr.contains("[possible values: kuma-dp, envoy,"), "{stderr}");
}

#[test]
fn a_key_that_envoy_rejects_fails_with_the_error_of_envoy() {
    let sandbox = Sandbox::new();
    let mut pki = Pki::new();
    pki.leaf_key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
    pki.make().write(&sandbox);
    let ended = verify(&sandbox, &["--hostname=cp.example", "--quiet"]);
    assert_eq!(
        ended.failure_report(),
        "failed   client                   Envoy 1.39 and 1.40 rejects the certificate: its key is \
         Ed25519\n         \
         Envoy: SSLV3_ALERT_HANDSHAKE_FAILURE\n         \
         hint: reissue it with --key-type=ecdsa or --key-type=rsa\n"
    );
    let (json, _) = report(&sandbox, &FILES);
    assert_eq!(refusing(&json), ["envoy", "firefox", "chrome", "mbedtls"]);
}

#[test]
fn a_certificate_that_all_clients_reject_is_not_accepted_by_the_required_client() {
    let sandbox = Sandbox::new();
    Pki::new().make().write(&sandbox);
    let ended = verify(&sandbox, &["--hostname=wrong.example", "--client=java"]);
    let text = ended.failure_report();
    assert!(!text.contains("accepts the certificate"), "{text}");
}

#[test]
fn kuma_dp_before_2_14_rejects_wildcards_and_other_letter_case() {
    for (name, is_refused) in [("*.example", true), ("CP.example", true), ("cp.example", false)] {
        let sandbox = Sandbox::new();
        let mut pki = Pki::new();
        pki.dns(&[&name.replace("*.example", "*.mesh.example"), "cp.other.example"]);
        pki.make().write(&sandbox);
        let host = if name.starts_with('*') { "cp.mesh.example" } else { "cp.example" };
        for (version, is_refused) in
            [("2.13.10", is_refused), ("v2.7", is_refused), ("2.14", false)]
        {
            let version = format!("--kuma-version={version}");
            let more = ["--hostname", host, &version];
            let (json, status) = report(&sandbox, &[&FILES[..], &more].concat());
            assert_eq!(status, i32::from(is_refused), "{version}: {json}");
            assert_eq!(
                refusing(&json).contains(&"kuma-dp".to_owned()),
                is_refused,
                "{version}: {json}"
            );
        }
        let (json, status) = report(&sandbox, &[&FILES[..], &["--hostname", host]].concat());
        assert_eq!(status, 0, "the newest Kuma: {json}");
    }
}

#[test]
fn openssl_and_java_reject_a_renewed_ca_with_another_key_identifier() {
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
    assert_eq!((status, checks(&json, "failed").len()), (1, 1), "{json}");
    assert!(checks(&json, "failed")[0].1.starts_with("Envoy 1.39 and 1.40 rejects"), "{json}");
    let refusing = refusing(&json);
    for client in ["curl", "openssl", "python", "java", "node", "envoy", "gnutls"] {
        assert!(refusing.contains(&client.to_owned()), "{client}: {json}");
    }
    assert!(!refusing.contains(&"kuma-dp".to_owned()), "{json}");
}

#[test]
fn openssl_chooses_the_first_of_two_indistinguishable_cas() {
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
        assert_eq!(status, i32::from(is_refused), "Envoy's refusal is a failure: {json}");
        assert_eq!(refusing(&json).contains(&"openssl".to_owned()), is_refused, "{json}");
    }
}

#[test]
fn keys_that_no_tls_stack_supports_fail_and_rare_ones_are_checked() {
    if installed("openssl").is_none() {
        return;
    }
    for (key, fails) in [
        ("ec -pkeyopt ec_paramgen_curve:secp224r1", vec!["key-file", "key-type"]),
        ("ec -pkeyopt ec_paramgen_curve:secp521r1", vec!["client"]),
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
fn key_files_that_go_cannot_load_fail() {
    let sandbox = Sandbox::new();
    let made = ["--type=server", "--hostname=cp.example", "--key-type=ecdsa"];
    sandbox.generate(made.iter().chain(&["--cert-file=tls.crt", "--key-file=tls.key"]));
    sandbox.write("ca.crt", sandbox.read("tls.crt"));
    let der = ::pem::parse(sandbox.read("tls.key")).expect("PEM").into_contents();
    // Without [0] parameters, which follow the 32 octets of the key, and without [1].
    let bare = [&[0x30, 37][..], &der[2..39]].concat();
    let longer = [&der[..], &[0]].concat();
    for (der, says) in [(bare, "does not name its curve"), (longer, "its private key is damaged")] {
        sandbox.write("tls.key", ::pem::encode(&::pem::Pem::new("EC PRIVATE KEY", der)));
        let (json, status) = report(&sandbox, &FILES);
        let failed = checks(&json, "failed");
        assert!(status == 1 && failed[0].1.contains(says), "{json}");
    }
}

#[test]
fn a_self_signed_certificate_is_its_own_ca_whatever_its_signature_algorithm() {
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
fn names_in_the_string_types_of_older_cas_are_shown_as_text() {
    let sandbox = Sandbox::new();
    let mut pki = Pki::new();
    pki.leaf.distinguished_name = rcgen::DistinguishedName::new();
    let teletex = rcgen::DnValue::TeletexString("Acme".try_into().expect("ASCII"));
    pki.leaf.distinguished_name.push(rcgen::DnType::OrganizationName, teletex);
    let wide = rcgen::string::BmpString::from_str("B\u{fc}cher").expect("two octets each");
    pki.leaf.distinguished_name.push(rcgen::DnType::CommonName, rcgen::DnValue::BmpString(wide));
    pki.make().write(&sandbox);
    let shown = sandbox.kumactl(["inspect", "certificate", "tls.crt"]).quiet_success();
    assert!(shown.contains("Subject                  O=Acme, CN=B\u{fc}cher\n"), "{shown}");
}

/// Verifies a sound certificate that was changed, for a name.
fn changed(host: &str, change: impl FnOnce(&mut Pki)) -> (serde_json::Value, i32) {
    let sandbox = Sandbox::new();
    let mut pki = Pki::new();
    change(&mut pki);
    pki.make().write(&sandbox);
    report(&sandbox, &[&FILES[..], &[&format!("--hostname={host}")]].concat())
}

fn critical(oid: &[u64], contents: &[u8]) -> rcgen::CustomExtension {
    super::pki::extension(oid, contents, true)
}

#[test]
fn a_rejection_by_kumas_clients_is_a_failure_and_by_others_is_not() {
    // RFC 5280 4.2.1.13: one distribution point without fields.
    let crl: &[u8] = &[0x30, 2, 0x30, 0];
    let (json, status) = changed("cp.example", |pki| {
        pki.leaf.custom_extensions = vec![critical(&[2, 5, 29, 31], crl)];
    });
    let expected = ["envoy", "java", "firefox", "chrome", "mbedtls"];
    let refusals = refusing(&json);
    assert!(expected.iter().all(|name| refusals.contains(&(*name).to_owned())), "{json}");
    assert!(!refusals.contains(&"openssl".to_owned()), "{json}");
    let failed = checks(&json, "failed");
    assert_eq!((status, failed.len()), (1, 1), "{failed:?}");
    assert!(failed[0].1.starts_with("Envoy 1.39 and 1.40 rejects the certificate: its cRL"));

    // Only these clients check the root.
    let (json, status) = changed("cp.example", |pki| {
        pki.root.custom_extensions = vec![critical(&[2, 5, 29, 31], crl)];
    });
    assert_eq!((refusing(&json), status), (strings(&["firefox", "chrome", "mbedtls"]), 0));

    let status_request = [0x30, 3, 2, 1, 5];
    let (json, status) = changed("cp.example", |pki| {
        let oid = [1, 3, 6, 1, 5, 5, 7, 1, 24];
        pki.leaf.custom_extensions = vec![super::pki::extension(&oid, &status_request, false)];
    });
    assert_eq!((refusing(&json), status), (strings(&["gnutls", "firefox"]), 0), "{json}");

    let policies = [0x30, 7, 0x30, 5, 6, 3, 0x2a, 3, 4];
    let (json, status) = changed("cp.example", |pki| {
        pki.leaf.custom_extensions = vec![critical(&[2, 5, 29, 32], &policies)];
    });
    assert_eq!((refusing(&json), status), (strings(&["rustls", "mbedtls"]), 0), "{json}");
}

#[test]
fn go_accepts_a_root_whose_key_usage_has_no_bits_and_envoy_rejects_it() {
    let (json, status) = changed("cp.example", |pki| {
        // A BIT STRING without bits (x509-limbo, root-inconsistent-ca-extensions).
        pki.root.key_usages.clear();
        pki.root.custom_extensions = vec![critical(&[2, 5, 29, 15], &[3, 1, 0])];
    });
    let refusals = refusing(&json);
    assert_eq!((status, checks(&json, "failed").len()), (1, 1), "{json}");
    for client in ["envoy", "openssl", "java"] {
        assert!(refusals.contains(&client.to_owned()), "{client}: {json}");
    }
    for client in ["kuma-dp", "kube-apiserver", "kumactl", "rustls"] {
        assert!(!refusals.contains(&client.to_owned()), "{client}: {json}");
    }
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn go_envoy_and_java_reject_a_missing_required_policy() {
    // RFC 5280 4.2.1.11: requireExplicitPolicy 0.
    let (json, status) = changed("cp.example", |pki| {
        pki.has_intermediate = true;
        pki.intermediate.custom_extensions =
            vec![critical(&[2, 5, 29, 36], &[0x30, 3, 0x80, 1, 0])];
    });
    assert_eq!(status, 1);
    let refusing = refusing(&json);
    let expected = [
        "kuma-dp",
        "envoy",
        "kube-apiserver",
        "kumactl",
        "java",
        "rustls",
        "gnutls",
        "chrome",
        "mbedtls",
    ];
    assert_eq!(refusing, expected, "{json}");
}

#[test]
fn any_extended_key_usage_is_rejected_by_the_clients_that_check_it_there() {
    let any = || vec![rcgen::ExtendedKeyUsagePurpose::Any];
    let openssl = ["curl", "openssl", "openssl-strict", "python", "node"];
    let refusals = |change: &dyn Fn(&mut Pki)| {
        let (json, status) = changed("cp.example", change);
        let mut refusing = refusing(&json);
        refusing.retain(|name| !openssl.contains(&name.as_str()));
        (refusing, status)
    };
    let leaf = refusals(&|pki| pki.leaf.extended_key_usages = any());
    assert_eq!(leaf, (strings(&["envoy", "rustls", "firefox"]), 1));
    let between = refusals(&|pki| {
        pki.has_intermediate = true;
        pki.intermediate.extended_key_usages = any();
    });
    assert_eq!(between, (strings(&["envoy", "rustls", "gnutls", "firefox"]), 1));
    let root = refusals(&|pki| pki.root.extended_key_usages = any());
    assert_eq!(root.1, 0, "{root:?}");
    assert!(root.0.contains(&"firefox".to_owned()), "{root:?}");
}

#[test]
fn the_key_and_the_identifiers_of_every_ca_in_the_chain_count() {
    let (json, status) = changed("cp.example", |pki| {
        pki.has_intermediate = true;
        pki.intermediate.use_authority_key_identifier_extension = false;
    });
    assert_eq!((refusing(&json), status), (strings(&["openssl-strict", "python"]), 0), "{json}");

    let sandbox = Sandbox::new();
    let made = sandbox.kumactl(["generate", "ca-certificate", "--key-type=ed25519"]);
    assert_eq!(made.status, 0);
    assert!(made.stderr.contains("warning: Chrome, Firefox and mbedTLS reject every"), "{made:?}");
    let issued = ["--issuer-cert-file=ca.crt", "--issuer-key-file=ca.key", "--valid-for=90d"];
    sandbox.generate(["--type=server", "--hostname=cp.example"].iter().chain(&issued));
    let files = ["--cert-file=cert.pem", "--ca-cert-file=ca.crt", "--hostname=cp.example"];
    let (json, status) = report(&sandbox, &[&["verify", "tls-certificate"], &files[..]].concat());
    assert_eq!(
        (refusing(&json), status),
        (strings(&["firefox", "chrome", "mbedtls"]), 0),
        "{json}"
    );
}

#[test]
fn envoy_rejects_an_ip_address_under_an_ip_constraint_and_issuing_it_causes_a_warning() {
    let sandbox = Sandbox::new();
    let made = sandbox.kumactl(["generate", "ca-certificate", "--permit-ip=10.0.0.0/8"]);
    assert!(
        made.stderr.contains("warning: Envoy rejects every certificate with an IP"),
        "{made:?}"
    );
    let generate = |names: &str, place: &str| {
        let place = [format!("--cert-file={place}.crt"), format!("--key-file={place}.key")];
        let fixed = ["generate", "tls-certificate", "--type=server", names];
        let issuer = ["--issuer-cert-file=ca.crt", "--issuer-key-file=ca.key", "--valid-for=90d"];
        let place = place.iter().map(String::as_str);
        sandbox.kumactl(fixed.into_iter().chain(issuer).chain(place))
    };
    let with_address = generate("--hostname=cp.example,10.1.2.3", "a");
    assert!(
        with_address
            .stderr
            .contains("warning: Envoy rejects the certificate: it has an IP address"),
        "{with_address:?}"
    );
    let without = generate("--hostname=cp.example", "b");
    assert!(!without.stderr.contains("Envoy"), "{without:?}");
    for (place, status) in [("a", 1), ("b", 0)] {
        let file = format!("--cert-file={place}.crt");
        let arguments =
            ["verify", "tls-certificate", &file, "--ca-cert-file=ca.crt", "--hostname=cp.example"];
        let (json, found) = report(&sandbox, &arguments);
        assert_eq!(found, status, "{json}");
        assert_eq!(refusing(&json).contains(&"envoy".to_owned()), status == 1, "{json}");
    }
}

#[test]
fn a_failed_check_counts_only_for_the_clients_that_make_it() {
    let past = time::OffsetDateTime::now_utc() - time::Duration::days(2);
    let (json, _) = changed("cp.example", |pki| {
        pki.root.not_before = past - time::Duration::days(9);
        pki.root.not_after = past;
    });
    assert_eq!(accepting(&json), ["java", "rustls"], "dates of a trust anchor: {json}");
    let clients = json["clients"].as_array().expect("clients");
    assert_eq!(clients[0]["failed_checks"], serde_json::json!(["dates"]));

    let (json, _) = changed("cp.example", |pki| {
        pki.root.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    });
    assert_eq!(accepting(&json), ["envoy", "java", "rustls", "gnutls", "mbedtls"], "{json}");

    let (json, status) = changed("cp.example", |pki| {
        pki.dns(&[]);
        pki.leaf.distinguished_name = rcgen::DistinguishedName::new();
        pki.leaf.distinguished_name.push(rcgen::DnType::CommonName, "cp.example");
    });
    assert_eq!(status, 1);
    let accepting = accepting(&json);
    assert!(accepting.contains(&"openssl".to_owned()), "{json}");
    assert!(!accepting.contains(&"kuma-dp".to_owned()), "{json}");
}

#[test]
fn a_common_name_next_to_names_without_a_host_is_accepted_except_by_mbedtls() {
    // A subjectAltName with the directoryName CN=x.
    let directory: &[u8] =
        &[0x30, 16, 0xa4, 14, 0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0c, 1, b'x'];
    let (json, status) = changed("cp.example", |pki| {
        pki.dns(&[]);
        pki.leaf.distinguished_name = rcgen::DistinguishedName::new();
        pki.leaf.distinguished_name.push(rcgen::DnType::CommonName, "cp.example");
        pki.leaf.custom_extensions = vec![super::pki::extension(&[2, 5, 29, 17], directory, false)];
    });
    assert_eq!(status, 1);
    let expected = ["curl", "openssl", "openssl-strict", "python", "java", "node", "gnutls"];
    assert_eq!(accepting(&json), expected, "{json}");
    let says = checks(&json, "failed").into_iter().find(|(name, _)| name == "hostname");
    let says = says.expect("a failed check").1;
    assert!(says.contains("whose subjectAltName names no host"), "{says}");
}

#[test]
fn java_checks_no_usage_of_a_certificate_in_its_own_trust_store() {
    let sandbox = Sandbox::new();
    let mut pki = Pki::new();
    pki.leaf.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    pki.leaf.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let own = pki.leaf.self_signed(&pki.leaf_key).expect("a certificate");
    sandbox.write("tls.crt", pem(own.der()));
    sandbox.write("ca.crt", pem(own.der()));
    write_key(&sandbox, "tls.key", &pki.leaf_key);
    let (json, _) = report(&sandbox, &[&FILES[..], &["--hostname=cp.example"]].concat());
    let accepting = accepting(&json);
    assert!(accepting.contains(&"java".to_owned()), "{json}");
    for client in ["envoy", "openssl", "gnutls", "mbedtls"] {
        assert!(!accepting.contains(&client.to_owned()), "{client}: {json}");
    }

    // Envoy checks the extendedKeyUsage of what the server sends only up to what it trusts.
    let mut pki = Pki::new();
    pki.leaf.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    pki.leaf.key_usages.push(rcgen::KeyUsagePurpose::KeyCertSign);
    pki.leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    let own = pki.leaf.self_signed(&pki.leaf_key).expect("a certificate");
    sandbox.write("tls.crt", pem(own.der()));
    sandbox.write("ca.crt", pem(own.der()));
    write_key(&sandbox, "tls.key", &pki.leaf_key);
    let (json, status) = report(&sandbox, &[&FILES[..], &["--hostname=cp.example"]].concat());
    assert_eq!((self::accepting(&json), status), (strings(&["envoy", "java"]), 1), "{json}");
}

fn accepting(json: &serde_json::Value) -> Vec<String> {
    let clients = json["clients"].as_array().expect("clients").iter();
    let clients = clients.filter(|client| client["accepts"] == true);
    clients.map(|client| client["client"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn the_purpose_decides_which_of_kumas_clients_must_accept_a_certificate() {
    let sandbox = Sandbox::new();
    let mut pki = Pki::new();
    pki.leaf_key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).expect("a key");
    pki.make().write(&sandbox);
    for (purpose, status) in
        [("general", 1), ("dp-server", 1), ("global-kds", 0), ("api-server", 0)]
    {
        let purpose = format!("--purpose={purpose}");
        let more = ["--hostname=cp.example", purpose.as_str()];
        let (json, found) = report(&sandbox, &[&FILES[..], &more].concat());
        assert_eq!(found, status, "{purpose}: {json}");
        assert!(refusing(&json).contains(&"envoy".to_owned()));
    }
}

#[test]
fn only_envoy_rejects_an_ip_address_in_another_notation() {
    let address = |pki: &mut Pki| {
        pki.leaf.subject_alt_names = vec![rcgen::SanType::IpAddress("::1".parse().expect("one"))];
    };
    let (json, status) = changed("0:0:0:0:0:0:0:1", address);
    assert_eq!((refusing(&json), status), (strings(&["envoy", "mbedtls"]), 1), "{json}");
    assert!(checks(&json, "failed")[0].1.ends_with("0:0:0:0:0:0:0:1"), "{json}");
    let (json, status) = changed("::1", address);
    assert_eq!((refusing(&json), status), (strings(&["mbedtls"]), 0), "{json}");
}

#[test]
fn unusual_names_that_kuma_accepts_verify() {
    for name in ["123", "a.123", "a-", "-a.example.test", "xn--a.example"] {
        let (json, status) = changed(name, |pki| pki.dns(&[name]));
        assert_eq!((status, checks(&json, "failed")), (0, vec![]), "{name}: {json}");
    }
    let stderr = Sandbox::new()
        .kumactl(["verify", "tls-certificate", "--cert-file=x", "--hostname=10.0.0.256"])
        .failure(2);
    assert!(stderr.contains("10.0.0.256"), "{stderr}");
}

#[test]
fn mbedtls_rejects_a_chain_that_is_out_of_order() {
    let sandbox = Sandbox::new();
    let mut pki = Pki::new();
    pki.has_intermediate = true;
    let made = pki.make();
    made.write(&sandbox);
    let (leaf, between, root) = (pem(&made.leaf), pem(&made.intermediate), pem(&made.root));
    for (chain, is_refused) in
        [(format!("{leaf}{root}{between}"), false), (format!("{leaf}{between}{root}"), false)]
    {
        sandbox.write("tls.crt", chain);
        let (json, _) = report(&sandbox, &[&FILES[..], &["--hostname=cp.example"]].concat());
        assert_eq!(refusing(&json).contains(&"mbedtls".to_owned()), is_refused, "{json}");
    }
    // Two CAs between, the upper one first.
    let (a, b) = (super::pki::key(), super::pki::key());
    let ca = |name: &str| {
        let mut params = Pki::new().root;
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params
    };
    let root_key = super::pki::key();
    let root = ca("root").self_signed(&root_key).expect("a root");
    let upper = ca("a").signed_by(&a, &rcgen::Issuer::new(ca("root"), &root_key)).expect("a CA");
    let lower = ca("b").signed_by(&b, &rcgen::Issuer::new(ca("a"), &a)).expect("a CA");
    let Pki { leaf, leaf_key, .. } = Pki::new();
    let leaf = leaf.signed_by(&leaf_key, &rcgen::Issuer::new(ca("b"), &b)).expect("a certificate");
    write_key(&sandbox, "tls.key", &leaf_key);
    sandbox.write("ca.crt", pem(root.der()));
    let [leaf, upper, lower] = [leaf.der(), upper.der(), lower.der()].map(|der| pem(der));
    for (chain, refusals) in [
        (format!("{leaf}{upper}{lower}"), strings(&["mbedtls"])),
        (format!("{leaf}{lower}{upper}"), vec![]),
    ] {
        sandbox.write("tls.crt", chain);
        let (json, status) = report(&sandbox, &[&FILES[..], &["--hostname=cp.example"]].concat());
        assert_eq!((refusing(&json), status), (refusals, 0), "{json}");
    }
}

#[test]
fn a_certificate_that_is_too_large_for_clients_is_predicted_and_causes_a_warning() {
    let sandbox = Sandbox::new();
    let names = |count: usize| {
        let names: Vec<_> =
            (0..count).map(|n| format!("host-{n:05}.long-domain.example")).collect();
        format!("--hostname={}", names.join(","))
    };
    let made = ["--type=server", "--valid-for=90d", "--key-type=ecdsa", "--force"];
    let files = ["--cert-file=tls.crt", "--key-file=tls.key"];
    for (count, status, refusals) in [
        (1_300, 0, vec!["java", "mbedtls"]),
        (4_000, 1, vec!["envoy", "curl", "openssl", "python", "java", "node", "rustls", "chrome"]),
    ] {
        let names = names(count);
        let arguments = [&["generate", "tls-certificate"], &made[..], &files, &[names.as_str()]];
        let made = sandbox.kumactl(arguments.concat());
        assert_eq!(made.status, 0, "{made:?}");
        assert_eq!(made.stderr.contains("(excessive message size)"), status == 1, "{made:?}");
        let host = "--hostname=host-00001.long-domain.example";
        let (json, found) =
            report(&sandbox, &[&["verify", "tls-certificate"], &files[..], &[host]].concat());
        let refusing = refusing(&json);
        assert_eq!(found, status, "{count}");
        for client in &refusals {
            assert!(refusing.contains(&(*client).to_owned()), "{client}: {refusing:?}");
        }
        assert!(!refusing.contains(&"kuma-dp".to_owned()), "{refusing:?}");
    }
}
