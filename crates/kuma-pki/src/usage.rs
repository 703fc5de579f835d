//! What the key of a certificate may be used for: keyUsage and extendedKeyUsage.

/// What a certificate's holder proves with it (RFC 5280 4.2.1.12).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExtendedKeyUsage {
    /// A TLS client's identity.
    ClientAuth,
    /// A TLS server's identity.
    ServerAuth,
}

/// A bit of keyUsage.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyUsage {
    /// Signs TLS handshakes.
    DigitalSignature,
    /// Receives a TLS 1.2 client's secret.
    KeyEncipherment,
    /// Signs certificates.
    KeyCertSign,
    /// Signs certificate revocation lists.
    CrlSign,
}

impl ExtendedKeyUsage {
    /// Returns the name in RFC 5280: `serverAuth` or `clientAuth`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientAuth => "clientAuth",
            Self::ServerAuth => "serverAuth",
        }
    }
}

impl KeyUsage {
    /// Returns the bit in the keyUsage of a certificate, counted from the least significant as x509-parser does
    /// (RFC 5280 4.2.1.3).
    pub(crate) const fn bit(self) -> u16 {
        match self {
            Self::DigitalSignature => 1,
            Self::KeyEncipherment => 1 << 2,
            Self::KeyCertSign => 1 << 5,
            Self::CrlSign => 1 << 6,
        }
    }
}
