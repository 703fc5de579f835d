//! The directory of a batch, with a directory of files for each certificate.
//!
//! A new directory is written under a temporary name and renamed, so that it never exists in part. The
//! file system is synced once, at the end.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use zeroize::Zeroizing;

use super::directories::{self, MadeDirectories};
use super::lock::{Directory, Identity, Locks};
use super::output_kind::OutputKind;
use super::plan::Plan;
use super::target;
use crate::report::console::Console;
use crate::report::failure::{Failure, reason};

/// The start of temporary names. The names of certificates do not begin with a dot.
const NEW: &str = ".kumactl-new-";

/// The locked directory of a batch.
pub(crate) struct BatchDir {
    /// As it was given, for messages.
    shown: PathBuf,
    /// Without symbolic links.
    path: PathBuf,
    /// Whether it was empty at first.
    was_empty: bool,
    /// The symbolic links in it at first, with their targets, sorted by name.
    pub(crate) links: Vec<(String, PathBuf)>,
    /// The permissions of new directories.
    directory_mode: u32,
    /// Removed again if they stay empty.
    _made: MadeDirectories,
    /// Released last.
    lock: Option<Directory>,
}

impl BatchDir {
    /// Creates the directory if it does not exist, waits for other runs, and removes what killed runs left.
    /// Locks the directories of `plan` together with it, so that no two runs wait for each other. Empties the
    /// umask of the process: files then get their permissions when they are created, which saves a system call
    /// for each. Fails on a directory that cannot be created or read, and errors of the plan.
    pub(crate) fn open(
        given: &Path,
        console: Console,
        plan: impl Fn() -> Result<Option<Plan>, Failure>,
    ) -> Result<(Self, Option<Plan>), Failure> {
        let failed = |error: io::Error| {
            let text =
                format!("could not create the directory {}: {}", given.display(), reason(&error));
            Failure::failed(text).hint("--output-dir=DIR, in a directory that you can write to")
        };
        let mut made = MadeDirectories::default();
        let (path, plan, mut locks) = loop {
            let path = target::canonical(given).map_err(failed)?;
            made.make(&path).map_err(failed)?;
            File::open(&path).map_err(failed)?;
            let plan = plan()?;
            let mut wanted = plan.as_ref().map_or_else(BTreeSet::new, Plan::directories);
            wanted.insert(path.clone());
            let locks = Locks::acquire(wanted.clone(), None, console)?;
            // Another run that failed may have removed it in the meantime.
            if locks.are_of(&wanted) && path.is_dir() {
                break (path, plan, locks);
            }
        };
        let lock = locks.take(&path);
        let (mut was_empty, mut links) = (true, Vec::new());
        for name in directories::names(&path).unwrap_or_default() {
            was_empty = false;
            let entry = path.join(&name);
            if name.as_encoded_bytes().starts_with(NEW.as_bytes()) {
                if lock.as_ref().is_some_and(|lock| lock.is_locked) {
                    directories::remove_with_files(&entry);
                }
            } else if entry.is_symlink()
                && let Ok(place) = entry.canonicalize()
            {
                links.push((name.to_string_lossy().into_owned(), place));
            }
        }
        links.sort();
        let directory_mode = 0o777 & !rustix::process::umask(Mode::empty()).as_raw_mode();
        let shown = given.to_owned();
        let batch_dir = Self { shown, path, was_empty, links, directory_mode, _made: made, lock };
        let plan = plan.map(|plan| plan.under(&batch_dir).with_locks(locks)).transpose()?;
        Ok((batch_dir, plan))
    }

    /// Returns the identity of the directory, if this run has locked it.
    pub(super) fn identity(&self) -> Option<Identity> {
        self.lock.as_ref().filter(|lock| lock.is_locked).map(|lock| lock.identity)
    }

    /// Returns the directory of a certificate, for messages.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.shown.join(name)
    }

    /// Returns whether a certificate has a directory that is not empty, or another file in its place.
    pub(crate) fn has(&self, name: &str) -> bool {
        if self.was_empty {
            return false;
        }
        let place = self.path.join(name);
        match fs::symlink_metadata(&place) {
            Ok(metadata) if metadata.is_dir() => {
                directories::names(&place).map_or(true, |names| !names.is_empty())
            }
            other => other.is_ok(),
        }
    }

    /// Creates the directory of a certificate with these files and their permissions. Fails on errors of the
    /// system. Nothing was changed then.
    pub(crate) fn add(
        &self,
        name: &str,
        files: &[(OutputKind, u32, Zeroizing<Vec<u8>>)],
    ) -> Result<(), Failure> {
        let new = self.path.join(format!("{NEW}{name}"));
        let made = write(&new, self.directory_mode, files)
            .and_then(|()| fs::rename(&new, self.path.join(name)));
        made.map_err(|error| {
            directories::remove_with_files(&new);
            let place = self.place(name);
            Failure::failed(format!("could not create {}: {}", place.display(), reason(&error)))
        })
    }

    /// Syncs everything that was added.
    pub(crate) fn sync(&self) -> Result<(), Failure> {
        File::open(&self.path).and_then(|opened| sync(&opened)).map_err(|error| {
            let text = format!("could not sync {}: {}", self.shown.display(), reason(&error));
            Failure::failed(text)
                .hint("the files are written, but may be lost in a power cut: run `sync`")
        })
    }
}

fn write(
    directory: &Path,
    mode: u32,
    files: &[(OutputKind, u32, Zeroizing<Vec<u8>>)],
) -> io::Result<()> {
    DirBuilder::new().mode(mode).create(directory)?;
    for (kind, mode, bytes) in files {
        let path = directory.join(kind.file_name());
        let mut file = OpenOptions::new().write(true).create_new(true).mode(*mode).open(path)?;
        file.write_all(bytes)?;
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn sync(opened: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(opened)?)
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "it fails elsewhere")]
fn sync(_: &File) -> io::Result<()> {
    rustix::fs::sync();
    Ok(())
}
