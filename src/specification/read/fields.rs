//! The fields of a map, and the texts in them.

use super::Reader;
use crate::encode::yaml::{Key, Node, Value};
use crate::specification::Place;
use crate::text::printable;

impl Reader {
    /// The fields of a map, those that there are not told as faults.
    pub(super) fn fields<'n>(
        &mut self,
        node: &'n Node<'n>,
        what: &str,
        known: &[&'static str],
    ) -> Vec<(&'static str, &'n Node<'n>)> {
        let Value::Map(entries) = &node.value else {
            let text = format!("{what} is {}, not a map", node.value.kind());
            let hint = match &node.value {
                Value::Null => "give it fields, or take the line away".to_owned(),
                _ => fields_of(what, known),
            };
            self.fault(node.place, text, Some(hint));
            return Vec::new();
        };
        let mut fields: Vec<(&'static str, &Node<'_>)> = Vec::new();
        for (key, value) in entries {
            match known.iter().find(|field| **field == &*key.text) {
                None => self.unknown(key, what, known),
                Some(field) if fields.iter().any(|(there, _)| there == field) => self.twice(key),
                Some(field) => fields.push((field, value)),
            }
        }
        fields
    }

    pub(super) fn twice(&mut self, key: &Key<'_>) {
        let text = format!("the field {} is there twice", printable(&key.text));
        self.fault(key.place, text, Some("join them, or take one away".to_owned()));
    }

    pub(super) fn unknown(&mut self, key: &Key<'_>, what: &str, known: &[&str]) {
        let name = printable(&key.text);
        let hint = match nearest(&key.text, known) {
            Some(field) => format!("did you mean {field}?"),
            None => fields_of(what, known),
        };
        self.fault(key.place, format!("{what} has no field {name:?}"), Some(hint));
    }

    /// A text, or a fault.
    pub(super) fn text<'n>(&mut self, field: &str, node: &'n Node<'n>) -> Option<&'n str> {
        match &node.value {
            Value::Text(text) => Some(text),
            other => {
                let text = format!("{field} is {}, not a text", other.kind());
                let hint = match other {
                    Value::Number(_) | Value::Boolean(_) => {
                        Some("put it in quotes, as a text: \"...\"")
                    }
                    Value::Null => Some("give it a value, or take the field away"),
                    _ => None,
                };
                self.fault(node.place, text, hint.map(str::to_owned));
                None
            }
        }
    }

    /// Texts: a list of them, or one.
    pub(super) fn texts<'n>(&mut self, field: &str, node: &'n Node<'n>) -> Vec<(&'n str, Place)> {
        match &node.value {
            Value::List(nodes) => nodes
                .iter()
                .filter_map(|node| Some((self.text(field, node)?, node.place)))
                .collect(),
            _ => self.text(field, node).map(|text| (text, node.place)).into_iter().collect(),
        }
    }

    /// The name of a file, or a fault.
    pub(super) fn file<'n>(&mut self, field: &str, node: &'n Node<'n>) -> Option<&'n str> {
        let text = self.text(field, node)?;
        if text.is_empty() || text.contains('\0') {
            let text = format!("{field}: {:?} is no name of a file", printable(text));
            self.fault(node.place, text, None);
            return None;
        }
        Some(text)
    }
}

fn fields_of(what: &str, known: &[&str]) -> String {
    let fields: Vec<&str> =
        known.iter().copied().filter(|field| what != "defaults" || *field != "name").collect();
    format!("the fields of {what} are {}", fields.join(", "))
}

/// The field that was probably meant: the same but for case, hyphens and an `s`.
fn nearest<'f>(typed: &str, known: &[&'f str]) -> Option<&'f str> {
    let bare = |text: &str| {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_ascii_lowercase().trim_end_matches('s').to_owned()
    };
    known.iter().find(|field| bare(field) == bare(typed)).copied()
}
