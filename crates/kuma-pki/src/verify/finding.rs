//! What can be wrong with certificates that are to work together, with the values that were compared.

use std::net::IpAddr;

use time::OffsetDateTime;

use super::clients::{Client, NOT_CA, Reason};
use super::mesh_ca::MeshCaFault;
use super::report::CheckName;
use crate::format::MAX_ARGUMENT;
use crate::format::pem::{PemError, PemFault};
use crate::key::{KeyError, KeyIdentifier, KeyType};
use crate::usage::ExtendedKeyUsage;
use crate::validity::rfc3339;
use crate::x509::Certificate;

/// Why a check did not pass. Displays as a lower-case fragment; text from certificates is escaped.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// A file is not made of the PEM blocks that it should hold.
    #[error("{file}: {error}")]
    Pem {
        /// The file.
        file: String,
        /// What is wrong with it.
        error: PemError,
    },

    /// A file is empty.
    #[error("{file} is empty")]
    Empty {
        /// The file.
        file: String,
    },

    /// A private key cannot be used.
    #[error("{file}: {error}")]
    Key {
        /// The file.
        file: String,
        /// What is wrong with it.
        error: KeyError,
    },

    /// A private key is of a type with which no TLS server starts, or that is not judged here.
    #[error(
        "{file}: its private key is neither RSA of 1024 to 8192 bits, nor P-256, P-384, P-521 or Ed25519"
    )]
    KeyNotKnown {
        /// The file.
        file: String,
    },

    /// The key stands where the certificate should, and the other way round.
    #[error("{certificate_file} holds a private key, and {key_file} a certificate")]
    Swapped {
        /// The file given as the certificate.
        certificate_file: String,
        /// The file given as the key.
        key_file: String,
    },

    /// The first certificate of a CA file is not that of a CA, and Kuma looks at no other.
    #[error("{file}: its first certificate, {subject}, is not that of a CA")]
    NotCa {
        /// The file.
        file: String,
        /// The subject of the certificate.
        subject: String,
    },

    /// A CA file has no certificate that signed itself.
    #[error(
        "{subject} is in the CA file without the CA that issued it: Go, Java and rustls trust it, \
         OpenSSL and Node do not"
    )]
    CaWithoutRoot {
        /// The subject of the first certificate.
        subject: String,
    },

    /// The certificates of a CA are not a chain.
    #[error(
        "{subject} did not issue the certificate before it, {issued}, whose issuer is {issuer}"
    )]
    NotIssuer {
        /// The subject of the certificate.
        subject: String,
        /// The subject of the certificate before it.
        issued: String,
        /// The issuer that the certificate before it names.
        issuer: String,
    },

    /// A file by which a server identifies its clients trusts none.
    #[error("{file}: {subject} is neither a CA nor the certificate of a client")]
    ClientWithoutCa {
        /// The file.
        file: String,
        /// The subject of the first certificate.
        subject: String,
    },

    /// The bundle of a CA file is too long for `--tls-general-ca-bundle`.
    #[error(
        "{file}: as --tls-general-ca-bundle it has {length} bytes, and Linux passes at most \
         {MAX_ARGUMENT} in one argument or variable"
    )]
    BundleTooLong {
        /// The file.
        file: String,
        /// The length of the argument, in bytes.
        length: usize,
    },

    /// A bundle has line breaks.
    #[error("{file} is {lines} lines, where the installation wants one")]
    BundleWrapped {
        /// The file.
        file: String,
        /// How many lines.
        lines: usize,
    },

    /// A bundle cannot be read.
    #[error("{file}: {reason}")]
    Bundle {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// A bundle holds other certificates than the CA file.
    #[error("{file} holds other certificates than {ca_file}")]
    BundleDiffers {
        /// The bundle.
        file: String,
        /// The CA file.
        ca_file: String,
    },

    /// Others than its owner can read a key.
    #[error("{file} has the permissions {mode:04o}: others than its owner can read the key")]
    KeyReadable {
        /// The file.
        file: String,
        /// Its permissions.
        mode: u32,
    },

    /// The private key is another certificate's.
    #[error(
        "the key belongs to another certificate: its identifier is {key}, that of the \
         certificate's key {certificate}"
    )]
    KeyMismatch {
        /// The identifier of the certificate's key.
        certificate: String,
        /// The identifier of the private key.
        key: String,
        /// Whether the two are of different types.
        types_differ: bool,
        /// The place of a certificate of the file that the key does belong to, counted from 1.
        belongs_to: Option<usize>,
    },

    /// A Secret has no CA certificate.
    #[error(
        "the Secret has no ca.crt, which the chart mounts into the control plane unless \
         controlPlane.tls.general.caSecretName names another Secret"
    )]
    SecretWithoutCa,

    /// A server showed a certificate, and did not prove that it has its key.
    #[error("the server did not prove that it has the certificate's key: {reason}")]
    KeyNotProved {
        /// Why.
        reason: String,
    },

    /// The issuer of a certificate is not among those that were given.
    #[error("{subject} is issued by {issuer}, which is neither in the chain nor in the CA file")]
    IssuerMissing {
        /// The subject of the certificate.
        subject: String,
        /// The issuer that it names.
        issuer: String,
    },

    /// A CA with the issuer's name is there, but the name is encoded in another way.
    #[error(
        "{subject} is issued by {issuer}; a CA of that name is given, but its name has other string types, \
         letter case or spaces, and Go compares names octet by octet"
    )]
    IssuerEncodedDifferently {
        /// The subject of the certificate.
        subject: String,
        /// The issuer that it names.
        issuer: String,
    },

    /// A CA with the issuer's name is there, but another key signed.
    #[error(
        "{subject} is not signed with the key of {issuer}, whose name it carries as its issuer"
    )]
    SignatureInvalid {
        /// The subject of the certificate.
        subject: String,
        /// The CA.
        issuer: String,
    },

    /// A CA with the issuer's name is there, but whether its key signed cannot be told.
    #[error(
        "{subject} says that it is issued by {issuer}, but its signature, {algorithm} with a key of \
         type {key}, is none that clients still accept"
    )]
    SignatureUnsupported {
        /// The subject of the certificate.
        subject: String,
        /// The CA.
        issuer: String,
        /// The signature algorithm.
        algorithm: String,
        /// The type of the CA's key.
        key: String,
    },

    /// A certificate is self-signed, and clients do not trust it.
    #[error("{subject} is self-signed and not in the CA file")]
    SelfSignedUntrusted {
        /// The subject of the certificate.
        subject: String,
        /// Whether it is the certificate itself, rather than a CA of its chain.
        is_end_entity: bool,
    },

    /// There were so many CAs of one name that the search was given up.
    #[error("no path to a CA was found with the {signatures} signatures that Go looks at")]
    SearchEnded {
        /// How many.
        signatures: usize,
    },

    /// The signature is of a kind that is not trusted any more.
    #[error("{subject} is signed with {algorithm}, which clients do not accept any more")]
    WeakSignature {
        /// The subject of the certificate.
        subject: String,
        /// The signature algorithm.
        algorithm: String,
    },

    /// The certificate is trusted by itself, though another issued it.
    #[error(
        "{subject} itself is in the CA file, and not the CA that issued it: Go, Java and GnuTLS \
         trust it, OpenSSL, Node and rustls do not"
    )]
    LeafAsAnchor {
        /// The subject of the certificate.
        subject: String,
    },

    /// The chain ends at a CA that another one issued.
    #[error(
        "issued by {chain}, which is in the CA file without the CA that issued it: Go, Java and \
         rustls trust it, OpenSSL and Node do not"
    )]
    AnchorNotRoot {
        /// The subjects of the CAs.
        chain: String,
    },

    /// The path validation of rustls-webpki refuses the chain for a reason that no other check names.
    #[error("rustls-webpki refuses the chain: {reason}")]
    PathRefused {
        /// rustls-webpki's words.
        reason: String,
    },

    /// A certificate of the chain has expired.
    #[error("{subject} expired at {}; it is {}", rfc3339(not_after), rfc3339(at))]
    Expired {
        /// The subject of the certificate.
        subject: String,
        /// Its end.
        not_after: OffsetDateTime,
        /// The time of the question.
        at: OffsetDateTime,
        /// Whether it is the CA in the CA file.
        is_anchor: bool,
    },

    /// A certificate of the chain is not valid yet.
    #[error("{subject} is valid from {} on; it is {}", rfc3339(not_before), rfc3339(at))]
    NotYetValid {
        /// The subject of the certificate.
        subject: String,
        /// Its start.
        not_before: OffsetDateTime,
        /// The time of the question.
        at: OffsetDateTime,
        /// Whether it is the CA in the CA file.
        is_anchor: bool,
    },

    /// A certificate that issued another is not a CA's.
    #[error(
        "{subject} is not a CA: its basicConstraints {}",
        if *is_missing { "are missing" } else { "say CA:FALSE" }
    )]
    IssuerNotCa {
        /// The subject of the certificate.
        subject: String,
        /// Whether it has no basicConstraints, rather than some that say CA:FALSE.
        is_missing: bool,
        /// Whether it is the CA in the CA file.
        is_anchor: bool,
    },

    /// A CA must not sign certificates.
    #[error(
        "{subject} must not sign certificates: its keyUsage is {}, without keyCertSign",
        or_nothing(usage)
    )]
    MayNotSign {
        /// The subject of the certificate.
        subject: String,
        /// The usages that it has.
        usage: String,
    },

    /// The CA cannot be that of a mesh.
    #[error(transparent)]
    MeshCa(MeshCaFault),

    /// There are more CAs below one than it allows.
    #[error(
        "{subject} allows {allowed} CAs below it, and has {found}{}",
        if *only_for_go { "; other clients than those in Go do not count the self-issued ones" } else { "" }
    )]
    PathTooLong {
        /// The subject of the certificate.
        subject: String,
        /// Its pathLenConstraint.
        allowed: u32,
        /// How many there are.
        found: u32,
        /// Whether only clients that count self-issued CAs too find them too many: Go, GnuTLS and mbedTLS.
        only_for_go: bool,
        /// Whether it is the CA in the CA file.
        is_anchor: bool,
    },

    /// An extension occurs twice.
    #[error("{subject} has the extension {extension} more than once")]
    ExtensionTwice {
        /// The subject of the certificate.
        subject: String,
        /// Its name or object identifier.
        extension: String,
    },

    /// A critical extension is unknown.
    #[error("{subject} has the critical extension {extension}, which clients do not know")]
    ExtensionUnknown {
        /// The subject of the certificate.
        subject: String,
        /// Its name or object identifier.
        extension: String,
        /// Whether it is the CA in the CA file.
        is_anchor: bool,
    },

    /// An extension is critical that must not be.
    #[error("{subject} has the extension {extension} as critical, which RFC 5280 forbids")]
    ExtensionCritical {
        /// The subject of the certificate.
        subject: String,
        /// Its name.
        extension: String,
        /// Whether it is the CA in the CA file.
        is_anchor: bool,
    },

    /// An extension cannot be read.
    #[error("{subject} has the extension {extension}, which cannot be read")]
    ExtensionMalformed {
        /// The subject of the certificate.
        subject: String,
        /// Its name or object identifier.
        extension: String,
    },

    /// Go does not read the certificate.
    #[error("{subject} cannot be read by Go, and so not by Kuma: {reason}")]
    GoCannotRead {
        /// The subject of the certificate.
        subject: String,
        /// Go's words, or ours where it has none.
        reason: &'static str,
    },

    /// A certificate that is sent, and not needed, cannot be read by Go.
    #[error(
        "{subject} is sent with the certificate, and Go ends the handshake although the chain does not need \
         it: {reason}"
    )]
    SentUnreadable {
        /// The subject of the certificate.
        subject: String,
        /// What is wrong with it.
        reason: String,
    },

    /// A critical extension holds nothing that Go knows.
    #[error("{subject} has a critical {extension} without a name of a kind that Go knows")]
    GoUnhandled {
        /// The subject of the certificate.
        subject: String,
        /// Its name.
        extension: &'static str,
    },

    /// The chain requires a certificate policy, and has none that is valid.
    #[error(
        "the chain requires a certificate policy (requireExplicitPolicy), and {subject} has none that is valid"
    )]
    PolicyMissing {
        /// The subject of the certificate at which none is left.
        subject: String,
    },

    /// The serial number is negative.
    #[error("{subject} has a negative serial number")]
    SerialNegative {
        /// The subject of the certificate.
        subject: String,
    },

    /// The key must not be used to prove who a server or client is.
    #[error(
        "the key must not make the signatures of TLS: its keyUsage is {}, without digitalSignature",
        or_nothing(usage)
    )]
    NoDigitalSignature {
        /// The usages that it has.
        usage: String,
    },

    /// The certificate is not for what it is wanted for.
    #[error("{subject} is for {}, not for {wanted}", or_nothing(found))]
    Usage {
        /// The subject of the certificate, or of the CA that limits it.
        subject: String,
        /// What it says.
        found: String,
        /// What is wanted: `serverAuth` or `clientAuth`.
        wanted: &'static str,
        /// Where the certificate stands in the chain.
        place: Place,
    },

    /// A CA must not certify a name.
    #[error("{name} is not certified by {subject}: its nameConstraints say that it {constraint}")]
    NameExcluded {
        /// The name.
        name: String,
        /// The subject of the CA.
        subject: String,
        /// `permits only ...` or `excludes ...`.
        constraint: String,
        /// Whether the constraint is that of the CA in the CA file.
        is_anchor: bool,
    },

    /// Go cannot compare a name with the constraints of a CA.
    #[error(
        "{name} is not a name that Go can compare with the nameConstraints of {subject}, so it rejects the \
         certificate"
    )]
    NameNotComparable {
        /// The name.
        name: String,
        /// The subject of the CA.
        subject: String,
    },

    /// A CA limits names of kinds that Go does not know.
    #[error(
        "{subject} has critical nameConstraints of the kind {kinds}, for which Go, and so Kuma, refuses \
         all that it issues"
    )]
    ConstraintKinds {
        /// The subject of the CA.
        subject: String,
        /// The kinds, in RFC 5280's words.
        kinds: String,
    },

    /// There are so many names and constraints that clients give up.
    #[error(
        "the names and the nameConstraints of {subject} are more than OpenSSL and Envoy compare: over \
         {limit} comparisons"
    )]
    TooManyConstraints {
        /// The subject of the CA.
        subject: String,
        /// How many comparisons they make.
        limit: usize,
    },

    /// The certificate does not have a name.
    #[error("{host} is not among the names of the certificate: {}", listed(names, *count))]
    NotNamed {
        /// The name that was asked for.
        host: String,
        /// The names that it has, the first of them if there are many.
        names: Vec<String>,
        /// How many names it has.
        count: usize,
        /// A name that was probably meant to be this one, and what is wrong with it.
        near: Option<NearMiss>,
    },

    /// The certificate has no name but in its subject.
    #[error(
        "{host} is the commonName of the certificate, {}",
        if *.is_alone { "which has no subjectAltName" } else { "whose subjectAltName names no host" }
    )]
    CommonNameOnly {
        /// The name that was asked for.
        host: String,
        /// Whether that is an IP address.
        is_address: bool,
        /// Whether the certificate has no subjectAltName.
        is_alone: bool,
    },

    /// Clients disagree whether the certificate has a name.
    #[error("{host} is {name} for {accepts}, but not for {refuses}")]
    ClientsDisagree {
        /// The name that was asked for.
        host: String,
        /// The name in the certificate.
        name: String,
        /// Who takes one for the other.
        accepts: &'static str,
        /// Who does not.
        refuses: &'static str,
    },

    /// The certificate ends soon.
    #[error("the certificate ends at {}, in {left}", rfc3339(not_after))]
    EndsSoon {
        /// Its end.
        not_after: OffsetDateTime,
        /// How long that is, in words.
        left: String,
    },

    /// Nobody speaks TLS with such a key.
    #[error(
        "no TLS stack takes a server or client with a key of type {key} (algorithm {algorithm})"
    )]
    KeyUnusable {
        /// The type of the key.
        key: String,
        /// The object identifier of its algorithm, and of its curve if it has one.
        algorithm: String,
    },

    /// There is more to say of the same check than anyone reads.
    #[error("and more of the same kind")]
    More,

    /// A client of Kuma's, or one that was asked for, refuses the certificate.
    #[error("{} refuses the certificate: {reason}", client.title())]
    Refused {
        /// Which.
        client: Client,
        /// Why.
        reason: Reason,
    },
}

/// The place of a certificate in its chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// The certificate itself.
    EndEntity,
    /// The certificate itself, which is its own CA.
    SelfTrusted,
    /// A CA of the chain that is not in the CA file.
    Intermediate,
    /// The CA in the CA file.
    TrustAnchor,
}

/// A name in a certificate that looks like the one that was asked for, and matches nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NearMiss {
    /// The name as it stands in the certificate.
    pub name: String,
    /// Why it does not match, as a fragment.
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
    /// What the user would have met in Kuma, had nobody made this check: the message, and who says it.
    #[must_use]
    pub fn kuma_error(&self, check: CheckName) -> Option<(&'static str, String)> {
        // Go's crypto/tls and crypto/x509, which kuma-cp loads the pair and kuma-dp judges it with.
        const LOAD: &str = "kuma-cp";
        const DIAL: &str = "kuma-dp";
        const WEBHOOK: &str = "kube-apiserver";
        let owned = |who, text: &str| Some((who, text.to_owned()));
        match self {
            Self::Swapped { .. } => owned(LOAD, SWITCHED),
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
            Self::NotNamed { host, names, count, .. } => {
                Some((DIAL, not_named(host, names, *count)))
            }
            Self::SentUnreadable { .. } => {
                owned(DIAL, "tls: failed to parse certificate from server")
            }
            Self::GoUnhandled { .. } => owned(DIAL, "x509: unhandled critical extension"),
            Self::PolicyMissing { .. } => {
                owned(DIAL, "x509: no valid chains built: 1 candidate chains with invalid policies")
            }
            Self::Refused { client, reason } if Client::KUMAS.contains(client) => {
                let words = reason.rule.words(*client).filter(|words| !words.is_empty())?;
                owned(client.program(), words)
            }
            Self::MeshCa(fault) => fault.kuma_error(),
            Self::NoDigitalSignature { .. } => owned("Envoy", "KEY_USAGE_BIT_INCORRECT"),
            _ => None,
        }
    }
}

/// What kuma-cp says of a key in place of the certificate (`pkg/xds/components.go`).
const SWITCHED: &str =
    "could not register Bootstrap: could not parse certificate: x509: malformed tbs certificate";

/// What kuma-cp says of a file of the pair in which it finds no PEM block
/// (`pkg/xds/components.go`, and crypto/tls, X509KeyPair).
const fn no_pem(check: CheckName) -> Option<&'static str> {
    match check {
        CheckName::CertificateFile => {
            Some("could not register Bootstrap: could not parse certificate")
        }
        CheckName::KeyFile => Some("tls: failed to find any PEM data in key input"),
        _ => None,
    }
}

/// What kuma-dp says of a CA file in which it finds no certificate (`pkg/util/http/tls.go`).
const NO_CA: &str = "could not add certificate";

/// What Kuma says to a file that is not made of the blocks that it should hold.
fn pem_error(error: &PemError, check: CheckName) -> Option<(&'static str, String)> {
    use PemFault::{
        Base64, Begin, ByteOrderMark, CarriageReturn, End, Escaped, Glued, Indented, Label, NoEnd,
        OneLine,
    };
    match (check, error) {
        (CheckName::CertificateFile, PemError::PrivateKey { beside_certificates: false, .. }) => {
            Some(("kuma-cp", SWITCHED.to_owned()))
        }
        (CheckName::CaFile, PemError::PrivateKey { beside_certificates: false, .. }) => {
            Some(("kuma-dp", NO_CA.to_owned()))
        }
        // Go passes over such a block, and finds none.
        (
            _,
            PemError::NoBlock
            | PemError::Base64 { .. }
            | PemError::Der
            | PemError::Foreign(_)
            | PemError::Utf16
            | PemError::Malformed {
                position: 1,
                fault:
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

/// Go's words (crypto/x509, HostnameError).
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
            KeyError::Unsupported => Self::KeyNotKnown { file },
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
    pub(crate) fn usage(certificate: &Certificate, wanted: ExtendedKeyUsage, place: Place) -> Self {
        let found = certificate.extended_key_usage_names().unwrap_or_default();
        Self::Usage {
            subject: certificate.subject(),
            found: found.join(", "),
            wanted: wanted.as_str(),
            place,
        }
    }
}
