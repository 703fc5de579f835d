//! Checks directories of certificates and tokens that are symbolic links.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use kuma_pki::spec::{Position, SpecificationError};

use super::ca_files::CaFiles;
use crate::files::BatchDir;

/// Returns the faults of links that lead two entries to one directory, or one to its CA.
pub(super) fn faults<'n>(
    entries: impl Iterator<Item = (&'n str, Position)>,
    batch_dir: &BatchDir,
    ca: Option<&CaFiles>,
) -> Vec<SpecificationError> {
    let links: HashMap<&str, &Path> =
        batch_dir.links.iter().map(|(name, place)| (name.as_str(), place.as_path())).collect();
    let mut faults = Vec::new();
    if links.is_empty() {
        return faults;
    }
    // The target of every link, with the first entry in it.
    let mut taken: HashMap<PathBuf, &str> = HashMap::new();
    let own = batch_dir.place("").canonicalize().unwrap_or_default();
    for (name, position) in entries {
        let place = match links.get(name) {
            None => own.join(name),
            Some(place) => {
                faults.extend(ca.iter().flat_map(|ca| ca.faults_behind(name, place)));
                (*place).to_owned()
            }
        };
        if let Some(other) = taken.insert(place, name) {
            let text =
                format!("{name} and {other} are the same directory, because of a symbolic link");
            let hint = Some(format!("remove the link {name} or {other}"));
            faults.push(SpecificationError { position, text, hint });
        }
    }
    faults
}
