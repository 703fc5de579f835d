//! The flags that name a control plane's namespace, Service and Secret.

use kuma_pki::{Namespace, ObjectName, ServiceName};

use crate::report::failure::Failure;

/// The namespace in Kuma's documentation and chart.
pub(crate) const NAMESPACE: &str = "kuma-system";
/// The Service of Kuma's chart.
const SERVICE: &str = "kuma-control-plane";
/// The Secret of the general certificate.
pub(crate) const GENERAL_SECRET: &str = "general-tls-certs";

/// The flags that name the control plane's Service. They have no default for clap, so that a command knows
/// whether they are given.
#[derive(clap::Args)]
pub(crate) struct ServiceArgs {
    /// Namespace of the control plane [default: kuma-system]
    #[arg(long, short, value_parser = namespace)]
    pub(crate) namespace: Option<Namespace>,

    /// Service of the control plane; the certificate gets its names [default: kuma-control-plane]
    #[arg(long = "service", value_name = "NAME")]
    pub(crate) service_name: Option<String>,
}

/// The flag that names the Secret of the general certificate.
#[derive(clap::Args)]
pub(crate) struct SecretArgs {
    /// Name of the Secret for the certificate [default: general-tls-certs]
    #[arg(long, value_name = "NAME", value_parser = object_name)]
    pub(crate) secret_name: Option<ObjectName>,
}

impl SecretArgs {
    /// Returns the name of the Secret.
    pub(crate) fn name(&self) -> ObjectName {
        self.secret_name.clone().unwrap_or_else(general_secret)
    }
}

impl ServiceArgs {
    /// Returns the Service.
    pub(crate) fn read(&self) -> Result<ServiceName, Failure> {
        service(self.service_name.as_deref(), &self.namespace())
    }

    /// Returns the namespace.
    pub(crate) fn namespace(&self) -> Namespace {
        self.namespace.clone().unwrap_or_else(default_namespace)
    }
}

/// Returns the default namespace of Kuma.
pub(crate) fn default_namespace() -> Namespace {
    Namespace::parse(NAMESPACE).expect("a namespace")
}

/// Returns the namespace, unless it is the default of Kuma.
pub(crate) fn other_namespace(namespace: Namespace) -> Option<Namespace> {
    Some(namespace).filter(|namespace| namespace.as_str() != NAMESPACE)
}

/// Returns the Service, unless it is the default of Kuma's chart.
pub(crate) fn other_service(service: ServiceName) -> Option<ServiceName> {
    Some(service).filter(|service| service.name() != SERVICE)
}

/// Returns the default Secret of the general certificate.
pub(crate) fn general_secret() -> ObjectName {
    ObjectName::parse(GENERAL_SECRET).expect("a name")
}

/// Parses the value of a flag that names a Kubernetes object.
pub(crate) fn object_name(text: &str) -> Result<ObjectName, String> {
    ObjectName::parse(text).map_err(|error| error.reason.to_owned())
}

/// Parses the value of `--namespace`.
pub(crate) fn namespace(text: &str) -> Result<Namespace, String> {
    Namespace::parse(text).map_err(|error| error.reason.to_owned())
}

/// Returns a Service in a namespace. Without a name, it is that of Kuma's chart.
pub(crate) fn service(name: Option<&str>, namespace: &Namespace) -> Result<ServiceName, Failure> {
    let name = name.unwrap_or(SERVICE);
    if name.is_empty() {
        let failure = Failure::usage("--service is empty");
        return Err(failure.hint(format!("pass the name of the Service: --service={SERVICE}")));
    }
    ServiceName::parse(&format!("{name}.{}", namespace.as_str())).map_err(|error| {
        Failure::usage(format!("--service: {error}"))
            .hint(format!("pass the name only: --service={SERVICE}"))
    })
}
