//! The flags of the commands that sign a token.

use std::ffi::OsString;
use std::path::Path;

use kuma_pki::ValidFor;

use crate::official;
use crate::report::failure::Failure;
use crate::report::render::ReportFormat;

/// Flags of every command that signs a token.
#[derive(clap::Args)]
pub(crate) struct TokenArgs {
    /// Lifetime of the token, such as `720h`, `90d`, `2w` or `1y` (required)
    #[arg(long, value_name = "DURATION")]
    valid_for: Option<String>,

    /// RSA private key that signs the token, `-` for standard input [default: ask the control plane for
    /// the token]
    #[arg(long, value_name = "FILE")]
    signing_key_path: Option<OsString>,

    /// ID of the key in the control plane
    #[arg(long, value_name = "ID")]
    kid: Option<String>,

    /// File for the token, with mode 0600 [default: standard output]
    #[arg(long, value_name = "FILE", requires = "signing_key_path")]
    pub(crate) token_file: Option<OsString>,

    /// Overwrite the token file
    #[arg(long, requires = "token_file")]
    pub(crate) force: bool,

    /// Print the token alone, or JSON with its ID and expiry
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) output: ReportFormat,
}

/// The signing key and the lifetime of a token.
pub(crate) struct Signing<'a> {
    pub(crate) key_file: &'a Path,
    pub(crate) key_id: &'a str,
    pub(crate) valid_for: ValidFor,
}

impl TokenArgs {
    /// Returns the key and the lifetime. Without a key, the official kumactl replaces this process, and asks
    /// the control plane. `missing` has the failures for required flags of the command itself.
    pub(crate) fn signing(
        &self,
        noun: &str,
        mut missing: Vec<Failure>,
    ) -> Result<Signing<'_>, Failure> {
        if self.valid_for.is_none() {
            let failure = Failure::usage("--valid-for is missing: how long is the token valid?");
            missing.push(failure.hint("--valid-for=720h, or --valid-for=30d"));
        }
        if let Some(failure) = Failure::join(missing) {
            return Err(failure);
        }
        // As in the official kumactl, an empty value counts as none.
        let key_file =
            self.signing_key_path.as_deref().filter(|path| !path.is_empty()).map(Path::new);
        let key_id = self.kid.as_deref().filter(|kid| !kid.is_empty());
        let (key_file, key_id) = match (key_file, key_id) {
            (Some(key_file), Some(key_id)) => (key_file, key_id),
            (Some(_), None) => {
                let failure = Failure::usage("--signing-key-path needs --kid");
                return Err(failure.hint("--kid=1, the ID of the key in the control plane"));
            }
            (None, Some(_)) => {
                let failure = Failure::usage("--kid needs --signing-key-path");
                return Err(failure.hint("--signing-key-path=signing.key"));
            }
            (None, None) if self.output == ReportFormat::Json => {
                return Err(Failure::usage("--output=json needs --signing-key-path and --kid"));
            }
            (None, None) => {
                let failure = official::hand_over(&format!("generate {noun}"));
                return Err(failure.hint("--signing-key-path and --kid sign the token offline"));
            }
        };
        let valid_for = self.valid_for.as_deref().unwrap_or_default().parse::<ValidFor>()?;
        Ok(Signing { key_file, key_id, valid_for })
    }
}

/// Splits a value at its commas like a line of Go's encoding/csv: a field in double quotes can contain commas,
/// and two double quotes in it stand for one. Fails on a misplaced or missing double quote.
pub(crate) fn split_list(text: &str) -> Result<Vec<String>, String> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let field = &rest[..end];
                if field.contains('"') {
                    return Err("a double quote stands within a value".to_owned());
                }
                (field.to_owned(), &rest[end..])
            }
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(fields),
            None => return Err("text follows a value in double quotes".to_owned()),
        }
    }
}

/// Returns the field after an opening quote, and the text after its closing quote.
fn quoted_field(text: &str) -> Result<(String, &str), String> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let Some((part, after)) = rest.split_once('"') else {
            return Err("a double quote is not closed".to_owned());
        };
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(next) => {
                field.push('"');
                rest = next;
            }
            None => return Ok((field, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::split_list;

    #[test]
    fn a_list_is_split_as_go_splits_a_line_of_csv() {
        for (text, expected) in [
            ("", Ok(vec![""])),
            ("a", Ok(vec!["a"])),
            ("a,b", Ok(vec!["a", "b"])),
            ("a,", Ok(vec!["a", ""])),
            (r#""a,b",c"#, Ok(vec!["a,b", "c"])),
            (r#""a""b""#, Ok(vec![r#"a"b"#])),
            (r#""a"b"#, Err(())),
            (r#"a"b"#, Err(())),
            (r#""a"#, Err(())),
        ] {
            let found = split_list(text).map_err(|_| ());
            let expected = expected.map(|all| all.into_iter().map(str::to_owned).collect());
            assert_eq!(found, expected, "{text}");
        }
    }
}
