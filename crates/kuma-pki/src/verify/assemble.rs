//! The chain of a certificate, put together from the files that a PKI returns.

use x509_parser::extensions::{GeneralName, ParsedExtension};

use crate::key::ExistingKey;
use crate::text::printable;
use crate::x509::Certificate;

/// The most certificates of a chain, and the most issuers that are tried for one of them.
const MAX_CHAIN: usize = 16;

/// id-ad-caIssuers (RFC 5280 4.2.2.1).
const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";

/// The certificates of a pair in order.
#[derive(Clone, Debug)]
pub struct AssembledChain {
    /// The certificate and the intermediate CAs, in the order in which a server sends them.
    pub chain: Vec<Certificate>,
    /// The root of the chain, then the other roots of the CA file.
    pub roots: Vec<Certificate>,
}

/// A chain that cannot be put together. Names are as RFC 4514 writes them.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum AssemblyError {
    /// No certificate has the private key.
    #[error("none of the certificates has the private key's public key")]
    NoCertificateForKey,
    /// The certificate of a CA is missing.
    #[error(
        "the chain is incomplete: the certificate of {issuer}, which issued {subject}, is missing"
    )]
    IssuerMissing {
        subject: String,
        issuer: String,
        /// Where the certificate says that its issuer's is, if it says so (authorityInfoAccess).
        location: Option<String>,
    },
}

/// Puts together the chain of the certificate with a private key from certificates in any order: those of the
/// certificate file and of the CA file.
///
/// # Errors
///
/// [`AssemblyError`] if the certificate or one of the CAs up to a root is missing.
pub fn assemble_chain(
    certificates: &[Certificate],
    ca_file: &[Certificate],
    key: &ExistingKey,
) -> Result<AssembledChain, AssemblyError> {
    let all = [certificates, ca_file].concat();
    // Of a certificate and its renewal for the same key, the one that expires last.
    let own = all
        .iter()
        .filter(|one| one.public_key() == key.public_key())
        .max_by_key(|one| one.validity().not_after)
        .ok_or(AssemblyError::NoCertificateForKey)?;
    let mut chain: Vec<Certificate> = path(own, &all).into_iter().cloned().collect();
    let Some(root) = chain.pop_if(|last| last.is_self_signed()) else {
        let last = chain.last().unwrap_or(own);
        let (subject, issuer) = (last.subject(), last.issuer());
        return Err(AssemblyError::IssuerMissing {
            subject,
            issuer,
            location: issuer_location(last),
        });
    };
    if chain.is_empty() {
        // A certificate that signs itself is the chain and the root.
        chain.push(root.clone());
    }
    let is_other = |one: &&Certificate| one.is_self_signed() && one.der() != root.der();
    let others: Vec<_> = ca_file.iter().filter(is_other).cloned().collect();
    Ok(AssembledChain { chain, roots: [vec![root], others].concat() })
}

/// Returns the certificates from one to its root, as far as they are among all.
pub(super) fn path<'a>(own: &'a Certificate, all: &'a [Certificate]) -> Vec<&'a Certificate> {
    let mut path = vec![own];
    while let Some(last) = path.last().copied()
        && path.len() < MAX_CHAIN
        && !last.is_self_signed()
    {
        let candidates = last.issuer_candidates(all).into_iter().take(MAX_CHAIN);
        let issuers = candidates.map(|(_, ca)| ca).filter(|ca| last.is_issued_by(ca));
        // A root rather than the same CA cross-signed by another, and a CA that is valid for longer.
        match issuers.max_by_key(|ca| (ca.is_self_signed(), ca.validity().not_after)) {
            Some(issuer) if !path.iter().any(|one| one.der() == issuer.der()) => path.push(issuer),
            _ => break,
        }
    }
    path
}

/// Returns the URI of the issuer's certificate in authorityInfoAccess.
fn issuer_location(certificate: &Certificate) -> Option<String> {
    let extensions = certificate.x509().extensions().iter();
    extensions.map(|extension| extension.parsed_extension()).find_map(|extension| match extension {
        ParsedExtension::AuthorityInfoAccess(access) => {
            access.accessdescs.iter().find_map(|access| match &access.access_location {
                GeneralName::URI(uri) if access.access_method.to_id_string() == CA_ISSUERS => {
                    Some(printable(uri))
                }
                _ => None,
            })
        }
        _ => None,
    })
}
