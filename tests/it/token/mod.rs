//! Signing keys and tokens: made, inspected, verified.

mod golden;
mod inspected;
mod issued;
mod secret;
mod signing_key;
mod verified;

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use time::OffsetDateTime;

use crate::support::{Ended, Sandbox};

/// A sandbox with `signing.key` and `signing.pub`, the same in every test: RSA keys take their time.
pub(super) fn sandbox() -> Sandbox {
    static KEYS: OnceLock<(String, String)> = OnceLock::new();
    let (key, public) = KEYS.get_or_init(|| {
        let sandbox = Sandbox::new();
        let key = ["generate", "signing-key", "--format=pem"];
        sandbox.write("signing.key", sandbox.kumactl(key).quiet_success());
        let public = ["generate", "public-key", "--signing-key-path=signing.key"];
        (sandbox.read("signing.key"), sandbox.kumactl(public).quiet_success())
    });
    let sandbox = Sandbox::new();
    sandbox.write("signing.key", key);
    sandbox.write("signing.pub", public);
    sandbox
}

/// Runs a command that signs with `signing.key`, for a day unless `more` says otherwise.
fn sign(sandbox: &Sandbox, noun: &str, more: &[&str]) -> Ended {
    let key = ["generate", noun, "--signing-key-path=signing.key", "--kid=1", "--valid-for=24h"];
    sandbox.kumactl(key.iter().chain(more))
}

/// The JSON of the header and of the payload of a token.
#[track_caller]
pub(super) fn decoded(token: &str) -> [String; 2] {
    let parts: Vec<_> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "{token:?}");
    [parts[0], parts[1]].map(|part| {
        let octets = BASE64_URL_SAFE_NO_PAD.decode(part).expect("Base64 for URLs, without padding");
        String::from_utf8(octets).expect("text")
    })
}

/// A token made by hand, signed with `signing.key` unless its signature is given.
fn forged(sandbox: &Sandbox, header: &str, payload: impl AsRef<[u8]>) -> String {
    let encode = |octets: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(octets);
    let text = format!("{}.{}", encode(header.as_bytes()), encode(payload.as_ref()));
    let key = pem::parse(sandbox.read("signing.key")).expect("PEM");
    let key = RsaKeyPair::from_der(key.contents()).expect("an RSA key");
    let mut signature = vec![0; key.public_modulus_len()];
    let random = SystemRandom::new();
    key.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).expect("a signature");
    format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// Seconds since 1970.
fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}
