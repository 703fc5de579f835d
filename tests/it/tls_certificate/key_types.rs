//! `--key-type`: every type in both forms, as OpenSSL reads it.

use super::SERVER;
use crate::read_back;
use crate::support::{Sandbox, installed, run};

/// The value of the flag, the PEM label of the traditional form, and OpenSSL's words for the key.
const TYPES: [(&str, &str, &str); 6] = [
    ("rsa", "RSA PRIVATE KEY", "Private-Key: (2048 bit"),
    ("ecdsa", "EC PRIVATE KEY", "prime256v1"),
    ("rsa-3072", "RSA PRIVATE KEY", "Private-Key: (3072 bit"),
    ("rsa-4096", "RSA PRIVATE KEY", "Private-Key: (4096 bit"),
    ("ecdsa-p384", "EC PRIVATE KEY", "secp384r1"),
    ("ed25519", "PRIVATE KEY", "ED25519 Private-Key"),
];

#[test]
fn every_key_type_is_read_by_openssl_in_both_forms_and_verifies() {
    let Some(openssl) = installed("openssl") else { return };
    for (key_type, label, description) in TYPES {
        for (format, label) in [("traditional", label), ("pkcs8", "PRIVATE KEY")] {
            let sandbox = Sandbox::new();
            let key_type = format!("--key-type={key_type}");
            let format = format!("--key-format={format}");
            let ended = sandbox.generate(SERVER.iter().copied().chain([&*key_type, &*format]));
            assert_eq!(ended.status, 0, "{ended:?}");
            assert_eq!(read_back::labels(&sandbox.read("key.pem")), [label], "{key_type}");
            let key = ["pkey", "-in", "key.pem", "-noout", "-check", "-text"];
            let shown = run(sandbox.command(&openssl).args(key));
            assert!(shown.stdout.contains(description), "{key_type} {format}: {shown:?}");
            let verify = ["verify", "-x509_strict", "-CAfile", "cert.pem", "cert.pem"];
            run(sandbox.command(&openssl).args(verify)).quiet_success();
        }
    }
}

#[test]
fn a_server_key_that_envoy_rejects_causes_a_warning() {
    for (key_type, warns) in [("ecdsa", false), ("ecdsa-p384", true), ("ed25519", true)] {
        for (certificate_type, warns) in [("server", warns), ("client", false)] {
            let sandbox = Sandbox::new();
            let key_type = format!("--key-type={key_type}");
            let certificate_type = format!("--type={certificate_type}");
            let ended = sandbox.generate(["--hostname=a.example", &key_type, &certificate_type]);
            assert_eq!(ended.status, 0, "{ended:?}");
            assert_eq!(ended.stderr.contains("as Kuma configures it"), warns, "{ended:?}");
        }
    }
}

/// How many threads a run starts, under these words in front of it.
fn threads(sandbox: &Sandbox, words: &str, key_type: &str) -> usize {
    let ended = sandbox.shell(&format!(
        "strace -f -qq -e trace=clone,clone3 -e signal=none -o log {words} kumactl generate \
         tls-certificate --type=server --hostname=cp.example --key-type={key_type} --force"
    ));
    assert_eq!(ended.status, 0, "{ended:?}");
    sandbox
        .read("log")
        .lines()
        .filter(|line| line.contains("clone") && !line.contains("resumed"))
        .count()
}

#[test]
fn primes_are_searched_on_all_usable_processors_or_on_one_without_threads() {
    if installed("strace").is_none() || installed("taskset").is_none() {
        return;
    }
    let sandbox = Sandbox::new();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let searches = if processors == 1 { 0 } else { processors.min(4) };
    // What every run needs, such as the one that waits for signals.
    let usual = threads(&sandbox, "", "ecdsa");
    assert_eq!(threads(&sandbox, "", "rsa"), usual + searches);
    // The first processor that this process may use.
    let affinity = sandbox.shell("taskset -cp $$").stdout;
    let list = affinity.rsplit(' ').next().expect("a list").trim();
    let first = list.split([',', '-']).next().expect("a processor");
    assert_eq!(threads(&sandbox, &format!("taskset -c {first}"), "rsa"), usual);
}
