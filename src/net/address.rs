//! The address of a server, and the name to send to it.

use std::fmt;
use std::net::IpAddr;

use kuma_pki::SubjectAltName;

use crate::report::failure::Failure;

/// The longest value that a message repeats, in bytes.
const MAX_LENGTH: usize = 300;

/// A host and a port.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    /// Parses `HOST:PORT` or `[IPv6]:PORT`. Returns `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok()?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(host) => host.parse::<IpAddr>().ok()?.to_string(),
            None if host.contains([':', '/', '[', ']', '@']) || host.is_empty() => return None,
            None => host.to_owned(),
        };
        Some(Self { host, port })
    }

    /// Parses the value of a flag. Fails on anything but a host and a port, with the likely correction.
    pub(crate) fn parse_flag(flag: &str, text: &str) -> Result<Self, Failure> {
        if let Some(address) = Self::parse(text) {
            return Ok(address);
        }
        if text.len() > MAX_LENGTH || text.contains('\n') {
            let text = format!("{flag} has {} bytes and is not HOST:PORT", text.len());
            return Err(
                Failure::usage(text).hint("use an address such as localhost:5678 or [::1]:5678")
            );
        }
        let failure = match text.rsplit_once(':') {
            Some((host, port))
                if is_number(port)
                    && port.parse::<u16>().is_err()
                    && SubjectAltName::parse(host).is_ok() =>
            {
                Failure::usage(format!("{flag}{text:?}: port {port} is not between 1 and 65535"))
            }
            _ => Failure::usage(format!("{flag}{text:?} is not HOST:PORT")),
        };
        let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
        let bare = bare.split('/').next().unwrap_or(bare);
        let host = bare.split([':', '%']).next().unwrap_or(bare);
        let meant = match (Self::parse(bare), bare.parse::<IpAddr>()) {
            (Some(address), _) => address.to_string(),
            (None, Ok(IpAddr::V6(host))) => format!("[{host}]:5678"),
            (None, _) if SubjectAltName::parse(host).is_ok() => format!("{host}:5678"),
            (None, _) => {
                return Err(failure.hint("use an address such as localhost:5678 or [::1]:5678"));
            }
        };
        Err(failure.hint(format!("did you mean {flag}{meant}?")))
    }
}

/// Returns whether a text consists of digits.
pub(crate) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit())
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Returns the name to send to the server: `wish`, or else the host. `flag` is the flag of the address. Fails
/// on anything but a DNS name or an IP address.
pub(crate) fn server_name(
    flag: &str,
    address: &Address,
    wish: Option<&str>,
) -> Result<SubjectAltName, Failure> {
    let (flag, name) = wish.map_or_else(|| (flag, &*address.host), |name| ("--server-name", name));
    SubjectAltName::parse(name).map_err(|error| {
        let failure = Failure::usage(format!("{flag}: {error}"));
        failure.hint("use --server-name=NAME with a DNS name without a wildcard, or an IP address")
    })
}
