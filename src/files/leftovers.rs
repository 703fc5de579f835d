//! Temporary file names, and the files that killed runs left under them.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::directories::names;

/// The middle of a temporary name, between the file's name and a random end.
pub(super) const MARK: &str = ".kumactl-";

/// The longest part of a file's name in its temporary names, in bytes: file systems allow 255 in all.
const MAX_STEM_LENGTH: usize = 120;

/// The purpose of a temporary name.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A new file before its rename.
    New,
    /// A second name of the old file.
    Old,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::New => "new-",
            Self::Old => "old-",
        }
    }
}

/// Returns the start of the temporary names of a file: `.tls.key.kumactl-new-` for `tls.key`.
pub(super) fn prefix(path: &Path, kind: Kind) -> OsString {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = &name[..name.floor_char_boundary(MAX_STEM_LENGTH)];
    OsString::from(format!(".{stem}{MARK}{}", kind.word()))
}

/// The temporary files that killed runs left next to some files.
#[derive(Default)]
pub(super) struct Leftovers {
    unfinished: Vec<PathBuf>,
    second_names: Vec<PathBuf>,
}

impl Leftovers {
    /// Finds the leftovers next to these files. Their directories must be locked, so that no file of a
    /// running process is taken for a leftover.
    pub(super) fn beside<'p>(paths: impl Iterator<Item = &'p Path>) -> Self {
        let mut left = Self::default();
        let mut paths: Vec<&Path> = paths.collect();
        paths.sort_by_key(|path| path.parent());
        for here in paths.chunk_by(|one, other| one.parent() == other.parent()) {
            let Some(directory) = here[0].parent() else {
                continue;
            };
            for name in names(directory).unwrap_or_default() {
                let has_prefix = |kind| {
                    let bytes = name.as_encoded_bytes();
                    here.iter().any(|path| bytes.starts_with(prefix(path, kind).as_encoded_bytes()))
                };
                if has_prefix(Kind::New) {
                    left.unfinished.push(directory.join(&name));
                } else if has_prefix(Kind::Old) {
                    left.second_names.push(directory.join(&name));
                }
            }
        }
        left
    }

    /// Removes unfinished new files, and returns whether there were any.
    pub(super) fn remove_unfinished(&mut self) -> bool {
        let were_any = !self.unfinished.is_empty();
        remove(&mut self.unfinished);
        were_any
    }

    /// Removes all leftovers, once good files are in place.
    pub(super) fn remove(mut self) {
        remove(&mut self.unfinished);
        remove(&mut self.second_names);
    }
}

fn remove(paths: &mut Vec<PathBuf>) {
    for path in paths.drain(..) {
        let _ = fs::remove_file(path);
    }
}

/// Returns whether a killed run left files in a directory.
pub(crate) fn has_leftovers(directory: &Path) -> bool {
    let is_left = |name: &OsString| {
        let name = name.as_encoded_bytes();
        name.starts_with(b".") && name.windows(MARK.len()).any(|window| window == MARK.as_bytes())
    };
    names(directory).unwrap_or_default().iter().any(is_left)
}
