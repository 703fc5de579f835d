//! Writes a specification from existing certificates.

use serde::Serialize;
use x509_parser::extensions::GeneralName;

use super::TYPES;
use super::describe_token::TokenEntry;
use crate::format::yaml;
use crate::key::{KeyAlgorithm, KeyType};
use crate::usage::ExtendedKeyUsage;
use crate::x509::{self, Certificate};

/// A certificate of a specification to write.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SpecificationEntry {
    name: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    usage: Option<&'static str>,
    hostnames: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_for: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    artifacts: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_name: Option<String>,
}

#[derive(Serialize)]
struct SpecificationFile<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    certificates: &'a [SpecificationEntry],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tokens: &'a [TokenEntry],
}

/// Returns the entry of a specification that a certificate corresponds to.
#[must_use]
pub fn describe(name: &str, certificate: &Certificate) -> SpecificationEntry {
    let usages = [ExtendedKeyUsage::ServerAuth, ExtendedKeyUsage::ClientAuth];
    let usage = usages.into_iter().find(|usage| certificate.names_usage(*usage));
    let validity = certificate.validity();
    let seconds = (validity.not_after - validity.not_before).whole_seconds();
    SpecificationEntry {
        name: name.to_owned(),
        usage: TYPES.iter().find(|(_, known)| Some(*known) == usage).map(|(name, _)| *name),
        hostnames: certificate.subject_alt_names().iter().filter_map(hostname).collect(),
        key_type: key_type(certificate.key_type()),
        valid_for: (seconds > 0).then(|| duration(seconds)),
        artifacts: Vec::new(),
        namespace: None,
        secret_name: None,
    }
}

/// Returns a duration in the largest unit that divides it.
pub(super) fn duration(seconds: i64) -> String {
    match seconds {
        seconds if seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

/// Returns the name of the CA that issued a certificate; `None` if the certificate is self-signed.
#[must_use]
pub fn issued_by(certificate: &Certificate) -> Option<String> {
    (!certificate.is_self_signed()).then(|| certificate.issuer())
}

fn hostname(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(text) | GeneralName::URI(text) => Some((*text).to_owned()),
        GeneralName::IPAddress(octets) => x509::ip_address(octets).map(|ip| ip.to_string()),
        _ => None,
    }
}

/// Returns the name of a key type, if kumactl generates it.
fn key_type(key: KeyType) -> Option<&'static str> {
    let known = KeyAlgorithm::ALL.iter().find(|algorithm| algorithm.key_type() == key);
    known.map(|algorithm| algorithm.names()[0])
}

impl SpecificationEntry {
    /// Omits the lifetime if the certificate expires together with one of these CAs: without a requested
    /// lifetime, a new certificate expires with its CA.
    #[must_use]
    pub fn limited_by(mut self, certificate: &Certificate, cas: &[Certificate]) -> Self {
        let end = certificate.validity().not_after;
        let is_limit = |ca: &Certificate| ca != certificate && ca.validity().not_after == end;
        self.valid_for = self.valid_for.filter(|_| !cas.iter().any(is_limit));
        self
    }

    /// Adds the CA as one line of Base64.
    #[must_use]
    pub fn with_bundle(mut self) -> Self {
        self.artifacts.push("bundle");
        self
    }

    /// Adds a Secret with this name.
    #[must_use]
    pub fn with_secret(mut self, name: String, namespace: Option<String>) -> Self {
        self.artifacts.push("secret");
        self.secret_name = Some(name).filter(|name| *name != self.name && !name.is_empty());
        self.namespace = namespace;
        self
    }
}

/// Returns a specification of these certificates and tokens as YAML.
#[must_use]
pub fn encode(certificates: &[SpecificationEntry], tokens: &[TokenEntry]) -> String {
    yaml::document(&SpecificationFile { certificates, tokens }, 0).to_string()
}
