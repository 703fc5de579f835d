//! Which clients make a check, so that a failure is held against those alone.
//!
//! Everything here was observed by running the clients on certificates with that one fault: Go 1.26,
//! Envoy 1.39, OpenSSL 3.0, curl 7.88, Python with the flags of 3.13, Node 20, Java 17, rustls 0.23,
//! GnuTLS 3.7, mbedTLS 2.28, Firefox and Chromium.

use super::clients::Client;
use super::finding::{Finding, Place};
use super::report::CheckName;

/// The clients that refuse a certificate because of one failed check.
#[derive(Clone, Copy, Debug)]
enum Refusing {
    All,
    AllBut(&'static [Client]),
    Only(&'static [Client]),
}
use Refusing::{All, AllBut, Only};

/// The programs written in Go, which share crypto/x509.
const GO: &[Client] = &[Client::KumaDp, Client::KubeApiserver, Client::Kumactl];

/// Nobody, or clients that a rule of the table names.
const NONE: Refusing = Only(&[]);

/// Whether a client refuses the certificate because of this failure.
pub(super) fn refuses(client: Client, check: CheckName, finding: &Finding) -> bool {
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
        // Rules of the table name the clients.
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
