//! What can be wrong with the CA of a mesh.

use time::OffsetDateTime;

use crate::validity::rfc3339;
use crate::verify::Finding;

/// A fault of a mesh CA, with the values that were compared.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum MeshCaFault {
    /// A private key stands among the certificates.
    #[error(
        "{file} holds a private key, and Kuma publishes this file: to every proxy, and in MeshTrust to \
         every zone"
    )]
    KeyPublished { file: String },
    /// The issuing CA is a root, and the MeshIdentity does not allow that.
    #[error(
        "the first certificate, {subject}, is self-signed: without insecureAllowSelfSigned: true, the \
         MeshIdentity does not become Ready, and traffic is not encrypted"
    )]
    SelfSigned { subject: String },
    /// The issuing CA is there without its root.
    #[error(
        "{subject} is there without the CA that issued it, {issuer}: Envoy rejects the certificates of all proxies"
    )]
    WithoutRoot { subject: String, issuer: String },
    /// A certificate of the path has expired.
    #[error("{subject} expired at {}", rfc3339(not_after))]
    Expired { subject: String, not_after: OffsetDateTime },
    /// A certificate of the path is not valid yet.
    #[error("{subject} is valid only from {}", rfc3339(not_before))]
    NotYetValid { subject: String, not_before: OffsetDateTime },
    /// More CAs stand below a CA of the path than it allows.
    #[error("{subject} allows {allowed} CAs below it (pathLenConstraint), and has {below}")]
    PathTooLong { subject: String, allowed: u32, below: usize },
    /// basicConstraints are missing or say CA:FALSE.
    #[error("certificate {position}, {subject}, is not a CA certificate")]
    NotCa {
        /// The place in the file, counted from 1.
        position: usize,
        subject: String,
    },
    /// keyUsage lacks keyCertSign.
    #[error(
        "certificate {position}, {subject}, must not sign certificates: its keyUsage lacks keyCertSign"
    )]
    NoKeyCertSign {
        /// The place in the file, counted from 1.
        position: usize,
        subject: String,
    },
    /// keyUsage is absent.
    #[error("certificate {position}, {subject}, has no keyUsage")]
    NoKeyUsage {
        /// The place in the file, counted from 1.
        position: usize,
        subject: String,
    },
    /// keyUsage has keyAgreement.
    #[error("certificate {position}, {subject}, has keyAgreement in its keyUsage")]
    KeyAgreement {
        /// The place in the file, counted from 1.
        position: usize,
        subject: String,
    },
    /// The key is Ed25519.
    #[error(
        "the CA key is Ed25519: kuma-cp cannot write the keys of the proxies, and they get no certificate"
    )]
    Ed25519,
    /// The key is on a curve that Envoy does not accept.
    #[error(
        "the CA key is {key}: the keys of the proxies are of the same type, and Envoy rejects them"
    )]
    Curve { key: String },
    /// URIs are constrained, and SPIFFE IDs are URIs.
    #[error(
        "the name constraints of {subject} permit only URIs of {permitted}: Envoy rejects SPIFFE IDs of other trust domains"
    )]
    UriConstraint { subject: String, permitted: String },
}

impl MeshCaFault {
    /// Returns whether the CA works all the same for some: with a setting of the MeshIdentity, or for some
    /// trust domains.
    #[must_use]
    pub const fn is_conditional(&self) -> bool {
        matches!(self, Self::SelfSigned { .. } | Self::UriConstraint { .. })
    }

    /// Returns who says what about the fault.
    pub(crate) fn kuma_error(&self) -> Option<(&'static str, String)> {
        let at = |position: usize, text: &str| {
            Some(("kuma-cp", format!("mtls.backends[0].conf.cert[{}]: {text}", position - 1)))
        };
        match self {
            Self::NotCa { position, .. } => at(
                *position,
                "basic constraint 'CA' must be set to 'true' (see X509-SVID: 4.1. Basic Constraints)",
            ),
            Self::NoKeyCertSign { position, .. } | Self::NoKeyUsage { position, .. } => at(
                *position,
                "key usage extension 'keyCertSign' must be set (see X509-SVID: 4.3. Key Usage)",
            ),
            Self::KeyAgreement { position, .. } => at(
                *position,
                "key usage extension 'keyAgreement' must NOT be set (see X509-SVID: Appendix A. X.509 \
                 Field Reference)",
            ),
            Self::SelfSigned { .. } => Some((
                "kuma-cp",
                "ProviderValidationError: self-signed certificates are not allowed".to_owned(),
            )),
            Self::Ed25519 => Some((
                "kuma-cp",
                "could not get identity: failed to PEM encode a private key: unsupported private key type \
                 ed25519.PrivateKey"
                    .to_owned(),
            )),
            Self::WithoutRoot { .. }
            | Self::Curve { .. }
            | Self::UriConstraint { .. }
            | Self::Expired { .. }
            | Self::NotYetValid { .. }
            | Self::PathTooLong { .. } => Some((
                "Envoy",
                "upstream connect error or disconnect/reset before headers. reset reason: remote connection \
                 failure"
                    .to_owned(),
            )),
            Self::KeyPublished { .. } => None,
        }
    }
}

impl From<MeshCaFault> for Finding {
    fn from(fault: MeshCaFault) -> Self {
        Self::MeshCa(fault)
    }
}
