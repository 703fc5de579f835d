//! All files of a run, or none.
//!
//! Every file is first written beside its place and synced; the old file, if any, gets a second
//! name. Then the new files are renamed to their places, back to back. If one cannot be, the old
//! files go back. No file system renames two files at once: a SIGKILL or a power cut between two
//! renames, microseconds apart, can leave a new key beside an old certificate.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use tempfile::{Builder, TempPath};
use zeroize::Zeroizing;

use super::directories::MadeDirectories;
use super::left_over::{Kind, MARK, prefix};
use super::target::{State, Target, failure};
use super::{Destination, Existing, Request, Role, in_place, permissions, signals};
use crate::report::failure::{Failure, reason};

/// A file on its way to its place. Dropping it removes its temporary names.
struct Staged {
    /// Which of the run's outputs it is.
    index: usize,
    place: PathBuf,
    /// Whether something may stand at the place that is to be replaced.
    replaces: bool,
    /// The new file; `None` once it has been moved.
    new: Option<TempPath>,
    /// A second name of the old file.
    old: Option<TempPath>,
}

/// Makes the directories that are named as a whole.
///
/// # Errors
///
/// A directory that cannot be made.
pub(super) fn make_directories(
    places: &[(Request, Target)],
    made: &mut MadeDirectories,
) -> Result<(), Failure> {
    for (request, target) in places {
        if let (Destination::InDirectory(given), Target::Regular { path, .. }) =
            (&request.destination, target)
            && let Some(directory) = path.parent()
        {
            made.make(directory).map_err(|error| {
                let given = given.parent().unwrap_or(path).display();
                let text = format!("could not make the directory {given}: {}", reason(&error));
                Failure::failed(text).hint("--output-dir=DIR, in a directory that you may write to")
            })?;
        }
    }
    Ok(())
}

/// Writes every output. The directories are locked; those that were `made` stay after a success.
///
/// # Errors
///
/// A signal, or an output that could not be written; the files are as before then.
pub(super) fn write(
    made: &mut MadeDirectories,
    places: &[(Request, Target)],
    existing: Existing,
    content: impl Fn(Role) -> Zeroizing<Vec<u8>>,
) -> Result<(), Failure> {
    let mut staged = stage_all(places, existing, &content)?;
    write_in_place(places, &content)?;
    signals::check()?;
    move_all(&mut staged, made, places)?;
    made.keep();
    Ok(())
}

fn stage_all(
    places: &[(Request, Target)],
    existing: Existing,
    content: impl Fn(Role) -> Zeroizing<Vec<u8>>,
) -> Result<Vec<Staged>, Failure> {
    let mut all = Vec::with_capacity(places.len());
    for (index, (request, target)) in places.iter().enumerate() {
        let Target::Regular { path, state } = target else {
            continue;
        };
        signals::check()?;
        let bytes = content(request.role);
        let staged = stage(index, path, *state, existing, request.mode, &bytes);
        all.push(staged.map_err(|error| failure(request, &error))?);
    }
    Ok(all)
}

fn stage(
    index: usize,
    path: &Path,
    state: State,
    existing: Existing,
    mode: u32,
    bytes: &[u8],
) -> io::Result<Staged> {
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    // Created as 0600, whatever the umask.
    let mut file = Builder::new().prefix(&prefix(path, Kind::New)).tempfile_in(directory)?;
    file.write_all(bytes)?;
    permissions::set(file.as_file(), mode)?;
    file.as_file().sync_all()?;
    let old = match state {
        State::Missing => None,
        State::Empty { .. } | State::Full => Some(second_name(path, directory)?),
    };
    let replaces = existing == Existing::Replace || old.is_some();
    Ok(Staged { index, place: path.to_owned(), replaces, new: Some(file.into_temp_path()), old })
}

/// A second name for the old file, or a copy where the file system has no hard links or the kernel
/// allows none to a file of another user.
fn second_name(path: &Path, directory: &Path) -> io::Result<TempPath> {
    let prefix = prefix(path, Kind::Old);
    let link = Builder::new().prefix(&prefix).make_in(directory, |name| fs::hard_link(path, name));
    if let Ok(link) = link {
        return Ok(link.into_temp_path());
    }
    let mut copy = Builder::new().prefix(&prefix).tempfile_in(directory)?;
    // A link that somebody puts there now is not followed.
    let no_follow = OFlags::NOFOLLOW.bits().cast_signed();
    let mut old = OpenOptions::new().read(true).custom_flags(no_follow).open(path)?;
    io::copy(&mut old, &mut copy)?;
    permissions::set(copy.as_file(), old.metadata()?.permissions().mode())?;
    copy.as_file().sync_all()?;
    Ok(copy.into_temp_path())
}

/// What goes to standard output, pipes and devices. It cannot be taken back, so it goes after all
/// that can fail, but for the renames.
fn write_in_place(
    places: &[(Request, Target)],
    content: impl Fn(Role) -> Zeroizing<Vec<u8>>,
) -> Result<(), Failure> {
    for (request, target) in places {
        let failed = |error: &io::Error| failure(request, error);
        match target {
            Target::Regular { .. } => {}
            Target::Special { path } => {
                in_place::write_special(path, &content(request.role), failed)?;
            }
            Target::Stdout => {
                in_place::refuse_closed_stdout(failed)?;
                in_place::write(io::stdout(), &content(request.role), failed)?;
            }
        }
    }
    Ok(())
}

/// Moves every new file to its place, then makes the moves durable. No signal comes between.
fn move_all(
    staged: &mut [Staged],
    made: &MadeDirectories,
    places: &[(Request, Target)],
) -> Result<(), Failure> {
    for index in 0..staged.len() {
        if let Err(error) = move_to_place(&mut staged[index]) {
            let request = &places[staged[index].index].0;
            return Err(undone(failure(request, &error), put_back(staged)));
        }
    }
    if let Err((directory, error)) = sync_all(staged, made.paths()) {
        let directory = directory.display();
        let text = format!("could not sync the directory {directory}: {}", reason(&error));
        return Err(undone(Failure::failed(text), put_back(staged)));
    }
    Ok(())
}

/// Makes the names of all files and new directories durable.
fn sync_all(staged: &[Staged], made: &[PathBuf]) -> Result<(), (PathBuf, io::Error)> {
    let places = staged.iter().map(|staged| &staged.place).chain(made);
    let directories: BTreeSet<&Path> = places.filter_map(|place| place.parent()).collect();
    directories
        .into_iter()
        .try_for_each(|directory| sync(directory).map_err(|error| (directory.to_owned(), error)))
}

fn move_to_place(staged: &mut Staged) -> io::Result<()> {
    let Some(new) = staged.new.take() else {
        return Ok(());
    };
    let moved = if staged.replaces {
        new.persist(&staged.place)
    } else {
        new.persist_noclobber(&staged.place)
    };
    moved.map_err(|refused| {
        staged.new = Some(refused.path);
        refused.error
    })
}

/// Undoes the moves that were made, the last first.
fn put_back(staged: &mut [Staged]) -> io::Result<()> {
    let moved = staged.iter_mut().rev().filter(|staged| staged.new.is_none());
    let mut result = Ok(());
    for staged in moved {
        let undone = match staged.old.take() {
            Some(old) => old.persist(&staged.place).map_err(|refused| {
                // The old file's second name stays, for a person to find.
                let _ = refused.path.keep();
                refused.error
            }),
            None => fs::remove_file(&staged.place),
        };
        result = result.and(undone);
    }
    // What can be told of the first failure is told; of this one, there is nothing more to do.
    let _ = sync_all(staged, &[]);
    result
}

fn undone(failure: Failure, put_back: io::Result<()>) -> Failure {
    match put_back {
        Ok(()) => failure,
        Err(error) => failure.hint(format!(
            "the old files could not all be put back ({error}); \
             they are beside their places, as .*{MARK}old-*"
        )),
    }
}

/// Makes the names in a directory durable. A directory that may be written but not read, and some
/// network file systems, cannot be synced.
fn sync(directory: &Path) -> io::Result<()> {
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    match synced.as_ref().map_err(io::Error::kind) {
        Err(
            io::ErrorKind::InvalidInput
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::Unsupported,
        ) => Ok(()),
        _ => synced,
    }
}
