//! The outputs of a run, checked before anything is written.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::batch_dir::BatchDir;
use super::directories::MadeDirectories;
use super::lock::{self, Locks};
use super::output::{Destination, Output};
use super::output_kind::OutputKind;
use super::signals::{self, Watch};
use super::target::{self, State, Target};
use super::{read, transaction};
use crate::report::console::Console;
use crate::report::failure::{Failure, enumeration};

/// The action for a file that exists and is not empty.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ExistingPolicy {
    /// Keep it, and fail.
    Keep,
    /// The same, for a command without --if-needed.
    KeepUnlessForced,
    /// Replace it.
    Replace,
}

/// Outputs whose paths are usable, as far as that is known before writing.
pub(crate) struct Plan {
    pub(super) places: Vec<(Output, Target)>,
    pub(super) existing: ExistingPolicy,
    /// A directory that this process has already locked.
    pub(super) under: Option<lock::Identity>,
    /// Files to remove after the outputs are written.
    pub(super) removed: Vec<PathBuf>,
    /// New directories, removed again if they stay empty. Dropped before the locks, so that no other
    /// run locks one of them first.
    pub(super) made: MadeDirectories,
    /// Held from [`Plan::lock`] on.
    pub(super) locks: Option<Locks>,
    /// Delays signals while there are new directories to remove.
    pub(super) watch: Option<Watch>,
    console: Console,
}

impl Plan {
    /// Resolves every path, so that a run that must fail does so before it generates a key. Fails on a path
    /// that cannot be written, two outputs with one path, and existing files unless `existing` allows to
    /// replace them.
    pub(crate) fn new(
        outputs: Vec<Output>,
        existing: ExistingPolicy,
        console: Console,
    ) -> Result<Self, Failure> {
        let mut places: Vec<(Output, Target)> = Vec::with_capacity(outputs.len());
        for output in outputs {
            let target = target::resolve(&output)?;
            if let Some((other, _)) = places.iter().find(|(_, other)| target.is_same(other)) {
                return Err(same_path(&output, other));
            }
            places.push((output, target));
        }
        let plan = Self {
            places,
            existing,
            under: None,
            removed: Vec::new(),
            made: MadeDirectories::default(),
            locks: None,
            watch: None,
            console,
        };
        plan.refuse_existing()?;
        Ok(plan)
    }

    /// Returns the plan for a run that has locked the directory of a batch.
    pub(crate) fn under(mut self, batch_dir: &BatchDir) -> Self {
        self.under = batch_dir.identity();
        self
    }

    /// Returns the plan with its locks. Resolves the paths again.
    pub(super) fn with_locks(mut self, locks: Locks) -> Result<Self, Failure> {
        self.locks = Some(locks);
        self.resolve_again()?;
        Ok(self)
    }

    /// Returns the plan with files to remove after the outputs are written.
    pub(crate) fn removing(mut self, paths: Vec<PathBuf>) -> Self {
        self.removed = paths;
        self
    }

    /// Refuses to replace a file that the run reads, such as a CA's key.
    pub(crate) fn refuse_inputs<'a>(
        &self,
        inputs: impl Iterator<Item = &'a Path>,
    ) -> Result<(), Failure> {
        let inputs: Vec<PathBuf> = inputs.filter_map(|path| path.canonicalize().ok()).collect();
        for (output, target) in &self.places {
            if let Target::Regular { path, .. } = target
                && inputs.iter().any(|input| target::is_same_file(input, path))
            {
                let name = output.kind.words().name;
                let text = format!("the {name} would overwrite the input file {}", path.display());
                return Err(Failure::usage(text).hint_if_any(output.other_path_hint()));
            }
        }
        Ok(())
    }

    /// Returns whether an output goes to standard output, which then carries nothing else.
    pub(crate) fn uses_stdout(&self) -> bool {
        self.places.iter().any(|(_, target)| matches!(target, Target::Stdout))
    }

    /// Locks the directories of all outputs against other runs until this run ends, and resolves the paths
    /// again. Creates missing directories first: otherwise another run could lock one in between and write
    /// files that this run has not compared. Fails on a signal, a directory that cannot be created or stays
    /// locked for too long, or a path that can no longer be written.
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
            // Release the current locks first, or the run would wait for itself.
            self.locks = None;
            let locks = Locks::acquire(wanted, self.under, self.console).inspect_err(|_| {
                // Another run works in a directory that this run created.
                self.made.keep();
            })?;
            self.locks = Some(locks);
            self.resolve_again()?;
        }
    }

    fn resolve_again(&mut self) -> Result<(), Failure> {
        for (output, target) in &mut self.places {
            *target = target::resolve(output)?;
        }
        Ok(())
    }

    /// Returns the directories of all outputs, or the nearest existing ones above them.
    pub(super) fn directories(&self) -> BTreeSet<PathBuf> {
        let nearest =
            |path: &Path| path.ancestors().skip(1).find(|above| above.is_dir()).map(Path::to_owned);
        regular_paths(&self.places).filter_map(nearest).collect()
    }

    /// Returns whether the plan has an output of this kind.
    pub(crate) fn has(&self, kind: OutputKind) -> bool {
        self.places.iter().any(|(output, _)| output.kind == kind)
    }

    /// Refuses outputs that cannot be read back.
    pub(crate) fn require_regular_files(&self) -> Result<(), Failure> {
        self.places.iter().try_for_each(|(output, _)| self.regular_file(output.kind).map(drop))
    }

    /// Returns the path of an output as it was given. Fails on standard output, a pipe or a device, which
    /// cannot be read back.
    pub(crate) fn regular_file(&self, kind: OutputKind) -> Result<PathBuf, Failure> {
        let found = self.places.iter().find(|(output, _)| output.kind == kind);
        if let Some((output, Target::Regular { .. })) = found
            && let Some(path) = output.destination.path()
        {
            return Ok(path.to_owned());
        }
        let words = kind.words();
        let path = found.and_then(|(output, _)| output.destination.path());
        let path = path.map(|path| format!(" {}", read::shown(path))).unwrap_or_default();
        let failure = Failure::usage(format!(
            "--if-needed and --reuse-key cannot read back the {}{path}: it is not a regular file",
            words.name
        ));
        Err(failure.hint_if_any(found.and_then(|(output, _)| match output.destination {
            Destination::InDirectory(_) => output.other_path_hint(),
            _ => output.setting.assignment(words.example),
        })))
    }

    /// Refuses to replace existing files, unless the policy allows it.
    pub(super) fn refuse_existing(&self) -> Result<(), Failure> {
        if self.existing == ExistingPolicy::Replace {
            return Ok(());
        }
        let existing: Vec<_> = self
            .places
            .iter()
            .filter(|(_, target)| matches!(target, Target::Regular { state: State::Full, .. }))
            .filter_map(|(output, _)| output.destination.path())
            .map(|path| path.display().to_string())
            .collect();
        if existing.is_empty() {
            return Ok(());
        }
        let verb = if existing.len() == 1 { "exists" } else { "exist" };
        let text = format!("{} already {verb}; no file was changed", enumeration(&existing));
        let expires = self.has(OutputKind::Certificate);
        Err(Failure::failed(text).hint(match self.existing {
            ExistingPolicy::KeepUnlessForced => "rerun with --force to overwrite it".to_owned(),
            _ => format!(
                "rerun with --force to overwrite the files, or with --if-needed to replace them only \
                 if they do not match the request{}",
                if expires { " or expire soon" } else { "" }
            ),
        }))
    }
}

/// Returns the paths of the regular files.
pub(super) fn regular_paths(places: &[(Output, Target)]) -> impl Iterator<Item = &Path> {
    places.iter().filter_map(|(_, target)| match target {
        Target::Regular { path, .. } => Some(path.as_path()),
        Target::Special { .. } | Target::Stdout => None,
    })
}

fn same_path(output: &Output, other: &Output) -> Failure {
    let path = output.destination.path().unwrap_or_else(|| Path::new("-")).display();
    let (first, second) = (other.kind.words().name, output.kind.words().name);
    Failure::usage(format!("the {first} and the {second} are the same file: {path}"))
        .hint_if_any(output.other_path_hint())
}
