//! Names of Kubernetes objects, validated as the API server does.

use std::fmt;

use crate::name::SubjectAltName;
use crate::text::beginning;

/// The name and namespace of a Service.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceName {
    name: String,
    namespace: String,
}

/// The error of a text that is not the name of a Service.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("\"{}\" {reason}", input.escape_debug())]
pub struct ServiceNameError {
    /// The beginning of the input.
    pub input: String,
    /// The reason, as a fragment that follows the input.
    pub reason: &'static str,
    /// The name that was probably meant.
    pub meant: Option<String>,
}

/// The name of an object such as a Secret: a DNS subdomain (RFC 1123), at most 253 characters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ObjectName(String);

/// The name of a namespace: a DNS label (RFC 1123), at most 63 characters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Namespace(String);

/// The error of a name that Kubernetes rejects.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("\"{}\" {reason}", input.escape_debug())]
pub struct ObjectNameError {
    /// The beginning of the input.
    pub input: String,
    /// The reason, as a fragment that follows the input.
    pub reason: &'static str,
}

impl ObjectName {
    /// Parses a name.
    ///
    /// # Errors
    ///
    /// [`ObjectNameError`] for a text that is not a DNS subdomain of at most 253 characters.
    pub fn parse(input: &str) -> Result<Self, ObjectNameError> {
        // Kubernetes, unlike DNS, does not limit the length of a label here.
        if input.len() <= 253 && input.split('.').all(is_unbounded_label) {
            return Ok(Self(input.to_owned()));
        }
        let reason = "is not a valid Kubernetes name: use at most 253 lower-case letters, digits, hyphens \
                      and dots, with a letter or digit at both ends";
        Err(ObjectNameError { input: beginning(input), reason })
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Namespace {
    /// Parses a name.
    ///
    /// # Errors
    ///
    /// [`ObjectNameError`] for a text that is not a DNS label of at most 63 characters.
    pub fn parse(input: &str) -> Result<Self, ObjectNameError> {
        if is_label(input) {
            return Ok(Self(input.to_owned()));
        }
        let reason = "is not a valid namespace: use at most 63 lower-case letters, digits and hyphens, with a \
                      letter or digit at both ends";
        Err(ObjectNameError { input: beginning(input), reason })
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks the key of an annotation. Unlike in a label, capital letters are valid in its prefix: Kubernetes converts
/// the key to lower case first (`ValidateAnnotations`).
///
/// # Errors
///
/// [`ObjectNameError`] for a key that Kubernetes rejects.
pub fn check_annotation_key(key: &str) -> Result<(), ObjectNameError> {
    check_label_key(&key.to_lowercase())
        .map_err(|error| ObjectNameError { input: beginning(key), ..error })
}

/// Checks the key of a label, such as `app.kubernetes.io/name`.
///
/// # Errors
///
/// [`ObjectNameError`] for a key that Kubernetes rejects.
pub fn check_label_key(key: &str) -> Result<(), ObjectNameError> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let is_good = !name.is_empty() && check_label_value(name).is_ok();
    if is_good && prefix.is_none_or(|prefix| ObjectName::parse(prefix).is_ok()) {
        return Ok(());
    }
    let reason = "is not a valid key of a label or annotation: use at most 63 letters, digits, `-`, `_` and \
                  `.`, with an optional prefix such as example.com/";
    Err(ObjectNameError { input: beginning(key), reason })
}

/// Checks the value of a label, which may be empty.
///
/// # Errors
///
/// [`ObjectNameError`] for a value that Kubernetes rejects.
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
    let reason = "is not a valid value of a label: use at most 63 letters, digits, `-`, `_` and `.`, with a \
                  letter or digit at both ends";
    Err(ObjectNameError { input: beginning(value), reason })
}

/// The suffixes that DNS names of a Service have after `NAME.NAMESPACE`.
const SUFFIXES: [&str; 3] = [".svc.cluster.local", ".svc.cluster", ".svc"];

impl ServiceName {
    /// Parses `NAME.NAMESPACE`.
    ///
    /// # Errors
    ///
    /// [`ServiceNameError`] for any other text.
    pub fn parse(input: &str) -> Result<Self, ServiceNameError> {
        let error = |reason, meant: Option<String>| {
            Err(ServiceNameError { input: beginning(input), reason, meant })
        };
        if let Some(bare) = SUFFIXES.iter().find_map(|suffix| input.strip_suffix(suffix)) {
            let meant = Self::parse(bare).ok().map(|service| service.to_string());
            return error("has more than the name and the namespace", meant);
        }
        let Some((name, namespace)) = input.split_once('.') else {
            let is_label = is_label(input);
            let meant = is_label.then(|| format!("{input}.kuma-system"));
            return error("has no namespace", meant);
        };
        if !is_label(name) || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            return error(
                "does not start with a valid Service name: use at most 63 lower-case letters, digits and \
                 hyphens, beginning with a letter",
                None,
            );
        }
        if !is_label(namespace) {
            return error(
                "does not end with a valid namespace: use at most 63 lower-case letters, digits and \
                 hyphens",
                None,
            );
        }
        Ok(Self { name: name.to_owned(), namespace: namespace.to_owned() })
    }

    /// Returns the name without the namespace.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the DNS names of the Service in a cluster, those of [`Self::dialed_names`] first. The chart's
    /// cert-manager certificate has the same three.
    #[must_use]
    pub fn subject_alt_names(&self) -> Vec<SubjectAltName> {
        self.names(&["", ".svc", ".svc.cluster.local"])
    }

    /// Returns the names that Kuma's clients dial: data plane proxies the first, the API server for webhooks the second
    /// (`pkg/plugins/runtime/k8s/plugin.go`).
    #[must_use]
    pub fn dialed_names(&self) -> Vec<SubjectAltName> {
        self.names(&["", ".svc"])
    }

    fn names(&self, suffixes: &[&str]) -> Vec<SubjectAltName> {
        suffixes
            .iter()
            .filter_map(|suffix| SubjectAltName::parse(&format!("{self}{suffix}")).ok())
            .collect()
    }
}

/// Returns whether a text is a DNS label (RFC 1123).
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
