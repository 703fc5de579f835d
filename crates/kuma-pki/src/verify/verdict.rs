//! The verdict of each client: the failed checks that it performs too, and the rules that apply to it alone.
//!
//! The table is from tests in which each client verified certificates with one defect: Go 1.26,
//! Envoy 1.39, OpenSSL 3.0, curl 7.88, Python with the flags of 3.13, Node 20, Java 17, rustls 0.23,
//! GnuTLS 3.7, mbedTLS 2.28, Firefox and Chromium.

use super::VerifyOptions;
use super::clients::{Client, GO, RuleInput};
use super::finding::{ChainRole, Finding};
use super::report::{CheckName, ClientVerdict, Report};
use crate::x509::Certificate;

/// Adds the verdict of every client to the report. A rejection by a client that must accept the certificate becomes a
/// failed check; a failed check that only other clients perform becomes a warning.
pub(super) fn add_client_verdicts(
    input: &RuleInput<'_>,
    options: &VerifyOptions<'_>,
    report: &mut Report,
) {
    let verdicts: Vec<_> =
        Client::ALL.into_iter().map(|client| verdict(client, input, report)).collect();
    let is_named = |client| options.clients.contains(&client);
    let is_required = |client| is_named(client) || options.kuma_clients.contains(&client);
    let required = || verdicts.iter().filter(|verdict| is_required(verdict.client));
    for check in &mut report.checks {
        let is_of_clients = check.name.is_of_clients();
        if is_of_clients && !required().any(|verdict| verdict.rejects_because_of(check.name)) {
            check.outcome = check.outcome.clone().mitigated();
        }
    }
    for verdict in required() {
        let client = verdict.client;
        for reason in &verdict.reasons {
            let has_failed = |name| report.failures().any(|(failed, _)| failed == name);
            if !reason.rule.check.is_some_and(has_failed) {
                let finding = Finding::Rejected { client, reason: reason.clone() };
                report.fail(CheckName::Client, finding);
            }
        }
        if verdict.accepts() && is_named(client) {
            let text = format!("{} accepts the certificate", client.title());
            report.pass(CheckName::Client, text);
        }
    }
    report.clients = verdicts;
}

fn verdict(client: Client, input: &RuleInput<'_>, report: &Report) -> ClientVerdict {
    let failures = report.failures();
    let mut failed: Vec<_> = failures
        .filter(|(name, finding)| rejects(client, *name, finding))
        .map(|(name, _)| name)
        .collect();
    failed.dedup();
    ClientVerdict { client, failed, reasons: input.reasons(client) }
}

/// Returns the verdicts of the clients that reject a certificate by their own rules. `issuers` are the certificates
/// above it, the trust anchor last.
pub(super) fn rejections<'a>(
    end_entity: &'a Certificate,
    issuers: &[&'a Certificate],
) -> Vec<ClientVerdict> {
    let input = RuleInput::new(end_entity, issuers, &[], &[]);
    let verdict =
        |client| ClientVerdict { client, failed: Vec::new(), reasons: input.reasons(client) };
    let verdicts = Client::ALL.into_iter().map(verdict);
    verdicts.filter(|verdict| !verdict.accepts()).collect()
}

/// The clients that reject a certificate because of one finding.
#[derive(Clone, Copy, Debug)]
enum RejectedBy {
    All,
    AllBut(&'static [Client]),
    Only(&'static [Client]),
}
use RejectedBy::{All, AllBut, Only};

/// No client.
const NONE: RejectedBy = Only(&[]);

/// Returns whether a client rejects the certificate because of a finding.
fn rejects(client: Client, check: CheckName, finding: &Finding) -> bool {
    match rejected_by(check, finding) {
        All => true,
        AllBut(clients) => !clients.contains(&client),
        Only(clients) => clients.contains(&client),
    }
}

const fn rejected_by(check: CheckName, finding: &Finding) -> RejectedBy {
    use Client::{
        Chrome, Curl, Envoy, Firefox, Gnutls, Java, Mbedtls, Node, Openssl, OpensslStrict, Python,
        Rustls,
    };
    match finding {
        // The client rules name the clients.
        Finding::NotCa { .. } | Finding::NoDigitalSignature { .. } | Finding::Rejected { .. } => {
            NONE
        }
        Finding::KeyPermissions { .. } | Finding::ExpiresSoon { .. } => NONE,
        Finding::Bundle { .. } | Finding::BundleWrapped { .. } | Finding::BundleDiffers { .. } => {
            Only(&[Client::KubeApiserver])
        }
        // RFC 5280 6 does not check the dates of a trust anchor, but most clients do.
        Finding::Expired { is_anchor: true, .. } | Finding::NotYetValid { is_anchor: true, .. } => {
            AllBut(&[Java, Rustls])
        }
        Finding::WeakSignature { .. } => AllBut(&[Envoy, Java]),
        Finding::IssuerNotCa { is_anchor: true, is_missing: true, .. } => {
            AllBut(&[Envoy, Openssl, Curl, Node, Rustls, Gnutls, Chrome])
        }
        Finding::IssuerNotCa { is_anchor: true, .. } => AllBut(&[Envoy, Rustls]),
        // Go treats a keyUsage without bits as absent (root-inconsistent-ca-extensions in x509-limbo).
        Finding::NoKeyCertSign { usage, .. } if usage.is_empty() => {
            AllBut(&[Client::KumaDp, Client::KubeApiserver, Client::Kumactl, Rustls])
        }
        // rustls-webpki ignores the keyUsage of a CA.
        Finding::NoKeyCertSign { .. } => AllBut(&[Rustls]),
        Finding::PathTooLong { only_for_go: true, .. } => Only(&[
            Client::KumaDp,
            Client::KubeApiserver,
            Client::Kumactl,
            Gnutls,
            Firefox,
            Mbedtls,
        ]),
        Finding::PathTooLong { is_anchor: true, .. } => AllBut(&[Envoy, Java, Rustls]),
        Finding::ExtensionUnknown { is_anchor: true, .. } => AllBut(&[Envoy, Java, Rustls]),
        Finding::ExtensionCritical { is_anchor: true, .. } => {
            AllBut(&[Envoy, Java, Rustls, Gnutls])
        }
        Finding::ExtensionCritical { .. } => AllBut(&[Gnutls]),
        Finding::GoCannotRead { .. }
        | Finding::SerialNegative { .. }
        | Finding::GoUnhandled { .. }
        | Finding::NameNotComparable { .. }
        | Finding::SentUnreadable { .. } => Only(GO),
        Finding::PolicyMissing { .. } => Only(&[
            Client::KumaDp,
            Envoy,
            Client::KubeApiserver,
            Client::Kumactl,
            Java,
            Rustls,
            Chrome,
        ]),
        Finding::ConstraintsUnsupported { .. } => {
            Only(&[Client::KumaDp, Client::KubeApiserver, Client::Kumactl, Rustls])
        }
        Finding::Usage { role: ChainRole::SelfTrusted, .. } => AllBut(&[Envoy, Java]),
        Finding::Usage { role: ChainRole::TrustAnchor, .. } => {
            AllBut(&[Envoy, Java, Rustls, Gnutls, Mbedtls])
        }
        Finding::Usage { role: ChainRole::Intermediate, .. } => AllBut(&[Java, Mbedtls]),
        // Java ignores the constraints of a trust anchor.
        Finding::NameExcluded { is_anchor: true, .. } => AllBut(&[Java, Mbedtls]),
        Finding::NameExcluded { .. } => AllBut(&[Mbedtls]),
        // Go has had no limit since 1.26.
        Finding::TooManyConstraints { .. } => {
            Only(&[Envoy, Curl, Openssl, OpensslStrict, Python, Node, Rustls])
        }
        // These clients still match the commonName.
        Finding::CommonNameOnly { is_address: true, .. } => AllBut(&[Curl]),
        // mbedTLS matches it only if there is no subjectAltName.
        Finding::CommonNameOnly { is_alone: false, .. } => {
            AllBut(&[Openssl, OpensslStrict, Curl, Python, Node, Java, Gnutls])
        }
        Finding::CommonNameOnly { .. } => {
            AllBut(&[Openssl, OpensslStrict, Curl, Python, Node, Java, Gnutls, Mbedtls])
        }
        Finding::ClientsDisagree { .. } => {
            // The only failure of this kind is a wildcard within a label.
            AllBut(&[Envoy, Openssl, OpensslStrict, Java, Node])
        }
        Finding::MoreFindings => NONE,
        _ => match check {
            CheckName::FileMode | CheckName::TimeLeft => NONE,
            _ => All,
        },
    }
}
