//! Turns each error of the library into a failure with a hint and an exit status.

use std::io;

use kuma_pki::format::contents::ContentsError;
use kuma_pki::format::pem::PemError;
use kuma_pki::verify::Finding;
use kuma_pki::{
    DurationError, DurationErrorKind, IssueError, KeyGenerationError, ParseError, ValidityError,
};

use crate::report::failure::{Failure, reason};
use crate::report::hints;

/// Where the settings of a run come from. It decides whether a hint names a flag or a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Interface {
    /// The command line.
    Flags,
    /// A specification of many certificates.
    Specification,
}

impl Interface {
    /// The setting for the CA's certificate.
    pub(crate) const fn issuer_certificate(self) -> &'static str {
        match self {
            Self::Flags => "--issuer-cert-file",
            Self::Specification => "certFile",
        }
    }

    /// The setting for the CA's key.
    pub(crate) const fn issuer_key(self) -> &'static str {
        match self {
            Self::Flags => "--issuer-key-file",
            Self::Specification => "keyFile",
        }
    }

    /// The setting for the lifetime of a certificate.
    const fn valid_for_setting(self) -> &'static str {
        match self {
            Self::Flags => "--valid-for",
            Self::Specification => "validFor",
        }
    }

    /// Returns the setting for the lifetime of a certificate, with a value.
    fn valid_for(self, value: &str) -> String {
        match self {
            Self::Flags => format!("--valid-for={value}"),
            Self::Specification => format!("validFor: {value}"),
        }
    }
}

/// Returns the hint for a certificate that cannot be issued.
pub(crate) fn issue_hint(error: &IssueError, interface: Interface) -> Option<String> {
    Some(match error {
        IssueError::CaName { longest, .. } => {
            format!("use a name of 1 to {longest} characters, such as --name=\"Mesh CA\"")
        }
        IssueError::BrokenChain { position, is_cross_signed: true, .. } => format!(
            "remove certificate {0}: certificates {0} and {position} are the same CA, and the first is \
             cross-signed by another CA",
            position - 1
        ),
        IssueError::BrokenChain { .. } => {
            "order the file: the CA certificate first, then the certificate of its issuer, and so on"
                .to_owned()
        }
        IssueError::EmptySubject => USE_A_CA.to_owned(),
        IssueError::Issuer(finding) => return issuer_hint(finding),
        IssueError::SameKey { .. } => {
            "rerun without --reuse-key: a server must not have the key of its CA".to_owned()
        }
        IssueError::SameSubject { .. } => {
            "give the CA a name of its own: `kumactl generate ca-certificate`".to_owned()
        }
        IssueError::OutlivesIssuer { now, issuer_not_after, .. } => format!(
            "remove {} so that the certificate expires with its CA, or use {}",
            interface.valid_for_setting(),
            interface.valid_for(&longest_duration(*issuer_not_after - *now + kuma_pki::BACKDATE))
        ),
        IssueError::SelfCheck { .. } => "this is a bug in kumactl: please report it".to_owned(),
        IssueError::Validity(ValidityError::TooLong { .. }) => {
            format!("use a shorter lifetime; the default is {}", interface.valid_for("87600h"))
        }
        IssueError::Validity(ValidityError::TooShort { .. }) => {
            format!("use a longer lifetime, such as {}", interface.valid_for("1h"))
        }
        IssueError::Verification(finding) => return hints::hint(finding),
        _ => return None,
    })
}

/// Returns the hint for a finding about a CA that is to issue.
fn issuer_hint(finding: &Finding) -> Option<String> {
    Some(match finding {
        Finding::KeyMismatch { belongs_to: Some(position), .. } => {
            format!("move certificate {position} of the CA file to its start: the key matches it")
        }
        Finding::PathTooLong { .. } => {
            "issue the CA above with a larger --path-length, or use another CA".to_owned()
        }
        Finding::IssuerNotCa { .. } | Finding::NoKeyCertSign { .. } => USE_A_CA.to_owned(),
        Finding::Usage { .. } => {
            "use a CA that may issue certificates for TLS servers and clients".to_owned()
        }
        finding => return hints::hint(finding),
    })
}

const USE_A_CA: &str = "use a CA certificate, such as one from `kumactl generate ca-certificate`";

/// Formats the longest duration that is no longer than `left`, with a minute to spare.
fn longest_duration(left: time::Duration) -> String {
    match left.whole_minutes() - 1 {
        minutes @ 120.. => format!("{}h", minutes / 60),
        minutes => format!("{}m", minutes.max(1)),
    }
}

impl From<IssueError> for Failure {
    fn from(error: IssueError) -> Self {
        let hint = issue_hint(&error, Interface::Flags);
        let failure = match error {
            IssueError::CaName { .. }
            | IssueError::NoNames
            | IssueError::OutlivesIssuer { .. }
            | IssueError::Validity(
                ValidityError::TooLong { .. } | ValidityError::TooShort { .. },
            ) => Self::usage(error),
            _ => Self::failed(error),
        };
        failure.hint_if_any(hint)
    }
}

impl From<ValidityError> for Failure {
    fn from(error: ValidityError) -> Self {
        IssueError::from(error).into()
    }
}

impl From<DurationError> for Failure {
    fn from(error: DurationError) -> Self {
        Self::usage(&error).hint(match error.kind {
            DurationErrorKind::MissingUnit if let Some(days) = error.in_days() => {
                format!("did you mean {days}? In hours it would be {}h", error.input)
            }
            _ => "use hours, days, weeks or years: 720h, 90d, 2w, 10y".to_owned(),
        })
    }
}

/// The error of the system, after its contexts, outermost first.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let words = error.chain().map(|cause| match cause.downcast_ref::<io::Error>() {
            Some(error) => reason(error),
            None => cause.to_string(),
        });
        Self::failed(words.collect::<Vec<_>>().join(": "))
    }
}

impl From<ContentsError> for Failure {
    fn from(error: ContentsError) -> Self {
        Self::failed(error)
    }
}

impl From<KeyGenerationError> for Failure {
    fn from(error: KeyGenerationError) -> Self {
        Self::failed(error)
    }
}

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Self {
        Self::failed(error)
    }
}

impl From<PemError> for Failure {
    fn from(error: PemError) -> Self {
        Self::failed(error)
    }
}
