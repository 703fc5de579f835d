//! Reads certificates and private keys in any encoding: PEM, DER, Base64 of either, or a Kubernetes Secret.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use crate::format::kubernetes_secret::{self, KubernetesSecret, SecretError};
use crate::format::other;
use crate::format::pem::{self, Block, PemError};
use crate::key::{ExistingKey, KeyError};
use crate::x509::{Certificate, ParseError};

/// The most layers of Base64 that are decoded.
const MAX_LAYERS: u8 = 4;

/// The certificates and private keys of a file.
#[derive(Debug)]
pub struct Contents {
    /// The encoding of the file.
    pub encoding: Encoding,
    /// The file itself, or each key of a Secret that holds certificates or private keys.
    pub parts: Vec<Part>,
    /// The keys of a Secret that cannot be read although their name or value suggests certificates or keys.
    pub errors: Vec<(String, ContentsError)>,
}

/// The certificates and keys of a file or of one key of a Secret.
#[derive(Debug, Default)]
pub struct Part {
    /// The key in the Secret, prefixed with `SECRET/` if the file has several Secrets; empty for other encodings.
    pub name: String,
    /// The certificates, in order.
    pub certificates: Vec<Certificate>,
    /// The private keys, or the error of each that cannot be used.
    pub private_keys: Vec<Result<ExistingKey, KeyError>>,
    /// The labels of other PEM blocks, which have only letters, digits and spaces.
    pub other_labels: Vec<String>,
}

/// An encoding of certificates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Encoding {
    /// PEM or DER in one or more layers of Base64.
    Base64 {
        /// The number of layers.
        layers: u8,
    },
    /// DER (X.690).
    Der,
    /// A Kubernetes Secret in YAML or JSON.
    KubernetesSecret,
    /// PEM (RFC 7468).
    Pem,
}

/// The error of a file from which no certificate or key can be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContentsError {
    /// A certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] ParseError),
    /// The file is empty.
    #[error("it is empty")]
    Empty,
    /// A value of a Secret is not Base64.
    #[error("it is not Base64, so Kubernetes rejects the Secret")]
    NotBase64,
    /// The file holds neither certificates nor private keys.
    #[error("it has no certificate and no private key")]
    NoCertificateOrKey,
    /// The PEM is damaged.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// A Kubernetes object is not a Secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The encoding is unknown.
    #[error("it is not PEM, DER, Base64 of PEM or DER, or a Kubernetes Secret")]
    Unknown,
}

/// Reads certificates and keys.
///
/// # Errors
///
/// [`ContentsError`] for an unknown [`Encoding`], for damaged contents, and for a file without a certificate or key.
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
    let [first, others @ ..] = secrets else { return Err(ContentsError::NoCertificateOrKey) };
    if others.is_empty() {
        return read_secret(first, "");
    }
    let (mut parts, mut errors) = (Vec::new(), Vec::new());
    for secret in secrets {
        match read_secret(secret, &format!("{}/", secret.full_name())) {
            Ok(mut contents) => {
                parts.append(&mut contents.parts);
                errors.append(&mut contents.errors);
            }
            Err(ContentsError::NoCertificateOrKey) => {}
            Err(error) => return Err(error),
        }
    }
    if parts.is_empty() && errors.is_empty() {
        return Err(ContentsError::NoCertificateOrKey);
    }
    Ok(Contents { encoding: Encoding::KubernetesSecret, parts, errors })
}

/// Reads a Secret. `prefix` is prepended to the names of its keys.
fn read_secret(secret: &KubernetesSecret, prefix: &str) -> Result<Contents, ContentsError> {
    let is_tls_key = |name: &str| ["tls.crt", "tls.key", "ca.crt"].contains(&name);
    let (mut parts, mut errors) = (Vec::new(), Vec::new());
    for (name, value) in &secret.data {
        let found =
            if value.is_empty() { Err(ContentsError::Empty) } else { read_layers(value, 0) };
        match found {
            Ok(found) => {
                let named = |part| Part { name: format!("{prefix}{name}"), ..part };
                parts.extend(found.parts.into_iter().map(named));
            }
            // A Secret may hold other values.
            Err(
                ContentsError::Unknown
                | ContentsError::NoCertificateOrKey
                | ContentsError::Empty
                | ContentsError::Pem(PemError::OtherFormat(_) | PemError::UnexpectedLabel { .. }),
            ) if !is_tls_key(name) => {}
            Err(error) => errors.push((format!("{prefix}{name}"), error)),
        }
    }
    let unreadable = secret.unreadable.iter().filter(|name| is_tls_key(name));
    errors.extend(unreadable.map(|name| (format!("{prefix}{name}"), ContentsError::NotBase64)));
    match non_empty(Encoding::KubernetesSecret, parts) {
        Ok(contents) => Ok(Contents { errors, ..contents }),
        Err(_) if !errors.is_empty() => {
            Ok(Contents { encoding: Encoding::KubernetesSecret, parts: Vec::new(), errors })
        }
        Err(error) => Err(error),
    }
}

/// Returns the parts, if any holds a certificate or a key.
fn non_empty(encoding: Encoding, parts: Vec<Part>) -> Result<Contents, ContentsError> {
    let holds = |part: &Part| !part.certificates.is_empty() || !part.private_keys.is_empty();
    if parts.iter().any(holds) {
        return Ok(Contents { encoding, parts, errors: Vec::new() });
    }
    let other = parts.into_iter().find_map(|part| part.other_labels.into_iter().next());
    Err(other.map_or(ContentsError::NoCertificateOrKey, |label| {
        PemError::UnexpectedLabel { position: 1, label }.into()
    }))
}

fn read_layers(bytes: &[u8], layers: u8) -> Result<Contents, ContentsError> {
    let encoding = |inner| if layers == 0 { inner } else { Encoding::Base64 { layers } };
    if pem::has_block(bytes) {
        return non_empty(encoding(Encoding::Pem), vec![pem_part(bytes)?]);
    }
    // 0x30 is SEQUENCE (X.690 8.9) and the digit 0; the octets after it tell DER from Base64.
    if bytes.starts_with(&[0x30])
        && let Ok(certificate) = Certificate::from_der(bytes.to_vec())
    {
        let part = Part { certificates: vec![certificate], ..Part::default() };
        return non_empty(encoding(Encoding::Der), vec![part]);
    }
    if let Some(format) = other::recognize_binary(bytes).or_else(|| other::recognize_text(bytes)) {
        return Err(PemError::OtherFormat(format).into());
    }
    if layers == MAX_LAYERS {
        return Err(ContentsError::Unknown);
    }
    match BASE64_STANDARD.decode(crate::format::without_whitespace([bytes])) {
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
            Block::Other(label) => part.other_labels.push(label),
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
