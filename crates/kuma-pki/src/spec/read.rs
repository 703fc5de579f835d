//! Reads a specification and collects the errors of its values.

use std::collections::HashMap;

use serde::de::DeserializeOwned;

use super::parse_error::parse_error;
use super::resolve::{ArtifactKinds, CertificateFields};
use super::schema::{Certificate, Create, Field, File, Issuer, Text};
use super::values::{self, ValueError};
use super::{ErrorList, IssuerSpecification, Position, Specification, SpecificationErrors, tokens};
use crate::format::yaml::{self, Limits};
use crate::issue::CaRequest;
use crate::kubernetes::{Namespace, ObjectName};
use crate::text::excerpt;

/// Enough for a million certificates. Few copies are needed: common fields belong in `defaults`.
const LIMITS: Limits = Limits { nodes: 50_000_000, copies: 1_000_000, copied_bytes: 1 << 10 };

/// The default name of a new CA.
const CA_NAME: &str = "Kuma CA";

/// A minimal specification, for hints.
const EXAMPLE: &str = "certificates: [{name: zone-1, type: server, hostnames: [cp.example]}]";

/// A certificate or token before the defaults are applied.
pub(super) struct Entry<F> {
    pub(super) name: Box<str>,
    pub(super) position: Position,
    pub(super) fields: F,
}

/// The fields of a certificate or token, without its name.
pub(super) trait Fields: Sized {
    /// The fields as serde reads them.
    type Schema: DeserializeOwned;
    /// An entry in errors.
    const ENTRY: &'static str;
    /// The list in errors.
    const LIST: &'static str;
    /// The example of a name.
    const NAME: &'static str;

    fn name(schema: &mut Self::Schema) -> Field<Text>;

    fn read(schema: Self::Schema, name: &str, position: Position, errors: &mut ErrorList) -> Self;
}

pub(super) fn specification(text: &str) -> Result<Specification, SpecificationErrors> {
    let mut options = yaml::options(&LIMITS);
    // With the schema, `name: 1.10` would be the string "1.10" here and the number 1.1 in other programs.
    options.no_schema = true;
    let File { issuer, defaults, certificates, signing_keys, tokens } =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            SpecificationErrors { errors: vec![parse_error(&error)], more: 0, issuer: None }
        })?;
    let mut errors = certificates.errors;
    errors.append(tokens.errors);
    for Entry { name, position, .. } in &tokens.list {
        if let Some(line) = certificates.names.get(&name.to_ascii_lowercase()) {
            errors.add(*position, duplicate(name, *line), None);
        }
    }
    drop((certificates.names, tokens.names));
    let issuer = issuer.0.and_then(|(issuer, position)| ca(issuer, position, &mut errors));
    let defaults = defaults.0.map(|(defaults, position)| {
        if let Some((_, position)) = defaults.name.0 {
            errors.add(position, "defaults cannot have a name", None);
        }
        CertificateFields::read(defaults, "", position, &mut errors)
    });
    let defaults = defaults.unwrap_or_default();
    if certificates.list.is_empty() && tokens.list.is_empty() && errors.kept.is_empty() {
        let position = Position { line: 1, column: 1 };
        let text = "the specification has neither certificates nor tokens";
        errors.add(position, text, Some(EXAMPLE.to_owned()));
    }
    let signing_keys = signing_keys.0.map(|(keys, _)| tokens::signing_keys(keys, &mut errors));
    let signing_keys = signing_keys.unwrap_or_default();
    let tokens = tokens.list.into_iter();
    let tokens = tokens.filter_map(|token| token.resolve(&defaults, &signing_keys, &mut errors));
    let tokens = tokens.collect();
    let mut resolved = Vec::with_capacity(certificates.list.len());
    for Entry { name, position, fields } in certificates.list {
        resolved.extend(fields.resolve(name, position, &defaults, &mut errors));
    }
    let ErrorList { kept: mut errors, more } = errors;
    if errors.is_empty() {
        return Ok(Specification { issuer, certificates: resolved, signing_keys, tokens });
    }
    errors.sort_by_key(|error| error.position);
    Err(SpecificationErrors { errors, more, issuer: issuer.map(Box::new) })
}

impl<F: Fields> Entry<F> {
    /// Checks an entry. `names` maps the names so far to their lines; it has them in lower case, because
    /// some file systems ignore case.
    pub(super) fn new(
        mut schema: F::Schema,
        position: Position,
        names: &mut HashMap<String, u32>,
        errors: &mut ErrorList,
    ) -> Option<Self> {
        let name = F::name(&mut schema).text();
        let (text, name_position) = name.unzip();
        let text = text.unwrap_or_default();
        let fields = F::read(schema, &text, position, errors);
        let Some(name_position) = name_position else {
            let hint = format!("add name: {}, which is also the name of the directory", F::NAME);
            errors.add(position, format!("{} has no name", F::ENTRY), Some(hint));
            return None;
        };
        if let Err(reason) = values::check_directory_name(&text) {
            let text = format!("the name {:?} {reason}", excerpt(&text));
            let hint = "use letters, digits, dots, hyphens and underscores".to_owned();
            errors.add(name_position, text, Some(hint));
            return None;
        }
        if let Some(line) = names.insert(text.to_ascii_lowercase(), name_position.line) {
            errors.add(name_position, duplicate(&text, line), None);
            return None;
        }
        Some(Self { name: text.into(), position, fields })
    }
}

fn duplicate(name: &str, line: u32) -> String {
    format!("duplicate name {name}, first used in line {line}")
}

impl Fields for CertificateFields {
    type Schema = Certificate;
    const ENTRY: &'static str = "a certificate";
    const LIST: &'static str = "a list of certificates";
    const NAME: &'static str = "zone-1";

    fn name(certificate: &mut Certificate) -> Field<Text> {
        std::mem::take(&mut certificate.name)
    }

    fn read(certificate: Certificate, _: &str, _: Position, errors: &mut ErrorList) -> Self {
        let mut reader = FieldReader::new(errors);
        let mut names = reader.all("hostnames", certificate.hostnames.list(), values::hostname);
        let services = certificate.kubernetes_service.list();
        for service in reader.all("hostnames", services, values::service_name) {
            names.extend(service.subject_alt_names());
        }
        let has_artifacts = certificate.artifacts.0.is_some();
        let artifacts = reader.all("artifacts", certificate.artifacts.list(), values::artifact);
        Self {
            usage: reader.one("type", certificate.r#type.text(), values::usage),
            names,
            key_algorithm: reader.one("keyType", certificate.key_type.text(), values::key_type),
            valid_for: reader.one("validFor", certificate.valid_for.text(), values::duration),
            artifacts: has_artifacts.then(|| ArtifactKinds {
                secret: artifacts.contains(&"secret"),
                bundle: artifacts.contains(&"bundle"),
            }),
            namespace: reader.one("namespace", certificate.namespace.text(), |text| {
                Namespace::parse(text).map_err(ValueError::from_error)
            }),
            secret_name: reader.one("secretName", certificate.secret_name.text(), |text| {
                ObjectName::parse(text).map_err(ValueError::from_error)
            }),
            invalid: reader.invalid,
        }
    }
}

fn ca(issuer: Issuer, position: Position, errors: &mut ErrorList) -> Option<IssuerSpecification> {
    let mut reader = FieldReader::new(errors);
    let is_complete = issuer.cert_file.0.is_some() && issuer.key_file.0.is_some();
    let cert_file =
        reader.one("certFile", issuer.cert_file.text(), |text| values::path("certFile", text));
    let key_file =
        reader.one("keyFile", issuer.key_file.text(), |text| values::path("keyFile", text));
    let create =
        issuer.create.0.and_then(|(create, position)| ca_request(create, position, &mut reader));
    if !is_complete {
        let hint = "issuer: {certFile: ca.crt, keyFile: ca.key}".to_owned();
        reader.errors.add(position, "issuer requires certFile and keyFile", Some(hint));
    }
    if !reader.invalid.is_empty() {
        return None;
    }
    Some(IssuerSpecification { cert_file: cert_file?, key_file: key_file?, create, position })
}

fn ca_request(
    create: Create,
    position: Position,
    reader: &mut FieldReader<'_>,
) -> Option<CaRequest> {
    let key_algorithm = reader.one("create", create.key_type.text(), values::key_type);
    let valid_for = reader.one("create", create.valid_for.text(), values::duration);
    let name = create.name.text().map_or_else(|| CA_NAME.to_owned(), |(name, _)| name);
    match CaRequest::new(&name, key_algorithm.unwrap_or_default(), Vec::new(), valid_for) {
        Ok(request) => Some(request),
        Err(error) => {
            let error = ValueError::from_error(format!("create: {error}"));
            reader.add("create", position, error);
            None
        }
    }
}

/// Reads the values of fields and collects their errors.
pub(super) struct FieldReader<'e> {
    pub(super) errors: &'e mut ErrorList,
    /// The fields with an error.
    pub(super) invalid: Vec<&'static str>,
}

impl<'e> FieldReader<'e> {
    pub(super) const fn new(errors: &'e mut ErrorList) -> Self {
        Self { errors, invalid: Vec::new() }
    }

    pub(super) fn one<T>(
        &mut self,
        field: &'static str,
        text: Option<(String, Position)>,
        read: impl Fn(&str) -> Result<T, ValueError>,
    ) -> Option<T> {
        let (text, position) = text?;
        match read(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(field, position, error);
                None
            }
        }
    }

    pub(super) fn all<T>(
        &mut self,
        field: &'static str,
        texts: Vec<(String, Position)>,
        read: impl Fn(&str) -> Result<T, ValueError>,
    ) -> Vec<T> {
        texts.into_iter().filter_map(|text| self.one(field, Some(text), &read)).collect()
    }

    fn add(&mut self, field: &'static str, position: Position, error: ValueError) {
        self.errors.add(position, error.text, error.hint);
        self.invalid.push(field);
    }
}
