//! From the text of a specification to what it asks for, or to all that is wrong with it.

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Options, Spanned};

use super::node::Node;
use super::unreadable::unreadable;
use super::{
    ARTEFACTS, CERTIFICATE_FIELDS, CREATE_FIELDS, CertificateSpecification, FIELDS, ISSUER_FIELDS,
    IssuerSpecification, Lack, Place, Settings, Specification, SpecificationFault,
    SpecificationFaults, TYPES, Wanted,
};
use crate::key::KeyAlgorithm;
use crate::kubernetes::{Namespace, ObjectName, ServiceName};
use crate::name::{NameError, SubjectAltName};
use crate::request::CaRequest;
use crate::text::printable;
use crate::validity::ValidFor;

/// The name of a CA for which none is given.
const CA_NAME: &str = "Kuma CA";

/// How long the name of a certificate can be: file systems allow 255 octets, and more is appended.
const MAX_NAME_LENGTH: usize = 200;

/// A certificate, to begin with.
const EXAMPLE: &str = "certificates: [{name: zone-1, type: server, hostnames: [cp.example]}]";

/// The names of devices in Windows, whatever follows behind a dot; COM and LPT have a digit more.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// How many faults are kept; nobody reads more.
const MAX_FAULTS: usize = 1000;

pub(super) fn specification(text: &str) -> Result<Specification, SpecificationFaults> {
    let mut reader = Reader::default();
    let options = serde_saphyr::options! {
        with_snippet: false,
        // They are told as faults, and what follows is read all the same.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        // `n` and `yes` are the texts that they look like, as in YAML 1.2 and in editors.
        strict_booleans: true,
        // A million certificates; the depth of nesting stays bounded.
        budget: serde_saphyr::budget! { max_events: 50_000_000, max_nodes: 50_000_000 },
    };
    if let Err(error) = read(text, options, &mut reader) {
        reader.is_cut_off = true;
        reader.add(unreadable(&error));
    }
    reader.finish()
}

fn read(text: &str, options: Options, reader: &mut Reader) -> Result<(), serde_saphyr::Error> {
    serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| {
        deserializer.deserialize_any(Whole(reader))
    })
}

pub(super) fn at(place: &serde_saphyr::Location) -> Place {
    let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX).max(1);
    Place { line: number(place.line()), column: number(place.column()) }
}

/// What was read so far.
#[derive(Default)]
struct Reader {
    issuer: Option<IssuerSpecification>,
    defaults: Settings,
    /// Whether the text ends before its end, so that what is missing may stand behind.
    is_cut_off: bool,
    certificates: Vec<(Box<str>, Settings, Place)>,
    /// The names in lower case, since some file systems do not tell them apart, with their lines.
    names: HashMap<String, u32>,
    faults: Vec<SpecificationFault>,
    /// The faults that are not kept.
    more: usize,
}

impl Reader {
    fn fault(&mut self, place: Place, text: impl Into<String>, hint: Option<String>) {
        self.add(SpecificationFault { place, text: text.into(), hint });
    }

    fn add(&mut self, fault: SpecificationFault) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault);
        } else {
            self.more += 1;
        }
    }

    /// How many faults were told so far.
    const fn told(&self) -> usize {
        self.faults.len() + self.more
    }

    fn finish(mut self) -> Result<Specification, SpecificationFaults> {
        if self.certificates.is_empty() && self.told() == 0 {
            let place = Place { line: 1, column: 1 };
            self.fault(place, "there is no certificate in it", Some(EXAMPLE.to_owned()));
        }
        let mut certificates = Vec::with_capacity(self.certificates.len());
        for (name, settings, place) in std::mem::take(&mut self.certificates) {
            let faulty = settings.faulty.clone();
            match settings.resolve(&name, &self.defaults) {
                Ok((request, artefacts)) => {
                    certificates.push(CertificateSpecification { name, request, artefacts, place });
                }
                // The defaults may stand behind what cannot be read.
                Err(_) if self.is_cut_off => {}
                Err(lacks) => {
                    for Lack { field, text, hint } in lacks {
                        let is_told =
                            faulty.contains(&field) || self.defaults.faulty.contains(&field);
                        if !is_told {
                            self.fault(place, text, Some(hint.to_owned()));
                        }
                    }
                }
            }
        }
        let Self { issuer, mut faults, more, .. } = self;
        if faults.is_empty() {
            return Ok(Specification { issuer, certificates });
        }
        faults.sort_by_key(|fault| fault.place);
        Err(SpecificationFaults { faults, more, issuer: issuer.map(Box::new) })
    }

    /// The fields of a map, those that there are not told as faults.
    fn fields<'n>(
        &mut self,
        node: &'n Spanned<Node>,
        what: &str,
        known: &[&'static str],
    ) -> Vec<(&'static str, &'n Spanned<Node>)> {
        let Node::Map(entries) = &node.value else {
            let text = format!("{what} is {}, not a map", node.value.kind());
            let hint = match &node.value {
                Node::Null => "give it fields, or take the line away".to_owned(),
                _ => fields_of(what, known),
            };
            self.fault(at(&node.referenced), text, Some(hint));
            return Vec::new();
        };
        let mut fields: Vec<(&'static str, &Spanned<Node>)> = Vec::new();
        for (key, value) in entries {
            match known.iter().find(|field| **field == key.value) {
                None => self.unknown(key, what, known),
                Some(field) if fields.iter().any(|(there, _)| there == field) => self.twice(key),
                Some(field) => fields.push((field, value)),
            }
        }
        fields
    }

    fn twice(&mut self, key: &Spanned<String>) {
        let text = format!("the field {} is there twice", printable(&key.value));
        self.fault(at(&key.referenced), text, Some("join them, or take one away".to_owned()));
    }

    fn unknown(&mut self, key: &Spanned<String>, what: &str, known: &[&str]) {
        let name = printable(&key.value);
        let hint = match nearest(&key.value, known) {
            Some(field) => format!("did you mean {field}?"),
            None => fields_of(what, known),
        };
        self.fault(at(&key.referenced), format!("{what} has no field {name:?}"), Some(hint));
    }

    /// A text, or a fault.
    fn text<'n>(&mut self, field: &str, node: &'n Spanned<Node>) -> Option<&'n str> {
        match &node.value {
            Node::Text(text) => Some(text),
            other => {
                let text = format!("{field} is {}, not a text", other.kind());
                let hint = match other {
                    Node::Number(_) | Node::Boolean => Some("put it in quotes, as a text: \"...\""),
                    Node::Null => Some("give it a value, or take the field away"),
                    _ => None,
                };
                self.fault(at(&node.referenced), text, hint.map(str::to_owned));
                None
            }
        }
    }

    /// Texts: a list of them, or one.
    fn texts<'n>(&mut self, field: &str, node: &'n Spanned<Node>) -> Vec<(&'n str, Place)> {
        match &node.value {
            Node::List(nodes) => nodes
                .iter()
                .filter_map(|node| Some((self.text(field, node)?, at(&node.referenced))))
                .collect(),
            _ => self
                .text(field, node)
                .map(|text| (text, at(&node.referenced)))
                .into_iter()
                .collect(),
        }
    }

    fn issuer(&mut self, node: &Spanned<Node>) {
        let place = at(&node.referenced);
        let (mut cert_file, mut key_file, mut create) = (None, None, None);
        let told = self.told();
        for (field, node) in self.fields(node, "issuer", &ISSUER_FIELDS) {
            match field {
                "certFile" => cert_file = self.file(field, node),
                "keyFile" => key_file = self.file(field, node),
                _ => create = self.create(node),
            }
        }
        let (Some(cert_file), Some(key_file)) = (cert_file, key_file) else {
            let hint = "issuer: {certFile: ca.crt, keyFile: ca.key}".to_owned();
            if told == self.told() || matches!(node.value, Node::Map(_)) {
                self.fault(place, "issuer has not both certFile and keyFile", Some(hint));
            }
            return;
        };
        if told < self.told() {
            return;
        }
        let (cert_file, key_file) = (cert_file.to_owned(), key_file.to_owned());
        self.issuer = Some(IssuerSpecification { cert_file, key_file, create, place });
    }

    /// The name of a file, or a fault.
    fn file<'n>(&mut self, field: &str, node: &'n Spanned<Node>) -> Option<&'n str> {
        let text = self.text(field, node)?;
        if text.is_empty() || text.contains('\0') {
            let text = format!("{field}: {:?} is no name of a file", printable(text));
            self.fault(at(&node.referenced), text, None);
            return None;
        }
        Some(text)
    }

    fn create(&mut self, node: &Spanned<Node>) -> Option<CaRequest> {
        let (mut name, mut key_algorithm, mut valid_for) = (CA_NAME, None, None);
        for (field, node) in self.fields(node, "create", &CREATE_FIELDS) {
            match field {
                "name" => name = self.text(field, node).unwrap_or(CA_NAME),
                "keyType" => key_algorithm = self.key_type(node),
                _ => valid_for = self.duration(node),
            }
        }
        let key_algorithm = key_algorithm.unwrap_or_default();
        match CaRequest::new(name, key_algorithm, Vec::new(), valid_for) {
            Ok(request) => Some(request),
            Err(error) => {
                self.fault(at(&node.referenced), format!("create: {error}"), None);
                None
            }
        }
    }

    fn certificate(&mut self, node: &Spanned<Node>) {
        let place = at(&node.referenced);
        let Node::Map(entries) = &node.value else {
            let text = format!("a certificate is {}, not a map", node.value.kind());
            let hint = "- {name: zone-1, type: server, hostnames: [cp.example]}".to_owned();
            return self.fault(place, text, Some(hint));
        };
        let settings = self.settings(node, "a certificate");
        let name = entries.iter().find(|(key, _)| key.value == "name").map(|(_, node)| node);
        let Some(name) = name else {
            let hint = "name: zone-1, which is the name of its directory as well".to_owned();
            return self.fault(place, "a certificate has no name", Some(hint));
        };
        let name_place = at(&name.referenced);
        let Some(name) = self.text("name", name) else { return };
        if let Some(reason) = unsafe_name(name) {
            let text = format!("the name {:?} {reason}", printable(name));
            let hint = "a name is letters, digits, dots, hyphens and underscores".to_owned();
            return self.fault(name_place, text, Some(hint));
        }
        if let Some(line) = self.names.insert(name.to_ascii_lowercase(), name_place.line) {
            let text = format!("the name {name} is that of a certificate in line {line}, too");
            return self.fault(name_place, text, None);
        }
        self.certificates.push((name.into(), settings, place));
    }

    fn settings(&mut self, node: &Spanned<Node>, what: &str) -> Settings {
        let mut settings = Settings::default();
        let fields = self.fields(node, what, &CERTIFICATE_FIELDS);
        match &node.value {
            // An unknown field is a name with another spelling, more often than not.
            Node::Map(entries)
                if entries.iter().any(|(key, _)| !CERTIFICATE_FIELDS.contains(&&*key.value)) =>
            {
                settings.faulty.push("hostnames");
            }
            Node::Map(_) => {}
            _ => settings.faulty.extend(CERTIFICATE_FIELDS),
        }
        for (field, node) in fields {
            let place = at(&node.referenced);
            let told = self.told();
            match field {
                "name" if what == "defaults" => {
                    self.fault(place, "defaults have no name", None);
                }
                "name" => {}
                "type" => settings.usage = self.usage(node),
                "hostnames" => {
                    for (text, place) in self.texts(field, node) {
                        match SubjectAltName::parse(text) {
                            Ok(name) => settings.names.push(name),
                            Err(error) => self.name(place, &error),
                        }
                    }
                }
                "kubernetesService" => {
                    for (text, place) in self.texts(field, node) {
                        match ServiceName::parse(text) {
                            Ok(service) => settings.names.extend(service.subject_alt_names()),
                            Err(error) => {
                                let hint =
                                    error.meant.as_ref().map(|m| format!("did you mean {m}?"));
                                self.fault(place, error.to_string(), hint);
                            }
                        }
                    }
                }
                "keyType" => settings.key_algorithm = self.key_type(node),
                "validFor" => settings.valid_for = self.duration(node),
                "artefacts" => settings.artefacts = Some(self.artefacts(node)),
                "namespace" => {
                    settings.namespace = self.text(field, node).and_then(|text| {
                        Namespace::parse(text)
                            .map_err(|error| self.fault(place, error.to_string(), None))
                            .ok()
                    });
                }
                _ => {
                    settings.secret_name = self.text(field, node).and_then(|text| {
                        ObjectName::parse(text)
                            .map_err(|error| self.fault(place, error.to_string(), None))
                            .ok()
                    });
                }
            }
            if told < self.told() {
                settings.faulty.push(if field == "kubernetesService" {
                    "hostnames"
                } else {
                    field
                });
            }
        }
        settings
    }

    fn name(&mut self, place: Place, error: &NameError) {
        let meant: Vec<_> = error.meant.iter().map(ToString::to_string).collect();
        let hint = (!meant.is_empty()).then(|| format!("did you mean {}?", meant.join(", ")));
        self.fault(place, format!("hostname {error}"), hint);
    }

    fn usage(&mut self, node: &Spanned<Node>) -> Option<crate::request::ExtendedKeyUsage> {
        let text = self.text("type", node)?;
        let found = TYPES.iter().find(|(name, _)| *name == text);
        if found.is_none() {
            let text = format!("there is no type {:?}", printable(text));
            self.fault(at(&node.referenced), text, Some("server or client".to_owned()));
        }
        found.map(|(_, usage)| *usage)
    }

    fn key_type(&mut self, node: &Spanned<Node>) -> Option<KeyAlgorithm> {
        let text = self.text("keyType", node)?;
        let found = KeyAlgorithm::ALL.iter().find(|one| one.names().contains(&text));
        if found.is_none() {
            let names: Vec<_> = KeyAlgorithm::ALL.iter().map(|one| one.names()[0]).collect();
            let text = format!("there is no key type {:?}", printable(text));
            self.fault(at(&node.referenced), text, Some(names.join(", ")));
        }
        found.copied()
    }

    fn duration(&mut self, node: &Spanned<Node>) -> Option<ValidFor> {
        let text = match &node.value {
            // Without a unit, whatever the number.
            Node::Number(number) => number,
            _ => self.text("validFor", node)?,
        };
        text.parse::<ValidFor>()
            .map_err(|error| {
                let hint = "hours as 720h, or days, weeks, years: 90d, 2w, 10y".to_owned();
                self.fault(at(&node.referenced), format!("validFor: {error}"), Some(hint));
            })
            .ok()
    }

    fn artefacts(&mut self, node: &Spanned<Node>) -> Wanted {
        let mut wanted = Wanted::default();
        for (text, place) in self.texts("artefacts", node) {
            match text {
                "pem" => {}
                "secret" => wanted.secret = true,
                "bundle" => wanted.bundle = true,
                other => {
                    let text = format!("there is no artefact {:?}", printable(other));
                    self.fault(place, text, Some(ARTEFACTS.join(", ")));
                }
            }
        }
        wanted
    }
}

/// Why a name is none for a directory, in any file system that a specification may be carried to.
fn unsafe_name(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("is empty");
    }
    if name.len() > MAX_NAME_LENGTH {
        return Some("is too long");
    }
    if name.starts_with(['.', '-']) {
        return Some("begins with a dot or a hyphen");
    }
    if name.ends_with('.') {
        return Some("ends with a dot");
    }
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let is_port = ["com", "lpt"].iter().any(|port| {
        stem.strip_prefix(port).is_some_and(|rest| matches!(rest.as_bytes(), [b'0'..=b'9']))
    });
    if is_port || DEVICES.contains(&&*stem) {
        return Some("is that of a device in Windows");
    }
    let is_safe = |octet: u8| octet.is_ascii_alphanumeric() || b"._-".contains(&octet);
    (!name.bytes().all(is_safe)).then_some("is not safe as the name of a directory")
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

/// The whole text. The certificates are taken one by one, so that their trees do not pile up.
struct Whole<'r>(&'r mut Reader);

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a specification")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut there = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let Some(field) = FIELDS.iter().find(|field| **field == key.value) else {
                map.next_value::<IgnoredAny>()?;
                self.0.unknown(&key, "a specification", &FIELDS);
                continue;
            };
            if there.contains(field) {
                map.next_value::<IgnoredAny>()?;
                self.0.twice(&key);
                continue;
            }
            there.push(field);
            match *field {
                "certificates" => {
                    if let Some(kind) = map.next_value_seed(Certificates(self.0))? {
                        let text = format!("certificates is {kind}, not a list");
                        self.0.fault(at(&key.referenced), text, Some(EXAMPLE.to_owned()));
                    }
                }
                "issuer" => {
                    let node = map.next_value()?;
                    self.0.issuer(&node);
                }
                _ => {
                    let node = map.next_value()?;
                    self.0.defaults = self.0.settings(&node, "defaults");
                }
            }
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// The list of certificates, or what stands in its place.
struct Certificates<'r>(&'r mut Reader);

impl<'de> DeserializeSeed<'de> for Certificates<'_> {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Certificates<'_> {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of certificates")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        while let Some(node) = sequence.next_element::<Spanned<Node>>()? {
            self.0.certificate(&node);
        }
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Some("a map"))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Some("nothing"))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Some("a boolean"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Some("a number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Some("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Some("a number"))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Some("a text"))
    }
}
