//! What the parser says of a text that is no YAML, in the words of people who write it.

use serde_saphyr::Error;

use super::read::at;
use super::{Place, SpecificationFault};

/// A part of what the parser says, what we say, and what to do.
type Words = (&'static str, &'static str, &'static str);

const WORDS: [Words; 17] = [
    ("tab", "a tab", "indent with blanks: YAML takes no tabs there"),
    (
        "unknown anchor",
        "a * begins the name of an anchor, and there is none of this name",
        "put a name that begins with * in quotes: \"*.example.com\"",
    ),
    ("unclosed quote", "the quoted text does not end", "put the closing quote"),
    ("unclosed bracket", "the bracket is not closed", "[ is closed by ], and { by }"),
    ("mismatched bracket", "the bracket is closed by another one", "[ is closed by ], and { by }"),
    (
        "mapping values are not allowed",
        "a colon is where no field can be",
        "fields of one map are indented alike; a text with a colon and a blank goes in quotes",
    ),
    (
        "illegal placement of ':'",
        "a colon is where no field can be",
        "is a bracket or a brace above not closed?",
    ),
    (
        "did not find expected",
        "the indentation is not that of the lines above",
        "fields of one map are indented alike, and so are the items of a list",
    ),
    (
        "unexpected character",
        "no text begins with this character",
        "put the text in quotes: \"...\"",
    ),
    ("trailing content", "a comma or the end of the line is missing", "behind the quoted text"),
    ("escape", "the quoted text has an escape that there is not", "write \\\\ for a backslash"),
    ("invalid type", "it is no map of issuer, defaults and certificates", "certificates: [...]"),
    (
        "multiple YAML documents",
        "a second document begins, and one is read",
        "one file for each specification",
    ),
    ("recursion limit", "it is nested too deep", "certificates: [{name: zone-1, ...}]"),
    ("expected string scalar", "the name of a field is no text", "field: value"),
    ("budget breached", "there is more in it than is read", "use defaults instead of aliases"),
    ("eof", "the file ends too soon, or is empty", "certificates: [...]"),
];

/// The fault with its place. Nothing of the text is repeated: it may be a key that was given by mistake.
pub(super) fn unreadable(error: &Error) -> SpecificationFault {
    let place = error.location().map_or(Place { line: 1, column: 1 }, |place| at(&place));
    let (text, hint) = match error.without_snippet() {
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            ("its aliases make more of it than is read", Some("use defaults instead of aliases"))
        }
        other => {
            let said = other.to_string();
            match WORDS.iter().find(|(part, ..)| said.contains(part)) {
                Some((_, text, hint)) => (*text, Some(*hint)),
                None => ("it cannot be read as YAML or JSON of a specification", None),
            }
        }
    };
    SpecificationFault { place, text: text.to_owned(), hint: hint.map(str::to_owned) }
}
