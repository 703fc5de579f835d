//! Checks names against the constraints of a CA, as Go does. Differences of OpenSSL are noted.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use x509_parser::extensions::{GeneralName, GeneralSubtree, NameConstraints};
use x509_parser::oid_registry::{
    OID_X509_COMMON_NAME, OID_X509_COUNTRY_NAME, OID_X509_ORGANIZATION_NAME,
    OID_X509_ORGANIZATIONAL_UNIT,
};
use x509_parser::x509::{RelativeDistinguishedName, X509Name};

use super::matching::{
    Side, contains_domain, contains_email, contains_host, is_domain, is_mailbox, uri_host,
};
use crate::name::{DistinguishedName, SubjectAltName, SubjectAttribute};
use crate::text::printable;
use crate::x509::{self, Certificate};

/// The reason why constraints do not allow a name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ConstraintViolation {
    /// It is under none of these permitted subtrees of its type.
    NotPermitted(String),
    /// It is under this excluded subtree.
    Excluded(String),
}

/// A name of a type that constraints can limit (RFC 5280 4.2.1.10).
enum NameForm<'a> {
    Dns(&'a str),
    Email(&'a str),
    Ip(IpAddr),
    /// The host of a URI, if it has one that is a name.
    UriHost(Option<&'a str>),
}

/// Checks a requested name against the constraints of a CA.
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

/// Checks a name of a certificate against the constraints of a CA. Types that constraints cannot limit pass.
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

/// Returns whether Go can compare a name with constraints. Otherwise it rejects the certificate below a CA with any
/// constraint (`checkChainConstraints` in crypto/x509).
pub(crate) fn is_comparable(name: &GeneralName<'_>) -> bool {
    match name {
        GeneralName::DNSName(name) => is_domain(name),
        GeneralName::RFC822Name(address) => is_mailbox(address),
        GeneralName::URI(uri) => uri_host(uri).is_some(),
        _ => true,
    }
}

/// Checks a domain against the constraints of a CA. OpenSSL treats a commonName as one.
pub(crate) fn check_domain(
    name: &str,
    constraints: &NameConstraints<'_>,
) -> Result<(), ConstraintViolation> {
    check_constrained(constraints, &NameForm::Dns(name))
}

/// Returns the types of constraints that Go does not support. If they are critical, Go rejects all certificates below
/// the CA (`parseNameConstraintsExtension` in crypto/x509).
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

/// Returns whether a CA has name constraints for IP addresses.
pub(crate) fn limits_addresses(ca: &Certificate) -> bool {
    let constraints = ca.name_constraints();
    constraints
        .is_some_and(|found| subtrees(found).any(|base| matches!(base, GeneralName::IPAddress(_))))
}

/// Returns whether a CA has name constraints with a wildcard, such as `*.internal`.
pub(crate) fn has_wildcard(ca: &Certificate) -> bool {
    let constraints = ca.name_constraints();
    constraints.is_some_and(|found| {
        subtrees(found).any(|base| matches!(base, GeneralName::DNSName(name) if name.contains('*')))
    })
}

/// Returns the number of subtrees.
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
        // A URI without a host name cannot be compared, so it is not permitted, and is excluded.
        (GeneralName::URI(base), NameForm::UriHost(host)) => {
            Some(host.map_or(side == Side::Excluded, |host| contains_host(base, host)))
        }
        _ => None,
    })
}

/// Checks a requested subject against the constraints of a CA for directory names.
pub(crate) fn check_subject(
    subject: &DistinguishedName,
    constraints: &NameConstraints<'_>,
) -> Result<(), ConstraintViolation> {
    check(constraints, |base, _| match base {
        GeneralName::DirectoryName(base) => Some(contains_subject(base, subject)),
        _ => None,
    })
}

/// Checks the subject of a certificate against the constraints of a CA for directory names.
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

/// Checks a name with `contains`, which returns whether it is under a base, or `None` for a base of another type.
fn check(
    constraints: &NameConstraints<'_>,
    contains: impl Fn(&GeneralName<'_>, Side) -> Option<bool>,
) -> Result<(), ConstraintViolation> {
    let excluded = constraints.excluded_subtrees.iter().flatten();
    for GeneralSubtree { base } in excluded {
        if contains(base, Side::Excluded) == Some(true) {
            return Err(ConstraintViolation::Excluded(shown(base)));
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

/// The most subtrees in a message.
const MAX_SHOWN: usize = 8;

/// Returns the range of an iPAddress constraint, which is an address followed by its mask.
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

/// Returns the permitted subtrees as text.
pub(crate) fn permitted(constraints: &NameConstraints<'_>) -> Vec<String> {
    let subtrees = constraints.permitted_subtrees.iter().flatten();
    subtrees.map(|subtree| shown(&subtree.base)).collect()
}

/// Returns the excluded subtrees as text.
pub(crate) fn excluded(constraints: &NameConstraints<'_>) -> Vec<String> {
    let subtrees = constraints.excluded_subtrees.iter().flatten();
    subtrees.map(|subtree| shown(&subtree.base)).collect()
}

/// Returns the base of a subtree as text.
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
            Self::Excluded(base) => write!(f, "excludes {base}"),
            Self::NotPermitted(bases) => write!(f, "permits only {bases}"),
        }
    }
}
