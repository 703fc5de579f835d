//! The proxies that connect to a control plane: zone ingresses and egresses, and running sidecars.

use std::collections::BTreeMap;

use super::dialer::{Dialer, Pem, host};
use super::finding::Finding;
use super::kubernetes::Builder;
use super::objects::{Name, Workload};
use super::report::{CheckName, Component};
use super::site::{Process, host_of};
use crate::format::environment::Purpose;
use crate::text::excerpt;

pub(super) const URL: &str = "KUMA_CONTROL_PLANE_URL";

impl<'a> Builder<'_, 'a, '_> {
    /// Adds zone ingresses and egresses, and running sidecars.
    pub(super) fn proxies(&mut self, others: &[Process<'a>], takes_unknown: bool) {
        let mut by_ca: BTreeMap<(&str, &str), Vec<&Workload>> = BTreeMap::new();
        for process in others {
            let Process { workload, settings, .. } = process;
            let address = settings.get(URL).unwrap_or_default();
            if let Some(ca) = settings.get("KUMA_CONTROL_PLANE_CA_CERT") {
                by_ca.entry((ca, address)).or_default().push(*workload);
                continue;
            }
            let Some(path) = settings.get("KUMA_CONTROL_PLANE_CA_CERT_FILE") else { continue };
            let ca = self.site.file(process, path).map(|(_, ca)| ca);
            self.proxy(workload.title(), address, ca, takes_unknown);
        }
        for ((ca, address), workloads) in by_ca {
            let piece = match workloads.as_slice() {
                [one] => one.title(),
                [one, others @ ..] => {
                    format!("{} and {} other running proxies", one.title(), others.len())
                }
                [] => continue,
            };
            let ca =
                Pem::new(format!("KUMA_CONTROL_PLANE_CA_CERT of {piece}"), ca.as_bytes().to_vec());
            self.proxy(piece, address, Some(ca), takes_unknown);
        }
    }

    fn proxy(&mut self, piece: String, address: &str, ca: Option<Pem<'a>>, takes_unknown: bool) {
        let dialed = host_of(address);
        let is_own = dialed.is_some_and(|name| self.is_own_name(name));
        let is_of_other = || dialed.is_some_and(|name| self.is_of_other(name));
        if !is_own && (!takes_unknown || is_of_other()) {
            return;
        }
        let mut hosts = Vec::new();
        match dialed {
            Some(name) if is_own && self.has_service => hosts.extend(host(name)),
            _ if !self.has_service => {}
            _ => {
                let expected = format!("the address of Service {}", self.service);
                let finding = Finding::Address {
                    variable: URL.to_owned(),
                    address: excerpt(address),
                    expected,
                };
                self.report.fail(CheckName::ProxyAddress, Component::KumaDp, &*piece, finding);
            }
        }
        let dialer =
            Dialer { check: CheckName::ProxyCa, component: Component::KumaDp, piece, ca, hosts };
        if dialer.ca.is_some() {
            self.control_plane.dial(Purpose::DpServer, dialer);
        }
    }

    /// Returns whether a name of a Service is one that leads to this control plane.
    fn is_own_name(&self, name: &str) -> bool {
        let name = self.full_name(name);
        name.is(&self.service) || self.selects(&name)
    }

    /// Returns whether a name is that of another control plane's Service.
    fn is_of_other(&self, name: &str) -> bool {
        let name = self.full_name(name);
        self.other_services.iter().any(|other| other.is(&name))
    }

    /// Returns the Service of a name such as `kuma-control-plane.kuma-system`.
    fn full_name(&self, name: &str) -> Name {
        let mut parts = name.split('.');
        let (service, namespace) = (parts.next().unwrap_or_default(), parts.next());
        Name::new(namespace.or(self.service.namespace.as_deref()), service)
    }
}
