//! The flags that choose the issuer: the certificate itself, an ephemeral CA, or the user's CA.

use std::path::{Path, PathBuf};

use kuma_pki::format::pem::{self, PemError};
use kuma_pki::verify::Finding;
use kuma_pki::{Issuer, KeyPair};
use time::OffsetDateTime;

use crate::args::passphrase::PassphraseArgs;
use crate::files::{self, read};
use crate::report::console::Console;
use crate::report::conversion::{self, Wanted};
use crate::report::errors::Interface;
use crate::report::failure::Failure;
use crate::report::hints;
use crate::report::shell;

/// The default name of a CA.
pub(crate) const DEFAULT_NAME: &str = "Kuma CA";

/// The flags that choose the issuer. Without them, the certificate is self-signed.
#[derive(clap::Args)]
pub(crate) struct IssuerArgs {
    /// Sign with a CA that is generated for this run and whose key is never written
    #[arg(long, conflicts_with_all = ["issuer_cert_file", "issuer_key_file"])]
    pub(crate) ephemeral_ca: bool,

    #[command(flatten)]
    pub(crate) own: OwnCaArgs,
}

/// The flags that name the user's CA, if there is one.
#[derive(clap::Args)]
pub(crate) struct OwnCaArgs {
    /// CA certificate to sign with, followed by its intermediate and root certificates
    #[arg(long, value_name = "FILE", requires = "issuer_key_file")]
    issuer_cert_file: Option<PathBuf>,

    /// Private key of the CA, `-` for standard input
    #[arg(long, value_name = "FILE", requires = "issuer_cert_file")]
    issuer_key_file: Option<PathBuf>,

    #[command(flatten)]
    passphrase: PassphraseArgs,
}

impl OwnCaArgs {
    /// Returns the input files, which no output may overwrite.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Path> {
        let files = self.issuer_cert_file.iter().chain(&self.issuer_key_file);
        files.map(PathBuf::as_path).chain(self.passphrase.input())
    }

    /// Reads the user's CA, if one is named. Warns if other users can read its key. Fails on files that cannot
    /// be read, or are not a CA that can sign.
    pub(crate) fn open(
        &self,
        now: OffsetDateTime,
        console: Console,
    ) -> Result<Option<Issuer>, Failure> {
        let (Some(certificate), Some(key)) = (&self.issuer_cert_file, &self.issuer_key_file) else {
            return Ok(None);
        };
        let issuer = open(certificate, key, &self.passphrase, Interface::Flags, now)?;
        files::warn_about_readers(key, CaFile::Key.label(), console);
        Ok(Some(issuer))
    }
}

/// The flags of a command that needs the user's CA.
#[derive(clap::Args)]
pub(crate) struct CaFilesArgs {
    /// CA certificate, followed by its intermediate and root certificates
    #[arg(long, value_name = "FILE")]
    issuer_cert_file: PathBuf,

    /// Private key of the CA, `-` for standard input
    #[arg(long, value_name = "FILE")]
    issuer_key_file: PathBuf,

    #[command(flatten)]
    passphrase: PassphraseArgs,
}

impl CaFilesArgs {
    /// Reads the CA. Fails on files that cannot be read, or are not a CA that can sign.
    pub(crate) fn open(&self, now: OffsetDateTime, console: Console) -> Result<Issuer, Failure> {
        let Self { issuer_cert_file, issuer_key_file, passphrase } = self;
        let issuer = open(issuer_cert_file, issuer_key_file, passphrase, Interface::Flags, now)?;
        files::warn_about_readers(issuer_key_file, CaFile::Key.label(), console);
        Ok(issuer)
    }
}

/// Returns the warning about a CA whose certificates some clients reject.
pub(crate) fn usage_warning(issuer: &Issuer) -> Option<String> {
    issuer.any_usage_alone().map(|subject| {
        format!(
            "the only extKeyUsage of the CA {subject} is anyExtendedKeyUsage: OpenSSL, Firefox and \
             other clients reject its certificates"
        )
    })
}

/// Returns the warning about a CA file without a root certificate.
pub(crate) fn warning(issuer: &Issuer) -> Option<String> {
    let subject = issuer.name().to_owned();
    let is_rootless = issuer.root().is_none();
    is_rootless.then(|| Finding::CaWithoutRoot { subject }.to_string())
}

/// Reads a CA. Fails on files that cannot be read, or are not a CA that can sign.
pub(crate) fn open(
    certificate: &Path,
    key: &Path,
    passphrase: &PassphraseArgs,
    interface: Interface,
    now: OffsetDateTime,
) -> Result<Issuer, Failure> {
    read::stdin_once([certificate, key].into_iter().chain(passphrase.input()))?;
    let text = read::file(certificate, CaFile::Certificate.label())?;
    let chain = pem::decode_certificates(&text)
        .map_err(|error| unusable(certificate, CaFile::Certificate, interface, &error))?;
    Ok(Issuer::new(chain, read_key(key, passphrase, interface)?, now)?)
}

/// Reads the private key of a CA. Fails on a file that cannot be read, or is not a private key that can be
/// decrypted.
pub(crate) fn read_key(
    path: &Path,
    passphrase: &PassphraseArgs,
    interface: Interface,
) -> Result<KeyPair, Failure> {
    let label = CaFile::Key.label();
    let text = read::file(path, label)?;
    let der = match pem::decode_private_key(&text) {
        Err(PemError::EncryptedPrivateKey) => passphrase.decrypt(path, &text, interface)?,
        decoded => decoded.map_err(|error| unusable(path, CaFile::Key, interface, &error))?,
    };
    KeyPair::from_der(&der).map_err(|error| {
        Failure::failed(format!("cannot use the {label} {}: {error}", read::shown(path)))
    })
}

/// A file of a CA.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum CaFile {
    Certificate,
    Key,
}

impl CaFile {
    const fn label(self) -> &'static str {
        match self {
            Self::Certificate => "CA certificate file",
            Self::Key => "CA key file",
        }
    }
}

fn unusable(path: &Path, file: CaFile, interface: Interface, error: &PemError) -> Failure {
    let shown = read::shown(path);
    let failure = Failure::failed(format!("cannot use the {} {shown}: {error}", file.label()));
    let wanted = match (file, interface) {
        (CaFile::Certificate, _) => Wanted::Ca,
        (CaFile::Key, Interface::Flags) => Wanted::CaKey,
        (CaFile::Key, Interface::Specification) => Wanted::CaKeyFile,
    };
    if let Some(command) = conversion::hint(error, &shown, wanted) {
        return failure.hint(command);
    }
    let word = path.to_str().filter(|path| *path != "-").map(shell::word);
    match (error, word) {
        (PemError::Der, Some(word)) => {
            failure.hint(wanted.then(&format!("openssl x509 -inform DER -in {word}")))
        }
        (PemError::PrivateKey { .. } | PemError::NoPrivateKey { .. }, _) => failure.hint(format!(
            "use {} for the CA certificate and {} for its key",
            interface.issuer_certificate(),
            interface.issuer_key()
        )),
        (PemError::Malformed { kind, .. }, _) => failure.hint(hints::damage_hint(*kind)),
        _ => failure,
    }
}
