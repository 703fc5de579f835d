//! Directories: those of `generate control-plane-tls`, and those of machines.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::{Material, check, checks, manifest};
use crate::support::Sandbox;

fn none() -> Vec<String> {
    Vec::new()
}

/// A directory for a control plane.
pub(super) fn directory(flags: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    let fixed =
        ["generate", "control-plane-tls", "--output-dir=tls", "--key-type=ecdsa", "--quiet"];
    sandbox.kumactl(fixed.iter().chain(flags)).quiet_success();
    sandbox
}

pub(super) fn report(sandbox: &Sandbox, flags: &[&str]) -> Value {
    let fixed = ["verify", "installation", "--directory=tls", "--output=json"];
    let ended = sandbox.kumactl(fixed.iter().chain(flags));
    assert!(ended.status < 2 && ended.stderr.is_empty(), "{ended:?}");
    serde_json::from_str(&ended.stdout).expect("JSON")
}

/// Changes a file of the directory.
#[track_caller]
pub(super) fn change(sandbox: &Sandbox, file: &str, old: &str, new: &str) {
    let path = format!("tls/{file}");
    let text = sandbox.read(&path);
    assert!(text.contains(old), "{old:?} is not in {file}: {text}");
    std::fs::remove_file(sandbox.path(&path)).expect("a file to replace");
    sandbox.write(&path, text.replacen(old, new, 1));
}

#[test]
fn directories_of_every_kind_fit_as_they_are_generated() {
    for flags in [
        &["--mode=kubernetes"][..],
        &["--mode=kubernetes", "--namespace=mesh", "--service=my-cp", "--secret-name=certs"],
        &["--mode=kubernetes", "--multizone", "--hostname=zones.example"],
        &["--mode=universal", "--hostname=cp.example,10.0.0.1"],
        &["--mode=universal", "--multizone", "--hostname=zones.example"],
        &["--mode=universal", "--hostname=cp.example", "--self-signed"],
    ] {
        let sandbox = directory(flags);
        let report = report(&sandbox, &[]);
        assert_eq!(checks(&report, "failed"), none(), "{flags:?} {report:#}");
        assert!(!checks(&report, "passed").is_empty(), "{flags:?}");
    }
}

#[test]
fn each_mutation_of_a_kubernetes_directory_fails_its_check() {
    let other = Material::new(&Sandbox::new());
    let other_bundle = other.bundle();
    for (file, old, new, fails) in [
        ("values.yaml", "caBundle: ", "caBundle: A", "webhook-ca-bundle"),
        ("values.yaml", "secretName: general-tls-certs", "secretName: certs", "files"),
        (
            "install-flags",
            "--tls-general-ca-bundle=LS0",
            "--tls-general-ca-bundle=TFMwdExTM",
            "webhook-ca-bundle",
        ),
        ("ca-bundle.b64", "\n", &other_bundle, "webhook-ca-bundle"),
        ("ca.crt", "-----END", "\n-----END", "files"),
        ("secret.yaml", "tls.key: ", "tls.keys: ", "files"),
    ] {
        let sandbox = directory(&["--mode=kubernetes"]);
        if file == "ca-bundle.b64" {
            let old = sandbox.read("tls/ca-bundle.b64");
            change(&sandbox, file, &old, new);
        } else if file == "secret.yaml" {
            let key = BASE64_STANDARD.encode(sandbox.read("tls/tls.key"));
            change(&sandbox, file, &key, &BASE64_STANDARD.encode(&other.key));
            let report = report(&sandbox, &[]);
            assert_eq!(checks(&report, "failed"), ["files", "private-key"], "{report:#}");
            continue;
        } else {
            change(&sandbox, file, old, new);
        }
        let report = report(&sandbox, &[]);
        assert_eq!(checks(&report, "failed"), [fails], "{file} {report:#}");
    }
}

#[test]
fn each_mutation_of_a_universal_directory_fails_its_check() {
    let other = Material::issue(&Sandbox::new(), &["--type=server", "--hostname=cp.example"]);
    let pem = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (other_key, other_ca) = (pem(&other.key), pem(&other.ca));
    for (file, old, new, fails) in [
        ("kuma-dp.env", "https://cp.example:5678", "https://other.example:5678", "hostname"),
        ("kuma-dp.env", "https://cp.example:5678", "http://cp.example:5678", "proxy-address"),
        ("kuma-cp.env", "/tls.key", "/server.key", "files"),
        ("kuma-cp.env", "KUMA_GENERAL_TLS_KEY_FILE=", "KUMA_GENERAL_TLS_KEY=", "variables"),
        ("kuma-cp.env", "KUMA_GENERAL_TLS_", "#", "variables"),
        ("tls.key", "", &other_key, "private-key"),
        ("kuma-dp.env", "KUMA_CONTROL_PLANE_CA_CERT=", "KUMA_CONTROL_PLANE_CA=", "variables"),
        ("kuma-dp.env", "", &other_ca, "chain"),
        ("kuma-dp.env", "-----BEGIN CERTIFICATE-----", "-----BEGIN-----", "ca-file"),
    ] {
        let sandbox = directory(&["--mode=universal", "--hostname=cp.example"]);
        match (file, old) {
            ("tls.key", _) => {
                let old = sandbox.read("tls/tls.key");
                change(&sandbox, file, &old, new);
            }
            ("kuma-dp.env", "") => {
                let old = sandbox.read("tls/ca.crt");
                change(&sandbox, file, old.trim_end(), new.trim_end());
            }
            // Both variables.
            ("kuma-cp.env", "KUMA_GENERAL_TLS_") => {
                change(&sandbox, file, old, new);
                change(&sandbox, file, old, new);
            }
            _ => change(&sandbox, file, old, new),
        }
        let report = report(&sandbox, &[]);
        let failed = checks(&report, "failed");
        if new == "#" {
            assert!(failed.contains(&fails.to_owned()), "{file} {old} {report:#}");
        } else {
            assert_eq!(failed, [fails], "{file} {old} {report:#}");
        }
    }
}

#[test]
fn a_unit_file_names_its_environment_file_and_its_flags_override_it() {
    let sandbox = directory(&["--mode=universal", "--hostname=cp.example"]);
    sandbox.write(
        "tls/kuma-dp.service",
        "[Service]\nEnvironmentFile=/etc/kuma/kuma-dp.env\nExecStart=/usr/bin/kuma-dp run --cp-address=https://other.example:5678\n",
    );
    let failing = report(&sandbox, &[]);
    assert_eq!(checks(&failing, "failed"), ["hostname"], "{failing:#}");
    sandbox.write("tls/kuma-dp.service", "[Service]\nEnvironmentFile=-/etc/kuma/kuma-dp.env\n");
    let good = report(&sandbox, &[]);
    assert_eq!(checks(&good, "failed"), none(), "{good:#}");
    let pieces = good["map"]["pieces"].as_array().expect("pieces");
    assert!(
        pieces.iter().any(|piece| piece["piece"] == "kuma-dp with tls/kuma-dp.service"),
        "{good:#}"
    );
}

#[test]
fn the_token_of_a_proxy_is_verified_with_the_key_in_the_directory() {
    let sandbox = directory(&["--mode=universal", "--hostname=cp.example"]);
    let sign = |key: &str, lifetime: &str| {
        let command = format!(
            "kumactl generate signing-key --format=pem --key-file={key} && kumactl generate \
             dataplane-token --mesh=default --name=dp-1 --valid-for={lifetime} --signing-key-path={key} --kid=1 > \
             tls/dp.token"
        );
        assert_eq!(sandbox.shell(&command).status, 0);
    };
    change(
        &sandbox,
        "kuma-dp.env",
        "KUMA_",
        "KUMA_DATAPLANE_RUNTIME_TOKEN_PATH=/etc/kuma/dp.token\nKUMA_",
    );
    let missing = report(&sandbox, &[]);
    assert_eq!(checks(&missing, "failed"), ["files"], "{missing:#}");

    sign("tls/dataplane-signing.key", "30d");
    sandbox.write("tls/dataplane.yaml", "type: Dataplane\nmesh: default\nname: dp-1\n");
    let good = report(&sandbox, &[]);
    assert_eq!(checks(&good, "failed"), none(), "{good:#}");
    let text = check(&good, "token", "passed")["text"].to_string();
    assert!(text.contains("dataplane token"), "{text}");

    let expired = report(&sandbox, &["--at=+31d"]);
    let failed = check(&expired, "token", "failed");
    assert_eq!(failed["component_error"]["from"], "kuma-cp", "{failed}");
    change(&sandbox, "dataplane.yaml", "dp-1", "dp-2");
    assert_eq!(checks(&report(&sandbox, &[]), "failed"), ["token"]);
    change(&sandbox, "dataplane.yaml", "dp-2", "dp-1");
    sign("other.key", "30d");
    assert_eq!(checks(&report(&sandbox, &[]), "failed"), ["token"]);

    // Without a key, only its claims can be checked.
    std::fs::remove_file(sandbox.path("tls/dataplane-signing.key")).expect("a key");
    let alone = report(&sandbox, &[]);
    assert_eq!(checks(&alone, "failed"), none(), "{alone:#}");
    check(&alone, "token", "skipped");
    let token = sandbox.read("tls/dp.token");
    change(&sandbox, "dp.token", token.split('.').next().expect("a header"), "x");
    let broken = verify_text(&sandbox);
    assert!(broken.contains("its token: "), "{broken}");
    let signature = token.trim().rsplit('.').next().expect("a signature");
    assert!(!broken.contains(signature), "{broken}");
}

#[test]
fn the_token_of_a_proxy_is_verified_with_the_keys_and_ids_in_the_configuration() {
    let more = ["--mode=universal", "--hostname=cp.example", "--tokens", "--dataplane=dp-1"];
    let sandbox = directory(&more);
    let failed = |expected: &[&str]| {
        let report = report(&sandbox, &[]);
        assert_eq!(checks(&report, "failed"), expected, "{report:#}");
        report.to_string()
    };
    failed(&[]);
    let configuration = sandbox.read("tls/kuma-cp.yaml");
    // The key of another ID, of another mesh, and another key of the same ID.
    change(&sandbox, "kuma-cp.yaml", "kid: \"1\"", "kid: 2");
    let other = failed(&["token"]);
    assert!(other.contains("there is no signing key with KID 1. "), "{other}");
    sandbox.write("tls/kuma-cp.yaml", &configuration);
    change(&sandbox, "kuma-cp.yaml", "kid: \"1\"", "mesh: demo\n            kid: \"1\"");
    failed(&["token"]);
    let key = "--signing-key-path=tls/zone-signing.key";
    let other = sandbox.kumactl(["generate", "public-key", key]).quiet_success();
    sandbox.write("tls/other.pub", other);
    let (begin, end) = ("key: |", "-----END RSA PUBLIC KEY-----");
    let inline = &configuration[configuration.find(begin).expect(begin)..];
    let inline = &inline[..inline.find(end).expect(end) + end.len()];
    let file = configuration.replacen(inline, "keyFile: /etc/kuma/other.pub", 1);
    sandbox.write("tls/kuma-cp.yaml", &file);
    let signature = failed(&["token"]);
    assert!(signature.contains("crypto/rsa: verification error"), "{signature}");
    // Keys in Secrets of the control plane count too, and none of them is known here.
    let secrets = configuration.replace("kid: \"1\"", "kid: \"2\"");
    sandbox.write("tls/kuma-cp.yaml", secrets.replace("useSecrets: false", "useSecrets: true"));
    failed(&[]);
    let variable = "KUMA_DP_SERVER_AUTHN_DP_PROXY_DP_TOKEN_VALIDATOR_USE_SECRETS";
    let environment = sandbox.read("tls/kuma-cp.env");
    sandbox.write("tls/kuma-cp.env", format!("{environment}{variable}=false\n"));
    failed(&["token"]);
    sandbox.write("tls/kuma-cp.yaml", secrets);
    failed(&["token"]);
    sandbox.write("tls/kuma-cp.env", format!("{environment}{variable}=true\n"));
    failed(&[]);
}

fn verify_text(sandbox: &Sandbox) -> String {
    let ended = sandbox.kumactl(["verify", "installation", "--directory=tls"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    ended.stdout
}

/// Reading it took quadratic time: minutes for this one.
#[test]
fn an_environment_file_of_many_words_is_read() {
    let sandbox = directory(&["--mode=universal", "--hostname=cp.example"]);
    sandbox.write("tls/large.env", "A=1\n".repeat(200_000));
    sandbox.write("tls/large.service", format!("ExecStart={}\n", "a ".repeat(400_000)));
    assert_eq!(checks(&report(&sandbox, &[]), "failed"), none());
}

#[test]
fn plain_files_with_the_usual_names_are_a_control_plane() {
    let sandbox = directory(&["--mode=universal", "--hostname=cp.example"]);
    sandbox.shell("rm tls/kuma-cp.env").quiet_success();
    assert_eq!(checks(&report(&sandbox, &[]), "failed"), none());
    let other = Material::new(&Sandbox::new());
    sandbox.shell("rm tls/tls.key").quiet_success();
    sandbox.write("tls/tls.key", &other.key);
    assert_eq!(checks(&report(&sandbox, &[]), "failed"), ["private-key"]);
}

#[test]
fn a_proxy_of_another_machine_connects_to_the_only_control_plane() {
    let sandbox = directory(&["--mode=universal", "--hostname=cp.example"]);
    sandbox.shell("mkdir web; mv tls/kuma-dp.env web").quiet_success();
    let good = report(&sandbox, &["--directory=web"]);
    assert_eq!(checks(&good, "failed"), none(), "{good:#}");
    check(&good, "proxy-ca", "passed");
    let text =
        sandbox.read("web/kuma-dp.env").replace("https://cp.example", "https://other.example");
    sandbox.shell("rm web/kuma-dp.env").quiet_success();
    sandbox.write("web/kuma-dp.env", text);
    assert_eq!(checks(&report(&sandbox, &["--directory=web"]), "failed"), ["hostname"]);
    // Alone, its CA is all that can be checked.
    let ended = sandbox.kumactl(["verify", "installation", "--directory=web", "--output=json"]);
    let alone: Value = serde_json::from_str(&ended.quiet_success()).expect("JSON");
    check(&alone, "proxy-ca", "skipped");
}

#[test]
fn the_secret_of_a_directory_is_that_of_a_manifest() {
    let sandbox = directory(&["--mode=kubernetes"]);
    let material = Material {
        certificate: sandbox.read("tls/tls.crt").into_bytes(),
        key: sandbox.read("tls/tls.key").into_bytes(),
        ca: sandbox.read("tls/ca.crt").into_bytes(),
    };
    let text = manifest(&material);
    let (objects, _) = text.rsplit_once("---\n").expect("a Secret");
    sandbox.write("objects.yaml", objects);
    let good = report(&sandbox, &["--manifest=objects.yaml"]);
    assert_eq!(checks(&good, "failed"), none(), "{good:#}");
    check(&good, "webhook-ca-bundle", "passed");
    sandbox.write(
        "objects.yaml",
        objects.replace(&material.bundle(), &Material::new(&Sandbox::new()).bundle()),
    );
    let bad = report(&sandbox, &["--manifest=objects.yaml"]);
    assert_eq!(checks(&bad, "failed"), ["webhook-ca-bundle"], "{bad:#}");
}

#[test]
fn the_ca_file_of_clients_elsewhere_is_checked_too() {
    let sandbox = directory(&["--mode=kubernetes"]);
    sandbox.write("other.crt", Material::new(&Sandbox::new()).ca);
    for (file, fails) in [("tls/ca.crt", vec![]), ("other.crt", vec!["proxy-ca".to_owned()])] {
        let report = report(&sandbox, &[&format!("--ca-cert-file={file}")]);
        assert_eq!(checks(&report, "failed"), fails, "{report:#}");
    }
}

#[test]
fn the_map_is_drawn_as_mermaid_and_as_svg() {
    let sandbox = directory(&["--mode=kubernetes"]);
    change(&sandbox, "values.yaml", "caBundle: ", "caBundle: A");
    for (file, starts) in [("map.mmd", "flowchart LR\n"), ("map.svg", "<svg xmlns=")] {
        for _ in 0..2 {
            let flag = format!("--diagram={file}");
            let ended =
                sandbox.kumactl(["verify", "installation", "--directory=tls", "--quiet", &flag]);
            assert_eq!((ended.status, ended.stderr.as_str()), (1, ""), "{ended:?}");
        }
        let drawn = sandbox.read(file);
        assert!(drawn.starts_with(starts), "{drawn}");
        for part in ["Secret kuma-system/general-tls-certs", "tls/values.yaml", "#b42318"] {
            assert!(drawn.contains(part), "{part} is not in {drawn}");
        }
    }
    let ended = sandbox.kumactl(["verify", "installation", "--directory=tls", "--diagram=map.png"]);
    assert!(ended.failure(2).contains(".svg"));
}

#[test]
fn a_directory_without_an_installation_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.write("file", "x");
    for directory in [".", "no"] {
        let ended =
            sandbox.kumactl(["verify", "installation", &format!("--directory={directory}")]);
        assert_eq!(ended.status, 3, "{ended:?}");
    }
}

#[test]
fn a_manifest_of_another_program_that_cannot_be_read_is_a_warning() {
    let sandbox = directory(&["--mode=kubernetes"]);
    sandbox.write("tls/template.yaml", "kind: {{ .Values.kind }}: [\n");
    let warned = report(&sandbox, &[]);
    assert_eq!(checks(&warned, "failed"), none(), "{warned:#}");
    let text = check(&warned, "files", "warning")["text"].to_string();
    assert!(text.contains("tls/template.yaml was not read: the object at line 1"), "{text}");
    // The Secret is ours.
    change(&sandbox, "secret.yaml", "data:", "data: [");
    assert_eq!(checks(&report(&sandbox, &[]), "failed"), ["files"]);
    let alone = sandbox.shell(
        "mkdir other; mv tls/template.yaml other; kumactl verify installation --directory=other",
    );
    assert!(alone.failure(3).contains("no control plane"));
}

/// Neither waits for the other end of a pipe, nor follows links for ever.
#[test]
fn pipes_loops_and_binaries_in_a_directory_are_passed_over() {
    let sandbox = directory(&["--mode=universal", "--hostname=cp.example"]);
    let script = "cd tls; mkfifo pipe.env; ln -s loop.env loop.env; ln -s . self.service.d; mkdir x.env; ln -s \
                  /dev/zero zero.env; head -c 100000 /dev/urandom > binary.env; head -c 3000000 /dev/zero > large.yaml";
    sandbox.shell(script).quiet_success();
    assert_eq!(checks(&report(&sandbox, &[]), "failed"), none());
}
