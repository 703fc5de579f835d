//! YAML for Kubernetes and Helm, from typed structures; and YAML and JSON of others, as trees.

mod document;
mod error;
mod node;
mod scalar;

use serde::Serialize;
use zeroize::Zeroizing;

pub(crate) use self::document::{Document, Rules};
pub(crate) use self::error::{Error, Reason};
pub use self::node::Place;
pub(crate) use self::node::{Entry, Key, Node, Text, Value};

/// One document. Strings that YAML 1.1 or 1.2 would read as anything else are quoted, and none is
/// folded: Base64 stays on one line. `capacity` is at least the length of the text, so that secrets in
/// it do not move and leave copies behind.
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

/// Several documents in one stream.
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
