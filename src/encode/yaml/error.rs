//! Why a text is no YAML, or none that is read.

use granit_parser::{ErrorKind, ScanError};

use super::node::Place;

/// A fault of a text, and where it shows. It holds no part of the text, which may be a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Error {
    pub(crate) place: Place,
    pub(crate) reason: Reason,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reason {
    /// Its aliases make more of it than is read.
    Aliases,
    /// Something follows a quoted text.
    BehindQuote,
    /// A text without quotes begins with what cannot begin one.
    Character,
    /// A colon where no key is.
    Colon,
    /// A colon in brackets or braces where no key is.
    ColonInFlow,
    /// A key that its map has already, where that is not allowed.
    DuplicateKey,
    /// It ends too soon.
    End,
    /// An escape that there is not.
    Escape,
    /// The indentation, or what follows in a list or a map.
    Indentation,
    /// A key that is null, a list or a map.
    Key,
    /// A bracket is closed by another one.
    MismatchedBracket,
    /// It is no map, and should be one.
    NoMap,
    /// Anything else.
    Other,
    /// More than one document.
    SeveralDocuments,
    /// A tab where there can be none.
    Tab,
    /// Lists and maps are nested too deep.
    TooDeep,
    /// There is more of it than is read.
    TooMuch,
    /// A bracket that is not closed.
    UnclosedBracket,
    /// A quote that is not closed.
    UnclosedQuote,
    /// An alias for which there is no anchor.
    UnknownAnchor,
}

impl Reason {
    pub(super) const fn at(self, place: Place) -> Error {
        Error { place, reason: self }
    }
}

impl From<ScanError> for Error {
    fn from(error: ScanError) -> Self {
        Reason::from(error.kind()).at(error.marker().into())
    }
}

impl From<&ErrorKind> for Reason {
    fn from(kind: &ErrorKind) -> Self {
        match kind {
            ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabNotAllowed => Self::Tab,
            ErrorKind::UnknownAnchor => Self::UnknownAnchor,
            ErrorKind::UnclosedQuotedScalar => Self::UnclosedQuote,
            ErrorKind::UnclosedFlowCollection { .. } => Self::UnclosedBracket,
            ErrorKind::MismatchedFlowCollectionEnd { .. } => Self::MismatchedBracket,
            ErrorKind::MappingValueNotAllowed => Self::Colon,
            ErrorKind::InvalidColonPlacement => Self::ColonInFlow,
            ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::ExpectedBlockSequenceEntry
            | ErrorKind::ExpectedDocumentStart
            | ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedNodeContent
            | ErrorKind::InvalidBlockScalarHeader
            | ErrorKind::InvalidTagTerminator => Self::Indentation,
            ErrorKind::MissingAnchorOrAliasName | ErrorKind::UnexpectedCharacter { .. } => {
                Self::Character
            }
            ErrorKind::InvalidTrailingDoubleQuotedScalar
            | ErrorKind::InvalidTrailingSingleQuotedScalar => Self::BehindQuote,
            ErrorKind::InvalidLowSurrogate
            | ErrorKind::InvalidLowSurrogateHexEscape
            | ErrorKind::InvalidQuotedScalarHexEscape
            | ErrorKind::InvalidUnicodeEscape
            | ErrorKind::MissingLowSurrogate
            | ErrorKind::UnknownQuotedScalarEscape
            | ErrorKind::UnpairedLowSurrogate => Self::Escape,
            ErrorKind::RecursionLimitExceeded => Self::TooDeep,
            ErrorKind::UnexpectedEof => Self::End,
            _ => Self::Other,
        }
    }
}
