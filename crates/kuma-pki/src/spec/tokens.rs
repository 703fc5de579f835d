//! Reads the tokens of a specification and their signing keys.

use super::read::{Entry, FieldReader, Fields};
use super::resolve::CertificateFields;
use super::schema::{Dataplane, Field, SigningKey, SigningKeys, Text, Token, User, Zone};
use super::values::{self, ValueError};
use super::{ErrorList, Position, SigningKeySpecification, TokenSpecification};
use crate::token::{
    self, Claims, DEFAULT_MESH, DataplaneClaims, Tags, TokenKind, UserClaims, ZoneClaims, ZoneScope,
};
use crate::validity::ValidFor;

/// A token before the defaults are applied.
pub(super) struct TokenFields {
    /// `None` if they have an error, which is reported.
    claims: Option<Claims>,
    valid_for: Option<ValidFor>,
    has_invalid_lifetime: bool,
}

impl Fields for TokenFields {
    type Schema = Token;
    const ENTRY: &'static str = "a token";
    const LIST: &'static str = "a list of tokens";
    const NAME: &'static str = "dp-1";

    fn name(token: &mut Token) -> Field<Text> {
        std::mem::take(&mut token.name)
    }

    fn read(token: Token, name: &str, position: Position, errors: &mut ErrorList) -> Self {
        let mut reader = FieldReader::new(errors);
        let valid_for = reader.one("validFor", token.valid_for.text(), values::duration);
        let has_invalid_lifetime = !reader.invalid.is_empty();
        let claims = match (token.dataplane.0, token.zone.0, token.user.0) {
            (Some((claims, position)), None, None) => Some((dataplane(claims, name), position)),
            (None, Some((claims, position)), None) => {
                zone(claims, &mut reader).map(|claims| (claims, position))
            }
            (None, None, Some((claims, position))) => Some((user(claims, name), position)),
            _ => {
                let hint = "add dataplane: {}, zone: {zone: zone-1} or user: {}".to_owned();
                let text = "a token is for either a dataplane, a zone or a user";
                reader.errors.add(position, text, Some(hint));
                None
            }
        };
        let claims = claims.and_then(|(claims, position)| match claims.check() {
            Ok(()) => Some(claims),
            Err(error) => {
                reader.errors.add(position, error.to_string(), None);
                None
            }
        });
        Self { claims, valid_for, has_invalid_lifetime }
    }
}

impl Entry<TokenFields> {
    /// Returns the token with the default lifetime applied; `None` if it has an error, which is then reported.
    pub(super) fn resolve(
        self,
        defaults: &CertificateFields,
        keys: &[SigningKeySpecification],
        errors: &mut ErrorList,
    ) -> Option<TokenSpecification> {
        let Self { name, position, fields } = self;
        let kind = fields.claims.as_ref().map(Claims::kind);
        if let Some(kind) = kind.filter(|kind| keys.iter().all(|key| key.kind != *kind)) {
            let kind = kind.as_str();
            let text = format!("{name}: there is no signing key for {kind} tokens");
            let hint =
                format!("signingKeys: {{{kind}: {{keyFile: {kind}-signing.key, kid: \"1\"}}}}");
            errors.add(position, text, Some(hint));
        }
        let Some(valid_for) = fields.valid_for.or(defaults.valid_for) else {
            if !fields.has_invalid_lifetime && !defaults.invalid.contains(&"validFor") {
                let hint = "set validFor: 30d, here or in defaults".to_owned();
                errors.add(position, format!("{name} has no validFor"), Some(hint));
            }
            return None;
        };
        if let Err(error) = token::lifetime(valid_for) {
            errors.add(position, format!("{name}: {error}"), None);
        }
        Some(TokenSpecification { name, claims: fields.claims?, valid_for, position })
    }
}

fn dataplane(schema: Dataplane, name: &str) -> Claims {
    let mut tags = Tags::default();
    for (tag, values) in schema.tags.0.map(|(tags, _)| tags).unwrap_or_default() {
        values.list().into_iter().for_each(|(value, _)| tags.allow(tag.as_str(), value));
    }
    let mesh = schema.mesh.or("");
    Claims::Dataplane(DataplaneClaims {
        name: schema.name.or(name),
        mesh: if mesh.is_empty() { DEFAULT_MESH.to_owned() } else { mesh },
        tags,
        workload: schema.workload.or(""),
        ..DataplaneClaims::default()
    })
}

fn zone(schema: Zone, reader: &mut FieldReader<'_>) -> Option<Claims> {
    let is_default = schema.scope.0.is_none();
    let errors = reader.invalid.len();
    let scope = match is_default {
        true => ZoneScope::DEFAULT.to_vec(),
        false => reader.all("scope", schema.scope.list(), values::scope),
    };
    let zone = schema.zone.or("");
    (reader.invalid.len() == errors).then_some(Claims::Zone(ZoneClaims { zone, scope }))
}

fn user(schema: User, name: &str) -> Claims {
    let has_groups = schema.groups.0.is_some();
    let groups = schema.groups.list().into_iter().map(|(group, _)| group).collect();
    Claims::User(UserClaims { name: schema.name.or(name), groups: has_groups.then_some(groups) })
}

/// Reads the signing keys, at most one for each kind.
pub(super) fn signing_keys(
    keys: SigningKeys,
    errors: &mut ErrorList,
) -> Vec<SigningKeySpecification> {
    let keys = [
        (TokenKind::Dataplane, keys.dataplane),
        (TokenKind::Zone, keys.zone),
        (TokenKind::User, keys.user),
    ];
    let key = |(kind, key): (TokenKind, Field<SigningKey>)| {
        let (key, position) = key.0?;
        let mut reader = FieldReader::new(errors);
        let is_complete = key.key_file.0.is_some() && key.kid.0.is_some();
        let key_file =
            reader.one("keyFile", key.key_file.text(), |text| values::path("keyFile", text));
        let key_id = reader.one("kid", key.kid.text(), |text| {
            token::required("key ID", text).map_err(ValueError::from_error)?;
            Ok(text.to_owned())
        });
        if !is_complete {
            let hint = "{keyFile: signing.key, kid: \"1\"}".to_owned();
            reader.errors.add(position, "a signing key requires keyFile and kid", Some(hint));
        }
        // Even with an error, so that no token reports the key as missing.
        let (key_file, key_id) = (key_file.unwrap_or_default(), key_id.unwrap_or_default());
        Some(SigningKeySpecification { kind, key_file, key_id, position })
    };
    keys.into_iter().filter_map(key).collect()
}
