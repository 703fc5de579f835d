//! The sequence behind every command that issues a certificate: read the existing files, compare
//! them with the request, keep, repair or issue, commit, report.

pub(crate) mod ca;
pub(crate) mod certificate_request;
pub(crate) mod existing_files;
pub(crate) mod new_key;
pub(crate) mod signer;
pub(crate) mod stale_files;

use kuma_pki::format::kubernetes_secret::{self, SecretMetadata};
use kuma_pki::format::{bundle, pem};
use kuma_pki::{CaRequest, IssuanceRequest, KeyIdentifier, Profile, Template, ValidFor, Validity};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use self::existing_files::ExistingFiles;
use self::signer::{Issued, SelfCheck, Signer};
use crate::args::issuer;
use crate::args::key_options::KeyArgs;
use crate::files::{self, Plan, Role};
use crate::report::failure::Failure;
use crate::report::render::{self, CertificateReport, ReportFormat};

/// A certificate to keep or to issue.
pub(crate) struct Job<'a> {
    pub(crate) key: &'a KeyArgs,
    pub(crate) request: Request,
    pub(crate) signer: Signer,
    pub(crate) existing: ExistingFiles,
    pub(crate) now: OffsetDateTime,
}

/// The requested certificate.
pub(crate) enum Request {
    /// A CA, with the warnings about its constraints.
    Ca(CaRequest, Vec<String>),
    /// A server's or a client's certificate.
    EndEntity(IssuanceRequest),
}

/// The pair and the CA certificates that clients trust, as PEM. All other files are made from them.
pub(crate) struct PemFiles {
    pub(crate) certificate: Zeroizing<Vec<u8>>,
    pub(crate) key: Zeroizing<Vec<u8>>,
    pub(crate) ca: Zeroizing<Vec<u8>>,
}

/// What the job decided, and what to report about it.
pub(crate) struct JobOutcome {
    is_kept: bool,
    /// The CA certificate that clients trust, as DER.
    trust_anchor: Vec<u8>,
    report: CertificateReport,
    note: Option<String>,
    warnings: Vec<String>,
    reasons: Vec<String>,
}

impl Job<'_> {
    /// Keeps the existing pair if --if-needed is given and nothing differs from the request, or issues
    /// a certificate. Nothing is written.
    ///
    /// # Errors
    ///
    /// A pair that only --force replaces, and a request for which no certificate can be issued.
    pub(crate) fn run(self, plan: &Plan) -> Result<(PemFiles, JobOutcome), Failure> {
        let Self { key, request, signer, existing, now } = self;
        let flags = existing.flags;
        let ca_file = |trust_anchor: &[u8]| match plan.has(Role::CaCertificate) {
            true if flags.if_needed => {
                stale_files::ca_file(&plan.regular_file(Role::CaCertificate)?, trust_anchor, now)
            }
            _ => Ok(Zeroizing::new(pem::encode_certificates([trust_anchor]))),
        };
        let mut reasons = Vec::new();
        if flags.if_needed {
            let wanted;
            (wanted, reasons) = signer.compare(&existing, request.profile(&existing), now)?;
            if reasons.is_empty() {
                let (chain, issuer) = (existing.chain(), signer.issuer.as_deref());
                let outcome = JobOutcome {
                    is_kept: true,
                    trust_anchor: signer.trust_anchor(chain).unwrap_or_default().to_vec(),
                    report: CertificateReport::of_existing(chain, &wanted, issuer)?,
                    note: None,
                    warnings: Vec::new(),
                    reasons,
                };
                return Ok((existing.pem_files(ca_file(&outcome.trust_anchor)?), outcome));
            }
        }
        let reused = || existing.into_reused_key(key.key_type);
        let issued = match &request {
            Request::Ca(request, _) => Issued::new_ca(request, reused()?, now)?,
            Request::EndEntity(request) => signer.issue(request, now, SelfCheck::Full, reused)?,
        };
        let mut warnings = request.warnings(&issued, key);
        warnings.extend(flags.warning(issued.template.validity, now));
        let outcome = JobOutcome {
            is_kept: false,
            trust_anchor: issued.trust_anchor().to_vec(),
            report: CertificateReport::new(
                &issued.certificate,
                &issued.template,
                issued.issuer.as_deref(),
            ),
            note: request.note(&issued.template, now),
            warnings,
            reasons,
        };
        let ca = ca_file(&outcome.trust_anchor)?;
        Ok((issued.pem_files(key.file.key_format.into(), ca)?, outcome))
    }
}

impl Request {
    /// Returns the profile to compare an existing certificate with.
    fn profile(&self, existing: &ExistingFiles) -> Profile<'_> {
        match self {
            Self::Ca(request, _) => {
                // A CA's name ends with its own key's identifier.
                let key = existing.key.as_ref().map_or(&[][..], |key| key.public_key().bits);
                let key = KeyIdentifier::of(key);
                Profile::CertificateAuthority { request, key }
            }
            Self::EndEntity(request) => Profile::SelfSigned { request },
        }
    }

    /// Returns the warnings about a new certificate.
    fn warnings(&self, issued: &Issued, key: &KeyArgs) -> Vec<String> {
        let mut warnings = Vec::new();
        match self {
            Self::Ca(request, constraints) => {
                warnings.extend(key.warning());
                warnings.extend(ca::key_warning(request.key_algorithm()));
                warnings.extend_from_slice(constraints);
            }
            Self::EndEntity(request) => {
                warnings.extend(signer::warnings(request, issued));
                warnings.extend(issued.issuer.as_deref().and_then(issuer::usage_warning));
                warnings.extend(key.warning());
            }
        }
        warnings
    }

    /// Returns the note on a certificate that expires earlier than usual because its CA does.
    fn note(&self, template: &Template, now: OffsetDateTime) -> Option<String> {
        let Self::EndEntity(request) = self else {
            return None;
        };
        let usual = Validity::starting(now, ValidFor::DEFAULT).ok()?;
        let not_after = template.validity.not_after;
        let is_shortened = request.valid_for().is_none() && not_after < usual.not_after;
        is_shortened.then(|| {
            format!("the certificate ends with its CA, at {}", kuma_pki::rfc3339(&not_after))
        })
    }
}

impl PemFiles {
    /// Returns the bytes of the pair, the CA file or the CA bundle.
    pub(crate) fn content(&self, role: Role) -> Zeroizing<Vec<u8>> {
        match role {
            Role::PrivateKey => self.key.clone(),
            Role::Certificate => self.certificate.clone(),
            Role::CaCertificate => self.ca.clone(),
            Role::CaBundle => Zeroizing::new(bundle::encode(&self.ca)),
            _ => Zeroizing::default(),
        }
    }

    /// Returns the Secret of a control plane.
    pub(crate) fn secret(&self, metadata: &SecretMetadata) -> Zeroizing<Vec<u8>> {
        let data: [(&str, &[u8]); 3] =
            [("ca.crt", &self.ca), ("tls.crt", &self.certificate), ("tls.key", &self.key)];
        Zeroizing::new(kubernetes_secret::encode(metadata, &data).as_bytes().to_vec())
    }
}

impl JobOutcome {
    /// Writes the files of a new pair, or the stale ones beside a kept pair, and reports. `content`
    /// returns the bytes of a role, `stale` the files to write beside a kept pair and why.
    ///
    /// # Errors
    ///
    /// A signal, or a file that cannot be read or written; nothing was changed then.
    pub(crate) fn write(
        self,
        plan: Plan,
        content: impl Fn(Role) -> Zeroizing<Vec<u8>>,
        stale: impl FnOnce(&Plan, &[u8]) -> Result<Vec<(Role, String)>, Failure>,
        format: ReportFormat,
        more_warnings: Vec<String>,
    ) -> Result<(), Failure> {
        let Self { is_kept, trust_anchor, report, note, mut warnings, mut reasons } = self;
        let is_silent = plan.uses_stdout();
        let changes = if is_kept {
            let roles: Vec<_>;
            (roles, reasons) = stale(&plan, &trust_anchor)?.into_iter().unzip();
            plan.repair(&roles, content)?
        } else {
            plan.commit(content)?
        };
        warnings.extend(more_warnings);
        note.iter().for_each(|note| files::note(&format!("note: {note}")));
        render::report(format, is_silent, &report, changes, reasons, warnings);
        Ok(())
    }
}
