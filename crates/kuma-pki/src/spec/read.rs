//! From the text of a specification to its certificates, or to all that is wrong with it.

use std::collections::HashMap;

use super::schema::{Certificate, Create, File, Issuer};
use super::unreadable::unreadable;
use super::{
    ARTEFACTS, CertificateSpecification, Faults, IssuerSpecification, Lack, Place, Settings,
    Specification, SpecificationFaults, TYPES, Wanted,
};
use crate::format::yaml::{self, Limits};
use crate::issue::CaRequest;
use crate::key::KeyAlgorithm;
use crate::kubernetes::{Namespace, ObjectName, ServiceName};
use crate::name::SubjectAltName;
use crate::text::excerpt;
use crate::usage::ExtendedKeyUsage;
use crate::validity::ValidFor;

/// A million certificates. What many of them have in common stands in `defaults`, so copies are few.
const LIMITS: Limits = Limits { nodes: 50_000_000, copies: 1_000_000, copied_bytes: 1 << 10 };

/// The name of a CA for which none is given.
const CA_NAME: &str = "Kuma CA";

/// How long the name of a certificate can be: file systems allow 255 octets, and more is appended.
const MAX_NAME_LENGTH: usize = 200;

/// A certificate, to begin with.
const EXAMPLE: &str = "certificates: [{name: zone-1, type: server, hostnames: [cp.example]}]";

/// The names of devices in Windows, whatever follows behind a dot; COM and LPT have a digit more.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// A certificate as it was read, to which the defaults are not yet applied.
pub(super) struct Entry {
    name: Box<str>,
    place: Place,
    settings: Settings,
}

pub(super) fn specification(text: &str) -> Result<Specification, SpecificationFaults> {
    let mut options = yaml::options(&LIMITS);
    // `name: 1.10` would otherwise be the text "1.10" here, and 1.1 in other programs.
    options.no_schema = true;
    let File { issuer, defaults, certificates } =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            SpecificationFaults { faults: vec![unreadable(&error)], more: 0, issuer: None }
        })?;
    let mut faults = certificates.faults;
    let issuer = issuer.0.and_then(|(issuer, place)| ca(issuer, place, &mut faults));
    let defaults = defaults.0.map(|(defaults, _)| {
        if let Some((_, place)) = defaults.name.0 {
            faults.add(place, "defaults have no name", None);
        }
        Settings::new(defaults, &mut faults)
    });
    let defaults = defaults.unwrap_or_default();
    if certificates.entries.is_empty() && faults.kept.is_empty() {
        let place = Place { line: 1, column: 1 };
        faults.add(place, "there is no certificate in it", Some(EXAMPLE.to_owned()));
    }
    let mut specified = Vec::with_capacity(certificates.entries.len());
    for Entry { name, place, settings } in certificates.entries {
        let faulty = settings.faulty.clone();
        match settings.resolve(&name, &defaults) {
            Ok((request, artefacts)) => {
                specified.push(CertificateSpecification { name, request, artefacts, place });
            }
            Err(lacks) => {
                for Lack { field, text, hint } in lacks {
                    if !faulty.contains(&field) && !defaults.faulty.contains(&field) {
                        faults.add(place, text, Some(hint.to_owned()));
                    }
                }
            }
        }
    }
    let Faults { kept: mut faults, more } = faults;
    if faults.is_empty() {
        return Ok(Specification { issuer, certificates: specified });
    }
    faults.sort_by_key(|fault| fault.place);
    Err(SpecificationFaults { faults, more, issuer: issuer.map(Box::new) })
}

impl Entry {
    /// Checks a certificate. `names` has the names of those before it in lower case, since some file systems
    /// do not tell them apart, with their lines.
    pub(super) fn new(
        mut certificate: Certificate,
        place: Place,
        names: &mut HashMap<String, u32>,
        faults: &mut Faults,
    ) -> Option<Self> {
        let name = std::mem::take(&mut certificate.name).text();
        let settings = Settings::new(certificate, faults);
        let Some((name, name_place)) = name else {
            let hint = "name: zone-1, which is the name of its directory as well".to_owned();
            faults.add(place, "a certificate has no name", Some(hint));
            return None;
        };
        if let Some(reason) = unsafe_name(&name) {
            let text = format!("the name {:?} {reason}", excerpt(&name));
            let hint = "a name is letters, digits, dots, hyphens and underscores".to_owned();
            faults.add(name_place, text, Some(hint));
            return None;
        }
        if let Some(line) = names.insert(name.to_ascii_lowercase(), name_place.line) {
            let text = format!("the name {name} is that of a certificate in line {line}, too");
            faults.add(name_place, text, None);
            return None;
        }
        Some(Self { name: name.into(), place, settings })
    }
}

impl Settings {
    fn new(certificate: Certificate, faults: &mut Faults) -> Self {
        let mut check = Check { faults, faulty: Vec::new() };
        let mut names = check.all("hostnames", certificate.hostnames.list(), hostname);
        let services = certificate.kubernetes_service.list();
        for service in check.all("hostnames", services, service_name) {
            names.extend(service.subject_alt_names());
        }
        let has_artefacts = certificate.artefacts.0.is_some();
        let artefacts = check.all("artefacts", certificate.artefacts.list(), artefact);
        Self {
            usage: check.one("type", certificate.r#type.text(), usage),
            names,
            key_algorithm: check.one("keyType", certificate.key_type.text(), key_type),
            valid_for: check.one("validFor", certificate.valid_for.text(), duration),
            artefacts: has_artefacts.then(|| Wanted {
                secret: artefacts.contains(&"secret"),
                bundle: artefacts.contains(&"bundle"),
            }),
            namespace: check.one("namespace", certificate.namespace.text(), |text| {
                Namespace::parse(text).map_err(Problem::of)
            }),
            secret_name: check.one("secretName", certificate.secret_name.text(), |text| {
                ObjectName::parse(text).map_err(Problem::of)
            }),
            faulty: check.faulty,
        }
    }
}

fn ca(issuer: Issuer, place: Place, faults: &mut Faults) -> Option<IssuerSpecification> {
    let mut check = Check { faults, faulty: Vec::new() };
    let is_complete = issuer.cert_file.0.is_some() && issuer.key_file.0.is_some();
    let cert_file = check.one("certFile", issuer.cert_file.text(), |text| file("certFile", text));
    let key_file = check.one("keyFile", issuer.key_file.text(), |text| file("keyFile", text));
    let create = issuer.create.0.and_then(|(create, place)| ca_request(create, place, &mut check));
    if !is_complete {
        let hint = "issuer: {certFile: ca.crt, keyFile: ca.key}".to_owned();
        check.faults.add(place, "issuer has not both certFile and keyFile", Some(hint));
    }
    if !check.faulty.is_empty() {
        return None;
    }
    Some(IssuerSpecification { cert_file: cert_file?, key_file: key_file?, create, place })
}

fn ca_request(create: Create, place: Place, check: &mut Check<'_>) -> Option<CaRequest> {
    let key_algorithm = check.one("create", create.key_type.text(), key_type).unwrap_or_default();
    let valid_for = check.one("create", create.valid_for.text(), duration);
    let name = create.name.text().map_or_else(|| CA_NAME.to_owned(), |(name, _)| name);
    let request = CaRequest::new(&name, key_algorithm, Vec::new(), valid_for);
    request
        .map_err(|error| check.fault("create", place, Problem::of(format!("create: {error}"))))
        .ok()
}

/// Something wrong with a text, without its place.
struct Problem {
    text: String,
    hint: Option<String>,
}

impl Problem {
    fn of(error: impl ToString) -> Self {
        Self { text: error.to_string(), hint: None }
    }
}

/// Reads texts, and adds what is wrong with them to the faults.
struct Check<'f> {
    faults: &'f mut Faults,
    /// The fields in which something is wrong.
    faulty: Vec<&'static str>,
}

impl Check<'_> {
    fn one<T>(
        &mut self,
        field: &'static str,
        text: Option<(String, Place)>,
        read: impl Fn(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        let (text, place) = text?;
        match read(&text) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.fault(field, place, problem);
                None
            }
        }
    }

    fn fault(&mut self, field: &'static str, place: Place, Problem { text, hint }: Problem) {
        self.faults.add(place, text, hint);
        self.faulty.push(field);
    }

    fn all<T>(
        &mut self,
        field: &'static str,
        texts: Vec<(String, Place)>,
        read: impl Fn(&str) -> Result<T, Problem>,
    ) -> Vec<T> {
        texts.into_iter().filter_map(|text| self.one(field, Some(text), &read)).collect()
    }
}

fn hostname(text: &str) -> Result<SubjectAltName, Problem> {
    SubjectAltName::parse(text).map_err(|error| {
        let meant: Vec<_> = error.meant.iter().map(ToString::to_string).collect();
        let hint = (!meant.is_empty()).then(|| format!("did you mean {}?", meant.join(", ")));
        Problem { text: format!("hostname {error}"), hint }
    })
}

fn service_name(text: &str) -> Result<ServiceName, Problem> {
    ServiceName::parse(text).map_err(|error| {
        let hint = error.meant.as_ref().map(|meant| format!("did you mean {meant}?"));
        Problem { text: error.to_string(), hint }
    })
}

fn usage(text: &str) -> Result<ExtendedKeyUsage, Problem> {
    let found = TYPES.iter().find(|(name, _)| *name == text);
    found.map(|(_, usage)| *usage).ok_or_else(|| Problem {
        text: format!("there is no type {:?}", excerpt(text)),
        hint: Some("server or client".to_owned()),
    })
}

fn key_type(text: &str) -> Result<KeyAlgorithm, Problem> {
    let found = KeyAlgorithm::ALL.iter().find(|one| one.names().contains(&text));
    found.copied().ok_or_else(|| {
        let names: Vec<_> = KeyAlgorithm::ALL.iter().map(|one| one.names()[0]).collect();
        let text = format!("there is no key type {:?}", excerpt(text));
        Problem { text, hint: Some(names.join(", ")) }
    })
}

fn duration(text: &str) -> Result<ValidFor, Problem> {
    text.parse::<ValidFor>().map_err(|error| Problem {
        text: format!("validFor: {error}"),
        hint: Some(match error.in_days() {
            Some(days) => format!("did you mean {days}?"),
            None => "hours as 720h, or days, weeks, years: 90d, 2w, 10y".to_owned(),
        }),
    })
}

fn artefact(text: &str) -> Result<&'static str, Problem> {
    ARTEFACTS.into_iter().find(|name| *name == text).ok_or_else(|| Problem {
        text: format!("there is no artefact {:?}", excerpt(text)),
        hint: Some(ARTEFACTS.join(", ")),
    })
}

fn file(field: &str, text: &str) -> Result<String, Problem> {
    if text.is_empty() || text.contains('\0') {
        return Err(Problem::of(format!("{field}: {:?} is no name of a file", excerpt(text))));
    }
    Ok(text.to_owned())
}

/// Why a name cannot name a directory on every file system to which a specification may be copied.
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
