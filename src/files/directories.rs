//! Creates, reads and removes directories.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rustix::fs::Dir;

use crate::report::failure::Failure;

/// The directories that the run created. Dropping it removes those that are empty.
#[derive(Default)]
pub(super) struct MadeDirectories {
    /// The topmost first.
    paths: Vec<PathBuf>,
}

impl MadeDirectories {
    /// Creates a directory and its parents. The path has no symbolic links; one that was put there in the
    /// meantime is not followed.
    pub(super) fn make(&mut self, path: &Path) -> io::Result<()> {
        let is_there = || fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
        if is_there() {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.make(parent)?;
        }
        match fs::create_dir(path) {
            // Another run has just created it.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_there() => Ok(()),
            made => made.map(|()| self.paths.push(path.to_owned())),
        }
    }

    pub(super) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// Keeps the directories.
    pub(super) fn keep(&mut self) {
        self.paths.clear();
    }
}

impl Drop for MadeDirectories {
    fn drop(&mut self) {
        for path in self.paths.iter().rev() {
            let _ = fs::remove_dir(path);
        }
    }
}

/// Returns the names in a directory. The standard library's reader panics if the directory cannot be closed,
/// such as after the loss of a network file system.
pub(crate) fn names(directory: &Path) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in Dir::new(File::open(directory)?)? {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name != "." && name != ".." {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// Removes a directory and the files in it.
pub(super) fn remove_with_files(directory: &Path) {
    for name in names(directory).unwrap_or_default() {
        let _ = fs::remove_file(directory.join(name));
    }
    let _ = fs::remove_dir(directory);
}

/// Writes files into a directory, and creates it if it does not exist. Overwrites existing files one after the
/// other: the next run completes an interrupted one.
pub(crate) fn write_documents(
    directory: &Path,
    documents: &[(String, Vec<u8>)],
) -> Result<(), Failure> {
    fs::create_dir_all(directory)
        .with_context(|| format!("could not create the directory {}", directory.display()))?;
    for (name, content) in documents {
        let path = directory.join(name);
        fs::write(&path, content).with_context(|| format!("could not write {}", path.display()))?;
    }
    Ok(())
}
