//! The output of a run: the official lines, files on standard output, the JSON report.

use std::io::pipe;

use serde_json::{Value, json};

use super::SERVER;
use crate::read_back;
use crate::support::{Ended, Sandbox, kumactl, run};

fn server(sandbox: &Sandbox, arguments: &[&str]) -> Ended {
    sandbox.generate(SERVER.iter().chain(arguments))
}

#[test]
fn the_official_lines_are_printed_and_both_files_exist() {
    let sandbox = Sandbox::new();
    let stdout = server(&sandbox, &[]).quiet_success();
    assert_eq!(stdout, "Private key saved in key.pem\nCertificate saved in cert.pem\n");
    assert_eq!(sandbox.names(), ["cert.pem", "key.pem"]);
}

#[test]
fn each_additional_file_has_a_line_after_the_official_ones() {
    let sandbox = Sandbox::new();
    let stdout = server(
        &sandbox,
        &[
            "--ca-bundle-file=ca.b64",
            "--ca-cert-file=./ca.crt",
            "--cert-file=tls.crt",
            "--key-file=tls.key",
        ],
    )
    .quiet_success();
    assert_eq!(
        stdout,
        "Private key saved in tls.key\nCertificate saved in tls.crt\n\
         CA certificate saved in ./ca.crt\nCA bundle saved in ca.b64\n"
    );
    assert_eq!(sandbox.names(), ["ca.b64", "ca.crt", "tls.crt", "tls.key"]);
    assert_eq!(sandbox.read("ca.crt"), sandbox.read("tls.crt"));
}

#[test]
fn standard_output_has_the_key_then_the_certificate_and_nothing_else() {
    let sandbox = Sandbox::new();
    let stdout = server(&sandbox, &["--cert-file=-", "--key-file=-"]).quiet_success();
    assert_eq!(read_back::labels(&stdout), ["EC PRIVATE KEY", "CERTIFICATE"]);
    assert!(stdout.starts_with("-----BEGIN EC PRIVATE KEY-----\n"), "{stdout}");
    assert!(stdout.contains("\n-----END EC PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\n"));
    assert!(stdout.ends_with("\n-----END CERTIFICATE-----\n"), "{stdout}");
    assert_eq!(sandbox.names(), [""; 0]);
}

#[test]
fn all_four_outputs_on_standard_output_have_a_fixed_order() {
    let sandbox = Sandbox::new();
    let flags = ["--ca-bundle-file=-", "--ca-cert-file=-", "--cert-file=-", "--key-file=-"];
    let stdout = server(&sandbox, &flags).quiet_success();
    let (pem, bundle) = stdout.trim_end().rsplit_once('\n').expect("a last line");
    assert_eq!(
        read_back::labels(&format!("{pem}\n")),
        ["EC PRIVATE KEY", "CERTIFICATE", "CERTIFICATE"]
    );
    sandbox.write("bundle", bundle);
    let decoded = sandbox
        .kumactl(["generate", "ca-bundle", "--decode", "--ca-cert-file=bundle"])
        .quiet_success();
    assert_eq!(read_back::blocks(&decoded)[0], read_back::blocks(&stdout[..pem.len() + 1])[1]);
}

#[test]
fn no_report_is_printed_if_any_output_is_on_standard_output() {
    for (flag, label) in [
        ("--key-file=-", "EC PRIVATE KEY"),
        ("--cert-file=-", "CERTIFICATE"),
        ("--ca-cert-file=-", "CERTIFICATE"),
    ] {
        let sandbox = Sandbox::new();
        let stdout = server(&sandbox, &[flag]).quiet_success();
        assert_eq!(read_back::labels(&stdout), [label], "{flag}");
        let (begin, end) =
            (format!("-----BEGIN {label}-----\n"), format!("\n-----END {label}-----\n"));
        assert!(stdout.starts_with(&begin) && stdout.ends_with(&end), "{flag}: {stdout}");
    }
    let sandbox = Sandbox::new();
    let stdout = server(&sandbox, &["--ca-bundle-file=-"]).quiet_success();
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    assert_eq!(sandbox.names(), ["cert.pem", "key.pem"]);
}

/// The official kumactl opens it as a file, and its messages mix in.
#[test]
fn dev_stdout_is_the_same_as_a_hyphen() {
    for path in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        let sandbox = Sandbox::new();
        let flags = [format!("--key-file={path}"), "--cert-file=-".to_owned()];
        let stdout = sandbox.generate(SERVER.iter().map(|f| (*f).to_owned()).chain(flags));
        assert_eq!(read_back::labels(&stdout.quiet_success()), ["EC PRIVATE KEY", "CERTIFICATE"]);
        // As a file that is opened once more, one part would overwrite the other.
        let script = format!(
            "kumactl generate tls-certificate --type=server --hostname=a --key-type=ecdsa \
             --key-file={path} --cert-file={path} > both.pem"
        );
        assert_eq!(sandbox.shell(&script).quiet_success(), "");
        assert_eq!(read_back::labels(&sandbox.read("both.pem")), ["EC PRIVATE KEY", "CERTIFICATE"]);
    }
}

#[test]
fn warnings_go_to_standard_error_only() {
    let sandbox = Sandbox::new();
    let ended = sandbox.generate([
        "--type=server",
        "--hostname=a_b.example",
        "--key-file=-",
        "--cert-file=-",
    ]);
    assert_eq!(
        (ended.status, ended.stderr.as_str()),
        (
            0,
            "warning: the name a_b.example has an underscore, which is not valid in a host name; \
             Java and LibreSSL reject the name, Botan 3 the whole certificate\n"
        )
    );
    assert_eq!(read_back::labels(&ended.stdout), ["EC PRIVATE KEY", "CERTIFICATE"]);
}

#[test]
fn the_json_report_says_what_was_issued_and_where_it_is() {
    let sandbox = Sandbox::new();
    let flags = [
        "--hostname=10.0.0.1,a_b.example",
        "--key-mode=0640",
        "--ca-bundle-file=ca.b64",
        "-o",
        "json",
    ];
    let ended = server(&sandbox, &flags);
    assert_eq!(ended.status, 0, "{ended:?}");
    let mut report: Value = serde_json::from_str(&ended.stdout).expect("one JSON value");
    let pem = sandbox.read("cert.pem");
    let (serial, dates) = read_back::certificate(&pem, |certificate| {
        let validity = certificate.validity();
        let dates = [validity.not_before, validity.not_after].map(|d| d.to_datetime());
        let rfc3339 = &time::format_description::well_known::Rfc3339;
        let dates = dates.map(|date| date.format(rfc3339).expect("a date"));
        (certificate.raw_serial_as_string().to_uppercase(), dates)
    });
    let digest =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &read_back::blocks(&pem)[0].1);
    let octets: Vec<_> = digest.as_ref().iter().map(|octet| format!("{octet:02X}")).collect();
    let warning = report["warnings"].take();
    assert_eq!(
        report,
        json!({
            "changed": true,
            "reasons": [],
            "files": [
                { "role": "private_key", "path": "key.pem", "mode": "0640" },
                { "role": "certificate", "path": "cert.pem", "mode": "0644" },
                { "role": "ca_bundle", "path": "ca.b64", "mode": "0644" },
            ],
            "certificate": {
                "issuer": "O=Kuma, CN=cp.example",
                "subject": "O=Kuma, CN=cp.example",
                "serial_number": serial,
                "not_before": dates[0],
                "not_after": dates[1],
                "subject_alt_names": [
                    { "kind": "dNSName", "value": "cp.example" },
                    { "kind": "iPAddress", "value": "10.0.0.1" },
                    { "kind": "dNSName", "value": "a_b.example" },
                ],
                "key_type": "ecdsa",
                "extended_key_usage": "serverAuth",
                "sha256_fingerprint": octets.join(":"),
            },
            "warnings": null,
        })
    );
    let warning = warning.as_array().and_then(|all| all[0].as_str()).expect("a warning");
    assert_eq!(ended.stderr, format!("warning: {warning}\n"));
}

#[test]
fn a_json_report_and_a_file_cannot_share_standard_output() {
    let sandbox = Sandbox::new();
    let stderr = server(&sandbox, &["--output=json", "--cert-file=-"]).failure(2);
    assert_eq!(
        stderr,
        "error: --output=json and a file cannot both go to standard output\n\
         hint: rerun without --output=json, or give every file a path\n"
    );
    assert_eq!(sandbox.names(), [""; 0]);
}

#[test]
fn two_runs_give_different_keys_serial_numbers_and_identifiers() {
    for key_type in ["ecdsa", "rsa"] {
        let run = || {
            let sandbox = Sandbox::new();
            server(&sandbox, &["--key-type", key_type]).quiet_success();
            let (serial, identifier) = read_back::certificate(&sandbox.read("cert.pem"), |read| {
                let octets = read.iter_extensions().find_map(|e| match e.parsed_extension() {
                    x509_parser::extensions::ParsedExtension::SubjectKeyIdentifier(id) => {
                        Some(id.0.to_vec())
                    }
                    _ => None,
                });
                (read.raw_serial().to_vec(), octets.expect("an identifier"))
            });
            (sandbox.read("key.pem"), serial, identifier)
        };
        let (one, other) = (run(), run());
        assert_ne!(one.0, other.0);
        assert_ne!(one.1, other.1);
        assert_ne!(one.2, other.2);
        assert_eq!((one.1.len(), one.2.len()), (16, 20));
    }
}

#[test]
fn a_closed_pipe_is_an_error_only_if_a_file_goes_to_it() {
    for (flags, status, expected) in [
        (&[][..], 0, "warning: could not print the report: broken pipe\n"),
        (
            &["--key-file=-", "--cert-file=-"],
            1,
            "error: could not write the key file to standard output: broken pipe\n",
        ),
        (
            &["--cert-file=-"],
            1,
            "error: could not write the cert file to standard output: broken pipe\n",
        ),
    ] {
        let sandbox = Sandbox::new();
        let (reader, writer) = pipe().expect("a pipe");
        drop(reader);
        let mut command = sandbox.command(kumactl());
        command.args(["generate", "tls-certificate", "--key-type=ecdsa"]).args(SERVER).args(flags);
        let output = command.stdout(writer).output().expect("kumactl");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), stderr.as_ref()), (Some(status), expected), "{flags:?}");
        assert_eq!(sandbox.names().is_empty(), status == 1, "{flags:?}");
    }
}

#[test]
fn the_home_directory_stays_empty() {
    let sandbox = Sandbox::new();
    server(&sandbox, &["--log-level=debug", "--context=other"]).quiet_success();
    let home = std::fs::read_dir(sandbox.home()).expect("a home");
    assert_eq!(home.count(), 0);
    // Not even one that cannot be written, or is not there, is in the way.
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(kumactl());
    command.args(["generate", "tls-certificate", "--key-type=ecdsa"]).args(SERVER);
    run(command.env("HOME", "/nonexistent")).quiet_success();
}
