//! The flags other than `--hostname`: their effect on the files, and the values that they reject.

use super::{SERVER, refusal};
use crate::read_back;
use crate::support::{Ended, Sandbox, kumactl, run};

/// Runs `kumactl generate tls-certificate` for a server, without a default for the key type.
fn server(sandbox: &Sandbox, arguments: &[&str]) -> Ended {
    let mut command = sandbox.command(kumactl());
    run(command.args(["generate", "tls-certificate"]).args(SERVER).args(arguments))
}

#[test]
fn key_type_and_key_format_decide_the_key_and_its_pem_label() {
    const RSA: &str = "1.2.840.113549.1.1.1";
    const EC: &str = "1.2.840.10045.2.1";
    for (flags, label, algorithm) in [
        (&[][..], "RSA PRIVATE KEY", RSA),
        // The official kumactl uses the default for an empty value.
        (&["--key-type="], "RSA PRIVATE KEY", RSA),
        (&["--key-type=rsa"], "RSA PRIVATE KEY", RSA),
        (&["--key-type=rsa-2048"], "RSA PRIVATE KEY", RSA),
        (&["--key-type=rsa", "--key-format=traditional"], "RSA PRIVATE KEY", RSA),
        (&["--key-type=rsa", "--key-format=pkcs8"], "PRIVATE KEY", RSA),
        (&["--key-type=ecdsa"], "EC PRIVATE KEY", EC),
        (&["--key-type=ecdsa-p256"], "EC PRIVATE KEY", EC),
        (&["--key-type=ecdsa", "--key-format=pkcs8"], "PRIVATE KEY", EC),
    ] {
        let sandbox = Sandbox::new();
        server(&sandbox, flags).quiet_success();
        assert_eq!(read_back::labels(&sandbox.read("key.pem")), [label], "{flags:?}");
        let (found, bits) = read_back::certificate(&sandbox.read("cert.pem"), |certificate| {
            let key = certificate.public_key();
            let bits = key.parsed().expect("a public key").key_size();
            (key.algorithm.algorithm.to_id_string(), bits)
        });
        let size = if algorithm == RSA { 2048 } else { 256 };
        assert_eq!((found.as_str(), bits), (algorithm, size), "{flags:?}");
    }
}

#[test]
fn the_type_decides_the_extended_key_usage() {
    for (certificate_type, expected) in [("server", (true, false)), ("client", (false, true))] {
        let sandbox = Sandbox::new();
        sandbox
            .generate([&format!("--type={certificate_type}"), "--hostname=cp.example"])
            .quiet_success();
        let found = read_back::certificate(&sandbox.read("cert.pem"), |certificate| {
            let usage =
                certificate.extended_key_usage().expect("one extension").expect("one").value;
            (usage.server_auth, usage.client_auth)
        });
        assert_eq!(found, expected);
    }
}

#[test]
fn a_certificate_has_the_requested_lifetime() {
    for (flag, seconds) in [
        (None, 87_600 * 3_600),
        (Some("--valid-for=720h"), 720 * 3_600),
        (Some("--valid-for=90d"), 90 * 86_400),
        (Some("--valid-for=1h30m"), 5_400),
    ] {
        let sandbox = Sandbox::new();
        sandbox.generate(SERVER.into_iter().chain(flag)).quiet_success();
        let lifetime = read_back::certificate(&sandbox.read("cert.pem"), |certificate| {
            let validity = certificate.validity();
            validity.not_after.timestamp() - validity.not_before.timestamp()
        });
        assert_eq!(lifetime, seconds, "{flag:?}");
    }
}

#[test]
fn lifetimes_that_no_certificate_can_have_are_rejected() {
    const FORMS: &str = "use hours, days, weeks or years: 720h, 90d, 2w, 10y";
    for (value, problem, hint) in [
        ("90", "\"90\" is a duration without a unit", "did you mean 90d? In hours it would be 90h"),
        ("-1h", "\"-1h\" is less than a second", FORMS),
        ("0s", "\"0s\" is less than a second", FORMS),
        ("1month", "\"1month\" is not a duration", FORMS),
        ("", "\"\" is not a duration", FORMS),
        (
            "5m",
            "a certificate valid for 300s would already have expired: its validity starts 300s \
             before now, for peers whose clocks are behind",
            "use a longer lifetime, such as --valid-for=1h",
        ),
        (
            "8000y",
            "a certificate valid for 2920000 days would expire after the year 9999",
            "use a shorter lifetime; the default is --valid-for=87600h",
        ),
    ] {
        let flag = format!("--valid-for={value}");
        assert_eq!(
            refusal(&[SERVER[0], SERVER[1], &flag], 2),
            format!("error: {problem}\nhint: {hint}\n")
        );
    }
}

#[test]
fn the_last_value_of_a_repeated_flag_counts() {
    let sandbox = Sandbox::new();
    let ended = sandbox.generate([
        "--type=client",
        "--type",
        "server",
        "--hostname=a",
        "--key-file=k1",
        "--key-file=k2",
        "--key-type=rsa",
        "--key-type=ecdsa",
    ]);
    assert_eq!(ended.quiet_success(), "Private key saved in k2\nCertificate saved in cert.pem\n");
    assert_eq!(sandbox.names(), ["cert.pem", "k2"]);
    assert_eq!(read_back::labels(&sandbox.read("k2")), ["EC PRIVATE KEY"]);
}
