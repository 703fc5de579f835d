//! `dist/release`: the version, its section in the changelog, and the address of the repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::{release, root};
use crate::support::run;

/// Returns a repository with the files of this one.
fn repository() -> TempDir {
    let copy = tempfile::tempdir().expect("a temporary directory");
    let script = "git ls-files --cached --others --exclude-standard -z \
                  | tar --null --files-from=- --create | tar --extract --directory=\"$1\" \
                  && cd \"$1\" && git init --quiet && git add --all \
                  && git -c user.name=test -c user.email=test@test.example commit --quiet --message=test";
    let mut shell = Command::new("sh");
    let shell = shell.args(["-ec", script, "sh"]).arg(copy.path()).current_dir(root());
    run(shell).quiet_success();
    copy
}

fn read(repository: &Path, file: &str) -> String {
    fs::read_to_string(repository.join(file)).expect(file)
}

fn replace(repository: &Path, file: &str, from: &str, to: &str) {
    let text = read(repository, file);
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(repository.join(file), text.replace(from, to)).expect(file);
}

#[test]
fn the_version_and_the_address_are_the_same_everywhere() {
    release(root(), &["check"]).quiet_success();
}

#[test]
fn a_prepared_release_passes_the_check_of_its_tag() {
    let copy = repository();
    let repository = copy.path();
    replace(repository, "CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n- A change.\n");
    release(repository, &["address", "https://github.com/owner/kumactl"]).quiet_success();
    release(repository, &["prepare", "7.8.9"]).quiet_success();
    release(repository, &["check", "v7.8.9"]).quiet_success();

    let notes = release(repository, &["notes"]).quiet_success();
    assert!(notes.contains("\n- A change.\n"), "{notes}");
    assert!(read(repository, "CHANGELOG.md").contains("\n## [Unreleased]\n\n## [7.8.9] - 20"));
    let install = read(repository, "docs/install.md");
    for shown in [
        "https://github.com/owner/kumactl/releases/download/v7.8.9/kumactl-7.8.9-1.",
        "ghcr.io/owner/kumactl:7.8.9 generate",
        "uses: owner/kumactl@v7.8.9\n",
        "--repo owner/kumactl\n",
    ] {
        assert!(install.contains(shown), "{shown} is not in {install}");
    }
    assert!(!install.contains("placeholder"), "{install}");
    let job = read(repository, "dist/kubernetes-job.yaml");
    assert!(job.contains("image: ghcr.io/owner/kumactl:7.8.9\n"), "{job}");
}

#[test]
fn a_tag_that_does_not_fit_is_rejected() {
    let copy = repository();
    let repository = copy.path();
    let refused = |tag: &str, expected: &str| {
        let ended = release(repository, &["check", tag]);
        assert_eq!(ended.status, 1, "{ended:?}");
        assert!(ended.stderr.contains(expected), "{ended:?}");
    };
    let version = format!("v{}", env!("CARGO_PKG_VERSION"));
    refused("v99.0.0", "the tag v99.0.0 is not ");
    refused(&version, "is a placeholder");
    release(repository, &["address", "https://github.com/owner/kumactl"]).quiet_success();

    let title = format!("## [{}] - 2026-01-01\n", env!("CARGO_PKG_VERSION"));
    fs::write(repository.join("CHANGELOG.md"), "# Changelog\n\n## [Unreleased]\n").expect("a file");
    refused(&version, "no section");
    let changelog = |text: &str| {
        let text = format!("# Changelog\n\n## [Unreleased]\n{text}");
        fs::write(repository.join("CHANGELOG.md"), text).expect("CHANGELOG.md");
    };
    changelog(&format!("\n{title}"));
    refused(&version, "is empty");
    changelog(&format!("\n- Late.\n\n{title}\n- A change.\n"));
    refused(&version, "there are unreleased changes");
    changelog(&format!("\n{title}\n- A change.\n"));
    release(repository, &["check", &version]).quiet_success();
}

#[test]
fn a_version_that_only_one_place_has_is_noticed() {
    for (file, expected) in [
        ("Cargo.lock", "Cargo.lock: the versions"),
        ("docs/install.md", "is not version"),
        ("dist/kubernetes-job.yaml", "is not version"),
    ] {
        let copy = repository();
        replace(copy.path(), file, env!("CARGO_PKG_VERSION"), "0.0.99");
        let ended = release(copy.path(), &["check"]);
        assert_eq!(ended.status, 1, "{file}: {ended:?}");
        assert!(ended.stderr.contains(expected), "{file}: {ended:?}");
    }
}
