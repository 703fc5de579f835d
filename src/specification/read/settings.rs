//! What a certificate, or `defaults`, says.

use super::Reader;
use crate::encode::yaml::{Node, Value};
use crate::key::KeyAlgorithm;
use crate::kubernetes::{Namespace, ObjectName, ServiceName};
use crate::name::{NameError, SubjectAltName};
use crate::request::ExtendedKeyUsage;
use crate::specification::{ARTEFACTS, CERTIFICATE_FIELDS, Place, Settings, TYPES, Wanted};
use crate::text::printable;
use crate::validity::ValidFor;

impl Reader {
    pub(super) fn settings(&mut self, node: &Node<'_>, what: &str) -> Settings {
        let mut settings = Settings::default();
        let fields = self.fields(node, what, &CERTIFICATE_FIELDS);
        match &node.value {
            // An unknown field is a name with another spelling, more often than not.
            Value::Map(entries)
                if entries.iter().any(|(key, _)| !CERTIFICATE_FIELDS.contains(&&*key.text)) =>
            {
                settings.faulty.push("hostnames");
            }
            Value::Map(_) => {}
            _ => settings.faulty.extend(CERTIFICATE_FIELDS),
        }
        for (field, node) in fields {
            let place = node.place;
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

    fn usage(&mut self, node: &Node<'_>) -> Option<ExtendedKeyUsage> {
        let text = self.text("type", node)?;
        let found = TYPES.iter().find(|(name, _)| *name == text);
        if found.is_none() {
            let text = format!("there is no type {:?}", printable(text));
            self.fault(node.place, text, Some("server or client".to_owned()));
        }
        found.map(|(_, usage)| *usage)
    }

    pub(super) fn key_type(&mut self, node: &Node<'_>) -> Option<KeyAlgorithm> {
        let text = self.text("keyType", node)?;
        let found = KeyAlgorithm::ALL.iter().find(|one| one.names().contains(&text));
        if found.is_none() {
            let names: Vec<_> = KeyAlgorithm::ALL.iter().map(|one| one.names()[0]).collect();
            let text = format!("there is no key type {:?}", printable(text));
            self.fault(node.place, text, Some(names.join(", ")));
        }
        found.copied()
    }

    pub(super) fn duration(&mut self, node: &Node<'_>) -> Option<ValidFor> {
        let text = match &node.value {
            // Without a unit, whatever the number.
            Value::Number(number) => number,
            _ => self.text("validFor", node)?,
        };
        text.parse::<ValidFor>()
            .map_err(|error| {
                let hint = "hours as 720h, or days, weeks, years: 90d, 2w, 10y".to_owned();
                self.fault(node.place, format!("validFor: {error}"), Some(hint));
            })
            .ok()
    }

    fn artefacts(&mut self, node: &Node<'_>) -> Wanted {
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
