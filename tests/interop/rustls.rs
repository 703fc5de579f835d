//! The judge `rustls`: a handshake with the CA file as the only trust. Arguments: CA file, name, port.

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
    let [ca_file, name, port] = arguments.as_slice() else {
        return Err("CA_FILE NAME PORT".into());
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&fs::read(ca_file)?) {
        roots.add(certificate?)?;
    }
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
