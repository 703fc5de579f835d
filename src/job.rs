//! The sequence behind every command that issues a certificate: read the existing files, compare
//! them with the request, keep, repair or issue, commit, report.

pub(crate) mod ca;
pub(crate) mod existing_files;
pub(crate) mod new_key;
pub(crate) mod signer;
pub(crate) mod stale_files;

use kuma_pki::{IssuanceRequest, Template, ValidFor, Validity};
use time::OffsetDateTime;

use self::signer::{Issued, warnings};
use crate::args::issuance::IssuanceArgs;
use crate::args::issuer;
use crate::files;

impl IssuanceArgs {
    /// Prints the notes on a new certificate and returns the warnings about it.
    pub(crate) fn remarks(
        &self,
        request: &IssuanceRequest,
        issued: &Issued,
        now: OffsetDateTime,
    ) -> Vec<String> {
        let template = &issued.template;
        if let Some(note) = shortened(request, template, now) {
            files::note(&format!("note: {note}"));
        }
        let mut warnings = warnings(request, issued);
        warnings.extend(issued.issuer.as_deref().and_then(issuer::usage_warning));
        warnings.extend(self.key.warning());
        warnings.extend(self.existing.warning(template.validity, now));
        warnings
    }
}

/// Returns the note on a certificate that expires earlier than usual because its CA does.
fn shortened(
    request: &IssuanceRequest,
    template: &Template,
    now: OffsetDateTime,
) -> Option<String> {
    let usual = Validity::starting(now, ValidFor::DEFAULT).ok()?;
    let not_after = template.validity.not_after;
    let is_shortened = request.valid_for().is_none() && not_after < usual.not_after;
    is_shortened
        .then(|| format!("the certificate ends with its CA, at {}", kuma_pki::rfc3339(&not_after)))
}
