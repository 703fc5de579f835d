//! `--cp-address`: the URL of a control plane, as kuma-dp dials it.

use kuma_pki::SubjectAltName;

use crate::args::hostname;
use crate::net::address::Address;
use crate::report::failure::Failure;

/// The port of a control plane for kuma-dp.
const PORT: u16 = 5678;

/// The URL of a control plane.
pub(crate) struct ControlPlaneUrl {
    /// The name that the certificate must be valid for.
    pub(crate) host: SubjectAltName,
    /// The URL as given.
    pub(crate) text: String,
    has_port: bool,
}

impl ControlPlaneUrl {
    /// Parses `https://HOST` or `https://HOST:PORT`. Fails on anything else, with the likely correction.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let (host, port) = split(rest(text));
        if let Some(name) = read_host(host) {
            let url = match port {
                Some(port) => format!("https://{host}:{port}"),
                None => format!("https://{host}"),
            };
            // An address with colons has brackets, and nothing else has.
            if url == text && host.contains(':') == host.starts_with('[') {
                return Ok(Self { host: name, text: url, has_port: port.is_some() });
            }
        }
        let failure = Failure::usage(format!(
            "--cp-address: {text:?} is not https://HOST or https://HOST:PORT"
        ));
        Err(failure.hint(match read_host(host) {
            Some(name) => format!(
                "did you mean --cp-address=https://{}:{}?",
                hostname::url_host(&name),
                port.unwrap_or(PORT)
            ),
            None => format!("use a URL such as --cp-address=https://cp.example:{PORT}"),
        }))
    }

    /// Returns the warning about a URL without a port.
    pub(crate) fn warning(&self) -> Option<String> {
        (!self.has_port).then(|| {
            format!(
                "without a port, kuma-dp connects to port 443; the control plane listens on {PORT}"
            )
        })
    }
}

/// Returns the host and port of a URL.
fn rest(text: &str) -> &str {
    let text = text.trim();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.split(['/', '?', '#']).next().unwrap_or(text);
    text.rsplit_once('@').map_or(text, |(_, host)| host)
}

/// Splits the host, perhaps in brackets, from the port.
fn split(text: &str) -> (&str, Option<u16>) {
    match (Address::parse(text), text.rsplit_once(':')) {
        (Some(address), Some((host, _))) => (host, Some(address.port)),
        _ => (text, None),
    }
}

/// A host that can be dialed; an IPv6 address has brackets in a URL.
fn read_host(host: &str) -> Option<SubjectAltName> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    SubjectAltName::parse(bare).ok().filter(hostname::is_dialable)
}
