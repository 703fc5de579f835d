//! YAML and JSON as a tree in which every node knows its place.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem;
use std::ops::Deref;

use granit_parser::Marker;
use zeroize::Zeroizing;

/// A place in a text, counted from 1.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// A value with its place. There is no `Debug`: it may be a key.
pub(crate) struct Node<'t> {
    pub(crate) place: Place,
    pub(crate) value: Value<'t>,
}

/// A value of YAML. A number or a boolean is not a text, and keeps the spelling in which it was typed:
/// `1.10` is not `1.1`.
pub(crate) enum Value<'t> {
    Null,
    Boolean(Text<'t>),
    Number(Text<'t>),
    Text(Text<'t>),
    List(Vec<Node<'t>>),
    Map(Vec<Entry<'t>>),
}

/// The key of a map, as it was typed, with its place.
pub(crate) struct Key<'t> {
    pub(crate) place: Place,
    pub(crate) text: Text<'t>,
}

/// A key with its value. A map may have a key more than once; who reads it decides what that means.
pub(crate) type Entry<'t> = (Key<'t>, Node<'t>);

/// A text: a part of the document as it stands there, or one that was put together from it, which is
/// wiped when it is dropped.
#[derive(Clone)]
pub(crate) enum Text<'t> {
    Borrowed(&'t str),
    Owned(Zeroizing<String>),
}

impl<'t> Value<'t> {
    /// What it is, for a message.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }

    /// What was typed, if it is one value that is not null.
    pub(crate) fn typed(self) -> Option<Text<'t>> {
        match self {
            Self::Boolean(text) | Self::Number(text) | Self::Text(text) => Some(text),
            Self::Null | Self::List(_) | Self::Map(_) => None,
        }
    }
}

impl<'t> Node<'t> {
    /// A copy, all of which has another place.
    pub(super) fn at(&self, place: Place) -> Self {
        let value = match &self.value {
            Value::Null => Value::Null,
            Value::Boolean(text) => Value::Boolean(text.clone()),
            Value::Number(text) => Value::Number(text.clone()),
            Value::Text(text) => Value::Text(text.clone()),
            Value::List(nodes) => Value::List(nodes.iter().map(|node| node.at(place)).collect()),
            Value::Map(entries) => {
                let entries = entries.iter();
                let copy = |(key, node): &Entry<'t>| (key.at(place), node.at(place));
                Value::Map(entries.map(copy).collect())
            }
        };
        Self { place, value }
    }

    /// What a copy costs, in nodes, and how deep the lists and maps in it are nested.
    pub(super) fn measure(&self) -> Size {
        let mut inner = Size { nodes: 0, depth: 0 };
        let mut add = |text: usize, size: Size| {
            inner.nodes += text + size.nodes;
            inner.depth = inner.depth.max(size.depth);
        };
        match &self.value {
            Value::Null => {}
            Value::Boolean(text) | Value::Number(text) | Value::Text(text) => {
                inner.nodes += text.copied();
            }
            Value::List(nodes) => nodes.iter().for_each(|node| add(0, node.measure())),
            Value::Map(entries) => {
                entries.iter().for_each(|(key, node)| add(1 + key.text.copied(), node.measure()));
            }
        }
        let is_one = !matches!(self.value, Value::List(_) | Value::Map(_));
        Size { nodes: inner.nodes + 1, depth: inner.depth + usize::from(!is_one) }
    }
}

/// How large a tree is.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) nodes: usize,
    pub(super) depth: usize,
}

impl Key<'_> {
    fn at(&self, place: Place) -> Self {
        Self { place, text: self.text.clone() }
    }
}

impl Text<'_> {
    /// The octets, moved where they are its own.
    pub(crate) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(match self {
            Self::Borrowed(text) => text.as_bytes().to_vec(),
            Self::Owned(mut text) => mem::take(&mut *text).into_bytes(),
        })
    }

    /// What a copy of it costs, in nodes.
    fn copied(&self) -> usize {
        match self {
            Self::Borrowed(_) => 0,
            Self::Owned(text) => text.len() / size_of::<Node<'_>>(),
        }
    }
}

impl<'t> From<Cow<'t, str>> for Text<'t> {
    fn from(text: Cow<'t, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::Borrowed(text),
            Cow::Owned(text) => Self::Owned(Zeroizing::new(text)),
        }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text<'_> {}

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text) => text,
        }
    }
}

impl From<&Marker> for Place {
    fn from(marker: &Marker) -> Self {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX).max(1);
        Self { line: number(marker.line()), column: number(marker.col().saturating_add(1)) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
