//! The sequence behind every command that signs a token: read the key, sign, write, report.

use std::ffi::OsStr;
use std::path::Path;

use kuma_pki::format::pem::{OtherFormat, PemError};
use kuma_pki::rfc3339;
use kuma_pki::token::{
    Claims, SignedToken, SigningKey, SigningKeyError, TokenError, TokenId, TokenKind, TokenRequest,
};
use serde::Serialize;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::args::token::{Signing, TokenArgs};
use crate::files::{self, ExistingPolicy, Output, OutputKind, Plan, read};
use crate::report::console::{self, Console};
use crate::report::failure::Failure;
use crate::report::hints;
use crate::report::render::{self, ChangedFile, ReportFormat};

/// The permissions of a file with a secret.
const SECRET_MODE: u32 = 0o600;

/// A token in JSON. Fields are added, never changed or removed.
#[derive(Serialize)]
struct TokenReport<'a> {
    kind: TokenKind,
    id: String,
    key_id: &'a str,
    not_before: String,
    expires_at: String,
    /// The token, unless it was written to a file.
    token: Option<&'a str>,
    files: Vec<ChangedFile>,
}

/// Signs a token, and prints or writes it. Fails on a key that cannot sign, claims that nobody can match, and a file
/// that cannot be written.
pub(crate) fn issue(
    args: &TokenArgs,
    signing: &Signing<'_>,
    claims: &Claims,
    console: Console,
) -> Result<(), Failure> {
    let now = OffsetDateTime::now_utc();
    let plan = args
        .token_file
        .as_ref()
        .map(|file| secret_plan(OutputKind::Token, file, args.force, console));
    let plan = plan.transpose()?;
    if let Some(plan) = &plan {
        plan.refuse_inputs(std::iter::once(signing.key_file))?;
        render::refuse_shared_stdout(plan, args.output)?;
    }
    let key = read_signing_key(signing.key_file, console)?;
    let id = TokenId::random()?;
    let Signing { key_id, valid_for, .. } = *signing;
    let token = TokenRequest { claims, key_id, id, now, valid_for }.sign(&key)?;
    let report = |files, text| TokenReport {
        kind: claims.kind(),
        id: id.to_string(),
        key_id,
        not_before: moment(token.not_before),
        expires_at: moment(token.expires_at),
        token: text,
        files,
    };
    match (plan, args.output) {
        (None, ReportFormat::Text) => console::print_result(token.text.as_bytes()),
        (None, ReportFormat::Json) => {
            console::print_result(secret_json(&report(Vec::new(), Some(&token.text)), &token)?)
        }
        (Some(plan), output) => {
            let is_silent = plan.uses_stdout();
            let changes = plan.commit(|_| Zeroizing::new(token.text.as_bytes().to_vec()))?;
            changes.warnings.iter().for_each(|warning| console.warn(warning));
            if !is_silent {
                console.report(&match output {
                    ReportFormat::Text => render::lines(&changes.saved, &[]),
                    ReportFormat::Json => {
                        let saved = changes.saved.iter().filter_map(render::changed_file);
                        render::json_text(&report(saved.collect(), None))
                    }
                });
            }
            Ok(())
        }
    }
}

/// Plans one file that only its owner can read. Fails on a path that cannot be written and, without `force`, on an
/// existing file.
pub(crate) fn secret_plan(
    kind: OutputKind,
    file: &OsStr,
    force: bool,
    console: Console,
) -> Result<Plan, Failure> {
    let policy = if force { ExistingPolicy::Replace } else { ExistingPolicy::KeepUnlessForced };
    Plan::new(vec![Output::of_flag(kind, file, SECRET_MODE)], policy, console)
}

/// Reads the key that signs tokens. Warns if other users can read it. Fails on a file that cannot be read or used.
pub(crate) fn read_signing_key(path: &Path, console: Console) -> Result<SigningKey, Failure> {
    let text = read::file(path, "signing key file")?;
    let key = SigningKey::from_text(&text).map_err(|error| {
        let shown = read::shown(path);
        let failure = Failure::failed(format!("cannot use signing key file {shown}: {error}"));
        let file = hints::typed(&shown);
        failure.hint(match error {
            SigningKeyError::Pem(PemError::EncryptedPrivateKey) => {
                format!("(umask 077; openssl rsa -in {file} -out signing.key) decrypts it")
            }
            SigningKeyError::Pem(PemError::OtherFormat(OtherFormat::PrivateKey)) => {
                format!(
                    "(umask 077; openssl rsa -inform DER -in {file} -out signing.key) converts it"
                )
            }
            SigningKeyError::Pem(PemError::Base64 { .. }) => {
                format!("(umask 077; base64 -d {file} > signing.key) decodes it once")
            }
            SigningKeyError::Pem(PemError::Malformed { kind, .. }) => {
                hints::damage_hint(kind).to_owned()
            }
            SigningKeyError::Pem(PemError::NoPrivateKey { .. }) => {
                "pass the private key, which `kumactl generate signing-key` prints".to_owned()
            }
            _ => "`kumactl generate signing-key --format=pem --key-file=signing.key` makes a key"
                .to_owned(),
        })
    })?;
    files::warn_about_readers(path, "signing key file", console);
    Ok(key)
}

/// Returns JSON with a token in a buffer that never grows, and is wiped.
fn secret_json(
    report: &TokenReport<'_>,
    token: &SignedToken,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut text = Zeroizing::new(Vec::with_capacity(token.text.len() * 2 + 4096));
    serde_json::to_writer_pretty(&mut *text, report).map_err(Failure::failed)?;
    text.push(b'\n');
    Ok(text)
}

fn moment(seconds: i64) -> String {
    let date = OffsetDateTime::from_unix_timestamp(seconds);
    date.map_or_else(|_| seconds.to_string(), |date| rfc3339(&date))
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        match &error {
            TokenError::Claims(_) => Self::usage(error),
            TokenError::TooLong => Self::usage(error).hint("--valid-for=87600h is ten years"),
            _ => Self::failed(error),
        }
    }
}
