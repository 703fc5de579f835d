//! A directory with a directory of files for each of many things.
//!
//! A new one is written under another name and gets its own by one rename: it is there as a whole or
//! not at all. Nothing is synced but the file system, once, at the end.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use zeroize::Zeroizing;

use super::directories::{self, MadeDirectories};
use super::lock::{Directory, Identity, Locks};
use super::{Plan, Role, target};
use crate::report::failure::{Failure, reason};

/// What the name of a directory begins with that has not got its own yet. No name may begin with a dot.
const NEW: &str = ".kumactl-new-";

/// A directory that is locked against other runs.
pub(crate) struct Folder {
    /// As it was given, for messages.
    shown: PathBuf,
    /// Without symbolic links.
    path: PathBuf,
    /// Whether nothing was in it at the beginning.
    was_empty: bool,
    /// What led elsewhere at the beginning: the names of symbolic links, and where to.
    links: Vec<(String, PathBuf)>,
    /// The permissions of new directories.
    directory_mode: u32,
    /// Removed again if nothing was put into them.
    _made: MadeDirectories,
    /// Released last.
    lock: Option<Directory>,
}

impl Folder {
    /// Makes the directory if it is not there, waits for other runs, and takes away what killed ones
    /// left. The directories of a plan that is wanted beside it are locked together with it: a run that
    /// waits for one lock while it holds another may be waited for itself. From then on the umask of the
    /// process is empty: files get their permissions as they are made, which saves a call for each.
    ///
    /// # Errors
    ///
    /// A directory that cannot be made or read, and what is wrong with the plan.
    pub(crate) fn open(
        given: &Path,
        plan: impl Fn() -> Result<Option<Plan>, Failure>,
    ) -> Result<(Self, Option<Plan>), Failure> {
        let failed = |error: io::Error| {
            let text =
                format!("could not make the directory {}: {}", given.display(), reason(&error));
            Failure::failed(text).hint("--output-dir=DIR, in a directory that you may write to")
        };
        let mut made = MadeDirectories::default();
        let (path, plan, mut locks) = loop {
            let path = target::canonical(given).map_err(failed)?;
            made.make(&path).map_err(failed)?;
            File::open(&path).map_err(failed)?;
            let plan = plan()?;
            let mut wanted = plan.as_ref().map_or_else(BTreeSet::new, Plan::directories);
            wanted.insert(path.clone());
            let locks = Locks::acquire(wanted.clone(), None)?;
            // A run that was waited for, and failed, may have removed it.
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
                if lock.as_ref().is_some_and(Directory::is_locked) {
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
        let folder = Self { shown, path, was_empty, links, directory_mode, _made: made, lock };
        let plan = plan.map(|plan| plan.under(&folder).with_locks(locks)).transpose()?;
        Ok((folder, plan))
    }

    /// What the directory is known by, if this run has locked it.
    pub(super) fn identity(&self) -> Option<Identity> {
        self.lock.as_ref().filter(|lock| lock.is_locked()).map(Directory::identity)
    }

    /// The symbolic links that were there, sorted by name, each with the place that it leads to.
    pub(crate) fn links(&self) -> &[(String, PathBuf)] {
        &self.links
    }

    /// The place of a name, as messages name it.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.shown.join(name)
    }

    /// Whether anything stands at the place of a name but an empty directory, which is there to be
    /// filled.
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

    /// Makes the directory of a name with these files, each with its permissions.
    ///
    /// # Errors
    ///
    /// What the system refuses; nothing stands at the place then, or what stood there before.
    pub(crate) fn add(
        &self,
        name: &str,
        files: &[(Role, u32, Zeroizing<Vec<u8>>)],
    ) -> Result<(), Failure> {
        let new = self.path.join(format!("{NEW}{name}"));
        let made = write(&new, self.directory_mode, files)
            .and_then(|()| fs::rename(&new, self.path.join(name)));
        made.map_err(|error| {
            directories::remove_with_files(&new);
            let place = self.place(name);
            Failure::failed(format!("could not make {}: {}", place.display(), reason(&error)))
        })
    }

    /// Makes everything durable that was added.
    ///
    /// # Errors
    ///
    /// What the system refuses.
    pub(crate) fn sync(&self) -> Result<(), Failure> {
        File::open(&self.path).and_then(|opened| sync(&opened)).map_err(|error| {
            let text = format!("could not sync {}: {}", self.shown.display(), reason(&error));
            Failure::failed(text).hint("the files are there, but may not outlast a power cut")
        })
    }
}

fn write(directory: &Path, mode: u32, files: &[(Role, u32, Zeroizing<Vec<u8>>)]) -> io::Result<()> {
    DirBuilder::new().mode(mode).create(directory)?;
    for (role, mode, bytes) in files {
        let path = directory.join(role.file_name());
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
