//! Resolves the path of an output.

use std::env;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use rustix::io::Errno;

use super::output::{Destination, Output};
use crate::report::failure::{Failure, reason};
use crate::report::shell::word;

/// The length of a chain of symbolic links that Linux follows.
const MAX_LINKS: usize = 40;

/// The path of an output with all symbolic links followed.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// A file, written under a temporary name and renamed.
    Regular { path: PathBuf, state: State },
    /// A pipe or a device, written in place.
    Special { path: PathBuf },
    /// Standard output.
    Stdout,
}

/// The state of the path of a regular file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    /// No file.
    Missing,
    /// An empty file, such as `mktemp` creates. It is replaced without --force.
    Empty { device: u64, inode: u64 },
    /// A file with content.
    Full,
}

impl Target {
    /// Returns whether both are one file. Two outputs may share a device such as `/dev/null`.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Regular { path, state }, Self::Regular { path: other, state: other_state }) => {
                path == other
                    || (matches!(state, State::Empty { .. }) && state == other_state)
                    || is_same_file(path, other)
            }
            _ => false,
        }
    }
}

/// Returns whether two paths lead to one file, also by hard links.
pub(super) fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |metadata: Metadata| (metadata.dev(), metadata.ino());
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one), Ok(other)) => identity(one) == identity(other),
        _ => false,
    }
}

/// Resolves the path of an output. Fails on a path that cannot be a file: a directory, or in a directory that
/// does not exist.
pub(super) fn resolve(output: &Output) -> Result<Target, Failure> {
    let Some(given) = output.destination.path() else {
        return Ok(Target::Stdout);
    };
    let is_made = matches!(output.destination, Destination::InDirectory(_));
    if given.as_os_str().is_empty() {
        let name = output.kind.words().name;
        let failure = Failure::usage(format!("the path of the {name} is empty"));
        return Err(failure.hint_if_any(output.setting.assignment("FILE")));
    }
    // These names lead to a file that is already open. Following the link would replace the file.
    if ["/dev/fd", "/proc/self/fd"].iter().any(|fds| given.starts_with(fds))
        || given == Path::new("/dev/stderr")
    {
        return Ok(Target::Special { path: given.to_owned() });
    }
    let path = file_path(given, is_made).map_err(|error| failure(output, &error))?;
    match fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.is_dir() => {
            Err(failure(output, &io::Error::from(io::ErrorKind::IsADirectory)))
        }
        Ok(metadata) if metadata.is_file() => {
            let state = match metadata.len() {
                0 => State::Empty { device: metadata.dev(), inode: metadata.ino() },
                _ => State::Full,
            };
            Ok(Target::Regular { path, state })
        }
        Ok(metadata) => match refuse_planted("pipe", &path, &metadata) {
            Ok(()) => Ok(Target::Special { path }),
            Err(error) => Err(failure(output, &error)),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(Target::Regular { path, state: State::Missing })
        }
        Err(error) => Err(failure(output, &error)),
    }
}

/// Returns the path without symbolic links. Its last components need not exist. Fails on errors of the system,
/// and a link that [`refuse_planted`] refuses.
pub(crate) fn canonical(path: &Path) -> io::Result<PathBuf> {
    follow(path).map(|(path, _)| path)
}

/// Returns the path of a file without symbolic links. The file need not exist; its directory must,
/// unless the run creates it.
fn file_path(given: &Path, is_made: bool) -> io::Result<PathBuf> {
    // `a/` means a directory, and `Path` drops the slash.
    if given.as_os_str().as_encoded_bytes().ends_with(b"/") || given.file_name().is_none() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let (path, missing) = follow(given)?;
    if missing > 1 && !is_made { Err(Errno::NOENT.into()) } else { Ok(path) }
}

/// Returns the path without symbolic links, and how many of its last components do not exist.
fn follow(path: &Path) -> io::Result<(PathBuf, usize)> {
    let mut found = if path.is_absolute() { PathBuf::new() } else { env::current_dir()? };
    let mut missing = 0;
    let mut links = 0;
    let mut rest: Vec<OsString> = Vec::new();
    push(&mut rest, path);
    while let Some(name) = rest.pop() {
        match Path::new(&name).components().next() {
            None | Some(Component::CurDir) => {}
            Some(Component::RootDir | Component::Prefix(_)) => found = PathBuf::from("/"),
            Some(Component::ParentDir) if missing > 0 => return Err(Errno::NOENT.into()),
            Some(Component::ParentDir) => drop(found.pop()),
            Some(Component::Normal(_)) => {
                let here = found.join(&name);
                match fs::symlink_metadata(&here) {
                    Ok(metadata) if metadata.is_symlink() => {
                        links += 1;
                        if links > MAX_LINKS {
                            return Err(Errno::LOOP.into());
                        }
                        refuse_planted("symbolic link", &here, &metadata)?;
                        push(&mut rest, &fs::read_link(&here)?);
                    }
                    Ok(_) => found = here,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        missing += 1;
                        found = here;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok((found, missing))
}

/// Pushes the components of a path, in reverse order.
fn push(rest: &mut Vec<OsString>, path: &Path) {
    let names = path.components().rev().map(|component| component.as_os_str().to_owned());
    rest.extend(names);
}

/// Refuses what another user has put into a world-writable directory such as `/tmp`. Linux has the same rules
/// for links and pipes (`fs.protected_symlinks`, `fs.protected_fifos`), but does not apply them to links that a
/// program resolves itself. Fails on a link or pipe that is owned neither by this user nor by the owner of the
/// directory.
fn refuse_planted(kind: &str, path: &Path, metadata: &Metadata) -> io::Result<()> {
    const STICKY_AND_WRITABLE_BY_ALL: u32 = 0o1002;
    let Some(directory) = path.parent() else {
        return Ok(());
    };
    let above = fs::symlink_metadata(directory)?;
    let owner = metadata.uid();
    if above.mode() & STICKY_AND_WRITABLE_BY_ALL != STICKY_AND_WRITABLE_BY_ALL
        || owner == rustix::process::geteuid().as_raw()
        || owner == above.uid()
    {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "the {kind} {} belongs to another user (uid {owner}), in the world-writable directory {}",
        path.display(),
        directory.display()
    )))
}

/// Returns the failure to write an output, with a hint.
pub(super) fn failure(output: &Output, error: &io::Error) -> Failure {
    let (name, reason) = (output.kind.words().name, reason(error));
    let Some(path) = output.destination.path() else {
        return Failure::failed(format!("could not write the {name} to standard output: {reason}"));
    };
    let shown = path.display();
    let text = format!("could not write the {name} {shown}: {reason}");
    let failure = Failure::failed(text);
    match error.kind() {
        io::ErrorKind::NotFound => match path.parent().filter(|p| !p.as_os_str().is_empty()) {
            Some(parent) => {
                let parent = parent.to_string_lossy();
                failure.hint(format!("mkdir -p {}", word(&parent)))
            }
            None => failure,
        },
        io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory
            if matches!(output.destination, Destination::InDirectory(_)) =>
        {
            failure.hint_if_any(output.other_path_hint())
        }
        io::ErrorKind::IsADirectory => {
            let example = path.join(output.kind.words().example);
            let example = example.to_string_lossy();
            failure.hint_if_any(output.setting.assignment(&word(&example)))
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => failure.hint(
            "kumactl replaces the file by a rename: choose a directory that you can write to",
        ),
        io::ErrorKind::ResourceBusy => {
            failure.hint("a mounted file cannot be replaced: mount its directory instead")
        }
        io::ErrorKind::Other => failure.hint("write to a directory that only you can write to"),
        _ => failure,
    }
}
