//! Many certificates, on all processors.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use kuma_pki::KeyPair;
use kuma_pki::format::kubernetes_secret::SecretMetadata;
use kuma_pki::format::pem;
use kuma_pki::spec::{Artefacts, CertificateSpecification};
use serde::Serialize;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::remarks::Remarks;
use super::{Args, existing};
use crate::files::{self, Folder, NOT_KEPT, PUBLIC_MODE, Role, signals};
use crate::job::PemFiles;
use crate::job::existing_files::SubjectKey;
use crate::job::signer::{self, SelfCheck, Signer};
use crate::report::failure::Failure;
use crate::report::progress::{Progress, thousands};

/// How often the progress is looked at.
const TICK: Duration = Duration::from_millis(50);

/// Of so many new certificates one has its signature and its path looked at, and the first of all.
/// That takes six times as long as to make it; the fields of each are looked at.
const SAMPLE: usize = 64;

/// A run over a specification.
pub(super) struct Batch<'a> {
    pub(super) args: &'a Args,
    pub(super) folder: &'a Folder,
    /// The specification, in messages.
    pub(super) shown: &'a str,
    pub(super) signer: &'a Signer,
    /// The files of the CA, which stay as they are.
    pub(super) inputs: &'a [&'a Path],
    /// Whether it is known how the file system of the folder keeps permissions.
    pub(super) are_permissions_checked: AtomicBool,
    pub(super) now: OffsetDateTime,
}

/// The outcome of a run.
#[derive(Debug, Default)]
pub(super) struct BatchOutcome {
    /// New certificates.
    pub(super) made: usize,
    /// Existing certificates that did not match the request.
    pub(super) replaced: usize,
    /// Kept certificates beside which a file was missing or wrong.
    pub(super) repaired: usize,
    /// Existing certificates that match the request.
    pub(super) kept: usize,
    notes: Remarks,
    warnings: Remarks,
    failures: Vec<Failure>,
    is_interrupted: bool,
}

/// A report in JSON. Fields are added, never changed or taken away.
#[derive(Serialize)]
pub(super) struct BatchReport {
    made: usize,
    replaced: usize,
    repaired: usize,
    kept: usize,
    seconds: f64,
}

/// What the run did with one certificate.
#[derive(Clone, Copy)]
pub(super) enum Action {
    Made,
    Replaced,
    Repaired,
    Kept,
}

/// The outcome of one certificate, with its notes and warnings.
pub(super) struct CertificateOutcome {
    action: Action,
    pub(super) notes: Vec<String>,
    pub(super) warnings: Vec<String>,
}

impl CertificateOutcome {
    /// An outcome without notes and warnings.
    pub(super) const fn new(action: Action) -> Self {
        Self { action, notes: Vec::new(), warnings: Vec::new() }
    }
}

/// Wakes the watcher when a worker ends, even by a panic.
struct WorkerGuard<'t> {
    working: &'t AtomicUsize,
    watcher: &'t Thread,
}

impl Drop for WorkerGuard<'_> {
    fn drop(&mut self) {
        self.working.fetch_sub(1, Ordering::Relaxed);
        self.watcher.unpark();
    }
}

impl Batch<'_> {
    /// Makes all that are wanted. What fails stops the others, and so does a signal; each certificate
    /// is there as a whole or not at all.
    pub(super) fn run(&self, certificates: &[CertificateSpecification]) -> BatchOutcome {
        let has_failed = AtomicBool::new(false);
        let (next, finished) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let done = Mutex::new(BatchOutcome::default());
        let work = || {
            while !has_failed.load(Ordering::Relaxed) && !signals::has_come() {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(certificate) = certificates.get(index) else {
                    break;
                };
                let is_sample = index % SAMPLE == 0;
                let self_check = if is_sample { SelfCheck::Full } else { SelfCheck::Fields };
                let outcome = self.keep_or_issue(certificate, self_check);
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                match outcome {
                    Ok(outcome) => done.count(index, certificate, self.shown, outcome),
                    Err(failure) if failure.is_interruption() => break,
                    Err(failure) => {
                        has_failed.store(true, Ordering::Relaxed);
                        done.failures.push(failure);
                    }
                }
                drop(done);
                finished.fetch_add(1, Ordering::Relaxed);
            }
        };
        // Respects the affinity of the process and the quota of its cgroup.
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let workers = processors.min(certificates.len());
        let (working, watcher) = (AtomicUsize::new(workers), thread::current());
        let mut progress = Progress::new(certificates.len(), files::is_quiet());
        thread::scope(|scope| {
            for started in 0..workers {
                let worker = || {
                    let _guard = WorkerGuard { working: &working, watcher: &watcher };
                    work();
                };
                if thread::Builder::new().spawn_scoped(scope, worker).is_err() {
                    // A limit on threads; those that there are will do, or else this one.
                    working.fetch_sub(workers - started, Ordering::Relaxed);
                    if started == 0 {
                        work();
                    }
                    break;
                }
            }
            while working.load(Ordering::Relaxed) > 0 {
                thread::park_timeout(TICK);
                progress.set(finished.load(Ordering::Relaxed));
            }
        });
        drop(progress);
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.is_interrupted = done.failures.is_empty() && done.count_all() < certificates.len();
        done
    }

    fn keep_or_issue(
        &self,
        certificate: &CertificateSpecification,
        self_check: SelfCheck,
    ) -> Result<CertificateOutcome, Failure> {
        let named = |failure: Failure| existing::named(failure, certificate);
        if self.folder.has(&certificate.name) {
            return self.update(certificate).map_err(named);
        }
        let (files, mut outcome) =
            self.issue(certificate, Action::Made, self_check, None).map_err(named)?;
        let content = |role| (role, self.mode(role), files.content(role));
        let contents: Vec<_> = files.roles().into_iter().map(content).collect();
        self.folder.add(&certificate.name, &contents)?;
        // All are in one file system.
        if !self.are_permissions_checked.swap(true, Ordering::Relaxed) {
            let key = self.folder.place(&certificate.name).join(Role::PrivateKey.file_name());
            let wanted = self.mode(Role::PrivateKey);
            let warning = |found| files::permissions_warning(&key, found, wanted, NOT_KEPT);
            outcome.warnings.extend(files::wrong_mode(&key, wanted).map(warning));
        }
        Ok(outcome)
    }

    pub(super) fn issue<'c>(
        &self,
        certificate: &'c CertificateSpecification,
        action: Action,
        self_check: SelfCheck,
        key: Option<SubjectKey>,
    ) -> Result<(Files<'c>, CertificateOutcome), Failure> {
        let request = &certificate.request;
        // No race for primes: all processors have a certificate each.
        let generate = || KeyPair::generate(request.key_algorithm()).map(SubjectKey::Pair);
        let key = key.map_or_else(generate, Ok)?;
        let issued = self.signer.issue(request, self.now, self_check, || Ok(Some(key)))?;
        let mut warnings = signer::warnings(request, &issued);
        warnings.extend(self.args.existing.warning(issued.template.validity, self.now));
        let ca = Zeroizing::new(pem::encode_certificates([issued.trust_anchor()]));
        let pem_files = issued.pem_files(self.args.key.key_format.into(), ca)?;
        let files = Files { pem_files, artefacts: &certificate.artefacts };
        Ok((files, CertificateOutcome { action, notes: Vec::new(), warnings }))
    }

    pub(super) const fn mode(&self, role: Role) -> u32 {
        match role {
            Role::PrivateKey | Role::Secret => self.args.key.key_mode,
            _ => PUBLIC_MODE,
        }
    }
}

/// The files of one certificate, as they follow from the pair.
pub(super) struct Files<'c> {
    pub(super) pem_files: PemFiles,
    pub(super) artefacts: &'c Artefacts,
}

pub(super) fn roles(artefacts: &Artefacts) -> Vec<Role> {
    let mut roles = vec![Role::PrivateKey, Role::Certificate, Role::CaCertificate];
    roles.extend(artefacts.bundle.then_some(Role::CaBundle));
    roles.extend(artefacts.secret.is_some().then_some(Role::Secret));
    roles
}

impl Files<'_> {
    pub(super) fn roles(&self) -> Vec<Role> {
        roles(self.artefacts)
    }

    pub(super) fn content(&self, role: Role) -> Zeroizing<Vec<u8>> {
        match (role, &self.artefacts.secret) {
            (Role::Secret, Some(name)) => {
                let metadata = SecretMetadata::new(name.name.clone(), name.namespace.clone());
                self.pem_files.secret(&metadata)
            }
            _ => self.pem_files.content(role),
        }
    }
}

impl BatchOutcome {
    fn count(
        &mut self,
        index: usize,
        certificate: &CertificateSpecification,
        shown: &str,
        outcome: CertificateOutcome,
    ) {
        match outcome.action {
            Action::Made => self.made += 1,
            Action::Replaced => self.replaced += 1,
            Action::Repaired => self.repaired += 1,
            Action::Kept => self.kept += 1,
        }
        let CertificateSpecification { name, place, .. } = certificate;
        self.notes.add(index, outcome.notes.into_iter().map(|note| format!("{name}: {note}")));
        let warnings = outcome.warnings.into_iter();
        self.warnings
            .add(index, warnings.map(|warning| format!("{shown}:{place}: {name}: {warning}")));
    }

    /// Tells what was replaced and why, and what some clients will not take.
    pub(super) fn tell(&self) {
        self.notes.tell("note");
        self.warnings.tell("warning");
    }

    pub(super) const fn report(&self, seconds: f64) -> BatchReport {
        let Self { made, replaced, repaired, kept, .. } = *self;
        BatchReport { made, replaced, repaired, kept, seconds }
    }

    /// Whether a signal came before all were done.
    pub(super) const fn is_interrupted(&self) -> bool {
        self.is_interrupted
    }

    const fn count_all(&self) -> usize {
        self.made + self.replaced + self.repaired + self.kept
    }

    /// What went wrong with some of so many.
    pub(super) fn failure(self, wanted: usize) -> Option<Failure> {
        let left = format!("{} of {} are there", thousands(self.count_all()), thousands(wanted));
        if self.is_interrupted {
            let failure = Failure::failed(format!("interrupted: {left}"));
            return Some(failure.hint("the same command with --if-needed makes the rest"));
        }
        let failure = Failure::join(self.failures)?;
        let left = Failure::failed(format!("stopped: {left}"));
        let left = left.hint("mend that, and the same command with --if-needed makes the rest");
        Failure::join([failure, left])
    }
}

/// A hint without the flags of other commands: here the names of files follow from the certificate's.
pub(super) fn without_flags(hint: String) -> Option<String> {
    let is_foreign = ["-file", "--output-dir", "--valid-for", "another file"]
        .iter()
        .any(|word| hint.contains(word));
    match is_foreign {
        true if hint.starts_with("--force") => Some("--force replaces it".to_owned()),
        true => None,
        false => Some(hint),
    }
}
