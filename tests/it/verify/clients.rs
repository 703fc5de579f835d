//! Who refuses what, though the chain holds.

use std::fs;
use std::path::Path;

use rcgen::{KeyPair, PKCS_ED25519};

use super::pki::Pki;
use super::{FILES, checks, refusing, report, verify};
use crate::support::Sandbox;

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
            "refuses  Java 17 and 25           its issuer has an empty name, against RFC 5280 \
             4.1.2.4 (Empty issuer DN not allowed in X509Certificates)\n",
            "refuses  rustls 0.23              it says CA:TRUE, which a server's own certificate \
             must not (CaUsedAsEndEntity)\n",
            "refuses  Firefox 153              it says CA:TRUE, which a server's own certificate \
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
    assert!(stderr.contains("the clients are kuma-dp, envoy,"), "{stderr}");
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
