//! The report.

use super::{Material, manifest, report, swap, verify};
use crate::support::Sandbox;

#[test]
fn the_text_has_a_map_and_the_failures_with_their_cure() {
    let sandbox = Sandbox::new();
    let own = Material::new(&sandbox);
    let mut text = manifest(&own);
    let good = verify(&sandbox, &text, &[]).quiet_success();
    let lines: Vec<_> = good.lines().collect();
    assert!(lines[0].starts_with("Secret kuma-system/general-tls-certs  until "), "{good}");
    assert_eq!(lines[1], "-> Deployment kuma-system/kuma-control-plane");
    assert_eq!(lines[2], "   -> Service kuma-system/kuma-control-plane");
    let webhooks = "      -> 3 webhooks of kuma-admission-mutating-webhook-configuration and \
                    kuma-validating-webhook-configuration  kuma-control-plane.kuma-system.svc";
    assert!(lines.contains(&webhooks), "{good}");
    assert!(
        lines.last().is_some_and(|line| line.starts_with("The installation fits together: ")),
        "{good}"
    );

    swap(&mut text, "secretName: general-tls-certs", "secretName: certs");
    let bad = verify(&sandbox, &text, &["--quiet"]).failure_report();
    assert_eq!(
        bad,
        "\nfailed   secret  kubelet\n         Secret kuma-system/certs does not exist, and \
         Deployment kuma-system/kuma-control-plane mounts it\n         kubelet: secret \"certs\" not \
         found\n         hint: create it with `kumactl generate kubernetes-secret --name=certs \
         --namespace=kuma-system`, or pass it: kubectl get secret certs -n kuma-system -o yaml > secret.yaml, and \
         --secret=secret.yaml\n"
    );
}

#[test]
fn quiet_prints_nothing_of_an_installation_that_fits() {
    let sandbox = Sandbox::new();
    let text = manifest(&Material::new(&sandbox));
    for format in ["--output=text", "--output=json"] {
        assert_eq!(verify(&sandbox, &text, &["--quiet", format]).quiet_success(), "");
    }
}

/// Every value of the manifest is replaced in turn.
#[test]
fn no_text_of_a_manifest_reaches_a_terminal_or_a_drawing_unescaped() {
    const HOSTILE: &str = "\"e\\u001b[31m\\u202e</text><script>\\\"];#quot;`x`\"";
    let sandbox = Sandbox::new();
    let text = manifest(&Material::new(&sandbox));
    let lines: Vec<_> = text.lines().collect();
    let flags =
        ["verify", "installation", "--manifest=hostile.yaml", "--output=json", "--diagram=map.mmd"];
    let mut failures = 0;
    for (place, line) in lines.iter().enumerate() {
        let is_structure = line.contains("kind: ") || line.contains("apiVersion: ");
        let Some((before, value)) = line.split_once(": ") else { continue };
        if is_structure || value.len() > 200 || line.starts_with('#') {
            continue;
        }
        let replaced = format!("{before}: {HOSTILE}");
        let mut hostile = lines.clone();
        hostile[place] = &replaced;
        sandbox.write("hostile.yaml", hostile.join("\n"));
        let ended = sandbox.kumactl(flags);
        if ended.status == 3 {
            // A port is a number.
            continue;
        }
        failures += ended.status;
        let report: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
        let texts = [report.to_string().replace("\\n", "\n"), sandbox.read("map.mmd")];
        for text in texts {
            let is_plain =
                |letter: char| letter == '\n' || !(letter.is_control() || letter == '\u{202e}');
            assert!(text.chars().all(is_plain) && !text.contains("\\u001b"), "{line}: {text}");
        }
        let drawing = sandbox.read("map.mmd");
        for part in ["<script", "`", "#quot;];#quot;"] {
            assert!(!drawing.contains(part), "{line}: {drawing}");
        }
    }
    assert!(failures > 10, "{failures}");
}

#[test]
fn the_map_in_json_names_pieces_and_their_state() {
    let sandbox = Sandbox::new();
    let own = Material::new(&sandbox);
    let mut text = manifest(&own);
    swap(&mut text, &own.bundle(), "AAAA");
    let report = report(&sandbox, &text, &[]);
    let pieces = report["map"]["pieces"].as_array().expect("pieces");
    let state = |piece: &str| {
        let found = pieces.iter().find(|one| one["piece"] == piece);
        found.unwrap_or_else(|| panic!("{piece} is not in {report:#}"))["state"].clone()
    };
    assert_eq!(state("Secret kuma-system/general-tls-certs"), "fits");
    assert_eq!(state("2 webhooks of kuma-validating-webhook-configuration"), "fits");
    assert!(report["map"]["connections"].as_array().is_some_and(|all| all.len() >= 4));
}

#[test]
fn no_value_of_a_secret_is_in_any_report() {
    let sandbox = Sandbox::new();
    let own = Material::new(&sandbox);
    let mut text = manifest(&own);
    swap(&mut text, "type: Opaque", "type: Opaque\nstringData:\n  password: hunter2-hunter2");
    let key = String::from_utf8_lossy(&own.key).into_owned();
    let secrets = [key.lines().nth(1).unwrap_or_default(), "hunter2"];
    let wrong =
        text.replace("tls.crt: LS0", "tls.crt: XS0").replace("ca.crt: LS0", "ca.crt: hunter2");
    for (text, format) in [(&text, "text"), (&text, "json"), (&wrong, "text"), (&wrong, "json")] {
        let ended = verify(&sandbox, text, &[&format!("--output={format}")]);
        for secret in secrets {
            assert!(!ended.stdout.contains(secret) && !ended.stderr.contains(secret), "{ended:?}");
        }
    }
}
