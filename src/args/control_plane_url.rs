//! `--cp-address`: the URL of a control plane, as kuma-dp dials it.

use kuma_pki::SubjectAltName;

use crate::args::hostname;
use crate::net::address::Address;
use crate::report::failure::Failure;

/// The port at which a control plane waits for kuma-dp.
const PORT: u16 = 5678;

/// Such a URL.
pub(crate) struct ControlPlaneUrl {
    /// The name that the certificate must have.
    pub(crate) host: SubjectAltName,
    /// As it was given.
    pub(crate) text: String,
    has_port: bool,
}

impl ControlPlaneUrl {
    /// Reads `https://HOST` or `https://HOST:PORT`.
    ///
    /// # Errors
    ///
    /// Anything else, with what was probably meant.
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
            None => format!("such as --cp-address=https://cp.example:{PORT}"),
        }))
    }

    /// What is worth a warning about the URL.
    pub(crate) fn warning(&self) -> Option<String> {
        (!self.has_port).then(|| {
            format!("without a port kuma-dp dials 443, and a control plane waits at {PORT}")
        })
    }
}

/// What stands between the scheme and the path, without a user.
fn rest(text: &str) -> &str {
    let text = text.trim();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.split(['/', '?', '#']).next().unwrap_or(text);
    text.rsplit_once('@').map_or(text, |(_, host)| host)
}

/// The host, perhaps in brackets, and the port.
fn split(text: &str) -> (&str, Option<u16>) {
    match (Address::parse(text), text.rsplit_once(':')) {
        (Some(address), Some((host, _))) => (host, Some(address.port())),
        _ => (text, None),
    }
}

/// A host that can be dialed; an IPv6 address has brackets in a URL.
fn read_host(host: &str) -> Option<SubjectAltName> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    SubjectAltName::parse(bare).ok().filter(hostname::is_dialable)
}
