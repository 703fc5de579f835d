//! How far a long run is: a bar on a terminal, a line now and then elsewhere.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output;

/// How long a run may be silent where there is no terminal.
const SILENCE: Duration = Duration::from_secs(5);

/// How far a run is.
pub(super) enum Progress {
    /// Nothing is said.
    Quiet,
    /// A bar on a terminal.
    Bar(ProgressBar),
    /// Lines.
    Lines { total: usize, begun: Instant, told: Instant },
}

impl Progress {
    /// Of a run that does so many things.
    pub(super) fn new(total: usize, is_quiet: bool) -> Self {
        if is_quiet {
            return Self::Quiet;
        }
        if !io::stderr().is_terminal() {
            let now = Instant::now();
            return Self::Lines { total, begun: now, told: now };
        }
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
        let template = "{bar:24} {human_pos} of {human_len}, {per_sec:0}, {eta} left";
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| bar.style()));
        Self::Bar(bar)
    }

    /// Says that so many are done.
    pub(super) fn tell(&mut self, done: usize) {
        match self {
            Self::Quiet => {}
            Self::Bar(bar) => bar.set_position(done as u64),
            Self::Lines { total, begun, told } => {
                if told.elapsed() >= SILENCE {
                    *told = Instant::now();
                    let rate = done as f64 / begun.elapsed().as_secs_f64();
                    output::note(&format!(
                        "note: {} of {}, {rate:.0} per second",
                        thousands(done),
                        thousands(*total)
                    ));
                }
            }
        }
    }

    /// Takes the bar away.
    pub(super) fn end(self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
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
