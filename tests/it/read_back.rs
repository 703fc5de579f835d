//! What a file says, read with another library than the one that wrote it.

use std::net::IpAddr;

use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Hands the only certificate of a PEM text to `look`.
#[track_caller]
pub(crate) fn certificate<T>(pem: &str, look: impl FnOnce(&X509Certificate<'_>) -> T) -> T {
    let certificates: Vec<_> =
        blocks(pem).into_iter().filter(|(label, _)| label == "CERTIFICATE").collect();
    assert_eq!(certificates.len(), 1, "{pem}");
    let (rest, certificate) = X509Certificate::from_der(&certificates[0].1).expect("X.509");
    assert!(rest.is_empty());
    look(&certificate)
}

/// The blocks of a PEM text: labels and DER.
#[track_caller]
pub(crate) fn blocks(pem: &str) -> Vec<(String, Vec<u8>)> {
    let blocks = Pem::iter_from_buffer(pem.as_bytes());
    blocks.map(|block| block.expect("PEM")).map(|block| (block.label, block.contents)).collect()
}

/// The labels of a PEM text's blocks.
#[track_caller]
pub(crate) fn labels(pem: &str) -> Vec<String> {
    blocks(pem).into_iter().map(|(label, _)| label).collect()
}

/// Returns the names in a PEM certificate, each after its type.
#[track_caller]
pub(crate) fn names(pem: &str) -> Vec<String> {
    certificate(pem, |certificate| {
        let extension = certificate.subject_alternative_name().expect("one extension");
        extension.expect("names").value.general_names.iter().map(name).collect()
    })
}

fn name(name: &GeneralName<'_>) -> String {
    match name {
        GeneralName::DNSName(name) => format!("dNSName {name}"),
        GeneralName::IPAddress(octets) => {
            match (<[u8; 4]>::try_from(*octets), <[u8; 16]>::try_from(*octets)) {
                (Ok(octets), _) => format!("iPAddress {}", IpAddr::from(octets)),
                (_, Ok(octets)) => format!("iPAddress {}", IpAddr::from(octets)),
                _ => panic!("an address of {} octets", octets.len()),
            }
        }
        GeneralName::URI(uri) => format!("uniformResourceIdentifier {uri}"),
        other => panic!("{other:?}"),
    }
}

/// The subjectKeyIdentifier of a certificate that has one.
#[track_caller]
pub(crate) fn subject_key_identifier(certificate: &X509Certificate<'_>) -> Vec<u8> {
    let extensions = certificate.extensions().iter();
    let mut found = extensions.filter_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0.to_vec()),
        _ => None,
    });
    found.next().expect("a subjectKeyIdentifier")
}

/// The keyIdentifier in the authorityKeyIdentifier of a certificate that has one.
#[track_caller]
pub(crate) fn authority_key_identifier(certificate: &X509Certificate<'_>) -> Vec<u8> {
    let extensions = certificate.extensions().iter();
    let mut found = extensions.filter_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(found) => {
            found.key_identifier.as_ref().map(|identifier| identifier.0.to_vec())
        }
        _ => None,
    });
    found.next().expect("an authorityKeyIdentifier")
}
