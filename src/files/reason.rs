//! Why a file is written or corrected.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

/// A reason to write or correct a file, such as `tls.key does not exist`.
#[derive(Clone, Debug)]
pub(crate) struct FileReason {
    path: PathBuf,
    /// The sentence after the path, with the separator: ` does not exist`, `: it lacks the name cp.example`.
    predicate: String,
}

impl FileReason {
    /// Returns the reason `PATH PREDICATE`. `predicate` starts with a verb: `does not exist`.
    pub(crate) fn new(path: &Path, predicate: impl Display) -> Self {
        Self { path: path.to_owned(), predicate: format!(" {predicate}") }
    }

    /// Returns the reason `PATH: SENTENCE`.
    pub(crate) fn sentence(path: &Path, sentence: impl Display) -> Self {
        Self { path: path.to_owned(), predicate: format!(": {sentence}") }
    }

    /// Returns the reason with a path that is relative to `directory`, if the file is in it.
    pub(crate) fn relative_to(&self, directory: &Path) -> Self {
        let path = self.path.strip_prefix(directory).unwrap_or(&self.path);
        Self { path: path.to_owned(), predicate: self.predicate.clone() }
    }
}

impl Display for FileReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.path.display(), self.predicate)
    }
}
