//! One token of a batch: created, or kept, repaired or replaced.

use std::path::{Path, PathBuf};

use kuma_pki::Validity;
use kuma_pki::spec::TokenSpecification;
use kuma_pki::token::{TokenId, TokenRequest};
use zeroize::Zeroizing;

use super::batch::Batch;
use super::entry::{Action, EntryOutcome};
use super::source::BatchSigningKey;
use crate::files::{FileReason, Output, OutputKind, Plan, read};
use crate::report::failure::Failure;

/// A token of a batch.
pub(super) struct TokenEntry<'a> {
    batch: &'a Batch<'a>,
    token: &'a TokenSpecification,
    directory: PathBuf,
}

impl<'a> TokenEntry<'a> {
    pub(super) fn new(batch: &'a Batch<'a>, token: &'a TokenSpecification) -> Self {
        Self { batch, token, directory: batch.batch_dir.place(&token.name) }
    }

    /// Creates, keeps, repairs or replaces the token.
    ///
    /// # Errors
    ///
    /// A signal, a token that only --force replaces, and errors of the system.
    pub(super) fn process(&self) -> Result<EntryOutcome, Failure> {
        let name = &*self.token.name;
        let kind = self.token.claims.kind();
        let key = self.batch.source.signing_key(kind).expect("the specification has the key");
        let outcome =
            if self.batch.batch_dir.has(name) { self.update(key) } else { self.create(key) };
        outcome.map_err(|failure| failure.within(name))
    }

    fn create(&self, key: &BatchSigningKey) -> Result<EntryOutcome, Failure> {
        let file = (OutputKind::Token, self.mode(), self.sign(key)?);
        self.batch.batch_dir.add(&self.token.name, &[file])?;
        let mut created = EntryOutcome::new(Action::Created);
        created.warnings.extend(self.batch.permissions_warning(&self.path()));
        created.warnings.extend(self.lifetime_warning());
        Ok(created)
    }

    fn update(&self, key: &BatchSigningKey) -> Result<EntryOutcome, Failure> {
        let batch = self.batch;
        let output = Output::in_directory(OutputKind::Token, &self.directory, self.mode());
        let plan = Plan::new(vec![output], batch.args.existing.policy(), batch.console)?;
        plan.refuse_inputs(batch.source.inputs())?;
        let mut plan = plan.under(batch.batch_dir);
        plan.lock()?;
        let path = self.path();
        let (action, verb, reasons, mut changes) = match self.reasons_to_replace(key, &path)? {
            Some(reasons) => {
                let token = self.sign(key)?;
                (Action::Replaced, "replaced", reasons, plan.commit(|_| token.clone())?)
            }
            None => {
                let changes = plan.repair(&[], |_| Zeroizing::default())?;
                let is_repaired = !changes.repaired.is_empty();
                let action = if is_repaired { Action::Repaired } else { Action::Kept };
                (action, "repaired", Vec::new(), changes)
            }
        };
        if matches!(action, Action::Replaced) {
            changes.warnings.extend(self.lifetime_warning());
        }
        let reasons = reasons.into_iter().chain(changes.reasons);
        let note = |reason: FileReason| format!("{verb}: {}", reason.relative_to(&self.directory));
        Ok(EntryOutcome { action, notes: reasons.map(note).collect(), warnings: changes.warnings })
    }

    /// Returns the reasons to replace the existing token, of which --force needs none; `None` if the token stays.
    fn reasons_to_replace(
        &self,
        key: &BatchSigningKey,
        path: &Path,
    ) -> Result<Option<Vec<FileReason>>, Failure> {
        let flags = self.batch.args.existing;
        if !flags.if_needed {
            return Ok(Some(Vec::new()));
        }
        let Some(text) = read::existing(path, "token file")? else {
            return Ok(Some(vec![FileReason::new(path, "does not exist")]));
        };
        let text = String::from_utf8_lossy(&text);
        let request = self.request(key)?;
        let compared = request.compare(&text, &key.key.public_key(), flags.renew_before());
        Ok(compared.err().map(|reason| vec![FileReason::sentence(path, reason)]))
    }

    /// Returns the warning about a token that every run would replace.
    fn lifetime_warning(&self) -> Option<String> {
        let now = self.batch.now;
        let validity = Validity::starting(now, self.token.valid_for).ok()?;
        self.batch.args.existing.warning("token", validity, now)
    }

    fn request<'k>(&'k self, key: &'k BatchSigningKey) -> Result<TokenRequest<'k>, Failure> {
        let TokenSpecification { claims, valid_for, .. } = self.token;
        let (id, now) = (TokenId::random()?, self.batch.now);
        Ok(TokenRequest { claims, key_id: &key.key_id, id, now, valid_for: *valid_for })
    }

    fn sign(&self, key: &BatchSigningKey) -> Result<Zeroizing<Vec<u8>>, Failure> {
        Ok(self.request(key)?.sign(&key.key)?.into_bytes())
    }

    fn path(&self) -> PathBuf {
        self.directory.join(OutputKind::Token.file_name())
    }

    const fn mode(&self) -> u32 {
        self.batch.args.key.key_mode
    }
}
