//! The specification of a batch, and the checks that precede the first certificate.

use std::path::{Path, PathBuf};

use kuma_pki::PrivateKeyEncoding;
use kuma_pki::spec::{
    CertificateSpecification, Position, SigningKeySpecification, Specification, TokenSpecification,
};
use kuma_pki::token::{SigningKey, TokenKind};
use time::OffsetDateTime;

use super::ca::Ca;
use super::ca_files::CaFiles;
use super::{faults, symlinks};
use crate::files::{BatchDir, Plan, read};
use crate::job::signer::Signer;
use crate::job::token;
use crate::report::console::Console;
use crate::report::failure::Failure;

/// The longest specification, in bytes.
const MAX_LENGTH: u64 = 256 << 20;

/// A specification, with the files of its CA.
pub(super) struct Source {
    /// The name of the specification in messages.
    shown: String,
    pub(super) certificates: Vec<CertificateSpecification>,
    /// The files of the CA; `None` if every certificate is self-signed.
    ca_files: Option<CaFiles>,
    pub(super) tokens: Vec<TokenSpecification>,
    signing_keys: Vec<BatchSigningKey>,
}

/// The key that signs all tokens of one kind.
pub(super) struct BatchSigningKey {
    kind: TokenKind,
    file: PathBuf,
    pub(super) key: SigningKey,
    pub(super) key_id: String,
}

impl Source {
    /// Reads a specification whose certificates go to `directory`. Fails on a specification that cannot be
    /// read, and all its faults that are visible without creating a file.
    pub(super) fn read(
        file: &Path,
        directory: &Path,
        now: OffsetDateTime,
        console: Console,
    ) -> Result<Self, Failure> {
        let shown = read::shown(file);
        let parent = file.parent().filter(|_| file.as_os_str() != "-");
        let parent = parent.unwrap_or_else(|| Path::new(""));
        let ca_files = |ca| CaFiles::new(ca, parent);
        let bytes = read::up_to(file, "specification", MAX_LENGTH)?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| Failure::failed(format!("the specification {shown} is not UTF-8 text")))?;
        let Specification { issuer, certificates, signing_keys, tokens } =
            Specification::parse(text)
                .map_err(|found| faults::all(&shown, found, ca_files, directory, now))?;
        let signing_keys =
            signing_keys.into_iter().map(|key| signing_key(key, parent, &shown, console));
        let signing_keys = signing_keys.collect::<Result<_, _>>()?;
        let ca_files = issuer.map(ca_files);
        let source = Self { shown, certificates, ca_files, tokens, signing_keys };
        let ca_files = source.ca_files.iter();
        let misplaced: Vec<_> =
            ca_files.flat_map(|files| files.faults(directory, source.names())).collect();
        faults::check(&source.shown, &misplaced)?;
        Ok(source)
    }

    /// Returns the certificates, then the tokens: their names, which are those of their directories, and positions.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, Position)> {
        let certificates = self.certificates.iter().map(|one| (&*one.name, one.position));
        certificates.chain(self.tokens.iter().map(|one| (&*one.name, one.position)))
    }

    /// Returns the names of the certificates and tokens.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries().map(|(name, _)| name)
    }

    /// Returns what the specification is of, for messages.
    pub(super) const fn content(&self) -> &'static str {
        match (self.certificates.is_empty(), self.tokens.is_empty()) {
            (_, true) => "certificates",
            (true, false) => "tokens",
            (false, false) => "certificates and tokens",
        }
    }

    /// Returns the inputs, which no certificate or token may overwrite.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &Path> {
        let keys = self.signing_keys.iter().map(|key| key.file.as_path());
        self.ca_files.iter().flat_map(CaFiles::paths).chain(keys)
    }

    /// Returns the key that signs a kind of tokens.
    pub(super) fn signing_key(&self, kind: TokenKind) -> Option<&BatchSigningKey> {
        self.signing_keys.iter().find(|key| key.kind == kind)
    }

    /// Returns the warning about one key for tokens of several kinds.
    pub(super) fn shared_key_warning(&self) -> Option<String> {
        let zone = self.signing_key(TokenKind::Zone)?;
        let proxies = self.signing_key(TokenKind::Dataplane)?;
        let is_shared = zone.key.public_key() == proxies.key.public_key();
        is_shared.then(|| {
            "one key signs zone and dataplane tokens, so any data plane proxy can use a zone token as its own"
                .to_owned()
        })
    }

    /// Returns a message after the place of a certificate or token in the specification.
    pub(super) fn message(&self, (name, position): (&str, Position), text: &str) -> String {
        format!("{}:{position}: {name}: {text}", self.shown)
    }

    /// Opens and locks the directory of the certificates. Returns it with the plan for the CA, if the CA must
    /// be created. Fails on a directory that cannot be created or read, and symbolic links that lead two
    /// certificates, or one and the CA, to the same place.
    pub(super) fn open_directory(
        &self,
        directory: &Path,
        console: Console,
    ) -> Result<(BatchDir, Option<Plan>), Failure> {
        let (batch_dir, plan) = BatchDir::open(directory, console, || match &self.ca_files {
            Some(files) => files.plan(console).map_err(|failure| self.at_issuer(failure, files)),
            None => Ok(None),
        })?;
        let linked = symlinks::faults(self.entries(), &batch_dir, self.ca_files.as_ref());
        faults::check(&self.shown, &linked)?;
        Ok((batch_dir, plan))
    }

    /// Reads the CA, or creates it in memory by `plan`. Fails on files that cannot be read, or are not a CA
    /// that can sign.
    pub(super) fn open_ca(
        &self,
        plan: Option<Plan>,
        encoding: PrivateKeyEncoding,
        now: OffsetDateTime,
        console: Console,
    ) -> Result<Option<Ca>, Failure> {
        let Some(files) = &self.ca_files else {
            return Ok(None);
        };
        let ca = files.open(plan, encoding, now, console);
        ca.map(Some).map_err(|failure| self.at_issuer(failure, files))
    }

    /// Checks that every certificate can be issued. Fails on dates, or names that the CA may not certify, of
    /// all certificates at once.
    pub(super) fn check_requests(
        &self,
        signer: &Signer,
        now: OffsetDateTime,
    ) -> Result<(), Failure> {
        faults::check(&self.shown, &faults::of_requests(&self.certificates, signer, now)?)
    }

    /// Prefixes a failure with the place of the CA in the specification.
    fn at_issuer(&self, failure: Failure, files: &CaFiles) -> Failure {
        failure.within(&format!("{}:{}", self.shown, files.position))
    }
}

/// Reads a signing key, whose path is relative to the specification.
fn signing_key(
    key: SigningKeySpecification,
    parent: &Path,
    shown: &str,
    console: Console,
) -> Result<BatchSigningKey, Failure> {
    let SigningKeySpecification { kind, key_file, key_id, position } = key;
    let file = parent.join(key_file);
    let key = token::read_signing_key(&file, console);
    let key = key.map_err(|failure| failure.within(&format!("{shown}:{position}")))?;
    Ok(BatchSigningKey { kind, file, key, key_id })
}
