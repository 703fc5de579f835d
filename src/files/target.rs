//! What stands at the place of an output.

use std::env;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use rustix::io::Errno;

use super::{Destination, Request};
use crate::report::failure::{Failure, reason};
use crate::report::shell::word;

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
    let path = place(given, is_made).map_err(|error| failure(request, &error))?;
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
        Ok(metadata) => match refuse_planted("pipe", &path, &metadata) {
            Ok(()) => Ok(Target::Special { path }),
            Err(error) => Err(failure(request, &error)),
        },
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
/// What the system refuses, and a link that [`refuse_planted`] refuses.
pub(crate) fn canonical(path: &Path) -> io::Result<PathBuf> {
    follow(path).map(|(path, _)| path)
}

/// The place of a file behind all symbolic links, even where nothing stands there yet; its directory has
/// to be there, unless it is one that is made.
fn place(given: &Path, is_made: bool) -> io::Result<PathBuf> {
    // `a/` asks for a directory, and `Path` drops the slash.
    if given.as_os_str().as_encoded_bytes().ends_with(b"/") || given.file_name().is_none() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let (path, missing) = follow(given)?;
    if missing > 1 && !is_made { Err(Errno::NOENT.into()) } else { Ok(path) }
}

/// The path without symbolic links, and how many of its last names are not there.
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
            // Nothing is above a directory that is not there.
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

/// Puts the names of a path in front of what is left, which is read from its end.
fn push(rest: &mut Vec<OsString>, path: &Path) {
    let names = path.components().rev().map(|component| component.as_os_str().to_owned());
    rest.extend(names);
}

/// Refuses what another user has put into a directory that anybody may write to, such as `/tmp`. These are
/// the rules of Linux for links and pipes (`fs.protected_symlinks`, `fs.protected_fifos`), which it does
/// not apply to links that a program follows itself.
///
/// # Errors
///
/// A link or pipe that belongs neither to this user nor to the owner of the directory.
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
        "the {kind} {} was made by another user (uid {owner}), and anybody can write to {}",
        path.display(),
        directory.display()
    )))
}

/// A failure to write, with what to do about it.
pub(super) fn failure(request: &Request, error: &io::Error) -> Failure {
    let (name, reason) = (request.role.words().name, reason(error));
    let Some(path) = request.destination.path() else {
        return Failure::failed(format!("could not write the {name} to standard output: {reason}"));
    };
    let shown = path.display();
    let text = format!("could not write the {name} {shown}: {reason}");
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
        io::ErrorKind::Other => failure.hint("write to a directory of your own"),
        _ => failure,
    }
}
