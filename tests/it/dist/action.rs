//! The steps of the GitHub Action, with a release of its own: an archive with this kumactl.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::root;
use crate::support::{Ended, Sandbox, installed, kumactl, run};

/// Returns the archive's name without its ending, for this machine.
fn name() -> String {
    let target = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("macos", arch) => format!("{arch}-apple-darwin"),
        (_, arch) => format!("{arch}-unknown-linux-musl"),
    };
    format!("kumactl-1.2.3-{target}")
}

/// Makes a checkout of the action, its release, and directories of a runner. `gh` is a script.
fn runner(gh: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let name = name();
    for directory in ["action/dist", "bin", "release", "temp", &format!("stage/{name}")] {
        fs::create_dir_all(sandbox.path(directory)).expect("a directory");
    }
    sandbox.write(
        "action/Cargo.toml",
        "[workspace.package]\nversion = \"1.2.3\"\nrepository = \"https://github.com/owner/kumactl\"\n",
    );
    fs::copy(root().join("dist/action"), sandbox.path("action/dist/action")).expect("a copy");
    sandbox.write("bin/gh", format!("#!/bin/sh\necho \"gh $*\"\n{gh}\n"));
    let program = format!("stage/{name}/kumactl");
    sandbox.write(&program, format!("#!/bin/sh\nexec {} \"$@\"\n", kumactl().display()));
    for file in ["bin/gh", &program] {
        fs::set_permissions(sandbox.path(file), fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    let archive = format!(
        "tar -czf release/{name}.tar.gz -C stage {name} && cd release \
         && {{ sha256sum {name}.tar.gz || shasum -a 256 {name}.tar.gz; }} > SHA256SUMS 2>/dev/null"
    );
    sandbox.shell(&archive).quiet_success();
    sandbox
}

/// Runs a step of the action, as action.yml does.
fn step(sandbox: &Sandbox, step: &str, inputs: &[(&str, &str)]) -> Ended {
    let mut command: Command = sandbox.command("action/dist/action");
    let installed = fs::read_to_string(sandbox.path("path")).unwrap_or_default();
    let path = std::env::var("PATH").unwrap_or_default();
    let bin = sandbox.path("bin");
    command
        .arg(step)
        .env("PATH", format!("{}:{}:{path}", installed.trim_end(), bin.display()))
        .env("RUNNER_TEMP", sandbox.path("temp"))
        .env("GITHUB_PATH", sandbox.path("path"))
        .env("KUMACTL_DOWNLOADS", format!("file://{}", sandbox.path("release").display()));
    for name in ["MODE", "NAMESPACE", "HOSTNAME", "OUTPUT_DIR", "IF_NEEDED"] {
        let value = inputs.iter().find(|(input, _)| *input == name).map_or("", |(_, value)| value);
        command.env(format!("INPUT_{name}"), value);
    }
    run(&mut command)
}

#[test]
fn the_action_installs_the_release_of_its_version_and_generates_what_the_inputs_say() {
    let Some(_) = installed("curl") else { return };
    let sandbox = runner("exit 0");
    let ended = step(&sandbox, "install", &[]);
    let attestation = format!("\ngh attestation verify {}.tar.gz --repo owner/kumactl\n", name());
    assert!(ended.status == 0 && ended.stdout.contains(&attestation), "{ended:?}");
    let version = format!("kumactl {}\n", env!("CARGO_PKG_VERSION"));
    assert!(ended.stdout.ends_with(&version), "{ended:?}");

    let inputs = [
        ("MODE", "kubernetes"),
        ("NAMESPACE", "mesh"),
        ("HOSTNAME", "cp.example,10.0.0.1"),
        ("OUTPUT_DIR", "the files"),
        ("IF_NEEDED", "true"),
    ];
    assert_eq!(step(&sandbox, "generate", &inputs).status, 0);
    assert!(sandbox.read("the files/secret.yaml").contains("\n  namespace: mesh\n"));
    let certificate = sandbox.read("the files/tls.crt");
    let names = "verify tls-certificate --quiet --cert-file='the files/tls.crt' \
                 --ca-cert-file='the files/ca.crt' --hostname=cp.example,10.0.0.1";
    sandbox.shell(&format!("kumactl {names}")).quiet_success();
    assert_eq!(step(&sandbox, "generate", &inputs).status, 0);
    assert_eq!(sandbox.read("the files/tls.crt"), certificate);

    let inputs = [("MODE", "kubernetes"), ("OUTPUT_DIR", "tls"), ("IF_NEEDED", "false")];
    assert_eq!(step(&sandbox, "generate", &inputs).status, 0);
    let again = step(&sandbox, "generate", &inputs);
    assert!(again.status == 1 && again.stderr.contains("--force"), "{again:?}");
}

#[test]
fn the_action_rejects_an_archive_without_its_checksum_or_attestation() {
    let Some(_) = installed("curl") else { return };
    let archive = format!("release/{}.tar.gz", name());
    for (what, spoil, gh) in [
        ("another archive", format!("echo x >> {archive}"), "exit 0"),
        ("no line in SHA256SUMS", "echo > release/SHA256SUMS".to_owned(), "exit 0"),
        ("no SHA256SUMS", "rm release/SHA256SUMS".to_owned(), "exit 0"),
        ("no archive", format!("rm {archive}"), "exit 0"),
        ("no attestation", "true".to_owned(), "exit 1"),
    ] {
        let sandbox = runner(gh);
        sandbox.shell(&spoil).quiet_success();
        let ended = step(&sandbox, "install", &[]);
        assert_ne!(ended.status, 0, "{what}: {ended:?}");
        assert!(!sandbox.path("path").exists(), "{what}: kumactl is on PATH");
    }
}

#[test]
fn every_input_of_the_action_reaches_its_script() {
    let action = fs::read_to_string(root().join("action.yml")).expect("action.yml");
    let action: serde_json::Value = serde_saphyr::from_str(&action).expect("YAML");
    let generate = &action["runs"]["steps"][1]["env"];
    let inputs = action["inputs"].as_object().expect("inputs");
    let script = fs::read_to_string(root().join("dist/action")).expect("dist/action");
    let help = Sandbox::new().kumactl(["generate", "control-plane-tls", "--help"]).quiet_success();
    assert_eq!(generate.as_object().expect("variables").len(), inputs.len());
    for input in inputs.keys() {
        let variable = format!("INPUT_{}", input.replace('-', "_").to_uppercase());
        assert_eq!(generate[&variable], format!("${{{{ inputs.{input} }}}}"));
        assert!(script.contains(&format!("${variable}")), "dist/action ignores {variable}");
        assert!(help.contains(&format!("--{input}")), "there is no flag --{input}");
    }
}
