//! Zones and their global control plane.

use x509_parser::extensions::GeneralName;

use super::control_plane::{ControlPlane, Zone};
use super::dialer::{Dialer, host};
use super::finding::Finding;
use super::report::{CheckName, Component, Outcome, Report};
use super::site::host_of;
use super::trust::{Context, Server};
use crate::format::environment::Purpose;

/// Checks what zones say of their global control plane, and adds them to its clients if it is there.
pub(super) fn link(
    control_planes: &mut [ControlPlane<'_>],
    context: &Context,
    report: &mut Report,
) {
    let global = control_planes.iter().position(|one| one.is_global);
    for place in 0..control_planes.len() {
        let Some(zone) = control_planes[place].zone.take() else { continue };
        let title = control_planes[place].title.clone();
        let server = global.and_then(|global| control_planes[global].server(Purpose::GlobalKds));
        check(&zone, &title, server.as_deref(), report);
        if zone.skips_verification.is_some() || zone.ca.is_none() {
            continue;
        }
        let dialer = Dialer {
            check: CheckName::ZoneCa,
            component: Component::ZoneCp,
            piece: format!("zone {title}"),
            ca: zone.ca,
            hosts: host_of(&zone.address).and_then(host).into_iter().collect(),
        };
        match global {
            Some(global) => control_planes[global].dial(Purpose::GlobalKds, dialer),
            None => dialer.check_alone(context, report),
        }
    }
}

fn check(zone: &Zone<'_>, title: &str, server: Option<&Server<'_>>, report: &mut Report) {
    let mut add = |name, outcome| report.add(name, Component::ZoneCp, title, outcome);
    if !zone.address.starts_with("grpcs://") {
        let (variable, address) = (zone.origin.clone(), crate::text::excerpt(&zone.address));
        let expected =
            "an address with grpcs://, and the global control plane serves TLS only".to_owned();
        let finding = Finding::Address { variable, address, expected };
        return add(CheckName::ZoneAddress, Outcome::Failed(finding));
    }
    if let Some(variable) = zone.skips_verification.clone() {
        add(CheckName::ZoneCa, Outcome::Warning(Finding::NotVerified { variable }));
    } else if zone.ca.is_none() && !zone.has_missing_ca {
        // Go's crypto/tls takes the CAs of the system then (`tlsConfig` in `pkg/kds/mux/client.go`).
        let is_known = server.is_some_and(is_private);
        let finding = Finding::PublicCasOnly { missing: zone.root_ca.clone(), is_known };
        add(CheckName::ZoneCa, Outcome::of(finding, is_known));
    }
}

/// Returns whether no public CA can have issued the certificate of a server: it is self-signed, or has a name that is
/// in no public DNS (CA/Browser Forum Baseline Requirements, 4.2.2).
fn is_private(server: &Server<'_>) -> bool {
    let certificates = server.certificate.certificates();
    let is_internal = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => !name.contains('.') || name.ends_with(".svc"),
        _ => false,
    };
    certificates.first().is_some_and(|leaf| {
        leaf.is_self_issued() || leaf.subject_alt_names().iter().any(is_internal)
    })
}
