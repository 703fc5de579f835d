//! A CA that issues: its key, its certificate, and the CAs above it, checked before they are used.

mod check;

use time::OffsetDateTime;

use crate::constraint;
use crate::issue::{IssueError, Template};
use crate::key::{KeyIdentifier, KeyPair};
use crate::validity::{Validity, rfc3339};
use crate::x509::{self, ParseError, signature};

/// A CA with its private key, and the certificates that lead from it to a trust anchor.
///
/// The private key is wiped when this is dropped.
#[derive(Debug)]
pub struct Issuer {
    key: KeyPair,
    /// DER: the CA's own certificate first, each further one issued the one before it.
    chain: Vec<Vec<u8>>,
    /// The CA's subject, for people.
    name: String,
    /// The DER of the CA's subject, as it stands in its certificate.
    subject: Vec<u8>,
    /// The CA's subjectKeyIdentifier.
    key_identifier: Vec<u8>,
    /// When all certificates of the chain are valid.
    validity: Validity,
    /// Whether the last certificate of the chain is self-signed.
    has_root: bool,
    /// Whether a certificate of the chain limits names or usages.
    is_limited: bool,
    /// Whether one of them constrains IP addresses.
    limits_addresses: bool,
}

/// Why a CA cannot issue what was asked for. Names are as RFC 4514 writes them.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerError {
    /// The chain is not one: a certificate is not issued by the one behind it.
    #[error(
        "certificate {position} of the CA file, {subject}, did not issue the certificate before \
         it, whose issuer is {issuer}"
    )]
    BrokenChain {
        /// The place in the file, counted from 1.
        position: usize,
        /// Its subject.
        subject: String,
        /// The issuer that the certificate before it names.
        issuer: String,
        /// Whether the certificate before it is one of the same CA, signed by another.
        is_cross_signed: bool,
    },

    /// A CA without a name, as the official kumactl's self-signed certificate.
    #[error(
        "the CA certificate has an empty subject, so what it issues has no issuer (RFC 5280 \
         4.1.2.4): Java, mbedTLS and others refuse that"
    )]
    EmptySubject,

    /// A certificate of the chain has expired.
    #[error(
        "the CA certificate {subject} expired at {}; it is {}",
        rfc3339(not_after),
        rfc3339(now)
    )]
    Expired {
        /// Whose.
        subject: String,
        /// Its end.
        not_after: OffsetDateTime,
        /// The clock.
        now: OffsetDateTime,
    },

    /// The private key is another certificate's.
    #[error(
        "the private key does not belong to the CA certificate {subject}: \
         the identifier of the key is {key}, that of the certificate's key {certificate}"
    )]
    KeyMismatch {
        /// The certificate's.
        subject: String,
        /// The identifier of the key in the certificate.
        certificate: KeyIdentifier,
        /// The identifier of the private key.
        key: KeyIdentifier,
        /// The place in the chain of a certificate that the key does belong to, counted from 1.
        belongs_to: Option<usize>,
    },

    /// A certificate of the chain must not sign certificates.
    #[error(
        "the CA certificate {subject} must not sign certificates: its keyUsage is {usage}, \
         without keyCertSign"
    )]
    MayNotSign {
        /// Whose.
        subject: String,
        /// The usages that it has.
        usage: String,
    },

    /// A name is outside the constraints of a certificate of the chain.
    #[error(
        "{name} cannot be certified by {subject}: its nameConstraints say that it {constraint}"
    )]
    NameExcluded {
        /// What was asked for.
        name: String,
        /// Whose constraints.
        subject: String,
        /// What they say: `permits only ...` or `excludes ...`.
        constraint: String,
    },

    /// The certificate is to be for the CA's own key.
    #[error("the key that is to be certified is the key of the CA {subject} itself")]
    SameKey {
        /// The CA's.
        subject: String,
    },

    /// A certificate of the chain is not that of a CA.
    #[error("{subject} is not a CA: its basicConstraints {found}")]
    NotCa {
        /// Whose.
        subject: String,
        /// What they say: `say CA:FALSE` or `are missing`.
        found: &'static str,
    },

    /// A certificate of the chain is not valid yet.
    #[error(
        "the CA certificate {subject} is valid from {}; it is {}",
        rfc3339(not_before),
        rfc3339(now)
    )]
    NotYetValid {
        /// Whose.
        subject: String,
        /// Its start.
        not_before: OffsetDateTime,
        /// The clock.
        now: OffsetDateTime,
    },

    /// More CAs stand below a CA of the chain than it allows.
    #[error("{subject} allows {allowed} CA certificates below it (pathLenConstraint), not {below}")]
    PathTooLong {
        /// Whose.
        subject: String,
        /// Its pathLenConstraint.
        allowed: u32,
        /// How many there are.
        below: usize,
    },

    /// A certificate would have its CA's name, as if it were self-signed.
    #[error("the certificate would have the name of its CA, {subject}")]
    SameSubject {
        /// The name of both.
        subject: String,
    },

    /// An extendedKeyUsage of a certificate of the chain leaves the wanted one out.
    #[error("{subject} cannot certify a TLS {wanted}: its extKeyUsage is {found}")]
    UsageExcluded {
        /// Whose.
        subject: String,
        /// `server` or `client`.
        wanted: &'static str,
        /// The usages that it has.
        found: String,
    },
}

impl Issuer {
    /// Takes a CA's key and certificates: its own first, then the CA's above it.
    ///
    /// # Errors
    ///
    /// Everything that would make a certificate of this CA invalid: see [`IssuerError`].
    pub fn new(chain: Vec<Vec<u8>>, key: KeyPair, now: OffsetDateTime) -> Result<Self, IssueError> {
        let parsed = x509::parse_all(&chain)?;
        let (Some(own), Some(last)) = (parsed.first(), parsed.last()) else {
            return Err(ParseError::missing().into());
        };
        check::key(&parsed, &key)?;
        if own.subject().iter_rdn().next().is_none() {
            return Err(IssuerError::EmptySubject.into());
        }
        for (index, pair) in parsed.windows(2).enumerate() {
            if !signature::is_issued_by(&pair[0], &pair[1]) {
                return Err(IssueError::Issuer(IssuerError::BrokenChain {
                    position: index + 2,
                    subject: x509::name(pair[1].subject()),
                    issuer: x509::name(pair[0].issuer()),
                    is_cross_signed: pair[0].subject().as_raw() == pair[1].subject().as_raw()
                        && x509::public_key(&pair[0]) == x509::public_key(&pair[1]),
                }));
            }
        }
        let mut validity = x509::validity(own);
        for (below, certificate) in parsed.iter().enumerate() {
            check::ca(certificate, below, now)?;
            validity = validity.within(x509::validity(certificate));
        }
        let (name, subject) = (x509::name(own.subject()), own.subject().as_raw().to_vec());
        let key_identifier = x509::subject_key_identifier(own)
            .map_or_else(|| key.identifier().as_bytes().to_vec(), <[u8]>::to_vec);
        let has_root = signature::is_self_signed(last);
        let is_limited = parsed.iter().any(check::is_limited);
        let limits_addresses = is_limited && parsed.iter().any(constraint::limits_addresses);
        Ok(Self {
            key,
            chain,
            name,
            subject,
            key_identifier,
            validity,
            has_root,
            is_limited,
            limits_addresses,
        })
    }

    /// Whether the CA, and each CA above it, may certify the names and the usage of a template.
    ///
    /// # Errors
    ///
    /// [`IssuerError::NameExcluded`], [`IssuerError::PathTooLong`], [`IssuerError::SameSubject`] and
    /// [`IssuerError::UsageExcluded`].
    pub fn check(&self, template: &Template) -> Result<(), IssueError> {
        let subject = template.subject.to_string();
        if self.name == subject {
            return Err(IssuerError::SameSubject { subject }.into());
        }
        if !self.is_limited && template.basic_constraints.is_none() {
            return Ok(());
        }
        for (index, certificate) in x509::parse_all(&self.chain)?.into_iter().enumerate() {
            check::path_length(&certificate, index, template)?;
            check::names(&certificate, template)?;
            check::usage(&certificate, template)?;
        }
        Ok(())
    }

    /// Whether the CA, or a CA above it, has name constraints for IP addresses, under which Envoy takes no
    /// certificate with an address.
    #[must_use]
    pub const fn limits_addresses(&self) -> bool {
        self.limits_addresses
    }

    /// When the CA, and each CA above it, is valid.
    #[must_use]
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// The certificates that a server sends behind its own: the chain, without a root.
    #[must_use]
    pub fn intermediates(&self) -> &[Vec<u8>] {
        let without_root = self.chain.len() - usize::from(self.has_root);
        &self.chain[..without_root]
    }

    /// The self-signed certificate at the end of the chain, if the chain has one: what clients
    /// trust.
    #[must_use]
    pub fn trust_anchor(&self) -> Option<&[u8]> {
        self.chain.last().filter(|_| self.has_root).map(Vec::as_slice)
    }

    /// What is handed out for clients to trust: the root, or of a chain without one the CA's own
    /// certificate, which not all clients take for an anchor.
    #[must_use]
    pub fn handed_out(&self) -> &[u8] {
        self.trust_anchor().unwrap_or_else(|| self.certificate())
    }

    /// The CA's own certificate, DER.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        self.chain.first().map_or(&[], Vec::as_slice)
    }

    /// The CA's own certificate and those above it, DER.
    #[must_use]
    pub fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    /// The CA's subject, for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A CA of the chain that may certify any usage, but does not name the one of TLS servers or
    /// clients, which some clients want there.
    #[must_use]
    pub fn any_usage_alone(&self) -> Option<String> {
        let chain = x509::parse_all(&self.chain).ok().filter(|_| self.is_limited)?;
        let found = chain.iter().find(|ca| check::is_any_usage_alone(ca));
        found.map(|ca| x509::name(ca.subject()))
    }

    /// The CA's key.
    #[must_use]
    pub const fn key(&self) -> &KeyPair {
        &self.key
    }

    /// The DER of the CA's subject, as it stands in its certificate.
    #[must_use]
    pub fn subject(&self) -> &[u8] {
        &self.subject
    }

    /// The CA's subjectKeyIdentifier, by whatever method it was made; of a CA without one, the
    /// identifier that we would give it.
    #[must_use]
    pub fn key_identifier(&self) -> &[u8] {
        &self.key_identifier
    }
}
