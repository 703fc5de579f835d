//! What is printed, and when.

use super::pki::Pki;
use super::{FILES, checks, report, verify};
use crate::support::Sandbox;

fn sound() -> Sandbox {
    let sandbox = Sandbox::new();
    Pki::new().make().write(&sandbox);
    sandbox
}

#[test]
fn every_check_is_a_line_and_the_verdict_is_last() {
    let text = verify(&sound(), &["--hostname=cp.example"]).quiet_success();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "passed   certificate-file         tls.crt: 1 certificate");
    assert_eq!(lines[5], "passed   chain                    issued by CN=root");
    assert_eq!(lines[13], "passed   hostname                 cp.example");
    assert!(lines[15].starts_with("accepted by kuma-dp, envoy, "), "{text}");
    assert_eq!(lines.last(), Some(&"The certificate verifies: 15 passed"));
}

#[test]
fn a_failure_has_the_compared_values_the_error_of_kuma_and_a_hint() {
    let ended = verify(&sound(), &["--hostname=localhost", "--quiet"]);
    assert_eq!(
        ended.failure_report(),
        "failed   hostname                 localhost is not among the names of the certificate: \
         cp.example\n         \
         kuma-dp: x509: certificate is valid for cp.example, not localhost\n         \
         hint: reissue it with that name, too: --hostname=localhost\n"
    );
}

#[test]
fn failures_come_last_and_no_line_is_longer_than_the_terminal() {
    let sandbox = sound();
    let mut command = sandbox.command(crate::support::kumactl());
    command.env("COLUMNS", "80").args(FILES);
    command.args(["--hostname=a-name-that-is-not-in-the-certificate.example", "--at=+400d"]);
    let ended = crate::support::run(&mut command);
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{}", ended.stdout);
    let first = |word: &str| lines.iter().position(|line| line.starts_with(word));
    let last_passed = lines.iter().rposition(|line| line.starts_with("passed"));
    assert!(first("failed").is_some() && last_passed < first("failed"), "{}", ended.stdout);
    let verdict = lines.last().expect("a verdict");
    assert!(verdict.starts_with("The certificate does not verify: 3 failed, "), "{verdict}");
}

#[test]
fn quiet_prints_nothing_of_a_success() {
    for format in ["--output=text", "--output=json"] {
        let ended = verify(&sound(), &["--hostname=cp.example", "--quiet", format]);
        assert_eq!(ended.quiet_success(), "");
    }
}

#[test]
fn without_a_name_the_check_is_reported_as_skipped() {
    let (json, status) = report(&sound(), &FILES);
    assert_eq!(status, 0);
    assert_eq!(
        checks(&json, "skipped"),
        [(
            "hostname".to_owned(),
            "no name was requested; the certificate has cp.example".to_owned()
        )]
    );
}

#[test]
fn at_verifies_for_another_time() {
    let sandbox = sound();
    for (at, status, fails) in [
        ("--at=+100d", 0, None),
        ("--at=+364d", 0, None),
        ("--at=+400d", 1, Some("dates")),
        ("--at=2001-01-01", 1, Some("dates")),
        ("--at=2001-01-01T00:00:00+02:00", 1, Some("dates")),
    ] {
        let (json, found) =
            report(&sandbox, &[&FILES[..], &["--hostname=cp.example", at]].concat());
        assert_eq!(found, status, "{at}: {json}");
        let failed = checks(&json, "failed");
        assert!(failed.iter().all(|(name, _)| Some(name.as_str()) == fails), "{at}: {failed:?}");
    }
    let (json, _) = report(&sandbox, &[&FILES[..], &["--at=+364d"]].concat());
    assert_eq!(checks(&json, "warning")[0].0, "time-left");
    let stderr = verify(&sandbox, &["--at=tomorrow"]).failure(2);
    assert!(
        stderr.starts_with("error: --at: \"tomorrow\" is not a time\nhint: use --at=20"),
        "{stderr}"
    );
}

#[test]
fn wrong_command_lines_end_with_status_2() {
    const CA: &str = "--ca-cert-file=ca.crt";
    const CERT: [&str; 3] = ["verify", "tls-certificate", "--cert-file=tls.crt"];
    let sandbox = sound();
    for (arguments, says) in [
        (
            &["verify", "tls-certificate"][..],
            "error: --cert-file or --secret or --connect is required\n\
             hint: add --cert-file=FILE or --secret=FILE or --connect=HOST:PORT\n",
        ),
        (&["verify", "tls-certificate", "--cert-file=a", "--secret=b"], "cannot be used with"),
        (&["verify", "tls-certificate", "--secret=b", "--key-file=c"], "cannot be used with"),
        (&["verify", "tls-certificate", "--cert-file=-", "--key-file=-"], "read only once"),
        (&["verify", "tls-certificate", "--cert-file=tls.crt", "--hostname=a b"], "hostname"),
        (
            &["verify", "tls-certificate", "--connect=https://cp.example:5678/x", CA],
            "did you mean --connect=cp.example:5678?",
        ),
        (&["verify", "tls-certificate", "--connect=cp.example", CA], "--connect=cp.example:5678?"),
        (&["verify", "tls-certificate", "--connect=::1", CA], "did you mean --connect=[::1]:5678?"),
        (&["verify", "tls-certificate", "--connect=:1", CA], "such as localhost:5678"),
        (
            &["verify", "tls-certificate", "--connect=[fe80::1%eth0]:1", CA],
            "use an address such as localhost:5678 or [::1]:5678",
        ),
        (&["verify", "tls-certificate", "--connect=cp.:1", CA], "error: --connect: \"cp.\" ends"),
        (&["verify", "tls-certificate", "--connect=a b:1", CA], "error: --connect: \"a b\" has"),
        (
            &["verify", "tls-certificate", "--connect=a:1", "--server-name=b c", CA],
            "error: --server-name: \"b c\" has",
        ),
        // Trusting the CA that the server sends would prove nothing.
        (&["verify", "tls-certificate", "--connect=localhost:1"], "--connect requires the CA"),
        (
            &["verify", "tls-certificate", "--cert-file=tls.crt", "--type=client", "--client=java"],
            "--client has no effect with --type=client",
        ),
        (&[CERT[0], CERT[1], CERT[2], "--timeout=abc"], "\"abc\" is not a duration"),
        (&[CERT[0], CERT[1], CERT[2], "--timeout=580000000000y"], "is longer than a day"),
        (&[CERT[0], CERT[1], CERT[2], "--at=9999-12-31T23:59:59-23:59"], "is not a time"),
        (&[CERT[0], CERT[1], CERT[2], "--at=0000-01-01T00:00:00+23:59"], "is not a time"),
        (&[CERT[0], CERT[1], CERT[2], "--at=+9999y"], "is not a time"),
        (&["inspect", "certificate", "localhost:1", "--timeout=580000000000y"], "than a day"),
        (&["inspect", "certificate", "https://cp:1"], "did you mean cp:1?"),
        (
            &["verify", "tls-certificate", "--cert-file=tls.crt", "--hostname=*.a.example"],
            "--hostname=www.a.example",
        ),
        (&["inspect", "certificate"], "error: SOURCE is required\nhint: add SOURCE\n"),
        (&["inspect", "certificate", "-", "-"], "read only once"),
        (&["inspect", "certificate", "https://cp.example:5678"], "cp.example:5678"),
    ] {
        let stderr = sandbox.kumactl(arguments).failure(2);
        assert!(stderr.contains(says), "{arguments:?}: {stderr}");
    }
}

#[test]
fn color_is_for_terminals_or_on_request() {
    let sandbox = sound();
    let plain = verify(&sandbox, &[]).quiet_success();
    assert!(!plain.contains('\u{1b}'));
    let colored = verify(&sandbox, &["--color=always"]).quiet_success();
    assert!(colored.contains("\u{1b}[32mpassed  \u{1b}[0m"), "{colored:?}");
    let inspected = ["inspect", "certificate", "tls.crt"];
    assert!(!sandbox.kumactl(inspected).quiet_success().contains('\u{1b}'));
    let colored = sandbox.kumactl(inspected.iter().chain(&["--color=always"])).quiet_success();
    assert!(colored.contains("\u{1b}["));
}
