//! Every hint with a command fixes the rejection that it is printed for.

use kuma_pki::verify::clients::{RULES, Remedy};
use rcgen::{KeyUsagePurpose, SanType};

use super::pki::Pki;
use super::{refusing, report};
use crate::support::Sandbox;

/// Manual steps on files, or on a whole specification.
const WITHOUT_COMMAND: [Remedy; 6] = [
    Remedy::CaFirst,
    Remedy::CaInCaFile,
    Remedy::FewerNames,
    Remedy::LiveCasFirst,
    Remedy::RootInCaFile,
    Remedy::SendInOrder,
];

/// How to create the rejected certificate.
enum Made {
    /// With these flags of `generate tls-certificate`.
    SelfSigned(&'static [&'static str]),
    /// With these flags of `generate ca-certificate`, and these of `generate tls-certificate`.
    Issued(&'static [&'static str], &'static [&'static str]),
    /// By another program.
    Elsewhere(fn(&mut Pki)),
}
use Made::{Elsewhere, Issued, SelfSigned};

struct Case {
    remedy: Remedy,
    client: &'static str,
    host: &'static str,
    made: Made,
}

fn case(remedy: Remedy, client: &'static str, host: &'static str, made: Made) -> Case {
    Case { remedy, client, host, made }
}

fn cases() -> Vec<Case> {
    vec![
        case(
            Remedy::AddPermittedName,
            "openssl",
            "10.1.2.3",
            Elsewhere(|pki| {
                let address = "10.1.2.3".parse().expect("an address");
                pki.leaf.subject_alt_names = vec![SanType::IpAddress(address)];
                pki.leaf.distinguished_name.push(rcgen::DnType::CommonName, "cp.test");
                pki.root.name_constraints = Some(rcgen::NameConstraints {
                    permitted_subtrees: vec![rcgen::GeneralSubtree::DnsName("example".to_owned())],
                    excluded_subtrees: Vec::new(),
                });
            }),
        ),
        case(
            Remedy::CanonicalAddress,
            "envoy",
            "0:0:0:0:0:0:0:1",
            SelfSigned(&["--hostname=0:0:0:0:0:0:0:1"]),
        ),
        case(Remedy::DialDnsName, "mbedtls", "10.1.2.3", SelfSigned(&["--hostname=10.1.2.3"])),
        case(Remedy::DialNoNumber, "curl", "123", Elsewhere(|pki| pki.dns(&["123"]))),
        case(
            Remedy::DialNoUnderscore,
            "java",
            "c_p.example",
            SelfSigned(&["--hostname=c_p.example"]),
        ),
        case(Remedy::IssueFromCa, "rustls", "cp.example", SelfSigned(&["--hostname=cp.example"])),
        case(Remedy::NameItself, "gnutls", "cp.example", SelfSigned(&["--hostname=*.example"])),
        case(
            Remedy::NameItself,
            "openssl",
            "a_b.mesh.example",
            SelfSigned(&["--hostname=*.mesh.example"]),
        ),
        case(
            Remedy::NameItself,
            "envoy",
            "10.1.2.3",
            Elsewhere(|pki| {
                let mapped = "::ffff:10.1.2.3".parse().expect("an address");
                pki.leaf.subject_alt_names = vec![SanType::IpAddress(mapped)];
            }),
        ),
        case(
            Remedy::NameLocalhosts,
            "apple",
            "cp.localhost",
            SelfSigned(&["--hostname=*.localhost", "--valid-for=90d"]),
        ),
        case(Remedy::NewCa, "python", "cp.example", Elsewhere(|pki| pki.root.key_usages.clear())),
        case(
            Remedy::NewCa,
            "openssl-strict",
            "cp.example",
            Elsewhere(|pki| pki.leaf.use_authority_key_identifier_extension = false),
        ),
        case(
            Remedy::NoIpConstraints,
            "envoy",
            "cp.example",
            Issued(&["--permit-ip=10.0.0.0/8"], &["--hostname=cp.example,10.1.2.3"]),
        ),
        case(
            Remedy::NoNameConstraints,
            "mbedtls",
            "cp.example",
            Issued(&["--permit-dns=example"], &["--hostname=cp.example"]),
        ),
        case(
            Remedy::Reissue,
            "java",
            "cp.example",
            Elsewhere(|pki| pki.leaf.key_usages = vec![KeyUsagePurpose::KeyEncipherment]),
        ),
        case(Remedy::Shorten, "apple", "cp.example", SelfSigned(&["--hostname=cp.example"])),
        case(
            Remedy::UsualKey,
            "envoy",
            "cp.example",
            SelfSigned(&["--hostname=cp.example", "--key-type=ecdsa-p384"]),
        ),
        case(
            Remedy::UsualCaKey,
            "firefox",
            "cp.example",
            Issued(&["--key-type=ed25519"], &["--hostname=cp.example"]),
        ),
    ]
}

/// Flags with those of a hint in place of the same ones.
fn with(flags: &[&str], hint: &[String]) -> Vec<String> {
    let name = |flag: &str| flag.split('=').next().unwrap_or(flag).to_owned();
    let stays = |flag: &&&str| !hint.iter().any(|given| name(given) == name(flag));
    let flags = flags.iter().filter(stays).map(|flag| (*flag).to_owned());
    flags.chain(hint.iter().cloned()).collect()
}

/// Makes a CA if there are flags for one, and a certificate from it or from itself.
fn make(sandbox: &Sandbox, ca: Option<&[String]>, flags: &[String]) {
    let run = |command: &str, flags: &[String]| {
        let mut fixed = ["generate", command, "--force"].map(str::to_owned).to_vec();
        if !flags.iter().any(|flag| flag.starts_with("--key-type=")) {
            // Faster to generate than RSA.
            fixed.push("--key-type=ecdsa".to_owned());
        }
        let made = sandbox.kumactl(fixed.iter().chain(flags));
        assert_eq!(made.status, 0, "{flags:?}: {made:?}");
    };
    let mut flags = flags.to_vec();
    flags.extend(["--type=server", "--cert-file=tls.crt", "--key-file=tls.key"].map(str::to_owned));
    if let Some(ca) = ca {
        run("ca-certificate", ca);
        flags.extend(["--issuer-cert-file=ca.crt", "--issuer-key-file=ca.key"].map(str::to_owned));
    } else {
        flags.push("--ca-cert-file=ca.crt".to_owned());
    }
    run("tls-certificate", &flags);
}

fn owned(flags: &[&str]) -> Vec<String> {
    flags.iter().map(|flag| (*flag).to_owned()).collect()
}

#[test]
fn the_command_in_every_hint_fixes_the_rejection() {
    let cases = cases();
    for rule in RULES.iter().filter(|rule| !WITHOUT_COMMAND.contains(&rule.remedy)) {
        assert!(cases.iter().any(|case| case.remedy == rule.remedy), "{rule:?} has no case");
    }
    for Case { remedy, client, host, made } in cases {
        let sandbox = Sandbox::new();
        match made {
            SelfSigned(flags) => make(&sandbox, None, &owned(flags)),
            Issued(ca, flags) => make(&sandbox, Some(&owned(ca)), &owned(flags)),
            Elsewhere(spoil) => {
                let mut pki = Pki::new();
                spoil(&mut pki);
                pki.make().write(&sandbox);
            }
        }
        let verify = |host: &str| {
            let host = format!("--hostname={host}");
            let files = ["--cert-file=tls.crt", "--ca-cert-file=ca.crt", &host];
            report(&sandbox, &[&["verify", "tls-certificate"], &files[..]].concat()).0
        };
        let json = verify(host);
        assert!(refusing(&json).contains(&client.to_owned()), "{remedy:?}: {json}");
        let clients = json["clients"].as_array().expect("clients");
        let verdict = clients.iter().find(|one| one["client"] == client).expect("it");
        let hint = verdict["reasons"][0]["hint"].as_str().expect("a hint");

        // Its contents, as a person would type them.
        let hint = hint.replace("NAME", "cp");
        let commands: Vec<&str> = hint.split('`').skip(1).step_by(2).collect();
        let words = || hint.split([' ', ',', '`', '(', ')']);
        let flags: Vec<String> = words()
            .filter(|word| word.starts_with("--") && word.contains('='))
            .fold(Vec::new(), |mut flags: Vec<String>, flag| {
                let name = flag.split_once('=').map_or(flag, |(name, _)| name);
                if !flags.iter().any(|known| known.starts_with(name)) {
                    flags.push(flag.to_owned());
                }
                flags
            });
        let bare = commands.iter().flat_map(|command| command.split(' '));
        let bare = bare.filter(|word| word.starts_with("--") && !word.contains('='));
        let given: Vec<String> = bare.map(str::to_owned).chain(flags).collect();
        let dialed = given.iter().find_map(|flag| flag.strip_prefix("--hostname="));
        // An address in another form, or a name in place of the old one.
        let address = words().find_map(|word| word.strip_prefix('[')?.strip_suffix(']'));
        let host = dialed.or(address).unwrap_or(host);
        let makes_ca = commands.iter().any(|command| command.contains("ca-certificate"));
        match made {
            _ if address.is_some() => {}
            SelfSigned(flags) => make(&sandbox, None, &with(flags, &given)),
            Issued(_, flags) if makes_ca => make(&sandbox, Some(&given), &owned(flags)),
            Issued(ca, flags) => make(&sandbox, Some(&owned(ca)), &with(flags, &given)),
            Elsewhere(_) if makes_ca => {
                make(&sandbox, Some(&given), &[format!("--hostname={host}")]);
            }
            Elsewhere(_) if dialed.is_some() => make(&sandbox, None, &given),
            Elsewhere(_) => {
                make(&sandbox, None, &with(&["--hostname=cp.example"], &given));
            }
        }
        let json = verify(host);
        assert!(!refusing(&json).contains(&client.to_owned()), "{remedy:?}, {hint}: {json}");
    }
}
