//! rustls with its default verifier, and the CA file as the only trust.
// predicted: rustls
// version: sed -n '/^name = "rustls"$/{n;s/version = "\(.*\)"/rustls \1/p}' Cargo.lock

use std::env;
use std::error::Error;
use std::fs;
use std::net::TcpStream;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

#[expect(clippy::print_stdout, reason = "its verdict")]
fn main() {
    match judge() {
        Ok(()) => println!("accepted"),
        Err(error) => println!("refused {error}"),
    }
}

fn judge() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [shape, name] = arguments.as_slice() else {
        return Err("SHAPE_DIR HOSTNAME".into());
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&fs::read(format!("{shape}/ca.crt"))?) {
        roots.add(certificate?)?;
    }
    let port = fs::read_to_string(format!("{shape}/port"))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.clone())?;
    let mut connection = ClientConnection::new(Arc::new(config), name)?;
    let mut stream = TcpStream::connect(("127.0.0.1", port.parse()?))?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(())
}
