//! The relation of certificates by names and key identifiers, without signatures.

use super::Certificate;

impl Certificate {
    /// Returns whether the certificate names another as its issuer, octet for octet.
    pub(crate) fn names_as_issuer(&self, ca: &Self) -> bool {
        self.x509().issuer().as_raw() == ca.x509().subject().as_raw()
    }

    /// Returns whether subject and issuer are one name (RFC 5280 3.2).
    pub(crate) fn is_self_issued(&self) -> bool {
        self.names_as_issuer(self)
    }

    /// Returns whether the certificate has the subject and the key of another: a renewal of it, or the same CA
    /// signed by another one.
    pub(crate) fn has_subject_and_key_of(&self, other: &Self) -> bool {
        self.x509().subject().as_raw() == other.x509().subject().as_raw()
            && self.public_key() == other.public_key()
    }

    /// Returns whether the key identifiers of the certificate and of a CA contradict each other (RFC 5280
    /// 4.2.1.1).
    pub(crate) fn names_another_key_than(&self, ca: &Self) -> bool {
        let ids = (self.authority_key_identifier(), ca.subject_key_identifier());
        matches!(ids, (Some(wanted), Some(found)) if wanted != found)
    }

    /// Returns whether the authorityKeyIdentifier names another serial number than that of a CA.
    pub(crate) fn names_another_serial_than(&self, ca: &Self) -> bool {
        self.authority_serial_number().is_some_and(|serial| serial != ca.x509().raw_serial())
    }

    /// Returns whether the authorityKeyIdentifier says nothing against a CA (RFC 5280 4.2.1.1).
    pub(crate) fn may_be_issued_by(&self, ca: &Self) -> bool {
        !self.names_another_key_than(ca) && !self.names_another_serial_than(ca)
    }

    /// Returns whether the certificate ends a chain: it is its own issuer, as far as its names and identifiers
    /// tell. Clients do not verify the signature of a certificate that they trust.
    pub(crate) fn names_itself_as_issuer(&self) -> bool {
        self.is_self_issued() && self.may_be_issued_by(self)
    }
}
