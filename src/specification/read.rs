//! From the text of a specification to what it asks for, or to all that is wrong with it.

mod fields;
mod settings;

use std::collections::HashMap;

use super::unreadable::unreadable;
use super::{
    CREATE_FIELDS, CertificateSpecification, FIELDS, ISSUER_FIELDS, IssuerSpecification, Lack,
    Place, Settings, Specification, SpecificationFault, SpecificationFaults,
};
use crate::encode::yaml::{self, Document, Node, Rules, Value};
use crate::request::CaRequest;
use crate::text::printable;

/// A million certificates. What many have in common stands in `defaults`, so copies are few. A field that
/// is there twice is told as a fault, and what follows is read all the same.
const RULES: Rules = Rules { max_nodes: 50_000_000, max_copies: 1_000_000, duplicate_keys: true };

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
    if let Err(error) = reader.read(text) {
        reader.is_cut_off = true;
        reader.add(unreadable(error));
    }
    reader.finish()
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
    /// The certificates are taken one by one, so that their trees do not pile up.
    fn read(&mut self, text: &str) -> Result<(), yaml::Error> {
        let mut there = Vec::new();
        Document::new(text, RULES).fields(|document, key| {
            let Some(field) = FIELDS.iter().find(|field| **field == &*key.text) else {
                document.skip()?;
                self.unknown(&key, "a specification", &FIELDS);
                return Ok(());
            };
            if there.contains(field) {
                document.skip()?;
                self.twice(&key);
                return Ok(());
            }
            there.push(field);
            match *field {
                "certificates" => {
                    if let Some(other) = document.items(|node| self.certificate(&node))? {
                        let text = format!("certificates is {}, not a list", other.value.kind());
                        self.fault(key.place, text, Some(EXAMPLE.to_owned()));
                    }
                }
                "issuer" => self.issuer(&document.node()?),
                _ => self.defaults = self.settings(&document.node()?, "defaults"),
            }
            Ok(())
        })
    }

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

    fn issuer(&mut self, node: &Node<'_>) {
        let place = node.place;
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
            if told == self.told() || matches!(node.value, Value::Map(_)) {
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

    fn create(&mut self, node: &Node<'_>) -> Option<CaRequest> {
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
                self.fault(node.place, format!("create: {error}"), None);
                None
            }
        }
    }

    fn certificate(&mut self, node: &Node<'_>) {
        let place = node.place;
        let Value::Map(entries) = &node.value else {
            let text = format!("a certificate is {}, not a map", node.value.kind());
            let hint = "- {name: zone-1, type: server, hostnames: [cp.example]}".to_owned();
            return self.fault(place, text, Some(hint));
        };
        let settings = self.settings(node, "a certificate");
        let name = entries.iter().find(|(key, _)| &*key.text == "name").map(|(_, node)| node);
        let Some(name) = name else {
            let hint = "name: zone-1, which is the name of its directory as well".to_owned();
            return self.fault(place, "a certificate has no name", Some(hint));
        };
        let name_place = name.place;
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
