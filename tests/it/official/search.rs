//! Which program is the official kumactl.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;

use super::{ECHO, ours, path, prints, set_mode, stand_in};
use crate::support::{Sandbox, kumactl, run};

#[test]
fn without_an_official_program_the_status_is_127_and_the_message_says_where_it_is() {
    let sandbox = Sandbox::new();
    for (arguments, command) in [
        (&["install", "control-plane"][..], "install"),
        (&["inspect", "dataplanes"], "inspect dataplanes"),
        (&["generate", "foo"], "generate foo"),
    ] {
        assert_eq!(
            sandbox.kumactl(arguments).failure(127),
            format!(
                "error: there is no official kumactl to run `kumactl {command}`\n\
                 hint: install the official kumactl from https://kuma.io/install, later on PATH than \
                 this program, or set KUMACTL_OFFICIAL to its path\n"
            )
        );
    }
    for path in [None, Some("")] {
        let mut command = sandbox.command(kumactl());
        command.env_remove("PATH").envs(path.map(|path| ("PATH", path)));
        assert!(run(command.arg("get")).failure(127).contains("no official kumactl"));
    }
}

#[test]
fn programs_on_path_that_cannot_run_or_are_this_program_are_skipped() {
    let sandbox = Sandbox::new();
    let home = sandbox.home();
    fs::create_dir_all(home.join("directory/kumactl")).expect("a directory");
    set_mode(&stand_in(&sandbox, "plain", ECHO), 0o644);
    for (directory, target) in
        [("broken", home.join("nothing")), ("loop", "kumactl".into()), ("link", kumactl())]
    {
        fs::create_dir(home.join(directory)).expect("a directory");
        symlink(target, home.join(directory).join("kumactl")).expect("a link");
    }
    fs::create_dir(home.join("hard")).expect("a directory");
    fs::hard_link(kumactl(), home.join("hard/kumactl"))
        .or_else(|_| symlink(home.join("link/kumactl"), home.join("hard/kumactl")))
        .expect("a link");
    let passed = ["missing", "directory", "plain", "broken", "loop", "link", "hard"];
    let stderr = run(ours(&sandbox, &passed).arg("get")).failure(127);
    assert!(stderr.contains("there is no official kumactl"), "{stderr}");
    let official = stand_in(&sandbox, "official", ECHO);
    let behind = [&passed[..], &["official", "later"]].concat();
    stand_in(&sandbox, "later", "echo later");
    prints(ours(&sandbox, &behind).arg("get"), &format!("{} get", official.display()));
    // This program, by the names of those links.
    for directory in ["link", "hard"] {
        let mut command = sandbox.command(home.join(directory).join("kumactl"));
        command.env("PATH", path(&sandbox, &behind)).arg("get");
        prints(&mut command, &format!("{} get", official.display()));
    }
}

#[test]
fn relative_and_empty_entries_of_path_are_those_of_the_shell() {
    let sandbox = Sandbox::new();
    fs::copy(stand_in(&sandbox, "official", ECHO), sandbox.path("kumactl")).expect("a copy");
    fs::create_dir(sandbox.path("bin")).expect("a directory");
    fs::copy(sandbox.path("kumactl"), sandbox.path("bin/kumactl")).expect("a copy");
    for (entry, script) in [("", "./kumactl"), (".", "./kumactl"), ("bin", "./bin/kumactl")] {
        let mut command = sandbox.command(kumactl());
        command.env("PATH", format!("/nonexistent:{entry}:/usr/bin:/bin")).arg("get");
        let stdout = run(&mut command).quiet_success();
        assert_eq!(stdout.replace("././", "./"), format!("{script} get\n"), "{entry:?}");
    }
}

#[test]
fn the_setting_names_a_path_or_a_program_on_path() {
    let sandbox = Sandbox::new();
    let first = stand_in(&sandbox, "first", ECHO);
    let other = stand_in(&sandbox, "other", ECHO);
    let named = sandbox.home().join("first/kumactl-go");
    fs::copy(&other, &named).expect("a copy");
    let with = |value: &OsStr| {
        let mut command = ours(&sandbox, &["first"]);
        command.env("KUMACTL_OFFICIAL", value).arg("get");
        command
    };
    for (value, expected) in
        [(other.as_os_str(), &other), ("kumactl-go".as_ref(), &named), ("".as_ref(), &first)]
    {
        prints(&mut with(value), &format!("{} get", expected.display()));
    }
    set_mode(&other, 0o644);
    let link = sandbox.home().join("link");
    symlink(kumactl(), &link).expect("a link");
    let (other, link) = (other.display().to_string(), link.display().to_string());
    let home = sandbox.home().display().to_string();
    for (value, reason) in [
        (other.as_str(), "permission denied"),
        (&home, "it is not a regular file"),
        (&link, "it is this program"),
        ("/nonexistent/kumactl", "no such file or directory"),
        ("kumactl-of-nobody", "not found on PATH"),
    ] {
        assert_eq!(
            run(&mut with(value.as_ref())).failure(127),
            format!(
                "error: could not hand `kumactl get` to the official kumactl: \
                 KUMACTL_OFFICIAL={value}: {reason}\n\
                 hint: set KUMACTL_OFFICIAL to the path of the official kumactl, or unset it\n"
            )
        );
    }
}

#[test]
fn a_file_that_the_system_rejects_to_run_is_an_error_of_its_own() {
    let sandbox = Sandbox::new();
    let broken = stand_in(&sandbox, "official", "");
    fs::write(&broken, "#!/nonexistent/interpreter\n").expect("a script");
    assert_eq!(
        run(ours(&sandbox, &["official"]).arg("get")).failure(126),
        format!(
            "error: could not run the official kumactl {}: no such file or directory\n",
            broken.display()
        )
    );
}
