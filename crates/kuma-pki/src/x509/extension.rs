//! The names of extensions.

/// The extensions that clients act on when they are critical (RFC 5280 4.2; Go's crypto/x509 and
/// OpenSSL know these).
pub(crate) const KNOWN_EXTENSIONS: [(&str, &str); 12] = [
    ("2.5.29.14", "subjectKeyIdentifier"),
    ("2.5.29.15", "keyUsage"),
    ("2.5.29.17", "subjectAltName"),
    ("2.5.29.19", "basicConstraints"),
    ("2.5.29.30", "nameConstraints"),
    ("2.5.29.31", "cRLDistributionPoints"),
    ("2.5.29.32", "certificatePolicies"),
    ("2.5.29.33", "policyMappings"),
    ("2.5.29.35", "authorityKeyIdentifier"),
    ("2.5.29.36", "policyConstraints"),
    ("2.5.29.37", "extKeyUsage"),
    ("2.5.29.54", "inhibitAnyPolicy"),
];

/// Returns the name of an extension in RFC 5280, or its object identifier if it has none there.
pub(crate) fn extension_name(oid: &str) -> &str {
    let known = KNOWN_EXTENSIONS.iter().find(|(known, _)| *known == oid);
    known.map_or(oid, |(_, name)| name)
}
