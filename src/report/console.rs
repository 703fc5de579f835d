//! Prints everything but errors: results and reports on standard output, notes and warnings on standard
//! error.

use std::fmt::Display;
use std::io::{self, Write as _};

use anyhow::Context as _;

use crate::report::failure::{Failure, printable, reason};
use crate::report::program_name;

/// The context of a failed write to standard output.
const UNWRITABLE: &str = "could not write to standard output";

/// Prints notes, warnings and reports, unless `--quiet` is given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    is_quiet: bool,
}

impl Console {
    /// Returns a console that prints nothing if `is_quiet`.
    pub(crate) const fn new(is_quiet: bool) -> Self {
        Self { is_quiet }
    }

    pub(crate) const fn is_quiet(self) -> bool {
        self.is_quiet
    }

    /// Prints `note: ...` on standard error.
    pub(crate) fn note(self, text: impl Display) {
        self.line("note", text);
    }

    /// Prints `warning: ...` on standard error.
    pub(crate) fn warn(self, text: impl Display) {
        self.line("warning", text);
    }

    /// Prints a report on standard output after the files are written. If that fails, the run has
    /// still succeeded.
    pub(crate) fn report(self, text: &str) {
        if self.is_quiet {
            return;
        }
        if let Err(error) = write_stdout(program_name::in_message(text).as_bytes()) {
            self.warn(format!("could not print the report: {}", reason(&error)));
        }
    }

    /// Prints a line on standard error. Ignores errors: there is no place left to report them.
    pub(crate) fn line(self, kind: &str, text: impl Display) {
        if !self.is_quiet {
            let text = text.to_string();
            let text = printable(&program_name::in_message(&text));
            let _ = writeln!(io::stderr(), "{kind}: {text}");
        }
    }
}

/// Prints a text for people, such as help. A reader that closes the pipe early, such as `head`, is not an
/// error.
pub(crate) fn print(text: impl AsRef<[u8]>) -> Result<(), Failure> {
    match write_stdout(text.as_ref()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written.context(UNWRITABLE)?),
    }
}

/// Prints the result of a command, such as a key, a Secret or a script. Fails on standard output that cannot be
/// written, or whose reader closed the pipe.
pub(crate) fn print_result(bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    Ok(write_stdout(bytes.as_ref()).context(UNWRITABLE)?)
}

fn write_stdout(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush())
}
