//! Files in all the forms in which they come, and those that cannot be read.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::pki::{Made, Pki, key, pem, write_key};
use super::{FILES, checks, refusing, report, verify};
use crate::support::{Sandbox, installed, run};

fn sound() -> (Sandbox, Made) {
    let sandbox = Sandbox::new();
    let made = Pki::new().make();
    made.write(&sandbox);
    (sandbox, made)
}

fn secret(sandbox: &Sandbox) -> String {
    let field = |name: &str| BASE64_STANDARD.encode(sandbox.read(name));
    format!(
        "apiVersion: v1\ndata:\n  ca.crt: {}\n  tls.crt: {}\n  tls.key: {}\nkind: Secret\n\
         metadata:\n  creationTimestamp: \"2026-11-24T10:00:00Z\"\n  name: general-tls-certs\n  \
         namespace: kuma-system\ntype: Opaque\n",
        field("ca.crt"),
        field("tls.crt"),
        field("tls.key")
    )
}

#[test]
fn a_secret_is_verified_as_yaml_and_json_and_with_a_bundle() {
    let (sandbox, made) = sound();
    let yaml = secret(&sandbox);
    let data: Vec<String> = yaml
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_once(": "))
        .filter(|(key, _)| key.contains('.'))
        .map(|(key, value)| format!("\"{key}\": \"{value}\""))
        .collect();
    let json = format!("{{\"kind\": \"Secret\", \"data\": {{{}}}}}", data.join(", "));
    for text in [yaml, json] {
        sandbox.write("secret", text);
        let arguments = ["verify", "tls-certificate", "--secret=secret", "--hostname=cp.example"];
        let (json, status) = report(&sandbox, &arguments);
        assert_eq!((status, checks(&json, "failed")), (0, vec![]), "{json}");
        let passed = checks(&json, "passed");
        assert_eq!(passed[0].1, "tls.crt of the Secret: 1 certificate");
        let own = format!("--ca-bundle={}", BASE64_STANDARD.encode(pem(&made.root)));
        assert_eq!(report(&sandbox, &[&arguments[..], &[&own]].concat()).1, 0);
        let other = pem(&Pki::new().make().root);
        let other = format!("--ca-bundle={}", BASE64_STANDARD.encode(other));
        let (json, status) = report(&sandbox, &[&arguments[..], &[&other]].concat());
        assert_eq!((status, checks(&json, "failed").len()), (1, 1), "{json}");
        assert_eq!(checks(&json, "failed")[0].0, "ca-bundle");
    }
}

#[test]
fn a_secret_on_standard_input_is_read() {
    let (sandbox, _) = sound();
    sandbox.write("secret.yaml", secret(&sandbox));
    let script = "kumactl verify tls-certificate --secret=- --hostname=cp.example < secret.yaml";
    let ended = sandbox.shell(script);
    assert!(ended.quiet_success().ends_with("The certificate verifies: 14 passed\n"));
}

#[test]
fn objects_that_are_not_a_secret_of_a_control_plane_are_reported_as_such() {
    let (sandbox, _) = sound();
    for (text, status, says) in [
        ("kind: ConfigMap\ndata: {}\n", 3, "it is a ConfigMap, not a Secret"),
        ("kind: Secret\ndata: {ca.crt: LS0t}\n", 3, "has no tls.crt"),
        ("kind: Secret\ndata: {tls.crt: '!'}\n", 3, "the value of tls.crt in the Secret"),
        ("kind: Secret\ndata: [1, 2\n", 3, "it is not a Kubernetes object in YAML or JSON"),
        ("kind: Secret\ndata: {tls.crt: LS0t}\n", 3, "has no tls.key"),
        ("kind: Secret\ndata: {tls.crt: LS0t, tls.key: '!'}\n", 3, "the value of tls.key in"),
        ("kind: Secret\ndata: {a: b}\ndata: {c: d}\n", 3, "line 3 has a duplicate key"),
        ("kind: Secret\n---\nkind: Secret\n", 3, "none of the 2 Secrets in secret has tls.crt"),
        ("kind: Secret\ndata: {tls.crt: [1]}\n", 3, "the value of tls.crt in the Secret"),
        ("kind: Secret\ndata: [1]\n", 3, "not a Kubernetes object in YAML or JSON (line 2)"),
        ("apiVersion: v2\nkind: Secret\n", 3, "its apiVersion is v2, but a Secret has v1"),
        ("kind: List\nitems: []\n", 3, "it has no Secret"),
        ("kind: Secret\ndata: {tls.crt: LS 0t}\n", 3, "the value of tls.crt in the Secret"),
        ("hello\n", 3, "it is not a Kubernetes object in YAML or JSON"),
        (
            "a: &a [x, x]\nb: &b [*a, *a]\nkind: 7\ndata: *b\n",
            3,
            "it is not a Kubernetes object in YAML",
        ),
    ] {
        sandbox.write("secret", text);
        let stderr = sandbox.kumactl(["verify", "tls-certificate", "--secret=secret"]);
        let stderr = stderr.failure(status);
        assert!(stderr.starts_with("error: ") && stderr.contains(says), "{text}: {stderr}");
    }
}

#[test]
fn the_old_and_the_new_ca_in_one_file_verify_in_either_order() {
    for swap in [false, true] {
        let (sandbox, made) = sound();
        let old = pem(&Pki::new().make().root);
        let both = if swap { [pem(&made.root), old] } else { [old, pem(&made.root)] };
        sandbox.write("ca.crt", both.concat());
        let (json, status) = report(&sandbox, &[&FILES[..], &["--hostname=cp.example"]].concat());
        assert_eq!(status, 0, "{json}");
    }
}

#[test]
fn a_ca_file_without_the_root_causes_a_warning_that_openssl_confirms() {
    let sandbox = Sandbox::new();
    let mut pki = Pki::new();
    pki.has_intermediate = true;
    let made = pki.make();
    made.write(&sandbox);
    sandbox.write("ca.crt", pem(&made.intermediate));
    let (json, status) = report(&sandbox, &[&FILES[..], &["--hostname=cp.example"]].concat());
    assert_eq!((status, checks(&json, "failed")), (0, vec![]), "{json}");
    assert_eq!(checks(&json, "warning").len(), 1, "{json}");
    assert!(checks(&json, "warning")[0].1.contains("which is in the CA file without the CA"));
    assert_eq!(refusing(&json), ["openssl", "openssl-strict", "node"]);
    let Some(openssl) = installed("openssl") else { return };
    let mut command = sandbox.command(openssl);
    let ended = run(command.args(["verify", "-CAfile", "ca.crt", "tls.crt"]));
    assert!(ended.stderr.contains("error 2 at 1 depth lookup"), "{ended:?}");
}

#[test]
fn a_ca_file_with_only_the_certificate_is_rejected_by_clients_that_require_its_ca() {
    let sandbox = Sandbox::new();
    let mut pki = Pki::new();
    pki.leaf.is_ca = rcgen::IsCa::NoCa;
    let made = pki.make();
    made.write(&sandbox);
    sandbox.write("ca.crt", pem(&made.leaf));
    let (json, status) = report(&sandbox, &[&FILES[..], &["--hostname=cp.example"]].concat());
    assert_eq!((status, checks(&json, "failed")), (0, vec![]), "{json}");
    assert!(
        checks(&json, "warning")[0].1.contains("itself instead of the CA that issued it"),
        "{json}"
    );
    let refuse = ["openssl", "openssl-strict", "node", "rustls", "chrome", "mbedtls"];
    assert_eq!(refusing(&json), refuse);

    // Only Kuma rejects this.
    let made = Pki::new().make();
    made.write(&sandbox);
    sandbox.write("ca.crt", format!("{}{}", pem(&made.leaf), pem(&made.root)));
    let (json, status) = report(&sandbox, &[&FILES[..], &["--hostname=cp.example"]].concat());
    assert_eq!((status, checks(&json, "failed")[0].0.as_str()), (1, "ca-file"), "{json}");
    assert_eq!(refusing(&json), ["kuma-dp"]);
}

#[test]
fn text_around_the_blocks_and_windows_line_ends_are_accepted() {
    let (sandbox, _) = sound();
    for name in ["tls.crt", "tls.key", "ca.crt"] {
        let text = sandbox.read(name).replace("\r\n", "\n").replace('\n', "\r\n");
        sandbox.write(name, format!("Bag Attributes\r\n  a: b\r\n{text}the end\r\n"));
    }
    let ended = verify(&sandbox, &["--hostname=cp.example"]);
    assert_eq!(ended.status, 0, "{ended:?}");
}

#[test]
fn other_blocks_after_a_certificate_and_trailing_spaces_are_accepted() {
    let (sandbox, _) = sound();
    let parameters = "-----BEGIN DH PARAMETERS-----\nMAYCAQUCAQI=\n-----END DH PARAMETERS-----\n";
    let certificate = sandbox.read("tls.crt").replace("\r\n", "  \n");
    sandbox.write("tls.crt", format!("{certificate}{parameters}"));
    let key = sandbox.read("tls.key").replace("\r\n", "\t\n");
    fs::write(sandbox.path("tls.key"), format!("{parameters}{key}")).expect("a key");
    let comment = "# see the -----BEGIN of the file\n";
    sandbox.write("ca.crt", format!("{comment}{}", sandbox.read("ca.crt").trim_end()));
    let ended = verify(&sandbox, &["--hostname=cp.example"]);
    assert_eq!(ended.status, 0, "{ended:?}");
}

#[test]
fn the_error_of_kuma_is_quoted_for_the_right_file() {
    let (sandbox, _) = sound();
    let quoted = |arguments: &[&str]| {
        let (json, _) = report(&sandbox, arguments);
        let checks = json["checks"].as_array().expect("checks").clone();
        let failed = checks.iter().find(|check| check["outcome"] == "failed").expect("a failure");
        failed["kuma_error"]["text"].as_str().unwrap_or_default().to_owned()
    };
    sandbox.write("empty", "");
    sandbox.write("both", format!("{}{}", sandbox.read("tls.crt"), sandbox.read("tls.key")));
    let with = |cert: &str, key: &str, ca: &str| {
        let arguments = [
            "verify".to_owned(),
            "tls-certificate".to_owned(),
            format!("--cert-file={cert}"),
            format!("--key-file={key}"),
            format!("--ca-cert-file={ca}"),
        ];
        quoted(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    // Each as Kuma 2.14.3 says it.
    let bootstrap = "could not register Bootstrap: could not parse certificate";
    assert_eq!(with("empty", "tls.key", "ca.crt"), bootstrap);
    let none = "tls: failed to find any PEM data in key input";
    assert_eq!(with("tls.crt", "empty", "ca.crt"), none);
    let unknown = "x509: certificate signed by unknown authority";
    assert_eq!(with("tls.crt", "tls.key", "empty"), unknown);
    assert_eq!(with("tls.crt", "tls.key", "tls.key"), "could not add certificate");
    sandbox.write("bom", format!("\u{feff}{}", sandbox.read("ca.crt")));
    assert_eq!(with("tls.crt", "tls.key", "bom"), "could not add certificate");
    sandbox.write("leaf", sandbox.read("tls.crt"));
    assert!(
        with("tls.crt", "tls.key", "leaf").starts_with("Invalid request: A data plane proxy is")
    );
    // Go loads a certificate file that also contains the key. `verify` rejects it: the file is published.
    assert_eq!(with("both", "tls.key", "ca.crt"), "");
    let swapped = format!("{bootstrap}: x509: malformed tbs certificate");
    assert_eq!(with("tls.key", "tls.crt", "ca.crt"), swapped);
}

#[test]
fn hints_contain_file_names_that_can_be_typed() {
    let (sandbox, _) = sound();
    let swapped = secret(&sandbox).replace("tls.crt", "x").replace("tls.key", "tls.crt");
    sandbox.write("secret", swapped.replace("  x:", "  tls.key:"));
    let (json, status) = report(&sandbox, &["verify", "tls-certificate", "--secret=secret"]);
    assert_eq!(
        (status, &json["checks"][0]["hint"]),
        (1, &"swap the certificate and the key".into()),
        "{json}"
    );
    let script = "kumactl verify tls-certificate --cert-file=- --ca-cert-file=ca.crt -q < tls.key";
    let printed = run(sandbox.command("sh").args(["-c", script])).stdout;
    assert!(printed.contains("hint: pass the certificate file"), "{printed}");
    assert!(!printed.contains("'standard input'"), "{printed}");
    // The CA of another is not to be written over.
    let other = Pki::new().make();
    sandbox.write("tls.crt", format!("{}{}", sandbox.read("tls.crt"), sandbox.read("ca.crt")));
    sandbox.write("ca.crt", pem(&other.root));
    let printed = verify(&sandbox, &["-q"]).stdout;
    assert!(printed.contains("pass the CA CN=root with --ca-cert-file"), "{printed}");
    assert!(!printed.contains("cp tls.crt"), "{printed}");
}

#[test]
fn a_key_that_other_users_can_read_causes_a_warning() {
    let (sandbox, _) = sound();
    fs::set_permissions(sandbox.path("tls.key"), fs::Permissions::from_mode(0o640)).expect("mode");
    let (json, status) = report(&sandbox, &[&FILES[..], &["--hostname=cp.example"]].concat());
    assert_eq!(status, 0);
    assert_eq!(
        checks(&json, "warning"),
        [(
            "file-mode".to_owned(),
            "tls.key has permissions 0640: other users can read the key".to_owned()
        )]
    );
}

#[test]
fn unreadable_input_is_named_and_ends_with_status_3() {
    let (sandbox, _) = sound();
    fs::create_dir(sandbox.path("directory")).expect("a directory");
    let zeros = File::create(sandbox.path("zeros")).expect("a file");
    zeros.set_len(100 << 20).expect("a sparse file");
    for (name, says) in [
        ("missing", "no such file or directory"),
        ("directory", "is a directory"),
        ("zeros", "is longer than 1 MiB"),
    ] {
        for flag in ["cert-file", "key-file", "ca-cert-file", "ca-bundle-file", "secret"] {
            let flag = format!("--{flag}={name}");
            let is_alone = flag.starts_with("--cert-file") || flag.starts_with("--secret");
            let certificate = if is_alone { vec![] } else { vec!["--cert-file=tls.crt"] };
            let arguments = [&["verify", "tls-certificate", &flag][..], &certificate].concat();
            let stderr = sandbox.kumactl(&arguments).failure(3);
            assert!(stderr.contains(name) && stderr.contains(says), "{arguments:?}: {stderr}");
        }
    }
}

#[test]
fn a_hundred_megabytes_are_rejected_in_constant_memory() {
    let (sandbox, _) = sound();
    let zeros = File::create(sandbox.path("zeros")).expect("a file");
    zeros.set_len(100 << 20).expect("a sparse file");
    for command in [
        "inspect certificate zeros",
        "inspect certificate - < zeros",
        "verify tls-certificate --cert-file=zeros",
        "verify tls-certificate --secret=- < zeros",
    ] {
        // Address space: the program, its libraries and what it reads. Debug builds are large.
        let script = format!("ulimit -v 400000; kumactl {command}");
        let stderr = run(sandbox.command("sh").args(["-c", &script])).failure(3);
        assert!(stderr.contains("longer than 1 MiB"), "{command}: {stderr}");
    }
}

#[test]
fn without_a_ca_file_the_certificate_file_must_contain_its_ca() {
    let (sandbox, made) = sound();
    let own = ["verify", "tls-certificate", "--cert-file=tls.crt", "--hostname=cp.example"];
    let stderr = sandbox.kumactl(own).failure(2);
    assert_eq!(
        stderr,
        "error: --ca-cert-file is required: tls.crt does not contain its CA\n\
         hint: add --ca-cert-file=ca.crt, or --ca-bundle with its Base64\n"
    );
    sandbox.write("tls.crt", format!("{}{}", pem(&made.leaf), pem(&made.root)));
    let (json, status) = report(&sandbox, &own);
    assert_eq!((status, checks(&json, "failed")), (0, vec![]), "{json}");
    let file = ("ca-file".to_owned(), "the self-signed CA in tls.crt: 1 certificate".to_owned());
    assert!(checks(&json, "passed").contains(&file), "{json}");
}

#[test]
fn no_byte_of_a_key_is_printed_if_files_are_swapped() {
    let (sandbox, made) = sound();
    let text = sandbox.read("tls.key");
    let secrets: Vec<&str> = text.lines().filter(|line| !line.starts_with("-----")).collect();
    write_key(&sandbox, "other.key", &key());
    sandbox.write("all.pem", format!("{}{text}{}", pem(&made.leaf), pem(&made.root)));
    sandbox.write("secret", secret(&sandbox));
    for command in [
        "inspect certificate all.pem tls.key secret",
        "inspect certificate all.pem tls.key secret -o json",
        "inspect certificate all.pem secret -o pem",
        "verify tls-certificate --cert-file=tls.key --key-file=tls.crt --ca-cert-file=tls.key",
        "verify tls-certificate --cert-file=tls.crt --key-file=tls.key --ca-cert-file=all.pem -o json",
        "verify tls-certificate --secret=tls.key",
        "verify tls-certificate --secret=secret",
    ] {
        let ended = run(sandbox.command("sh").args(["-c", &format!("kumactl {command}")]));
        let printed = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!printed.is_empty());
        for line in &secrets {
            assert!(!printed.contains(line), "{command}: {printed}");
        }
    }
}

#[test]
fn a_secret_that_kubernetes_rejects_for_another_value_causes_a_warning() {
    let (sandbox, _) = sound();
    let text = secret(&sandbox).replace("data:\n", "data:\n  other: '%%%'\n");
    sandbox.write("secret.yaml", text);
    let arguments = ["verify", "tls-certificate", "--secret=secret.yaml", "--hostname=cp.example"];
    let ended = sandbox.kumactl(arguments);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert_eq!(
        ended.stderr,
        "warning: another value of the Secret in secret.yaml is not Base64, so Kubernetes \
         rejects the Secret\n"
    );
}
