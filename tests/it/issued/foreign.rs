//! CAs from other programs, with names that rcgen alone would not preserve.

use std::path::Path;

use super::{FROM_CA, openssl_accepts};
use crate::read_back;
use crate::support::{Sandbox, installed};

/// Creates a CA with OpenSSL: `ca.crt` and `ca.key`, with these lines as its subject.
fn openssl_ca(openssl: &Path, key: &str, distinguished_name: &str, options: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(
        "ca.cnf",
        format!(
            "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=ext\n{options}\n\
             [dn]\n{distinguished_name}\n\
             [ext]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
             subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        ),
    );
    let openssl = openssl.display();
    let ended = sandbox.shell(&format!(
        "{openssl} {key} > ca.key && {openssl} req -x509 -new -utf8 -key ca.key -out ca.crt \
         -days 30 -config ca.cnf"
    ));
    assert_eq!(ended.status, 0, "{ended:?}");
    sandbox
}

#[test]
fn certificates_from_cas_with_any_name_and_key_verify_and_have_their_issuer_byte_for_byte() {
    let Some(openssl) = installed("openssl") else { return };
    let plain = "CN=plain";
    let names = [
        ("0.DC=com\n1.DC=example\nCN=AD CA", ""),
        ("0.OU=one\n1.OU=two\nCN=x", ""),
        ("C=DE\nO=Mesh\nCN=CA\n+serialNumber=1", ""),
        ("CN=Z\u{fc}rich\nO=\u{65e5}\u{672c}", "string_mask=utf8only"),
        ("CN=Z\u{fc}rich\nO=B\u{fc}ro", "string_mask=pkix"),
        ("CN=Teletex\nO=old", "string_mask=nombstr"),
        ("CN=x\nemailAddress=ca@mesh.example\n1.2.3.4.5=odd", ""),
    ];
    let ec = "ecparam -name prime256v1 -genkey";
    let keys = [
        (ec, plain, ""),
        ("ecparam -name secp384r1 -genkey -noout", plain, ""),
        ("genpkey -algorithm ed25519", plain, ""),
        ("genrsa -traditional 2048", plain, ""),
        ("genrsa 3072", plain, ""),
    ];
    for (key, name, options) in
        keys.into_iter().chain(names.map(|(name, options)| (ec, name, options)))
    {
        let sandbox = openssl_ca(&openssl, key, name, options);
        let ended = sandbox.kumactl(FROM_CA.iter().copied().chain(["--hostname=cp.example"]));
        assert_eq!(ended.status, 0, "{key} {name}: {ended:?}");
        assert!(openssl_accepts(&sandbox, &openssl, "ca.crt", "cp.example"), "{key} {name}");
        let ca = read_back::certificate(&sandbox.read("ca.crt"), |ca| {
            (ca.subject().as_raw().to_vec(), read_back::subject_key_identifier(ca))
        });
        read_back::certificate(&sandbox.read("cert.pem"), |leaf| {
            assert_eq!(leaf.issuer().as_raw(), ca.0, "{name}");
            assert_eq!(read_back::authority_key_identifier(leaf), ca.1, "{name}");
        });
    }
}

#[test]
fn a_chain_file_results_in_a_full_chain_without_the_root() {
    let Some(openssl) = installed("openssl") else { return };
    let sandbox = openssl_ca(&openssl, "ecparam -name prime256v1 -genkey", "CN=root", "");
    let openssl_shown = openssl.display();
    let ended = sandbox.shell(&format!(
        "mv ca.crt root.crt; mv ca.key root.key
         {openssl_shown} ecparam -name prime256v1 -genkey -noout -out ca.key
         {openssl_shown} req -new -key ca.key -subj /CN=middle -out middle.csr
         printf 'basicConstraints=critical,CA:TRUE,pathlen:0\\nkeyUsage=critical,keyCertSign\\n\
         subjectKeyIdentifier=hash\\nauthorityKeyIdentifier=keyid\\n' > middle.ext
         {openssl_shown} x509 -req -in middle.csr -CA root.crt -CAkey root.key -days 20 \
         -extfile middle.ext -out middle.crt
         cat middle.crt root.crt > ca.crt"
    ));
    assert_eq!(ended.status, 0, "{ended:?}");
    let outputs = ["--hostname=cp.example", "--ca-cert-file=anchor.crt"];
    let ended = sandbox.kumactl(FROM_CA.iter().copied().chain(outputs));
    assert_eq!(ended.status, 0, "{ended:?}");
    assert_eq!(read_back::blocks(&sandbox.read("cert.pem")).len(), 2);
    assert_eq!(sandbox.read("anchor.crt"), sandbox.read("root.crt"));
    assert!(openssl_accepts(&sandbox, &openssl, "anchor.crt", "cp.example"));

    sandbox.shell("cp middle.crt ca.crt").quiet_success();
    let stderr =
        sandbox.kumactl(FROM_CA.iter().copied().chain(outputs).chain(["--force"])).failure(1);
    assert!(stderr.contains("hint: append the root certificate"), "{stderr}");
    sandbox.shell("cat root.crt middle.crt > ca.crt").quiet_success();
    let stderr =
        sandbox.kumactl(FROM_CA.iter().copied().chain(outputs).chain(["--force"])).failure(1);
    assert!(stderr.contains("hint: move certificate 2 of the CA file to its start"), "{stderr}");
}
