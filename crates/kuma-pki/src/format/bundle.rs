//! The CA bundle of Kubernetes webhooks and of `--tls-general-ca-bundle`: PEM in one line of
//! Base64.
//!
//! Kuma's chart prints the value unquoted into eight manifests (`cp-webhooks-and-secrets.yaml`), so
//! a line break in it, as `base64` of GNU coreutils makes, breaks the installation.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::format::pem;

/// The error of a text that is not a CA bundle.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("this is not a CA bundle: {reason}")]
pub struct BundleError {
    /// What is wrong with it, as a fragment.
    pub reason: &'static str,
}

/// Returns a PEM text as one line of Base64 (RFC 4648 4) with a final newline.
#[must_use]
pub fn encode(pem: &[u8]) -> Vec<u8> {
    let mut line = BASE64_STANDARD.encode(pem);
    line.push('\n');
    line.into_bytes()
}

/// Returns the length of the line for a PEM text, in bytes without the newline.
pub(crate) const fn encoded_length(pem: &[u8]) -> usize {
    pem.len().div_ceil(3) * 4
}

/// Returns the PEM text of a bundle. Base64 that was wrapped into lines is read too.
///
/// # Errors
///
/// [`BundleError`] for anything but Base64 of PEM certificates.
pub fn decode(bundle: &[u8]) -> Result<Vec<u8>, BundleError> {
    let error = |reason| BundleError { reason };
    let packed = super::without_whitespace([bundle]);
    if packed.is_empty() {
        return Err(error("it is empty"));
    }
    let text = match BASE64_STANDARD.decode(&packed) {
        Ok(text) => text,
        Err(_) if packed.starts_with(b"-----BEGIN") => return Err(error("it is PEM already")),
        Err(_) => return Err(error("it is not Base64")),
    };
    match pem::decode_certificates(&text) {
        // A certificate that cannot be parsed is reported where it is used.
        Ok(_) | Err(pem::PemError::Certificate(_)) => Ok(text),
        Err(pem::PemError::PrivateKey { .. }) => Err(error("it holds a private key")),
        Err(pem::PemError::Base64 { .. }) => {
            Err(error("it is Base64 of Base64: it was encoded twice"))
        }
        Err(_) => Err(error("its Base64 does not hold PEM certificates")),
    }
}
