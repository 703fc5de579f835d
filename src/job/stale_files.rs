//! The files beside a good pair that are missing or stale.

use std::path::Path;

use kuma_pki::format::{bundle, pem};
use kuma_pki::verify::kuma;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::existing_files::{ExistingFiles, foreign};
use crate::args::existing_files::ExistingFilesArgs;
use crate::files::input;
use crate::files::{Plan, Role};
use crate::report::failure::Failure;

/// Returns the CA files that are missing or stale, and why. A file that holds the CA certificate among
/// others works for clients, so it stays.
///
/// # Errors
///
/// Files that are not ours, unless they may be replaced.
pub(crate) fn stale_ca_files(
    plan: &Plan,
    trust_anchor: &[u8],
    flags: ExistingFilesArgs,
) -> Result<Vec<(Role, String)>, Failure> {
    let mut stale = Vec::new();
    for role in [Role::CaCertificate, Role::CaBundle] {
        if plan.has(role) {
            let mut files = ExistingFiles::new(flags);
            files.read_ca(role, &plan.regular_file(role)?, trust_anchor)?;
            stale.extend(files.reasons.into_iter().map(|reason| (role, reason)));
        }
    }
    Ok(stale)
}

/// Returns the certificates that clients trust: those of the existing CA file if it is usable and holds
/// the CA certificate, perhaps among others, as while one CA replaces another; else the CA certificate
/// alone. Valid certificates come first.
///
/// # Errors
///
/// A file that cannot be read.
pub(crate) fn ca_file(
    path: &Path,
    trust_anchor: &[u8],
    now: OffsetDateTime,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let found = input::read_output(path, "CA certificate file")?;
    Ok(Zeroizing::new(match found.filter(|text| may_stay(text, trust_anchor)) {
        Some(text) => kuma::ordered_pem(&text, now)?.into_owned(),
        None => pem::encode_certificates([trust_anchor]),
    }))
}

fn may_stay(text: &[u8], trust_anchor: &[u8]) -> bool {
    let certificates = pem::decode_certificates(text).unwrap_or_default();
    let is_handed_out = kuma::check_ca_file(&certificates).is_ok_and(|found| found.is_ok());
    is_handed_out && certificates.iter().any(|der| der == trust_anchor)
}

/// Returns the files of a directory that are missing or differ from what a good pair gives, and why.
///
/// # Errors
///
/// Files that cannot be read.
pub(crate) fn stale_artifacts(
    directory: &Path,
    roles: &[Role],
    content: impl Fn(Role) -> Zeroizing<Vec<u8>>,
) -> Result<Vec<(Role, String)>, Failure> {
    let mut stale = Vec::new();
    for role in roles {
        let path = directory.join(role.file_name());
        let reason = match input::read_output(&path, "file")? {
            Some(found) if found == content(*role) => continue,
            Some(_) => "is not what is made from the pair",
            None => "does not exist",
        };
        stale.push((*role, format!("{} {reason}", path.display())));
    }
    Ok(stale)
}

impl ExistingFiles {
    /// Notes whether a file lacks the CA certificate.
    fn read_ca(&mut self, role: Role, path: &Path, trust_anchor: &[u8]) -> Result<(), Failure> {
        let Some(text) = self.read_file(path, "CA file")? else {
            return Ok(());
        };
        let shown = path.display();
        let certificates = if role == Role::CaBundle {
            // What `bundle::decode` returns holds certificates.
            let certificates = |pem: Vec<u8>| pem::decode_certificates(&pem).unwrap_or_default();
            let read = bundle::decode(&text).map(certificates);
            match read {
                Ok(certificates) => certificates,
                Err(error) if self.flags.force => {
                    self.reasons.push(format!("{shown}: {error}"));
                    return Ok(());
                }
                Err(error) => return Err(foreign(path, &error)),
            }
        } else {
            match pem::decode_certificates(&text) {
                Ok(certificates) => certificates,
                Err(error) => return self.damaged(path, &text, &error),
            }
        };
        if !certificates.iter().any(|der| der == trust_anchor) {
            self.reasons.push(format!("{shown} holds another CA"));
        } else if role == Role::CaBundle && text.trim_ascii().contains(&b'\n') {
            self.reasons.push(format!("{shown} has several lines"));
        }
        Ok(())
    }
}
