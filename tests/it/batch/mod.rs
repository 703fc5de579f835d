//! `kumactl generate tls-certificates`.

mod again;
mod ca;
mod faults;
mod printed;
mod progress;
mod schema;
mod tokens;
mod yaml;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Ended, Sandbox, installed, kumactl, run};

const ZONES: &str = "\
issuer: {certFile: ca.crt, keyFile: ca.key, create: {name: Mesh CA, keyType: ecdsa}}
defaults: {type: server, keyType: ecdsa, validFor: 1y, namespace: kuma-system}
certificates:
- {name: zone-1, kubernetesService: kuma-control-plane.kuma-system, artifacts: [pem, secret]}
- {name: zone-2, hostnames: [cp.zone-2.example, 10.0.0.7], artifacts: bundle}
- {name: client, type: client, hostnames: dp.example, keyType: ed25519, validFor: 30d}
";

fn generate(sandbox: &Sandbox, more: &[&str]) -> Ended {
    let fixed = ["generate", "tls-certificates", "--file=zones.yaml", "--output-dir=tls"];
    sandbox.kumactl(fixed.iter().chain(more))
}

fn counts(ended: Ended) -> [u64; 4] {
    assert_eq!(ended.status, 0, "{ended:?}");
    let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    ["created", "replaced", "repaired", "kept"]
        .map(|field| report[field].as_u64().expect("a number"))
}

fn sandbox(specification: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("zones.yaml", specification);
    sandbox
}

#[test]
fn every_certificate_gets_a_directory_with_the_requested_files() {
    let sandbox = sandbox(ZONES);
    let printed = generate(&sandbox, &[]).quiet_success();
    assert!(printed.starts_with("Certificates: 3 created, in "), "{printed}");
    let names = |directory: &str| {
        let entries = fs::read_dir(sandbox.path(directory)).expect("a directory");
        let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("a name");
        let mut names: Vec<_> = entries.map(|entry| name(entry.expect("an entry"))).collect();
        names.sort();
        names
    };
    assert_eq!(names("tls"), ["client", "zone-1", "zone-2"]);
    assert_eq!(names("tls/zone-1"), ["ca.crt", "secret.yaml", "tls.crt", "tls.key"]);
    assert_eq!(names("tls/zone-2"), ["ca-bundle.b64", "ca.crt", "tls.crt", "tls.key"]);
    assert_eq!(names("tls/client"), ["ca.crt", "tls.crt", "tls.key"]);
    for (file, mode) in [
        ("ca.key", 0o600),
        ("ca.crt", 0o644),
        ("tls/zone-1/tls.key", 0o600),
        ("tls/zone-1/secret.yaml", 0o600),
        ("tls/zone-1/tls.crt", 0o644),
    ] {
        assert_eq!(sandbox.mode(file), mode, "{file}");
    }
    assert_eq!(sandbox.read("tls/zone-1/ca.crt"), sandbox.read("ca.crt"));
    let decode = "kumactl generate ca-bundle --decode < tls/zone-2/ca-bundle.b64";
    assert_eq!(sandbox.shell(decode).quiet_success(), sandbox.read("ca.crt"));
    for (directory, more) in [
        ("zone-1", &["--kubernetes-service=kuma-control-plane.kuma-system"][..]),
        ("zone-2", &["--hostname=cp.zone-2.example,10.0.0.7"]),
        ("client", &["--hostname=dp.example", "--type=client"]),
    ] {
        let mut arguments = vec!["verify".to_owned(), "tls-certificate".to_owned()];
        for (flag, file) in
            [("cert-file", "tls.crt"), ("key-file", "tls.key"), ("ca-cert-file", "ca.crt")]
        {
            arguments.push(format!("--{flag}=tls/{directory}/{file}"));
        }
        arguments.extend(more.iter().map(|word| (*word).to_owned()));
        let ended = sandbox.kumactl(&arguments);
        assert_eq!(ended.status, 0, "{directory}: {ended:?}");
    }
    let secret = sandbox.kumactl([
        "verify",
        "tls-certificate",
        "--secret=tls/zone-1/secret.yaml",
        "--kubernetes-service=kuma-control-plane.kuma-system",
    ]);
    assert_eq!(secret.status, 0, "{secret:?}");
    assert!(sandbox.read("tls/zone-1/secret.yaml").contains("  name: zone-1\n"));
    if let Some(openssl) = installed("openssl") {
        let mut command = sandbox.command(openssl);
        command.args(["verify", "-x509_strict", "-CAfile", "ca.crt", "tls/zone-2/tls.crt"]);
        assert_eq!(run(&mut command).status, 0);
    }
}

#[test]
fn permissions_do_not_depend_on_the_umask_but_those_of_directories_do() {
    for (umask, directory) in [("000", 0o777), ("022", 0o755), ("077", 0o700)] {
        let sandbox = sandbox(ZONES);
        let command = "kumactl generate tls-certificates --file=zones.yaml --output-dir=tls -q";
        let script = format!("mkdir tls; umask {umask}; {command}");
        assert_eq!(sandbox.shell(&script).quiet_success(), "");
        assert_eq!(sandbox.mode("tls/zone-1/tls.key"), 0o600);
        assert_eq!(sandbox.mode("tls/zone-1/tls.crt"), 0o644);
        assert_eq!(sandbox.mode("tls/zone-1"), directory, "{umask}");
    }
}

#[test]
fn a_second_run_fails_and_with_if_needed_it_creates_and_repairs_what_differs() {
    let sandbox = sandbox(ZONES);
    generate(&sandbox, &[]).quiet_success();
    let stderr = generate(&sandbox, &[]).failure(1);
    assert!(
        stderr.starts_with("error: tls/zone-1 and 2 others already exist; no file was changed\n"),
        "{stderr}"
    );
    let json = ["--if-needed", "--output=json"];
    assert_eq!(counts(generate(&sandbox, &json)), [0, 0, 0, 3]);

    let kept = sandbox.read("tls/client/tls.crt");
    fs::remove_file(sandbox.path("tls/zone-1/secret.yaml")).expect("a file");
    sandbox.write("tls/zone-2/tls.crt", "");
    sandbox.write("tls/zone-2/mine.txt", "mine");
    assert_eq!(counts(generate(&sandbox, &json)), [0, 1, 1, 1]);
    assert_eq!(sandbox.read("tls/client/tls.crt"), kept);
    assert_eq!(sandbox.read("tls/zone-2/mine.txt"), "mine");
    assert!(sandbox.read("tls/zone-1/secret.yaml").contains("tls.key"));

    // A name more, a certificate more; the others stay.
    let text = ZONES.replace("cp.zone-2.example,", "cp.zone-2.example, new.example,");
    sandbox.write("zones.yaml", text + "- {name: zone-3, hostnames: [cp.zone-3.example]}\n");
    assert_eq!(counts(generate(&sandbox, &json)), [1, 1, 0, 2]);
    assert_eq!(counts(generate(&sandbox, &["--force", "--output=json"])), [0, 4, 0, 0]);
    assert_ne!(sandbox.read("tls/client/tls.crt"), kept);
}

#[test]
fn all_wrong_values_are_reported_at_once_with_their_lines_and_nothing_is_written() {
    let sandbox = sandbox(
        "\
issuer: {certFile: ca.crt, create: {name: ''}}
defaults:
  type: server
  name: n
  validFor: 90
  artifacts: [pem, secrets]
certificates:
- name: ../x
  hostnames: [a b, \"https://cp:1\"]
- name: ok
- name: OK
  type: servr
  hostnames: ok.example
  keyType: dsa
- hostnames: x
- {name: n, type: client, hostnames: [], kubernetesService: x}
- {name: s, hostnames: [s.example], artifacts: [secret], secretName: A}
",
    );
    let before = sandbox.names();
    let stderr = generate(&sandbox, &[]).failure(2);
    for said in [
        "error: zones.yaml:1:9: issuer requires certFile and keyFile\nhint: issuer: {cert",
        "error: zones.yaml:1:36: create: ",
        "error: zones.yaml:4:9: defaults cannot have a name\n",
        "error: zones.yaml:5:13: validFor: \"90\" is a duration without a unit\nhint: ",
        "error: zones.yaml:6:20: unknown artifact \"secrets\"\nhint: use one of pem, secret, bundle\n",
        "error: zones.yaml:8:9: the name \"../x\" begins with a dot or a hyphen\nhint: use letters",
        "error: zones.yaml:9:15: hostname \"a b\" has white space inside\nhint: did you mean a, b?\n",
        "error: zones.yaml:9:20: hostname \"https://cp:1\" is a URL\nhint: did you mean cp?\n",
        "error: zones.yaml:10:3: ok: a certificate needs at least one name\n",
        "error: zones.yaml:11:9: duplicate name OK, first used in line 10\n",
        "error: zones.yaml:12:9: unknown type \"servr\"\nhint: use server or client\n",
        "error: zones.yaml:14:12: unknown key type \"dsa\"\nhint: use one of rsa, ecdsa",
        "error: zones.yaml:15:3: a certificate has no name\nhint: add name: zone-1",
        "error: zones.yaml:16:61: \"x\" has no namespace\nhint: did you mean x.kuma-system?\n",
        "error: zones.yaml:17:3: s has no namespace for its Secret\nhint: set namespace: kuma-system",
        "error: zones.yaml:17:70: ",
    ] {
        assert!(stderr.contains(said), "{said}\n--\n{stderr}");
    }
    assert_eq!(stderr.matches("error: ").count(), 16, "{stderr}");
    assert_eq!(sandbox.names(), before);
}

#[test]
fn names_that_the_ca_may_not_certify_are_reported_before_anything_is_written() {
    let sandbox = sandbox(
        "\
issuer: {certFile: ca.crt, keyFile: ca.key}
defaults: {type: server, keyType: ecdsa}
certificates:
- {name: good, hostnames: [a.mesh.example]}
- {name: outside, hostnames: [elsewhere.example]}
- {name: longer, hostnames: [b.mesh.example], validFor: 50y}
",
    );
    let stderr = generate(&sandbox, &[]).failure(1);
    assert!(stderr.contains("ca.crt: no such file"), "{stderr}");
    let ca = ["generate", "ca-certificate", "--key-type=ecdsa", "--permit-dns=mesh.example"];
    assert_eq!(sandbox.kumactl(ca).status, 0);
    let stderr = generate(&sandbox, &[]).failure(2);
    assert!(stderr.contains("zones.yaml:5:3: outside: "), "{stderr}");
    assert!(stderr.contains("zones.yaml:6:3: longer: "), "{stderr}");
    assert!(!sandbox.path("tls").exists());
}

#[test]
fn json_is_accepted_and_without_a_ca_every_certificate_is_self_signed() {
    let sandbox = sandbox(
        r#"{"certificates": [{"name": "a", "type": "server", "keyType": "ecdsa",
            "hostnames": ["a.example"]}]}"#,
    );
    generate(&sandbox, &["--quiet", "--key-format=pkcs8", "--key-mode=0640"]);
    assert_eq!(sandbox.read("tls/a/tls.crt"), sandbox.read("tls/a/ca.crt"));
    assert!(sandbox.read("tls/a/tls.key").starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert_eq!(sandbox.mode("tls/a/tls.key"), 0o640);
}

#[test]
fn unreadable_text_is_reported_by_its_line_and_not_repeated() {
    for (text, says) in [
        ("", "the specification has neither certificates nor tokens"),
        ("certificates: []\n", "the specification has neither certificates nor tokens"),
        ("certificates: [\n", ":1:15: unclosed bracket"),
        ("certificates: []\ncertificates: []\n", ":2:1: duplicate field"),
        ("certificates: []\n---\na: b\n", "more than one document"),
        ("issuer: {create: {name: \"\\e[31m\"}, certFile: a, keyFile: b}\n", "create: "),
    ] {
        let sandbox = sandbox(text);
        let stderr = generate(&sandbox, &[]).failure(2);
        assert!(stderr.contains(says), "{text}: {stderr}");
        assert!(!stderr.contains('\u{1b}') && !sandbox.path("tls").exists(), "{stderr}");
    }
}

#[test]
fn an_interruption_leaves_complete_certificates_and_if_needed_creates_the_rest() {
    let mut text = String::from("defaults: {type: server, keyType: ecdsa}\ncertificates:\n");
    for index in 0..500 {
        text += &format!("- {{name: n{index}, hostnames: [n{index}.example]}}\n");
    }
    for signal in ["TERM", "KILL"] {
        let sandbox = sandbox(&text);
        let mut command = sandbox.command(kumactl());
        command.args(["generate", "tls-certificates", "--file=zones.yaml", "--output-dir=tls"]);
        let mut child = command.stderr(Stdio::null()).stdout(Stdio::null()).spawn().expect("it");
        while fs::read_dir(sandbox.path("tls")).map_or(0, Iterator::count) < 20 {
            std::thread::sleep(Duration::from_millis(1));
        }
        run(sandbox.command("kill").args([&format!("-{signal}"), &child.id().to_string()]));
        assert!(!child.wait().expect("an end").success());
        let there: Vec<_> = fs::read_dir(sandbox.path("tls"))
            .expect("a directory")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.file_name().is_none_or(|n| n.as_encoded_bytes()[0] != b'.'))
            .collect();
        assert!(there.len() < 500);
        for path in there {
            for file in ["tls.crt", "tls.key", "ca.crt"] {
                let text = fs::read_to_string(path.join(file)).expect("a file");
                assert!(text.ends_with("-----\n"), "{}: {text}", path.display());
            }
        }
        let [made, replaced, repaired, kept] =
            counts(generate(&sandbox, &["--if-needed", "--output=json"]));
        assert_eq!((made + kept, replaced, repaired), (500, 0, 0));
        assert!(kept >= 1);
        let left = fs::read_dir(sandbox.path("tls")).expect("a directory").count();
        assert_eq!(left, 500, "nothing of the run that was killed is left");
    }
}

#[test]
fn a_directory_that_cannot_be_written_stops_the_run_which_reports_its_progress() {
    let sandbox = sandbox(ZONES);
    sandbox.write("tls", "a file");
    let stderr = generate(&sandbox, &[]).failure(1);
    assert!(stderr.starts_with("error: could not create the directory tls: "), "{stderr}");
    fs::remove_file(sandbox.path("tls")).expect("a file");
    fs::create_dir(sandbox.path("tls")).expect("a directory");
    fs::create_dir(sandbox.path("tls/zone-2")).expect("a directory");
    sandbox.write("tls/zone-2/tls.key", "not a key\n");
    let stderr = generate(&sandbox, &["--if-needed"]);
    assert_eq!(stderr.status, 1);
    assert!(stderr.stderr.contains("zone-2: "), "{stderr:?}");
    assert!(stderr.stderr.contains("rerun with --if-needed to create the rest"));
    assert_eq!(sandbox.read("tls/zone-2/tls.key"), "not a key\n");
    let mode = fs::Permissions::from_mode(0o700);
    fs::set_permissions(sandbox.path("tls"), mode).expect("permissions");
}
