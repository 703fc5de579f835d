//! A token is a secret: it is not taken from the command line, where others can read it.

use super::{sandbox, sign};
use crate::support::Sandbox;

#[test]
fn a_token_on_the_command_line_is_rejected_and_not_repeated() {
    let sandbox = sandbox();
    let token = sign(&sandbox, "dataplane-token", &[]).quiet_success();
    let flag = format!("--public-key={token}");
    let bearer = format!("Authorization: Bearer {token}");
    for arguments in [
        &["inspect", "token", &token][..],
        &["verify", "token", "file", &flag],
        &["verify", "token", &bearer],
        &["generate", "user-token", &token],
    ] {
        let refused = sandbox.kumactl(arguments).failure(2);
        assert_eq!(
            refused,
            "error: the command line contains a token, which other users of this machine can read there\n\
             hint: pass the name of the token file, or `-` and the token on standard input\n"
        );
    }
}

/// `kumactl config control-planes add --auth-conf token=...` is a command of the official kumactl.
#[test]
fn a_token_in_a_command_of_the_official_kumactl_is_handed_over() {
    let sandbox = sandbox();
    let token = sign(&sandbox, "user-token", &["--name=a"]).quiet_success();
    let flag = format!("token={token}");
    let ended = sandbox.kumactl(["config", "control-planes", "add", "--auth-conf", &flag]);
    assert!(!ended.stderr.contains("contains a token"), "{ended:?}");
    assert!(!ended.stderr.contains(&token), "{ended:?}");
}

#[test]
fn words_with_dots_are_not_tokens() {
    let refused = Sandbox::new().kumactl(["inspect", "token", "a.b.c", "e30.e30.e30"]).failure(3);
    assert!(!refused.contains("the command line contains"), "{refused}");
}
