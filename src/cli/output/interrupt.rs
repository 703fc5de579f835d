//! Interrupt and terminate signals wait while files change places, and clean up otherwise.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// Work in progress that is to be undone, by dropping it, when the program is told to end.
///
/// While [`Guarded::lock`] is held, a signal waits. The guard stays for the rest of the program, where
/// it has nothing left to undo: a handler that is taken away does not bring the default back.
pub(super) struct Guarded<T> {
    work: Arc<Mutex<Option<T>>>,
}

impl<T: Send + 'static> Guarded<T> {
    /// Guards `work` from now on.
    ///
    /// # Errors
    ///
    /// A system that gives no thread or pipe.
    pub(super) fn new(work: T) -> io::Result<Self> {
        let work = Arc::new(Mutex::new(Some(work)));
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let undone = Arc::clone(&work);
        let wait = move || {
            if let Some(signal) = signals.forever().next() {
                let mut work = undone.lock().unwrap_or_else(PoisonError::into_inner);
                drop(work.take());
                let _ = emulate_default_handler(signal);
            }
        };
        thread::Builder::new().name("signals".to_owned()).spawn(wait)?;
        Ok(Self { work })
    }

    /// Holds `work` for a run that waits for signals itself.
    pub(super) fn without_signals(work: T) -> Self {
        Self { work: Arc::new(Mutex::new(Some(work))) }
    }

    /// The work, for as long as no signal is to come between.
    pub(super) fn lock(&self) -> MutexGuard<'_, Option<T>> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
