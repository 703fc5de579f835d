//! The verdict of each client: which failed checks it makes as well, and which rules of its own apply.
//!
//! The table of checks was observed by running the clients on certificates with that one defect: Go 1.26,
//! Envoy 1.39, OpenSSL 3.0, curl 7.88, Python with the flags of 3.13, Node 20, Java 17, rustls 0.23,
//! GnuTLS 3.7, mbedTLS 2.28, Firefox and Chromium.

use super::VerifyOptions;
use super::clients::{Client, RuleInput};
use super::finding::{Finding, Place};
use super::report::{CheckName, ClientVerdict, Outcome, Report};
use crate::x509::Certificate;

/// Adds the verdict of every client, and turns a rejection by one of those that must accept the certificate into a
/// failure.
pub(super) fn ask_clients(input: &RuleInput<'_>, options: &VerifyOptions<'_>, report: &mut Report) {
    let verdicts: Vec<_> =
        Client::ALL.into_iter().map(|client| verdict(client, input, report)).collect();
    let is_named = |client| options.clients.contains(&client);
    let is_required = |client| is_named(client) || options.kuma_clients.contains(&client);
    let required = || verdicts.iter().filter(|verdict| is_required(verdict.client));
    // A check that only other clients make is a warning.
    for check in &mut report.checks {
        let is_of_clients = check.name.is_of_clients();
        if is_of_clients && !required().any(|verdict| verdict.refuses_for(check.name)) {
            check.outcome = check.outcome.clone().mitigated();
        }
    }
    for verdict in required() {
        let client = verdict.client;
        for reason in &verdict.reasons {
            let has_failed = |name| report.failures().any(|(failed, _)| failed == name);
            if !reason.rule.check.is_some_and(has_failed) {
                let finding = Finding::Refused { client, reason: reason.clone() };
                report.add(CheckName::Client, Outcome::Failed(finding));
            }
        }
        if verdict.accepts() && is_named(client) {
            let text = format!("{} accepts the certificate", client.title());
            report.add(CheckName::Client, Outcome::Passed(text));
        }
    }
    report.clients = verdicts;
}

fn verdict(client: Client, input: &RuleInput<'_>, report: &Report) -> ClientVerdict {
    let failures = report.failures();
    let mut failed: Vec<_> = failures
        .filter(|(name, finding)| refuses(client, *name, finding))
        .map(|(name, _)| name)
        .collect();
    failed.dedup();
    ClientVerdict { client, failed, reasons: input.reasons(client) }
}

/// Returns the verdicts of the clients that reject a certificate with the certificates above it, by their own rules.
pub(super) fn refusals<'a>(
    end_entity: &'a Certificate,
    issuers: &[&'a Certificate],
) -> Vec<ClientVerdict> {
    let input = RuleInput::new(end_entity, issuers, &[], &[]);
    let verdict =
        |client| ClientVerdict { client, failed: Vec::new(), reasons: input.reasons(client) };
    let verdicts = Client::ALL.into_iter().map(verdict);
    verdicts.filter(|verdict| !verdict.accepts()).collect()
}

/// The clients that reject a certificate because of one failed check.
#[derive(Clone, Copy, Debug)]
enum Refusing {
    All,
    AllBut(&'static [Client]),
    Only(&'static [Client]),
}
use Refusing::{All, AllBut, Only};

/// The programs written in Go, which share crypto/x509.
const GO: &[Client] = &[Client::KumaDp, Client::KubeApiserver, Client::Kumactl];

/// No client, or those that a rule names.
const NONE: Refusing = Only(&[]);

/// Returns whether a client rejects the certificate because of this failure.
fn refuses(client: Client, check: CheckName, finding: &Finding) -> bool {
    match refusing(check, finding) {
        All => true,
        AllBut(clients) => !clients.contains(&client),
        Only(clients) => clients.contains(&client),
    }
}

const fn refusing(check: CheckName, finding: &Finding) -> Refusing {
    use Client::{
        Chrome, Curl, Envoy, Firefox, Gnutls, Java, Mbedtls, Node, Openssl, OpensslStrict, Python,
        Rustls,
    };
    match finding {
        // Rules name the clients.
        Finding::NotCa { .. } | Finding::NoDigitalSignature { .. } | Finding::Refused { .. } => {
            NONE
        }
        Finding::KeyReadable { .. } | Finding::EndsSoon { .. } => NONE,
        Finding::Bundle { .. } | Finding::BundleWrapped { .. } | Finding::BundleDiffers { .. } => {
            Only(&[Client::KubeApiserver])
        }
        // PKIX has no dates of a trust anchor.
        Finding::Expired { is_anchor: true, .. } | Finding::NotYetValid { is_anchor: true, .. } => {
            AllBut(&[Java, Rustls])
        }
        Finding::WeakSignature { .. } => AllBut(&[Envoy, Java]),
        Finding::IssuerNotCa { is_anchor: true, is_missing: true, .. } => {
            AllBut(&[Envoy, Openssl, Curl, Node, Rustls, Gnutls, Chrome])
        }
        Finding::IssuerNotCa { is_anchor: true, .. } => AllBut(&[Envoy, Rustls]),
        // Go takes a keyUsage without bits for none (x509-limbo, root-inconsistent-ca-extensions).
        Finding::MayNotSign { usage, .. } if usage.is_empty() => {
            AllBut(&[Client::KumaDp, Client::KubeApiserver, Client::Kumactl, Rustls])
        }
        // rustls-webpki does not look at the keyUsage of a CA.
        Finding::MayNotSign { .. } => AllBut(&[Rustls]),
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
        Finding::ConstraintKinds { .. } => {
            Only(&[Client::KumaDp, Client::KubeApiserver, Client::Kumactl, Rustls])
        }
        Finding::Usage { place: Place::SelfTrusted, .. } => AllBut(&[Envoy, Java]),
        Finding::Usage { place: Place::TrustAnchor, .. } => {
            AllBut(&[Envoy, Java, Rustls, Gnutls, Mbedtls])
        }
        Finding::Usage { place: Place::Intermediate, .. } => AllBut(&[Java, Mbedtls]),
        // Java takes no constraints from a trust anchor.
        Finding::NameExcluded { is_anchor: true, .. } => AllBut(&[Java, Mbedtls]),
        Finding::NameExcluded { .. } => AllBut(&[Mbedtls]),
        // The limit of OpenSSL and BoringSSL; Go has had none since 1.26.
        Finding::TooManyConstraints { .. } => {
            Only(&[Envoy, Curl, Openssl, OpensslStrict, Python, Node, Rustls])
        }
        // Clients that still take a name from the subject.
        Finding::CommonNameOnly { is_address: true, .. } => AllBut(&[Curl]),
        // mbedTLS takes it only if there is no subjectAltName at all.
        Finding::CommonNameOnly { is_alone: false, .. } => {
            AllBut(&[Openssl, OpensslStrict, Curl, Python, Node, Java, Gnutls])
        }
        Finding::CommonNameOnly { .. } => {
            AllBut(&[Openssl, OpensslStrict, Curl, Python, Node, Java, Gnutls, Mbedtls])
        }
        Finding::ClientsDisagree { .. } => {
            // The one that fails: a wildcard that is a part of a label.
            AllBut(&[Envoy, Openssl, OpensslStrict, Java, Node])
        }
        Finding::More => NONE,
        _ => match check {
            CheckName::FileMode | CheckName::TimeLeft => NONE,
            _ => All,
        },
    }
}
