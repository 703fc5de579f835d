//! The configuration file of kuma-cp: in a ConfigMap of the chart, and in a directory.

use serde_json::Value;

use super::directories::{change, directory, report as of_directory};
use super::{Material, check, checks, manifest, report, swap};
use crate::support::Sandbox;

const COMMENT: &str = "    # use this file to override default configuration of `kuma-cp`\n";
const CERTIFICATE: &str = "            - name: KUMA_GENERAL_TLS_CERT_FILE\n              value: \"/var/run/secrets/kuma.io/tls-cert/tls.crt\"\n";
const KEY: &str = "            - name: KUMA_GENERAL_TLS_KEY_FILE\n              value: \"/var/run/secrets/kuma.io/tls-cert/tls.key\"\n";

/// The manifest with these settings in the ConfigMap, without the variables for the pair.
fn configured(own: &Material, settings: &str) -> String {
    let mut text = manifest(own);
    swap(&mut text, CERTIFICATE, "");
    swap(&mut text, KEY, "");
    let lines: String = settings.lines().map(|line| format!("    {line}\n")).collect();
    swap(&mut text, COMMENT, &format!("{COMMENT}{lines}"));
    text
}

fn text(check: &Value) -> &str {
    check["text"].as_str().unwrap_or_default()
}

const PAIR: &str = "general:\n  tlsCertFile: /var/run/secrets/kuma.io/tls-cert/tls.crt\n  tlsKeyFile: \
                    /var/run/secrets/kuma.io/tls-cert/tls.key\n";

#[test]
fn the_charts_configuration_is_read_and_variables_override_it() {
    let sandbox = Sandbox::new();
    let own = Material::new(&sandbox);
    let good = report(&sandbox, &configured(&own, PAIR), &[]);
    assert_eq!(checks(&good, "failed"), Vec::<String>::new(), "{good:#}");

    let wrong = PAIR.replace("tls-cert/tls.crt", "tls-certs/tls.crt");
    let bad = report(&sandbox, &configured(&own, &wrong), &[]);
    assert_eq!(checks(&bad, "failed"), ["mounts"], "{bad:#}");
    let said =
        "general.tlsCertFile in config.yaml of ConfigMap kuma-system/kuma-control-plane-config is";
    assert!(text(check(&bad, "mounts", "failed")).starts_with(said), "{bad:#}");

    let mut overridden = configured(&own, &wrong);
    let mode = "            - name: KUMA_MODE\n";
    swap(&mut overridden, mode, &format!("{CERTIFICATE}{mode}"));
    let good = report(&sandbox, &overridden, &[]);
    assert_eq!(checks(&good, "failed"), Vec::<String>::new(), "{good:#}");
}

#[test]
fn a_finding_about_a_configuration_names_its_setting() {
    let sandbox = Sandbox::new();
    let own = Material::new(&sandbox);
    let half = PAIR.split("  tlsKeyFile").next().expect("a half");
    let bad = report(&sandbox, &configured(&own, half), &[]);
    let failed = check(&bad, "variables", "failed");
    assert_eq!(
        text(failed),
        "general.tlsCertFile in config.yaml of ConfigMap kuma-system/kuma-control-plane-config is set, and \
         general.tlsKeyFile is not"
    );
    assert_eq!(
        failed["component_error"]["text"],
        ".TlsKeyFile cannot be empty if TlsCertFile has been set"
    );

    let zone = "multizone: {zone: {name: east, globalAddress: 'grpc://global.example:5685'}}\n";
    let bad = report(&sandbox, &configured(&own, &format!("{PAIR}{zone}")), &[]);
    assert_eq!(checks(&bad, "failed"), ["zone-address"], "{bad:#}");
    let failed = text(check(&bad, "zone-address", "failed"));
    assert!(
        failed.starts_with("multizone.zone.globalAddress in config.yaml of ConfigMap"),
        "{failed}"
    );
}

#[test]
fn a_configuration_that_is_malformed_not_mounted_or_not_read_is_reported() {
    let sandbox = Sandbox::new();
    let own = Material::new(&sandbox);
    let bad = report(&sandbox, &configured(&own, &PAIR.replace("general:", "general: [")), &[]);
    let failed = check(&bad, "configuration", "failed");
    assert_eq!(failed["component"], "kuma-cp");
    assert!(text(failed).starts_with("config.yaml of ConfigMap"), "{failed}");

    let mut moved = manifest(&own);
    swap(&mut moved, "--config-file=/etc/kuma.io/", "--config-file=/etc/kuma/");
    let bad = report(&sandbox, &moved, &[]);
    assert_eq!(checks(&bad, "failed"), ["configuration"], "{bad:#}");

    let mut without = manifest(&own);
    swap(&mut without, "kind: ConfigMap", "kind: Anything");
    let skipped = report(&sandbox, &without, &[]);
    assert_eq!(checks(&skipped, "failed"), Vec::<String>::new(), "{skipped:#}");
    check(&skipped, "configuration", "skipped");
}

#[test]
fn a_configuration_file_in_a_directory_has_the_settings_of_kuma_cp() {
    let sandbox = directory(&["--mode=universal", "--hostname=cp.example"]);
    sandbox.shell("mv tls/kuma-cp.env saved.env").quiet_success();
    let pair = "general:\n  tlsCertFile: /etc/kuma/tls.crt\n  tlsKeyFile: /etc/kuma/tls.key\n";
    for name in ["kuma-cp.yaml", "kuma-cp.conf.yml"] {
        sandbox.write(&format!("tls/{name}"), pair);
        let good = of_directory(&sandbox, &[]);
        assert_eq!(checks(&good, "failed"), Vec::<String>::new(), "{good:#}");
        let pieces = good["map"]["pieces"].to_string();
        assert!(pieces.contains(&format!("kuma-cp with tls/{name}")), "{pieces}");
        change(&sandbox, name, "/tls.key", "/server.key");
        let bad = of_directory(&sandbox, &[]);
        assert_eq!(checks(&bad, "failed"), ["files"], "{bad:#}");
        let said = format!("general.tlsKeyFile in tls/{name} is /etc/kuma/server.key");
        assert!(text(check(&bad, "files", "failed")).starts_with(&said), "{bad:#}");
        // Variables override it.
        sandbox.shell("cp saved.env tls/kuma-cp.env").quiet_success();
        assert_eq!(checks(&of_directory(&sandbox, &[]), "failed"), Vec::<String>::new());
        sandbox.shell(&format!("rm tls/{name} tls/kuma-cp.env")).quiet_success();
    }
}

#[test]
fn a_unit_names_the_configuration_file_of_kuma_cp() {
    let sandbox = directory(&["--mode=universal", "--hostname=cp.example"]);
    sandbox.shell("rm tls/kuma-cp.env").quiet_success();
    sandbox.write("tls/my.yaml", "general: {tlsCertFile: tls.crt, tlsKeyFile: tls.key}\n");
    for flag in ["--config-file=/etc/kuma/my.yaml", "--config-file my.yaml", "-c my.yaml"] {
        sandbox.write("tls/kuma-cp.service", format!("ExecStart=/usr/bin/kuma-cp run {flag}\n"));
        let good = of_directory(&sandbox, &[]);
        assert_eq!(checks(&good, "failed"), Vec::<String>::new(), "{flag} {good:#}");
        check(&good, "private-key", "passed");
    }
    sandbox.write("tls/kuma-cp.service", "ExecStart=/usr/bin/kuma-cp run -c /etc/other.yaml\n");
    let bad = of_directory(&sandbox, &[]);
    let said = text(check(&bad, "files", "failed"));
    assert_eq!(said, "--config-file is /etc/other.yaml, which is not in tls");
}

#[test]
fn drop_ins_and_environment_files_override_a_unit() {
    let sandbox = directory(&["--mode=universal", "--hostname=cp.example"]);
    let url = |host: &str| format!("Environment=KUMA_CONTROL_PLANE_URL=https://{host}:5678\n");
    sandbox.write("tls/kuma-dp.service", format!("[Service]\n{}", url("other.example")));
    let bad = of_directory(&sandbox, &[]);
    assert!(checks(&bad, "failed").contains(&"variables".to_owned()), "{bad:#}");
    std::fs::create_dir(sandbox.path("tls/kuma-dp.service.d")).expect("a directory");
    sandbox.write("tls/kuma-dp.service.d/10.conf", "[Service]\nEnvironmentFile=/etc/kuma-dp.env\n");
    let good = of_directory(&sandbox, &[]);
    assert_eq!(checks(&good, "failed"), Vec::<String>::new(), "{good:#}");
    sandbox.write("tls/kuma-dp.service.d/20.conf", "[Service]\nEnvironmentFile=\n");
    let bad = of_directory(&sandbox, &[]);
    assert!(checks(&bad, "failed").contains(&"variables".to_owned()), "{bad:#}");
}

#[test]
fn a_byte_order_mark_in_an_environment_file_is_a_warning() {
    let sandbox = directory(&["--mode=universal", "--hostname=cp.example"]);
    let text = sandbox.read("tls/kuma-cp.env");
    change(&sandbox, "kuma-cp.env", &text, &format!("\u{feff}{text}"));
    let warned = of_directory(&sandbox, &[]);
    assert_eq!(checks(&warned, "failed"), Vec::<String>::new(), "{warned:#}");
    check(&warned, "files", "warning");
}

/// The chart does so in Universal mode on Kubernetes.
#[test]
fn a_container_that_migrates_the_database_is_no_control_plane() {
    let sandbox = Sandbox::new();
    let mut text = manifest(&Material::new(&sandbox));
    let migration = "      initContainers:\n        - name: migration\n          args: [migrate, up, --config-file=/x]\n          \
                     env:\n            - name: KUMA_STORE_TYPE\n              value: postgres\n            - name: \
                     KUMA_GENERAL_TLS_CERT_FILE\n              value: /x/tls.crt\n            - name: \
                     KUMA_GENERAL_TLS_KEY_FILE\n              value: /x/tls.key\n";
    swap(
        &mut text,
        "      containers:\n        - name: control-plane\n",
        &format!("{migration}      containers:\n        - name: control-plane\n"),
    );
    let good = report(&sandbox, &text, &[]);
    assert_eq!(checks(&good, "failed"), Vec::<String>::new(), "{good:#}");
}
