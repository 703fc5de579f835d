//! What is worth saying about some of many certificates.

use std::collections::BTreeMap;

use crate::files;
use crate::report::progress::thousands;

/// How many remarks of one kind are told; a mistake in a template repeats itself.
const MAX_TOLD: usize = 20;

/// Remarks of one kind, in the order of the certificates; the first are kept, and all counted.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    kept: BTreeMap<(usize, usize), String>,
    count: usize,
}

impl Remarks {
    /// Takes the remarks about a certificate, by its number.
    pub(super) fn add(&mut self, index: usize, remarks: impl IntoIterator<Item = String>) {
        for (position, remark) in remarks.into_iter().enumerate() {
            self.count += 1;
            self.kept.insert((index, position), remark);
            if self.kept.len() > MAX_TOLD {
                self.kept.pop_last();
            }
        }
    }

    /// Tells them, each behind its kind.
    pub(super) fn tell(&self, kind: &str) {
        for remark in self.kept.values() {
            files::note(&format!("{kind}: {remark}"));
        }
        let more = self.count - self.kept.len();
        if more > 0 {
            files::note(&format!("{kind}: {} more of this kind", thousands(more)));
        }
    }
}
