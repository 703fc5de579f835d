//! `kumactl generate ca-bundle`: the contents of a bundle.

mod decode;
mod made;
mod order;
mod refusals;

use std::fs::File;
use std::process::Stdio;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::support::{Ended, Sandbox, kumactl, run};

/// Runs `kumactl generate ca-bundle` with these arguments and a file as standard input.
fn ca_bundle(sandbox: &Sandbox, arguments: &[&str], stdin: Option<&str>) -> Ended {
    let mut command = sandbox.command(kumactl());
    command.args(["generate", "ca-bundle"]).args(arguments);
    if let Some(name) = stdin {
        command.stdin(Stdio::from(File::open(sandbox.path(name)).expect("a file")));
    }
    run(&mut command)
}

/// What the only line of a bundle holds.
#[track_caller]
fn decoded(bundle: &str) -> String {
    let line = bundle.strip_suffix('\n').expect("a newline at the end");
    let text = BASE64_STANDARD.decode(line).expect("one line of Base64");
    String::from_utf8(text).expect("text")
}

#[test]
fn the_bundle_of_one_file_is_that_file_byte_for_byte() {
    let pem = made::ca("a").pem();
    for content in [
        pem.clone(),
        // A text that re-encoding would lose.
        format!("# Issued in spring\nsubject=CN=a\n{pem}\nand after it"),
        pem.replace('\n', "\r\n"),
        pem.trim_end().to_owned(),
        format!("{pem}{}", made::ca("b").pem()),
        format!("{pem}{}", made::not_ca("leaf").pem()),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("ca.crt", &content);
        let bundle = ca_bundle(&sandbox, &["--ca-cert-file=ca.crt"], None).quiet_success();
        assert_eq!(decoded(&bundle), content);
        assert_eq!(sandbox.names(), ["ca.crt"]);
    }
}

/// Kuma's documentation puts `$(...)` without quotes, and `base64` of GNU breaks lines.
#[test]
fn a_bundle_is_one_shell_word_even_without_quotes() {
    let sandbox = Sandbox::new();
    let script = "
kumactl generate tls-certificate --type=server --hostname=a --cert-file=tls.crt --key-file=tls.key
cp tls.crt ca.crt
set -- --tls-general-ca-bundle=$(kumactl generate ca-bundle --ca-cert-file=ca.crt)
echo $#
printf %s \"${1#--tls-general-ca-bundle=}\" > word";
    let stdout = sandbox.shell(script).quiet_success();
    assert_eq!(stdout.lines().last(), Some("1"));
    let word = sandbox.read("word");
    assert_eq!(decoded(&format!("{word}\n")), sandbox.read("ca.crt"));
}

#[test]
fn the_bundle_file_of_tls_certificate_is_the_bundle_of_its_ca_file() {
    let sandbox = Sandbox::new();
    let flags =
        ["--type=server", "--hostname=a", "--ca-cert-file=ca.crt", "--ca-bundle-file=ca.b64"];
    sandbox.generate(flags).quiet_success();
    let bundle = ca_bundle(&sandbox, &["--ca-cert-file=ca.crt"], None).quiet_success();
    assert_eq!(bundle, sandbox.read("ca.b64"));
}

#[test]
fn several_files_are_joined_in_order_without_duplicates() {
    let (old, new, other) = (made::ca("old"), made::ca("new"), made::ca("other"));
    let sandbox = Sandbox::new();
    sandbox.write("old.crt", format!("# the old one\n{}", old.pem()));
    sandbox.write("new.crt", [new.pem(), old.pem(), other.pem()].concat());
    let flags = ["--ca-cert-file=old.crt", "--ca-cert-file", "new.crt", "--ca-cert-file=old.crt"];
    let bundle = ca_bundle(&sandbox, &flags, None).quiet_success();
    assert_eq!(decoded(&bundle), [old.pem(), new.pem(), other.pem()].concat());
}

#[test]
fn a_duplicate_certificate_in_one_file_is_written_once() {
    let (one, other) = (made::ca("one"), made::ca("other"));
    let sandbox = Sandbox::new();
    sandbox.write("ca.crt", [one.pem(), other.pem(), one.pem()].concat());
    let bundle = ca_bundle(&sandbox, &["--ca-cert-file=ca.crt"], None).quiet_success();
    assert_eq!(decoded(&bundle), [one.pem(), other.pem()].concat());
}

#[test]
fn a_hyphen_is_standard_input() {
    let (old, new) = (made::ca("old"), made::ca("new"));
    let sandbox = Sandbox::new();
    sandbox.write("old.crt", old.pem());
    sandbox.write("new.crt", new.pem());
    let bundle = ca_bundle(&sandbox, &["--ca-cert-file=-"], Some("new.crt")).quiet_success();
    assert_eq!(decoded(&bundle), new.pem());
    let flags = ["--ca-cert-file=old.crt", "--ca-cert-file=-"];
    let bundle = ca_bundle(&sandbox, &flags, Some("new.crt")).quiet_success();
    assert_eq!(decoded(&bundle), [old.pem(), new.pem()].concat());
}

/// Without basicConstraints Kuma lets the first certificate pass; clients need its issuer.
#[test]
fn a_certificate_without_basic_constraints_is_moved_after_its_ca() {
    let ca = made::ca("ca");
    let leaf = ca.issue("leaf");
    let sandbox = Sandbox::new();
    sandbox.write("ca.crt", leaf.clone() + &ca.pem());
    let bundle = ca_bundle(&sandbox, &["--ca-cert-file=ca.crt"], None).quiet_success();
    let blocks = |text: &str| pem::parse_many(text).expect("PEM");
    assert_eq!(blocks(&decoded(&bundle)), blocks(&(ca.pem() + &leaf)));
}

#[test]
fn a_file_of_one_mebibyte_is_read() {
    let pem = made::ca("a").pem();
    let content = format!("{}\n{pem}", "#".repeat((1 << 20) - pem.len() - 1));
    assert_eq!(content.len(), 1 << 20);
    let sandbox = Sandbox::new();
    sandbox.write("ca.crt", &content);
    let bundle = ca_bundle(&sandbox, &["--ca-cert-file=ca.crt"], None).quiet_success();
    assert_eq!(decoded(&bundle), content);
}
