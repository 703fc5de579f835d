//! `--ephemeral-ca`: a CA of one run.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};

use crate::read_back;
use crate::support::{Ended, Sandbox};

/// A certificate in `cert.pem` and `key.pem`, its CA in `ca.crt`, the bundle in `ca.b64`.
fn issued() -> Sandbox {
    let sandbox = Sandbox::new();
    let ended = issue(&sandbox, "--key-type=ecdsa");
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    sandbox
}

fn issue(sandbox: &Sandbox, key_type: &str) -> Ended {
    sandbox.generate([
        key_type,
        "--type=server",
        "--hostname=localhost",
        "--ephemeral-ca",
        "--ca-cert-file=ca.crt",
        "--ca-bundle-file=ca.b64",
    ])
}

fn certificates(pem: &str) -> Vec<CertificateDer<'static>> {
    let blocks = read_back::blocks(pem).into_iter();
    blocks.map(|(_, der)| CertificateDer::from(der)).collect()
}

/// A TLS handshake over loopback, and a line through it.
fn handshake(sandbox: &Sandbox, anchors: &str) -> Result<String, String> {
    let (label, key) = read_back::blocks(&sandbox.read("key.pem")).remove(0);
    let key = match label.as_str() {
        "EC PRIVATE KEY" => PrivateKeyDer::Sec1(key.into()),
        "RSA PRIVATE KEY" => PrivateKeyDer::Pkcs1(key.into()),
        _ => PrivateKeyDer::Pkcs8(key.into()),
    };
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certificates(&sandbox.read("cert.pem")), key)
        .map_err(|error| error.to_string())?;
    let mut roots = RootCertStore::empty();
    for anchor in certificates(anchors) {
        roots.add(anchor).map_err(|error| error.to_string())?;
    }
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let serve = thread::spawn(move || {
        let (mut socket, _) = listener.accept().expect("a client");
        let mut tls = ServerConnection::new(Arc::new(server)).expect("a server");
        let _ = rustls::Stream::new(&mut tls, &mut socket).write_all(b"hello\n");
        tls.send_close_notify();
        let _ = tls.complete_io(&mut socket);
    });
    let mut socket = TcpStream::connect(address).expect("the server");
    let name = ServerName::try_from("localhost").expect("a name");
    let mut tls = ClientConnection::new(Arc::new(client), name).expect("a client");
    let mut line = String::new();
    let read = rustls::Stream::new(&mut tls, &mut socket).read_to_string(&mut line);
    drop(socket);
    serve.join().expect("the server");
    read.map(|_| line).map_err(|error| error.to_string())
}

#[test]
fn rustls_accepts_the_server_with_the_ca_and_with_a_copy_of_the_certificate_file() {
    let sandbox = issued();
    assert_eq!(handshake(&sandbox, &sandbox.read("ca.crt")).as_deref(), Ok("hello\n"));
    assert_eq!(handshake(&sandbox, &sandbox.read("cert.pem")).as_deref(), Ok("hello\n"));
    let error = handshake(&sandbox, &issued().read("ca.crt")).expect_err("another CA");
    assert!(error.contains("UnknownIssuer") || error.contains("BadSignature"), "{error}");
}

#[test]
fn rustls_accepts_every_key_type() {
    for key_type in super::KEY_TYPES {
        let sandbox = Sandbox::new();
        let ended = issue(&sandbox, &format!("--key-type={key_type}"));
        assert_eq!(ended.status, 0, "{ended:?}");
        let heard = handshake(&sandbox, &sandbox.read("ca.crt"));
        assert_eq!(heard.as_deref(), Ok("hello\n"), "{key_type}");
    }
}

#[test]
fn rustls_rejects_the_self_signed_certificate_as_documented() {
    let sandbox = Sandbox::new();
    sandbox.generate(["--type=server", "--hostname=localhost"]).quiet_success();
    let error = handshake(&sandbox, &sandbox.read("cert.pem")).expect_err("a CA as a server");
    assert!(error.contains("CaUsedAsEndEntity"), "{error}");
}

#[test]
fn the_ca_file_and_the_bundle_contain_only_the_ca_and_its_key_is_not_written() {
    let sandbox = issued();
    let chain = read_back::blocks(&sandbox.read("cert.pem"));
    let ca = read_back::blocks(&sandbox.read("ca.crt"));
    assert_eq!((chain.len(), ca.len()), (2, 1));
    assert_eq!(chain[1], ca[0]);
    assert_eq!(sandbox.names(), ["ca.b64", "ca.crt", "cert.pem", "key.pem"]);
    assert_eq!(read_back::labels(&sandbox.read("key.pem")), ["EC PRIVATE KEY"]);
    let bundle = ["generate", "ca-bundle", "--ca-cert-file=ca.crt"];
    assert_eq!(sandbox.kumactl(bundle).quiet_success(), sandbox.read("ca.b64"));
    // Kuma's own rule, for the copy that its documentation has people make.
    sandbox.kumactl(["generate", "ca-bundle", "--ca-cert-file=cert.pem"]).quiet_success();
}

#[test]
fn the_certificate_has_no_basic_constraints_and_identifies_its_ca() {
    let sandbox = issued();
    let pem = sandbox.read("cert.pem");
    let (leaf, _) = pem.split_at(pem.find("-----END CERTIFICATE-----\n").expect("an end") + 26);
    let ca = sandbox.read("ca.crt");
    let (subject, identifier) = read_back::certificate(&ca, |ca| {
        assert!(ca.is_ca());
        assert!(ca.subject().to_string().starts_with("O=Kuma, CN=Kuma CA "), "{}", ca.subject());
        (ca.subject().as_raw().to_vec(), read_back::subject_key_identifier(ca))
    });
    read_back::certificate(leaf, |leaf| {
        assert!(leaf.basic_constraints().expect("extensions").is_none());
        assert_eq!(leaf.issuer().as_raw(), subject);
        assert_eq!(read_back::authority_key_identifier(leaf), identifier);
        assert_ne!(read_back::subject_key_identifier(leaf), identifier);
    });
}

#[test]
fn an_ephemeral_ca_and_your_own_ca_exclude_each_other() {
    let sandbox = Sandbox::new();
    let flags = ["--type=server", "--hostname=a.example", "--ephemeral-ca"];
    let own = ["--issuer-cert-file=ca.crt", "--issuer-key-file=ca.key"];
    let stderr = sandbox.generate(flags.iter().chain(&own)).failure(2);
    assert!(stderr.contains("--ephemeral-ca"), "{stderr}");
    let stderr = sandbox.generate(flags[..2].iter().chain(&own[..1])).failure(2);
    assert!(stderr.contains("--issuer-key-file"), "{stderr}");
}
