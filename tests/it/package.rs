//! The package as Cargo sees it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex_lite::Regex;
use serde_json::Value;

use crate::support::run;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The manifests that `cargo install --git` finds: in every directory but hidden ones and `target`.
fn manifests() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![root().to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !path.is_symlink() && !name.starts_with('.') && name != "target" {
                directories.push(path);
            } else if name == "Cargo.toml" {
                found.push(path);
            }
        }
    }
    found
}

fn metadata(manifest: &Path) -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version=1", "--manifest-path"]);
    let text = run(cargo.arg(manifest)).quiet_success();
    serde_json::from_str(&text).expect("JSON")
}

/// Of several, cargo wants one to be named.
#[test]
fn cargo_install_from_git_finds_one_package_with_binaries() {
    let is_binary = |target: &Value| target["kind"] == serde_json::json!(["bin"]);
    let mut found: Vec<String> = Vec::new();
    for manifest in manifests() {
        for package in metadata(&manifest)["packages"].as_array().expect("packages") {
            if package["targets"].as_array().expect("targets").iter().any(is_binary) {
                found.push(package["name"].as_str().expect("a name").to_owned());
            }
        }
    }
    // Each member of the workspace names all of them.
    found.sort();
    found.dedup();
    assert_eq!(found, ["kumactl"]);
}

#[test]
fn the_manifest_and_the_readme_say_what_is_needed_to_build_it() {
    let metadata = metadata(&root().join("Cargo.toml"));
    let packages = metadata["packages"].as_array().expect("packages");
    for package in packages {
        for field in ["description", "license", "repository", "rust_version"] {
            assert!(package[field].is_string(), "{field} is missing in {}", package["name"]);
        }
    }
    let package = packages.iter().find(|package| package["name"] == "kumactl").expect("a package");
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    let minimum = package["rust_version"].as_str().unwrap_or_default().trim_end_matches(".0");
    assert!(readme.contains(&format!("Rust {minimum}")), "README.md does not name Rust {minimum}");
}

/// The modules of the library: each imports only modules before it. Up to `kubernetes` they are the leaves.
const MODULES: [&str; 15] = [
    "text",
    "uri",
    "usage",
    "validity",
    "key",
    "name",
    "x509",
    "constraint",
    "kubernetes",
    "format",
    "token",
    "verify",
    "issue",
    "spec",
    "installation",
];

/// Returns the files under a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Returns what the library's modules import from each other: importer, imported and file.
fn imports() -> Vec<(String, String, PathBuf)> {
    let source = root().join("crates/kuma-pki/src");
    let path = Regex::new(r"\bcrate::([a-z0-9_]+|\S)").expect("an expression");
    let mut imports = Vec::new();
    for file in files(&source) {
        let within = file.strip_prefix(&source).expect("a path in the library");
        let module = within.iter().next().unwrap_or_default().to_string_lossy();
        let module = module.trim_end_matches(".rs");
        // Unit tests may issue the certificates that they verify.
        if module == "lib" || within.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("source code");
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for found in path.captures_iter(line) {
                imports.push((module.to_owned(), found[1].to_owned(), within.to_owned()));
            }
        }
    }
    imports
}

#[test]
fn a_module_of_the_library_imports_only_modules_before_it() {
    let place = |module: &str, file: &Path| {
        let found = MODULES.iter().position(|known| *known == module);
        found.unwrap_or_else(|| panic!("{}: {module} is not in the list", file.display()))
    };
    let imports = imports();
    for (importer, imported, file) in &imports {
        assert!(
            place(imported, file) <= place(importer, file),
            "{}: {importer} imports {imported}",
            file.display()
        );
    }
    for pair in [("format", "x509"), ("verify", "format"), ("issue", "verify"), ("spec", "issue")] {
        let is_there = |(importer, imported, _): &&(String, String, PathBuf)| {
            (importer.as_str(), imported.as_str()) == pair
        };
        assert!(imports.iter().any(|import| is_there(&import)), "no import was found of {pair:?}");
    }
}
