//! Encrypted private keys: PKCS#8 with PBES2 (RFC 5958 3, RFC 8018 6.2).

use std::fmt;

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::Kdf;
use zeroize::Zeroizing;

use super::{PKCS8_LABEL, PrivateKeyDer};

/// The most PBKDF2 iterations: OpenSSL writes 2048, and 600,000 are recommended (OWASP).
const MAX_ITERATIONS: u32 = 10_000_000;

/// The most memory that scrypt may go through, in bytes (RFC 7914 2: 128 times N times r, and that p times). OpenSSL
/// writes N=16384, r=8 and p=1, which is 16 MiB.
const MAX_SCRYPT_MEMORY: u64 = 256 << 20;

/// A passphrase, wiped when dropped. There is no way to print it.
pub struct Passphrase(Zeroizing<Vec<u8>>);

/// An encrypted private key as DER.
#[derive(Debug)]
pub struct EncryptedPrivateKey {
    der: Zeroizing<Vec<u8>>,
}

/// An encrypted private key that cannot be decrypted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptionError {
    /// The cost of the key derivation exceeds the limit.
    #[error("its encryption requires more than 10,000,000 PBKDF2 iterations or 256 MiB for scrypt")]
    TooExpensive,
    /// An encryption other than PBES2 with AES and SHA-2.
    #[error("its encryption is not PKCS#8 with PBES2, AES and SHA-2")]
    Unsupported,
    /// The decrypted bytes are not a key.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
}

impl Passphrase {
    /// Returns the passphrase; `None` if it is empty.
    #[must_use]
    pub fn new(text: Zeroizing<Vec<u8>>) -> Option<Self> {
        (!text.is_empty()).then_some(Self(text))
    }
}

impl EncryptedPrivateKey {
    /// Wraps an EncryptedPrivateKeyInfo (RFC 5958 3) without parsing it.
    pub(crate) const fn new(der: Zeroizing<Vec<u8>>) -> Self {
        Self { der }
    }

    /// Decrypts the key.
    ///
    /// # Errors
    ///
    /// [`DecryptionError`] for a wrong passphrase and for encryption that is not supported.
    pub fn decrypt(&self, passphrase: &Passphrase) -> Result<PrivateKeyDer, DecryptionError> {
        let info = EncryptedPrivateKeyInfoRef::try_from(self.der.as_slice())
            .map_err(|_| DecryptionError::Unsupported)?;
        check_cost(&info.encryption_algorithm)?;
        let key = info.decrypt(passphrase.0.as_slice()).map_err(|error| match error {
            pkcs8::Error::EncryptedPrivateKey(
                pkcs8::pkcs5::Error::NoPbes1CryptSupport
                | pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }
                | pkcs8::pkcs5::Error::AlgorithmParametersInvalid { .. },
            ) => DecryptionError::Unsupported,
            // With a wrong passphrase the padding is wrong, or, once in 256 times, only the key.
            _ => DecryptionError::WrongPassphrase,
        })?;
        let der = Zeroizing::new(key.as_bytes().to_vec());
        Ok(PrivateKeyDer { label: PKCS8_LABEL, der })
    }
}

fn check_cost(scheme: &EncryptionScheme) -> Result<(), DecryptionError> {
    let Some(parameters) = scheme.pbes2() else {
        return Err(DecryptionError::Unsupported);
    };
    match &parameters.kdf {
        Kdf::Pbkdf2(kdf) if kdf.iteration_count <= MAX_ITERATIONS => Ok(()),
        Kdf::Scrypt(kdf) => {
            let once = 128 * u64::from(kdf.block_size) * u64::from(kdf.parallelization);
            let memory = kdf.cost_parameter.saturating_mul(once);
            if !kdf.cost_parameter.is_power_of_two() || memory == 0 {
                Err(DecryptionError::Unsupported)
            } else if memory > MAX_SCRYPT_MEMORY {
                Err(DecryptionError::TooExpensive)
            } else {
                Ok(())
            }
        }
        _ => Err(DecryptionError::TooExpensive),
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passphrase").finish_non_exhaustive()
    }
}
