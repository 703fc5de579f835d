//! A token without a signing key has to come from a control plane, which the official program asks.

use super::{ours, stand_in};
use crate::support::{Sandbox, run};

#[test]
fn a_token_without_a_signing_key_is_handed_over_with_its_arguments() {
    let sandbox = Sandbox::new();
    stand_in(&sandbox, "official", "printf '%s\\0' \"$@\"; exit 7");
    for arguments in [
        &["generate", "dataplane-token", "--name=dp-1", "--tag", "a=b", "--valid-for=24h"][..],
        &["--context=east", "generate", "zone-token", "--zone=z", "--valid-for", "24h"],
        &["generate", "user-token", "--name=a b", "--group=", "--valid-for=24h"],
        &["generate", "user-token", "--name=a", "--valid-for=24h", "--kid=", "--signing-key-path="],
        // What only the official program knows of durations is its own matter.
        &["generate", "user-token", "--name=a", "--valid-for=tomorrow"],
    ] {
        let ended = run(ours(&sandbox, &["official"]).args(arguments));
        let got: Vec<&str> = ended.stdout.split_terminator('\0').collect();
        assert_eq!((ended.status, got), (7, arguments.to_vec()));
    }
}

#[test]
fn without_an_official_program_the_hint_says_how_to_sign_offline() {
    let arguments = ["generate", "zone-token", "--zone=z", "--valid-for=24h"];
    assert_eq!(
        Sandbox::new().kumactl(arguments).failure(127),
        "error: there is no official kumactl to run `kumactl generate zone-token`\n\
         hint: install the official kumactl from https://kuma.io/install, later on PATH than this \
         program, or set KUMACTL_OFFICIAL to its path\n\
         hint: --signing-key-path and --kid sign the token offline\n"
    );
}

#[test]
fn a_flag_of_this_program_without_a_signing_key_is_not_handed_over() {
    let sandbox = Sandbox::new();
    stand_in(&sandbox, "official", "echo handed over");
    for flag in ["--token-file=t", "-o=json"] {
        let arguments = ["generate", "user-token", "--name=a", "--valid-for=24h", flag];
        let refused = run(ours(&sandbox, &["official"]).args(arguments)).failure(2);
        assert!(refused.contains("--signing-key-path"), "{refused}");
    }
}
