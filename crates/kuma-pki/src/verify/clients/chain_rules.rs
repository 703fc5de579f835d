//! Rules about the path that a client builds, and about the CAs on it.

use x509_parser::x509::X509Version;

use super::Client::{Curl, Envoy, Gnutls, Java, Mbedtls, Node, Openssl, OpensslStrict};
use super::input::{has_critical, has_empty_usage, has_short_key};
use super::{Condition, OPENSSL, Remedy, Rule, STRICT};
use crate::verify::path::builder::DeadEnd;
use crate::x509::Certificate;

pub(super) static CHAIN_RULES: &[Rule] = &[
    Rule::new(
        "another certificate with the name of its issuer comes before the right one, and no \
         authorityKeyIdentifier distinguishes them",
        &[
            (&[Envoy], "CERTIFICATE_VERIFY_FAILED"),
            (
                &[Openssl, OpensslStrict],
                "certificate signature failure, or self-signed certificate",
            ),
            (&[Node], "DEPTH_ZERO_SELF_SIGNED_CERT, or certificate signature failure"),
            (OPENSSL, "certificate signature failure"),
            (&[Gnutls], "The certificate is NOT trusted."),
            (&[Mbedtls], "The certificate is not correctly signed by the trusted CA"),
        ],
        Remedy::Reissue,
        Condition::DeadEnd(DeadEnd::OtherKey),
    ),
    Rule::new(
        "an expired CA certificate is chosen, although its renewal is there",
        &[
            (&[Envoy], "certificate has expired"),
            (OPENSSL, "error 10: certificate has expired"),
            (&[Node], "CERT_HAS_EXPIRED"),
            (&[Gnutls], "The certificate chain uses expired certificate."),
            (&[Mbedtls], "The certificate validity has expired"),
        ],
        Remedy::LiveCasFirst,
        Condition::DeadEnd(DeadEnd::Expired),
    ),
    Rule::new(
        "its subject is also its issuer's name, and no authorityKeyIdentifier names another key, so it \
         counts as self-signed",
        &[
            (&[Envoy], "self signed certificate"),
            (OPENSSL, "error 18: self-signed certificate"),
            (&[Node], "DEPTH_ZERO_SELF_SIGNED_CERT"),
        ],
        Remedy::Reissue,
        Condition::DeadEnd(DeadEnd::SelfSigned),
    ),
    Rule::new(
        "a CA certificate is chosen that does not lead to the CA file, although another one does",
        &[
            (&[Envoy], "CERTIFICATE_VERIFY_FAILED"),
            (OPENSSL, "error 20: unable to get local issuer certificate"),
            (&[Node], "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
            (&[Gnutls], "The certificate is NOT trusted."),
        ],
        Remedy::SendInOrder,
        Condition::DeadEnd(DeadEnd::WrongWay),
    ),
    Rule::new(
        "a CA certificate is chosen that does not lead to the CA file: it is the first of several, or the \
         certificates that follow are not in order",
        &[(&[Mbedtls], "The certificate is not correctly signed by the trusted CA")],
        Remedy::SendInOrder,
        Condition::DeadEnd(DeadEnd::WrongWay),
    ),
    Rule::new(
        "its extKeyUsage is empty",
        &[
            (&[Envoy], "unsupported certificate purpose"),
            (OPENSSL, "error 26: unsuitable certificate purpose"),
            (&[Java], "Extended key usage does not permit use for TLS server authentication"),
            (&[Node], "INVALID_PURPOSE"),
            (&[Mbedtls], "X509 - The extension tag or value is invalid"),
        ],
        Remedy::Reissue,
        Condition::Path(|input| has_empty_usage(input.end_entity)),
    ),
    Rule::new(
        "the extKeyUsage of a CA is empty",
        &[
            (OPENSSL, "error 26: unsuitable certificate purpose"),
            (&[Node], "INVALID_PURPOSE"),
            (&[Mbedtls], "X509 - The extension tag or value is invalid"),
        ],
        Remedy::NewCa,
        Condition::Path(|input| input.issuers.iter().any(|ca| has_empty_usage(ca))),
    ),
    Rule::new(
        "the extKeyUsage of an intermediate CA is empty",
        &[(&[Envoy], "unsupported certificate purpose")],
        Remedy::NewCa,
        Condition::Path(|input| input.issuers.iter().rev().skip(1).any(|ca| has_empty_usage(ca))),
    ),
    Rule::new(
        "the RSA key of a CA has less than 2048 bits",
        &[(OPENSSL, "error 67: CA certificate key too weak")],
        Remedy::UsualCaKey,
        Condition::Path(|input| input.issuers.iter().any(|ca| has_short_key(ca))),
    ),
    Rule::new(
        "an RSA key in its chain has less than 2048 bits",
        &[(&[Mbedtls], "The certificate is signed with an unacceptable key")],
        Remedy::UsualKey,
        Condition::Path(|input| input.path().any(has_short_key)),
    ),
    Rule::new(
        "a certificate in the CA file has extensions, but not X.509 version 3",
        &[
            (&[Envoy], "Failed to load trusted CA certificates"),
            (STRICT, "error 93: Using cert extension requires at least X509v3"),
            (&[Java], "Extensions not allowed in v2 certificate"),
            (&[Gnutls], "Error in the certificate."),
            (&[Mbedtls], "X509 - The CRT/CRL/CSR format is invalid"),
        ],
        Remedy::NewCa,
        Condition::Path(|input| {
            let mut files = input.ca_file.iter().map(Certificate::x509);
            files.any(|ca| ca.version() != X509Version::V3 && !ca.extensions().is_empty())
        }),
    ),
    Rule::new(
        "the CA has X.509 version 1 or 2, so it does not say that it is a CA",
        &[(STRICT, "error 79: invalid CA certificate")],
        Remedy::NewCa,
        Condition::Path(|input| input.has_bare_anchor(&[0, 1])),
    ),
    Rule::new(
        "the CA has X.509 version 2, so it does not say that it is a CA",
        &[
            (&[Curl], "invalid CA certificate"),
            (&[Openssl], "error 79: invalid CA certificate"),
            (&[Node], "INVALID_PURPOSE"),
        ],
        Remedy::NewCa,
        Condition::Path(|input| input.has_bare_anchor(&[1])),
    ),
    Rule::new(
        "a certificate of its chain has critical policyConstraints",
        &[
            (&[Gnutls], "The certificate contains an unknown critical extension."),
            (&[Mbedtls], "X509 - The extension tag or value is invalid"),
        ],
        Remedy::NewCa,
        Condition::Path(|input| input.path().any(|one| has_critical(one, "2.5.29.36"))),
    ),
];
