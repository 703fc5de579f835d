//! `generate helm-values` and `generate install-flags`.

use super::{CA, PAIR, decoded, files, generate, yaml};

const SECRETS: [&str; 5] = [
    "--general-secret=g",
    "--general-ca-secret=c",
    "--api-server-secret=a",
    "--kds-global-server-secret=s",
    "--kds-zone-client-secret=z",
];

#[test]
fn the_values_have_the_bundle_on_one_line_and_only_the_requested_settings() {
    let sandbox = files();
    let text = generate(&sandbox, "helm-values", &[CA]);
    let tls = &yaml(&text)["controlPlane"]["tls"];
    assert_eq!(tls["general"]["secretName"], "general-tls-certs");
    assert_eq!(decoded(&tls["general"]["caBundle"]), sandbox.read("ca.crt"));
    assert_eq!(tls.as_object().map(serde_json::Map::len), Some(1), "{text}");
    assert_eq!(text.lines().count(), 5, "{text}");

    let all = yaml(&generate(&sandbox, "helm-values", &[&[CA][..], &SECRETS].concat()));
    let tls = &all["controlPlane"]["tls"];
    assert_eq!(tls["general"]["secretName"], "g");
    assert_eq!(tls["general"]["caSecretName"], "c");
    assert_eq!(tls["apiServer"]["secretName"], "a");
    assert_eq!(tls["kdsGlobalServer"]["secretName"], "s");
    assert_eq!(tls["kdsZoneClient"]["secretName"], "z");
}

#[test]
fn a_shell_splits_flags_and_arguments_into_the_intended_words() {
    let sandbox = files();
    let bundle = generate(&sandbox, "ca-bundle", &[CA]);
    let bundle = bundle.trim_end();
    let more = SECRETS.join(" ");
    for (command, expected) in [
        (
            format!("generate install-flags {CA}"),
            format!("--tls-general-secret=general-tls-certs\n--tls-general-ca-bundle={bundle}\n"),
        ),
        (
            format!("generate install-flags {CA} {more}"),
            format!(
                "--tls-general-secret=g\n--tls-general-ca-secret=c\n--tls-general-ca-bundle={bundle}\n\
                 --tls-api-server-secret=a\n--tls-kds-global-server-secret=s\n\
                 --tls-kds-zone-client-secret=z\n"
            ),
        ),
        (
            format!("generate helm-values --set {CA}"),
            format!(
                "--set-string\ncontrolPlane.tls.general.secretName=general-tls-certs\n\
                 --set-string\ncontrolPlane.tls.general.caBundle={bundle}\n"
            ),
        ),
        (
            "generate install-flags --kds-zone-client-secret=z".to_owned(),
            "--tls-kds-zone-client-secret=z\n".to_owned(),
        ),
    ] {
        let script = format!("printf '%s\\n' $(kumactl {command})");
        assert_eq!(sandbox.shell(&script).quiet_success(), expected, "{command}");
    }
}

/// Helm's `--set` makes a number, a boolean or nothing of such a value; `--set-string` a text of each.
#[test]
fn a_secret_name_that_looks_like_a_number_stays_a_string() {
    let sandbox = files();
    for name in ["123", "true", "null", "1e3", "0x1f", "on"] {
        let secret = format!("--general-secret={name}");
        let text = generate(&sandbox, "helm-values", &[CA, &secret]);
        assert_eq!(yaml(&text)["controlPlane"]["tls"]["general"]["secretName"], name, "{text}");
        let text = generate(&sandbox, "helm-values", &[CA, &secret, "--set"]);
        let value = format!("--set-string controlPlane.tls.general.secretName={name} ");
        assert!(text.starts_with(&value), "{text}");
        assert!(!text.contains("--set "), "{text}");
    }
}

#[test]
fn a_file_without_a_ca_and_a_command_without_settings_are_rejected() {
    let sandbox = files();
    for (arguments, status, says) in [
        (&[][..], 2, "at least one flag is required\nhint: add --ca-cert-file=ca.crt"),
        (&["--general-secret=g"], 2, "--ca-cert-file"),
        (&["--ca-cert-file=tls.key"], 1, "is a private key"),
        (&["--ca-cert-file=missing"], 1, "no such file"),
        (&["--kds-zone-client-secret=No"], 2, "is not a valid Kubernetes name"),
    ] {
        for noun in ["helm-values", "install-flags"] {
            let stderr =
                sandbox.kumactl(["generate", noun].iter().chain(arguments)).failure(status);
            assert!(stderr.contains(says), "{noun} {arguments:?}: {stderr}");
        }
    }
}

/// Linux starts no program with an argument or a variable of more than 131,071 bytes. A CA file of 98,286
/// bytes makes such a bundle; `kuma-dp` gets the file itself.
#[test]
fn a_ca_file_too_large_for_an_argument_is_rejected_there_and_accepted_in_files() {
    let sandbox = files();
    let ca = sandbox.read("ca.crt");
    for (size, fits_bundle, fits_variable) in [
        (98_000, true, true),
        (98_400, false, true),
        (131_040, false, true),
        (131_060, false, false),
    ] {
        sandbox.write("big.crt", format!("{}\n{ca}", "#".repeat(size - ca.len() - 1)));
        assert_eq!(sandbox.read("big.crt").len(), size);
        let big = "--ca-cert-file=big.crt";
        for (command, hint, fits) in [
            (
                &["install-flags"][..],
                "hint: use `kumactl install control-plane --values=FILE`",
                fits_bundle,
            ),
            (&["helm-values", "--set"], "hint: rerun without --set", fits_bundle),
            (&["environment", "--component=kuma-dp"], "--ca-cert-file=FILE`", fits_variable),
        ] {
            let ended = sandbox.kumactl(["generate"].iter().chain(command).chain(&[big]));
            if fits {
                // What a shell really hands on.
                sandbox.write("words", ended.quiet_success());
                let pass = if command[0] == "environment" {
                    ". ./words; exec true"
                } else {
                    "exec /bin/true $(cat words)"
                };
                sandbox.shell(pass).quiet_success();
            } else {
                let stderr = ended.failure(1);
                let says = "more than the 131071 that Linux allows in one argument or variable\n";
                assert!(stderr.contains(says) && stderr.contains(hint), "{stderr}");
            }
        }
        // A values file has no such limit.
        let values = yaml(&generate(&sandbox, "helm-values", &[big]));
        let bundle = &values["controlPlane"]["tls"]["general"]["caBundle"];
        assert_eq!(decoded(bundle).len(), size);
        let verify = ["verify", "tls-certificate", PAIR[0], PAIR[1], big];
        let report = sandbox.kumactl(verify);
        assert_eq!((report.status, report.stderr.as_str()), (0, ""), "{}", report.stdout);
        let warns = "big.crt: the argument --tls-general-ca-bundle would be ";
        assert_eq!(!report.stdout.contains(warns), fits_bundle, "{}", report.stdout);
    }
}

#[test]
fn control_plane_tls_says_what_to_use_for_a_ca_file_too_large_for_an_argument() {
    let sandbox = files();
    let make = ["generate", "control-plane-tls", "--mode=kubernetes", "--output-dir=tls"];
    let again = || sandbox.kumactl(make.iter().chain(&["--key-type=ecdsa", "--if-needed"]));
    assert_eq!(again().status, 0);
    let ca = sandbox.read("tls/ca.crt");
    sandbox.write("tls/ca.crt", format!("{}\n{ca}", "#".repeat(100_000)));
    let ended = again();
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(
        ended.stderr.contains("warning: ca.crt: the argument --tls-general-ca-bundle would be"),
        "{ended:?}"
    );
    assert!(ended.stderr.contains("pass the bundle in a values file"), "{ended:?}");
}
