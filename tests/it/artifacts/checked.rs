//! The checks of the files before anything is printed, with and without a CA file.

use rcgen::{
    CertificateParams, CustomExtension, ExtendedKeyUsagePurpose as Usage, KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

use super::{CA, PAIR, files};
use crate::support::Sandbox;

const NAME: &str = "kuma-control-plane.kuma-system";

/// A valid server certificate, which tests change.
fn params() -> CertificateParams {
    let mut params =
        CertificateParams::new([NAME.to_owned(), format!("{NAME}.svc")]).expect("two names");
    params.not_before = OffsetDateTime::now_utc() - Duration::days(9);
    params.not_after = OffsetDateTime::now_utc() + Duration::days(400);
    params.extended_key_usages = vec![Usage::ServerAuth];
    params
}

fn pem(label: &str, der: &[u8]) -> String {
    pem::encode(&pem::Pem::new(label, der))
}

/// Writes `one.crt` and `one.key`, signed by a CA in `root.crt`.
fn issued(sandbox: &Sandbox, params: &CertificateParams) {
    let mut root = CertificateParams::default();
    root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root_key = rcgen::KeyPair::generate().expect("a key");
    let root_der = root.self_signed(&root_key).expect("a root").der().to_vec();
    let issuer = rcgen::Issuer::new(root, root_key);
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    sandbox.write("root.crt", pem("CERTIFICATE", &root_der));
    sandbox.write("one.crt", pem("CERTIFICATE", certificate.der()));
    sandbox.write("one.key", pem("PRIVATE KEY", &key.serialize_der()));
}

#[test]
fn a_certificate_that_no_server_can_use_is_rejected_with_and_without_a_ca_file() {
    let mut expired = params();
    expired.not_after = OffsetDateTime::now_utc() - Duration::days(1);
    let mut early = params();
    early.not_before = OffsetDateTime::now_utc() + Duration::days(1);
    let mut client = params();
    client.extended_key_usages = vec![Usage::ClientAuth];
    let mut unsigning = params();
    unsigning.key_usages = vec![KeyUsagePurpose::KeyAgreement];
    let mut unknown = params();
    let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
    extension.set_criticality(true);
    unknown.custom_extensions = vec![extension];
    for (params, says) in [
        (expired, "expired at"),
        (early, "is not valid before"),
        (client, "is for clientAuth, not for serverAuth\nhint: reissue it with --type=server"),
        (unsigning, "without digitalSignature"),
        (unknown, "has the unknown critical extension"),
    ] {
        let sandbox = Sandbox::new();
        issued(&sandbox, &params);
        let pair = ["--cert-file=one.crt", "--key-file=one.key"];
        for ca in [&[][..], &["--ca-cert-file=root.crt"]] {
            for command in [
                &["environment", "--component=kuma-cp"][..],
                &["kubernetes-secret"],
                &["kubernetes-secret", "--name=api-server", "--secret-type=kubernetes.io/tls"],
            ] {
                let all = [&["generate"], command, &pair, ca].concat();
                let stderr = sandbox.kumactl(&all).failure(1);
                assert!(stderr.contains(says), "{all:?}: {stderr}");
            }
        }
    }
    let sandbox = Sandbox::new();
    issued(&sandbox, &params());
    let pair = ["--cert-file=one.crt", "--key-file=one.key"];
    assert_eq!(sandbox.kumactl(["generate", "kubernetes-secret"].iter().chain(&pair)).status, 0);
    let other = ["--hostname=x.example"];
    let all = ["generate", "kubernetes-secret"].iter().chain(&pair).chain(&other);
    assert!(sandbox.kumactl(all).failure(1).contains("x.example is not among the names"));
}

/// A CA certificate that expires in this number of days; negative if it has expired.
fn ca(name: &str, days: i64) -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.not_before = OffsetDateTime::now_utc() - Duration::days(90);
    params.not_after = OffsetDateTime::now_utc() + Duration::days(days);
    let key = rcgen::KeyPair::generate().expect("a key");
    pem("CERTIFICATE", params.self_signed(&key).expect("a certificate").der())
}

#[test]
fn an_expired_ca_next_to_a_valid_one_causes_a_warning() {
    let sandbox = files();
    let good = sandbox.read("ca.crt");
    sandbox.write("rotated.crt", ca("old", -1) + &good);
    sandbox.write("ordered.crt", good + &ca("old", -1));
    for command in [
        &["helm-values"][..],
        &["install-flags"],
        &["environment", "--component=kuma-dp"],
        &["kubernetes-secret", PAIR[0], PAIR[1]],
    ] {
        for file in ["--ca-cert-file=rotated.crt", "--ca-cert-file=ordered.crt"] {
            let all = [&["generate"], command, &[file]].concat();
            let ended = sandbox.kumactl(&all);
            assert_eq!(ended.status, 0, "{ended:?}");
            assert!(ended.stderr.starts_with("warning: CN=old expired at"), "{all:?}: {ended:?}");
            assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
        }
    }
    // Also in the directory of a control plane, which keeps it.
    let made = ["generate", "ca-certificate", "--cert-file=own.crt", "--key-file=own.key"];
    sandbox.kumactl(made).quiet_success();
    let again = ["generate", "control-plane-tls", "--mode=kubernetes", "--output-dir=tls"];
    let issuer = ["--issuer-cert-file=own.crt", "--issuer-key-file=own.key", "--if-needed"];
    let again = [&again[..], &issuer].concat();
    assert_eq!(sandbox.kumactl(&again).status, 0);
    sandbox.write("tls/ca.crt", ca("old", -1) + &sandbox.read("own.crt"));
    let ended = sandbox.kumactl(&again);
    assert!(ended.stderr.contains("\nwarning: CN=old expired at"), "{ended:?}");
    // It is written once, after the valid CA.
    assert!(ended.stdout.contains("CA certificate saved in tls/ca.crt"), "{ended:?}");
    let shown = sandbox.kumactl(["inspect", "certificate", "tls/ca.crt"]).quiet_success();
    assert!(shown.find("O=Kuma").expect("own") < shown.find("CN=old").expect("old"), "{shown}");
    let ended = sandbox.kumactl(&again);
    assert!(!ended.stdout.contains("tls/ca.crt"), "{ended:?}");
}

/// Writes `middle.crt` and `middle.key`, an intermediate CA without its root.
fn intermediate(sandbox: &Sandbox) {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, "middle");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    issued(sandbox, &params);
    for (from, to) in [("one.crt", "middle.crt"), ("one.key", "middle.key")] {
        std::fs::rename(sandbox.path(from), sandbox.path(to)).expect("a file");
    }
}

#[test]
fn a_ca_without_its_root_causes_a_warning_that_names_the_clients() {
    let sandbox = files();
    intermediate(&sandbox);
    let issuer = ["--issuer-cert-file=middle.crt", "--issuer-key-file=middle.key"];
    let ca = ["--ca-cert-file=middle.crt"];
    let says =
        "without the CA that issued it: Go, Java and rustls trust it, OpenSSL and Node do not\n";
    for (command, files) in [
        (&["helm-values"][..], &ca[..]),
        (&["install-flags"], &ca),
        (&["kubernetes-secret"], &ca),
        (&["environment", "--component=kuma-dp"], &ca),
        (&["cert-manager"], &issuer),
        (&["control-plane-tls", "--mode=kubernetes", "--output-dir=tls"], &issuer),
        (&["control-plane-tls", "--mode=universal", "--hostname=a", "--output-dir=two"], &issuer),
    ] {
        let all = [&["generate"], command, files].concat();
        let ended = sandbox.kumactl(&all);
        assert_eq!(ended.status, 0, "{all:?}: {ended:?}");
        assert!(ended.stderr.starts_with("warning: ") && ended.stderr.ends_with(says), "{ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    }
    assert_eq!(sandbox.read("tls/ca.crt"), sandbox.read("middle.crt").replace('\r', ""));
    let again = ["generate", "control-plane-tls", "--mode=kubernetes", "--output-dir=tls"];
    let again = sandbox.kumactl(again.iter().chain(&issuer).chain(&["--if-needed"]));
    assert!(again.stdout.starts_with("Nothing to do"), "{again:?}");
    assert!(sandbox.read("ca.crt").starts_with("-----BEGIN") && CA.ends_with("ca.crt"));
}
