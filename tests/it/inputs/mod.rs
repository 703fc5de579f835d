//! Common mistakes in the input, and their errors.

mod command_line;
mod formats;
mod issuers;
mod lengths;
mod secrets;

use crate::support::Sandbox;

/// `tls.crt` and `tls.key` for `cp.example`, and the CA in `ca.crt` and `ca.key`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.kumactl(["generate", "ca-certificate", "--key-type=ecdsa"]).quiet_success();
    let from_ca = ["--issuer-cert-file=ca.crt", "--issuer-key-file=ca.key", "--valid-for=90d"];
    let made = ["--type=server", "--hostname=cp.example"];
    let files = ["--cert-file=tls.crt", "--key-file=tls.key"];
    let ended = sandbox.generate(from_ca.iter().chain(&made).chain(&files));
    ended.quiet_success();
    sandbox
}
