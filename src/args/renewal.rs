//! `--if-needed`: what is there is read, and left alone if it is what was asked for.

use std::path::Path;

use kuma_pki::format::bundle;
use kuma_pki::format::pem::{self, PemError};
use kuma_pki::issue::renewal::{self, CertificateRole, ExpectedIssuer, Reason, RenewBefore};
use kuma_pki::verify::kuma;
use kuma_pki::{Certificate, KeyAlgorithm, KeyError, KeyPair, Template, Validity, spec};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::files::input;
use crate::files::{Existing, Plan, Role};
use crate::report::failure::Failure;

/// The flags about files that exist.
#[derive(clap::Args)]
pub(crate) struct RenewalArgs {
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
    pub(crate) const fn existing(&self) -> Existing {
        if self.force || self.if_needed { Existing::Replace } else { Existing::Keep }
    }

    /// Whether files that are what is asked for stay.
    pub(crate) const fn is_if_needed(&self) -> bool {
        self.if_needed
    }

    /// Whether files of somebody else's may be replaced.
    pub(crate) const fn is_forced(&self) -> bool {
        self.force
    }

    /// Reads the key and the certificate that are there, as far as the flags ask for it. With
    /// --if-needed other runs wait from then on.
    ///
    /// # Errors
    ///
    /// Files that are something else than a key and certificates, unless they may be replaced; an
    /// output that cannot be read back.
    pub(crate) fn read(&self, plan: &mut Plan) -> Result<Found, Failure> {
        if self.reuse_key && !self.if_needed && !self.force {
            let failure = Failure::usage("--reuse-key replaces files that exist");
            return Err(failure.hint("add --force, or --if-needed"));
        }
        if !self.if_needed && !self.reuse_key {
            return Ok(Found::default());
        }
        let mut found = Found { force: self.force, reuse_key: self.reuse_key, ..Found::default() };
        if self.if_needed {
            plan.lock()?;
            plan.require_regular_files()?;
            found.is_of_killed_run = plan.remove_unfinished();
        }
        found.read_key(&plan.regular_file(Role::PrivateKey)?)?;
        if self.if_needed {
            found.read_chain(&plan.regular_file(Role::Certificate)?)?;
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
    pub(crate) fn look(&self, key: &Path, certificate: &Path) -> Result<Found, Failure> {
        let (force, reuse_key) = (self.force, self.reuse_key);
        let mut found = Found { force, reuse_key, ..Found::default() };
        found.read_key(key)?;
        found.read_chain(certificate)?;
        Ok(found)
    }

    /// Returns the reasons to replace the pair that was found; without one, it stays.
    ///
    /// # Errors
    ///
    /// A pair that is not as requested and that only --force replaces, such as a CA that is valid.
    pub(crate) fn reasons(
        &self,
        found: &Found,
        wanted: &Template,
        issuer: ExpectedIssuer<'_>,
        now: OffsetDateTime,
    ) -> Result<Vec<String>, Failure> {
        let mut reasons = found.reasons.clone();
        let mut differences = Vec::new();
        if let (Some(key), Some(chain)) = (&found.key, &found.chain) {
            let before = self.renew_before.unwrap_or_default();
            match renewal::reasons(chain, key, wanted, issuer, before, now) {
                Ok(found) => differences = found,
                Err(error) if self.force => {
                    reasons.push(format!("{}: {error}", found.certificate_file));
                }
                Err(error) => return Err(foreign(Path::new(&found.certificate_file), &error)),
            }
        }
        if !self.force {
            found.refuse_to_replace(&differences, wanted, now)?;
        }
        let file = &found.certificate_file;
        reasons.extend(differences.iter().map(|difference| format!("{file}: {difference}")));
        Ok(reasons)
    }

    /// What is worth a warning about a new certificate with these dates.
    pub(crate) fn warning(&self, validity: Validity, now: OffsetDateTime) -> Option<String> {
        let renews_always = self.renew_before.is_some_and(|before| before.starts(validity) <= now);
        renews_always.then(|| {
            "the certificate lives no longer than --renew-before, so every run makes a new one"
                .to_owned()
        })
    }

    /// Whether the key that was found stays: because it is to, or because without --force no key is
    /// replaced for want of its certificate. It may be in use, or left by a run that was killed.
    const fn keeps_key(&self, found: &Found) -> bool {
        self.reuse_key || (!self.force && found.chain.is_none())
    }

    /// The key to make a certificate for, if the one that is there is to be kept.
    ///
    /// # Errors
    ///
    /// A key of another type than was asked for.
    pub(crate) fn reused(
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
}

/// What stands at the places of a key and a certificate.
#[derive(Default)]
pub(crate) struct Found {
    key: Option<KeyPair>,
    chain: Option<Vec<Vec<u8>>>,
    certificate_file: String,
    /// Whether a killed run left files on their way to these places.
    is_of_killed_run: bool,
    /// What is known to be wrong already.
    reasons: Vec<String>,
    force: bool,
    reuse_key: bool,
}

impl Found {
    /// The certificates of the certificate's file.
    pub(crate) fn chain(&self) -> &[Vec<u8>] {
        self.chain.as_deref().unwrap_or_default()
    }

    /// The private key.
    pub(crate) const fn key(&self) -> Option<&KeyPair> {
        self.key.as_ref()
    }

    /// The type of key to ask for: that of the key which is there, if none is named.
    pub(crate) fn key_type(&self, given: Option<KeyAlgorithm>) -> KeyAlgorithm {
        given.or_else(|| self.key.as_ref().map(KeyPair::algorithm)).unwrap_or_default()
    }

    /// Returns the CA that issued the certificate which was found, whose clients trust that CA. A
    /// self-signed certificate takes its place only with --force.
    pub(crate) fn foreign_issuer(&self) -> Option<String> {
        let certificate = self.chain().first().filter(|_| !self.force)?;
        let issuer = spec::issued_by(certificate).ok()??;
        Some(kuma_pki::printable(&issuer))
    }

    /// Refuses what only --force may do: to replace a CA that is valid and can sign or whose key may be
    /// elsewhere, a certificate of another kind, or one because of a clock that is wrong.
    fn refuse_to_replace(
        &self,
        differences: &[Reason],
        wanted: &Template,
        now: OffsetDateTime,
    ) -> Result<(), Failure> {
        let is_ca_wanted = wanted.extended_key_usage.is_none();
        let is_ca = |role: CertificateRole| role == CertificateRole::Ca;
        let of_another = |difference: &&Reason| match difference {
            Reason::Role { found, wanted } => is_ca(*found) || is_ca(*wanted),
            Reason::NotYetValid { .. } => true,
            Reason::Issuer { .. } => is_ca_wanted,
            _ => false,
        };
        if let Some(difference) = differences.iter().find(of_another) {
            let text = format!("{} was kept: {difference}", self.certificate_file);
            return Err(Failure::failed(text).hint(match difference {
                Reason::NotYetValid { .. } => "check the clock of this machine",
                _ => "rerun with --force to replace it, or write to other files",
            }));
        }
        if !is_ca_wanted {
            return Ok(());
        }
        let is_mismatch = |difference: &&Reason| matches!(difference, Reason::KeyMismatch);
        let is_near_end = |difference: &Reason| matches!(difference, Reason::NearEnd { .. });
        let mismatch = differences.iter().find(is_mismatch);
        let reasons: Vec<String> = match mismatch {
            // A new key beside the old certificate, or the name of its old key in the certificate.
            Some(_) if self.is_of_killed_run => return Ok(()),
            Some(mismatch) => vec![mismatch.to_string()],
            None if self.key.is_none() => self.reasons.clone(),
            None if differences.iter().any(is_near_end) => return Ok(()),
            None => differences.iter().map(ToString::to_string).collect(),
        };
        let Some(not_after) = self.not_after().filter(|not_after| now < *not_after) else {
            return Ok(());
        };
        if reasons.is_empty() {
            return Ok(());
        }
        let (file, until) = (&self.certificate_file, kuma_pki::rfc3339(&not_after));
        let text = format!("{file}, a CA valid until {until}, was kept: {}", reasons.join("; "));
        let failure = Failure::failed(text);
        let failure = match self.key {
            Some(_) if mismatch.is_none() => failure,
            _ => failure.hint("put the CA's private key back"),
        };
        Err(failure.hint(
            "rerun with --force to replace the CA, and give the new one to all clients; or write \
             it to other files with --cert-file and --key-file",
        ))
    }

    /// The end of the certificate that was found.
    fn not_after(&self) -> Option<OffsetDateTime> {
        let certificate = Certificate::from_der(self.chain().first()?.clone()).ok()?;
        Some(certificate.validity().not_after)
    }

    fn read_key(&mut self, path: &Path) -> Result<(), Failure> {
        let Some(text) = self.read(path, "key file")? else {
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
        let Some(text) = self.read(path, "certificate file")? else {
            return Ok(());
        };
        match pem::decode_certificates(&text) {
            Ok(chain) => self.chain = Some(chain),
            Err(error) => self.damaged(path, &text, &error)?,
        }
        Ok(())
    }

    fn read(&mut self, path: &Path, role: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        let found = input::read_output(path, role)?;
        let lacks = match &found {
            None => "does not exist",
            Some(text) if text.trim_ascii().is_empty() => "is empty",
            Some(_) => return Ok(found),
        };
        self.reasons.push(format!("{} {lacks}", path.display()));
        Ok(None)
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
}

/// Which of the files made from the CA certificate are missing or stale, and why. A file that holds
/// the CA certificate among others is one that clients can use, so it stays.
///
/// # Errors
///
/// Files that are something else, unless they may be replaced.
pub(crate) fn stale(
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

/// The certificates that clients are to trust: those of the CA file that is there, if it may stay, or
/// else the CA's alone. It may stay if it can be handed out and holds the CA certificate, perhaps among
/// others, as while one CA replaces another; those that are valid come first.
///
/// # Errors
///
/// A file that cannot be read.
pub(crate) fn ca_file(
    path: &Path,
    trust_anchor: &[u8],
    now: OffsetDateTime,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let found = input::read_output(path, "CA certificate file")?;
    Ok(Zeroizing::new(match found.filter(|text| may_stay(text, trust_anchor)) {
        Some(text) => kuma::ordered_pem(&text, now)?.into_owned(),
        None => pem::encode_certificates([trust_anchor]),
    }))
}

fn may_stay(text: &[u8], trust_anchor: &[u8]) -> bool {
    let certificates = pem::decode_certificates(text).unwrap_or_default();
    let is_handed_out = kuma::check_ca_file(&certificates).is_ok_and(|found| found.is_ok());
    is_handed_out && certificates.iter().any(|der| der == trust_anchor)
}

/// Which files of a directory are missing or are not what is made from a good pair, and why.
///
/// # Errors
///
/// Files that cannot be read.
pub(crate) fn stale_artefacts(
    directory: &Path,
    roles: &[Role],
    content: impl Fn(Role) -> Zeroizing<Vec<u8>>,
) -> Result<Vec<(Role, String)>, Failure> {
    let mut stale = Vec::new();
    for role in roles {
        let path = directory.join(role.file_name());
        let reason = match input::read_output(&path, "file")? {
            Some(found) if found == content(*role) => continue,
            Some(_) => "is not what is made from the pair",
            None => "does not exist",
        };
        stale.push((*role, format!("{} {reason}", path.display())));
    }
    Ok(stale)
}

impl Found {
    /// Looks for the CA certificate in a file.
    fn read_ca(&mut self, role: Role, path: &Path, trust_anchor: &[u8]) -> Result<(), Failure> {
        let Some(text) = self.read(path, "CA file")? else {
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
