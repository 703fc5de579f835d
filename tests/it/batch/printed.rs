//! `--print-spec`.

use super::{ZONES, counts, generate, sandbox};
use crate::support::{Ended, Sandbox};

fn print(sandbox: &Sandbox) -> Ended {
    sandbox.kumactl(["generate", "tls-certificates", "--print-spec=tls"])
}

#[test]
fn the_printed_specification_matches_the_directory() {
    let sandbox = sandbox(ZONES);
    generate(&sandbox, &[]).quiet_success();
    let printed = sandbox.kumactl(["generate", "tls-certificates", "--print-spec=tls"]);
    let issuer = "issuer: {certFile: ca.crt, keyFile: ca.key}\n";
    sandbox.write("zones.yaml", format!("{issuer}{}", printed.quiet_success()));
    assert_eq!(counts(generate(&sandbox, &["--if-needed", "--output=json"])), [0, 0, 0, 3]);
    let stderr = sandbox.kumactl(["generate", "tls-certificates", "--print-spec=."]).failure(1);
    assert!(stderr.starts_with("error: no certificates or tokens found in .\nhint: "), "{stderr}");
}

#[test]
fn an_unreadable_file_is_named_and_a_pipe_does_not_block() {
    let rows = [
        ("ca.crt", "mkfifo", "the CA file tls/client/ca.crt is not a regular file"),
        ("tls.crt", "mkfifo", "the certificate file tls/client/tls.crt is not a regular file"),
        ("secret.yaml", "mkfifo", "the Secret tls/client/secret.yaml is not a regular file"),
        ("ca.crt", "echo damaged >", "tls/client/ca.crt: "),
        ("tls.crt", "mkdir", "the certificate file tls/client/tls.crt is not a regular file"),
    ];
    for (file, make, says) in rows {
        let sandbox = sandbox(ZONES);
        generate(&sandbox, &[]).quiet_success();
        let place = format!("tls/client/{file}");
        sandbox.shell(&format!("rm -f {place}; {make} {place}")).quiet_success();
        let stderr = print(&sandbox).failure(1);
        assert!(stderr.starts_with(&format!("error: {says}")), "{stderr}");
    }
}

#[test]
fn the_leftovers_of_a_killed_run_are_not_printed() {
    let sandbox = sandbox(ZONES);
    generate(&sandbox, &[]).quiet_success();
    let printed = print(&sandbox).quiet_success();
    sandbox
        .shell("cp -r tls/client tls/.kumactl-new-client; ln -s nothing tls/link")
        .quiet_success();
    assert_eq!(print(&sandbox).quiet_success(), printed);
}

#[test]
fn the_ca_is_named_and_without_an_issuer_nothing_becomes_self_signed() {
    let sandbox = sandbox(ZONES);
    generate(&sandbox, &[]).quiet_success();
    let printed = print(&sandbox).quiet_success();
    let lines: Vec<&str> = printed.lines().collect();
    assert!(lines[0].starts_with("# issued by O=Kuma, CN=Mesh CA "), "{printed}");
    assert!(lines[0].ends_with(": client, zone-1, zone-2"), "{printed}");
    assert!(lines[1].starts_with("# add issuer: {certFile: ca.crt, keyFile: ca.key}"), "{printed}");
    assert_eq!(lines[2], "certificates:");

    sandbox.write("zones.yaml", printed);
    let kept = sandbox.read("tls/zone-1/tls.crt");
    let ended = generate(&sandbox, &["--if-needed"]);
    assert_eq!(ended.status, 1);
    let says = "/tls.crt was issued by O=Kuma, CN=Mesh CA ";
    assert!(ended.stderr.contains(says), "{ended:?}");
    assert!(ended.stderr.contains("hint: add issuer: {certFile: ca.crt, keyFile: ca.key}"));
    assert_eq!(sandbox.read("tls/zone-1/tls.crt"), kept);
    assert_eq!(counts(generate(&sandbox, &["--force", "--output=json"])), [0, 3, 0, 0]);
}

#[test]
fn any_lifetime_is_printed_as_requested() {
    for (asked, printed) in [("30m", "30m"), ("601s", "601s"), ("90m", "90m"), ("2d", "48h")] {
        let sandbox = sandbox(&format!(
            "certificates:\n- {{name: a, type: client, hostnames: [a.b], keyType: ecdsa, \
             validFor: {asked}}}\n"
        ));
        generate(&sandbox, &[]).quiet_success();
        let text = print(&sandbox).quiet_success();
        assert!(text.contains(&format!("  validFor: {printed}\n")), "{text}");
        assert!(!text.contains("issue"), "{text}");
    }
}

#[test]
fn no_lifetime_is_printed_for_a_certificate_that_expires_with_its_ca() {
    let sandbox = sandbox(
        "issuer: {certFile: ca.crt, keyFile: ca.key, create: {keyType: ecdsa, validFor: 60d}}\n\
         certificates:\n- {name: a, type: client, hostnames: [a.b], keyType: ecdsa}\n",
    );
    generate(&sandbox, &[]).quiet_success();
    assert!(!print(&sandbox).quiet_success().contains("validFor"));
}

#[test]
fn flags_without_effect_on_print_spec_are_rejected() {
    for flag in ["--force", "--if-needed", "--output=json", "--quiet", "--key-mode=0640"] {
        let ended =
            Sandbox::new().kumactl(["generate", "tls-certificates", "--print-spec=.", flag]);
        assert!(ended.failure(2).contains("cannot be used with"), "{flag}");
    }
}
