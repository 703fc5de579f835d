//! Writes YAML for Kubernetes and Helm, and limits what the YAML and JSON parser accepts.

use std::fmt;

use serde::Serialize;
use serde_saphyr::{DuplicateKeyPolicy, Location, NonFiniteFloatPolicy, Options};
use zeroize::Zeroizing;

/// The deepest nesting of lists and mappings, with aliases expanded.
const MAX_DEPTH: usize = 64;

/// A position in a text. Lines and columns count from 1.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// Limits for untrusted text, for all its documents together.
pub(crate) struct Limits {
    /// The most scalars, lists and mappings.
    pub(crate) nodes: usize,
    /// The most of them that aliases can copy.
    pub(crate) copies: usize,
    /// The most bytes of scalars that an anchor can copy, counting only scalars with escapes: others are slices of the text.
    pub(crate) copied_bytes: usize,
}

/// Returns the parser's options. Its errors quote nothing from the text, which may hold a private key.
pub(crate) fn options(limits: &Limits) -> Options {
    let Limits { nodes: max_nodes, copies: max_copies, copied_bytes } = *limits;
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: max_nodes.saturating_mul(3),
            max_nodes: max_nodes,
            max_documents: max_nodes,
            max_depth: MAX_DEPTH,
            max_anchors: max_copies,
            max_aliases: max_copies,
            max_merge_keys: max_copies,
            max_recorded_anchor_events: max_copies,
            max_recorded_anchor_bytes: copied_bytes,
            // Many certificates may share one anchor.
            enforce_alias_anchor_ratio: false,
            // The caller limits the length of the text, and so of each scalar.
            max_total_scalar_bytes: usize::MAX,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: max_copies },
        duplicate_keys: DuplicateKeyPolicy::Error,
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
    }
}

impl From<Location> for Position {
    fn from(location: Location) -> Self {
        let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX).max(1);
        Self { line: number(location.line()), column: number(location.column()) }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Returns one document. Strings that YAML 1.1 or 1.2 would not read as strings are quoted, and no string is folded,
/// so Base64 stays on one line. `capacity` must be at least the length of the document in bytes: a buffer that grows
/// leaves copies of secrets in memory.
///
/// # Panics
///
/// Never: the structures of this crate hold nothing that YAML cannot express.
pub(crate) fn document(value: &impl Serialize, capacity: usize) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(capacity));
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    serde_saphyr::to_fmt_writer_with_options(&mut *text, value, options)
        .expect("maps of strings, numbers and lists are YAML");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Returns a stream of documents, separated by `---`.
pub(crate) fn stream(documents: &[Zeroizing<String>]) -> Zeroizing<String> {
    let length = documents.iter().map(|document| document.len() + 4).sum();
    let mut text = Zeroizing::new(String::with_capacity(length));
    for (index, document) in documents.iter().enumerate() {
        if index > 0 {
            text.push_str("---\n");
        }
        text.push_str(document);
    }
    text
}
