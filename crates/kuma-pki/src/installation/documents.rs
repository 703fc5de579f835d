//! Splits a manifest into its objects while it is read, so that a whole cluster's output needs no more memory
//! than its largest object.

use std::io::{self, Read};

use super::lines::{Buffer, Lines, MAX_INPUT, MAX_OBJECT};
use super::parts::{Part, Sink, kind_of};

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

pub(super) type Result<T = ()> = std::result::Result<T, ManifestError>;

/// Calls `each` for every object of a stream of YAML documents or JSON values. Lists as `kubectl get -o yaml` and
/// `-o json` print them, and arrays of JSON, are split into their items. Objects of a kind for which `is_wanted` returns
/// false are counted and skipped without parsing.
///
/// # Errors
///
/// Reading that fails, what is too long, and the errors of `each`.
pub(super) fn split(
    source: impl Read,
    is_wanted: fn(&str) -> bool,
    mut each: impl FnMut(Part<'_>) -> Result,
) -> Result {
    let mut lines = Lines::new(source);
    let (kind, list_kind, is_skipped) = (None, None, false);
    let text = Buffer::default();
    let mut sink =
        Sink { text, line: 1, kind, list_kind, is_skipped, count: 0, is_wanted, each: &mut each };
    match lines.first_octet()? {
        Some(b'{' | b'[') => json(&mut lines, &mut sink)?,
        _ => yaml(&mut lines, &mut sink)?,
    }
    if sink.count == 0 { Err(ManifestError::Empty) } else { Ok(()) }
}

/// Where in a YAML document the reader is.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// In a document that is one object, as far as is known.
    Object,
    /// In a list, before the first item or behind the last one.
    List,
    /// In an item whose hyphen has this many spaces before it.
    Item(usize),
}

fn yaml<R: Read>(lines: &mut Lines<R>, sink: &mut Sink<'_>) -> Result {
    let mut place = Place::Object;
    sink.start(1);
    loop {
        let number = lines.line + 1;
        let Some(line) = lines.next()? else { break };
        if let Some(rest) = after_marker(line) {
            finish(sink, place)?;
            place = Place::Object;
            sink.start(number);
            sink.push(rest)?;
            continue;
        }
        let indent = line.iter().take_while(|octet| **octet == b' ').count();
        let content = &line[indent..];
        let is_blank = content.trim_ascii().is_empty() || content.starts_with(b"#");
        let is_item = content.starts_with(b"- ") || content.trim_ascii_end() == b"-";
        match place {
            Place::Object if content.starts_with(b"%") && sink.is_blank() => continue,
            Place::Object
                if indent == 0 && !sink.is_skipped && content.trim_ascii_end() == b"items:" =>
            {
                // What stands before belongs to the list.
                (place, sink.list_kind) = (Place::List, sink.kind.take());
                sink.start(number);
                continue;
            }
            Place::List if is_item => {}
            Place::List => {
                sink.set_list_kind(line);
                continue;
            }
            Place::Item(before) if !is_blank && indent <= before => {
                sink.finish(true)?;
                place = Place::List;
                if !(is_item && indent == before) {
                    sink.set_list_kind(line);
                    continue;
                }
            }
            _ => {}
        }
        if place == Place::List {
            place = Place::Item(indent);
            sink.start(number);
            // The hyphen becomes a part of the indentation.
            sink.push(&b" ".repeat(indent + 2))?;
            let first = if content.len() > 2 { &content[2..] } else { b"\n" };
            if let Some(kind) = kind_of(first) {
                sink.set_kind(kind);
            }
            sink.push(first)?;
            continue;
        }
        let base = if let Place::Item(before) = place { before + 2 } else { 0 };
        if indent == base
            && let Some(kind) = kind_of(content)
        {
            sink.set_kind(kind);
        }
        sink.push(line)?;
    }
    finish(sink, place)
}

fn finish(sink: &mut Sink<'_>, place: Place) -> Result {
    if place == Place::Object {
        return sink.finish(false);
    }
    if place != Place::List {
        sink.finish(true)?;
    }
    sink.finish_list()
}

/// Returns what follows a marker of a document's start or end in its line; `None` for another line.
fn after_marker(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"---").or_else(|| line.strip_prefix(b"..."))?;
    rest.first().is_none_or(u8::is_ascii_whitespace).then_some(rest)
}

/// The longest text that is compared, in bytes.
const LONGEST_KEY: usize = 64;

/// Splits JSON values, an array of them, and the list below `items` of a value.
fn json<R: Read>(lines: &mut Lines<R>, sink: &mut Sink<'_>) -> Result {
    let mut depth = 0_u32;
    // How deep the items of a list are: in an array, or below `items` of a value.
    let mut items_at = None;
    let (mut in_string, mut is_escaped, mut is_collecting) = (false, false, false);
    // The last texts that ended at depth 1.
    let (mut key, mut text) = (Vec::new(), Vec::new());
    loop {
        let number = lines.line + 1;
        let Some(line) = lines.next()? else { break };
        let mut from = 0;
        for (place, octet) in line.iter().enumerate() {
            if in_string {
                match octet {
                    _ if is_escaped => is_escaped = false,
                    b'\\' => is_escaped = true,
                    b'"' => {
                        in_string = false;
                        if depth == 1 && key == b"kind" && text.ends_with(b"List") {
                            sink.list_kind = String::from_utf8(text.clone()).ok();
                        }
                    }
                    _ if depth == 1 && text.len() < LONGEST_KEY => text.push(*octet),
                    _ => {}
                }
                continue;
            }
            match octet {
                b'"' => {
                    in_string = true;
                    if depth == 1 {
                        key = std::mem::take(&mut text);
                    }
                }
                b'[' if depth == 0 => (items_at, depth) = (Some(1), 1),
                b'[' if depth == 1 && items_at.is_none() && text == b"items" => {
                    // What stands before belongs to the list.
                    (items_at, is_collecting, depth) = (Some(2), false, 2);
                }
                b'{' | b'[' => {
                    if items_at.is_none_or(|at| at == depth) && !is_collecting {
                        (from, is_collecting) = (place, true);
                        sink.start(number);
                    }
                    depth += 1;
                }
                b'}' | b']' => {
                    let malformed = ManifestError::Malformed { line: number };
                    depth = depth.checked_sub(1).ok_or(malformed)?;
                    if is_collecting && depth == items_at.unwrap_or(0) {
                        is_collecting = false;
                        sink.push(&line[from..=place])?;
                        sink.set_kind_of_json();
                        sink.finish(items_at.is_some())?;
                    }
                    if depth == 0 && items_at.take().is_some() {
                        sink.finish_list()?;
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
