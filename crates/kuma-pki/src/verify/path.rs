//! Path validation (RFC 5280 6), from the end-entity certificate to a trust anchor.
//!
//! The checks are those of Go, which Kuma uses: every path is tried, and one valid path is enough. rustls-webpki
//! validates the best path too, and an error of it alone is a warning about rustls. [`builder`] finds the libraries that
//! try only one path, and choose an invalid one.

pub(super) mod builder;
mod defects;
mod extensions;
mod go;
mod policies;
mod search;
#[cfg(test)]
mod tests;

use time::OffsetDateTime;

pub(super) use self::defects::dates;
pub(crate) use self::defects::issuer_defects;
use self::defects::{Defects, defects, own_defects, passed};
pub(super) use self::extensions::unreadable_for_go;
use self::extensions::unreadable_when_sent;
pub(super) use self::search::issued_chain;
use self::search::{SearchResult, search, webpki_error};
use super::finding::Finding;
use super::report::{CheckName, Report};
use crate::usage::ExtendedKeyUsage;
use crate::x509::Certificate;

/// The longest path that is searched, in certificates: twice the limit of rustls-webpki.
const MAX_LENGTH: usize = 16;

/// The certificates and the conditions of a path validation (RFC 5280 6.1.1).
pub(crate) struct PathInput<'a> {
    /// The end-entity certificate and those that are sent with it.
    pub(crate) chain: &'a [Certificate],
    /// The certificates in the CA file.
    pub(crate) anchors: &'a [Certificate],
    pub(crate) usage: ExtendedKeyUsage,
    pub(crate) at: OffsetDateTime,
}

impl PathInput<'_> {
    /// Returns whether a certificate is in the CA file.
    fn is_anchor(&self, certificate: &Certificate) -> bool {
        self.anchors.contains(certificate)
    }

    /// Returns whether a certificate is valid at the time.
    fn is_in_time(&self, certificate: &Certificate) -> bool {
        dates(certificate, self.at, false).is_empty()
    }
}

/// A certification path, from the end-entity certificate to the trust anchor.
type Path<'a> = Vec<&'a Certificate>;

/// The path with the fewest defects.
struct BestPath<'a> {
    path: Path<'a>,
    defects: Defects,
    /// The error of rustls-webpki, if no other library rejects the path.
    only_for_rustls: Option<Finding>,
}

/// The path that was validated.
pub(crate) struct ValidatedPath<'a> {
    /// The certificates above the end entity, the anchor last.
    pub(crate) issuers: Vec<&'a Certificate>,
    /// Whether only rustls-webpki rejects the path.
    pub(crate) is_rejected_by_rustls: bool,
}

/// The checks of a path, in the order of the report.
const CHECKS: [CheckName; 7] = [
    CheckName::Dates,
    CheckName::CertificationAuthority,
    CheckName::PathLength,
    CheckName::Extensions,
    CheckName::KeyUsage,
    CheckName::ExtendedKeyUsage,
    CheckName::NameConstraints,
];

/// The checks of the end-entity certificate alone.
const OWN_CHECKS: [CheckName; 4] =
    [CheckName::Dates, CheckName::Extensions, CheckName::KeyUsage, CheckName::ExtendedKeyUsage];

/// Searches for a path without defects, and reports the checks of the best one. Returns `None` if there is no path.
pub(crate) fn check<'a>(input: &PathInput<'a>, report: &mut Report) -> Option<ValidatedPath<'a>> {
    let end_entity = input.chain.first()?;
    let paths = match search(input) {
        SearchResult::Paths(paths) => paths,
        SearchResult::NoPath(finding) => {
            report.fail(CheckName::Chain, finding);
            check_own(&CHECKS, end_entity, input, report);
            return None;
        }
    };
    let BestPath { path, mut defects, only_for_rustls } = best(paths, input)?;
    let chain: Vec<Finding> = take(&mut defects, CheckName::Chain);
    if !chain.is_empty() {
        report.add_all(CheckName::Chain, chain, String::new);
    } else if let Some(finding) = &only_for_rustls {
        report.warn(CheckName::Chain, finding.clone());
    } else if is_leaf_as_anchor(&path) {
        let finding = Finding::LeafAsAnchor { subject: end_entity.subject() };
        report.warn(CheckName::Chain, finding);
    } else if path.last().is_some_and(|anchor| !anchor.names_itself_as_issuer()) {
        let finding = Finding::AnchorNotRoot { chain: issuers(&path) };
        report.warn(CheckName::Chain, finding);
    } else {
        report.pass(CheckName::Chain, shown(&path));
    }
    let off_path = input.chain.iter().filter(|one| !path.contains(one));
    let unreadable = off_path.flat_map(unreadable_when_sent);
    defects.extend(unreadable.map(|finding| (CheckName::Extensions, finding)));
    for name in CHECKS {
        report.add_all(name, take(&mut defects, name), || passed(name, &path, input));
    }
    Some(ValidatedPath {
        issuers: path[1..].to_vec(),
        is_rejected_by_rustls: only_for_rustls.is_some(),
    })
}

/// Reports the checks of an end-entity certificate without its CA.
pub(crate) fn check_alone(end_entity: &Certificate, input: &PathInput<'_>, report: &mut Report) {
    check_own(&OWN_CHECKS, end_entity, input, report);
}

fn check_own(
    checks: &[CheckName],
    end_entity: &Certificate,
    input: &PathInput<'_>,
    report: &mut Report,
) {
    for name in checks {
        let found = own_defects(*name, end_entity, input);
        report.add_all(*name, found, || format!("of {} alone", end_entity.subject()));
    }
}

/// Returns the first path without defects that rustls-webpki accepts too, or else the path with the fewest defects.
fn best<'a>(paths: Vec<Path<'a>>, input: &PathInput<'a>) -> Option<BestPath<'a>> {
    let mut paths: Vec<_> = paths.into_iter().map(|path| (defects(&path, input), path)).collect();
    // Prefer paths that end with a root, because all clients accept those.
    paths.sort_by_key(|(defects, path)| {
        let ends_with_root = path.last().is_some_and(|anchor| anchor.names_itself_as_issuer());
        (defects.len(), is_leaf_as_anchor(path), !ends_with_root)
    });
    let mut first_refused = None;
    for (defects, path) in paths {
        let error = if defects.is_empty() { webpki_error(&path, input) } else { None };
        let is_accepted = defects.is_empty() && error.is_none();
        let only_for_rustls = error.map(|reason| Finding::PathRejected { reason });
        let best = BestPath { path, defects, only_for_rustls };
        if is_accepted {
            return Some(best);
        }
        first_refused.get_or_insert(best);
    }
    first_refused
}

fn take(defects: &mut Defects, name: CheckName) -> Vec<Finding> {
    defects.extract_if(.., |(check, _)| *check == name).map(|(_, finding)| finding).collect()
}

/// Returns whether the path is an end-entity certificate alone that is not its own issuer.
fn is_leaf_as_anchor(path: &Path<'_>) -> bool {
    path.len() == 1 && !path[0].names_itself_as_issuer()
}

/// Returns the path for a report.
fn shown(path: &Path<'_>) -> String {
    match path.len() {
        0 | 1 => "self-signed, and in the CA file".to_owned(),
        _ => format!("issued by {}", issuers(path)),
    }
}

/// Returns the CAs of a path for a report.
fn issuers(path: &Path<'_>) -> String {
    let cas: Vec<_> = path.iter().skip(1).map(|ca| ca.subject()).collect();
    cas.join(", which is issued by ")
}
