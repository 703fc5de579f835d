//! Interrupt and terminate signals wait while files change places, and clean up otherwise.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// What ends a run before its time.
const SIGNALS: [i32; 2] = [SIGINT, SIGTERM];

/// Work in progress that is to be undone, by dropping it, when the program is told to end.
///
/// While [`Guarded::lock`] is held, a signal waits. One guard stays for the rest of the program, where it
/// has nothing left to undo: a handler that is taken away does not bring the default back.
pub(super) struct Guarded<T> {
    work: Arc<Mutex<Option<T>>>,
    noticed: Option<Noticed>,
}

/// Signals that are noticed by the run itself, between its steps.
struct Noticed {
    /// The number of the signal that came, or 0.
    came: Arc<AtomicUsize>,
    /// Whether nothing is left to undo, so that a signal does what it does by default.
    is_done: Arc<AtomicBool>,
}

impl<T: Send + 'static> Guarded<T> {
    /// Guards `work` whose steps may wait for somebody, such as the reader of a pipe: a thread undoes it.
    ///
    /// # Errors
    ///
    /// A system that gives no thread or pipe.
    pub(super) fn while_waiting(work: T) -> io::Result<Self> {
        let guarded = Self::without_signals(work);
        let mut signals = Signals::new(SIGNALS)?;
        let undone = Arc::clone(&guarded.work);
        let wait = move || {
            if let Some(signal) = signals.forever().next() {
                undo(&mut undone.lock().unwrap_or_else(PoisonError::into_inner), signal);
            }
        };
        thread::Builder::new().name("signals".to_owned()).spawn(wait)?;
        Ok(guarded)
    }

    /// Guards `work` whose steps are short: a signal is noticed before the next. That needs no thread, and
    /// so a tenth of a millisecond less.
    ///
    /// # Errors
    ///
    /// A system that takes no handler.
    pub(super) fn between_steps(work: T) -> io::Result<Self> {
        let noticed = Noticed { came: Arc::default(), is_done: Arc::default() };
        for signal in SIGNALS {
            flag::register_conditional_default(signal, Arc::clone(&noticed.is_done))?;
            flag::register_usize(
                signal,
                Arc::clone(&noticed.came),
                signal.unsigned_abs() as usize,
            )?;
        }
        Ok(Self { noticed: Some(noticed), ..Self::without_signals(work) })
    }

    /// Holds `work` for a run that waits for signals itself.
    pub(super) fn without_signals(work: T) -> Self {
        Self { work: Arc::new(Mutex::new(Some(work))), noticed: None }
    }

    /// The work, for as long as no signal is to come between. One that came before ends the program here.
    pub(super) fn lock(&self) -> MutexGuard<'_, Option<T>> {
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(noticed) = &self.noticed {
            noticed.end(&mut work);
        }
        work
    }

    /// Drops the work: from here on a signal ends the program at once.
    pub(super) fn finish(self) {
        let mut work = self.lock();
        drop(work.take());
        if let Some(noticed) = &self.noticed {
            noticed.is_done.store(true, Ordering::SeqCst);
            // Or a moment before.
            noticed.end(&mut work);
        }
    }
}

impl Noticed {
    /// Ends the program if a signal came.
    fn end<T>(&self, work: &mut Option<T>) {
        match i32::try_from(self.came.load(Ordering::SeqCst)) {
            Ok(0) | Err(_) => {}
            Ok(signal) => undo(work, signal),
        }
    }
}

/// Undoes the work, and ends the program as the signal does by default.
fn undo<T>(work: &mut Option<T>, signal: i32) {
    drop(work.take());
    let _ = emulate_default_handler(signal);
}
