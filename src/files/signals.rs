//! The signals that end a run.
//!
//! While a run changes files, a handler only notes the signal. The run checks for one between its steps
//! and wherever it waits, and then fails as for any other reason: it removes what it created, wipes keys,
//! and [`end`] ends the process with the default action of the signal.

use std::fs;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};
use signal_hook::flag;
use signal_hook::low_level::emulate_default_handler;

use crate::report::failure::Failure;

/// The signals that end a run.
const SIGNALS: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// The number of the received signal, or 0.
static NOTED: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// Whether a signal ends the process at once, since there is nothing to undo.
static ENDS_AT_ONCE: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| Arc::new(AtomicBool::new(true)));

static WATCHES: Mutex<Watches> = Mutex::new(Watches { running: 0, has_handlers: false });

struct Watches {
    running: usize,
    has_handlers: bool,
}

/// A part of the run during which signals wait for the next [`check`]. Parts may contain others.
pub(crate) struct Watch(());

/// Delays signals from here on.
pub(crate) fn watch() -> Result<Watch, Failure> {
    let mut watches = watches();
    if !watches.has_handlers {
        add_handlers().context("could not handle signals")?;
        watches.has_handlers = true;
    }
    watches.running += 1;
    ENDS_AT_ONCE.store(false, Ordering::SeqCst);
    Ok(Watch(()))
}

/// Fails if a signal was received.
pub(crate) fn check() -> Result<(), Failure> {
    if has_come() { Err(Failure::interrupted()) } else { Ok(()) }
}

/// Returns whether a signal was received.
pub(crate) fn has_come() -> bool {
    NOTED.load(Ordering::SeqCst) != 0
}

/// Sleeps.
pub(super) fn pause(moment: Duration) -> Result<(), Failure> {
    check()?;
    thread::sleep(moment);
    check()
}

/// Ends the process by the default action of the received signal.
pub(crate) fn end() {
    if let Ok(signal) = i32::try_from(NOTED.load(Ordering::SeqCst)) {
        let _ = emulate_default_handler(signal);
    }
}

impl Watch {
    /// Ends the part of the run. After the outermost part, signals end the process at once. Fails on a signal
    /// received in the last step of the outermost part.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        drop(self);
        if ENDS_AT_ONCE.load(Ordering::SeqCst) { check() } else { Ok(()) }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watches = watches();
        watches.running -= 1;
        if watches.running == 0 {
            ENDS_AT_ONCE.store(true, Ordering::SeqCst);
        }
    }
}

fn watches() -> MutexGuard<'static, Watches> {
    WATCHES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds the handlers. Signals that the caller ignores (`nohup`, `trap '' INT`) stay ignored.
fn add_handlers() -> io::Result<()> {
    let ignored = ignored();
    for signal in SIGNALS.into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0) {
        flag::register_conditional_default(signal, Arc::clone(&ENDS_AT_ONCE))?;
        flag::register_usize(signal, Arc::clone(&NOTED), signal.unsigned_abs() as usize)?;
    }
    // The file size limit: with a handler, the write fails, and the error names the file.
    flag::register(SIGXFSZ, Arc::default())?;
    Ok(())
}

/// Returns the mask of ignored signals, from Linux's `/proc`. Other systems report it only to unsafe code.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}
