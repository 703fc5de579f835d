//! Why a text is not a specification, in the words of people who write it.

use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::granit_parser::ErrorKind;
use serde_saphyr::{Error, ExternalMessageSource, Location};

use super::SpecificationFault;
use crate::text::excerpt;

const ALIASES: (&str, &str) =
    ("its aliases make more of it than is read", "use defaults instead of aliases");
const EXAMPLE: &str = "certificates: [{name: zone-1, type: server, hostnames: [cp.example]}]";
const OTHER: (&str, &str) = ("it cannot be read as YAML or JSON of a specification", EXAMPLE);
const INDENTATION: &str = "fields of one map are indented alike, and so are the items of a list";
const BRACKETS: &str = "[ is closed by ], and { by }";

/// Returns the fault with its place. Of the text it repeats the names of unknown fields, and numbers and
/// booleans without quotes; the rest may be a key that was given by mistake.
pub(super) fn unreadable(error: &Error) -> SpecificationFault {
    let place = error.location().unwrap_or(Location::UNKNOWN).into();
    let (text, hint) = words(error);
    SpecificationFault { place, text, hint }
}

fn words(error: &Error) -> (String, Option<String>) {
    let (text, hint) = match error {
        Error::AliasError { error, .. } => return words(error),
        Error::SerdeUnknownField { field, expected, .. } => return unknown(field, expected),
        Error::QuotingRequired { value, .. } => {
            let value = excerpt(value);
            let text = format!("{value} is a number or a boolean, and a text is expected");
            return (text, Some(format!("put it in quotes: \"{value}\"")));
        }
        Error::SerdeInvalidType { expected, .. } | Error::SerdeInvalidLength { expected, .. } => {
            return (format!("{expected} is expected"), None);
        }
        Error::Unexpected { expected: "mapping start", .. } => {
            ("a map is expected", "field: value")
        }
        Error::Unexpected { expected: "sequence start", .. } => ("a list is expected", EXAMPLE),
        Error::Unexpected { expected: "string scalar", .. } => ("a text is expected", "\"...\""),
        Error::NullIntoString { .. } => {
            ("a text is expected, and there is nothing", "give it a value, or take the field away")
        }
        Error::DuplicateMappingKey { .. } => {
            ("this field is there twice", "join them, or take one away")
        }
        Error::MultipleDocuments { .. } => {
            ("a second document begins, and one is read", "one file for each specification")
        }
        Error::UnknownAnchor { .. } => (
            "a * begins the name of an anchor, and there is none of this name",
            "put a name that begins with * in quotes: \"*.example.com\"",
        ),
        Error::Budget { breach, .. } => match breach {
            BudgetBreach::Depth { .. } => ("it is nested too deep", EXAMPLE),
            BudgetBreach::Events { .. } | BudgetBreach::Nodes { .. } => {
                ("there is more in it than is read", "use one file for each million certificates")
            }
            _ => ALIASES,
        },
        Error::AliasReplayLimitExceeded { .. } | Error::AliasReplayStackDepthExceeded { .. } => {
            ALIASES
        }
        Error::Eof { .. } => ("it ends too soon, or is empty", EXAMPLE),
        Error::ExternalMessage { source, .. } => match &**source {
            ExternalMessageSource::Parser(error) => syntax(error.kind()),
            _ => OTHER,
        },
        _ => OTHER,
    };
    (text.to_owned(), Some(hint.to_owned()))
}

/// What the parser of YAML says, and what to do.
const fn syntax(kind: &ErrorKind) -> (&'static str, &'static str) {
    match kind {
        ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabNotAllowed => ("a tab", "indent with blanks: YAML takes no tabs there"),
        ErrorKind::UnclosedQuotedScalar => {
            ("the quoted text does not end", "put the closing quote")
        }
        ErrorKind::UnclosedFlowCollection { .. } => ("the bracket is not closed", BRACKETS),
        ErrorKind::MismatchedFlowCollectionEnd { .. } => {
            ("the bracket is closed by another one", BRACKETS)
        }
        ErrorKind::MappingValueNotAllowed => (
            "a colon is where no field can be",
            "fields of one map are indented alike; a text with a colon and a blank goes in quotes",
        ),
        ErrorKind::InvalidColonPlacement => {
            ("a colon is where no field can be", "is a bracket or a brace above not closed?")
        }
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::ExpectedDocumentStart
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedNodeContent
        | ErrorKind::InvalidBlockScalarHeader
        | ErrorKind::InvalidTagTerminator => {
            ("the indentation is not that of the lines above", INDENTATION)
        }
        ErrorKind::MissingAnchorOrAliasName | ErrorKind::UnexpectedCharacter { .. } => {
            ("no text begins with this character", "put the text in quotes: \"...\"")
        }
        ErrorKind::InvalidTrailingDoubleQuotedScalar
        | ErrorKind::InvalidTrailingSingleQuotedScalar => {
            ("a comma or the end of the line is missing", "behind the quoted text")
        }
        ErrorKind::InvalidLowSurrogate
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::UnpairedLowSurrogate => {
            ("the quoted text has an escape that there is not", "write \\\\ for a backslash")
        }
        ErrorKind::RecursionLimitExceeded => ("it is nested too deep", EXAMPLE),
        ErrorKind::UnexpectedEof => ("it ends too soon, or is empty", EXAMPLE),
        _ => OTHER,
    }
}

fn unknown(field: &str, known: &[&str]) -> (String, Option<String>) {
    let hint = match nearest(field, known) {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!("the fields are {}", known.join(", ")),
    };
    (format!("there is no field {:?} here", excerpt(field)), Some(hint))
}

/// The field that was probably meant: the same but for case, hyphens and an `s`.
fn nearest<'f>(typed: &str, known: &[&'f str]) -> Option<&'f str> {
    let bare = |text: &str| {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_ascii_lowercase().trim_end_matches('s').to_owned()
    };
    known.iter().find(|field| bare(field) == bare(typed)).copied()
}
