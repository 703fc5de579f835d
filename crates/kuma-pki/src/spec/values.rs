//! The values of single fields.

use super::{ARTIFACTS, TYPES};
use crate::key::KeyAlgorithm;
use crate::kubernetes::ServiceName;
use crate::name::SubjectAltName;
use crate::text::excerpt;
use crate::token::ZoneScope;
use crate::usage::ExtendedKeyUsage;
use crate::validity::ValidFor;

/// The longest name of a certificate, in bytes. File systems allow 255, and suffixes are appended.
const MAX_NAME_LENGTH: usize = 200;

/// Reserved device names of Windows, with any extension. COM and LPT with one digit are reserved too.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The error of a value, without its position.
pub(super) struct ValueError {
    pub(super) text: String,
    pub(super) hint: Option<String>,
}

impl ValueError {
    pub(super) fn from_error(error: impl ToString) -> Self {
        Self { text: error.to_string(), hint: None }
    }
}

pub(super) fn hostname(text: &str) -> Result<SubjectAltName, ValueError> {
    SubjectAltName::parse(text).map_err(|error| {
        let meant: Vec<_> = error.meant.iter().map(ToString::to_string).collect();
        let hint = (!meant.is_empty()).then(|| format!("did you mean {}?", meant.join(", ")));
        ValueError { text: format!("hostname {error}"), hint }
    })
}

pub(super) fn service_name(text: &str) -> Result<ServiceName, ValueError> {
    ServiceName::parse(text).map_err(|error| {
        let hint = error.meant.as_ref().map(|meant| format!("did you mean {meant}?"));
        ValueError { text: error.to_string(), hint }
    })
}

pub(super) fn usage(text: &str) -> Result<ExtendedKeyUsage, ValueError> {
    let known = TYPES.iter().find(|(name, _)| *name == text);
    known.map(|(_, usage)| *usage).ok_or_else(|| ValueError {
        text: format!("unknown type {:?}", excerpt(text)),
        hint: Some("use server or client".to_owned()),
    })
}

pub(super) fn key_type(text: &str) -> Result<KeyAlgorithm, ValueError> {
    let known = KeyAlgorithm::ALL.iter().find(|one| one.names().contains(&text));
    known.copied().ok_or_else(|| {
        let names: Vec<_> = KeyAlgorithm::ALL.iter().map(|one| one.names()[0]).collect();
        let text = format!("unknown key type {:?}", excerpt(text));
        ValueError { text, hint: Some(format!("use one of {}", names.join(", "))) }
    })
}

pub(super) fn duration(text: &str) -> Result<ValidFor, ValueError> {
    text.parse::<ValidFor>().map_err(|error| ValueError {
        text: format!("validFor: {error}"),
        hint: Some(match error.in_days() {
            Some(days) => format!("did you mean {days}?"),
            None => "use hours (720h), days (90d), weeks (2w) or years (10y)".to_owned(),
        }),
    })
}

pub(super) fn artifact(text: &str) -> Result<&'static str, ValueError> {
    ARTIFACTS.into_iter().find(|name| *name == text).ok_or_else(|| ValueError {
        text: format!("unknown artifact {:?}", excerpt(text)),
        hint: Some(format!("use one of {}", ARTIFACTS.join(", "))),
    })
}

pub(super) fn scope(text: &str) -> Result<ZoneScope, ValueError> {
    ZoneScope::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or_else(|| ValueError {
        text: format!("unknown scope {:?}", excerpt(text)),
        hint: Some("use ingress, egress or cp".to_owned()),
    })
}

pub(super) fn path(field: &str, text: &str) -> Result<String, ValueError> {
    // `-` would be standard input or output.
    if text.is_empty() || text == "-" || text.contains('\0') {
        let text = format!("{field}: {:?} is not a file name", excerpt(text));
        return Err(ValueError::from_error(text));
    }
    Ok(text.to_owned())
}

/// Checks that a name can be a directory on every common file system.
///
/// # Errors
///
/// The reason, as a fragment that follows the name.
pub(super) fn check_directory_name(name: &str) -> Result<(), &'static str> {
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let is_port = ["com", "lpt"].iter().any(|port| {
        stem.strip_prefix(port).is_some_and(|rest| matches!(rest.as_bytes(), [b'0'..=b'9']))
    });
    let is_safe = |octet: u8| octet.is_ascii_alphanumeric() || b"._-".contains(&octet);
    Err(match name {
        "" => "is empty",
        _ if name.len() > MAX_NAME_LENGTH => "is too long",
        _ if name.starts_with(['.', '-']) => "begins with a dot or a hyphen",
        _ if name.ends_with('.') => "ends with a dot",
        _ if is_port || DEVICES.contains(&&*stem) => "is a reserved device name on Windows",
        _ if !name.bytes().all(is_safe) => "is not safe as a directory name",
        _ => return Ok(()),
    })
}
