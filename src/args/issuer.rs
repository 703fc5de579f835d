//! Who signs: the certificate itself, a CA made for the run, or a CA of the user's.

use std::path::{Path, PathBuf};

use kuma_pki::format::pem::{self, PemError};
use kuma_pki::verify::Finding;
use kuma_pki::{Issuer, KeyPair};
use time::OffsetDateTime;

use crate::files::input;
use crate::report::failure::Failure;
use crate::report::formats::{self, Wanted};
use crate::report::hints;
use crate::report::shell;

/// The name of a CA for which none was given.
pub(crate) const DEFAULT_NAME: &str = "Kuma CA";

/// How the key of a CA comes from a pipe. A specification has no field for that.
pub(crate) const DECRYPTED_INPUT: &str = "--issuer-key-file=-";

/// The flags that choose who signs; without them the certificate is self-signed.
#[derive(clap::Args)]
pub(crate) struct IssuerArgs {
    /// Sign with a CA made for this run, whose key is never written
    #[arg(long, conflicts_with_all = ["issuer_cert_file", "issuer_key_file"])]
    pub(crate) ephemeral_ca: bool,

    /// Sign with this CA: its certificate, followed by those of the CAs above it
    #[arg(long, value_name = "FILE", requires = "issuer_key_file")]
    issuer_cert_file: Option<PathBuf>,

    /// The private key of the CA
    #[arg(long, value_name = "FILE", requires = "issuer_cert_file")]
    issuer_key_file: Option<PathBuf>,
}

impl IssuerArgs {
    /// The files that are read, which no output may replace.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.issuer_cert_file.iter().chain(&self.issuer_key_file).map(PathBuf::as_path)
    }

    /// Reads the user's CA, if one is named.
    ///
    /// # Errors
    ///
    /// Files that cannot be read, or are not those of a CA that can sign.
    pub(crate) fn open(&self, now: OffsetDateTime) -> Result<Option<Issuer>, Failure> {
        let (Some(certificate), Some(key)) = (&self.issuer_cert_file, &self.issuer_key_file) else {
            return Ok(None);
        };
        open(certificate, key, now).map(Some)
    }
}

/// The flags of a CA without which nothing can be made.
#[derive(clap::Args)]
pub(crate) struct CaFilesArgs {
    /// The certificate of the CA, followed by those of the CAs above it
    #[arg(long, value_name = "FILE")]
    issuer_cert_file: PathBuf,

    /// The private key of the CA
    #[arg(long, value_name = "FILE")]
    issuer_key_file: PathBuf,
}

impl CaFilesArgs {
    /// Reads the CA.
    ///
    /// # Errors
    ///
    /// Files that cannot be read, or are not those of a CA that can sign.
    pub(crate) fn open(&self, now: OffsetDateTime) -> Result<Issuer, Failure> {
        open(&self.issuer_cert_file, &self.issuer_key_file, now)
    }
}

/// Returns the warning about a CA whose certificates some clients refuse.
pub(crate) fn usage_warning(issuer: &Issuer) -> Option<String> {
    issuer.any_usage_alone().map(|subject| {
        format!(
            "the only extKeyUsage of {subject} is anyExtendedKeyUsage: OpenSSL, Firefox and others \
             refuse the certificates below it"
        )
    })
}

/// What is worth a warning about a CA whose certificate is handed out.
pub(crate) fn warning(issuer: &Issuer) -> Option<String> {
    let subject = issuer.name().to_owned();
    let is_rootless = issuer.trust_anchor().is_none();
    is_rootless.then(|| Finding::CaWithoutRoot { subject }.to_string())
}

/// Reads a CA.
///
/// # Errors
///
/// Files that cannot be read, or are not those of a CA that can sign.
pub(crate) fn open(certificate: &Path, key: &Path, now: OffsetDateTime) -> Result<Issuer, Failure> {
    input::read_stdin_once([certificate, key])?;
    let text = input::read(certificate, "CA certificate file")?;
    let chain = pem::decode_certificates(&text)
        .map_err(|error| unusable(certificate, "CA certificate file", &error))?;
    Ok(Issuer::new(chain, read_key(key)?, now)?)
}

/// Reads the private key of a CA.
///
/// # Errors
///
/// A file that cannot be read, or is not an unencrypted private key.
pub(crate) fn read_key(path: &Path) -> Result<KeyPair, Failure> {
    let role = "CA key file";
    let text = input::read(path, role)?;
    let der = pem::decode_private_key(&text).map_err(|error| unusable(path, role, &error))?;
    KeyPair::from_der(&der).map_err(|error| {
        Failure::failed(format!("the {role} {} is of no use: {error}", input::shown(path)))
    })
}

fn unusable(path: &Path, role: &str, error: &PemError) -> Failure {
    let failure =
        Failure::failed(format!("the {role} {} is of no use: {error}", input::shown(path)));
    let wanted = if role.contains("key") { Wanted::CaKey } else { Wanted::Ca };
    if let Some(command) = formats::hint(error, &input::shown(path), wanted) {
        return failure.hint(command);
    }
    match (error, path.to_str()) {
        // What the pipe holds is never on a disk.
        (PemError::EncryptedPrivateKey, Some(path)) if path != "-" => failure.hint(format!(
            "openssl pkey -in {} | kumactl ... {DECRYPTED_INPUT}",
            shell::word(path)
        )),
        (PemError::Der, Some(path)) => {
            let kind = if role.contains("key") { "pkey" } else { "x509" };
            let path = shell::word(path);
            failure.hint(format!(
                "convert it: (umask 077; openssl {kind} -inform DER -in {path} -out ca.pem)"
            ))
        }
        (PemError::PrivateKey { .. }, _) => {
            failure.hint("--issuer-cert-file is the CA's certificate, --issuer-key-file its key")
        }
        (PemError::NoPrivateKey { .. }, _) => {
            failure.hint("--issuer-key-file is the CA's key, --issuer-cert-file its certificate")
        }
        (PemError::Malformed { fault, .. }, _) => failure.hint(hints::damage_hint(*fault)),
        _ => failure,
    }
}
