//! Locks on directories, so that concurrent runs wait for each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File, Metadata, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use super::signals;
use crate::report::console::Console;
use crate::report::failure::{Failure, reason};

/// The pause between the first attempts, and their number. They are silent.
const SHORT: (Duration, u32) = (Duration::from_millis(10), 100);

/// The pause between later attempts, and their number: five minutes in all.
const LONG: (Duration, u32) = (Duration::from_millis(100), 2990);

/// The device and inode of a directory, which do not depend on its path.
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
    pub(super) identity: Identity,
    file: File,
    /// Whether this process has locked it.
    pub(super) is_locked: bool,
}

impl Locks {
    /// Waits for the locks of all these directories, except the one that this process has locked `already`.
    /// Fails on a signal, or a lock that another process holds for too long.
    pub(super) fn acquire(
        paths: BTreeSet<PathBuf>,
        already: Option<Identity>,
        console: Console,
    ) -> Result<Self, Failure> {
        // By identity, so that no directory is locked twice under two paths.
        let opened: BTreeMap<Identity, Directory> = paths
            .iter()
            .filter_map(|path| Directory::open(path, console))
            .filter(|directory| Some(directory.identity) != already)
            .map(|directory| (directory.identity, directory))
            .collect();
        let mut directories: Vec<Directory> = opened.into_values().collect();
        let mut waited_for = None;
        loop {
            let mut others = directories.iter_mut().enumerate();
            let busy = others.position(|(index, directory)| {
                Some(index) != waited_for && !directory.try_lock(console)
            });
            match busy {
                None => return Ok(Self { paths, directories }),
                Some(busy) => {
                    // Never wait for a lock while holding another, or two runs could wait for each other.
                    directories.iter_mut().for_each(Directory::unlock);
                    directories[busy].wait(console)?;
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

    /// Returns whether these are the locks of the directories that have these paths now. Another run may
    /// have removed and created a directory in the meantime.
    pub(super) fn are_of(&self, paths: &BTreeSet<PathBuf>) -> bool {
        let is_in_place =
            |directory: &Directory| of_path(&directory.path) == Some(directory.identity);
        self.paths == *paths && self.directories.iter().all(is_in_place)
    }

    /// Returns whether this process has locked a directory, perhaps `already` before this run.
    pub(super) fn is_locked(&self, path: &Path, already: Option<Identity>) -> bool {
        let own = self.directories.iter().filter(|directory| directory.is_locked);
        let mut locked = own.map(|directory| directory.identity).chain(already);
        of_path(path).is_some_and(|directory| locked.any(|locked| locked == directory))
    }
}

impl Directory {
    fn open(path: &Path, console: Console) -> Option<Self> {
        let opened = File::open(path).and_then(|file| Ok((identity(&file.metadata()?), file)));
        match opened {
            Ok((identity, file)) => {
                Some(Self { path: path.to_owned(), identity, file, is_locked: false })
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    warn_unlocked(path, &error, console);
                }
                None
            }
        }
    }

    /// Locks the directory, unless another run has. Where the file system has no locks, succeeds.
    fn try_lock(&mut self, console: Console) -> bool {
        match self.file.try_lock() {
            Ok(()) => self.is_locked = true,
            Err(TryLockError::WouldBlock) => return false,
            Err(TryLockError::Error(error)) => warn_unlocked(&self.path, &error, console),
        }
        true
    }

    fn unlock(&mut self) {
        self.is_locked = false;
        let _ = self.file.unlock();
    }

    /// Waits for the lock, with a note after a second. Counts attempts, not time, since time also passes
    /// while the machine sleeps.
    fn wait(&mut self, console: Console) -> Result<(), Failure> {
        for (pause, times) in [SHORT, LONG] {
            for _ in 0..times {
                if self.try_lock(console) {
                    return Ok(());
                }
                signals::pause(pause)?;
            }
            if pause == SHORT.0 {
                let (shown, holder) = (self.path.display(), Holder::of(self.identity));
                console.note(format!("waiting for another run that writes to {shown}{holder}"));
            }
        }
        let holder = Holder::of(self.identity);
        let text = format!("the directory {} is locked{holder}", self.path.display());
        Err(Failure::failed(text).hint("wait for that process or end it, then rerun"))
    }
}

/// Warns once that concurrent runs without locks may mix their files.
fn warn_unlocked(path: &Path, error: &io::Error, console: Console) {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        console.warn(format!(
            "could not lock the directory {}: {}; do not run kumactl in it twice at the same time",
            path.display(),
            reason(error)
        ));
    });
}

/// The process that holds a lock, if known.
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
