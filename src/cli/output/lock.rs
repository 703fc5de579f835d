//! Directories that are held, so that runs at the same moment follow one another.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How long another run is waited for in silence.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often it is looked whether another run has ended, meanwhile.
const TICK: Duration = Duration::from_millis(10);

/// What a directory is known by, whatever the path.
pub(super) type Identity = (u64, u64);

/// What an open directory is known by.
pub(super) fn identity(directory: &File) -> Option<Identity> {
    directory.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Waits for a directory, and says so after a moment. Closing it lets it go. Where a file system has no
/// locks, nothing is held.
pub(super) fn hold(directory: &File, path: &Path) {
    let begun = Instant::now();
    while let Err(TryLockError::WouldBlock) = directory.try_lock() {
        if begun.elapsed() > PATIENCE {
            let shown = path.display();
            super::note(&format!("note: waiting for another run that writes into {shown}"));
            let _ = directory.lock();
            return;
        }
        thread::sleep(TICK);
    }
}
