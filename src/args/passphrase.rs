//! The passphrase of an encrypted CA key: from a file or from the environment, never from an argument.

use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use kuma_pki::format::pem;
use kuma_pki::{DecryptionError, Passphrase, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::files::read;
use crate::report::errors::Interface;
use crate::report::failure::Failure;
use crate::report::shell;

/// The variable that holds the passphrase if no file does.
const VARIABLE: &str = "KUMACTL_ISSUER_KEY_PASSPHRASE";

/// The flag that names the file with the passphrase.
const FLAG: &str = "--issuer-key-passphrase-file";

/// The file with the passphrase.
#[derive(Default, clap::Args)]
pub(crate) struct PassphraseArgs {
    /// File with the passphrase of an encrypted CA key in its first line, `-` for standard input
    /// [default: the variable KUMACTL_ISSUER_KEY_PASSPHRASE]
    #[arg(long, value_name = "FILE", requires = "issuer_key_file")]
    issuer_key_passphrase_file: Option<PathBuf>,
}

impl PassphraseArgs {
    /// Returns the file with the passphrase, if there is one.
    pub(crate) fn input(&self) -> Option<&Path> {
        self.issuer_key_passphrase_file.as_deref()
    }

    /// Decrypts the private key of a CA. Fails on a passphrase that is missing, empty or wrong, and encryption
    /// that is not supported.
    pub(crate) fn decrypt(
        &self,
        path: &Path,
        text: &[u8],
        interface: Interface,
    ) -> Result<PrivateKeyDer, Failure> {
        let shown = read::shown(path);
        let Ok(key) = pem::decode_encrypted_private_key(text) else {
            let text = format!(
                "cannot use the CA key file {shown}: it is encrypted in the traditional PEM format, \
                 and only PKCS#8 is supported"
            );
            return Err(Failure::failed(text).hint(conversion(path)));
        };
        let passphrase = self.read(&shown, interface)?;
        key.decrypt(&passphrase).map_err(|error| {
            let failure =
                Failure::failed(format!("cannot decrypt the CA key file {shown}: {error}"));
            match error {
                DecryptionError::WrongPassphrase => failure.hint(format!(
                    "check the passphrase in {}",
                    self.input().map_or_else(|| VARIABLE.to_owned(), read::shown)
                )),
                _ => failure.hint(conversion(path)),
            }
        })
    }

    fn read(&self, key: &str, interface: Interface) -> Result<Passphrase, Failure> {
        let (text, source) = match self.input() {
            Some(path) => {
                let text = read::any(path, "passphrase file")?;
                (text, format!("passphrase file {}", read::shown(path)))
            }
            None => match std::env::var_os(VARIABLE) {
                Some(text) => (Zeroizing::new(text.into_vec()), format!("variable {VARIABLE}")),
                None => {
                    let text = format!("cannot use the CA key file {key}: it is encrypted");
                    return Err(Failure::failed(text).hint(match interface {
                        Interface::Flags => format!(
                            "pass the passphrase in a file with {FLAG}=FILE, or in the variable {VARIABLE}"
                        ),
                        Interface::Specification => {
                            format!("pass the passphrase in the variable {VARIABLE}")
                        }
                    }));
                }
            },
        };
        // As OpenSSL reads a file of passphrases.
        let line = text.split(|octet| matches!(octet, b'\n' | b'\r')).next().unwrap_or_default();
        Passphrase::new(Zeroizing::new(line.to_vec()))
            .ok_or_else(|| Failure::failed(format!("the {source} is empty")))
    }
}

/// Returns the command that writes the key in an encryption that is supported.
fn conversion(path: &Path) -> String {
    let name = path.to_string_lossy();
    let path = shell::word(&name);
    format!(
        "convert it: (umask 077; openssl pkcs8 -topk8 -v2 aes-256-cbc -in {path} -out ca-pkcs8.key)"
    )
}
