//! The error messages of Kuma 2.14.3 about rejected tokens. Each was observed from the real program.

use super::decode::MalformedToken;
use super::finding::Finding;
use super::inspect::TokenKind;

impl Finding {
    /// Returns the program that rejects a token of this kind and its error message; `None` for a warning.
    #[must_use]
    pub fn kuma_error(&self, kind: TokenKind) -> Option<(&'static str, String)> {
        if *self == Self::LineBreak {
            let text =
                "Token shouldn't contain line breaks within the token, only at the start or end";
            return Some(("kuma-dp", text.to_owned()));
        }
        let words = self.words()?;
        // The API server answers 401 `Invalid authentication data`, and logs the reason.
        let prefix = if kind == TokenKind::User { "" } else { "authentication failed: " };
        Some(("kuma-cp", format!("{prefix}{words}")))
    }

    fn words(&self) -> Option<String> {
        let unparsed = |text: &str| format!("could not parse token: {text}");
        let key_function = |text: &str| {
            unparsed(&format!("token is unverifiable: error while executing keyfunc: {text}"))
        };
        Some(match self {
            Self::Malformed(MalformedToken::Segments) => {
                unparsed("token is malformed: token contains an invalid number of segments")
            }
            Self::Malformed(MalformedToken::Base64 { part, at }) => unparsed(&format!(
                "token is malformed: could not base64 decode {part}: illegal base64 data at input byte {at}"
            )),
            Self::Malformed(MalformedToken::Json { part }) => {
                unparsed(&format!("token is malformed: could not JSON decode {part}: ..."))
            }
            Self::AlgorithmUnknown { algorithm: None } => {
                unparsed("token is unverifiable: signing method (alg) is unspecified")
            }
            Self::AlgorithmUnknown { .. } => {
                unparsed("token is unverifiable: signing method (alg) is unavailable")
            }
            Self::AlgorithmUnsupported { algorithm } if algorithm == "HS256" => {
                key_function("not supported")
            }
            Self::AlgorithmUnsupported { algorithm } => key_function(&format!(
                "unsupported token alg {algorithm}. Allowed algorithms are RS256 and &{{HS256 SHA-256}}"
            )),
            Self::KeyIdMissing => key_function("JWT token must have kid header"),
            Self::KeyIdNotText => key_function("JWT token kid header must be a string"),
            Self::KeyIdUnknown { key_id, .. } => format!(
                "there is no signing key with KID {key_id}. GlobalSecret of name \"-{key_id}\" is not \
                 found. If signing key was rotated, regenerate the token"
            ),
            Self::SignatureInvalid => {
                unparsed("token signature is invalid: crypto/rsa: verification error")
            }
            Self::ClaimType { go, .. } => {
                unparsed(&format!("token is malformed: could not JSON decode claim: {go}"))
            }
            Self::Expired { .. } => unparsed("token has invalid claims: token is expired"),
            Self::NotYetValid { .. } => {
                "token is not yet valid: 'valid_from' date is in the future. Check if the system clock \
                 on the instance that issued the token is set correctly: token has invalid claims: \
                 token is not valid yet"
                    .to_owned()
            }
            Self::OtherName { proxy, token } => {
                format!("proxy name from requestor: {proxy} is different than in token: {token}")
            }
            Self::OtherMesh { proxy, token } => {
                format!("proxy mesh from requestor: {proxy} is different than in token: {token}")
            }
            Self::TagMissing { tag } => {
                format!("dataplane has no tag {tag:?} required by the token")
            }
            Self::TagNotAllowed { tag, value, allowed } => {
                let allowed: Vec<_> = allowed.iter().map(|value| format!("{value:?}")).collect();
                format!(
                    "dataplane contains tag {tag:?} with value {value:?} which is not allowed with this \
                     token. Allowed values in token are [{}]",
                    allowed.join(" ")
                )
            }
            Self::WorkloadMissing { .. } => {
                "dataplane has no workload label required by the token".to_owned()
            }
            Self::OtherWorkload { proxy, token } => format!(
                "dataplane workload {proxy:?} is not allowed with this token. Allowed workload in token \
                 is {token:?}"
            ),
            Self::WorkloadUnbound { proxy } => format!(
                "dataplane with \"kuma.io/workload\" label {proxy:?} derives its identity from the \
                 workload, so it requires a workload-bound token"
            ),
            Self::OtherZone { proxy, token } => {
                format!("zone from requestor: {proxy} is different than in token: {token}")
            }
            Self::OutOfScope { needed, scope } => format!(
                "token cannot be used to authenticate zone entity ({needed} is out of token's scope: \
                 [{}])",
                scope.join(" ")
            ),
            Self::NoScope { scope } => {
                return Self::OutOfScope { needed: "ingress", scope: scope.clone() }.words();
            }
            Self::LineBreak
            | Self::NeverExpires
            | Self::NoId
            | Self::NoName { .. }
            | Self::NoZone
            | Self::ZoneTokenForProxies => return None,
        })
    }
}
