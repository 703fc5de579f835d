//! Certificates from CAs: ephemeral ones, those of kumactl, and those of other programs.

mod ephemeral;
mod foreign;
mod refusals;

use std::process::Command;

use crate::support::{Sandbox, installed, run};

const KEY_TYPES: [&str; 6] = ["rsa", "ecdsa", "rsa-3072", "rsa-4096", "ecdsa-p384", "ed25519"];

/// `kumactl generate tls-certificate` for a server, by the CA in `ca.crt` and `ca.key`.
const FROM_CA: [&str; 6] = [
    "generate",
    "tls-certificate",
    "--type=server",
    "--key-type=ecdsa",
    "--issuer-cert-file=ca.crt",
    "--issuer-key-file=ca.key",
];

/// Whether OpenSSL, at its strictest, accepts `cert.pem` for a name, with this CA file.
fn openssl_accepts(sandbox: &Sandbox, openssl: &std::path::Path, ca: &str, name: &str) -> bool {
    let mut command: Command = sandbox.command(openssl);
    command.args(["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", ca]);
    command.args(["-verify_hostname", name, "-untrusted", "cert.pem", "cert.pem"]);
    run(&mut command).status == 0
}

#[test]
fn a_ca_and_a_certificate_of_every_key_type_are_accepted_and_those_of_another_ca_are_not() {
    let Some(openssl) = installed("openssl") else { return };
    let other = Sandbox::new();
    other.kumactl(["generate", "ca-certificate", "--key-type=ecdsa"]).quiet_success();
    for ca_type in KEY_TYPES {
        let sandbox = Sandbox::new();
        let ca_type = format!("--key-type={ca_type}");
        let made = sandbox.kumactl(["generate", "ca-certificate", &ca_type]);
        assert_eq!(made.stderr.contains("warning: "), ca_type.ends_with("ed25519"), "{made:?}");
        assert_eq!(made.stdout, "Private key saved in ca.key\nCertificate saved in ca.crt\n");
        assert_eq!((sandbox.mode("ca.key"), sandbox.mode("ca.crt")), (0o600, 0o644));
        sandbox.write("other.crt", other.read("ca.crt"));
        for key_type in KEY_TYPES.iter().filter(|key_type| !key_type.starts_with("rsa-")) {
            let key_type = format!("--key-type={key_type}");
            let arguments = ["--hostname=cp.example", "--type=client", "--type=server", "--force"];
            let ended =
                sandbox.kumactl(FROM_CA.iter().copied().chain(arguments).chain([&*key_type]));
            assert_eq!(ended.status, 0, "{ca_type} {key_type}: {ended:?}");
            assert!(
                openssl_accepts(&sandbox, &openssl, "ca.crt", "cp.example"),
                "{ca_type} {key_type}"
            );
            assert!(!openssl_accepts(&sandbox, &openssl, "ca.crt", "other.example"));
            assert!(!openssl_accepts(&sandbox, &openssl, "other.crt", "cp.example"));
        }
    }
}

/// What `inspect` reports as the keyUsage of the first certificate in `cert.pem`.
fn key_usage(sandbox: &Sandbox) -> serde_json::Value {
    let stdout =
        sandbox.kumactl(["inspect", "certificate", "cert.pem", "--output=json"]).quiet_success();
    let report: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    report[0]["parts"][0]["certificates"][0]["key_usage"].clone()
}

#[test]
fn an_rsa_server_has_key_encipherment_only_if_a_ca_issued_its_certificate() {
    for (flags, expected) in [
        (&[][..], serde_json::json!(["digitalSignature", "keyCertSign"])),
        (&["--ephemeral-ca"], serde_json::json!(["digitalSignature", "keyEncipherment"])),
    ] {
        let sandbox = Sandbox::new();
        let command = ["generate", "tls-certificate", "--type=server", "--hostname=cp.example"];
        let ended = sandbox.kumactl(command.iter().chain(flags).copied());
        assert_eq!(ended.status, 0, "{ended:?}");
        assert_eq!(key_usage(&sandbox), expected, "{flags:?}");
    }
}

#[test]
fn names_outside_the_constraints_of_a_ca_are_rejected_and_those_inside_verify() {
    let Some(openssl) = installed("openssl") else { return };
    let sandbox = Sandbox::new();
    let permit = ["--permit-dns=mesh.example", "--permit-ip=10.0.0.0/8", "--permit-ip=fd00::/8"];
    let ended =
        sandbox.kumactl(["generate", "ca-certificate", "--key-type=ecdsa"].iter().chain(&permit));
    assert!(ended.stderr.contains("warning: mbedTLS"), "{ended:?}");
    let order: Vec<String> = crate::read_back::certificate(&sandbox.read("ca.crt"), |ca| {
        ca.extensions().iter().map(|found| found.oid.to_id_string()).collect()
    });
    let place = |oid: &str| order.iter().position(|found| found == oid).expect("an extension");
    // wolfSSL rejects a CA whose nameConstraints come before its basicConstraints.
    assert!(place("2.5.29.19") < place("2.5.29.30"), "{order:?}");
    let names = ["mesh.example", "a.b.mesh.example", "*.mesh.example", "10.1.2.3", "fd00::1"];
    for name in names {
        let hostname = format!("--hostname={name},x.mesh.example");
        let arguments = FROM_CA.iter().copied().chain([&*hostname, "--force"]);
        assert_eq!(sandbox.kumactl(arguments).status, 0, "{name}");
        assert!(openssl_accepts(&sandbox, &openssl, "ca.crt", "x.mesh.example"), "{name}");
    }
    let alone = FROM_CA.iter().copied().chain(["--hostname=10.1.2.3", "--force"]);
    assert_eq!(sandbox.kumactl(alone).status, 0);
    let verify =
        ["verify", "-x509_strict", "-CAfile", "ca.crt", "-verify_ip", "10.1.2.3", "cert.pem"];
    assert_eq!(run(sandbox.command(&openssl).args(verify)).status, 0, "an address alone");
    let before = sandbox.snapshot();
    for name in ["mesh.example.org", "amesh.example", "11.0.0.1", "fe80::1", "*.example"] {
        let hostname = format!("--hostname={name}");
        let stderr =
            sandbox.kumactl(FROM_CA.iter().copied().chain([&*hostname, "--force"])).failure(1);
        assert!(stderr.contains(name) && stderr.contains("permits only"), "{stderr}");
        assert!(stderr.contains("\nhint: "), "{stderr}");
    }
    assert_eq!(sandbox.snapshot(), before);

    // OpenSSL issues such a certificate, and clients reject it.
    let openssl = openssl.display();
    let ended = sandbox.shell(&format!(
        "{openssl} req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /O=x \
         -keyout bad.key -addext subjectAltName=DNS:bad.example -out bad.csr 2> /dev/null
         {openssl} x509 -req -in bad.csr -CA ca.crt -CAkey ca.key -copy_extensions copy -days 5 \
         -out bad.crt 2> /dev/null
         {openssl} verify -CAfile ca.crt bad.crt 2>&1 || true"
    ));
    assert!(ended.stdout.contains("permitted subtree violation"), "{ended:?}");
}

#[test]
fn a_certificate_expires_with_its_ca_and_an_explicit_longer_lifetime_is_rejected() {
    let sandbox = Sandbox::new();
    sandbox
        .kumactl(["generate", "ca-certificate", "--key-type=ecdsa", "--valid-for=30d"])
        .quiet_success();
    let ended = sandbox.kumactl(FROM_CA.iter().copied().chain(["--hostname=cp.example"]));
    assert!(
        ended.stderr.starts_with("note: the certificate expires with its CA, at "),
        "{ended:?}"
    );
    let not_after = |file: &str| {
        crate::read_back::certificate(&sandbox.read(file), |c| c.validity().not_after.timestamp())
    };
    assert_eq!(not_after("cert.pem"), not_after("ca.crt"));
    let long = ["--hostname=cp.example", "--valid-for=31d", "--force"];
    let stderr = sandbox.kumactl(FROM_CA.iter().copied().chain(long)).failure(1 + 1);
    let hint = stderr.lines().find_map(|line| line.split_once("--valid-for=")).map(|(_, h)| h);
    let longest = stderr.rsplit("--valid-for=").next().expect("a duration").trim();
    assert!(hint.is_some(), "{stderr}");
    let meant = format!("--valid-for={longest}");
    let again = ["--hostname=cp.example", &meant, "--force"];
    sandbox.kumactl(FROM_CA.iter().copied().chain(again)).quiet_success();
}

#[test]
fn an_old_and_a_new_self_signed_certificate_verify_from_one_bundle_in_either_order() {
    let Some(openssl) = installed("openssl") else { return };
    let sandbox = Sandbox::new();
    for name in ["old", "new"] {
        let (cert, key) = (format!("--cert-file={name}.crt"), format!("--key-file={name}.key"));
        sandbox.generate(["--type=server", "--hostname=cp.example", &cert, &key]).quiet_success();
    }
    for order in ["old.crt new.crt", "new.crt old.crt"] {
        sandbox.shell(&format!("cat {order} > bundle.crt")).quiet_success();
        for name in ["old.crt", "new.crt"] {
            let verify = ["verify", "-x509_strict", "-CAfile", "bundle.crt", name];
            let ended = run(sandbox.command(&openssl).args(verify));
            assert_eq!(ended.status, 0, "{name} in {order}: {ended:?}");
        }
    }
}

#[test]
fn a_kubernetes_service_has_three_names() {
    let sandbox = Sandbox::new();
    sandbox
        .generate(["--type=server", "--kubernetes-service=kuma-control-plane.kuma-system"])
        .quiet_success();
    assert_eq!(
        crate::read_back::names(&sandbox.read("cert.pem")),
        [
            "dNSName kuma-control-plane.kuma-system",
            "dNSName kuma-control-plane.kuma-system.svc",
            "dNSName kuma-control-plane.kuma-system.svc.cluster.local",
        ]
    );
    for (given, meant) in [
        ("kuma-control-plane", "kuma-control-plane.kuma-system"),
        ("cp.kuma.svc", "cp.kuma"),
        ("cp.kuma.svc.cluster.local", "cp.kuma"),
    ] {
        let service = format!("--kubernetes-service={given}");
        let stderr = sandbox.generate(["--type=server", &service, "--force"]).failure(2);
        assert!(stderr.contains(&format!("--kubernetes-service={meant}?")), "{stderr}");
    }
}
