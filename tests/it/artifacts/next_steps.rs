//! NEXT-STEPS.md and its files: every command is run unchanged.

use super::{decoded, yaml};
use crate::support::{Ended, Sandbox};

const MAKE: [&str; 4] = ["generate", "control-plane-tls", "--output-dir=tls", "--key-type=ecdsa"];

fn make(sandbox: &Sandbox, more: &[&str]) -> Ended {
    sandbox.kumactl(MAKE.iter().chain(more))
}

/// Plays all commands of the file, in the order and in the directory that it names, and gives what they
/// print.
#[track_caller]
pub(super) fn played(sandbox: &Sandbox) -> Vec<String> {
    let text = sandbox.read("tls/NEXT-STEPS.md");
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap_or(""));
    let mut printed = Vec::new();
    for block in blocks {
        let ended = sandbox.play(&format!("set -e; cd tls\n{block}"));
        assert_eq!(ended.status, 0, "{block}{ended:?}");
        printed.extend(ended.stdout.lines().map(str::to_owned));
    }
    printed
}

#[test]
fn the_commands_use_the_requested_service_and_namespace() {
    let sandbox = Sandbox::new();
    let more = ["--mode=kubernetes", "--namespace=mesh", "--service=my-cp"];
    make(&sandbox, &more).quiet_success();
    let flags = sandbox.read("tls/install-flags");
    assert!(flags.ends_with(" --namespace=mesh --control-plane-service-name=my-cp\n"), "{flags}");
    let values = yaml(&sandbox.read("tls/values.yaml"));
    assert_eq!(values["controlPlane"]["service"]["name"], "my-cp");
    let steps = sandbox.read("tls/NEXT-STEPS.md");
    assert!(steps.contains("helm install kuma kuma/kuma --namespace=mesh"), "{steps}");
    let printed = played(&sandbox);
    assert_eq!(printed.iter().filter(|line| *line == "STATUS: deployed").count(), 1);
    // The single commands say the same.
    let ca = "--ca-cert-file=tls/ca.crt";
    let one = ["generate", "install-flags", ca, "--namespace=mesh", "--service=my-cp"];
    assert_eq!(sandbox.kumactl(one).quiet_success(), flags);
    let one = ["generate", "helm-values", ca, "--service=my-cp"];
    assert_eq!(sandbox.kumactl(one).quiet_success(), sandbox.read("tls/values.yaml"));
}

#[test]
fn flags_with_default_values_are_not_printed() {
    let sandbox = Sandbox::new();
    make(&sandbox, &["--mode=kubernetes"]).quiet_success();
    let flags = sandbox.read("tls/install-flags");
    assert!(!flags.contains("--namespace") && !flags.contains("service"), "{flags}");
    assert_eq!(
        yaml(&sandbox.read("tls/values.yaml"))["controlPlane"].as_object().map(|v| v.len()),
        Some(1)
    );
    assert!(!sandbox.read("tls/NEXT-STEPS.md").contains("2.x"));
    played(&sandbox);
}

#[test]
fn a_global_control_plane_on_kubernetes_starts_and_its_zones_find_it() {
    for (host, address) in
        [("zones.example", "grpcs://zones.example:5685"), ("fd00::1", "grpcs://[fd00::1]:5685")]
    {
        let sandbox = Sandbox::new();
        let hostname = format!("--hostname=*.mesh.example,{host}");
        let more = ["--mode=kubernetes", "--multizone", &hostname];
        make(&sandbox, &more).quiet_success();
        let flags = sandbox.read("tls/install-flags");
        assert!(flags.contains(" --mode=global"), "{flags}");
        assert_eq!(yaml(&sandbox.read("tls/values.yaml"))["controlPlane"]["mode"], "global");
        let steps = sandbox.read("tls/NEXT-STEPS.md");
        let kds = format!("controlPlane.kdsGlobalAddress={address}");
        assert!(steps.replace('\'', "").contains(&kds), "{steps}");
        assert!(steps.contains("\nKuma 2.x only: with Kuma 3.x"), "{steps}");
        let printed = played(&sandbox);
        assert_eq!(printed.last(), Some(&format!("zone ZONE of {address}")));
        let secret = yaml(&sandbox.read("tls/zone-secret.yaml"));
        assert_eq!(decoded(&secret["data"]["ca.crt"]), sandbox.read("tls/ca.crt"));
    }
}

#[test]
fn a_global_control_plane_on_universal_starts_and_has_no_proxies() {
    let sandbox = Sandbox::new();
    let directory = sandbox.path("etc/kuma").display().to_string();
    let placed = format!("--directory={directory}");
    let more = ["--mode=universal", "--multizone", "--hostname=10.0.0.1", &placed];
    make(&sandbox, &more).quiet_success();
    assert!(!sandbox.path("tls/kuma-dp.env").exists());
    let steps = sandbox.read("tls/NEXT-STEPS.md");
    assert!(!steps.contains("kuma-dp") && !steps.contains("token"), "{steps}");
    let printed = played(&sandbox);
    assert!(
        printed.contains(&format!("global control plane with {directory}/tls.crt")),
        "{printed:?}"
    );
    assert!(printed.contains(&"zone ZONE of grpcs://10.0.0.1:5685".to_owned()), "{printed:?}");
}

#[test]
fn the_commands_for_universal_copy_the_files_to_their_directory() {
    for directory in ["", "etc/kuma", "it's here"] {
        let sandbox = Sandbox::new();
        let place = sandbox.path(if directory.is_empty() { "tls" } else { directory });
        let place = place.canonicalize().unwrap_or(place).display().to_string();
        let flag = format!("--directory={place}");
        let mut more = vec!["--mode=universal", "--hostname=cp.example"];
        if !directory.is_empty() {
            more.push(&flag);
        }
        make(&sandbox, &more).quiet_success();
        let printed = played(&sandbox);
        assert!(printed[printed.len() - 2].ends_with("/tls.crt"), "{printed:?}");
        assert_eq!(printed[printed.len() - 1], "proxy of https://cp.example:5678");
        assert_eq!(sandbox.mode("tls/dp-token"), 0o600, "a token is secret");
        if !directory.is_empty() {
            let key = sandbox.mode(&format!("{directory}/tls.key"));
            assert_eq!(key, 0o600, "a copy of the key keeps its permissions");
        }
    }
}

#[test]
fn the_first_name_that_can_be_dialed_is_the_address_and_without_one_the_run_fails() {
    let sandbox = Sandbox::new();
    let more =
        ["--mode=universal", "--hostname=spiffe://mesh/cp,*.mesh.example,fd00::1,cp.example"];
    make(&sandbox, &more).quiet_success();
    assert_eq!(
        played(&sandbox).last().map(String::as_str),
        Some("proxy of https://[fd00::1]:5678")
    );
    let none = "--hostname=spiffe://mesh/cp,*.mesh.example";
    for mode in [&["--mode=universal"][..], &["--mode=kubernetes", "--multizone"]] {
        let sandbox = Sandbox::new();
        let stderr = make(&sandbox, &[mode, &[none]].concat()).failure(2);
        assert_eq!(
            stderr,
            "error: no client can connect to --hostname=spiffe://mesh/cp,*.mesh.example\n\
             hint: add --hostname=NAME with a DNS name without a wildcard, or an IP address\n"
        );
        assert_eq!(sandbox.names(), [""; 0]);
    }
    // In a cluster, proxies connect to the Service.
    let sandbox = Sandbox::new();
    make(&sandbox, &["--mode=kubernetes", none]).quiet_success();
    played(&sandbox);
}

#[test]
fn flags_without_effect_are_rejected() {
    let sandbox = Sandbox::new();
    let universal = ["--mode=universal", "--hostname=cp.example"];
    for (mode, flag, says) in [
        (&universal[..], "--namespace=mesh", "--namespace has no effect"),
        (&universal, "--service=cp", "--service has no effect"),
        (&universal, "--secret-name=s", "--secret-name has no effect"),
        (
            &["--mode=kubernetes"],
            "--directory=/etc/kuma",
            "--directory has no effect with --mode=kubernetes",
        ),
    ] {
        let stderr = make(&sandbox, &[mode, &[flag]].concat()).failure(2);
        let name = flag.split('=').next().unwrap_or_default();
        let hint = format!("hint: remove {name}, or use --mode=");
        assert!(stderr.contains(says) && stderr.contains(&hint), "{stderr}");
    }
}
