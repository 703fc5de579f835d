//! Help texts and manual pages: their examples, and what they say of status and files.

use std::fs;

use crate::support::{Sandbox, commands, installed, kumactl, run};

/// Returns the examples of a help text: the lines after `Examples:`, up to the next heading.
fn examples(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    lines.take_while(|line| line.is_empty() || line.starts_with(' ')).collect()
}

#[test]
fn examples_fit_80_columns_without_wrapping() {
    let mut with_examples = 0;
    for (words, help) in commands() {
        let sandbox = Sandbox::new();
        let mut command = sandbox.command(kumactl());
        command.env("COLUMNS", "80").args(&words).arg("--help");
        let narrow = run(&mut command).quiet_success();
        // clap does not wrap its line of usage.
        let mut lines = narrow.lines().filter(|line| !line.starts_with("Usage: "));
        assert!(lines.all(|line| line.chars().count() <= 80), "{narrow}");
        assert_eq!(examples(&narrow), examples(&help), "{words:?}");
        with_examples += usize::from(!examples(&help).is_empty());
    }
    assert!(with_examples > 14, "{with_examples} commands have examples");
}

/// What examples of `generate` make themselves is not there before.
const GIVEN: &str = "
    kumactl generate ca-certificate --quiet --key-type=ecdsa
    kumactl generate tls-certificate --type=server --quiet --key-type=ecdsa \\
      --kubernetes-service=kuma-control-plane.kuma-system --key-file=tls.key \\
      --cert-file=tls.crt --issuer-cert-file=ca.crt --issuer-key-file=ca.key
    kumactl generate certificate-request --type=server --quiet --key-type=ecdsa \\
      --kubernetes-service=kuma-control-plane.kuma-system --key-file=cp.key --csr-file=request.csr
    kumactl generate tls-certificate --quiet --csr-file=request.csr --cert-file=answer.crt \\
      --issuer-cert-file=ca.crt --issuer-key-file=ca.key
    cp ca.crt pki-root.crt
    cp ca.crt new-ca.crt
    cp ca.crt old-ca.crt
    kumactl generate ca-bundle --ca-cert-file=ca.crt > ca-bundle.b64
    kumactl generate kubernetes-secret --cert-file=tls.crt --key-file=tls.key \\
      --ca-cert-file=ca.crt > general-tls-certs.yaml
    printf 'certificates: [{name: a, type: server, hostnames: [a.example]}]' > zones.yaml
    kumactl generate tls-certificates --file=zones.yaml --output-dir=tls --quiet
    kubectl get secret,service -o yaml > cluster.yaml
    kumactl generate signing-key --format=pem --key-file=signing.key --quiet
    cp signing.key zone-signing.key
    cp signing.key user-signing.key
    kumactl generate public-key --signing-key-path=signing.key > signing.pub
    cp signing.pub zone-signing.pub
    printf '{type: Dataplane, name: dp-1}' > dataplane.yaml
    kumactl generate dataplane-token --name=dp-1 --valid-for=1h --kid=1 \\
      --signing-key-path=signing.key --token-file=dp-1.token --quiet
    kumactl generate zone-token --zone=zone-1 --valid-for=1h --kid=1 \\
      --signing-key-path=zone-signing.key --token-file=ingress.token --quiet
    kubectl create namespace kuma-system > made
    kumactl generate ca-certificate --quiet --purpose=mesh-identity \\
      --cert-file=mesh-ca.crt --key-file=mesh-ca.key
    cp mesh-ca.key signing.key
    helm repo add kuma https://kumahq.github.io/charts > made";

/// With stand-ins for kubectl, helm and the official kumactl, in a directory that has what they name.
#[test]
fn every_example_can_be_pasted_and_run() {
    let prepared = Sandbox::new();
    let given = prepared.play(&format!("set -e\n{GIVEN}"));
    assert_eq!((given.status, given.stdout.as_str()), (0, ""), "{given:?}");
    for (words, help) in commands() {
        let all = examples(&help).join("\n");
        for script in all.split("\n\n").filter(|script| !script.trim().is_empty()) {
            let sandbox = Sandbox::new();
            for (from, to) in
                [(prepared.directory(), sandbox.directory()), (prepared.home(), sandbox.home())]
            {
                let mut copy = sandbox.command("cp");
                run(copy.arg("-a").arg(from.join(".")).arg(to)).quiet_success();
            }
            for (command, files) in [
                ("generate ca-certificate", "ca.crt ca.key mesh-ca.crt mesh-ca.key"),
                ("generate tls-certificate ", "tls.crt tls.key"),
                ("generate certificate-request ", "tls.key"),
                ("--ca-bundle-file=", "ca.crt"),
                ("--output-dir=tls", "-r tls"),
                ("generate signing-key", "signing.key"),
                ("--token-file=dp-1.token", "dp-1.token"),
                ("--token-file=ingress.token", "ingress.token"),
            ] {
                if script.contains(command) {
                    sandbox.play(&format!("rm {files}"));
                }
            }
            let ended = sandbox.play(script);
            // There is no server, and perhaps no `man`.
            let is_elsewhere = |line: &str| line.contains("localhost:") || line.contains("man: ");
            let is_wrong = |line: &&str| line.starts_with("error: ") || line.contains("not found");
            let wrong = ended.stdout.lines().filter(is_wrong).find(|line| !is_elsewhere(line));
            assert_eq!(wrong, None, "{words:?}: {script}\n{}", ended.stdout);
        }
    }
}

#[test]
fn every_command_has_a_manual_page() {
    for (words, _) in commands() {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let words = words.as_slice();
        let page = Sandbox::new().kumactl([&["man"], words].concat()).quiet_success();
        let name = [&["kumactl"], words].concat().join("-");
        let title = format!("\n.TH {} 1 ", name.to_uppercase());
        let described = format!("\n.SH NAME\n{} \\- ", name.replace('-', "\\-"));
        assert!(page.contains(&title) && page.contains(&described), "{page}");
        let command = [&["kumactl"], words].concat().join(" ").replace('-', "\\-");
        assert!(page.contains(&format!("\n.SH SYNOPSIS\n\\fB{command}\\fR ")), "{page}");
    }
    let stderr = Sandbox::new().kumactl(["man", "generate", "certificate"]).failure(2);
    assert!(
        stderr.starts_with("error: there is no command \"kumactl generate certificate\"\nhint: ")
    );
}

#[test]
fn the_manual_pages_of_all_commands_are_written_into_a_directory() {
    let sandbox = Sandbox::new();
    sandbox.kumactl(["man", "--output-dir=share/man1"]).quiet_success();
    let words: Vec<Vec<String>> = commands().into_iter().map(|(words, _)| words).collect();
    let directory = sandbox.path("share/man1");
    assert_eq!(fs::read_dir(&directory).expect("a directory").count(), words.len());
    for words in &words {
        let name = [&["kumactl".to_owned()], &words[..]].concat().join("-");
        let page = sandbox.read(&format!("share/man1/{name}.1"));
        let printed = sandbox.kumactl([&["man".to_owned()], &words[..]].concat()).quiet_success();
        assert_eq!(page, printed, "{name}");
        let (_, related) = page.split_once(".SH \"SEE ALSO\"\n").expect("a section");
        for line in related.lines() {
            let page = line.trim_start_matches("\\fB").split("\\fR").next().unwrap_or_default();
            let file = directory.join(page.replace("\\-", "-") + ".1");
            assert!(file.is_file(), "{name} refers to {}", file.display());
        }
    }
    sandbox.kumactl(["man", "--output-dir=share/man1"]).quiet_success();
    sandbox.write("file", "");
    let stderr = sandbox.kumactl(["man", "--output-dir=file/man1"]).failure(1);
    assert!(stderr.starts_with("error: could not create the directory file/man1: "), "{stderr}");
}

#[test]
fn a_manual_page_has_the_examples_line_by_line_and_the_exit_status() {
    let Some(groff) = installed("groff") else { return };
    for (words, help) in commands() {
        let sandbox = Sandbox::new();
        let arguments = ["man"].into_iter().chain(words.iter().map(String::as_str));
        sandbox.write("page.1", sandbox.kumactl(arguments).quiet_success());
        let mut command = sandbox.command(&groff);
        command.args(["-man", "-Tascii", "-ww", "-rLL=90n", "-P-c", "-P-b", "-P-u", "page.1"]);
        let page = run(&mut command).quiet_success();
        for section in ["EXIT STATUS", "FILES", "SEE ALSO"] {
            assert!(page.lines().any(|line| line == section), "{words:?} has no {section}: {page}");
        }
        let lines: Vec<_> = page.lines().map(str::trim).collect();
        for line in examples(&help) {
            assert!(lines.contains(&line.trim()), "{words:?}: {line:?} is not a line of: {page}");
        }
        let looks = words.first().is_none_or(|verb| ["inspect", "verify"].contains(&verb.as_str()));
        let says = "The input could not be read.";
        assert_eq!(page.contains(says), looks, "{words:?}: {page}");
    }
}

#[test]
fn quiet_commands_print_only_the_requested_output() {
    let sandbox = Sandbox::new();
    // A warning about a key that others may read, and one about Envoy.
    let make = ["generate", "tls-certificate", "--type=server", "--hostname=a_b.example", "-q"];
    assert_eq!(sandbox.kumactl(make.iter().chain(&["--key-type=ed25519"])).quiet_success(), "");
    assert_eq!(sandbox.names(), ["cert.pem", "key.pem"]);
    let again = sandbox.kumactl(make.iter().chain(&["--if-needed", "--key-type=ed25519"]));
    assert_eq!(again.quiet_success(), "");
    // Errors stay.
    assert!(
        sandbox.kumactl(make).failure(1).starts_with("error: key.pem and cert.pem already exist")
    );
    let secret = ["generate", "kubernetes-secret", "--cert-file=cert.pem", "--key-file=key.pem"];
    let loud = sandbox.kumactl(secret);
    assert!(loud.stderr.starts_with("warning: "), "{loud:?}");
    assert_eq!(sandbox.kumactl(secret.iter().chain(&["--quiet"])).quiet_success(), loud.stdout);
    let stream = sandbox.kumactl(make.iter().chain(&["--key-file=-", "--cert-file=-"]));
    assert!(stream.quiet_success().starts_with("-----BEGIN "));
    let directory = ["--mode=universal", "--hostname=cp.example", "--output-dir=tls", "--quiet"];
    let made = sandbox.kumactl(["generate", "control-plane-tls"].iter().chain(&directory));
    assert_eq!(made.quiet_success(), "");
}
