//! From certificates that exist to the specification that would make such ones.

use serde::Serialize;
use x509_parser::extensions::GeneralName;

use super::TYPES;
use crate::encode::yaml;
use crate::error::Error;
use crate::key::KeyAlgorithm;
use crate::request::ExtendedKeyUsage;
use crate::x509::{self, SubjectKey};

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
    valid_for: String,
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
/// [`Error::CertificateEncoding`] if it cannot be read.
pub fn describe(name: &str, der: &[u8]) -> Result<Described, Error> {
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
    let hours = (validity.not_after - validity.not_before).whole_hours();
    Ok(Described {
        name: name.to_owned(),
        usage: TYPES.iter().find(|(_, known)| Some(*known) == usage).map(|(name, _)| *name),
        hostnames: x509::subject_alt_names(&certificate).iter().filter_map(hostname).collect(),
        key_type: key_type(x509::subject_key(&certificate)),
        valid_for: format!("{hours}h"),
        artefacts: Vec::new(),
        namespace: None,
        secret_name: None,
    })
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
