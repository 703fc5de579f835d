//! The progress of a long run: a bar on a terminal, a line every few seconds elsewhere.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::report::console::Console;

/// The longest silence where standard error is not a terminal.
const SILENCE: Duration = Duration::from_secs(5);

/// The bar takes the width that is left, so that the line fits into 30 columns.
const TEMPLATE: &str = "[{wide_bar}] {human_pos} of {human_len}, {eta} left";

/// The progress of a run. Dropping it removes the bar.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// The time of the last line. `None` if lines are not printed.
    printed: Option<Instant>,
    console: Console,
}

impl Progress {
    /// Starts the progress of a run of `total` items.
    pub(crate) fn new(total: usize, console: Console) -> Self {
        let draws = !console.is_quiet() && can_redraw();
        let target =
            if draws { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template(TEMPLATE)
            .map_or_else(|_| ProgressStyle::default_bar(), |style| style.progress_chars("#> "));
        let bar = ProgressBar::with_draw_target(Some(total as u64), target).with_style(style);
        Self { bar, printed: (!draws).then(Instant::now), console }
    }

    /// Shows that `done` items are finished.
    pub(crate) fn set(&mut self, done: usize) {
        self.bar.set_position(done as u64);
        if self.printed.is_some_and(|printed| printed.elapsed() >= SILENCE) {
            self.printed = Some(Instant::now());
            let total = self.bar.length().unwrap_or_default();
            let (done, total) = (HumanCount(done as u64), HumanCount(total));
            let speed = self.bar.per_sec();
            self.console.note(format!("{done} of {total}, {speed:.0} per second"));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Returns whether standard error is a terminal that can replace a line.
fn can_redraw() -> bool {
    let is_capable = |term: OsString| !term.is_empty() && term != "dumb";
    io::stderr().is_terminal() && env::var_os("TERM").is_some_and(is_capable)
}

/// Formats a number with separators: `12,345`.
pub(crate) fn thousands(number: usize) -> String {
    HumanCount(number as u64).to_string()
}
