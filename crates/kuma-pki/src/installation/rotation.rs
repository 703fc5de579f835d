//! A rotation of the CA in progress: old and new CA side by side.

use time::OffsetDateTime;

use super::dialer::{Pem, labels};
use super::finding::Finding;
use super::report::{CheckName, Component, Outcome, Report};
use super::trust::{Context, Server};
use crate::format::pem;
use crate::usage::ExtendedKeyUsage;
use crate::verify::{self, File, VerifyInput, VerifyOptions};
use crate::x509::Certificate;

/// Reports which of two CAs signs, and what is left to do.
pub(super) fn check(server: &Server<'_>, context: &Context, report: &mut Report) {
    let cas = |place: usize| {
        let ca = server.dialers.get(place).and_then(|dialer| dialer.ca.as_ref());
        ca.map(Pem::certificates).unwrap_or_default()
    };
    let trusted = cas(0);
    let signs = |ca: &&Certificate| is_issued_by(server, ca, context.at);
    let (Some(signer), true) = (trusted.iter().find(signs), trusted.len() > 1) else { return };
    let is_pair = |ca: &&Certificate| {
        *ca != signer && (ca.subject() == signer.subject() || context.previous.contains(ca))
    };
    let is_old_signer = context.previous.contains(signer);
    let others: Vec<Certificate> = if is_old_signer {
        trusted.iter().filter(|ca| !context.previous.contains(ca)).cloned().collect()
    } else {
        trusted.iter().filter(is_pair).cloned().collect()
    };
    let Some(other) = others.first() else { return };
    let start = |ca: &Certificate| ca.validity().not_before;
    let signer_is_old =
        is_old_signer || (!context.previous.contains(other) && start(other) > start(signer));
    let lacks_other: Vec<_> = (0..server.dialers.len())
        .filter(|place| server.dialers[*place].ca.is_some() && !cas(*place).contains(other))
        .map(|place| server.dialers[place].piece.as_str())
        .collect();
    let (signer, other) = (labels(std::slice::from_ref(signer)), labels(&others));
    let finding = if signer_is_old {
        let mut steps: Vec<_> = lacks_other
            .iter()
            .map(|piece| {
                format!("let {piece} trust {other} too: install again, and restart proxies")
            })
            .collect();
        steps.push(format!(
            "replace the certificate in {} by one that {other} issued",
            server.piece
        ));
        steps.push(
            "restart the control plane: Kuma 2.x reads its certificate at the start only"
                .to_owned(),
        );
        steps.push("remove the old CA everywhere, and install again".to_owned());
        let state = format!("{signer} still signs, and {other} is trusted already");
        Finding::Rotation { state, steps }
    } else {
        let state = format!("{signer} signs, and {other} is still trusted");
        let steps = vec![
            "restart the control plane and the proxies that were started before the rotation"
                .to_owned(),
            format!("remove {other} from ca.crt and from the CA bundle, and install again"),
            "restart the proxies once more, so that they no longer trust it".to_owned(),
        ];
        Finding::Rotation { state, steps }
    };
    report.add(CheckName::Rotation, Component::KumaDp, &*server.piece, Outcome::Warning(finding));
}

/// Returns whether a certificate chains to this CA alone.
fn is_issued_by(server: &Server<'_>, ca: &Certificate, at: OffsetDateTime) -> bool {
    let ca = pem::encode_certificates([ca.der()]);
    let certificate = File { name: &server.certificate.name, bytes: &server.certificate.bytes };
    let input = VerifyInput {
        certificate,
        proof: None,
        key: None,
        key_mode: None,
        ca: Some(File { name: "CA", bytes: &ca }),
        bundle: None,
    };
    let found = verify::verify(&input, &VerifyOptions::new(&[], ExtendedKeyUsage::ServerAuth, at));
    found.checks.iter().any(|check| {
        check.name == verify::CheckName::Chain
            && matches!(check.outcome, verify::Outcome::Passed(_))
    })
}
