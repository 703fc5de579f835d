//! Linters of scripts, workflows, manifests and the Containerfile, where they are installed.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use regex_lite::Regex;

use super::root;
use crate::support::{installed, run, said_aloud};

/// Returns the files directly in some directories, as paths from the root of the repository.
fn files(directories: &[&str]) -> Vec<PathBuf> {
    let entries = directories.iter().flat_map(|directory| {
        let entries = fs::read_dir(root().join(directory)).expect(directory);
        entries.map(|entry| entry.expect("an entry").path())
    });
    let mut files: Vec<_> = entries.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// Runs a linter that the distribution does not package, if it is installed.
fn lint(program: &str, arguments: &[&str]) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|directory| directory.join(program).is_file()) {
        return said_aloud(&format!("for want of `{program}`"));
    }
    let ended = run(Command::new(program).args(arguments).current_dir(root()));
    assert_eq!(ended.status, 0, "{program}: {}{}", ended.stdout, ended.stderr);
}

#[test]
fn scripts_pass_shellcheck() {
    let Some(shellcheck) = installed("shellcheck") else { return };
    let is_script = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.starts_with("#!/usr/bin/env bash") || text.starts_with("# shellcheck shell=")
    };
    let scripts: Vec<_> = files(&[".ci", "dist"]).into_iter().filter(is_script).collect();
    assert!(scripts.len() > 8, "{scripts:?}");
    let ended = run(Command::new(shellcheck).args(scripts).current_dir(root()));
    assert_eq!(ended.status, 0, "{}", ended.stdout);
}

#[test]
fn workflows_pass_actionlint() {
    lint("actionlint", &[]);
}

#[test]
fn the_containerfile_passes_hadolint() {
    lint("hadolint", &["dist/Containerfile"]);
}

#[test]
fn the_kubernetes_job_fits_the_schemas_of_the_api() {
    for version in ["1.30", "1.34"] {
        lint("kubernetes-validate", &["--strict", "-k", version, "dist/kubernetes-job.yaml"]);
    }
}

#[test]
fn actions_are_pinned_by_commit_and_workflows_start_with_read_access() {
    let pinned =
        Regex::new(r"^actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$").expect("an expression");
    let workflows = files(&[".github/workflows"]);
    assert_eq!(workflows.len(), 2);
    for workflow in workflows {
        let text = fs::read_to_string(&workflow).expect("a workflow");
        let uses: Vec<_> = text.lines().filter_map(|line| line.split_once("uses: ")).collect();
        assert!(!uses.is_empty());
        for (_, action) in uses {
            assert!(pinned.is_match(action), "{}: {action}", workflow.display());
        }
        assert!(text.contains("\npermissions:\n  contents: read\n\n"), "{}", workflow.display());
    }
}
