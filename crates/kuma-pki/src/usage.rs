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
