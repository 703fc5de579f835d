//! Reads and checks the values of Kuma's Secrets.

use std::path::Path;

use kuma_pki::format::pem::{self, PemError};
use kuma_pki::verify::kuma::KumaVersion;
use kuma_pki::verify::{self, File, Finding, MeshCaFiles, MeshCaPurpose};
use kuma_pki::{Certificate, ExistingKey, KeyAlgorithm, KeyError, KeyPair, PrivateKeyDer};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::Kind;
use crate::files::read;
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::hints;

/// The longest ID of a token. Kuma's are UUIDs; a longer text may be a key or a token.
const MAX_ID_LENGTH: usize = 128;

const ID_HINT: &str = "the ID is the claim `jti`: kumactl inspect token FILE";

/// Reads the number of a signing key. kuma-cp verifies tokens by the end of the Secret's name as the key ID, but
/// issues tokens with the number as the key ID: `2` for `0002`.
pub(super) fn key_number(text: &str) -> Result<u32, String> {
    match text.parse::<u32>() {
        Ok(0) | Err(_) => Err("a number from 1, such as 1 or 2".to_owned()),
        Ok(number) if number.to_string() != text => Err(format!(
            "kuma-cp would issue tokens with the key ID {number} and reject them; use {number}"
        )),
        Ok(number) => Ok(number),
    }
}

/// Returns the IDs of revoked tokens, separated by commas only, since kuma-cp does not ignore blanks. Fails on a file
/// that cannot be read, on no IDs, and on an ID that the list cannot contain.
pub(super) fn token_ids(
    given: &[String],
    file: Option<&Path>,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let text = file.map(|file| read::file(file, "token ID file")).transpose()?;
    let text = text.as_deref().map(|bytes| String::from_utf8_lossy(bytes)).unwrap_or_default();
    let in_file = text.split([',', '\n']).map(str::trim).filter(|id| !id.is_empty());
    let mut ids: Vec<&str> = Vec::new();
    for id in given.iter().map(|id| id.trim()).chain(in_file) {
        if id.len() > MAX_ID_LENGTH {
            let text = format!("a text of {} bytes is not the ID of a token", id.len());
            return Err(Failure::usage(text).hint(ID_HINT));
        }
        if id.is_empty() || !id.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err(Failure::usage(format!("{id:?} is not the ID of a token")).hint(ID_HINT));
        }
        if id.matches('.').count() == 2 {
            return Err(Failure::usage("a token stands where its ID belongs").hint(ID_HINT));
        }
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.is_empty() {
        return Err(Failure::failed("the token ID file holds no IDs"));
    }
    Ok(Zeroizing::new(ids.join(",").into_bytes()))
}

/// Certificates and the private key of the first.
pub(super) struct Pair {
    certificates: Vec<Certificate>,
    key: PrivateKeyDer,
    public_key: ExistingKey,
    cert_name: String,
    key_name: String,
}

impl Pair {
    /// Reads both files.
    ///
    /// # Errors
    ///
    /// Files that cannot be read, a private key among the certificates, and a key that kuma-cp cannot load.
    pub(super) fn read(cert_file: &Path, key_file: &Path) -> Result<Self, Failure> {
        read::stdin_once([cert_file, key_file])?;
        let unusable = |name: &str, error: &PemError, role: &str| {
            Failure::failed(format!("cannot use {role} {name}: {error}"))
                .hint_if_any(hints::pem_hint(name, error))
        };
        let (cert_name, key_name) = (read::shown(cert_file), read::shown(key_file));
        let text = read::file(cert_file, "certificate file")?;
        let certificates = pem::decode_certificates(&text)
            .map_err(|error| unusable(&cert_name, &error, "certificate file"))?;
        let text = read::file(key_file, "key file")?;
        let key = pem::decode_private_key(&text)
            .map_err(|error| unusable(&key_name, &error, "key file"))?;
        let public_key = ExistingKey::from_der(&key).map_err(|error: KeyError| {
            Failure::failed(format!("cannot use key file {key_name}: {error}"))
        })?;
        Ok(Self { certificates, key, public_key, cert_name, key_name })
    }

    /// Returns the certificates in PEM.
    pub(super) fn certificates(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(pem::encode_certificates(&self.certificates))
    }

    /// Returns the key in PEM.
    pub(super) fn key(&self) -> Zeroizing<Vec<u8>> {
        pem::encode_private_key(&self.key)
    }

    /// Returns the certificates and the key in one value.
    pub(super) fn joined(&self) -> Zeroizing<Vec<u8>> {
        let parts = [self.certificates(), self.key()];
        let mut joined =
            Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len()).sum()));
        parts.iter().for_each(|part| joined.extend_from_slice(part));
        joined
    }

    /// Checks a gateway's certificate: kuma-cp stores any Secret, and the listener is missing later
    /// (`pkg/plugins/runtime/gateway/filter_chain_generator.go`).
    ///
    /// # Errors
    ///
    /// A key of another certificate, and an Ed25519 key.
    pub(super) fn check_gateway(&self) -> Result<(), Failure> {
        let matches = |first: &Certificate| first.public_key() == self.public_key.public_key();
        if !self.certificates.first().is_some_and(matches) {
            return Err(self.mismatch(None));
        }
        let is_ed25519 = KeyPair::from_der(&self.key)
            .is_ok_and(|pair| pair.algorithm() == KeyAlgorithm::Ed25519);
        if is_ed25519 {
            return Err(Failure::failed(format!(
                "a gateway cannot use the Ed25519 key of {}; kuma-cp: unsupported private key type \
                 ed25519.PrivateKey",
                self.key_name
            ))
            .hint("issue the certificate with --key-type=ecdsa"));
        }
        Ok(())
    }

    /// Checks the CA of a mesh, and prints warnings.
    ///
    /// # Errors
    ///
    /// A CA that kuma-cp or Envoy rejects.
    pub(super) fn check_mesh_ca(
        &self,
        purpose: MeshCaPurpose,
        now: OffsetDateTime,
        console: Console,
    ) -> Result<(), Failure> {
        let (certificates, key) = (self.certificates(), self.key());
        let certificate = File { name: &self.cert_name, bytes: &certificates };
        let key = Some(File { name: &self.key_name, bytes: &key });
        // What Kuma 3 refuses is no CA to start with.
        let kuma = KumaVersion::MESH_IDENTITY_ONLY;
        let report = verify::verify_mesh_ca(&MeshCaFiles { certificate, key }, purpose, kuma, now);
        let is_conditional = |finding: &&Finding| matches!(finding, Finding::MeshCa(fault) if fault.is_conditional());
        let findings = report.failures().map(|(_, finding)| finding);
        let (warnings, problems): (Vec<_>, Vec<_>) = findings.partition(is_conditional);
        let failure = |finding: &Finding| match finding {
            Finding::KeyMismatch { belongs_to, .. } => self.mismatch(*belongs_to),
            finding => Failure::failed(format!("{}: {finding}", self.cert_name))
                .hint_if_any(hints::hint(finding)),
        };
        if let Some(failure) = Failure::join(problems.into_iter().map(failure)) {
            return Err(failure);
        }
        for warning in warnings {
            console.warn(format!("{}: {warning}", self.cert_name));
        }
        Ok(())
    }

    fn mismatch(&self, belongs_to: Option<usize>) -> Failure {
        let Self { cert_name, key_name, .. } = self;
        let failure = Failure::failed(format!(
            "private key {key_name} does not match the first certificate of {cert_name}"
        ));
        match belongs_to {
            Some(position) => {
                failure.hint(format!("put certificate {position} first: it matches the key"))
            }
            None => failure.hint("pass the private key that matches the certificate"),
        }
    }
}

impl Kind {
    /// Returns the purpose of a mesh CA.
    pub(super) const fn mesh_ca_purpose(self) -> Option<MeshCaPurpose> {
        match self {
            Self::ProvidedCa => Some(MeshCaPurpose::Provided),
            Self::MeshIdentityCa => Some(MeshCaPurpose::Identity { allows_self_signed: false }),
            _ => None,
        }
    }
}
