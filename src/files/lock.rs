//! Locks on directories, so that runs at the same moment follow one another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File, Metadata, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use super::signals;
use crate::report::failure::{Failure, reason};

/// How often a run tries to get a lock at first, and how often it does so in silence.
const SHORT: (Duration, u32) = (Duration::from_millis(10), 100);

/// How often it tries from then on, and how often before it gives up: after five minutes.
const LONG: (Duration, u32) = (Duration::from_millis(100), 2990);

/// What a directory is known by, whatever the path.
pub(super) type Identity = (u64, u64);

fn identity(metadata: &Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

fn of_path(path: &Path) -> Option<Identity> {
    fs::metadata(path).ok().map(|metadata| identity(&metadata))
}

/// The locks of a run on some directories. Dropping it releases them.
#[derive(Default)]
pub(super) struct Locks {
    paths: BTreeSet<PathBuf>,
    directories: Vec<Directory>,
}

/// An open directory. Closing it releases its lock.
pub(super) struct Directory {
    path: PathBuf,
    identity: Identity,
    file: File,
    /// Whether no other run is at work in it.
    is_locked: bool,
}

impl Locks {
    /// Waits for the locks of all these directories. The one that this process has locked `already` is
    /// left out: the run would wait for itself.
    ///
    /// # Errors
    ///
    /// A signal, or a lock that somebody else holds for too long.
    pub(super) fn acquire(
        paths: BTreeSet<PathBuf>,
        already: Option<Identity>,
    ) -> Result<Self, Failure> {
        // By identity, so that no directory is locked twice under two paths.
        let opened: BTreeMap<Identity, Directory> = paths
            .iter()
            .filter_map(|path| Directory::open(path))
            .filter(|directory| Some(directory.identity) != already)
            .map(|directory| (directory.identity, directory))
            .collect();
        let mut directories: Vec<Directory> = opened.into_values().collect();
        let mut waited_for = None;
        loop {
            let mut others = directories.iter_mut().enumerate();
            let busy = others
                .position(|(index, directory)| Some(index) != waited_for && !directory.try_lock());
            match busy {
                None => return Ok(Self { paths, directories }),
                Some(busy) => {
                    // No run waits for a lock while it holds another, so no two wait for each other.
                    directories.iter_mut().for_each(Directory::unlock);
                    directories[busy].wait()?;
                    waited_for = Some(busy);
                }
            }
        }
    }

    /// Takes the lock of one directory out of these.
    pub(super) fn take(&mut self, path: &Path) -> Option<Directory> {
        let taken = of_path(path)?;
        let index = self.directories.iter().position(|directory| directory.identity == taken)?;
        Some(self.directories.swap_remove(index))
    }

    /// Whether these are the locks of the directories that have these paths now. A run that was waited
    /// for may have removed a directory that it had made, and another one may have made it again.
    pub(super) fn are_of(&self, paths: &BTreeSet<PathBuf>) -> bool {
        let is_in_place =
            |directory: &Directory| of_path(&directory.path) == Some(directory.identity);
        self.paths == *paths && self.directories.iter().all(is_in_place)
    }

    /// Whether no other run is at work in a directory; the lock that this process holds `already` counts.
    pub(super) fn is_locked(&self, path: &Path, already: Option<Identity>) -> bool {
        let own = self.directories.iter().filter(|directory| directory.is_locked);
        let mut locked = own.map(|directory| directory.identity).chain(already);
        of_path(path).is_some_and(|directory| locked.any(|locked| locked == directory))
    }
}

impl Directory {
    fn open(path: &Path) -> Option<Self> {
        let opened = File::open(path).and_then(|file| Ok((identity(&file.metadata()?), file)));
        match opened {
            Ok((identity, file)) => {
                Some(Self { path: path.to_owned(), identity, file, is_locked: false })
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    warn_unlocked(path, &error);
                }
                None
            }
        }
    }

    pub(super) const fn identity(&self) -> Identity {
        self.identity
    }

    pub(super) const fn is_locked(&self) -> bool {
        self.is_locked
    }

    /// Whether no lock of another run is in the way. Where there are no locks, none is.
    fn try_lock(&mut self) -> bool {
        match self.file.try_lock() {
            Ok(()) => self.is_locked = true,
            Err(TryLockError::WouldBlock) => return false,
            Err(TryLockError::Error(error)) => warn_unlocked(&self.path, &error),
        }
        true
    }

    fn unlock(&mut self) {
        self.is_locked = false;
        let _ = self.file.unlock();
    }

    /// Waits for the lock, and says so after a moment. Attempts are counted, not time: what passes while
    /// the machine sleeps is nobody's fault.
    fn wait(&mut self) -> Result<(), Failure> {
        for (pause, times) in [SHORT, LONG] {
            for _ in 0..times {
                if self.try_lock() {
                    return Ok(());
                }
                signals::pause(pause)?;
            }
            if pause == SHORT.0 {
                let (shown, holder) = (self.path.display(), Holder::of(self.identity));
                super::note(&format!(
                    "note: waiting for another run that writes into {shown}{holder}"
                ));
            }
        }
        let holder = Holder::of(self.identity);
        let text = format!("the directory {} is locked{holder}", self.path.display());
        Err(Failure::failed(text).hint("wait for that process or end it, then rerun"))
    }
}

/// Runs without locks may mix their files. That is worth saying once.
fn warn_unlocked(path: &Path, error: &io::Error) {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        super::note(&format!(
            "warning: could not lock the directory {}: {}; do not run kumactl twice in it at the \
             same time",
            path.display(),
            reason(error)
        ));
    });
}

/// Who holds a lock, as far as the system says.
struct Holder(Option<(u32, String)>);

impl Holder {
    /// Linux lists locks as `1: FLOCK ADVISORY WRITE 1234 fe:01:5678 0 EOF`: the process, the device's
    /// two numbers in hexadecimal, the inode.
    #[cfg(target_os = "linux")]
    fn of((device, inode): Identity) -> Self {
        let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
        let file = format!("{major:02x}:{minor:02x}:{inode}");
        let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
        let process = locks.lines().find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            match fields[..] {
                [_, "FLOCK", _, _, process, found, ..] if found == file => process.parse().ok(),
                _ => None,
            }
        });
        Self(process.filter(|process| *process != 0).map(|process| {
            let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
            (process, name.trim_end().to_owned())
        }))
    }

    #[cfg(not(target_os = "linux"))]
    fn of(_: Identity) -> Self {
        Self(None)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => Ok(()),
            Some((process, name)) if name.is_empty() => write!(formatter, " (process {process})"),
            Some((process, name)) => write!(formatter, " (process {process}, {name})"),
        }
    }
}
