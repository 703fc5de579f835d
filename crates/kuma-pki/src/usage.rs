//! keyUsage and extendedKeyUsage.

/// The use of a certificate in TLS (RFC 5280 4.2.1.12).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExtendedKeyUsage {
    /// TLS client authentication.
    ClientAuth,
    /// TLS server authentication.
    ServerAuth,
}

/// A bit of keyUsage (RFC 5280 4.2.1.3), in the order of the BIT STRING.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyUsage {
    /// Signs TLS handshakes.
    DigitalSignature,
    /// Signs documents; also called contentCommitment.
    NonRepudiation,
    /// Receives the secret of a TLS 1.2 client, encrypted to an RSA key.
    KeyEncipherment,
    /// Encrypts data directly.
    DataEncipherment,
    /// Agrees on keys, as in static Diffie-Hellman.
    KeyAgreement,
    /// Signs certificates.
    KeyCertSign,
    /// Signs certificate revocation lists.
    CrlSign,
    /// Encrypts only, together with keyAgreement.
    EncipherOnly,
    /// Decrypts only, together with keyAgreement.
    DecipherOnly,
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
    /// Every bit, in order.
    pub(crate) const ALL: [Self; 9] = [
        Self::DigitalSignature,
        Self::NonRepudiation,
        Self::KeyEncipherment,
        Self::DataEncipherment,
        Self::KeyAgreement,
        Self::KeyCertSign,
        Self::CrlSign,
        Self::EncipherOnly,
        Self::DecipherOnly,
    ];

    /// Returns the bit, where digitalSignature is the lowest.
    pub(crate) const fn bit(self) -> u16 {
        1 << self as u16
    }

    /// Returns the name in RFC 5280, such as `digitalSignature`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DigitalSignature => "digitalSignature",
            Self::NonRepudiation => "nonRepudiation",
            Self::KeyEncipherment => "keyEncipherment",
            Self::DataEncipherment => "dataEncipherment",
            Self::KeyAgreement => "keyAgreement",
            Self::KeyCertSign => "keyCertSign",
            Self::CrlSign => "cRLSign",
            Self::EncipherOnly => "encipherOnly",
            Self::DecipherOnly => "decipherOnly",
        }
    }

    /// Returns the names of usages, separated by commas.
    pub(crate) fn names(usages: &[Self]) -> String {
        usages.iter().map(|usage| usage.as_str()).collect::<Vec<_>>().join(", ")
    }
}
