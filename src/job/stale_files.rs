//! Finds the files next to a kept pair that are missing or stale.

use std::path::Path;

use kuma_pki::Certificate;
use kuma_pki::format::{bundle, pem};
use kuma_pki::verify::kuma;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::existing_files::{ExistingFiles, foreign_file};
use crate::args::existing_files::ExistingFilesArgs;
use crate::files::{FileReason, OutputKind, Plan, read};
use crate::report::failure::Failure;

/// Returns the CA files that are missing or stale, with reasons. Keeps a file that holds the CA certificate
/// among others, since it works for clients. Fails on files that kumactl did not write, unless they may be
/// replaced.
pub(crate) fn stale_ca_files(
    plan: &Plan,
    trust_anchor: &Certificate,
    flags: ExistingFilesArgs,
) -> Result<Vec<(OutputKind, FileReason)>, Failure> {
    let mut stale = Vec::new();
    for kind in [OutputKind::CaCertificate, OutputKind::CaBundle] {
        if plan.has(kind) {
            let mut files = ExistingFiles::none(flags);
            files.read_ca(kind, &plan.regular_file(kind)?, trust_anchor)?;
            stale.extend(files.reasons.into_iter().map(|reason| (kind, reason)));
        }
    }
    Ok(stale)
}

/// Returns the contents of the CA file: those of the existing file if it is usable and holds the CA
/// certificate, perhaps among others during a rotation; otherwise the CA certificate alone. Valid certificates
/// come first.
pub(crate) fn ca_file(
    path: &Path,
    trust_anchor: &Certificate,
    now: OffsetDateTime,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let found = read::existing(path, "CA certificate file")?;
    Ok(Zeroizing::new(match found.filter(|text| is_usable(text, trust_anchor)) {
        Some(text) => kuma::ordered_pem(&text, now)?.into_owned(),
        None => pem::encode_certificates([trust_anchor]),
    }))
}

fn is_usable(text: &[u8], trust_anchor: &Certificate) -> bool {
    let certificates = pem::decode_certificates(text).unwrap_or_default();
    kuma::check_ca_file(&certificates).is_ok() && certificates.contains(trust_anchor)
}

/// Returns the files of a directory that are missing or do not match the pair, with reasons.
pub(crate) fn stale_artifacts(
    directory: &Path,
    kinds: &[OutputKind],
    content: impl Fn(OutputKind) -> Zeroizing<Vec<u8>>,
) -> Result<Vec<(OutputKind, FileReason)>, Failure> {
    let mut stale = Vec::new();
    for kind in kinds {
        let path = directory.join(kind.file_name());
        let reason = match read::existing(&path, "file")? {
            Some(found) if found == content(*kind) => continue,
            Some(_) => "does not match the pair",
            None => "does not exist",
        };
        stale.push((*kind, FileReason::new(&path, reason)));
    }
    Ok(stale)
}

impl ExistingFiles {
    /// Notes whether a file lacks the CA certificate.
    fn read_ca(
        &mut self,
        kind: OutputKind,
        path: &Path,
        trust_anchor: &Certificate,
    ) -> Result<(), Failure> {
        let Some(text) = self.read_file(path, "CA file")? else {
            return Ok(());
        };
        let certificates = if kind == OutputKind::CaBundle {
            let certificates = |pem: Vec<u8>| pem::decode_certificates(&pem).unwrap_or_default();
            let read = bundle::decode(&text).map(certificates);
            match read {
                Ok(certificates) => certificates,
                Err(error) if self.flags.force => {
                    self.reasons.push(FileReason::sentence(path, error));
                    return Ok(());
                }
                Err(error) => return Err(foreign_file(path, &error)),
            }
        } else {
            match pem::decode_certificates(&text) {
                Ok(certificates) => certificates,
                Err(error) => return self.note_damage(path, &text, &error),
            }
        };
        if !certificates.contains(trust_anchor) {
            self.reasons.push(FileReason::new(path, "does not contain the CA certificate"));
        } else if kind == OutputKind::CaBundle && text.trim_ascii().contains(&b'\n') {
            self.reasons.push(FileReason::new(path, "has more than one line"));
        }
        Ok(())
    }
}
