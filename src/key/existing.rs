//! Private keys that exist, of every type that a TLS server can have, as Go reads them.

use std::borrow::Cow;

use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use der::asn1::AnyRef;
use der::{Decode as _, Tagged as _};

use super::{EC_LABEL, KeyError, KeyPair, PKCS8_LABEL, PrivateKeyDer, RSA_LABEL};

/// What can be told of a private key without using it: more types can be judged than are made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExistingKey {
    public_key: Vec<u8>,
    description: Cow<'static, str>,
}

impl ExistingKey {
    /// Reads a private key: PKCS#1, SEC 1 or PKCS#8.
    ///
    /// # Errors
    ///
    /// A key that Go's crypto/tls, and so kuma-cp, does not load: one that is damaged, of another type,
    /// with octets behind it, or, in SEC 1, without its curve.
    pub fn from_der(key: &PrivateKeyDer) -> Result<Self, KeyError> {
        let fields = Vec::<AnyRef<'_>>::from_der(&key.der).map_err(|_| KeyError::Malformed)?;
        // RFC 5915 3: the curve is [0], and whoever reads the key alone needs it.
        if key.label == EC_LABEL && !fields.iter().any(|field| field.tag().number().value() == 0) {
            return Err(KeyError::NoCurve);
        }
        match KeyPair::from_der(key) {
            Ok(pair) => Ok(Self {
                public_key: pair.public_key().to_vec(),
                description: Cow::Borrowed(pair.algorithm().description()),
            }),
            Err(KeyError::Unsupported) => Self::of_other_type(key),
            Err(error) => Err(error),
        }
    }

    fn of_other_type(key: &PrivateKeyDer) -> Result<Self, KeyError> {
        let curve = &ECDSA_P521_SHA512_ASN1_SIGNING;
        if let Ok(pair) = EcdsaKeyPair::from_private_key_der(curve, &key.der) {
            let public_key = pair.public_key().as_ref().to_vec();
            return Ok(Self { public_key, description: Cow::Borrowed("ECDSA P-521") });
        }
        let rsa = match key.label {
            RSA_LABEL => RsaKeyPair::from_der(&key.der),
            PKCS8_LABEL => RsaKeyPair::from_pkcs8(&key.der),
            _ => return Err(KeyError::Unsupported),
        };
        // The library tells sizes that it does not take from all else by these words.
        let pair = rsa.map_err(|rejected| match rejected.to_string().as_str() {
            "TooSmall"
            | "TooLarge"
            | "PrivateModulusLenNotMultipleOf512Bits"
            | "WrongAlgorithm" => KeyError::Unsupported,
            _ if key.label == RSA_LABEL => KeyError::Malformed,
            _ => KeyError::Unsupported,
        })?;
        let description = Cow::Owned(format!("RSA {}", pair.public_modulus_len() * 8));
        Ok(Self { public_key: pair.public_key().as_ref().to_vec(), description })
    }

    /// The contents of the BIT STRING subjectPublicKey (RFC 5280 4.1.2.7).
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The type as a person calls it, such as `RSA 2048`.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }
}
