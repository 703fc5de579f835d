//! A control plane, wherever it runs: its servers and their clients.

use super::map::{Map, NodeKind};
use super::report::Report;
use super::rotation;
use super::settings::Settings;
use super::trust::{Context, Dialer, Pem, Server};
use crate::format::environment::Purpose;
use crate::x509::Certificate;

/// A control plane with what was found for it.
#[derive(Debug, Default)]
pub(super) struct ControlPlane<'a> {
    /// What it is called in messages and in the map.
    pub(super) title: String,
    /// Its Service, or the address of it.
    pub(super) service: Option<String>,
    pub(super) is_global: bool,
    /// The name of its zone.
    pub(super) zone_name: Option<String>,
    pub(super) servers: Vec<Server<'a>>,
    /// Where it finds its global control plane, if it is that of a zone.
    pub(super) zone: Option<Zone<'a>>,
}

/// What a zone needs to connect to its global control plane.
#[derive(Debug)]
pub(super) struct Zone<'a> {
    pub(super) address: String,
    /// Where its address is: a variable, or a setting of its configuration file.
    pub(super) origin: String,
    /// The setting for its CA file.
    pub(super) root_ca: String,
    pub(super) ca: Option<Pem<'a>>,
    /// Whether a CA file is named, which is missing and reported elsewhere.
    pub(super) has_missing_ca: bool,
    /// The setting by which it does not verify the certificate, if it does not.
    pub(super) skips_verification: Option<String>,
}

const ADDRESS: &str = "KUMA_MULTIZONE_ZONE_GLOBAL_ADDRESS";
pub(super) const ROOT_CA: &str = "KUMA_MULTIZONE_ZONE_KDS_ROOT_CA_FILE";
const SKIP_VERIFY: &str = "KUMA_MULTIZONE_ZONE_KDS_TLS_SKIP_VERIFY";

impl<'a> Zone<'a> {
    /// Returns what settings say of the global control plane; `ca` reads the file at a path.
    pub(super) fn new(
        settings: &Settings,
        ca: impl FnOnce(&str) -> Option<Pem<'a>>,
    ) -> Option<Self> {
        let path = settings.get(ROOT_CA);
        let ca = path.and_then(ca);
        let skips = settings.get(SKIP_VERIFY).is_some_and(|value| value == "true");
        Some(Self {
            address: settings.get(ADDRESS)?.to_owned(),
            origin: settings.origin(ADDRESS),
            root_ca: settings.beside(ADDRESS, ROOT_CA),
            has_missing_ca: path.is_some() && ca.is_none(),
            ca,
            skips_verification: skips.then(|| settings.origin(SKIP_VERIFY)),
        })
    }
}

impl<'a> ControlPlane<'a> {
    /// Returns the server of a purpose: its own, or else the general one.
    pub(super) fn server(&mut self, purpose: Purpose) -> Option<&mut Server<'a>> {
        let place = self.servers.iter().position(|server| server.purposes.contains(&purpose));
        let general =
            || self.servers.iter().position(|server| server.purposes.contains(&Purpose::General));
        let place = place.or_else(general)?;
        self.servers.get_mut(place)
    }

    /// Returns what its cluster is called in a run with several.
    pub(super) fn cluster(&self) -> Option<String> {
        let zone = || self.zone_name.as_ref().map(|zone| format!("zone {zone}"));
        if self.is_global { Some("global".to_owned()) } else { zone() }
    }

    /// Renames its pieces, as in a run with several clusters.
    pub(super) fn rename(&mut self, rename: impl Fn(&mut String)) {
        rename(&mut self.title);
        self.service.iter_mut().for_each(&rename);
        for server in &mut self.servers {
            rename(&mut server.piece);
            server.dialers.iter_mut().for_each(|dialer| rename(&mut dialer.piece));
        }
    }

    /// Adds a client to the server of a purpose.
    pub(super) fn dial(&mut self, purpose: Purpose, dialer: Dialer<'a>) {
        if let Some(server) = self.server(purpose) {
            server.dialers.push(dialer);
        }
    }

    pub(super) fn check(&self, context: &Context, report: &mut Report) {
        for server in &self.servers {
            server.check(context, report);
            rotation::check(server, context, report);
        }
    }

    /// Adds the pieces to the map.
    pub(super) fn draw(&self, map: &mut Map) {
        let own = map.node(NodeKind::ControlPlane, &self.title, String::new());
        let service = self.service.as_ref().map(|service| {
            let service = map.node(NodeKind::Service, service, String::new());
            map.edge(own, service);
            service
        });
        for server in &self.servers {
            let detail = detail(&server.certificate.certificates());
            let secret = map.node(NodeKind::Secret, &server.piece, detail);
            map.edge(secret, own);
            for dialer in &server.dialers {
                let hosts: Vec<_> = dialer.hosts.iter().map(|host| host.typed.as_str()).collect();
                let client = map.node(NodeKind::Client, &dialer.piece, hosts.join(", "));
                map.edge(service.unwrap_or(own), client);
            }
        }
    }
}

/// Returns the expiry of a certificate for the map.
fn detail(certificates: &[Certificate]) -> String {
    certificates
        .first()
        .map(|first| format!("until {}", first.validity().not_after.date()))
        .unwrap_or_default()
}
