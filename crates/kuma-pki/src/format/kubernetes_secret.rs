//! A Kubernetes Secret (core/v1), as `kubectl get secret -o yaml` or `-o json` prints it.

mod read;
mod values;
mod write;

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

pub use self::read::{decode, decode_all, is_manifest};
pub(crate) use self::values::{Value, Values};
pub use self::write::{SecretMetadata, encode};
use crate::text::{beginning, excerpt};

/// The contents of a Secret. The data is wiped when dropped.
#[derive(Clone, Eq, PartialEq)]
pub struct KubernetesSecret {
    /// metadata.name; empty if absent.
    pub name: String,
    /// metadata.namespace.
    pub namespace: Option<String>,
    /// `type`.
    pub secret_type: Option<String>,
    /// The keys with their decoded values.
    pub data: BTreeMap<String, Zeroizing<Vec<u8>>>,
    /// The keys of `data` whose value is not Base64, for which the API server rejects the Secret.
    pub unreadable: Vec<String>,
}

impl KubernetesSecret {
    /// Returns `NAMESPACE/NAME`, or the name alone, escaped and truncated for display.
    #[must_use]
    pub fn full_name(&self) -> String {
        match &self.namespace {
            Some(namespace) => excerpt(&format!("{}/{}", beginning(namespace), self.name)),
            None => excerpt(&self.name),
        }
    }

    /// Returns whether the type is `kubernetes.io/tls`, as from `kubectl create secret tls` and cert-manager.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.secret_type.as_deref() == Some("kubernetes.io/tls")
    }

    /// Returns whether a key has a value, readable or not.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.data.contains_key(key) || self.unreadable.iter().any(|name| name == key)
    }
}

/// The error of a text that is not a Secret. It quotes nothing from the text that could be bytes of a key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum SecretError {
    /// The values exceed the size limit.
    #[error("its data exceeds 1 MiB, the limit of a Secret")]
    TooLong,
    /// A duplicate key.
    #[error("line {line} has a duplicate key")]
    DuplicateKey {
        /// The line, counted from 1.
        line: u64,
    },
    /// An apiVersion other than v1.
    #[error("its apiVersion is {version}, but a Secret has v1")]
    ApiVersion { version: String },
    /// An object of the External Secrets Operator.
    #[error("it is an ExternalSecret, which has no values but only their source")]
    External,
    /// Another kind of object.
    #[error("it is a {kind}, not a Secret")]
    Kind { kind: String },
    /// Neither YAML nor JSON, or not a Kubernetes object.
    #[error("it is not a Kubernetes object in YAML or JSON{}", at(*line))]
    Malformed {
        /// The line, counted from 1, if known.
        line: Option<u64>,
    },
    /// A list without a Secret.
    #[error("it has no Secret")]
    None,
    /// An object of Bitnami's Sealed Secrets.
    #[error("it is a SealedSecret, whose values only its controller can decrypt")]
    Sealed,
    /// More than one Secret.
    #[error("it holds {count} Secrets")]
    Several { count: usize },
    /// Values encrypted with SOPS.
    #[error("its values are encrypted with SOPS")]
    Sops,
}

fn at(line: Option<u64>) -> String {
    line.map(|line| format!(" (line {line})")).unwrap_or_default()
}

impl From<serde_saphyr::Error> for SecretError {
    fn from(error: serde_saphyr::Error) -> Self {
        let line = error.location().map(|location| location.line());
        match error {
            serde_saphyr::Error::DuplicateMappingKey { .. } => {
                Self::DuplicateKey { line: line.unwrap_or(1) }
            }
            _ => Self::Malformed { line },
        }
    }
}

impl fmt::Debug for KubernetesSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.data.keys().collect();
        f.debug_struct("KubernetesSecret")
            .field("name", &self.name)
            .field("namespace", &self.namespace)
            .field("data", &keys)
            .finish()
    }
}
