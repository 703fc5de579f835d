//! Symbolic links in the place of certificates' directories.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use kuma_pki::spec::{CertificateSpecification, SpecificationFault};

use super::ca::CaFiles;
use crate::files::Folder;

/// Links that lead two certificates into one directory, or one to its CA.
pub(super) fn faults(
    certificates: &[CertificateSpecification],
    folder: &Folder,
    ca: Option<&CaFiles>,
) -> Vec<SpecificationFault> {
    let links: HashMap<&str, &Path> =
        folder.links().iter().map(|(name, place)| (name.as_str(), place.as_path())).collect();
    let mut faults = Vec::new();
    if links.is_empty() {
        return faults;
    }
    // Every place that a link leads to, with the first certificate in it.
    let mut taken: HashMap<PathBuf, &str> = HashMap::new();
    let own = folder.place("").canonicalize().unwrap_or_default();
    for certificate in certificates {
        let name = &*certificate.name;
        let place = match links.get(name) {
            None => own.join(name),
            Some(place) => {
                faults.extend(ca.iter().flat_map(|ca| ca.faults_behind(name, place)));
                (*place).to_owned()
            }
        };
        if let Some(other) = taken.insert(place, name) {
            let text = format!("{name} and {other} are one directory, by a symbolic link");
            let hint = Some(format!("take the link {name} or {other} away"));
            faults.push(SpecificationFault { place: certificate.place, text, hint });
        }
    }
    faults
}
