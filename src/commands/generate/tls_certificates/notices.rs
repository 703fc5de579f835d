//! Notes and warnings about the certificates of a batch.

use std::collections::BTreeMap;

use crate::report::console::Console;
use crate::report::progress::thousands;

/// The largest number of printed notices of one kind, since an error in a template repeats itself.
const MAX_PRINTED: usize = 20;

/// Notices of one kind, in the order of the certificates; the first are kept, and all counted.
#[derive(Debug, Default)]
pub(super) struct Notices {
    kept: BTreeMap<(usize, usize), String>,
    count: usize,
}

impl Notices {
    /// Adds the notices about a certificate. `index` is its position in the specification.
    pub(super) fn add(&mut self, index: usize, notices: impl IntoIterator<Item = String>) {
        for (position, notice) in notices.into_iter().enumerate() {
            self.count += 1;
            self.kept.insert((index, position), notice);
            if self.kept.len() > MAX_PRINTED {
                self.kept.pop_last();
            }
        }
    }

    /// Prints the notices, each after its kind.
    pub(super) fn print(&self, console: Console, kind: &str) {
        for notice in self.kept.values() {
            console.line(kind, notice);
        }
        let more = self.count - self.kept.len();
        if more > 0 {
            console
                .line(kind, format!("{} more {kind}s about other certificates", thousands(more)));
        }
    }
}
