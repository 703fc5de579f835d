//! `kumactl generate tls-certificate`.

mod comment;
mod flags;
mod key_types;
mod names;
mod places;
mod report;

use crate::support::Sandbox;

/// The least that a certificate needs.
const SERVER: [&str; 2] = ["--type=server", "--hostname=cp.example"];

/// Returns the output of a run that fails and leaves its directory unchanged.
#[track_caller]
fn refusal(arguments: &[&str], status: i32) -> String {
    let sandbox = Sandbox::new();
    sandbox.write("other.txt", "mine");
    let before = sandbox.snapshot();
    let stderr = sandbox.kumactl(["generate", "tls-certificate"].iter().chain(arguments));
    assert_eq!(sandbox.snapshot(), before, "{arguments:?}");
    stderr.failure(status)
}
