//! Judging certificates: by the request they were made for, and by the rules of those who use them.

mod attribution;
pub mod clients;
mod files;
mod finding;
mod hostname;
pub mod inspect;
pub mod kuma;
pub mod mesh_ca;
mod path;
mod report;

use time::OffsetDateTime;

pub use finding::{Finding, NearMiss, Place};
pub(crate) use hostname::text as name_text;
pub(crate) use path::Parsed;
pub use report::{Check, CheckName, ClientVerdict, Outcome, Report};

use self::clients::{Client, Shape};
use self::files::{ca_file, ca_files, certificate_file, key_file};
use self::kuma::KumaVersion;
use self::path::Trust;
use self::path::follow::Follower;
use crate::key::{ExistingKey, KeyIdentifier};
use crate::name::SubjectAltName;
use crate::usage::ExtendedKeyUsage;
use crate::validity::{RenewBefore, words};
use crate::x509::signature;
use crate::x509::{self, SubjectKey};

/// A file, as it was read.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// What people call it.
    pub name: &'a str,
    /// What is in it.
    pub bytes: &'a [u8],
}

/// What a handshake told of a server's key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeyProof {
    /// The server signed with the certificate's key.
    Proved,
    /// It did not, and why.
    NotProved(String),
    /// The signature cannot be checked here, and why.
    NotChecked(&'static str),
}

/// What is to work together.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The certificate and the chain behind it, as PEM.
    pub certificate: File<'a>,
    /// Whether a server proved in a handshake that it has the certificate's key. `None` if nobody was
    /// asked.
    pub proof: Option<&'a KeyProof>,
    /// The private key, as PEM.
    pub key: Option<File<'a>>,
    /// The permissions of the key's file.
    pub key_mode: Option<u32>,
    /// The CA certificates that clients trust, as PEM.
    pub ca: Option<File<'a>>,
    /// The same in one line of Base64.
    pub bundle: Option<File<'a>>,
}

/// A name that clients dial.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Host {
    /// The name.
    pub name: SubjectAltName,
    /// How the clients write it; Envoy compares addresses as text.
    pub typed: String,
}

impl From<SubjectAltName> for Host {
    fn from(name: SubjectAltName) -> Self {
        Self { typed: name.to_string(), name }
    }
}

/// What it is to be good for.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The names that clients dial.
    pub hosts: &'a [Host],
    /// A server's or a client's certificate.
    pub usage: ExtendedKeyUsage,
    /// When.
    pub at: OffsetDateTime,
    /// How long it has to live from then on. Without a wish, less than usual is a warning.
    pub min_remaining: Option<RenewBefore>,
    /// The clients of Kuma's that use it, such as [`Client::KUMAS`]: a refusal by one of them is a failure.
    pub kuma_clients: &'a [Client],
    /// Other clients that must accept it.
    pub clients: &'a [Client],
    /// The version of Kuma.
    pub kuma: KumaVersion,
}

impl<'a> Question<'a> {
    /// The question whether a certificate works for these names with the newest Kuma.
    #[must_use]
    pub const fn new(hosts: &'a [Host], usage: ExtendedKeyUsage, at: OffsetDateTime) -> Self {
        Self {
            hosts,
            usage,
            at,
            min_remaining: None,
            kuma_clients: &Client::KUMAS,
            clients: &[],
            kuma: KumaVersion::NEWEST,
        }
    }
}

/// Whether a handshake signature of a certificate's key can be checked: the crypto library takes RSA keys
/// from 2048 bits on.
#[must_use]
pub fn can_check_proof(end_entity: &[u8]) -> bool {
    let key = x509::parse(1, end_entity).map(|parsed| x509::subject_key(&parsed));
    !matches!(key, Ok(SubjectKey::Rsa(0..2048)))
}

/// Judges certificates, key, CA and bundle, alone and beside each other. Reads no clock and no file.
#[must_use]
pub fn verify(evidence: &Evidence<'_>, question: &Question<'_>) -> Report {
    judge(evidence, question, true)
}

/// Verifies as [`verify`] does, with or without the rules of single clients.
pub(crate) fn judge(
    evidence: &Evidence<'_>,
    question: &Question<'_>,
    asks_clients: bool,
) -> Report {
    let mut report = Report::default();
    let chain = certificate_file(evidence, &mut report);
    let key = evidence.key.and_then(|file| key_file(file, evidence, &mut report));
    let anchors = ca_files(evidence, question.usage, &mut report);
    let chain = parse(&chain);
    let anchors = anchors.as_ref().map(|anchors| parse(anchors));
    let Some(end_entity) = chain.first() else {
        return report;
    };
    private_key(&chain, key.as_ref(), evidence.proof, &mut report);
    let known = anchors.as_deref().unwrap_or_default();
    let trust = Trust { chain: &chain, anchors: known, usage: question.usage, at: question.at };
    let mut found = None;
    if anchors.is_some() {
        found = path::check(&trust, &mut report);
    } else {
        path::check_alone(end_entity, &trust, &mut report);
    }
    key_type(end_entity, &mut report);
    names(end_entity, question.hosts, &mut report);
    time_left(end_entity, question, &mut report);
    let asks_clients = asks_clients && question.usage == ExtendedKeyUsage::ServerAuth;
    if let (Some(found), Some(anchors), true) = (&found, &anchors, asks_clients) {
        let mut shape = Shape::new(end_entity, &found.issuers, anchors, question.hosts);
        shape.is_refused_by_rustls = found.is_refused_by_rustls;
        shape.dead_ends = Follower::dead_ends(&found.issuers, &trust);
        shape.sent = &chain;
        shape.kuma = question.kuma;
        ask_clients(&shape, question, &mut report);
    }
    report
}

/// Judges a CA file alone: does it hold CA certificates that are valid, a CA's first, and no key?
#[must_use]
pub fn verify_ca(file: File<'_>, at: OffsetDateTime) -> Report {
    let mut report = Report::default();
    let certificates = ca_file(file, ExtendedKeyUsage::ServerAuth, &mut report).unwrap_or_default();
    if let (Ok(Err(not_ca)), true) = (kuma::check_ca_file(&certificates), report.verifies()) {
        let finding = Finding::NotCa { file: file.name.to_owned(), subject: not_ca.subject };
        report.add(CheckName::CaFile, Outcome::Failed(finding));
    }
    let parsed = parse(&certificates);
    // While one CA replaces another, the older may have expired.
    let findings: Vec<_> = parsed.iter().map(|one| path::dates(one, at, true)).collect();
    let none_is_valid = findings.iter().all(|found| !found.is_empty());
    for finding in findings.into_iter().flatten().take(report::MAX_FINDINGS) {
        let outcome =
            if none_is_valid { Outcome::Failed(finding) } else { Outcome::Warning(finding) };
        report.add(CheckName::Dates, outcome);
    }
    // Go leaves out what it cannot read (`CertPool.AppendCertsFromPEM`), and Kuma fails if nothing is left.
    let unreadable: Vec<_> = parsed.iter().filter_map(path::unreadable_for_go).collect();
    let none_is_readable = unreadable.len() == parsed.len();
    for finding in unreadable.into_iter().take(report::MAX_FINDINGS) {
        let outcome =
            if none_is_readable { Outcome::Failed(finding) } else { Outcome::Warning(finding) };
        report.add(CheckName::Extensions, outcome);
    }
    let has_root = parsed.iter().any(|one| signature::is_root(&one.x509));
    if let (Some(first), false) = (parsed.first(), has_root) {
        let finding = Finding::CaWithoutRoot { subject: x509::name(first.x509.subject()) };
        report.add(CheckName::Chain, Outcome::Warning(finding));
    }
    report
}

/// Verifies the file by which a server identifies its clients: does it trust any client, and is one of the
/// certificates valid? A server written in Go, as kuma-cp is, takes each certificate for a trust anchor, in
/// any order. A CA vouches for the clients that it issued; a client's own certificate vouches for that
/// client (`Certificate.Verify` accepts what is in the pool), so a copy of `client.crt` works.
#[must_use]
pub fn verify_client_ca(file: File<'_>, at: OffsetDateTime) -> Report {
    let mut report = Report::default();
    let certificates = files::certificates(file).unwrap_or_else(|finding| {
        report.add(CheckName::CaFile, Outcome::Failed(finding));
        Vec::new()
    });
    let parsed = parse(&certificates);
    let vouches = |one: &Parsed<'_>| {
        x509::is_ca(&one.x509) == Some(true)
            || signature::is_self_signed(&one.x509)
            || x509::allows_usage(&one.x509, "clientAuth")
    };
    if let (Some(first), false) = (parsed.first(), parsed.iter().any(vouches)) {
        let subject = x509::name(first.x509.subject());
        let finding = Finding::ClientWithoutCa { file: file.name.to_owned(), subject };
        report.add(CheckName::CaFile, Outcome::Failed(finding));
    }
    let findings: Vec<_> = parsed.iter().map(|one| path::dates(one, at, true)).collect();
    if findings.iter().all(|found| !found.is_empty()) {
        let first = findings.into_iter().next().unwrap_or_default();
        for finding in first {
            report.add(CheckName::Dates, Outcome::Failed(finding));
        }
    }
    report
}

/// What clients make of a certificate, with the certificates above it.
pub(crate) fn refusals<'a>(
    end_entity: &'a Parsed<'a>,
    issuers: &[&'a Parsed<'a>],
) -> Vec<ClientVerdict> {
    let shape = Shape::new(end_entity, issuers, &[], &[]);
    Client::ALL
        .into_iter()
        .map(|client| ClientVerdict { client, failed: Vec::new(), reasons: shape.reasons(client) })
        .filter(|verdict| !verdict.accepts())
        .collect()
}

/// Certificates that were read before, and so can be read again.
fn parse(certificates: &[Vec<u8>]) -> Vec<Parsed<'_>> {
    Parsed::all(certificates).unwrap_or_default()
}

fn private_key(
    chain: &[Parsed<'_>],
    key: Option<&ExistingKey>,
    proof: Option<&KeyProof>,
    report: &mut Report,
) {
    let Some(end_entity) = chain.first() else { return };
    if let Some(proof) = proof {
        let outcome = match proof {
            KeyProof::Proved => Outcome::Passed("the server has the certificate's key".to_owned()),
            KeyProof::NotProved(reason) => {
                Outcome::Failed(Finding::KeyNotProved { reason: reason.clone() })
            }
            KeyProof::NotChecked(reason) => Outcome::Skipped((*reason).to_owned()),
        };
        return report.add(CheckName::PrivateKey, outcome);
    }
    let Some(key) = key else { return };
    let public_key = x509::public_key(&end_entity.x509);
    let outcome = if public_key == key.public_key() {
        Outcome::Passed("belongs to the certificate".to_owned())
    } else {
        let belongs = |one: &Parsed<'_>| x509::public_key(&one.x509) == key.public_key();
        let found = x509::subject_key(&end_entity.x509).to_string();
        let kind = |text: &str| text.split(' ').next().map(str::to_owned);
        Outcome::Failed(Finding::KeyMismatch {
            certificate: KeyIdentifier::of(public_key).to_string(),
            key: KeyIdentifier::of(key.public_key()).to_string(),
            types_differ: kind(&found) != kind(key.description()),
            belongs_to: chain.iter().position(belongs).map(|index| index + 1),
        })
    };
    report.add(CheckName::PrivateKey, outcome);
}

fn names(end_entity: &Parsed<'_>, hosts: &[Host], report: &mut Report) {
    if hosts.is_empty() {
        let names: Vec<_> =
            x509::subject_alt_names(&end_entity.x509).iter().map(hostname::text).collect();
        let text = format!("none was asked for; the certificate has {}", names.join(", "));
        return report.add(CheckName::Hostname, Outcome::Skipped(text));
    }
    let names = hostname::Names::of(&end_entity.x509);
    for host in hosts {
        report.add(CheckName::Hostname, names.check(&host.name));
    }
}

fn time_left(end_entity: &Parsed<'_>, question: &Question<'_>, report: &mut Report) {
    let validity = x509::validity(&end_entity.x509);
    if question.at > validity.not_after {
        // Told by the dates.
        return;
    }
    let left = words(validity.not_after - question.at);
    let wanted = question.min_remaining.unwrap_or_default();
    if question.at < wanted.starts(validity) {
        return report.add(CheckName::TimeLeft, Outcome::Passed(left));
    }
    let finding = Finding::EndsSoon { not_after: validity.not_after, left };
    report.add(
        CheckName::TimeLeft,
        match question.min_remaining {
            Some(_) => Outcome::Failed(finding),
            None => Outcome::Warning(finding),
        },
    );
}

/// Tells of a key that no TLS stack signs a handshake with; Go refuses RSA below 1024 bits.
fn key_type(end_entity: &Parsed<'_>, report: &mut Report) {
    let key = x509::subject_key(&end_entity.x509);
    let is_usable = match key {
        SubjectKey::Rsa(bits) => bits >= 1024,
        SubjectKey::Other => false,
        SubjectKey::Ed25519 | SubjectKey::P256 | SubjectKey::P384 | SubjectKey::P521 => true,
    };
    if !is_usable {
        let algorithm = x509::key_algorithm_oid(&end_entity.x509);
        let finding = Finding::KeyUnusable { key: key.to_string(), algorithm };
        report.add(CheckName::KeyType, Outcome::Failed(finding));
    }
}

/// Asks every client, and turns a refusal by one of those that must accept the certificate into a failure.
fn ask_clients(shape: &Shape<'_>, question: &Question<'_>, report: &mut Report) {
    let verdicts: Vec<_> =
        Client::ALL.into_iter().map(|client| verdict(client, shape, report)).collect();
    let is_named = |client| question.clients.contains(&client);
    let is_required = |client| is_named(client) || question.kuma_clients.contains(&client);
    let required = || verdicts.iter().filter(|verdict| is_required(verdict.client));
    // What only others refuse does not stop those that count.
    for check in &mut report.checks {
        let is_told = check.name.is_of_clients();
        if is_told && !required().any(|verdict| verdict.refuses_for(check.name)) {
            check.outcome = check.outcome.clone().mitigated();
        }
    }
    for verdict in required() {
        let client = verdict.client;
        for reason in &verdict.reasons {
            let is_told = |name| report.failures().any(|(failed, _)| failed == name);
            if !reason.rule.check.is_some_and(is_told) {
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

fn verdict(client: Client, shape: &Shape<'_>, report: &Report) -> ClientVerdict {
    let failures = report.failures();
    let mut failed: Vec<_> = failures
        .filter(|(name, finding)| attribution::refuses(client, *name, finding))
        .map(|(name, _)| name)
        .collect();
    failed.dedup();
    ClientVerdict { client, failed, reasons: shape.reasons(client) }
}
