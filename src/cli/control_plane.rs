//! The control plane that something is made for: its namespace, its Service, its Secrets.

use kumactl::{Namespace, ObjectName, ServiceName};

use super::exit::Failure;

/// The names that Kuma's documentation uses.
pub(super) const NAMESPACE: &str = "kuma-system";
/// The Service of Kuma's chart.
pub(super) const SERVICE: &str = "kuma-control-plane";
/// The Secret of the general certificate.
pub(super) const GENERAL_SECRET: &str = "general-tls-certs";

/// The flags that name the Service for whose names a certificate is made.
#[derive(clap::Args)]
pub(super) struct ServiceArgs {
    /// Namespace of the control plane
    #[arg(long, short, value_parser = namespace, default_value = NAMESPACE)]
    pub(super) namespace: Namespace,

    /// Service of the control plane, whose names the certificate has
    #[arg(long = "service", value_name = "NAME", default_value = SERVICE)]
    pub(super) service_name: String,
}

impl ServiceArgs {
    /// The Service.
    ///
    /// # Errors
    ///
    /// A text that is no name of a Service.
    pub(super) fn read(&self) -> Result<ServiceName, Failure> {
        service(&self.service_name, &self.namespace)
    }
}

/// Reads the value of a flag that names an object.
///
/// # Errors
///
/// What Kubernetes would not take.
pub(super) fn object_name(text: &str) -> Result<ObjectName, String> {
    ObjectName::parse(text).map_err(|error| error.reason.to_owned())
}

/// Reads the value of `--namespace`.
///
/// # Errors
///
/// What Kubernetes would not take.
pub(super) fn namespace(text: &str) -> Result<Namespace, String> {
    Namespace::parse(text).map_err(|error| error.reason.to_owned())
}

/// A Service in a namespace.
///
/// # Errors
///
/// A text that is no name of a Service.
pub(super) fn service(name: &str, namespace: &Namespace) -> Result<ServiceName, Failure> {
    ServiceName::parse(&format!("{name}.{}", namespace.as_str())).map_err(|error| {
        Failure::usage(format!("--service: {error}"))
            .hint(format!("--service={SERVICE}, the name of the Service alone"))
    })
}
