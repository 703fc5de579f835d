//! Formats other than PEM: each is named, and the command that is offered makes PEM of it.

use super::sandbox;
use crate::support::{Sandbox, installed};

/// What a command says, its last hint that is a command, and whether that ends well when it is pasted.
#[track_caller]
fn pasted(sandbox: &Sandbox, command: &str, status: i32, says: &str) -> String {
    let ended = sandbox.shell(&format!("kumactl {command}"));
    let printed = format!("{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.status, status, "{command}: {printed}");
    assert!(printed.contains(says), "{command}: {printed}");
    let hint = printed.lines().find_map(|line| line.trim().strip_prefix("hint: "));
    let hint = hint.unwrap_or_else(|| panic!("no hint: {printed}")).to_owned();
    // Tests have no terminal to ask for a passphrase.
    let script = hint.replace("openssl pkcs12 ", "openssl pkcs12 -passin pass:x ");
    let ended = sandbox.shell(&script);
    assert_eq!(ended.status, 0, "{script}: {ended:?}");
    ended.stdout
}

/// The files of a pair in other formats.
fn converted() -> Option<Sandbox> {
    let openssl = installed("openssl")?;
    let sandbox = sandbox();
    let script = "
        openssl pkcs12 -export -in tls.crt -inkey tls.key -certfile ca.crt -passout pass:x \\
          -out store.p12
        openssl pkcs12 -export -nokeys -in ca.crt -passout pass:x -out trust.p12
        openssl pkcs12 -export -in ca.crt -inkey ca.key -passout pass:x -out ca.p12
        openssl crl2pkcs7 -nocrl -certfile tls.crt -certfile ca.crt -out chain.p7b
        openssl crl2pkcs7 -nocrl -certfile ca.crt -outform DER -out 'der ca.p7b'
        openssl x509 -in ca.crt -trustout -out trusted.crt
        sed 's/CERTIFICATE/X509 CERTIFICATE/' ca.crt > old.crt
        openssl req -new -key tls.key -subj /CN=cp.example -out request.pem
        openssl req -new -key tls.key -subj /CN=cp.example -outform DER -out request.der
        openssl pkey -in tls.key -aes128 -passout pass:x -out encrypted.key
        openssl ec -in tls.key -aes128 -passout pass:x -out legacy.key";
    let script = script.replace("openssl ", &format!("{} ", openssl.display()));
    let ended = sandbox.shell(&script);
    assert_eq!(ended.status, 0, "{ended:?}");
    Some(sandbox)
}

#[test]
fn pkcs12_and_pkcs7_are_named_and_the_suggested_commands_convert_them() {
    let Some(sandbox) = converted() else { return };
    for (file, says) in [
        ("store.p12", "it is PKCS#12 (.p12, .pfx), not PEM"),
        ("trust.p12", "it is PKCS#12"),
        ("chain.p7b", "its PEM block 1 is PKCS#7 (.p7b, .p7c)"),
        ("'der ca.p7b'", "it is PKCS#7 (.p7b, .p7c)"),
    ] {
        let shown = pasted(&sandbox, &format!("inspect certificate {file}"), 3, says);
        assert!(shown.contains("\nstandard input (PEM)\n") || shown.starts_with("standard input"));
        assert!(shown.contains("O=Kuma, CN=Kuma CA"), "{shown}");
    }
    for file in ["store.p12", "trust.p12", "chain.p7b", "'der ca.p7b'"] {
        pasted(&sandbox, &format!("generate ca-bundle --ca-cert-file={file}"), 1, " is PKCS#");
        let shown = sandbox.kumactl(["inspect", "certificate", "ca.pem"]).quiet_success();
        assert!(shown.contains("root CA"), "{file}: {shown}");
        sandbox.shell("rm ca.pem").quiet_success();
    }
    let verify = "verify tls-certificate --cert-file=store.p12 --ca-cert-file=ca.crt";
    pasted(&sandbox, verify, 1, "store.p12: it is PKCS#12");
    assert_eq!(sandbox.mode("key.pem"), 0o600);
    let made = ["--cert-file=cert.pem", "--key-file=key.pem", "--ca-cert-file=ca.crt", "-q"];
    let ended = sandbox.kumactl(["verify", "tls-certificate"].iter().chain(&made));
    assert_eq!(ended.status, 0, "{ended:?}");
    sandbox.shell("rm cert.pem").quiet_success();
    let verify = "verify tls-certificate --cert-file=chain.p7b --ca-cert-file=ca.crt";
    pasted(&sandbox, verify, 1, "chain.p7b: its PEM block 1 is PKCS#7");
    let shown = sandbox.kumactl(["inspect", "certificate", "cert.pem"]).quiet_success();
    assert!(shown.contains("O=Kuma, CN=Kuma CA"), "{shown}");
}

#[test]
fn a_ca_key_in_pkcs12_can_be_piped() {
    let Some(sandbox) = converted() else { return };
    let command = "generate tls-certificate --type=server --hostname=a.example --key-type=ecdsa --valid-for=90d \
                   --issuer-cert-file=ca.crt";
    let stderr = sandbox.shell(&format!("kumactl {command} --issuer-key-file=ca.p12")).failure(1);
    let hint = stderr.lines().find_map(|line| line.strip_prefix("hint: ")).expect("a hint");
    let script = hint.replace("...", command).replace("pkcs12 ", "pkcs12 -passin pass:x ");
    assert_eq!(sandbox.shell(&script).quiet_success().lines().count(), 2, "{script}");
}

#[test]
fn a_certificate_request_is_recognized_everywhere() {
    let Some(sandbox) = converted() else { return };
    for file in ["request.pem", "request.der"] {
        for (command, status) in [
            (format!("inspect certificate {file}"), 3),
            (format!("generate ca-bundle --ca-cert-file={file}"), 1),
            (format!("verify tls-certificate --cert-file={file} --ca-cert-file=ca.crt"), 1),
        ] {
            let ended = sandbox.shell(&format!("kumactl {command}"));
            let printed = format!("{}{}", ended.stdout, ended.stderr);
            assert_eq!(ended.status, status, "{printed}");
            assert!(printed.contains(" is a certificate request, not a certificate"), "{printed}");
            assert!(printed.contains("hint: have a CA sign the request"), "{printed}");
        }
    }
}

#[test]
fn the_suggested_command_converts_labels_that_only_openssl_reads() {
    let Some(sandbox) = converted() else { return };
    for file in ["trusted.crt", "old.crt"] {
        let says = "CERTIFICATE\"";
        pasted(&sandbox, &format!("generate ca-bundle --ca-cert-file={file}"), 1, says);
        assert_eq!(sandbox.read("ca.pem"), sandbox.read("ca.crt"), "{file}");
        let shown = pasted(&sandbox, &format!("inspect certificate {file}"), 3, says);
        assert!(shown.contains("root CA"), "{shown}");
    }
}

#[test]
fn an_encrypted_key_is_recognized() {
    let Some(sandbox) = converted() else { return };
    for file in ["encrypted.key", "legacy.key"] {
        let shown = sandbox.kumactl(["inspect", "certificate", file]).quiet_success();
        assert_eq!(shown, format!("{file} (PEM)\n\nprivate key: encrypted\n"));
        let shown = sandbox.kumactl(["inspect", "certificate", file, "-o", "json"]).quiet_success();
        assert!(shown.contains("\"error\": \"its private key is encrypted\""), "{shown}");
    }
}

#[test]
fn pem_in_json_or_with_escaped_line_breaks_is_named_and_the_suggested_commands_extract_it() {
    let sandbox = sandbox();
    let escaped = |name: &str| sandbox.read(name).replace('\n', "\\n");
    let (certificate, key) = (escaped("ca.crt"), escaped("ca.key"));
    sandbox.write("vault.json", {
        format!(
            "{{\"request_id\": \"1\", \"data\": {{\n  \"private_key\": \"{key}\",\n  \
             \"ca.chain\": [\"{certificate}\"],\n  \"issuing_ca\": \"{certificate}\"}}}}\n"
        )
    });
    sandbox.write("cfssl.json", format!("{{\"cert\":\"{certificate}\",\"key\":\"{key}\"}}"));
    sandbox.write("text.json", format!("\"{certificate}\""));
    sandbox.write("literal.crt", &certificate);
    sandbox.write("literal.key", &key);
    for (file, says, command) in [
        (
            "vault.json",
            "it is JSON with PEM in its strings",
            "jq -r '.data.\"ca.chain\"[0]' vault.json",
        ),
        ("cfssl.json", "it is JSON with PEM in its strings", "jq -r .cert cfssl.json"),
        ("text.json", "it is JSON with PEM in its strings", "jq -r . text.json"),
        (
            "literal.crt",
            "line breaks are the characters \\n",
            "printf '%b\\n' \"$(cat literal.crt)\"",
        ),
    ] {
        let bundle = format!("--ca-cert-file={file}");
        let stderr = sandbox.kumactl(["generate", "ca-bundle", &bundle]).failure(1);
        assert!(stderr.contains(says), "{stderr}");
        assert!(stderr.contains(&format!("hint: {command} > ca.pem\n")), "{stderr}");
        let stderr = sandbox.kumactl(["inspect", "certificate", file]).failure(3);
        assert!(stderr.contains(says), "{stderr}");
        let hint = format!("hint: {command} | kumactl inspect certificate -\n");
        assert!(stderr.contains(&hint), "{stderr}");
        let file = format!("--cert-file={file}");
        let ended = sandbox.kumactl(["verify", "tls-certificate", &file, "--ca-cert-file=ca.crt"]);
        assert!(ended.stdout.contains(&format!("hint: {command}\n")), "{ended:?}");
        if command.starts_with("jq") && installed("jq").is_none() {
            continue;
        }
        sandbox.shell(&format!("{command} > made.pem")).quiet_success();
        assert_eq!(sandbox.read("made.pem").trim_end(), sandbox.read("ca.crt").trim_end());
    }
    for (file, command) in [
        ("vault.json", "jq -r .data.private_key vault.json"),
        ("literal.key", "printf '%b\\n' \"$(cat literal.key)\""),
    ] {
        let key = format!("--issuer-key-file={file}");
        let made = ["--type=server", "--hostname=a.example", "--issuer-cert-file=ca.crt", &key];
        let stderr = sandbox.generate(made).failure(1);
        let hint = format!("hint: {command} | kumactl ... --issuer-key-file=-\n");
        assert!(stderr.contains(&hint), "{stderr}");
    }
}

#[test]
fn pem_on_one_line_is_recognized() {
    let sandbox = sandbox();
    sandbox.write("folded.crt", sandbox.read("ca.crt").replace('\n', " "));
    let stderr = sandbox.kumactl(["generate", "ca-bundle", "--ca-cert-file=folded.crt"]).failure(1);
    assert!(stderr.contains("the whole block is on one line\nhint: copy it again"), "{stderr}");
}

#[test]
fn a_file_encrypted_with_sops_is_recognized() {
    let sandbox = sandbox();
    let value = "ENC[AES256_GCM,data:abc,iv:def,tag:ghi,type:str]";
    sandbox.write("sops.json", format!("{{\"data\": \"{value}\", \"sops\": {{}}}}"));
    for command in [
        "inspect certificate sops.json",
        "generate ca-bundle --ca-cert-file=sops.json",
        "verify tls-certificate --cert-file=sops.json --ca-cert-file=ca.crt",
    ] {
        let ended = sandbox.shell(&format!("kumactl {command}"));
        let printed = format!("{}{}", ended.stdout, ended.stderr);
        assert!(printed.contains("it is encrypted with SOPS\n"), "{printed}");
        assert!(printed.contains("hint: sops -d sops.json"), "{printed}");
    }
}
