//! How the program fails: what it says, what it advises, and with which status it ends.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use kuma_pki::format::contents::ContentsError;
use kuma_pki::format::pem::PemError;
use kuma_pki::{
    DurationError, DurationFault, IssueError, IssuerError, KeyGenerationError, ParseError,
    ValidityError,
};

use crate::files::signals;
use crate::report::{hints, program_name};

/// One or more problems that end the program.
#[derive(Debug)]
pub(crate) struct Failure {
    problems: Vec<Problem>,
    status: Status,
}

#[derive(Debug)]
struct Problem {
    text: String,
    hints: Vec<String>,
}

/// The exit status; part of the interface.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
enum Status {
    /// It could not be done.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// What was to be looked at could not be read.
    Unreadable = 3,
    /// The official kumactl was found and cannot be run, as shells say it.
    NotExecutable = 126,
    /// There is no official kumactl for a command of it, as shells say of a command that is not found.
    NoOfficial = 127,
    /// A signal came; seen only where the process cannot be ended by it.
    Interrupted = 130,
}

impl Failure {
    /// It could not be done. `text` is a lower-case fragment without a final stop.
    pub(crate) fn failed(text: impl Display) -> Self {
        Self::new(text, Status::Failed)
    }

    /// The command line is wrong. `text` is a lower-case fragment without a final stop.
    pub(crate) fn usage(text: impl Display) -> Self {
        Self::new(text, Status::Usage)
    }

    /// What was to be looked at could not be read. `text` is a lower-case fragment.
    pub(crate) fn unreadable(text: impl Display) -> Self {
        Self::new(text, Status::Unreadable)
    }

    /// The official kumactl was found and cannot be run.
    pub(crate) fn not_executable(text: impl Display) -> Self {
        Self::new(text, Status::NotExecutable)
    }

    /// A command of the official kumactl, and no official kumactl to run it.
    pub(crate) fn no_official(text: impl Display) -> Self {
        Self::new(text, Status::NoOfficial)
    }

    /// No official kumactl, where the caller finds that out from the status.
    pub(crate) const fn no_official_silently() -> Self {
        Self { problems: Vec::new(), status: Status::NoOfficial }
    }

    /// The same failure, of a command that only looks: what could not be read is its own status.
    #[must_use]
    pub(crate) fn while_reading(self) -> Self {
        let status = if self.status == Status::Failed { Status::Unreadable } else { self.status };
        Self { status, ..self }
    }

    /// A verdict that was printed already: nothing more to say but the status.
    pub(crate) const fn verdict() -> Self {
        Self { problems: Vec::new(), status: Status::Failed }
    }

    /// A signal came: the process is to end by it, without a word.
    pub(crate) const fn interrupted() -> Self {
        Self { problems: Vec::new(), status: Status::Interrupted }
    }

    /// Whether a signal came.
    pub(crate) fn is_interruption(&self) -> bool {
        self.status == Status::Interrupted
    }

    fn new(text: impl Display, status: Status) -> Self {
        let problem = Problem { text: text.to_string(), hints: Vec::new() };
        Self { problems: vec![problem], status }
    }

    /// The same failure, told of a part of the run.
    #[must_use]
    pub(crate) fn within(mut self, part: &str) -> Self {
        for problem in &mut self.problems {
            problem.text = format!("{part}: {}", problem.text);
        }
        self
    }

    /// Says what to type instead.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Display) -> Self {
        if let Some(problem) = self.problems.last_mut() {
            problem.hints.push(hint.to_string());
        }
        self
    }

    /// Says what to type instead, where that is known.
    #[must_use]
    pub(crate) fn hint_if_any(self, hint: Option<impl Display>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// The same failure with other hints, of a command to which the flags in them mean nothing.
    #[must_use]
    pub(crate) fn map_hints(mut self, map: impl Fn(String) -> Option<String>) -> Self {
        for problem in &mut self.problems {
            problem.hints =
                std::mem::take(&mut problem.hints).into_iter().filter_map(&map).collect();
        }
        self
    }

    /// What to type instead, as far as it is known.
    pub(crate) fn into_hint(self) -> Option<String> {
        self.problems.into_iter().flat_map(|problem| problem.hints).next()
    }

    /// Joins several failures into one; `None` if there are none.
    pub(crate) fn join(failures: impl IntoIterator<Item = Self>) -> Option<Self> {
        failures.into_iter().reduce(|mut all, next| {
            all.problems.extend(next.problems);
            all
        })
    }

    /// Prints the problems and gives the status.
    pub(crate) fn report(self) -> ExitCode {
        let mut stderr = io::stderr().lock();
        for problem in &self.problems {
            // Nobody is left to be told that standard error is closed.
            let _ =
                writeln!(stderr, "error: {}", printable(&program_name::in_message(&problem.text)));
            for hint in &problem.hints {
                let _ = writeln!(stderr, "hint: {}", printable(&program_name::in_message(hint)));
            }
        }
        if self.is_interruption() {
            signals::end();
        }
        ExitCode::from(self.status as u8)
    }
}

/// Without what could steer a terminal, and come from a file name or a certificate. Line breaks are
/// ours.
pub(crate) fn printable(text: &str) -> String {
    text.split('\n').map(kuma_pki::printable).collect::<Vec<_>>().join("\n")
}

/// What the system says, as a fragment and without its number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A duration that can be typed and is no longer than this, with a minute left to type it.
fn longest(left: time::Duration) -> String {
    match left.whole_minutes() - 1 {
        minutes @ 120.. => format!("{}h", minutes / 60),
        minutes => format!("{}m", minutes.max(1)),
    }
}

/// What to do about a CA that cannot issue what was asked for.
const fn issuer_hint(error: &IssuerError) -> &'static str {
    match error {
        IssuerError::BrokenChain { .. } => {
            "the CA's own certificate comes first, then that of the CA which issued it, and so on"
        }
        IssuerError::Expired { .. } => {
            "make a new CA, and let clients trust both until all certificates are replaced"
        }
        IssuerError::KeyMismatch { .. } => {
            "give the key that belongs to the certificate, or the certificate of this key"
        }
        IssuerError::NameExcluded { .. } => "use a CA that may certify the name, or leave it out",
        IssuerError::SameKey { .. } => {
            "a server with the CA's key could be any server: leave --reuse-key out, and a key is made"
        }
        IssuerError::SameSubject { .. } => {
            "a CA has a name of its own: `kumactl generate ca-certificate` makes one"
        }
        IssuerError::NotYetValid { .. } => "check the clock of this machine",
        IssuerError::UsageExcluded { .. } => "use a CA that may certify TLS servers and clients",
        _ => "use a CA certificate, such as `kumactl generate ca-certificate` makes",
    }
}

/// What the system refused, behind what was being done: the contexts, outermost first.
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

impl From<DurationError> for Failure {
    fn from(error: DurationError) -> Self {
        Self::usage(&error).hint(match error.fault {
            DurationFault::MissingUnit if let Some(days) = error.in_days() => {
                format!("did you mean {days}? In hours it would be {}h", error.input)
            }
            _ => "a duration is hours as `720h`, or days, weeks, years: `90d`, `2w`, `10y`"
                .to_owned(),
        })
    }
}

impl From<ValidityError> for Failure {
    fn from(error: ValidityError) -> Self {
        match error {
            ValidityError::TooLong { .. } => {
                Self::usage(error).hint("--valid-for=87600h is the default")
            }
            ValidityError::TooShort { .. } => {
                Self::usage(error).hint("give it longer, such as --valid-for=1h")
            }
            _ => Self::failed(error),
        }
    }
}

impl From<IssuerError> for Failure {
    fn from(error: IssuerError) -> Self {
        let failure = Self::failed(&error);
        match error {
            IssuerError::KeyMismatch { belongs_to: Some(position), .. } => failure.hint(format!(
                "it belongs to certificate {position} of the CA file; put that one first"
            )),
            IssuerError::BrokenChain { position, is_cross_signed: true, .. } => {
                failure.hint(format!(
                    "certificates {} and {position} are of one CA, the first cross-signed by another: \
                     take certificate {} out",
                    position - 1,
                    position - 1
                ))
            }
            error => failure.hint(issuer_hint(&error)),
        }
    }
}

impl From<IssueError> for Failure {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::CaName { longest, .. } => Self::usage(error)
                .hint(format!("a name is 1 to {longest} characters, such as --name=\"Mesh CA\"")),
            IssueError::Issuer(error) => error.into(),
            IssueError::NoNames => Self::usage(error),
            IssueError::OutlivesIssuer { now, issuer_not_after, .. } => {
                Self::usage(error).hint(format!(
                    "leave --valid-for out, and the certificate ends with its CA; the longest is \
                     --valid-for={}",
                    longest(issuer_not_after - now + kuma_pki::BACKDATE)
                ))
            }
            IssueError::SelfCheck { .. } => {
                Self::failed(error).hint("nothing was written; please report this")
            }
            IssueError::Validity(error) => error.into(),
            IssueError::Verification(ref finding) => {
                let hint = hints::hint(finding);
                Self::failed(error).hint_if_any(hint)
            }
            _ => Self::failed(error),
        }
    }
}
