//! Files without secrets that any run can write again, such as manual pages.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::report::failure::Failure;

/// Writes files into a directory, and creates it if it does not exist. Overwrites existing files one after the
/// other: the next run completes an interrupted one.
pub(crate) fn write_documents(
    directory: &Path,
    documents: &[(String, Vec<u8>)],
) -> Result<(), Failure> {
    fs::create_dir_all(directory)
        .with_context(|| format!("could not create the directory {}", directory.display()))?;
    for (name, content) in documents {
        let path = directory.join(name);
        fs::write(&path, content).with_context(|| format!("could not write {}", path.display()))?;
    }
    Ok(())
}
