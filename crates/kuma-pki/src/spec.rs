//! A specification of many certificates, in YAML or JSON.
//!
//! A text that is not YAML, or that has fields or types of its own, is rejected at the first such place. In any
//! other, all wrong values are reported at once, each with its place.

mod describe;
mod read;
mod schema;
mod unreadable;

pub use self::describe::{SpecificationEntry, describe, encode, issued_by};
pub use crate::format::yaml::Place;
use crate::issue::{CaRequest, IssuanceRequest, IssueError};
use crate::key::KeyAlgorithm;
use crate::kubernetes::{Namespace, ObjectName};
use crate::name::SubjectAltName;
use crate::usage::ExtendedKeyUsage;
use crate::validity::ValidFor;

/// Many certificates that are wanted.
#[derive(Debug)]
pub struct Specification {
    /// The CA that signs; `None` lets every certificate be its own.
    pub issuer: Option<IssuerSpecification>,
    /// The certificates, in the order of the text; none has a name twice.
    pub certificates: Vec<CertificateSpecification>,
}

/// The CA of a specification.
#[derive(Debug)]
pub struct IssuerSpecification {
    /// The file of its certificate, and of those above it.
    pub cert_file: String,
    /// The file of its key.
    pub key_file: String,
    /// The CA to create if it has no certificate yet.
    pub create: Option<CaRequest>,
    /// Where it stands.
    pub place: Place,
}

/// A certificate of a specification, with the defaults filled in.
#[derive(Debug)]
pub struct CertificateSpecification {
    /// Its name, which is one of a directory, too: letters, digits, dots, hyphens and underscores.
    pub name: Box<str>,
    /// What the certificate is to be.
    pub request: IssuanceRequest,
    /// What is made beside `tls.crt`, `tls.key` and `ca.crt`.
    pub artefacts: Artefacts,
    /// Where it stands.
    pub place: Place,
}

/// What is made of a pair beside its PEM files.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Artefacts {
    /// The Secret with the pair and its CA.
    pub secret: Option<Box<SecretName>>,
    /// Whether the CA as one line of Base64 is made.
    pub bundle: bool,
}

/// The name of a Secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SecretName {
    /// metadata.name.
    pub name: ObjectName,
    /// metadata.namespace.
    pub namespace: Namespace,
}

/// Something in a specification that cannot be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SpecificationFault {
    /// Where.
    pub place: Place,
    /// What is wrong, as a fragment.
    pub text: String,
    /// What to write instead, where that is known.
    pub hint: Option<String>,
}

/// All that is wrong with a specification.
#[derive(Debug)]
pub struct SpecificationFaults {
    /// The faults, in the order of the text; at least one.
    pub faults: Vec<SpecificationFault>,
    /// How many more there are.
    pub more: usize,
    /// The CA, if nothing is wrong with it here.
    pub issuer: Option<Box<IssuerSpecification>>,
}

/// The values of `artefacts`. The PEM files are always made: the others are made from them.
pub const ARTEFACTS: [&str; 3] = ["pem", "secret", "bundle"];

/// The values of `type`.
pub const TYPES: [(&str, ExtendedKeyUsage); 2] =
    [("server", ExtendedKeyUsage::ServerAuth), ("client", ExtendedKeyUsage::ClientAuth)];

impl Specification {
    /// Reads a specification.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, SpecificationFaults> {
        read::specification(text)
    }
}

/// Faults as they are found. Only the first thousand are kept.
#[derive(Default)]
struct Faults {
    kept: Vec<SpecificationFault>,
    more: usize,
}

impl Faults {
    const MAX: usize = 1000;

    fn add(&mut self, place: Place, text: impl Into<String>, hint: Option<String>) {
        if self.kept.len() < Self::MAX {
            self.kept.push(SpecificationFault { place, text: text.into(), hint });
        } else {
            self.more += 1;
        }
    }
}

/// What one certificate, or `defaults`, says.
#[derive(Debug, Default)]
struct Settings {
    usage: Option<ExtendedKeyUsage>,
    names: Vec<SubjectAltName>,
    key_algorithm: Option<KeyAlgorithm>,
    valid_for: Option<ValidFor>,
    artefacts: Option<Wanted>,
    namespace: Option<Namespace>,
    secret_name: Option<ObjectName>,
    /// Fields of which something was told already; what is missing may be that.
    faulty: Vec<&'static str>,
}

/// Which artefacts were asked for.
#[derive(Clone, Copy, Debug, Default)]
struct Wanted {
    secret: bool,
    bundle: bool,
}

/// A field that a certificate needs and has not got.
struct Lack {
    field: &'static str,
    text: String,
    hint: &'static str,
}

impl Settings {
    /// The certificate that these settings make, with others for what is not said; or all that it lacks.
    fn resolve(
        self,
        name: &str,
        defaults: &Self,
    ) -> Result<(IssuanceRequest, Artefacts), Vec<Lack>> {
        let mut lacks = Vec::new();
        let usage = self.usage.or(defaults.usage);
        if usage.is_none() {
            let (field, text) = ("type", format!("{name} has no type"));
            let hint = "type: server, or type: client, here or in defaults";
            lacks.push(Lack { field, text, hint });
        }
        let mut names = self.names;
        names.extend(defaults.names.iter().cloned());
        let key_algorithm = self.key_algorithm.or(defaults.key_algorithm).unwrap_or_default();
        let valid_for = self.valid_for.or(defaults.valid_for);
        // For one without a type, another is as good: there is a fault then.
        let request = IssuanceRequest::new(
            usage.unwrap_or(ExtendedKeyUsage::ServerAuth),
            names,
            key_algorithm,
            valid_for,
        );
        let request = request.map_err(|error: IssueError| {
            let hint = "hostnames: [cp.example], or kubernetesService: NAME.NAMESPACE";
            lacks.push(Lack { field: "hostnames", text: format!("{name}: {error}"), hint });
        });
        let wanted = self.artefacts.or(defaults.artefacts).unwrap_or_default();
        let secret = wanted.secret.then(|| {
            let given = self.secret_name.or_else(|| defaults.secret_name.clone());
            let secret_name = match given.map_or_else(|| ObjectName::parse(name), Ok) {
                Ok(name) => Some(name),
                Err(error) => {
                    let text = format!("the Secret of {name}: {error}");
                    let hint = "secretName: a name of lower-case letters, digits, hyphens";
                    lacks.push(Lack { field: "secretName", text, hint });
                    None
                }
            };
            let namespace = self.namespace.or_else(|| defaults.namespace.clone());
            if namespace.is_none() {
                let text = format!("{name} has no namespace for its Secret");
                let hint = "namespace: kuma-system, here or in defaults";
                lacks.push(Lack { field: "namespace", text, hint });
            }
            Some(Box::new(SecretName { name: secret_name?, namespace: namespace? }))
        });
        match request {
            Ok(request) if lacks.is_empty() => {
                Ok((request, Artefacts { secret: secret.flatten(), bundle: wanted.bundle }))
            }
            _ => Err(lacks),
        }
    }
}
