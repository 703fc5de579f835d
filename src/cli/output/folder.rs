//! A directory with a directory of files for each of many things.
//!
//! A new one is written under another name and gets its own by one rename: it is there as a whole or
//! not at all. Nothing is synced but the file system, once, at the end.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;

use super::Role;
use crate::cli::exit::{Failure, reason};

/// What the name of a directory begins with that has not got its own yet. No name may begin with a dot.
const NEW: &str = ".kumactl-new-";

/// A directory that is held against other runs.
pub(in crate::cli) struct Folder {
    path: PathBuf,
    /// Whether nothing was in it at the beginning.
    was_empty: bool,
    /// The permissions of new directories.
    directory_mode: u32,
    /// Closing it unlocks it.
    held: File,
}

impl Folder {
    /// Makes the directory if it is not there, waits for other runs, and takes away what killed ones
    /// left. From then on the umask of the process is empty: files get their permissions as they are
    /// made, which saves a call for each.
    ///
    /// # Errors
    ///
    /// A directory that cannot be made or read.
    pub(in crate::cli) fn open(path: &Path) -> Result<Self, Failure> {
        let opened = fs::create_dir_all(path).and_then(|()| File::open(path));
        let held = opened.map_err(|error| {
            let text =
                format!("could not make the directory {}: {}", path.display(), reason(&error));
            Failure::failed(text).hint("--output-dir=DIR, in a directory that you may write to")
        })?;
        // Where a file system has no locks, nothing is held.
        let _ = held.lock();
        let mut was_empty = true;
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        let entries = entries.inspect(|_| was_empty = false);
        for entry in
            entries.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(NEW.as_bytes()))
        {
            let _ = fs::remove_dir_all(entry.path());
        }
        let directory_mode = 0o777 & !rustix::process::umask(Mode::empty()).as_raw_mode();
        Ok(Self { path: path.to_owned(), was_empty, directory_mode, held })
    }

    /// The place of a name.
    pub(in crate::cli) fn place(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Whether anything stands at the place of a name.
    pub(in crate::cli) fn has(&self, name: &str) -> bool {
        !self.was_empty && fs::symlink_metadata(self.place(name)).is_ok()
    }

    /// Makes the directory of a name with these files, each with its permissions.
    ///
    /// # Errors
    ///
    /// What the system refuses; nothing stands at the place then, or what stood there before.
    pub(in crate::cli) fn add(
        &self,
        name: &str,
        files: &[(Role, u32, &[u8])],
    ) -> Result<(), Failure> {
        let new = self.path.join(format!("{NEW}{name}"));
        let made = write(&new, self.directory_mode, files)
            .and_then(|()| fs::rename(&new, self.place(name)));
        made.map_err(|error| {
            let _ = fs::remove_dir_all(&new);
            let place = self.place(name);
            Failure::failed(format!("could not make {}: {}", place.display(), reason(&error)))
        })
    }

    /// Makes everything durable that was added.
    ///
    /// # Errors
    ///
    /// What the system refuses.
    pub(in crate::cli) fn sync(&self) -> Result<(), Failure> {
        sync(&self.held).map_err(|error| {
            let text = format!("could not sync {}: {}", self.path.display(), reason(&error));
            Failure::failed(text).hint("the files are there, but may not outlast a power cut")
        })
    }
}

fn write(directory: &Path, mode: u32, files: &[(Role, u32, &[u8])]) -> io::Result<()> {
    DirBuilder::new().mode(mode).create(directory)?;
    for (role, mode, bytes) in files {
        let path = directory.join(role.file_name());
        let mut file = OpenOptions::new().write(true).create_new(true).mode(*mode).open(path)?;
        file.write_all(bytes)?;
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn sync(held: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(held)?)
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "it fails elsewhere")]
fn sync(_: &File) -> io::Result<()> {
    rustix::fs::sync();
    Ok(())
}
