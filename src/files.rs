//! The only code that writes: messages to standard output, and files, all of a run or none.

mod directories;
mod folder;
mod in_place;
pub(crate) mod input;
mod left_over;
mod lock;
mod permissions;
mod role;
pub(crate) mod signals;
mod target;
mod transaction;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use zeroize::Zeroizing;

use self::directories::MadeDirectories;
pub(crate) use self::directories::names;
pub(crate) use self::folder::Folder;
use self::left_over::LeftOver;
pub(crate) use self::left_over::has_left_over;
use self::lock::Locks;
pub(crate) use self::permissions::{NOT_KEPT, warning as permissions_warning, wrong_mode};
pub(crate) use self::role::Role;
use self::signals::Watch;
pub(crate) use self::target::canonical;
use self::target::{State, Target};
use crate::report::failure::{Failure, reason};
use crate::report::program_name;

/// The permissions of files that anybody may read.
pub(crate) const PUBLIC_MODE: u32 = 0o644;

/// Where an output goes: a path, or `-` for standard output.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Destination {
    /// A file, or a special file such as a pipe.
    File(PathBuf),
    /// A file in the directory that `--output-dir` names, which is made if it is not there.
    InDirectory(PathBuf),
    /// Standard output.
    Stdout,
}

/// An output that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) role: Role,
    pub(crate) destination: Destination,
    /// The permissions of the file, whatever the umask.
    pub(crate) mode: u32,
}

/// What to do with a file that exists and is not empty.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Existing {
    /// Keep it, and fail.
    Keep,
    /// Replace it.
    Replace,
}

/// Outputs whose places are known to be usable, as far as can be told before writing.
pub(crate) struct Plan {
    places: Vec<(Request, Target)>,
    existing: Existing,
    /// A directory that this process has locked already.
    under: Option<lock::Identity>,
    /// Files that go once the others are there.
    removed: Vec<PathBuf>,
    /// Removed again if nothing was put into them, before others may lock them.
    made: MadeDirectories,
    /// Held from [`Plan::lock`] on.
    locks: Option<Locks>,
    /// While there are directories to remove again, a signal waits for that.
    watch: Option<Watch>,
}

/// What a run did to the files of its plan.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// The outputs that were written; of files, with the permissions that they have.
    pub(crate) saved: Vec<Request>,
    /// The files that stay, whose permissions were repaired.
    pub(crate) repaired: Vec<Request>,
    /// Why these were.
    pub(crate) reasons: Vec<String>,
    /// Permissions that could not be set.
    pub(crate) warnings: Vec<String>,
}

impl Destination {
    /// Reads a flag's value. `/dev/stdout` is standard output under another name: written as a file
    /// it would be cut off by what is printed beside it.
    pub(crate) fn parse(value: &OsStr) -> Self {
        match value.to_str() {
            Some("-" | "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1") => Self::Stdout,
            _ => Self::File(PathBuf::from(value)),
        }
    }

    /// The path, unless it is standard output.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) | Self::InDirectory(path) => Some(path),
            Self::Stdout => None,
        }
    }
}

impl Request {
    /// What to type so that the output goes to another place.
    fn elsewhere(&self) -> String {
        match self.destination {
            Destination::InDirectory(_) => "give --output-dir another directory".to_owned(),
            _ => format!("give {} another path", self.role.words().flag),
        }
    }
}

impl Plan {
    /// Looks at every place, so that a run that cannot end well ends before it makes a key.
    ///
    /// # Errors
    ///
    /// A place that is no place for a file, two outputs in one place, and, unless they are to be
    /// replaced, files that exist.
    pub(crate) fn new(requests: Vec<Request>, existing: Existing) -> Result<Self, Failure> {
        let mut places: Vec<(Request, Target)> = Vec::with_capacity(requests.len());
        for request in requests {
            let target = target::resolve(&request)?;
            if let Some((other, _)) = places.iter().find(|(_, other)| target.is_same(other)) {
                return Err(same_place(&request, other));
            }
            places.push((request, target));
        }
        let plan = Self {
            places,
            existing,
            under: None,
            removed: Vec::new(),
            made: MadeDirectories::default(),
            locks: None,
            watch: None,
        };
        plan.refuse_existing()?;
        Ok(plan)
    }

    /// The same plan, of a command that has locked a folder.
    pub(crate) fn under(mut self, folder: &Folder) -> Self {
        self.under = folder.identity();
        self
    }

    /// The same plan with its locks; what stands at its places is looked at again.
    ///
    /// # Errors
    ///
    /// A place that is no longer one for a file.
    fn with_locks(mut self, locks: Locks) -> Result<Self, Failure> {
        self.locks = Some(locks);
        self.look_again()?;
        Ok(self)
    }

    /// The same plan, after which these files are not there any more.
    pub(crate) fn removing(mut self, paths: Vec<PathBuf>) -> Self {
        self.removed = paths;
        self
    }

    /// Refuses to replace a file that the run reads, such as a CA's key.
    ///
    /// # Errors
    ///
    /// An output in the place of an input.
    pub(crate) fn refuse_inputs<'a>(
        &self,
        inputs: impl Iterator<Item = &'a Path>,
    ) -> Result<(), Failure> {
        let inputs: Vec<PathBuf> = inputs.filter_map(|path| path.canonicalize().ok()).collect();
        for (request, target) in &self.places {
            if let Target::Regular { path, .. } = target
                && inputs.iter().any(|input| target::is_same_file(input, path))
            {
                let words = request.role.words();
                let text = format!(
                    "the {} would replace {}, which this run reads",
                    words.name,
                    path.display()
                );
                return Err(Failure::usage(text).hint(request.elsewhere()));
            }
        }
        Ok(())
    }

    /// Whether anything goes to standard output, which then carries nothing else.
    pub(crate) fn uses_stdout(&self) -> bool {
        self.places.iter().any(|(_, target)| matches!(target, Target::Stdout))
    }

    /// Writes all outputs, or leaves everything as it was. `content` gives the bytes of a role.
    ///
    /// # Errors
    ///
    /// A signal, or a place that could not be written; nothing was changed then.
    pub(crate) fn commit(
        mut self,
        content: impl Fn(Role) -> Zeroizing<Vec<u8>>,
    ) -> Result<Changes, Failure> {
        self.write(content)
    }

    /// Writes the outputs of these roles. The files of the others are good: they stay, and nothing is
    /// needed of what killed runs left beside them. Wrong permissions of those with a key are repaired.
    ///
    /// # Errors
    ///
    /// A signal, or a place that could not be written; nothing was changed then.
    pub(crate) fn repair(
        mut self,
        roles: &[Role],
        content: impl Fn(Role) -> Zeroizing<Vec<u8>>,
    ) -> Result<Changes, Failure> {
        let (places, good): (Vec<_>, Vec<_>) = std::mem::take(&mut self.places)
            .into_iter()
            .partition(|(request, _)| roles.contains(&request.role));
        self.left_over(&good).remove();
        self.places = places;
        let mut changes = Changes::default();
        if !self.places.is_empty() || !self.removed.is_empty() {
            changes = self.write(content)?;
        }
        for (request, target) in good {
            if let Target::Regular { path, .. } = target
                && request.role.holds_key()
            {
                changes.repair(request, &path);
            }
        }
        Ok(changes)
    }

    fn write(&mut self, content: impl Fn(Role) -> Zeroizing<Vec<u8>>) -> Result<Changes, Failure> {
        let watch = signals::watch()?;
        // The time it took to make a key is long enough for another run to have written.
        self.lock()?;
        self.refuse_existing()?;
        let mut left = self.left_over(&self.places);
        left.remove_unfinished();
        transaction::write(&mut self.made, &self.places, self.existing, content)?;
        // Until then, a second name of an old file may be all that is left of it.
        left.remove();
        for path in &self.removed {
            fs::remove_file(path)
                .with_context(|| format!("could not remove {}", path.display()))?;
        }
        self.watch = None;
        watch.finish()?;
        let mut changes = Changes::default();
        for (request, target) in std::mem::take(&mut self.places) {
            match target {
                Target::Regular { path, .. } => changes.add_written(request, &path),
                Target::Special { .. } | Target::Stdout => changes.saved.push(request),
            }
        }
        Ok(changes)
    }

    /// Lets other runs wait that write into the same directories, until this one has ended; what
    /// stands there is looked at again. Makes the directories that are missing first: were they made
    /// later, another run could lock one in between, and write files that this run has not compared.
    ///
    /// # Errors
    ///
    /// A signal, a directory that cannot be made or is locked for too long, or a place that is no longer
    /// one for a file.
    pub(crate) fn lock(&mut self) -> Result<(), Failure> {
        loop {
            let watch = signals::watch()?;
            transaction::make_directories(&self.places, &mut self.made)?;
            if !self.made.paths().is_empty() {
                self.watch.get_or_insert(watch);
            }
            let wanted = self.directories();
            if self.locks.as_ref().is_some_and(|locks| locks.are_of(&wanted)) {
                return Ok(());
            }
            // What is locked is released first: it would be waited for as well.
            self.locks = None;
            let locks = Locks::acquire(wanted, self.under).inspect_err(|_| {
                // Another run is at work in a directory, even if this one has made it.
                self.made.keep();
            })?;
            self.locks = Some(locks);
            self.look_again()?;
        }
    }

    fn look_again(&mut self) -> Result<(), Failure> {
        for (request, target) in &mut self.places {
            *target = target::resolve(request)?;
        }
        Ok(())
    }

    /// The directories of all places, or of those that are missing, the nearest above them.
    fn directories(&self) -> BTreeSet<PathBuf> {
        let nearest =
            |path: &Path| path.ancestors().skip(1).find(|above| above.is_dir()).map(Path::to_owned);
        regular_paths(&self.places).filter_map(nearest).collect()
    }

    /// What killed runs left beside these places. What a run at work has made is not left, so this needs
    /// the locks.
    fn left_over(&self, places: &[(Request, Target)]) -> LeftOver {
        let is_locked = |path: &&Path| {
            let directory = path.parent().unwrap_or(path);
            self.locks.as_ref().is_some_and(|locks| locks.is_locked(directory, self.under))
        };
        LeftOver::beside(regular_paths(places).filter(is_locked))
    }

    /// Takes away what killed runs left on its way to these places, such as a key, and gives whether there
    /// was anything. No other run is at work there once they are locked.
    pub(crate) fn remove_unfinished(&self) -> bool {
        self.left_over(&self.places).remove_unfinished()
    }

    /// Whether there is an output of this role.
    pub(crate) fn has(&self, role: Role) -> bool {
        self.places.iter().any(|(request, _)| request.role == role)
    }

    /// Refuses outputs that cannot be read back.
    ///
    /// # Errors
    ///
    /// An output that is no regular file.
    pub(crate) fn require_regular_files(&self) -> Result<(), Failure> {
        self.places.iter().try_for_each(|(request, _)| self.regular_file(request.role).map(drop))
    }

    /// The path of a role's file, as it was given.
    ///
    /// # Errors
    ///
    /// Standard output, a pipe or a device, from which nothing can be read back.
    pub(crate) fn regular_file(&self, role: Role) -> Result<PathBuf, Failure> {
        let words = role.words();
        let found = self.places.iter().find(|(request, _)| request.role == role);
        match found {
            Some((
                Request {
                    destination: Destination::File(path) | Destination::InDirectory(path),
                    ..
                },
                Target::Regular { .. },
            )) => Ok(path.clone()),
            _ => {
                let path = found.and_then(|(request, _)| request.destination.path());
                let path = path.map(|path| format!(" {}", input::shown(path)));
                let failure = Failure::usage(format!(
                    "the {}{} cannot be read back, which --if-needed and --reuse-key do",
                    words.name,
                    path.unwrap_or_default()
                ));
                Err(failure.hint(match found {
                    Some((
                        request @ Request { destination: Destination::InDirectory(_), .. },
                        _,
                    )) => request.elsewhere(),
                    _ => format!("name a file: {}={}", words.flag, words.example),
                }))
            }
        }
    }

    fn refuse_existing(&self) -> Result<(), Failure> {
        if self.existing == Existing::Replace {
            return Ok(());
        }
        let kept: Vec<_> = self
            .places
            .iter()
            .filter(|(_, target)| matches!(target, Target::Regular { state: State::Full, .. }))
            .filter_map(|(request, _)| request.destination.path())
            .map(|path| path.display().to_string())
            .collect();
        if kept.is_empty() {
            return Ok(());
        }
        let verb = if kept.len() == 1 { "exists and was" } else { "exist and were" };
        let text = format!("{} {verb} kept; nothing was written", kept.join(" and "));
        Err(Failure::failed(text).hint(
            "--force replaces files that exist; --if-needed does so only when they are not what \
             you ask for",
        ))
    }
}

/// The places of regular files.
fn regular_paths(places: &[(Request, Target)]) -> impl Iterator<Item = &Path> {
    places.iter().filter_map(|(_, target)| match target {
        Target::Regular { path, .. } => Some(path.as_path()),
        Target::Special { .. } | Target::Stdout => None,
    })
}

fn same_place(request: &Request, other: &Request) -> Failure {
    let path = request.destination.path().unwrap_or_else(|| Path::new("-")).display();
    let (this, that) = (request.role, other.role);
    Failure::usage(format!(
        "the {} and the {} are one file: {path}",
        that.words().name,
        this.words().name
    ))
    .hint(match request.destination {
        Destination::InDirectory(_) => request.elsewhere(),
        _ => format!("give {} a path of its own, or `-` for standard output", this.words().flag),
    })
}

/// Prints a text that people read, such as help. A reader that has gone away, as `head` does, is no
/// failure.
///
/// # Errors
///
/// Standard output that cannot be written.
pub(crate) fn print(text: impl AsRef<[u8]>) -> Result<(), Failure> {
    match write_stdout(text.as_ref()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written.context(UNWRITABLE)?),
    }
}

/// Whether only errors are printed, besides what a command is there to print.
static IS_QUIET: AtomicBool = AtomicBool::new(false);

/// From now on prints no notes, warnings or reports on what was written.
pub(crate) fn be_quiet() {
    IS_QUIET.store(true, Ordering::Relaxed);
}

/// Whether only errors are printed.
pub(crate) fn is_quiet() -> bool {
    IS_QUIET.load(Ordering::Relaxed)
}

/// Prints what the run was started for, such as a key, a Secret or a script.
///
/// # Errors
///
/// Standard output that cannot be written, or has lost its reader.
pub(crate) fn print_payload(bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    Ok(write_stdout(bytes.as_ref()).context(UNWRITABLE)?)
}

/// Prints a report about files that are written by now: whether it is read does not change what was
/// done.
pub(crate) fn print_report(text: &str) {
    if let Err(error) = write_stdout(program_name::in_message(text).as_bytes()) {
        note(&format!("warning: could not print the report: {}", reason(&error)));
    }
}

const UNWRITABLE: &str = "could not write to standard output";

fn write_stdout(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush())
}

/// Prints a line beside the output, such as `warning: ...`, on standard error.
pub(crate) fn note(text: &str) {
    if is_quiet() {
        return;
    }
    // Nobody is left to be told that standard error is closed.
    let _ = writeln!(
        io::stderr(),
        "{}",
        crate::report::failure::printable(&program_name::in_message(text))
    );
}
