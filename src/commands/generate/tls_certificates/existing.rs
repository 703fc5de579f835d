//! A certificate whose directory is there: what is in it is judged, and left alone, mended or replaced.

use std::fs;
use std::path::{Path, PathBuf};

use kuma_pki::format::{bundle, kubernetes_secret, pem};
use kuma_pki::spec::CertificateSpecification;
use kuma_pki::{Profile, SerialNumber};
use zeroize::Zeroizing;

use super::batch::{Batch, Ended, Files, Outcome, roles, without_flags};
use crate::args::renewal::{self, Found};
use crate::files::input;
use crate::files::{self, Destination, Plan, Request, Role};
use crate::issuance::Scrutiny;
use crate::report::failure::Failure;

/// How many reasons are told of one certificate.
const MAX_REASONS: usize = 3;

/// What was found out about a directory.
#[derive(Default)]
struct Judgement<'c> {
    /// Why the pair cannot stay.
    reasons: Vec<String>,
    /// The pair that stays, with all that is made from it.
    files: Option<Files<'c>>,
    /// Files beside it that are missing or wrong, and why.
    stale: Vec<(Role, String)>,
    /// Files beside it that were made from another pair, and are not asked for any more.
    left: Vec<Role>,
}

impl Judgement<'_> {
    const fn is_good(&self) -> bool {
        self.reasons.is_empty() && self.stale.is_empty() && self.left.is_empty()
    }
}

impl Batch<'_> {
    /// Makes what is there to what is asked for.
    pub(super) fn again(&self, certificate: &CertificateSpecification) -> Result<Ended, Failure> {
        let directory = self.folder.place(&certificate.name);
        let renewal = &self.args.renewal;
        // Nothing is locked that is not to be changed: most of many certificates are good.
        if renewal.is_if_needed()
            && !files::has_left_over(&directory)
            && !self.has_wrong_permissions(certificate, &directory)
            && let Some(found) = self.look(&directory)
            && self.judge(certificate, &directory, &found).is_ok_and(|judged| judged.is_good())
        {
            return Ok(Ended::new(Outcome::Kept));
        }
        let requests = roles(&certificate.artefacts).into_iter().map(|role| Request {
            role,
            destination: Destination::File(directory.join(role.file_name())),
            mode: self.mode(role),
        });
        let plan = Plan::new(requests.collect(), renewal.existing())?;
        plan.refuse_inputs(self.inputs.iter().copied())?;
        let mut plan = plan.under(self.folder);
        let found = renewal.read(&mut plan)?;
        let mut judged = Judgement::default();
        if renewal.is_if_needed() {
            if self.signer.is_self_signed() {
                refuse_to_make_self_signed(&found)?;
            }
            judged = self.judge(certificate, &directory, &found)?;
            if let Some(files) = judged.files.take() {
                return self.mend(plan, &directory, &files, judged);
            }
        }
        let key = renewal.reused(found, None)?;
        let (mut files, mut ended) =
            self.issue(certificate, Outcome::Replaced, Scrutiny::Full, key)?;
        if let Some(issuer) = self.signer.issuer.as_deref().filter(|_| renewal.is_if_needed()) {
            let path = directory.join(Role::CaCertificate.file_name());
            files.ca = renewal::ca_file(&path, issuer.handed_out(), self.now)?;
        }
        let left = left(&directory, &files)?;
        let plan = plan.removing(paths(&directory, &left));
        let changes = plan.commit(|role| files.content(role))?;
        ended.warnings.extend(changes.warnings);
        ended.notes.extend(note("replaced", &directory, judged.reasons));
        ended.notes.extend(removed(&left));
        Ok(ended)
    }

    /// Reads a pair without waiting for other runs; `None` if that has to be looked at more closely.
    fn look(&self, directory: &Path) -> Option<Found> {
        let [key, certificate] =
            [Role::PrivateKey, Role::Certificate].map(|role| directory.join(role.file_name()));
        let are_files = [&key, &certificate]
            .into_iter()
            .all(|path| fs::metadata(path).is_ok_and(|metadata| metadata.is_file()));
        are_files.then(|| self.args.renewal.look(&key, &certificate).ok())?
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

    fn judge<'c>(
        &self,
        certificate: &'c CertificateSpecification,
        directory: &Path,
        found: &Found,
    ) -> Result<Judgement<'c>, Failure> {
        let profile = Profile::SelfSigned { request: &certificate.request };
        let wanted = profile.resolve(self.now, SerialNumber::random()?)?;
        let reasons =
            self.args.renewal.reasons(found, &wanted, self.signer.expected(), self.now)?;
        if !reasons.is_empty() {
            return Ok(Judgement { reasons, ..Judgement::default() });
        }
        let path = |role: Role| directory.join(role.file_name());
        let files = Files {
            certificate: input::read(&path(Role::Certificate), "certificate file")?,
            key: input::read(&path(Role::PrivateKey), "key file")?,
            ca: {
                let trust_anchor = self.signer.trust_anchor(found.chain()).unwrap_or_default();
                renewal::ca_file(&path(Role::CaCertificate), trust_anchor, self.now)?
            },
            artefacts: &certificate.artefacts,
        };
        let mut made = files.roles();
        made.retain(|role| !matches!(role, Role::PrivateKey | Role::Certificate));
        let stale = renewal::stale_artefacts(directory, &made, |role| files.content(role))?;
        let left = left(directory, &files)?;
        Ok(Judgement { reasons, stale, left, files: Some(files) })
    }

    /// Writes what is missing beside a good pair.
    fn mend(
        &self,
        plan: Plan,
        directory: &Path,
        files: &Files<'_>,
        judged: Judgement<'_>,
    ) -> Result<Ended, Failure> {
        let is_good = judged.is_good();
        let (stale, mut reasons): (Vec<Role>, Vec<String>) = judged.stale.into_iter().unzip();
        let plan = plan.removing(paths(directory, &judged.left));
        let changes = plan.repair(&stale, |role| files.content(role))?;
        let is_kept = is_good && changes.repaired.is_empty();
        let outcome = if is_kept { Outcome::Kept } else { Outcome::Repaired };
        reasons.extend(changes.reasons);
        let mut ended = Ended::new(outcome);
        ended.warnings = changes.warnings;
        ended.notes.extend(note("repaired", directory, reasons));
        ended.notes.extend(removed(&judged.left));
        Ok(ended)
    }
}

/// A specification that lacks its issuer would take all its clients' trust from a certificate.
fn refuse_to_make_self_signed(found: &Found) -> Result<(), Failure> {
    let Some(issuer) = found.foreign_issuer() else {
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
        && !(is_of("tls.crt", &files.certificate) && is_of("tls.key", &files.key))
}

fn is_other_bundle(text: &[u8], files: &Files<'_>) -> bool {
    let read = bundle::decode(text).ok().and_then(|pem| pem::decode_certificates(&pem).ok());
    let own = pem::decode_certificates(&files.ca).unwrap_or_default();
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
