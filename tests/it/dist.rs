//! What the scripts in `dist/`, the GitHub Action and the workflows do, as far as that is quick to find out.
//! `just dist` builds and installs the packages.

mod action;
mod kubernetes_job;
mod lint;
mod release;

use std::path::Path;

use crate::support::{Ended, run};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs `dist/release` of a repository, with the environment of the tests.
fn release(repository: &Path, arguments: &[&str]) -> Ended {
    let mut script = std::process::Command::new(repository.join("dist/release"));
    run(script.args(arguments).current_dir(repository))
}
