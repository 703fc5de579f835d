//! The names of a Kubernetes Service.

use std::fmt;

use crate::name::SubjectAltName;

/// A Service, by its name and its namespace.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceName {
    name: String,
    namespace: String,
}

/// A text that does not name a Service.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceNameError {
    /// What was typed.
    pub input: String,
    /// What is wrong with it, to follow the input.
    pub reason: &'static str,
    /// What was probably meant.
    pub meant: Option<String>,
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
            Err(ServiceNameError { input: input.to_owned(), reason, meant })
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

    /// The names by which clients in the cluster reach the Service: data plane proxies use the
    /// first, the API server's webhooks the second (`pkg/plugins/runtime/k8s/plugin.go`), and the
    /// chart's cert-manager certificate has all three.
    #[must_use]
    pub fn subject_alt_names(&self) -> Vec<SubjectAltName> {
        ["", ".svc", ".svc.cluster.local"]
            .iter()
            .filter_map(|suffix| SubjectAltName::parse(&format!("{self}{suffix}")).ok())
            .collect()
    }
}

/// A DNS label (RFC 1123), as Kubernetes checks names.
fn is_label(text: &str) -> bool {
    let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&text.len())
        && text.chars().all(inside)
        && !text.starts_with('-')
        && !text.ends_with('-')
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
