//! Copies of this program, and wrappers that call it back.

use std::fs;
use std::path::PathBuf;

use super::{ECHO, ours, path, prints, stand_in};
use crate::support::{Sandbox, kumactl, run};

/// Copies this program, as two ways to install it do.
fn copy_of_ours(sandbox: &Sandbox, directory: &str) -> PathBuf {
    let directory = sandbox.home().join(directory);
    fs::create_dir(&directory).expect("a directory");
    fs::copy(kumactl(), directory.join("kumactl")).expect("a copy");
    directory.join("kumactl")
}

#[test]
fn two_copies_of_this_program_find_the_official_one_without_a_loop() {
    let sandbox = Sandbox::new();
    let copy = copy_of_ours(&sandbox, "copy");
    let stderr = run(ours(&sandbox, &["copy"]).args(["get", "zones"])).failure(127);
    assert!(stderr.contains(" hands `kumactl get` back to this program\n"), "{stderr}");
    assert!(stderr.contains(&copy.display().to_string()), "{stderr}");
    // The version says nothing of the copy.
    let version = format!("kumactl {}", env!("CARGO_PKG_VERSION"));
    prints(ours(&sandbox, &["copy"]).arg("version"), &version);
    let official = stand_in(&sandbox, "official", ECHO);
    let expected = format!("{} get zones", official.display());
    for program in [&copy, &kumactl()] {
        let mut command = sandbox.command(program);
        command.env("PATH", path(&sandbox, &["copy", "official"])).args(["get", "zones"]);
        prints(&mut command, &expected);
    }
}

#[test]
fn a_wrapper_that_calls_back_reaches_the_official_program_or_an_error() {
    let sandbox = Sandbox::new();
    let called = sandbox.path("called");
    let called = called.display();
    for call in
        ["exec kumactl \"$@\"", "kumactl \"$@\"", "exec kumactl --no-config --context=a \"$@\""]
    {
        let wrapper = stand_in(&sandbox, "wrapper", &format!("echo >> {called}; {call}"));
        let stderr = run(ours(&sandbox, &["wrapper"]).args(["get", "zones"])).failure(127);
        assert_eq!(
            stderr,
            format!(
                "error: {} hands `kumactl get` back to this program\n\
                 hint: set KUMACTL_OFFICIAL to the path of the official kumactl\n",
                wrapper.display()
            )
        );
        stand_in(&sandbox, "official", "echo official");
        prints(ours(&sandbox, &["wrapper", "official"]).args(["get", "zones"]), "official");
        fs::remove_file(sandbox.home().join("official/kumactl")).expect("a file");
        // Once in each of the two runs.
        assert_eq!(sandbox.read("called"), "\n\n", "{call}");
        fs::remove_file(sandbox.path("called")).expect("a file");
    }
    // A wrapper that the setting names, and one that never calls back with the same command.
    let wrapper = stand_in(&sandbox, "wrapper", "exec kumactl \"$@\"");
    let mut command = ours(&sandbox, &[]);
    let stderr = run(command.env("KUMACTL_OFFICIAL", wrapper).arg("get")).failure(127);
    assert!(stderr.contains("hands `kumactl get` back"), "{stderr}");
    stand_in(&sandbox, "wrapper", "exec kumactl \"x$1\"");
    let stderr = run(ours(&sandbox, &["wrapper"]).arg("get")).failure(127);
    assert!(stderr.contains("xget` back to this program"), "{stderr}");
}

#[test]
fn a_wrapper_may_call_other_commands_of_both_programs() {
    let sandbox = Sandbox::new();
    let script = "case \"$1 $2\" in 'install control-plane')
        kumactl get meshes && kumactl install crds && kumactl generate --help > help ;;
    *) echo \"official $*\" ;; esac";
    stand_in(&sandbox, "official", script);
    let stdout = run(ours(&sandbox, &["official"]).args(["install", "control-plane"]));
    assert_eq!(stdout.quiet_success(), "official get meshes\nofficial install crds\n");
    assert!(sandbox.read("help").contains("kumactl generate"));
}
