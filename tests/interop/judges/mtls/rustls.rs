//! rustls as a server that wants a client certificate, with its default verifier.

use std::env;
use std::error::Error;
use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection};

#[expect(clippy::print_stdout, reason = "its verdict")]
fn main() {
    match judge() {
        Ok(()) => println!("accepted"),
        Err(error) => println!("refused {error}"),
    }
}

fn judge() -> Result<(), Box<dyn Error>> {
    let shape = env::args().nth(1).ok_or("SHAPE_DIR HOSTNAME")?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&fs::read(format!("{shape}/ca.crt"))?) {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()?;
    let pem = fs::read(format!("{shape}/server/tls.crt"))?;
    let chain = CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_file(format!("{shape}/server/tls.key"))?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut client = Command::new("python3")
        .args(["-m", "judging", &listener.local_addr()?.port().to_string()])
        .args([&format!("{shape}/server/ca.crt"), "cp.example"])
        .args([format!("{shape}/tls.crt"), format!("{shape}/tls.key")])
        .stdout(Stdio::null())
        .spawn()?;
    let mut stream = listener.accept()?.0;
    let mut connection = ServerConnection::new(Arc::new(config))?;
    let result = connection.complete_io(&mut stream);
    drop(stream);
    client.wait()?;
    result?;
    Ok(())
}
