//! The flags about the private key.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use kuma_pki::{KeyAlgorithm, PrivateKeyEncoding};

/// The flags of every command that generates a key.
#[derive(clap::Args)]
pub(crate) struct KeyArgs {
    /// Type of the private key [default: rsa]
    #[arg(long, value_name = "TYPE", value_parser = key_type_parser())]
    pub(crate) key_type: Option<KeyAlgorithm>,

    #[command(flatten)]
    pub(crate) file: KeyFileArgs,
}

/// The flags of every command that writes a key.
#[derive(clap::Args)]
pub(crate) struct KeyFileArgs {
    /// Encoding of the private key
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) key_format: KeyFormat,

    /// Permissions of the key file, independent of the umask
    #[arg(long, value_name = "MODE", default_value = "0600", value_parser = key_mode)]
    pub(crate) key_mode: u32,
}

/// The value of `--key-format`.
#[derive(Clone, Copy, Default, clap::ValueEnum)]
pub(crate) enum KeyFormat {
    /// PKCS#1 for RSA and SEC 1 for ECDSA, like the official kumactl
    #[default]
    Traditional,
    /// PKCS#8
    Pkcs8,
}

impl KeyFileArgs {
    /// Returns the warning about permissions that let every user read the key.
    pub(crate) fn warning(&self) -> Option<String> {
        (self.key_mode & 0o007 != 0).then(|| {
            format!(
                "--key-mode={:04o} gives every user of this machine access to the private key",
                self.key_mode
            )
        })
    }
}

fn key_type_parser() -> impl TypedValueParser<Value = KeyAlgorithm> {
    let values = KeyAlgorithm::ALL.iter().flat_map(|algorithm| {
        let help = algorithm.description();
        let names = algorithm.names().iter().enumerate();
        names.map(move |(index, name)| PossibleValue::new(*name).help(help.clone()).hide(index > 0))
    });
    // The official kumactl treats an empty value as the default.
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
        Some(mode) if mode & !0o777 != 0 => Err("use at most 0777".to_owned()),
        Some(mode) if mode & 0o400 == 0 => Err("the owner could not read the key".to_owned()),
        Some(mode) => Ok(mode),
        None => Err("use octal permissions such as 0600 or 0640".to_owned()),
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
