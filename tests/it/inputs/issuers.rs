//! CAs whose certificates some clients reject, and chains with one certificate too many.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};

use crate::support::Sandbox;

fn ca(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params
}

fn pem(certificate: &Certificate) -> String {
    pem::encode(&pem::Pem::new("CERTIFICATE", certificate.der().to_vec()))
}

fn key_pem(key: &KeyPair) -> String {
    pem::encode(&pem::Pem::new("PRIVATE KEY", key.serialize_der()))
}

const ISSUE: [&str; 4] = [
    "--type=server",
    "--hostname=cp.example",
    "--issuer-cert-file=ca.crt",
    "--issuer-key-file=ca.key",
];

#[test]
fn a_ca_with_any_extended_key_usage_alone_causes_a_warning_in_every_command() {
    let says = "warning: the only extKeyUsage of the CA CN=any is anyExtendedKeyUsage: OpenSSL, \
                Firefox and other clients reject its certificates\n";
    for (usages, is_warned_of) in [
        (vec![ExtendedKeyUsagePurpose::Any], true),
        (vec![ExtendedKeyUsagePurpose::Any, ExtendedKeyUsagePurpose::ServerAuth], false),
        (vec![], false),
    ] {
        let sandbox = Sandbox::new();
        let key = KeyPair::generate().expect("a key");
        let mut params = ca("any");
        params.extended_key_usages = usages;
        sandbox.write("ca.crt", pem(&params.self_signed(&key).expect("a CA")));
        sandbox.write("ca.key", key_pem(&key));
        sandbox.write(
            "spec.yaml",
            "issuer: {certFile: ca.crt, keyFile: ca.key}\n\
             certificates: [{name: a, type: server, hostnames: [a]}, {name: b, type: server, \
             hostnames: [b]}]\n",
        );
        let one = sandbox.generate(ISSUE);
        let arguments = ["generate", "tls-certificates", "--file=spec.yaml", "--output-dir=out"];
        let several = sandbox.kumactl(arguments);
        let cert_manager = ["generate", "cert-manager", "--issuer-cert-file=ca.crt"];
        let more = ["--issuer-key-file=ca.key", "--hostname=cp.example"];
        let cert_manager = sandbox.kumactl(cert_manager.iter().chain(&more));
        for ended in [one, several, cert_manager] {
            assert_eq!(ended.status, 0, "{ended:?}");
            assert_eq!(ended.stderr.matches(says).count(), usize::from(is_warned_of), "{ended:?}");
        }
    }
}

#[test]
fn a_cross_signed_certificate_in_addition_to_the_root_is_named_and_without_it_the_ca_issues() {
    let [issuing_key, root_key, other_key] = [(); 3].map(|()| KeyPair::generate().expect("a key"));
    let root = ca("root");
    let root_pem = pem(&root.self_signed(&root_key).expect("a root"));
    let cross = root.signed_by(&root_key, &Issuer::new(ca("other"), &other_key));
    let cross = pem(&cross.expect("a cross-signed CA"));
    let issuing = ca("issuing").signed_by(&issuing_key, &Issuer::new(root, &root_key));
    let issuing = pem(&issuing.expect("an issuing CA"));
    let sandbox = Sandbox::new();
    sandbox.write("ca.key", key_pem(&issuing_key));
    sandbox.write("ca.crt", format!("{issuing}{cross}{root_pem}"));
    let stderr = sandbox.generate(ISSUE).failure(1);
    let hint = "hint: remove certificate 2: certificates 2 and 3 are the same CA, and the first is \
                cross-signed by another CA\n";
    assert!(stderr.ends_with(hint), "{stderr}");
    sandbox.write("ca.crt", format!("{issuing}{root_pem}"));
    assert_eq!(sandbox.generate(ISSUE).status, 0);
    // A chain that is broken otherwise.
    let stranger = pem(&ca("stranger").self_signed(&other_key).expect("a root"));
    sandbox.write("ca.crt", format!("{issuing}{stranger}"));
    let stderr = sandbox.generate(ISSUE).failure(1);
    assert!(!stderr.contains("cross-signed"), "{stderr}");
}
