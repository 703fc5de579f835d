//! Reads a certificate request, and checks that a certificate may be issued for it.

use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::cri_attributes::ParsedCriAttribute;
use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::error::{MAX_NAMES, RequestError};
use super::name::RequestedName;
use crate::issue::IssuanceRequest;
use crate::key::{KeyAlgorithm, KeyIdentifier, KeyPair, KeyType, PublicKey};
use crate::name::SubjectAltName;
use crate::usage::{ExtendedKeyUsage, KeyUsage};
use crate::x509::signature::{self, SignatureStatus};
use crate::x509::{self, extension_name, usage_names};

/// A certificate request whose signature was verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateRequest {
    der: Vec<u8>,
    key_algorithm: KeyAlgorithm,
    public_key: Vec<u8>,
    subject: String,
    names: Vec<RequestedName>,
    usages: Vec<ExtendedKeyUsage>,
    key_usage: u16,
    dropped: Vec<String>,
}

impl CertificateRequest {
    /// Reads a certificate request and verifies its signature.
    ///
    /// # Errors
    ///
    /// A request that cannot be read, of a weak or unknown key, that its key did not sign, or for a CA.
    pub fn from_der(der: Vec<u8>) -> Result<Self, RequestError> {
        let parse = |reason| RequestError::Parse { reason };
        let request = match X509CertificationRequest::from_der(&der) {
            Ok(([], request)) => request,
            Ok(_) => return Err(parse("further bytes follow it")),
            Err(_) => return Err(parse("it is not the DER of a certificate request")),
        };
        let info = &request.certification_request_info;
        let key_algorithm = key_algorithm(&info.subject_pki)?;
        match signature::verify_request(&request) {
            SignatureStatus::Valid => {}
            SignatureStatus::Invalid => return Err(RequestError::Signature),
            SignatureStatus::Unsupported => {
                let algorithm = signature::request_algorithm(&request).to_string();
                return Err(RequestError::UnsupportedSignature { algorithm });
            }
        }
        let mut requested = Requested::default();
        for extension in extensions(&request)? {
            requested.add(extension)?;
        }
        Ok(Self {
            key_algorithm,
            public_key: info.subject_pki.subject_public_key.data.to_vec(),
            subject: x509::distinguished_name(&info.subject),
            names: requested.names,
            usages: requested.usages,
            key_usage: requested.key_usage,
            dropped: requested.dropped,
            der,
        })
    }

    /// The DER of the request.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The key to certify.
    #[must_use]
    pub fn public_key(&self) -> PublicKey<'_> {
        PublicKey { algorithm: self.key_algorithm, bits: &self.public_key }
    }

    /// The requested subject, for people.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The requested extKeyUsage: server, client, both or neither.
    #[must_use]
    pub fn extended_key_usages(&self) -> &[ExtendedKeyUsage] {
        &self.usages
    }

    /// The requested extensions and usages that a certificate of ours does not have, for people.
    #[must_use]
    pub fn dropped(&self) -> &[String] {
        &self.dropped
    }

    /// Returns the requested names, read as on a command line.
    ///
    /// # Errors
    ///
    /// [`RequestError`] for the first name that no client can match, and for a request without names.
    pub fn subject_alt_names(&self) -> Result<Vec<SubjectAltName>, RequestError> {
        if self.names.is_empty() {
            return Err(RequestError::NoNames);
        }
        self.names.iter().map(RequestedName::read).collect()
    }

    /// The requested names as they stand in the request, for people.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.names.iter().map(ToString::to_string)
    }

    /// Returns the requested names that a certificate with other names does not have, as they stand in the request.
    #[must_use]
    pub fn names_not_in(&self, issued: &[SubjectAltName]) -> Vec<String> {
        let has = |name: &RequestedName| {
            let text = name.to_string();
            issued.iter().any(|one| one.to_string() == text)
                || name.read().is_ok_and(|name| issued.contains(&name))
        };
        self.names.iter().filter(|name| !has(name)).map(ToString::to_string).collect()
    }

    /// Returns the first difference to a request made for a key: field, expected and found.
    pub fn difference(
        &self,
        wanted: &IssuanceRequest,
        key: &KeyPair,
    ) -> Option<(&'static str, String, String)> {
        let differs = |field, expected: String, found: String| {
            (expected != found).then_some((field, expected, found))
        };
        if self.public_key() != PublicKey::from(key) {
            let found = KeyIdentifier::of(&self.public_key).to_string();
            return differs("subjectPublicKey", key.identifier().to_string(), found);
        }
        let list = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>().join(", ");
        let usage =
            |usages: &[ExtendedKeyUsage]| list(&mut usages.iter().map(|u| u.as_str().to_owned()));
        let bits = wanted.issued_key_usage().iter().fold(0, |bits, usage| bits | usage.bit());
        let names = &mut wanted.subject_alt_names().iter().map(ToString::to_string);
        differs("subjectAltName", list(names), list(&mut self.names()))
            .or_else(|| {
                differs("subject", wanted.issued_subject().to_string(), self.subject.clone())
            })
            .or_else(|| {
                differs("extKeyUsage", usage(&[wanted.extended_key_usage()]), usage(&self.usages))
            })
            .or_else(|| differs("keyUsage", format!("{bits:#x}"), format!("{:#x}", self.key_usage)))
    }
}

fn key_algorithm(key: &SubjectPublicKeyInfo<'_>) -> Result<KeyAlgorithm, RequestError> {
    let key_type = x509::key_type(key);
    KeyAlgorithm::of(key_type).ok_or_else(|| match key_type {
        KeyType::Rsa(bits) if bits < 2048 => RequestError::WeakKey { bits },
        KeyType::Other => RequestError::UnsupportedKey { key: x509::key_algorithm_oid(key) },
        other => RequestError::UnsupportedKey { key: other.to_string() },
    })
}

/// The requested extensions; a request without the attribute has none.
fn extensions<'a>(
    request: &'a X509CertificationRequest<'a>,
) -> Result<Vec<&'a X509Extension<'a>>, RequestError> {
    let mut found = Vec::new();
    for attribute in request.certification_request_info.iter_attributes() {
        if let ParsedCriAttribute::ExtensionRequest(requested) = attribute.parsed_attribute() {
            for extension in &requested.extensions {
                let is_same = |other: &&X509Extension<'_>| other.oid == extension.oid;
                if found.iter().any(is_same) {
                    return Err(RequestError::Parse { reason: "an extension is there twice" });
                }
                found.push(extension);
            }
        }
    }
    Ok(found)
}

/// The extensions that a request is read for: keyUsage, subjectAltName, basicConstraints and extKeyUsage.
const READ: [&str; 4] = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.37"];

#[derive(Default)]
struct Requested {
    names: Vec<RequestedName>,
    usages: Vec<ExtendedKeyUsage>,
    key_usage: u16,
    dropped: Vec<String>,
}

impl Requested {
    fn add(&mut self, extension: &X509Extension<'_>) -> Result<(), RequestError> {
        let oid = extension.oid.to_id_string();
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(found) if found.ca => {
                return Err(RequestError::CertificateAuthority);
            }
            // A certificate of ours says the same by leaving the extension out.
            ParsedExtension::BasicConstraints(_) | ParsedExtension::SubjectKeyIdentifier(_) => {}
            ParsedExtension::SubjectAlternativeName(found) => {
                if found.general_names.len() > MAX_NAMES {
                    return Err(RequestError::TooManyNames);
                }
                self.names = found.general_names.iter().map(RequestedName::new).collect();
            }
            ParsedExtension::ExtendedKeyUsage(found) => {
                let usages = [
                    (found.server_auth, ExtendedKeyUsage::ServerAuth),
                    (found.client_auth, ExtendedKeyUsage::ClientAuth),
                ];
                self.usages = usages.into_iter().filter(|(has, _)| *has).map(|(_, u)| u).collect();
                let names = usage_names(found).into_iter();
                let others = names.filter(|name| !["serverAuth", "clientAuth"].contains(&&**name));
                self.dropped.extend(others.take(16).map(|name| format!("extKeyUsage {name}")));
            }
            ParsedExtension::KeyUsage(found) => {
                self.key_usage = found.flags;
                // The usages of a CA. Which of the others a certificate has depends on its key.
                let usages = [KeyUsage::KeyCertSign, KeyUsage::CrlSign];
                let found = usages.into_iter().filter(|usage| self.key_usage & usage.bit() != 0);
                self.dropped.extend(found.map(|usage| format!("keyUsage {}", usage.as_str())));
            }
            ParsedExtension::ParseError { .. } if READ.contains(&&*oid) => {
                return Err(RequestError::MalformedExtension {
                    name: extension_name(&oid).to_owned(),
                });
            }
            _ => self.dropped.push(format!("extension {}", extension_name(&oid))),
        }
        Ok(())
    }
}
