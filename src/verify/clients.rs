//! Who refuses which certificate, though it is well-formed and its chain holds: data, from running the
//! clients, or from what their makers say where that could not be done.
//!
//! A rule is a trait of a certificate and the clients that refuse it. A new client is a variant of
//! [`Client`] and its place in the rules; a new observation is a row of [`RULES`].

use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::{OID_X509_EXT_BASIC_CONSTRAINTS, OID_X509_EXT_SUBJECT_ALT_NAME};
use x509_parser::prelude::X509Certificate;

use super::path::Parsed;
use crate::name::{NameWarning, SubjectAltName};
use crate::signature;
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

/// A trait of certificates and who refuses it.
#[derive(Debug)]
pub struct Rule {
    /// What it is, as a fragment to follow the client.
    pub because: &'static str,
    /// The clients that refuse it, each with its own words, or with nothing where it does not say.
    pub refused_by: &'static [(Client, &'static str)],
    /// How this is known.
    pub source: &'static str,
    applies: fn(&Shape<'_>) -> bool,
}

/// A rule is told by its place.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Rule {}

/// What the rules look at.
pub(crate) struct Shape<'a> {
    pub(crate) end_entity: &'a X509Certificate<'a>,
    /// The certificate at which the chain ends; the certificate itself if it is its own CA.
    pub(crate) anchor: &'a X509Certificate<'a>,
    /// The first certificate of the CA file.
    pub(crate) first_of_ca_file: &'a X509Certificate<'a>,
    /// All certificates of the path above the end entity.
    pub(crate) issuers: Vec<&'a X509Certificate<'a>>,
    /// The names that clients dial.
    pub(crate) hosts: &'a [SubjectAltName],
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

    /// The name for people, with the versions on which its rules were seen.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::KumaDp => "kuma-dp (Go 1.26, 1.27)",
            Self::Envoy => "Envoy 1.40",
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
const APPLE: &str = "https://support.apple.com/en-us/103769, not run";

/// Every rule. For the errors behind them see docs/verify.md.
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
        applies: |shape| {
            is_empty(shape.end_entity.issuer())
                || shape.issuers.iter().any(|ca| is_empty(ca.issuer()))
        },
    },
    Rule {
        because: "it says CA:TRUE, which a server's own certificate must not",
        refused_by: &[
            (Client::Rustls, "CaUsedAsEndEntity"),
            (Client::Firefox, "MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY"),
        ],
        source: RUN,
        applies: |shape| x509::is_ca(shape.end_entity) == Some(true),
    },
    Rule {
        because: "the first certificate of the CA file says CA:FALSE",
        refused_by: &[(Client::KumaDp, "NotCA")],
        source: "pkg/xds/bootstrap/generator.go in Kuma, and run",
        applies: |shape| x509::is_ca(shape.first_of_ca_file) == Some(false),
    },
    Rule {
        because: "the certificate in the CA file says CA:FALSE",
        refused_by: &[(Client::Chrome, "ERR_CERT_INVALID")],
        source: RUN,
        applies: |shape| shape.issuers.is_empty() && x509::is_ca(shape.anchor) == Some(false),
    },
    Rule {
        because: "the certificate in the CA file has a keyUsage without keyCertSign",
        refused_by: &[(Client::Chrome, "ERR_CERT_INVALID")],
        source: RUN,
        applies: |shape| {
            let usage = x509::key_usage(shape.anchor);
            shape.issuers.is_empty()
                && x509::is_ca(shape.anchor) != Some(false)
                && usage.is_some_and(|usage| !usage.contains(&"keyCertSign"))
        },
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
        applies: |shape| shape.issuers.is_empty() && !x509::is_self_issued(shape.end_entity),
    },
    Rule {
        because: "the CA file ends with a CA that another one issued, and has not that one",
        refused_by: &[
            (Client::Openssl, "error 2: unable to get issuer certificate"),
            (Client::OpensslStrict, "error 2: unable to get issuer certificate"),
            (Client::Node, "UNABLE_TO_GET_ISSUER_CERT"),
        ],
        source: "OpenSSL was run; Node: its option allowPartialTrustChain is off",
        applies: |shape| !shape.issuers.is_empty() && !signature::is_root(shape.anchor),
    },
    Rule {
        because: "it has no authorityKeyIdentifier",
        refused_by: &[
            (Client::OpensslStrict, "error 85: Missing Authority Key Identifier"),
            (Client::Python, "Missing Authority Key Identifier"),
        ],
        source: RUN,
        applies: |shape| !shape.issuers.is_empty() && !has(shape.end_entity, "2.5.29.35"),
    },
    Rule {
        because: "its CA has no subjectKeyIdentifier",
        refused_by: &[
            (Client::OpensslStrict, "error 86: Missing Subject Key Identifier"),
            (Client::Python, "Missing Subject Key Identifier"),
        ],
        source: RUN,
        applies: |shape| shape.issuers.iter().any(|ca| !has(ca, "2.5.29.14")),
    },
    Rule {
        because: "its CA has no keyUsage",
        refused_by: &[
            (Client::OpensslStrict, "CA cert does not include key usage extension"),
            (Client::Python, "CA cert does not include key usage extension"),
        ],
        source: RUN,
        applies: |shape| shape.issuers.iter().any(|ca| x509::key_usage(ca).is_none()),
    },
    Rule {
        because: "the basicConstraints of its CA are not critical",
        refused_by: &[
            (Client::OpensslStrict, "Basic Constraints of CA cert not marked critical"),
            (Client::Python, "Basic Constraints of CA cert not marked critical"),
        ],
        source: RUN,
        applies: |shape| {
            shape
                .issuers
                .iter()
                .any(|ca| is_critical(ca, &OID_X509_EXT_BASIC_CONSTRAINTS) == Some(false))
        },
    },
    Rule {
        because: "its CA has an empty name",
        refused_by: &[
            (Client::OpensslStrict, "Issuer name empty"),
            (Client::Python, "Issuer name empty"),
        ],
        source: RUN,
        applies: |shape| shape.issuers.iter().any(|ca| is_empty(ca.subject())),
    },
    Rule {
        because: "its subject is empty, and its subjectAltName not critical",
        refused_by: &[
            (Client::OpensslStrict, "Subject empty and Subject Alt Name extension not critical"),
            (Client::Python, "Subject empty and Subject Alt Name extension not critical"),
            (Client::Java, "X.509 Certificate is incomplete"),
        ],
        source: RUN,
        applies: |shape| {
            !shape.issuers.is_empty()
                && is_empty(shape.end_entity.subject())
                && is_critical(shape.end_entity, &OID_X509_EXT_SUBJECT_ALT_NAME) == Some(false)
        },
    },
    Rule {
        because: "its keyUsage has keyCertSign, and it does not say CA:TRUE",
        refused_by: &[
            (Client::OpensslStrict, "error 79: invalid CA certificate"),
            (Client::Python, "invalid CA certificate"),
        ],
        source: RUN,
        applies: |shape| {
            x509::is_ca(shape.end_entity) != Some(true)
                && x509::key_usage(shape.end_entity)
                    .is_some_and(|usage| usage.contains(&"keyCertSign"))
        },
    },
    Rule {
        because: "its key is P-384",
        refused_by: &[(Client::Envoy, "BAD_ECC_CERT")],
        source: RUN,
        applies: |shape| key(shape) == SubjectKey::P384,
    },
    Rule {
        because: "its key is P-521",
        refused_by: &[
            (Client::Envoy, "BAD_ECC_CERT"),
            (Client::Chrome, "ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
        ],
        source: "Envoy was run; for Chrome see golang/go#47681",
        applies: |shape| key(shape) == SubjectKey::P521,
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
        applies: |shape| key(shape) == SubjectKey::Ed25519,
    },
    Rule {
        because: "its RSA key has less than 2048 bits",
        refused_by: &[
            (Client::Curl, "EE certificate key too weak"),
            (Client::Openssl, "EE certificate key too weak"),
            (Client::OpensslStrict, "EE certificate key too weak"),
            (Client::Python, "EE certificate key too weak"),
            (Client::Rustls, ""),
            (Client::Apple, ""),
        ],
        source: "OpenSSL at its usual security level 2 and rustls-webpki, from their sources; Apple, not run",
        applies: |shape| matches!(key(shape), SubjectKey::Rsa(bits) if bits < 2048),
    },
    Rule {
        because: "its keyUsage lacks digitalSignature",
        refused_by: &[
            (Client::Envoy, "KEY_USAGE_BIT_INCORRECT"),
            (Client::Chrome, "ERR_SSL_KEY_USAGE_INCOMPATIBLE"),
            (Client::Java, "KeyUsage does not allow digital signatures"),
            (Client::Gnutls, ""),
        ],
        source: RUN,
        applies: |shape| {
            x509::key_usage(shape.end_entity)
                .is_some_and(|usage| !usage.contains(&"digitalSignature"))
        },
    },
    Rule {
        because: "it has no extendedKeyUsage",
        refused_by: &[(Client::Apple, "")],
        source: APPLE,
        applies: |shape| x509::extended_key_usage(shape.end_entity).is_none(),
    },
    Rule {
        because: "it is valid for more than 825 days",
        refused_by: &[(Client::Apple, "")],
        source: APPLE,
        applies: |shape| {
            let validity = x509::validity(shape.end_entity);
            (validity.not_after - validity.not_before) > time::Duration::days(825)
        },
    },
    Rule {
        because: "a name that is dialled has an underscore",
        refused_by: &[(Client::Java, "Illegal given domain name")],
        source: RUN,
        applies: |shape| shape.hosts.iter().any(|host| host.to_string().contains('_')),
    },
    Rule {
        because: "a dialled name has an underscore, and a wildcard stands for it",
        refused_by: &[
            (Client::Openssl, "hostname mismatch"),
            (Client::OpensslStrict, "hostname mismatch"),
            (Client::Python, "Hostname mismatch"),
        ],
        source: "run, and see openssl/openssl#12566; curl compares names itself and takes it",
        applies: |shape| {
            let names = x509::subject_alt_names(shape.end_entity);
            shape.hosts.iter().map(ToString::to_string).any(|host| {
                host.split('.').next().is_some_and(|label| label.contains('_'))
                    && !names.iter().any(|name| matches!(name, GeneralName::DNSName(name) if name.eq_ignore_ascii_case(&host)))
            })
        },
    },
    Rule {
        because: "a dialled name is matched by a wildcard for a top-level domain alone",
        refused_by: &[
            (Client::Openssl, "hostname mismatch"),
            (Client::OpensslStrict, "hostname mismatch"),
            (Client::Curl, "SSL: no alternative certificate subject name matches target host name"),
            (Client::Python, "Hostname mismatch"),
            (Client::Node, "ERR_TLS_CERT_ALTNAME_INVALID"),
            (Client::Rustls, "certificate not valid for name"),
            (Client::Gnutls, ""),
            (Client::Firefox, "SSL_ERROR_BAD_CERT_DOMAIN"),
            (Client::Chrome, "ERR_CERT_COMMON_NAME_INVALID"),
        ],
        source: "run; see FiloSottile/mkcert#30",
        applies: |shape| {
            shape.hosts.iter().map(ToString::to_string).any(|host| {
                let domain = host.split_once('.').map_or("", |(_, domain)| domain);
                let has = |wanted: &str| x509::subject_alt_names(shape.end_entity).iter().any(
                    |name| matches!(name, GeneralName::DNSName(name) if name.eq_ignore_ascii_case(wanted)),
                );
                !domain.is_empty() && !domain.contains('.') && !has(&host) && has(&format!("*.{domain}"))
            })
        },
    },
    Rule {
        because: "it has the name *.localhost",
        refused_by: &[(Client::Apple, "")],
        source: "vercel-labs/portless#417, not run",
        applies: |shape| {
            let names = x509::subject_alt_names(shape.end_entity).iter();
            let texts = names.filter_map(|name| match name {
                GeneralName::DNSName(name) => Some(*name),
                _ => None,
            });
            texts.filter_map(|name| SubjectAltName::parse(name).ok()).any(|name| {
                name.warning() == Some(NameWarning::TopLevelWildcard)
                    && name.to_string() == "*.localhost"
            })
        },
    },
    Rule {
        because: "it has an empty DNS name",
        refused_by: &[(Client::Gnutls, "Unknown Subject Alternative name")],
        source: RUN,
        applies: |shape| {
            let names = x509::subject_alt_names(shape.end_entity);
            names.iter().any(|name| matches!(name, GeneralName::DNSName("")))
        },
    },
    Rule {
        because: "its CA has critical nameConstraints",
        refused_by: &[(Client::Mbedtls, "X509 - The extension tag or value is invalid")],
        source: RUN,
        applies: |shape| {
            shape.issuers.iter().any(|ca| {
                ca.extensions().iter().any(|e| e.critical && e.oid.to_id_string() == "2.5.29.30")
            })
        },
    },
];

impl<'a> Shape<'a> {
    /// A certificate with the path above it, the anchor last.
    pub(crate) fn new(
        end_entity: &'a Parsed<'a>,
        issuers: &[&'a Parsed<'a>],
        first_of_ca_file: Option<&'a Parsed<'a>>,
        hosts: &'a [SubjectAltName],
    ) -> Self {
        let issuers: Vec<_> = issuers.iter().map(|ca| &ca.x509).collect();
        let anchor = issuers.last().copied().unwrap_or(&end_entity.x509);
        Self {
            end_entity: &end_entity.x509,
            anchor,
            first_of_ca_file: first_of_ca_file.map_or(anchor, |first| &first.x509),
            issuers,
            hosts,
        }
    }

    /// The rules by which a client refuses the certificate.
    pub(crate) fn reasons(&self, client: Client) -> Vec<&'static Rule> {
        let mut rules: Vec<_> = RULES.iter().filter(|rule| rule.words(client).is_some()).collect();
        rules.retain(|rule| (rule.applies)(self));
        rules
    }
}

impl Rule {
    /// What a client says when it refuses; `None` if it does not refuse.
    #[must_use]
    pub fn words(&self, client: Client) -> Option<&'static str> {
        self.refused_by.iter().find(|(refusing, _)| *refusing == client).map(|(_, words)| *words)
    }
}

fn is_empty(name: &x509_parser::x509::X509Name<'_>) -> bool {
    name.iter_attributes().next().is_none()
}

fn has(certificate: &X509Certificate<'_>, oid: &str) -> bool {
    certificate.extensions().iter().any(|extension| extension.oid.to_id_string() == oid)
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
