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

type Result<T = ()> = std::result::Result<T, ManifestError>;

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

/// Where objects go, one after the other.
struct Sink<'a> {
    text: Buffer,
    /// The line on which the object starts.
    line: u64,
    /// The kind of the object, if it is known.
    kind: Option<String>,
    /// The kind of the list whose items are read.
    list_kind: Option<String>,
    /// Whether the object does not matter.
    is_skipped: bool,
    count: u64,
    is_wanted: fn(&str) -> bool,
    each: &'a mut dyn FnMut(Part<'_>) -> Result,
}

impl Sink<'_> {
    fn start(&mut self, line: u64) {
        self.text.0.clear();
        (self.line, self.kind, self.is_skipped) = (line, None, false);
    }

    fn push(&mut self, octets: &[u8]) -> Result {
        if self.is_skipped { Ok(()) } else { self.text.push(octets, self.line) }
    }

    fn set_kind(&mut self, kind: &str) {
        self.is_skipped = !(self.is_wanted)(kind);
        self.kind = Some(kind.to_owned());
    }

    fn is_blank(&self) -> bool {
        self.text.0.iter().all(u8::is_ascii_whitespace)
    }

    /// Hands over the object.
    fn finish(&mut self, is_item: bool) -> Result {
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

    fn finish_list(&mut self) -> Result {
        self.count += 1;
        let kind = self.list_kind.take();
        (self.each)(Part::ListEnd(kind.as_deref().unwrap_or_default()))
    }
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
            Place::Object if indent == 0 && content.trim_ascii_end() == b"items:" => {
                if !sink.is_skipped {
                    // What stands before belongs to the list.
                    (place, sink.list_kind) = (Place::List, sink.kind.take());
                    sink.start(number);
                    continue;
                }
            }
            Place::List if is_item => {}
            Place::List => {
                sink.list_kind = sink.list_kind.take().or(kind_of(line).map(str::to_owned));
                continue;
            }
            Place::Item(before) if !is_blank && indent <= before => {
                sink.finish(true)?;
                place = Place::List;
                if !(is_item && indent == before) {
                    sink.list_kind = sink.list_kind.take().or(kind_of(line).map(str::to_owned));
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

/// Returns the kind that a line names.
fn kind_of(line: &[u8]) -> Option<&str> {
    let value = line.strip_prefix(b"kind:")?.trim_ascii();
    let is_word = !value.is_empty() && value.iter().all(u8::is_ascii_alphanumeric);
    is_word.then(|| std::str::from_utf8(value).ok()).flatten()
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

impl Sink<'_> {
    fn set_kind_of_json(&mut self) {
        #[derive(Deserialize)]
        struct Kind {
            kind: Option<String>,
        }
        let object = serde_json::from_slice::<Kind>(&self.text.0);
        if let Some(kind) = object.ok().and_then(|object| object.kind) {
            self.set_kind(&kind);
        }
    }
}
