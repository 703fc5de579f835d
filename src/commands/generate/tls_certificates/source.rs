//! The specification of a batch, and the checks that precede the first certificate.

use std::path::Path;

use kuma_pki::PrivateKeyEncoding;
use kuma_pki::spec::{CertificateSpecification, Specification};
use time::OffsetDateTime;

use super::ca::Ca;
use super::ca_files::CaFiles;
use super::{faults, symlinks};
use crate::files::{BatchDir, Plan, read};
use crate::job::signer::Signer;
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
}

impl Source {
    /// Reads a specification whose certificates go to `directory`.
    ///
    /// # Errors
    ///
    /// A specification that cannot be read, and all its faults that are visible without creating a file.
    pub(super) fn read(
        file: &Path,
        directory: &Path,
        now: OffsetDateTime,
    ) -> Result<Self, Failure> {
        let shown = read::shown(file);
        let parent = file.parent().filter(|_| file.as_os_str() != "-");
        let ca_files = |ca| CaFiles::new(ca, parent.unwrap_or_else(|| Path::new("")));
        let bytes = read::up_to(file, "specification", MAX_LENGTH)?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| Failure::failed(format!("the specification {shown} is not UTF-8 text")))?;
        let Specification { issuer, certificates } = Specification::parse(text)
            .map_err(|found| faults::all(&shown, found, ca_files, directory, now))?;
        let source = Self { ca_files: issuer.map(ca_files), shown, certificates };
        let ca_files = source.ca_files.iter();
        let misplaced: Vec<_> =
            ca_files.flat_map(|files| files.faults(directory, source.names())).collect();
        faults::check(&source.shown, &misplaced)?;
        Ok(source)
    }

    /// Returns the names of the certificates, which are those of their directories.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.certificates.iter().map(|certificate| &*certificate.name)
    }

    /// Returns the inputs, which no certificate may overwrite.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.ca_files.iter().flat_map(CaFiles::paths)
    }

    /// Returns a message about a certificate, after the place of the certificate in the specification.
    pub(super) fn message(&self, certificate: &CertificateSpecification, text: &str) -> String {
        format!("{}:{}: {}: {text}", self.shown, certificate.position, certificate.name)
    }

    /// Opens and locks the directory of the certificates. Returns it with the plan for the CA, if the CA
    /// must be created.
    ///
    /// # Errors
    ///
    /// A directory that cannot be created or read, and symbolic links that lead two certificates, or one
    /// and the CA, to the same place.
    pub(super) fn open_directory(
        &self,
        directory: &Path,
        console: Console,
    ) -> Result<(BatchDir, Option<Plan>), Failure> {
        let (batch_dir, plan) = BatchDir::open(directory, console, || match &self.ca_files {
            Some(files) => files.plan(console).map_err(|failure| self.at_issuer(failure, files)),
            None => Ok(None),
        })?;
        let linked = symlinks::faults(&self.certificates, &batch_dir, self.ca_files.as_ref());
        faults::check(&self.shown, &linked)?;
        Ok((batch_dir, plan))
    }

    /// Reads the CA, or creates it in memory by `plan`.
    ///
    /// # Errors
    ///
    /// Files that cannot be read, or are not a CA that can sign.
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

    /// Checks that every certificate can be issued.
    ///
    /// # Errors
    ///
    /// Dates, or names that the CA may not certify, of all certificates at once.
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
