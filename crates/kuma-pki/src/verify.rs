//! Predicts which clients accept a certificate, by the rules of Kuma and of other TLS clients.

mod assemble;
mod ca_file;
pub mod clients;
mod end_entity;
mod files;
mod finding;
mod hostname;
pub mod inspect;
pub mod kuma;
mod mesh_ca;
mod path;
mod report;
mod verdict;

use time::OffsetDateTime;

pub use self::assemble::{AssembledChain, AssemblyError, assemble_chain};
pub use self::ca_file::{verify_ca, verify_client_ca, verify_issuer};
pub use self::finding::{ChainRole, Finding, SimilarName};
pub use self::mesh_ca::{MeshCaFault, MeshCaFiles, MeshCaPurpose, verify_mesh_ca};
pub(crate) use self::path::issuer_defects;
pub use self::report::{Check, CheckName, ClientVerdict, Outcome, Report};

use self::clients::{Client, RuleInput};
use self::files::{ca_files, certificate_file, key_file};
use self::kuma::KumaVersion;
use self::path::PathInput;
use self::path::builder::PathBuilder;
use crate::key::KeyType;
use crate::name::SubjectAltName;
use crate::usage::ExtendedKeyUsage;
use crate::validity::RenewBefore;
use crate::x509::Certificate;

/// A file and its name in messages.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// The name that messages use.
    pub name: &'a str,
    /// The contents.
    pub bytes: &'a [u8],
}

/// The result of checking in a TLS handshake that a server has the private key of its certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeyProof {
    /// The server signed with the certificate's key.
    Proved,
    /// The server did not, with the reason.
    NotProved(String),
    /// The signature could not be checked, with the reason.
    NotChecked(&'static str),
}

/// The files to verify together.
#[derive(Clone, Copy, Debug)]
pub struct VerifyInput<'a> {
    /// The certificate and its chain, as PEM.
    pub certificate: File<'a>,
    /// The server's proof that it has the private key; `None` if the certificate is from a file.
    pub proof: Option<&'a KeyProof>,
    /// The private key, as PEM.
    pub key: Option<File<'a>>,
    /// The permissions of the key file, as Unix mode bits.
    pub key_mode: Option<u32>,
    /// The CA certificates that clients trust, as PEM.
    pub ca: Option<File<'a>>,
    /// The CA certificates as one line of Base64 of PEM.
    pub bundle: Option<File<'a>>,
}

/// A name that clients dial.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Host {
    /// The name.
    pub name: SubjectAltName,
    /// The name as written by the client. Envoy compares addresses as text.
    pub typed: String,
}

impl From<SubjectAltName> for Host {
    fn from(name: SubjectAltName) -> Self {
        Self { typed: name.to_string(), name }
    }
}

/// The options of a verification.
#[derive(Clone, Debug)]
pub struct VerifyOptions<'a> {
    /// The names that clients dial.
    pub hosts: &'a [Host],
    /// The use of the certificate.
    pub usage: ExtendedKeyUsage,
    /// The time of verification.
    pub at: OffsetDateTime,
    /// The required remaining lifetime. With `None`, less than the default is only a warning.
    pub min_remaining: Option<RenewBefore>,
    /// The clients of Kuma that use the certificate, such as [`Client::KUMAS`]. A rejection by one of them is a failure.
    pub kuma_clients: &'a [Client],
    /// Further clients that must accept the certificate.
    pub clients: &'a [Client],
    /// The version of Kuma.
    pub kuma: KumaVersion,
}

impl<'a> VerifyOptions<'a> {
    /// Returns the options for these names with the newest Kuma.
    #[must_use]
    pub const fn new(hosts: &'a [Host], usage: ExtendedKeyUsage, at: OffsetDateTime) -> Self {
        Self {
            hosts,
            usage,
            at,
            min_remaining: None,
            kuma_clients: &Client::KUMAS,
            clients: &[],
            kuma: KumaVersion::NEWEST,
        }
    }
}

/// Returns whether a handshake signature with a certificate's key can be checked. The crypto library rejects RSA keys
/// below 2048 bits.
#[must_use]
pub fn can_check_proof(end_entity: &[u8]) -> bool {
    let certificate = Certificate::from_der(end_entity.to_vec());
    !certificate.is_ok_and(|one| matches!(one.key_type(), KeyType::Rsa(0..2048)))
}

/// Verifies a certificate with its key, CA and bundle: each file alone, and all together.
#[must_use]
pub fn verify(input: &VerifyInput<'_>, options: &VerifyOptions<'_>) -> Report {
    let mut report = Report::default();
    let chain = certificate_file(input, &mut report);
    let key = input.key.and_then(|file| key_file(file, input, &mut report));
    let anchors = ca_files(input, options.usage, &mut report);
    if chain.is_empty() {
        return report;
    }
    end_entity::private_key(&chain, key.as_ref(), input.proof, &mut report);
    let path = verify_chain(&chain, anchors.as_deref(), options, &mut report);
    if let (Some((path, anchors)), ExtendedKeyUsage::ServerAuth) =
        (path.zip(anchors.as_deref()), options.usage)
    {
        let mut input = RuleInput::new(&chain[0], &path.issuers, anchors, options.hosts);
        input.is_rejected_by_rustls = path.is_rejected_by_rustls;
        input.dead_ends =
            PathBuilder::dead_ends(&path.issuers, &path_input(&chain, anchors, options));
        input.sent = &chain;
        input.kuma = options.kuma;
        verdict::add_client_verdicts(&input, options, &mut report);
    }
    report
}

/// Verifies a chain, without the rules of single clients. Without anchors, only the first certificate is verified.
///
/// # Panics
///
/// If the chain is empty.
pub(crate) fn verify_chain<'a>(
    chain: &'a [Certificate],
    anchors: Option<&'a [Certificate]>,
    options: &VerifyOptions<'_>,
    report: &mut Report,
) -> Option<path::ValidatedPath<'a>> {
    let end_entity = &chain[0];
    let input = path_input(chain, anchors.unwrap_or_default(), options);
    let mut path = None;
    if anchors.is_some() {
        path = path::check(&input, report);
    } else {
        path::check_alone(end_entity, &input, report);
    }
    end_entity::key_type(end_entity, report);
    end_entity::names(end_entity, options.hosts, report);
    end_entity::time_left(end_entity, options, report);
    path
}

const fn path_input<'a>(
    chain: &'a [Certificate],
    anchors: &'a [Certificate],
    options: &VerifyOptions<'_>,
) -> PathInput<'a> {
    PathInput { chain, anchors, usage: options.usage, at: options.at }
}
