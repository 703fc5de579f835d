//! `--print-spec`: the specification of what is there.

use std::fs;
use std::path::Path;

use kumactl::encode::{kubernetes_secret, pem};
use kumactl::specification;

use crate::cli::exit::{Failure, reason};
use crate::cli::input;
use crate::cli::output::{self, Role};

/// Prints the specification of the directories with a certificate in a directory.
///
/// # Errors
///
/// A directory that cannot be read, and certificates that could not come from a specification.
pub(super) fn run(directory: &Path) -> Result<(), Failure> {
    let shown = directory.display();
    let unreadable = |error| Failure::failed(format!("could not read {shown}: {}", reason(&error)));
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        if directory.join(&name).join(Role::Certificate.file_name()).is_file() {
            names.push(name);
        }
    }
    names.sort();
    if names.is_empty() {
        let failure = Failure::failed(format!("there is no certificate in {shown}"));
        return Err(failure.hint("name a directory that `--output-dir` made: DIR/NAME/tls.crt"));
    }
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        let place = directory.join(&name);
        let file = place.join(Role::Certificate.file_name());
        let text = input::read(&file, "certificate file")?;
        let unusable =
            |error: &dyn std::fmt::Display| Failure::failed(format!("{}: {error}", file.display()));
        let chain = pem::decode_certificates(&text).map_err(|error| unusable(&error))?;
        let name = name.to_string_lossy();
        let mut described =
            specification::describe(&name, &chain[0]).map_err(|error| unusable(&error))?;
        if place.join(Role::CaBundle.file_name()).is_file() {
            described = described.with_bundle();
        }
        let secret = place.join(Role::Secret.file_name());
        if secret.is_file() {
            let text = input::read(&secret, "Secret")?;
            let read = kubernetes_secret::decode(&text)
                .map_err(|error| Failure::failed(format!("{}: {error}", secret.display())))?;
            described = described.with_secret(read.name, read.namespace);
        }
        found.push(described);
    }
    output::print(&specification::encode(&found))
}
