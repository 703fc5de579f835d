//! One defect each: the check that should fail fails, no other does, and OpenSSL agrees about the
//! chain, the dates and the name, or it is said why not.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{
    BasicConstraints, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair,
    KeyUsagePurpose, NameConstraints, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SanType,
};
use time::{Duration, OffsetDateTime};

use super::pki::{Made, Pki, extension, key, pem, write_key};
use super::{FILES, checks, report};
use crate::support::{Sandbox, installed, run};

/// What OpenSSL makes of the same files.
enum Openssl {
    Agrees,
    /// It sees it otherwise, for this reason.
    Differs(#[expect(dead_code, reason = "for the reader")] &'static str),
}
use Openssl::{Agrees, Differs};

struct Case {
    defect: &'static str,
    fails: &'static [&'static str],
    /// What the message says.
    says: &'static str,
    openssl: Openssl,
    arguments: &'static [&'static str],
    spoil: fn(&mut Pki),
    /// Writes the files.
    write: fn(&Made, &Sandbox),
}

/// A defect of the certificates, in files as they should be.
const fn certificates(
    defect: &'static str,
    fails: &'static [&'static str],
    says: &'static str,
    openssl: Openssl,
    spoil: fn(&mut Pki),
) -> Case {
    Case {
        defect,
        fails,
        says,
        openssl,
        arguments: &["--hostname=cp.example"],
        spoil,
        write: Made::write,
    }
}

/// A defect of the files, around certificates as they should be.
const fn files(
    defect: &'static str,
    fails: &'static [&'static str],
    says: &'static str,
    openssl: Openssl,
    write: fn(&Made, &Sandbox),
) -> Case {
    Case {
        defect,
        fails,
        says,
        openssl,
        arguments: &["--hostname=cp.example"],
        spoil: |_| {},
        write,
    }
}

const BUNDLE: &[&str] = &["--hostname=cp.example", "--ca-bundle-file=ca.b64"];

/// A defect of the bundle.
const fn bundle(defect: &'static str, says: &'static str, write: fn(&Made, &Sandbox)) -> Case {
    Case {
        defect,
        fails: &["ca-bundle"],
        says,
        openssl: Agrees,
        arguments: BUNDLE,
        spoil: |_| {},
        write,
    }
}

fn past() -> OffsetDateTime {
    OffsetDateTime::now_utc() - Duration::days(2)
}

fn expired(params: &mut rcgen::CertificateParams) {
    params.not_before = past() - Duration::days(9);
    params.not_after = past();
}

fn future(params: &mut rcgen::CertificateParams) {
    params.not_before = OffsetDateTime::now_utc() + Duration::days(2);
}

fn constrained(pki: &mut Pki, permitted: Vec<GeneralSubtree>, excluded: Vec<GeneralSubtree>) {
    pki.root.name_constraints =
        Some(NameConstraints { permitted_subtrees: permitted, excluded_subtrees: excluded });
}

fn dns(domain: &str) -> GeneralSubtree {
    GeneralSubtree::DnsName(domain.to_owned())
}

fn encode(text: &str) -> String {
    BASE64_STANDARD.encode(text)
}

/// subjectAltName (RFC 5280 4.2.1.6), of names with these tags and contents.
fn alt_names(names: &[(u8, &[u8])]) -> Vec<u8> {
    let length = |octets: &[u8]| u8::try_from(octets.len()).expect("a short name");
    let names: Vec<u8> = names
        .iter()
        .flat_map(|(tag, octets)| [&[*tag, length(octets)], *octets].concat())
        .collect();
    [&[0x30, length(&names)], &names[..]].concat()
}

const ALT_NAME: &[u64] = &[2, 5, 29, 17];

const UNKNOWN: &[u64] = &[1, 2, 3, 4, 5];

fn cases() -> Vec<Case> {
    vec![
        certificates("expired", &["dates"], "leaf expired at", Agrees, |pki| {
            expired(&mut pki.leaf)
        }),
        certificates("not yet valid", &["dates"], "leaf is not valid before", Agrees, |pki| {
            future(&mut pki.leaf);
        }),
        certificates("expired root", &["dates"], "root expired at", Agrees, |pki| {
            expired(&mut pki.root);
        }),
        certificates("root not yet valid", &["dates"], "root is not valid before", Agrees, |pki| {
            future(&mut pki.root);
        }),
        certificates("expired CA between", &["dates"], "intermediate expired at", Agrees, |pki| {
            pki.has_intermediate = true;
            expired(&mut pki.intermediate);
        }),
        certificates("wrong host", &["hostname"], "cp.example is not among", Agrees, |pki| {
            pki.dns(&["other.example", "x.example"]);
        }),
        certificates("no name at all", &["hostname"], "it has none", Agrees, |pki| pki.dns(&[])),
        certificates(
            "name in the subject only",
            &["hostname"],
            "is the commonName of the certificate",
            Differs(
                "OpenSSL takes the commonName where there is no subjectAltName; Go and rustls do not",
            ),
            |pki| {
                pki.dns(&[]);
                pki.leaf.distinguished_name = rcgen::DistinguishedName::new();
                pki.leaf.distinguished_name.push(DnType::CommonName, "cp.example");
            },
        ),
        certificates("trailing dot", &["hostname"], "cp.example.", Agrees, |pki| {
            pki.dns(&["cp.example."]);
        }),
        certificates("URL for a name", &["hostname"], "https://cp.example", Agrees, |pki| {
            pki.dns(&["https://cp.example"]);
        }),
        certificates("port behind a name", &["hostname"], "cp.example:5678", Agrees, |pki| {
            pki.dns(&["cp.example:5678"]);
        }),
        certificates("wildcard too high", &["hostname"], "*.cp.example", Agrees, |pki| {
            pki.dns(&["*.cp.example"]);
        }),
        Case {
            defect: "wildcard in a label",
            fails: &["hostname"],
            says: "c*.mesh.example matches cp.mesh.example for OpenSSL, Java and Node, but not for Go",
            openssl: Differs("OpenSSL takes a wildcard that is a part of a label"),
            arguments: &["--hostname=cp.mesh.example"],
            spoil: |pki| pki.dns(&["c*.mesh.example"]),
            write: Made::write,
        },
        certificates(
            "international name in Unicode",
            &["extensions", "hostname"],
            "malformed extension: subjectAltName",
            Agrees,
            |pki| {
                pki.dns(&[]);
                let name = "b\u{fc}cher.example".as_bytes();
                let length = u8::try_from(name.len()).expect("short");
                let der = [&[0x30, length + 2, 0x82, length], name].concat();
                pki.leaf.custom_extensions = vec![extension(&[2, 5, 29, 17], &der, false)];
            },
        ),
        Case {
            defect: "address as a DNS name",
            fails: &["hostname"],
            says: "10.0.0.1 is not among the names of the certificate: 10.0.0.1",
            openssl: Agrees,
            arguments: &["--hostname=10.0.0.1"],
            spoil: |pki| pki.dns(&["10.0.0.1"]),
            write: Made::write,
        },
        Case {
            defect: "address in another form",
            fails: &["hostname"],
            says: "::1 is not among the names of the certificate: 0:0:0:0:0:0:0:1",
            openssl: Agrees,
            arguments: &["--hostname=::1"],
            spoil: |pki| pki.dns(&["0:0:0:0:0:0:0:1"]),
            write: Made::write,
        },
        certificates(
            "client's certificate on a server",
            &["extended-key-usage"],
            "leaf is for clientAuth, not for serverAuth",
            Agrees,
            |pki| pki.leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
        ),
        Case {
            defect: "server's certificate for a client",
            fails: &["extended-key-usage"],
            says: "leaf is for serverAuth, not for clientAuth",
            openssl: Agrees,
            arguments: &["--hostname=cp.example", "--type=client"],
            spoil: |_| {},
            write: Made::write,
        },
        certificates(
            "CA for clients only",
            &["extended-key-usage"],
            "root is for clientAuth, not for serverAuth",
            Agrees,
            |pki| pki.root.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
        ),
        certificates(
            "CA without keyCertSign",
            &["certification-authority"],
            "root must not sign certificates: its keyUsage is cRLSign",
            Agrees,
            |pki| pki.root.key_usages = vec![KeyUsagePurpose::CrlSign],
        ),
        certificates(
            "CA between without keyCertSign",
            &["certification-authority"],
            "intermediate must not sign certificates",
            Agrees,
            |pki| {
                pki.has_intermediate = true;
                pki.intermediate.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            },
        ),
        certificates(
            "CA between that says CA:FALSE",
            &["certification-authority"],
            "is not a CA: its basicConstraints say CA:FALSE",
            Agrees,
            |pki| {
                pki.has_intermediate = true;
                pki.intermediate.is_ca = IsCa::ExplicitNoCa;
            },
        ),
        certificates(
            "CA between without basicConstraints",
            &["certification-authority"],
            "is not a CA: its basicConstraints are missing",
            Agrees,
            |pki| {
                pki.has_intermediate = true;
                pki.intermediate.is_ca = IsCa::NoCa;
                pki.intermediate.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            },
        ),
        certificates(
            "too many CAs",
            &["path-length"],
            "root allows 0 CAs below it, and has 1",
            Agrees,
            |pki| {
                pki.has_intermediate = true;
                pki.root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
            },
        ),
        certificates(
            "name outside the permitted",
            &["name-constraints"],
            "cp.example violates the nameConstraints of CN=root: the CA permits only",
            Agrees,
            |pki| constrained(pki, vec![dns("mesh.example")], vec![]),
        ),
        certificates(
            "name among the excluded",
            &["name-constraints"],
            "excludes example",
            Agrees,
            |pki| constrained(pki, vec![], vec![dns("example")]),
        ),
        certificates(
            "address outside the permitted",
            &["name-constraints"],
            "permits only 10.0.0.0/8",
            Agrees,
            |pki| {
                let range = CidrSubnet::from_addr_prefix([10, 0, 0, 0].into(), 8);
                constrained(pki, vec![GeneralSubtree::IpAddress(range)], vec![]);
                pki.leaf.subject_alt_names.push(SanType::IpAddress([192, 0, 2, 1].into()));
            },
        ),
        certificates(
            "extension twice",
            &["extensions"],
            "leaf has the extension 1.2.3.4.5 more than once",
            Differs("OpenSSL looks at neither; Go cannot read the certificate"),
            |pki| {
                let twice =
                    [extension(UNKNOWN, &[5, 0], false), extension(UNKNOWN, &[5, 0], false)];
                pki.leaf.custom_extensions = twice.to_vec();
            },
        ),
        certificates(
            "unknown critical extension",
            &["extensions"],
            "leaf has the unknown critical extension 1.2.3.4.5",
            Agrees,
            |pki| pki.leaf.custom_extensions = vec![extension(UNKNOWN, &[5, 0], true)],
        ),
        certificates(
            "unknown critical extension of the CA",
            &["extensions"],
            "root has the unknown critical extension 1.2.3.4.5",
            Agrees,
            |pki| pki.root.custom_extensions = vec![extension(UNKNOWN, &[5, 0], true)],
        ),
        certificates(
            "critical key identifier",
            &["extensions"],
            "subjectKeyIdentifier as critical",
            Agrees,
            |pki| {
                pki.leaf.is_ca = IsCa::NoCa;
                let value = [4, 1, 7];
                pki.leaf.custom_extensions = vec![extension(&[2, 5, 29, 14], &value, true)];
            },
        ),
        certificates(
            "address of five octets",
            &["extensions"],
            "Go, and so Kuma, cannot parse CN=leaf: cannot parse IP address",
            Differs("OpenSSL passes over it"),
            |pki| {
                let names = alt_names(&[(0x82, b"cp.example"), (0x87, &[10, 0, 0, 0, 1])]);
                pki.leaf.subject_alt_names.clear();
                pki.leaf.custom_extensions = vec![extension(ALT_NAME, &names, false)];
            },
        ),
        certificates(
            "URI that is none",
            &["extensions"],
            "Go, and so Kuma, cannot parse CN=leaf: cannot parse URI",
            Differs("OpenSSL does not look into URIs"),
            |pki| {
                let names = alt_names(&[(0x82, b"cp.example"), (0x86, b"http://[::1")]);
                pki.leaf.subject_alt_names.clear();
                pki.leaf.custom_extensions = vec![extension(ALT_NAME, &names, false)];
            },
        ),
        certificates(
            "policy twice",
            &["extensions"],
            "invalid certificate policies",
            Differs("OpenSSL looks at policies when asked to"),
            |pki| {
                // Two PolicyInformation with the same identifier (RFC 5280 4.2.1.4).
                let policy = [0x30, 4, 6, 2, 0x2a, 3];
                let policies = [&[0x30, 12], &policy[..], &policy[..]].concat();
                pki.leaf.custom_extensions = vec![extension(&[2, 5, 29, 32], &policies, false)];
            },
        ),
        certificates(
            "letter that PrintableString has not",
            &["extensions", "client"],
            "invalid PrintableString in a name",
            Agrees,
            |pki| {
                // CN=a_b, as an issuer writes it that does not look at letters.
                let name = pki.leaf.distinguished_name.clone();
                assert_eq!(name.iter().count(), 1);
                pki.leaf.distinguished_name = rcgen::DistinguishedName::new();
                let text = rcgen::DnValue::TeletexString("x".try_into().expect("ASCII"));
                pki.leaf.distinguished_name.push(DnType::CommonName, text);
            },
        )
        .writing(|made, sandbox| {
            // The tag of a TeletexString becomes that of a PrintableString with a letter it lacks; the
            // signature is no longer one, so the certificate is its own trust anchor.
            let mut leaf = made.leaf.clone();
            let at = leaf.windows(3).position(|w| w == [0x14, 1, b'x']).expect("the name");
            leaf[at..at + 3].copy_from_slice(&[0x13, 1, b'_']);
            sandbox.write("tls.crt", pem(&leaf));
            sandbox.write("ca.crt", format!("{}{}", pem(&made.root), pem(&leaf)));
            made.write_key(sandbox, "tls.key");
        }),
        certificates(
            "constraint on directory names",
            &["name-constraints"],
            "critical nameConstraints of type directoryName, so Go",
            Differs("OpenSSL knows constraints of this kind"),
            |pki| {
                let name = pki.leaf.distinguished_name.clone();
                constrained(pki, vec![GeneralSubtree::DirectoryName(name)], vec![]);
            },
        ),
        certificates(
            "mail address outside of the constraints",
            &["name-constraints"],
            "a@evil.example violates the nameConstraints of CN=root",
            Agrees,
            |pki| {
                let mail = "a@evil.example".try_into().expect("ASCII");
                pki.leaf.subject_alt_names.push(SanType::Rfc822Name(mail));
                constrained(pki, vec![GeneralSubtree::Rfc822Name("b.example".to_owned())], vec![]);
            },
        ),
        certificates(
            "mail address with two at signs, the last before a permitted host",
            &["name-constraints"],
            "a@b@b.example violates the nameConstraints of CN=root",
            Differs("Go takes the host from the first at sign of an unquoted address"),
            |pki| {
                let mail = "a@b@b.example".try_into().expect("ASCII");
                pki.leaf.subject_alt_names.push(SanType::Rfc822Name(mail));
                constrained(pki, vec![GeneralSubtree::Rfc822Name("b.example".to_owned())], vec![]);
            },
        ),
        certificates(
            "name of a CA between outside of the constraints",
            &["name-constraints"],
            "ca.evil.example violates the nameConstraints of CN=root",
            Agrees,
            |pki| {
                pki.has_intermediate = true;
                pki.intermediate.subject_alt_names =
                    vec![SanType::DnsName("ca.evil.example".try_into().expect("ASCII"))];
                constrained(pki, vec![dns("cp.example")], vec![]);
            },
        ),
        certificates(
            "damaged authorityInfoAccess",
            &["extensions"],
            "malformed extension: 1.3.6.1.5.5.7.1.1",
            Differs("OpenSSL does not look into it"),
            |pki| {
                let oid = [1, 3, 6, 1, 5, 5, 7, 1, 1];
                pki.leaf.custom_extensions = vec![extension(&oid, &[5, 0], false)];
            },
        ),
        certificates(
            "mail address under an excluded host",
            &["name-constraints"],
            "a@sub.b.example violates the nameConstraints of CN=root",
            Differs("RFC 5280 wants a leading dot for what is under a host; Go does not"),
            |pki| {
                let mail = "a@sub.b.example".try_into().expect("ASCII");
                pki.leaf.subject_alt_names.push(SanType::Rfc822Name(mail));
                constrained(pki, vec![], vec![GeneralSubtree::Rfc822Name("b.example".to_owned())]);
            },
        ),
        certificates(
            "wildcard that stands for an excluded name",
            &["name-constraints"],
            "*.mesh.example violates the nameConstraints of CN=root",
            Differs("OpenSSL holds the wildcard itself against the constraint"),
            |pki| {
                pki.dns(&["cp.example", "*.mesh.example"]);
                constrained(pki, vec![], vec![dns("a.mesh.example")]);
            },
        ),
        certificates(
            "damaged extension",
            &["extensions"],
            "malformed extension: extKeyUsage",
            Agrees,
            |pki| {
                pki.leaf.extended_key_usages = vec![];
                pki.leaf.custom_extensions = vec![extension(&[2, 5, 29, 37], &[0x30, 9, 1], false)];
            },
        ),
        certificates(
            "key that may encipher only",
            &["key-usage"],
            "its keyUsage is keyEncipherment, without digitalSignature",
            Differs("OpenSSL leaves it to the cipher; Envoy, Java and Chrome refuse it"),
            |pki| pki.leaf.key_usages = vec![KeyUsagePurpose::KeyEncipherment],
        ),
        certificates("key that may sign lists only", &["key-usage"], "cRLSign", Agrees, |pki| {
            pki.leaf.key_usages = vec![KeyUsagePurpose::CrlSign];
        }),
        certificates(
            "P-384",
            &["client"],
            "rejects the certificate: its key is P-384",
            Agrees,
            |pki| {
                pki.leaf_key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).expect("a key");
            },
        ),
        certificates(
            "CA file of another CA",
            &["chain"],
            "is issued by CN=root, which is neither",
            Agrees,
            |pki| {
                pki.has_intermediate = false;
            },
        )
        .writing(|made, sandbox| {
            made.write(sandbox);
            let mut other = Pki::new();
            other.root.distinguished_name = rcgen::DistinguishedName::new();
            other.root.distinguished_name.push(DnType::CommonName, "other");
            sandbox.write("ca.crt", pem(&other.make().root));
        }),
        files(
            "CA of the same name",
            &["chain"],
            "names CN=root as its issuer, but is not signed with its key",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                sandbox.write("ca.crt", pem(&Pki::new().make().root));
            },
        ),
        certificates(
            "missing CA between",
            &["chain"],
            "issued by CN=intermediate, which is neither",
            Agrees,
            |pki| {
                pki.has_intermediate = true;
            },
        )
        .writing(|made, sandbox| {
            made.write(sandbox);
            sandbox.write("tls.crt", pem(&made.leaf));
        }),
        files(
            "damaged signature",
            &["chain"],
            "names CN=root as its issuer, but is not signed with its key",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                let mut der = made.leaf.clone();
                let last = der.len() - 1;
                der[last] ^= 1;
                sandbox.write("tls.crt", pem(&der));
            },
        ),
        files(
            "self-signed stranger",
            &["chain"],
            "CN=root is self-signed and not in the CA file",
            Agrees,
            |_, sandbox| {
                let mut stranger = Pki::new();
                stranger.dns(&["cp.example"]);
                stranger.root.subject_alt_names = stranger.leaf.subject_alt_names.clone();
                stranger.root.key_usages.push(KeyUsagePurpose::DigitalSignature);
                let key = key();
                let der = stranger.root.self_signed(&key).expect("a certificate").der().to_vec();
                sandbox.write("tls.crt", pem(&der));
                write_key(sandbox, "tls.key", &key);
                sandbox.write("ca.crt", pem(&Pki::new().make().root));
            },
        ),
        files(
            "key of another certificate",
            &["private-key"],
            "the private key does not match the certificate",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                write_key(sandbox, "tls.key", &key());
            },
        ),
        files(
            "key of another type",
            &["private-key"],
            "the private key does not match the certificate",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                write_key(
                    sandbox,
                    "tls.key",
                    &KeyPair::generate_for(&PKCS_ED25519).expect("a key"),
                );
            },
        ),
        files(
            "two certificates, the wrong one first",
            &["private-key"],
            "the private key does not match the certificate",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                let second = Pki::new().make();
                let roots = format!("{}{}", pem(&made.root), pem(&second.root));
                sandbox.write("ca.crt", roots);
                sandbox.write("tls.crt", format!("{}{}", pem(&second.leaf), pem(&made.leaf)));
            },
        ),
        files(
            "swapped files",
            &["certificate-file"],
            "tls.crt holds a private key, and tls.key a certificate",
            Agrees,
            |made, sandbox| {
                made.write_key(sandbox, "tls.crt");
                sandbox.write("tls.key", pem(&made.leaf));
                sandbox.write("ca.crt", pem(&made.root));
            },
        ),
        files(
            "key for a certificate",
            &["certificate-file"],
            "is a private key",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                made.write_key(sandbox, "tls.crt");
            },
        ),
        files(
            "certificate for a key",
            &["key-file"],
            "holds no private key",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                sandbox.write("tls.key", pem(&made.leaf));
            },
        ),
        files(
            "encrypted key",
            &["key-file"],
            "its private key is encrypted",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                sandbox.write(
                    "tls.key",
                    pem::encode(&pem::Pem::new("ENCRYPTED PRIVATE KEY", [0x30, 0])),
                );
            },
        ),
        files(
            "damaged key",
            &["key-file"],
            "its private key is damaged",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                sandbox.write("tls.key", pem::encode(&pem::Pem::new("PRIVATE KEY", [0x30, 0])));
            },
        ),
        files(
            "empty certificate",
            &["certificate-file"],
            "tls.crt is empty",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                sandbox.write("tls.crt", "");
            },
        ),
        files("empty key", &["key-file"], "tls.key is empty", Agrees, |made, sandbox| {
            made.write(sandbox);
            sandbox.write("tls.key", "\n");
        }),
        files("empty CA file", &["ca-file"], "ca.crt is empty", Agrees, |made, sandbox| {
            made.write(sandbox);
            sandbox.write("ca.crt", "");
        }),
        files(
            "text for a certificate",
            &["certificate-file"],
            "it has no PEM block",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                sandbox.write("tls.crt", "hello\n");
            },
        ),
        files(
            "DER for PEM",
            &["certificate-file"],
            "it is DER, not PEM",
            Differs("OpenSSL reads DER as well; Kuma does not"),
            |made, sandbox| {
                made.write(sandbox);
                sandbox.write("tls.crt", &made.leaf);
            },
        ),
        files(
            "Base64 of the certificate",
            &["certificate-file"],
            "it is Base64 already",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                sandbox.write("tls.crt", encode(&pem(&made.leaf)));
            },
        ),
        files(
            "truncated certificate",
            &["certificate-file"],
            "its PEM block 1 has no end",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                let text = pem(&made.leaf);
                sandbox.write("tls.crt", &text[..text.len() / 2]);
            },
        ),
        files(
            "certificate with a lost line",
            &["certificate-file"],
            "cannot be read as X.509",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                let text = pem(&made.leaf);
                let lines: Vec<&str> =
                    text.lines().enumerate().filter(|(n, _)| *n != 3).map(|(_, l)| l).collect();
                sandbox.write("tls.crt", lines.join("\n"));
            },
        ),
        files(
            "bytes behind the certificate",
            &["certificate-file"],
            "further bytes follow it",
            Differs("OpenSSL passes over them; Go refuses the certificate"),
            |made, sandbox| {
                made.write(sandbox);
                sandbox.write("tls.crt", pem(&[&made.leaf[..], b"garbage"].concat()));
            },
        ),
        files(
            "indented certificate",
            &["certificate-file"],
            "in line 1: the first or last line of a block is not at the start",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                let text = pem(&made.leaf);
                let lines: String = text.lines().map(|line| format!("  {line}\n")).collect();
                sandbox.write("tls.crt", lines);
            },
        ),
        files(
            "certificate in one line",
            &["certificate-file"],
            "in line 1: the whole block is on one line",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                sandbox.write("tls.crt", pem(&made.leaf).replace("\r\n", " "));
            },
        ),
        files(
            "text in front of a block",
            &["certificate-file"],
            "in line 1: the first or last line of a block is not at the start",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                sandbox.write("tls.crt", format!("tls.crt: {}", pem(&made.leaf)));
            },
        ),
        files(
            "two CAs without a line break between",
            &["ca-file"],
            "the next block begins on the last line of this one",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                let both = format!("{}{}", pem(&made.root).trim_end(), pem(&made.root));
                sandbox.write("ca.crt", both);
            },
        ),
        files(
            "byte order mark",
            &["certificate-file"],
            "in line 1: it begins with a byte order mark",
            Differs("OpenSSL passes over it; Go and rustls find no certificate"),
            |made, sandbox| {
                made.write(sandbox);
                sandbox.write("tls.crt", format!("\u{feff}{}", pem(&made.leaf)));
            },
        ),
        files(
            "carriage returns alone",
            &["certificate-file"],
            "in line 1: lines end with a carriage return alone",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                sandbox.write("tls.crt", pem(&made.leaf).replace("\r\n", "\r"));
            },
        ),
        files(
            "headers in a certificate",
            &["certificate-file"],
            "in line 1: the certificate has headers",
            Differs("OpenSSL and Go pass over them; rustls finds no certificate"),
            |made, sandbox| {
                made.write(sandbox);
                let begin = "-----BEGIN CERTIFICATE-----";
                let text = pem(&made.leaf).replace(begin, &format!("{begin}\nname: x\n"));
                sandbox.write("tls.crt", text);
            },
        ),
        files(
            "blank lines in a certificate",
            &["certificate-file"],
            "in line 2: a block has a blank line",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                sandbox.write("tls.crt", pem(&made.leaf).replace("\r\n", "\n\n"));
            },
        ),
        files("UTF-16", &["certificate-file"], "it is UTF-16 text", Agrees, |made, sandbox| {
            made.write(sandbox);
            let text = format!("\u{feff}{}", pem(&made.leaf));
            let octets: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            sandbox.write("tls.crt", octets);
        }),
        files(
            "request for a certificate",
            &["certificate-file"],
            "is a certificate request, not a certificate",
            Agrees,
            |made, sandbox| {
                made.write(sandbox);
                sandbox.write(
                    "tls.crt",
                    pem(&made.leaf).replace("CERTIFICATE", "CERTIFICATE REQUEST"),
                );
            },
        ),
        files(
            "key in front of the CA",
            &["ca-file"],
            "its PEM block 1 is a private key",
            Differs("OpenSSL passes over keys; Kuma's bootstrap fails"),
            |made, sandbox| {
                made.write(sandbox);
                let key = sandbox.read("tls.key");
                sandbox.write("ca.crt", format!("{key}{}", pem(&made.root)));
            },
        ),
        files(
            "key behind the CA",
            &["ca-file"],
            "its PEM block 2 is a private key",
            Differs("OpenSSL passes over keys; all proxies would get this one"),
            |made, sandbox| {
                made.write(sandbox);
                let key = sandbox.read("tls.key");
                sandbox.write("ca.crt", format!("{}{key}", pem(&made.root)));
            },
        ),
        files(
            "certificate in front of the CA",
            &["ca-file"],
            "the first certificate, CN=leaf, is not a CA certificate",
            Differs("OpenSSL looks at all certificates of the file; Kuma at the first"),
            |made, sandbox| {
                made.write(sandbox);
                sandbox.write("ca.crt", format!("{}{}", pem(&made.leaf), pem(&made.root)));
            },
        ),
        bundle("wrapped bundle", "lines, but the installation requires one", |made, sandbox| {
            made.write(sandbox);
            let line = encode(&pem(&made.root));
            let (first, second) = line.split_at(76);
            sandbox.write("ca.b64", format!("{first}\n{second}\n"));
        }),
        bundle("bundle with blanks", "it has blanks, which", |made, sandbox| {
            made.write(sandbox);
            let line = encode(&pem(&made.root));
            let (first, second) = line.split_at(76);
            sandbox.write("ca.b64", format!("{first} {second}\n"));
        }),
        bundle("bundle encoded twice", "it was encoded twice", |made, sandbox| {
            made.write(sandbox);
            sandbox.write("ca.b64", encode(&encode(&pem(&made.root))));
        }),
        bundle("bundle that is PEM", "it is PEM already", |made, sandbox| {
            made.write(sandbox);
            sandbox.write("ca.b64", pem(&made.root));
        }),
        bundle("bundle that is no Base64", "it is not Base64", |made, sandbox| {
            made.write(sandbox);
            sandbox.write("ca.b64", "not-base64!!");
        }),
        bundle("bundle of a key", "it holds a private key", |made, sandbox| {
            made.write(sandbox);
            sandbox.write("ca.b64", encode(&sandbox.read("tls.key")));
        }),
        bundle(
            "bundle of another CA",
            "and ca.crt hold different certificates",
            |made, sandbox| {
                made.write(sandbox);
                sandbox.write("ca.b64", encode(&pem(&Pki::new().make().root)));
            },
        ),
        bundle("empty bundle", "it is empty", |made, sandbox| {
            made.write(sandbox);
            sandbox.write("ca.b64", "\n");
        }),
        Case {
            defect: "too little time",
            fails: &["time-left"],
            says: "the certificate expires at",
            openssl: Agrees,
            arguments: &["--hostname=cp.example", "--min-remaining=400d"],
            spoil: |_| {},
            write: Made::write,
        },
        Case {
            defect: "client that refuses",
            fails: &["client"],
            says: "Java 17 and 25 rejects the certificate: a name that is dialed has an underscore",
            openssl: Agrees,
            arguments: &["--hostname=c_p.example", "--client=java"],
            spoil: |pki| pki.dns(&["c_p.example"]),
            write: Made::write,
        },
    ]
}

impl Case {
    fn writing(mut self, write: fn(&Made, &Sandbox)) -> Self {
        self.write = write;
        self
    }
}

#[test]
fn each_defect_fails_its_check_and_openssl_agrees_or_the_reason_is_listed() {
    let openssl = installed("openssl");
    let cases = cases();
    assert!(cases.len() >= 60, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let sandbox = Sandbox::new();
        let mut pki = Pki::new();
        (case.spoil)(&mut pki);
        (case.write)(&pki.make(), &sandbox);
        let (report, status) = report(&sandbox, &[&FILES[..], case.arguments].concat());
        let failed = checks(&report, "failed");
        let names: Vec<&str> = failed.iter().map(|(name, _)| name.as_str()).collect();
        let says = failed.iter().any(|(_, text)| text.contains(case.says));
        if names != case.fails || !says || status != 1 {
            wrong.push(format!("{}: {failed:?}, status {status}", case.defect));
        }
        if let Some(openssl) = &openssl {
            let ours = !names.iter().any(|name| is_about_the_chain(name));
            let theirs = openssl_accepts(&sandbox, openssl, case.arguments);
            if (ours == theirs) != matches!(case.openssl, Agrees) {
                wrong.push(format!("{}: we accept: {ours}, OpenSSL: {theirs}", case.defect));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn is_about_the_chain(check: &str) -> bool {
    !["private-key", "key-file", "ca-bundle", "time-left", "client"].contains(&check)
}

fn openssl_accepts(sandbox: &Sandbox, openssl: &std::path::Path, arguments: &[&str]) -> bool {
    let host = arguments.iter().find_map(|argument| argument.strip_prefix("--hostname="));
    let host = host.unwrap_or("cp.example");
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    let purpose = if arguments.contains(&"--type=client") { "sslclient" } else { "sslserver" };
    let mut command = sandbox.command(openssl);
    command.args(["verify", "-CAfile", "ca.crt", "-untrusted", "tls.crt", "-purpose", purpose]);
    command
        .arg(if is_address { "-verify_ip" } else { "-verify_hostname" })
        .arg(host)
        .arg("tls.crt");
    run(&mut command).status == 0
}

#[test]
fn sound_certificates_pass_every_check() {
    for has_intermediate in [false, true] {
        let sandbox = Sandbox::new();
        let mut pki = Pki::new();
        pki.has_intermediate = has_intermediate;
        let made = pki.make();
        made.write(&sandbox);
        sandbox.write("ca.b64", encode(&pem(&made.root)));
        let (report, status) = report(&sandbox, &[&FILES[..], BUNDLE].concat());
        assert_eq!((status, &report["verifies"]), (0, &true.into()), "{report}");
        assert!(checks(&report, "failed").is_empty() && checks(&report, "warning").is_empty());
        assert_eq!(checks(&report, "passed").len(), 16, "{report}");
    }
}
