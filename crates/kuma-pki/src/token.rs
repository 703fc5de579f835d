//! Tokens by which data plane proxies, zone proxies and users authenticate to a Kuma control plane:
//! signing keys, claims, signatures, and the verdict of kuma-cp on a token.
//!
//! A token is a JSON Web Token (RFC 7519) signed with RS256 (RFC 7518 3.3). Kuma's own code is
//! `pkg/core/tokens`.

mod claims;
mod configuration;
mod dataplane;
mod decode;
mod finding;
mod inspect;
mod json;
mod key;
mod renewal;
mod report;
mod sign;
mod typed;
mod verify;
mod words;

pub(crate) use self::claims::required;
pub use self::claims::{
    Claims, ClaimsError, DEFAULT_MESH, DataplaneClaims, ProxyType, Tags, UserClaims, ZoneClaims,
    ZoneScope,
};
pub use self::configuration::{ConfiguredKey, ControlPlaneKeys, DataplaneTokenValidator};
pub use self::dataplane::{Proxy, ProxyError, ProxyKind};
pub use self::decode::{MalformedToken, Token};
pub use self::finding::Finding;
pub use self::inspect::{TokenKind, TokenSummary, summary};
pub use self::key::{PublicKey, PublicKeyError, SigningKey, SigningKeyError};
pub use self::renewal::TokenRenewalReason;
pub use self::report::{Check, CheckName, Outcome, Report};
pub(crate) use self::sign::lifetime;
pub use self::sign::{CLOCK_SKEW, SignedToken, TokenError, TokenId, TokenRequest};
pub use self::verify::{VerifyOptions, verify};
