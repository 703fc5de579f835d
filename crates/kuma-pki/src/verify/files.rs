//! Checks of the input files.

use super::finding::Finding;
use super::report::{CheckName, Outcome, Report};
use super::{File, VerifyInput, kuma};
use crate::format::pem::PemError;
use crate::format::{MAX_ARGUMENT, bundle, pem};
use crate::key::ExistingKey;
use crate::usage::ExtendedKeyUsage;
use crate::x509::Certificate;

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}

/// Reads the certificates of a PEM file.
pub(super) fn certificates(file: File<'_>) -> Result<Vec<Certificate>, Finding> {
    if is_blank(file.bytes) {
        return Err(Finding::Empty { file: file.name.to_owned() });
    }
    pem::decode_certificates(file.bytes).map_err(|error| Finding::pem(file.name, error))
}

fn count(certificates: &[Certificate]) -> String {
    match certificates.len() {
        1 => "1 certificate".to_owned(),
        count => format!("{count} certificates"),
    }
}

pub(super) fn certificate_file(input: &VerifyInput<'_>, report: &mut Report) -> Vec<Certificate> {
    let file = input.certificate;
    match certificates(file) {
        Ok(certificates) => {
            let text = format!("{}: {}", file.name, count(&certificates));
            report.pass(CheckName::CertificateFile, text);
            certificates
        }
        Err(finding) => {
            let is_key = matches!(finding, Finding::Pem { error: PemError::PrivateKey { .. }, .. });
            let other = input.key.filter(|key| is_key && certificates(*key).is_ok());
            let finding = other.map_or(finding, |key| Finding::FilesSwapped {
                certificate_file: file.name.to_owned(),
                key_file: key.name.to_owned(),
            });
            report.fail(CheckName::CertificateFile, finding);
            Vec::new()
        }
    }
}

pub(super) fn key_file(
    file: File<'_>,
    input: &VerifyInput<'_>,
    report: &mut Report,
) -> Option<ExistingKey> {
    let name = file.name.to_owned();
    let read = match pem::decode_private_key(file.bytes) {
        // The check of the certificate file reports that.
        Err(PemError::NoPrivateKey { .. }) if !is_blank(file.bytes) && has_swapped(report) => {
            return None;
        }
        Err(error) => Err(Finding::pem(&name, error)),
        Ok(der) => ExistingKey::from_der(&der).map_err(|error| Finding::key(&name, error)),
    };
    let outcome = match read {
        Ok(key) => {
            let text = format!("{name}: {}", key.description());
            report.pass(CheckName::KeyFile, text);
            file_mode(&name, input.key_mode, report);
            return Some(key);
        }
        Err(_) if is_blank(file.bytes) => Finding::Empty { file: name },
        Err(finding) => finding,
    };
    report.fail(CheckName::KeyFile, outcome);
    None
}

fn has_swapped(report: &Report) -> bool {
    report.failures().any(|(_, finding)| matches!(finding, Finding::FilesSwapped { .. }))
}

fn file_mode(name: &str, mode: Option<u32>, report: &mut Report) {
    let Some(mode) = mode else { return };
    let mode = mode & 0o777;
    let outcome = if mode & 0o077 == 0 {
        Outcome::Passed(format!("{name}: {mode:04o}"))
    } else {
        Outcome::Warning(Finding::KeyPermissions { file: name.to_owned(), mode })
    };
    report.add(CheckName::FileMode, outcome);
}

/// Reads the CA certificates from the CA file, or else from the bundle. Returns `None` if there is neither or if they
/// cannot be read.
pub(super) fn ca_files(
    input: &VerifyInput<'_>,
    usage: ExtendedKeyUsage,
    report: &mut Report,
) -> Option<Vec<Certificate>> {
    let ca = input.ca.and_then(|file| ca_file(file, usage, report));
    let Some(file) = input.bundle else {
        return ca;
    };
    let text = match bundle_text(file) {
        Ok(text) => text,
        Err(finding) => {
            report.fail(CheckName::CaBundle, finding);
            return ca;
        }
    };
    let Some(ca) = ca else {
        let name = format!("the PEM in {}", file.name);
        return if input.ca.is_some() {
            None
        } else {
            let anchors = ca_file(File { name: &name, bytes: &text }, usage, report);
            report.pass(CheckName::CaBundle, format!("{}: one line", file.name));
            anchors
        };
    };
    let ca_name = input.ca.map_or("", |ca| ca.name);
    // The order does not matter: clients try every CA of a bundle.
    let sorted = |mut certificates: Vec<Certificate>| {
        certificates.sort_unstable_by(|one, other| one.der().cmp(other.der()));
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
        // Go's decoder skips only line breaks.
        let reason = "it has blanks, which Kubernetes does not accept in Base64";
        return Err(Finding::Bundle { file: name, reason });
    }
    Ok(text)
}

/// Reads the CA certificates. In a CA file for data plane proxies, Kuma requires the first one to be a CA; in one for
/// clients, the order does not matter.
pub(super) fn ca_file(
    file: File<'_>,
    usage: ExtendedKeyUsage,
    report: &mut Report,
) -> Option<Vec<Certificate>> {
    let certificates = match certificates(file) {
        Ok(certificates) => certificates,
        Err(finding) => {
            report.fail(CheckName::CaFile, finding);
            return None;
        }
    };
    let verdict = match usage {
        ExtendedKeyUsage::ServerAuth => kuma::check_first_certificate(&certificates),
        ExtendedKeyUsage::ClientAuth => Ok(()),
    };
    let outcome = match verdict {
        Ok(()) => Outcome::Passed(format!("{}: {}", file.name, count(&certificates))),
        Err(not_ca) => {
            Outcome::Failed(Finding::NotCa { file: file.name.to_owned(), subject: not_ca.subject })
        }
    };
    report.add(CheckName::CaFile, outcome);
    let length = "--tls-general-ca-bundle=".len() + bundle::encoded_length(file.bytes);
    if length > MAX_ARGUMENT {
        let finding = Finding::BundleTooLong { file: file.name.to_owned(), length };
        report.warn(CheckName::CaFile, finding);
    }
    Some(certificates)
}
