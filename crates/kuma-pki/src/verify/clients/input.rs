//! The input of client rules: the certificate, its path and the dialed names.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::net::IpAddr;

use x509_parser::extensions::{GeneralName, ParsedExtension};

use super::chain_rules::CHAIN_RULES;
use super::rules::RULES;
use super::{Client, Reason};
use crate::constraint;
use crate::key::KeyType;
use crate::verify::Host;
use crate::verify::kuma::KumaVersion;
use crate::verify::path::builder::{DeadEnd, PathBuilder};
use crate::x509::{self, Certificate};

/// The certificate, its path and the dialed names.
pub(crate) struct RuleInput<'a> {
    pub(crate) end_entity: &'a Certificate,
    /// The certificate at which the chain ends; the end entity if it is its own CA.
    pub(crate) anchor: &'a Certificate,
    /// The CA file; empty where none was given.
    pub(crate) ca_file: &'a [Certificate],
    /// The certificates of the path above the end entity, the anchor last.
    pub(crate) issuers: Vec<&'a Certificate>,
    /// The certificates that the server sends.
    pub(crate) sent: &'a [Certificate],
    /// The names that clients dial.
    pub(crate) hosts: &'a [Host],
    /// Whether only rustls-webpki rejects the path.
    pub(crate) is_rejected_by_rustls: bool,
    /// The libraries that build an invalid path instead, with the defect of that path.
    pub(crate) dead_ends: Vec<(PathBuilder, DeadEnd)>,
    /// The version of Kuma.
    pub(crate) kuma: KumaVersion,
    /// The rules that apply, for all clients.
    applying: OnceCell<Vec<Reason>>,
    /// The DNS names of the certificate.
    pub(super) names: HashSet<&'a str>,
    /// The DNS names in lower case.
    pub(super) lower_names: HashSet<String>,
    /// Whether the chain ends with a root: an anchor that is its own issuer.
    pub(super) ends_with_root: bool,
}

impl<'a> RuleInput<'a> {
    /// Returns the input for a certificate with the path above it, the anchor last.
    pub(crate) fn new(
        end_entity: &'a Certificate,
        issuers: &[&'a Certificate],
        ca_file: &'a [Certificate],
        hosts: &'a [Host],
    ) -> Self {
        let anchor = issuers.last().copied().unwrap_or(end_entity);
        let names: HashSet<_> = dns_names(end_entity).collect();
        let lower_names = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        Self {
            end_entity,
            anchor,
            ca_file,
            issuers: issuers.to_vec(),
            sent: &[],
            hosts,
            is_rejected_by_rustls: false,
            dead_ends: Vec::new(),
            kuma: KumaVersion::NEWEST,
            applying: OnceCell::new(),
            names,
            lower_names,
            ends_with_root: anchor.names_itself_as_issuer(),
        }
    }

    /// Returns the reasons why a client rejects the certificate.
    pub(crate) fn reasons(&self, client: Client) -> Vec<Reason> {
        let all = || {
            let rules = RULES.iter().chain(CHAIN_RULES);
            rules.filter_map(|rule| rule.reason(self)).collect()
        };
        let reasons: &Vec<Reason> = self.applying.get_or_init(all);
        let rejects = |reason: &&Reason| reason.rule.rejects(client, self);
        reasons.iter().filter(rejects).cloned().collect()
    }

    /// Returns the certificate and the CAs above it.
    pub(super) fn path(&self) -> impl Iterator<Item = &'a Certificate> {
        std::iter::once(self.end_entity).chain(self.issuers.iter().copied())
    }

    /// Returns the path without the trust anchor, whose fields most clients ignore.
    pub(super) fn below_anchor(&self) -> impl Iterator<Item = &'a Certificate> {
        self.path().take(self.issuers.len().max(1))
    }

    /// Returns the CAs between the certificate and the CA in the CA file.
    pub(super) fn intermediates(&self) -> impl Iterator<Item = &'a Certificate> {
        self.below_anchor().skip(1)
    }

    /// Returns each certificate of the path with its issuer; a root is its own.
    pub(super) fn links(&self) -> impl Iterator<Item = (&'a Certificate, &'a Certificate)> {
        let root = Some(self.anchor).filter(|_| self.ends_with_root);
        self.path().zip(self.issuers.iter().copied().chain(root))
    }

    /// Returns the CAs of the path, and the certificate itself if it says CA:TRUE and another one issued it.
    pub(super) fn issued_cas(&self) -> impl Iterator<Item = &'a Certificate> {
        let is_ca = self.end_entity.is_ca() == Some(true) && !self.issuers.is_empty();
        let own = Some(self.end_entity).filter(|_| is_ca);
        own.into_iter().chain(self.issuers.iter().copied())
    }

    /// Returns the size of the handshake message Certificate in octets, to within the few that TLS 1.2 and 1.3
    /// differ by (RFC 8446 4.4.2).
    pub(super) fn message_size(&self) -> usize {
        self.sent.iter().map(|one| one.der().len() + 5).sum::<usize>() + 8
    }

    /// Returns whether a wildcard of the certificate matches a name that it does not have itself.
    pub(super) fn is_under_wildcard(&self, host: &str) -> bool {
        let names = &self.lower_names;
        !names.contains(host)
            && host
                .split_once('.')
                .is_some_and(|(_, domain)| names.contains(&format!("*.{domain}")))
    }

    /// Returns whether a commonName that counts as a DNS name is outside of the constraints of a CA above.
    pub(super) fn is_common_name_excluded(&self, is_name: fn(&str) -> bool) -> bool {
        let name = self.end_entity.common_name().filter(|name| is_name(name));
        name.is_some_and(|name| {
            let constraints = self.issuers.iter().filter_map(|ca| ca.name_constraints());
            constraints.into_iter().any(|found| constraint::check_domain(name, found).is_err())
        })
    }

    /// Returns whether the chain ends with another certificate that has one of these versions, counted from 0, and
    /// no extensions.
    pub(super) fn has_bare_anchor(&self, versions: &[u32]) -> bool {
        let anchor = self.anchor.x509();
        !self.issuers.is_empty()
            && versions.contains(&anchor.version().0)
            && anchor.extensions().is_empty()
    }
}

/// Returns the DNS names of a certificate, unchanged.
fn dns_names(certificate: &Certificate) -> impl Iterator<Item = &str> {
    certificate.subject_alt_names().iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(*name),
        _ => None,
    })
}

/// Returns the IP addresses of a certificate.
pub(super) fn addresses(certificate: &Certificate) -> impl Iterator<Item = IpAddr> {
    certificate.subject_alt_names().iter().filter_map(|name| match name {
        GeneralName::IPAddress(octets) => x509::ip_address(octets),
        _ => None,
    })
}

/// Returns whether OpenSSL treats a commonName as a DNS name (crypto/x509/v3_ncons.c, cn2dnsid).
pub(super) fn is_dns_for_openssl(name: &str) -> bool {
    let labels: Vec<_> = name.split('.').collect();
    let is_label = |label: &&str| {
        let is_letter = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
        !label.is_empty()
            && label.bytes().all(is_letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    labels.len() > 1 && labels.iter().all(is_label)
}

/// Returns whether a certificate is for any usage, and does not name TLS servers.
pub(super) fn is_any_usage(certificate: &Certificate) -> bool {
    certificate.extended_key_usage().is_some_and(|usage| usage.any && !usage.server_auth)
}

/// Returns whether extendedKeyUsage is there and names no usage.
pub(super) fn has_empty_usage(certificate: &Certificate) -> bool {
    certificate.extended_key_usage_names().is_some_and(|usage| usage.is_empty())
}

/// Returns whether requireExplicitPolicy (RFC 5280 4.2.1.11) takes effect for the end entity: there are no more
/// certificates below than it skips.
pub(super) fn requires_policy(certificate: &Certificate, below: usize) -> bool {
    let mut extensions = certificate.x509().extensions().iter();
    extensions.any(|extension| match extension.parsed_extension() {
        ParsedExtension::PolicyConstraints(found) => found
            .require_explicit_policy
            .is_some_and(|skipped| usize::try_from(skipped).is_ok_and(|skipped| skipped <= below)),
        _ => false,
    })
}

/// Returns whether an extension with this object identifier is there and critical.
pub(super) fn has_critical(certificate: &Certificate, oid: &str) -> bool {
    let mut extensions = certificate.x509().extensions().iter();
    extensions.any(|extension| extension.critical && extension.oid.to_id_string() == oid)
}

/// Returns whether the key is RSA of less than 2048 bits.
pub(super) fn has_short_key(certificate: &Certificate) -> bool {
    matches!(certificate.key_type(), KeyType::Rsa(bits) if bits < 2048)
}
