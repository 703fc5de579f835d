//! Writes the outputs of a plan: all of them, or only the stale ones.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use zeroize::Zeroizing;

use super::leftovers::Leftovers;
use super::output::Output;
use super::output_kind::OutputKind;
use super::plan::{Plan, regular_paths};
use super::reason::FileReason;
use super::target::Target;
use super::{signals, transaction};
use crate::report::failure::Failure;

/// The changes that a run made to the files of its plan.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// The outputs that were written. The mode of a file is the one that it has now.
    pub(crate) saved: Vec<Output>,
    /// The files that were kept and whose permissions were repaired.
    pub(crate) repaired: Vec<Output>,
    /// The wrong permissions that were repaired.
    pub(crate) reasons: Vec<FileReason>,
    /// The permissions that could not be set.
    pub(crate) warnings: Vec<String>,
}

impl Plan {
    /// Writes all outputs, or changes nothing. `content` returns the bytes of an output. Fails on a signal, or
    /// a place that could not be written; nothing was changed then.
    pub(crate) fn commit(
        mut self,
        content: impl Fn(OutputKind) -> Zeroizing<Vec<u8>>,
    ) -> Result<Changes, Failure> {
        self.write(content)
    }

    /// Writes the outputs of these kinds and keeps the other files. Removes the leftovers of killed runs next
    /// to kept files, and repairs the permissions of kept files that contain a key. Fails on a signal, or a
    /// place that could not be written; nothing was changed then.
    pub(crate) fn repair(
        mut self,
        kinds: &[OutputKind],
        content: impl Fn(OutputKind) -> Zeroizing<Vec<u8>>,
    ) -> Result<Changes, Failure> {
        let (places, good): (Vec<_>, Vec<_>) = std::mem::take(&mut self.places)
            .into_iter()
            .partition(|(output, _)| kinds.contains(&output.kind));
        self.left_over(&good).remove();
        self.places = places;
        let mut changes = Changes::default();
        if !self.places.is_empty() || !self.removed.is_empty() {
            changes = self.write(content)?;
        }
        for (output, target) in good {
            if let Target::Regular { path, .. } = target
                && output.kind.holds_key()
            {
                changes.repair(output, &path);
            }
        }
        Ok(changes)
    }

    fn write(
        &mut self,
        content: impl Fn(OutputKind) -> Zeroizing<Vec<u8>>,
    ) -> Result<Changes, Failure> {
        let watch = signals::watch()?;
        // Another run may have written files while this one generated a key.
        self.lock()?;
        self.refuse_existing()?;
        let mut left = self.left_over(&self.places);
        left.remove_unfinished();
        transaction::write(&mut self.made, &self.places, self.existing, content)?;
        // Only now: before the renames, the second name of an old file may be its only copy.
        left.remove();
        for path in &self.removed {
            fs::remove_file(path)
                .with_context(|| format!("could not remove {}", path.display()))?;
        }
        self.watch = None;
        watch.finish()?;
        let mut changes = Changes::default();
        for (output, target) in std::mem::take(&mut self.places) {
            match target {
                Target::Regular { path, .. } => changes.add_written(output, &path),
                Target::Special { .. } | Target::Stdout => changes.saved.push(output),
            }
        }
        Ok(changes)
    }

    /// Returns the leftovers of killed runs next to these outputs. Requires the locks, since temporary files
    /// of a running process are not leftovers.
    fn left_over(&self, places: &[(Output, Target)]) -> Leftovers {
        let is_locked = |path: &&Path| {
            let directory = path.parent().unwrap_or(path);
            self.locks.as_ref().is_some_and(|locks| locks.is_locked(directory, self.under))
        };
        Leftovers::beside(regular_paths(places).filter(is_locked))
    }

    /// Removes the unfinished files of killed runs, such as a key, and returns whether there were any.
    /// Requires the locks.
    pub(crate) fn remove_unfinished(&self) -> bool {
        self.left_over(&self.places).remove_unfinished()
    }
}
