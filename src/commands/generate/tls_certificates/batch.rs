//! Processes the certificates and tokens of a specification on all processors.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use kuma_pki::spec::Position;
use serde::Serialize;
use time::OffsetDateTime;

use super::Args;
use super::entry::{Action, Entry, EntryOutcome};
use super::notices::Notices;
use super::source::Source;
use super::token_entry::TokenEntry;
use crate::files::{self, BatchDir, NOT_KEPT, signals};
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
    pub(super) certificates: Counts,
    pub(super) tokens: Counts,
    notes: Notices,
    warnings: Notices,
    failures: Vec<Failure>,
    /// Whether a signal stopped the run.
    pub(super) is_interrupted: bool,
}

/// The number of certificates, or of tokens.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Counts {
    /// New ones.
    created: usize,
    /// Existing ones that did not match the request.
    replaced: usize,
    /// Kept ones with another file that was missing or wrong, or with wrong permissions.
    repaired: usize,
    /// Existing ones that match the request.
    kept: usize,
}

/// The JSON report of a batch. Fields may be added, but not changed or removed.
#[derive(Serialize)]
pub(super) struct BatchReport {
    #[serde(flatten)]
    certificates: Counts,
    tokens: Counts,
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
    /// Processes all certificates and tokens. An error or a signal stops the run. The files of each are
    /// written together or not at all.
    pub(super) fn run(&self) -> BatchOutcome {
        let entries: Vec<_> = self.source.entries().collect();
        let has_failed = AtomicBool::new(false);
        let (next, finished) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let done = Mutex::new(BatchOutcome::default());
        let work = || {
            while !has_failed.load(Ordering::Relaxed) && !signals::has_come() {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(entry) = entries.get(index) else {
                    break;
                };
                let outcome = self.process(index);
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                match outcome {
                    Ok(outcome) => done.count(index, *entry, self.source, outcome),
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
        let workers = processors.min(entries.len());
        let (working, watcher) = (AtomicUsize::new(workers), thread::current());
        let mut progress = Progress::new(entries.len(), self.console);
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
        done.is_interrupted = done.failures.is_empty() && done.count_all() < entries.len();
        done
    }

    /// Processes a certificate, or one of the tokens that follow the certificates.
    fn process(&self, index: usize) -> Result<EntryOutcome, Failure> {
        let Source { certificates, tokens, .. } = self.source;
        let Some(certificate) = certificates.get(index) else {
            return TokenEntry::new(self, &tokens[index - certificates.len()]).process();
        };
        let self_check =
            if index.is_multiple_of(SAMPLE) { SelfCheck::Full } else { SelfCheck::Fields };
        Entry::new(self, certificate).process(self_check)
    }

    /// Returns the warning about the permissions of the first new key or token. All files are in one file system,
    /// so one check is enough.
    pub(super) fn permissions_warning(&self, path: &Path) -> Option<String> {
        if self.are_permissions_checked.swap(true, Ordering::Relaxed) {
            return None;
        }
        let wanted = self.args.key.key_mode;
        let found = files::wrong_mode(path, wanted)?;
        Some(files::permissions_warning(path, found, wanted, NOT_KEPT))
    }
}

impl BatchOutcome {
    fn count(
        &mut self,
        index: usize,
        entry: (&str, Position),
        source: &Source,
        outcome: EntryOutcome,
    ) {
        let is_token = index >= source.certificates.len();
        let counts = if is_token { &mut self.tokens } else { &mut self.certificates };
        match outcome.action {
            Action::Created => counts.created += 1,
            Action::Replaced => counts.replaced += 1,
            Action::Repaired => counts.repaired += 1,
            Action::Kept => counts.kept += 1,
        }
        self.notes.add(index, outcome.notes.iter().map(|note| format!("{}: {note}", entry.0)));
        let warnings = outcome.warnings.iter();
        self.warnings.add(index, warnings.map(|warning| source.message(entry, warning)));
    }

    /// Prints the notes and warnings about single certificates.
    pub(super) fn print_notices(&self, console: Console) {
        self.notes.print(console, "note");
        self.warnings.print(console, "warning");
    }

    pub(super) const fn report(&self, seconds: f64) -> BatchReport {
        BatchReport { certificates: self.certificates, tokens: self.tokens, seconds }
    }

    const fn count_all(&self) -> usize {
        self.certificates.all() + self.tokens.all()
    }

    /// Returns the failure of a batch, if it failed.
    pub(super) fn failure(self, source: &Source) -> Option<Failure> {
        let done = format!(
            "{} of {} {} are done",
            thousands(self.count_all()),
            thousands(source.entries().count()),
            source.content()
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

impl Counts {
    pub(super) const fn all(self) -> usize {
        self.created + self.replaced + self.repaired + self.kept
    }
}

/// Returns the counts that are not 0, such as `2 created, 1 kept`.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.created, "created"),
            (self.replaced, "replaced"),
            (self.repaired, "repaired"),
            (self.kept, "kept"),
        ];
        let parts = counts.into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<_> =
            parts.map(|(count, verb)| format!("{} {verb}", thousands(count))).collect();
        f.write_str(if parts.is_empty() { "none created" } else { "" })?;
        f.write_str(&parts.join(", "))
    }
}
