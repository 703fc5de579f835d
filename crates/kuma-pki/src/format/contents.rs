//! What a file holds, whatever its encoding: PEM, DER, Base64 of either, a Kubernetes Secret.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use crate::format::foreign;
use crate::format::kubernetes_secret::{self, KubernetesSecret, SecretError};
use crate::format::pem::{self, Block, PemError};
use crate::key::{ExistingKey, KeyError};
use crate::x509::{Certificate, ParseError};

/// How many layers of Base64 are taken off.
const MAX_LAYERS: u8 = 4;

/// What was found.
#[derive(Debug)]
pub struct Contents {
    /// How it was encoded.
    pub encoding: Encoding,
    /// The file itself, or each key of a Secret that holds certificates or private keys.
    pub parts: Vec<Part>,
    /// The keys of a Secret that should hold some by their value or name, and cannot be read.
    pub faults: Vec<(String, ContentsError)>,
}

/// Certificates and keys that stand together.
#[derive(Debug, Default)]
pub struct Part {
    /// The key in the Secret, behind the name of the Secret if there are several; empty of a file.
    pub name: String,
    /// The certificates, in order.
    pub certificates: Vec<Certificate>,
    /// The private keys, or why one cannot be used.
    pub private_keys: Vec<Result<ExistingKey, KeyError>>,
    /// The labels of other PEM blocks, each made of letters, digits and blanks.
    pub others: Vec<String>,
}

/// An encoding of certificates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Encoding {
    /// Base64, so many times, of PEM or DER.
    Base64 {
        /// How many times.
        layers: u8,
    },
    /// DER (X.690).
    Der,
    /// A Kubernetes Secret in YAML or JSON.
    KubernetesSecret,
    /// PEM (RFC 7468).
    Pem,
}

/// Bytes in which there are no certificates.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContentsError {
    /// A certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] ParseError),
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// A value of a Secret that is not Base64.
    #[error("it is not Base64, so that Kubernetes refuses the Secret")]
    NotBase64,
    /// There are neither certificates nor keys.
    #[error("there is no certificate and no private key in it")]
    Nothing,
    /// PEM that is damaged.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// An object of Kubernetes that is no Secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// None of the encodings.
    #[error("it is neither PEM, nor DER, nor Base64 of them, nor a Kubernetes Secret")]
    Unknown,
}

/// Reads certificates and keys.
///
/// # Errors
///
/// Bytes in none of the [encodings](Encoding), damaged ones, and those without certificate and key.
pub fn read(bytes: &[u8]) -> Result<Contents, ContentsError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ContentsError::Empty);
    }
    if !pem::begins_line(bytes) && kubernetes_secret::is_manifest(bytes) {
        return read_secrets(&kubernetes_secret::decode_all(bytes)?);
    }
    read_layers(bytes, 0)
}

fn read_secrets(secrets: &[KubernetesSecret]) -> Result<Contents, ContentsError> {
    let [first, others @ ..] = secrets else { return Err(ContentsError::Nothing) };
    if others.is_empty() {
        return read_secret(first, "");
    }
    let (mut parts, mut faults) = (Vec::new(), Vec::new());
    for secret in secrets {
        match read_secret(secret, &format!("{}/", secret.full_name())) {
            Ok(mut contents) => {
                parts.append(&mut contents.parts);
                faults.append(&mut contents.faults);
            }
            Err(ContentsError::Nothing) => {}
            Err(error) => return Err(error),
        }
    }
    if parts.is_empty() && faults.is_empty() {
        return Err(ContentsError::Nothing);
    }
    Ok(Contents { encoding: Encoding::KubernetesSecret, parts, faults })
}

/// Reads a Secret; `within` stands before the names of its keys.
fn read_secret(secret: &KubernetesSecret, within: &str) -> Result<Contents, ContentsError> {
    let is_ours = |name: &str| ["tls.crt", "tls.key", "ca.crt"].contains(&name);
    let (mut parts, mut faults) = (Vec::new(), Vec::new());
    for (name, value) in &secret.data {
        let found =
            if value.is_empty() { Err(ContentsError::Empty) } else { read_layers(value, 0) };
        match found {
            Ok(found) => {
                let named = |part| Part { name: format!("{within}{name}"), ..part };
                parts.extend(found.parts.into_iter().map(named));
            }
            // A Secret may hold anything beside.
            Err(
                ContentsError::Unknown
                | ContentsError::Nothing
                | ContentsError::Empty
                | ContentsError::Pem(PemError::Foreign(_) | PemError::UnexpectedLabel { .. }),
            ) if !is_ours(name) => {}
            Err(error) => faults.push((format!("{within}{name}"), error)),
        }
    }
    let unreadable = secret.unreadable.iter().filter(|name| is_ours(name));
    faults.extend(unreadable.map(|name| (format!("{within}{name}"), ContentsError::NotBase64)));
    match some(Encoding::KubernetesSecret, parts) {
        Ok(contents) => Ok(Contents { faults, ..contents }),
        Err(_) if !faults.is_empty() => {
            Ok(Contents { encoding: Encoding::KubernetesSecret, parts: Vec::new(), faults })
        }
        Err(nothing) => Err(nothing),
    }
}

fn some(encoding: Encoding, parts: Vec<Part>) -> Result<Contents, ContentsError> {
    let holds = |part: &Part| !part.certificates.is_empty() || !part.private_keys.is_empty();
    if parts.iter().any(holds) {
        return Ok(Contents { encoding, parts, faults: Vec::new() });
    }
    let other = parts.into_iter().find_map(|part| part.others.into_iter().next());
    Err(other.map_or(ContentsError::Nothing, |label| {
        PemError::UnexpectedLabel { position: 1, label }.into()
    }))
}

fn read_layers(bytes: &[u8], layers: u8) -> Result<Contents, ContentsError> {
    let encoding = |inner| if layers == 0 { inner } else { Encoding::Base64 { layers } };
    if pem::has_block(bytes) {
        return some(encoding(Encoding::Pem), vec![pem_part(bytes)?]);
    }
    // A SEQUENCE (X.690 8.9); no text of the other encodings begins with the digit and such a length.
    if bytes.starts_with(&[0x30])
        && let Ok(certificate) = Certificate::from_der(bytes.to_vec())
    {
        let part = Part { certificates: vec![certificate], ..Part::default() };
        return some(encoding(Encoding::Der), vec![part]);
    }
    if let Some(format) = foreign::binary(bytes).or_else(|| foreign::text(bytes)) {
        return Err(PemError::Foreign(format).into());
    }
    if layers == MAX_LAYERS {
        return Err(ContentsError::Unknown);
    }
    match BASE64_STANDARD.decode(crate::format::packed([bytes])) {
        Ok(inner) if !inner.is_empty() => read_layers(&Zeroizing::new(inner), layers + 1),
        _ => Err(ContentsError::Unknown),
    }
}

fn pem_part(text: &[u8]) -> Result<Part, ContentsError> {
    let mut part = Part::default();
    for block in pem::decode(text)? {
        match block {
            Block::Certificate(der) => {
                let position = part.certificates.len() + 1;
                part.certificates.push(Certificate::parse(position, der)?);
            }
            Block::PrivateKey(key) => part.private_keys.push(ExistingKey::from_der(&key)),
            Block::EncryptedPrivateKey => part.private_keys.push(Err(KeyError::Encrypted)),
            Block::Other(label) => part.others.push(label),
        }
    }
    Ok(part)
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 { layers: 1 } => f.write_str("Base64"),
            Self::Base64 { layers } => write!(f, "Base64 in {layers} layers"),
            Self::Der => f.write_str("DER"),
            Self::KubernetesSecret => f.write_str("Kubernetes Secret"),
            Self::Pem => f.write_str("PEM"),
        }
    }
}
