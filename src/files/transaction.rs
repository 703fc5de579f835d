//! Writes all files of a run, or none.
//!
//! Writes and syncs every file under a temporary name in its directory, and gives each old file a second
//! name. Then renames all new files, one right after the other. If a rename fails, restores the old files.
//! No file system renames two files at once: a SIGKILL or a power cut between two renames, microseconds
//! apart, can leave a new key with an old certificate.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use tempfile::{Builder, TempPath};
use zeroize::Zeroizing;

use super::directories::MadeDirectories;
use super::leftovers::{Kind, MARK, prefix};
use super::output::{Destination, Output};
use super::output_kind::OutputKind;
use super::plan::ExistingPolicy;
use super::target::{State, Target, failure};
use super::{permissions, signals, stream};
use crate::report::failure::{Failure, reason};

/// A file that is written under a temporary name. Dropping it removes its temporary names.
struct Staged {
    /// The index of the output.
    index: usize,
    place: PathBuf,
    /// Whether the rename may replace a file.
    replaces: bool,
    /// The new file; `None` after the rename.
    new: Option<TempPath>,
    /// A second name of the old file.
    old: Option<TempPath>,
}

/// Creates the directories given with `--output-dir`.
pub(super) fn make_directories(
    places: &[(Output, Target)],
    made: &mut MadeDirectories,
) -> Result<(), Failure> {
    for (output, target) in places {
        if let (Destination::InDirectory(given), Target::Regular { path, .. }) =
            (&output.destination, target)
            && let Some(directory) = path.parent()
        {
            made.make(directory).map_err(|error| {
                let given = given.parent().unwrap_or(path).display();
                let text = format!("could not create the directory {given}: {}", reason(&error));
                Failure::failed(text).hint("--output-dir=DIR, in a directory that you can write to")
            })?;
        }
    }
    Ok(())
}

/// Writes every output. The directories are locked. On success, the new directories `made` stay. Fails on a
/// signal, or an output that could not be written. The files are unchanged then.
pub(super) fn write(
    made: &mut MadeDirectories,
    places: &[(Output, Target)],
    existing: ExistingPolicy,
    content: impl Fn(OutputKind) -> Zeroizing<Vec<u8>>,
) -> Result<(), Failure> {
    let mut staged = stage_all(places, existing, &content)?;
    write_in_place(places, &content)?;
    signals::check()?;
    move_all(&mut staged, made, places)?;
    made.keep();
    Ok(())
}

fn stage_all(
    places: &[(Output, Target)],
    existing: ExistingPolicy,
    content: impl Fn(OutputKind) -> Zeroizing<Vec<u8>>,
) -> Result<Vec<Staged>, Failure> {
    let mut all = Vec::with_capacity(places.len());
    for (index, (output, target)) in places.iter().enumerate() {
        let Target::Regular { path, state } = target else {
            continue;
        };
        signals::check()?;
        let bytes = content(output.kind);
        let staged = stage(index, path, *state, existing, output.mode, &bytes);
        all.push(staged.map_err(|error| failure(output, &error))?);
    }
    Ok(all)
}

fn stage(
    index: usize,
    path: &Path,
    state: State,
    existing: ExistingPolicy,
    mode: u32,
    bytes: &[u8],
) -> io::Result<Staged> {
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    // Created as 0600, whatever the umask.
    let mut file = Builder::new().prefix(&prefix(path, Kind::New)).tempfile_in(directory)?;
    file.write_all(bytes)?;
    permissions::set(file.as_file(), mode);
    file.as_file().sync_all()?;
    let old = match state {
        State::Missing => None,
        State::Empty { .. } | State::Full => Some(second_name(path, directory)?),
    };
    let replaces = existing == ExistingPolicy::Replace || old.is_some();
    Ok(Staged { index, place: path.to_owned(), replaces, new: Some(file.into_temp_path()), old })
}

/// Gives the old file a second name: a hard link, or a copy if the file system has no hard links or the
/// kernel does not allow one to a file of another user.
fn second_name(path: &Path, directory: &Path) -> io::Result<TempPath> {
    let prefix = prefix(path, Kind::Old);
    let link = Builder::new().prefix(&prefix).make_in(directory, |name| fs::hard_link(path, name));
    if let Ok(link) = link {
        return Ok(link.into_temp_path());
    }
    let mut copy = Builder::new().prefix(&prefix).tempfile_in(directory)?;
    // Do not follow a link that was put there in the meantime.
    let no_follow = OFlags::NOFOLLOW.bits().cast_signed();
    let mut old = OpenOptions::new().read(true).custom_flags(no_follow).open(path)?;
    io::copy(&mut old, &mut copy)?;
    permissions::set(copy.as_file(), old.metadata()?.permissions().mode());
    copy.as_file().sync_all()?;
    Ok(copy.into_temp_path())
}

/// Writes to standard output, pipes and devices. That cannot be undone, so it comes after every step that
/// can fail except the renames.
fn write_in_place(
    places: &[(Output, Target)],
    content: impl Fn(OutputKind) -> Zeroizing<Vec<u8>>,
) -> Result<(), Failure> {
    for (output, target) in places {
        let failed = |error: &io::Error| failure(output, error);
        match target {
            Target::Regular { .. } => {}
            Target::Special { path } => {
                stream::write_special(path, &content(output.kind), failed)?;
            }
            Target::Stdout => {
                stream::refuse_closed_stdout(failed)?;
                stream::write(io::stdout(), &content(output.kind), failed)?;
            }
        }
    }
    Ok(())
}

/// Renames every new file, then syncs the directories. No signal interrupts this.
fn move_all(
    staged: &mut [Staged],
    made: &MadeDirectories,
    places: &[(Output, Target)],
) -> Result<(), Failure> {
    for index in 0..staged.len() {
        if let Err(error) = move_to_place(&mut staged[index]) {
            let output = &places[staged[index].index].0;
            return Err(undone(failure(output, &error), put_back(staged)));
        }
    }
    if let Err((directory, error)) = sync_all(staged, made.paths()) {
        let directory = directory.display();
        let text = format!("could not sync the directory {directory}: {}", reason(&error));
        return Err(undone(Failure::failed(text), put_back(staged)));
    }
    Ok(())
}

/// Syncs the directories of all files and new directories.
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

/// Undoes the renames, the last first.
fn put_back(staged: &mut [Staged]) -> io::Result<()> {
    let moved = staged.iter_mut().rev().filter(|staged| staged.new.is_none());
    let mut result = Ok(());
    for staged in moved {
        let undone = match staged.old.take() {
            Some(old) => old.persist(&staged.place).map_err(|refused| {
                // Keep the second name of the old file, so that the user can find it.
                let _ = refused.path.keep();
                refused.error
            }),
            None => fs::remove_file(&staged.place),
        };
        result = result.and(undone);
    }
    // The first failure is reported; nothing more can be done about this one.
    let _ = sync_all(staged, &[]);
    result
}

fn undone(failure: Failure, put_back: io::Result<()>) -> Failure {
    match put_back {
        Ok(()) => failure,
        Err(error) => failure.hint(format!(
            "the old files could not all be restored ({error}); find them in the same directory as \
             .*{MARK}old-*"
        )),
    }
}

/// Syncs a directory. A directory that can be written but not read, and directories of some network file
/// systems, cannot be synced.
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
