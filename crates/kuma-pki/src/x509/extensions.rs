//! The extensions of a certificate (RFC 5280 4.2).

use x509_parser::extensions::{
    ExtendedKeyUsage as ParsedExtendedKeyUsage, GeneralName, NameConstraints, ParsedExtension,
};

use super::Certificate;
use crate::usage::{ExtendedKeyUsage, KeyUsage};

/// The extensions that clients support as critical (RFC 5280 4.2; the list of Go's crypto/x509 and OpenSSL), by object
/// identifier.
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

/// Returns the name of an extension in RFC 5280, or its object identifier if it is not one of
/// [`KNOWN_EXTENSIONS`].
pub(crate) fn extension_name(oid: &str) -> &str {
    let known = KNOWN_EXTENSIONS.iter().find(|(known, _)| *known == oid);
    known.map_or(oid, |(_, name)| name)
}

/// Returns the names of the usages in extendedKeyUsage, or their object identifiers.
pub(crate) fn usage_names(usage: &ParsedExtendedKeyUsage<'_>) -> Vec<String> {
    let known = [
        (usage.any, "anyExtendedKeyUsage"),
        (usage.server_auth, "serverAuth"),
        (usage.client_auth, "clientAuth"),
        (usage.code_signing, "codeSigning"),
        (usage.email_protection, "emailProtection"),
        (usage.time_stamping, "timeStamping"),
        (usage.ocsp_signing, "OCSPSigning"),
    ];
    let known = known.into_iter().filter(|(is_set, _)| *is_set);
    let known = known.map(|(_, name)| name.to_owned());
    known.chain(usage.other.iter().map(|oid| oid.to_id_string())).collect()
}

impl Certificate {
    /// Returns cA of basicConstraints, or `None` if they are absent (RFC 5280 4.2.1.9).
    #[must_use]
    pub fn is_ca(&self) -> Option<bool> {
        let extension = self.x509().basic_constraints().ok().flatten()?;
        Some(extension.value.ca)
    }

    /// Returns pathLenConstraint of basicConstraints (RFC 5280 4.2.1.9).
    pub(crate) fn path_length(&self) -> Option<u32> {
        self.x509().basic_constraints().ok().flatten()?.value.path_len_constraint
    }

    /// Returns the bits of keyUsage that are set (RFC 5280 4.2.1.3), or `None` if it is absent.
    pub(crate) fn key_usage(&self) -> Option<Vec<KeyUsage>> {
        let usage = self.x509().key_usage().ok().flatten()?.value;
        Some(KeyUsage::ALL.into_iter().filter(|one| usage.flags & one.bit() != 0).collect())
    }

    /// Returns whether keyUsage allows a use; if it is absent, it allows every use.
    pub(crate) fn allows_key_usage(&self, usage: KeyUsage) -> bool {
        self.key_usage().is_none_or(|found| found.contains(&usage))
    }

    /// Returns extendedKeyUsage (RFC 5280 4.2.1.12), or `None` if it is absent.
    pub(crate) fn extended_key_usage(&self) -> Option<&ParsedExtendedKeyUsage<'_>> {
        Some(self.x509().extended_key_usage().ok().flatten()?.value)
    }

    /// Returns the names of the usages in extendedKeyUsage, or their object identifiers; `None` if it is
    /// absent.
    pub(crate) fn extended_key_usage_names(&self) -> Option<Vec<String>> {
        self.extended_key_usage().map(usage_names)
    }

    /// Returns whether extendedKeyUsage names a usage.
    pub(crate) fn names_usage(&self, wanted: ExtendedKeyUsage) -> bool {
        self.extended_key_usage().is_some_and(|usage| match wanted {
            ExtendedKeyUsage::ClientAuth => usage.client_auth,
            ExtendedKeyUsage::ServerAuth => usage.server_auth,
        })
    }

    /// Returns whether extendedKeyUsage allows a usage: it is absent, names it, or names any.
    pub(crate) fn allows_usage(&self, wanted: ExtendedKeyUsage) -> bool {
        self.extended_key_usage().is_none_or(|usage| usage.any || self.names_usage(wanted))
    }

    /// Returns the entries of subjectAltName (RFC 5280 4.2.1.6); none if it is absent.
    pub(crate) fn subject_alt_names(&self) -> &[GeneralName<'_>] {
        match self.x509().subject_alternative_name() {
            Ok(Some(names)) => &names.value.general_names,
            _ => &[],
        }
    }

    /// Returns nameConstraints (RFC 5280 4.2.1.10); `None` if they are absent or malformed.
    pub(crate) fn name_constraints(&self) -> Option<&NameConstraints<'_>> {
        Some(self.x509().name_constraints().ok().flatten()?.value)
    }

    /// Returns the subjectKeyIdentifier (RFC 5280 4.2.1.2).
    pub(crate) fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.find_extension(|extension| match extension {
            ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0),
            _ => None,
        })
    }

    /// Returns the keyIdentifier of authorityKeyIdentifier (RFC 5280 4.2.1.1).
    pub(crate) fn authority_key_identifier(&self) -> Option<&[u8]> {
        self.find_extension(|extension| match extension {
            ParsedExtension::AuthorityKeyIdentifier(found) => {
                found.key_identifier.as_ref().map(|identifier| identifier.0)
            }
            _ => None,
        })
    }

    /// Returns the authorityCertSerialNumber of authorityKeyIdentifier (RFC 5280 4.2.1.1).
    pub(crate) fn authority_serial_number(&self) -> Option<&[u8]> {
        self.find_extension(|extension| match extension {
            ParsedExtension::AuthorityKeyIdentifier(found) => found.authority_cert_serial,
            _ => None,
        })
    }

    fn find_extension<'a, T>(
        &'a self,
        find: impl Fn(&'a ParsedExtension<'a>) -> Option<T>,
    ) -> Option<T> {
        self.x509().extensions().iter().find_map(|extension| find(extension.parsed_extension()))
    }

    /// Returns whether there is an extension with this object identifier.
    pub(crate) fn has_extension(&self, oid: &str) -> bool {
        self.is_critical(oid).is_some()
    }

    /// Returns whether the first extension with this object identifier is critical; `None` if it is absent.
    pub(crate) fn is_critical(&self, oid: &str) -> Option<bool> {
        let mut extensions = self.x509().extensions().iter();
        let extension = extensions.find(|extension| extension.oid.to_id_string() == oid)?;
        Some(extension.critical)
    }
}
