//! A comment after a backslash, as in older versions of Kuma's documentation: the shell passes
//! ` #` as an argument and ends the command at the end of the line.

use crate::support::Sandbox;

#[test]
fn a_comment_after_a_backslash_gets_a_hint_with_the_intended_line() {
    let sandbox = Sandbox::new();
    let ended = sandbox.shell(
        r"set +e
kumactl generate tls-certificate \
  --type=server \
  --hostname=kuma-control-plane.kuma-system \ # adjust the name
  --cert-file=tls.crt
exit 0",
    );
    let (ours, shells) = ended.stderr.split_once("\n  --hostname").expect("a line to type");
    assert_eq!(
        ours,
        "error: a comment after the backslash ends the command at the end of the line: \"# adjust the name\"\n\
         hint: end the line with the backslash, and move the comment to a line before the command:"
    );
    // What follows is the shell's complaint about the next line of the script.
    let line = shells.lines().next();
    assert_eq!(line, Some("=kuma-control-plane.kuma-system \\"));
    assert_eq!((ended.stdout.as_str(), sandbox.names()), ("", vec![]));
}

#[test]
fn the_intended_line_is_printed_for_every_notation_of_a_flag() {
    for (arguments, comment, line) in [
        (&["--hostname=a", " #", "adjust"][..], "# adjust", "--hostname=a \\"),
        (&["--hostname", "a", " #", "adjust"], "# adjust", "--hostname a \\"),
        (&["--hostname=a", " #adjust"], "#adjust", "--hostname=a \\"),
        (&["--hostname=a", "#", "it's"], "# it's", "--hostname=a \\"),
        (&["--key-file=my key", " #"], "#", "'--key-file=my key' \\"),
    ] {
        let sandbox = Sandbox::new();
        let stderr = sandbox.generate(["--type=server"].iter().chain(arguments)).failure(2);
        assert_eq!(
            stderr,
            format!(
                "error: a comment after the backslash ends the command at the end of the line: \"{comment}\"\n\
                 hint: end the line with the backslash, and move the comment to a line before \
                 the command:\n  {line}\n"
            )
        );
        assert_eq!(sandbox.names(), [""; 0]);
    }
}

#[test]
fn a_space_after_the_backslash_gets_a_hint() {
    let sandbox = Sandbox::new();
    let stderr = sandbox.generate(["--type=server", "--hostname=a", " "]).failure(2);
    assert_eq!(
        stderr,
        "error: a blank after the backslash ends the command at the end of the line\n\
         hint: end the line with the backslash, and move the comment to a line before the command:\n  \
         --hostname=a \\\n"
    );
}

/// A file may be called so: only a command line that is wrong anyway is suspected.
#[test]
fn a_value_that_starts_with_a_number_sign_is_a_value() {
    let sandbox = Sandbox::new();
    sandbox.generate(["--type=server", "--hostname=a", "--cert-file", "#1.crt"]).quiet_success();
    assert_eq!(sandbox.names(), ["#1.crt", "key.pem"]);
}
