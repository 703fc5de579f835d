//! The types of keys in certificates and key files, of which kumactl generates some.

use std::fmt;

/// The type of a key (RFC 5480 2.1.1, RFC 8410 3, RFC 8017 A.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyType {
    /// ECDSA on the curve P-256.
    P256,
    /// ECDSA on the curve P-384.
    P384,
    /// ECDSA on the curve P-521.
    P521,
    /// Ed25519.
    Ed25519,
    /// RSA with a modulus of this many bits.
    Rsa(usize),
    /// Any other type.
    Other,
}

impl KeyType {
    /// Returns whether Go's crypto/tls treats two types as one: RSA of any size, ECDSA on any curve.
    pub(crate) const fn is_same_kind(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Rsa(_), Self::Rsa(_))
                | (Self::Ed25519, Self::Ed25519)
                | (Self::Other, Self::Other)
                | (Self::P256 | Self::P384 | Self::P521, Self::P256 | Self::P384 | Self::P521)
        )
    }
}

/// Returns the length of a number in bits. Go and OpenSSL count from the first bit that is set.
pub(crate) fn bit_length(octets: &[u8]) -> usize {
    let start = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len());
    let unset = octets.get(start).map_or(0, |octet| octet.leading_zeros() as usize);
    (octets.len() - start) * 8 - unset
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::P256 => f.write_str("ECDSA P-256"),
            Self::P384 => f.write_str("ECDSA P-384"),
            Self::P521 => f.write_str("ECDSA P-521"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
            Self::Other => f.write_str("unknown"),
        }
    }
}
