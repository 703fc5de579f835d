//! `--if-needed`: what is there is read, and left alone if it is what was asked for.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use kumactl::encode::bundle;
use kumactl::encode::pem::{self, PemError};
use kumactl::renewal::{self, ExpectedIssuer, RenewBefore};
use kumactl::verify::kuma;
use kumactl::{KeyAlgorithm, KeyError, KeyPair, Template, Validity};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::exit::Failure;
use super::input;
use super::output::{Existing, Plan, Role};

/// The flags about files that exist.
#[derive(clap::Args)]
pub(super) struct RenewalArgs {
    /// Replace files that exist
    #[arg(long)]
    force: bool,

    /// Leave files alone that are what is asked for, and replace them all otherwise
    #[arg(long)]
    if_needed: bool,

    /// With --if-needed, how long before its end a certificate is replaced: a duration, or a
    /// percentage of its life [default: 30d, or a third of its life if that is less]
    #[arg(long, value_name = "DURATION", requires = "if_needed", value_parser = renew_before)]
    renew_before: Option<RenewBefore>,

    /// With --if-needed or --force, make the new certificate for the key that exists
    #[arg(long)]
    reuse_key: bool,
}

fn renew_before(text: &str) -> Result<RenewBefore, String> {
    text.parse().map_err(|_| "it is a duration as `720h` or `30d`, or 1% to 99%".to_owned())
}

impl RenewalArgs {
    /// What to do with files that exist, once it is known that something is to be written.
    pub(super) const fn existing(&self) -> Existing {
        if self.force || self.if_needed { Existing::Replace } else { Existing::Keep }
    }

    /// Whether files that are what is asked for stay.
    pub(super) const fn is_if_needed(&self) -> bool {
        self.if_needed
    }

    /// Whether files of somebody else's may be replaced.
    pub(super) const fn is_forced(&self) -> bool {
        self.force
    }

    /// Reads the key and the certificate that are there, as far as the flags ask for it. With
    /// --if-needed other runs wait from then on.
    ///
    /// # Errors
    ///
    /// Files that are something else than a key and certificates, unless they may be replaced; an
    /// output that cannot be read back.
    pub(super) fn read(&self, plan: &mut Plan) -> Result<Found, Failure> {
        if self.reuse_key && !self.if_needed && !self.force {
            let failure = Failure::usage("--reuse-key replaces files that exist");
            return Err(failure.hint("add --force, or --if-needed"));
        }
        if !self.if_needed && !self.reuse_key {
            return Ok(Found::default());
        }
        if self.if_needed {
            plan.lock()?;
            plan.remove_unfinished();
        }
        let mut found = Found { force: self.force, reuse_key: self.reuse_key, ..Found::default() };
        found.read_key(&plan.regular_file(Role::PrivateKey)?)?;
        if self.if_needed {
            for role in [Role::CaCertificate, Role::CaBundle] {
                if plan.has(role) {
                    plan.regular_file(role)?;
                }
            }
            found.read_chain(&plan.regular_file(Role::Certificate)?)?;
            let key = plan.mode(Role::PrivateKey);
            found.check_mode(key, &plan.regular_file(Role::PrivateKey)?);
        }
        if self.reuse_key && self.force && found.key.is_none() {
            let reason = found.reasons.first().map_or("there is none", String::as_str);
            let failure = Failure::failed(format!("there is no private key to reuse: {reason}"));
            return Err(failure.hint("leave --reuse-key out, and a key is made"));
        }
        Ok(found)
    }

    /// Reads a pair at its places, without a plan and without waiting for other runs.
    ///
    /// # Errors
    ///
    /// Files that are something else than a key and certificates.
    pub(super) fn look(&self, key: &Path, mode: u32, certificate: &Path) -> Result<Found, Failure> {
        let (force, reuse_key) = (self.force, self.reuse_key);
        let mut found = Found { force, reuse_key, ..Found::default() };
        found.read_key(key)?;
        found.read_chain(certificate)?;
        found.check_mode(mode, key);
        Ok(found)
    }

    /// Why the pair that was found cannot stay.
    ///
    /// # Errors
    ///
    /// Certificates that cannot be read.
    pub(super) fn reasons(
        &self,
        found: &Found,
        wanted: &Template,
        issuer: ExpectedIssuer<'_>,
        now: OffsetDateTime,
    ) -> Vec<String> {
        let mut reasons = found.reasons.clone();
        if let (Some(key), Some(chain)) = (&found.key, &found.chain) {
            let before = self.renew_before.unwrap_or_default();
            match renewal::reasons(chain, key, wanted, issuer, before, now) {
                Ok(more) => reasons.extend(
                    more.iter().map(|reason| format!("{}: {reason}", found.certificate_file)),
                ),
                Err(error) => reasons.push(format!("{}: {error}", found.certificate_file)),
            }
        }
        reasons
    }

    /// What is worth a warning about a new certificate with these dates.
    pub(super) fn warning(&self, validity: Validity, now: OffsetDateTime) -> Option<String> {
        let renews_always = self.renew_before.is_some_and(|before| before.starts(validity) <= now);
        renews_always.then(|| {
            "the certificate lives no longer than --renew-before, so every run makes a new one"
                .to_owned()
        })
    }

    /// Whether the key that was found stays: because it is to, or because without --force no key is
    /// replaced that has no certificate beside it. It may be in use, or left by a run that was killed.
    fn keeps_key(&self, found: &Found) -> bool {
        self.reuse_key || (!self.force && found.chain.is_none() && !found.has_certificate_file)
    }

    /// The key to make a certificate for, if the one that is there is to be kept.
    ///
    /// # Errors
    ///
    /// A key of another type than was asked for.
    pub(super) fn reused(
        &self,
        found: Found,
        key_type: Option<KeyAlgorithm>,
    ) -> Result<Option<KeyPair>, Failure> {
        let keeps_key = self.keeps_key(&found);
        let Some(key) = found.key.filter(|_| keeps_key) else {
            return Ok(None);
        };
        match key_type {
            Some(wanted) if wanted != key.algorithm() => {
                let text = format!("the key that exists is {}, not {wanted}", key.algorithm());
                Err(Failure::usage(text).hint(if self.reuse_key {
                    "leave --key-type out, or --reuse-key"
                } else {
                    "leave --key-type out, and it gets a certificate; --force replaces it"
                }))
            }
            _ => Ok(Some(key)),
        }
    }

    /// The type of key to ask for: that of a key which is to be kept, if no other is named.
    pub(super) fn key_type(&self, found: &Found, given: Option<KeyAlgorithm>) -> KeyAlgorithm {
        let kept = found.key.as_ref().filter(|_| self.keeps_key(found)).map(KeyPair::algorithm);
        given.or(kept).unwrap_or_default()
    }
}

/// What stands at the places of a key and a certificate.
#[derive(Default)]
pub(super) struct Found {
    key: Option<KeyPair>,
    chain: Option<Vec<Vec<u8>>>,
    certificate_file: String,
    /// Whether there is anything in that file.
    has_certificate_file: bool,
    /// What is known to be wrong already.
    reasons: Vec<String>,
    force: bool,
    reuse_key: bool,
}

impl Found {
    /// The certificates of the certificate's file.
    pub(super) fn chain(&self) -> &[Vec<u8>] {
        self.chain.as_deref().unwrap_or_default()
    }

    /// The private key.
    pub(super) const fn key(&self) -> Option<&KeyPair> {
        self.key.as_ref()
    }

    fn read_key(&mut self, path: &Path) -> Result<(), Failure> {
        let Some(text) = self.read(path)? else {
            return Ok(());
        };
        let shown = path.display();
        let key = match pem::decode_private_key(&text) {
            Ok(der) => KeyPair::from_der(&der),
            Err(error) if self.reuse_key => return Err(self.foreign_key(path, &error)),
            Err(error) => return self.damaged(path, &text, &error),
        };
        match key {
            Ok(key) => self.key = Some(key),
            Err(KeyError::Malformed) => self.reasons.push(format!("{shown} is damaged")),
            Err(error) if self.force => self.reasons.push(format!("{shown}: {error}")),
            Err(error) => return Err(self.foreign_key(path, &error)),
        }
        Ok(())
    }

    fn foreign_key(&self, path: &Path, error: &dyn std::fmt::Display) -> Failure {
        if self.reuse_key {
            let text = format!("{} cannot be reused: {error}", path.display());
            return Failure::failed(text).hint("leave --reuse-key out, or write to another place");
        }
        foreign(path, error)
    }

    fn read_chain(&mut self, path: &Path) -> Result<(), Failure> {
        self.certificate_file = path.display().to_string();
        let Some(text) = self.read(path)? else {
            return Ok(());
        };
        self.has_certificate_file = true;
        match pem::decode_certificates(&text) {
            Ok(chain) => self.chain = Some(chain),
            Err(error) => self.damaged(path, &text, &error)?,
        }
        Ok(())
    }

    fn read(&mut self, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.reasons.push(format!("{} does not exist", path.display()));
                Ok(None)
            }
            Ok(metadata) if metadata.len() == 0 => {
                self.reasons.push(format!("{} is empty", path.display()));
                Ok(None)
            }
            _ => input::read(path, "file").map(Some),
        }
    }

    /// A damaged file of ours is replaced; a file of somebody else's is not.
    fn damaged(&mut self, path: &Path, text: &[u8], error: &PemError) -> Result<(), Failure> {
        let is_start = *error == PemError::NoBlock && b"-----BEGIN ".starts_with(text.trim_ascii());
        let is_ours = matches!(error, PemError::Malformed { .. }) || is_start;
        if !is_ours && !self.force {
            return Err(foreign(path, error));
        }
        self.reasons.push(format!("{} is damaged: {error}", path.display()));
        Ok(())
    }

    fn check_mode(&mut self, wanted: u32, path: &Path) {
        let Ok(metadata) = fs::metadata(path) else {
            return;
        };
        let found = metadata.permissions().mode() & 0o7777;
        if metadata.len() > 0 && found != wanted {
            let path = path.display();
            self.reasons.push(format!("{path} has the permissions {found:04o}, not {wanted:04o}"));
        }
    }
}

/// Which of the files made from the CA certificate are missing or stale, and why. A file that holds
/// the CA certificate among others is one that clients can use, so it stays.
///
/// # Errors
///
/// Files that are something else, unless they may be replaced.
pub(super) fn stale(
    plan: &Plan,
    trust_anchor: &[u8],
    force: bool,
) -> Result<Vec<(Role, String)>, Failure> {
    let mut stale = Vec::new();
    for role in [Role::CaCertificate, Role::CaBundle] {
        if plan.has(role) {
            let mut found = Found { force, ..Found::default() };
            found.read_ca(role, &plan.regular_file(role)?, trust_anchor)?;
            stale.extend(found.reasons.into_iter().map(|reason| (role, reason)));
        }
    }
    Ok(stale)
}

/// A CA file that may stay: it can be handed out, and holds the CA certificate, perhaps among others, as
/// while one CA replaces another.
fn standing_ca(path: &Path, trust_anchor: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = input::read(path, "CA certificate file").ok()?;
    let certificates = pem::decode_certificates(&text).ok()?;
    let is_handed_out = kuma::check_ca_file(&certificates).is_ok_and(|found| found.is_ok());
    (is_handed_out && certificates.iter().any(|der| der == trust_anchor)).then_some(text)
}

/// The CA file of a pair that stays: the one that is there, if it may stay, or else a new one.
pub(super) fn ca_file(path: &Path, trust_anchor: &[u8]) -> Vec<u8> {
    standing_ca(path, trust_anchor)
        .map_or_else(|| pem::encode_certificates([trust_anchor]), |text| text.to_vec())
}

/// Which files of a directory are missing or are not what is made from a good pair, and why. The Secret
/// holds the key, and is to have its permissions, `key_mode`.
pub(super) fn stale_artefacts(
    directory: &Path,
    roles: &[Role],
    key_mode: u32,
    content: impl Fn(Role) -> Zeroizing<Vec<u8>>,
) -> Vec<(Role, String)> {
    let stale = |role: Role| {
        let path = directory.join(role.file_name());
        let reason = match fs::read(&path).map(Zeroizing::new) {
            Ok(found) if found == content(role) => return None,
            Ok(_) => "is not what is made from the pair",
            Err(_) => "does not exist",
        };
        Some((role, format!("{} {reason}", path.display())))
    };
    let mut found: Vec<_> = roles.iter().copied().filter_map(stale).collect();
    let is_told = found.iter().any(|(role, _)| *role == Role::Secret);
    if roles.contains(&Role::Secret) && !is_told {
        let mut secret = Found::default();
        secret.check_mode(key_mode, &directory.join(Role::Secret.file_name()));
        found.extend(secret.reasons.into_iter().map(|reason| (Role::Secret, reason)));
    }
    found
}

impl Found {
    /// Looks for the CA certificate in a file.
    fn read_ca(&mut self, role: Role, path: &Path, trust_anchor: &[u8]) -> Result<(), Failure> {
        let Some(text) = self.read(path)? else {
            return Ok(());
        };
        let shown = path.display();
        let certificates = if role == Role::CaBundle {
            let read = bundle::decode(&text).and_then(|pem| Ok(pem::decode_certificates(&pem)?));
            match read {
                Ok(certificates) => certificates,
                Err(error) if self.force => {
                    self.reasons.push(format!("{shown}: {error}"));
                    return Ok(());
                }
                Err(error) => return Err(foreign(path, &error)),
            }
        } else {
            match pem::decode_certificates(&text) {
                Ok(certificates) => certificates,
                Err(error) => return self.damaged(path, &text, &error),
            }
        };
        if !certificates.iter().any(|der| der == trust_anchor) {
            self.reasons.push(format!("{shown} holds another CA"));
        } else if role == Role::CaBundle && text.trim_ascii().contains(&b'\n') {
            self.reasons.push(format!("{shown} has several lines"));
        }
        Ok(())
    }
}

fn foreign(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    let text = format!("{} was kept; it is not a file of ours: {error}", path.display());
    Failure::failed(text).hint("--force replaces it; or write to another place")
}
