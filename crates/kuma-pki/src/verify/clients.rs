//! Who refuses which certificate, though it is well-formed and its chain holds: data, from running the
//! clients, or from what their makers say where that could not be done.
//!
//! A rule is a trait of a certificate and the clients that refuse it. A new client is a variant of
//! [`Client`] and its place in the rules; a new observation is a row of [`RULES`].

mod chain;

use std::cell::OnceCell;
use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;

use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::{OID_X509_EXT_BASIC_CONSTRAINTS, OID_X509_EXT_SUBJECT_ALT_NAME};
use x509_parser::prelude::X509Certificate;

use super::Host;
use super::kuma::KumaVersion;
use super::path::Parsed;
use super::path::follow::{DeadEnd, Follower};
use super::report::CheckName;
use crate::constraint;
use crate::name::SubjectAltName;
use crate::x509::{self, SubjectKey};

/// A program, or a group that judges alike, that connects to a control plane.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Client {
    /// kuma-dp's bootstrap request: Go, and Kuma's own look at the CA.
    KumaDp,
    /// Envoy in the data plane, with the validation context that Kuma writes.
    Envoy,
    /// The Kubernetes API server, calling Kuma's webhooks: Go.
    KubeApiserver,
    /// The official kumactl, and a zone control plane: Go.
    Kumactl,
    /// curl 7.88 of Debian 12, with OpenSSL.
    Curl,
    /// OpenSSL, and what verifies by its defaults: Python to 3.12, Ruby, PHP, nginx.
    Openssl,
    /// OpenSSL with `-x509_strict`.
    OpensslStrict,
    /// Python 3.13 and later, which is strict and takes a partial chain.
    Python,
    /// Java's JSSE.
    Java,
    /// Node.
    Node,
    /// rustls, with rustls-webpki.
    Rustls,
    /// GnuTLS, as gnutls-cli, wget and curl use it.
    Gnutls,
    /// Firefox.
    Firefox,
    /// Chrome and Chromium.
    Chrome,
    /// Safari and other programs on Apple's systems.
    Apple,
    /// mbedTLS.
    Mbedtls,
}

/// A trait of certificates or of the names that are dialed, and who refuses it.
#[derive(Debug)]
pub struct Rule {
    /// What it is, as a fragment to follow the client.
    pub because: &'static str,
    /// The clients that refuse it, each with its own words, or with nothing where it does not say.
    pub refused_by: &'static [(Client, &'static str)],
    /// How this is known.
    pub source: &'static str,
    /// What cures it.
    pub remedy: Remedy,
    /// The check that fails for the same, if there is one.
    pub check: Option<CheckName>,
    applies: Trait,
}

/// What a rule looks at.
#[derive(Debug)]
enum Trait {
    /// The certificate and its chain.
    Chain(fn(&Shape<'_>) -> bool),
    /// One of the names that are dialed.
    Name(fn(&Shape<'_>, &Host) -> bool),
}

/// A rule is told by its place.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Rule {}

/// Why a client refuses a certificate. Displays as a fragment to follow the client.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reason {
    /// The rule.
    pub rule: &'static Rule,
    /// The first name that it applies to, if it is about names.
    pub name: Option<String>,
}

/// What cures a trait, in terms of how certificates are made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Remedy {
    /// Add a DNS name that the CA permits.
    AddPermittedName,
    /// Put the CA that issued the certificate into the CA file, rather than the certificate.
    CaInCaFile,
    /// Put a CA first in the CA file.
    CaFirst,
    /// Put the root into the CA file.
    RootInCaFile,
    /// Dial the address in its usual form.
    CanonicalAddress,
    /// Dial a DNS name instead of an address.
    DialDnsName,
    /// Dial a name that is not a number.
    DialNoNumber,
    /// Dial a name without an underscore.
    DialNoUnderscore,
    /// Put fewer names into each certificate.
    FewerNames,
    /// Issue it from a CA of its own instead of signing it with its own key.
    IssueFromCa,
    /// Put the dialed name itself into the certificate.
    NameItself,
    /// Name each host under `localhost`.
    NameLocalhosts,
    /// Make a CA with this program, and issue from that.
    NewCa,
    /// Leave IP addresses out of the name constraints of the CA, or out of the certificate.
    NoIpConstraints,
    /// Leave expired CA certificates out, or put their renewals first.
    LiveCasFirst,
    /// Leave name constraints out of the CA.
    NoNameConstraints,
    /// Issue it with this program, which leaves the trait out.
    Reissue,
    /// Send the certificates in their order.
    SendInOrder,
    /// Shorten its lifetime to 825 days.
    Shorten,
    /// Take another type of key.
    UsualKey,
    /// Take another type of key for the CA.
    UsualCaKey,
}

/// What the rules look at.
pub(crate) struct Shape<'a> {
    pub(crate) end_entity: &'a X509Certificate<'a>,
    /// The certificate at which the chain ends; the certificate itself if it is its own CA.
    pub(crate) anchor: &'a X509Certificate<'a>,
    /// The CA file; empty where none was given.
    pub(crate) ca_file: Vec<&'a X509Certificate<'a>>,
    /// All certificates of the path above the end entity.
    pub(crate) issuers: Vec<&'a X509Certificate<'a>>,
    /// The certificates that the server sends.
    pub(crate) sent: &'a [Parsed<'a>],
    /// The names that clients dial.
    pub(crate) hosts: &'a [Host],
    /// Whether rustls-webpki refuses the path for a reason of its own.
    pub(crate) is_refused_by_rustls: bool,
    /// The libraries that follow another path than this one, and where that leads.
    pub(crate) dead_ends: Vec<(Follower, DeadEnd)>,
    /// The version of Kuma.
    pub(crate) kuma: KumaVersion,
    /// The rules that apply, whichever client is asked.
    applying: OnceCell<Vec<Reason>>,
    /// The DNS names of the certificate, as they stand there and in lower case.
    names: HashSet<&'a str>,
    lower_names: HashSet<String>,
    /// Whether the chain ends with a root: an anchor that is its own issuer.
    ends_with_root: bool,
}

impl Client {
    /// Every client, Kuma's own first.
    pub const ALL: [Self; 16] = [
        Self::KumaDp,
        Self::Envoy,
        Self::KubeApiserver,
        Self::Kumactl,
        Self::Curl,
        Self::Openssl,
        Self::OpensslStrict,
        Self::Python,
        Self::Java,
        Self::Node,
        Self::Rustls,
        Self::Gnutls,
        Self::Firefox,
        Self::Chrome,
        Self::Apple,
        Self::Mbedtls,
    ];

    /// The name in reports and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KumaDp => "kuma-dp",
            Self::Envoy => "envoy",
            Self::KubeApiserver => "kube-apiserver",
            Self::Kumactl => "kumactl",
            Self::Curl => "curl",
            Self::Openssl => "openssl",
            Self::OpensslStrict => "openssl-strict",
            Self::Python => "python",
            Self::Java => "java",
            Self::Node => "node",
            Self::Rustls => "rustls",
            Self::Gnutls => "gnutls",
            Self::Firefox => "firefox",
            Self::Chrome => "chrome",
            Self::Apple => "apple",
            Self::Mbedtls => "mbedtls",
        }
    }

    /// The clients that belong to Kuma, or call it: if one of them refuses a certificate, Kuma does not
    /// work.
    pub const KUMAS: [Self; 4] = [Self::KumaDp, Self::Envoy, Self::KubeApiserver, Self::Kumactl];

    /// The program, as messages from it are quoted.
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::Envoy => "Envoy",
            other => other.as_str(),
        }
    }

    /// The name for people, with the versions on which its rules were seen.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::KumaDp => "kuma-dp (Go 1.26, 1.27)",
            Self::Envoy => "Envoy 1.39 and 1.40",
            Self::KubeApiserver => "kube-apiserver (Go 1.26, 1.27)",
            Self::Kumactl => "the official kumactl (Go 1.26, 1.27)",
            Self::Curl => "curl 7.88 with OpenSSL 3.0",
            Self::Openssl => "OpenSSL 3.0 and 4.0",
            Self::OpensslStrict => "OpenSSL -x509_strict",
            Self::Python => "Python 3.13",
            Self::Java => "Java 17 and 25",
            Self::Node => "Node 20, 24 and 26",
            Self::Rustls => "rustls 0.23",
            Self::Gnutls => "GnuTLS 3.7",
            Self::Firefox => "Firefox 153",
            Self::Chrome => "Chrome 156",
            Self::Apple => "Apple (Safari)",
            Self::Mbedtls => "mbedTLS 2.28 and 3.6",
        }
    }
}

const RUN: &str = "run against certificates that differ in this alone";
/// What kuma-dp says of a CA file whose first certificate says CA:FALSE.
pub(super) const NOT_CA: &str = "Invalid request: A data plane proxy is trying to verify the control plane using the \
                      certificate which is not a certificate authority (basic constraint 'CA' is set to \
                      'false').";
const APPLE: &str = "https://support.apple.com/en-us/103769, not run";

/// Every rule. For the errors behind them see docs/reference/verify.md.
pub static RULES: &[Rule] = &[
    Rule {
        because: "its issuer has an empty name, against RFC 5280 4.1.2.4",
        refused_by: &[
            (Client::Curl, "SSL: couldn't get X509-issuer name"),
            (Client::Java, "Empty issuer DN not allowed in X509Certificates"),
            (Client::Firefox, "MOZILLA_PKIX_ERROR_EMPTY_ISSUER_NAME"),
            (Client::Mbedtls, "X509 - The name tag or value is invalid"),
        ],
        source: RUN,
        remedy: Remedy::Reissue,
        check: None,
        applies: Trait::Chain(|shape| shape.path().any(|one| is_empty(one.issuer()))),
    },
    Rule {
        because: "it says CA:TRUE, which a server's own certificate must not",
        refused_by: &[
            (Client::Rustls, "CaUsedAsEndEntity"),
            (Client::Firefox, "MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY"),
        ],
        source: RUN,
        remedy: Remedy::IssueFromCa,
        check: None,
        applies: Trait::Chain(|shape| x509::is_ca(shape.end_entity) == Some(true)),
    },
    Rule {
        because: "the first certificate of the CA file says CA:FALSE",
        refused_by: &[(Client::KumaDp, NOT_CA)],
        source: "pkg/xds/bootstrap/generator.go in Kuma, and run",
        remedy: Remedy::CaFirst,
        check: Some(CheckName::CaFile),
        applies: Trait::Chain(|shape| {
            let first = shape.ca_file.first().copied().unwrap_or(shape.anchor);
            x509::is_ca(first) == Some(false)
        }),
    },
    Rule {
        because: "the certificate in the CA file says CA:FALSE",
        refused_by: &[(Client::Chrome, "ERR_CERT_INVALID")],
        source: RUN,
        remedy: Remedy::IssueFromCa,
        check: None,
        applies: Trait::Chain(|shape| {
            shape.issuers.is_empty() && x509::is_ca(shape.anchor) == Some(false)
        }),
    },
    Rule {
        because: "the certificate in the CA file has a keyUsage without keyCertSign",
        refused_by: &[(Client::Chrome, "ERR_CERT_INVALID")],
        source: RUN,
        remedy: Remedy::IssueFromCa,
        check: None,
        applies: Trait::Chain(|shape| {
            let usage = x509::key_usage(shape.anchor);
            shape.issuers.is_empty()
                && x509::is_ca(shape.anchor) != Some(false)
                && usage.is_some_and(|usage| !usage.contains(&"keyCertSign"))
        }),
    },
    Rule {
        because: "the CA file has the certificate, and not the CA that issued it",
        refused_by: &[
            (Client::Openssl, "error 20: unable to get local issuer certificate"),
            (Client::OpensslStrict, "error 20: unable to get local issuer certificate"),
            (Client::Node, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
            (Client::Rustls, "UnknownIssuer"),
            (Client::Chrome, "ERR_CERT_AUTHORITY_INVALID"),
            (Client::Mbedtls, "The certificate is not correctly signed by the trusted CA"),
        ],
        source: RUN,
        remedy: Remedy::CaInCaFile,
        check: None,
        applies: Trait::Chain(|shape| shape.issuers.is_empty() && !shape.ends_with_root),
    },
    Rule {
        because: "the CA file ends with a CA that another one issued, and has not that one",
        refused_by: &[
            (Client::Openssl, "error 2: unable to get issuer certificate"),
            (Client::OpensslStrict, "error 2: unable to get issuer certificate"),
            (Client::Node, "UNABLE_TO_GET_ISSUER_CERT"),
        ],
        source: RUN,
        remedy: Remedy::RootInCaFile,
        check: None,
        applies: Trait::Chain(|shape| !shape.issuers.is_empty() && !shape.ends_with_root),
    },
    Rule {
        because: "its authorityKeyIdentifier is another than the identifier of its CA's key",
        refused_by: &[
            (Client::Curl, "unable to get local issuer certificate"),
            (Client::Openssl, "error 20: unable to get local issuer certificate"),
            (Client::OpensslStrict, "error 20: unable to get local issuer certificate"),
            (Client::Python, "unable to get local issuer certificate"),
            (Client::Node, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
            (Client::Java, "Path does not chain with any of the trust anchors"),
            (Client::Envoy, "CERTIFICATE_VERIFY_FAILED: unable to get local issuer certificate"),
            (Client::Gnutls, "The certificate issuer is unknown"),
        ],
        source: RUN,
        remedy: Remedy::Reissue,
        check: None,
        applies: Trait::Chain(|shape| {
            let mismatches = |below: &X509Certificate<'_>, ca: &X509Certificate<'_>| {
                let wanted = x509::authority_key_identifier(below);
                let found = x509::subject_key_identifier(ca);
                matches!((wanted, found), (Some(wanted), Some(found)) if wanted != found)
            };
            // A root is its own issuer.
            let root = Some(shape.anchor).filter(|_| shape.ends_with_root);
            let issuers = shape.issuers.iter().copied().chain(root);
            shape.path().zip(issuers).any(|(below, ca)| mismatches(below, ca))
        }),
    },
    Rule {
        because: "its authorityKeyIdentifier has another serial number than its CA",
        refused_by: &[
            (Client::Curl, "unable to get local issuer certificate"),
            (Client::Openssl, "error 20: unable to get local issuer certificate"),
            (Client::OpensslStrict, "error 20: unable to get local issuer certificate"),
            (Client::Python, "unable to get local issuer certificate"),
            (Client::Node, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
            (Client::Java, "Path does not chain with any of the trust anchors"),
            (Client::Envoy, "CERTIFICATE_VERIFY_FAILED: unable to get local issuer certificate"),
        ],
        source: RUN,
        remedy: Remedy::Reissue,
        check: None,
        applies: Trait::Chain(|shape| {
            let mismatches = |below: &X509Certificate<'_>, ca: &X509Certificate<'_>| {
                let serial = x509::authority_serial_number(below);
                serial.is_some_and(|serial| serial != ca.raw_serial())
            };
            // A root is its own issuer.
            let root = Some(shape.anchor).filter(|_| shape.ends_with_root);
            let issuers = shape.issuers.iter().copied().chain(root);
            shape.path().zip(issuers).any(|(below, ca)| mismatches(below, ca))
        }),
    },
    Rule {
        because: "it, or a CA below the root, has no authorityKeyIdentifier",
        refused_by: &[
            (Client::OpensslStrict, "error 85: Missing Authority Key Identifier"),
            (Client::Python, "Missing Authority Key Identifier"),
        ],
        source: RUN,
        remedy: Remedy::NewCa,
        check: None,
        applies: Trait::Chain(|shape| {
            !shape.issuers.is_empty() && shape.below_anchor().any(|one| !has(one, "2.5.29.35"))
        }),
    },
    Rule {
        because: "its CA, or it with CA:TRUE, has no subjectKeyIdentifier",
        refused_by: &[
            (Client::OpensslStrict, "error 86: Missing Subject Key Identifier"),
            (Client::Python, "Missing Subject Key Identifier"),
        ],
        source: RUN,
        remedy: Remedy::NewCa,
        check: None,
        applies: Trait::Chain(|shape| issued_cas(shape).any(|ca| !has(ca, "2.5.29.14"))),
    },
    Rule {
        because: "its CA, or it with CA:TRUE, has no keyUsage",
        refused_by: &[
            (Client::OpensslStrict, "error 92: CA cert does not include key usage extension"),
            (Client::Python, "CA cert does not include key usage extension"),
        ],
        source: RUN,
        remedy: Remedy::NewCa,
        check: None,
        applies: Trait::Chain(|shape| issued_cas(shape).any(|ca| x509::key_usage(ca).is_none())),
    },
    Rule {
        because: "the basicConstraints of its CA are not critical",
        refused_by: &[
            (Client::OpensslStrict, "error 89: Basic Constraints of CA cert not marked critical"),
            (Client::Python, "Basic Constraints of CA cert not marked critical"),
        ],
        source: "run; OpenSSL 4.0 accepts it",
        remedy: Remedy::NewCa,
        check: None,
        applies: Trait::Chain(|shape| {
            shape
                .issuers
                .iter()
                .any(|ca| is_critical(ca, &OID_X509_EXT_BASIC_CONSTRAINTS) == Some(false))
        }),
    },
    Rule {
        because: "its CA has an empty name",
        refused_by: &[
            (Client::OpensslStrict, "error 83: Issuer name empty"),
            (Client::Python, "Issuer name empty"),
        ],
        source: RUN,
        remedy: Remedy::NewCa,
        check: None,
        applies: Trait::Chain(|shape| shape.issuers.iter().any(|ca| is_empty(ca.subject()))),
    },
    Rule {
        because: "its subject is empty, and its subjectAltName not critical",
        refused_by: &[
            (
                Client::OpensslStrict,
                "error 84: Subject empty and Subject Alt Name extension not critical",
            ),
            (Client::Python, "Subject empty and Subject Alt Name extension not critical"),
            (Client::Java, "X.509 Certificate is incomplete"),
        ],
        source: RUN,
        remedy: Remedy::Reissue,
        check: None,
        applies: Trait::Chain(|shape| {
            !shape.issuers.is_empty()
                && is_empty(shape.end_entity.subject())
                && is_critical(shape.end_entity, &OID_X509_EXT_SUBJECT_ALT_NAME) == Some(false)
        }),
    },
    Rule {
        because: "its keyUsage has keyCertSign, and it does not say CA:TRUE",
        refused_by: &[
            (Client::OpensslStrict, "error 79: invalid CA certificate"),
            (Client::Python, "invalid CA certificate"),
        ],
        source: RUN,
        remedy: Remedy::Reissue,
        check: None,
        applies: Trait::Chain(|shape| {
            let is_ca = x509::is_ca(shape.end_entity);
            let usage = x509::key_usage(shape.end_entity);
            // A certificate in the CA file passes with CA:FALSE.
            (is_ca.is_none() || (is_ca == Some(false) && !shape.issuers.is_empty()))
                && usage.is_some_and(|usage| usage.contains(&"keyCertSign"))
        }),
    },
    Rule {
        because: "its key is P-384",
        refused_by: &[(Client::Envoy, "BAD_ECC_CERT")],
        source: RUN,
        remedy: Remedy::UsualKey,
        check: None,
        applies: Trait::Chain(|shape| key(shape) == SubjectKey::P384),
    },
    Rule {
        because: "its key is P-521",
        refused_by: &[
            (Client::Envoy, "BAD_ECC_CERT"),
            (Client::Chrome, "ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
        ],
        source: "Envoy was run; for Chrome see golang/go#47681",
        remedy: Remedy::UsualKey,
        check: None,
        applies: Trait::Chain(|shape| key(shape) == SubjectKey::P521),
    },
    Rule {
        because: "its key is Ed25519",
        refused_by: &[
            (Client::Envoy, "SSLV3_ALERT_HANDSHAKE_FAILURE"),
            (Client::Chrome, "ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
            (Client::Firefox, "SSL_ERROR_NO_CYPHER_OVERLAP"),
            (Client::Mbedtls, "X509 - Signature algorithm (oid) is unsupported"),
        ],
        source: RUN,
        remedy: Remedy::UsualKey,
        check: None,
        applies: Trait::Chain(|shape| key(shape) == SubjectKey::Ed25519),
    },
    Rule {
        because: "the key of its CA is Ed25519",
        refused_by: &[
            (Client::Chrome, "ERR_CERT_INVALID"),
            (Client::Firefox, "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED"),
            (Client::Mbedtls, "X509 - Signature algorithm (oid) is unsupported"),
        ],
        source: RUN,
        remedy: Remedy::UsualCaKey,
        check: None,
        applies: Trait::Chain(|shape| {
            shape.issuers.iter().any(|ca| x509::subject_key(ca) == SubjectKey::Ed25519)
        }),
    },
    Rule {
        because: "its RSA key has more than 8192 bits",
        refused_by: &[
            (
                Client::KumaDp,
                "tls: server sent certificate containing RSA key larger than 8192 bits",
            ),
            (
                Client::KubeApiserver,
                "tls: server sent certificate containing RSA key larger than 8192 bits",
            ),
            (
                Client::Kumactl,
                "tls: server sent certificate containing RSA key larger than 8192 bits",
            ),
        ],
        source: "crypto/tls in Go, handshake_client.go, not run",
        remedy: Remedy::UsualKey,
        check: None,
        applies: Trait::Chain(|shape| matches!(key(shape), SubjectKey::Rsa(bits) if bits > 8192)),
    },
    Rule {
        because: "its RSA key has less than 2048 bits",
        refused_by: &[
            (Client::Curl, "EE certificate key too weak"),
            (Client::Openssl, "error 66: EE certificate key too weak"),
            (Client::OpensslStrict, "error 66: EE certificate key too weak"),
            (Client::Python, "EE certificate key too weak"),
            (Client::Rustls, ""),
            (Client::Apple, ""),
        ],
        source: "run, OpenSSL at the security level 2 of Debian; rustls and Apple were not",
        remedy: Remedy::UsualKey,
        check: None,
        applies: Trait::Chain(|shape| matches!(key(shape), SubjectKey::Rsa(bits) if bits < 2048)),
    },
    Rule {
        because: "its keyUsage lacks digitalSignature",
        refused_by: &[
            (Client::Envoy, "KEY_USAGE_BIT_INCORRECT, or HANDSHAKE_FAILURE"),
            (Client::Chrome, "ERR_SSL_KEY_USAGE_INCOMPATIBLE"),
            (Client::Gnutls, "Key usage violation in certificate has been detected"),
            (Client::Mbedtls, "SSL - Processing of the Certificate handshake message failed"),
        ],
        source: RUN,
        remedy: Remedy::Reissue,
        check: Some(CheckName::KeyUsage),
        applies: Trait::Chain(|shape| {
            x509::key_usage(shape.end_entity)
                .is_some_and(|usage| !usage.contains(&"digitalSignature"))
        }),
    },
    Rule {
        because: "its keyUsage lacks digitalSignature, and the CA file has its CA and not the certificate itself",
        refused_by: &[(Client::Java, "KeyUsage does not allow digital signatures")],
        source: RUN,
        remedy: Remedy::Reissue,
        check: Some(CheckName::KeyUsage),
        applies: Trait::Chain(|shape| {
            !shape.issuers.is_empty()
                && x509::key_usage(shape.end_entity)
                    .is_some_and(|usage| !usage.contains(&"digitalSignature"))
        }),
    },
    Rule {
        because: "its keyUsage allows no key exchange of TLS: neither digitalSignature, keyEncipherment nor keyAgreement",
        refused_by: &[
            (Client::Curl, "unsuitable certificate purpose"),
            (Client::Openssl, "error 26: unsuitable certificate purpose"),
            (Client::OpensslStrict, "error 26: unsuitable certificate purpose"),
            (Client::Python, "unsuitable certificate purpose"),
            (Client::Node, "INVALID_PURPOSE"),
            (Client::Firefox, "SEC_ERROR_INADEQUATE_KEY_USAGE"),
        ],
        source: RUN,
        remedy: Remedy::Reissue,
        check: Some(CheckName::KeyUsage),
        applies: Trait::Chain(|shape| {
            const TLS: [&str; 3] = ["digitalSignature", "keyEncipherment", "keyAgreement"];
            x509::key_usage(shape.end_entity)
                .is_some_and(|usage| !usage.iter().any(|usage| TLS.contains(usage)))
        }),
    },
    Rule {
        because: "it has no extendedKeyUsage",
        refused_by: &[(Client::Apple, "")],
        source: APPLE,
        remedy: Remedy::Reissue,
        check: None,
        applies: Trait::Chain(|shape| x509::extended_key_usage(shape.end_entity).is_none()),
    },
    Rule {
        because: "its extendedKeyUsage, or its CA's, is anyExtendedKeyUsage without serverAuth",
        refused_by: &[
            (Client::Curl, "unsuitable certificate purpose"),
            (Client::Openssl, "error 26: unsuitable certificate purpose"),
            (Client::OpensslStrict, "error 26: unsuitable certificate purpose"),
            (Client::Python, "unsuitable certificate purpose"),
            (Client::Node, "INVALID_PURPOSE"),
            (Client::Firefox, "SEC_ERROR_INADEQUATE_CERT_TYPE"),
        ],
        source: "run, but for curl, which asks OpenSSL",
        remedy: Remedy::NewCa,
        check: None,
        applies: Trait::Chain(|shape| shape.path().any(is_any_usage)),
    },
    Rule {
        because: "its extendedKeyUsage, or that of a CA below the root, is anyExtendedKeyUsage without serverAuth",
        refused_by: &[(
            Client::Envoy,
            "CERTIFICATE_VERIFY_FAILED: unsupported certificate purpose",
        )],
        source: RUN,
        remedy: Remedy::NewCa,
        check: None,
        applies: Trait::Chain(|shape| shape.below_anchor().any(is_any_usage)),
    },
    Rule {
        because: "the extendedKeyUsage of a CA below the root is anyExtendedKeyUsage without serverAuth",
        refused_by: &[(
            Client::Gnutls,
            "The certificate chain does not match the intended purpose",
        )],
        source: RUN,
        remedy: Remedy::NewCa,
        check: None,
        applies: Trait::Chain(|shape| shape.intermediates().any(is_any_usage)),
    },
    Rule {
        because: "its Netscape certificate type is not that of a server",
        refused_by: &[
            (Client::Curl, "unsuitable certificate purpose"),
            (Client::Openssl, "error 26: unsuitable certificate purpose"),
            (Client::OpensslStrict, "error 26: unsuitable certificate purpose"),
            (Client::Python, "unsuitable certificate purpose"),
            (Client::Node, "INVALID_PURPOSE"),
            (Client::Java, "Netscape cert type does not permit use for SSL server"),
        ],
        source: "run, but for curl, which asks OpenSSL",
        remedy: Remedy::Reissue,
        check: None,
        applies: Trait::Chain(|shape| {
            // The bit sslServer is the second of a BIT STRING.
            let mut extensions = shape.end_entity.extensions().iter();
            let found = extensions.find(|e| e.oid.to_id_string() == "2.16.840.1.113730.1.1");
            found.is_some_and(|found| found.value.last().is_some_and(|bits| bits & 0x40 == 0))
        }),
    },
    Rule {
        because: "it is valid for more than 825 days",
        refused_by: &[(Client::Apple, "")],
        source: APPLE,
        remedy: Remedy::Shorten,
        check: None,
        applies: Trait::Chain(|shape| {
            let validity = x509::validity(shape.end_entity);
            (validity.not_after - validity.not_before) > time::Duration::days(825)
        }),
    },
    Rule {
        because: "rustls-webpki refuses its chain, for a reason of its own",
        refused_by: &[(Client::Rustls, "")],
        source: "asked for this certificate",
        remedy: Remedy::Reissue,
        check: None,
        applies: Trait::Chain(|shape| shape.is_refused_by_rustls),
    },
    Rule {
        because: "a name that is dialed is not among its names letter by letter, as the bootstrap of Kuma before 2.14 wants it; a wildcard or capital letters stand for it",
        refused_by: &[(
            Client::KumaDp,
            "A data plane proxy is trying to connect to the control plane using",
        )],
        source: "pkg/xds/bootstrap/generator.go in Kuma 2.13, validateRequest",
        remedy: Remedy::NameItself,
        check: None,
        applies: Trait::Name(|shape, host| match &host.name {
            SubjectAltName::Dns(name) if !shape.kuma.matches_names_as_go() => {
                let name = name.as_str();
                !shape.names.contains(name)
                    && (shape.lower_names.contains(name) || is_under_wildcard(shape, name))
            }
            _ => false,
        }),
    },
    Rule {
        because: "an address is dialed in another form than Envoy writes it",
        refused_by: &[(
            Client::Envoy,
            "CERTIFICATE_VERIFY_FAILED: verify cert failed: SAN matcher",
        )],
        source: RUN,
        remedy: Remedy::CanonicalAddress,
        check: None,
        applies: Trait::Name(|_, host| match host.name {
            SubjectAltName::Ip(address) => host.typed != address.to_string(),
            _ => false,
        }),
    },
    Rule {
        because: "an IPv4 address is dialed, and the certificate has it in the form of IPv6 alone",
        refused_by: &[
            (Client::Envoy, "CERTIFICATE_VERIFY_FAILED: verify cert failed: SAN matcher"),
            (Client::Curl, "no alternative certificate subject name matches target host name"),
            (Client::Openssl, "error 64: IP address mismatch"),
            (Client::OpensslStrict, "error 64: IP address mismatch"),
            (Client::Python, "IP address mismatch"),
            (Client::Node, "ERR_TLS_CERT_ALTNAME_INVALID"),
            (Client::Rustls, "certificate not valid for name"),
            (Client::Gnutls, "The name in the certificate does not match the expected"),
            (Client::Firefox, "SSL_ERROR_BAD_CERT_DOMAIN"),
            (Client::Chrome, "ERR_CERT_COMMON_NAME_INVALID"),
        ],
        source: "run, but for rustls, which compares octets",
        remedy: Remedy::NameItself,
        check: None,
        applies: Trait::Name(|shape, host| match host.name {
            SubjectAltName::Ip(address) => {
                let mut found =
                    addresses(shape.end_entity).filter(|one| one.to_canonical() == address);
                found.next().is_some_and(|first| first != address)
                    && found.all(|one| one != address)
            }
            _ => false,
        }),
    },
    Rule {
        because: "an IP address is dialed, which mbedTLS before 3.5 does not look for",
        refused_by: &[(
            Client::Mbedtls,
            "The certificate Common Name (CN) does not match with the expected CN",
        )],
        source: "run with mbedTLS 2.28",
        remedy: Remedy::DialDnsName,
        check: None,
        applies: Trait::Name(|_, host| matches!(host.name, SubjectAltName::Ip(_))),
    },
    Rule {
        because: "the name that is dialed is a number, which they take for an address",
        refused_by: &[
            (
                Client::Curl,
                "no alternative certificate subject name matches target host name '0.0.0.123'",
            ),
            (Client::Java, "No subject alternative names matching IP address"),
            (Client::Rustls, "invalid dns name"),
            (Client::Firefox, ""),
            (Client::Chrome, "ERR_CERT_COMMON_NAME_INVALID"),
        ],
        source: RUN,
        remedy: Remedy::DialNoNumber,
        check: None,
        applies: Trait::Name(|_, host| match &host.name {
            SubjectAltName::Dns(name) => name.as_str().bytes().all(|octet| octet.is_ascii_digit()),
            _ => false,
        }),
    },
    Rule {
        because: "a name that is dialed has an underscore",
        refused_by: &[(Client::Java, "Illegal given domain name")],
        source: RUN,
        remedy: Remedy::DialNoUnderscore,
        check: None,
        applies: Trait::Name(|_, host| host.typed.contains('_')),
    },
    Rule {
        because: "a dialed name has an underscore, and a wildcard stands for it",
        refused_by: &[
            (Client::Openssl, "error 62: hostname mismatch"),
            (Client::OpensslStrict, "error 62: hostname mismatch"),
            (Client::Python, "Hostname mismatch"),
        ],
        source: "run, and see openssl/openssl#12566; curl compares names itself and takes it",
        remedy: Remedy::NameItself,
        check: None,
        applies: Trait::Name(|shape, host| {
            let name = host.name.to_string();
            name.contains('_') && is_under_wildcard(shape, &name)
        }),
    },
    Rule {
        because: "a dialed name is matched by a wildcard for a top-level domain alone",
        refused_by: &[
            (Client::Openssl, "error 62: hostname mismatch"),
            (Client::OpensslStrict, "error 62: hostname mismatch"),
            (Client::Curl, "SSL: no alternative certificate subject name matches target host name"),
            (Client::Python, "Hostname mismatch"),
            (Client::Node, "ERR_TLS_CERT_ALTNAME_INVALID"),
            (Client::Rustls, "certificate not valid for name"),
            (Client::Gnutls, ""),
            (Client::Firefox, "SSL_ERROR_BAD_CERT_DOMAIN"),
            (Client::Chrome, "ERR_CERT_COMMON_NAME_INVALID"),
        ],
        source: "run; see FiloSottile/mkcert#30",
        remedy: Remedy::NameItself,
        check: None,
        applies: Trait::Name(|shape, host| {
            let name = host.name.to_string();
            name.matches('.').count() == 1 && is_under_wildcard(shape, &name)
        }),
    },
    Rule {
        because: "it has the name *.localhost",
        refused_by: &[(Client::Apple, "")],
        source: "vercel-labs/portless#417, not run",
        remedy: Remedy::NameLocalhosts,
        check: None,
        applies: Trait::Chain(|shape| shape.lower_names.contains("*.localhost")),
    },
    Rule {
        because: "it has no DNS name, and its commonName is outside of its CA's nameConstraints",
        refused_by: &[
            (Client::Curl, "permitted subtree violation"),
            (Client::Openssl, "error 47: permitted subtree violation"),
            (Client::OpensslStrict, "error 47: permitted subtree violation"),
            (Client::Python, "permitted subtree violation"),
            (Client::Node, "PERMITTED_VIOLATION"),
        ],
        source: "run, but for curl, which asks OpenSSL",
        remedy: Remedy::AddPermittedName,
        check: None,
        applies: Trait::Chain(|shape| {
            shape.names.is_empty() && is_common_name_excluded(shape, is_dns_for_openssl)
        }),
    },
    Rule {
        because: "it has no DNS name, and its commonName, of whatever kind, is outside of its CA's nameConstraints",
        refused_by: &[(Client::Gnutls, "The certificate chain violates the signer's constraints")],
        source: RUN,
        remedy: Remedy::AddPermittedName,
        check: None,
        applies: Trait::Chain(|shape| {
            shape.names.is_empty() && is_common_name_excluded(shape, |_| true)
        }),
    },
    Rule {
        because: "it has an IP address, and its CA has nameConstraints for addresses",
        refused_by: &[(
            Client::Envoy,
            "CERTIFICATE_VERIFY_FAILED: unsupported name constraint type",
        )],
        source: RUN,
        remedy: Remedy::NoIpConstraints,
        check: Some(CheckName::NameConstraints),
        applies: Trait::Chain(|shape| {
            addresses(shape.end_entity).next().is_some()
                && shape.issuers.iter().any(|ca| constraint::limits_addresses(ca))
        }),
    },
    Rule {
        because: "the nameConstraints of its CA have a DNS name with a wildcard",
        refused_by: &[(Client::Firefox, "SEC_ERROR_CERT_NOT_IN_NAME_SPACE")],
        source: RUN,
        remedy: Remedy::NewCa,
        check: None,
        applies: Trait::Chain(|shape| shape.issuers.iter().any(|ca| constraint::has_wildcard(ca))),
    },
    Rule {
        because: "its subject is outside of the nameConstraints for directory names of its CA",
        refused_by: &[
            (Client::Envoy, "CERTIFICATE_VERIFY_FAILED: permitted subtree violation"),
            (Client::Curl, "permitted subtree violation"),
            (Client::Openssl, "error 47: permitted subtree violation"),
            (Client::OpensslStrict, "error 47: permitted subtree violation"),
            (Client::Python, "permitted subtree violation"),
            (Client::Node, "PERMITTED_VIOLATION"),
            (Client::Firefox, "SEC_ERROR_CERT_NOT_IN_NAME_SPACE"),
            (Client::Chrome, "ERR_CERT_INVALID"),
        ],
        source: RUN,
        remedy: Remedy::NewCa,
        check: None,
        applies: Trait::Chain(|shape| {
            shape.issuers.iter().any(|ca| match ca.name_constraints() {
                Ok(Some(found)) => {
                    constraint::check_directory_name(shape.end_entity.subject(), found.value)
                        .is_err()
                }
                _ => false,
            })
        }),
    },
    Rule {
        because: "it has an empty DNS name",
        refused_by: &[(Client::Gnutls, "Unknown Subject Alternative name")],
        source: RUN,
        remedy: Remedy::Reissue,
        check: None,
        applies: Trait::Chain(|shape| shape.names.contains("")),
    },
    Rule {
        because: "it, or its CA, has a critical extension that mbedTLS does not know",
        refused_by: &[(Client::Mbedtls, "X509 - The extension tag or value is invalid")],
        source: "run with mbedTLS 2.28; 3.6 knows certificatePolicies",
        remedy: Remedy::NoNameConstraints,
        check: None,
        applies: Trait::Chain(|shape| {
            // basicConstraints, keyUsage, extKeyUsage, subjectAltName, nsCertType
            const KNOWN: [&str; 5] =
                ["2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.17", "2.16.840.1.113730.1.1"];
            let is_unknown = |oid: String| !KNOWN.contains(&oid.as_str());
            let mut extensions = shape.path().flat_map(|one| one.extensions());
            extensions.any(|one| one.critical && is_unknown(one.oid.to_id_string()))
        }),
    },
    Rule {
        because: "its cRLDistributionPoints, or those of a CA below the root, are critical",
        refused_by: &[
            (Client::Envoy, "CERTIFICATE_VERIFY_FAILED: unhandled critical extension"),
            (Client::Java, "unrecognized critical extension(s)"),
        ],
        source: RUN,
        remedy: Remedy::Reissue,
        check: None,
        applies: Trait::Chain(|shape| {
            shape.below_anchor().any(|one| has_critical(one, "2.5.29.31"))
        }),
    },
    Rule {
        because: "its cRLDistributionPoints, or those of its CA, are critical",
        refused_by: &[
            (Client::Firefox, "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION"),
            (Client::Chrome, "ERR_CERT_INVALID"),
        ],
        source: RUN,
        remedy: Remedy::Reissue,
        check: None,
        applies: Trait::Chain(|shape| shape.path().any(|one| has_critical(one, "2.5.29.31"))),
    },
    Rule {
        because: "its policyConstraints, or those of its CA, want a policy, and it has no certificatePolicies",
        refused_by: &[(Client::Chrome, "ERR_CERT_INVALID")],
        source: RUN,
        remedy: Remedy::NewCa,
        check: None,
        applies: Trait::Chain(|shape| {
            let requires = |(below, one)| requires_policy(one, below);
            !has(shape.end_entity, "2.5.29.32") && shape.path().enumerate().any(requires)
        }),
    },
    Rule {
        because: "its CA excludes directory names, which GnuTLS cannot compare",
        refused_by: &[(Client::Gnutls, "The certificate chain violates the signer's constraints")],
        source: RUN,
        remedy: Remedy::NewCa,
        check: None,
        applies: Trait::Chain(|shape| {
            shape.issuers.iter().any(|ca| match ca.name_constraints() {
                Ok(Some(found)) => {
                    let mut excluded = found.value.excluded_subtrees.iter().flatten();
                    excluded.any(|subtree| matches!(subtree.base, GeneralName::DirectoryName(_)))
                }
                _ => false,
            })
        }),
    },
    Rule {
        because: "it, or its CA, wants a stapled OCSP response (TLS feature status_request)",
        refused_by: &[
            (
                Client::Gnutls,
                "The certificate requires the server to include an OCSP status in its response",
            ),
            (Client::Firefox, "MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING"),
        ],
        source: RUN,
        remedy: Remedy::Reissue,
        check: None,
        applies: Trait::Chain(|shape| shape.path().any(|one| has(one, "1.3.6.1.5.5.7.1.24"))),
    },
    Rule {
        because: "it and its chain are larger than 16 KiB",
        refused_by: &[(Client::Mbedtls, "SSL - The requested feature is not available")],
        source: RUN,
        remedy: Remedy::FewerNames,
        check: None,
        applies: Trait::Chain(|shape| shape.message_size() > 16_384),
    },
    Rule {
        because: "it and its chain are larger than 32 KiB",
        refused_by: &[(
            Client::Java,
            "The size of the handshake message exceeds the maximum allowed size (32768)",
        )],
        source: RUN,
        remedy: Remedy::FewerNames,
        check: None,
        applies: Trait::Chain(|shape| shape.message_size() > 32_768),
    },
    Rule {
        because: "it and its chain are larger than 64 KiB",
        refused_by: &[(Client::Rustls, "MessageTooLarge"), (Client::Firefox, "")],
        source: RUN,
        remedy: Remedy::FewerNames,
        check: None,
        applies: Trait::Chain(|shape| shape.message_size() > 65_535),
    },
    Rule {
        because: "it and its chain are larger than 100 KiB",
        refused_by: &[
            (Client::Envoy, "EXCESSIVE_MESSAGE_SIZE"),
            (Client::Curl, "excessive message size"),
            (Client::Openssl, "excessive message size"),
            (Client::OpensslStrict, "excessive message size"),
            (Client::Python, "excessive message size"),
            (Client::Node, "ERR_SSL_EXCESSIVE_MESSAGE_SIZE"),
            (Client::Chrome, "ERR_SSL_PROTOCOL_ERROR"),
        ],
        source: RUN,
        remedy: Remedy::FewerNames,
        check: None,
        applies: Trait::Chain(|shape| shape.message_size() > 102_400),
    },
    Rule {
        because: "it and its chain are larger than 128 KiB",
        refused_by: &[(Client::Gnutls, "The handshake data size is too large")],
        source: RUN,
        remedy: Remedy::FewerNames,
        check: None,
        applies: Trait::Chain(|shape| shape.message_size() > 131_072),
    },
    Rule {
        because: "it and its chain are larger than 256 KiB",
        refused_by: &[
            (Client::KumaDp, "tls: handshake message exceeds maximum of 262144 bytes"),
            (Client::KubeApiserver, "tls: handshake message exceeds maximum of 262144 bytes"),
            (Client::Kumactl, "tls: handshake message exceeds maximum of 262144 bytes"),
        ],
        source: RUN,
        remedy: Remedy::FewerNames,
        check: None,
        applies: Trait::Chain(|shape| shape.message_size() > 262_144),
    },
];

impl<'a> Shape<'a> {
    /// A certificate with the path above it, the anchor last.
    pub(crate) fn new(
        end_entity: &'a Parsed<'a>,
        issuers: &[&'a Parsed<'a>],
        ca_file: &'a [Parsed<'a>],
        hosts: &'a [Host],
    ) -> Self {
        let anchor = issuers.last().copied().unwrap_or(end_entity);
        let (anchor, ends_with_root) = (&anchor.x509, anchor.is_root());
        let issuers: Vec<_> = issuers.iter().map(|ca| &ca.x509).collect();
        let end_entity = &end_entity.x509;
        let names: HashSet<_> = dns_names(end_entity).collect();
        let lower_names = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        Self {
            end_entity,
            anchor,
            ca_file: ca_file.iter().map(|one| &one.x509).collect(),
            issuers,
            sent: &[],
            hosts,
            is_refused_by_rustls: false,
            dead_ends: Vec::new(),
            kuma: KumaVersion::NEWEST,
            applying: OnceCell::new(),
            names,
            lower_names,
            ends_with_root,
        }
    }

    /// Why a client refuses the certificate.
    pub(crate) fn reasons(&self, client: Client) -> Vec<Reason> {
        let all = || {
            let rules = RULES.iter().chain(chain::CHAIN_RULES);
            rules.filter_map(|rule| rule.reason(self)).collect()
        };
        let reasons: &Vec<Reason> = self.applying.get_or_init(all);
        reasons.iter().filter(|reason| reason.rule.words(client).is_some()).cloned().collect()
    }

    /// The certificate and the CAs above it.
    fn path(&self) -> impl Iterator<Item = &'a X509Certificate<'a>> {
        std::iter::once(self.end_entity).chain(self.issuers.iter().copied())
    }

    /// The path without the CA in the CA file, which most clients trust as it is.
    fn below_anchor(&self) -> impl Iterator<Item = &'a X509Certificate<'a>> {
        self.path().take(self.issuers.len().max(1))
    }

    /// The CAs between the certificate and the CA in the CA file.
    fn intermediates(&self) -> impl Iterator<Item = &'a X509Certificate<'a>> {
        self.below_anchor().skip(1)
    }

    /// The size of the handshake message Certificate in octets, to within the few that TLS 1.2 and 1.3
    /// differ by (RFC 8446 4.4.2).
    fn message_size(&self) -> usize {
        self.sent.iter().map(|one| one.der.len() + 5).sum::<usize>() + 8
    }
}

impl Rule {
    /// What a client says when it refuses; `None` if it does not refuse.
    #[must_use]
    pub fn words(&self, client: Client) -> Option<&'static str> {
        self.refused_by.iter().find(|(refusing, _)| *refusing == client).map(|(_, words)| *words)
    }

    fn reason(&'static self, shape: &Shape<'_>) -> Option<Reason> {
        match self.applies {
            Trait::Chain(applies) => applies(shape).then_some(Reason { rule: self, name: None }),
            Trait::Name(applies) => {
                let name = shape.hosts.iter().find(|host| applies(shape, host))?;
                Some(Reason { rule: self, name: Some(name.typed.clone()) })
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{}: {name}", self.rule.because),
            None => f.write_str(self.rule.because),
        }
    }
}

/// The DNS names of a certificate, as they stand there.
fn dns_names<'a>(certificate: &'a X509Certificate<'_>) -> impl Iterator<Item = &'a str> {
    x509::subject_alt_names(certificate).iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(*name),
        _ => None,
    })
}

/// The IP addresses of a certificate.
fn addresses(certificate: &X509Certificate<'_>) -> impl Iterator<Item = IpAddr> {
    x509::subject_alt_names(certificate).iter().filter_map(|name| match name {
        GeneralName::IPAddress(octets) => x509::ip_address(octets),
        _ => None,
    })
}

/// Whether a wildcard stands for a name, and the name itself is not there.
fn is_under_wildcard(shape: &Shape<'_>, host: &str) -> bool {
    let names = &shape.lower_names;
    !names.contains(host)
        && host.split_once('.').is_some_and(|(_, domain)| names.contains(&format!("*.{domain}")))
}

/// Whether OpenSSL takes a commonName for a DNS name (crypto/x509/v3_ncons.c, cn2dnsid).
fn is_dns_for_openssl(name: &str) -> bool {
    let labels: Vec<_> = name.split('.').collect();
    let is_label = |label: &&str| {
        let is_letter = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
        !label.is_empty()
            && label.bytes().all(is_letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    labels.len() > 1 && labels.iter().all(is_label)
}

/// Whether the commonName, taken for a DNS name, is outside of the constraints of a CA above.
fn is_common_name_excluded(shape: &Shape<'_>, is_name: fn(&str) -> bool) -> bool {
    let name = x509::common_name(shape.end_entity).filter(|name| is_name(name));
    name.is_some_and(|name| {
        shape.issuers.iter().any(|ca| match ca.name_constraints() {
            Ok(Some(found)) => constraint::check_domain(name, found.value).is_err(),
            _ => false,
        })
    })
}

/// The CAs of the path, and the certificate itself if it says CA:TRUE and another one issued it.
fn issued_cas<'s>(shape: &'s Shape<'_>) -> impl Iterator<Item = &'s X509Certificate<'s>> {
    let is_ca = x509::is_ca(shape.end_entity) == Some(true) && !shape.issuers.is_empty();
    let own = Some(shape.end_entity).filter(|_| is_ca);
    own.into_iter().chain(shape.issuers.iter().copied())
}

/// Whether the only server among the usages of a certificate is anyExtendedKeyUsage.
fn is_any_usage(certificate: &X509Certificate<'_>) -> bool {
    x509::extended_key_usage(certificate).is_some_and(|usage| {
        let has = |wanted: &str| usage.iter().any(|usage| usage == wanted);
        has("anyExtendedKeyUsage") && !has("serverAuth")
    })
}

/// Whether requireExplicitPolicy (RFC 5280 4.2.1.11) takes effect for the certificate itself: there are
/// no more certificates below than it skips.
fn requires_policy(certificate: &X509Certificate<'_>, below: usize) -> bool {
    certificate.extensions().iter().any(|extension| match extension.parsed_extension() {
        ParsedExtension::PolicyConstraints(found) => found
            .require_explicit_policy
            .is_some_and(|skipped| usize::try_from(skipped).is_ok_and(|skipped| skipped <= below)),
        _ => false,
    })
}

fn is_empty(name: &x509_parser::x509::X509Name<'_>) -> bool {
    name.iter_attributes().next().is_none()
}

fn has(certificate: &X509Certificate<'_>, oid: &str) -> bool {
    certificate.extensions().iter().any(|extension| extension.oid.to_id_string() == oid)
}

fn has_critical(certificate: &X509Certificate<'_>, oid: &str) -> bool {
    let mut extensions = certificate.extensions().iter();
    extensions.any(|extension| extension.critical && extension.oid.to_id_string() == oid)
}

fn is_critical(
    certificate: &X509Certificate<'_>,
    oid: &x509_parser::oid_registry::Oid<'_>,
) -> Option<bool> {
    let mut extensions = certificate.extensions().iter();
    extensions.find(|extension| extension.oid == *oid).map(|extension| extension.critical)
}

fn key(shape: &Shape<'_>) -> SubjectKey {
    x509::subject_key(shape.end_entity)
}
