//! The authority of a URI (RFC 3986 3.2).

/// The host and port of a URI. Nothing is validated.
pub(crate) struct Authority<'a> {
    /// The host and port, without user information.
    pub(crate) host_and_port: &'a str,
    /// The host, without the brackets of an IPv6 address; `None` if a bracket is not closed.
    pub(crate) host: Option<&'a str>,
    /// The text after the host: empty, or a colon and a port.
    pub(crate) port: &'a str,
}

impl<'a> Authority<'a> {
    /// Returns the authority of a URI; `None` if it has no `://`.
    pub(crate) fn of_uri(uri: &'a str) -> Option<Self> {
        let (_, rest) = uri.split_once("://")?;
        Some(Self::at_start(rest))
    }

    /// Returns the authority at the start of a text, such as a URI without its scheme.
    pub(crate) fn at_start(text: &'a str) -> Self {
        let authority = text.split(['/', '?', '#']).next().unwrap_or(text);
        let host_and_port = authority.rsplit('@').next().unwrap_or(authority);
        let (host, port) = match host_and_port.strip_prefix('[') {
            Some(inner) => match inner.split_once(']') {
                Some((host, port)) => (Some(host), port),
                None => (None, ""),
            },
            None => {
                let end = host_and_port.find(':').unwrap_or(host_and_port.len());
                let (host, port) = host_and_port.split_at(end);
                (Some(host), port)
            }
        };
        Self { host_and_port, host, port }
    }
}

#[cfg(test)]
mod tests {
    use super::Authority;

    #[test]
    fn a_uri_is_split_into_host_and_port() {
        for (uri, host, port) in [
            ("spiffe://user@mesh:80/ns", Some("mesh"), ":80"),
            ("https://cp.example?a@b", Some("cp.example"), ""),
            ("https://[2001:db8::1]:5678/", Some("2001:db8::1"), ":5678"),
            ("https://[2001:db8::1", None, ""),
            ("spiffe:///path", Some(""), ""),
        ] {
            let authority = Authority::of_uri(uri).expect(uri);
            assert_eq!((authority.host, authority.port), (host, port), "{uri}");
        }
        assert!(Authority::of_uri("urn:mesh").is_none());
    }
}
