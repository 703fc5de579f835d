//! The only code that writes: messages to standard output, and files, all of a run or none.

mod folder;
mod interrupt;
mod lock;
mod role;
mod target;
mod transaction;

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use zeroize::Zeroizing;

pub(super) use self::folder::Folder;
pub(super) use self::role::Role;
pub(super) use self::target::canonical;
use self::target::{State, Target};
use super::exit::Failure;

/// The permissions of files that anybody may read.
pub(super) const PUBLIC_MODE: u32 = 0o644;

/// Where an output goes: a path, or `-` for standard output.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Destination {
    /// A file, or a special file such as a pipe.
    File(PathBuf),
    /// A file in the directory that `--output-dir` names, which is made if it is not there.
    InDirectory(PathBuf),
    /// Standard output.
    Stdout,
}

/// An output that was asked for.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) role: Role,
    pub(super) destination: Destination,
    /// The permissions of the file, whatever the umask.
    pub(super) mode: u32,
}

/// What to do with a file that exists and is not empty.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Existing {
    /// Keep it, and fail.
    Keep,
    /// Replace it.
    Replace,
}

/// Who cares for interrupt and terminate signals while files change places.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Signals {
    /// The writing itself: they wait.
    Wait,
    /// The command, for all that it writes.
    AreWaitedFor,
}

/// Outputs whose places are known to be usable, as far as can be told before writing.
pub(super) struct Plan {
    places: Vec<(Request, Target)>,
    existing: Existing,
    signals: Signals,
    /// A directory that this process holds already.
    under: Option<lock::Identity>,
    /// Files that go once the others are there.
    removed: Vec<PathBuf>,
    /// Held from [`Plan::lock`] on.
    locks: Option<transaction::Locks>,
}

/// Whether a killed run left files on their way in a directory.
pub(super) fn has_left_over(directory: &Path) -> bool {
    transaction::has_left_over(directory)
}

impl Destination {
    /// Reads a flag's value. `/dev/stdout` is standard output under another name: written as a file
    /// it would be cut off by what is printed beside it.
    pub(super) fn parse(value: &OsStr) -> Self {
        match value.to_str() {
            Some("-" | "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1") => Self::Stdout,
            _ => Self::File(PathBuf::from(value)),
        }
    }

    /// The path, unless it is standard output.
    pub(super) fn path(&self) -> Option<&Path> {
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
    pub(super) fn new(requests: Vec<Request>, existing: Existing) -> Result<Self, Failure> {
        let mut places: Vec<(Request, Target)> = Vec::with_capacity(requests.len());
        for request in requests {
            let target = target::resolve(&request)?;
            if let Some((other, _)) = places.iter().find(|(_, other)| target.is_same(other)) {
                return Err(same_place(&request, other));
            }
            places.push((request, target));
        }
        let signals = Signals::Wait;
        let plan =
            Self { places, existing, signals, under: None, removed: Vec::new(), locks: None };
        plan.refuse_existing()?;
        Ok(plan)
    }

    /// The same plan, of a command that holds a folder and cares for signals itself.
    pub(super) fn under(mut self, folder: &Folder) -> Self {
        self.signals = Signals::AreWaitedFor;
        self.under = folder.identity();
        self
    }

    /// The same plan, after which these files are not there any more.
    pub(super) fn removing(mut self, paths: Vec<PathBuf>) -> Self {
        self.removed = paths;
        self
    }

    /// Refuses to replace a file that the run reads, such as a CA's key.
    ///
    /// # Errors
    ///
    /// An output in the place of an input.
    pub(super) fn refuse_inputs<'a>(
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
    pub(super) fn uses_stdout(&self) -> bool {
        self.places.iter().any(|(_, target)| matches!(target, Target::Stdout))
    }

    /// Writes all outputs, or leaves everything as it was. `content` gives the bytes of a role.
    ///
    /// # Errors
    ///
    /// A place that could not be written; nothing was changed then.
    pub(super) fn commit(
        mut self,
        content: impl Fn(Role) -> Zeroizing<Vec<u8>>,
    ) -> Result<Vec<Request>, Failure> {
        // The time it took to make a key is long enough for another run to have written.
        self.lock()?;
        self.refuse_existing()?;
        let mut locks = self.locks.take().unwrap_or_default();
        transaction::write(&mut locks, &self.places, self.existing, self.signals, content)?;
        for path in &self.removed {
            fs::remove_file(path)
                .with_context(|| format!("could not remove {}", path.display()))?;
        }
        Ok(self.places.into_iter().map(|(request, _)| request).collect())
    }

    /// Lets other runs wait that write into the same directories, until this one has ended; what
    /// stands there is looked at again.
    ///
    /// # Errors
    ///
    /// A place that is no longer one for a file.
    pub(super) fn lock(&mut self) -> Result<(), Failure> {
        while self.locks.as_ref().is_none_or(|locks| !locks.are_those_of(&self.places)) {
            // A directory may have been made by the run that was waited for. What is held is let go first:
            // it would be waited for as well.
            self.locks = None;
            self.locks = Some(transaction::Locks::acquire(&self.places, self.under));
            for (request, target) in &mut self.places {
                *target = target::resolve(request)?;
            }
        }
        Ok(())
    }

    /// Takes away what killed runs left on its way to these places, such as a key. No other run is at work
    /// there once they are locked.
    pub(super) fn remove_unfinished(&self) {
        if let Some(locks) = &self.locks {
            locks.remove_unfinished(&self.places);
        }
    }

    /// The same plan, with these outputs only. The files of the others are good, so that nothing is needed
    /// of what killed runs left beside them.
    pub(super) fn only(mut self, roles: &[Role]) -> Self {
        let (places, good): (Vec<_>, Vec<_>) = std::mem::take(&mut self.places)
            .into_iter()
            .partition(|(request, _)| roles.contains(&request.role));
        if let Some(locks) = &self.locks {
            locks.remove_all_left_over(&good);
        }
        self.places = places;
        self
    }

    /// Whether there is an output of this role.
    pub(super) fn has(&self, role: Role) -> bool {
        self.places.iter().any(|(request, _)| request.role == role)
    }

    /// The permissions that a role's file is to have.
    pub(super) fn mode(&self, role: Role) -> u32 {
        let mut requests = self.places.iter().map(|(request, _)| request);
        requests.find(|request| request.role == role).map_or(PUBLIC_MODE, |request| request.mode)
    }

    /// The path of a role's file, as it was given.
    ///
    /// # Errors
    ///
    /// Standard output, a pipe or a device, from which nothing can be read back.
    pub(super) fn regular_file(&self, role: Role) -> Result<PathBuf, Failure> {
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
                let failure = Failure::usage(format!(
                    "the {} cannot be read back, which --if-needed and --reuse-key do",
                    words.name
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

/// Prints a text on standard output.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    print_bytes(text.as_bytes())
}

/// Prints bytes on standard output. That a reader has gone away, as `head` does, is no failure.
///
/// # Errors
///
/// Standard output that cannot be written.
pub(super) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written.context("could not write to standard output")?),
    }
}

/// Whether only errors are printed, besides what a command is there to print.
static IS_QUIET: AtomicBool = AtomicBool::new(false);

/// From now on prints no notes, warnings or reports on what was written.
pub(super) fn be_quiet() {
    IS_QUIET.store(true, Ordering::Relaxed);
}

/// Whether only errors are printed.
pub(super) fn is_quiet() -> bool {
    IS_QUIET.load(Ordering::Relaxed)
}

/// Prints a line beside the output, such as `warning: ...`, on standard error.
pub(super) fn note(text: &str) {
    if is_quiet() {
        return;
    }
    // Nobody is left to be told that standard error is closed.
    let _ = writeln!(io::stderr(), "{}", super::exit::printable(text));
}
