//! Processes the certificates of a specification on all processors.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use kuma_pki::spec::CertificateSpecification;
use serde::Serialize;
use time::OffsetDateTime;

use super::Args;
use super::entry::{Action, Entry, EntryOutcome};
use super::notices::Notices;
use super::source::Source;
use crate::files::{BatchDir, signals};
use crate::job::signer::{SelfCheck, Signer};
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::progress::{Progress, thousands};

/// The interval between updates of the progress.
const TICK: Duration = Duration::from_millis(50);

/// One of this many certificates gets the full self-check, beginning with the first. That takes six times
/// as long as issuing it. The fields of every certificate are checked.
const SAMPLE: usize = 64;

/// A run over a specification.
pub(super) struct Batch<'a> {
    pub(super) args: &'a Args,
    pub(super) batch_dir: &'a BatchDir,
    pub(super) source: &'a Source,
    pub(super) signer: &'a Signer,
    /// Whether the permissions of one new key have been checked.
    pub(super) are_permissions_checked: AtomicBool,
    pub(super) console: Console,
    pub(super) now: OffsetDateTime,
}

/// The outcome of a batch.
#[derive(Debug, Default)]
pub(super) struct BatchOutcome {
    /// New certificates.
    pub(super) created: usize,
    /// Existing certificates that did not match the request.
    pub(super) replaced: usize,
    /// Kept certificates with another file that was missing or wrong.
    pub(super) repaired: usize,
    /// Existing certificates that match the request.
    pub(super) kept: usize,
    notes: Notices,
    warnings: Notices,
    failures: Vec<Failure>,
    is_interrupted: bool,
}

/// The JSON report of a batch. Fields may be added, but not changed or removed.
#[derive(Serialize)]
pub(super) struct BatchReport {
    created: usize,
    replaced: usize,
    repaired: usize,
    kept: usize,
    seconds: f64,
}

/// Wakes the main thread when a worker ends, even by a panic.
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
    /// Processes all certificates. An error or a signal stops the run. The files of each certificate are
    /// written together or not at all.
    pub(super) fn run(&self) -> BatchOutcome {
        let certificates = &self.source.certificates;
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
                let outcome = Entry::new(self, certificate).process(self_check);
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                match outcome {
                    Ok(outcome) => done.count(index, certificate, self.source, outcome),
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
        // Respects the CPU affinity and the cgroup's quota.
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let workers = processors.min(certificates.len());
        let (working, watcher) = (AtomicUsize::new(workers), thread::current());
        let mut progress = Progress::new(certificates.len(), self.console);
        thread::scope(|scope| {
            for started in 0..workers {
                let worker = || {
                    let _guard = WorkerGuard { working: &working, watcher: &watcher };
                    work();
                };
                if thread::Builder::new().spawn_scoped(scope, worker).is_err() {
                    // A limit on threads: continue with those that exist, or with this one.
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
}

impl BatchOutcome {
    fn count(
        &mut self,
        index: usize,
        certificate: &CertificateSpecification,
        source: &Source,
        outcome: EntryOutcome,
    ) {
        match outcome.action {
            Action::Created => self.created += 1,
            Action::Replaced => self.replaced += 1,
            Action::Repaired => self.repaired += 1,
            Action::Kept => self.kept += 1,
        }
        let name = &certificate.name;
        self.notes.add(index, outcome.notes.iter().map(|note| format!("{name}: {note}")));
        let warnings = outcome.warnings.iter();
        self.warnings.add(index, warnings.map(|warning| source.message(certificate, warning)));
    }

    /// Prints the notes and warnings about single certificates.
    pub(super) fn print_notices(&self, console: Console) {
        self.notes.print(console, "note");
        self.warnings.print(console, "warning");
    }

    pub(super) const fn report(&self, seconds: f64) -> BatchReport {
        let Self { created, replaced, repaired, kept, .. } = *self;
        BatchReport { created, replaced, repaired, kept, seconds }
    }

    /// Returns whether a signal stopped the run.
    pub(super) const fn is_interrupted(&self) -> bool {
        self.is_interrupted
    }

    const fn count_all(&self) -> usize {
        self.created + self.replaced + self.repaired + self.kept
    }

    /// Returns the failure of a batch of `wanted` certificates, if it failed.
    pub(super) fn failure(self, wanted: usize) -> Option<Failure> {
        let done = format!(
            "{} of {} certificates are done",
            thousands(self.count_all()),
            thousands(wanted)
        );
        if self.is_interrupted {
            let failure = Failure::failed(format!("interrupted: {done}"));
            return Some(failure.hint("rerun with --if-needed to create the rest"));
        }
        let failure = Failure::join(self.failures)?;
        let stopped = Failure::failed(format!("stopped: {done}"));
        let hint = "fix the error, then rerun with --if-needed to create the rest";
        Failure::join([failure, stopped.hint(hint)])
    }
}
