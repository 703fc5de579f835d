//! Reports the faults of a specification, each with its line and column.

use std::path::Path;

use kuma_pki::spec::{
    CertificateSpecification, IssuerSpecification, SpecificationError, SpecificationErrors,
};
use kuma_pki::{Profile, SerialNumber};
use time::OffsetDateTime;

use super::ca_files::CaFiles;
use crate::job::signer::Signer;
use crate::report::errors::{self, Interface};
use crate::report::failure::Failure;
use crate::report::progress::thousands;

/// The largest number of reported faults, since an error in a template repeats itself.
const MAX_REPORTED: usize = 50;

/// Fails if there are faults.
pub(super) fn check(shown: &str, faults: &[SpecificationError]) -> Result<(), Failure> {
    failure(shown, faults, 0).map_or(Ok(()), Err)
}

fn failure(shown: &str, faults: &[SpecificationError], more: usize) -> Option<Failure> {
    let problem = |fault: &SpecificationError| {
        let failure = Failure::usage(format!("{shown}:{}: {}", fault.position, fault.text));
        failure.hint_if_any(fault.hint.as_ref())
    };
    let more = faults.len().saturating_sub(MAX_REPORTED) + more;
    let more =
        (more > 0).then(|| Failure::usage(format!("{shown}: {} more errors", thousands(more))));
    Failure::join(faults.iter().take(MAX_REPORTED).map(problem).chain(more))
}

/// Returns the faults that the library found, together with those of the CA.
pub(super) fn all(
    shown: &str,
    errors: SpecificationErrors,
    ca_files: impl FnOnce(IssuerSpecification) -> CaFiles,
    directory: &Path,
    now: OffsetDateTime,
) -> Failure {
    let SpecificationErrors { errors: mut faults, more, issuer } = errors;
    let mut unusable = None;
    if let Some(files) = issuer.map(|issuer| ca_files(*issuer)) {
        let misplaced = files.faults(directory, std::iter::empty());
        if misplaced.is_empty() && !files.must_be_created() {
            let place = format!("{shown}:{}", files.position);
            unusable = files.read(now).err().map(|failure| failure.within(&place));
        }
        faults.extend(misplaced);
        faults.sort_by_key(|fault| fault.position);
    }
    let found = failure(shown, &faults, more);
    Failure::join(found.into_iter().chain(unusable))
        .unwrap_or_else(|| Failure::usage(format!("cannot read the specification {shown}")))
}

/// Returns a fault for each certificate that cannot be issued: because of its dates, or by this CA.
pub(super) fn of_requests(
    certificates: &[CertificateSpecification],
    signer: &Signer,
    now: OffsetDateTime,
) -> Result<Vec<SpecificationError>, Failure> {
    let mut faults = Vec::new();
    for certificate in certificates {
        let request = &certificate.request;
        let issuer_validity = signer.issuer.as_ref().map(|issuer| issuer.validity());
        let profile = Profile::EndEntity { request, issuer_validity };
        let resolved = profile.resolve(now, SerialNumber::random()?).and_then(|template| {
            signer.issuer.as_ref().map_or(Ok(()), |issuer| issuer.check(&template))
        });
        if let Err(error) = resolved {
            let text = format!("{}: {error}", certificate.name);
            let hint = errors::issue_hint(&error, Interface::Specification);
            faults.push(SpecificationError { position: certificate.position, text, hint });
        }
    }
    Ok(faults)
}
