//! What our kumactl does for a command line, in the words of the contract.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::oid_registry::{OID_PKCS1_SHA256WITHRSA, OID_SIG_ECDSA_WITH_SHA256};

use super::Outcome;
use crate::read_back;
use crate::support::{Sandbox, run};

/// Runs a line of shell in an empty directory and looks at everything that it left.
pub(super) fn outcome(command: &str) -> Outcome {
    outcome_with(command, None)
}

/// The same, with another program as `kumactl`.
pub(super) fn outcome_with(command: &str, program: Option<&Path>) -> Outcome {
    let sandbox = Sandbox::new();
    // A mask that lets through what the official modes say, unless the line sets another.
    let script = format!("umask 022\n{command}");
    let mut shell = sandbox.command("sh");
    let others = tempfile::tempdir().expect("a temporary directory");
    if let Some(program) = program {
        symlink(program, others.path().join("kumactl")).expect("a link");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let first = std::iter::once(others.path().to_owned());
        let path = std::env::join_paths(first.chain(std::env::split_paths(&path)));
        shell.env("PATH", path.expect("a PATH"));
    }
    let ended = run(shell.args(["-uc", &script]));
    let mut outcome = Outcome::from([
        ("exit".to_owned(), json!(ended.status)),
        ("stdout".to_owned(), json!(abridged(&ended.stdout))),
        ("stderr".to_owned(), json!(ended.stderr)),
        ("files".to_owned(), json!(sandbox.names())),
        ("home".to_owned(), json!(entries(&sandbox.home()))),
        ("modes".to_owned(), json!(modes(&sandbox))),
        ("links".to_owned(), json!(links(&sandbox))),
        ("kept".to_owned(), json!(kept(&sandbox))),
    ]);
    if let Ok(pem) = fs::read_to_string(sandbox.path("cert.pem"))
        && pem.starts_with("-----BEGIN")
    {
        outcome.insert("names".to_owned(), json!(read_back::names(&pem)));
        outcome.extend(read_back::certificate(&pem, profile));
    }
    outcome
}

/// Help and version as placeholders, PEM blocks as their labels, and tokens as their claims.
fn abridged(stdout: &str) -> String {
    if stdout.contains("\nUsage: kumactl") {
        return "{help}".to_owned();
    }
    let version = concat!("kumactl ", env!("CARGO_PKG_VERSION"), "\n");
    if stdout == version {
        return "kumactl {version}\n".to_owned();
    }
    let mut abridged = String::new();
    let mut in_block = false;
    for line in stdout.split_inclusive('\n') {
        if let Some(label) = line.trim_end().strip_prefix("-----BEGIN ") {
            in_block = true;
            abridged.push_str(&format!("{{{}}}\n", label.trim_end_matches('-')));
        }
        if !in_block {
            abridged.push_str(
                &token(line).or_else(|| base64_of_pem(line)).unwrap_or_else(|| line.to_owned()),
            );
        }
        in_block &= !line.starts_with("-----END ");
    }
    abridged
}

/// The header and the claims of a token, with dates in seconds from its issuance, and without its ID.
fn token(line: &str) -> Option<String> {
    let parts: Vec<_> = line.trim_end().split('.').collect();
    let decoded = |part| String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let [header, payload] = [decoded(parts.first()?)?, decoded(parts.get(1)?)?];
    let claims: Value = serde_json::from_str(&payload).ok()?;
    let id = claims["jti"].as_str()?;
    let issued = claims["iat"].as_i64()?;
    let mut payload = payload.replace(id, "...");
    for date in ["exp", "nbf", "iat"] {
        let seconds = claims[date].as_i64()?;
        let from = format!("\"{date}\":{seconds}");
        payload = payload.replace(&from, &format!("\"{date}\":{}", seconds - issued));
    }
    let ending = if line.ends_with('\n') { "\n" } else { "" };
    Some(format!("{header}.{payload}{ending}"))
}

/// A PEM block in Base64 as its label.
fn base64_of_pem(line: &str) -> Option<String> {
    let pem = String::from_utf8(BASE64_STANDARD.decode(line).ok()?).ok()?;
    Some(format!("{{Base64 of {}}}", pem.strip_prefix("-----BEGIN ")?.split_once("-----")?.0))
}

fn entries(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

fn modes(sandbox: &Sandbox) -> Vec<String> {
    let snapshot = sandbox.snapshot();
    snapshot.iter().map(|(name, (mode, _))| format!("{name} {mode:04o}")).collect()
}

fn links(sandbox: &Sandbox) -> Vec<String> {
    let link = |name: String| {
        let to = fs::read_link(sandbox.path(&name)).ok()?;
        Some(format!("{name} -> {}", to.display()))
    };
    sandbox.names().into_iter().filter_map(link).collect()
}

/// The files that the line wrote itself, as `old`, and that were kept.
fn kept(sandbox: &Sandbox) -> Vec<String> {
    let snapshot = sandbox.snapshot().into_iter();
    snapshot.filter(|(_, (_, content))| content == b"old\n").map(|(name, _)| name).collect()
}

/// The fields of a certificate.
fn profile(certificate: &X509Certificate<'_>) -> Outcome {
    let validity = certificate.validity();
    let [start, end] = [validity.not_before, validity.not_after].map(|date| date.timestamp());
    // In whole minutes, so that the seconds of this run do not count.
    let age = (OffsetDateTime::now_utc().unix_timestamp() - start) / 60;
    let signature = match &certificate.signature_algorithm.algorithm {
        oid if *oid == OID_PKCS1_SHA256WITHRSA => "sha256WithRSAEncryption".to_owned(),
        oid if *oid == OID_SIG_ECDSA_WITH_SHA256 => "ecdsa-with-SHA256".to_owned(),
        oid => oid.to_id_string(),
    };
    let mut profile = Outcome::from([
        ("version".to_owned(), json!(certificate.version().0 + 1)),
        ("serial number".to_owned(), json!(format!("{} octets", certificate.raw_serial().len()))),
        ("signature".to_owned(), json!(signature)),
        ("subject".to_owned(), json!(certificate.subject().to_string())),
        ("issuer".to_owned(), json!(certificate.issuer().to_string())),
        ("lifetime in hours".to_owned(), json!((end - start) / 3600)),
        ("starts before now, in minutes".to_owned(), json!(age)),
        ("authorityKeyIdentifier".to_owned(), json!("absent")),
    ]);
    let identifier = certificate.iter_extensions().find_map(|e| match e.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0),
        _ => None,
    });
    for extension in certificate.extensions() {
        if let Some((name, value)) = describe(extension.parsed_extension(), identifier) {
            let is_named = !value.is_empty();
            let text = match (extension.critical, is_named) {
                (true, true) => format!("critical: {value}"),
                (true, false) => "critical".to_owned(),
                (false, true) => value,
                (false, false) => "not critical".to_owned(),
            };
            profile.insert(name.to_owned(), Value::String(text));
        }
    }
    profile
}

fn describe(
    extension: &ParsedExtension<'_>,
    subject_key: Option<&[u8]>,
) -> Option<(&'static str, String)> {
    Some(match extension {
        ParsedExtension::KeyUsage(usage) => {
            let bits = [
                ("digitalSignature", usage.digital_signature()),
                ("keyEncipherment", usage.key_encipherment()),
                ("keyCertSign", usage.key_cert_sign()),
                ("cRLSign", usage.crl_sign()),
            ];
            let set: Vec<_> = bits.iter().filter(|(_, is_set)| *is_set).map(|(n, _)| *n).collect();
            ("keyUsage", set.join(", "))
        }
        ParsedExtension::ExtendedKeyUsage(usage) => {
            let purposes = [("serverAuth", usage.server_auth), ("clientAuth", usage.client_auth)];
            let set: Vec<_> =
                purposes.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| *name).collect();
            ("extKeyUsage", set.join(", "))
        }
        ParsedExtension::BasicConstraints(constraints) => {
            let ca = if constraints.ca { "CA:TRUE" } else { "CA:FALSE" };
            let length =
                constraints.path_len_constraint.map(|length| format!(", pathlen {length}"));
            ("basicConstraints", format!("{ca}{}", length.unwrap_or_default()))
        }
        ParsedExtension::SubjectKeyIdentifier(identifier) => {
            ("subjectKeyIdentifier", format!("{} octets", identifier.0.len()))
        }
        ParsedExtension::AuthorityKeyIdentifier(authority) => {
            let identifier = authority.key_identifier.as_ref().map(|identifier| identifier.0);
            let is_own = identifier.is_some() && identifier == subject_key;
            ("authorityKeyIdentifier", if is_own { "the subject's" } else { "another" }.to_owned())
        }
        // The names are an aspect of their own.
        ParsedExtension::SubjectAlternativeName(_) => ("subjectAltName", String::new()),
        _ => return None,
    })
}
