//! The only document of a text in YAML or JSON, read from its beginning to its end.

mod build;

use std::collections::HashSet;
use std::rc::Rc;

use granit_parser::{Event, Parser, StrInput, Tag};

use super::error::{Error, Reason};
use super::node::{Key, Node, Place, Size, Value};
use super::scalar;

/// How deep lists and maps can be nested, aliases included: trees are walked by recursion.
const MAX_DEPTH: usize = 64;

/// What is read of a text, and what is not.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// How many scalars, lists and maps there can be.
    pub(crate) max_nodes: usize,
    /// How many of them anchors and aliases can copy. A long text counts as several.
    pub(crate) max_copies: usize,
    /// Whether a map can have a key twice; otherwise that is an error.
    pub(crate) duplicate_keys: bool,
}

/// A document on the way through it. Its fields are read one by one, so that a tree is made of no more
/// than who reads it asks for.
pub(crate) struct Document<'t> {
    events: Parser<'t, StrInput<'t>>,
    rules: Rules,
    nodes: usize,
    copies: usize,
    /// The lists and maps that are open.
    depth: usize,
    /// The nodes that have a name, by the number that the parser gives it.
    anchors: Vec<Option<Rc<(Node<'t>, Size)>>>,
    /// The value of a merged field, which is handed out instead of what comes next.
    ready: Option<Node<'t>>,
}

impl<'t> Document<'t> {
    /// The document of a text.
    pub(crate) fn new(text: &'t str, rules: Rules) -> Self {
        let options = granit_parser::options! { emit_comments: false };
        let events = Parser::new_from_str_with_options(text, options);
        let (anchors, ready) = (Vec::new(), None);
        Self { events, rules, nodes: 0, copies: 0, depth: 0, anchors, ready }
    }

    /// Hands every key of the map that the document is to `each`, which takes its value by [`node`],
    /// [`items`] or [`skip`] before it returns. There is none in an empty document.
    ///
    /// [`node`]: Self::node
    /// [`items`]: Self::items
    /// [`skip`]: Self::skip
    ///
    /// # Errors
    ///
    /// What is no YAML, no map, or more than one document; and what `each` refuses.
    pub(crate) fn fields<E: From<Error>>(
        mut self,
        mut each: impl FnMut(&mut Self, Key<'t>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (root, place) = self.begin()?;
        match root {
            Event::StreamEnd => return Ok(()),
            Event::MappingStart(_, _, tag) => {
                self.enter(place, tag.as_deref(), "map")?;
                let (mut names, mut merged) = (HashSet::new(), Vec::new());
                loop {
                    match self.event()? {
                        (Event::MappingEnd, _) => break,
                        (event, place) => match self.key(event, place)? {
                            Some(key) => {
                                self.note(&mut names, &key)?;
                                each(&mut self, key)?;
                            }
                            None => merged.append(&mut self.merged()?),
                        },
                    }
                }
                for (key, node) in merged {
                    if names.insert(key.text.clone()) {
                        self.ready = Some(node);
                        each(&mut self, key)?;
                    }
                }
            }
            Event::Scalar(text, style, _, tag) => {
                let Some(Value::Null) = scalar::value(text, style, tag.as_deref()) else {
                    return Err(Reason::NoMap.at(place).into());
                };
            }
            _ => return Err(Reason::NoMap.at(place).into()),
        }
        self.end().map_err(E::from)
    }

    /// The value that comes next.
    ///
    /// # Errors
    ///
    /// What is no YAML, or too much.
    pub(crate) fn node(&mut self) -> Result<Node<'t>, Error> {
        if let Some(node) = self.ready.take() {
            return Ok(node);
        }
        let (event, place) = self.event()?;
        self.build(event, place)
    }

    /// Hands the items of the list that comes next to `each`, one by one, and gives nothing back; or gives
    /// what stands in the place of a list.
    ///
    /// # Errors
    ///
    /// What is no YAML, or too much.
    pub(crate) fn items(
        &mut self,
        mut each: impl FnMut(Node<'t>),
    ) -> Result<Option<Node<'t>>, Error> {
        let node = match self.ready.take() {
            Some(node) => node,
            None => match self.event()? {
                // One with a name is kept as a whole.
                (Event::SequenceStart(_, 0, tag), place) => {
                    self.enter(place, tag.as_deref(), "seq")?;
                    loop {
                        match self.event()? {
                            (Event::SequenceEnd, _) => break,
                            (event, place) => each(self.build(event, place)?),
                        }
                    }
                    self.depth -= 1;
                    return Ok(None);
                }
                (event, place) => self.build(event, place)?,
            },
        };
        match node.value {
            Value::List(nodes) => {
                nodes.into_iter().for_each(each);
                Ok(None)
            }
            _ => Ok(Some(node)),
        }
    }

    /// Passes over the value that comes next, whatever it is.
    ///
    /// # Errors
    ///
    /// What is no YAML, or too much.
    pub(crate) fn skip(&mut self) -> Result<(), Error> {
        if self.ready.take().is_some() {
            return Ok(());
        }
        let outside = self.depth;
        loop {
            match self.event()? {
                (Event::SequenceEnd | Event::MappingEnd, _) => self.depth -= 1,
                (Event::SequenceStart(_, 0, tag), place) => {
                    self.enter(place, tag.as_deref(), "seq")?;
                }
                (Event::MappingStart(_, 0, tag), place) => {
                    self.enter(place, tag.as_deref(), "map")?;
                }
                (Event::Scalar(_, _, 0, _), place) => self.count(1, place)?,
                // What has a name may be meant further on.
                (event, place) => drop(self.build(event, place)?),
            }
            if self.depth == outside {
                return Ok(());
            }
        }
    }

    /// The first event that says something.
    fn begin(&mut self) -> Result<(Event<'t>, Place), Error> {
        loop {
            match self.event()? {
                (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd, _) => {}
                found => return Ok(found),
            }
        }
    }

    /// Looks for another document behind this one.
    fn end(&mut self) -> Result<(), Error> {
        match self.begin()? {
            (Event::StreamEnd, _) => Ok(()),
            (_, place) => Err(Reason::SeveralDocuments.at(place)),
        }
    }

    fn event(&mut self) -> Result<(Event<'t>, Place), Error> {
        match self.events.next_event() {
            Some(Ok((event, span))) => Ok((event, Place::from(&span.start))),
            Some(Err(error)) => Err(error.into()),
            None => Err(Reason::End.at(Place { line: 1, column: 1 })),
        }
    }

    fn enter(&mut self, place: Place, tag: Option<&Tag>, kind: &str) -> Result<(), Error> {
        self.count(1, place)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Reason::TooDeep.at(place));
        }
        if scalar::can_be(tag, kind) { Ok(()) } else { Err(Reason::Other.at(place)) }
    }

    fn count(&mut self, nodes: usize, place: Place) -> Result<(), Error> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > self.rules.max_nodes { Err(Reason::TooMuch.at(place)) } else { Ok(()) }
    }
}
