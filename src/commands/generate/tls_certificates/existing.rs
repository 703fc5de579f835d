//! A certificate whose directory exists: kept, repaired or replaced.

use std::fs;
use std::path::{Path, PathBuf};

use kuma_pki::Profile;
use kuma_pki::format::{bundle, kubernetes_secret, pem};
use kuma_pki::spec::CertificateSpecification;
use zeroize::Zeroizing;

use super::batch::{Action, Batch, CertificateOutcome, Files, roles, without_flags};
use crate::files::input;
use crate::files::{self, Destination, Plan, Request, Role};
use crate::job::existing_files::ExistingFiles;
use crate::job::signer::SelfCheck;
use crate::job::stale_files;
use crate::report::failure::Failure;

/// How many reasons are told of one certificate.
const MAX_REASONS: usize = 3;

/// An existing directory compared with the request.
#[derive(Default)]
struct Comparison<'c> {
    /// Why the pair cannot stay.
    reasons: Vec<String>,
    /// The pair that stays, with all that is made from it.
    files: Option<Files<'c>>,
    /// Files beside it that are missing or wrong, and why.
    stale: Vec<(Role, String)>,
    /// Files beside it that were made from another pair, and are not asked for any more.
    left: Vec<Role>,
}

impl Comparison<'_> {
    const fn is_good(&self) -> bool {
        self.reasons.is_empty() && self.stale.is_empty() && self.left.is_empty()
    }
}

impl Batch<'_> {
    /// Keeps, repairs or replaces the existing files.
    pub(super) fn update(
        &self,
        certificate: &CertificateSpecification,
    ) -> Result<CertificateOutcome, Failure> {
        let directory = self.folder.place(&certificate.name);
        let flags = self.args.existing;
        // Nothing is locked that is not to be changed: most of many certificates are good.
        if flags.if_needed
            && !files::has_left_over(&directory)
            && !self.has_wrong_permissions(certificate, &directory)
            && let Some(existing) = self.read_unlocked(&directory)
            && self
                .compare(certificate, &directory, &existing)
                .is_ok_and(|comparison| comparison.is_good())
        {
            return Ok(CertificateOutcome::new(Action::Kept));
        }
        let requests = roles(&certificate.artefacts).into_iter().map(|role| Request {
            role,
            destination: Destination::File(directory.join(role.file_name())),
            mode: self.mode(role),
        });
        let plan = Plan::new(requests.collect(), flags.existing())?;
        plan.refuse_inputs(self.inputs.iter().copied())?;
        let mut plan = plan.under(self.folder);
        let existing = ExistingFiles::read(flags, &mut plan)?;
        let mut comparison = Comparison::default();
        if flags.if_needed {
            if self.signer.is_self_signed() {
                refuse_to_make_self_signed(&existing)?;
            }
            comparison = self.compare(certificate, &directory, &existing)?;
            if let Some(files) = comparison.files.take() {
                return self.repair(plan, &directory, &files, comparison);
            }
        }
        let key = existing.into_reused_key(None)?;
        let (mut files, mut outcome) =
            self.issue(certificate, Action::Replaced, SelfCheck::Full, key)?;
        if let Some(issuer) = self.signer.issuer.as_deref().filter(|_| flags.if_needed) {
            let path = directory.join(Role::CaCertificate.file_name());
            files.pem_files.ca = stale_files::ca_file(&path, issuer.handed_out(), self.now)?;
        }
        let left = left(&directory, &files)?;
        let plan = plan.removing(paths(&directory, &left));
        let changes = plan.commit(|role| files.content(role))?;
        outcome.warnings.extend(changes.warnings);
        outcome.notes.extend(note("replaced", &directory, comparison.reasons));
        outcome.notes.extend(removed(&left));
        Ok(outcome)
    }

    /// Reads a pair without waiting for other runs; `None` if that has to be looked at more closely.
    fn read_unlocked(&self, directory: &Path) -> Option<ExistingFiles> {
        let [key, certificate] =
            [Role::PrivateKey, Role::Certificate].map(|role| directory.join(role.file_name()));
        let are_files = [&key, &certificate]
            .into_iter()
            .all(|path| fs::metadata(path).is_ok_and(|metadata| metadata.is_file()));
        are_files
            .then(|| ExistingFiles::read_unlocked(self.args.existing, &key, &certificate).ok())?
    }

    fn has_wrong_permissions(
        &self,
        certificate: &CertificateSpecification,
        directory: &Path,
    ) -> bool {
        roles(&certificate.artefacts).into_iter().filter(|role| role.holds_key()).any(|role| {
            files::wrong_mode(&directory.join(role.file_name()), self.mode(role)).is_some()
        })
    }

    fn compare<'c>(
        &self,
        certificate: &'c CertificateSpecification,
        directory: &Path,
        existing: &ExistingFiles,
    ) -> Result<Comparison<'c>, Failure> {
        let profile = Profile::SelfSigned { request: &certificate.request };
        let (_, reasons) = self.signer.compare(existing, profile, self.now)?;
        if !reasons.is_empty() {
            return Ok(Comparison { reasons, ..Comparison::default() });
        }
        let path = |role: Role| directory.join(role.file_name());
        let trust_anchor = self.signer.trust_anchor(existing.chain()).unwrap_or_default();
        let ca = stale_files::ca_file(&path(Role::CaCertificate), trust_anchor, self.now)?;
        let pem_files = existing.pem_files(ca);
        let files = Files { pem_files, artefacts: &certificate.artefacts };
        let mut made = files.roles();
        made.retain(|role| !matches!(role, Role::PrivateKey | Role::Certificate));
        let stale = stale_files::stale_artifacts(directory, &made, |role| files.content(role))?;
        let left = left(directory, &files)?;
        Ok(Comparison { reasons, stale, left, files: Some(files) })
    }

    /// Writes what is missing beside a good pair.
    fn repair(
        &self,
        plan: Plan,
        directory: &Path,
        files: &Files<'_>,
        comparison: Comparison<'_>,
    ) -> Result<CertificateOutcome, Failure> {
        let is_good = comparison.is_good();
        let (stale, mut reasons): (Vec<Role>, Vec<String>) = comparison.stale.into_iter().unzip();
        let plan = plan.removing(paths(directory, &comparison.left));
        let changes = plan.repair(&stale, |role| files.content(role))?;
        let is_kept = is_good && changes.repaired.is_empty();
        let action = if is_kept { Action::Kept } else { Action::Repaired };
        reasons.extend(changes.reasons);
        let mut outcome = CertificateOutcome::new(action);
        outcome.warnings = changes.warnings;
        outcome.notes.extend(note("repaired", directory, reasons));
        outcome.notes.extend(removed(&comparison.left));
        Ok(outcome)
    }
}

/// A specification that lacks its issuer would take all its clients' trust from a certificate.
fn refuse_to_make_self_signed(existing: &ExistingFiles) -> Result<(), Failure> {
    let Some(issuer) = existing.foreign_issuer() else {
        return Ok(());
    };
    let text =
        format!("its certificate was issued by {issuer}, and the specification names no issuer");
    Err(Failure::failed(text)
        .hint("add issuer: {certFile: ca.crt, keyFile: ca.key}; --force makes a self-signed one"))
}

/// The artefacts that are there, are not asked for, and were made from another pair. A file that is
/// something else is somebody else's.
fn left(directory: &Path, files: &Files<'_>) -> Result<Vec<Role>, Failure> {
    let wanted = files.roles();
    let mut left = Vec::new();
    for role in [Role::Secret, Role::CaBundle] {
        let path = directory.join(role.file_name());
        let is_file = fs::metadata(&path).is_ok_and(|metadata| metadata.is_file());
        if wanted.contains(&role) || !is_file {
            continue;
        }
        let Some(text) = input::read_output(&path, "file")? else {
            continue;
        };
        let is_of_another_pair = match role {
            Role::Secret => is_other_secret(&text, files),
            _ => is_other_bundle(&text, files),
        };
        left.extend(is_of_another_pair.then_some(role));
    }
    Ok(left)
}

fn is_other_secret(text: &Zeroizing<Vec<u8>>, files: &Files<'_>) -> bool {
    let Ok(secret) = kubernetes_secret::decode(text) else {
        return false;
    };
    let is_of = |key: &str, file: &[u8]| secret.data.get(key).is_none_or(|data| **data == file);
    secret.data.contains_key("tls.crt")
        && !(is_of("tls.crt", &files.pem_files.certificate)
            && is_of("tls.key", &files.pem_files.key))
}

fn is_other_bundle(text: &[u8], files: &Files<'_>) -> bool {
    let read = bundle::decode(text).ok().and_then(|pem| pem::decode_certificates(&pem).ok());
    let own = pem::decode_certificates(&files.pem_files.ca).unwrap_or_default();
    read.is_some_and(|found| !own.iter().all(|der| found.contains(der)))
}

fn paths(directory: &Path, roles: &[Role]) -> Vec<PathBuf> {
    roles.iter().map(|role| directory.join(role.file_name())).collect()
}

fn removed(left: &[Role]) -> impl Iterator<Item = String> {
    left.iter().map(|role| {
        format!(
            "removed {}, which was made from another pair and is not asked for any more",
            role.file_name()
        )
    })
}

/// What was done and why, with files named within the directory.
fn note(verb: &str, directory: &Path, reasons: Vec<String>) -> Option<String> {
    let within = format!("{}/", directory.display());
    let more = reasons.len().saturating_sub(MAX_REASONS);
    let told: Vec<_> =
        reasons.iter().take(MAX_REASONS).map(|reason| reason.replace(&within, "")).collect();
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    (!told.is_empty()).then(|| format!("{verb}: {}{more}", told.join("; ")))
}

/// Failures in the words of this command, which has no flags for single files.
pub(super) fn named(failure: Failure, certificate: &CertificateSpecification) -> Failure {
    failure.within(&certificate.name).map_hints(without_flags)
}
