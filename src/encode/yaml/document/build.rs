//! Trees, from what the parser tells.

use std::collections::HashSet;
use std::rc::Rc;

use granit_parser::Event;

use super::{Document, MAX_DEPTH};
use crate::encode::yaml::error::{Error, Reason};
use crate::encode::yaml::node::{Entry, Key, Node, Place, Text, Value};
use crate::encode::yaml::scalar;

impl<'t> Document<'t> {
    /// The node that begins with an event.
    pub(super) fn build(&mut self, event: Event<'t>, place: Place) -> Result<Node<'t>, Error> {
        let (value, anchor) = match event {
            Event::Alias(anchor) => return self.alias(anchor, place),
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1, place)?;
                let value = scalar::value(text, style, tag.as_deref());
                (value.ok_or_else(|| Reason::Other.at(place))?, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.enter(place, tag.as_deref(), "seq")?;
                (Value::List(self.list()?), anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.enter(place, tag.as_deref(), "map")?;
                (Value::Map(self.map()?), anchor)
            }
            _ => return Err(Reason::Other.at(place)),
        };
        let node = Node { place, value };
        if anchor != 0 {
            self.keep(anchor, &node)?;
        }
        Ok(node)
    }

    /// The items of a list that was entered.
    fn list(&mut self) -> Result<Vec<Node<'t>>, Error> {
        let mut nodes = Vec::new();
        loop {
            match self.event()? {
                (Event::SequenceEnd, _) => break,
                (event, place) => nodes.push(self.build(event, place)?),
            }
        }
        self.depth -= 1;
        Ok(nodes)
    }

    /// The entries of a map that was entered, and behind them the merged ones.
    fn map(&mut self) -> Result<Vec<Entry<'t>>, Error> {
        let (mut entries, mut merged): (Vec<Entry<'_>>, Vec<_>) = (Vec::new(), Vec::new());
        loop {
            match self.event()? {
                (Event::MappingEnd, _) => break,
                (event, place) => match self.key(event, place)? {
                    Some(key) => entries.push((key, self.node()?)),
                    None => merged.append(&mut self.merged()?),
                },
            }
        }
        self.depth -= 1;
        if !merged.is_empty() || !self.rules.duplicate_keys {
            let mut names = HashSet::new();
            entries.iter().try_for_each(|(key, _)| self.note(&mut names, key))?;
            let merged = merged.into_iter();
            entries.extend(merged.filter(|(key, _)| names.insert(key.text.clone())));
        }
        Ok(entries)
    }

    /// Adds a key to those of its map.
    pub(super) fn note(&self, names: &mut HashSet<Text<'t>>, key: &Key<'t>) -> Result<(), Error> {
        if names.insert(key.text.clone()) || self.rules.duplicate_keys {
            Ok(())
        } else {
            Err(Reason::DuplicateKey.at(key.place))
        }
    }

    /// A key, as it was typed; `None` if it stands for the entries of its value.
    pub(super) fn key(&mut self, event: Event<'t>, place: Place) -> Result<Option<Key<'t>>, Error> {
        let is_key = matches!(event, Event::Scalar(..) | Event::Alias(_));
        if let Event::Scalar(text, style, _, tag) = &event
            && scalar::is_merge(text, *style, tag.as_deref())
        {
            self.count(1, place)?;
            return Ok(None);
        }
        let node = if is_key { Some(self.build(event, place)?) } else { None };
        let text = node.and_then(|node| node.value.typed());
        text.map(|text| Some(Key { place, text })).ok_or_else(|| Reason::Key.at(place))
    }

    /// The entries that the value of `<<` stands for: those of a map, or of several.
    pub(super) fn merged(&mut self) -> Result<Vec<Entry<'t>>, Error> {
        fn entries<'t>(node: Node<'t>, into: &mut Vec<Entry<'t>>) -> Result<(), Error> {
            match node.value {
                Value::Null => Ok(()),
                Value::Map(mut there) => {
                    into.append(&mut there);
                    Ok(())
                }
                Value::List(nodes) => nodes.into_iter().try_for_each(|node| entries(node, into)),
                _ => Err(Reason::Other.at(node.place)),
            }
        }
        let mut all = Vec::new();
        entries(self.node()?, &mut all)?;
        Ok(all)
    }

    /// A copy of a node that has a name. One that is still open would hold itself.
    fn alias(&mut self, anchor: usize, place: Place) -> Result<Node<'t>, Error> {
        let kept = self.anchors.get(anchor).cloned().flatten();
        let kept = kept.ok_or_else(|| Reason::Other.at(place))?;
        let (node, size) = &*kept;
        if self.depth + size.depth > MAX_DEPTH {
            return Err(Reason::TooDeep.at(place));
        }
        self.copy(size.nodes, place)?;
        self.count(size.nodes, place)?;
        Ok(node.at(place))
    }

    /// Keeps a node that has a name.
    fn keep(&mut self, anchor: usize, node: &Node<'t>) -> Result<(), Error> {
        let size = node.measure();
        self.copy(size.nodes, node.place)?;
        if self.anchors.len() <= anchor {
            self.anchors.resize(anchor + 1, None);
        }
        self.anchors[anchor] = Some(Rc::new((node.at(node.place), size)));
        Ok(())
    }

    fn copy(&mut self, nodes: usize, place: Place) -> Result<(), Error> {
        self.copies = self.copies.saturating_add(nodes);
        if self.copies > self.rules.max_copies { Err(Reason::Aliases.at(place)) } else { Ok(()) }
    }
}
