//! The CA of a mesh in Secrets of Kuma.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};

use super::{generate, secrets};
use crate::support::{Ended, Sandbox};

fn in_pem(label: &str, der: &[u8]) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(label, der), config)
}

/// A CA of a test, and its parts.
struct Ca {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Ca {
    /// Makes one, changed by the test, and signed by another or by itself.
    fn new(
        algorithm: &'static rcgen::SignatureAlgorithm,
        by: Option<&Self>,
        change: impl Fn(&mut CertificateParams),
    ) -> Self {
        let mut params = CertificateParams::default();
        let name = if by.is_some() { "Intermediate CA" } else { "Root CA" };
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        change(&mut params);
        let key = KeyPair::generate_for(algorithm).expect("a key");
        let certificate = match by {
            Some(ca) => params.signed_by(&key, &ca.issuer),
            None => params.self_signed(&key),
        };
        let pem = in_pem("CERTIFICATE", certificate.expect("a certificate").der());
        Self { pem, issuer: Issuer::new(params, key) }
    }

    fn ecdsa() -> Self {
        Self::new(&rcgen::PKCS_ECDSA_P256_SHA256, None, |_| {})
    }

    fn key(&self) -> String {
        in_pem("PRIVATE KEY", self.issuer.key().serialized_der())
    }
}

/// The outcome for a CA of these certificates and this key.
fn ca_secrets(kind: &str, certificates: &str, key: &str) -> Ended {
    let sandbox = Sandbox::new();
    sandbox.write("ca.crt", certificates);
    sandbox.write("ca.key", key);
    let flags = "--name=mesh-ca --mesh=demo --cert-file=ca.crt --key-file=ca.key";
    let ended = generate(&sandbox, &format!("--kind={kind} {flags}"));
    assert!(!ended.stderr.contains("BEGIN"), "{ended:?}");
    ended
}

const SELF_SIGNED: &str = "is self-signed: without insecureAllowSelfSigned: true, the MeshIdentity does not \
                           become Ready, and traffic is not encrypted\n";

#[test]
fn the_ca_of_a_mesh_is_two_secrets() {
    let root = Ca::ecdsa();
    let intermediate = Ca::new(&rcgen::PKCS_ECDSA_P256_SHA256, Some(&root), |_| {});
    let chain = format!("{}{}", intermediate.pem, root.pem);
    for kind in ["provided-ca", "mesh-identity-ca"] {
        // Text around the certificates is left out.
        let text = format!("# comment\n{chain}");
        let yaml = ca_secrets(kind, &text, &intermediate.key()).quiet_success();
        let secrets = secrets(&yaml);
        let pem = |text: &str| text.replace("\r\n", "\n");
        for ((fields, value), (name, expected)) in secrets
            .iter()
            .zip([("mesh-ca-cert", pem(&chain)), ("mesh-ca-key", pem(&intermediate.key()))])
        {
            let got = ["type", "mesh", "name"].map(|field| fields[field].as_str().expect("a text"));
            assert_eq!(got, ["Secret", "demo", name]);
            assert_eq!(String::from_utf8_lossy(value).trim_end(), expected.trim_end());
        }
        assert_eq!(secrets.len(), 2);
    }
}

#[test]
fn cas_that_work_are_accepted() {
    use rcgen::{PKCS_ECDSA_P256_SHA256 as P256, PKCS_ECDSA_P384_SHA384 as P384, PKCS_ED25519};
    for algorithm in [&P256, &P384, &PKCS_ED25519] {
        let ca = Ca::new(algorithm, None, |_| {});
        ca_secrets("provided-ca", &ca.pem, &ca.key()).quiet_success();
    }
    let root = Ca::ecdsa();
    let intermediate = Ca::new(&P256, Some(&root), |_| {});
    ca_secrets("provided-ca", &intermediate.pem, &intermediate.key()).quiet_success();
    let ended = ca_secrets("mesh-identity-ca", &root.pem, &root.key());
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(ended.stderr.starts_with("warning: ca.crt: ") && ended.stderr.ends_with(SELF_SIGNED));
    // With a CRLF in every line, and our own CA with constraints for DNS names.
    let crlf = root.pem.replace("\r\n", "\n").replace('\n', "\r\n");
    ca_secrets("provided-ca", &crlf, &root.key()).quiet_success();
    let sandbox = Sandbox::new();
    sandbox
        .kumactl(["generate", "ca-certificate", "-q", "--permit-dns=mesh.example"])
        .quiet_success();
    ca_secrets("provided-ca", &sandbox.read("ca.crt"), &sandbox.read("ca.key")).quiet_success();
    let limited = Ca::new(&P256, None, |params| {
        // permittedSubtrees [0] with the URI (RFC 5280 4.2.1.6) `spiffe.example`.
        let host = b"spiffe.example";
        let mut content = vec![0x30, 20, 0xa0, 18, 0x30, 16, 0x86, 14];
        content.extend_from_slice(host);
        params.custom_extensions =
            vec![CustomExtension::from_oid_content(&[2, 5, 29, 30], content)];
    });
    let ended = ca_secrets("provided-ca", &limited.pem, &limited.key());
    assert_eq!(ended.status, 0, "{ended:?}");
    let warning = "permit only URIs of spiffe.example: Envoy rejects SPIFFE IDs of other";
    assert!(ended.stderr.contains(warning), "{ended:?}");
}

#[test]
fn cas_that_kuma_or_envoy_reject_are_rejected() {
    use rcgen::{PKCS_ECDSA_P256_SHA256 as P256, PKCS_ECDSA_P384_SHA384 as P384, PKCS_ED25519};
    let changed = |change: &dyn Fn(&mut CertificateParams)| Ca::new(&P256, None, change);
    let leaf = changed(&|params| params.is_ca = IsCa::ExplicitNoCa);
    let no_usage = changed(&|params| params.key_usages.clear());
    let no_sign = changed(&|params| params.key_usages = vec![KeyUsagePurpose::CrlSign]);
    let agreement = changed(&|params| params.key_usages.push(KeyUsagePurpose::KeyAgreement));
    let expired = changed(&|params| params.not_after = date_time_ymd(2021, 1, 1));
    let early = changed(&|params| params.not_before = date_time_ymd(2999, 1, 1));
    for (ca, problem) in [
        (&leaf, "is not a CA certificate"),
        (&no_usage, "has no keyUsage"),
        (&no_sign, "must not sign certificates: its keyUsage lacks keyCertSign"),
        (&agreement, "has keyAgreement in its keyUsage"),
        (&expired, "expired at 2021-01-01T00:00:00Z"),
        (&early, "is valid only from 2999-01-01T00:00:00Z"),
    ] {
        for kind in ["provided-ca", "mesh-identity-ca"] {
            let stderr = ca_secrets(kind, &ca.pem, &ca.key()).failure(1);
            assert!(stderr.starts_with("error: ca.crt: "), "{kind}: {stderr}");
            assert!(stderr.contains(problem), "{kind}: {stderr}");
        }
    }
    let root = Ca::ecdsa();
    let intermediate = Ca::new(&P256, Some(&root), |_| {});
    let chain = format!("{}{}", root.pem, intermediate.pem);
    let other = Ca::ecdsa().key();
    for (certificates, key, hint) in [
        (&root.pem, &other, "pass the private key that matches the certificate"),
        (&chain, &intermediate.key(), "put certificate 2 first: it matches the key"),
    ] {
        assert_eq!(
            ca_secrets("provided-ca", certificates, key).failure(1),
            format!(
                "error: private key ca.key does not match the first certificate of ca.crt\n\
                 hint: {hint}\n"
            )
        );
    }
    // Kuma would publish it in the MeshTrust.
    let with_key = format!("{}{}", root.pem, root.key());
    let stderr = ca_secrets("mesh-identity-ca", &with_key, &root.key()).failure(1);
    assert!(stderr.contains("cannot use certificate file ca.crt: "), "{stderr}");
    let stderr = ca_secrets("mesh-identity-ca", &intermediate.pem, &intermediate.key()).failure(1);
    assert!(stderr.contains("is there without the CA that issued it"), "{stderr}");
    assert!(stderr.contains("hint: append the certificate of "), "{stderr}");
    for (algorithm, name) in [(&P384, "ECDSA P-384"), (&PKCS_ED25519, "Ed25519")] {
        let ca = Ca::new(algorithm, None, |_| {});
        let stderr = ca_secrets("mesh-identity-ca", &ca.pem, &ca.key()).failure(1);
        assert!(stderr.starts_with(&format!("error: ca.crt: the CA key is {name}:")), "{stderr}");
    }
}
