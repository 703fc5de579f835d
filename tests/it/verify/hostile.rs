//! Damaged and malicious files.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

use super::pki::{Pki, pem};
use super::verify;
use crate::support::{Sandbox, run};

/// A way to damage the text of a key, which has all its lines.
type Damage = fn(&str) -> String;

const DAMAGES: [(&str, Damage); 14] = [
    ("a hyphen is lost", |key| key.replacen("KEY-----", "KEY----", 1)),
    ("all hyphens are lost", |key| key.replacen("KEY-----", "KEY", 1)),
    ("a blank is in the label", |key| key.replacen("KEY-----", "KEY -----", 1)),
    ("line breaks are lost", |key| key.replace('\n', "")),
    ("line breaks are blanks", |key| key.replace('\n', " ")),
    ("line breaks and hyphens are lost", |key| key.replace('\n', "").replace("-----", " ")),
    ("the end is lost", |key| key.lines().take(2).collect::<Vec<_>>().join("\n")),
    ("the beginning is lost", |key| key.lines().skip(1).collect::<Vec<_>>().join("\n")),
    ("the end is another", |key| key.replace("-----END PRIVATE", "-----END PUBLIC")),
    ("it is indented", |key| key.lines().map(|line| format!("  {line}\n")).collect()),
    ("it begins with a mark", |key| format!("\u{feff}{key}")),
    ("lines are apart", |key| key.replace('\n', "\n\n")),
    ("it is Base64 twice", |key| BASE64_STANDARD.encode(BASE64_STANDARD.encode(key))),
    ("it has a header", |key| key.replacen("KEY-----\n", "KEY-----\nname: x\n\n", 1)),
];

#[test]
fn no_byte_of_a_key_is_printed_however_its_file_is_damaged() {
    let sandbox = Sandbox::new();
    let made = Pki::new().make();
    made.write(&sandbox);
    let key = sandbox.read("tls.key").replace("\r\n", "\n");
    let secret: String = key.lines().filter(|line| !line.starts_with("-----")).collect();
    let twice = BASE64_STANDARD.encode(BASE64_STANDARD.encode(&key));
    let pieces: Vec<&str> = [&secret, &twice]
        .iter()
        .flat_map(|text| (0..text.len() - 16).step_by(8).map(|start| &text[start..start + 16]))
        .collect();
    let quoted = key.replace('\n', "");
    sandbox.write("kind.yaml", format!("kind: \"{quoted}\"\ndata: {{}}\n"));
    sandbox.write("name.yaml", format!("kind: Secret\ndata: {{\"{quoted}\": \"!\"}}\n"));
    sandbox.write("value.yaml", format!("kind: Secret\ndata: {{tls.crt: \"{quoted}\"}}\n"));
    sandbox.write("type.yaml", format!("kind: Secret\ndata: \"{quoted}\"\n"));
    for (damage, spoil) in DAMAGES {
        sandbox.write("spoilt", spoil(&key));
        sandbox.write("behind", format!("{}{}", spoil(&key), pem(&made.leaf)));
        sandbox.write("before", format!("{}{}", pem(&made.leaf), spoil(&key)));
        sandbox.write("stringdata.yaml", {
            let lines: String = spoil(&key).lines().map(|l| format!("    {l}\n")).collect();
            format!("kind: Secret\nstringData:\n  tls.crt: |\n{lines}")
        });
        for command in [
            "inspect certificate spoilt behind before",
            "inspect certificate stringdata.yaml kind.yaml name.yaml value.yaml type.yaml",
            "verify tls-certificate --cert-file=tls.crt --key-file=spoilt --ca-cert-file=ca.crt",
            "verify tls-certificate --cert-file=tls.crt --key-file=behind --ca-cert-file=spoilt",
            "verify tls-certificate --cert-file=behind --ca-cert-file=before -o json",
            "verify tls-certificate --cert-file=before --ca-bundle-file=spoilt",
            "verify tls-certificate --cert-file=tls.crt --ca-bundle=\"$(cat spoilt)\"",
            "verify tls-certificate --secret=stringdata.yaml",
            "verify tls-certificate --secret=kind.yaml",
            "verify tls-certificate --secret=name.yaml",
            "verify tls-certificate --secret=value.yaml",
            "verify tls-certificate --secret=type.yaml",
            "verify tls-certificate --secret=spoilt",
            "generate ca-bundle --ca-cert-file=spoilt",
            "generate ca-bundle --ca-cert-file=before",
            "generate ca-bundle --decode < spoilt",
            "generate kubernetes-secret --name=a --namespace=b --ca-cert-file=behind",
            "generate kubernetes-secret --name=a --namespace=b --cert-file=tls.crt --key-file=spoilt",
            "generate install-flags --ca-cert-file=spoilt --tls-general-secret=a",
            "generate cert-manager --namespace=b --issuer-cert-file=ca.crt --issuer-key-file=spoilt",
            "generate environment --component=kuma-dp --ca-cert-file=before",
            "generate tls-certificate --type=server --hostname=x --issuer-cert-file=ca.crt \
             --issuer-key-file=spoilt --cert-file=o.crt --key-file=o.key --ca-cert-file=o.ca",
            "generate tls-certificate --type=server --hostname=x --issuer-cert-file=before \
             --issuer-key-file=spoilt --cert-file=o.crt --key-file=o.key --ca-cert-file=o.ca",
            "generate tls-certificate --type=server --hostname=x --cert-file=before \
             --key-file=spoilt --if-needed --reuse-key",
        ] {
            let ended = run(sandbox.command("sh").args(["-c", &format!("kumactl {command}")]));
            // A header does not damage a key: OpenSSL and Go ignore it.
            let printed = format!("{}{}", ended.stdout, ended.stderr);
            if !damage.contains("header") {
                assert_ne!(ended.status, 0, "{damage}, {command}: {ended:?}");
            }
            assert!(!printed.is_empty() && !printed.contains("panicked"), "{command}: {printed}");
            for piece in &pieces {
                assert!(!printed.contains(piece), "{damage}, {command}: {printed}");
            }
        }
    }
}

#[test]
fn no_terminal_command_is_printed_wherever_it_is() {
    let sandbox = Sandbox::new();
    let made = Pki::new().make();
    made.write(&sandbox);
    let evil = "\u{1b}[31m\u{7}\u{202e}\u{61c}\u{2028}\u{feff}x";
    sandbox.write(&format!("{evil}.crt"), sandbox.read("tls.crt"));
    sandbox.write(
        "pem",
        format!("-----BEGIN CERTIFICATE-----\n{evil}\n\nAAAA\n-----END CERTIFICATE-----\n"),
    );
    sandbox.write("label", format!("-----BEGIN {evil}-----\nAAAA\n-----END {evil}-----\n"));
    let value = BASE64_STANDARD.encode(sandbox.read("tls.crt"));
    let name = "tls\\e[31m\\a\\L.crt";
    sandbox.write("secret", format!("kind: Secret\ndata:\n  \"{name}\": {value}\n"));
    sandbox.write("kind", format!("kind: \"{evil}\"\ndata: {{}}\n"));
    let file = format!("{evil}.crt");
    for arguments in [
        vec!["inspect", "certificate", &file, "pem", "label", "secret", "kind"],
        vec!["inspect", "certificate", &file, "secret", "-o", "json"],
        vec!["verify", "tls-certificate", "--cert-file", &file, "--ca-cert-file=ca.crt"],
        vec!["verify", "tls-certificate", "--cert-file", &file, "--ca-cert-file", &file],
        vec!["verify", "tls-certificate", "--cert-file=pem", "--ca-cert-file=label"],
        vec!["verify", "tls-certificate", "--secret=kind"],
        vec!["verify", "tls-certificate", "--connect", evil, "--ca-cert-file=ca.crt"],
        vec!["generate", "ca-bundle", "--ca-cert-file=label"],
        vec!["generate", "ca-bundle", "--ca-cert-file", &file],
    ] {
        let ended = sandbox.kumactl(&arguments);
        let printed = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!printed.is_empty(), "{arguments:?}");
        assert!(
            !printed.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{61c}', '\u{2028}', '\u{feff}']),
            "{arguments:?}: {printed:?}"
        );
    }
}

#[test]
fn a_comma_in_a_name_does_not_look_like_the_next_attribute() {
    let sandbox = Sandbox::new();
    let mut pki = Pki::new();
    pki.leaf.distinguished_name = rcgen::DistinguishedName::new();
    pki.leaf.distinguished_name.push(rcgen::DnType::CommonName, " a, O=Evil + \"b\\ ");
    pki.make().write(&sandbox);
    let shown = sandbox.kumactl(["inspect", "certificate", "tls.crt"]).quiet_success();
    assert!(
        shown.contains("Subject                  CN=\\ a\\, O=Evil \\+ \\\"b\\\\\\ \n"),
        "{shown}"
    );
}

#[test]
fn a_file_full_of_cas_takes_bounded_work() {
    // Two names, each CA of one signed by one of the other: as many paths as anyone could want.
    let sandbox = Sandbox::new();
    let made = Pki::new().make();
    made.write(&sandbox);
    let ca = |name: &str| {
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params
    };
    let (a, b) = (super::pki::key(), super::pki::key());
    let mut text = String::new();
    for serial in 0..300_u64 {
        for (own, key, issuer, signing) in [("a", &a, "b", &b), ("b", &b, "a", &a)] {
            let mut params = ca(own);
            params.serial_number = Some(serial.into());
            let issuer = rcgen::Issuer::new(ca(issuer), signing);
            text += &pem(params.signed_by(key, &issuer).expect("a certificate").der());
        }
    }
    let issuer = rcgen::Issuer::new(ca("a"), &a);
    let leaf = Pki::new().leaf.signed_by(&super::pki::key(), &issuer).expect("a certificate");
    sandbox.write("tls.crt", pem(leaf.der()) + &text);
    let ended = sandbox.kumactl([
        "verify",
        "tls-certificate",
        "--cert-file=tls.crt",
        "--ca-cert-file=ca.crt",
        "-q",
    ]);
    assert!(
        ended
            .stdout
            .contains("no path to a trusted CA was found within Go's limit of 100 signatures"),
        "{ended:?}"
    );
    let shown = sandbox.kumactl(["inspect", "certificate", "tls.crt"]).quiet_success();
    assert!(shown.contains("chain: 1 is issued by "), "{shown}");
    assert_eq!(verify(&sandbox, &["-q"]).status, 1);
}

#[test]
fn thousands_of_names_and_constraints_take_bounded_work_and_output() {
    let sandbox = Sandbox::new();
    let mut pki = Pki::new();
    let names: Vec<String> = (0..2000).map(|index| format!("n{index}.example")).collect();
    pki.dns(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let subtree = |name: &String| rcgen::GeneralSubtree::DnsName(format!("not.{name}"));
    pki.root.name_constraints = Some(rcgen::NameConstraints {
        permitted_subtrees: names.iter().map(subtree).collect(),
        excluded_subtrees: Vec::new(),
    });
    pki.make().write(&sandbox);
    let ended = verify(&sandbox, &["--hostname=n1.example", "-q"]);
    assert_eq!(
        ended.failure_report(),
        "failed   name-constraints         the names and the nameConstraints of CN=root exceed the \
         limit of OpenSSL and Envoy, 1048576 comparisons\n         hint: use a CA with fewer constraints\n"
    );
    let ended = verify(&sandbox, &["--hostname=x.example", "-q"]);
    assert!(ended.stdout.contains("n99.example, and 1900 more\n"), "{ended:?}");
    assert!(
        ended.stdout.contains("valid for 2000 names, but none matched x.example\n"),
        "{ended:?}"
    );
}

#[test]
fn as_many_names_and_constraints_as_go_and_openssl_compare_are_compared() {
    let sandbox = Sandbox::new();
    let mut pki = Pki::new();
    let names: Vec<String> = (0..600).map(|index| format!("n{index}.example")).collect();
    pki.dns(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let subtree = |name: &String| rcgen::GeneralSubtree::DnsName(name.clone());
    pki.root.name_constraints = Some(rcgen::NameConstraints {
        permitted_subtrees: names.iter().map(subtree).collect(),
        excluded_subtrees: Vec::new(),
    });
    pki.make().write(&sandbox);
    let (json, status) =
        super::report(&sandbox, &[&super::FILES[..], &["--hostname=n1.example"]].concat());
    assert_eq!((status, super::checks(&json, "failed")), (0, vec![]), "{json}");
    // It stops at 250,000.
    assert!(super::refusing(&json).contains(&"rustls".to_owned()), "{json}");
}

#[test]
fn of_a_thousand_findings_of_one_check_the_first_are_printed() {
    let sandbox = Sandbox::new();
    let mut pki = Pki::new();
    pki.leaf.custom_extensions =
        (0..1000).map(|number| super::pki::extension(&[1, 2, 3, number], &[5, 0], true)).collect();
    pki.make().write(&sandbox);
    let ended = verify(&sandbox, &["-q"]);
    assert_eq!(ended.stdout.matches("has the unknown critical extension").count(), 16, "{ended:?}");
    assert!(ended.stdout.contains("further findings of this check are omitted\n"), "{ended:?}");
}

#[test]
fn a_private_key_on_the_command_line_is_rejected_and_not_repeated() {
    let sandbox = Sandbox::new();
    let made = Pki::new().make();
    made.write(&sandbox);
    let key = sandbox.read("tls.key").replace("\r\n", "\n");
    let der = BASE64_STANDARD.encode(made.leaf_key.serialize_der());
    let body: String = key.lines().filter(|line| !line.starts_with("-----")).collect();
    let unpadded = BASE64_STANDARD.encode(&key).replace('+', "-").replace('/', "_");
    let mut url_safe = String::new();
    while !(url_safe.contains('-') && url_safe.contains('_')) {
        url_safe = BASE64_URL_SAFE_NO_PAD.encode(super::pki::key().serialize_der());
    }
    let without_curve: Vec<u8> = [0x30, 0x25, 2, 1, 1, 4, 0x20].into_iter().chain(1..=32).collect();
    let forms = [
        BASE64_STANDARD.encode(without_curve),
        url_safe,
        unpadded.trim_end_matches('=').to_owned(),
        format!("{{\"tls.key\":\"{}\"}}", BASE64_STANDARD.encode(&key)),
        key.clone(),
        key.replace('\n', " "),
        key.replacen("KEY-----", "KEY----", 1),
        BASE64_STANDARD.encode(&key),
        BASE64_STANDARD.encode(BASE64_STANDARD.encode(&key)),
        der,
    ];
    for form in &forms {
        for arguments in [
            vec!["inspect".to_owned(), "certificate".to_owned(), form.clone()],
            vec!["verify".to_owned(), "tls-certificate".to_owned(), format!("--key-file={form}")],
            vec![
                "verify".to_owned(),
                "tls-certificate".to_owned(),
                "--secret".to_owned(),
                form.clone(),
            ],
            vec!["verify".to_owned(), "tls-certificate".to_owned(), format!("--connect={form}")],
            vec!["generate".to_owned(), "tls-certificate".to_owned(), format!("--hostname={form}")],
            vec!["generate".to_owned(), form.clone()],
            vec![format!("--{form}")],
        ] {
            let ended = sandbox.kumactl(&arguments);
            let stderr = ended.failure(2);
            assert!(
                stderr.starts_with("error: the command line contains a private key"),
                "{stderr}"
            );
            assert!(!stderr.contains(&body[8..24]) && !stderr.contains(&form[8..24]), "{stderr}");
        }
    }
    // What only speaks of keys holds none.
    let bundle = BASE64_STANDARD.encode(format!("# no PRIVATE KEY -- here\n{}", pem(&made.root)));
    let der = BASE64_STANDARD.encode(&made.root);
    for value in [bundle, der] {
        let bundle = format!("--ca-bundle={value}");
        let ended = sandbox.kumactl(["verify", "tls-certificate", "--cert-file=tls.crt", &bundle]);
        assert!(!ended.stderr.contains("contains a private key"), "{ended:?}");
    }
    // The contents of a file are not a file name either, and may contain a key.
    let text = format!("kind: Secret\nstringData:\n  k: {}\n", &body[..40]);
    let stderr = sandbox.kumactl(["verify", "tls-certificate", "--secret", &text]).failure(3);
    assert!(stderr.contains("instead of a file name"), "{stderr}");
    assert!(!stderr.contains(&body[8..24]), "{stderr}");
}
