//! Path validation (RFC 5280 6): from a certificate to one that clients trust.
//!
//! The checks here are Go's, which Kuma uses: every path is tried, and one that holds is enough. rustls-webpki
//! validates the path that was found, and what it alone rejects is a finding about rustls. [`follow`] says
//! which of the libraries that try only one path choose another.

mod defects;
pub(super) mod follow;
mod go;
mod policies;

use std::collections::HashSet;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use time::OffsetDateTime;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_parser::prelude::X509Certificate;

pub(super) use self::defects::{dates, unreadable_for_go};
use self::defects::{defects, own_defects, passed, unreadable};
use super::finding::Finding;
use super::report::{CheckName, Outcome, Report};
use crate::usage::ExtendedKeyUsage;
use crate::x509::signature::{self, Budget, Signature};
use crate::x509::{self, ParseError};

/// The longest path that is looked at: twice what rustls-webpki takes, and more than anyone needs.
const MAX_LENGTH: usize = 16;

/// How many signatures are looked at in all: a bound on what many CAs of one name can cost, and Go's.
const MAX_SIGNATURES: usize = 100;

/// A certificate that was read.
pub(crate) struct Parsed<'a> {
    pub(crate) der: &'a [u8],
    pub(crate) x509: X509Certificate<'a>,
}

impl<'a> Parsed<'a> {
    /// Reads all certificates of a file.
    ///
    /// # Errors
    ///
    /// [`ParseError`] with the place of the first that cannot be read.
    pub(crate) fn all(certificates: &'a [Vec<u8>]) -> Result<Vec<Self>, ParseError> {
        let parsed = x509::parse_all(certificates)?.into_iter().zip(certificates);
        Ok(parsed.map(|(x509, der)| Self { der, x509 }).collect())
    }

    /// Whether it ends a chain: it is its own issuer, as far as its names and identifiers tell. Nobody
    /// verifies the signature of a certificate that is trusted.
    pub(super) fn is_root(&self) -> bool {
        x509::is_self_issued(&self.x509) && signature::identifies(&self.x509, &self.x509)
    }
}

/// What a chain is held against.
pub(crate) struct Trust<'a> {
    /// The certificate, and those that were sent with it.
    pub(crate) chain: &'a [Parsed<'a>],
    /// The certificates in the CA file.
    pub(crate) anchors: &'a [Parsed<'a>],
    pub(crate) usage: ExtendedKeyUsage,
    pub(crate) at: OffsetDateTime,
}

impl Trust<'_> {
    /// Whether a certificate stands in the CA file.
    fn is_anchor(&self, certificate: &Parsed<'_>) -> bool {
        self.anchors.iter().any(|anchor| anchor.der == certificate.der)
    }

    /// Whether a certificate is valid at the time.
    fn is_in_time(&self, certificate: &Parsed<'_>) -> bool {
        dates(certificate, self.at, false).is_empty()
    }
}

/// A path: the certificate first, the anchor last.
type Path<'a> = Vec<&'a Parsed<'a>>;

/// The path that speaks best for a certificate.
struct Best<'a> {
    path: Path<'a>,
    defects: Defects,
    /// What rustls-webpki has against it, though others do not.
    only_for_rustls: Option<Finding>,
}

/// What a search for a path found.
pub(crate) struct Found<'a> {
    /// The certificates above the end entity, the anchor last.
    pub(crate) issuers: Vec<&'a Parsed<'a>>,
    /// Whether rustls-webpki, and no other, refuses the path.
    pub(crate) is_refused_by_rustls: bool,
}

/// What is wrong with a path, by the check that finds it.
type Defects = Vec<(CheckName, Finding)>;

/// The checks that a path goes through, in the order of the report.
const CHECKS: [CheckName; 7] = [
    CheckName::Dates,
    CheckName::CertificationAuthority,
    CheckName::PathLength,
    CheckName::Extensions,
    CheckName::KeyUsage,
    CheckName::ExtendedKeyUsage,
    CheckName::NameConstraints,
];

/// Those that look at the certificate itself.
const OWN_CHECKS: [CheckName; 4] =
    [CheckName::Dates, CheckName::Extensions, CheckName::KeyUsage, CheckName::ExtendedKeyUsage];

/// Looks for a path without defects, and reports on the best one; `None` if there is no path.
pub(crate) fn check<'a>(trust: &Trust<'a>, report: &mut Report) -> Option<Found<'a>> {
    let end_entity = trust.chain.first()?;
    let mut seen = HashSet::new();
    let known = trust.anchors.iter().chain(trust.chain).filter(|one| seen.insert(one.der));
    let known = known.collect();
    let signatures = Budget::new(MAX_SIGNATURES);
    let mut search = Search { trust, known, signatures, paths: Vec::new() };
    search.extend(&mut vec![end_entity]);
    let Some(Best { path, mut defects, only_for_rustls }) = best(search.paths, trust) else {
        let finding = if search.signatures.is_spent() {
            Finding::SearchEnded { signatures: MAX_SIGNATURES }
        } else {
            without_path(trust)
        };
        report.add(CheckName::Chain, Outcome::Failed(finding));
        for name in CHECKS {
            let found = own_defects(name, end_entity, trust);
            report.add_all(name, found, || format!("of {} alone", subject(end_entity)));
        }
        return None;
    };
    let chain: Vec<Finding> = take(&mut defects, CheckName::Chain);
    if !chain.is_empty() {
        report.add_all(CheckName::Chain, chain, String::new);
    } else if let Some(finding) = &only_for_rustls {
        report.add(CheckName::Chain, Outcome::Warning(finding.clone()));
    } else if is_leaf_as_anchor(&path) {
        let finding = Finding::LeafAsAnchor { subject: subject(end_entity) };
        report.add(CheckName::Chain, Outcome::Warning(finding));
    } else if path.last().is_some_and(|anchor| !anchor.is_root()) {
        let finding = Finding::AnchorNotRoot { chain: issuers(&path) };
        report.add(CheckName::Chain, Outcome::Warning(finding));
    } else {
        report.add(CheckName::Chain, Outcome::Passed(shown(&path)));
    }
    let off_path = trust.chain.iter().filter(|one| path.iter().all(|other| other.der != one.der));
    defects.extend(off_path.flat_map(unreadable).map(|finding| (CheckName::Extensions, finding)));
    for name in CHECKS {
        report.add_all(name, take(&mut defects, name), || passed(name, &path, trust));
    }
    Some(Found { issuers: path[1..].to_vec(), is_refused_by_rustls: only_for_rustls.is_some() })
}

/// What can be said of a certificate without its CA.
pub(crate) fn check_alone(end_entity: &Parsed<'_>, trust: &Trust<'_>, report: &mut Report) {
    for name in OWN_CHECKS {
        let found = own_defects(name, end_entity, trust);
        report.add_all(name, found, || format!("of {} alone", subject(end_entity)));
    }
}

/// The path that speaks best for the certificate, with what is wrong with it: the first without defects
/// that webpki accepts too, or else the one with the fewest.
fn best<'a>(paths: Vec<Path<'a>>, trust: &Trust<'a>) -> Option<Best<'a>> {
    let mut judged: Vec<_> = paths.into_iter().map(|path| (defects(&path, trust), path)).collect();
    // What ends with a root is a path for all.
    judged.sort_by_key(|(defects, path)| {
        let ends_with_root = path.last().is_some_and(|anchor| anchor.is_root());
        (defects.len(), is_leaf_as_anchor(path), !ends_with_root)
    });
    let mut first_refused = None;
    for (defects, path) in judged {
        let error = if defects.is_empty() { webpki_refuses(&path, trust) } else { None };
        let is_accepted = defects.is_empty() && error.is_none();
        let only_for_rustls =
            error.map(|error| Finding::PathRefused { reason: webpki_words(&error) });
        let best = Best { path, defects, only_for_rustls };
        if is_accepted {
            return Some(best);
        }
        first_refused.get_or_insert(best);
    }
    first_refused
}

/// The name of an error, without the values that are for programmers.
fn webpki_words(error: &webpki::Error) -> String {
    let words = error.to_string();
    words.split(['(', '{', ' ']).next().unwrap_or(&words).to_owned()
}

fn take(defects: &mut Defects, name: CheckName) -> Vec<Finding> {
    defects.extract_if(.., |(check, _)| *check == name).map(|(_, finding)| finding).collect()
}

/// Whether the path is a certificate alone that another key signed.
fn is_leaf_as_anchor(path: &Path<'_>) -> bool {
    path.len() == 1 && !path[0].is_root()
}

struct Search<'s, 'a> {
    trust: &'s Trust<'a>,
    /// Every certificate once: those of the CA file first.
    known: Vec<&'a Parsed<'a>>,
    signatures: Budget,
    paths: Vec<Path<'a>>,
}

impl<'a> Search<'_, 'a> {
    /// Adds every path that begins with these certificates.
    fn extend(&mut self, path: &mut Path<'a>) {
        let Some(last) = path.last().copied() else { return };
        if self.trust.is_anchor(last) {
            self.paths.push(path.clone());
        }
        if path.len() == MAX_LENGTH {
            return;
        }
        let known = self.known.iter().map(|ca| &ca.x509);
        for (index, ca) in signature::candidates(&last.x509, known) {
            let issuer = self.known[index];
            let is_on_path = path.iter().any(|certificate| certificate.der == issuer.der);
            if !is_on_path && self.signatures.verify(&last.x509, ca) == Some(Signature::Valid) {
                path.push(issuer);
                self.extend(path);
                path.pop();
            }
        }
    }
}

/// Why there is no path, told of the certificate at which it ends.
fn without_path(trust: &Trust<'_>) -> Finding {
    let mut signatures = Budget::new(MAX_SIGNATURES);
    let mut last = &trust.chain[0];
    let mut passed = vec![last.der];
    loop {
        let others = trust.chain.iter().filter(|ca| !passed.contains(&ca.der));
        let others: Vec<_> = others.collect();
        let named = signature::candidates(&last.x509, others.iter().map(|ca| &ca.x509));
        let Some((index, _)) = signatures.issuer_of(&last.x509, &named) else { break };
        if passed.len() == MAX_LENGTH {
            let reason = format!("it is longer than {MAX_LENGTH} certificates");
            return Finding::PathRefused { reason };
        }
        last = others[index];
        passed.push(last.der);
    }
    let (subject, issuer) = (subject(last), x509::name(last.x509.issuer()));
    if signature::is_self_signed(&last.x509) {
        return Finding::SelfSignedUntrusted { subject, is_end_entity: passed.len() == 1 };
    }
    let others = trust.anchors.iter().chain(trust.chain).filter(|ca| ca.der != last.der);
    let named = signature::candidates(&last.x509, others.map(|ca| &ca.x509));
    let judged: Vec<_> =
        named.iter().map(|(_, ca)| (signatures.verify(&last.x509, ca), *ca)).collect();
    if judged.iter().any(|(found, _)| *found == Some(Signature::Valid)) {
        let reason = format!("it is longer than {MAX_LENGTH} certificates");
        return Finding::PathRefused { reason };
    }
    if let Some((_, ca)) = judged.iter().find(|(found, _)| *found == Some(Signature::Unsupported)) {
        let algorithm = x509::signature_algorithm(&last.x509);
        let key = x509::subject_key(ca).to_string();
        return Finding::SignatureUnsupported { subject, issuer, algorithm, key };
    }
    if named.is_empty() {
        let mut others = trust.anchors.iter().chain(trust.chain);
        if others.any(|ca| x509::is_same_but_for_encoding(last.x509.issuer(), ca.x509.subject())) {
            return Finding::IssuerEncodedDifferently { subject, issuer };
        }
        Finding::IssuerMissing { subject, issuer }
    } else {
        Finding::SignatureInvalid { subject, issuer }
    }
}

/// What rustls-webpki says against a path that it can judge: it refuses every certificate that is a
/// CA's at the beginning, and every self-signed one, whatever the anchors.
fn webpki_refuses(path: &Path<'_>, trust: &Trust<'_>) -> Option<webpki::Error> {
    let (end_entity, anchor) = (path.first()?, path.last()?);
    if path.len() == 1 || x509::is_ca(&end_entity.x509) == Some(true) {
        return None;
    }
    let verdict = || -> Result<(), webpki::Error> {
        let [end_entity, anchor] = [end_entity.der, anchor.der].map(CertificateDer::from);
        let anchor = [anchor_from_trusted_cert(&anchor)?];
        let between = &path[1..path.len() - 1];
        let between: Vec<_> = between.iter().map(|ca| CertificateDer::from(ca.der)).collect();
        let seconds = u64::try_from(trust.at.unix_timestamp()).unwrap_or_default();
        let usage = match trust.usage {
            ExtendedKeyUsage::ClientAuth => KeyUsage::client_auth(),
            ExtendedKeyUsage::ServerAuth => KeyUsage::server_auth(),
        };
        EndEntityCert::try_from(&end_entity)?
            .verify_for_usage(
                webpki::ALL_VERIFICATION_ALGS,
                &anchor,
                &between,
                UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
                usage,
                None,
                None,
            )
            .map(|_| ())
    };
    verdict().err()
}

fn subject(certificate: &Parsed<'_>) -> String {
    x509::name(certificate.x509.subject())
}

/// The path in words.
fn shown(path: &Path<'_>) -> String {
    match path.len() {
        0 | 1 => "the certificate is its own CA, and in the CA file".to_owned(),
        _ => format!("issued by {}", issuers(path)),
    }
}

/// The CAs of a path.
fn issuers(path: &Path<'_>) -> String {
    let cas: Vec<_> = path.iter().skip(1).map(|ca| subject(ca)).collect();
    cas.join(", which is issued by ")
}
