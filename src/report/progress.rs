//! The progress of a long run: a bar on a terminal, a line now and then elsewhere.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::files;

/// The longest silence where standard error is not a terminal.
const SILENCE: Duration = Duration::from_secs(5);

/// The bar takes what the terminal's width leaves, so that the line fits into 30 columns.
const TEMPLATE: &str = "[{wide_bar}] {human_pos} of {human_len}, {eta} left";

/// The progress of a run. Dropping it removes the bar.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// When the last line was printed; `None` if lines are not printed.
    printed: Option<Instant>,
}

impl Progress {
    /// Starts the progress of a run of `total` items.
    pub(crate) fn new(total: usize, is_quiet: bool) -> Self {
        let draws = !is_quiet && can_redraw();
        let target =
            if draws { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template(TEMPLATE)
            .map_or_else(|_| ProgressStyle::default_bar(), |style| style.progress_chars("#> "));
        let bar = ProgressBar::with_draw_target(Some(total as u64), target).with_style(style);
        Self { bar, printed: (!is_quiet && !draws).then(Instant::now) }
    }

    /// Shows that `done` items are finished.
    pub(crate) fn set(&mut self, done: usize) {
        self.bar.set_position(done as u64);
        if self.printed.is_some_and(|printed| printed.elapsed() >= SILENCE) {
            self.printed = Some(Instant::now());
            let total = self.bar.length().unwrap_or_default();
            let (done, total) = (HumanCount(done as u64), HumanCount(total));
            files::note(&format!("note: {done} of {total}, {:.0} per second", self.bar.per_sec()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Whether standard error is a terminal that can replace a line.
fn can_redraw() -> bool {
    let is_capable = |term: OsString| !term.is_empty() && term != "dumb";
    io::stderr().is_terminal() && env::var_os("TERM").is_some_and(is_capable)
}

/// Formats a number with separators: `12,345`.
pub(crate) fn thousands(number: usize) -> String {
    HumanCount(number as u64).to_string()
}
