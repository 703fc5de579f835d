//! Creates a certificate request, or keeps the existing key and request.

use std::path::Path;

use kuma_pki::format::pem;
use kuma_pki::{CertificateRequest, IssuanceRequest, KeyPair, PrivateKeyEncoding};
use zeroize::Zeroizing;

use super::existing_files::{ExistingFiles, SubjectKey, foreign_file};
use super::new_key;
use crate::files::{Changes, FileReason, OutputKind, Plan, read};
use crate::report::failure::Failure;

/// A key and a certificate request to keep or to create.
pub(crate) struct RequestJob {
    pub(crate) request: IssuanceRequest,
    pub(crate) existing: ExistingFiles,
    pub(crate) encoding: PrivateKeyEncoding,
}

/// A finished job: the request, what was written, and why.
pub(crate) struct RequestOutcome {
    pub(crate) request: CertificateRequest,
    pub(crate) changes: Changes,
    pub(crate) reasons: Vec<FileReason>,
}

impl RequestJob {
    /// Keeps the existing files if --if-needed is given and they match, or writes a request and a key. Without
    /// --force a key that can be used is kept: a PKI may be about to certify it. Fails on files that only
    /// --force replaces, and errors of the crypto library or the system.
    pub(crate) fn run(
        self,
        plan: Plan,
        key_type: Option<kuma_pki::KeyAlgorithm>,
    ) -> Result<RequestOutcome, Failure> {
        let Self { request, mut existing, encoding } = self;
        let flags = existing.flags;
        let mut reasons = existing.reasons.clone();
        let is_reused = existing.key.is_some();
        let kept_text = existing.key_text.clone();
        let (key, key_text) = match existing.take_reused_key(key_type)? {
            Some(SubjectKey::Pair(key)) => (key, kept_text),
            _ => {
                let key = new_key::generate(request.key_algorithm)?;
                let text = pem::encode_private_key(&key.private_key(encoding)?);
                (key, text)
            }
        };
        if flags.if_needed {
            let path = plan.regular_file(OutputKind::CertificateRequest)?;
            match compare(&path, &request, &key, flags.force)? {
                Ok(found) if is_reused => {
                    let changes = plan.repair(&[], |_| key_text.clone())?;
                    return Ok(RequestOutcome { request: found, changes, reasons });
                }
                Ok(_) => {}
                Err(reason) => reasons.push(FileReason::new(&path, reason)),
            }
        }
        let made = kuma_pki::issue::certificate_request(&request, &key)?;
        let text = Zeroizing::new(pem::encode_certificate_request(made.der()));
        let content = |kind| match kind {
            OutputKind::CertificateRequest => text.clone(),
            _ => key_text.clone(),
        };
        let changes = match is_reused {
            true => plan.repair(&[OutputKind::CertificateRequest], content)?,
            false => plan.commit(content)?,
        };
        Ok(RequestOutcome { request: made, changes, reasons })
    }
}

/// Compares the existing request with the wanted one. Returns it, or why it is replaced. Fails on a file that
/// cannot be read, or that is not a certificate request.
fn compare(
    path: &Path,
    wanted: &IssuanceRequest,
    key: &KeyPair,
    is_forced: bool,
) -> Result<Result<CertificateRequest, String>, Failure> {
    let text = match read::existing(path, "certificate request file")? {
        None => return Ok(Err("does not exist".to_owned())),
        Some(text) if text.trim_ascii().is_empty() => return Ok(Err("is empty".to_owned())),
        Some(text) => text,
    };
    let der = match pem::decode_certificate_request(&text) {
        Ok(der) => der,
        Err(error) if is_forced || matches!(error, pem::PemError::Malformed { .. }) => {
            return Ok(Err(format!("is damaged: {error}")));
        }
        Err(error) => return Err(foreign_file(path, &error)),
    };
    Ok(match CertificateRequest::from_der(der) {
        Err(error) => Err(format!("is replaced: {error}")),
        Ok(found) => match found.difference(wanted, key) {
            None => Ok(found),
            Some((field, wanted, found)) if found.is_empty() => {
                Err(format!("does not match: it has no {field} instead of {wanted}"))
            }
            Some((field, wanted, found)) => {
                Err(format!("does not match: its {field} is {found}, not {wanted}"))
            }
        },
    })
}
