//! The files: do they hold what they should?

use super::finding::Finding;
use super::report::{CheckName, Outcome, Report};
use super::{Evidence, File, kuma};
use crate::format::pem::PemError;
use crate::format::{MAX_ARGUMENT, bundle, pem};
use crate::key::ExistingKey;
use crate::usage::ExtendedKeyUsage;
use crate::x509;

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}

/// The certificates of a PEM file that all can be read.
pub(super) fn certificates(file: File<'_>) -> Result<Vec<Vec<u8>>, Finding> {
    if is_blank(file.bytes) {
        return Err(Finding::Empty { file: file.name.to_owned() });
    }
    let certificates =
        pem::decode_certificates(file.bytes).map_err(|error| Finding::pem(file.name, error))?;
    x509::parse_all(&certificates).map_err(|error| Finding::certificate(file.name, error))?;
    Ok(certificates)
}

fn count(certificates: &[Vec<u8>]) -> String {
    match certificates.len() {
        1 => "1 certificate".to_owned(),
        count => format!("{count} certificates"),
    }
}

pub(super) fn certificate_file(evidence: &Evidence<'_>, report: &mut Report) -> Vec<Vec<u8>> {
    let file = evidence.certificate;
    match certificates(file) {
        Ok(certificates) => {
            let text = format!("{}: {}", file.name, count(&certificates));
            report.add(CheckName::CertificateFile, Outcome::Passed(text));
            certificates
        }
        Err(finding) => {
            let is_key = matches!(finding, Finding::Pem { error: PemError::PrivateKey { .. }, .. });
            let other = evidence.key.filter(|key| is_key && certificates(*key).is_ok());
            let finding = other.map_or(finding, |key| Finding::Swapped {
                certificate_file: file.name.to_owned(),
                key_file: key.name.to_owned(),
            });
            report.add(CheckName::CertificateFile, Outcome::Failed(finding));
            Vec::new()
        }
    }
}

pub(super) fn key_file(
    file: File<'_>,
    evidence: &Evidence<'_>,
    report: &mut Report,
) -> Option<ExistingKey> {
    let name = file.name.to_owned();
    let read = match pem::decode_private_key(file.bytes) {
        // Told as one fault, of the certificate file.
        Err(PemError::NoPrivateKey { .. }) if !is_blank(file.bytes) && has_swapped(report) => {
            return None;
        }
        Err(error) => Err(Finding::pem(&name, error)),
        Ok(der) => ExistingKey::from_der(&der).map_err(|error| Finding::key(&name, error)),
    };
    let outcome = match read {
        Ok(key) => {
            let text = format!("{name}: {}", key.description());
            report.add(CheckName::KeyFile, Outcome::Passed(text));
            file_mode(&name, evidence.key_mode, report);
            return Some(key);
        }
        Err(_) if is_blank(file.bytes) => Finding::Empty { file: name },
        Err(finding) => finding,
    };
    report.add(CheckName::KeyFile, Outcome::Failed(outcome));
    None
}

fn has_swapped(report: &Report) -> bool {
    report.failures().any(|(_, finding)| matches!(finding, Finding::Swapped { .. }))
}

fn file_mode(name: &str, mode: Option<u32>, report: &mut Report) {
    let Some(mode) = mode else { return };
    let mode = mode & 0o777;
    let outcome = if mode & 0o077 == 0 {
        Outcome::Passed(format!("{name}: {mode:04o}"))
    } else {
        Outcome::Warning(Finding::KeyReadable { file: name.to_owned(), mode })
    };
    report.add(CheckName::FileMode, outcome);
}

/// The CA certificates, of the CA file or else of the bundle; `None` if neither was given or can be
/// read.
pub(super) fn ca_files(
    evidence: &Evidence<'_>,
    usage: ExtendedKeyUsage,
    report: &mut Report,
) -> Option<Vec<Vec<u8>>> {
    let ca = evidence.ca.and_then(|file| ca_file(file, usage, report));
    let Some(file) = evidence.bundle else {
        return ca;
    };
    let text = match bundle_text(file) {
        Ok(text) => text,
        Err(finding) => {
            report.add(CheckName::CaBundle, Outcome::Failed(finding));
            return ca;
        }
    };
    let Some(ca) = ca else {
        let name = format!("the PEM in {}", file.name);
        return if evidence.ca.is_some() {
            None
        } else {
            let anchors = ca_file(File { name: &name, bytes: &text }, usage, report);
            report.add(CheckName::CaBundle, Outcome::Passed(format!("{}: one line", file.name)));
            anchors
        };
    };
    let ca_name = evidence.ca.map_or("", |ca| ca.name);
    // Those who get the bundle try every CA in it, so that the order is free.
    let sorted = |mut certificates: Vec<Vec<u8>>| {
        certificates.sort_unstable();
        certificates
    };
    let bundle = pem::decode_certificates(&text).map(sorted);
    let is_same = bundle.is_ok_and(|certificates| certificates == sorted(ca.clone()));
    let outcome = if is_same {
        Outcome::Passed(format!("{}: one line, the certificates of {ca_name}", file.name))
    } else {
        Outcome::Failed(Finding::BundleDiffers {
            file: file.name.to_owned(),
            ca_file: ca_name.to_owned(),
        })
    };
    report.add(CheckName::CaBundle, outcome);
    Some(ca)
}

fn bundle_text(file: File<'_>) -> Result<Vec<u8>, Finding> {
    let name = file.name.to_owned();
    let text = bundle::decode(file.bytes)
        .map_err(|error| Finding::Bundle { file: name.clone(), reason: error.reason })?;
    let lines = file.bytes.trim_ascii_end().split(|octet| *octet == b'\n').count();
    if lines > 1 {
        return Err(Finding::BundleWrapped { file: name, lines });
    }
    if file.bytes.iter().any(|octet| matches!(octet, b' ' | b'\t' | 0x0b | 0x0c)) {
        // Go's decoder passes over line breaks, and over nothing else.
        let reason = "it has blanks, which Kubernetes does not take for Base64";
        return Err(Finding::Bundle { file: name, reason });
    }
    Ok(text)
}

/// Reads the CA certificates. Kuma looks at the first of those that data plane proxies get; a server takes any
/// for its clients.
pub(super) fn ca_file(
    file: File<'_>,
    usage: ExtendedKeyUsage,
    report: &mut Report,
) -> Option<Vec<Vec<u8>>> {
    let certificates = match certificates(file) {
        Ok(certificates) => certificates,
        Err(finding) => {
            report.add(CheckName::CaFile, Outcome::Failed(finding));
            return None;
        }
    };
    let verdict = match usage {
        ExtendedKeyUsage::ServerAuth => kuma::check_first_certificate(&certificates),
        ExtendedKeyUsage::ClientAuth => Ok(Ok(())),
    };
    let outcome = match verdict {
        Ok(Ok(())) => Outcome::Passed(format!("{}: {}", file.name, count(&certificates))),
        Ok(Err(not_ca)) => {
            Outcome::Failed(Finding::NotCa { file: file.name.to_owned(), subject: not_ca.subject })
        }
        Err(error) => Outcome::Failed(Finding::certificate(file.name, error)),
    };
    report.add(CheckName::CaFile, outcome);
    let length = "--tls-general-ca-bundle=".len() + bundle::encoded_length(file.bytes);
    if length > MAX_ARGUMENT {
        let finding = Finding::BundleTooLong { file: file.name.to_owned(), length };
        report.add(CheckName::CaFile, Outcome::Warning(finding));
    }
    Some(certificates)
}
