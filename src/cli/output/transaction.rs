//! All files of a run, or none.
//!
//! Every file is first written beside its place and synced; the old file, if any, gets a second
//! name. Then the new files are renamed to their places, back to back. If one cannot be, the old
//! files go back. No file system renames two files at once: a SIGKILL or a power cut between two
//! renames, microseconds apart, can leave a new key beside an old certificate.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::{Builder, TempPath};
use zeroize::Zeroizing;

use super::interrupt::Guarded;
use super::lock::{self, Identity};
use super::target::{State, Target, failure};
use super::{Destination, Existing, Request, Role, Signals, print_bytes};
use crate::cli::exit::{Failure, reason};

/// Between a file's name and the random end of its temporary names.
const MARK: &str = ".kumactl-";
/// The kind of a temporary name: a file on its way to its place.
const NEW: &str = "new";
/// The kind of a temporary name: a second name of the file that stood there.
const OLD: &str = "old";
/// How much of a file's name its temporary names repeat: file systems allow 255 bytes in all.
const MAX_STEM_LENGTH: usize = 120;

/// A file on its way to its place.
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

/// What a run has made so far, to be undone by dropping it: the files first, then their directories.
#[derive(Default)]
struct Work {
    staged: Vec<Staged>,
    made: MadeDirectories,
}

/// Directories that are taken away again, as far as they are empty.
#[derive(Default)]
struct MadeDirectories {
    /// The topmost first.
    paths: Vec<PathBuf>,
}

impl MadeDirectories {
    /// Makes a directory and those above it.
    fn make(&mut self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.make(parent)?;
        }
        match fs::create_dir(path) {
            // By another run, a moment ago.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            made => made.map(|()| self.paths.push(path.to_owned())),
        }
    }
}

impl Drop for MadeDirectories {
    fn drop(&mut self) {
        for path in self.paths.iter().rev() {
            let _ = fs::remove_dir(path);
        }
    }
}

/// Holds the directories of all targets, so that runs at the same moment follow one another.
#[derive(Default)]
pub(super) struct Locks {
    /// The directories whose files are to be written.
    wanted: BTreeSet<PathBuf>,
    /// Closing a directory unlocks it; without one, this process holds it already.
    held: Vec<(PathBuf, Option<File>)>,
}

impl Locks {
    /// Waits for the directories; of one that is still to be made, for that in which it will be. The one
    /// that this process holds `already` is not waited for: it would wait for itself. Where a file system
    /// has no locks, nothing is held.
    pub(super) fn acquire(places: &[(Request, Target)], already: Option<Identity>) -> Self {
        let wanted = directories(places);
        // In one order for every run, so that no two wait for each other.
        let opened: BTreeMap<Identity, (&PathBuf, File)> = wanted
            .iter()
            .filter_map(|path| {
                let opened = File::open(path).ok()?;
                Some((lock::identity(&opened)?, (path, opened)))
            })
            .collect();
        let hold = |(identity, (path, directory)): (Identity, (&PathBuf, File))| {
            let directory = (Some(identity) != already).then(|| {
                lock::hold(&directory, path);
                directory
            });
            (path.clone(), directory)
        };
        let held = opened.into_iter().map(hold).collect();
        Self { wanted, held }
    }

    /// Whether these are the directories that are to be held.
    pub(super) fn are_those_of(&self, places: &[(Request, Target)]) -> bool {
        self.wanted == directories(places)
    }

    /// Removes the files on their way to these places.
    pub(super) fn remove_unfinished(&self, places: &[(Request, Target)]) {
        self.left_over(places).unfinished.remove();
    }

    /// Removes these, and the second names of the old files at these places, where good ones stand.
    pub(super) fn remove_all_left_over(&self, places: &[(Request, Target)]) {
        let left = self.left_over(places);
        left.unfinished.remove();
        left.second_names.remove();
    }

    /// The files that killed runs left beside these targets. Live runs hold the locks.
    fn left_over(&self, places: &[(Request, Target)]) -> LeftOver {
        let mut left = LeftOver::default();
        for (directory, _) in &self.held {
            let paths = places.iter().filter_map(|(_, target)| match target {
                Target::Regular { path, .. } => Some(path),
                Target::Special { .. } | Target::Stdout => None,
            });
            let here = paths.filter(|path| path.parent() == Some(directory));
            let prefixes: Vec<_> = here.map(|path| left_over_prefix(path)).collect();
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                let name = entry.file_name();
                let name = name.as_encoded_bytes();
                let ends = prefixes
                    .iter()
                    .filter_map(|prefix| name.strip_prefix(prefix.as_encoded_bytes()));
                for end in ends {
                    let is = |kind: &str| {
                        end.strip_prefix(kind.as_bytes()).is_some_and(|end| end.starts_with(b"-"))
                    };
                    if is(NEW) {
                        left.unfinished.0.push(entry.path());
                    } else if is(OLD) {
                        left.second_names.0.push(entry.path());
                    }
                }
            }
        }
        left
    }
}

/// What killed runs left.
#[derive(Default)]
struct LeftOver {
    /// Files on their way to their places.
    unfinished: Paths,
    /// Second names of the old files.
    second_names: Paths,
}

#[derive(Default)]
struct Paths(Vec<PathBuf>);

impl Paths {
    fn remove(self) {
        for path in self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

/// A directory that was made a moment ago.
fn lock(directory: &Path) -> Option<(PathBuf, Option<File>)> {
    let opened = File::open(directory).ok()?;
    lock::hold(&opened, directory);
    Some((directory.to_owned(), Some(opened)))
}

/// The directories of all targets, as far as they are there.
fn directories(places: &[(Request, Target)]) -> BTreeSet<PathBuf> {
    let directories = places.iter().filter_map(|(_, target)| directory(target));
    let existing = |path: &Path| path.ancestors().find(|above| above.is_dir()).map(Path::to_owned);
    directories.filter_map(existing).collect()
}

fn directory(target: &Target) -> Option<&Path> {
    match target {
        Target::Regular { path, .. } => path.parent(),
        Target::Special { .. } | Target::Stdout => None,
    }
}

/// Writes every output.
///
/// # Errors
///
/// An output that could not be written; the files are as before then.
pub(super) fn write(
    locks: &mut Locks,
    places: &[(Request, Target)],
    existing: Existing,
    signals: Signals,
    content: impl Fn(Role) -> Zeroizing<Vec<u8>>,
) -> Result<(), Failure> {
    let left = locks.left_over(places);
    left.unfinished.remove();
    let work = Work::default();
    // A directory that is made here may be another run's a moment later, which is waited for.
    let is_file_there =
        |(_, target): &(Request, Target)| directory(target).is_some_and(Path::is_dir);
    let guarded = match signals {
        Signals::AreWaitedFor => Ok(Guarded::without_signals(work)),
        Signals::Wait if places.iter().all(is_file_there) => Guarded::between_steps(work),
        Signals::Wait => Guarded::while_waiting(work),
    };
    let guarded = guarded.context("could not wait for signals")?;
    let result = make_directories(&guarded, places)
        .map(|made| locks.held.extend(made.iter().filter_map(|directory| lock(directory))))
        .and_then(|()| stage_all(&guarded, places, existing, &content))
        .and_then(|()| write_in_place(places, &content))
        .and_then(|()| move_all(&guarded, places));
    // Drops what is left: temporary files and new directories after a failure, second names of old files
    // otherwise.
    guarded.finish();
    if result.is_ok() {
        // Until then, a second name of an old file may be all that is left of it.
        left.second_names.remove();
    }
    result
}

/// Makes the directories that are named as a whole, and gives those that were not there.
fn make_directories(
    guarded: &Guarded<Work>,
    places: &[(Request, Target)],
) -> Result<Vec<PathBuf>, Failure> {
    let mut work = guarded.lock();
    let Some(Work { made, .. }) = work.as_mut() else {
        return Ok(Vec::new());
    };
    for (request, target) in places {
        if let (Destination::InDirectory(given), Some(path)) =
            (&request.destination, directory(target))
        {
            made.make(path).map_err(|error| {
                let given = given.parent().unwrap_or(path).display();
                let text = format!("could not make the directory {given}: {}", reason(&error));
                Failure::failed(text).hint("--output-dir=DIR, in a directory that you may write to")
            })?;
        }
    }
    Ok(made.paths.clone())
}

fn stage_all(
    guarded: &Guarded<Work>,
    places: &[(Request, Target)],
    existing: Existing,
    content: impl Fn(Role) -> Zeroizing<Vec<u8>>,
) -> Result<(), Failure> {
    for (index, (request, target)) in places.iter().enumerate() {
        let Target::Regular { path, state } = target else {
            continue;
        };
        let mut work = guarded.lock();
        let bytes = content(request.role);
        let staged = stage(index, path, *state, existing, request.mode, &bytes)
            .map_err(|error| failure(request, &error))?;
        if let Some(work) = work.as_mut() {
            work.staged.push(staged);
        }
    }
    Ok(())
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
    let mut file = Builder::new().prefix(&prefix(path, NEW)).tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
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
    let prefix = prefix(path, OLD);
    let link = Builder::new().prefix(&prefix).make_in(directory, |name| fs::hard_link(path, name));
    if let Ok(link) = link {
        return Ok(link.into_temp_path());
    }
    let copy = Builder::new().prefix(&prefix).tempfile_in(directory)?;
    fs::copy(path, copy.path())?;
    Ok(copy.into_temp_path())
}

/// What goes to standard output, pipes and devices. It cannot be taken back, so it goes after all
/// that can fail, but for the renames.
fn write_in_place(
    places: &[(Request, Target)],
    content: impl Fn(Role) -> Zeroizing<Vec<u8>>,
) -> Result<(), Failure> {
    for (request, target) in places {
        match target {
            Target::Regular { .. } => {}
            Target::Special { path } => OpenOptions::new()
                .append(true)
                .open(path)
                .and_then(|mut special| special.write_all(&content(request.role)))
                .map_err(|error| failure(request, &error))?,
            Target::Stdout => print_bytes(&content(request.role))?,
        }
    }
    Ok(())
}

/// Moves every new file to its place, then makes the moves durable.
fn move_all(guarded: &Guarded<Work>, places: &[(Request, Target)]) -> Result<(), Failure> {
    let mut work = guarded.lock();
    let Some(Work { staged, made }) = work.as_mut() else {
        return Ok(());
    };
    for index in 0..staged.len() {
        if let Err(error) = move_to_place(&mut staged[index]) {
            let request = &places[staged[index].index].0;
            return Err(undone(failure(request, &error), put_back(staged)));
        }
    }
    if let Err((directory, error)) = sync_all(staged, &made.paths) {
        let directory = directory.display();
        let text = format!("could not sync the directory {directory}: {}", reason(&error));
        return Err(undone(Failure::failed(text), put_back(staged)));
    }
    made.paths.clear();
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

/// Whether a killed run left files on their way in a directory.
pub(super) fn has_left_over(directory: &Path) -> bool {
    let is_left = |name: &[u8]| {
        name.starts_with(b".") && name.windows(MARK.len()).any(|window| window == MARK.as_bytes())
    };
    let mut entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.any(|entry| is_left(entry.file_name().as_encoded_bytes()))
}

/// `.tls.key.kumactl-new-`, of a file `tls.key`.
fn prefix(path: &Path, kind: &str) -> OsString {
    let mut prefix = left_over_prefix(path);
    prefix.push(kind);
    prefix.push("-");
    prefix
}

fn left_over_prefix(path: &Path) -> OsString {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = &name[..name.floor_char_boundary(MAX_STEM_LENGTH)];
    OsString::from(format!(".{stem}{MARK}"))
}
