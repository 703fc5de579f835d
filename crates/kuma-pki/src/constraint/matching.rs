//! Domains, mail addresses and hosts under a constraint, as Go matches them (crypto/x509, verify.go).

use std::net::IpAddr;

/// The half of the constraints that a subtree stands in.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Side {
    Excluded,
    Permitted,
}

/// Returns the host of a URI (RFC 3986 3.2.2), if it is a name.
pub(super) fn uri_host(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let is_address = host.starts_with('[') || host.parse::<IpAddr>().is_ok();
    let host = host.split(':').next().unwrap_or(host);
    (!is_address && !host.is_empty() && host.parse::<IpAddr>().is_err()).then_some(host)
}

/// Returns whether a domain is the base or under it. A base with a leading dot, which RFC 5280 does not know
/// for domains, is read as OpenSSL and Go read it: only what is under it. A wildcard is permitted with
/// the domain of the names that it matches, and excluded with any of them.
pub(super) fn contains_domain(base: &str, name: &str, side: Side) -> bool {
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

/// Returns whether Go accepts a text as a domain (crypto/x509, domainNameValid): no text at all, or labels of
/// printable ASCII.
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

/// Returns whether a mail address is the base, or its host is the base or under it. RFC 5280 wants a leading dot
/// for what is under a host; Go, and so Kuma, takes it without one as well.
pub(super) fn contains_email(base: &str, address: &str) -> bool {
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

/// Returns whether Go can parse a mail address (crypto/x509, parseRFC2821Mailbox).
pub(crate) fn is_mailbox(address: &str) -> bool {
    split_mailbox(address).is_some_and(|(local, host)| {
        let is_text =
            |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~\\".contains(&octet);
        let is_atom = |atom: &str| !atom.is_empty() && atom.bytes().all(is_text);
        let is_quoted = local.len() > 1 && local.starts_with('"') && local.ends_with('"');
        (is_quoted || local.split('.').all(is_atom)) && is_domain(host)
    })
}

/// Returns whether the host of a URI is the base or under it, as Go sees it.
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
