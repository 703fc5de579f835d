//! Decides whether an existing pair is replaced, and refuses what only --force may replace.

use kuma_pki::issue::renewal::{self, CertificateRole, ExpectedIssuer, RenewalReason};
use kuma_pki::{Template, spec};
use time::OffsetDateTime;

use super::existing_files::{ExistingFiles, SubjectKey, foreign_file};
use super::signer::Signer;
use crate::files::FileReason;
use crate::report::failure::Failure;

impl ExistingFiles {
    /// Returns the reasons to replace the pair. Without one, it is kept. Fails on a pair that does not match
    /// the request and that only --force replaces, such as a valid CA.
    pub(super) fn reasons_to_replace(
        &self,
        wanted: &Template,
        issuer: ExpectedIssuer<'_>,
        now: OffsetDateTime,
    ) -> Result<Vec<FileReason>, Failure> {
        let (file, force) = (&self.certificate_file, self.flags.force);
        let mut reasons = self.reasons.clone();
        let mut differences = Vec::new();
        if let (Some(key), Some(chain)) = (&self.key, &self.chain) {
            let key = key.public_key();
            match renewal::reasons(chain, key, wanted, issuer, self.flags.renew_before(), now) {
                Ok(found) => differences = found,
                Err(error) if force => reasons.push(FileReason::sentence(file, error)),
                Err(error) => return Err(foreign_file(file, &error)),
            }
        }
        if !force {
            self.refuse_another_kind(&differences, wanted)?;
            if wanted.extended_key_usage.is_none() {
                self.refuse_valid_ca(&differences, now)?;
            }
        }
        let is_requested = matches!(self.key, Some(SubjectKey::Requested(_)));
        reasons.extend(differences.iter().map(|difference| match difference {
            RenewalReason::KeyMismatch if is_requested => {
                FileReason::sentence(file, "its key is not the one in the certificate request")
            }
            difference => FileReason::sentence(file, difference),
        }));
        Ok(reasons)
    }

    /// Refuses to replace a certificate from a CA, which its clients trust, with a self-signed one.
    pub(crate) fn refuse_self_signed(&self, signer: &Signer, hint: &str) -> Result<(), Failure> {
        let certificate = self.chain().first().filter(|_| !self.flags.force);
        let issuer = certificate.and_then(spec::issued_by);
        match issuer.filter(|_| signer.is_self_signed()) {
            None => Ok(()),
            Some(issuer) => {
                let text = format!(
                    "{} was issued by {}, and the request is for a self-signed certificate",
                    self.certificate_file.display(),
                    issuer
                );
                Err(Failure::failed(text).hint(hint))
            }
        }
    }

    /// Refuses to replace a certificate of another kind, or one that the clock makes look wrong.
    fn refuse_another_kind(
        &self,
        differences: &[RenewalReason],
        wanted: &Template,
    ) -> Result<(), Failure> {
        let is_ca_wanted = wanted.extended_key_usage.is_none();
        let is_ca = |role: CertificateRole| role == CertificateRole::Ca;
        let needs_force = |difference: &&RenewalReason| match difference {
            RenewalReason::Role { found, wanted } => is_ca(*found) || is_ca(*wanted),
            RenewalReason::NotYetValid { .. } => true,
            RenewalReason::Issuer { .. } => is_ca_wanted,
            _ => false,
        };
        let Some(difference) = differences.iter().find(needs_force) else {
            return Ok(());
        };
        let text = format!("{} is not replaced: {difference}", self.certificate_file.display());
        Err(Failure::failed(text).hint(match difference {
            RenewalReason::NotYetValid { .. } => "check the system clock",
            _ => "rerun with --force to replace it, or write to other files",
        }))
    }

    /// Refuses to replace a valid CA, unless it expires soon: it can sign, or its key may be elsewhere.
    fn refuse_valid_ca(
        &self,
        differences: &[RenewalReason],
        now: OffsetDateTime,
    ) -> Result<(), Failure> {
        let mismatch =
            differences.iter().find(|difference| matches!(difference, RenewalReason::KeyMismatch));
        let expires_soon = differences
            .iter()
            .any(|difference| matches!(difference, RenewalReason::ExpiresSoon { .. }));
        let reasons: Vec<String> = match mismatch {
            // The killed run had replaced the key but not the certificate.
            Some(_) if self.is_of_killed_run => return Ok(()),
            Some(mismatch) => vec![mismatch.to_string()],
            None if self.key.is_none() => self.reasons.iter().map(ToString::to_string).collect(),
            None if expires_soon => return Ok(()),
            None => differences.iter().map(ToString::to_string).collect(),
        };
        let Some(not_after) = self.not_after().filter(|not_after| now < *not_after) else {
            return Ok(());
        };
        if reasons.is_empty() {
            return Ok(());
        }
        let failure = Failure::failed(format!(
            "{} is not replaced: it is a CA certificate valid until {}, and {}",
            self.certificate_file.display(),
            kuma_pki::rfc3339(&not_after),
            reasons.join("; ")
        ));
        let failure = match self.key {
            Some(_) if mismatch.is_none() => failure,
            _ => failure.hint("restore the private key of the CA"),
        };
        Err(failure.hint(
            "rerun with --force to replace the CA and distribute the new one to all clients, or \
             write it to other files with --cert-file and --key-file",
        ))
    }

    /// Returns the expiry of the certificate.
    fn not_after(&self) -> Option<OffsetDateTime> {
        Some(self.chain().first()?.validity().not_after)
    }
}
