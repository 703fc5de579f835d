//! Reads the certificates of a live TLS server. No other code opens a connection. Sends the handshake only,
//! and trusts nothing that it receives.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use kuma_pki::verify::{self, KeyProof};
use kuma_pki::{SubjectAltName, ValidFor};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{self, CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, DigitallySignedStruct, InvalidMessage,
    SignatureScheme,
};

use crate::net::address::Address;
use crate::report::failure::{Failure, reason};

/// The certificates of a server.
#[derive(Debug)]
pub(crate) struct Served {
    /// The certificates as DER, the end-entity certificate first.
    pub(crate) chain: Vec<Vec<u8>>,
    /// Whether the server proved that it has the private key.
    pub(crate) proof: KeyProof,
}

/// Parses the value of `--timeout`. Fails on a text that is not a duration, and a duration of more than a day.
pub(crate) fn timeout(value: &str) -> Result<Duration, Failure> {
    let parsed = value.parse::<ValidFor>().map_err(|error| match error.in_days() {
        Some(_) => Failure::usage(&error).hint(format!("did you mean --timeout={value}s?")),
        None => Failure::from(error),
    })?;
    if parsed > ValidFor::from_days(1) {
        return Err(Failure::usage(format!("--timeout: {value} is longer than a day"))
            .hint("use a shorter timeout, such as --timeout=30s"));
    }
    Ok(parsed.duration())
}

/// Connects to a server and reads the certificates that it presents for `server_name`. Fails on a server that
/// does not answer in time, does not speak TLS, or presents no certificate.
pub(crate) fn fetch(
    address: &Address,
    server_name: &SubjectAltName,
    timeout: Duration,
) -> Result<Served, Failure> {
    let name = ServerName::try_from(server_name.to_string()).map_err(|_| {
        Failure::usage(format!("{server_name} cannot be sent as a server name"))
            .hint("use --server-name=NAME with a DNS name without a wildcard, or an IP address")
    })?;
    let until = Instant::now() + timeout;
    let stream = dial(address, until, timeout)?;
    let recorder = Arc::new(Recorder::new());
    let config = ClientConfig::builder_with_provider(Arc::clone(&recorder.provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::failed(format!("TLS is not available: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(recorder.clone())
        .with_no_client_auth();
    let shakes = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other).and_then(
        |mut connection| {
            let mut stream = Bounded { stream, until };
            while connection.is_handshaking() {
                connection.complete_io(&mut stream)?;
            }
            // Best-effort close_notify; errors are ignored.
            connection.send_close_notify();
            let _ = connection.complete_io(&mut stream);
            Ok(())
        },
    );
    // A server that requires a client certificate has already sent its own.
    let seen = recorder.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let proof = seen.proof.clone();
    match (shakes, seen.chain.is_empty(), proof) {
        (_, false, Some(proof)) => Ok(Served { chain: seen.chain.clone(), proof }),
        (Ok(()), ..) => Err(Failure::unreadable(format!("{address} presents no certificate"))),
        (Err(error), ..) => Err(handshake_failure(address, &error, timeout)),
    }
}

/// Resolves the host and connects to the first address that answers.
fn dial(address: &Address, until: Instant, timeout: Duration) -> Result<TcpStream, Failure> {
    let mut last = None;
    for socket in resolve(address, until, timeout)? {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(&socket, left) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(error),
        }
    }
    match last {
        Some(error) if error.kind() != io::ErrorKind::TimedOut => {
            Err(Failure::unreadable(format!("could not connect to {address}: {}", reason(&error)))
                .hint("check that the server is running and listens on this port"))
        }
        _ => Err(too_slow(address, timeout)),
    }
}

/// Resolves the host in a thread that may outlive this call, since the system's resolver has no timeout.
fn resolve(
    address: &Address,
    until: Instant,
    timeout: Duration,
) -> Result<Vec<SocketAddr>, Failure> {
    let (host, port) = (address.host.clone(), address.port);
    if let Ok(host) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(host, port)]);
    }
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let found = (host.as_str(), port).to_socket_addrs().map(Vec::from_iter);
        // The receiver may be gone after the timeout.
        let _ = sender.send(found);
    });
    match receiver.recv_timeout(until.saturating_duration_since(Instant::now())) {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(_)) => {
            let host = &address.host;
            let failure = Failure::unreadable(format!("could not find an address for {host}"));
            Err(failure.hint(format!(
                "check the host name, or connect to an IP address: --connect=ADDRESS:PORT \
                 --server-name={host}"
            )))
        }
        Err(_) => Err(too_slow(address, timeout)),
    }
}

fn too_slow(address: &Address, timeout: Duration) -> Failure {
    let seconds = timeout.as_secs_f64();
    Failure::unreadable(format!("{address} did not answer within {seconds} s"))
        .hint("wait longer with --timeout=30s")
}

fn handshake_failure(address: &Address, error: &io::Error, timeout: Duration) -> Failure {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (error.kind(), inner) {
        (io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock, _) => too_slow(address, timeout),
        (_, Some(rustls::Error::InvalidMessage(InvalidMessage::HandshakePayloadTooLarge))) => {
            Failure::unreadable(format!(
                "{address} shows more than 64 KiB of certificates, which rustls, and so this program, \
                 does not read"
            ))
            .hint("verify its files instead: kumactl verify tls-certificate --cert-file=tls.crt")
        }
        (_, Some(rustls::Error::InvalidMessage(_))) => {
            Failure::unreadable(format!("{address} does not speak TLS"))
                .hint("use port 5678 or 5682 of a control plane: 5681 does not speak TLS")
        }
        (_, Some(rustls::Error::AlertReceived(alert))) => {
            let failure =
                Failure::unreadable(format!("{address} aborted the handshake: {alert:?}"));
            failure.hint_if_any((*alert == AlertDescription::HandshakeFailure).then_some(
                "the server must accept TLS 1.2 with ECDHE and AES-GCM or ChaCha20, or TLS 1.3",
            ))
        }
        (_, Some(error)) => {
            Failure::unreadable(format!("the handshake with {address} failed: {error}"))
        }
        (io::ErrorKind::UnexpectedEof, None) => {
            Failure::unreadable(format!("{address} closed the connection during the handshake"))
        }
        (_, None) => {
            Failure::unreadable(format!("the handshake with {address} failed: {}", reason(error)))
        }
    }
}

/// A stream whose reads and writes end at a deadline.
struct Bounded {
    stream: TcpStream,
    until: Instant,
}

impl Bounded {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(buffer)
    }
}

impl Write for Bounded {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Records the certificates of the server and accepts them all, since `verify` checks them later.
#[derive(Debug)]
struct Recorder {
    provider: Arc<CryptoProvider>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    chain: Vec<Vec<u8>>,
    proof: Option<KeyProof>,
}

impl Recorder {
    fn new() -> Self {
        let provider = Arc::new(aws_lc_rs::default_provider());
        Self { provider, seen: Mutex::default() }
    }

    fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        &self.provider.signature_verification_algorithms
    }

    fn record(
        &self,
        proof: Result<HandshakeSignatureValid, rustls::Error>,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.proof = Some(match proof {
            Ok(_) => KeyProof::Proved,
            Err(_) if !seen.chain.first().is_some_and(|der| verify::can_check_proof(der)) => {
                KeyProof::NotChecked("its RSA key is shorter than 2048 bits: not checked")
            }
            Err(error) => KeyProof::NotProved(error.to_string()),
        });
        Ok(HandshakeSignatureValid::assertion())
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(end_entity).chain(intermediates);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.chain = chain.map(|certificate| certificate.to_vec()).collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = self.algorithms();
        self.record(crypto::verify_tls12_signature(message, certificate, signature, algorithms))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = self.algorithms();
        self.record(crypto::verify_tls13_signature(message, certificate, signature, algorithms))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms().supported_schemes()
    }
}
