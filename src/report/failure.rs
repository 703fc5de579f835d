//! The failure of a run: error messages, hints and the exit status.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::files::signals;
use crate::report::program_name;

/// One or more errors that end the program.
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

/// The exit status. It is part of the interface.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
enum Status {
    /// The command failed.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The input of `inspect` or `verify` could not be read.
    Unreadable = 3,
    /// The official kumactl was found and cannot be run. Shells use this status, too.
    NotExecutable = 126,
    /// There is no official kumactl for one of its commands. Shells use this status, too.
    NoOfficial = 127,
    /// A signal was received. Visible only where the process cannot end by the signal.
    Interrupted = 130,
}

impl Failure {
    /// The command failed. `text` is a lower-case sentence without a final period.
    pub(crate) fn failed(text: impl Display) -> Self {
        Self::new(text, Status::Failed)
    }

    /// The command line is wrong. `text` is a lower-case sentence without a final period.
    pub(crate) fn usage(text: impl Display) -> Self {
        Self::new(text, Status::Usage)
    }

    /// The input could not be read. `text` is a lower-case sentence without a final period.
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

    /// Returns the failure of a command that only reads, where unreadable input has its own status.
    #[must_use]
    pub(crate) fn while_reading(self) -> Self {
        let status = if self.status == Status::Failed { Status::Unreadable } else { self.status };
        Self { status, ..self }
    }

    /// A failed verification whose report was already printed.
    pub(crate) const fn verdict() -> Self {
        Self { problems: Vec::new(), status: Status::Failed }
    }

    /// A received signal. The process ends by it, without a message.
    pub(crate) const fn interrupted() -> Self {
        Self { problems: Vec::new(), status: Status::Interrupted }
    }

    /// Returns whether a signal was received.
    pub(crate) fn is_interruption(&self) -> bool {
        self.status == Status::Interrupted
    }

    fn new(text: impl Display, status: Status) -> Self {
        let problem = Problem { text: text.to_string(), hints: Vec::new() };
        Self { problems: vec![problem], status }
    }

    /// Prefixes every message with the part of the run that failed.
    #[must_use]
    pub(crate) fn within(mut self, part: &str) -> Self {
        for problem in &mut self.problems {
            problem.text = format!("{part}: {}", problem.text);
        }
        self
    }

    /// Adds a hint: something to type or do.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Display) -> Self {
        if let Some(problem) = self.problems.last_mut() {
            problem.hints.push(hint.to_string());
        }
        self
    }

    /// Adds a hint, if there is one.
    #[must_use]
    pub(crate) fn hint_if_any(self, hint: Option<impl Display>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// Joins several failures into one. Returns `None` if there are none.
    pub(crate) fn join(failures: impl IntoIterator<Item = Self>) -> Option<Self> {
        failures.into_iter().reduce(|mut all, next| {
            all.problems.extend(next.problems);
            all
        })
    }

    /// Refuses the first flag that is given although it has no effect `place`, such as `with --cert-file`. `other`
    /// is what to do instead of removing it.
    pub(crate) fn refuse_unused(
        flags: &[(&str, bool)],
        place: &str,
        other: &str,
    ) -> Result<(), Self> {
        match flags.iter().find(|(_, is_given)| *is_given) {
            None => Ok(()),
            Some((flag, _)) => {
                let failure = Self::usage(format!("{flag} has no effect {place}"));
                Err(failure.hint(format!("remove {flag}, or {other}")))
            }
        }
    }

    /// Prints the errors and returns the exit status.
    pub(crate) fn report(self) -> ExitCode {
        let mut stderr = io::stderr().lock();
        for problem in &self.problems {
            // Ignores errors: there is no place left to report them.
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

/// Failures that are reported together.
#[derive(Default)]
pub(crate) struct Failures(Vec<Failure>);

impl Failures {
    /// Adds a failure.
    pub(crate) fn add(&mut self, failure: Failure) {
        self.0.push(failure);
    }

    /// Returns the value, or adds the failure and returns the default.
    pub(crate) fn collect<T: Default>(&mut self, result: Result<T, Failure>) -> T {
        result.unwrap_or_else(|failure| {
            self.0.push(failure);
            T::default()
        })
    }

    /// Returns the value. Fails with all failures, if there are any.
    pub(crate) fn or<T>(self, value: T) -> Result<T, Failure> {
        Failure::join(self.0).map_or(Ok(value), Err)
    }
}

/// Escapes control characters, which may come from a file name or a certificate, except for line breaks.
pub(crate) fn printable(text: &str) -> String {
    text.split('\n').map(kuma_pki::printable).collect::<Vec<_>>().join("\n")
}

/// Joins words as a sentence does: `a`, `a and b`, or `a, b and c`.
pub(crate) fn enumeration(words: &[String]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => words.concat(),
    }
}

/// Returns the system's error message in lower case and without its number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
