//! The sequence behind every command that issues a certificate: read the existing files, compare
//! them with the request, keep, repair or issue, commit, report.

pub(crate) mod ca;
pub(crate) mod existing_files;
pub(crate) mod new_key;
pub(crate) mod signer;
pub(crate) mod stale_files;

use kuma_pki::format::pem;
use kuma_pki::issue::renewal::ExpectedIssuer;
use kuma_pki::{
    CaRequest, IssuanceRequest, KeyIdentifier, KeyPair, Profile, SerialNumber, Template, ValidFor,
    Validity,
};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use self::existing_files::ExistingFiles;
use self::signer::{Issued, SelfCheck, Signer};
use crate::args::issuer;
use crate::args::key_options::KeyArgs;
use crate::files::{self, Plan, Role};
use crate::report::failure::Failure;
use crate::report::render::{self, CertificateReport, Remarks, ReportFormat};

/// A certificate to keep or to issue.
pub(crate) struct Job<'a> {
    pub(crate) key: &'a KeyArgs,
    pub(crate) request: Request,
    pub(crate) existing: ExistingFiles,
    pub(crate) now: OffsetDateTime,
}

/// The kind of certificate.
pub(crate) enum Request {
    /// A CA, with the warnings about its constraints.
    Ca(CaRequest, Vec<String>),
    /// A server's or a client's certificate.
    EndEntity(IssuanceRequest, Signer),
}

/// The pair and the CA certificates that clients trust, as PEM. All other files are made from them.
pub(crate) struct PemFiles {
    pub(crate) certificate: Zeroizing<Vec<u8>>,
    pub(crate) key: Zeroizing<Vec<u8>>,
    pub(crate) ca: Zeroizing<Vec<u8>>,
}

/// What the job decided, and what to report about it.
pub(crate) struct CertificateOutcome {
    is_kept: bool,
    /// The CA certificate that clients trust, as DER.
    trust_anchor: Vec<u8>,
    report: CertificateReport,
    note: Option<String>,
    remarks: Remarks,
}

impl Job<'_> {
    /// Keeps the existing pair if --if-needed is given and nothing differs from the request, or issues
    /// a certificate. Nothing is written.
    ///
    /// # Errors
    ///
    /// A pair that only --force replaces, and a request for which no certificate can be issued.
    pub(crate) fn run(self, plan: &Plan) -> Result<(PemFiles, CertificateOutcome), Failure> {
        let Self { key, request, existing, now } = self;
        let request = request.with_key_of(&existing, key);
        let flags = existing.flags;
        let ca_file = |trust_anchor: &[u8]| match plan.has(Role::CaCertificate) {
            true if flags.is_if_needed() => {
                stale_files::ca_file(&plan.regular_file(Role::CaCertificate)?, trust_anchor, now)
            }
            _ => Ok(Zeroizing::new(pem::encode_certificates([trust_anchor]))),
        };
        let mut reasons = Vec::new();
        if flags.is_if_needed() {
            let wanted;
            (wanted, reasons) = request.compare(&existing, now)?;
            if reasons.is_empty() {
                let outcome = request.kept(&existing, &wanted)?;
                return Ok((existing.pem_files(ca_file(&outcome.trust_anchor)?), outcome));
            }
        }
        let issued = request.issue(existing, key, now)?;
        let ca = ca_file(issued.trust_anchor())?;
        let mut warnings = request.warnings(&issued, key);
        warnings.extend(flags.warning(issued.template.validity, now));
        let outcome = CertificateOutcome {
            is_kept: false,
            trust_anchor: issued.trust_anchor().to_vec(),
            report: issued.report(),
            note: request.note(&issued.template, now),
            remarks: Remarks { warnings, reasons },
        };
        Ok((issued.pem_files(key.file.key_format.into(), ca)?, outcome))
    }
}

impl Request {
    fn with_key_of(self, existing: &ExistingFiles, key: &KeyArgs) -> Self {
        let algorithm = existing.key_type(key.key_type);
        match self {
            Self::Ca(request, warnings) => {
                Self::Ca(request.with_key_algorithm(algorithm), warnings)
            }
            Self::EndEntity(request, signer) => {
                Self::EndEntity(request.with_key_algorithm(algorithm), signer)
            }
        }
    }

    /// Returns the template of the requested certificate and the reasons to replace the existing one.
    fn compare(
        &self,
        existing: &ExistingFiles,
        now: OffsetDateTime,
    ) -> Result<(Template, Vec<String>), Failure> {
        match self {
            Self::Ca(request, _) => {
                // A CA's name ends with its own key's identifier.
                let key =
                    existing.key().map_or_else(|| KeyIdentifier::of(&[]), KeyPair::identifier);
                let profile = Profile::CertificateAuthority { request, key };
                let wanted = profile.resolve(now, SerialNumber::random()?)?;
                let reasons = existing.reasons(&wanted, ExpectedIssuer::Itself, now)?;
                Ok((wanted, reasons))
            }
            Self::EndEntity(request, signer) => signer.compare(existing, request, now),
        }
    }

    fn kept(
        &self,
        existing: &ExistingFiles,
        wanted: &Template,
    ) -> Result<CertificateOutcome, Failure> {
        let chain = existing.chain();
        let (trust_anchor, issuer) = match self {
            Self::Ca(..) => (chain.first().map(Vec::as_slice), None),
            Self::EndEntity(_, signer) => (signer.trust_anchor(chain), signer.issuer.as_deref()),
        };
        Ok(CertificateOutcome {
            is_kept: true,
            trust_anchor: trust_anchor.unwrap_or_default().to_vec(),
            report: CertificateReport::of_existing(chain, wanted, issuer)?,
            note: None,
            remarks: Remarks::default(),
        })
    }

    fn issue(
        &self,
        existing: ExistingFiles,
        key: &KeyArgs,
        now: OffsetDateTime,
    ) -> Result<Issued, Failure> {
        let reused = || existing.into_reused_key(key.key_type);
        match self {
            Self::Ca(request, _) => {
                let key =
                    reused()?.map_or_else(|| new_key::generate(request.key_algorithm()), Ok)?;
                let (certificate, template) = ca::issue(request, &key, now)?;
                Ok(Issued::of_ca(certificate, template, key))
            }
            Self::EndEntity(request, signer) => signer.issue(request, now, SelfCheck::Full, reused),
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
            Self::EndEntity(request, _) => {
                warnings.extend(signer::warnings(request, issued));
                warnings.extend(issued.issuer.as_deref().and_then(issuer::usage_warning));
                warnings.extend(key.warning());
            }
        }
        warnings
    }

    /// Returns the note on a certificate that expires earlier than usual because its CA does.
    fn note(&self, template: &Template, now: OffsetDateTime) -> Option<String> {
        let Self::EndEntity(request, _) = self else {
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
    /// Returns the bytes of one of the files.
    pub(crate) const fn get(&self, role: Role) -> Option<&Zeroizing<Vec<u8>>> {
        match role {
            Role::PrivateKey => Some(&self.key),
            Role::Certificate => Some(&self.certificate),
            Role::CaCertificate => Some(&self.ca),
            _ => None,
        }
    }
}

impl CertificateOutcome {
    /// Writes the files of a new pair, or those beside a kept pair that are stale, and reports.
    /// `content` returns the bytes of a role, `stale` the files to write beside a kept pair and why.
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
        warnings: Vec<String>,
    ) -> Result<(), Failure> {
        let mut remarks = self.remarks;
        let is_silent = plan.uses_stdout();
        let changes = if self.is_kept {
            let (roles, reasons): (Vec<_>, _) =
                stale(&plan, &self.trust_anchor)?.into_iter().unzip();
            remarks.reasons = reasons;
            plan.repair(&roles, content)?
        } else {
            plan.commit(content)?
        };
        remarks.warnings.extend(warnings);
        self.note.iter().for_each(|note| files::note(&format!("note: {note}")));
        render::report(format, is_silent, &self.report, changes, remarks);
        Ok(())
    }
}
