//! Live servers: rustls on loopback, and servers without TLS.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection};
use time::OffsetDateTime;

use super::pki::{Made, Pki, pem};
use super::{checks, report};
use crate::support::{Sandbox, installed};

/// A server on a port of its own, which ends after a connection; gives the address.
fn serve(answer: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        if let Ok((stream, _)) = listener.accept() {
            answer(stream);
        }
    });
    address
}

fn tls(made: &Made, wants_client: bool) -> String {
    let builder = || {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
    };
    let builder = if wants_client {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(made.root.clone())).expect("a root");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        builder().with_client_cert_verifier(verifier.build().expect("a verifier"))
    } else {
        builder().with_no_client_auth()
    };
    let chain = vec![CertificateDer::from(made.leaf.clone())];
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.leaf_key.serialize_der()));
    let config = Arc::new(builder.with_single_cert(chain, key).expect("a configuration"));
    serve(move |mut stream| {
        let mut connection = ServerConnection::new(config).expect("a connection");
        while connection.is_handshaking() {
            if connection.complete_io(&mut stream).is_err() {
                return;
            }
        }
        let _ = connection.complete_io(&mut stream);
    })
}

/// A server that shows its certificate whatever it is.
fn tls_unchecked(made: &Made) -> String {
    #[derive(Debug)]
    struct Fixed(Arc<rustls::sign::CertifiedKey>);
    impl rustls::server::ResolvesServerCert for Fixed {
        fn resolve(
            &self,
            _: rustls::server::ClientHello<'_>,
        ) -> Option<Arc<rustls::sign::CertifiedKey>> {
            Some(Arc::clone(&self.0))
        }
    }
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.leaf_key.serialize_der()));
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).expect("a key");
    let chain = vec![CertificateDer::from(made.leaf.clone())];
    let certified = Arc::new(rustls::sign::CertifiedKey::new(chain, key));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Fixed(certified)));
    serve(move |mut stream| {
        let mut connection = ServerConnection::new(Arc::new(config)).expect("a connection");
        while connection.is_handshaking() {
            if connection.complete_io(&mut stream).is_err() {
                return;
            }
        }
    })
}

fn sandbox(made: &Made) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("ca.crt", pem(&made.root));
    sandbox
}

fn connect<'a>(address: &'a str, more: &[&'a str]) -> Vec<String> {
    let connect = format!("--connect={address}");
    let fixed = ["verify", "tls-certificate", "--ca-cert-file=ca.crt", "--server-name=cp.example"];
    fixed.iter().chain(more).map(|word| (*word).to_owned()).chain([connect]).collect()
}

#[track_caller]
fn judged(sandbox: &Sandbox, address: &str, more: &[&str]) -> (Vec<(String, String)>, i32) {
    let arguments = connect(address, more);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (json, status) = report(sandbox, &arguments);
    (checks(&json, "failed"), status)
}

#[test]
fn a_server_with_the_right_ca_and_name_verifies_and_proves_its_key() {
    let made = Pki::new().make();
    let sandbox = sandbox(&made);
    let address = tls(&made, false);
    let arguments = connect(&address, &[]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (json, status) = report(&sandbox, &arguments);
    assert_eq!((status, checks(&json, "failed")), (0, vec![]), "{json}");
    let passed = checks(&json, "passed");
    let proof = ("private-key".to_owned(), "the server has the certificate's key".to_owned());
    assert!(passed.contains(&proof), "{passed:?}");
    assert!(passed.contains(&("hostname".to_owned(), "cp.example".to_owned())), "{passed:?}");
}

#[test]
fn a_server_that_requires_a_client_certificate_is_verified() {
    let made = Pki::new().make();
    assert_eq!(judged(&sandbox(&made), &tls(&made, true), &[]), (vec![], 0));
}

#[test]
fn the_wrong_ca_the_wrong_name_and_an_expired_certificate_are_rejected() {
    let made = Pki::new().make();
    let stranger = sandbox(&Pki::new().make());
    let (failed, status) = judged(&stranger, &tls(&made, false), &[]);
    assert_eq!((failed[0].0.as_str(), failed.len(), status), ("chain", 1, 1), "{failed:?}");

    let (failed, status) = judged(&sandbox(&made), &tls(&made, false), &["--hostname=x.example"]);
    assert_eq!((failed[0].0.as_str(), failed.len(), status), ("hostname", 1, 1), "{failed:?}");

    let mut pki = Pki::new();
    pki.leaf.not_before = OffsetDateTime::now_utc() - time::Duration::days(9);
    pki.leaf.not_after = OffsetDateTime::now_utc() - time::Duration::days(2);
    let expired = pki.make();
    let (failed, status) = judged(&sandbox(&expired), &tls(&expired, false), &[]);
    assert_eq!((failed[0].0.as_str(), failed.len(), status), ("dates", 1, 1), "{failed:?}");
}

#[test]
fn a_server_without_tls_ends_with_status_3_and_the_reason() {
    let made = Pki::new().make();
    let sandbox = sandbox(&made);
    let http = serve(|mut stream| {
        let mut request = [0; 64];
        let _ = stream.read(&mut request);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let closes = serve(|stream| {
        let _ = stream.shutdown(Shutdown::Both);
    });
    // A fatal alert, handshake_failure (RFC 8446 6): nothing that was offered will do.
    let refuses = serve(|mut stream| {
        let mut hello = [0; 2048];
        let _ = stream.read(&mut hello);
        let _ = stream.write_all(&[21, 3, 3, 0, 2, 2, 40]);
    });
    let closed = {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        listener.local_addr().expect("an address").to_string()
    };
    for (address, says) in [
        (http, "does not speak TLS\nhint: use port 5678 or 5682 of a control plane"),
        (closes, "during the handshake"),
        (refuses, "aborted the handshake: HandshakeFailure\nhint: the server must accept TLS 1.2"),
        (closed, "could not connect to 127.0.0.1:"),
        ("no-such-host.invalid:1".to_owned(), "could not find an address for no-such-host.invalid"),
    ] {
        let stderr = sandbox.kumactl(connect(&address, &[])).failure(3);
        let inspected = sandbox.kumactl(["inspect", "certificate", &address]).status;
        assert!(stderr.contains(says), "{stderr}");
        assert_eq!(inspected, 3);
    }
}

#[test]
fn a_server_that_sends_garbage_ends_with_status_3_after_the_others_are_shown() {
    let mut made = Pki::new().make();
    let sandbox = sandbox(&made);
    made.leaf = b"garbage".to_vec();
    let address = tls_unchecked(&made);
    let ended = sandbox.kumactl(["inspect", "certificate", &address, "ca.crt"]);
    assert_eq!(ended.status, 3, "{ended:?}");
    assert!(ended.stdout.starts_with("ca.crt (PEM)\n"), "{ended:?}");
    assert!(ended.stderr.contains(&address), "{ended:?}");
}

#[test]
fn more_certificates_than_a_handshake_allows_are_reported() {
    let mut made = Pki::new().make();
    let sandbox = sandbox(&made);
    made.leaf = vec![0; 70_000];
    let stderr = sandbox.kumactl(connect(&tls_unchecked(&made), &[])).failure(3);
    assert!(stderr.contains(" shows more than 64 KiB of certificates, "), "{stderr}");
}

#[test]
fn a_proof_with_an_unsupported_key_is_reported_as_not_checked() {
    let Some(openssl) = installed("openssl") else { return };
    let sandbox = Sandbox::new();
    let made = sandbox.shell(&format!(
        "{} req -x509 -newkey rsa:1024 -nodes -keyout ca.key -out ca.crt -subj /CN=cp.example \
         -addext subjectAltName=DNS:cp.example",
        openssl.display()
    ));
    assert_eq!(made.status, 0, "{made:?}");
    let mut server = sandbox.command(openssl);
    server.args(["s_server", "-accept", "127.0.0.1:0", "-cert", "ca.crt", "-key", "ca.key"]);
    server.args(["-cipher", "DEFAULT@SECLEVEL=0", "-naccept", "1"]);
    let mut server = server.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a server");
    let mut lines = BufReader::new(server.stdout.take().expect("its output")).lines();
    let accepts = lines.find_map(|line| line.ok()?.strip_prefix("ACCEPT ").map(str::to_owned));
    let address = accepts.expect("an address");
    let arguments = connect(&address, &[]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (json, _) = report(&sandbox, &arguments);
    let _ = server.kill();
    let _ = server.wait();
    let skipped = checks(&json, "skipped");
    let says = "its RSA key is shorter than 2048 bits: not checked";
    assert!(skipped.contains(&("private-key".to_owned(), says.to_owned())), "{json}");
}

#[test]
fn a_server_that_never_answers_causes_a_timeout() {
    let made = Pki::new().make();
    let sandbox = sandbox(&made);
    // Each closes the connection at last: to a client that still waits then, that is another error.
    let silent = serve(|stream| {
        thread::sleep(Duration::from_secs(10));
        drop(stream);
    });
    let slow = serve(|mut stream| {
        // The header of a long record, then single bytes with pauses, so that no single read takes long.
        let _ = stream.write_all(&[22, 3, 3, 0x3f, 0xff]);
        for _ in 0..100 {
            thread::sleep(Duration::from_millis(100));
            if stream.write_all(&[2]).is_err() {
                return;
            }
        }
    });
    for address in [silent, slow] {
        let stderr = sandbox.kumactl(connect(&address, &["--timeout=1s"])).failure(3);
        let says = format!("error: {address} did not answer within 1 s\n");
        assert!(stderr.starts_with(&says), "{stderr}");
    }
}

#[test]
fn the_certificates_of_a_server_can_be_inspected_and_saved_as_pem() {
    let made = Pki::new().make();
    let sandbox = sandbox(&made);
    let address = tls(&made, false);
    let shown = sandbox.kumactl(["inspect", "certificate", &address]).quiet_success();
    assert!(shown.starts_with(&format!("{address} (TLS server)\n\n1  server certificate\n")));
    let address = tls(&made, false);
    let kept = sandbox.kumactl(["inspect", "certificate", &address, "-o", "pem"]).quiet_success();
    assert_eq!(kept, pem(&made.leaf).replace("\r\n", "\n"));
}
