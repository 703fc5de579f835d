//! Existing private keys, of every type that Go loads for a TLS server.

use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::KeyPair as _;
use der::asn1::AnyRef;
use der::{Decode as _, Encode as _, Tagged as _};

use super::{
    EC_LABEL, KeyError, KeyPair, KeyType, PKCS8_LABEL, PrivateKeyDer, RSA_LABEL, bit_length,
};

/// The public key and the type of an existing private key. More types can be verified than generated.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExistingKey {
    public_key: Vec<u8>,
    key_type: KeyType,
}

impl ExistingKey {
    /// Reads a private key: PKCS#1, SEC 1 or PKCS#8.
    ///
    /// # Errors
    ///
    /// [`KeyError`] for a key that Go's crypto/tls, and so kuma-cp, does not load: damaged, of another type, with trailing
    /// bytes, or SEC 1 without its curve.
    pub fn from_der(key: &PrivateKeyDer) -> Result<Self, KeyError> {
        let fields = Vec::<AnyRef<'_>>::from_der(&key.der).map_err(|_| KeyError::Malformed)?;
        // RFC 5915 3: the curve is [0], and a reader of the key alone needs it.
        if key.label == EC_LABEL && !fields.iter().any(|field| field.tag().number().value() == 0) {
            return Err(KeyError::NoCurve);
        }
        match KeyPair::from_der(key) {
            Ok(pair) => Ok(Self {
                public_key: pair.public_key().to_vec(),
                key_type: pair.algorithm().key_type(),
            }),
            Err(KeyError::Unsupported) => Self::of_other_type(key),
            Err(error) => Err(error),
        }
    }

    fn of_other_type(key: &PrivateKeyDer) -> Result<Self, KeyError> {
        let rsa = match key.label {
            RSA_LABEL => RsaKeyPair::from_der(&key.der),
            PKCS8_LABEL => RsaKeyPair::from_pkcs8(&key.der),
            _ => return Err(KeyError::Unsupported),
        };
        // These words of the library tell unsupported sizes from all other errors.
        match rsa {
            Ok(pair) => {
                let key_type = KeyType::Rsa(pair.public_modulus_len() * 8);
                Ok(Self { public_key: pair.public_key().as_ref().to_vec(), key_type })
            }
            Err(rejected) => match rejected.to_string().as_str() {
                "TooSmall" => Self::of_short_rsa(key),
                "TooLarge" | "PrivateModulusLenNotMultipleOf512Bits" | "WrongAlgorithm" => {
                    Err(KeyError::Unsupported)
                }
                _ if key.label == RSA_LABEL => Err(KeyError::Malformed),
                _ => Err(KeyError::Unsupported),
            },
        }
    }

    /// Reads an RSA key of 1024 to 2047 bits, which Go loads and the crypto library does not.
    fn of_short_rsa(key: &PrivateKeyDer) -> Result<Self, KeyError> {
        // PKCS#8 (RFC 5958 2) holds the RSAPrivateKey of PKCS#1 (RFC 8017 A.1.2) in its third field.
        let unsupported = |_| KeyError::Unsupported;
        let mut fields = Vec::<AnyRef<'_>>::from_der(&key.der).map_err(unsupported)?;
        if key.label == PKCS8_LABEL {
            let inner = fields.get(2).ok_or(KeyError::Unsupported)?.value();
            fields = Vec::<AnyRef<'_>>::from_der(inner).map_err(unsupported)?;
        }
        let [_version, modulus, exponent, ..] = fields.as_slice() else {
            return Err(KeyError::Unsupported);
        };
        let bits = bit_length(modulus.value());
        if bits < 1024 {
            return Err(KeyError::Unsupported);
        }
        let public_key = vec![*modulus, *exponent].to_der().map_err(unsupported)?;
        Ok(Self { public_key, key_type: KeyType::Rsa(bits) })
    }

    /// Returns the contents of the BIT STRING subjectPublicKey (RFC 5280 4.1.2.7).
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// Returns the type for display, such as `RSA 2048`.
    #[must_use]
    pub fn description(&self) -> String {
        self.key_type.to_string()
    }

    /// Returns the type.
    pub(crate) const fn key_type(&self) -> KeyType {
        self.key_type
    }
}
