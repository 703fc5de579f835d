//! The findings of the checks, with the values that were compared.

use std::net::IpAddr;

use time::OffsetDateTime;

use super::clients::{Client, NOT_CA, Reason};
use super::mesh_ca::MeshCaFault;
use super::report::CheckName;
use crate::format::MAX_ARGUMENT;
use crate::format::pem::{PemError, PemErrorKind};
use crate::key::{KeyError, KeyIdentifier, KeyType};
use crate::usage::ExtendedKeyUsage;
use crate::validity::rfc3339;
use crate::x509::Certificate;

/// The reason why a check fails or warns. Displays as one lower-case sentence; text from certificates is escaped.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum Finding {
    /// A file does not hold the expected PEM blocks.
    #[error("{file}: {error}")]
    Pem { file: String, error: PemError },
    /// A file is empty.
    #[error("{file} is empty")]
    Empty { file: String },
    /// A private key cannot be used.
    #[error("{file}: {error}")]
    Key { file: String, error: KeyError },
    /// A private key has a type that TLS servers or this library do not support.
    #[error(
        "{file}: the private key is not RSA of 1024 to 8192 bits, P-256, P-384, P-521 or Ed25519"
    )]
    KeyTypeUnsupported { file: String },
    /// The certificate file holds the key, and the key file a certificate.
    #[error("{certificate_file} holds a private key, and {key_file} a certificate")]
    FilesSwapped { certificate_file: String, key_file: String },
    /// The first certificate of a CA file, the only one that Kuma checks, is not a CA certificate.
    #[error("{file}: the first certificate, {subject}, is not a CA certificate")]
    NotCa { file: String, subject: String },
    /// A CA file has no self-signed certificate.
    #[error(
        "{subject} is in the CA file without the CA that issued it: Go, Java and rustls trust it, \
         OpenSSL and Node do not"
    )]
    CaWithoutRoot { subject: String },
    /// The certificates of a CA are not a chain.
    #[error(
        "{subject} did not issue the certificate before it, {issued}, whose issuer is {issuer}"
    )]
    NotIssuer { subject: String, issued: String, issuer: String },
    /// A CA file for clients has neither a CA nor a client certificate.
    #[error("{file}: {subject} is neither a CA certificate nor a client certificate")]
    ClientWithoutCa { file: String, subject: String },
    /// The bundle of a CA file is too long for `--tls-general-ca-bundle`.
    #[error(
        "{file}: the argument --tls-general-ca-bundle would be {length} bytes long, and Linux allows \
         {MAX_ARGUMENT} in one argument or variable"
    )]
    BundleTooLong {
        file: String,
        /// The length of the argument, in bytes.
        length: usize,
    },
    /// A bundle has line breaks.
    #[error("{file} has {lines} lines, but the installation requires one")]
    BundleWrapped { file: String, lines: usize },
    /// A bundle cannot be read.
    #[error("{file}: {reason}")]
    Bundle {
        file: String,
        /// The error, as a fragment.
        reason: &'static str,
    },
    /// A bundle and the CA file hold different certificates.
    #[error("{file} and {ca_file} hold different certificates")]
    BundleDiffers { file: String, ca_file: String },
    /// Other users than the owner can read a key.
    #[error("{file} has permissions {mode:04o}: other users can read the key")]
    KeyPermissions {
        file: String,
        /// The permissions, as Unix mode bits.
        mode: u32,
    },
    /// The private key does not match the certificate.
    #[error(
        "the private key does not match the certificate: the key identifiers are {key} and \
         {certificate}"
    )]
    KeyMismatch {
        certificate: String,
        key: String,
        /// Whether the keys have different types.
        types_differ: bool,
        /// The position of a certificate of the file that the key does match, counted from 1.
        belongs_to: Option<usize>,
    },
    /// A Secret has no CA certificate.
    #[error(
        "the Secret has no ca.crt, which the chart mounts into the control plane unless \
         controlPlane.tls.general.caSecretName names another Secret"
    )]
    SecretWithoutCa,
    /// A server presented a certificate, but did not prove that it has the private key.
    #[error("the server did not prove that it has the certificate's key: {reason}")]
    KeyNotProved { reason: String },
    /// The issuer of a certificate is missing.
    #[error("{subject} is issued by {issuer}, which is neither in the chain nor in the CA file")]
    IssuerMissing { subject: String, issuer: String },
    /// A CA has the issuer's name, but in a different encoding.
    #[error(
        "{subject} is issued by {issuer}, and a CA with that name exists, but with other string types, letter \
         case or spaces in it: Go compares names byte by byte"
    )]
    IssuerEncodedDifferently { subject: String, issuer: String },
    /// A CA has the issuer's name, but its key did not make the signature.
    #[error("{subject} names {issuer} as its issuer, but is not signed with its key")]
    SignatureInvalid { subject: String, issuer: String },
    /// A CA has the issuer's name, but the signature cannot be verified.
    #[error(
        "{subject} names {issuer} as its issuer, but clients no longer accept its signature: {algorithm} \
         with a key of type {key}"
    )]
    SignatureUnsupported { subject: String, issuer: String, algorithm: String, key: String },
    /// A certificate is self-signed, and clients do not trust it.
    #[error("{subject} is self-signed and not in the CA file")]
    SelfSignedUntrusted {
        subject: String,
        /// Whether it is the end-entity certificate, rather than a CA of the chain.
        is_end_entity: bool,
    },
    /// The search for a path reached its limit, because many CAs have the same name.
    #[error("no path to a trusted CA was found within Go's limit of {signatures} signatures")]
    SignatureLimit { signatures: usize },
    /// The signature algorithm is obsolete.
    #[error("{subject} is signed with {algorithm}, which clients no longer accept")]
    WeakSignature { subject: String, algorithm: String },
    /// The CA file holds the end-entity certificate instead of its CA.
    #[error(
        "the CA file contains {subject} itself instead of the CA that issued it: Go, Java and GnuTLS \
         trust it, OpenSSL, Node and rustls do not"
    )]
    LeafAsAnchor { subject: String },
    /// The CA file ends the chain with an intermediate CA.
    #[error(
        "issued by {chain}, which is in the CA file without the CA that issued it: Go, Java and \
         rustls trust it, OpenSSL and Node do not"
    )]
    AnchorNotRoot { chain: String },
    /// Only rustls-webpki rejects the chain.
    #[error("rustls-webpki rejects the chain: {reason}")]
    PathRejected { reason: String },
    /// A certificate of the chain has expired.
    #[error(
        "{subject} expired at {}; the time of verification is {}",
        rfc3339(not_after),
        rfc3339(at)
    )]
    Expired {
        subject: String,
        not_after: OffsetDateTime,
        at: OffsetDateTime,
        /// Whether it is the CA in the CA file.
        is_anchor: bool,
    },
    /// A certificate of the chain is not valid yet.
    #[error(
        "{subject} is not valid before {}; the time of verification is {}",
        rfc3339(not_before),
        rfc3339(at)
    )]
    NotYetValid {
        subject: String,
        not_before: OffsetDateTime,
        at: OffsetDateTime,
        /// Whether it is the CA in the CA file.
        is_anchor: bool,
    },
    /// An issuer is not a CA certificate.
    #[error(
        "{subject} is not a CA: its basicConstraints {}",
        if *is_missing { "are missing" } else { "say CA:FALSE" }
    )]
    IssuerNotCa {
        subject: String,
        /// Whether it has no basicConstraints, rather than CA:FALSE.
        is_missing: bool,
        /// Whether it is the CA in the CA file.
        is_anchor: bool,
    },
    /// The keyUsage of a CA does not allow it to sign certificates.
    #[error(
        "{subject} must not sign certificates: its keyUsage is {}, without keyCertSign",
        or_nothing(usage)
    )]
    NoKeyCertSign { subject: String, usage: String },
    /// The CA cannot be that of a mesh.
    #[error(transparent)]
    MeshCa(MeshCaFault),
    /// More CAs are below a CA than its pathLenConstraint allows.
    #[error(
        "{subject} allows {allowed} CAs below it, and has {found}{}",
        if *only_for_go { "; clients not written in Go do not count self-issued CAs" } else { "" }
    )]
    PathTooLong {
        subject: String,
        allowed: u32,
        found: u32,
        /// Whether the limit is exceeded only if self-issued CAs count, as in Go, GnuTLS and mbedTLS.
        only_for_go: bool,
        /// Whether it is the CA in the CA file.
        is_anchor: bool,
    },
    /// An extension occurs twice.
    #[error("{subject} has the extension {extension} more than once")]
    DuplicateExtension {
        subject: String,
        /// Its name or object identifier.
        extension: String,
    },
    /// A critical extension is unknown to clients.
    #[error("{subject} has the unknown critical extension {extension}")]
    ExtensionUnknown {
        subject: String,
        /// Its name or object identifier.
        extension: String,
        /// Whether it is the CA in the CA file.
        is_anchor: bool,
    },
    /// An extension is critical, but must not be.
    #[error("{subject} marks the extension {extension} as critical, which RFC 5280 forbids")]
    ExtensionCritical {
        subject: String,
        extension: String,
        /// Whether it is the CA in the CA file.
        is_anchor: bool,
    },
    /// An extension is malformed.
    #[error("{subject} has a malformed extension: {extension}")]
    ExtensionMalformed {
        subject: String,
        /// Its name or object identifier.
        extension: String,
    },
    /// Go cannot parse the certificate.
    #[error("Go, and so Kuma, cannot parse {subject}: {reason}")]
    GoCannotRead { subject: String, reason: &'static str },
    /// Go cannot parse a certificate that the server sends but the chain does not need.
    #[error(
        "Go aborts the handshake because of {subject}, which the server sends although the chain does not \
         need it: {reason}"
    )]
    SentUnreadable { subject: String, reason: String },
    /// A critical extension has only name types that Go does not support.
    #[error("{subject} has a critical {extension} with only name types that Go does not support")]
    GoUnhandled { subject: String, extension: &'static str },
    /// The chain requires a certificate policy, but has no valid one.
    #[error(
        "the chain requires a certificate policy (requireExplicitPolicy), but {subject} has no valid one"
    )]
    PolicyMissing { subject: String },
    /// The serial number is negative.
    #[error("{subject} has a negative serial number")]
    SerialNegative { subject: String },
    /// The keyUsage does not allow TLS signatures.
    #[error(
        "the key is not allowed to sign TLS handshakes: its keyUsage is {}, without digitalSignature",
        or_nothing(usage)
    )]
    NoDigitalSignature { usage: String },
    /// The extendedKeyUsage does not allow the use.
    #[error("{subject} is for {}, not for {wanted}", or_nothing(found))]
    Usage {
        subject: String,
        found: String,
        /// The required usage: `serverAuth` or `clientAuth`.
        wanted: &'static str,
        role: ChainRole,
    },
    /// A name violates the nameConstraints of a CA.
    #[error("{name} violates the nameConstraints of {subject}: the CA {constraint}")]
    NameExcluded {
        name: String,
        subject: String,
        /// `permits only ...` or `excludes ...`.
        constraint: String,
        /// Whether the CA is the one in the CA file.
        is_anchor: bool,
    },
    /// Go cannot compare a name with the constraints of a CA.
    #[error(
        "Go cannot compare {name} with the nameConstraints of {subject}, so it rejects the certificate"
    )]
    NameNotComparable { name: String, subject: String },
    /// A CA has nameConstraints for name types that Go does not support.
    #[error(
        "{subject} has critical nameConstraints of type {kinds}, so Go, and with it Kuma, rejects every \
         certificate below it"
    )]
    ConstraintsUnsupported {
        subject: String,
        /// The types of names, as RFC 5280 calls them.
        kinds: String,
    },
    /// Clients reject the certificate because of the number of names and constraints.
    #[error(
        "the names and the nameConstraints of {subject} exceed the limit of OpenSSL and Envoy, {limit} \
         comparisons"
    )]
    TooManyConstraints { subject: String, limit: usize },
    /// The certificate has no name that matches a host.
    #[error("{host} is not among the names of the certificate: {}", listed(names, *count))]
    HostnameMismatch {
        host: String,
        /// The names of the certificate, at most 100.
        names: Vec<String>,
        count: usize,
        /// A name that is probably a misspelling of the host.
        similar: Option<SimilarName>,
    },
    /// Only the commonName matches a host.
    #[error(
        "{host} is the commonName of the certificate, {}",
        if *.is_alone { "which has no subjectAltName" } else { "whose subjectAltName names no host" }
    )]
    CommonNameOnly {
        host: String,
        /// Whether the host is an IP address.
        is_address: bool,
        /// Whether the certificate has no subjectAltName.
        is_alone: bool,
    },
    /// A name matches a host for some clients only.
    #[error("{name} matches {host} for {accepts}, but not for {rejects}")]
    ClientsDisagree { host: String, name: String, accepts: &'static str, rejects: &'static str },
    /// The certificate expires soon.
    #[error("the certificate expires at {}, in {left}", rfc3339(not_after))]
    ExpiresSoon {
        not_after: OffsetDateTime,
        /// The remaining lifetime in words.
        left: String,
    },
    /// TLS libraries do not support the key.
    #[error("TLS libraries do not support a key of type {key} (algorithm {algorithm})")]
    KeyUnusable {
        key: String,
        /// The object identifier of its algorithm, and of its curve if it has one.
        algorithm: String,
    },
    /// Further findings of the same check are omitted.
    #[error("further findings of this check are omitted")]
    MoreFindings,
    /// A client of Kuma, or a requested one, rejects the certificate.
    #[error("{} rejects the certificate: {reason}", client.title())]
    Rejected { client: Client, reason: Reason },
}

/// The role of a certificate in its chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ChainRole {
    /// The end-entity certificate.
    EndEntity,
    /// The end-entity certificate as its own trust anchor.
    SelfTrusted,
    /// A CA that is not in the CA file.
    Intermediate,
    /// The CA in the CA file.
    TrustAnchor,
}

/// A name in a certificate that is probably a misspelling of a host.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SimilarName {
    /// The name in the certificate, escaped.
    pub name: String,
    /// The reason why it does not match, as a fragment that follows the name.
    pub reason: &'static str,
}

fn or_nothing(list: &str) -> &str {
    if list.is_empty() { "nothing" } else { list }
}

fn listed(names: &[String], count: usize) -> String {
    match (count, count - names.len()) {
        (0, _) => "it has none".to_owned(),
        (_, 0) => names.join(", "),
        (_, more) => format!("{}, and {more} more", names.join(", ")),
    }
}

impl Finding {
    /// Returns the component that fails with this certificate, and its error message.
    #[must_use]
    pub fn kuma_error(&self, check: CheckName) -> Option<(&'static str, String)> {
        // kuma-cp loads the certificate with crypto/tls, and kuma-dp verifies it with crypto/x509.
        const LOAD: &str = "kuma-cp";
        const DIAL: &str = "kuma-dp";
        const WEBHOOK: &str = "kube-apiserver";
        let owned = |who, text: &str| Some((who, text.to_owned()));
        match self {
            Self::FilesSwapped { .. } => owned(LOAD, KEY_AS_CERTIFICATE),
            Self::Empty { .. } if check == CheckName::CaFile => {
                owned(DIAL, "x509: certificate signed by unknown authority")
            }
            Self::Empty { .. } => no_pem(check).map(|text| (LOAD, text.to_owned())),
            Self::Pem { error, .. } => pem_error(error, check),
            Self::NotCa { .. } => owned(DIAL, NOT_CA),
            Self::Bundle { .. } | Self::BundleWrapped { .. } => owned(
                WEBHOOK,
                "could not get REST client: unable to load root certificates: unable to parse \
                 bytes as PEM block",
            ),
            Self::BundleDiffers { .. } => {
                owned(WEBHOOK, "x509: certificate signed by unknown authority")
            }
            Self::KeyMismatch { types_differ: true, .. } => {
                owned(LOAD, "tls: private key type does not match public key type")
            }
            Self::KeyMismatch { .. } => owned(LOAD, "tls: private key does not match public key"),
            Self::IssuerMissing { .. }
            | Self::IssuerEncodedDifferently { .. }
            | Self::SignatureInvalid { .. }
            | Self::SignatureUnsupported { .. }
            | Self::SelfSignedUntrusted { .. } => {
                owned(DIAL, "x509: certificate signed by unknown authority")
            }
            Self::Expired { not_after, at, .. } => Some((
                DIAL,
                format!(
                    "x509: certificate has expired or is not yet valid: current time {} is after {}",
                    rfc3339(at),
                    rfc3339(not_after)
                ),
            )),
            Self::NotYetValid { not_before, at, .. } => Some((
                DIAL,
                format!(
                    "x509: certificate has expired or is not yet valid: current time {} is before {}",
                    rfc3339(at),
                    rfc3339(not_before)
                ),
            )),
            Self::Usage { .. } => {
                owned(DIAL, "x509: certificate specifies an incompatible key usage")
            }
            Self::CommonNameOnly { .. } => owned(
                DIAL,
                "x509: certificate relies on legacy Common Name field, use SANs instead",
            ),
            Self::HostnameMismatch { host, names, count, .. } => {
                Some((DIAL, not_named(host, names, *count)))
            }
            Self::SentUnreadable { .. } => {
                owned(DIAL, "tls: failed to parse certificate from server")
            }
            Self::GoUnhandled { .. } => owned(DIAL, "x509: unhandled critical extension"),
            Self::PolicyMissing { .. } => {
                owned(DIAL, "x509: no valid chains built: 1 candidate chains with invalid policies")
            }
            Self::Rejected { client, reason } if Client::KUMAS.contains(client) => {
                let words = reason.rule.words(*client).filter(|words| !words.is_empty())?;
                owned(client.program(), words)
            }
            Self::MeshCa(fault) => fault.kuma_error(),
            Self::NoDigitalSignature { .. } => owned("Envoy", "KEY_USAGE_BIT_INCORRECT"),
            _ => None,
        }
    }
}

/// The error of kuma-cp for a key instead of the certificate (`pkg/xds/components.go`).
const KEY_AS_CERTIFICATE: &str =
    "could not register Bootstrap: could not parse certificate: x509: malformed tbs certificate";

/// Returns the error of kuma-cp for a certificate or key file without a PEM block (`pkg/xds/components.go`, and
/// `X509KeyPair` in crypto/tls).
const fn no_pem(check: CheckName) -> Option<&'static str> {
    match check {
        CheckName::CertificateFile => {
            Some("could not register Bootstrap: could not parse certificate")
        }
        CheckName::KeyFile => Some("tls: failed to find any PEM data in key input"),
        _ => None,
    }
}

/// The error of kuma-dp for a CA file without a certificate (`pkg/util/http/tls.go`).
const NO_CA: &str = "could not add certificate";

/// Returns the component and its error for a file that does not hold the expected PEM blocks.
fn pem_error(error: &PemError, check: CheckName) -> Option<(&'static str, String)> {
    use PemErrorKind::{
        Base64, Begin, ByteOrderMark, CarriageReturn, End, Escaped, Glued, Indented, Label, NoEnd,
        OneLine,
    };
    match (check, error) {
        (CheckName::CertificateFile, PemError::PrivateKey { beside_certificates: false, .. }) => {
            Some(("kuma-cp", KEY_AS_CERTIFICATE.to_owned()))
        }
        (CheckName::CaFile, PemError::PrivateKey { beside_certificates: false, .. }) => {
            Some(("kuma-dp", NO_CA.to_owned()))
        }
        // Go skips such a block, and finds no other.
        (
            _,
            PemError::NoBlock
            | PemError::Base64 { .. }
            | PemError::Der
            | PemError::OtherFormat(_)
            | PemError::Utf16
            | PemError::Malformed {
                position: 1,
                kind:
                    Base64 | Begin | ByteOrderMark | CarriageReturn | End | Escaped | Glued | Indented
                    | Label | NoEnd | OneLine,
                ..
            },
        ) => match check {
            CheckName::CaFile => Some(("kuma-dp", NO_CA.to_owned())),
            _ => no_pem(check).map(|text| ("kuma-cp", text.to_owned())),
        },
        // pkg/xds/bootstrap/generator.go, parseCert
        (
            CheckName::CaFile,
            PemError::PrivateKey { position: 1, beside_certificates: true, .. }
            | PemError::UnexpectedLabel { position: 1, .. },
        ) => Some(("kuma-dp", "unexpected status code: 500".to_owned())),
        _ => None,
    }
}

/// Returns the message of Go's `HostnameError` (crypto/x509).
fn not_named(host: &str, names: &[String], count: usize) -> String {
    if count > names.len() {
        return format!("x509: certificate is valid for {count} names, but none matched {host}");
    }
    if host.parse::<IpAddr>().is_ok() && !names.iter().any(|n| n.parse::<IpAddr>().is_ok()) {
        return format!(
            "x509: cannot validate certificate for {host} because it doesn't contain any IP SANs"
        );
    }
    if names.is_empty() {
        return format!("x509: certificate is not valid for any names, but wanted to match {host}");
    }
    format!("x509: certificate is valid for {}, not {host}", names.join(", "))
}

impl Finding {
    pub(super) fn pem(file: &str, error: PemError) -> Self {
        Self::Pem { file: file.to_owned(), error }
    }

    pub(super) fn key(file: &str, error: KeyError) -> Self {
        let file = file.to_owned();
        match error {
            KeyError::Unsupported => Self::KeyTypeUnsupported { file },
            error => Self::Key { file, error },
        }
    }

    /// Returns the finding that a key is not that of the first certificate of a chain.
    pub(crate) fn key_mismatch(chain: &[Certificate], public_key: &[u8], key: KeyType) -> Self {
        let is_owner = |one: &Certificate| one.public_key() == public_key;
        Self::KeyMismatch {
            certificate: KeyIdentifier::of(chain[0].public_key()).to_string(),
            key: KeyIdentifier::of(public_key).to_string(),
            types_differ: !chain[0].key_type().is_same_kind(key),
            belongs_to: chain.iter().position(is_owner).map(|index| index + 1),
        }
    }

    /// Returns the finding that the extendedKeyUsage of a certificate does not allow a usage.
    pub(crate) fn usage(
        certificate: &Certificate,
        wanted: ExtendedKeyUsage,
        role: ChainRole,
    ) -> Self {
        let found = certificate.extended_key_usage_names().unwrap_or_default();
        Self::Usage {
            subject: certificate.subject(),
            found: found.join(", "),
            wanted: wanted.as_str(),
            role,
        }
    }
}
