//! A second run: what is told, and what is left.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{ZONES, counts, generate, sandbox};

/// A self-signed certificate with a Secret and a bundle, or with less.
fn own(artifacts: &str, hostname: &str) -> String {
    format!(
        "defaults: {{type: server, keyType: ecdsa, namespace: kuma-system}}\ncertificates:\n\
         - {{name: a, hostnames: [{hostname}], artifacts: [{artifacts}]}}\n"
    )
}

#[test]
fn replacements_and_repairs_are_reported_with_their_reasons() {
    let sandbox = sandbox(ZONES);
    generate(&sandbox, &[]).quiet_success();
    let text = ZONES.replace("cp.zone-2.example,", "new.example,");
    sandbox.write("zones.yaml", text);
    fs::remove_file(sandbox.path("tls/zone-1/secret.yaml")).expect("a file");
    let ended = generate(&sandbox, &["--if-needed"]);
    assert_eq!(
        ended.stderr,
        "note: zone-1: repaired: secret.yaml does not exist\n\
         note: zone-2: replaced: tls.crt: it lacks the name new.example; tls.crt: it has the name \
         cp.zone-2.example, which was not requested\n"
    );
    assert!(ended.stdout.starts_with("Certificates: 1 replaced, 1 repaired, 1 kept, in "));
    fs::remove_file(sandbox.path("tls/zone-1/secret.yaml")).expect("a file");
    assert_eq!(generate(&sandbox, &["--if-needed", "-q"]).quiet_success(), "");
}

#[test]
fn of_many_notes_the_first_and_a_count_are_printed() {
    let text = |domain: &str| {
        let mut text = String::from("defaults: {type: client, keyType: ecdsa}\ncertificates:\n");
        for index in 100..150 {
            text += &format!("- {{name: n{index}, hostnames: [n{index}.{domain}]}}\n");
        }
        text
    };
    let sandbox = sandbox(&text("a.example"));
    generate(&sandbox, &[]).quiet_success();
    sandbox.write("zones.yaml", text("b.example"));
    let stderr = generate(&sandbox, &["--if-needed"]).stderr;
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!(lines.len(), 21, "{stderr}");
    for (index, line) in lines[..20].iter().enumerate() {
        assert!(line.starts_with(&format!("note: n{}: replaced: ", 100 + index)), "{stderr}");
    }
    assert_eq!(lines[20], "note: 30 more notes about other certificates");
}

#[test]
fn a_certificate_that_some_clients_reject_causes_a_warning_with_its_line() {
    let sandbox = sandbox(
        "\
defaults: {type: server, keyType: ecdsa}
certificates:
- {name: a, hostnames: [a_b.example]}
- {name: b, hostnames: [b.example], keyType: ed25519}
- {name: c, type: client, hostnames: [c.example], keyType: ed25519}
",
    );
    let ended = generate(&sandbox, &["--key-mode=0644"]);
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!((ended.status, lines.len()), (0, 3), "{ended:?}");
    assert!(
        lines[0].starts_with("warning: zones.yaml:3:3: a: the name a_b.example has an undersc")
    );
    assert!(lines[1].starts_with("warning: zones.yaml:4:3: b: Envoy, as Kuma configures it, "));
    assert!(lines[2].starts_with("warning: --key-mode=0644 gives every user"), "{ended:?}");
    generate(&sandbox, &["--if-needed", "--key-mode=0644", "-q"]).quiet_success();
}

#[test]
fn a_new_ca_for_existing_certificates_is_reported() {
    let sandbox = sandbox(ZONES);
    generate(&sandbox, &[]).quiet_success();
    for file in ["ca.crt", "ca.key"] {
        fs::remove_file(sandbox.path(file)).expect("a file");
    }
    let ended = generate(&sandbox, &["--if-needed"]);
    let says = "note: created a new CA, because both files of the CA were missing: 3 ";
    assert!(ended.status == 0 && ended.stderr.starts_with(says), "{ended:?}");
    assert!(ended.stderr.contains("note: zone-1: replaced: tls.crt: its issuer is "), "{ended:?}");
}

#[test]
fn artifacts_of_a_replaced_pair_are_removed() {
    let sandbox = sandbox(&own("secret, bundle", "a.example"));
    generate(&sandbox, &[]).quiet_success();
    // Not asked for any more, but of the pair that stays.
    sandbox.write("zones.yaml", own("", "a.example"));
    assert_eq!(counts(generate(&sandbox, &["--if-needed", "--output=json"])), [0, 0, 0, 1]);
    assert!(sandbox.path("tls/a/secret.yaml").exists());
    let [secret, bundle] =
        ["secret.yaml", "ca-bundle.b64"].map(|f| sandbox.read(&format!("tls/a/{f}")));
    sandbox.write("zones.yaml", own("", "b.example"));
    let stderr = generate(&sandbox, &["--if-needed"]).stderr;
    for file in ["secret.yaml", "ca-bundle.b64"] {
        let says = format!("note: a: removed {file}: it is from another pair");
        assert!(stderr.contains(&says), "{stderr}");
        assert!(!sandbox.path(&format!("tls/a/{file}")).exists());
    }
    // As a run leaves them that was killed before it removed them.
    sandbox.write("tls/a/secret.yaml", secret);
    sandbox.write("tls/a/ca-bundle.b64", bundle);
    assert_eq!(counts(generate(&sandbox, &["--if-needed", "--output=json"])), [0, 0, 1, 0]);
    assert!(!sandbox.path("tls/a/secret.yaml").exists());
    // What is something else is somebody else's.
    sandbox.write("tls/a/secret.yaml", "kind: ConfigMap\n");
    generate(&sandbox, &["--force"]);
    assert_eq!(sandbox.read("tls/a/secret.yaml"), "kind: ConfigMap\n");
}

#[test]
fn certificates_that_match_are_checked_without_locks() {
    let sandbox = sandbox(ZONES);
    generate(&sandbox, &[]).quiet_success();
    let held = fs::File::open(sandbox.path("tls/zone-1")).expect("a directory");
    held.lock().expect("a lock");
    assert_eq!(counts(generate(&sandbox, &["--if-needed", "--output=json"])), [0, 0, 0, 3]);
}

#[test]
fn both_cas_of_a_rotation_stay_and_the_permissions_of_a_secret_are_repaired() {
    let sandbox = crate::support::Sandbox::new();
    let specification = "certificates:\n- {name: one, type: server, hostnames: [a], keyType: ecdsa, \
                         artifacts: [secret, bundle], namespace: mesh}\n";
    sandbox.write("all.yaml", specification);
    let run = ["generate", "tls-certificates", "--file=all.yaml", "--output-dir=o", "--if-needed"];
    assert_eq!(sandbox.kumactl(run).status, 0);
    let made = sandbox.kumactl(["generate", "ca-certificate", "--key-type=ecdsa"]);
    assert_eq!(made.status, 0, "{made:?}");
    let both = sandbox.read("o/one/ca.crt") + &sandbox.read("ca.crt");
    sandbox.write("o/one/ca.crt", &both);
    let ended = sandbox.kumactl(run);
    assert!(ended.stdout.contains("1 repaired"), "{ended:?}");
    assert_eq!(sandbox.read("o/one/ca.crt"), both);
    let decoded = sandbox.shell("kumactl generate ca-bundle --decode < o/one/ca-bundle.b64");
    assert_eq!(decoded.quiet_success(), both);
    assert!(sandbox.kumactl(run).stdout.contains("1 kept"));
    let open = fs::Permissions::from_mode(0o666);
    fs::set_permissions(sandbox.path("o/one/secret.yaml"), open).expect("permissions");
    assert!(sandbox.kumactl(run).stdout.contains("1 repaired"));
    assert_eq!(sandbox.mode("o/one/secret.yaml"), 0o600);
}
