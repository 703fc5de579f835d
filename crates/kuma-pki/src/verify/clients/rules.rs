//! Rules about the certificate, its names and its CAs.

use x509_parser::extensions::GeneralName;

use super::Client::{
    Apple, Chrome, Curl, Envoy, Firefox, Gnutls, Java, KumaDp, Mbedtls, Node, Openssl,
    OpensslStrict, Python, Rustls,
};
use super::input::{addresses, has_critical, is_any_usage, is_dns_for_openssl, requires_policy};
use super::{Condition, GO, OPENSSL, Remedy, Rule, STRICT};
use crate::constraint;
use crate::key::KeyType;
use crate::name::SubjectAltName;
use crate::usage::KeyUsage;
use crate::verify::report::CheckName;
use crate::x509::is_empty;

/// The message of kuma-dp for a CA file whose first certificate says CA:FALSE.
pub(in crate::verify) const NOT_CA: &str = "Invalid request: A data plane proxy is trying to verify the control plane \
                                         using the certificate which is not a certificate authority (basic \
                                         constraint 'CA' is set to 'false').";

/// The source of rules about Apple.
const APPLE: &str = "https://support.apple.com/en-us/103769, not run";

/// The rules. docs/reference/verify.md has the errors behind them.
pub static RULES: &[Rule] = &[
    Rule::new(
        "its issuer has an empty name, against RFC 5280 4.1.2.4",
        &[
            (&[Curl], "SSL: couldn't get X509-issuer name"),
            (&[Java], "Empty issuer DN not allowed in X509Certificates"),
            (&[Firefox], "MOZILLA_PKIX_ERROR_EMPTY_ISSUER_NAME"),
            (&[Mbedtls], "X509 - The name tag or value is invalid"),
        ],
        Remedy::Reissue,
        Condition::Path(|input| input.path().any(|one| is_empty(one.x509().issuer()))),
    ),
    Rule::new(
        "it says CA:TRUE, which a server's own certificate must not",
        &[
            (&[Rustls], "CaUsedAsEndEntity"),
            (&[Firefox], "MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY"),
        ],
        Remedy::IssueFromCa,
        Condition::Path(|input| input.end_entity.is_ca() == Some(true)),
    ),
    Rule::new(
        "the first certificate of the CA file says CA:FALSE",
        &[(&[KumaDp], NOT_CA)],
        Remedy::CaFirst,
        Condition::Path(|input| {
            let first = input.ca_file.first().unwrap_or(input.anchor);
            first.is_ca() == Some(false)
        }),
    )
    .source("pkg/xds/bootstrap/generator.go in Kuma, and run")
    .check(CheckName::CaFile),
    Rule::new(
        "the certificate in the CA file says CA:FALSE",
        &[(&[Chrome], "ERR_CERT_INVALID")],
        Remedy::IssueFromCa,
        Condition::Path(|input| input.issuers.is_empty() && input.anchor.is_ca() == Some(false)),
    ),
    Rule::new(
        "the certificate in the CA file has a keyUsage without keyCertSign",
        &[(&[Chrome], "ERR_CERT_INVALID")],
        Remedy::IssueFromCa,
        Condition::Path(|input| {
            input.issuers.is_empty()
                && input.anchor.is_ca() != Some(false)
                && !input.anchor.allows_key_usage(KeyUsage::KeyCertSign)
        }),
    ),
    Rule::new(
        "the CA file has the certificate, and not the CA that issued it",
        &[
            (&[Openssl, OpensslStrict], "error 20: unable to get local issuer certificate"),
            (&[Node], "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
            (&[Rustls], "UnknownIssuer"),
            (&[Chrome], "ERR_CERT_AUTHORITY_INVALID"),
            (&[Mbedtls], "The certificate is not correctly signed by the trusted CA"),
        ],
        Remedy::CaInCaFile,
        Condition::Path(|input| input.issuers.is_empty() && !input.ends_with_root),
    ),
    Rule::new(
        "the CA file ends with a CA that another one issued, and has not that one",
        &[
            (&[Openssl, OpensslStrict], "error 2: unable to get issuer certificate"),
            (&[Node], "UNABLE_TO_GET_ISSUER_CERT"),
        ],
        Remedy::RootInCaFile,
        Condition::Path(|input| !input.issuers.is_empty() && !input.ends_with_root),
    ),
    Rule::new(
        "its authorityKeyIdentifier is another than the identifier of its CA's key",
        &[
            (OPENSSL, "error 20: unable to get local issuer certificate"),
            (&[Node], "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
            (&[Java], "Path does not chain with any of the trust anchors"),
            (&[Envoy], "CERTIFICATE_VERIFY_FAILED: unable to get local issuer certificate"),
            (&[Gnutls], "The certificate issuer is unknown"),
        ],
        Remedy::Reissue,
        Condition::Path(|input| input.links().any(|(below, ca)| below.names_another_key_than(ca))),
    ),
    Rule::new(
        "its authorityKeyIdentifier has another serial number than its CA",
        &[
            (OPENSSL, "error 20: unable to get local issuer certificate"),
            (&[Node], "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
            (&[Java], "Path does not chain with any of the trust anchors"),
            (&[Envoy], "CERTIFICATE_VERIFY_FAILED: unable to get local issuer certificate"),
        ],
        Remedy::Reissue,
        Condition::Path(|input| {
            input.links().any(|(below, ca)| below.names_another_serial_than(ca))
        }),
    ),
    Rule::new(
        "it, or a CA below the root, has no authorityKeyIdentifier",
        &[(STRICT, "error 85: Missing Authority Key Identifier")],
        Remedy::NewCa,
        Condition::Path(|input| {
            !input.issuers.is_empty()
                && input.below_anchor().any(|one| !one.has_extension("2.5.29.35"))
        }),
    ),
    Rule::new(
        "its CA, or it with CA:TRUE, has no subjectKeyIdentifier",
        &[(STRICT, "error 86: Missing Subject Key Identifier")],
        Remedy::NewCa,
        Condition::Path(|input| input.issued_cas().any(|ca| !ca.has_extension("2.5.29.14"))),
    ),
    Rule::new(
        "its CA, or it with CA:TRUE, has no keyUsage",
        &[(STRICT, "error 92: CA cert does not include key usage extension")],
        Remedy::NewCa,
        Condition::Path(|input| input.issued_cas().any(|ca| ca.key_usage().is_none())),
    ),
    Rule::new(
        "the basicConstraints of its CA are not critical",
        &[(STRICT, "error 89: Basic Constraints of CA cert not marked critical")],
        Remedy::NewCa,
        Condition::Path(|input| {
            input.issuers.iter().any(|ca| ca.is_critical("2.5.29.19") == Some(false))
        }),
    )
    .source("run; OpenSSL 4.0 accepts it"),
    Rule::new(
        "its CA has an empty name",
        &[(STRICT, "error 83: Issuer name empty")],
        Remedy::NewCa,
        Condition::Path(|input| input.issuers.iter().any(|ca| is_empty(ca.x509().subject()))),
    ),
    Rule::new(
        "its subject is empty, and its subjectAltName not critical",
        &[
            (STRICT, "error 84: Subject empty and Subject Alt Name extension not critical"),
            (&[Java], "X.509 Certificate is incomplete"),
        ],
        Remedy::Reissue,
        Condition::Path(|input| {
            !input.issuers.is_empty()
                && is_empty(input.end_entity.x509().subject())
                && input.end_entity.is_critical("2.5.29.17") == Some(false)
        }),
    ),
    Rule::new(
        "its keyUsage has keyCertSign, and it does not say CA:TRUE",
        &[(STRICT, "error 79: invalid CA certificate")],
        Remedy::Reissue,
        Condition::Path(|input| {
            let is_ca = input.end_entity.is_ca();
            let usage = input.end_entity.key_usage();
            // A certificate in the CA file passes with CA:FALSE.
            (is_ca.is_none() || (is_ca == Some(false) && !input.issuers.is_empty()))
                && usage.is_some_and(|usage| usage.contains(&KeyUsage::KeyCertSign))
        }),
    ),
    Rule::new(
        "its key is P-384",
        &[(&[Envoy], "BAD_ECC_CERT")],
        Remedy::UsualKey,
        Condition::Path(|input| input.end_entity.key_type() == KeyType::P384),
    ),
    Rule::new(
        "its key is P-521",
        &[(&[Envoy], "BAD_ECC_CERT"), (&[Chrome], "ERR_SSL_VERSION_OR_CIPHER_MISMATCH")],
        Remedy::UsualKey,
        Condition::Path(|input| input.end_entity.key_type() == KeyType::P521),
    )
    .source("Envoy was run; for Chrome see golang/go#47681"),
    Rule::new(
        "its key is Ed25519",
        &[
            (&[Envoy], "SSLV3_ALERT_HANDSHAKE_FAILURE"),
            (&[Chrome], "ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
            (&[Firefox], "SSL_ERROR_NO_CYPHER_OVERLAP"),
            (&[Mbedtls], "X509 - Signature algorithm (oid) is unsupported"),
        ],
        Remedy::UsualKey,
        Condition::Path(|input| input.end_entity.key_type() == KeyType::Ed25519),
    ),
    Rule::new(
        "the key of its CA is Ed25519",
        &[
            (&[Chrome], "ERR_CERT_INVALID"),
            (&[Firefox], "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED"),
            (&[Mbedtls], "X509 - Signature algorithm (oid) is unsupported"),
        ],
        Remedy::UsualCaKey,
        Condition::Path(|input| input.issuers.iter().any(|ca| ca.key_type() == KeyType::Ed25519)),
    ),
    Rule::new(
        "its RSA key has more than 8192 bits",
        &[(GO, "tls: server sent certificate containing RSA key larger than 8192 bits")],
        Remedy::UsualKey,
        Condition::Path(
            |input| matches!(input.end_entity.key_type(), KeyType::Rsa(bits) if bits > 8192),
        ),
    )
    .source("crypto/tls in Go, handshake_client.go, not run"),
    Rule::new(
        "its RSA key has less than 2048 bits",
        &[(OPENSSL, "error 66: EE certificate key too weak"), (&[Rustls, Apple], "")],
        Remedy::UsualKey,
        Condition::Path(
            |input| matches!(input.end_entity.key_type(), KeyType::Rsa(bits) if bits < 2048),
        ),
    )
    .source("run, OpenSSL at the security level 2 of Debian; rustls and Apple were not"),
    Rule::new(
        "its keyUsage lacks digitalSignature",
        &[
            (&[Envoy], "KEY_USAGE_BIT_INCORRECT, or HANDSHAKE_FAILURE"),
            (&[Chrome], "ERR_SSL_KEY_USAGE_INCOMPATIBLE"),
            (&[Gnutls], "Key usage violation in certificate has been detected"),
            (&[Mbedtls], "SSL - Processing of the Certificate handshake message failed"),
        ],
        Remedy::Reissue,
        Condition::Path(|input| !input.end_entity.allows_key_usage(KeyUsage::DigitalSignature)),
    )
    .check(CheckName::KeyUsage),
    Rule::new(
        "its keyUsage lacks digitalSignature, and the CA file has its CA and not the \
         certificate itself",
        &[(&[Java], "KeyUsage does not allow digital signatures")],
        Remedy::Reissue,
        Condition::Path(|input| {
            !input.issuers.is_empty()
                && !input.end_entity.allows_key_usage(KeyUsage::DigitalSignature)
        }),
    )
    .check(CheckName::KeyUsage),
    Rule::new(
        "its keyUsage allows no key exchange of TLS: neither digitalSignature, \
         keyEncipherment nor keyAgreement",
        &[
            (OPENSSL, "error 26: unsuitable certificate purpose"),
            (&[Node], "INVALID_PURPOSE"),
            (&[Firefox], "SEC_ERROR_INADEQUATE_KEY_USAGE"),
        ],
        Remedy::Reissue,
        Condition::Path(|input| {
            let tls =
                [KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment, KeyUsage::KeyAgreement];
            !tls.into_iter().any(|usage| input.end_entity.allows_key_usage(usage))
        }),
    )
    .check(CheckName::KeyUsage),
    Rule::new(
        "it has no extendedKeyUsage",
        &[(&[Apple], "")],
        Remedy::Reissue,
        Condition::Path(|input| input.end_entity.extended_key_usage().is_none()),
    )
    .source(APPLE),
    Rule::new(
        "its extendedKeyUsage, or its CA's, is anyExtendedKeyUsage without serverAuth",
        &[
            (OPENSSL, "error 26: unsuitable certificate purpose"),
            (&[Node], "INVALID_PURPOSE"),
            (&[Firefox], "SEC_ERROR_INADEQUATE_CERT_TYPE"),
        ],
        Remedy::NewCa,
        Condition::Path(|input| input.path().any(is_any_usage)),
    )
    .source("run, but for curl, which asks OpenSSL"),
    Rule::new(
        "its extendedKeyUsage, or that of a CA below the root, is anyExtendedKeyUsage \
         without serverAuth",
        &[(&[Envoy], "CERTIFICATE_VERIFY_FAILED: unsupported certificate purpose")],
        Remedy::NewCa,
        Condition::Path(|input| input.below_anchor().any(is_any_usage)),
    ),
    Rule::new(
        "the extendedKeyUsage of a CA below the root is anyExtendedKeyUsage without serverAuth",
        &[(&[Gnutls], "The certificate chain does not match the intended purpose")],
        Remedy::NewCa,
        Condition::Path(|input| input.intermediates().any(is_any_usage)),
    ),
    Rule::new(
        "its Netscape certificate type is not that of a server",
        &[
            (OPENSSL, "error 26: unsuitable certificate purpose"),
            (&[Node], "INVALID_PURPOSE"),
            (&[Java], "Netscape cert type does not permit use for SSL server"),
        ],
        Remedy::Reissue,
        Condition::Path(|input| {
            // The bit sslServer is the second of a BIT STRING.
            let mut extensions = input.end_entity.x509().extensions().iter();
            let found = extensions.find(|e| e.oid.to_id_string() == "2.16.840.1.113730.1.1");
            found.is_some_and(|found| found.value.last().is_some_and(|bits| bits & 0x40 == 0))
        }),
    )
    .source("run, but for curl, which asks OpenSSL"),
    Rule::new(
        "it is valid for more than 825 days",
        &[(&[Apple], "")],
        Remedy::Shorten,
        Condition::Path(|input| {
            let validity = input.end_entity.validity();
            (validity.not_after - validity.not_before) > time::Duration::days(825)
        }),
    )
    .source(APPLE),
    Rule::new(
        "rustls-webpki refuses its chain, for a reason of its own",
        &[(&[Rustls], "")],
        Remedy::Reissue,
        Condition::Path(|input| input.is_rejected_by_rustls),
    )
    .source("run on this certificate"),
    Rule::new(
        "a name that is dialed is not among its names letter by letter, as the bootstrap of \
         Kuma before 2.14 requires it; a wildcard or capital letters stand for it",
        &[(&[KumaDp], "A data plane proxy is trying to connect to the control plane using")],
        Remedy::NameItself,
        Condition::Host(|input, host| match &host.name {
            SubjectAltName::Dns(name) if !input.kuma.matches_names_as_go() => {
                let name = name.as_str();
                !input.names.contains(name)
                    && (input.lower_names.contains(name) || input.is_under_wildcard(name))
            }
            _ => false,
        }),
    )
    .source("pkg/xds/bootstrap/generator.go in Kuma 2.13, validateRequest"),
    Rule::new(
        "an address is dialed in another form than Envoy writes it",
        &[(&[Envoy], "CERTIFICATE_VERIFY_FAILED: verify cert failed: SAN matcher")],
        Remedy::CanonicalAddress,
        Condition::Host(|_, host| match host.name {
            SubjectAltName::Ip(address) => host.typed != address.to_string(),
            _ => false,
        }),
    ),
    Rule::new(
        "an IPv4 address is dialed, and the certificate has it in the form of IPv6 alone",
        &[
            (&[Envoy], "CERTIFICATE_VERIFY_FAILED: verify cert failed: SAN matcher"),
            (&[Curl], "no alternative certificate subject name matches target host name"),
            (&[Openssl, OpensslStrict, Python], "error 64: IP address mismatch"),
            (&[Node], "ERR_TLS_CERT_ALTNAME_INVALID"),
            (&[Rustls], "certificate not valid for name"),
            (&[Gnutls], "The name in the certificate does not match the expected"),
            (&[Firefox], "SSL_ERROR_BAD_CERT_DOMAIN"),
            (&[Chrome], "ERR_CERT_COMMON_NAME_INVALID"),
        ],
        Remedy::NameItself,
        Condition::Host(|input, host| match host.name {
            SubjectAltName::Ip(address) => {
                let mut found =
                    addresses(input.end_entity).filter(|one| one.to_canonical() == address);
                found.next().is_some_and(|first| first != address)
                    && found.all(|one| one != address)
            }
            _ => false,
        }),
    )
    .source("run, but for rustls, which compares octets"),
    Rule::new(
        "an IP address is dialed, which mbedTLS before 3.5 does not look for",
        &[(&[Mbedtls], "The certificate Common Name (CN) does not match with the expected CN")],
        Remedy::DialDnsName,
        Condition::Host(|_, host| matches!(host.name, SubjectAltName::Ip(_))),
    )
    .source("run with mbedTLS 2.28"),
    Rule::new(
        "the name that is dialed is a number, which they take for an address",
        &[
            (
                &[Curl],
                "no alternative certificate subject name matches target host name '0.0.0.123'",
            ),
            (&[Java], "No subject alternative names matching IP address"),
            (&[Rustls], "invalid dns name"),
            (&[Firefox], ""),
            (&[Chrome], "ERR_CERT_COMMON_NAME_INVALID"),
        ],
        Remedy::DialNoNumber,
        Condition::Host(|_, host| match &host.name {
            SubjectAltName::Dns(name) => name.as_str().bytes().all(|octet| octet.is_ascii_digit()),
            _ => false,
        }),
    ),
    Rule::new(
        "a name that is dialed has an underscore",
        &[(&[Java], "Illegal given domain name")],
        Remedy::DialNoUnderscore,
        Condition::Host(|_, host| host.typed.contains('_')),
    ),
    Rule::new(
        "a dialed name has an underscore, and a wildcard stands for it",
        &[
            (&[Openssl, OpensslStrict], "error 62: hostname mismatch"),
            (&[Python], "Hostname mismatch"),
        ],
        Remedy::NameItself,
        Condition::Host(|input, host| {
            let name = host.name.to_string();
            name.contains('_') && input.is_under_wildcard(&name)
        }),
    )
    .source("run, and see openssl/openssl#12566; curl compares names itself and takes it"),
    Rule::new(
        "a dialed name is matched by a wildcard for a top-level domain alone",
        &[
            (&[Openssl, OpensslStrict], "error 62: hostname mismatch"),
            (&[Python], "Hostname mismatch"),
            (&[Curl], "SSL: no alternative certificate subject name matches target host name"),
            (&[Node], "ERR_TLS_CERT_ALTNAME_INVALID"),
            (&[Rustls], "certificate not valid for name"),
            (&[Gnutls], ""),
            (&[Firefox], "SSL_ERROR_BAD_CERT_DOMAIN"),
            (&[Chrome], "ERR_CERT_COMMON_NAME_INVALID"),
        ],
        Remedy::NameItself,
        Condition::Host(|input, host| {
            let name = host.name.to_string();
            name.matches('.').count() == 1 && input.is_under_wildcard(&name)
        }),
    )
    .source("run; see FiloSottile/mkcert#30"),
    Rule::new(
        "it has the name *.localhost",
        &[(&[Apple], "")],
        Remedy::NameLocalhosts,
        Condition::Path(|input| input.lower_names.contains("*.localhost")),
    )
    .source("vercel-labs/portless#417, not run"),
    Rule::new(
        "it has no DNS name, and its commonName is outside of its CA's nameConstraints",
        &[(OPENSSL, "error 47: permitted subtree violation"), (&[Node], "PERMITTED_VIOLATION")],
        Remedy::AddPermittedName,
        Condition::Path(|input| {
            input.names.is_empty() && input.is_common_name_excluded(is_dns_for_openssl)
        }),
    )
    .source("run, but for curl, which asks OpenSSL"),
    Rule::new(
        "it has no DNS name, and its commonName, of whatever kind, is outside of its CA's \
         nameConstraints",
        &[(&[Gnutls], "The certificate chain violates the signer's constraints")],
        Remedy::AddPermittedName,
        Condition::Path(|input| input.names.is_empty() && input.is_common_name_excluded(|_| true)),
    ),
    Rule::new(
        "it has an IP address, and its CA has nameConstraints for addresses",
        &[(&[Envoy], "CERTIFICATE_VERIFY_FAILED: unsupported name constraint type")],
        Remedy::NoIpConstraints,
        Condition::Path(|input| {
            addresses(input.end_entity).next().is_some()
                && input.issuers.iter().any(|ca| constraint::limits_addresses(ca))
        }),
    )
    .check(CheckName::NameConstraints),
    Rule::new(
        "the nameConstraints of its CA have a DNS name with a wildcard",
        &[(&[Firefox], "SEC_ERROR_CERT_NOT_IN_NAME_SPACE")],
        Remedy::NewCa,
        Condition::Path(|input| input.issuers.iter().any(|ca| constraint::has_wildcard(ca))),
    ),
    Rule::new(
        "its subject is outside of the nameConstraints for directory names of its CA",
        &[
            (&[Envoy], "CERTIFICATE_VERIFY_FAILED: permitted subtree violation"),
            (OPENSSL, "error 47: permitted subtree violation"),
            (&[Node], "PERMITTED_VIOLATION"),
            (&[Firefox], "SEC_ERROR_CERT_NOT_IN_NAME_SPACE"),
            (&[Chrome], "ERR_CERT_INVALID"),
        ],
        Remedy::NewCa,
        Condition::Path(|input| {
            let subject = input.end_entity.x509().subject();
            let mut constraints = input.issuers.iter().filter_map(|ca| ca.name_constraints());
            constraints.any(|found| constraint::check_directory_name(subject, found).is_err())
        }),
    ),
    Rule::new(
        "it has an empty DNS name",
        &[(&[Gnutls], "Unknown Subject Alternative name")],
        Remedy::Reissue,
        Condition::Path(|input| input.names.contains("")),
    ),
    Rule::new(
        "it, or its CA, has a critical extension that mbedTLS does not know",
        &[(&[Mbedtls], "X509 - The extension tag or value is invalid")],
        Remedy::NoNameConstraints,
        Condition::Path(|input| {
            // basicConstraints, keyUsage, extKeyUsage, subjectAltName, nsCertType
            const KNOWN: [&str; 5] =
                ["2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.17", "2.16.840.1.113730.1.1"];
            let is_unknown = |oid: String| !KNOWN.contains(&oid.as_str());
            let mut extensions = input.path().flat_map(|one| one.x509().extensions());
            extensions.any(|one| one.critical && is_unknown(one.oid.to_id_string()))
        }),
    )
    .source("run with mbedTLS 2.28; 3.6 knows certificatePolicies"),
    Rule::new(
        "its cRLDistributionPoints, or those of a CA below the root, are critical",
        &[
            (&[Envoy], "CERTIFICATE_VERIFY_FAILED: unhandled critical extension"),
            (&[Java], "unrecognized critical extension(s)"),
        ],
        Remedy::Reissue,
        Condition::Path(|input| input.below_anchor().any(|one| has_critical(one, "2.5.29.31"))),
    ),
    Rule::new(
        "its cRLDistributionPoints, or those of its CA, are critical",
        &[(&[Firefox], "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION"), (&[Chrome], "ERR_CERT_INVALID")],
        Remedy::Reissue,
        Condition::Path(|input| input.path().any(|one| has_critical(one, "2.5.29.31"))),
    ),
    Rule::new(
        "its policyConstraints, or those of its CA, want a policy, and it has no \
         certificatePolicies",
        &[(&[Chrome], "ERR_CERT_INVALID")],
        Remedy::NewCa,
        Condition::Path(|input| {
            let requires = |(below, one)| requires_policy(one, below);
            !input.end_entity.has_extension("2.5.29.32") && input.path().enumerate().any(requires)
        }),
    ),
    Rule::new(
        "its CA excludes directory names, which GnuTLS cannot compare",
        &[(&[Gnutls], "The certificate chain violates the signer's constraints")],
        Remedy::NewCa,
        Condition::Path(|input| {
            let constraints = input.issuers.iter().filter_map(|ca| ca.name_constraints());
            let mut excluded =
                constraints.flat_map(|found| found.excluded_subtrees.iter().flatten());
            excluded.any(|subtree| matches!(subtree.base, GeneralName::DirectoryName(_)))
        }),
    ),
    Rule::new(
        "it, or its CA, requires a stapled OCSP response (TLS feature status_request)",
        &[
            (
                &[Gnutls],
                "The certificate requires the server to include an OCSP status in its response",
            ),
            (&[Firefox], "MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING"),
        ],
        Remedy::Reissue,
        Condition::Path(|input| input.path().any(|one| one.has_extension("1.3.6.1.5.5.7.1.24"))),
    ),
    Rule::new(
        "it and its chain are larger than 16 KiB",
        &[(&[Mbedtls], "SSL - The requested feature is not available")],
        Remedy::FewerNames,
        Condition::Path(|input| input.message_size() > 16_384),
    ),
    Rule::new(
        "it and its chain are larger than 32 KiB",
        &[(&[Java], "The size of the handshake message exceeds the maximum allowed size (32768)")],
        Remedy::FewerNames,
        Condition::Path(|input| input.message_size() > 32_768),
    ),
    Rule::new(
        "it and its chain are larger than 64 KiB",
        &[(&[Rustls], "MessageTooLarge"), (&[Firefox], "")],
        Remedy::FewerNames,
        Condition::Path(|input| input.message_size() > 65_535),
    ),
    Rule::new(
        "it and its chain are larger than 100 KiB",
        &[
            (&[Envoy], "EXCESSIVE_MESSAGE_SIZE"),
            (OPENSSL, "excessive message size"),
            (&[Node], "ERR_SSL_EXCESSIVE_MESSAGE_SIZE"),
            (&[Chrome], "ERR_SSL_PROTOCOL_ERROR"),
        ],
        Remedy::FewerNames,
        Condition::Path(|input| input.message_size() > 102_400),
    ),
    Rule::new(
        "it and its chain are larger than 128 KiB",
        &[(&[Gnutls], "The handshake data size is too large")],
        Remedy::FewerNames,
        Condition::Path(|input| input.message_size() > 131_072),
    ),
    Rule::new(
        "it and its chain are larger than 256 KiB",
        &[(GO, "tls: handshake message exceeds maximum of 262144 bytes")],
        Remedy::FewerNames,
        Condition::Path(|input| input.message_size() > 262_144),
    ),
];
