//! What stands at the place of an output.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Destination, Request};
use crate::cli::exit::{Failure, reason};
use crate::cli::shell::word;

/// The length of a chain of symbolic links that Linux follows.
const MAX_LINKS: usize = 40;

/// A place of which all symbolic links are followed.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// A file that is written beside its place and moved there.
    Regular { path: PathBuf, state: State },
    /// A pipe, a device or the like: written where it is.
    Special { path: PathBuf },
    /// Standard output.
    Stdout,
}

/// What stands at the place of a regular file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    /// Nothing.
    Missing,
    /// An empty file, as `mktemp` leaves it: there to be filled.
    Empty { device: u64, inode: u64 },
    /// A file with content.
    Full,
}

impl Target {
    /// Whether both are one place. Devices may be shared: two outputs can go to `/dev/null`.
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

/// Whether two paths lead to one file, also under two names.
pub(super) fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |metadata: Metadata| (metadata.dev(), metadata.ino());
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one), Ok(other)) => identity(one) == identity(other),
        _ => false,
    }
}

/// Finds out what stands where a request wants to write.
///
/// # Errors
///
/// A place where no file can be: a directory, or in a directory that does not exist.
pub(super) fn resolve(request: &Request) -> Result<Target, Failure> {
    let Some(given) = request.destination.path() else {
        return Ok(Target::Stdout);
    };
    let is_made = matches!(request.destination, Destination::InDirectory(_));
    if given.as_os_str().is_empty() {
        let failure =
            Failure::usage(format!("the path of the {} is empty", request.role.words().name));
        return Err(failure.hint(format!("name a file: {}=FILE", request.role.words().flag)));
    }
    // Opened by this name, an open file is the file; followed to another name, it is replaced.
    if ["/dev/fd", "/proc/self/fd"].iter().any(|fds| given.starts_with(fds))
        || given == Path::new("/dev/stderr")
    {
        return Ok(Target::Special { path: given.to_owned() });
    }
    let path = follow(given, is_made).map_err(|error| failure(request, &error))?;
    match fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.is_dir() => {
            Err(failure(request, &io::Error::from(io::ErrorKind::IsADirectory)))
        }
        Ok(metadata) if metadata.is_file() => {
            let state = match metadata.len() {
                0 => State::Empty { device: metadata.dev(), inode: metadata.ino() },
                _ => State::Full,
            };
            Ok(Target::Regular { path, state })
        }
        Ok(_) => Ok(Target::Special { path }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(Target::Regular { path, state: State::Missing })
        }
        Err(error) => Err(failure(request, &error)),
    }
}

/// The path without symbolic links, also of a directory that is still to be made.
///
/// # Errors
///
/// What the system refuses.
pub(in crate::cli) fn canonical(path: &Path) -> io::Result<PathBuf> {
    let mut missing = Vec::new();
    let mut existing = path;
    loop {
        let here = if existing.as_os_str().is_empty() { Path::new(".") } else { existing };
        let error = match here.canonicalize() {
            Ok(mut found) => {
                found.extend(missing.iter().rev());
                return Ok(found);
            }
            Err(error) => error,
        };
        match (error.kind(), existing.parent(), existing.file_name()) {
            (io::ErrorKind::NotFound, Some(parent), Some(name)) => {
                missing.push(name);
                existing = parent;
            }
            _ => return Err(error),
        }
    }
}

/// The place behind all symbolic links, even where nothing stands there yet; its directory has to be
/// there, unless it is one that is made.
fn follow(given: &Path, is_made: bool) -> io::Result<PathBuf> {
    let mut path = given.to_owned();
    for _ in 0..MAX_LINKS {
        let parent = match path.parent() {
            Some(parent) if is_made => canonical(parent)?,
            Some(parent) if !parent.as_os_str().is_empty() => parent.canonicalize()?,
            Some(_) => Path::new(".").canonicalize()?,
            None => return Err(io::ErrorKind::IsADirectory.into()),
        };
        let Some(name) = path.file_name() else {
            return Err(io::ErrorKind::IsADirectory.into());
        };
        // `a/` asks for a directory, and `Path` drops the slash.
        if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let resolved = parent.join(name);
        match fs::read_link(&resolved) {
            Ok(next) => path = parent.join(next),
            Err(error) => match error.kind() {
                // No link, or nothing at all. Any other error leaves that open.
                io::ErrorKind::InvalidInput | io::ErrorKind::NotFound => return Ok(resolved),
                _ => return Err(error),
            },
        }
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

/// A failure to write, with what to do about it.
pub(super) fn failure(request: &Request, error: &io::Error) -> Failure {
    let path = request.destination.path().unwrap_or_else(|| Path::new("standard output"));
    let (name, shown) = (request.role.words().name, path.display());
    let text = format!("could not write the {name} {shown}: {}", reason(error));
    let failure = Failure::failed(text);
    match error.kind() {
        io::ErrorKind::NotFound => match path.parent().filter(|p| !p.as_os_str().is_empty()) {
            Some(parent) => {
                let parent = parent.to_string_lossy();
                failure.hint(format!("make the directory first: mkdir -p {}", word(&parent)))
            }
            None => failure,
        },
        io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory
            if matches!(request.destination, Destination::InDirectory(_)) =>
        {
            failure.hint(request.elsewhere())
        }
        io::ErrorKind::IsADirectory => {
            let example = path.join(request.role.words().example);
            let flag = request.role.words().flag;
            let example = example.to_string_lossy();
            failure.hint(format!("name a file in it: {flag}={}", word(&example)))
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => failure.hint(
            "files are replaced as a whole, so the directory must be one that you may write to",
        ),
        io::ErrorKind::ResourceBusy => failure
            .hint("a file that is itself a mount cannot be replaced; mount its directory instead"),
        _ => failure,
    }
}
