//! The sequence behind every command that issues a certificate: read the existing files, compare them
//! with the request, keep, repair or issue, write, report.

pub(crate) mod ca;
pub(crate) mod certificate_request;
pub(crate) mod existing_files;
pub(crate) mod new_key;
mod replacement;
pub(crate) mod signer;
pub(crate) mod stale_files;
pub(crate) mod token;

use kuma_pki::format::bundle;
use kuma_pki::format::kubernetes_secret::{self, SecretMetadata};
use kuma_pki::{
    CaRequest, Certificate, IssuanceRequest, KeyAlgorithm, KeyIdentifier, Profile, SerialNumber,
    Template, ValidFor, Validity,
};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use self::existing_files::{ExistingFiles, SubjectKey};
use self::new_key::KeyOptions;
use self::signer::{Issued, SelfCheck, Signer};
use crate::files::{Changes, FileReason, OutputKind, Plan};
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::render::{self, ReportFormat};

/// The difference to the default lifetime that is not worth a note: a CA and a certificate that are made one after
/// the other for the same lifetime end moments apart.
const UNNOTICED: time::Duration = time::Duration::HOUR;

/// A certificate to keep or to issue.
pub(crate) struct Job<'a> {
    pub(crate) request: Request<'a>,
    pub(crate) signer: &'a Signer,
    pub(crate) existing: ExistingFiles,
    pub(crate) key: KeyOptions,
    pub(crate) now: OffsetDateTime,
}

/// The requested certificate.
#[derive(Clone, Copy)]
pub(crate) enum Request<'a> {
    /// A CA certificate.
    Ca(&'a CaRequest),
    /// A certificate of a server or a client.
    EndEntity(&'a IssuanceRequest),
}

/// A certificate, its key and the CA certificates that clients trust, as PEM. All other files are
/// derived from them.
pub(crate) struct PemFiles {
    pub(crate) certificate: Zeroizing<Vec<u8>>,
    pub(crate) key: Zeroizing<Vec<u8>>,
    pub(crate) ca: Zeroizing<Vec<u8>>,
}

/// The decision of a job and, once its files are written, the changes.
pub(crate) struct JobOutcome {
    /// Whether the existing pair is kept.
    pub(crate) is_kept: bool,
    pub(crate) changes: Changes,
    /// Why the pair is replaced, or other files are written.
    pub(crate) reasons: Vec<FileReason>,
    pub(crate) warnings: Vec<String>,
    note: Option<String>,
    uses_stdout: bool,
    certificate: Certificate,
    /// The CA certificate that clients trust.
    trust_anchor: Certificate,
}

/// The comparison of the existing pair with the request.
pub(crate) enum Comparison {
    /// The pair matches.
    Match(Box<(PemFiles, JobOutcome)>),
    /// The reasons to replace the pair.
    Mismatch(Vec<FileReason>),
}

impl Job<'_> {
    /// Keeps the existing pair if --if-needed is given and the pair matches the request, or else issues a
    /// certificate. Writes nothing. Fails on a pair that only --force replaces, and a request for which no
    /// certificate can be issued.
    pub(crate) fn run(self) -> Result<(PemFiles, JobOutcome), Failure> {
        let mut reasons = Vec::new();
        if self.existing.flags.if_needed {
            match self.compare()? {
                Comparison::Match(kept) => return Ok(*kept),
                Comparison::Mismatch(differences) => reasons = differences,
            }
        }
        self.issue(reasons, SelfCheck::Full)
    }

    /// Compares the existing pair with the request. Fails on a pair that only --force replaces, and a request
    /// for which no certificate can be issued.
    pub(crate) fn compare(&self) -> Result<Comparison, Failure> {
        let Self { existing, signer, now, .. } = self;
        let profile = self.request.profile(existing);
        let template = profile.resolve(*now, SerialNumber::random()?)?;
        let reasons = existing.reasons_to_replace(&template, signer.expected(), *now)?;
        let chain = existing.chain();
        let (true, Some(certificate), Some(trust_anchor)) =
            (reasons.is_empty(), chain.first(), signer.trust_anchor(chain))
        else {
            return Ok(Comparison::Mismatch(reasons));
        };
        let pem_files = existing.pem_files(trust_anchor, *now)?;
        let outcome = JobOutcome {
            is_kept: true,
            changes: Changes::default(),
            reasons,
            warnings: Vec::new(),
            note: None,
            uses_stdout: false,
            certificate: certificate.clone(),
            trust_anchor: trust_anchor.clone(),
        };
        Ok(Comparison::Match(Box::new((pem_files, outcome))))
    }

    /// Issues a certificate, for the `reasons` that are reported. Fails on a request for which no certificate
    /// can be issued.
    pub(crate) fn issue(
        self,
        reasons: Vec<FileReason>,
        self_check: SelfCheck,
    ) -> Result<(PemFiles, JobOutcome), Failure> {
        let Self { request, signer, mut existing, key, now } = self;
        let reused = existing.take_reused_key(key.key_type);
        let new_key = |algorithm: KeyAlgorithm| match reused? {
            Some(reused) => Ok(reused),
            None => Ok(SubjectKey::Pair((key.generate)(algorithm)?)),
        };
        let issued = match request {
            Request::Ca(request) => signer.issue_ca(request, now, new_key)?,
            Request::EndEntity(request) => signer.issue(request, now, self_check, new_key)?,
        };
        let mut warnings = request.warnings(&issued);
        warnings.extend(existing.flags.warning("certificate", issued.template.validity, now));
        let outcome = JobOutcome {
            is_kept: false,
            changes: Changes::default(),
            reasons,
            warnings,
            note: request.expiry_note(&issued.template, now),
            uses_stdout: false,
            certificate: issued.certificate.clone(),
            trust_anchor: issued.trust_anchor().clone(),
        };
        let ca = existing.ca_file(&outcome.trust_anchor, now)?;
        Ok((issued.pem_files(key.encoding, ca)?, outcome))
    }
}

impl Request<'_> {
    /// Returns the profile to compare an existing certificate with.
    fn profile(&self, existing: &ExistingFiles) -> Profile<'_> {
        match self {
            Self::Ca(request) => {
                // The name of a CA ends with the identifier of its key.
                let key = existing.key.as_ref().map_or(&[][..], |key| key.public_key().bits);
                let key = KeyIdentifier::of(key);
                Profile::CertificateAuthority { request, key, issuer_validity: None }
            }
            Self::EndEntity(request) => Profile::EndEntity { request, issuer_validity: None },
        }
    }

    /// Returns the warnings about a new certificate.
    fn warnings(&self, issued: &Issued) -> Vec<String> {
        match self {
            Self::Ca(request) => ca::key_warning(request.key_algorithm).into_iter().collect(),
            Self::EndEntity(request) => signer::warnings(request, issued),
        }
    }

    /// Returns the note about a certificate that expires earlier than by default because its CA does.
    fn expiry_note(&self, template: &Template, now: OffsetDateTime) -> Option<String> {
        let Self::EndEntity(request) = self else {
            return None;
        };
        let usual = Validity::starting(now, ValidFor::DEFAULT).ok()?;
        let not_after = template.validity.not_after;
        let is_shortened = request.valid_for.is_none() && usual.not_after - not_after > UNNOTICED;
        is_shortened.then(|| {
            format!("the certificate expires with its CA, at {}", kuma_pki::rfc3339(&not_after))
        })
    }
}

impl PemFiles {
    /// Returns the bytes of the certificate, key, CA file or CA bundle.
    pub(crate) fn content(&self, kind: OutputKind) -> Zeroizing<Vec<u8>> {
        match kind {
            OutputKind::PrivateKey => self.key.clone(),
            OutputKind::Certificate => self.certificate.clone(),
            OutputKind::CaCertificate => self.ca.clone(),
            OutputKind::CaBundle => Zeroizing::new(bundle::encode(&self.ca)),
            _ => Zeroizing::default(),
        }
    }

    /// Returns the manifest of the control plane's Secret.
    pub(crate) fn secret(&self, metadata: &SecretMetadata) -> Zeroizing<Vec<u8>> {
        let data: [(&str, &[u8]); 3] =
            [("ca.crt", &self.ca), ("tls.crt", &self.certificate), ("tls.key", &self.key)];
        Zeroizing::new(kubernetes_secret::encode(metadata, &data).as_bytes().to_vec())
    }
}

impl JobOutcome {
    /// Writes the files of a new pair, or the stale files next to a kept pair. `content` returns the bytes of
    /// an output, `stale` the files to write next to a kept pair, with reasons. Fails on a signal, or a file
    /// that cannot be read or written. Nothing was changed then.
    pub(crate) fn write(
        mut self,
        plan: Plan,
        content: impl Fn(OutputKind) -> Zeroizing<Vec<u8>>,
        stale: impl FnOnce(&Plan, &Certificate) -> Result<Vec<(OutputKind, FileReason)>, Failure>,
    ) -> Result<Self, Failure> {
        self.uses_stdout = plan.uses_stdout();
        self.changes = if self.is_kept {
            let kinds: Vec<_>;
            (kinds, self.reasons) = stale(&plan, &self.trust_anchor)?.into_iter().unzip();
            plan.repair(&kinds, content)?
        } else {
            plan.commit(content)?
        };
        Ok(self)
    }

    /// Prints the report, and `more_warnings`.
    pub(crate) fn print(
        mut self,
        console: Console,
        format: ReportFormat,
        more_warnings: impl IntoIterator<Item = String>,
    ) {
        if let Some(note) = &self.note {
            console.note(note);
        }
        self.warnings.extend(more_warnings);
        let format = (!self.uses_stdout).then_some(format);
        render::report(
            console,
            format,
            &self.certificate,
            self.changes,
            self.reasons,
            self.warnings,
        );
    }
}
