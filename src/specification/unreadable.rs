//! Why a text is no specification, in the words of people who write it.

use super::SpecificationFault;
use crate::encode::yaml::{Error, Reason};

/// The fault with its place. Nothing of the text is repeated: it may be a key that was given by mistake.
pub(super) fn unreadable(error: Error) -> SpecificationFault {
    let (text, hint) = words(error.reason);
    SpecificationFault { place: error.place, text: text.to_owned(), hint: hint.map(str::to_owned) }
}

/// What we say, and what to do.
const fn words(reason: Reason) -> (&'static str, Option<&'static str>) {
    let (text, hint) = match reason {
        Reason::Aliases => {
            ("its aliases make more of it than is read", "use defaults instead of aliases")
        }
        Reason::BehindQuote => {
            ("a comma or the end of the line is missing", "behind the quoted text")
        }
        Reason::Character => {
            ("no text begins with this character", "put the text in quotes: \"...\"")
        }
        Reason::Colon => (
            "a colon is where no field can be",
            "fields of one map are indented alike; a text with a colon and a blank goes in quotes",
        ),
        Reason::ColonInFlow => {
            ("a colon is where no field can be", "is a bracket or a brace above not closed?")
        }
        Reason::DuplicateKey => ("a field is there twice", "join them, or take one away"),
        Reason::End => ("the file ends too soon, or is empty", "certificates: [...]"),
        Reason::Escape => {
            ("the quoted text has an escape that there is not", "write \\\\ for a backslash")
        }
        Reason::Indentation => (
            "the indentation is not that of the lines above",
            "fields of one map are indented alike, and so are the items of a list",
        ),
        Reason::Key => ("the name of a field is no text", "field: value"),
        Reason::MismatchedBracket => {
            ("the bracket is closed by another one", "[ is closed by ], and { by }")
        }
        Reason::NoMap => {
            ("it is no map of issuer, defaults and certificates", "certificates: [...]")
        }
        Reason::Other => return ("it cannot be read as YAML or JSON of a specification", None),
        Reason::SeveralDocuments => {
            ("a second document begins, and one is read", "one file for each specification")
        }
        Reason::Tab => ("a tab", "indent with blanks: YAML takes no tabs there"),
        Reason::TooDeep => ("it is nested too deep", "certificates: [{name: zone-1, ...}]"),
        Reason::TooMuch => ("there is more in it than is read", "use defaults instead of aliases"),
        Reason::UnclosedBracket => ("the bracket is not closed", "[ is closed by ], and { by }"),
        Reason::UnclosedQuote => ("the quoted text does not end", "put the closing quote"),
        Reason::UnknownAnchor => (
            "a * begins the name of an anchor, and there is none of this name",
            "put a name that begins with * in quotes: \"*.example.com\"",
        ),
    };
    (text, Some(hint))
}
