//! Encodes and signs a template: the only code that uses rcgen.

use std::fmt;

use der::asn1::{AnyRef, BitStringRef, OctetStringRef};
use der::{Decode as _, Encode as _, Tag, TagNumber};
use ipnet::IpNet;
use rcgen::{
    BasicConstraints as RcgenBasicConstraints, CertificateParams, CustomExtension, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyUsagePurpose, PublicKeyData, SanType,
    SignatureAlgorithm, SigningKey,
};

use crate::constraint::PermittedSubtree;
use crate::issue::{IssueError, Issuer, Template};
use crate::key::{KeyAlgorithm, KeyIdentifier, KeyPair, PublicKey};
use crate::name::{DistinguishedName, SubjectAltName, SubjectAttribute};
use crate::usage::{ExtendedKeyUsage, KeyUsage};
use crate::x509::Certificate;

/// nameConstraints (RFC 5280 4.2.1.10).
const NAME_CONSTRAINTS: &[u64] = &[2, 5, 29, 30];

/// subjectKeyIdentifier (RFC 5280 4.2.1.2).
const SUBJECT_KEY_IDENTIFIER: &[u64] = &[2, 5, 29, 14];

/// Signs a template with its own key.
///
/// # Errors
///
/// [`IssueError::Signing`] if the certificate cannot be encoded or signed.
pub fn self_signed(template: &Template, key: &KeyPair) -> Result<Certificate, IssueError> {
    let signer = Signer::new(key)?;
    let certificate = params(template, key.into())?.self_signed(&signer).map_err(signing)?;
    Ok(Certificate::from_der(certificate.der().to_vec())?)
}

/// Signs a template for `key` with the key of a CA.
///
/// # Errors
///
/// The errors of [`Issuer::check`], [`IssueError::SameKey`], and [`IssueError::Signing`] if the certificate cannot
/// be encoded or signed.
pub fn issued_by<'a>(
    template: &Template,
    key: impl Into<PublicKey<'a>>,
    issuer: &Issuer,
) -> Result<Certificate, IssueError> {
    let key = key.into();
    issuer.check(template)?;
    if key.bits == issuer.key().public_key() {
        return Err(IssueError::SameKey { subject: issuer.name().to_owned() });
    }
    let algorithm = signature_algorithm(issuer.key().algorithm())?;
    // rcgen cannot hold every name: it keeps one attribute of each type. So it gets none, and its
    // output is not signed.
    let mut issuer_params = CertificateParams::default();
    issuer_params.distinguished_name = rcgen::DistinguishedName::new();
    issuer_params.key_identifier_method = KeyIdMethod::PreSpecified(issuer.key_identifier());
    let unsigned = Unsigned(Signer { key: issuer.key(), algorithm });
    let subject = Subject { key, algorithm: signature_algorithm(key.algorithm)? };
    let certificate = params(template, key)?
        .signed_by(&subject, &rcgen::Issuer::new(issuer_params, unsigned))
        .map_err(signing)?;
    let der = with_issuer(certificate.der(), issuer).map_err(signing)?;
    Ok(Certificate::from_der(der)?)
}

/// Inserts the issuer's name, octet for octet from the CA's certificate (RFC 5280
/// 4.1.2.4), and signs the certificate.
fn with_issuer(unsigned: &[u8], issuer: &Issuer) -> Result<Vec<u8>, der::Error> {
    // Certificate and TBSCertificate (RFC 5280 4.1): the issuer is behind version, serialNumber and
    // signature.
    const TBS_CERTIFICATE: usize = 0;
    const SIGNATURE_VALUE: usize = 2;
    const ISSUER: usize = 3;

    let missing = || der::Error::from(der::ErrorKind::Failed);
    let mut certificate = Vec::<AnyRef<'_>>::from_der(unsigned)?;
    let to_be_signed = certificate.get(TBS_CERTIFICATE).ok_or_else(missing)?.to_der()?;
    let mut fields = Vec::<AnyRef<'_>>::from_der(&to_be_signed)?;
    *fields.get_mut(ISSUER).ok_or_else(missing)? = AnyRef::from_der(issuer.subject())?;
    let to_be_signed = fields.to_der()?;
    let signature = issuer.key().sign(&to_be_signed).map_err(|_| missing())?;
    let signature = BitStringRef::from_bytes(&signature)?.to_der()?;
    *certificate.get_mut(TBS_CERTIFICATE).ok_or_else(missing)? = AnyRef::from_der(&to_be_signed)?;
    *certificate.get_mut(SIGNATURE_VALUE).ok_or_else(missing)? = AnyRef::from_der(&signature)?;
    certificate.to_der()
}

/// A key as rcgen uses it.
pub(super) struct Signer<'a> {
    key: &'a KeyPair,
    algorithm: &'static SignatureAlgorithm,
}

impl<'a> Signer<'a> {
    pub(super) fn new(key: &'a KeyPair) -> Result<Self, IssueError> {
        Ok(Self { key, algorithm: signature_algorithm(key.algorithm())? })
    }
}

/// The key that is certified.
struct Subject<'a> {
    key: PublicKey<'a>,
    algorithm: &'static SignatureAlgorithm,
}

/// A key that makes empty signatures.
struct Unsigned<'a>(Signer<'a>);

/// Returns the template as rcgen's parameters. Every field is set: rcgen's defaults are a validity from 1975 to
/// 4096, an invented subject, and the same serial number for every certificate of a key.
fn params(template: &Template, key: PublicKey<'_>) -> Result<CertificateParams, IssueError> {
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
    let identifier = template.key_identifier(key.bits);
    params.custom_extensions = match params.is_ca {
        // rcgen writes a subjectKeyIdentifier only together with basicConstraints.
        IsCa::NoCa => vec![subject_key_identifier(identifier).map_err(signing)?],
        IsCa::Ca(_) | IsCa::ExplicitNoCa => Vec::new(),
    };
    if !template.permitted_subtrees.is_empty() {
        let constraints = name_constraints(&template.permitted_subtrees).map_err(signing)?;
        params.custom_extensions.push(constraints);
    }
    // Without it, OpenSSL and Envoy find only the first of two certificates with the same subject.
    params.use_authority_key_identifier_extension = true;
    params.key_identifier_method = KeyIdMethod::PreSpecified(identifier.as_bytes().to_vec());
    Ok(params)
}

fn subject_key_identifier(identifier: KeyIdentifier) -> Result<CustomExtension, der::Error> {
    let value = OctetStringRef::new(identifier.as_bytes())?.to_der()?;
    Ok(CustomExtension::from_oid_content(SUBJECT_KEY_IDENTIFIER, value))
}

/// Returns nameConstraints (RFC 5280 4.2.1.10). rcgen would write it before basicConstraints, and wolfSSL rejects a
/// CA with that order.
fn name_constraints(permitted: &[PermittedSubtree]) -> Result<CustomExtension, der::Error> {
    let tagged = |number, constructed, contents: &[u8]| {
        let tag = Tag::ContextSpecific { constructed, number: TagNumber(number) };
        AnyRef::new(tag, contents)?.to_der()
    };
    let subtree = |permitted: &PermittedSubtree| {
        let base = match permitted {
            PermittedSubtree::Dns(domain) => tagged(2, false, domain.as_str().as_bytes()),
            PermittedSubtree::Ip(range) => tagged(7, false, &octets(range)),
        };
        AnyRef::new(Tag::Sequence, &base?)?.to_der()
    };
    let subtrees = permitted.iter().map(subtree).collect::<Result<Vec<_>, _>>()?.concat();
    let value = AnyRef::new(Tag::Sequence, &tagged(0, true, &subtrees)?)?.to_der()?;
    let mut extension = CustomExtension::from_oid_content(NAME_CONSTRAINTS, value);
    extension.set_criticality(true);
    Ok(extension)
}

/// Returns the address and the mask of a range, as RFC 5280 4.2.1.10 writes them.
fn octets(range: &IpNet) -> Vec<u8> {
    match range {
        IpNet::V4(range) => [range.network().octets(), range.netmask().octets()].concat(),
        IpNet::V6(range) => [range.network().octets(), range.netmask().octets()].concat(),
    }
}

pub(super) fn distinguished_name(name: &DistinguishedName) -> rcgen::DistinguishedName {
    let mut distinguished_name = rcgen::DistinguishedName::new();
    for (attribute, value) in name.attributes() {
        match attribute {
            SubjectAttribute::Country => {
                // A PrintableString (RFC 5280 appendix A.1, X520countryName).
                let value = value.as_str().try_into().map(DnValue::PrintableString);
                let value = value.expect("a country code is two letters");
                distinguished_name.push(DnType::CountryName, value);
            }
            SubjectAttribute::Organization => {
                distinguished_name.push(DnType::OrganizationName, value.as_str());
            }
            SubjectAttribute::OrganizationalUnit => {
                distinguished_name.push(DnType::OrganizationalUnitName, value.as_str());
            }
            SubjectAttribute::CommonName => {
                distinguished_name.push(DnType::CommonName, value.as_str());
            }
        }
    }
    distinguished_name
}

pub(super) fn san_type(name: &SubjectAltName) -> Result<SanType, IssueError> {
    Ok(match name {
        SubjectAltName::Dns(name) => SanType::DnsName(name.as_str().try_into().map_err(signing)?),
        SubjectAltName::Ip(address) => SanType::IpAddress(*address),
        SubjectAltName::Uri(uri) => SanType::URI(uri.as_str().try_into().map_err(signing)?),
    })
}

pub(super) const fn key_usage(usage: KeyUsage) -> KeyUsagePurpose {
    match usage {
        KeyUsage::DigitalSignature => KeyUsagePurpose::DigitalSignature,
        KeyUsage::NonRepudiation => KeyUsagePurpose::ContentCommitment,
        KeyUsage::KeyEncipherment => KeyUsagePurpose::KeyEncipherment,
        KeyUsage::DataEncipherment => KeyUsagePurpose::DataEncipherment,
        KeyUsage::KeyAgreement => KeyUsagePurpose::KeyAgreement,
        KeyUsage::KeyCertSign => KeyUsagePurpose::KeyCertSign,
        KeyUsage::CrlSign => KeyUsagePurpose::CrlSign,
        KeyUsage::EncipherOnly => KeyUsagePurpose::EncipherOnly,
        KeyUsage::DecipherOnly => KeyUsagePurpose::DecipherOnly,
    }
}

pub(super) const fn extended_key_usage(usage: ExtendedKeyUsage) -> ExtendedKeyUsagePurpose {
    match usage {
        ExtendedKeyUsage::ClientAuth => ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsage::ServerAuth => ExtendedKeyUsagePurpose::ServerAuth,
    }
}

fn signature_algorithm(key: KeyAlgorithm) -> Result<&'static SignatureAlgorithm, IssueError> {
    SignatureAlgorithm::from_oid(key.signature_oid()).map_err(signing)
}

pub(super) fn signing(error: impl fmt::Display) -> IssueError {
    IssueError::Signing { reason: error.to_string() }
}

impl PublicKeyData for Signer<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.key.public_key()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

impl PublicKeyData for Subject<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.key.bits
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

impl PublicKeyData for Unsigned<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.der_bytes()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        PublicKeyData::algorithm(&self.0)
    }
}

impl SigningKey for Unsigned<'_> {
    fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(Vec::new())
    }
}
