//! Rules about the path that a client builds, and about the CAs on it.

use x509_parser::x509::X509Version;

use super::input::{has_critical, has_empty_usage, has_short_key};
use super::{Client, Condition, Remedy, Rule};
use crate::verify::path::builder::{DeadEnd, PathBuilder};
use crate::x509::Certificate;

const OTHER_KEY: &str = "another certificate with the name of its issuer comes before the right one, and no \
                         authorityKeyIdentifier tells them apart";
const EXPIRED: &str = "an expired CA certificate is chosen, although its renewal is there";
const SELF_SIGNED: &str = "its subject is also its issuer's name, and no authorityKeyIdentifier names another \
                           key, so it counts as self-signed";
const WRONG_WAY: &str =
    "a CA certificate is chosen that does not lead to the CA file, although another one does";

/// The messages of some clients.
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
    Rule::new(
        OTHER_KEY,
        ENVOY,
        Remedy::Reissue,
        Condition::DeadEnd(PathBuilder::BoringSsl, DeadEnd::OtherKey),
    ),
    Rule::new(
        OTHER_KEY,
        SIGNATURE_FAILURE,
        Remedy::Reissue,
        Condition::DeadEnd(PathBuilder::OpenSsl, DeadEnd::OtherKey),
    ),
    Rule::new(
        OTHER_KEY,
        SIGNATURE_FAILURE_PARTIAL,
        Remedy::Reissue,
        Condition::DeadEnd(PathBuilder::OpenSslPartial, DeadEnd::OtherKey),
    ),
    Rule::new(
        OTHER_KEY,
        GNUTLS,
        Remedy::Reissue,
        Condition::DeadEnd(PathBuilder::GnuTls, DeadEnd::OtherKey),
    ),
    Rule::new(
        OTHER_KEY,
        MBEDTLS,
        Remedy::Reissue,
        Condition::DeadEnd(PathBuilder::MbedTls, DeadEnd::OtherKey),
    ),
    Rule::new(
        EXPIRED,
        ENVOY_EXPIRED,
        Remedy::LiveCasFirst,
        Condition::DeadEnd(PathBuilder::BoringSsl, DeadEnd::Expired),
    ),
    Rule::new(
        EXPIRED,
        HAS_EXPIRED,
        Remedy::LiveCasFirst,
        Condition::DeadEnd(PathBuilder::OpenSsl, DeadEnd::Expired),
    ),
    Rule::new(
        EXPIRED,
        HAS_EXPIRED_PARTIAL,
        Remedy::LiveCasFirst,
        Condition::DeadEnd(PathBuilder::OpenSslPartial, DeadEnd::Expired),
    ),
    Rule::new(
        EXPIRED,
        GNUTLS_EXPIRED,
        Remedy::LiveCasFirst,
        Condition::DeadEnd(PathBuilder::GnuTls, DeadEnd::Expired),
    ),
    Rule::new(
        EXPIRED,
        MBEDTLS_EXPIRED,
        Remedy::LiveCasFirst,
        Condition::DeadEnd(PathBuilder::MbedTls, DeadEnd::Expired),
    ),
    Rule::new(
        SELF_SIGNED,
        ENVOY_SELF_SIGNED,
        Remedy::Reissue,
        Condition::DeadEnd(PathBuilder::BoringSsl, DeadEnd::SelfSigned),
    ),
    Rule::new(
        SELF_SIGNED,
        IS_SELF_SIGNED,
        Remedy::Reissue,
        Condition::DeadEnd(PathBuilder::OpenSsl, DeadEnd::SelfSigned),
    ),
    Rule::new(
        SELF_SIGNED,
        IS_SELF_SIGNED_PARTIAL,
        Remedy::Reissue,
        Condition::DeadEnd(PathBuilder::OpenSslPartial, DeadEnd::SelfSigned),
    ),
    Rule::new(
        WRONG_WAY,
        ENVOY,
        Remedy::SendInOrder,
        Condition::DeadEnd(PathBuilder::BoringSsl, DeadEnd::WrongWay),
    ),
    Rule::new(
        WRONG_WAY,
        NO_ISSUER,
        Remedy::SendInOrder,
        Condition::DeadEnd(PathBuilder::OpenSsl, DeadEnd::WrongWay),
    ),
    Rule::new(
        WRONG_WAY,
        NO_ISSUER_PARTIAL,
        Remedy::SendInOrder,
        Condition::DeadEnd(PathBuilder::OpenSslPartial, DeadEnd::WrongWay),
    ),
    Rule::new(
        WRONG_WAY,
        GNUTLS,
        Remedy::SendInOrder,
        Condition::DeadEnd(PathBuilder::GnuTls, DeadEnd::WrongWay),
    ),
    Rule::new(
        "a CA certificate is chosen that does not lead to the CA file: it is the first of several, or the \
         certificates that follow are not in order",
        MBEDTLS,
        Remedy::SendInOrder,
        Condition::DeadEnd(PathBuilder::MbedTls, DeadEnd::WrongWay),
    ),
    Rule::new(
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
        Condition::Path(|input| has_empty_usage(input.end_entity)),
    ),
    Rule::new(
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
        Condition::Path(|input| input.issuers.iter().any(|ca| has_empty_usage(ca))),
    ),
    Rule::new(
        "the extKeyUsage of an intermediate CA is empty",
        &[(Client::Envoy, "unsupported certificate purpose")],
        Remedy::NewCa,
        Condition::Path(|input| input.issuers.iter().rev().skip(1).any(|ca| has_empty_usage(ca))),
    ),
    Rule::new(
        "the RSA key of a CA has less than 2048 bits",
        &[
            (Client::Curl, "CA certificate key too weak"),
            (Client::Openssl, "error 67: CA certificate key too weak"),
            (Client::OpensslStrict, "error 67: CA certificate key too weak"),
            (Client::Python, "CA certificate key too weak"),
        ],
        Remedy::UsualCaKey,
        Condition::Path(|input| input.issuers.iter().any(|ca| has_short_key(ca))),
    ),
    Rule::new(
        "an RSA key in its chain has less than 2048 bits",
        &[(Client::Mbedtls, "The certificate is signed with an unacceptable key")],
        Remedy::UsualKey,
        Condition::Path(|input| input.path().any(has_short_key)),
    ),
    Rule::new(
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
        Condition::Path(|input| {
            let mut files = input.ca_file.iter().map(Certificate::x509);
            files.any(|ca| ca.version() != X509Version::V3 && !ca.extensions().is_empty())
        }),
    ),
    Rule::new(
        "the CA has X.509 version 1 or 2, so it does not say that it is a CA",
        &[
            (Client::OpensslStrict, "error 79: invalid CA certificate"),
            (Client::Python, "invalid CA certificate"),
        ],
        Remedy::NewCa,
        Condition::Path(|input| input.has_bare_anchor(&[0, 1])),
    ),
    Rule::new(
        "the CA has X.509 version 2, so it does not say that it is a CA",
        &[
            (Client::Curl, "invalid CA certificate"),
            (Client::Openssl, "error 79: invalid CA certificate"),
            (Client::Node, "INVALID_PURPOSE"),
        ],
        Remedy::NewCa,
        Condition::Path(|input| input.has_bare_anchor(&[1])),
    ),
    Rule::new(
        "a certificate of its chain has critical policyConstraints",
        &[
            (Client::Gnutls, "The certificate contains an unknown critical extension."),
            (Client::Mbedtls, "X509 - The extension tag or value is invalid"),
        ],
        Remedy::NewCa,
        Condition::Path(|input| input.path().any(|one| has_critical(one, "2.5.29.36"))),
    ),
];
