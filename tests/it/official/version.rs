//! The version of both programs.

use super::{ours, path, stand_in};
use crate::support::{Ended, Sandbox, run};

#[test]
fn the_version_begins_with_that_of_the_official_program() {
    const VERSION: &str =
        "[ \"$1\" = version ] && echo 'Client: Kuma 2.14.3' && echo no server >&2";
    let own = format!("kumactl {}\n", env!("CARGO_PKG_VERSION"));
    let sandbox = Sandbox::new();
    let official = stand_in(&sandbox, "official", VERSION);
    let Ended { status, stdout, stderr } = run(ours(&sandbox, &["official"]).arg("version"));
    let expected = format!("Client: Kuma 2.14.3\n{own}official: {}\n", official.display());
    assert_eq!((status, stdout, stderr.as_str()), (0, expected, "no server\n"));
    // As scripts read it.
    for script in [
        "kumactl version | awk '{print $3}'",
        "kumactl version | cut -d ' ' -f 3",
        "kumactl version | sed -n 's/^Client: Kuma //p'",
        "kumactl version | head -n 1 | grep -oE '[0-9.]+'",
    ] {
        let script = format!("version=$({script} 2> /dev/null); echo \"$version\"");
        let mut shell = sandbox.command("sh");
        shell.env("PATH", path(&sandbox, &["official"])).args(["-c", &script]);
        let stdout = run(&mut shell).stdout;
        assert_eq!(stdout, "2.14.3\n", "{script}");
    }
    stand_in(&sandbox, "official", "echo \"$*\"");
    for (flag, official) in
        [("-a", "-a"), ("--detailed", "--detailed"), ("--verbose", "--detailed")]
    {
        let stdout = run(ours(&sandbox, &["official"]).args(["version", flag])).quiet_success();
        assert!(stdout.starts_with(&format!("version {official}\n{own}official: ")), "{stdout}");
    }
    let failing = stand_in(&sandbox, "official", "exit 3");
    assert_eq!(
        run(ours(&sandbox, &["official"]).arg("version")).failure(1),
        format!("error: the official kumactl {} failed: exit status: 3\n", failing.display())
    );
    // A wrapper that calls this program back with the command.
    stand_in(&sandbox, "official", VERSION);
    let wrapper = stand_in(&sandbox, "wrapper", "exec kumactl \"$@\"");
    let stdout = run(ours(&sandbox, &["wrapper", "official"]).arg("version")).stdout;
    assert_eq!(stdout, format!("Client: Kuma 2.14.3\n{own}official: {}\n", wrapper.display()));
    assert_eq!(run(ours(&sandbox, &["wrapper"]).arg("version")).quiet_success(), own);
    // `--version` prints the version of this program alone.
    assert_eq!(run(ours(&sandbox, &["official"]).arg("--version")).quiet_success(), own);
}
