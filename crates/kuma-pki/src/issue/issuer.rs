//! The CA that issues certificates, checked before its first use.

use time::OffsetDateTime;

use crate::constraint;
use crate::issue::{IssueError, Template};
use crate::key::{KeyIdentifier, KeyPair};
use crate::validity::Validity;
use crate::verify::{self, ChainRole, Finding};
use crate::x509::{Certificate, ParseError, is_empty};

/// A CA with its private key, and the certificates that lead from it to a trust anchor.
///
/// The private key is wiped when this is dropped.
#[derive(Debug)]
pub struct Issuer {
    key: KeyPair,
    /// The CA's own certificate first; each further one issued the one before it.
    chain: Vec<Certificate>,
    /// The CA's subject, for display.
    name: String,
    /// The time in which all certificates of the chain are valid.
    validity: Validity,
    /// Whether the last certificate of the chain is self-signed.
    has_root: bool,
}

impl Issuer {
    /// Checks a CA's key and certificates: its own first, then those of the CAs above it.
    ///
    /// # Errors
    ///
    /// Each condition that would make every certificate of this CA invalid: [`IssueError::Issuer`] with a finding of
    /// [`verify`](mod@verify), [`IssueError::BrokenChain`], [`IssueError::EmptySubject`], and
    /// [`IssueError::Parse`] for an empty chain.
    pub fn new(
        chain: Vec<Certificate>,
        key: KeyPair,
        now: OffsetDateTime,
    ) -> Result<Self, IssueError> {
        let (Some(own), Some(last)) = (chain.first(), chain.last()) else {
            return Err(ParseError::missing().into());
        };
        if own.public_key() != key.public_key() {
            let key_type = key.algorithm().key_type();
            let finding = Finding::key_mismatch(&chain, key.public_key(), key_type);
            return Err(IssueError::Issuer(Box::new(finding)));
        }
        if is_empty(own.x509().subject()) {
            return Err(IssueError::EmptySubject);
        }
        for (index, pair) in chain.windows(2).enumerate() {
            if !pair[0].is_issued_by(&pair[1]) {
                return Err(IssueError::BrokenChain {
                    position: index + 2,
                    subject: pair[1].subject(),
                    issuer: pair[0].issuer(),
                    is_cross_signed: pair[0].has_subject_and_key_of(&pair[1]),
                });
            }
        }
        if let Some(finding) = verify::issuer_defects(&chain, now).into_iter().next() {
            return Err(IssueError::Issuer(Box::new(finding)));
        }
        let validity = chain.iter().map(Certificate::validity).reduce(Validity::intersect);
        let validity = validity.unwrap_or_else(|| own.validity());
        let (name, has_root) = (own.subject(), last.is_self_signed());
        Ok(Self { key, name, validity, has_root, chain })
    }

    /// Checks that the CA, and each CA above it, may issue a certificate with the names and the usage of a template.
    ///
    /// # Errors
    ///
    /// [`IssueError::Issuer`] with [`Finding::NameExcluded`], [`Finding::PathTooLong`] or [`Finding::Usage`], and
    /// [`IssueError::SameSubject`].
    pub fn check(&self, template: &Template) -> Result<(), IssueError> {
        let subject = template.subject.to_string();
        if self.name == subject {
            return Err(IssueError::SameSubject { subject });
        }
        let defect = |(below, ca): (usize, &Certificate)| {
            path_length(ca, below, template)
                .or_else(|| excluded_name(ca, template))
                .or_else(|| usage(ca, template))
        };
        match self.chain.iter().enumerate().find_map(defect) {
            Some(finding) => Err(IssueError::Issuer(Box::new(finding))),
            None => Ok(()),
        }
    }

    /// Returns whether the CA, or a CA above it, has name constraints for IP addresses, under which Envoy rejects
    /// every certificate with an address.
    #[must_use]
    pub fn limits_addresses(&self) -> bool {
        self.chain.iter().any(constraint::limits_addresses)
    }

    /// Returns the time in which the CA and each CA above it are valid.
    #[must_use]
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// Returns the certificates that a server sends after its own: the chain without the root.
    #[must_use]
    pub fn intermediates(&self) -> &[Certificate] {
        &self.chain[..self.chain.len() - usize::from(self.has_root)]
    }

    /// Returns the self-signed certificate at the end of the chain, if the chain has one.
    #[must_use]
    pub fn root(&self) -> Option<&Certificate> {
        self.chain.last().filter(|_| self.has_root)
    }

    /// Returns the certificate for the CA file of clients: the root, or without a root the CA's own certificate, which
    /// not all clients accept as a trust anchor.
    #[must_use]
    pub fn trust_anchor(&self) -> &Certificate {
        self.root().unwrap_or_else(|| self.certificate())
    }

    /// Returns the CA's own certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.chain[0]
    }

    /// Returns the CA's own certificate and those above it.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// Returns the CA's subject in the notation of RFC 4514.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the subject of a CA of the chain whose extendedKeyUsage is anyExtendedKeyUsage without the one of
    /// TLS servers or clients, which some clients require there.
    #[must_use]
    pub fn any_usage_alone(&self) -> Option<String> {
        let mut chain = self.chain.iter();
        let found = chain.find(|ca| {
            let usage = ca.extended_key_usage();
            usage.is_some_and(|usage| usage.any && !usage.server_auth && !usage.client_auth)
        });
        found.map(Certificate::subject)
    }

    /// Returns the CA's key.
    #[must_use]
    pub const fn key(&self) -> &KeyPair {
        &self.key
    }

    /// Returns the DER of the CA's subject, unchanged.
    #[must_use]
    pub fn subject(&self) -> &[u8] {
        self.certificate().x509().subject().as_raw()
    }

    /// Returns the CA's subjectKeyIdentifier; for a CA without one, the identifier that this library would compute.
    #[must_use]
    pub fn key_identifier(&self) -> Vec<u8> {
        let own = self.certificate();
        let computed = || KeyIdentifier::of(own.public_key()).as_bytes().to_vec();
        own.subject_key_identifier().map_or_else(computed, <[u8]>::to_vec)
    }
}

/// Returns the finding about a CA, with this many CAs of its chain below it, that does not allow the CA of the
/// template below those, with as many CAs as that allows.
fn path_length(ca: &Certificate, below: usize, template: &Template) -> Option<Finding> {
    let wanted = template.basic_constraints?;
    let found = below + 1 + usize::from(wanted.path_length.unwrap_or(0));
    let found = u32::try_from(found).unwrap_or(u32::MAX);
    let allowed = ca.path_length().filter(|allowed| found > *allowed)?;
    let subject = ca.subject();
    Some(Finding::PathTooLong { subject, allowed, found, only_for_go: false, is_anchor: false })
}

/// Returns the finding about the first name that a CA's constraints exclude.
fn excluded_name(ca: &Certificate, template: &Template) -> Option<Finding> {
    let constraints = ca.name_constraints()?;
    let mut names = template.subject_alt_names.iter();
    let excluded = names.find_map(|name| {
        Some((name.to_string(), constraint::check_name(name, constraints).err()?))
    });
    let (name, violation) = excluded.or_else(|| {
        let violation = constraint::check_subject(&template.subject, constraints).err()?;
        Some((template.subject.to_string(), violation))
    })?;
    let (subject, constraint) = (ca.subject(), violation.to_string());
    Some(Finding::NameExcluded { name, subject, constraint, is_anchor: false })
}

/// Returns the finding about a CA's extendedKeyUsage, if it does not allow the usage. One without any usage
/// allows none: most clients reject what the CA issues.
fn usage(ca: &Certificate, template: &Template) -> Option<Finding> {
    let wanted = template.extended_key_usage?;
    let role = ChainRole::Intermediate;
    (!ca.allows_usage(wanted)).then(|| Finding::usage(ca, wanted, role))
}
