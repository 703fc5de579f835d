//! From a template to a signed certificate: the only code that talks to rcgen.

use std::fmt;

use aws_lc_rs::digest;
use rcgen::{
    BasicConstraints as RcgenBasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyIdMethod, KeyUsagePurpose, PublicKeyData, SanType, SignatureAlgorithm, SigningKey,
};

use crate::error::Error;
use crate::key::KeyPair;
use crate::name::SubjectAltName;
use crate::profile::{DistinguishedName, KeyUsage, Template};
use crate::request::ExtendedKeyUsage;

/// A signed certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    der: Vec<u8>,
}

/// The SHA-256 of a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fingerprint([u8; 32]);

/// Signs a template with its own key.
///
/// # Errors
///
/// [`Error::Signing`] if the certificate cannot be encoded or signed.
pub fn self_signed(template: &Template, key: &KeyPair) -> Result<Certificate, Error> {
    let signer = Signer { key, algorithm: signature_algorithm(key)? };
    let certificate = params(template, key)?.self_signed(&signer).map_err(signing)?;
    Ok(Certificate { der: certificate.der().to_vec() })
}

/// A key as rcgen wants to see it.
struct Signer<'a> {
    key: &'a KeyPair,
    algorithm: &'static SignatureAlgorithm,
}

impl Certificate {
    /// The DER of the certificate (RFC 5280 4.1).
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The SHA-256 of the DER, by which people tell certificates apart.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let mut octets = [0; 32];
        octets.copy_from_slice(digest::digest(&digest::SHA256, &self.der).as_ref());
        Fingerprint(octets)
    }
}

/// Upper-case hexadecimal octets with colons between, as OpenSSL prints fingerprints.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::encode::hex::write_with_colons(f, &self.0)
    }
}

/// Every field is set: rcgen's own defaults would be a validity from 1975 to 4096, a made-up
/// subject, and the same serial number for every certificate of a key.
fn params(template: &Template, key: &KeyPair) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::default();
    params.not_before = template.validity.not_before;
    params.not_after = template.validity.not_after;
    params.serial_number = Some(template.serial_number.as_bytes().to_vec().into());
    params.subject_alt_names =
        template.subject_alt_names.iter().map(san_type).collect::<Result<_, _>>()?;
    params.distinguished_name = distinguished_name(&template.subject);
    params.is_ca = match template.basic_constraints {
        None => IsCa::NoCa,
        Some(constraints) => IsCa::Ca(match constraints.path_length {
            None => RcgenBasicConstraints::Unconstrained,
            Some(length) => RcgenBasicConstraints::Constrained(length),
        }),
    };
    params.key_usages = template.key_usage.iter().map(|usage| key_usage(*usage)).collect();
    params.extended_key_usages =
        template.extended_key_usage.into_iter().map(extended_key_usage).collect();
    params.name_constraints = None;
    params.crl_distribution_points = Vec::new();
    params.custom_extensions = Vec::new();
    // Without it, OpenSSL and Envoy find only the first of two certificates with the same subject.
    params.use_authority_key_identifier_extension = true;
    params.key_identifier_method = KeyIdMethod::PreSpecified(key.identifier().as_bytes().to_vec());
    Ok(params)
}

fn distinguished_name(name: &DistinguishedName) -> rcgen::DistinguishedName {
    let mut distinguished_name = rcgen::DistinguishedName::new();
    distinguished_name.push(DnType::OrganizationName, name.organization);
    if let Some(common_name) = &name.common_name {
        distinguished_name.push(DnType::CommonName, common_name.as_str());
    }
    distinguished_name
}

fn san_type(name: &SubjectAltName) -> Result<SanType, Error> {
    Ok(match name {
        SubjectAltName::Dns(name) => SanType::DnsName(name.as_str().try_into().map_err(signing)?),
        SubjectAltName::Ip(address) => SanType::IpAddress(*address),
        SubjectAltName::Uri(uri) => SanType::URI(uri.as_str().try_into().map_err(signing)?),
    })
}

const fn key_usage(usage: KeyUsage) -> KeyUsagePurpose {
    match usage {
        KeyUsage::DigitalSignature => KeyUsagePurpose::DigitalSignature,
        KeyUsage::KeyCertSign => KeyUsagePurpose::KeyCertSign,
        KeyUsage::KeyEncipherment => KeyUsagePurpose::KeyEncipherment,
    }
}

const fn extended_key_usage(usage: ExtendedKeyUsage) -> ExtendedKeyUsagePurpose {
    match usage {
        ExtendedKeyUsage::ClientAuth => ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsage::ServerAuth => ExtendedKeyUsagePurpose::ServerAuth,
    }
}

fn signature_algorithm(key: &KeyPair) -> Result<&'static SignatureAlgorithm, Error> {
    SignatureAlgorithm::from_oid(key.algorithm().signature_oid()).map_err(signing)
}

fn signing(error: rcgen::Error) -> Error {
    Error::Signing { reason: error.to_string() }
}

impl PublicKeyData for Signer<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.key.public_key()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

impl SigningKey for Signer<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.key.sign(message).map_err(|_| rcgen::Error::RingUnspecified)
    }
}
