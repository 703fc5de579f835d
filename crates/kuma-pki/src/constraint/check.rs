//! Holding names against the constraints of a CA, as Go does, and OpenSSL in all but what is said here.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use x509_parser::extensions::{GeneralName, GeneralSubtree, NameConstraints};
use x509_parser::oid_registry::{
    OID_X509_COMMON_NAME, OID_X509_COUNTRY_NAME, OID_X509_ORGANIZATION_NAME,
    OID_X509_ORGANIZATIONAL_UNIT,
};
use x509_parser::x509::{RelativeDistinguishedName, X509Name};

use crate::name::{DistinguishedName, SubjectAltName, SubjectAttribute};
use crate::text::printable;
use crate::x509::{self, Certificate};

/// Why a certificate's constraints keep a name out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ConstraintViolation {
    /// It is under none of the permitted subtrees of its kind: these.
    NotPermitted(String),
    /// It is under this excluded subtree.
    By(String),
}

/// A name that a constraint of its kind can hold (RFC 5280 4.2.1.10).
enum NameForm<'a> {
    Dns(&'a str),
    Email(&'a str),
    Ip(IpAddr),
    /// The host of a URI, if it has one that is a name.
    UriHost(Option<&'a str>),
}

/// Holds a name against the constraints of a CA.
pub(crate) fn check_name(
    name: &SubjectAltName,
    constraints: &NameConstraints<'_>,
) -> Result<(), ConstraintViolation> {
    check_constrained(
        constraints,
        &match name {
            SubjectAltName::Dns(name) => NameForm::Dns(name.as_str()),
            SubjectAltName::Ip(address) => NameForm::Ip(*address),
            SubjectAltName::Uri(uri) => NameForm::UriHost(Some(uri.trust_domain())),
        },
    )
}

/// Holds a name as it stands in a certificate against the constraints of a CA; one that no constraint
/// can be of is within all.
pub(crate) fn check_entry(
    name: &GeneralName<'_>,
    constraints: &NameConstraints<'_>,
) -> Result<(), ConstraintViolation> {
    check_constrained(
        constraints,
        &match name {
            GeneralName::DNSName(name) => NameForm::Dns(name),
            GeneralName::RFC822Name(address) => NameForm::Email(address),
            GeneralName::IPAddress(octets) => match x509::ip_address(octets) {
                Some(address) => NameForm::Ip(address),
                None => return Ok(()),
            },
            GeneralName::URI(uri) => NameForm::UriHost(uri_host(uri)),
            _ => return Ok(()),
        },
    )
}

/// Whether Go can compare a name with constraints; it rejects one that it cannot under a CA with any
/// constraint (crypto/x509, checkChainConstraints).
pub(crate) fn is_comparable(name: &GeneralName<'_>) -> bool {
    match name {
        GeneralName::DNSName(name) => is_domain(name),
        GeneralName::RFC822Name(address) => is_mailbox(address),
        GeneralName::URI(uri) => uri_host(uri).is_some(),
        _ => true,
    }
}

/// Holds a domain against the constraints of a CA: OpenSSL takes a commonName for one.
pub(crate) fn check_domain(
    name: &str,
    constraints: &NameConstraints<'_>,
) -> Result<(), ConstraintViolation> {
    check_constrained(constraints, &NameForm::Dns(name))
}

/// The kinds of a CA's constraints for which Go refuses whatever it issues, if they are critical
/// (crypto/x509, parseNameConstraintsExtension).
pub(crate) fn unknown_to_go(constraints: &NameConstraints<'_>) -> Vec<&'static str> {
    let mut kinds: Vec<_> = subtrees(constraints)
        .filter_map(|base| match base {
            GeneralName::DNSName(_)
            | GeneralName::IPAddress(_)
            | GeneralName::RFC822Name(_)
            | GeneralName::URI(_) => None,
            GeneralName::DirectoryName(_) => Some("directoryName"),
            GeneralName::RegisteredID(_) => Some("registeredID"),
            _ => Some("otherName"),
        })
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// Whether a CA has name constraints for IP addresses.
pub(crate) fn limits_addresses(ca: &Certificate) -> bool {
    let constraints = ca.name_constraints();
    constraints
        .is_some_and(|found| subtrees(found).any(|base| matches!(base, GeneralName::IPAddress(_))))
}

/// Whether a CA has name constraints with a wildcard, such as `*.internal`.
pub(crate) fn has_wildcard(ca: &Certificate) -> bool {
    let constraints = ca.name_constraints();
    constraints.is_some_and(|found| {
        subtrees(found).any(|base| matches!(base, GeneralName::DNSName(name) if name.contains('*')))
    })
}

/// How many subtrees there are.
pub(crate) fn count(constraints: &NameConstraints<'_>) -> usize {
    subtrees(constraints).count()
}

fn subtrees<'c, 'a>(
    constraints: &'c NameConstraints<'a>,
) -> impl Iterator<Item = &'c GeneralName<'a>> {
    let permitted = constraints.permitted_subtrees.iter().flatten();
    permitted.chain(constraints.excluded_subtrees.iter().flatten()).map(|subtree| &subtree.base)
}

fn check_constrained(
    constraints: &NameConstraints<'_>,
    name: &NameForm<'_>,
) -> Result<(), ConstraintViolation> {
    check(constraints, |base, side| match (base, name) {
        (GeneralName::DNSName(base), NameForm::Dns(name)) => {
            Some(contains_domain(base, name, side))
        }
        (GeneralName::RFC822Name(base), NameForm::Email(address)) => {
            Some(contains_email(base, address))
        }
        (GeneralName::IPAddress(base), NameForm::Ip(address)) => {
            Some(range(base).is_some_and(|range| range.contains(address)))
        }
        // What has no host that is a name is outside of every permitted host, and inside of every
        // excluded one: nobody can tell.
        (GeneralName::URI(base), NameForm::UriHost(host)) => {
            Some(host.map_or(side == Side::Excluded, |host| contains_host(base, host)))
        }
        _ => None,
    })
}

/// The host of a URI (RFC 3986 3.2.2), if it is a name.
fn uri_host(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let is_address = host.starts_with('[') || host.parse::<IpAddr>().is_ok();
    let host = host.split(':').next().unwrap_or(host);
    (!is_address && !host.is_empty() && host.parse::<IpAddr>().is_err()).then_some(host)
}

/// Holds a subject against the constraints of a CA; few have any for this kind of name.
pub(crate) fn check_subject(
    subject: &DistinguishedName,
    constraints: &NameConstraints<'_>,
) -> Result<(), ConstraintViolation> {
    check(constraints, |base, _| match base {
        GeneralName::DirectoryName(base) => Some(contains_subject(base, subject)),
        _ => None,
    })
}

/// Holds the subject of a certificate against the constraints of a CA for directory names, critical or not.
pub(crate) fn check_directory_name(
    subject: &X509Name<'_>,
    constraints: &NameConstraints<'_>,
) -> Result<(), ConstraintViolation> {
    let is_same = |base: &RelativeDistinguishedName<'_>, own: &RelativeDistinguishedName<'_>| {
        let [base, own] = [base, own].map(|name| name.iter().collect::<Vec<_>>());
        base.len() == own.len()
            && base.iter().zip(own).all(|(base, own)| {
                let is_same_text = match (base.as_str(), own.as_str()) {
                    (Ok(base), Ok(own)) => base.eq_ignore_ascii_case(own),
                    _ => base.as_slice() == own.as_slice(),
                };
                base.attr_type() == own.attr_type() && is_same_text
            })
    };
    check(constraints, |base, _| match base {
        GeneralName::DirectoryName(base) => {
            let mut own = subject.iter_rdn();
            Some(base.iter_rdn().all(|base| own.next().is_some_and(|own| is_same(base, own))))
        }
        _ => None,
    })
}

/// `contains` says whether a name is under a base, and `None` of bases of other kinds.
fn check(
    constraints: &NameConstraints<'_>,
    contains: impl Fn(&GeneralName<'_>, Side) -> Option<bool>,
) -> Result<(), ConstraintViolation> {
    let excluded = constraints.excluded_subtrees.iter().flatten();
    for GeneralSubtree { base } in excluded {
        if contains(base, Side::Excluded) == Some(true) {
            return Err(ConstraintViolation::By(shown(base)));
        }
    }
    let permitted = constraints.permitted_subtrees.iter().flatten().map(|subtree| &subtree.base);
    let mut same_kind = Vec::new();
    for base in permitted {
        match contains(base, Side::Permitted) {
            Some(true) => return Ok(()),
            Some(false) => same_kind.push(base),
            None => {}
        }
    }
    if same_kind.is_empty() {
        return Ok(());
    }
    let mut bases: Vec<_> = same_kind.iter().take(MAX_SHOWN).map(|base| shown(base)).collect();
    if same_kind.len() > MAX_SHOWN {
        bases.push(format!("and {} more", same_kind.len() - MAX_SHOWN));
    }
    Err(ConstraintViolation::NotPermitted(bases.join(", ")))
}

/// How many subtrees are named in a message.
const MAX_SHOWN: usize = 8;

/// Which half of the constraints a subtree stands in.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Side {
    Excluded,
    Permitted,
}

/// Whether a domain is the base or under it. A base with a leading dot, which RFC 5280 does not know
/// for domains, is read as OpenSSL and Go read it: only what is under it. A wildcard is permitted with
/// the domain of the names that it matches, and excluded with any of them.
fn contains_domain(base: &str, name: &str, side: Side) -> bool {
    let (base, name) = (base.to_ascii_lowercase(), name.to_ascii_lowercase());
    let Some(domain) = name.strip_prefix("*.") else {
        return in_domain(&base, &name);
    };
    let is_matched = || {
        base.split_once('.').is_some_and(|(label, parent)| !label.is_empty() && parent == domain)
    };
    // What a wildcard matches is under its domain, and never the domain itself.
    in_domain(&base, domain)
        || base.strip_prefix('.') == Some(domain)
        || (side == Side::Excluded && is_matched())
}

/// Whether Go accepts a text as a domain (crypto/x509, domainNameValid): no text at all, or labels of
/// printable ASCII.
pub(crate) fn is_domain(text: &str) -> bool {
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|octet| octet.is_ascii_graphic());
    text.is_empty() || text.split('.').all(is_label)
}

/// Whether Go accepts the domain of a constraint, which may begin with a dot.
pub(crate) fn is_domain_constraint(text: &str) -> bool {
    match text.strip_prefix('.') {
        Some(domain) => !domain.is_empty() && is_domain(domain),
        None => is_domain(text),
    }
}

fn in_domain(base: &str, name: &str) -> bool {
    if base.starts_with('.') {
        return name.ends_with(base);
    }
    base.is_empty() || under(name, base)
}

/// Whether a mail address is the base, or its host is the base or under it. RFC 5280 wants a leading dot
/// for what is under a host; Go, and so Kuma, takes it without one as well.
fn contains_email(base: &str, address: &str) -> bool {
    let Some((local, host)) = split_mailbox(address) else { return false };
    match split_mailbox(base) {
        Some((base_local, base_host)) => {
            base_local == local && base_host.eq_ignore_ascii_case(host)
        }
        None => contains_host(base, host),
    }
}

/// Splits a mail address where Go does (crypto/x509, parseRFC2821Mailbox): only a quoted local part can
/// contain an at sign.
fn split_mailbox(address: &str) -> Option<(&str, &str)> {
    if address.starts_with('"') { address.rsplit_once('@') } else { address.split_once('@') }
}

/// Whether Go can parse a mail address (crypto/x509, parseRFC2821Mailbox).
pub(crate) fn is_mailbox(address: &str) -> bool {
    split_mailbox(address).is_some_and(|(local, host)| {
        let is_text =
            |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~\\".contains(&octet);
        let is_atom = |atom: &str| !atom.is_empty() && atom.bytes().all(is_text);
        let is_quoted = local.len() > 1 && local.starts_with('"') && local.ends_with('"');
        (is_quoted || local.split('.').all(is_atom)) && is_domain(host)
    })
}

/// Whether the host of a URI is the base or under it, as Go sees it.
fn contains_host(base: &str, host: &str) -> bool {
    in_domain(&base.to_ascii_lowercase(), &host.to_ascii_lowercase())
}

fn under(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// An address and its mask, side by side.
fn range(base: &[u8]) -> Option<IpNet> {
    let (address, mask) = base.split_at_checked(base.len() / 2)?;
    IpNet::with_netmask(x509::ip_address(address)?, x509::ip_address(mask)?).ok()
}

fn contains_subject(base: &X509Name<'_>, subject: &DistinguishedName) -> bool {
    let attributes = subject.attributes();
    let base: Vec<_> = base.iter_attributes().collect();
    base.len() <= attributes.len()
        && base.iter().zip(attributes).all(|(base, (attribute, value))| {
            let attribute_type = match attribute {
                SubjectAttribute::Country => OID_X509_COUNTRY_NAME,
                SubjectAttribute::Organization => OID_X509_ORGANIZATION_NAME,
                SubjectAttribute::OrganizationalUnit => OID_X509_ORGANIZATIONAL_UNIT,
                SubjectAttribute::CommonName => OID_X509_COMMON_NAME,
            };
            *base.attr_type() == attribute_type
                && base.as_str().is_ok_and(|base| base.eq_ignore_ascii_case(value))
        })
}

/// The permitted subtrees as text.
pub(crate) fn permitted(constraints: &NameConstraints<'_>) -> Vec<String> {
    let subtrees = constraints.permitted_subtrees.iter().flatten();
    subtrees.map(|subtree| shown(&subtree.base)).collect()
}

/// The excluded subtrees as text.
pub(crate) fn excluded(constraints: &NameConstraints<'_>) -> Vec<String> {
    let subtrees = constraints.excluded_subtrees.iter().flatten();
    subtrees.map(|subtree| shown(&subtree.base)).collect()
}

/// The base of a subtree as text.
fn shown(base: &GeneralName<'_>) -> String {
    match base {
        GeneralName::DNSName(domain) => printable(domain),
        GeneralName::DirectoryName(name) => x509::distinguished_name(name),
        GeneralName::IPAddress(octets) => {
            range(octets).map_or_else(|| format!("{octets:?}"), |range| range.to_string())
        }
        GeneralName::RFC822Name(host) => format!("mail of {}", printable(host)),
        GeneralName::URI(host) => format!("URIs of {}", printable(host)),
        other => printable(&other.to_string()),
    }
}

impl fmt::Display for ConstraintViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::By(base) => write!(f, "excludes {base}"),
            Self::NotPermitted(bases) => write!(f, "permits only {bases}"),
        }
    }
}
