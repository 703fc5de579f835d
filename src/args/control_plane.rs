//! The control plane that something is made for: its namespace, its Service, its Secrets.

use kuma_pki::{Namespace, ObjectName, ServiceName};

use crate::report::failure::Failure;

/// The names that Kuma's documentation uses.
pub(crate) const NAMESPACE: &str = "kuma-system";
/// The Service of Kuma's chart.
const SERVICE: &str = "kuma-control-plane";
/// The Secret of the general certificate.
pub(crate) const GENERAL_SECRET: &str = "general-tls-certs";

/// The flags that name the Service for whose names a certificate is made. Without a default of clap's, so
/// that it is known which of them were given.
#[derive(clap::Args)]
pub(crate) struct ServiceArgs {
    /// Namespace of the control plane [default: kuma-system]
    #[arg(long, short, value_parser = namespace)]
    pub(crate) namespace: Option<Namespace>,

    /// Service of the control plane, whose names the certificate has [default: kuma-control-plane]
    #[arg(long = "service", value_name = "NAME")]
    pub(crate) service_name: Option<String>,
}

impl ServiceArgs {
    /// The Service.
    ///
    /// # Errors
    ///
    /// A text that is no name of a Service.
    pub(crate) fn read(&self) -> Result<ServiceName, Failure> {
        service(self.service_name.as_deref(), &self.namespace())
    }

    /// The namespace.
    pub(crate) fn namespace(&self) -> Namespace {
        self.namespace.clone().unwrap_or_else(default_namespace)
    }
}

/// The namespace into which Kuma is installed without a word.
pub(crate) fn default_namespace() -> Namespace {
    Namespace::parse(NAMESPACE).expect("a namespace")
}

/// The namespace, unless it is the one into which Kuma is installed without a word.
pub(crate) fn other_namespace(namespace: Namespace) -> Option<Namespace> {
    Some(namespace).filter(|namespace| namespace.as_str() != NAMESPACE)
}

/// The Service, unless it has the name that Kuma's chart gives it.
pub(crate) fn other_service(service: ServiceName) -> Option<ServiceName> {
    Some(service).filter(|service| service.name() != SERVICE)
}

/// The Secret of the general certificate, if no other is named.
pub(crate) fn general_secret() -> ObjectName {
    ObjectName::parse(GENERAL_SECRET).expect("a name")
}

/// Reads the value of a flag that names an object.
///
/// # Errors
///
/// What Kubernetes would not take.
pub(crate) fn object_name(text: &str) -> Result<ObjectName, String> {
    ObjectName::parse(text).map_err(|error| error.reason.to_owned())
}

/// Reads the value of `--namespace`.
///
/// # Errors
///
/// What Kubernetes would not take.
pub(crate) fn namespace(text: &str) -> Result<Namespace, String> {
    Namespace::parse(text).map_err(|error| error.reason.to_owned())
}

/// A Service in a namespace; Kuma's without a name.
///
/// # Errors
///
/// A text that is no name of a Service.
pub(crate) fn service(name: Option<&str>, namespace: &Namespace) -> Result<ServiceName, Failure> {
    let name = name.unwrap_or(SERVICE);
    ServiceName::parse(&format!("{name}.{}", namespace.as_str())).map_err(|error| {
        Failure::usage(format!("--service: {error}"))
            .hint(format!("--service={SERVICE}, the name of the Service alone"))
    })
}
