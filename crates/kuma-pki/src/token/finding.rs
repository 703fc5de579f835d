//! The findings about a token, with the values that kuma-cp compares.

use std::collections::BTreeSet;
use std::fmt;

use super::decode::MalformedToken;
use crate::text::excerpt;

/// A reason for which kuma-cp rejects a token, or a warning.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// The text is not a token.
    Malformed(MalformedToken),
    /// The file has lines before or after the token.
    LineBreak,
    /// The header has no algorithm, or one that golang-jwt does not know.
    AlgorithmUnknown {
        /// The algorithm.
        algorithm: Option<String>,
    },
    /// An algorithm that kuma-cp does not accept.
    AlgorithmUnsupported {
        /// The algorithm.
        algorithm: String,
    },
    /// The header has no key ID.
    KeyIdMissing,
    /// The key ID is not a string.
    KeyIdNotText,
    /// The control plane has another key ID.
    KeyIdUnknown {
        /// The key ID in the token.
        key_id: String,
        /// The key ID in the control plane.
        known: String,
    },
    /// Another key made the signature.
    SignatureInvalid,
    /// A claim has the wrong type.
    ClaimType {
        /// The claim.
        claim: &'static str,
        /// Go's error message.
        go: String,
    },
    /// The token has expired.
    Expired {
        /// The expiry, in RFC 3339.
        at: String,
    },
    /// The token is not valid yet.
    NotYetValid {
        /// nbf, in RFC 3339.
        from: String,
    },
    /// The token never expires.
    NeverExpires,
    /// The token has no ID.
    NoId,
    /// The token names no proxy.
    NoName {
        /// The mesh to which it is bound, if any.
        mesh: String,
        /// Whether it is bound to tags or a workload.
        is_bound: bool,
    },
    /// The token is for another proxy.
    OtherName {
        /// The name of the proxy.
        proxy: String,
        /// The name in the token.
        token: String,
    },
    /// The token is for another mesh.
    OtherMesh {
        /// The mesh of the proxy.
        proxy: String,
        /// The mesh in the token.
        token: String,
    },
    /// The proxy lacks a tag.
    TagMissing {
        /// The tag.
        tag: String,
    },
    /// The proxy has a value of a tag that the token does not allow.
    TagNotAllowed {
        /// The tag.
        tag: String,
        /// The value.
        value: String,
        /// The allowed values.
        allowed: BTreeSet<String>,
    },
    /// The proxy lacks the label of a workload.
    WorkloadMissing {
        /// The workload in the token.
        token: String,
    },
    /// The token is for another workload.
    OtherWorkload {
        /// The workload of the proxy.
        proxy: String,
        /// The workload in the token.
        token: String,
    },
    /// The proxy has a workload to which the token is not bound.
    WorkloadUnbound {
        /// The workload of the proxy.
        proxy: String,
    },
    /// The token is for another zone.
    OtherZone {
        /// The zone of the proxy.
        proxy: String,
        /// The zone in the token.
        token: String,
    },
    /// The token is for every zone.
    NoZone,
    /// The token is not for this kind of proxy.
    OutOfScope {
        /// The scope that is needed.
        needed: &'static str,
        /// The scopes in the token.
        scope: Vec<String>,
    },
    /// The token is for no kind of zone proxy.
    NoScope {
        /// The scopes in the token.
        scope: Vec<String>,
    },
    /// A data plane proxy can use a zone token.
    ZoneTokenForProxies,
}

/// Escapes and shortens text from the token.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::LineBreak => f.write_str("the file holds more than one line"),
            Self::AlgorithmUnknown { algorithm: None } => {
                f.write_str("the header names no algorithm (alg)")
            }
            Self::AlgorithmUnknown { algorithm: Some(algorithm) } => {
                write!(f, "the algorithm {:?} does not exist", excerpt(algorithm))
            }
            Self::AlgorithmUnsupported { algorithm } => {
                write!(f, "the algorithm is {}, and Kuma takes RS256 only", excerpt(algorithm))
            }
            Self::KeyIdMissing => f.write_str("the header names no key (kid)"),
            Self::KeyIdNotText => f.write_str("the key ID (kid) in the header is not a string"),
            Self::KeyIdUnknown { key_id, known } => write!(
                f,
                "the token is signed with key {:?}, and the control plane knows {:?}",
                excerpt(key_id),
                excerpt(known)
            ),
            Self::SignatureInvalid => f.write_str("the signature does not match the public key"),
            Self::ClaimType { claim, .. } => write!(f, "the claim {claim} has the wrong type"),
            Self::Expired { at } => write!(f, "expired at {at}"),
            Self::NotYetValid { from } => write!(f, "not valid before {from}"),
            Self::NeverExpires => f.write_str("the token never expires"),
            Self::NoId => f.write_str("the token has no ID (jti), and cannot be revoked"),
            Self::NoName { mesh, is_bound } => {
                let bound = if *is_bound { " with these tags or this workload" } else { "" };
                match mesh.as_str() {
                    "" => write!(f, "any data plane proxy{bound} can use it, in every mesh"),
                    mesh => {
                        write!(f, "any data plane proxy{bound} in mesh {} can use it", excerpt(mesh))
                    }
                }
            }
            Self::OtherName { proxy, token } => {
                write!(f, "the token is for {}, and the proxy is {}", excerpt(token), excerpt(proxy))
            }
            Self::OtherMesh { proxy, token } => write!(
                f,
                "the token is for mesh {}, and the proxy is in mesh {}",
                excerpt(token),
                excerpt(proxy)
            ),
            Self::TagMissing { tag } => {
                write!(f, "the token requires the tag {}, which the proxy lacks", excerpt(tag))
            }
            Self::TagNotAllowed { tag, value, allowed } => {
                let allowed: Vec<_> = allowed.iter().map(|value| excerpt(value)).collect();
                write!(
                    f,
                    "the proxy has {}={}, and the token allows {}",
                    excerpt(tag),
                    excerpt(value),
                    allowed.join(", ")
                )
            }
            Self::WorkloadMissing { token } => write!(
                f,
                "the token is for workload {}, and the proxy has no label kuma.io/workload",
                excerpt(token)
            ),
            Self::OtherWorkload { proxy, token } => write!(
                f,
                "the token is for workload {}, and the proxy is of workload {}",
                excerpt(token),
                excerpt(proxy)
            ),
            Self::WorkloadUnbound { proxy } => write!(
                f,
                "the token is not bound to workload {}, which a MeshIdentity whose path uses the \
                 workload requires",
                excerpt(proxy)
            ),
            Self::OtherZone { proxy, token } => write!(
                f,
                "the token is for zone {}, and the proxy is in zone {}",
                excerpt(token),
                excerpt(proxy)
            ),
            Self::NoZone => f.write_str("the token names no zone, and works in every zone"),
            Self::OutOfScope { needed, scope } => {
                write!(f, "the scope has no {needed}: {}", list(scope))
            }
            Self::NoScope { scope } => {
                write!(f, "the scope has neither ingress nor egress: {}", list(scope))
            }
            Self::ZoneTokenForProxies => f.write_str(
                "any data plane proxy can use this zone token as its own if one key signs both kinds",
            ),
        }
    }
}

fn list(scope: &[String]) -> String {
    if scope.is_empty() {
        return "it is empty".to_owned();
    }
    scope.iter().map(|one| excerpt(one)).collect::<Vec<_>>().join(", ")
}
