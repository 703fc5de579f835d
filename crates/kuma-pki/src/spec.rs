//! The specification of many certificates and tokens, in YAML or JSON.
//!
//! A structural error (bad syntax, an unknown field, a wrong type) is reported alone. In a well-structured text all
//! invalid values are reported at once, each with its line and column.

mod describe;
mod describe_token;
mod parse_error;
mod read;
mod resolve;
mod schema;
mod tokens;
mod values;

pub use self::describe::{SpecificationEntry, describe, encode, issued_by};
pub use self::describe_token::{TokenEntry, describe_token};
pub use crate::format::yaml::Position;
use crate::issue::{CaRequest, IssuanceRequest};
use crate::kubernetes::{Namespace, ObjectName};
use crate::token::{Claims, TokenKind};
use crate::usage::ExtendedKeyUsage;
use crate::validity::ValidFor;

/// A parsed specification.
#[derive(Debug)]
pub struct Specification {
    /// The CA that issues the certificates; with `None`, each certificate is self-signed.
    pub issuer: Option<IssuerSpecification>,
    /// The certificates, in the order of the text. Names are unique, ignoring case, also among the tokens.
    pub certificates: Vec<CertificateSpecification>,
    /// The signing keys, at most one for each kind of token.
    pub signing_keys: Vec<SigningKeySpecification>,
    /// The tokens, in the order of the text. There is a signing key for each.
    pub tokens: Vec<TokenSpecification>,
}

/// The CA of a specification.
#[derive(Debug)]
pub struct IssuerSpecification {
    /// The path of the CA certificate file, which may hold the CAs above it too.
    pub cert_file: String,
    /// The path of the CA key file.
    pub key_file: String,
    /// The CA to create if the certificate file does not exist.
    pub create: Option<CaRequest>,
    /// The position in the text.
    pub position: Position,
}

/// A certificate of a specification, with the defaults applied.
#[derive(Debug)]
pub struct CertificateSpecification {
    /// The name, which is also the name of the output directory: letters, digits, dots, hyphens and underscores.
    pub name: Box<str>,
    /// The request for the certificate.
    pub request: IssuanceRequest,
    /// The files in addition to `tls.crt`, `tls.key` and `ca.crt`.
    pub artifacts: Artifacts,
    /// The position in the text.
    pub position: Position,
}

/// A signing key of a specification.
#[derive(Debug)]
pub struct SigningKeySpecification {
    /// The kind of the tokens that it signs.
    pub kind: TokenKind,
    /// The path of the key file.
    pub key_file: String,
    /// The ID under which the control plane knows the key (`kid`).
    pub key_id: String,
    /// The position in the text.
    pub position: Position,
}

/// A token of a specification, with the defaults applied.
#[derive(Debug)]
pub struct TokenSpecification {
    /// The name, which is also the name of the output directory, as that of a certificate.
    pub name: Box<str>,
    /// The claims, which a bearer can meet.
    pub claims: Claims,
    /// The lifetime.
    pub valid_for: ValidFor,
    /// The position in the text.
    pub position: Position,
}

/// The files that are made from a certificate, its key and its CA.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Artifacts {
    /// The Secret with the certificate, its key and its CA.
    pub secret: Option<Box<SecretName>>,
    /// Whether to write the CA as one line of Base64.
    pub bundle: bool,
}

/// The name and namespace of a Secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SecretName {
    /// metadata.name.
    pub name: ObjectName,
    /// metadata.namespace.
    pub namespace: Namespace,
}

/// An error in a specification.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SpecificationError {
    /// The position in the text.
    pub position: Position,
    /// The error, as a lower-case fragment.
    pub text: String,
    /// The fix, if it is known.
    pub hint: Option<String>,
}

/// The errors of a specification.
#[derive(Debug)]
pub struct SpecificationErrors {
    /// The errors in the order of the text: at least one, at most 1000.
    pub errors: Vec<SpecificationError>,
    /// The number of further errors.
    pub more: usize,
    /// The CA, if its fields are valid.
    pub issuer: Option<Box<IssuerSpecification>>,
}

/// The values of the field `artifacts`. `pem` is always implied, because the other files are made from it.
pub const ARTIFACTS: [&str; 3] = ["pem", "secret", "bundle"];

/// The values of the field `type`.
pub const TYPES: [(&str, ExtendedKeyUsage); 2] =
    [("server", ExtendedKeyUsage::ServerAuth), ("client", ExtendedKeyUsage::ClientAuth)];

impl Specification {
    /// Parses a specification.
    ///
    /// # Errors
    ///
    /// [`SpecificationErrors`] with the structural error, or with every invalid value.
    pub fn parse(text: &str) -> Result<Self, SpecificationErrors> {
        read::specification(text)
    }
}

/// The errors found so far. Those beyond the first thousand are only counted.
#[derive(Default)]
struct ErrorList {
    kept: Vec<SpecificationError>,
    more: usize,
}

impl ErrorList {
    const MAX: usize = 1000;

    fn append(&mut self, other: Self) {
        let kept = self.kept.len() + other.kept.len();
        self.kept.extend(other.kept);
        self.kept.truncate(Self::MAX);
        self.more += other.more + kept - self.kept.len();
    }

    fn add(&mut self, position: Position, text: impl Into<String>, hint: Option<String>) {
        if self.kept.len() < Self::MAX {
            self.kept.push(SpecificationError { position, text: text.into(), hint });
        } else {
            self.more += 1;
        }
    }
}
