//! The fields of a specification as serde reads them; `docs/reference/tls-certificates.schema.json` is the same schema.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::read::{Entry, Fields};
use super::resolve::CertificateFields;
use super::tokens::TokenFields;
use super::{ErrorList, Position};

/// The longest string, in bytes: Linux's PATH_MAX.
const MAX_LENGTH: usize = 4096;

/// The longest list of strings, in bytes.
const MAX_LIST_LENGTH: usize = 1 << 20;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct File {
    pub(super) issuer: Field<Issuer>,
    pub(super) defaults: Field<Certificate>,
    pub(super) certificates: Entries<CertificateFields>,
    pub(super) signing_keys: Field<SigningKeys>,
    pub(super) tokens: Entries<TokenFields>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Issuer {
    pub(super) cert_file: Field<Text>,
    pub(super) key_file: Field<Text>,
    pub(super) create: Field<Create>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Create {
    pub(super) name: Field<Text>,
    pub(super) key_type: Field<Text>,
    pub(super) valid_for: Field<Duration>,
}

/// A certificate, or `defaults`, which has no name.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Certificate {
    pub(super) name: Field<Text>,
    pub(super) r#type: Field<Text>,
    pub(super) hostnames: Field<Texts>,
    pub(super) kubernetes_service: Field<Texts>,
    pub(super) key_type: Field<Text>,
    pub(super) valid_for: Field<Duration>,
    #[serde(alias = "artefacts")]
    pub(super) artifacts: Field<Texts>,
    pub(super) namespace: Field<Text>,
    pub(super) secret_name: Field<Text>,
}

/// The signing key of each kind of token.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct SigningKeys {
    pub(super) dataplane: Field<SigningKey>,
    pub(super) zone: Field<SigningKey>,
    pub(super) user: Field<SigningKey>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct SigningKey {
    pub(super) key_file: Field<Text>,
    pub(super) kid: Field<Text>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Token {
    pub(super) name: Field<Text>,
    pub(super) valid_for: Field<Duration>,
    pub(super) dataplane: Field<Dataplane>,
    pub(super) zone: Field<Zone>,
    pub(super) user: Field<User>,
}

/// The claims of a dataplane token.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Dataplane {
    pub(super) name: Field<Text>,
    pub(super) mesh: Field<Text>,
    pub(super) tags: Field<BTreeMap<String, Field<Texts>>>,
    pub(super) workload: Field<Text>,
}

/// The claims of a zone token.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Zone {
    pub(super) zone: Field<Text>,
    pub(super) scope: Field<Texts>,
}

/// The claims of a user token.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct User {
    pub(super) name: Field<Text>,
    pub(super) groups: Field<Texts>,
}

/// An optional value with its position. An explicit null is an error.
pub(super) struct Field<T>(pub(super) Option<(T, Position)>);

/// A string. Unquoted numbers and booleans are rejected, because other programs would read `1.10` as `1.1`.
pub(super) struct Text(pub(super) String);

/// A string or a list of strings, each with its position.
pub(super) enum Texts {
    One(String),
    Many(Vec<(String, Position)>),
}

/// A duration. A number is accepted here, so that the error can name the missing unit.
pub(super) struct Duration(pub(super) String);

/// A list of certificates or tokens. Each is checked as soon as it is read, which keeps memory small for a million of
/// them.
pub(super) struct Entries<F> {
    pub(super) list: Vec<Entry<F>>,
    /// The names in lower case, with their lines.
    pub(super) names: HashMap<String, u32>,
    pub(super) errors: ErrorList,
}

impl Field<Text> {
    pub(super) fn text(self) -> Option<(String, Position)> {
        self.0.map(|(Text(text), position)| (text, position))
    }

    pub(super) fn or(self, default: &str) -> String {
        self.text().map_or_else(|| default.to_owned(), |(text, _)| text)
    }
}

impl Field<Duration> {
    pub(super) fn text(self) -> Option<(String, Position)> {
        self.0.map(|(Duration(text), position)| (text, position))
    }
}

impl Field<Texts> {
    pub(super) fn list(self) -> Vec<(String, Position)> {
        match self.0 {
            None => Vec::new(),
            Some((Texts::One(text), position)) => vec![(text, position)],
            Some((Texts::Many(texts), _)) => texts,
        }
    }
}

fn bounded<E: Error>(text: &str) -> Result<String, E> {
    match text.len() {
        0..=MAX_LENGTH => Ok(text.to_owned()),
        length => Err(E::invalid_length(length, &"at most 4096 bytes")),
    }
}

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let field = Spanned::deserialize(deserializer)?;
        Ok(Self(Some((field.value, field.referenced.into()))))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl Visitor<'_> for TextVisitor {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
                bounded(text).map(Text)
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextsVisitor;

        impl<'de> Visitor<'de> for TextsVisitor {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Texts, E> {
                bounded(text).map(Texts::One)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Texts, A::Error> {
                let (mut texts, mut length) = (Vec::new(), 0);
                while let Some(text) = list.next_element::<Spanned<Text>>()? {
                    length += text.value.0.len() + 1;
                    if length > MAX_LIST_LENGTH {
                        return Err(A::Error::invalid_length(length, &"at most 1 MiB"));
                    }
                    texts.push((text.value.0, text.referenced.into()));
                }
                Ok(Texts::Many(texts))
            }
        }

        deserializer.deserialize_any(TextsVisitor)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DurationVisitor;

        impl Visitor<'_> for DurationVisitor {
            type Value = Duration;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as 720h or 90d")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
                bounded(text).map(Duration)
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Duration, E> {
                Ok(Duration(number.to_string()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Duration, E> {
                Ok(Duration(number.to_string()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Duration, E> {
                Ok(Duration(number.to_string()))
            }
        }

        deserializer.deserialize_any(DurationVisitor)
    }
}

impl<F> Default for Entries<F> {
    fn default() -> Self {
        Self { list: Vec::new(), names: HashMap::new(), errors: ErrorList::default() }
    }
}

impl<'de, F: Fields> Deserialize<'de> for Entries<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<F>(PhantomData<F>);

        impl<'de, F: Fields> Visitor<'de> for EntriesVisitor<F> {
            type Value = Entries<F>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(F::LIST)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Entries<F>, A::Error> {
                let mut entries = Entries::default();
                while let Some(one) = list.next_element::<Spanned<F::Schema>>()? {
                    let (names, errors) = (&mut entries.names, &mut entries.errors);
                    let entry = Entry::new(one.value, one.referenced.into(), names, errors);
                    entries.list.extend(entry);
                }
                Ok(entries)
            }
        }

        deserializer.deserialize_seq(EntriesVisitor(PhantomData))
    }
}
