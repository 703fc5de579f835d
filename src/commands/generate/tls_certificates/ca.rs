//! The CA of a specification.

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use kuma_pki::format::pem;
use kuma_pki::spec::{IssuerSpecification, Place, SpecificationFault};
use kuma_pki::{CaRequest, Issuer, PrivateKeyEncoding};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::args::issuer;
use crate::files;
use crate::files::input;
use crate::files::{Changes, Destination, Existing, PUBLIC_MODE, Plan, Request, Role};
use crate::job::{self, new_key};
use crate::report::failure::Failure;
use crate::report::progress::thousands;
use crate::report::shell;

/// The permissions of a CA's key. --key-mode is for the keys that servers read.
const KEY_MODE: u32 = 0o600;

/// Where the CA is, or is to be.
pub(super) struct CaFiles {
    certificate: PathBuf,
    key: PathBuf,
    create: Option<CaRequest>,
    pub(super) place: Place,
}

/// A CA that signs.
pub(super) struct Ca {
    pub(super) issuer: Arc<Issuer>,
    /// Where it goes, if it was made for this run.
    new: Option<Plan>,
    /// The place of a key that an earlier run made.
    kept_key: Option<Plan>,
}

impl CaFiles {
    /// The files of a specification that stands in a directory.
    pub(super) fn new(ca: IssuerSpecification, parent: &Path) -> Self {
        let IssuerSpecification { cert_file, key_file, create, place } = ca;
        let (certificate, key) = (parent.join(cert_file), parent.join(key_file));
        Self { certificate, key, create, place }
    }

    /// The files, by the fields that name them.
    fn fields(&self) -> [(&'static str, &Path); 2] {
        [("certFile", &self.certificate), ("keyFile", &self.key)]
    }

    /// The files, which no certificate may replace.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.fields().into_iter().map(|(_, path)| path)
    }

    /// What is wrong with the places, as far as can be told without reading what is there. The
    /// certificates go into directories of these names in a directory.
    pub(super) fn faults<'n>(
        &self,
        directory: &Path,
        names: impl Iterator<Item = &'n str>,
    ) -> Vec<SpecificationFault> {
        let directory = real(directory);
        let [certificate, key] = [real(&self.certificate), real(&self.key)];
        let mut faults: Vec<_> = self
            .fields()
            .into_iter()
            .filter_map(|(field, path)| self.misplaced(field, path, &directory))
            .collect();
        if faults.is_empty() && certificate == key {
            faults.push(self.fault("certFile and keyFile are one file", EXAMPLE));
        }
        let within: Vec<_> = [("certFile", certificate), ("keyFile", key)]
            .into_iter()
            .filter_map(|(field, path)| {
                let mut below = path.strip_prefix(&directory).ok()?.components();
                match below.next() {
                    Some(Component::Normal(name)) => {
                        Some((field, name.to_string_lossy().to_ascii_lowercase()))
                    }
                    _ => None,
                }
            })
            .collect();
        if !within.is_empty() {
            let names: HashSet<String> = names.map(str::to_ascii_lowercase).collect();
            let within = within.iter().filter(|(_, name)| names.contains(name));
            faults.extend(within.map(|(field, name)| self.within(field, name)));
        }
        faults
    }

    /// The same for a certificate's directory that is a symbolic link to another place.
    pub(super) fn faults_behind(&self, name: &str, place: &Path) -> Vec<SpecificationFault> {
        let is_within = |path: &Path| real(path).starts_with(place);
        let within = self.fields().into_iter().filter(|(_, path)| is_within(path));
        within.map(|(field, _)| self.within(field, name)).collect()
    }

    fn within(&self, field: &str, name: &str) -> SpecificationFault {
        let text = format!("{field} is within the directory of the certificate {name}");
        self.fault(&text, "keep the CA's files elsewhere: a certificate must not replace its CA")
    }

    fn misplaced(&self, field: &str, path: &Path, directory: &Path) -> Option<SpecificationFault> {
        let shown = path.display();
        if matches!(Destination::parse(path.as_os_str()), Destination::Stdout) {
            return Some(self.fault(&format!("{field}: {shown} is no name of a file"), EXAMPLE));
        }
        if path.is_dir() {
            let text = format!("{field}: {shown} is a directory");
            return Some(self.fault(&text, "name a file in it"));
        }
        self.create.as_ref()?;
        match fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() => {
                let text = format!("{field}: {shown} is no regular file, and create makes one");
                Some(self.fault(&text, EXAMPLE))
            }
            Ok(_) => None,
            Err(_) => {
                let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty())?;
                // The directory of the certificates, and those above it, are made.
                if parent.is_dir() || directory.starts_with(real(parent)) {
                    return None;
                }
                let text = format!("{field}: the directory {} does not exist", parent.display());
                let parent = parent.to_string_lossy();
                let hint = format!("make the directory first: mkdir -p {}", shell::word(&parent));
                Some(self.fault(&text, &hint))
            }
        }
    }

    fn fault(&self, text: &str, hint: &str) -> SpecificationFault {
        let (text, hint) = (text.to_owned(), Some(hint.to_owned()));
        SpecificationFault { place: self.place, text, hint }
    }

    /// Where the CA goes, if it is to be made and has no certificate: with its key, unless that is there, as
    /// a killed run leaves it.
    ///
    /// # Errors
    ///
    /// A place that is no place for a file, or a file that cannot be read.
    pub(super) fn plan(&self) -> Result<Option<Plan>, Failure> {
        if self.create.is_none() || self.has_certificate()? {
            return Ok(None);
        }
        let has_key = is_there(&self.key, "CA key file")?;
        let key = (!has_key).then(|| request_for(Role::PrivateKey, &self.key, KEY_MODE));
        let certificate = request_for(Role::Certificate, &self.certificate, PUBLIC_MODE);
        let requests = key.into_iter().chain([certificate]).collect();
        Plan::new(requests, Existing::Keep).map(Some).map_err(in_fields)
    }

    /// Reads the CA, or makes it if there is a plan for it and no other run has made it meanwhile: for the
    /// key that is there, or for a new one. It is written later, when nothing else is wrong; other runs
    /// that would make it wait until then.
    ///
    /// # Errors
    ///
    /// Files that cannot be read, or are not those of a CA that can sign.
    pub(super) fn open(&self, plan: Option<Plan>, now: OffsetDateTime) -> Result<Ca, Failure> {
        let (Some(request), Some(plan), false) = (&self.create, plan, self.has_certificate()?)
        else {
            return self.read(now);
        };
        let key = if plan.has(Role::PrivateKey) {
            new_key::generate(request.key_algorithm())?
        } else {
            issuer::read_key(&self.key).map_err(in_fields)?
        };
        let request = request.clone().with_key_algorithm(key.algorithm());
        if let Some(warning) = job::ca::key_warning(request.key_algorithm()) {
            files::note(&format!("warning: {warning}"));
        }
        let (made, _) = job::ca::issue(&request, &key, now).map_err(in_fields)?;
        let issuer = Arc::new(Issuer::new(vec![made.der().to_vec()], key, now)?);
        let kept_key = if plan.has(Role::PrivateKey) { None } else { self.kept_key()? };
        Ok(Ca { issuer, new: Some(plan), kept_key })
    }

    /// The place of the key, if it is one that this command makes: its permissions are repaired.
    fn kept_key(&self) -> Result<Option<Plan>, Failure> {
        if self.create.is_none() {
            return Ok(None);
        }
        let request = request_for(Role::PrivateKey, &self.key, KEY_MODE);
        Plan::new(vec![request], Existing::Replace).map(Some).map_err(in_fields)
    }

    /// Reads the CA.
    ///
    /// # Errors
    ///
    /// Files that cannot be read, or are not those of a CA that can sign.
    pub(super) fn read(&self, now: OffsetDateTime) -> Result<Ca, Failure> {
        let missing = self.paths().find(|path| !path.exists());
        let issuer = issuer::open(&self.certificate, &self.key, now).map_err(|failure| {
            let failure = in_fields(failure);
            match (missing, &self.create) {
                (None, _) => failure,
                (Some(_), None) => failure.hint("issuer: {..., create: {}} makes the CA once"),
                (Some(_), Some(_)) => failure.hint(
                    "create makes a CA only if there is no certificate: put this file back, or \
                     move the other away",
                ),
            }
        })?;
        if issuer.trust_anchor().is_none() {
            let text = format!(
                "{} has no self-signed certificate, so there is no CA certificate to hand out",
                self.certificate.display()
            );
            return Err(Failure::failed(text).hint("append the root's certificate to it"));
        }
        Ok(Ca { issuer: Arc::new(issuer), new: None, kept_key: self.kept_key()? })
    }

    fn has_certificate(&self) -> Result<bool, Failure> {
        is_there(&self.certificate, "CA certificate file")
    }

    /// Whether the CA is to be made.
    pub(super) fn would_be_made(&self) -> bool {
        self.create.is_some()
            && self.has_certificate().is_ok_and(|has_certificate| !has_certificate)
    }
}

/// Whether a file has content. As in a plan, one with a line break alone has.
fn is_there(path: &Path, role: &str) -> Result<bool, Failure> {
    let found = input::read_output(path, role).map_err(in_fields)?;
    Ok(found.is_some_and(|text| !text.is_empty()))
}

fn request_for(role: Role, path: &Path, mode: u32) -> Request {
    Request { role, destination: Destination::File(path.to_owned()), mode }
}

impl Ca {
    /// What there is to say about a CA that was made for this run, beside so many certificates.
    pub(super) fn note(&self, certificates: impl FnOnce() -> usize) -> Option<String> {
        let has_new_key = self.new.as_ref()?.has(Role::PrivateKey);
        if !has_new_key {
            return Some("the CA's key had no certificate, so one was made for it".to_owned());
        }
        // A CA that was lost, and with it what its clients trust, is not made anew without a word.
        let certificates = certificates();
        (certificates > 0).then(|| {
            format!(
                "neither file of the CA was there, so a new CA is made; it replaces {} certificates \
                 that are there, and clients of the others need its ca.crt",
                thousands(certificates)
            )
        })
    }

    /// Writes a CA that was made for this run, and repairs the permissions of a key that was there.
    ///
    /// # Errors
    ///
    /// What the system refuses.
    pub(super) fn write(self, encoding: PrivateKeyEncoding) -> Result<Changes, Failure> {
        let mut changes = Changes::default();
        if let Some(plan) = self.new {
            let key = pem::encode_private_key(&self.issuer.key().private_key(encoding)?);
            let chain = pem::encode_certificates(self.issuer.chain().iter().map(Vec::as_slice));
            let written = plan.commit(|role| match role {
                Role::PrivateKey => key.clone(),
                _ => Zeroizing::new(chain.clone()),
            });
            changes = written.map_err(in_fields)?;
        }
        if let Some(plan) = self.kept_key {
            let repaired = plan.repair(&[], |_| Zeroizing::default()).map_err(in_fields)?;
            changes.reasons.extend(repaired.reasons);
            changes.warnings.extend(repaired.warnings);
        }
        Ok(changes)
    }
}

const EXAMPLE: &str = "issuer: {certFile: ca.crt, keyFile: ca.key}";

/// The same failure with hints in the words of a specification: flags of other commands are fields here.
pub(super) fn in_fields(failure: Failure) -> Failure {
    const WORDS: [(&str, &str); 5] = [
        ("--issuer-cert-file", "certFile"),
        ("--issuer-key-file", "keyFile"),
        ("--cert-file", "certFile"),
        ("--key-file", "keyFile"),
        ("--valid-for", "validFor"),
    ];
    failure.map_hints(|hint| {
        if hint.ends_with(issuer::DECRYPTED_INPUT) {
            return Some(
                "a specification names files: take the passphrase off with `openssl pkey` into a \
                 file that only you can read"
                    .to_owned(),
            );
        }
        let replace = |hint: String, (flag, field): (&str, &str)| {
            hint.replace(&format!("{flag}="), &format!("{field}: ")).replace(flag, field)
        };
        Some(WORDS.into_iter().fold(hint, replace))
    })
}

/// The place behind all symbolic links, as far as anything stands there.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for above in absolute.ancestors() {
        if let Ok(real) = above.canonicalize() {
            let below = absolute.strip_prefix(above).unwrap_or_else(|_| Path::new(""));
            return real.join(below);
        }
    }
    absolute
}
