//! `control-plane-tls --tokens`: everything for tokens without a running control plane.

use super::yaml;
use crate::support::{Ended, Sandbox};

const FILES: [&str; 5] = [
    "dataplane-signing.key",
    "zone-signing.key",
    "user-signing.key",
    "kuma-cp.yaml",
    "dataplane-token",
];

fn make(sandbox: &Sandbox, more: &[&str]) -> Ended {
    let arguments = ["generate", "control-plane-tls", "--output-dir=tls", "--key-type=ecdsa"];
    let universal = ["--mode=universal", "--hostname=cp.example", "--tokens"];
    sandbox.kumactl(arguments.iter().chain(&universal).chain(more))
}

fn public_key(sandbox: &Sandbox, kind: &str) -> String {
    let flag = format!("--signing-key-path=tls/{kind}-signing.key");
    sandbox.kumactl(["generate", "public-key", &flag]).quiet_success()
}

/// What the files about tokens hold.
fn contents(sandbox: &Sandbox) -> Vec<String> {
    FILES.iter().map(|name| sandbox.read(&format!("tls/{name}"))).collect()
}

#[test]
fn signing_keys_their_configuration_and_a_token_are_generated_with_the_pair() {
    let sandbox = Sandbox::new();
    let said = make(&sandbox, &["--dataplane=web-1"]).quiet_success();
    for line in [
        "Signing key of dataplane tokens saved in tls/dataplane-signing.key",
        "kuma-cp configuration saved in tls/kuma-cp.yaml",
        "Token saved in tls/dataplane-token",
    ] {
        assert!(said.lines().any(|one| one == line), "{said}");
    }
    for name in FILES {
        let mode = if name == "kuma-cp.yaml" { 0o644 } else { 0o600 };
        assert_eq!(sandbox.mode(&format!("tls/{name}")), mode, "{name}");
    }
    let configuration = yaml(&sandbox.read("tls/kuma-cp.yaml"));
    let authn = &configuration["dpServer"]["authn"];
    let tokens = &configuration["apiServer"]["authn"]["tokens"];
    for (kind, settings) in [
        ("dataplane", &authn["dpProxy"]["dpToken"]),
        ("zone", &authn["zoneProxy"]["zoneToken"]),
        ("user", tokens),
    ] {
        let key = serde_json::json!([{"kid": "1", "key": public_key(&sandbox, kind)}]);
        assert_eq!(settings["validator"]["publicKeys"], key, "{kind}");
        assert_eq!(settings["validator"]["useSecrets"], false, "{kind}");
        assert_eq!(settings["enableIssuer"], false, "{kind}");
    }
    assert_eq!(tokens["bootstrapAdminToken"], false);
    let keys: std::collections::HashSet<_> = contents(&sandbox)[..3].iter().cloned().collect();
    assert_eq!(keys.len(), 3, "one key for each kind");
    sandbox.write("signing.pub", public_key(&sandbox, "dataplane"));
    sandbox.write("web-1.yaml", "type: Dataplane\nmesh: default\nname: web-1\n");
    let verify = ["verify", "token", "tls/dataplane-token", "--public-key=signing.pub", "--kid=1"];
    let proxy = ["--dataplane-file=web-1.yaml", "--quiet"];
    assert_eq!(sandbox.kumactl(verify.iter().chain(&proxy)).quiet_success(), "");
}

#[test]
fn the_next_steps_lead_to_a_proxy_without_the_official_kumactl() {
    for more in [&["--dataplane=web-1"][..], &[], &["--directory=etc"]] {
        let sandbox = Sandbox::new();
        make(&sandbox, more).quiet_success();
        let steps = sandbox.read("tls/NEXT-STEPS.md");
        assert!(!steps.contains("official kumactl"), "{steps}");
        let printed = super::next_steps::played(&sandbox);
        assert!(printed.iter().any(|line| line.starts_with("zone control plane with ")));
        assert!(printed.contains(&"proxy of https://cp.example:5678".to_owned()), "{printed:?}");
    }
}

#[test]
fn a_second_run_keeps_signing_keys_and_tokens_that_are_valid_for_long_enough() {
    let sandbox = Sandbox::new();
    let arguments = ["--dataplane=web-1", "--if-needed", "--token-valid-for=1h"];
    make(&sandbox, &[arguments[0], arguments[2]]).quiet_success();
    let first = contents(&sandbox);
    let again = make(&sandbox, &arguments);
    assert_eq!((again.status, again.stderr.as_str()), (0, ""), "{again:?}");
    assert_eq!(contents(&sandbox), first);
    // As for a certificate, the requested lifetime is not compared.
    make(&sandbox, &["--dataplane=web-1", "--if-needed"]).quiet_success();
    assert_eq!(contents(&sandbox), first);
    let replaced = make(&sandbox, &["--dataplane=web-1", "--if-needed", "--renew-before=61m"]);
    assert!(replaced.stderr.contains("dataplane-token"), "{replaced:?}");
    let second = contents(&sandbox);
    assert_eq!(second[..4], first[..4]);
    assert_ne!(second[4], first[4]);
    // A token of another proxy, and one that another key signed, are replaced too.
    make(&sandbox, &["--dataplane=web-2", "--if-needed"]);
    let third = contents(&sandbox);
    assert_eq!(third[..4], second[..4]);
    assert_ne!(third[4], second[4]);
    std::fs::remove_file(sandbox.path("tls/dataplane-signing.key")).expect("a file");
    make(&sandbox, &["--dataplane=web-2", "--if-needed"]);
    let fourth = contents(&sandbox);
    assert_eq!(fourth[1..3], third[1..3]);
    assert!([0, 3, 4].iter().all(|place| fourth[*place] != third[*place]));
}

#[test]
fn tokens_are_for_one_control_plane_on_universal() {
    for (more, reason) in [
        (&["--mode=kubernetes"][..], "--tokens has no effect with --mode=kubernetes"),
        (&["--multizone"], "--tokens has no effect with --multizone"),
        (&["--dataplane=a b"], "invalid value 'a b' for '--dataplane <NAME>'"),
        (&["--dataplane=a", "--token-valid-for=0s"], "\"0s\" is less than a second"),
    ] {
        let sandbox = Sandbox::new();
        let refused = make(&sandbox, more).failure(2);
        assert!(refused.starts_with(&format!("error: {reason}")), "{refused}");
        assert_eq!(sandbox.names(), [""; 0]);
    }
}
