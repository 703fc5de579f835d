//! `--print-spec`: the specification of what is there.

use std::collections::BTreeMap;
use std::path::Path;

use kuma_pki::format::{kubernetes_secret, pem};
use kuma_pki::spec;

use crate::files::input;
use crate::files::{self, Role};
use crate::report::failure::{Failure, reason};

/// How many certificates of one CA are named.
const MAX_NAMES: usize = 5;

/// Prints the specification of the directories with a certificate in a directory.
///
/// # Errors
///
/// A directory that cannot be read, and certificates that could not come from a specification.
pub(super) fn run(directory: &Path) -> Result<(), Failure> {
    let shown = directory.display();
    let unreadable = |error| Failure::failed(format!("could not read {shown}: {}", reason(&error)));
    let mut names = files::names(directory).map_err(unreadable)?;
    names.retain(|name| directory.join(name).join(Role::Certificate.file_name()).is_file());
    names.sort();
    if names.is_empty() {
        let failure = Failure::failed(format!("there is no certificate in {shown}"));
        return Err(failure.hint("name a directory that `--output-dir` made: DIR/NAME/tls.crt"));
    }
    let mut found = Vec::with_capacity(names.len());
    // The CAs, and of each the certificates that it issued.
    let mut issuers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in names {
        let place = directory.join(&name);
        let file = place.join(Role::Certificate.file_name());
        let text = input::read(&file, "certificate file")?;
        let unusable =
            |error: &dyn std::fmt::Display| Failure::failed(format!("{}: {error}", file.display()));
        let chain = pem::decode_certificates(&text).map_err(|error| unusable(&error))?;
        let name = name.to_string_lossy();
        let mut described = spec::describe(&name, &chain[0]).map_err(|error| unusable(&error))?;
        if let Some(issuer) = spec::issued_by(&chain[0]).map_err(|error| unusable(&error))? {
            let ca_file = input::read(&place.join(Role::CaCertificate.file_name()), "CA file");
            let cas = ca_file.ok().and_then(|text| pem::decode_certificates(&text).ok());
            let cas = [chain.clone(), cas.unwrap_or_default()].concat();
            described = described.within_life_of(&chain[0], &cas);
            issuers.entry(issuer).or_default().push(name.to_string());
        }
        if place.join(Role::CaBundle.file_name()).is_file() {
            described = described.with_bundle();
        }
        let secret = place.join(Role::Secret.file_name());
        if secret.is_file() {
            let text = input::read(&secret, "Secret")?;
            let read = kubernetes_secret::decode(&text)
                .map_err(|error| Failure::failed(format!("{}: {error}", secret.display())))?;
            described = described.with_secret(read.name, read.namespace);
        }
        found.push(described);
    }
    let comments: String = issuers.iter().map(|(issuer, names)| comment(issuer, names)).collect();
    files::print_payload(format!("{comments}{}", spec::encode(&found)))
}

/// What a specification cannot know: where the CA is.
fn comment(issuer: &str, names: &[String]) -> String {
    let issuer = kuma_pki::printable(issuer);
    let more = names.len().saturating_sub(MAX_NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let names = names.iter().take(MAX_NAMES).map(|name| kuma_pki::printable(name));
    let names = names.collect::<Vec<_>>().join(", ");
    format!(
        "# issued by {issuer}: {names}{more}\n\
         # add issuer: {{certFile: ca.crt, keyFile: ca.key}}, with the files of that CA\n"
    )
}
