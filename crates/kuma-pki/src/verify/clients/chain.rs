//! Rules about the chain as a whole: which path a client follows, and what it wants of the CAs on it.

use x509_parser::prelude::X509Certificate;
use x509_parser::x509::X509Version;

use super::{Client, RUN, Remedy, Rule, Shape, Trait};
use crate::verify::path::follow::{DeadEnd, Follower};
use crate::x509::{self, SubjectKey};

const OTHER_KEY: &str = "another certificate with the name of its issuer comes before the right one, and no \
                         authorityKeyIdentifier tells them apart";
const EXPIRED: &str = "an expired CA certificate is chosen, although its renewal is there";
const SELF_SIGNED: &str = "its subject is also its issuer's name, and no authorityKeyIdentifier names another \
                           key, so it counts as self-signed";
const WRONG_WAY: &str =
    "a CA certificate is chosen that does not lead to the CA file, although another one does";

/// What `openssl verify`, Node and the like print.
type Words = &'static [(Client, &'static str)];

const SIGNATURE_FAILURE: Words = &[
    (Client::Openssl, "certificate signature failure, or self-signed certificate"),
    (Client::OpensslStrict, "certificate signature failure, or self-signed certificate"),
    (Client::Node, "DEPTH_ZERO_SELF_SIGNED_CERT, or certificate signature failure"),
];
const SIGNATURE_FAILURE_PARTIAL: Words = &[
    (Client::Curl, "certificate signature failure"),
    (Client::Python, "certificate signature failure"),
];
const HAS_EXPIRED: Words = &[
    (Client::Openssl, "error 10: certificate has expired"),
    (Client::OpensslStrict, "error 10: certificate has expired"),
    (Client::Node, "CERT_HAS_EXPIRED"),
];
const HAS_EXPIRED_PARTIAL: Words =
    &[(Client::Curl, "certificate has expired"), (Client::Python, "certificate has expired")];
const IS_SELF_SIGNED: Words = &[
    (Client::Openssl, "error 18: self-signed certificate"),
    (Client::OpensslStrict, "error 18: self-signed certificate"),
    (Client::Node, "DEPTH_ZERO_SELF_SIGNED_CERT"),
];
const IS_SELF_SIGNED_PARTIAL: Words =
    &[(Client::Curl, "self-signed certificate"), (Client::Python, "self-signed certificate")];
const NO_ISSUER: Words = &[
    (Client::Openssl, "error 20: unable to get local issuer certificate"),
    (Client::OpensslStrict, "error 20: unable to get local issuer certificate"),
    (Client::Node, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
];
const NO_ISSUER_PARTIAL: Words = &[
    (Client::Curl, "unable to get local issuer certificate"),
    (Client::Python, "unable to get local issuer certificate"),
];
const ENVOY: Words = &[(Client::Envoy, "CERTIFICATE_VERIFY_FAILED")];
const ENVOY_EXPIRED: Words = &[(Client::Envoy, "certificate has expired")];
const ENVOY_SELF_SIGNED: Words = &[(Client::Envoy, "self signed certificate")];
const GNUTLS: Words = &[(Client::Gnutls, "The certificate is NOT trusted.")];
const GNUTLS_EXPIRED: Words =
    &[(Client::Gnutls, "The certificate chain uses expired certificate.")];
const MBEDTLS: Words =
    &[(Client::Mbedtls, "The certificate is not correctly signed by the trusted CA")];
const MBEDTLS_EXPIRED: Words = &[(Client::Mbedtls, "The certificate validity has expired")];

pub(super) static CHAIN_RULES: &[Rule] = &[
    rule(OTHER_KEY, ENVOY, Remedy::Reissue, |shape| {
        shape.ends(Follower::BoringSsl, DeadEnd::OtherKey)
    }),
    rule(OTHER_KEY, SIGNATURE_FAILURE, Remedy::Reissue, |shape| {
        shape.ends(Follower::OpenSsl, DeadEnd::OtherKey)
    }),
    rule(OTHER_KEY, SIGNATURE_FAILURE_PARTIAL, Remedy::Reissue, |shape| {
        shape.ends(Follower::OpenSslPartial, DeadEnd::OtherKey)
    }),
    rule(OTHER_KEY, GNUTLS, Remedy::Reissue, |shape| {
        shape.ends(Follower::GnuTls, DeadEnd::OtherKey)
    }),
    rule(OTHER_KEY, MBEDTLS, Remedy::Reissue, |shape| {
        shape.ends(Follower::MbedTls, DeadEnd::OtherKey)
    }),
    rule(EXPIRED, ENVOY_EXPIRED, Remedy::LiveCasFirst, |shape| {
        shape.ends(Follower::BoringSsl, DeadEnd::Expired)
    }),
    rule(EXPIRED, HAS_EXPIRED, Remedy::LiveCasFirst, |shape| {
        shape.ends(Follower::OpenSsl, DeadEnd::Expired)
    }),
    rule(EXPIRED, HAS_EXPIRED_PARTIAL, Remedy::LiveCasFirst, |shape| {
        shape.ends(Follower::OpenSslPartial, DeadEnd::Expired)
    }),
    rule(EXPIRED, GNUTLS_EXPIRED, Remedy::LiveCasFirst, |shape| {
        shape.ends(Follower::GnuTls, DeadEnd::Expired)
    }),
    rule(EXPIRED, MBEDTLS_EXPIRED, Remedy::LiveCasFirst, |shape| {
        shape.ends(Follower::MbedTls, DeadEnd::Expired)
    }),
    rule(SELF_SIGNED, ENVOY_SELF_SIGNED, Remedy::Reissue, |shape| {
        shape.ends(Follower::BoringSsl, DeadEnd::SelfSigned)
    }),
    rule(SELF_SIGNED, IS_SELF_SIGNED, Remedy::Reissue, |shape| {
        shape.ends(Follower::OpenSsl, DeadEnd::SelfSigned)
    }),
    rule(SELF_SIGNED, IS_SELF_SIGNED_PARTIAL, Remedy::Reissue, |shape| {
        shape.ends(Follower::OpenSslPartial, DeadEnd::SelfSigned)
    }),
    rule(WRONG_WAY, ENVOY, Remedy::SendInOrder, |shape| {
        shape.ends(Follower::BoringSsl, DeadEnd::WrongWay)
    }),
    rule(WRONG_WAY, NO_ISSUER, Remedy::SendInOrder, |shape| {
        shape.ends(Follower::OpenSsl, DeadEnd::WrongWay)
    }),
    rule(WRONG_WAY, NO_ISSUER_PARTIAL, Remedy::SendInOrder, |shape| {
        shape.ends(Follower::OpenSslPartial, DeadEnd::WrongWay)
    }),
    rule(WRONG_WAY, GNUTLS, Remedy::SendInOrder, |shape| {
        shape.ends(Follower::GnuTls, DeadEnd::WrongWay)
    }),
    rule(
        "a CA certificate is chosen that does not lead to the CA file: it is the first of several, or the \
         certificates that follow are not in order",
        MBEDTLS,
        Remedy::SendInOrder,
        |shape| shape.ends(Follower::MbedTls, DeadEnd::WrongWay),
    ),
    rule(
        "its extKeyUsage is empty",
        &[
            (Client::Envoy, "unsupported certificate purpose"),
            (Client::Curl, "unsuitable certificate purpose"),
            (Client::Openssl, "error 26: unsuitable certificate purpose"),
            (Client::OpensslStrict, "error 26: unsuitable certificate purpose"),
            (Client::Python, "unsuitable certificate purpose"),
            (Client::Java, "Extended key usage does not permit use for TLS server authentication"),
            (Client::Node, "INVALID_PURPOSE"),
            (Client::Mbedtls, "X509 - The extension tag or value is invalid"),
        ],
        Remedy::Reissue,
        |shape| has_empty_usage(shape.end_entity),
    ),
    rule(
        "the extKeyUsage of a CA is empty",
        &[
            (Client::Curl, "unsuitable certificate purpose"),
            (Client::Openssl, "error 26: unsuitable certificate purpose"),
            (Client::OpensslStrict, "error 26: unsuitable certificate purpose"),
            (Client::Python, "unsuitable certificate purpose"),
            (Client::Node, "INVALID_PURPOSE"),
            (Client::Mbedtls, "X509 - The extension tag or value is invalid"),
        ],
        Remedy::NewCa,
        |shape| shape.issuers.iter().any(|ca| has_empty_usage(ca)),
    ),
    rule(
        "the extKeyUsage of an intermediate CA is empty",
        &[(Client::Envoy, "unsupported certificate purpose")],
        Remedy::NewCa,
        |shape| shape.issuers.iter().rev().skip(1).any(|ca| has_empty_usage(ca)),
    ),
    rule(
        "the RSA key of a CA has less than 2048 bits",
        &[
            (Client::Curl, "CA certificate key too weak"),
            (Client::Openssl, "error 67: CA certificate key too weak"),
            (Client::OpensslStrict, "error 67: CA certificate key too weak"),
            (Client::Python, "CA certificate key too weak"),
        ],
        Remedy::UsualCaKey,
        |shape| shape.issuers.iter().any(|ca| has_short_key(ca)),
    ),
    rule(
        "an RSA key in its chain has less than 2048 bits",
        &[(Client::Mbedtls, "The certificate is signed with an unacceptable key")],
        Remedy::UsualKey,
        |shape| has_short_key(shape.end_entity) || shape.issuers.iter().any(|ca| has_short_key(ca)),
    ),
    rule(
        "a certificate in the CA file has extensions, but not X.509 version 3",
        &[
            (Client::Envoy, "Failed to load trusted CA certificates"),
            (Client::OpensslStrict, "error 93: Using cert extension requires at least X509v3"),
            (Client::Python, "Using cert extension requires at least X509v3"),
            (Client::Java, "Extensions not allowed in v2 certificate"),
            (Client::Gnutls, "Error in the certificate."),
            (Client::Mbedtls, "X509 - The CRT/CRL/CSR format is invalid"),
        ],
        Remedy::NewCa,
        |shape| {
            let mut others = shape.ca_file.iter().filter(|ca| ca.version() != X509Version::V3);
            others.any(|ca| !ca.extensions().is_empty())
        },
    ),
    rule(
        "the CA has X.509 version 1 or 2, so it does not say that it is a CA",
        &[
            (Client::OpensslStrict, "error 79: invalid CA certificate"),
            (Client::Python, "invalid CA certificate"),
        ],
        Remedy::NewCa,
        |shape| is_bare(shape, &[0, 1]),
    ),
    rule(
        "the CA has X.509 version 2, so it does not say that it is a CA",
        &[
            (Client::Curl, "invalid CA certificate"),
            (Client::Openssl, "error 79: invalid CA certificate"),
            (Client::Node, "INVALID_PURPOSE"),
        ],
        Remedy::NewCa,
        |shape| is_bare(shape, &[1]),
    ),
    rule(
        "a certificate of its chain has critical policyConstraints",
        &[
            (Client::Gnutls, "The certificate contains an unknown critical extension."),
            (Client::Mbedtls, "X509 - The extension tag or value is invalid"),
        ],
        Remedy::NewCa,
        |shape| {
            let mut path = std::iter::once(shape.end_entity).chain(shape.issuers.iter().copied());
            path.any(|one| {
                one.extensions().iter().any(|e| e.critical && e.oid.to_id_string() == "2.5.29.36")
            })
        },
    ),
];

const fn rule(
    because: &'static str,
    refused_by: Words,
    remedy: Remedy,
    applies: fn(&Shape<'_>) -> bool,
) -> Rule {
    Rule { because, refused_by, source: RUN, remedy, check: None, applies: Trait::Chain(applies) }
}

impl Shape<'_> {
    fn ends(&self, follower: Follower, end: DeadEnd) -> bool {
        self.dead_ends.contains(&(follower, end))
    }
}

fn has_short_key(certificate: &X509Certificate<'_>) -> bool {
    matches!(x509::subject_key(certificate), SubjectKey::Rsa(bits) if bits < 2048)
}

fn has_empty_usage(certificate: &X509Certificate<'_>) -> bool {
    x509::extended_key_usage(certificate).is_some_and(|usage| usage.is_empty())
}

/// Whether the chain ends with another certificate that has one of these versions and no extensions.
fn is_bare(shape: &Shape<'_>, versions: &[u32]) -> bool {
    !shape.issuers.is_empty()
        && versions.contains(&shape.anchor.version().0)
        && shape.anchor.extensions().is_empty()
}
