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
fn shells_and_systemd_read_the_ca_of_a_proxy_byte_for_byte() {
    let sandbox = files();
    let address = "--cp-address=https://cp.example:5678";
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
fn shells_and_systemd_read_any_path_byte_for_byte() {
    let sandbox = files();
    for directory in ["/srv/it's$x`y\\z\"#", "/srv/two words", "/srv/'", "/srv/\u{e9}"] {
        let flag = format!("--directory={directory}");
        let fixed = ["--component=kuma-cp", &flag];
        let expected = format!("{directory}/tls.key\n");
        for format in ["--format=systemd", "--format=dotenv", "--format=shell"] {
            let all = [&fixed[..], &PAIR, &[format]].concat();
            let text = generate(&sandbox, "environment", &all);
            if format != "--format=shell" {
                assert_eq!(systemd(&text)["KUMA_GENERAL_TLS_KEY_FILE"], expected.trim_end());
            }
            fs::write(sandbox.path("env"), text).expect("a file");
            let script = "set -a; . ./env; printenv KUMA_GENERAL_TLS_KEY_FILE";
            assert_eq!(sandbox.shell(script).quiet_success(), expected);
        }
    }
}

/// The CA in `kuma-dp`'s variable.
#[track_caller]
fn proxy_ca(sandbox: &Sandbox, file: &str) -> String {
    let ca = format!("--ca-cert-file={file}");
    let text = generate(sandbox, "environment", &["--component=kuma-dp", &ca, "--format=systemd"]);
    systemd(&text)[NAMES[0]].clone()
}

#[test]
fn the_variable_of_a_proxy_starts_with_the_ca_even_if_the_file_does_not() {
    let sandbox = files();
    // As `cp tls.crt ca.crt` makes it of a certificate from an ephemeral CA.
    let ca = sandbox.read("ca.crt");
    let both = sandbox.read("tls.crt");
    assert!(both.ends_with(&ca) && both != ca);
    let leaf = both.trim_end_matches(ca.as_str());
    assert_eq!(proxy_ca(&sandbox, "tls.crt"), format!("{ca}{leaf}"));
    let made = ["--mode=universal", "--hostname=cp.example", "--output-dir=tls"];
    sandbox.kumactl(["generate", "control-plane-tls"].iter().chain(&made)).quiet_success();
    let variables = systemd(&sandbox.read("tls/kuma-dp.env"));
    assert_eq!(variables[NAMES[0]], sandbox.read("tls/ca.crt"));
}

#[test]
fn comments_that_a_variable_cannot_hold_are_left_out() {
    let sandbox = files();
    let ca = sandbox.read("ca.crt");
    for comment in [&b"# caf\xe9\n"[..], b"# NUL \0\n"] {
        sandbox.write("odd.crt", [comment, ca.as_bytes()].concat());
        assert_eq!(proxy_ca(&sandbox, "odd.crt"), ca);
    }
    let comment = "# caf\u{e9}, it's ours\n";
    sandbox.write("commented.crt", format!("{comment}{ca}"));
    assert_eq!(proxy_ca(&sandbox, "commented.crt"), format!("{comment}{ca}"));
}

#[test]
fn a_path_that_is_not_utf_8_is_rejected() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    let sandbox = files();
    let flag = |name: &str| OsString::from_vec([name.as_bytes(), b"caf\xe9"].concat());
    let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
    let mut environment = words(&["generate", "environment", "--component=kuma-cp"]);
    environment.extend(words(&PAIR));
    environment.push(flag("--directory="));
    let mut all = words(&["generate", "control-plane-tls", "--mode=universal", "--hostname=a"]);
    all.push(flag("--output-dir="));
    let before = sandbox.names();
    for command in [environment, all] {
        let stderr = sandbox.kumactl(command).failure(2);
        assert!(stderr.contains("is not UTF-8"), "{stderr}");
        assert!(stderr.contains("hint: use --directory=DIR"), "{stderr}");
        assert_eq!(sandbox.names(), before);
    }
}

/// A line break would end the block of commands in NEXT-STEPS.md, and a fence would start another one.
#[test]
fn a_path_with_a_control_character_is_not_written_to_artifacts() {
    let sandbox = files();
    let before = sandbox.names();
    for character in ["\n", "\r", "\t", "\u{1b}", "\u{7f}", "\u{85}"] {
        let path = format!("/srv/tls{character}```\u{202e}");
        let directory = format!("--directory={path}");
        let environment = ["generate", "environment", "--component=kuma-cp", &directory];
        let universal =
            ["generate", "control-plane-tls", "--mode=universal", "--hostname=a.example"];
        let all = ["--key-type=ecdsa", "--output-dir=new", &directory];
        let zones = ["--mode=kubernetes", "--multizone"];
        let relative = format!("--output-dir=x{character}");
        for command in [
            [&environment[..], &PAIR].concat(),
            [&universal[..], &all].concat(),
            [&universal[..], &all, &zones].concat(),
            [&universal[..], &["--key-type=ecdsa", &relative]].concat(),
        ] {
            let stderr = sandbox.kumactl(&command).failure(2);
            assert!(stderr.contains("contains a control character"), "{command:?}: {stderr}");
            assert!(stderr.contains("hint: use --directory=DIR"), "{stderr}");
            assert!(
                !stderr.trim_end().contains(|c: char| c.is_control() && c != '\n'),
                "{stderr:?}"
            );
            assert_eq!(sandbox.names(), before, "{command:?}");
        }
    }
}

#[test]
fn the_address_of_the_control_plane_must_be_a_url_that_kuma_dp_accepts() {
    let sandbox = files();
    let proxy = ["generate", "environment", "--component=kuma-dp", CA];
    let meant = |meant: &str| format!("hint: did you mean --cp-address={meant}?\n");
    let such = "hint: use a URL such as --cp-address=https://cp.example:5678\n".to_owned();
    for (address, hint) in [
        ("cp.example:5678", meant("https://cp.example:5678")),
        ("cp.example", meant("https://cp.example:5678")),
        ("http://cp.example:5678", meant("https://cp.example:5678")),
        ("grpcs://cp.example:5685", meant("https://cp.example:5685")),
        ("https://cp.example:5678/", meant("https://cp.example:5678")),
        ("https://cp.example:5678/bootstrap?x#y", meant("https://cp.example:5678")),
        ("https://me:pw@cp.example:5678", meant("https://cp.example:5678")),
        ("https://::1", meant("https://[::1]:5678")),
        ("https://cp.example:+5678", meant("https://cp.example:5678")),
        ("https://*.mesh.example:5678", such.clone()),
        ("https://:5678", such.clone()),
        ("https://cp.example:99999", such.clone()),
        ("https://it's", such.clone()),
        ("", such),
    ] {
        let flag = format!("--cp-address={address}");
        let stderr = sandbox.kumactl(proxy.iter().chain(&[flag.as_str()])).failure(2);
        assert!(stderr.contains("is not https://HOST or https://HOST:PORT"), "{address}: {stderr}");
        assert!(stderr.ends_with(&hint), "{address}: {stderr}");
    }
    for address in ["https://cp.example:443", "https://10.0.0.1:5678", "https://[::1]:5678"] {
        let flag = format!("--cp-address={address}");
        let printed = sandbox.kumactl(proxy.iter().chain(&[flag.as_str()])).quiet_success();
        assert!(printed.ends_with(&format!("export {}='{address}'\n", NAMES[1])), "{printed}");
    }
    let ended = sandbox.kumactl(proxy.iter().chain(&["--cp-address=https://cp.example"]));
    assert_eq!(ended.status, 0);
    assert!(
        ended.stderr.starts_with("warning: without a port, kuma-dp connects to port 443"),
        "{ended:?}"
    );
}

#[test]
fn the_certificate_must_be_valid_for_the_host_of_the_address() {
    let sandbox = files();
    let proxy = ["generate", "environment", "--component=kuma-dp", CA, PAIR[0], PAIR[1]];
    let right = "--cp-address=https://kuma-control-plane.kuma-system:5678";
    sandbox.kumactl(proxy.iter().chain(&[right])).quiet_success();
    let stderr = sandbox.kumactl(proxy.iter().chain(&["--cp-address=https://x:5678"])).failure(1);
    assert!(stderr.contains("x is not among the names"), "{stderr}");
}

#[test]
fn the_ca_of_api_clients_is_not_the_ca_of_the_control_plane() {
    let sandbox = files();
    let client =
        ["--type=client", "--hostname=operator", "--cert-file=me.crt", "--key-file=me.key"];
    sandbox.generate(client).quiet_success();
    let api = ["--component=kuma-cp", "--purpose=api-server", "--format=systemd"];
    let plain = generate(&sandbox, "environment", &[&api[..], &PAIR, &[CA]].concat());
    assert!(!plain.contains("CA_FILE"), "{plain}");
    let [client_ca, required] =
        ["KUMA_API_SERVER_HTTPS_TLS_CA_FILE", "KUMA_API_SERVER_HTTPS_REQUIRE_CLIENT_CERT"];
    assert!(!plain.contains(required), "{plain}");
    for file in ["me.crt", "ca.crt"] {
        let flag = format!("--client-ca-cert-file={file}");
        let all = [&api[..], &PAIR, &["--directory=/etc/kuma", &flag]].concat();
        let variables = systemd(&generate(&sandbox, "environment", &all));
        assert_eq!(variables[client_ca], format!("/etc/kuma/{file}"));
        // Without it, kuma-cp requests no client certificate.
        assert_eq!(variables[required], "true");
    }
    // Neither a server certificate from another CA nor a key is a CA of clients.
    let text = sandbox.read("tls.crt");
    let end = text.find("-----END CERTIFICATE-----\n").expect("an end") + 26;
    sandbox.write("leaf.crt", &text[..end]);
    for (file, says) in [
        ("leaf.crt", "is neither a CA certificate nor a client certificate\nhint: pass the"),
        ("tls.key", "is a private key"),
        ("missing", "no such file"),
    ] {
        let flag = format!("--client-ca-cert-file={file}");
        let all = [&["generate", "environment"], &api[..], &PAIR, &[&flag]].concat();
        let stderr = sandbox.kumactl(all).failure(1);
        assert!(stderr.contains(says), "{stderr}");
    }
}

/// As kuma-cp: `cp client.crt client-ca.crt` of a certificate from an ephemeral CA holds both, and the
/// certificate alone is trusted for itself.
#[test]
fn a_client_ca_file_may_be_a_copy_of_the_client_certificate() {
    let sandbox = files();
    let client = ["--type=client", "--ephemeral-ca", "--hostname=operator"];
    let files = ["--cert-file=me.crt", "--key-file=me.key"];
    sandbox.generate(client.iter().chain(&files)).quiet_success();
    let both = sandbox.read("me.crt");
    let end = both.find("-----END CERTIFICATE-----\n").expect("an end") + 26;
    assert!(end < both.len(), "the CA is behind the certificate");
    sandbox.write("leaf.crt", &both[..end]);
    for file in ["me.crt", "leaf.crt"] {
        let flag = format!("--client-ca-cert-file={file}");
        let api = ["--component=kuma-cp", "--purpose=api-server", PAIR[0], PAIR[1], &flag];
        let text = generate(&sandbox, "environment", &api);
        assert!(text.contains(&format!("TLS_CA_FILE='{file}'\n")), "{text}");
    }
}

#[test]
fn flags_without_effect_are_rejected_and_a_repeated_purpose_counts_once() {
    let sandbox = files();
    let proxy = &["--component=kuma-dp", CA][..];
    let server = &["--component=kuma-cp", PAIR[0], PAIR[1]][..];
    let client_ca = "--client-ca-cert-file=ca.crt";
    for (command, flag, says) in [
        (
            proxy,
            "--purpose=general",
            "--purpose has no effect with --component=kuma-dp\nhint: remove --purpose",
        ),
        (proxy, "--directory=/etc", "--directory has no effect with"),
        (proxy, client_ca, "--client-ca-cert-file has no effect with"),
        (
            proxy,
            "--hostname=a",
            "--hostname has no effect without --cert-file\nhint: add --cert-file",
        ),
        (server, "--cp-address=https://cp:1", "--cp-address has no effect with"),
        (server, client_ca, "has no effect without --purpose=api-server\nhint: add"),
    ] {
        let all = [&["generate", "environment"], command, &[flag]].concat();
        let stderr = sandbox.kumactl(all).failure(2);
        assert!(stderr.contains(says), "{stderr}");
    }
    let twice = "--purpose=general,dp-server,general,dp-server";
    let once = "--purpose=general,dp-server";
    assert_eq!(
        generate(&sandbox, "environment", &[server, &[twice]].concat()),
        generate(&sandbox, "environment", &[server, &[once]].concat())
    );
}

#[test]
fn files_for_kuma_cp_cannot_come_from_standard_input() {
    let sandbox = files();
    for (flags, flag) in [
        (&["--cert-file=-", "--key-file=tls.key"][..], "--cert-file"),
        (&["--cert-file=tls.crt", "--key-file=/dev/stdin"], "--key-file"),
        (&["--purpose=zone-kds", "--ca-cert-file=/dev/fd/0"], "--ca-cert-file"),
        (&["--directory=/etc/kuma", "--cert-file=-", "--key-file=tls.key"], "--cert-file"),
    ] {
        let all = [&["generate", "environment", "--component=kuma-cp"], flags].concat();
        let stderr = sandbox.kumactl(all).failure(2);
        let hint = format!("\nhint: pass the path of a file to {flag}\n");
        assert!(stderr.contains("kuma-cp cannot read") && stderr.ends_with(&hint), "{stderr}");
    }
    // What is only compared can be piped.
    let script = "kumactl generate environment --component=kuma-cp --cert-file=tls.crt \
                  --key-file=tls.key --ca-cert-file=- < ca.crt";
    assert!(!sandbox.shell(script).quiet_success().contains("'-'"));
}

#[test]
fn the_first_certificate_in_the_ca_file_of_a_proxy_is_a_ca() {
    let sandbox = files();
    let text = generate(&sandbox, "environment", &["--component=kuma-dp", CA, "--format=systemd"]);
    let pem = &systemd(&text)[NAMES[0]];
    let is_ca = read_back::certificate(pem, |ca| {
        ca.basic_constraints().expect("one").expect("basicConstraints").value.ca
    });
    assert!(is_ca);
}

#[test]
fn every_purpose_sets_the_variables_that_kuma_reads() {
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
fn an_environment_that_cannot_work_is_rejected() {
    let sandbox: Sandbox = files();
    for (arguments, status, says) in [
        (&[][..], 2, "--component"),
        (
            &["--component=kuma-cp"],
            2,
            "--purpose=general requires --cert-file and --key-file\nhint: add --cert-file=tls.crt",
        ),
        (
            &["--component=kuma-cp", "--purpose=zone-kds"],
            2,
            "requires --ca-cert-file\nhint: add --ca-cert-file",
        ),
        (&["--component=kuma-cp", "--purpose=kds"], 2, "[possible values: general, dp-server"),
        (&["--component=kuma-dp"], 2, "is required with --component=kuma-dp\nhint: add"),
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
