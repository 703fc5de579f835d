//! From certificates that exist to the specification that would make such ones.

use serde::Serialize;
use x509_parser::extensions::GeneralName;

use super::TYPES;
use crate::format::yaml;
use crate::key::KeyAlgorithm;
use crate::usage::ExtendedKeyUsage;
use crate::x509::signature;
use crate::x509::{self, ParseError, SubjectKey};

/// A certificate of a specification, as it is written.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Described {
    name: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    usage: Option<&'static str>,
    hostnames: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_for: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    artefacts: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_name: Option<String>,
}

#[derive(Serialize)]
struct Whole<'a> {
    certificates: &'a [Described],
}

/// What a specification would say of a certificate.
///
/// # Errors
///
/// [`ParseError`] if it cannot be read.
pub fn describe(name: &str, der: &[u8]) -> Result<Described, ParseError> {
    let certificate = x509::parse(1, der)?;
    let allows = |wanted: &str| {
        let usage = x509::extended_key_usage(&certificate);
        usage.is_some_and(|usage| usage.iter().any(|one| one == wanted))
    };
    let usage = [
        ("serverAuth", ExtendedKeyUsage::ServerAuth),
        ("clientAuth", ExtendedKeyUsage::ClientAuth),
    ]
    .into_iter()
    .find(|(name, _)| allows(name))
    .map(|(_, usage)| usage);
    let validity = x509::validity(&certificate);
    let seconds = (validity.not_after - validity.not_before).whole_seconds();
    Ok(Described {
        name: name.to_owned(),
        usage: TYPES.iter().find(|(_, known)| Some(*known) == usage).map(|(name, _)| *name),
        hostnames: x509::subject_alt_names(&certificate).iter().filter_map(hostname).collect(),
        key_type: key_type(x509::subject_key(&certificate)),
        valid_for: (seconds > 0).then(|| duration(seconds)),
        artefacts: Vec::new(),
        namespace: None,
        secret_name: None,
    })
}

/// A duration in the largest unit that leaves nothing over.
fn duration(seconds: i64) -> String {
    match seconds {
        seconds if seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

/// The name of the CA that issued a certificate; `None` if it issued itself.
///
/// # Errors
///
/// [`ParseError`] if it cannot be read.
pub fn issued_by(der: &[u8]) -> Result<Option<String>, ParseError> {
    let certificate = x509::parse(1, der)?;
    let is_own = signature::is_self_signed(&certificate);
    Ok((!is_own).then(|| x509::name(certificate.issuer())))
}

/// Whether a certificate ends when one of these does, as one that ends with its CA.
fn ends_with(der: &[u8], cas: &[Vec<u8>]) -> bool {
    let end = |der: &[u8]| x509::parse(1, der).ok().map(|one| x509::validity(&one).not_after);
    cas.iter().any(|ca| ca != der && end(ca).is_some() && end(ca) == end(der))
}

fn hostname(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(text) | GeneralName::URI(text) => Some((*text).to_owned()),
        GeneralName::IPAddress(octets) => x509::ip_address(octets).map(|ip| ip.to_string()),
        _ => None,
    }
}

/// The name of a type of key that we make.
fn key_type(key: SubjectKey) -> Option<&'static str> {
    let text = key.to_string();
    let known = KeyAlgorithm::ALL.iter().find(|algorithm| algorithm.description() == text);
    known.map(|algorithm| algorithm.names()[0])
}

impl Described {
    /// The same, of a certificate that ends with its CA if no other time was asked for.
    #[must_use]
    pub fn within_life_of(mut self, der: &[u8], cas: &[Vec<u8>]) -> Self {
        self.valid_for = self.valid_for.filter(|_| !ends_with(der, cas));
        self
    }

    /// The same, with the CA as one line of Base64.
    #[must_use]
    pub fn with_bundle(mut self) -> Self {
        self.artefacts.push("bundle");
        self
    }

    /// The same, with a Secret of this name.
    #[must_use]
    pub fn with_secret(mut self, name: String, namespace: Option<String>) -> Self {
        self.artefacts.push("secret");
        self.secret_name = Some(name).filter(|name| *name != self.name && !name.is_empty());
        self.namespace = namespace;
        self
    }
}

/// A specification of these certificates, as YAML.
#[must_use]
pub fn encode(certificates: &[Described]) -> String {
    yaml::document(&Whole { certificates }, 0).to_string()
}
