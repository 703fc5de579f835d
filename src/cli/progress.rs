//! How far a long run is: a bar on a terminal, a line now and then elsewhere.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use super::output;

/// How long a run may be silent where there is no terminal.
const SILENCE: Duration = Duration::from_secs(5);

/// How often a bar is drawn at most.
const TICK: Duration = Duration::from_millis(100);

/// The length of a full bar.
const BAR: usize = 24;

/// Back to the start of the line, and all of it away (ECMA-48 8.3.41).
const CLEAR: &str = "\r\x1b[K";

/// How far a run is.
pub(super) struct Progress {
    form: Form,
    total: usize,
    begun: Instant,
    /// When it was told last.
    told: Instant,
    /// Whether a line stands on the terminal.
    is_drawn: bool,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Form {
    Quiet,
    Bar,
    Lines,
}

impl Progress {
    /// Of a run that does so many things.
    pub(super) fn new(total: usize, is_quiet: bool) -> Self {
        let form = match is_quiet {
            true => Form::Quiet,
            false if is_drawn_on() => Form::Bar,
            false => Form::Lines,
        };
        let now = Instant::now();
        Self { form, total, begun: now, told: now, is_drawn: false }
    }

    /// Says that so many are done.
    pub(super) fn tell(&mut self, done: usize) {
        let pause = match self.form {
            Form::Quiet => return,
            Form::Bar => TICK,
            Form::Lines => SILENCE,
        };
        if self.told.elapsed() < pause {
            return;
        }
        self.told = Instant::now();
        let mut text = format!("{} of {}", thousands(done), thousands(self.total));
        if done > 0 {
            let rate = done as f64 / self.begun.elapsed().as_secs_f64();
            text += &format!(", {rate:.0} per second");
            if self.form == Form::Bar {
                text += &format!(", {} left", rounded((self.total - done) as f64 / rate));
            }
        }
        match self.form {
            Form::Bar => {
                self.is_drawn = true;
                draw(&with_bar(done, self.total, &text));
            }
            _ => output::note(&format!("note: {text}")),
        }
    }

    /// Takes the bar away.
    pub(super) fn end(self) {
        if self.is_drawn {
            draw("");
        }
    }
}

/// Whether standard error is a terminal whose lines can be taken away again.
fn is_drawn_on() -> bool {
    let knows_how = |term: OsString| !term.is_empty() && term != "dumb";
    io::stderr().is_terminal() && env::var_os("TERM").is_some_and(knows_how)
}

/// Nobody is left to be told that standard error is closed.
fn draw(line: &str) {
    let _ = write!(io::stderr().lock(), "{CLEAR}{line}");
}

/// The line with a bar in front, as far as the terminal is wide enough: a broken line could not be taken
/// away.
fn with_bar(done: usize, total: usize, text: &str) -> String {
    let columns = terminal_size::terminal_size_of(io::stderr()).map_or(80, |(width, _)| width.0);
    let columns = usize::from(columns.saturating_sub(1));
    if text.len() + BAR + 3 > columns {
        return text.chars().take(columns).collect();
    }
    let full = BAR * done / total.max(1);
    format!("[{:<BAR$}] {text}", "#".repeat(full))
}

/// Seconds as a person counts them who waits.
fn rounded(seconds: f64) -> String {
    if seconds < 120.0 { format!("{seconds:.0} s") } else { format!("{:.0} min", seconds / 60.0) }
}

/// A number as people read it: `12,345`.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    groups.join(",")
}
