//! Signs tokens like the official kumactl (`pkg/core/tokens/issuer.go`).

use std::fmt;
use std::time::Duration;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::claims::{Claims, ClaimsError, required};
use super::json;
use super::key::SigningKey;
use crate::validity::ValidFor;

/// The time by which nbf precedes the issuance, for control planes whose clock is slow.
pub const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// The longest lifetime: Go's durations are nanoseconds in an i64.
const LONGEST: Duration = Duration::from_nanos(i64::MAX.unsigned_abs());

/// A token to sign.
#[derive(Clone, Copy, Debug)]
pub struct TokenRequest<'a> {
    /// The claims.
    pub claims: &'a Claims,
    /// The ID of the key in the control plane (`kid`).
    pub key_id: &'a str,
    /// The ID of the token (`jti`), which a revocation names.
    pub id: TokenId,
    /// The time of issuance.
    pub now: OffsetDateTime,
    /// The lifetime.
    pub valid_for: ValidFor,
}

/// A signed token. Wiped when dropped.
pub struct SignedToken {
    /// The token: header, payload and signature in Base64, separated by dots.
    pub text: Zeroizing<String>,
    /// nbf, in seconds since 1970.
    pub not_before: i64,
    /// exp, in seconds since 1970.
    pub expires_at: i64,
}

/// The ID of a token: a random UUID (RFC 9562 5.4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TokenId([u8; 16]);

/// The error of a token that cannot be signed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// A claim that no proxy, zone or user can match.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
    /// A lifetime that Go cannot express, or that ends after the year 9999.
    #[error("a token can be valid for 2562047h at most")]
    TooLong,
    /// The crypto library returned no random numbers.
    #[error("the crypto library returned no random numbers")]
    Random,
}

/// The header. Go sorts the keys of a map.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    kid: &'a str,
    typ: &'static str,
}

/// The claims, followed by those of RFC 7519 4.1 that Kuma sets, in the order of golang-jwt.
#[derive(Serialize)]
struct Payload<'a> {
    #[serde(flatten)]
    claims: &'a Claims,
    exp: i64,
    nbf: i64,
    iat: i64,
    jti: String,
}

impl TokenRequest<'_> {
    /// Signs the token. The same request and key always result in the same bytes.
    ///
    /// # Errors
    ///
    /// [`TokenError`] for a claim that nobody can match, or a lifetime that is too long.
    pub fn sign(&self, key: &SigningKey) -> Result<SignedToken, TokenError> {
        self.claims.check()?;
        required("key ID", self.key_id)?;
        let end = self.now.checked_add(lifetime(self.valid_for)?);
        let expires_at = end.ok_or(TokenError::TooLong)?.unix_timestamp();
        let not_before = self.now.unix_timestamp() - CLOCK_SKEW.as_secs().cast_signed();
        let header = json::encode(&Header { alg: "RS256", kid: self.key_id, typ: "JWT" });
        let payload = json::encode(&Payload {
            claims: self.claims,
            exp: expires_at,
            nbf: not_before,
            iat: not_before,
            jti: self.id.to_string(),
        });
        let text = format!(
            "{}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(header),
            BASE64_URL_SAFE_NO_PAD.encode(payload)
        );
        let signature = BASE64_URL_SAFE_NO_PAD.encode(key.sign(text.as_bytes()));
        // Only the signature makes the token a secret. The buffer never grows, which would leave a copy.
        let mut token = Zeroizing::new(String::with_capacity(text.len() + 1 + signature.len()));
        token.push_str(&text);
        token.push('.');
        token.push_str(&Zeroizing::new(signature));
        Ok(SignedToken { text: token, not_before, expires_at })
    }
}

/// Returns the lifetime of a token.
///
/// # Errors
///
/// [`TokenError::TooLong`] for a lifetime that Go cannot express.
pub(crate) fn lifetime(valid_for: ValidFor) -> Result<time::Duration, TokenError> {
    let duration = Some(valid_for.duration()).filter(|duration| *duration <= LONGEST);
    duration.and_then(|duration| duration.try_into().ok()).ok_or(TokenError::TooLong)
}

impl SignedToken {
    /// Returns the token as bytes.
    #[must_use]
    pub fn into_bytes(mut self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(std::mem::take(&mut *self.text).into_bytes())
    }
}

impl TokenId {
    /// Returns a new ID.
    ///
    /// # Errors
    ///
    /// [`TokenError::Random`] if the crypto library fails, as it does without entropy.
    pub fn random() -> Result<Self, TokenError> {
        let mut octets = [0; 16];
        rand::fill(&mut octets).map_err(|Unspecified| TokenError::Random)?;
        octets[6] = octets[6] & 0x0f | 0x40;
        octets[8] = octets[8] & 0x3f | 0x80;
        Ok(Self(octets))
    }

    /// Returns the ID with these octets.
    #[must_use]
    pub const fn from_octets(octets: [u8; 16]) -> Self {
        Self(octets)
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, octet) in self.0.iter().enumerate() {
            let hyphen = if matches!(index, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{hyphen}{octet:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for SignedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedToken")
            .field("not_before", &self.not_before)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
