//! Splits a manifest into its objects while it is read, so that a whole cluster's output needs no more memory
//! than its largest object.

use std::io::{self, Read};

use serde::Deserialize;

use super::lines::{Buffer, Lines, MAX_INPUT, MAX_OBJECT};

/// A manifest that cannot be read. No variant holds a part of the text, which may be a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Reading failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// An object is larger than any that Kubernetes stores.
    #[error("the object at line {line} is longer than {} MiB", MAX_OBJECT >> 20)]
    ObjectTooLong {
        /// The line on which it starts, counted from 1.
        line: u64,
    },
    /// The whole input is too long.
    #[error("it is longer than {} MiB", MAX_INPUT >> 20)]
    TooLong,
    /// An object is not YAML or JSON of Kubernetes.
    #[error("the object at line {line} cannot be read as YAML or JSON of a Kubernetes object")]
    Malformed {
        /// The line at which reading it failed, counted from 1.
        line: u64,
    },
    /// There is no Kubernetes object in the text.
    #[error("there is no Kubernetes object in it")]
    Empty,
}

/// One object, or one document that is not a list of objects.
pub(super) struct Document<'a> {
    /// The line on which it starts, counted from 1.
    pub(super) line: u64,
    pub(super) text: &'a [u8],
}

/// Calls `each` for every object of a stream of YAML documents or JSON values. Lists as `kubectl get -o yaml`
/// and `-o json` print them are split into their items. Objects of a kind for which `is_wanted` returns false
/// are counted and skipped without parsing.
///
/// # Errors
///
/// Reading that fails, what is too long, and the errors of `each`.
pub(super) fn split(
    source: impl Read,
    is_wanted: fn(&str) -> bool,
    mut each: impl FnMut(Document<'_>) -> Result<(), ManifestError>,
) -> Result<(), ManifestError> {
    let mut lines = Lines::new(source);
    let mut sink = Sink { text: Buffer::default(), line: 1, count: 0, is_wanted, each: &mut each };
    match lines.first_octet()? {
        Some(b'{' | b'[') => json(&mut lines, &mut sink)?,
        _ => yaml(&mut lines, &mut sink)?,
    }
    if sink.count == 0 { Err(ManifestError::Empty) } else { Ok(()) }
}

/// Where objects go, one after the other.
struct Sink<'a> {
    text: Buffer,
    /// The line on which the object starts.
    line: u64,
    count: u64,
    is_wanted: fn(&str) -> bool,
    each: &'a mut dyn FnMut(Document<'_>) -> Result<(), ManifestError>,
}

impl Sink<'_> {
    fn start(&mut self, line: u64) {
        self.text.0.clear();
        self.line = line;
    }

    fn push(&mut self, octets: &[u8]) -> Result<(), ManifestError> {
        self.text.push(octets, self.line)
    }

    /// Hands over the object. `kind` is its kind if that is known.
    fn finish(&mut self, kind: Option<&str>) -> Result<(), ManifestError> {
        let has_text = self.text.0.iter().any(|octet| !octet.is_ascii_whitespace());
        if has_text || kind.is_some() {
            self.count += 1;
        }
        if has_text && kind.is_none_or(self.is_wanted) {
            (self.each)(Document { line: self.line, text: &self.text.0 })?;
        }
        self.text.0.clear();
        Ok(())
    }
}

/// Where in a YAML document the reader is.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// In a document that is one object, as far as is known.
    Object,
    /// Behind `items:`, before the first item.
    BeforeItems,
    /// In an item whose hyphen has this many spaces before it.
    Item(usize),
    /// Behind the items.
    AfterItems,
}

fn yaml<R: Read>(lines: &mut Lines<R>, sink: &mut Sink<'_>) -> Result<(), ManifestError> {
    let mut place = Place::Object;
    let mut kind: Option<String> = None;
    let mut is_skipped = false;
    sink.start(1);
    loop {
        let number = lines.line + 1;
        let Some(line) = lines.next()? else { break };
        if is_marker(line) {
            finish(sink, place, kind.take())?;
            (place, is_skipped) = (Place::Object, false);
            sink.start(number + 1);
            continue;
        }
        let indent = line.iter().take_while(|octet| **octet == b' ').count();
        let content = &line[indent..];
        let is_blank = content.trim_ascii().is_empty() || content.starts_with(b"#");
        let is_item = content.starts_with(b"- ") || content.trim_ascii_end() == b"-";
        let starts_item = match place {
            Place::BeforeItems => is_item,
            Place::Item(before) => is_item && indent == before,
            _ => false,
        };
        if starts_item {
            if matches!(place, Place::Item(_)) {
                finish(sink, place, kind.take())?;
            }
            (place, is_skipped) = (Place::Item(indent), false);
            sink.start(number);
            // The hyphen becomes a part of the indentation.
            sink.push(&b" ".repeat(indent + 2))?;
            let first = if content.len() > 2 { &content[2..] } else { b"\n" };
            sink.push(first)?;
            if let Some(found) = kind_of(first) {
                (is_skipped, kind) = (!(sink.is_wanted)(found), Some(found.to_owned()));
            }
            continue;
        }
        let base = match place {
            Place::Object
                if indent == 0 && !is_skipped && content.trim_ascii_end() == b"items:" =>
            {
                // What stands before belongs to the list.
                (place, kind) = (Place::BeforeItems, None);
                sink.start(number);
                continue;
            }
            Place::Object => 0,
            Place::Item(before) if is_blank || indent > before => before + 2,
            Place::Item(_) => {
                finish(sink, place, kind.take())?;
                place = Place::AfterItems;
                continue;
            }
            Place::BeforeItems | Place::AfterItems => continue,
        };
        if is_skipped {
            continue;
        }
        if indent == base
            && let Some(found) = kind_of(content)
        {
            (is_skipped, kind) = (!(sink.is_wanted)(found), Some(found.to_owned()));
        }
        sink.push(line)?;
    }
    finish(sink, place, kind)
}

fn finish(sink: &mut Sink<'_>, place: Place, kind: Option<String>) -> Result<(), ManifestError> {
    if matches!(place, Place::AfterItems | Place::BeforeItems) {
        sink.count += 1;
        sink.text.0.clear();
        return Ok(());
    }
    sink.finish(kind.as_deref())
}

/// Returns whether a line starts or ends a document.
fn is_marker(line: &[u8]) -> bool {
    matches!(line, [b'-', b'-', b'-'] | [b'.', b'.', b'.'])
        || matches!(line, [b'-', b'-', b'-', next, ..] | [b'.', b'.', b'.', next, ..] if next.is_ascii_whitespace())
}

/// Returns the kind that a line names.
fn kind_of(line: &[u8]) -> Option<&str> {
    let value = line.strip_prefix(b"kind:")?.trim_ascii();
    let is_word = !value.is_empty() && value.iter().all(u8::is_ascii_alphanumeric);
    is_word.then(|| std::str::from_utf8(value).ok()).flatten()
}

/// Splits JSON values, and the list below `items` of a value.
fn json<R: Read>(lines: &mut Lines<R>, sink: &mut Sink<'_>) -> Result<(), ManifestError> {
    let mut depth = 0_u32;
    let (mut in_string, mut is_escaped) = (false, false);
    // The last text that ended at depth 1; longer ones are not `items`.
    let mut text: Vec<u8> = Vec::new();
    let (mut is_list, mut in_items, mut is_collecting) = (false, false, false);
    loop {
        let number = lines.line + 1;
        let Some(line) = lines.next()? else { break };
        let mut from = 0;
        for (place, octet) in line.iter().enumerate() {
            if in_string {
                match octet {
                    _ if is_escaped => is_escaped = false,
                    b'\\' => is_escaped = true,
                    b'"' => in_string = false,
                    _ if depth == 1 && text.len() < 8 => text.push(*octet),
                    _ => {}
                }
                continue;
            }
            match octet {
                b'"' => {
                    in_string = true;
                    if depth == 1 {
                        text.clear();
                    }
                }
                b'{' | b'[' => {
                    if depth == 0 || (in_items && depth == 2) {
                        (from, is_collecting) = (place, true);
                        sink.start(number);
                    } else if depth == 1 && *octet == b'[' && text == b"items" {
                        // What stands before belongs to the list.
                        (is_list, in_items, is_collecting) = (true, true, false);
                    }
                    depth += 1;
                }
                b'}' | b']' => {
                    let malformed = ManifestError::Malformed { line: number };
                    depth = depth.checked_sub(1).ok_or(malformed)?;
                    if is_collecting && depth == if in_items { 2 } else { 0 } {
                        is_collecting = false;
                        sink.push(&line[from..=place])?;
                        finish_json(sink)?;
                    }
                    in_items &= depth > 1;
                    if depth == 0 {
                        sink.count += u64::from(is_list);
                        is_list = false;
                    }
                }
                _ => {}
            }
        }
        if is_collecting {
            sink.push(&line[from..])?;
        }
    }
    if depth == 0 { Ok(()) } else { Err(ManifestError::Malformed { line: lines.line }) }
}

fn finish_json(sink: &mut Sink<'_>) -> Result<(), ManifestError> {
    #[derive(Deserialize)]
    struct Kind {
        kind: Option<String>,
    }
    let kind = serde_json::from_slice::<Kind>(&sink.text.0).ok().and_then(|object| object.kind);
    sink.finish(kind.as_deref())
}
