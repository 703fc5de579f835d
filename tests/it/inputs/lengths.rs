//! Texts and files of any length.

use super::sandbox;
use crate::support::{Ended, Sandbox};

#[test]
fn only_the_start_of_a_long_value_is_repeated_in_an_error() {
    let long = "a".repeat(1 << 20);
    let spec = |field: &str, value: &str| {
        format!("certificates: [{{name: a, type: server, hostnames: [a], {field}: \"{value}\"}}]\n")
    };
    let sandbox = Sandbox::new();
    for text in [
        format!("certificates: [{{name: \"{long}\", type: server, hostnames: [a]}}]\n"),
        format!("certificates: [{{name: a, type: \"{long}\", hostnames: [a]}}]\n"),
        format!("certificates: [{{name: a, type: server, hostnames: [\"{long}\"]}}]\n"),
        format!("certificates: [{{name: a, type: server, kubernetesService: \"{long}\"}}]\n"),
        format!("issuer: {{certFile: a, keyFile: b, create: {{name: \"{long}\"}}}}\n"),
        format!("{long}: 1\n"),
        spec(&long, "x"),
        spec("keyType", &long),
        spec("validFor", &long),
        spec("artifacts", &long),
        spec("namespace", &long.to_uppercase()),
        spec("secretName", &long),
    ] {
        sandbox.write("spec.yaml", &text);
        let arguments = ["generate", "tls-certificates", "--file=spec.yaml", "--output-dir=out"];
        let ended = sandbox.kumactl(arguments);
        assert!(matches!(ended.status, 1 | 2), "{}", ended.status);
        assert!(ended.stderr.len() < 4096, "{} bytes", ended.stderr.len());
        assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
    }
}

#[test]
fn every_written_file_can_be_read_again_and_a_larger_one_is_not_written() {
    let sandbox = sandbox();
    let names = |count: usize| {
        let names: Vec<_> = (0..count).map(|index| format!("name-{index}.example")).collect();
        names.join(", ")
    };
    let spec = |count: usize| {
        format!(
            "issuer: {{certFile: ca.crt, keyFile: ca.key}}\ndefaults: {{type: server, keyType: ecdsa, namespace: kuma}}\n\
             certificates: [{{name: a, hostnames: [{}], artifacts: [secret]}}]\n",
            names(count)
        )
    };
    let arguments = ["generate", "tls-certificates", "--file=spec.yaml", "--output-dir=out"];
    sandbox.write("spec.yaml", spec(15_000));
    assert_eq!(sandbox.kumactl(arguments).status, 0);
    let shown = sandbox.kumactl(["inspect", "certificate", "out/a/secret.yaml", "out/a/tls.crt"]);
    assert_eq!(shown.status, 0, "{}", shown.stderr);
    let again = sandbox.kumactl(arguments.iter().chain(&["--if-needed"]));
    assert_eq!(again.status, 0, "{again:?}");

    sandbox.write("spec.yaml", spec(30_000).replace("name: a", "name: b"));
    let Ended { status, stderr, .. } = sandbox.kumactl(arguments);
    assert_eq!(status, 1, "{stderr}");
    assert!(stderr.contains("and the limit is 512 KiB\nhint: "), "{stderr}");
    assert!(!sandbox.path("out/b").exists());
}
