//! Matches hosts with the names of a certificate (RFC 9525 6), as Go, OpenSSL and rustls do.
//!
//! Kuma and the Kubernetes API server are written in Go, so a name that Go rejects is a failure. A name that Go accepts
//! and other clients reject is a warning.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;

use x509_parser::extensions::GeneralName;

use super::finding::{Finding, SimilarName};
use super::report::Outcome;
use crate::name::{NameErrorKind, SubjectAltName};
use crate::text::printable;
use crate::x509::{self, Certificate, CertificateName};

/// The most names of a certificate in a finding, as in Go.
const MAX_SHOWN: usize = 100;

/// The clients for which a name in a certificate matches a host.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Match {
    /// All clients.
    All,
    /// Go: an IPv4 address mapped into IPv6.
    MappedAddress,
    /// Go and Java: `*.tld`.
    TopLevelWildcard,
    /// All but OpenSSL, Python and Java: a wildcard for a label with an underscore.
    WildcardUnderscore,
    /// OpenSSL, Java and Node: `a*.example`.
    PartialWildcard,
    /// No client.
    None,
}

/// The names of a certificate, indexed.
pub(crate) struct Names<'a> {
    certificate: &'a Certificate,
    /// The index of each DNS name in lower case, for certificates and lists of hosts with thousands of names.
    dns: HashMap<Cow<'a, str>, usize>,
    /// The index of each address.
    addresses: HashMap<IpAddr, usize>,
}

impl<'a> Names<'a> {
    pub(crate) fn of(certificate: &'a Certificate) -> Self {
        let (mut dns, mut addresses) = (HashMap::new(), HashMap::new());
        for (index, name) in certificate.subject_alt_names().iter().enumerate() {
            match name {
                GeneralName::DNSName(text) => {
                    let is_lower = !text.bytes().any(|octet| octet.is_ascii_uppercase());
                    let text =
                        if is_lower { (*text).into() } else { text.to_ascii_lowercase().into() };
                    dns.entry(text).or_insert(index);
                }
                GeneralName::IPAddress(octets) => {
                    let address = x509::ip_address(octets);
                    address.map(|found| addresses.entry(found).or_insert(index));
                }
                _ => {}
            }
        }
        Self { certificate, dns, addresses }
    }

    /// Checks that a host is among the names.
    pub(crate) fn check(&self, host: &SubjectAltName) -> Outcome {
        let names = self.certificate.subject_alt_names();
        let exact = match host {
            SubjectAltName::Dns(host) => self.dns.get(host.as_str()),
            SubjectAltName::Ip(host) => self.addresses.get(host),
            SubjectAltName::Uri(_) => None,
        };
        let best = match exact.and_then(|index| names.get(*index)) {
            Some(name) => Some((Match::All, name)),
            None => best(names, host),
        };
        outcome(self.certificate, host, best)
    }
}

/// Returns the name of a certificate that matches a host for the most clients.
fn best<'n, 'a>(
    names: &'n [GeneralName<'a>],
    host: &SubjectAltName,
) -> Option<(Match, &'n GeneralName<'a>)> {
    let compared = names.iter().map(|name| (compare(name, host), name));
    compared.filter(|(found, _)| *found != Match::None).min_by_key(|(found, _)| *found as u8)
}

/// Returns a name of a certificate as text.
fn text(name: &GeneralName<'_>) -> String {
    CertificateName::from(name).value
}

fn outcome(
    certificate: &Certificate,
    host: &SubjectAltName,
    best: Option<(Match, &GeneralName<'_>)>,
) -> Outcome {
    let names = certificate.subject_alt_names();
    let shown = host.to_string();
    let disagree = |name: &GeneralName<'_>, accepts, rejects| Finding::ClientsDisagree {
        host: shown.clone(),
        name: text(name),
        accepts,
        rejects,
    };
    match best {
        Some((Match::All, name)) if text(name) == shown => Outcome::Passed(shown),
        Some((Match::All, name)) => Outcome::Passed(format!("{shown}, by {}", text(name))),
        Some((Match::MappedAddress, name)) => Outcome::Warning(disagree(
            name,
            "Go, which treats an IPv4-mapped address as the same",
            "OpenSSL, Python and Node",
        )),
        Some((Match::TopLevelWildcard, name)) => Outcome::Warning(disagree(
            name,
            "Go and Java",
            "OpenSSL, Python, Node, GnuTLS, rustls and browsers",
        )),
        Some((Match::WildcardUnderscore, name)) => Outcome::Warning(disagree(
            name,
            "Go, Node, GnuTLS and rustls",
            "OpenSSL, Python and Java",
        )),
        Some((Match::PartialWildcard, name)) => Outcome::Failed(disagree(
            name,
            "OpenSSL, Java and Node",
            "Go, Python, GnuTLS and rustls",
        )),
        _ if !names.iter().any(is_of_a_host) && is_common_name(certificate, host) => {
            let is_address = matches!(host, SubjectAltName::Ip(_));
            let is_alone = names.is_empty();
            Outcome::Failed(Finding::CommonNameOnly { host: shown, is_address, is_alone })
        }
        _ => Outcome::Failed(Finding::HostnameMismatch {
            similar: similar_name(names, host),
            names: names.iter().take(MAX_SHOWN).map(text).collect(),
            count: names.len(),
            host: shown,
        }),
    }
}

fn compare(name: &GeneralName<'_>, host: &SubjectAltName) -> Match {
    let same = match (name, host) {
        (GeneralName::IPAddress(octets), SubjectAltName::Ip(host)) => {
            let found = x509::ip_address(octets);
            if found.is_some_and(|found| found != *host && found.to_canonical() == *host) {
                return Match::MappedAddress;
            }
            found == Some(*host)
        }
        (GeneralName::URI(uri), SubjectAltName::Uri(host)) => *uri == host.as_str(),
        (GeneralName::DNSName(name), SubjectAltName::Dns(host)) => {
            return compare_dns(&name.to_ascii_lowercase(), host.as_str());
        }
        _ => false,
    };
    if same { Match::All } else { Match::None }
}

fn compare_dns(name: &str, host: &str) -> Match {
    if name == host {
        return Match::All;
    }
    let (Some((label, domain)), Some((host_label, host_domain))) =
        (name.split_once('.'), host.split_once('.'))
    else {
        return Match::None;
    };
    if domain != host_domain || host_label == "*" {
        return Match::None;
    }
    match label.split_once('*') {
        Some(("", "")) if !domain.contains('.') => Match::TopLevelWildcard,
        Some(("", "")) if host_label.contains('_') => Match::WildcardUnderscore,
        Some(("", "")) => Match::All,
        Some((start, end))
            if !end.contains('*')
                && host_label.len() >= start.len() + end.len()
                && host_label.starts_with(start)
                && host_label.ends_with(end) =>
        {
            Match::PartialWildcard
        }
        _ => Match::None,
    }
}

/// Returns whether a name stops clients from matching the commonName.
fn is_of_a_host(name: &GeneralName<'_>) -> bool {
    matches!(name, GeneralName::DNSName(_) | GeneralName::IPAddress(_) | GeneralName::URI(_))
}

fn is_common_name(certificate: &Certificate, host: &SubjectAltName) -> bool {
    certificate.common_name().is_some_and(|name| name.eq_ignore_ascii_case(&host.to_string()))
}

/// Returns a name of the certificate that is probably a misspelling of the host.
fn similar_name(names: &[GeneralName<'_>], host: &SubjectAltName) -> Option<SimilarName> {
    names.iter().find_map(|name| {
        let GeneralName::DNSName(written) = name else { return None };
        let reason = match SubjectAltName::parse(written) {
            Ok(meant) if meant == *host && host.kind() == "iPAddress" => {
                "is an IP address in a dNSName"
            }
            Ok(meant) if meant == *host => "is not normalized",
            Err(error) if error.meant.contains(host) => match error.kind {
                NameErrorKind::TrailingDot => "has a trailing dot",
                _ => "is not a valid host name",
            },
            _ => return None,
        };
        Some(SimilarName { name: printable(written), reason })
    })
}
