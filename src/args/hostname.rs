//! `--hostname` and `--kubernetes-service`: the names that clients connect to.

use kuma_pki::verify::Host;
use kuma_pki::{NameError, NameErrorKind, ServiceName, SubjectAltName};

use crate::report::failure::{Failure, Failures};

/// The flags that name a server.
#[derive(clap::Args)]
pub(crate) struct NameArgs {
    /// DNS name or IP address that clients connect to (can be repeated, or a list with commas)
    #[arg(long = "hostname", value_name = "NAME")]
    hostnames: Vec<String>,

    /// Kubernetes Service that clients connect to, such as kuma-control-plane.kuma-system (can be
    /// repeated); adds its names with and without .svc
    #[arg(long = "kubernetes-service", value_name = "NAME.NAMESPACE")]
    kubernetes_services: Vec<String>,
}

impl NameArgs {
    /// Returns whether no name is given.
    pub(crate) fn is_empty(&self) -> bool {
        self.kubernetes_services.is_empty() && self.hostnames.iter().all(String::is_empty)
    }

    /// Returns the first of the flags that is given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        if self.hostnames.is_empty() {
            (!self.kubernetes_services.is_empty()).then_some("--kubernetes-service")
        } else {
            Some("--hostname")
        }
    }

    /// Parses the names for a certificate. At least one is required.
    pub(crate) fn required(&self) -> Result<Vec<SubjectAltName>, Failure> {
        if self.is_empty() {
            let hint = "add --hostname=NAME for each name or IP address that clients connect to";
            return Err(Failure::usage("--hostname is required").hint(hint));
        }
        self.parse()
    }

    /// Parses the names for a certificate: of a Service, all three. Fails on every invalid name, with the likely
    /// correction, as do the functions below.
    pub(crate) fn parse(&self) -> Result<Vec<SubjectAltName>, Failure> {
        self.read(SubjectAltName::parse, ServiceName::subject_alt_names)
    }

    /// Parses the names that clients connect to, as typed. Clients can connect to names that no certificate
    /// should have, such as `123`.
    pub(crate) fn hosts(&self) -> Result<Vec<Host>, Failure> {
        let host = |text: &str| {
            let name = SubjectAltName::parse_dialed(text)?;
            Ok(Host { name, typed: text.trim().to_owned() })
        };
        self.read(host, ServiceName::dialed_names)
    }

    /// Parses the names that clients connect to: of a Service, the two that Kuma and the API server use.
    pub(crate) fn dialed(&self) -> Result<Vec<SubjectAltName>, Failure> {
        self.read(SubjectAltName::parse, ServiceName::dialed_names)
    }

    /// Reads lists of names. An empty value, such as the unset variable of a script, adds no name, like in the
    /// official kumactl.
    fn read<T: From<SubjectAltName>>(
        &self,
        parse: impl Fn(&str) -> Result<T, NameError>,
        of_service: impl Fn(&ServiceName) -> Vec<SubjectAltName>,
    ) -> Result<Vec<T>, Failure> {
        let mut failures = Failures::default();
        let mut names = Vec::new();
        for value in self.hostnames.iter().filter(|value| !value.is_empty()) {
            if value.contains(',') && value.split(',').any(|name| name.trim().is_empty()) {
                failures.add(empty_name(value));
                continue;
            }
            for name in value.split(',') {
                names.extend(
                    failures.collect(parse(name).map(Some).map_err(|error| refusal(&error))),
                );
            }
        }
        for service in &self.kubernetes_services {
            let dns_names = service_name(service).map(|service| of_service(&service));
            names.extend(failures.collect(dns_names).into_iter().map(T::from));
        }
        failures.or(names)
    }
}

fn service_name(service: &str) -> Result<ServiceName, Failure> {
    ServiceName::parse(service).map_err(|error| {
        let failure = Failure::usage(format!("--kubernetes-service: {error}"));
        let meant = error.meant.as_deref().unwrap_or("kuma-control-plane.kuma-system");
        failure.hint(format!("did you mean --kubernetes-service={meant}?"))
    })
}

/// Returns whether a client can connect to it: a DNS name without a wildcard, or an IP address.
pub(crate) fn is_dialable(name: &SubjectAltName) -> bool {
    match name {
        SubjectAltName::Dns(name) => !name.as_str().starts_with('*'),
        SubjectAltName::Ip(_) => true,
        SubjectAltName::Uri(_) => false,
    }
}

/// Returns a name as the host of a URL.
pub(crate) fn url_host(name: &SubjectAltName) -> String {
    match name {
        SubjectAltName::Ip(address) if address.is_ipv6() => format!("[{address}]"),
        name => name.to_string(),
    }
}

/// Returns the warnings about names that some clients reject.
pub(crate) fn warnings(names: &[SubjectAltName]) -> Vec<String> {
    let warning =
        |name: &SubjectAltName| name.warning().map(|warning| format!("the name {name} {warning}"));
    names.iter().filter_map(warning).collect()
}

fn empty_name(value: &str) -> Failure {
    let kept: Vec<_> = value.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let failure = Failure::usage(format!("hostname list {value:?} has an empty name"));
    if kept.is_empty() {
        failure.hint("remove the flag, or add a name: --hostname=localhost")
    } else {
        failure.hint(format!("did you mean --hostname={}?", kept.join(",")))
    }
}

/// Returns names as the value of `--hostname`.
pub(crate) fn list(names: &[SubjectAltName]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn refusal(error: &NameError) -> Failure {
    let failure = Failure::usage(format!("hostname {error}"));
    let meant = list(&error.meant);
    let hint = match &error.kind {
        NameErrorKind::AddressRange => {
            format!("use single addresses, such as --hostname={meant}")
        }
        _ if !meant.is_empty() => format!("did you mean --hostname={meant}?"),
        NameErrorKind::NotAnAddress => {
            "an IPv4 address has four numbers from 0 to 255, and the last label of a DNS name is no number"
                .to_owned()
        }
        NameErrorKind::Empty => "use a name such as --hostname=localhost".to_owned(),
        NameErrorKind::LabelTooLong { .. } | NameErrorKind::NameTooLong { .. } => {
            "use a shorter DNS name".to_owned()
        }
        NameErrorKind::SpiffeId(_) => {
            "use a SPIFFE ID such as spiffe://TRUST-DOMAIN/PATH".to_owned()
        }
        _ => "use letters, digits, hyphens and dots, such as \
              --hostname=kuma-control-plane.kuma-system"
            .to_owned(),
    };
    failure.hint(hint)
}
