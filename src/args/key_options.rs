//! The flags about a private key that is to be made.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use kuma_pki::{KeyAlgorithm, PrivateKeyEncoding};

/// Flags of every command that makes a key.
#[derive(clap::Args)]
pub(crate) struct KeyArgs {
    /// Type of the private key [default: rsa]
    #[arg(long, value_name = "TYPE", value_parser = key_type_parser())]
    pub(crate) key_type: Option<KeyAlgorithm>,

    #[command(flatten)]
    pub(crate) file: KeyFileArgs,
}

/// Flags of every command that writes a key.
#[derive(clap::Args)]
pub(crate) struct KeyFileArgs {
    /// Form of the private key: PKCS#1 or SEC 1, or PKCS#8
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) key_format: KeyFormat,

    /// Permissions of the key file, whatever the umask
    #[arg(long, value_name = "MODE", default_value = "0600", value_parser = key_mode)]
    pub(crate) key_mode: u32,
}

/// The value of `--key-format`.
#[derive(Clone, Copy, Default, clap::ValueEnum)]
pub(crate) enum KeyFormat {
    /// PKCS#1 for RSA, SEC 1 for ECDSA, as the official kumactl
    #[default]
    Traditional,
    /// PKCS#8
    Pkcs8,
}

impl KeyArgs {
    /// What is worth a warning about the permissions.
    pub(crate) fn warning(&self) -> Option<String> {
        self.file.warning()
    }
}

impl KeyFileArgs {
    /// What is worth a warning about the permissions.
    pub(crate) fn warning(&self) -> Option<String> {
        (self.key_mode & 0o007 != 0).then(|| {
            format!(
                "--key-mode={:04o} lets every user of this machine use the private key",
                self.key_mode
            )
        })
    }
}

fn key_type_parser() -> impl TypedValueParser<Value = KeyAlgorithm> {
    let values = KeyAlgorithm::ALL.iter().flat_map(|algorithm| {
        let help = algorithm.description();
        let names = algorithm.names().iter().enumerate();
        names.map(move |(index, name)| PossibleValue::new(*name).help(help).hide(index > 0))
    });
    // The official kumactl takes an empty value for its default.
    let values = values.chain([PossibleValue::new("").hide(true)]);
    PossibleValuesParser::new(values).map(|name| {
        let named = KeyAlgorithm::ALL.iter().find(|a| a.names().contains(&name.as_str()));
        named.copied().unwrap_or_default()
    })
}

fn key_mode(text: &str) -> Result<u32, String> {
    let is_octal = matches!(text.len(), 3..=5) && text.bytes().all(|b| matches!(b, b'0'..=b'7'));
    let mode = u32::from_str_radix(text, 8).ok().filter(|_| is_octal);
    match mode {
        Some(mode) if mode & !0o777 != 0 => Err("permissions are 0777 at most".to_owned()),
        Some(mode) if mode & 0o400 == 0 => Err("its owner could not read the key".to_owned()),
        Some(mode) => Ok(mode),
        None => Err("permissions are octal digits, such as 0600 or 0640".to_owned()),
    }
}

impl From<KeyFormat> for PrivateKeyEncoding {
    fn from(format: KeyFormat) -> Self {
        match format {
            KeyFormat::Pkcs8 => Self::Pkcs8,
            KeyFormat::Traditional => Self::Traditional,
        }
    }
}
