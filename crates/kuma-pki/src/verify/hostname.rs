//! Whether a certificate has a name (RFC 9525 6), as Go, OpenSSL and rustls see it.
//!
//! Kuma's control plane, kuma-dp, kumactl and the Kubernetes API server are Go programs, so that what
//! Go refuses fails; what Go accepts and others refuse is worth a warning.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;

use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

use super::finding::{Finding, NearMiss};
use super::report::Outcome;
use crate::name::{NameFault, SubjectAltName};
use crate::text::printable;
use crate::x509;

/// How many names of a certificate are told, as in Go.
const MAX_SHOWN: usize = 100;

/// How a name in a certificate compares with one that was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Match {
    /// For all.
    All,
    /// An IPv4 address in the form of IPv6: for Go.
    MappedAddress,
    /// `*.tld`: for Go and Java.
    TopLevelWildcard,
    /// A label with an underscore, matched by a wildcard: not for OpenSSL, Python and Java.
    WildcardUnderscore,
    /// `a*.example`: for OpenSSL, Java and Node.
    PartialWildcard,
    /// For none.
    None,
}

/// The names of a certificate, to look for many others among them.
pub(crate) struct Names<'a> {
    certificate: &'a X509Certificate<'a>,
    /// The place of each DNS name, in lower case: a certificate can have thousands, and thousands can
    /// be looked for.
    dns: HashMap<Cow<'a, str>, usize>,
    /// The place of each address.
    addresses: HashMap<IpAddr, usize>,
}

impl<'a> Names<'a> {
    pub(crate) fn of(certificate: &'a X509Certificate<'a>) -> Self {
        let (mut dns, mut addresses) = (HashMap::new(), HashMap::new());
        for (index, name) in x509::subject_alt_names(certificate).iter().enumerate() {
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

    /// Looks for a name.
    pub(crate) fn check(&self, host: &SubjectAltName) -> Outcome {
        let names = x509::subject_alt_names(self.certificate);
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

/// The name of a certificate that matches best.
fn best<'n, 'a>(
    names: &'n [GeneralName<'a>],
    host: &SubjectAltName,
) -> Option<(Match, &'n GeneralName<'a>)> {
    let compared = names.iter().map(|name| (compare(name, host), name));
    compared.filter(|(found, _)| *found != Match::None).min_by_key(|(found, _)| *found as u8)
}

fn outcome(
    certificate: &X509Certificate<'_>,
    host: &SubjectAltName,
    best: Option<(Match, &GeneralName<'_>)>,
) -> Outcome {
    let names = x509::subject_alt_names(certificate);
    let shown = host.to_string();
    let disagree = |name: &GeneralName<'_>, accepts, refuses| Finding::ClientsDisagree {
        host: shown.clone(),
        name: text(name),
        accepts,
        refuses,
    };
    match best {
        Some((Match::All, name)) if text(name) == shown => Outcome::Passed(shown),
        Some((Match::All, name)) => Outcome::Passed(format!("{shown}, by {}", text(name))),
        Some((Match::MappedAddress, name)) => Outcome::Warning(disagree(
            name,
            "Go, which takes its form of 16 octets for the same",
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
        _ => Outcome::Failed(Finding::NotNamed {
            near: near_miss(names, host),
            names: names.iter().take(MAX_SHOWN).map(text).collect(),
            count: names.len(),
            host: shown,
        }),
    }
}

/// A name of a certificate as people write it.
pub(crate) fn text(name: &GeneralName<'_>) -> String {
    match name {
        GeneralName::DNSName(text) | GeneralName::URI(text) | GeneralName::RFC822Name(text) => {
            printable(text)
        }
        GeneralName::IPAddress(octets) => match x509::ip_address(octets) {
            Some(address) => address.to_string(),
            None => format!("an address of {} octets", octets.len()),
        },
        GeneralName::DirectoryName(name) => x509::name(name),
        other => printable(&other.to_string()),
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

/// Whether a name keeps clients from the commonName.
fn is_of_a_host(name: &GeneralName<'_>) -> bool {
    matches!(name, GeneralName::DNSName(_) | GeneralName::IPAddress(_) | GeneralName::URI(_))
}

fn is_common_name(certificate: &X509Certificate<'_>, host: &SubjectAltName) -> bool {
    x509::common_name(certificate).is_some_and(|name| name.eq_ignore_ascii_case(&host.to_string()))
}

/// A name of the certificate that was meant to be this one.
fn near_miss(names: &[GeneralName<'_>], host: &SubjectAltName) -> Option<NearMiss> {
    names.iter().find_map(|name| {
        let GeneralName::DNSName(written) = name else { return None };
        let reason = match SubjectAltName::parse(written) {
            Ok(meant) if meant == *host && host.kind() == "iPAddress" => {
                "is an address, written where the certificate has DNS names"
            }
            Ok(meant) if meant == *host => "is not in the form that certificates have",
            Err(error) if error.meant.contains(host) => match error.fault {
                NameFault::TrailingDot => "has a final dot",
                _ => "is no host name",
            },
            _ => return None,
        };
        Some(NearMiss { name: printable(written), reason })
    })
}
