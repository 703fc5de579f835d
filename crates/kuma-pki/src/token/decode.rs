//! Decodes a token like kuma-cp (golang-jwt, `ParseUnverified`), without verifying it.

use std::fmt;

use base64::DecodeError;
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// A decoded token.
#[derive(Clone, Debug)]
pub struct Token<'t> {
    /// The signed text: the encoded header and payload with the dot between them.
    pub(super) signing_input: &'t str,
    pub(super) header: Object,
    pub(super) payload: Object,
    pub(super) signature: Vec<u8>,
}

/// The members of a JSON object in their order: the last of several with one name counts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Object(pub(super) Vec<(String, Value)>);

/// The error of a text that is not a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum MalformedToken {
    /// Not three parts separated by dots.
    Segments,
    /// A part is not Base64 for URLs without padding.
    Base64 {
        /// The part, as golang-jwt names it.
        part: &'static str,
        /// The position of the first wrong byte, counted from 0.
        at: usize,
    },
    /// A part is not a JSON object.
    Json {
        /// The part, as golang-jwt names it.
        part: &'static str,
    },
}

/// Like Go's base64.RawURLEncoding, which ignores trailing bits.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

impl<'t> Token<'t> {
    /// Decodes a token.
    ///
    /// # Errors
    ///
    /// [`MalformedToken`] for the first error that golang-jwt reports.
    pub fn parse(text: &'t str) -> Result<Self, MalformedToken> {
        let (signing_input, signature) = text.rsplit_once('.').ok_or(MalformedToken::Segments)?;
        let (header, payload) = signing_input.split_once('.').ok_or(MalformedToken::Segments)?;
        if payload.contains('.') {
            return Err(MalformedToken::Segments);
        }
        let header = object("header", header)?;
        let payload = object("claim", payload)?;
        Ok(Self { signing_input, header, payload, signature: decode("signature", signature)? })
    }
}

impl Token<'_> {
    /// Returns whether the header has an algorithm, like the header of every token.
    #[must_use]
    pub fn has_algorithm(&self) -> bool {
        self.header.get("alg").is_some()
    }
}

impl Object {
    /// Returns the last member of exactly this name.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

fn object(part: &'static str, text: &str) -> Result<Object, MalformedToken> {
    let json = decode(part, text)?;
    // Go replaces what is not UTF-8.
    serde_json::from_str(&String::from_utf8_lossy(&json)).map_err(|_| MalformedToken::Json { part })
}

fn decode(part: &'static str, text: &str) -> Result<Vec<u8>, MalformedToken> {
    ENGINE.decode(text).map_err(|error| {
        let at = match error {
            DecodeError::InvalidByte(at, _) => at,
            DecodeError::InvalidPadding => text.find('=').unwrap_or_default(),
            _ => text.len().saturating_sub(1),
        };
        MalformedToken::Base64 { part, at }
    })
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl fmt::Display for MalformedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Segments => f.write_str("it does not have three parts with dots between"),
            Self::Base64 { part, at } => {
                write!(f, "its {part} is not Base64 for URLs without padding, from byte {at}")
            }
            Self::Json { part } => write!(f, "its {part} is not a JSON object"),
        }
    }
}

impl std::error::Error for MalformedToken {}
