//! `--print-spec`: a specification for existing certificates and tokens.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use kuma_pki::format::{kubernetes_secret, pem};
use kuma_pki::token::{self, Token, TokenSummary};
use kuma_pki::{Certificate, spec};
use time::OffsetDateTime;

use crate::files::{self, OutputKind, read};
use crate::report::console;
use crate::report::failure::{Failure, reason};

/// The largest number of names in the comment about one CA or signing key.
const MAX_NAMES: usize = 5;

/// Prints a specification for the certificates and tokens in the directories below a directory. Fails on a directory
/// that cannot be read, and certificates that no specification can describe.
pub(super) fn run(directory: &Path) -> Result<(), Failure> {
    let shown = directory.display();
    let unreadable = |error| {
        let text = format!("could not read the directory {shown}: {}", reason(&error));
        Failure::failed(text).hint("pass a directory that contains NAME/tls.crt")
    };
    let mut names = files::names(directory).map_err(unreadable)?;
    names.sort();
    let mut found = Vec::with_capacity(names.len());
    // The certificates that each CA issued.
    let mut issuers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut tokens = Vec::new();
    // The tokens that each key signed.
    let mut signers: BTreeMap<(&str, String), Vec<String>> = BTreeMap::new();
    for name in names {
        let place = directory.join(&name);
        // Files that a killed run left have such names; certificates do not.
        if name.as_encoded_bytes().starts_with(b".") || !is_directory(&place)? {
            continue;
        }
        let file = place.join(OutputKind::Certificate.file_name());
        let Some(text) = read::existing(&file, "certificate file")? else {
            let file = place.join(OutputKind::Token.file_name());
            if let Some(text) = read::existing(&file, "token file")? {
                let (name, summary) = (name.to_string_lossy(), summary(&file, &text)?);
                let signer = (summary.kind.as_str(), summary.key_id.clone().unwrap_or_default());
                signers.entry(signer).or_default().push(name.to_string());
                tokens.push(spec::describe_token(&name, &summary));
            }
            continue;
        };
        let chain = certificates(&file, &text)?;
        let name = name.to_string_lossy();
        let mut entry = spec::describe(&name, &chain[0]);
        if let Some(issuer) = spec::issued_by(&chain[0]) {
            let ca_file = place.join(OutputKind::CaCertificate.file_name());
            let mut cas = chain.clone();
            if let Some(text) = read::existing(&ca_file, "CA file")? {
                cas.extend(certificates(&ca_file, &text)?);
            }
            entry = entry.limited_by(&chain[0], &cas);
            issuers.entry(issuer).or_default().push(name.to_string());
        }
        if place.join(OutputKind::CaBundle.file_name()).is_file() {
            entry = entry.with_bundle();
        }
        let secret = place.join(OutputKind::Secret.file_name());
        if let Some(text) = read::existing(&secret, "Secret")? {
            let read = kubernetes_secret::decode(&text)
                .map_err(|error| Failure::failed(format!("{}: {error}", secret.display())))?;
            entry = entry.with_secret(read.name, read.namespace);
        }
        found.push(entry);
    }
    if found.is_empty() && tokens.is_empty() {
        let failure = Failure::failed(format!("no certificates or tokens found in {shown}"));
        return Err(failure.hint("pass a directory that contains NAME/tls.crt"));
    }
    let issuers = issuers.iter().map(|(issuer, names)| {
        let add = "issuer: {certFile: ca.crt, keyFile: ca.key} with the files of that CA";
        comment(&format!("issued by {issuer}"), names, add)
    });
    let signers = signers.iter().map(|((kind, key_id), names)| {
        let kid = serde_json::Value::from(key_id.as_str());
        let key = format!("{{keyFile: {kind}-signing.key, kid: {kid}}}");
        let add = format!("signingKeys: {{{kind}: {key}}} with the file of that key");
        comment(&format!("signed with the {kind} key {kid}"), names, &add)
    });
    let comments: String = issuers.chain(signers).collect();
    console::print_result(format!("{comments}{}", spec::encode(&found, &tokens)))
}

/// Returns whether the path is a directory, or a symbolic link to one.
fn is_directory(path: &Path) -> Result<bool, Failure> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_dir()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => {
            let text = format!("could not read {}: {}", path.display(), reason(&error));
            Err(Failure::failed(text))
        }
    }
}

fn certificates(file: &Path, text: &[u8]) -> Result<Vec<Certificate>, Failure> {
    pem::decode_certificates(text)
        .map_err(|error| Failure::failed(format!("{}: {error}", file.display())))
}

fn summary(file: &Path, text: &[u8]) -> Result<TokenSummary, Failure> {
    let text = String::from_utf8_lossy(text);
    let token = Token::parse(text.trim())
        .map_err(|error| Failure::failed(format!("{}: {error}", file.display())))?;
    Ok(token::summary(&token, OffsetDateTime::now_utc()))
}

/// Returns the comment about a CA or a signing key, whose files are not known.
fn comment(origin: &str, names: &[String], add: &str) -> String {
    let (origin, add) = (kuma_pki::printable(origin), kuma_pki::printable(add));
    let more = names.len().saturating_sub(MAX_NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let names = names.iter().take(MAX_NAMES).map(|name| kuma_pki::printable(name));
    let names = names.collect::<Vec<_>>().join(", ");
    format!("# {origin}: {names}{more}\n# add {add}\n")
}
