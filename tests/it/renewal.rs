//! `--if-needed`: runs that can be repeated.

use std::fs;
use std::process::Stdio;
use std::time::SystemTime;

use serde_json::Value;

use crate::read_back;
use crate::support::{Ended, Sandbox, installed, kumactl, run};

/// What every run here asks for.
const WANTED: [&str; 6] = [
    "--type=server",
    "--hostname=cp.example,10.0.0.1",
    "--ephemeral-ca",
    "--ca-cert-file=ca.crt",
    "--ca-bundle-file=ca.b64",
    "--if-needed",
];

fn again(sandbox: &Sandbox, more: &[&str]) -> Ended {
    sandbox.generate(WANTED.iter().chain(more))
}

fn made() -> Sandbox {
    let sandbox = Sandbox::new();
    let ended = again(&sandbox, &[]);
    assert_eq!(ended.status, 0, "{ended:?}");
    sandbox
}

fn modified(sandbox: &Sandbox) -> Vec<SystemTime> {
    let modified = |name: String| fs::metadata(sandbox.path(&name)).and_then(|m| m.modified());
    sandbox.names().into_iter().map(|name| modified(name).expect("a time")).collect()
}

/// Whether the key belongs to the first certificate.
#[track_caller]
fn assert_pair(sandbox: &Sandbox) {
    let Some(openssl) = installed("openssl") else { return };
    let key = run(sandbox.command(&openssl).args(["pkey", "-in", "key.pem", "-pubout"]));
    let certificate =
        run(sandbox.command(&openssl).args(["x509", "-in", "cert.pem", "-noout", "-pubkey"]));
    assert_eq!(key.quiet_success(), certificate.quiet_success());
    let verify = ["verify", "-x509_strict", "-CAfile", "ca.crt", "cert.pem"];
    run(sandbox.command(&openssl).args(verify)).quiet_success();
}

#[test]
fn a_second_run_changes_nothing_and_says_so() {
    let sandbox = made();
    let (before, times) = (sandbox.snapshot(), modified(&sandbox));
    let stdout = again(&sandbox, &[]).quiet_success();
    assert!(
        stdout.starts_with("Nothing to do: the certificate matches and is valid until 20"),
        "{stdout}"
    );
    assert_eq!((sandbox.snapshot(), modified(&sandbox)), (before, times));
    let report: Value =
        serde_json::from_str(&again(&sandbox, &["-o", "json"]).quiet_success()).expect("JSON");
    assert_eq!(report["changed"], false);
    assert_eq!(report["reasons"], Value::Array(Vec::new()));
}

#[test]
fn each_difference_is_named_and_fixed_in_one_run() {
    type Spoil = fn(&Sandbox);
    let nothing: Spoil = |_| {};
    let rows: [(Spoil, &[&str], &str); 8] = [
        (|s| fs::remove_file(s.path("key.pem")).expect("a key"), &[], "key.pem does not exist"),
        (
            |s| {
                let other = made();
                s.write("key.pem", other.read("key.pem"));
            },
            &[],
            "the private key does not match",
        ),
        (nothing, &["--hostname=new.example"], "it lacks the name new.example"),
        (nothing, &["--type=client"], "it is a server certificate, not a client certificate"),
        (nothing, &["--renew-before=100y"], "it expires at 20"),
        (nothing, &["--key-type=ecdsa-p384"], "the key is of type ecdsa, not ecdsa-p384"),
        (
            |s| {
                let text = s.read("cert.pem");
                let end = text.find("-----END CERTIFICATE-----\n").expect("an end") + 26;
                s.write("cert.pem", &text[..end]);
            },
            &[],
            "the certificates after it are not those of its CA",
        ),
        (
            |s| {
                s.generate(["--type=server", "--hostname=cp.example,10.0.0.1", "--force"])
                    .quiet_success();
            },
            &[],
            "not a CA made for it",
        ),
    ];
    for (spoil, more, reason) in rows {
        let sandbox = made();
        spoil(&sandbox);
        let before = sandbox.snapshot();
        let ended = again(&sandbox, more);
        assert_eq!(ended.status, 0, "{reason}: {ended:?}");
        assert!(ended.stderr.contains(reason), "{reason}: {ended:?}");
        let after = sandbox.snapshot();
        for (name, file) in &before {
            assert_ne!(&after[name], file, "{name}: {reason}");
        }
        assert_pair(&sandbox);
        if !reason.starts_with("it expires") {
            let stdout = again(&sandbox, more).stdout;
            assert!(stdout.starts_with("Nothing to do"), "{reason}: {stdout}");
        }
    }
}

#[test]
fn a_file_derived_from_the_ca_is_repaired_and_the_pair_stays() {
    for (file, content, reason) in [
        ("ca.crt", None, "ca.crt does not exist"),
        ("ca.b64", None, "ca.b64 does not exist"),
        ("ca.crt", Some(made().read("ca.crt")), "ca.crt does not contain the CA certificate"),
        ("ca.b64", Some(made().read("ca.b64")), "ca.b64 does not contain the CA certificate"),
    ] {
        let sandbox = made();
        let before = sandbox.snapshot();
        match content {
            None => fs::remove_file(sandbox.path(file)).expect("a file"),
            Some(content) => sandbox.write(file, content),
        }
        let ended = again(&sandbox, &["-o", "json"]);
        assert_eq!(ended.status, 0, "{ended:?}");
        assert!(ended.stderr.contains(reason), "{ended:?}");
        assert_eq!(sandbox.snapshot(), before, "{reason}");
        let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
        assert_eq!(report["changed"], true);
        assert_eq!(report["files"].as_array().map(Vec::len), Some(1), "{report}");
        assert!(report["reasons"][0].as_str().is_some_and(|text| text.contains(reason)));
    }
}

#[test]
fn a_ca_file_with_the_ca_and_an_older_one_stays() {
    let sandbox = made();
    sandbox.write("ca.crt", sandbox.read("ca.crt") + &made().read("ca.crt"));
    let before = sandbox.snapshot();
    assert!(again(&sandbox, &[]).quiet_success().starts_with("Nothing to do"));
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn a_file_that_kumactl_did_not_write_is_kept_without_force() {
    for (file, content) in [
        ("key.pem", "garbage".to_owned()),
        ("cert.pem", "garbage".to_owned()),
        ("ca.crt", "garbage".to_owned()),
        ("ca.b64", "garbage!".to_owned()),
        ("key.pem", made().read("cert.pem")),
        ("cert.pem", made().read("key.pem")),
    ] {
        let sandbox = made();
        sandbox.write(file, content);
        let before = sandbox.snapshot();
        let stderr = again(&sandbox, &[]).failure(1);
        assert!(stderr.contains(&format!("{file} is not replaced")), "{stderr}");
        assert!(stderr.contains("hint: rerun with --force"), "{stderr}");
        assert_eq!(sandbox.snapshot(), before);
        assert_eq!(again(&sandbox, &["--force"]).status, 0);
        assert_pair(&sandbox);
    }
}

#[test]
fn a_key_without_a_certificate_is_kept_and_gets_one() {
    let spoils: [fn(&Sandbox); 3] = [
        |s| fs::remove_file(s.path("cert.pem")).expect("a certificate"),
        |s| s.write("cert.pem", ""),
        |s| s.write("cert.pem", &s.read("cert.pem")[..100]),
    ];
    for spoil in spoils {
        let sandbox = made();
        spoil(&sandbox);
        let key = sandbox.read("key.pem");
        let stderr = again(&sandbox, &["--key-type=rsa"]).failure(2);
        assert_eq!(
            stderr,
            "error: the existing key is of type ecdsa, not rsa\n\
             hint: rerun without --key-type to keep the key, or with --force to replace it\n"
        );
        assert_eq!(sandbox.read("key.pem"), key);
        assert_eq!(again(&sandbox, &[]).status, 0);
        assert_eq!(sandbox.read("key.pem"), key);
        assert_pair(&sandbox);

        spoil(&sandbox);
        assert_eq!(again(&sandbox, &["--force"]).status, 0);
        assert_ne!(sandbox.read("key.pem"), key);
        assert_pair(&sandbox);
    }
}

#[test]
fn a_bundle_that_kumactl_did_not_write_is_kept_without_force() {
    let sandbox = made();
    let (bundle, pair) = (sandbox.read("ca.b64"), sandbox.read("key.pem"));
    sandbox.write("ca.b64", "no Base64 at all!\n");
    let stderr = again(&sandbox, &[]).failure(1);
    assert!(stderr.contains("ca.b64 is not replaced") && stderr.contains("--force"), "{stderr}");
    assert_eq!(sandbox.read("ca.b64"), "no Base64 at all!\n");
    let ended = again(&sandbox, &["--force"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert_eq!((sandbox.read("ca.b64"), sandbox.read("key.pem")), (bundle, pair));
}

#[test]
fn the_hint_about_a_key_that_cannot_be_reused_works() {
    let sandbox = made();
    sandbox.write("key.pem", "no key\n");
    let stderr = again(&sandbox, &["--reuse-key"]).failure(1);
    assert_eq!(
        stderr,
        "error: cannot reuse the key key.pem: it has no PEM block\n\
         hint: rerun without --reuse-key, or write to another path\n"
    );
    assert!(again(&sandbox, &[]).failure(1).contains("rerun with --force"));
    assert_eq!(again(&sandbox, &["--force"]).status, 0);
    assert_pair(&sandbox);
}

#[test]
fn another_issuer_is_a_reason_to_replace() {
    let sandbox = Sandbox::new();
    for name in ["one", "two"] {
        let (cert, key) = (format!("--cert-file={name}.crt"), format!("--key-file={name}.key"));
        let arguments = ["generate", "ca-certificate", "--key-type=ecdsa", &cert, &key];
        sandbox.kumactl(arguments).quiet_success();
    }
    let from = |name: &str| {
        let (cert, key) =
            (format!("--issuer-cert-file={name}.crt"), format!("--issuer-key-file={name}.key"));
        let wanted = ["--type=server", "--hostname=cp.example", "--if-needed"];
        let wanted = wanted.map(str::to_owned).into_iter();
        sandbox.generate(wanted.chain([cert, key, "--ca-cert-file=ca.crt".to_owned()]))
    };
    assert_eq!(from("one").status, 0);
    assert!(from("one").stdout.starts_with("Nothing to do"));
    let changed = from("two");
    assert!(changed.stderr.contains("its issuer is O=Kuma, CN=Kuma CA "), "{changed:?}");
    assert_eq!(sandbox.read("ca.crt"), sandbox.read("two.crt"));
    assert_pair(&sandbox);
}

#[test]
fn a_valid_ca_is_replaced_only_with_force() {
    let sandbox = Sandbox::new();
    let ca = |more: &[&str]| {
        let wanted = ["generate", "ca-certificate", "--if-needed"];
        sandbox.kumactl(wanted.iter().chain(more))
    };
    assert_eq!(ca(&["--key-type=ecdsa"]).status, 0);
    let before = sandbox.snapshot();
    assert!(ca(&[]).quiet_success().starts_with("Nothing to do"));
    assert_eq!(sandbox.snapshot(), before);
    let key = sandbox.read("ca.key");
    for (more, reason) in [
        (&["--name=Other CA"][..], "its subject is O=Kuma, CN=Kuma CA "),
        (&["--permit-dns=mesh.example"], "it permits everything, not mesh"),
        (&["--key-type=rsa"], "the key is of type ecdsa, not rsa"),
    ] {
        let stderr = ca(more).failure(1);
        assert!(
            stderr.starts_with(
                "error: ca.crt is not replaced: it is a CA certificate valid until 20"
            ),
            "{stderr}"
        );
        assert!(stderr.contains(reason) && stderr.contains("hint: rerun with --force"), "{stderr}");
        assert_eq!(sandbox.snapshot(), before, "{reason}");
    }
    // Without its key a CA cannot sign, but the key may be elsewhere.
    fs::remove_file(sandbox.path("ca.key")).expect("a key");
    let stderr = ca(&[]).failure(1);
    assert!(
        stderr.contains("ca.key does not exist\nhint: restore the private key of the CA\n"),
        "{stderr}"
    );
    sandbox.write("ca.key", made().read("key.pem"));
    let stderr = ca(&[]).failure(1);
    assert!(stderr.contains("the private key does not match\nhint: restore"), "{stderr}");
    sandbox.write("ca.key", key);
    sandbox.shell("chmod 600 ca.key").quiet_success();
    assert!(ca(&[]).quiet_success().starts_with("Nothing to do"));
    assert_eq!(ca(&["--name=Other CA", "--force"]).status, 0);
    assert!(ca(&["--name=Other CA"]).quiet_success().starts_with("Nothing to do"));
}

#[test]
fn a_ca_that_has_expired_or_expires_soon_is_replaced() {
    let sandbox = Sandbox::new();
    let ca = ["generate", "ca-certificate", "--key-type=ecdsa", "--if-needed"];
    assert_eq!(sandbox.kumactl(ca).status, 0);
    let certificate = sandbox.read("ca.crt");
    let ended = sandbox.kumactl(ca.iter().chain(&["--renew-before=100y"]));
    assert!(ended.status == 0 && ended.stderr.contains("ca.crt: it expires at 20"), "{ended:?}");
    assert_ne!(sandbox.read("ca.crt"), certificate);
}

#[test]
fn a_certificate_from_a_ca_does_not_become_self_signed_without_force() {
    let sandbox = made();
    let before = sandbox.snapshot();
    let flags = ["--type=server", "--hostname=cp.example,10.0.0.1", "--if-needed"];
    let stderr = sandbox.generate(flags).failure(1);
    assert!(stderr.starts_with("error: cert.pem was issued by O=Kuma"), "{stderr}");
    assert!(stderr.contains("hint: add --issuer-cert-file and --issuer-key-file"), "{stderr}");
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn reuse_key_keeps_the_key() {
    let sandbox = made();
    let key = sandbox.read("key.pem");
    let certificate = sandbox.read("cert.pem");
    let more = ["--reuse-key", "--hostname=new.example"];
    assert_eq!(again(&sandbox, &more).status, 0);
    assert_eq!(sandbox.read("key.pem"), key);
    assert_ne!(sandbox.read("cert.pem"), certificate);
    assert_pair(&sandbox);
    let forced = ["generate", "tls-certificate", "--type=server", "--hostname=a.example"];
    let forced = forced.iter().chain(&["--force", "--reuse-key"]);
    sandbox.kumactl(forced.clone()).quiet_success();
    assert_eq!(sandbox.read("key.pem"), key, "without --key-type, the key's own");
    let stderr = sandbox.kumactl(forced.chain(&["--key-type=rsa"])).failure(2);
    assert!(stderr.contains("the existing key is of type ecdsa, not rsa"), "{stderr}");

    let empty = Sandbox::new();
    let flags = ["--type=server", "--hostname=a.example", "--reuse-key"];
    let stderr = empty.generate(flags.iter().chain(&["--force"])).failure(1);
    assert!(stderr.contains("cannot reuse the private key"), "{stderr}");
    assert!(empty.generate(flags).failure(2).contains("hint: add --force to replace"));
    assert_eq!(empty.generate(flags.iter().chain(&["--if-needed"])).status, 0);
}

#[test]
fn a_certificate_that_every_run_would_renew_causes_a_warning() {
    let sandbox = made();
    let ended = again(&sandbox, &["--valid-for=24h", "--renew-before=30d"]);
    assert!(!ended.stderr.contains("warning"), "the old one lives long enough: {ended:?}");
    let ended = again(&sandbox, &["--valid-for=24h", "--renew-before=30d", "--hostname=b.example"]);
    assert!(
        ended.stderr.contains("warning: the lifetime of the certificate is not longer than"),
        "{ended:?}"
    );
    let more = ["--valid-for=24h", "--hostname=b.example"];
    assert!(again(&sandbox, &more).stdout.starts_with("Nothing to do"), "a third of its life");
    let more = ["--valid-for=24h", "--hostname=b.example", "--renew-before=99%"];
    assert!(again(&sandbox, &more).stdout.starts_with("Nothing to do"));
    assert!(again(&sandbox, &["--renew-before=100%"]).failure(2).contains("1% to 99%"));
}

#[test]
fn outputs_that_cannot_be_read_back_are_rejected() {
    for flag in ["--key-file=-", "--cert-file=/dev/null", "--ca-cert-file=-"] {
        let sandbox = Sandbox::new();
        let stderr = again(&sandbox, &[flag]).failure(2);
        assert!(stderr.contains("cannot read back"), "{stderr}");
        assert!(sandbox.names().is_empty());
    }
}

#[test]
fn simultaneous_runs_leave_one_pair() {
    let sandbox = Sandbox::new();
    let runs: Vec<_> = (0..6)
        .map(|_| {
            let mut command = sandbox.command(kumactl());
            command.args(["generate", "tls-certificate", "--key-type=ecdsa"]).args(WANTED);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a run")
        })
        .collect();
    let mut unchanged = 0;
    for run in runs {
        let output = run.wait_with_output().expect("an end");
        assert!(output.status.success());
        unchanged += usize::from(output.stdout.starts_with(b"Nothing to do"));
    }
    assert_eq!(unchanged, 5, "one run makes the pair, and the others find it");
    assert_pair(&sandbox);
    assert_eq!(read_back::blocks(&sandbox.read("cert.pem")).len(), 2);
}
