//! The structural errors of a specification, in terms of YAML and its fields rather than of the parser.

use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::granit_parser::ErrorKind;
use serde_saphyr::{Error, ExternalMessageSource, Location};

use super::SpecificationError;
use crate::text::excerpt;

const ALIASES: (&str, &str) =
    ("aliases expand to more than the limit", "use defaults instead of aliases");
const EXAMPLE: &str = "certificates: [{name: zone-1, type: server, hostnames: [cp.example]}]";
const OTHER: (&str, &str) = ("not a specification in YAML or JSON", EXAMPLE);
const INDENTATION: &str =
    "indent the fields of a mapping, or the items of a list, by the same amount";
/// What `artifacts` was called; it is read, and not suggested.
const OLD_NAME: &str = "artefacts";
const QUOTES: &str = "put a number or boolean in quotes";
const BRACKETS: &str = "close [ with ] and { with }";

/// Returns the error with its position. It quotes only unknown field names and unquoted numbers and booleans: any
/// other text may be a private key that was passed by mistake.
pub(super) fn parse_error(error: &Error) -> SpecificationError {
    let position = error.location().unwrap_or(Location::UNKNOWN).into();
    let (text, hint) = message(error);
    SpecificationError { position, text, hint }
}

/// Returns the error text and its hint.
fn message(error: &Error) -> (String, Option<String>) {
    let (text, hint) = match error {
        Error::AliasError { error, .. } => return message(error),
        Error::SerdeUnknownField { field, expected, .. } => return unknown(field, expected),
        Error::QuotingRequired { value, .. } => {
            let value = excerpt(value);
            let text = format!("expected a string, found the number or boolean {value}");
            return (text, Some(format!("quote it: \"{value}\"")));
        }
        Error::SerdeInvalidType { unexpected, expected, .. } => {
            let is_scalar = ["integer", "floating point", "boolean"]
                .iter()
                .any(|kind| unexpected.starts_with(kind));
            let hint = is_scalar && expected.contains("string");
            return (format!("expected {expected}"), hint.then(|| QUOTES.to_owned()));
        }
        Error::SerdeInvalidLength { expected, .. } => {
            return (format!("expected {expected}"), None);
        }
        Error::Unexpected { expected: "mapping start", .. } => {
            ("expected a mapping", "field: value")
        }
        Error::Unexpected { expected: "sequence start", .. } => ("expected a list", EXAMPLE),
        Error::Unexpected { expected: "string scalar", .. } => ("expected a string", "\"...\""),
        Error::NullIntoString { .. } => {
            ("expected a string, found nothing", "set a value, or remove the field")
        }
        Error::DuplicateMappingKey { .. } => ("duplicate field", "merge the two, or remove one"),
        Error::MultipleDocuments { .. } => {
            ("more than one document", "use one file for each specification")
        }
        Error::UnknownAnchor { .. } => (
            "* begins an alias, and its anchor does not exist",
            "quote a name that begins with *: \"*.example.com\"",
        ),
        Error::Budget { breach, .. } => match breach {
            BudgetBreach::Depth { .. } => ("nested too deeply", EXAMPLE),
            BudgetBreach::Events { .. } | BudgetBreach::Nodes { .. } => {
                ("the specification is too large", "use one file for each million certificates")
            }
            _ => ALIASES,
        },
        Error::AliasReplayLimitExceeded { .. } | Error::AliasReplayStackDepthExceeded { .. } => {
            ALIASES
        }
        Error::Eof { .. } => ("unexpected end of the text", EXAMPLE),
        Error::ExternalMessage { source, .. } => match &**source {
            ExternalMessageSource::Parser(error) => syntax(error.kind()),
            _ => OTHER,
        },
        _ => OTHER,
    };
    (text.to_owned(), Some(hint.to_owned()))
}

/// Returns the text and the hint of a syntax error.
const fn syntax(kind: &ErrorKind) -> (&'static str, &'static str) {
    match kind {
        ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabNotAllowed => {
            ("unexpected tab", "indent with spaces: YAML does not allow tabs here")
        }
        ErrorKind::UnclosedQuotedScalar => ("unterminated quoted string", "add the closing quote"),
        ErrorKind::UnclosedFlowCollection { .. } => ("unclosed bracket", BRACKETS),
        ErrorKind::MismatchedFlowCollectionEnd { .. } => ("mismatched closing bracket", BRACKETS),
        ErrorKind::MappingValueNotAllowed => (
            "unexpected colon",
            "indent the fields of a mapping by the same amount, and quote a string with a colon and a space",
        ),
        ErrorKind::InvalidColonPlacement => {
            ("unexpected colon", "check that all brackets above are closed")
        }
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::ExpectedDocumentStart
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedNodeContent
        | ErrorKind::InvalidBlockScalarHeader
        | ErrorKind::InvalidTagTerminator => ("inconsistent indentation", INDENTATION),
        ErrorKind::MissingAnchorOrAliasName | ErrorKind::UnexpectedCharacter { .. } => {
            ("a string cannot begin with this character", "quote the string: \"...\"")
        }
        ErrorKind::InvalidTrailingDoubleQuotedScalar
        | ErrorKind::InvalidTrailingSingleQuotedScalar => {
            ("unexpected text after a quoted string", "add a comma or a line break")
        }
        ErrorKind::InvalidLowSurrogate
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::UnpairedLowSurrogate => {
            ("unknown escape in a quoted string", "write \\\\ for a backslash")
        }
        ErrorKind::RecursionLimitExceeded => ("nested too deeply", EXAMPLE),
        ErrorKind::UnexpectedEof => ("unexpected end of the text", EXAMPLE),
        _ => OTHER,
    }
}

fn unknown(field: &str, known: &[&str]) -> (String, Option<String>) {
    let hint = nearest(field, known).map_or_else(
        || {
            let known: Vec<_> = known.iter().filter(|field| **field != OLD_NAME).copied().collect();
            format!("use one of {}", known.join(", "))
        },
        |meant| format!("did you mean {meant}?"),
    );
    (format!("unknown field {:?}", excerpt(field)), Some(hint))
}

/// Returns the known field that differs from a typed one only in case, hyphens or a final `s`.
fn nearest<'f>(typed: &str, known: &[&'f str]) -> Option<&'f str> {
    let bare = |text: &str| {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_ascii_lowercase().trim_end_matches('s').to_owned()
    };
    known.iter().find(|field| bare(field) == bare(typed)).copied()
}
