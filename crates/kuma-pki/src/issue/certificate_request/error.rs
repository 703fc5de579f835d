//! Why a certificate request is not signed.

use crate::name::NameError;

/// The most names that a request may have.
pub(super) const MAX_NAMES: usize = 10_000;

/// Why no certificate is issued for a request.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum RequestError {
    /// The request is for a CA.
    #[error("it requests a CA certificate (basicConstraints CA:TRUE)")]
    CertificateAuthority,
    /// An RSA key with a modulus that is too short.
    #[error("its key is RSA with {bits} bits, and TLS clients want 2048 or more")]
    WeakKey {
        /// The length of the modulus, in bits.
        bits: usize,
    },
    /// A key of a type that no certificate is issued for.
    #[error(
        "its key is of type {key}, and not RSA with 2048, 3072, 4096 or 8192 bits, P-256, P-384, P-521 or \
         Ed25519"
    )]
    UnsupportedKey {
        /// The type of the key, or the object identifier of its algorithm.
        key: String,
    },
    /// An extension that is read, and that is not what RFC 5280 demands.
    #[error("its {name} is malformed")]
    MalformedExtension { name: String },
    /// A name of the request that no client can match.
    #[error("its {kind} {error}")]
    Name { kind: &'static str, error: NameError },
    /// The request has no name.
    #[error("it has no subjectAltName")]
    NoNames,
    /// A dNSName that is an IP address.
    #[error("its dNSName {address} is an IP address, which clients look for as iPAddress only")]
    AddressAsDnsName { address: String },
    /// The request has more names than are read.
    #[error("it has more than {MAX_NAMES} names")]
    TooManyNames,
    /// A kind of name that no certificate for Kuma has.
    #[error("its subjectAltName has a name of another kind than DNS, IP address and URI: {name}")]
    UnsupportedName { name: String },
    /// A signature that cannot be verified: of SHA-1 or another hash, or with unusual parameters.
    #[error("its signature cannot be verified: {algorithm} with its parameters is not supported")]
    UnsupportedSignature { algorithm: String },
    /// The bytes are not exactly one certificate request.
    #[error("it cannot be read as PKCS#10: {reason}")]
    Parse {
        /// What is wrong, as a fragment.
        reason: &'static str,
    },
    /// The request was not signed with its key.
    #[error("its signature is not made with its key: it was changed, or made without the key")]
    Signature,
}
