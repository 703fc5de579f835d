//! Clients, and the well-formed certificates with valid chains that each of them rejects.
//!
//! The rules are from tests with the clients, or from their documentation where a test was not possible. To add a client,
//! add a variant of [`Client`] and list it in the rules; to add an observation, add a rule.

mod chain_rules;
mod input;
mod rules;

use std::fmt;

pub(crate) use self::input::RuleInput;
pub(super) use self::rules::NOT_CA;
pub use self::rules::RULES;
use super::Host;
use super::path::builder::{DeadEnd, PathBuilder};
use super::report::CheckName;

/// A program that connects to a control plane, or a group of programs with the same rules.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Client {
    /// kuma-dp's bootstrap request: Go, and Kuma's own check of the CA.
    KumaDp,
    /// Envoy in the data plane, with the validation context that Kuma writes.
    Envoy,
    /// The Kubernetes API server, calling Kuma's webhooks: Go.
    KubeApiserver,
    /// The official kumactl, and a zone control plane: Go.
    Kumactl,
    /// curl 7.88 of Debian 12, with OpenSSL.
    Curl,
    /// OpenSSL with its defaults, as in Python up to 3.12, Ruby, PHP and nginx.
    Openssl,
    /// OpenSSL with `-x509_strict`.
    OpensslStrict,
    /// Python 3.13 and later, which is strict and accepts a partial chain.
    Python,
    /// Java's JSSE.
    Java,
    /// Node.
    Node,
    /// rustls, with rustls-webpki.
    Rustls,
    /// GnuTLS, as gnutls-cli, wget and curl use it.
    Gnutls,
    /// Firefox.
    Firefox,
    /// Chrome and Chromium.
    Chrome,
    /// Safari and other programs on Apple platforms.
    Apple,
    /// mbedTLS.
    Mbedtls,
}

/// A property of certificates or of dialed names, and the clients that reject it.
#[derive(Debug)]
pub struct Rule {
    /// The property, as a fragment that follows the client.
    pub because: &'static str,
    /// The clients that reject it with their error messages, which are empty if the clients print none.
    pub rejected_by: &'static [(&'static [Client], &'static str)],
    /// The source of the rule.
    pub source: &'static str,
    /// The change after which the rule no longer applies.
    pub remedy: Remedy,
    /// The check that fails for the same property, if there is one.
    pub check: Option<CheckName>,
    applies: Condition,
}

/// The condition under which a rule applies.
#[derive(Debug)]
enum Condition {
    /// The certificate, its path and the files have a property.
    Path(fn(&RuleInput<'_>) -> bool),
    /// One of the dialed names has a property.
    Host(fn(&RuleInput<'_>, &Host) -> bool),
    /// A library follows a path that ends like this.
    DeadEnd(DeadEnd),
}

/// Compares addresses: rules are static.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Rule {}

/// The reason why a client rejects a certificate. Displays as a fragment that follows the client.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reason {
    /// The rule.
    pub rule: &'static Rule,
    /// The first dialed name that the rule applies to, if it is about names.
    pub name: Option<String>,
}

/// The change after which a rule no longer applies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Remedy {
    /// Add a DNS name that the CA permits.
    AddPermittedName,
    /// Put the CA that issued the certificate into the CA file, rather than the certificate.
    CaInCaFile,
    /// Put a CA first in the CA file.
    CaFirst,
    /// Put the root into the CA file.
    RootInCaFile,
    /// Dial the address in its canonical form.
    CanonicalAddress,
    /// Dial a DNS name instead of an address.
    DialDnsName,
    /// Dial a name that is not a number.
    DialNoNumber,
    /// Dial a name without an underscore.
    DialNoUnderscore,
    /// Put fewer names into each certificate.
    FewerNames,
    /// Issue it from a CA instead of self-signing it.
    IssueFromCa,
    /// Put the dialed name itself into the certificate.
    NameItself,
    /// Name each host under `localhost`.
    NameLocalhosts,
    /// Create a CA with kumactl and issue from it.
    NewCa,
    /// Leave IP addresses out of the name constraints of the CA, or out of the certificate.
    NoIpConstraints,
    /// Leave expired CA certificates out, or put their renewals first.
    LiveCasFirst,
    /// Leave name constraints out of the CA.
    NoNameConstraints,
    /// Reissue it with kumactl.
    Reissue,
    /// Send the certificates in the order of the chain.
    SendInOrder,
    /// Shorten its lifetime to 825 days.
    Shorten,
    /// Use another type of key.
    UsualKey,
    /// Use another type of key for the CA.
    UsualCaKey,
}

impl Client {
    /// Every client, Kuma's own first.
    pub const ALL: [Self; 16] = [
        Self::KumaDp,
        Self::Envoy,
        Self::KubeApiserver,
        Self::Kumactl,
        Self::Curl,
        Self::Openssl,
        Self::OpensslStrict,
        Self::Python,
        Self::Java,
        Self::Node,
        Self::Rustls,
        Self::Gnutls,
        Self::Firefox,
        Self::Chrome,
        Self::Apple,
        Self::Mbedtls,
    ];

    /// Returns the name on the command line, and that for display with the tested versions.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::KumaDp => ("kuma-dp", "kuma-dp (Go 1.26, 1.27)"),
            Self::Envoy => ("envoy", "Envoy 1.39 and 1.40"),
            Self::KubeApiserver => ("kube-apiserver", "kube-apiserver (Go 1.26, 1.27)"),
            Self::Kumactl => ("kumactl", "the official kumactl (Go 1.26, 1.27)"),
            Self::Curl => ("curl", "curl 7.88 with OpenSSL 3.0"),
            Self::Openssl => ("openssl", "OpenSSL 3.0 and 4.0"),
            Self::OpensslStrict => ("openssl-strict", "OpenSSL -x509_strict"),
            Self::Python => ("python", "Python 3.13"),
            Self::Java => ("java", "Java 17 and 25"),
            Self::Node => ("node", "Node 20, 24 and 26"),
            Self::Rustls => ("rustls", "rustls 0.23"),
            Self::Gnutls => ("gnutls", "GnuTLS 3.7"),
            Self::Firefox => ("firefox", "Firefox 153"),
            Self::Chrome => ("chrome", "Chrome 156"),
            Self::Apple => ("apple", "Apple (Safari)"),
            Self::Mbedtls => ("mbedtls", "mbedTLS 2.28 and 3.6"),
        }
    }

    /// Returns the name in reports and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.names().0
    }

    /// Returns the name for display, with the tested versions.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.names().1
    }

    /// The clients without which Kuma does not work.
    pub const KUMAS: [Self; 4] = [Self::KumaDp, Self::Envoy, Self::KubeApiserver, Self::Kumactl];

    /// Returns the name of the program, to attribute an error message.
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::Envoy => "Envoy",
            other => other.as_str(),
        }
    }
}

/// The clients written in Go, which verify with crypto/x509.
pub(super) const GO: &[Client] = &[Client::KumaDp, Client::KubeApiserver, Client::Kumactl];

/// The clients that print the messages of OpenSSL.
const OPENSSL: &[Client] = &[Client::Curl, Client::Openssl, Client::OpensslStrict, Client::Python];

/// The clients that set `X509_V_FLAG_X509_STRICT` in OpenSSL.
const STRICT: &[Client] = &[Client::OpensslStrict, Client::Python];

/// The source of most rules.
const RUN: &str = "run against certificates that differ in this alone";

impl Rule {
    const fn new(
        because: &'static str,
        rejected_by: &'static [(&'static [Client], &'static str)],
        remedy: Remedy,
        applies: Condition,
    ) -> Self {
        Self { because, rejected_by, source: RUN, remedy, check: None, applies }
    }

    /// Replaces the default source.
    const fn source(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }

    /// Sets the check that fails for the same property.
    const fn check(mut self, check: CheckName) -> Self {
        self.check = Some(check);
        self
    }

    /// Returns the message with which a client rejects the certificate; `None` if it does not reject it. curl and
    /// Python print the messages of OpenSSL without their numbers.
    #[must_use]
    pub fn words(&self, client: Client) -> Option<&'static str> {
        let (_, words) = self.rejected_by.iter().find(|(clients, _)| clients.contains(&client))?;
        let without_number = words.strip_prefix("error ").and_then(|rest| rest.split_once(": "));
        match (client, without_number) {
            (Client::Curl | Client::Python, Some((_, text))) => Some(text),
            _ => Some(words),
        }
    }

    /// Returns whether a client rejects a certificate to which the rule applies. Of a dead end, only the clients
    /// whose library runs into it reject.
    fn rejects(&self, client: Client, input: &RuleInput<'_>) -> bool {
        let is_there = |end| {
            let builder = PathBuilder::of(client);
            input.dead_ends.iter().any(|(one, found)| Some(*one) == builder && *found == end)
        };
        self.words(client).is_some()
            && !matches!(self.applies, Condition::DeadEnd(end) if !is_there(end))
    }

    fn reason(&'static self, input: &RuleInput<'_>) -> Option<Reason> {
        let applies = match self.applies {
            Condition::Path(applies) => applies(input),
            Condition::DeadEnd(end) => input.dead_ends.iter().any(|(_, found)| *found == end),
            Condition::Host(applies) => {
                let name = input.hosts.iter().find(|host| applies(input, host))?;
                return Some(Reason { rule: self, name: Some(name.typed.clone()) });
            }
        };
        applies.then_some(Reason { rule: self, name: None })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{}: {name}", self.rule.because),
            None => f.write_str(self.rule.because),
        }
    }
}
