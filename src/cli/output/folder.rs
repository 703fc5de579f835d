//! A directory with a directory of files for each of many things.
//!
//! A new one is written under another name and gets its own by one rename: it is there as a whole or
//! not at all. Nothing is synced but the file system, once, at the end.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;

use super::Role;
use super::lock::{self, Identity};
use crate::cli::exit::{Failure, reason};

/// What the name of a directory begins with that has not got its own yet. No name may begin with a dot.
const NEW: &str = ".kumactl-new-";

/// A directory that is held against other runs.
pub(in crate::cli) struct Folder {
    path: PathBuf,
    /// The outermost directory that was made for it.
    made: Option<PathBuf>,
    /// Whether nothing was in it at the beginning.
    was_empty: bool,
    /// What led elsewhere at the beginning: the names of symbolic links, and where to.
    links: Vec<(String, PathBuf)>,
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
        let missing = path.ancestors().take_while(|path| !path.as_os_str().is_empty());
        let made = missing.take_while(|path| !path.exists()).last().map(Path::to_owned);
        let opened = make_and_hold(path);
        let held = opened.map_err(|error| {
            let text =
                format!("could not make the directory {}: {}", path.display(), reason(&error));
            Failure::failed(text).hint("--output-dir=DIR, in a directory that you may write to")
        })?;
        let (mut was_empty, mut links) = (true, Vec::new());
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            was_empty = false;
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(NEW.as_bytes()) {
                let _ = fs::remove_dir_all(entry.path());
            } else if entry.file_type().is_ok_and(|kind| kind.is_symlink())
                && let Ok(place) = entry.path().canonicalize()
            {
                links.push((name.to_string_lossy().into_owned(), place));
            }
        }
        links.sort();
        let directory_mode = 0o777 & !rustix::process::umask(Mode::empty()).as_raw_mode();
        Ok(Self { path: path.to_owned(), made, was_empty, links, directory_mode, held })
    }

    /// What the directory is known by.
    pub(super) fn identity(&self) -> Option<Identity> {
        lock::identity(&self.held)
    }

    /// The symbolic links that were there, sorted by name, each with the place that it leads to.
    pub(in crate::cli) fn links(&self) -> &[(String, PathBuf)] {
        &self.links
    }

    /// The place of a name.
    pub(in crate::cli) fn place(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Whether anything stands at the place of a name but an empty directory, which is there to be
    /// filled.
    pub(in crate::cli) fn has(&self, name: &str) -> bool {
        if self.was_empty {
            return false;
        }
        let place = self.place(name);
        match fs::symlink_metadata(&place) {
            Ok(metadata) if metadata.is_dir() => {
                fs::read_dir(place).map_or(true, |mut entries| entries.next().is_some())
            }
            other => other.is_ok(),
        }
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

/// A directory that nothing was put into is taken away again, if it was made for the run.
impl Drop for Folder {
    fn drop(&mut self) {
        let Some(made) = &self.made else {
            return;
        };
        for path in self.path.ancestors().take_while(|path| path.starts_with(made)) {
            if fs::remove_dir(path).is_err() {
                break;
            }
        }
    }
}

fn make_and_hold(path: &Path) -> io::Result<File> {
    let open = || {
        fs::create_dir_all(path)?;
        let opened = File::open(path)?;
        lock::hold(&opened, path);
        Ok(opened)
    };
    let opened = open()?;
    // A run that was waited for, and failed, may have taken it away.
    let there = fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino()));
    if there.ok() == lock::identity(&opened) { Ok(opened) } else { open() }
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
