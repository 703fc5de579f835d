//! Searches for paths through signatures, and validates one with rustls-webpki.

use std::collections::HashSet;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::{MAX_LENGTH, Path, PathInput};
use crate::usage::ExtendedKeyUsage;
use crate::verify::finding::Finding;
use crate::x509::signature::{SignatureBudget, SignatureStatus};
use crate::x509::{self, Certificate};

/// The most signatures that a search verifies, because many CAs can have one name. Go has the same limit.
const MAX_SIGNATURES: usize = 100;

/// The result of a search.
pub(super) enum SearchResult<'a> {
    /// Every path; at least one.
    Paths(Vec<Path<'a>>),
    /// The reason why there is no path.
    NoPath(Finding),
}

/// Searches for every path from the certificate to one in the CA file. The chain must not be empty.
pub(super) fn search<'a>(input: &PathInput<'a>) -> SearchResult<'a> {
    let mut seen = HashSet::new();
    let known = input.anchors.iter().chain(input.chain);
    let known = known.filter(|one| seen.insert(one.der())).collect();
    let signatures = SignatureBudget::new(MAX_SIGNATURES);
    let mut search = Search { input, known, signatures, paths: Vec::new() };
    search.extend(&mut vec![&input.chain[0]]);
    if !search.paths.is_empty() {
        SearchResult::Paths(search.paths)
    } else if search.signatures.is_spent() {
        SearchResult::NoPath(Finding::SignatureLimit { signatures: MAX_SIGNATURES })
    } else {
        SearchResult::NoPath(without_path(input))
    }
}

struct Search<'s, 'a> {
    input: &'s PathInput<'a>,
    /// The distinct certificates, those of the CA file first.
    known: Vec<&'a Certificate>,
    signatures: SignatureBudget,
    paths: Vec<Path<'a>>,
}

impl<'a> Search<'_, 'a> {
    /// Adds every path that begins with these certificates.
    fn extend(&mut self, path: &mut Path<'a>) {
        let Some(last) = path.last().copied() else { return };
        if self.input.is_anchor(last) {
            self.paths.push(path.clone());
        }
        if path.len() == MAX_LENGTH {
            return;
        }
        for (_, issuer) in last.issuer_candidates(self.known.iter().copied()) {
            if !path.contains(&issuer)
                && self.signatures.verify(last, issuer) == Some(SignatureStatus::Valid)
            {
                path.push(issuer);
                self.extend(path);
                path.pop();
            }
        }
    }
}

/// Returns a certificate and its chain of issuers in `among`, at most [`MAX_LENGTH`] certificates.
pub(in crate::verify) fn issued_chain<'a>(
    certificate: &'a Certificate,
    among: &'a [Certificate],
    signatures: &mut SignatureBudget,
) -> Path<'a> {
    let mut path = vec![certificate];
    while path.len() < MAX_LENGTH {
        let last = path[path.len() - 1];
        let others = among.iter().filter(|one| !path.contains(one));
        let Some(issuer) = signatures.issuer_of(last, others) else { break };
        path.push(issuer);
    }
    path
}

/// Returns the reason why there is no path, about the certificate without a trusted issuer.
fn without_path(input: &PathInput<'_>) -> Finding {
    let mut signatures = SignatureBudget::new(MAX_SIGNATURES);
    let path = issued_chain(&input.chain[0], input.chain, &mut signatures);
    let last = path[path.len() - 1];
    let (subject, issuer) = (last.subject(), last.issuer());
    if last.is_self_signed() {
        return Finding::SelfSignedUntrusted { subject, is_end_entity: path.len() == 1 };
    }
    let known = || input.anchors.iter().chain(input.chain);
    let candidates = last.issuer_candidates(known().filter(|ca| *ca != last));
    let statuses: Vec<_> =
        candidates.iter().map(|(_, ca)| (signatures.verify(last, ca), *ca)).collect();
    if statuses.iter().any(|(status, _)| *status == Some(SignatureStatus::Valid)) {
        let reason = format!("it is longer than {MAX_LENGTH} certificates");
        return Finding::PathRejected { reason };
    }
    let is_unsupported = |(status, _): &&(_, _)| *status == Some(SignatureStatus::Unsupported);
    if let Some((_, ca)) = statuses.iter().find(is_unsupported) {
        let (algorithm, key) = (last.signature_algorithm().to_string(), ca.key_type().to_string());
        return Finding::SignatureUnsupported { subject, issuer, algorithm, key };
    }
    if !candidates.is_empty() {
        return Finding::SignatureInvalid { subject, issuer };
    }
    let is_same_but_for_encoding = |ca: &Certificate| {
        x509::is_same_but_for_encoding(last.x509().issuer(), ca.x509().subject())
    };
    if known().any(is_same_but_for_encoding) {
        return Finding::IssuerEncodedDifferently { subject, issuer };
    }
    Finding::IssuerMissing { subject, issuer }
}

/// Returns the error of rustls-webpki for a path. A CA certificate as end entity and a path of one certificate are not
/// validated: it always rejects those.
pub(super) fn webpki_error(path: &Path<'_>, input: &PathInput<'_>) -> Option<String> {
    let (end_entity, anchor) = (path.first()?, path.last()?);
    if path.len() == 1 || end_entity.is_ca() == Some(true) {
        return None;
    }
    let verdict = || -> Result<(), webpki::Error> {
        let [end_entity, anchor] = [end_entity, anchor].map(|one| CertificateDer::from(one.der()));
        let anchor = [anchor_from_trusted_cert(&anchor)?];
        let between = &path[1..path.len() - 1];
        let between: Vec<_> = between.iter().map(|ca| CertificateDer::from(ca.der())).collect();
        let seconds = u64::try_from(input.at.unix_timestamp()).unwrap_or_default();
        let usage = match input.usage {
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
    // Only the name of the error: its values have the format of Debug.
    let words = verdict().err()?.to_string();
    Some(words.split(['(', '{', ' ']).next().unwrap_or(&words).to_owned())
}
