//! `generate environment`.

use std::collections::BTreeMap;
use std::fs;

use super::{CA, PAIR, files, generate};
use crate::read_back;
use crate::support::Sandbox;

/// Reads an environment file as systemd does (systemd.exec(5), EnvironmentFile): single quotes keep
/// everything, in double quotes a backslash is taken off `"`, `\`, `` ` `` and `$`, and lines may break
/// in both.
fn systemd(text: &str) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').expect("an assignment");
        let quote = after.chars().next().expect("a quote");
        assert!(matches!(quote, '\'' | '"'), "{after}");
        let mut value = String::new();
        let mut letters = after.char_indices().skip(1);
        let end = loop {
            let (index, letter) = letters.next().expect("the end of the value");
            match letter {
                c if c == quote => break index,
                '\\' if quote == '"' => match letters.next().expect("what is behind").1 {
                    c @ ('"' | '\\' | '`' | '$') => value.push(c),
                    c => value.extend(['\\', c]),
                },
                c => value.push(c),
            }
        };
        assert!(after[end + 1..].starts_with('\n'), "{after}");
        variables.insert(name.to_owned(), value);
        rest = &after[end + 2..];
    }
    variables
}

const NAMES: [&str; 2] = ["KUMA_CONTROL_PLANE_CA_CERT", "KUMA_CONTROL_PLANE_URL"];

#[test]
fn the_ca_of_a_proxy_is_read_back_byte_for_byte_by_a_shell_and_by_systemd() {
    let sandbox = files();
    let address = "--cp-address=https://cp.example:5678/it's$x`y\\z\"";
    let arguments = ["--component=kuma-dp", CA, address];
    fs::write(sandbox.path("env"), generate(&sandbox, "environment", &arguments)).expect("a file");
    let script = format!(". ./env; printf %s \"${}\" > ca; printenv {} > url", NAMES[0], NAMES[1]);
    assert_eq!(sandbox.shell(&script).quiet_success(), "");
    assert_eq!(sandbox.read("ca"), sandbox.read("ca.crt"));
    let address = address.trim_start_matches("--cp-address=");
    assert_eq!(sandbox.read("url"), format!("{address}\n"));

    for format in ["--format=systemd", "--format=dotenv"] {
        let text = generate(&sandbox, "environment", &[&arguments[..], &[format]].concat());
        let variables = systemd(&text);
        assert_eq!(variables[NAMES[0]], sandbox.read("ca.crt"), "{format}");
        assert_eq!(variables[NAMES[1]], address, "{format}");
        // A shell reads it as well.
        fs::write(sandbox.path("env"), text).expect("a file");
        let script = format!("set -a; . ./env; printenv {}", NAMES[1]);
        assert_eq!(sandbox.shell(&script).quiet_success(), format!("{address}\n"));
    }
}

#[test]
fn the_first_block_of_the_proxys_ca_is_a_ca() {
    let sandbox = files();
    let text = generate(&sandbox, "environment", &["--component=kuma-dp", CA, "--format=systemd"]);
    let pem = &systemd(&text)[NAMES[0]];
    let is_ca = read_back::certificate(pem, |ca| {
        ca.basic_constraints().expect("one").expect("basicConstraints").value.ca
    });
    assert!(is_ca);
}

#[test]
fn every_purpose_has_the_variables_that_kuma_reads() {
    let sandbox = files();
    let pair = |prefix: &str| {
        vec![
            (format!("{prefix}_CERT_FILE"), "/etc/kuma/tls.crt"),
            (format!("{prefix}_KEY_FILE"), "/etc/kuma/tls.key"),
        ]
    };
    let enabled = |prefix: &str| {
        let mut variables = pair(prefix);
        variables.push((format!("{prefix}_ENABLED"), "true"));
        variables
    };
    for (purpose, expected) in [
        ("general", pair("KUMA_GENERAL_TLS")),
        ("dp-server", pair("KUMA_DP_SERVER_TLS")),
        ("api-server", pair("KUMA_API_SERVER_HTTPS_TLS")),
        ("global-kds", pair("KUMA_MULTIZONE_GLOBAL_KDS_TLS")),
        ("monitoring-assignment", enabled("KUMA_MONITORING_ASSIGNMENT_SERVER_TLS")),
        ("diagnostics", enabled("KUMA_DIAGNOSTICS_TLS")),
    ] {
        let purpose = format!("--purpose={purpose}");
        let fixed = ["--component=kuma-cp", "--directory=/etc/kuma", "--format=systemd", &purpose];
        let found = systemd(&generate(&sandbox, "environment", &[&fixed[..], &PAIR].concat()));
        let expected: BTreeMap<_, _> =
            expected.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        assert_eq!(found, expected, "{purpose}");
    }
    let zone = ["--component=kuma-cp", "--purpose=zone-kds", CA];
    assert_eq!(
        generate(&sandbox, "environment", &zone),
        "export KUMA_MULTIZONE_ZONE_KDS_ROOT_CA_FILE='ca.crt'\n"
    );
}

#[test]
fn an_environment_that_could_not_work_is_refused() {
    let sandbox: Sandbox = files();
    for (arguments, status, says) in [
        (&[][..], 2, "--component"),
        (
            &["--component=kuma-cp"],
            2,
            "--purpose=general is about a certificate and its key\nhint: --cert-file=tls.crt",
        ),
        (&["--component=kuma-cp", "--purpose=zone-kds"], 2, "is about a CA\nhint: --ca-cert-file"),
        (&["--component=kuma-cp", "--purpose=kds"], 2, "the purposes are general, dp-server"),
        (&["--component=kuma-dp"], 2, "kuma-dp trusts a CA\nhint: --ca-cert-file=ca.crt"),
        (&["--component=kuma-dp", "--ca-cert-file=tls.key"], 1, "is a private key"),
        (
            &["--component=kuma-cp", "--cert-file=tls.crt", "--key-file=ca.crt"],
            1,
            "holds no private key",
        ),
        (
            &[
                "--component=kuma-cp",
                "--cert-file=tls.crt",
                "--key-file=tls.key",
                "--hostname=x.example",
            ],
            1,
            "x.example is not among",
        ),
    ] {
        let stderr =
            sandbox.kumactl(["generate", "environment"].iter().chain(arguments)).failure(status);
        assert!(stderr.contains(says), "{arguments:?}: {stderr}");
    }
}
