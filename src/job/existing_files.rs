//! The key and the certificate that exist, compared with the request.

use std::path::Path;

use kuma_pki::format::pem::{self, PemError};
use kuma_pki::issue::renewal::{self, CertificateRole, ExpectedIssuer, Reason};
use kuma_pki::{
    Certificate, CertificateRequest, KeyAlgorithm, KeyError, KeyPair, PublicKey, Template, spec,
};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::PemFiles;
use crate::args::existing_files::ExistingFilesArgs;
use crate::files::input;
use crate::files::{Plan, Role};
use crate::report::failure::Failure;

/// The files at the places of a key and a certificate.
#[derive(Default)]
pub(crate) struct ExistingFiles {
    pub(super) flags: ExistingFilesArgs,
    /// The existing private key, or the key of a certificate request.
    pub(super) key: Option<SubjectKey>,
    pub(super) key_text: Zeroizing<Vec<u8>>,
    chain: Option<Vec<Vec<u8>>>,
    chain_text: Zeroizing<Vec<u8>>,
    certificate_file: String,
    /// Whether a killed run left files on their way to these places.
    is_of_killed_run: bool,
    /// Reasons to replace the files that are known from reading them.
    pub(super) reasons: Vec<String>,
}

/// The key that a certificate is for.
pub(crate) enum SubjectKey {
    /// Our own, with its private key.
    Pair(KeyPair),
    /// The key of a certificate request, whose private key is elsewhere.
    Requested(CertificateRequest),
}

impl SubjectKey {
    pub(super) fn public_key(&self) -> PublicKey<'_> {
        match self {
            Self::Pair(key) => key.into(),
            Self::Requested(request) => request.public_key(),
        }
    }
}

impl ExistingFiles {
    /// No files yet.
    pub(super) fn new(flags: ExistingFilesArgs) -> Self {
        Self { flags, ..Self::default() }
    }

    /// Reads the key and the certificate at the places of a plan, as far as the flags ask for it. With
    /// --if-needed other runs wait from then on.
    ///
    /// # Errors
    ///
    /// Files that are not a key and certificates, unless they may be replaced; an output that cannot
    /// be read back.
    pub(crate) fn read(flags: ExistingFilesArgs, plan: &mut Plan) -> Result<Self, Failure> {
        Self::read_roles(flags, plan, &[Role::PrivateKey, Role::Certificate])
    }

    /// Reads the certificate that an earlier run issued for a certificate request.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub(crate) fn read_for_request(
        flags: ExistingFilesArgs,
        plan: &mut Plan,
        request: CertificateRequest,
    ) -> Result<Self, Failure> {
        let mut files = Self::read_roles(flags, plan, &[Role::Certificate])?;
        files.key = Some(SubjectKey::Requested(request));
        Ok(files)
    }

    /// Reads those of these files that the flags ask for.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub(crate) fn read_roles(
        flags: ExistingFilesArgs,
        plan: &mut Plan,
        roles: &[Role],
    ) -> Result<Self, Failure> {
        let mut files = Self::new(flags);
        if flags.reuse_key && !flags.if_needed && !flags.force {
            let failure = Failure::usage("--reuse-key replaces files that exist");
            return Err(failure.hint("add --force, or --if-needed"));
        }
        if !flags.if_needed && !flags.reuse_key {
            return Ok(files);
        }
        if flags.if_needed {
            plan.lock()?;
            plan.require_regular_files()?;
            files.is_of_killed_run = plan.remove_unfinished();
        }
        if roles.contains(&Role::PrivateKey) {
            files.read_key(&plan.regular_file(Role::PrivateKey)?)?;
        }
        if flags.if_needed && roles.contains(&Role::Certificate) {
            files.read_chain(&plan.regular_file(Role::Certificate)?)?;
        }
        if flags.reuse_key && flags.force && files.key.is_none() {
            let reason = files.reasons.first().map_or("there is none", String::as_str);
            let failure = Failure::failed(format!("there is no private key to reuse: {reason}"));
            return Err(failure.hint("leave --reuse-key out, and a key is made"));
        }
        Ok(files)
    }

    /// Reads a pair without a plan and without waiting for other runs.
    ///
    /// # Errors
    ///
    /// Files that are not a key and certificates.
    pub(crate) fn read_unlocked(
        flags: ExistingFilesArgs,
        key: &Path,
        certificate: &Path,
    ) -> Result<Self, Failure> {
        let mut files = Self::new(flags);
        files.read_key(key)?;
        files.read_chain(certificate)?;
        Ok(files)
    }

    /// Returns the reasons to replace the pair; without one, it stays.
    ///
    /// # Errors
    ///
    /// A pair that does not match the request and that only --force replaces, such as a valid CA.
    pub(crate) fn reasons(
        &self,
        wanted: &Template,
        issuer: ExpectedIssuer<'_>,
        now: OffsetDateTime,
    ) -> Result<Vec<String>, Failure> {
        let (file, force) = (&self.certificate_file, self.flags.force);
        let mut reasons = self.reasons.clone();
        let mut differences = Vec::new();
        if let (Some(key), Some(chain)) = (&self.key, &self.chain) {
            let key = key.public_key();
            match renewal::reasons(chain, key, wanted, issuer, self.flags.renew_before(), now) {
                Ok(found) => differences = found,
                Err(error) if force => reasons.push(format!("{file}: {error}")),
                Err(error) => return Err(foreign(Path::new(file), &error)),
            }
        }
        if !force {
            self.refuse_to_replace(&differences, wanted, now)?;
        }
        let is_requested = matches!(self.key, Some(SubjectKey::Requested(_)));
        reasons.extend(differences.iter().map(|difference| match difference {
            Reason::KeyMismatch if is_requested => {
                format!("{file}: its key is not the one in the certificate request")
            }
            difference => format!("{file}: {difference}"),
        }));
        Ok(reasons)
    }

    /// Returns the existing key if the new certificate is for it: because of --reuse-key, or because
    /// without --force no key is replaced only for lack of a certificate. It may be in use, or left by a
    /// run that was killed.
    ///
    /// # Errors
    ///
    /// A key of another type than the requested one.
    pub(crate) fn into_reused_key(
        self,
        key_type: Option<KeyAlgorithm>,
    ) -> Result<Option<SubjectKey>, Failure> {
        let reuses_key = self.flags.reuse_key;
        let is_requested = matches!(self.key, Some(SubjectKey::Requested(_)));
        let keeps_key = reuses_key || is_requested || (!self.flags.force && self.chain.is_none());
        let Some(key) = self.key.filter(|_| keeps_key) else {
            return Ok(None);
        };
        match key_type {
            Some(wanted) if wanted != key.public_key().algorithm => {
                let found = key.public_key().algorithm;
                let text = format!("the key that exists is {found}, not {wanted}");
                Err(Failure::usage(text).hint(if reuses_key {
                    "leave --key-type out, or --reuse-key"
                } else {
                    "leave --key-type out, and it gets a certificate; --force replaces it"
                }))
            }
            _ => Ok(Some(key)),
        }
    }

    /// Returns the certificates of the certificate's file.
    pub(crate) fn chain(&self) -> &[Vec<u8>] {
        self.chain.as_deref().unwrap_or_default()
    }

    /// Returns the pair as it was read, with a CA file.
    pub(crate) fn pem_files(&self, ca: Zeroizing<Vec<u8>>) -> PemFiles {
        PemFiles { certificate: self.chain_text.clone(), key: self.key_text.clone(), ca }
    }

    /// Returns the type of key to request: `given`, or that of the existing key.
    pub(crate) fn key_type(&self, given: Option<KeyAlgorithm>) -> KeyAlgorithm {
        let existing = || self.key.as_ref().map(|key| key.public_key().algorithm);
        given.or_else(existing).unwrap_or_default()
    }

    /// Returns the name of the CA that issued the certificate. Its clients trust that CA, so a
    /// self-signed certificate replaces it only with --force.
    pub(crate) fn foreign_issuer(&self) -> Option<String> {
        let certificate = self.chain().first().filter(|_| !self.flags.force)?;
        let issuer = spec::issued_by(certificate).ok()??;
        Some(kuma_pki::printable(&issuer))
    }

    /// Refuses what only --force may do: to replace a CA that is valid and can sign or whose key may be
    /// elsewhere, a certificate of another kind, or one because of a clock that is wrong.
    fn refuse_to_replace(
        &self,
        differences: &[Reason],
        wanted: &Template,
        now: OffsetDateTime,
    ) -> Result<(), Failure> {
        let is_ca_wanted = wanted.extended_key_usage.is_none();
        let is_ca = |role: CertificateRole| role == CertificateRole::Ca;
        let of_another = |difference: &&Reason| match difference {
            Reason::Role { found, wanted } => is_ca(*found) || is_ca(*wanted),
            Reason::NotYetValid { .. } => true,
            Reason::Issuer { .. } => is_ca_wanted,
            _ => false,
        };
        if let Some(difference) = differences.iter().find(of_another) {
            let text = format!("{} was kept: {difference}", self.certificate_file);
            return Err(Failure::failed(text).hint(match difference {
                Reason::NotYetValid { .. } => "check the clock of this machine",
                _ => "rerun with --force to replace it, or write to other files",
            }));
        }
        if !is_ca_wanted {
            return Ok(());
        }
        let is_mismatch = |difference: &&Reason| matches!(difference, Reason::KeyMismatch);
        let is_near_end = |difference: &Reason| matches!(difference, Reason::NearEnd { .. });
        let mismatch = differences.iter().find(is_mismatch);
        let reasons: Vec<String> = match mismatch {
            // A new key beside the old certificate, or the name of its old key in the certificate.
            Some(_) if self.is_of_killed_run => return Ok(()),
            Some(mismatch) => vec![mismatch.to_string()],
            None if self.key.is_none() => self.reasons.clone(),
            None if differences.iter().any(is_near_end) => return Ok(()),
            None => differences.iter().map(ToString::to_string).collect(),
        };
        let Some(not_after) = self.not_after().filter(|not_after| now < *not_after) else {
            return Ok(());
        };
        if reasons.is_empty() {
            return Ok(());
        }
        let (file, until) = (&self.certificate_file, kuma_pki::rfc3339(&not_after));
        let text = format!("{file}, a CA valid until {until}, was kept: {}", reasons.join("; "));
        let failure = Failure::failed(text);
        let failure = match self.key {
            Some(_) if mismatch.is_none() => failure,
            _ => failure.hint("put the CA's private key back"),
        };
        Err(failure.hint(
            "rerun with --force to replace the CA, and give the new one to all clients; or write \
             it to other files with --cert-file and --key-file",
        ))
    }

    /// Returns the end of the certificate's validity.
    fn not_after(&self) -> Option<OffsetDateTime> {
        let certificate = Certificate::from_der(self.chain().first()?.clone()).ok()?;
        Some(certificate.validity().not_after)
    }

    fn read_key(&mut self, path: &Path) -> Result<(), Failure> {
        let Some(text) = self.read_file(path, "key file")? else {
            return Ok(());
        };
        let shown = path.display();
        let key = match pem::decode_private_key(&text) {
            Ok(der) => KeyPair::from_der(&der),
            Err(error) if self.flags.reuse_key => return Err(self.foreign_key(path, &error)),
            Err(error) => return self.damaged(path, &text, &error),
        };
        match key {
            Ok(key) => (self.key, self.key_text) = (Some(SubjectKey::Pair(key)), text),
            Err(KeyError::Malformed) => self.reasons.push(format!("{shown} is damaged")),
            Err(error) if self.flags.force => self.reasons.push(format!("{shown}: {error}")),
            Err(error) => return Err(self.foreign_key(path, &error)),
        }
        Ok(())
    }

    fn foreign_key(&self, path: &Path, error: &dyn std::fmt::Display) -> Failure {
        if self.flags.reuse_key {
            let text = format!("{} cannot be reused: {error}", path.display());
            return Failure::failed(text).hint("leave --reuse-key out, or write to another place");
        }
        foreign(path, error)
    }

    fn read_chain(&mut self, path: &Path) -> Result<(), Failure> {
        self.certificate_file = path.display().to_string();
        let Some(text) = self.read_file(path, "certificate file")? else {
            return Ok(());
        };
        match pem::decode_certificates(&text) {
            Ok(chain) => (self.chain, self.chain_text) = (Some(chain), text),
            Err(error) => self.damaged(path, &text, &error)?,
        }
        Ok(())
    }

    pub(super) fn read_file(
        &mut self,
        path: &Path,
        role: &str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        let found = input::read_output(path, role)?;
        let lacks = match &found {
            None => "does not exist",
            Some(text) if text.trim_ascii().is_empty() => "is empty",
            Some(_) => return Ok(found),
        };
        self.reasons.push(format!("{} {lacks}", path.display()));
        Ok(None)
    }

    /// Notes that a file of ours is damaged, which replaces it.
    ///
    /// # Errors
    ///
    /// A file that is not ours.
    pub(super) fn damaged(
        &mut self,
        path: &Path,
        text: &[u8],
        error: &PemError,
    ) -> Result<(), Failure> {
        let is_start = *error == PemError::NoBlock && b"-----BEGIN ".starts_with(text.trim_ascii());
        let is_ours = matches!(error, PemError::Malformed { .. }) || is_start;
        if !is_ours && !self.flags.force {
            return Err(foreign(path, error));
        }
        self.reasons.push(format!("{} is damaged: {error}", path.display()));
        Ok(())
    }
}

pub(super) fn foreign(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    let text = format!("{} was kept; it is not a file of ours: {error}", path.display());
    Failure::failed(text).hint("--force replaces it; or write to another place")
}
