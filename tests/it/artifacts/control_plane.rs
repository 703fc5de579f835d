//! `generate control-plane-tls`: from nothing to the last file, held against each other.

use std::fs;

use super::{decoded, generate, yaml};
use crate::support::{Ended, Sandbox};

const KUBERNETES: [&str; 3] = ["--mode=kubernetes", "--output-dir=tls", "--key-type=ecdsa"];
const UNIVERSAL: [&str; 4] =
    ["--mode=universal", "--output-dir=tls", "--key-type=ecdsa", "--hostname=cp.example,10.0.0.1"];

pub(super) fn make(sandbox: &Sandbox, arguments: &[&str]) -> Ended {
    sandbox.kumactl(["generate", "control-plane-tls"].iter().chain(arguments))
}

pub(super) fn names(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.path("tls")).expect("a directory");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    names
}

/// Secret, values, flags and bundle carry what the files are.
pub(super) fn assert_consistent(sandbox: &Sandbox) {
    let read = |name: &str| sandbox.read(&format!("tls/{name}"));
    let (ca, bundle) = (read("ca.crt"), read("ca-bundle.b64"));
    let bundle = bundle.trim_end();
    assert_eq!(decoded(&bundle.into()), ca);
    let names = names(sandbox);
    if names.contains(&"secret.yaml".to_owned()) {
        let secret = yaml(&read("secret.yaml"));
        for name in ["tls.crt", "tls.key", "ca.crt"] {
            assert_eq!(decoded(&secret["data"][name]), read(name), "{name}");
        }
        let general = &yaml(&read("values.yaml"))["controlPlane"]["tls"]["general"];
        assert_eq!(general["caBundle"], bundle);
        assert_eq!(general["secretName"], secret["metadata"]["name"]);
        let name = secret["metadata"]["name"].as_str().expect("a name");
        let flags = format!("--tls-general-secret={name} --tls-general-ca-bundle={bundle}");
        assert!(read("install-flags").starts_with(&flags));
    }
    // The first commands of NEXT-STEPS.md, unchanged.
    let steps = read("NEXT-STEPS.md");
    let start = steps.find("```sh\n").expect("commands") + 6;
    let end = start + steps[start..].find("```").expect("their end");
    let ended = sandbox.shell(&format!("cd tls\n{}", &steps[start..end]));
    assert_eq!(ended.status, 0, "{ended:?}");
}

#[test]
fn kubernetes_gets_a_secret_values_and_flags_with_the_same_pair_and_ca() {
    for more in
        [&[][..], &["--self-signed"], &["--namespace=mesh", "--service=cp", "--secret-name=s"]]
    {
        let sandbox = Sandbox::new();
        let ended = make(&sandbox, &[&KUBERNETES[..], more].concat());
        assert_eq!(
            ended.quiet_success(),
            "Private key saved in tls/tls.key\nCertificate saved in tls/tls.crt\n\
             CA certificate saved in tls/ca.crt\nCA bundle saved in tls/ca-bundle.b64\n\
             Secret saved in tls/secret.yaml\nHelm values saved in tls/values.yaml\n\
             Install flags saved in tls/install-flags\nNext steps saved in tls/NEXT-STEPS.md\n"
        );
        assert_consistent(&sandbox);
        for (name, mode) in
            [("tls.key", 0o600), ("secret.yaml", 0o600), ("tls.crt", 0o644), ("values.yaml", 0o644)]
        {
            assert_eq!(sandbox.mode(&format!("tls/{name}")), mode, "{name}");
        }
    }
}

#[test]
fn universal_gets_the_environment_of_both_programs() {
    let sandbox = Sandbox::new();
    assert_eq!(make(&sandbox, &UNIVERSAL).status, 0);
    assert_eq!(
        names(&sandbox),
        [
            "NEXT-STEPS.md",
            "ca-bundle.b64",
            "ca.crt",
            "kuma-cp.env",
            "kuma-dp.env",
            "tls.crt",
            "tls.key"
        ]
    );
    assert_consistent(&sandbox);
    let script = "set -a; . tls/kuma-cp.env; . tls/kuma-dp.env
        cmp \"$KUMA_GENERAL_TLS_CERT_FILE\" tls/tls.crt; cmp \"$KUMA_GENERAL_TLS_KEY_FILE\" tls/tls.key
        printf %s \"$KUMA_CONTROL_PLANE_CA_CERT\" > ca; echo; cmp ca tls/ca.crt
        echo \"$KUMA_CONTROL_PLANE_URL\"; test \"${KUMA_GENERAL_TLS_CERT_FILE#/}\" != tls/tls.crt";
    assert_eq!(sandbox.shell(script).quiet_success(), "\nhttps://cp.example:5678\n");
}

#[test]
fn zones_get_the_ca_as_a_secret_values_and_environment() {
    let sandbox = Sandbox::new();
    let more = ["--multizone", "--hostname=zones.example"];
    assert_eq!(make(&sandbox, &[&KUBERNETES[..], &more].concat()).status, 0);
    assert_consistent(&sandbox);
    let secret = yaml(&sandbox.read("tls/zone-secret.yaml"));
    assert_eq!(decoded(&secret["data"]["ca.crt"]), sandbox.read("tls/ca.crt"));
    assert_eq!(secret["data"].as_object().map(serde_json::Map::len), Some(1));
    let tls = &yaml(&sandbox.read("tls/zone-values.yaml"))["controlPlane"]["tls"];
    assert_eq!(tls["kdsZoneClient"]["secretName"], secret["metadata"]["name"]);
    let global = &yaml(&sandbox.read("tls/values.yaml"))["controlPlane"]["tls"];
    assert_eq!(global["kdsGlobalServer"]["secretName"], "general-tls-certs");
    let environment = sandbox.read("tls/zone-kuma-cp.env");
    assert!(
        environment.contains("KUMA_MULTIZONE_ZONE_GLOBAL_ADDRESS='grpcs://zones.example:5685'\n")
    );
    assert!(environment.contains("KUMA_MULTIZONE_ZONE_KDS_ROOT_CA_FILE='/"));
}

#[test]
fn your_own_ca_signs_and_is_written_to_the_ca_file() {
    let sandbox = Sandbox::new();
    sandbox.kumactl(["generate", "ca-certificate", "--key-type=ecdsa"]).quiet_success();
    let issuer = ["--issuer-cert-file=ca.crt", "--issuer-key-file=ca.key"];
    let ended = make(&sandbox, &[&KUBERNETES[..], &issuer].concat());
    assert_eq!(ended.status, 0, "{ended:?}");
    assert_eq!(sandbox.read("tls/ca.crt"), sandbox.read("ca.crt"));
    assert_consistent(&sandbox);
}

#[test]
fn a_second_run_changes_nothing_and_repairs_only_a_missing_or_changed_file() {
    let sandbox = Sandbox::new();
    let again = [&KUBERNETES[..], &["--if-needed"]].concat();
    assert_eq!(make(&sandbox, &again).status, 0);
    let all = |sandbox: &Sandbox| -> Vec<String> {
        names(sandbox).iter().map(|name| sandbox.read(&format!("tls/{name}"))).collect()
    };
    let before = all(&sandbox);
    assert!(make(&sandbox, &again).quiet_success().starts_with("Nothing to do"));
    assert_eq!(all(&sandbox), before);
    for name in
        ["secret.yaml", "values.yaml", "install-flags", "ca.crt", "ca-bundle.b64", "NEXT-STEPS.md"]
    {
        sandbox.write(&format!("tls/{name}"), "something else\n");
        let ended = make(&sandbox, &again);
        assert_eq!(ended.status, 0, "{ended:?}");
        assert_eq!(ended.stderr, format!("note: tls/{name} does not match the pair\n"));
        assert_eq!(ended.stdout.lines().count(), 1, "{ended:?}");
        assert_eq!(all(&sandbox), before, "{name}");
        fs::remove_file(sandbox.path(&format!("tls/{name}"))).expect("a file");
        assert_eq!(make(&sandbox, &again).status, 0);
        assert_eq!(all(&sandbox), before, "{name}");
    }
    let renewed = make(&sandbox, &[&again[..], &["--hostname=new.example"]].concat());
    assert!(renewed.stderr.contains("it lacks the name new.example"), "{renewed:?}");
    assert_consistent(&sandbox);
    assert_ne!(all(&sandbox), before);
}

#[test]
fn existing_files_are_kept_and_a_failed_run_leaves_no_directory() {
    let sandbox = Sandbox::new();
    for (arguments, status, says) in [
        (
            &["--mode=universal", "--output-dir=tls"][..],
            2,
            "--hostname is required with --mode=universal",
        ),
        (
            &["--mode=kubernetes", "--output-dir=tls", "--multizone"],
            2,
            "--hostname is required with --multizone",
        ),
        (&["--mode=kubernetes", "--output-dir=tls", "--service=A"], 2, "--service="),
        (
            &[
                "--mode=kubernetes",
                "--output-dir=tls",
                "--issuer-cert-file=a",
                "--issuer-key-file=b",
            ],
            1,
            "no such file",
        ),
        (&["--mode=kubernetes", "--output-dir=tls", "--valid-for=1"], 2, "without a unit"),
        (&["--mode=kubernetes"], 2, "--output-dir"),
    ] {
        let stderr = make(&sandbox, arguments).failure(status);
        assert!(stderr.contains(says), "{arguments:?}: {stderr}");
        assert_eq!(sandbox.names(), [""; 0], "{arguments:?}");
    }
    fs::create_dir(sandbox.path("tls")).expect("a directory");
    sandbox.write("tls/values.yaml", "mine\n");
    let stderr = make(&sandbox, &KUBERNETES).failure(1);
    assert!(stderr.contains("tls/values.yaml already exists; no file was changed"), "{stderr}");
    assert_eq!(names(&sandbox), ["values.yaml"]);
    assert_eq!(make(&sandbox, &[&KUBERNETES[..], &["--force"]].concat()).status, 0);
    assert_consistent(&sandbox);
}

#[test]
fn the_single_commands_print_the_same_as_the_files_in_the_directory() {
    let sandbox = Sandbox::new();
    assert_eq!(make(&sandbox, &KUBERNETES).status, 0);
    let pair = ["--cert-file=tls/tls.crt", "--key-file=tls/tls.key"];
    let ca = "--ca-cert-file=tls/ca.crt";
    for (noun, arguments, file) in [
        ("kubernetes-secret", [&pair[..], &[ca]].concat(), "secret.yaml"),
        ("helm-values", vec![ca], "values.yaml"),
        ("install-flags", vec![ca], "install-flags"),
        ("ca-bundle", vec![ca], "ca-bundle.b64"),
    ] {
        assert_eq!(
            generate(&sandbox, noun, &arguments),
            sandbox.read(&format!("tls/{file}")),
            "{noun}"
        );
    }
}
