//! Names in Kubernetes, as the API server checks them.

use std::fmt;

use crate::name::SubjectAltName;
use crate::text::beginning;

/// A Service, by its name and its namespace.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceName {
    name: String,
    namespace: String,
}

/// A text that does not name a Service.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceNameError {
    /// The beginning of what was typed.
    pub input: String,
    /// What is wrong with it, to follow the input.
    pub reason: &'static str,
    /// What was probably meant.
    pub meant: Option<String>,
}

/// The name of an object such as a Secret: a DNS subdomain (RFC 1123), at most 253 characters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ObjectName(String);

/// The name of a namespace: a DNS label (RFC 1123), at most 63 characters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Namespace(String);

/// A text that Kubernetes does not take for a name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("\"{}\" {reason}", input.escape_debug())]
pub struct ObjectNameError {
    /// The beginning of what was typed.
    pub input: String,
    /// What is wrong with it, to follow the input.
    pub reason: &'static str,
}

impl ObjectName {
    /// Reads a name.
    ///
    /// # Errors
    ///
    /// Anything but lower-case letters, digits, hyphens and dots in the places where they may be.
    pub fn parse(input: &str) -> Result<Self, ObjectNameError> {
        // Kubernetes, unlike DNS, sets no limit to what is between two dots.
        if input.len() <= 253 && input.split('.').all(is_unbounded_label) {
            return Ok(Self(input.to_owned()));
        }
        let reason = "is no name in Kubernetes: lower-case letters, digits, hyphens and dots, at \
                      most 253, with a letter or digit at both ends";
        Err(ObjectNameError { input: beginning(input), reason })
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Namespace {
    /// Reads a name.
    ///
    /// # Errors
    ///
    /// Anything but lower-case letters, digits and hyphens in the places where they may be.
    pub fn parse(input: &str) -> Result<Self, ObjectNameError> {
        if is_label(input) {
            return Ok(Self(input.to_owned()));
        }
        let reason = "is no namespace: lower-case letters, digits and hyphens, at most 63, with a \
                      letter or digit at both ends";
        Err(ObjectNameError { input: beginning(input), reason })
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads the key of an annotation. Kubernetes takes capitals in its domain, since it makes them small
/// before it looks (`ValidateAnnotations`); not so in that of a label.
///
/// # Errors
///
/// Anything that Kubernetes does not take for one.
pub fn check_annotation_key(key: &str) -> Result<(), ObjectNameError> {
    check_label_key(&key.to_lowercase())
        .map_err(|error| ObjectNameError { input: beginning(key), ..error })
}

/// Reads the key of a label, such as `app.kubernetes.io/name`.
///
/// # Errors
///
/// Anything that Kubernetes does not take for one.
pub fn check_label_key(key: &str) -> Result<(), ObjectNameError> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let is_good = !name.is_empty() && check_label_value(name).is_ok();
    if is_good && prefix.is_none_or(|prefix| ObjectName::parse(prefix).is_ok()) {
        return Ok(());
    }
    let reason = "is no key of a label or annotation: letters, digits, `-`, `_` and `.`, at most 63, \
                  perhaps behind a domain and `/`";
    Err(ObjectNameError { input: beginning(key), reason })
}

/// Reads the value of a label, which may be empty.
///
/// # Errors
///
/// Anything that Kubernetes does not take for one.
pub fn check_label_value(value: &str) -> Result<(), ObjectNameError> {
    let inside = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let edge = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    let is_good = value.len() <= 63
        && value.chars().all(inside)
        && edge(value.chars().next())
        && edge(value.chars().next_back());
    if is_good {
        return Ok(());
    }
    let reason = "is no value of a label: letters, digits, `-`, `_` and `.`, at most 63, with a \
                  letter or digit at both ends";
    Err(ObjectNameError { input: beginning(value), reason })
}

/// What may follow `NAME.NAMESPACE` in the name of a Service.
const SUFFIXES: [&str; 3] = [".svc.cluster.local", ".svc.cluster", ".svc"];

impl ServiceName {
    /// Reads `NAME.NAMESPACE`.
    ///
    /// # Errors
    ///
    /// Anything else, with what was probably meant.
    pub fn parse(input: &str) -> Result<Self, ServiceNameError> {
        let refuse = |reason, meant: Option<String>| {
            Err(ServiceNameError { input: beginning(input), reason, meant })
        };
        if let Some(bare) = SUFFIXES.iter().find_map(|suffix| input.strip_suffix(suffix)) {
            let meant = Self::parse(bare).ok().map(|service| service.to_string());
            return refuse("has more than the name and the namespace", meant);
        }
        let Some((name, namespace)) = input.split_once('.') else {
            let is_label = is_label(input);
            let meant = is_label.then(|| format!("{input}.kuma-system"));
            return refuse("has no namespace", meant);
        };
        if !is_label(name) || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            return refuse(
                "does not start with the name of a Service: lower-case letters, digits and \
                 hyphens, at most 63, the first a letter",
                None,
            );
        }
        if !is_label(namespace) {
            return refuse(
                "does not end with the name of a namespace: lower-case letters, digits and \
                 hyphens, at most 63",
                None,
            );
        }
        Ok(Self { name: name.to_owned(), namespace: namespace.to_owned() })
    }

    /// The name, without the namespace.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names by which clients in the cluster can reach the Service, those of [`Self::dialled`]
    /// first; the chart's cert-manager certificate has all three.
    #[must_use]
    pub fn subject_alt_names(&self) -> Vec<SubjectAltName> {
        self.names(&["", ".svc", ".svc.cluster.local"])
    }

    /// The names that are dialled in a cluster with Kuma: by data plane proxies the first, by the API
    /// server's webhooks the second (`pkg/plugins/runtime/k8s/plugin.go`).
    #[must_use]
    pub fn dialled(&self) -> Vec<SubjectAltName> {
        self.names(&["", ".svc"])
    }

    fn names(&self, suffixes: &[&str]) -> Vec<SubjectAltName> {
        suffixes
            .iter()
            .filter_map(|suffix| SubjectAltName::parse(&format!("{self}{suffix}")).ok())
            .collect()
    }
}

/// A DNS label (RFC 1123), as Kubernetes checks names.
fn is_label(text: &str) -> bool {
    text.len() <= 63 && is_unbounded_label(text)
}

fn is_unbounded_label(text: &str) -> bool {
    let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(inside) && !text.starts_with('-') && !text.ends_with('-')
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.name, self.namespace)
    }
}

impl fmt::Display for ServiceNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" {}", self.input.escape_debug(), self.reason)
    }
}

impl std::error::Error for ServiceNameError {}
