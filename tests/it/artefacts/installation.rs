//! `generate helm-values` and `generate install-flags`.

use super::{CA, decoded, files, generate, yaml};

const SECRETS: [&str; 5] = [
    "--general-secret=g",
    "--general-ca-secret=c",
    "--api-server-secret=a",
    "--kds-global-server-secret=s",
    "--kds-zone-client-secret=z",
];

#[test]
fn the_values_have_the_bundle_on_one_line_and_nothing_that_was_not_asked_for() {
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
fn a_shell_splits_the_flags_and_the_arguments_into_exactly_the_intended_words() {
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
fn a_secret_whose_name_looks_like_something_else_stays_a_text() {
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
fn what_is_no_ca_and_what_sets_nothing_is_refused() {
    let sandbox = files();
    for (arguments, status, says) in [
        (&[][..], 2, "nothing to set\nhint: --ca-cert-file=ca.crt"),
        (&["--general-secret=g"], 2, "--ca-cert-file"),
        (&["--ca-cert-file=tls.key"], 1, "is a private key"),
        (&["--ca-cert-file=missing"], 1, "no such file"),
        (&["--kds-zone-client-secret=No"], 2, "is no name in Kubernetes"),
    ] {
        for noun in ["helm-values", "install-flags"] {
            let stderr =
                sandbox.kumactl(["generate", noun].iter().chain(arguments)).failure(status);
            assert!(stderr.contains(says), "{noun} {arguments:?}: {stderr}");
        }
    }
}
