//! One certificate of a batch: created, or kept, repaired or replaced.

use std::path::PathBuf;

use kuma_pki::KeyPair;
use kuma_pki::format::kubernetes_secret::{self, SecretMetadata};
use kuma_pki::format::{bundle, pem};
use kuma_pki::spec::{Artifacts, CertificateSpecification};
use zeroize::Zeroizing;

use super::batch::Batch;
use crate::files::{self, FileReason, Output, OutputKind, PUBLIC_MODE, Plan, read};
use crate::job::existing_files::ExistingFiles;
use crate::job::new_key::KeyOptions;
use crate::job::signer::SelfCheck;
use crate::job::{Comparison, Job, JobOutcome, PemFiles, Request, stale_files};
use crate::report::failure::Failure;

/// The largest number of reasons in the note about one certificate.
const MAX_REASONS: usize = 3;

/// A certificate of a batch.
pub(super) struct Entry<'a> {
    batch: &'a Batch<'a>,
    certificate: &'a CertificateSpecification,
    /// The directory of its files.
    directory: PathBuf,
}

/// The action for one certificate or token.
#[derive(Clone, Copy)]
pub(super) enum Action {
    Created,
    Replaced,
    Repaired,
    Kept,
}

/// The outcome of one certificate or token.
pub(super) struct EntryOutcome {
    pub(super) action: Action,
    pub(super) notes: Vec<String>,
    pub(super) warnings: Vec<String>,
}

impl<'a> Entry<'a> {
    pub(super) fn new(batch: &'a Batch<'a>, certificate: &'a CertificateSpecification) -> Self {
        Self { batch, certificate, directory: batch.batch_dir.place(&certificate.name) }
    }

    /// Creates, keeps, repairs or replaces the files of the certificate. Fails on a signal, files that only
    /// --force replaces, and errors of the system.
    pub(super) fn process(&self, self_check: SelfCheck) -> Result<EntryOutcome, Failure> {
        let name = &*self.certificate.name;
        let within = |failure: Failure| failure.within(name);
        if !self.batch.batch_dir.has(name) {
            return self.create(self_check);
        }
        if self.is_current() {
            return Ok(EntryOutcome::new(Action::Kept));
        }
        self.update().map_err(within)
    }

    /// Creates the directory and its files.
    fn create(&self, self_check: SelfCheck) -> Result<EntryOutcome, Failure> {
        let (batch, name) = (self.batch, &*self.certificate.name);
        let job = self.job(ExistingFiles::none(batch.args.existing));
        let issued = job.issue(Vec::new(), self_check);
        let (pem_files, outcome) = issued.map_err(|failure| failure.within(name))?;
        let files = self.files(pem_files);
        let content = |kind| (kind, self.mode(kind), files.content(kind));
        batch.batch_dir.add(name, &self.kinds().map(content).collect::<Vec<_>>())?;
        let mut created = EntryOutcome::new(Action::Created);
        created.warnings = outcome.warnings;
        created.warnings.extend(batch.permissions_warning(&self.path(OutputKind::PrivateKey)));
        Ok(created)
    }

    /// Returns whether the existing files match the request. Takes no locks, since most certificates of a
    /// large batch match.
    fn is_current(&self) -> bool {
        let flags = self.batch.args.existing;
        let pair = [OutputKind::PrivateKey, OutputKind::Certificate];
        let has_wrong_mode = |kind: OutputKind| {
            kind.holds_key() && files::wrong_mode(&self.path(kind), self.mode(kind)).is_some()
        };
        flags.if_needed
            && !files::has_leftovers(&self.directory)
            && !self.kinds().any(has_wrong_mode)
            && pair.into_iter().all(|kind| self.path(kind).is_file())
            && ExistingFiles::read_unlocked(flags, &self.directory)
                .is_ok_and(|existing| self.matches(existing).unwrap_or(false))
    }

    fn matches(&self, existing: ExistingFiles) -> Result<bool, Failure> {
        let Comparison::Match(kept) = self.job(existing).compare()? else {
            return Ok(false);
        };
        let files = self.files(kept.0);
        Ok(self.stale(&files)?.is_empty() && self.obsolete(&files)?.is_empty())
    }

    /// Keeps, repairs or replaces the existing files.
    fn update(&self) -> Result<EntryOutcome, Failure> {
        let batch = self.batch;
        let flags = batch.args.existing;
        let output = |kind| Output::in_directory(kind, &self.directory, self.mode(kind));
        let plan = Plan::new(self.kinds().map(output).collect(), flags.policy(), batch.console)?;
        plan.refuse_inputs(batch.source.inputs())?;
        let mut plan = plan.under(batch.batch_dir);
        let existing = ExistingFiles::read(flags, &mut plan)?;
        let hint = "add issuer: {certFile: ca.crt, keyFile: ca.key}, or rerun with --force to replace \
                    it with a self-signed certificate";
        existing.refuse_self_signed(batch.signer, hint)?;
        let (pem_files, outcome) = self.job(existing).run()?;
        let files = self.files(pem_files);
        let obsolete = self.obsolete(&files)?;
        let plan = plan.removing(obsolete.iter().map(|kind| self.path(*kind)).collect());
        let report = outcome.write(plan, |kind| files.content(kind), |_, _| self.stale(&files))?;
        Ok(self.outcome(report, &obsolete))
    }

    fn outcome(&self, report: JobOutcome, obsolete: &[OutputKind]) -> EntryOutcome {
        let JobOutcome { is_kept, changes, mut reasons, mut warnings, .. } = report;
        let is_changed = !changes.saved.is_empty() || !changes.repaired.is_empty();
        let (action, verb) = match (is_kept, is_changed || !obsolete.is_empty()) {
            (false, _) => (Action::Replaced, "replaced"),
            (true, true) => (Action::Repaired, "repaired"),
            (true, false) => (Action::Kept, "kept"),
        };
        reasons.extend(changes.reasons);
        warnings.extend(changes.warnings);
        let mut notes: Vec<String> = self.note(verb, &reasons).into_iter().collect();
        notes.extend(obsolete.iter().map(|kind| {
            format!("removed {}: it is from another pair and not requested", kind.file_name())
        }));
        EntryOutcome { action, notes, warnings }
    }

    /// Returns the note on an action and its reasons, with paths relative to the directory.
    fn note(&self, verb: &str, reasons: &[FileReason]) -> Option<String> {
        let more = reasons.len().saturating_sub(MAX_REASONS);
        let first = reasons.iter().take(MAX_REASONS);
        let relative = |reason: &FileReason| reason.relative_to(&self.directory).to_string();
        let first: Vec<_> = first.map(relative).collect();
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        (!first.is_empty()).then(|| format!("{verb}: {}{more}", first.join("; ")))
    }

    fn job(&self, existing: ExistingFiles) -> Job<'_> {
        let encoding = self.batch.args.key.key_format.into();
        Job {
            request: Request::EndEntity(&self.certificate.request),
            signer: self.batch.signer,
            existing,
            // One thread for each key: every processor works on a certificate.
            key: KeyOptions { key_type: None, encoding, generate: KeyPair::generate },
            now: self.batch.now,
        }
    }

    fn files(&self, pem_files: PemFiles) -> EntryFiles<'_> {
        EntryFiles { pem_files, artifacts: &self.certificate.artifacts }
    }

    fn kinds(&self) -> impl Iterator<Item = OutputKind> {
        let artifacts = &self.certificate.artifacts;
        [OutputKind::PrivateKey, OutputKind::Certificate, OutputKind::CaCertificate]
            .into_iter()
            .chain(artifacts.bundle.then_some(OutputKind::CaBundle))
            .chain(artifacts.secret.is_some().then_some(OutputKind::Secret))
    }

    fn path(&self, kind: OutputKind) -> PathBuf {
        self.directory.join(kind.file_name())
    }

    const fn mode(&self, kind: OutputKind) -> u32 {
        if kind.holds_key() { self.batch.args.key.key_mode } else { PUBLIC_MODE }
    }

    /// Returns the files next to the pair that are missing or do not match it, with reasons.
    fn stale(&self, files: &EntryFiles<'_>) -> Result<Vec<(OutputKind, FileReason)>, Failure> {
        let is_pair =
            |kind: &OutputKind| matches!(kind, OutputKind::PrivateKey | OutputKind::Certificate);
        let kinds: Vec<_> = self.kinds().filter(|kind| !is_pair(kind)).collect();
        stale_files::stale_artifacts(&self.directory, &kinds, |kind| files.content(kind))
    }

    /// Returns the artifacts that are no longer requested and are from another pair. Other files of the
    /// same name are not kumactl's.
    fn obsolete(&self, files: &EntryFiles<'_>) -> Result<Vec<OutputKind>, Failure> {
        let mut obsolete = Vec::new();
        for kind in [OutputKind::Secret, OutputKind::CaBundle] {
            let path = self.path(kind);
            if self.kinds().any(|wanted| wanted == kind) || !path.is_file() {
                continue;
            }
            let is_from_another_pair = match read::existing(&path, "file")? {
                None => false,
                Some(text) if kind == OutputKind::Secret => files.is_other_secret(&text),
                Some(text) => files.is_other_bundle(&text),
            };
            obsolete.extend(is_from_another_pair.then_some(kind));
        }
        Ok(obsolete)
    }
}

impl EntryOutcome {
    pub(super) const fn new(action: Action) -> Self {
        Self { action, notes: Vec::new(), warnings: Vec::new() }
    }
}

/// The contents of a certificate's files.
struct EntryFiles<'c> {
    pem_files: PemFiles,
    artifacts: &'c Artifacts,
}

impl EntryFiles<'_> {
    fn content(&self, kind: OutputKind) -> Zeroizing<Vec<u8>> {
        match (kind, &self.artifacts.secret) {
            (OutputKind::Secret, Some(name)) => {
                let metadata = SecretMetadata::new(name.name.clone(), name.namespace.clone());
                self.pem_files.secret(&metadata)
            }
            _ => self.pem_files.content(kind),
        }
    }

    fn is_other_secret(&self, text: &[u8]) -> bool {
        let Ok(secret) = kubernetes_secret::decode(text) else {
            return false;
        };
        let is_of = |key: &str, file: &[u8]| secret.data.get(key).is_none_or(|data| **data == file);
        secret.data.contains_key("tls.crt")
            && !(is_of("tls.crt", &self.pem_files.certificate)
                && is_of("tls.key", &self.pem_files.key))
    }

    fn is_other_bundle(&self, text: &[u8]) -> bool {
        let read = bundle::decode(text).ok().and_then(|pem| pem::decode_certificates(&pem).ok());
        let own = pem::decode_certificates(&self.pem_files.ca).unwrap_or_default();
        read.is_some_and(|found| !own.iter().all(|der| found.contains(der)))
    }
}
