//! Reads the existing key and certificate.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use kuma_pki::format::pem::{self, PemError};
use kuma_pki::{Certificate, CertificateRequest, KeyAlgorithm, KeyError, KeyPair, PublicKey};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{PemFiles, stale_files};
use crate::args::existing_files::ExistingFilesArgs;
use crate::files::{FileReason, OutputKind, Plan, read};
use crate::report::failure::Failure;

/// The existing files at the paths of a key and a certificate.
#[derive(Default)]
pub(crate) struct ExistingFiles {
    pub(super) flags: ExistingFilesArgs,
    /// The existing private key, or the key of a certificate request.
    pub(super) key: Option<SubjectKey>,
    pub(super) key_text: Zeroizing<Vec<u8>>,
    pub(super) chain: Option<Vec<Certificate>>,
    chain_text: Zeroizing<Vec<u8>>,
    pub(super) certificate_file: PathBuf,
    /// The path of the CA file, whose other CA certificates are kept.
    ca_path: Option<PathBuf>,
    /// Whether a killed run left unfinished files next to these.
    pub(super) is_of_killed_run: bool,
    /// Reasons to replace the files that are known from reading them.
    pub(super) reasons: Vec<FileReason>,
}

/// The key of a certificate.
pub(crate) enum SubjectKey {
    /// A key pair.
    Pair(KeyPair),
    /// The public key of a certificate request, whose private key is elsewhere.
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
    /// Returns the state of files that do not exist.
    pub(crate) fn none(flags: ExistingFilesArgs) -> Self {
        Self { flags, ..Self::default() }
    }

    /// Returns the state of a key without a certificate.
    pub(crate) fn of_key(key: Option<KeyPair>) -> Self {
        Self { key: key.map(SubjectKey::Pair), ..Self::default() }
    }

    /// Reads the existing key and certificate, as far as the flags need them. With --if-needed, other runs wait
    /// from then on. Fails on files that are not a key and certificates, unless they may be replaced; an output
    /// that cannot be read back.
    pub(crate) fn read(flags: ExistingFilesArgs, plan: &mut Plan) -> Result<Self, Failure> {
        Self::read_kinds(flags, plan, &[OutputKind::PrivateKey, OutputKind::Certificate])
    }

    /// Reads the certificate that an earlier run issued for a certificate request. Fails as [`Self::read`]
    /// does.
    pub(crate) fn read_for_request(
        flags: ExistingFilesArgs,
        plan: &mut Plan,
        request: CertificateRequest,
    ) -> Result<Self, Failure> {
        let mut files = Self::read_kinds(flags, plan, &[OutputKind::Certificate])?;
        files.key = Some(SubjectKey::Requested(request));
        Ok(files)
    }

    /// Reads the existing files of these kinds, as far as the flags need them. Fails as [`Self::read`] does.
    pub(crate) fn read_kinds(
        flags: ExistingFilesArgs,
        plan: &mut Plan,
        kinds: &[OutputKind],
    ) -> Result<Self, Failure> {
        let mut files = Self::none(flags);
        if flags.reuse_key && !flags.if_needed && !flags.force {
            let failure = Failure::usage("--reuse-key requires --force or --if-needed");
            return Err(failure.hint("add --force to replace the certificate"));
        }
        if !flags.if_needed && !flags.reuse_key {
            return Ok(files);
        }
        if flags.if_needed {
            plan.lock()?;
            plan.require_regular_files()?;
            files.is_of_killed_run = plan.remove_unfinished();
            if plan.has(OutputKind::CaCertificate) {
                files.ca_path = Some(plan.regular_file(OutputKind::CaCertificate)?);
            }
        }
        if kinds.contains(&OutputKind::PrivateKey) {
            files.read_key(&plan.regular_file(OutputKind::PrivateKey)?)?;
        }
        if flags.if_needed && kinds.contains(&OutputKind::Certificate) {
            files.read_chain(&plan.regular_file(OutputKind::Certificate)?)?;
        }
        if flags.reuse_key && flags.force && files.key.is_none() {
            let reason = files
                .reasons
                .first()
                .map_or_else(|| "it does not exist".to_owned(), ToString::to_string);
            let failure = Failure::failed(format!("cannot reuse the private key: {reason}"));
            return Err(failure.hint("rerun without --reuse-key to generate a key"));
        }
        Ok(files)
    }

    /// Reads the files in a directory without a plan and without waiting for other runs. Fails on files that
    /// are not a key and certificates.
    pub(crate) fn read_unlocked(
        flags: ExistingFilesArgs,
        directory: &Path,
    ) -> Result<Self, Failure> {
        let path = |kind: OutputKind| directory.join(kind.file_name());
        let ca_path = Some(path(OutputKind::CaCertificate));
        let mut files = Self { ca_path, ..Self::none(flags) };
        files.read_key(&path(OutputKind::PrivateKey))?;
        files.read_chain(&path(OutputKind::Certificate))?;
        Ok(files)
    }

    /// Takes the existing key if the new certificate is for it: because of --reuse-key, or because the
    /// certificate is missing. A missing certificate is no reason to replace a key without --force: the key may
    /// be in use, or a killed run left it. Fails on a key of another type than the requested one.
    pub(super) fn take_reused_key(
        &mut self,
        key_type: Option<KeyAlgorithm>,
    ) -> Result<Option<SubjectKey>, Failure> {
        let reuses_key = self.flags.reuse_key;
        let is_requested = matches!(self.key, Some(SubjectKey::Requested(_)));
        let keeps_key = reuses_key || is_requested || (!self.flags.force && self.chain.is_none());
        let Some(key) = self.key.take().filter(|_| keeps_key) else {
            return Ok(None);
        };
        match key_type {
            Some(wanted) if wanted != key.public_key().algorithm => {
                let found = key.public_key().algorithm;
                let text = format!("the existing key is of type {found}, not {wanted}");
                Err(Failure::usage(text).hint(if reuses_key {
                    "rerun without --key-type, or without --reuse-key"
                } else {
                    "rerun without --key-type to keep the key, or with --force to replace it"
                }))
            }
            _ => Ok(Some(key)),
        }
    }

    /// Returns the existing certificates, the end-entity certificate first.
    pub(crate) fn chain(&self) -> &[Certificate] {
        self.chain.as_deref().unwrap_or_default()
    }

    /// Returns the existing pair, with the CA file.
    pub(super) fn pem_files(
        &self,
        trust_anchor: &Certificate,
        now: OffsetDateTime,
    ) -> Result<PemFiles, Failure> {
        let (certificate, key) = (self.chain_text.clone(), self.key_text.clone());
        Ok(PemFiles { certificate, key, ca: self.ca_file(trust_anchor, now)? })
    }

    /// Returns the contents of the CA file.
    pub(super) fn ca_file(
        &self,
        trust_anchor: &Certificate,
        now: OffsetDateTime,
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        match self.ca_path.as_ref().filter(|_| self.flags.if_needed) {
            Some(path) => stale_files::ca_file(path, trust_anchor, now),
            None => Ok(Zeroizing::new(pem::encode_certificates([trust_anchor]))),
        }
    }

    /// Returns the type of the requested key: `requested`, or else that of the existing key.
    pub(crate) fn key_type(&self, requested: Option<KeyAlgorithm>) -> KeyAlgorithm {
        let existing = || self.key.as_ref().map(|key| key.public_key().algorithm);
        requested.or_else(existing).unwrap_or_default()
    }

    fn read_key(&mut self, path: &Path) -> Result<(), Failure> {
        let Some(text) = self.read_file(path, "key file")? else {
            return Ok(());
        };
        let key = match pem::decode_private_key(&text) {
            Ok(der) => KeyPair::from_der(&der),
            Err(error) if self.flags.reuse_key => return Err(self.foreign_key(path, &error)),
            Err(error) => return self.note_damage(path, &text, &error),
        };
        match key {
            Ok(key) => (self.key, self.key_text) = (Some(SubjectKey::Pair(key)), text),
            Err(KeyError::Malformed) => self.reasons.push(FileReason::new(path, "is damaged")),
            Err(error) if self.flags.force => self.reasons.push(FileReason::sentence(path, error)),
            Err(error) => return Err(self.foreign_key(path, &error)),
        }
        Ok(())
    }

    fn foreign_key(&self, path: &Path, error: &dyn Display) -> Failure {
        if self.flags.reuse_key {
            let text = format!("cannot reuse the key {}: {error}", path.display());
            return Failure::failed(text)
                .hint("rerun without --reuse-key, or write to another path");
        }
        foreign_file(path, error)
    }

    fn read_chain(&mut self, path: &Path) -> Result<(), Failure> {
        self.certificate_file = path.to_owned();
        let Some(text) = self.read_file(path, "certificate file")? else {
            return Ok(());
        };
        match pem::decode_certificates(&text) {
            Ok(chain) => (self.chain, self.chain_text) = (Some(chain), text),
            Err(error) => self.note_damage(path, &text, &error)?,
        }
        Ok(())
    }

    pub(super) fn read_file(
        &mut self,
        path: &Path,
        label: &str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        let found = read::existing(path, label)?;
        let fault = match &found {
            None => "does not exist",
            Some(text) if text.trim_ascii().is_empty() => "is empty",
            Some(_) => return Ok(found),
        };
        self.reasons.push(FileReason::new(path, fault));
        Ok(None)
    }

    /// Notes that a file is damaged, which is a reason to replace it.
    pub(super) fn note_damage(
        &mut self,
        path: &Path,
        text: &[u8],
        error: &PemError,
    ) -> Result<(), Failure> {
        let is_start = *error == PemError::NoBlock && b"-----BEGIN ".starts_with(text.trim_ascii());
        let is_own = matches!(error, PemError::Malformed { .. }) || is_start;
        if !is_own && !self.flags.force {
            return Err(foreign_file(path, error));
        }
        self.reasons.push(FileReason::new(path, format!("is damaged: {error}")));
        Ok(())
    }
}

/// Returns the refusal to replace a file that kumactl did not write.
pub(super) fn foreign_file(path: &Path, error: &dyn Display) -> Failure {
    let text =
        format!("{} is not replaced: it is not a file that kumactl wrote: {error}", path.display());
    Failure::failed(text).hint("rerun with --force to overwrite it, or write to another path")
}
