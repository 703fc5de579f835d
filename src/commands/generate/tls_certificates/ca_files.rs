//! The files of the CA that a specification names.

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use kuma_pki::CaRequest;
use kuma_pki::spec::{IssuerSpecification, Position, SpecificationError};

use crate::files::Destination;
use crate::report::shell;

/// The files of a CA.
pub(super) struct CaFiles {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    /// The CA to create if there is no certificate.
    pub(super) create: Option<CaRequest>,
    /// The line and column in the specification.
    pub(super) position: Position,
}

impl CaFiles {
    /// Resolves the files of a specification that is in the directory `parent`.
    pub(super) fn new(ca: IssuerSpecification, parent: &Path) -> Self {
        let IssuerSpecification { cert_file, key_file, create, position } = ca;
        let (certificate, key) = (parent.join(cert_file), parent.join(key_file));
        Self { certificate, key, create, position }
    }

    /// Returns the files and the fields that name them.
    fn fields(&self) -> [(&'static str, &Path); 2] {
        [("certFile", &self.certificate), ("keyFile", &self.key)]
    }

    /// Returns the files, which no certificate may overwrite.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.fields().into_iter().map(|(_, path)| path)
    }

    /// Returns the faults of the paths that are visible without reading the files. `names` are the
    /// directories of the certificates in `directory`.
    pub(super) fn faults<'n>(
        &self,
        directory: &Path,
        names: impl Iterator<Item = &'n str>,
    ) -> Vec<SpecificationError> {
        let directory = real(directory);
        let [certificate, key] = [real(&self.certificate), real(&self.key)];
        let mut faults: Vec<_> = self
            .fields()
            .into_iter()
            .filter_map(|(field, path)| self.misplaced(field, path, &directory))
            .collect();
        if faults.is_empty() && certificate == key {
            faults.push(self.fault("certFile and keyFile are the same file", EXAMPLE));
        }
        let within: Vec<_> = [("certFile", certificate), ("keyFile", key)]
            .into_iter()
            .filter_map(|(field, path)| {
                let mut below = path.strip_prefix(&directory).ok()?.components();
                match below.next() {
                    Some(Component::Normal(name)) => {
                        Some((field, name.to_string_lossy().to_ascii_lowercase()))
                    }
                    _ => None,
                }
            })
            .collect();
        if !within.is_empty() {
            let names: HashSet<String> = names.map(str::to_ascii_lowercase).collect();
            let within = within.iter().filter(|(_, name)| names.contains(name));
            faults.extend(within.map(|(field, name)| self.within(field, name)));
        }
        faults
    }

    /// Returns the faults of the paths if the directory of a certificate is a symbolic link to `place`.
    pub(super) fn faults_behind(&self, name: &str, place: &Path) -> Vec<SpecificationError> {
        let is_within = |path: &Path| real(path).starts_with(place);
        let within = self.fields().into_iter().filter(|(_, path)| is_within(path));
        within.map(|(field, _)| self.within(field, name)).collect()
    }

    fn within(&self, field: &str, name: &str) -> SpecificationError {
        let text = format!("{field} is in the directory of the certificate {name}");
        self.fault(
            &text,
            "move the CA to another directory, so that the certificate cannot overwrite it",
        )
    }

    fn misplaced(&self, field: &str, path: &Path, directory: &Path) -> Option<SpecificationError> {
        let shown = path.display();
        if matches!(Destination::parse(path.as_os_str()), Destination::Stdout) {
            return Some(self.fault(&format!("{field}: {shown} is not a file name"), EXAMPLE));
        }
        if path.is_dir() {
            let text = format!("{field}: {shown} is a directory");
            return Some(self.fault(&text, "use a file in that directory"));
        }
        self.create.as_ref()?;
        match fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() => {
                let text =
                    format!("{field}: {shown} is not a regular file, so create cannot write it");
                Some(self.fault(&text, EXAMPLE))
            }
            Ok(_) => None,
            Err(_) => {
                let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty())?;
                // kumactl creates the directory of the certificates and its parents.
                if parent.is_dir() || directory.starts_with(real(parent)) {
                    return None;
                }
                let text = format!("{field}: the directory {} does not exist", parent.display());
                let parent = parent.to_string_lossy();
                let hint = format!("mkdir -p {}", shell::word(&parent));
                Some(self.fault(&text, &hint))
            }
        }
    }

    fn fault(&self, text: &str, hint: &str) -> SpecificationError {
        let (text, hint) = (text.to_owned(), Some(hint.to_owned()));
        SpecificationError { position: self.position, text, hint }
    }
}

const EXAMPLE: &str = "issuer: {certFile: ca.crt, keyFile: ca.key}";

/// Returns the path without symbolic links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for above in absolute.ancestors() {
        if let Ok(real) = above.canonicalize() {
            let below = absolute.strip_prefix(above).unwrap_or_else(|_| Path::new(""));
            return real.join(below);
        }
    }
    absolute
}
