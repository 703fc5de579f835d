//! Compares an existing token with a request.

use std::fmt;

use serde_json::Value;
use time::OffsetDateTime;

use super::decode::Token;
use super::finding::Finding;
use super::inspect::members;
use super::key::PublicKey;
use super::sign::TokenRequest;
use super::verify::{algorithm, key_id};
use crate::validity::{RenewBefore, Validity, rfc3339};

/// A reason to replace an existing token.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TokenRenewalReason {
    /// kuma-cp rejects it.
    Rejected(Finding),
    /// It has other claims, or lacks a date or its ID.
    Claims,
    /// It expires soon or has expired.
    ExpiresSoon {
        /// Its expiry.
        at: OffsetDateTime,
    },
}

impl TokenRequest<'_> {
    /// Compares an existing token with the request: its key, its claims and its remaining lifetime. The requested
    /// lifetime is not compared.
    ///
    /// # Errors
    ///
    /// The reason to replace the token.
    pub fn compare(
        &self,
        text: &str,
        public_key: &PublicKey,
        renew_before: RenewBefore,
    ) -> Result<(), TokenRenewalReason> {
        let rejected = TokenRenewalReason::Rejected;
        let token =
            Token::parse(text.trim()).map_err(|error| rejected(Finding::Malformed(error)))?;
        algorithm(&token).map_err(rejected)?;
        key_id(&token, Some(self.key_id)).map_err(rejected)?;
        if !public_key.verifies(token.signing_input.as_bytes(), &token.signature) {
            return Err(rejected(Finding::SignatureInvalid));
        }
        let mut claims = members(&token.payload);
        let mut date = |name: &str| {
            let seconds = claims.remove(name)?.as_i64()?;
            OffsetDateTime::from_unix_timestamp(seconds).ok()
        };
        let (not_before, not_after, issued_at) = (date("nbf"), date("exp"), date("iat"));
        let has_id = claims.remove("jti").is_some();
        let wanted = serde_json::to_value(self.claims).unwrap_or_default();
        let (Some(not_before), Some(not_after), Some(_), true, true) =
            (not_before, not_after, issued_at, has_id, Value::Object(claims) == wanted)
        else {
            return Err(TokenRenewalReason::Claims);
        };
        if self.now < not_before {
            return Err(rejected(Finding::NotYetValid { from: rfc3339(&not_before) }));
        }
        if self.now >= renew_before.renewal_time(Validity { not_before, not_after }) {
            return Err(TokenRenewalReason::ExpiresSoon { at: not_after });
        }
        Ok(())
    }
}

impl fmt::Display for TokenRenewalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(finding) => finding.fmt(f),
            Self::Claims => f.write_str("its claims do not match the request"),
            Self::ExpiresSoon { at } => write!(f, "it expires at {}", rfc3339(at)),
        }
    }
}
