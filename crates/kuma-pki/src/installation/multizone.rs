//! Zones and their global control plane.

use super::control_plane::{ControlPlane, Zone};
use super::finding::Finding;
use super::report::{CheckName, Component, Outcome, Report};
use super::site::host_of;
use super::trust::{Context, Dialer, host};
use crate::format::environment::Purpose;

const ADDRESS: &str = "KUMA_MULTIZONE_ZONE_GLOBAL_ADDRESS";
const ROOT_CA: &str = "KUMA_MULTIZONE_ZONE_KDS_ROOT_CA_FILE";
const SKIP_VERIFY: &str = "KUMA_MULTIZONE_ZONE_KDS_TLS_SKIP_VERIFY";

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
        check(&zone, &title, report);
        if zone.skips_verification || zone.ca.is_none() {
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

fn check(zone: &Zone<'_>, title: &str, report: &mut Report) {
    let mut add = |name, outcome| report.add(name, Component::ZoneCp, title, outcome);
    if !zone.address.starts_with("grpcs://") {
        let address = crate::text::excerpt(&zone.address);
        let expected =
            "an address with grpcs://, and the global control plane serves TLS only".to_owned();
        add(CheckName::ZoneAddress, Outcome::Failed(Finding::Address { address, expected }));
    }
    if zone.skips_verification {
        let variable = SKIP_VERIFY.to_owned();
        return add(CheckName::ZoneCa, Outcome::Warning(Finding::NotVerified { variable }));
    }
    if zone.ca.is_none() && !zone.has_missing_ca {
        // The zone trusts the CAs of its image then.
        let (present, missing) = (ADDRESS.to_owned(), ROOT_CA.to_owned());
        add(CheckName::Variables, Outcome::Failed(Finding::VariableMissing { present, missing }));
    }
}
