//! `generate control-plane-tls --if-needed`, and what runs with other flags or killed ones left.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::control_plane::{assert_consistent, make, names};
use super::yaml;
use crate::support::Sandbox;

const ISSUER: [&str; 2] = ["--issuer-cert-file=ca.crt", "--issuer-key-file=ca.key"];
const AGAIN: [&str; 3] = ["--output-dir=tls", "--key-type=ecdsa", "--if-needed"];

fn with_ca() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.kumactl(["generate", "ca-certificate", "--key-type=ecdsa"]).quiet_success();
    sandbox
}

fn new_ca(sandbox: &Sandbox) {
    let files = ["--cert-file=new-ca.crt", "--key-file=new-ca.key", "--name=New CA"];
    let command = ["generate", "ca-certificate", "--key-type=ecdsa"];
    sandbox.kumactl(command.iter().chain(&files)).quiet_success();
}

/// The rotation of docs/guides/rotation.md, in one directory: both CAs, a certificate of the new one, the new CA.
#[test]
fn the_old_ca_of_a_rotation_stays_while_it_is_in_the_ca_file() {
    let modes: [&[&str]; 3] = [
        &["--mode=kubernetes"],
        &["--mode=universal", "--hostname=cp.example"],
        &["--mode=universal", "--multizone", "--hostname=cp.example"],
    ];
    for mode in modes {
        let sandbox = with_ca();
        let again = [mode, &AGAIN].concat();
        let old = [&again[..], &ISSUER].concat();
        assert_eq!(make(&sandbox, &old).status, 0);
        new_ca(&sandbox);
        let both = sandbox.read("ca.crt") + "# the new one\n" + &sandbox.read("new-ca.crt");
        sandbox.write("tls/ca.crt", &both);
        let pair = || (sandbox.read("tls/tls.crt"), sandbox.read("tls/tls.key"));
        let before = pair();
        let ended = make(&sandbox, &old);
        assert_eq!(ended.status, 0, "{ended:?}");
        assert!(!ended.stderr.contains("tls/ca.crt"), "{ended:?}");
        assert!(ended.stderr.contains("tls/ca-bundle.b64 does not match the pair"), "{ended:?}");
        assert_eq!((sandbox.read("tls/ca.crt"), pair()), (both.clone(), before.clone()));
        assert_consistent(&sandbox);
        assert!(make(&sandbox, &old).quiet_success().starts_with("Nothing to do"));

        // Issued by the new CA, and clients still trust both.
        let new = ["--issuer-cert-file=new-ca.crt", "--issuer-key-file=new-ca.key"];
        let new = [&again[..], &new].concat();
        assert!(make(&sandbox, &new).stderr.contains("its issuer is"));
        assert_ne!(pair(), before);
        assert_eq!(sandbox.read("tls/ca.crt"), both);
        assert_consistent(&sandbox);

        // Its last part.
        sandbox.write("tls/ca.crt", sandbox.read("new-ca.crt"));
        assert_eq!(make(&sandbox, &new).status, 0);
        assert_consistent(&sandbox);
        assert!(make(&sandbox, &new).quiet_success().starts_with("Nothing to do"));
    }
}

#[test]
fn a_ca_file_without_the_ca_or_with_another_certificate_first_is_rewritten() {
    let sandbox = with_ca();
    let again = [&["--mode=kubernetes"], &AGAIN[..], &ISSUER].concat();
    assert_eq!(make(&sandbox, &again).status, 0);
    new_ca(&sandbox);
    sandbox.generate(["--type=server", "--hostname=a", "--ephemeral-ca"]).quiet_success();
    let leaf = sandbox.read("cert.pem");
    let end = leaf.find("-----END CERTIFICATE-----\n").expect("an end") + 26;
    let behind_a_leaf = leaf[..end].to_owned() + &sandbox.read("ca.crt");
    for wrong in [sandbox.read("new-ca.crt"), behind_a_leaf] {
        sandbox.write("tls/ca.crt", wrong);
        assert_eq!(make(&sandbox, &again).status, 0);
        assert_eq!(sandbox.read("tls/ca.crt"), sandbox.read("ca.crt"));
        assert_consistent(&sandbox);
    }
}

#[test]
fn the_permissions_of_a_readable_secret_are_repaired() {
    let sandbox = Sandbox::new();
    let again = [&["--mode=kubernetes"], &AGAIN[..]].concat();
    assert_eq!(make(&sandbox, &again).status, 0);
    let before = (sandbox.read("tls/tls.crt"), sandbox.read("tls/secret.yaml"));
    let readable = Permissions::from_mode(0o666);
    fs::set_permissions(sandbox.path("tls/secret.yaml"), readable).expect("permissions");
    let ended = make(&sandbox, &again);
    assert_eq!(ended.stderr, "note: tls/secret.yaml has permissions 0666 instead of 0600\n");
    assert_eq!(ended.stdout, "Permissions of tls/secret.yaml set to 0600\n");
    assert_eq!(sandbox.mode("tls/secret.yaml"), 0o600);
    assert_eq!((sandbox.read("tls/tls.crt"), sandbox.read("tls/secret.yaml")), before);
}

#[test]
fn files_from_a_run_with_other_flags_cause_a_warning() {
    let sandbox = Sandbox::new();
    let universal = ["--mode=universal", "--hostname=cp.example"];
    let all = [&["--mode=kubernetes", "--multizone", "--hostname=cp.example"], &AGAIN[..]].concat();
    make(&sandbox, &all).status.eq(&0).then_some(()).expect("files");
    let single = [&["--mode=kubernetes", "--hostname=cp.example"], &AGAIN[..]].concat();
    for _ in 0..2 {
        let ended = make(&sandbox, &single);
        assert_eq!(ended.status, 0);
        assert!(
            ended.stderr.contains(
                "warning: the directory contains files of an earlier run with other flags, perhaps for \
                 another key or CA: rm tls/zone-secret.yaml tls/zone-values.yaml tls/zone-kuma-cp.env\n"
            ),
            "{ended:?}"
        );
    }
    let ended = make(&sandbox, &[&universal[..], &["--output-dir=tls", "--force"]].concat());
    let rest = ended.stderr.split_once("key or CA: rm ").expect("a warning").1.trim_end();
    assert!(
        rest.starts_with("tls/secret.yaml tls/values.yaml tls/install-flags tls/zone"),
        "{rest}"
    );
    // As it says.
    sandbox.shell(&format!("rm {rest}")).quiet_success();
    let again = make(&sandbox, &[&universal[..], &["--output-dir=tls", "--if-needed"]].concat());
    again.quiet_success();
}

#[test]
fn the_leftovers_of_a_killed_run_are_removed_even_if_little_or_nothing_is_written() {
    let sandbox = Sandbox::new();
    let again = [&["--mode=kubernetes"], &AGAIN[..]].concat();
    assert_eq!(make(&sandbox, &again).status, 0);
    let before = names(&sandbox);
    let left = [".tls.key.kumactl-new-AbCdEf", ".secret.yaml.kumactl-old-AbCdEf"];
    for repair in [false, true] {
        for name in left {
            sandbox.write(&format!("tls/{name}"), "a key");
        }
        sandbox.write("tls/.tls.key.kumactl", "somebody's");
        if repair {
            fs::remove_file(sandbox.path("tls/values.yaml")).expect("a file");
        }
        assert_eq!(make(&sandbox, &again).status, 0);
        fs::remove_file(sandbox.path("tls/.tls.key.kumactl")).expect("a file of somebody's");
        assert_eq!(names(&sandbox), before, "repair: {repair}");
    }
    // The same of single files.
    let sandbox = Sandbox::new();
    let files = ["--type=server", "--hostname=a", "--if-needed", "--ca-cert-file=ca.crt"];
    assert_eq!(sandbox.generate(files).status, 0);
    for repair in [false, true] {
        sandbox.write(".key.pem.kumactl-new-AbCdEf", "a key");
        sandbox.write(".key.pem.kumactl-old-AbCdEf", "a key");
        if repair {
            fs::remove_file(sandbox.path("ca.crt")).expect("a file");
        }
        assert_eq!(sandbox.generate(files).status, 0);
        assert_eq!(sandbox.names(), ["ca.crt", "cert.pem", "key.pem"], "repair: {repair}");
    }
}

#[test]
fn the_leftovers_of_a_killed_batch_are_removed_even_if_its_certificates_are_kept() {
    let sandbox = Sandbox::new();
    let specification =
        "certificates:\n- {name: one, type: server, hostnames: [a], keyType: ecdsa}\n";
    sandbox.write("all.yaml", specification);
    let again =
        ["generate", "tls-certificates", "--file=all.yaml", "--output-dir=tls", "--if-needed"];
    assert_eq!(sandbox.kumactl(again).status, 0);
    sandbox.write("tls/one/.tls.key.kumactl-new-AbCdEf", "a key");
    let ended = sandbox.kumactl(again);
    assert!(ended.stdout.contains("1 kept"), "{ended:?}");
    assert!(!sandbox.path("tls/one/.tls.key.kumactl-new-AbCdEf").exists());
}

#[test]
fn an_unsupported_key_and_an_early_expiry_are_reported_as_for_a_single_certificate() {
    let sandbox = Sandbox::new();
    let short = ["generate", "ca-certificate", "--key-type=ecdsa", "--valid-for=60d"];
    sandbox.kumactl(short).quiet_success();
    let directory = ["--mode=kubernetes", "--output-dir=tls", "--key-type=ed25519"];
    let made = make(&sandbox, &[&directory[..], &ISSUER].concat());
    let single = ["--key-type=ed25519", "--type=server", "--hostname=a"];
    let single = sandbox.generate(single.iter().chain(&ISSUER));
    assert_eq!((made.status, single.status), (0, 0));
    assert!(made.stderr.starts_with("note: the certificate expires with its CA, at "), "{made:?}");
    assert!(made.stderr.contains("\nwarning: Envoy, as Kuma configures it, connects to no server"));
    assert_eq!(made.stderr, single.stderr);
    assert_eq!(yaml(&sandbox.read("tls/secret.yaml"))["kind"], "Secret");
}
