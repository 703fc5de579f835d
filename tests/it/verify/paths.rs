//! Paths from a certificate to a CA that are not the usual one, as Go, OpenSSL and rustls take them.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, GeneralSubtree, IsCa, Issuer, KeyPair,
    NameConstraints, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512,
    SignatureAlgorithm,
};

use super::pki::{Pki, key, pem, write_key};
use super::{FILES, checks, refusing, report};
use crate::support::{Sandbox, installed, run};

const NAMED: &[&str] = &["--hostname=cp.example"];

fn ca(name: &str) -> CertificateParams {
    let mut params = Pki::new().root;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// Writes a server's certificate, followed by its chain, to `tls.crt`, and its key.
fn write_leaf(sandbox: &Sandbox, issuer: &Issuer<'_, &KeyPair>, chain: &[Vec<u8>]) {
    let Pki { leaf, leaf_key, .. } = Pki::new();
    let leaf = leaf.signed_by(&leaf_key, issuer).expect("a certificate");
    let chain: String = chain.iter().map(|der| pem(der)).collect();
    sandbox.write("tls.crt", pem(leaf.der()) + &chain);
    write_key(sandbox, "tls.key", &leaf_key);
}

fn self_signed(params: &CertificateParams, key: &KeyPair) -> Vec<u8> {
    params.self_signed(key).expect("a CA").der().to_vec()
}

fn signed(params: &CertificateParams, key: &KeyPair, issuer: &Issuer<'_, &KeyPair>) -> Vec<u8> {
    params.signed_by(key, issuer).expect("a CA").der().to_vec()
}

#[track_caller]
fn verifies(sandbox: &Sandbox) -> serde_json::Value {
    let (json, status) = report(sandbox, &[&FILES[..], NAMED].concat());
    assert_eq!((status, checks(&json, "failed")), (0, vec![]), "{json}");
    json
}

/// What OpenSSL makes of the chain, if it is here.
fn openssl(sandbox: &Sandbox) -> Option<bool> {
    let mut command = sandbox.command(installed("openssl")?);
    command.args(["verify", "-CAfile", "ca.crt", "-untrusted", "tls.crt", "tls.crt"]);
    Some(run(&mut command).status == 0)
}

#[test]
fn ca_keys_on_every_curve_are_supported() {
    for (curve, is_known) in [
        (&PKCS_ECDSA_P256_SHA256, true),
        (&PKCS_ECDSA_P384_SHA384, true),
        (&PKCS_ECDSA_P521_SHA512, true),
    ] as [(&'static SignatureAlgorithm, bool); 3]
    {
        let sandbox = Sandbox::new();
        let key = KeyPair::generate_for(curve).expect("a key");
        let params = ca("root");
        let root = self_signed(&params, &key);
        write_leaf(&sandbox, &Issuer::from_params(&params, &key), &[]);
        sandbox.write("ca.crt", pem(&root));
        verifies(&sandbox);
        assert!(openssl(&sandbox).unwrap_or(is_known));
        let shown = sandbox.kumactl(["inspect", "certificate", "tls.crt", "ca.crt"]);
        assert!(shown.quiet_success().contains("root CA"));
    }
}

#[test]
fn signatures_with_sha512_on_smaller_curves_are_supported() {
    let Some(openssl) = installed("openssl") else { return };
    for curve in ["prime256v1", "secp384r1"] {
        let sandbox = Sandbox::new();
        let script = format!(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:{curve} -nodes -sha512 \
             -keyout ca.key -out ca.crt -subj /CN=root -days 9 2>/dev/null
             openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
             -keyout tls.key -subj /CN=leaf 2>/dev/null > csr
             printf 'subjectAltName=DNS:cp.example\nextendedKeyUsage=serverAuth\n\
             keyUsage=digitalSignature\nbasicConstraints=CA:FALSE\n' > ext
             openssl x509 -req -in csr -CA ca.crt -CAkey ca.key -CAcreateserial -sha512 \
             -extfile ext -days 9 -out tls.crt 2>/dev/null"
        );
        let ended = run(sandbox.command("sh").args(["-euc", &script]));
        assert_eq!(ended.status, 0, "{} {ended:?}", openssl.display());
        verifies(&sandbox);
    }
}

#[test]
fn a_root_of_version_1_and_a_short_rsa_key_are_reported_as_such() {
    if installed("openssl").is_none() {
        return;
    }
    let leaf = "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
                -keyout tls.key -subj /CN=leaf 2>/dev/null > csr
                printf 'subjectAltName=DNS:cp.example\nextendedKeyUsage=serverAuth\n\
                keyUsage=digitalSignature\nbasicConstraints=CA:FALSE\n' > ext
                openssl x509 -req -in csr -CA ca.crt -CAkey ca.key -CAcreateserial \
                -extfile ext -days 9 -out tls.crt 2>/dev/null";
    let sandbox = Sandbox::new();
    let root = "openssl req -new -newkey rsa:2048 -nodes -keyout ca.key -subj /CN=root \
                2>/dev/null > ca.csr
                openssl x509 -req -in ca.csr -signkey ca.key -days 9 -out ca.crt 2>/dev/null";
    let ended = run(sandbox.command("sh").args(["-euc", &format!("{root}\n{leaf}")]));
    assert_eq!(ended.status, 0, "{ended:?}");
    if sandbox.kumactl(["inspect", "certificate", "ca.crt"]).stdout.contains("not set") {
        verifies(&sandbox);
    }

    let sandbox = Sandbox::new();
    let root = "openssl req -x509 -newkey rsa:1024 -nodes -keyout ca.key -out ca.crt \
                -subj /CN=root -days 9 2>/dev/null";
    let ended = run(sandbox.command("sh").args(["-euc", &format!("{root}\n{leaf}")]));
    assert_eq!(ended.status, 0, "{ended:?}");
    let (json, _) = report(&sandbox, &[&FILES[..], NAMED].concat());
    assert_eq!(checks(&json, "failed"), [], "{json}");
    let weak = ["curl", "openssl", "openssl-strict", "python", "rustls", "mbedtls"];
    assert_eq!(refusing(&json), weak);
    let shown = sandbox.kumactl(["inspect", "certificate", "tls.crt", "ca.crt"]).quiet_success();
    assert!(!shown.contains("not signed with"), "{shown}");
}

#[test]
fn go_accepts_both_orders_of_cross_signed_cas_and_envoy_one() {
    // The CA between is certified twice: once by a root that may not certify the name.
    let (root_key, other_key, between_key) = (key(), key(), key());
    let (root, mut other, between) = (ca("root"), ca("other"), ca("between"));
    other.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("elsewhere.example".to_owned())],
        excluded_subtrees: vec![],
    });
    let by_root = signed(&between, &between_key, &Issuer::from_params(&root, &root_key));
    let by_other = signed(&between, &between_key, &Issuer::from_params(&other, &other_key));
    let roots = [self_signed(&root, &root_key), self_signed(&other, &other_key)];
    let chains = [[by_root.clone(), by_other.clone()], [by_other, by_root]];
    for (chain, is_other_first) in chains.into_iter().zip([false, true]) {
        for roots in [[&roots[0], &roots[1]], [&roots[1], &roots[0]]] {
            let sandbox = Sandbox::new();
            write_leaf(&sandbox, &Issuer::from_params(&between, &between_key), &chain);
            sandbox.write("ca.crt", format!("{}{}", pem(roots[0]), pem(roots[1])));
            let (json, _) = report(&sandbox, &[&FILES[..], NAMED].concat());
            let rejecting = refusing(&json);
            // Go searches; Envoy and OpenSSL take the first that was sent.
            assert!(!rejecting.contains(&"kuma-dp".to_owned()), "{json}");
            for client in ["envoy", "openssl"] {
                assert_eq!(rejecting.contains(&client.to_owned()), is_other_first, "{json}");
            }
            assert_eq!(openssl(&sandbox).unwrap_or(!is_other_first), !is_other_first);
        }
    }
}

#[test]
fn the_right_one_of_many_cas_with_one_name_is_found() {
    let (mut params, right) = (ca("root"), key());
    // Only the signature distinguishes them.
    params.key_identifier_method = rcgen::KeyIdMethod::PreSpecified(vec![1; 20]);
    let mut text: String = (0..70).map(|_| pem(&self_signed(&params, &key()))).collect();
    text += &pem(&self_signed(&params, &right));
    let sandbox = Sandbox::new();
    write_leaf(&sandbox, &Issuer::from_params(&params, &right), &[]);
    sandbox.write("ca.crt", text);
    let (json, _) = report(&sandbox, &[&FILES[..], NAMED].concat());
    let rejecting = refusing(&json);
    assert!(!rejecting.contains(&"kuma-dp".to_owned()), "{json}");
    // Envoy chooses the first of them.
    assert!(rejecting.contains(&"envoy".to_owned()), "{json}");
}

#[test]
fn self_issued_cas_count_for_the_path_length_as_in_go() {
    let (mut root, old, new) = (ca("root"), key(), key());
    root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let renewed = signed(&root, &new, &Issuer::from_params(&root, &old));
    let sandbox = Sandbox::new();
    write_leaf(&sandbox, &Issuer::from_params(&root, &new), std::slice::from_ref(&renewed));
    sandbox.write("ca.crt", pem(&self_signed(&root, &old)));
    let (json, status) = report(&sandbox, &[&FILES[..], NAMED].concat());
    let failed = checks(&json, "failed");
    assert_eq!((status, failed[0].0.as_str()), (1, "path-length"), "{json}");
    assert!(failed[0].1.contains("clients not written in Go do not count"), "{json}");
    assert!(openssl(&sandbox).unwrap_or(true));

    // The same certificate as the anchor: a CA whose older key signed it.
    sandbox.write("ca.crt", pem(&renewed));
    let json = verifies(&sandbox);
    assert!(checks(&json, "warning")[0].1.contains("without the CA that issued it"), "{json}");
    assert_eq!(refusing(&json), ["openssl", "openssl-strict", "node"]);
    assert!(!openssl(&sandbox).unwrap_or(false));
}

/// A certificate with so many CAs between it and the root.
fn write_long(count: usize) -> Sandbox {
    let (mut params, mut signing) = (ca("root"), key());
    let root = self_signed(&params, &signing);
    let mut chain = Vec::new();
    for place in 0..count {
        let (next, next_key) = (ca(&format!("ca {place}")), key());
        chain.insert(0, signed(&next, &next_key, &Issuer::from_params(&params, &signing)));
        (params, signing) = (next, next_key);
    }
    let sandbox = Sandbox::new();
    write_leaf(&sandbox, &Issuer::from_params(&params, &signing), &chain);
    sandbox.write("ca.crt", pem(&root));
    sandbox
}

#[test]
fn a_path_that_only_rustls_rejects_is_reported_for_rustls_only() {
    let sandbox = write_long(7);
    assert!(openssl(&sandbox).unwrap_or(true));
    let json = verifies(&sandbox);
    let warnings = checks(&json, "warning");
    assert_eq!(warnings[0].1, "rustls-webpki rejects the chain: MaximumPathDepthExceeded");
    assert_eq!(refusing(&json), ["rustls"]);
}

#[test]
fn a_path_over_the_length_limit_is_not_searched() {
    let (json, status) = report(&write_long(17), &[&FILES[..], NAMED].concat());
    let text = &checks(&json, "failed")[0].1;
    assert!(status == 1 && text.contains("longer than 16 certificates"), "{json}");
}
