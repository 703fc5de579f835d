//! The CA of a batch: read, or created once.

use std::path::Path;
use std::sync::Arc;

use kuma_pki::format::pem;
use kuma_pki::{CaRequest, Issuer, KeyPair, PrivateKeyEncoding, Profile, SerialNumber};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::ca_files::CaFiles;
use crate::args::issuer;
use crate::args::passphrase::PassphraseArgs;
use crate::files::{self, Changes, ExistingPolicy, Output, OutputKind, PUBLIC_MODE, Plan, read};
use crate::job::existing_files::ExistingFiles;
use crate::job::new_key::{self, KeyOptions};
use crate::job::signer::{SelfCheck, Signer};
use crate::job::{Job, JobOutcome, PemFiles, Request};
use crate::report::console::Console;
use crate::report::errors::{self, Interface};
use crate::report::failure::Failure;
use crate::report::progress::thousands;

/// The permissions of a CA's key. --key-mode is for the keys that servers read.
const KEY_MODE: u32 = 0o600;

/// The CA of a batch.
pub(super) struct Ca {
    pub(super) issuer: Arc<Issuer>,
    new: Option<NewCa>,
    /// The key of an earlier run, whose permissions are repaired.
    kept_key: Option<Plan>,
}

/// A CA that is not written yet.
struct NewCa {
    plan: Plan,
    pem_files: PemFiles,
    outcome: JobOutcome,
}

impl CaFiles {
    /// Returns the plan for a CA that must be created: its certificate and, unless a killed run left it, its
    /// key. Fails on a path that cannot be written, or a file that cannot be read.
    pub(super) fn plan(&self, console: Console) -> Result<Option<Plan>, Failure> {
        loop {
            if self.create.is_none() || self.has_certificate()? {
                return Ok(None);
            }
            let has_key = is_there(&self.key, "CA key file")?;
            let key = (!has_key).then(|| self.key_output());
            let kind = OutputKind::Certificate;
            let certificate = Output::of_field(kind, "certFile", &self.certificate, PUBLIC_MODE);
            let outputs = key.into_iter().chain([certificate]).collect();
            let plan = Plan::new(outputs, ExistingPolicy::Keep, console);
            // Before it has the locks, another run may create the files after this one has looked for them.
            let is_stale =
                self.has_certificate()? || has_key != is_there(&self.key, "CA key file")?;
            if plan.is_ok() || !is_stale {
                return plan.map(Some);
            }
        }
    }

    /// Reads the CA, or creates it if there is a plan for it and no other run has created it meanwhile.
    /// [`Ca::write`] writes it later, when everything else is checked. Until then, other runs wait. Fails on
    /// files that cannot be read, or are not a CA that can sign.
    pub(super) fn open(
        &self,
        plan: Option<Plan>,
        encoding: PrivateKeyEncoding,
        now: OffsetDateTime,
        console: Console,
    ) -> Result<Ca, Failure> {
        let (Some(request), Some(plan), false) = (&self.create, plan, self.has_certificate()?)
        else {
            let ca = self.read(now)?;
            if self.create.is_none() {
                files::warn_about_readers(&self.key, "CA key file", console);
            }
            let kept_key = self.create.as_ref().map(|_| self.kept_key(console)).transpose()?;
            return Ok(Ca { kept_key, ..ca });
        };
        check_validity(request, now)?;
        let passphrase = PassphraseArgs::default();
        let has_new_key = plan.has(OutputKind::PrivateKey);
        let key = if has_new_key {
            None
        } else {
            Some(issuer::read_key(&self.key, &passphrase, Interface::Specification)?)
        };
        let mut request = request.clone();
        request.key_algorithm =
            key.as_ref().map_or_else(|| request.key_algorithm, KeyPair::algorithm);
        let job = Job {
            request: Request::Ca(&request),
            signer: &Signer::SELF_SIGNED,
            existing: ExistingFiles::of_key(key),
            key: KeyOptions { key_type: None, encoding, generate: new_key::generate },
            now,
        };
        let (pem_files, outcome) = job.issue(Vec::new(), SelfCheck::Full)?;
        let chain = pem::decode_certificates(&pem_files.certificate)?;
        let key = KeyPair::from_der(&pem::decode_private_key(&pem_files.key)?);
        let key = key.map_err(Failure::failed)?;
        let issuer = Arc::new(Issuer::new(chain, key, now)?);
        let kept_key = if has_new_key { None } else { Some(self.kept_key(console)?) };
        Ok(Ca { issuer, new: Some(NewCa { plan, pem_files, outcome }), kept_key })
    }

    fn key_output(&self) -> Output {
        Output::of_field(OutputKind::PrivateKey, "keyFile", &self.key, KEY_MODE)
    }

    /// Returns the plan for an existing key, whose permissions are repaired.
    fn kept_key(&self, console: Console) -> Result<Plan, Failure> {
        Plan::new(vec![self.key_output()], ExistingPolicy::Replace, console)
    }

    /// Reads the CA. Fails on files that cannot be read, or are not a CA that can sign.
    pub(super) fn read(&self, now: OffsetDateTime) -> Result<Ca, Failure> {
        let missing = self.paths().any(|path| !path.exists());
        let interface = Interface::Specification;
        let passphrase = PassphraseArgs::default();
        let issuer = issuer::open(&self.certificate, &self.key, &passphrase, interface, now);
        let issuer = issuer.map_err(|failure| match (missing, &self.create) {
            (false, _) => failure,
            (true, None) => {
                failure.hint("add `create: {}` to issuer to create the CA on the first run")
            }
            (true, Some(_)) => failure.hint(
                "restore the missing file of the CA, or move the other one away to create a \
                         new CA",
            ),
        })?;
        if issuer.root().is_none() {
            let text = format!(
                "{} has no self-signed certificate, so there is no CA certificate for clients to trust",
                self.certificate.display()
            );
            return Err(Failure::failed(text).hint("append the root certificate to it"));
        }
        Ok(Ca { issuer: Arc::new(issuer), new: None, kept_key: None })
    }

    fn has_certificate(&self) -> Result<bool, Failure> {
        is_there(&self.certificate, "CA certificate file")
    }

    /// Returns whether the CA must be created.
    pub(super) fn must_be_created(&self) -> bool {
        self.create.is_some()
            && self.has_certificate().is_ok_and(|has_certificate| !has_certificate)
    }
}

/// Returns whether a file exists and is not empty.
fn is_there(path: &Path, label: &str) -> Result<bool, Failure> {
    Ok(read::existing(path, label)?.is_some_and(|text| !text.is_empty()))
}

/// Checks the lifetime of a new CA before its key is generated, which takes time.
fn check_validity(request: &CaRequest, now: OffsetDateTime) -> Result<(), Failure> {
    let key = kuma_pki::KeyIdentifier::of(&[]);
    let profile = Profile::CertificateAuthority { request, key, issuer_validity: None };
    let Err(error) = profile.resolve(now, SerialNumber::random()?) else {
        return Ok(());
    };
    let hint = errors::issue_hint(&error, Interface::Specification);
    Err(Failure::usage(error).hint_if_any(hint))
}

impl Ca {
    /// Returns the note about a new CA if there are `existing` certificates.
    pub(super) fn note(&self, existing: impl FnOnce() -> usize) -> Option<String> {
        if !self.new.as_ref()?.plan.has(OutputKind::PrivateKey) {
            return Some("created a certificate for the existing key of the CA".to_owned());
        }
        let existing = existing();
        (existing > 0).then(|| {
            format!(
                "created a new CA, because both files of the CA were missing: {} existing certificates \
                 will be replaced, and the clients of all others need the new ca.crt",
                thousands(existing)
            )
        })
    }

    /// Writes a new CA, and repairs the permissions of an existing key.
    pub(super) fn write(self, console: Console) -> Result<(), Failure> {
        let mut changes = Changes::default();
        if let Some(NewCa { plan, pem_files, outcome }) = self.new {
            let content = |kind| pem_files.content(kind);
            let report = outcome.write(plan, content, |_, _| Ok(Vec::new()))?;
            report.warnings.iter().for_each(|warning| console.warn(warning));
            changes = report.changes;
        }
        if let Some(plan) = self.kept_key {
            let repaired = plan.repair(&[], |_| Zeroizing::default())?;
            changes.reasons.extend(repaired.reasons);
            changes.warnings.extend(repaired.warnings);
        }
        for reason in &changes.reasons {
            console.note(format!("repaired the CA: {reason}"));
        }
        changes.warnings.iter().for_each(|warning| console.warn(warning));
        Ok(())
    }
}
