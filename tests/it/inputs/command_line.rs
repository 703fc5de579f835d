//! Command lines.

use super::sandbox;
use crate::support::{Sandbox, installed};

#[track_caller]
fn refused(arguments: &[&str]) -> String {
    let sandbox = Sandbox::new();
    let stderr = sandbox.kumactl(arguments).failure(2);
    assert!(sandbox.names().is_empty(), "{arguments:?}");
    stderr
}

#[test]
fn a_flag_with_one_hyphen_is_a_usage_error_with_the_intended_flag() {
    const TLS: [&str; 2] = ["generate", "tls-certificate"];
    for (arguments, meant) in [
        (&["-hostname=a", "--type=server"][..], "--hostname=a"),
        (&["--type=server", "-hostname", "a"], "--hostname"),
        (&["--hostname=a", "-htype=server"], "--type=server"),
        (&["--hostname=a", "-type=server"], "--type=server"),
        (&["-help"], "--help"),
        (&["--hostname=a", "-help", "--help"], "--help"),
        (&["--hostname=a", "--type=server", "-output=json"], "--output=json"),
    ] {
        let stderr = refused(&[&TLS[..], arguments].concat());
        assert!(stderr.starts_with("error: "), "{stderr}");
        assert!(stderr.ends_with(&format!("hint: did you mean {meant}?\n")), "{stderr}");
    }
    for arguments in [&["-help"][..], &["generate", "-help"]] {
        assert!(refused(arguments).ends_with("hint: did you mean --help?\n"));
    }
    let secret = ["generate", "kubernetes-secret", "-namespace=kuma"];
    assert!(refused(&secret).ends_with("hint: did you mean --namespace=kuma?\n"));
    let unknown = refused(&[TLS[0], TLS[1], "-hfoo"]);
    assert!(
        unknown.contains("hint: run `kumactl generate tls-certificate --help` for"),
        "{unknown}"
    );
}

#[test]
fn control_characters_are_escaped_in_every_error() {
    const HOSTILE: &str = "\u{1b}[2J\u{9b}1m\u{7f}\u{202e}\r";
    let sandbox = sandbox();
    let spec = format!("certificates: [{{name: a, type: \"{HOSTILE}\", hostnames: [a]}}]\n");
    sandbox.write(
        "spec.yaml",
        spec.replace('\r', "\\r").replace(['\u{1b}', '\u{9b}', '\u{7f}'], "\\e"),
    );
    for arguments in [
        vec![HOSTILE.to_owned()],
        vec!["generate".to_owned(), HOSTILE.to_owned()],
        vec!["generate".to_owned(), "tls-certificate".to_owned(), format!("--{HOSTILE}")],
        vec!["generate".to_owned(), "tls-certificate".to_owned(), format!("--type={HOSTILE}")],
        vec!["generate".to_owned(), "ca-bundle".to_owned(), format!("--ca-cert-file={HOSTILE}")],
        vec!["inspect".to_owned(), "certificate".to_owned(), HOSTILE.to_owned()],
        vec!["inspect".to_owned(), "certificate".to_owned(), format!("{HOSTILE}:1")],
        ["generate", "tls-certificates", "--file=spec.yaml", "--output-dir=out"]
            .map(str::to_owned)
            .to_vec(),
    ] {
        let ended = sandbox.kumactl(&arguments);
        assert!(ended.status != 0 && ended.stderr.starts_with("error: "), "{ended:?}");
        let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!ended.stderr.contains(steers), "{arguments:?}: {ended:?}");
    }
}

#[test]
fn requested_help_is_not_an_error() {
    let sandbox = Sandbox::new();
    for arguments in [
        &["generate", "tls-certificate", "-h"][..],
        &["generate", "tls-certificate", "--help", "-hostname=a"],
        &["help"],
    ] {
        assert!(!sandbox.kumactl(arguments).quiet_success().is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_noun_without_a_verb_gets_a_hint_with_the_whole_command() {
    for (arguments, meant) in [
        (
            &["tls-certificate", "--type=server"][..],
            "`kumactl generate tls-certificate` or `kumactl verify tls-certificate`",
        ),
        (&["ca-bundle"], "`kumactl generate ca-bundle`"),
        (&["certificate", "a.crt"], "`kumactl inspect certificate`"),
        (&["generate", "certificate"], "`kumactl inspect certificate`"),
    ] {
        let stderr = refused(arguments);
        assert!(stderr.starts_with("error: there is no command `kumactl "), "{stderr}");
        assert!(stderr.ends_with(&format!("\nhint: did you mean {meant}?\n")), "{stderr}");
    }
}

#[test]
fn a_name_with_a_type_prefix_gets_a_hint_with_the_name() {
    for (value, meant) in [
        ("DNS:cp.example", "cp.example"),
        ("dns:cp.example", "cp.example"),
        ("IP:10.0.0.1", "10.0.0.1"),
        ("IP:::1", "::1"),
        ("IP Address:10.0.0.1", "10.0.0.1"),
        ("URI:spiffe://mesh/cp", "spiffe://mesh/cp"),
        ("DNS:https://cp.example:5678", "cp.example"),
        ("subjectAltName=DNS:cp.example", "cp.example"),
    ] {
        let flag = format!("--hostname={value}");
        let stderr = refused(&["generate", "tls-certificate", "--type=server", &flag]);
        assert!(stderr.contains("has a type prefix"), "{stderr}");
        assert!(stderr.contains(&format!("hint: did you mean --hostname={meant}?\n")), "{stderr}");
    }
    // Hosts that have the name of a type.
    let stderr = refused(&["generate", "tls-certificate", "--type=server", "--hostname=dns:5678"]);
    assert!(stderr.contains("has a port\nhint: did you mean --hostname=dns?"), "{stderr}");
}

#[test]
fn a_number_without_a_unit_gets_a_hint_in_days_or_for_a_timeout_in_seconds() {
    let stderr = refused(&[
        "generate",
        "tls-certificate",
        "--type=server",
        "--hostname=a",
        "--valid-for=365",
    ]);
    assert!(stderr.contains("hint: did you mean 365d? In hours it would be 365h\n"), "{stderr}");
    let stderr = refused(&["inspect", "certificate", "--timeout=30", "localhost:1"]);
    assert!(stderr.contains("hint: did you mean --timeout=30s?\n"), "{stderr}");
    let sandbox = Sandbox::new();
    let entry = "{name: a, type: server, hostnames: [a], validFor: 365}";
    sandbox.write("spec.yaml", format!("certificates: [{entry}]\n"));
    let arguments = ["generate", "tls-certificates", "--file=spec.yaml", "--output-dir=out"];
    let stderr = sandbox.kumactl(arguments).stderr;
    assert!(stderr.contains("hint: did you mean 365d?\n"), "{stderr}");
}

#[test]
fn base64_that_the_shell_split_is_reported_as_wrapped() {
    let sandbox = sandbox();
    for (command, flag) in [("base64 ca.crt", "="), ("base64 -w64 ca.crt", "=")] {
        let script = format!(
            "kumactl verify tls-certificate --cert-file=tls.crt --ca-bundle{flag}$({command})"
        );
        let stderr = sandbox.shell(&script).failure(2);
        assert!(
            stderr
                .starts_with("error: the value of --ca-bundle is wrapped Base64: the shell made "),
            "{stderr}"
        );
        // What the hint says works.
        let hint = stderr.lines().find_map(|line| line.strip_prefix("hint: one line, in quotes: "));
        let hint = hint.expect("a hint");
        let script = format!("kumactl verify tls-certificate --cert-file=tls.crt {hint}");
        assert_eq!(sandbox.shell(&script).status, 0, "{script}");
    }
}

#[test]
fn the_decrypted_key_of_a_ca_comes_through_a_pipe() {
    let Some(openssl) = installed("openssl") else { return };
    let sandbox = sandbox();
    let openssl = openssl.display();
    sandbox.shell(&format!(
        "{openssl} pkey -in ca.key -aes128 -passout pass:x -out 'encrypted ca.key' && rm ca.key"
    ));
    let before = sandbox.names();
    let command = "generate tls-certificate --type=server --hostname=cp.example --valid-for=90d \
                   --key-type=ecdsa --issuer-cert-file=ca.crt";
    let script = format!(
        "{openssl} pkey -passin pass:x -in 'encrypted ca.key' | kumactl {command} --issuer-key-file=-"
    );
    sandbox.shell(&script).quiet_success();
    let mut after = sandbox.names();
    after.retain(|name| !before.contains(name));
    assert_eq!(after, ["cert.pem", "key.pem"]);
}

#[test]
fn missing_arguments_are_named_with_what_to_add() {
    for (command, says) in [
        (
            "generate control-plane-tls",
            "error: --mode and --output-dir are required\n\
             hint: add --mode=MODE and --output-dir=DIR\n",
        ),
        (
            "generate tls-certificates",
            "error: --file or --print-spec is required\n\
             hint: add --file=FILE or --print-spec=DIR\n",
        ),
        ("completion", "error: SHELL is required\nhint: add SHELL\n"),
    ] {
        let stderr = Sandbox::new().kumactl(command.split(' ')).failure(2);
        let help = format!("hint: run `kumactl {command} --help` for all flags and examples\n");
        assert_eq!(stderr, format!("{says}{help}"));
    }
}
