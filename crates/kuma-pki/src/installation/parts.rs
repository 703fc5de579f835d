//! The parts of a manifest, as they are handed over.

use serde::Deserialize;

use super::documents::Result;
use super::lines::Buffer;

/// A part of a manifest.
pub(super) enum Part<'a> {
    /// An object: a document, or an item of a list.
    Object {
        /// The line on which it starts, counted from 1.
        line: u64,
        text: &'a [u8],
        /// Its kind, if it is clear without parsing.
        kind: Option<&'a str>,
        is_item: bool,
    },
    /// The end of a list of this kind, such as `SecretList`, whose items may have no kind.
    ListEnd(&'a str),
}

/// Where objects go, one after the other.
pub(super) struct Sink<'a> {
    pub(super) text: Buffer,
    /// The line on which the object starts.
    pub(super) line: u64,
    /// The kind of the object, if it is known.
    pub(super) kind: Option<String>,
    /// The kind of the list whose items are read.
    pub(super) list_kind: Option<String>,
    /// Whether the object does not matter.
    pub(super) is_skipped: bool,
    pub(super) count: u64,
    pub(super) is_wanted: fn(&str) -> bool,
    pub(super) each: &'a mut dyn FnMut(Part<'_>) -> Result,
}

impl Sink<'_> {
    pub(super) fn start(&mut self, line: u64) {
        self.text.0.clear();
        (self.line, self.kind, self.is_skipped) = (line, None, false);
    }

    pub(super) fn push(&mut self, octets: &[u8]) -> Result {
        if self.is_skipped { Ok(()) } else { self.text.push(octets, self.line) }
    }

    pub(super) fn set_kind(&mut self, kind: &str) {
        self.is_skipped = !(self.is_wanted)(kind);
        self.kind = Some(kind.to_owned());
    }

    pub(super) fn set_kind_of_json(&mut self) {
        #[derive(Deserialize)]
        struct Kind {
            kind: Option<String>,
        }
        let object = serde_json::from_slice::<Kind>(&self.text.0);
        if let Some(kind) = object.ok().and_then(|object| object.kind) {
            self.set_kind(&kind);
        }
    }

    /// Takes the kind of the list, if a line names it.
    pub(super) fn set_list_kind(&mut self, line: &[u8]) {
        if let Some(kind) = kind_of(line) {
            self.list_kind = Some(kind.to_owned());
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.text.0.iter().all(u8::is_ascii_whitespace)
    }

    /// Hands over the object.
    pub(super) fn finish(&mut self, is_item: bool) -> Result {
        if !self.is_blank() || self.kind.is_some() {
            self.count += 1;
        }
        if !self.is_blank() && !self.is_skipped {
            let (line, kind) = (self.line, self.kind.as_deref());
            (self.each)(Part::Object { line, text: &self.text.0, kind, is_item })?;
        }
        self.start(self.line);
        Ok(())
    }

    pub(super) fn finish_list(&mut self) -> Result {
        self.count += 1;
        let kind = self.list_kind.take();
        (self.each)(Part::ListEnd(kind.as_deref().unwrap_or_default()))
    }
}

/// Returns the kind that a line names.
pub(super) fn kind_of(line: &[u8]) -> Option<&str> {
    let value = line.strip_prefix(b"kind:")?.trim_ascii();
    let is_word = !value.is_empty() && value.iter().all(u8::is_ascii_alphanumeric);
    is_word.then(|| std::str::from_utf8(value).ok()).flatten()
}
