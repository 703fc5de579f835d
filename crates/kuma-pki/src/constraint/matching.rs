//! Matches domains, email addresses and hosts with constraints, as Go does (crypto/x509, verify.go).

use std::net::IpAddr;

use crate::uri::Authority;

/// The list of nameConstraints that a subtree is in.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Side {
    Excluded,
    Permitted,
}

/// Returns the host of a URI (RFC 3986 3.2.2); `None` if it is empty or an IP address.
pub(super) fn uri_host(uri: &str) -> Option<&str> {
    let Authority { host_and_port, host, .. } = Authority::of_uri(uri)?;
    let host = host?;
    let is_address = [host_and_port, host].iter().any(|text| text.parse::<IpAddr>().is_ok());
    (!is_address && !host.is_empty()).then_some(host)
}

/// Returns whether a domain equals the base or is under it. A base with a leading dot, which RFC 5280 does not define for
/// domains, includes only the names under it, as in OpenSSL and Go. A wildcard is permitted if all names that it
/// matches are, and excluded if any is.
pub(super) fn contains_domain(base: &str, name: &str, side: Side) -> bool {
    let (base, name) = (base.to_ascii_lowercase(), name.to_ascii_lowercase());
    let Some(domain) = name.strip_prefix("*.") else {
        return in_domain(&base, &name);
    };
    let is_matched = || {
        base.split_once('.').is_some_and(|(label, parent)| !label.is_empty() && parent == domain)
    };
    // A wildcard matches names under its domain, but never the domain itself.
    in_domain(&base, domain)
        || base.strip_prefix('.') == Some(domain)
        || (side == Side::Excluded && is_matched())
}

/// Returns whether Go accepts a text as a domain (`domainNameValid` in crypto/x509): labels of printable ASCII, or the
/// empty text.
pub(crate) fn is_domain(text: &str) -> bool {
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|octet| octet.is_ascii_graphic());
    text.is_empty() || text.split('.').all(is_label)
}

/// Returns whether Go accepts the domain of a constraint, which may begin with a dot.
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

/// Returns whether an email address equals the base, or its host equals the base or is under it. RFC 5280 requires a
/// leading dot to include names under a host; Go, and so Kuma, does not.
pub(super) fn contains_email(base: &str, address: &str) -> bool {
    let Some((local, host)) = split_mailbox(address) else { return false };
    match split_mailbox(base) {
        Some((base_local, base_host)) => {
            base_local == local && base_host.eq_ignore_ascii_case(host)
        }
        None => contains_host(base, host),
    }
}

/// Splits an email address as Go does (`parseRFC2821Mailbox` in crypto/x509): only a quoted local part can contain an
/// at sign.
fn split_mailbox(address: &str) -> Option<(&str, &str)> {
    if address.starts_with('"') { address.rsplit_once('@') } else { address.split_once('@') }
}

/// Returns whether Go can parse an email address (`parseRFC2821Mailbox` in crypto/x509).
pub(crate) fn is_mailbox(address: &str) -> bool {
    split_mailbox(address).is_some_and(|(local, host)| {
        let is_text =
            |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~\\".contains(&octet);
        let is_atom = |atom: &str| !atom.is_empty() && atom.bytes().all(is_text);
        let is_quoted = local.len() > 1 && local.starts_with('"') && local.ends_with('"');
        (is_quoted || local.split('.').all(is_atom)) && is_domain(host)
    })
}

/// Returns whether the host of a URI equals the base or is under it, as in Go.
pub(super) fn contains_host(base: &str, host: &str) -> bool {
    in_domain(&base.to_ascii_lowercase(), &host.to_ascii_lowercase())
}

fn under(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::{Side, contains_domain, contains_email, is_mailbox, uri_host};

    #[test]
    fn a_domain_contains_itself_and_what_is_under_it() {
        for (base, name, is_contained) in [
            ("mesh.example", "mesh.example", true),
            ("mesh.example", "CP.Mesh.example", true),
            ("mesh.example", "notmesh.example", false),
            (".mesh.example", "mesh.example", false),
            (".mesh.example", "cp.mesh.example", true),
            ("", "cp.example", true),
            ("mesh.example", "*.mesh.example", true),
        ] {
            assert_eq!(contains_domain(base, name, Side::Permitted), is_contained, "{base} {name}");
        }
    }

    #[test]
    fn a_wildcard_is_excluded_with_any_name_that_it_matches_and_permitted_with_all() {
        assert!(contains_domain("cp.mesh.example", "*.mesh.example", Side::Excluded));
        assert!(!contains_domain("cp.mesh.example", "*.mesh.example", Side::Permitted));
    }

    #[test]
    fn mail_addresses_and_uris_are_split_as_go_splits_them() {
        assert!(contains_email("mesh.example", "a@mesh.example"));
        assert!(!contains_email("b@mesh.example", "a@mesh.example"));
        assert!(is_mailbox("a@mesh.example") && !is_mailbox("a b@mesh.example"));
        assert_eq!(uri_host("spiffe://user@mesh:80/ns"), Some("mesh"));
        assert_eq!(uri_host("https://[2001:db8::1]/"), None);
    }
}
