//! Who refuses which certificate, though it is well-formed and its chain holds: data, from running the
//! clients, or from what their makers say where that could not be done.
//!
//! A rule is a trait of a certificate and the clients that refuse it. A new client is a variant of
//! [`Client`] and its place in the rules; a new observation is a row of [`RULES`].

mod chain;

use std::cell::OnceCell;
use std::collections::HashSet;

use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::{OID_X509_EXT_BASIC_CONSTRAINTS, OID_X509_EXT_SUBJECT_ALT_NAME};
use x509_parser::prelude::X509Certificate;

use super::path::Parsed;
use super::path::follow::{DeadEnd, Follower};
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
    /// The CA file; empty where none was given.
    pub(crate) ca_file: Vec<&'a X509Certificate<'a>>,
    /// All certificates of the path above the end entity.
    pub(crate) issuers: Vec<&'a X509Certificate<'a>>,
    /// The names that clients dial.
    pub(crate) hosts: &'a [SubjectAltName],
    /// Whether rustls-webpki refuses the path for a reason of its own.
    pub(crate) is_refused_by_rustls: bool,
    /// The libraries that follow another path than this one, and where that leads.
    pub(crate) dead_ends: Vec<(Follower, DeadEnd)>,
    /// The rules that apply, whichever client is asked.
    applying: OnceCell<Vec<&'static Rule>>,
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
        applies: |shape| {
            let first = shape.ca_file.first().copied().unwrap_or(shape.anchor);
            x509::is_ca(first) == Some(false)
        },
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
        applies: |shape| shape.issuers.is_empty() && !shape.ends_with_root,
    },
    Rule {
        because: "the CA file ends with a CA that another one issued, and has not that one",
        refused_by: &[
            (Client::Openssl, "error 2: unable to get issuer certificate"),
            (Client::OpensslStrict, "error 2: unable to get issuer certificate"),
            (Client::Node, "UNABLE_TO_GET_ISSUER_CERT"),
        ],
        source: "OpenSSL was run; Node: its option allowPartialTrustChain is off",
        applies: |shape| !shape.issuers.is_empty() && !shape.ends_with_root,
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
        ],
        source: "run, but for curl, which asks OpenSSL",
        applies: |shape| {
            let path = std::iter::once(shape.end_entity).chain(shape.issuers.iter().copied());
            // A root is its own issuer.
            let root = Some(shape.anchor).filter(|_| shape.ends_with_root);
            let issuers = shape.issuers.iter().copied().chain(root);
            path.zip(issuers).any(|(below, ca)| {
                let wanted = x509::authority_key_identifier(below);
                let found = x509::subject_key_identifier(ca);
                let serial = x509::authority_serial_number(below);
                matches!((wanted, found), (Some(wanted), Some(found)) if wanted != found)
                    || serial.is_some_and(|serial| serial != ca.raw_serial())
            })
        },
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
        applies: |shape| matches!(key(shape), SubjectKey::Rsa(bits) if bits > 8192),
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
        because: "its extendedKeyUsage, or its CA's, is anyExtendedKeyUsage without serverAuth",
        refused_by: &[
            (Client::Curl, "unsuitable certificate purpose"),
            (Client::Openssl, "error 26: unsuitable certificate purpose"),
            (Client::OpensslStrict, "error 26: unsuitable certificate purpose"),
            (Client::Python, "unsuitable certificate purpose"),
            (Client::Node, "INVALID_PURPOSE"),
        ],
        source: "run, but for curl, which asks OpenSSL",
        applies: |shape| {
            let path = std::iter::once(shape.end_entity).chain(shape.issuers.iter().copied());
            path.filter_map(x509::extended_key_usage).any(|usage| {
                let has = |wanted: &str| usage.iter().any(|usage| usage == wanted);
                has("anyExtendedKeyUsage") && !has("serverAuth")
            })
        },
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
        applies: |shape| {
            // The bit sslServer is the second of a BIT STRING.
            let mut extensions = shape.end_entity.extensions().iter();
            let found = extensions.find(|e| e.oid.to_id_string() == "2.16.840.1.113730.1.1");
            found.is_some_and(|found| found.value.last().is_some_and(|bits| bits & 0x40 == 0))
        },
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
        because: "rustls-webpki refuses its chain, for a reason of its own",
        refused_by: &[(Client::Rustls, "")],
        source: "asked for this certificate",
        applies: |shape| shape.is_refused_by_rustls,
    },
    Rule {
        because: "a name that is dialled is not among its names letter by letter, as Kuma's bootstrap \
                  wants it: a wildcard or capital letters stand for it",
        refused_by: &[(
            Client::KumaDp,
            "A data plane proxy is trying to connect to the control plane using",
        )],
        source: "pkg/xds/bootstrap/generator.go in Kuma, validateRequest",
        applies: |shape| {
            let names: HashSet<&str> = dns_names(shape).collect();
            let lower = lower_names(shape);
            shape.hosts.iter().any(|host| match host {
                SubjectAltName::Dns(host) => {
                    let host = host.as_str();
                    !names.contains(host)
                        && (lower.contains(host) || is_under_wildcard(&lower, host))
                }
                SubjectAltName::Ip(_) | SubjectAltName::Uri(_) => false,
            })
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
            let names = lower_names(shape);
            let hosts = shape.hosts.iter().map(ToString::to_string);
            hosts.filter(|host| host.contains('_')).any(|host| is_under_wildcard(&names, &host))
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
            let names = lower_names(shape);
            let hosts = shape.hosts.iter().map(ToString::to_string);
            let has_two_labels = |host: &String| host.matches('.').count() == 1;
            hosts.filter(has_two_labels).any(|host| is_under_wildcard(&names, &host))
        },
    },
    Rule {
        because: "it has the name *.localhost",
        refused_by: &[(Client::Apple, "")],
        source: "vercel-labs/portless#417, not run",
        applies: |shape| dns_names(shape).any(|name| name.eq_ignore_ascii_case("*.localhost")),
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
        applies: |shape| {
            let name = x509::common_name(shape.end_entity);
            let domain = name.and_then(|name| SubjectAltName::parse(name).ok());
            let Some(SubjectAltName::Dns(domain)) = domain else { return false };
            dns_names(shape).next().is_none()
                && shape.issuers.iter().any(|ca| match ca.name_constraints() {
                    Ok(Some(found)) => {
                        constraint::check_domain(domain.as_str(), found.value).is_err()
                    }
                    _ => false,
                })
        },
    },
    Rule {
        because: "it has an empty DNS name",
        refused_by: &[(Client::Gnutls, "Unknown Subject Alternative name")],
        source: RUN,
        applies: |shape| dns_names(shape).any(str::is_empty),
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
        ca_file: &'a [Parsed<'a>],
        hosts: &'a [SubjectAltName],
    ) -> Self {
        let anchor = issuers.last().copied().unwrap_or(end_entity);
        let (anchor, ends_with_root) = (&anchor.x509, anchor.is_root());
        let issuers: Vec<_> = issuers.iter().map(|ca| &ca.x509).collect();
        Self {
            end_entity: &end_entity.x509,
            anchor,
            ca_file: ca_file.iter().map(|one| &one.x509).collect(),
            issuers,
            hosts,
            is_refused_by_rustls: false,
            dead_ends: Vec::new(),
            applying: OnceCell::new(),
            ends_with_root,
        }
    }

    /// The rules by which a client refuses the certificate.
    pub(crate) fn reasons(&self, client: Client) -> Vec<&'static Rule> {
        let all = || {
            let rules = RULES.iter().chain(chain::CHAIN_RULES);
            rules.filter(|rule| (rule.applies)(self)).collect()
        };
        let rules: &Vec<&'static Rule> = self.applying.get_or_init(all);
        rules.iter().copied().filter(|rule| rule.words(client).is_some()).collect()
    }
}

impl Rule {
    /// What a client says when it refuses; `None` if it does not refuse.
    #[must_use]
    pub fn words(&self, client: Client) -> Option<&'static str> {
        self.refused_by.iter().find(|(refusing, _)| *refusing == client).map(|(_, words)| *words)
    }
}

/// The DNS names of the certificate, as they stand there.
fn dns_names<'a>(shape: &Shape<'a>) -> impl Iterator<Item = &'a str> {
    let names = x509::subject_alt_names(shape.end_entity).iter();
    names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(*name),
        _ => None,
    })
}

/// The same in lower case.
fn lower_names(shape: &Shape<'_>) -> HashSet<String> {
    dns_names(shape).map(str::to_ascii_lowercase).collect()
}

/// Whether a wildcard stands for a name, and the name itself is not there.
fn is_under_wildcard(names: &HashSet<String>, host: &str) -> bool {
    !names.contains(host)
        && host.split_once('.').is_some_and(|(_, domain)| names.contains(&format!("*.{domain}")))
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
