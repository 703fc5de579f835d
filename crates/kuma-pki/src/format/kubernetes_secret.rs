//! A Kubernetes Secret (core/v1), as `kubectl get secret -o yaml` or `-o json` prints it.

mod read;
mod write;

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

pub use self::read::{decode, decode_all, is_manifest};
pub use self::write::{SecretMetadata, encode};
use crate::text::{beginning, excerpt};

/// The contents of a Secret. Its data are wiped when it is dropped.
#[derive(Clone, Eq, PartialEq)]
pub struct KubernetesSecret {
    /// metadata.name; empty if it has none.
    pub name: String,
    /// metadata.namespace.
    pub namespace: Option<String>,
    /// `type`, if it has one.
    pub secret_type: Option<String>,
    /// Every key with its bytes.
    pub data: BTreeMap<String, Zeroizing<Vec<u8>>>,
    /// The keys of `data` whose value is not Base64, so that the API server would refuse them.
    pub unreadable: Vec<String>,
}

impl KubernetesSecret {
    /// Returns `NAMESPACE/NAME`, or the name alone, escaped and without the end of long ones.
    #[must_use]
    pub fn full_name(&self) -> String {
        match &self.namespace {
            Some(namespace) => excerpt(&format!("{}/{}", beginning(namespace), self.name)),
            None => excerpt(&self.name),
        }
    }

    /// Returns whether its type is `kubernetes.io/tls`, which `kubectl create secret tls` and cert-manager
    /// write.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.secret_type.as_deref() == Some("kubernetes.io/tls")
    }

    /// Returns whether there is a value for a key, readable or not.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.data.contains_key(key) || self.unreadable.iter().any(|name| name == key)
    }
}

/// The error of a text that is not a Secret. No variant holds a part of the text that could be octets of a key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The values are longer than a Secret can be.
    #[error("its data are longer than 1 MiB, which no Secret can hold")]
    TooLong,
    /// Something occurs twice.
    #[error("line {line} names a key for the second time")]
    DuplicateKey {
        /// Where, counted from 1.
        line: u64,
    },
    /// A version of the API in which there are no Secrets.
    #[error("its apiVersion is {version}, and that of a Secret is v1")]
    ApiVersion {
        /// Which.
        version: String,
    },
    /// An object of the External Secrets Operator.
    #[error("it is an ExternalSecret, which only says where the values come from")]
    External,
    /// Another kind of object.
    #[error("it is a {kind}, not a Secret")]
    Kind {
        /// Which.
        kind: String,
    },
    /// Neither YAML nor JSON, or not an object of Kubernetes.
    #[error("it cannot be read as YAML or JSON of an object of Kubernetes{}", at(*line))]
    Malformed {
        /// Where, counted from 1, if that is known.
        line: Option<u64>,
    },
    /// A list without a Secret.
    #[error("there is no Secret in it")]
    None,
    /// An object of Bitnami's Sealed Secrets.
    #[error("it is a SealedSecret, whose values only its controller can decrypt")]
    Sealed,
    /// More than one Secret.
    #[error("it holds {count} Secrets")]
    Several {
        /// How many.
        count: usize,
    },
    /// Values that SOPS encrypted.
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
