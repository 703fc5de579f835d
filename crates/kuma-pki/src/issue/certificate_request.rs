//! Certificate requests (PKCS#10, RFC 2986): made for a CA whose key is elsewhere, and read to sign them.

mod error;
mod name;
mod read;

use rcgen::CertificateParams;

pub use self::error::RequestError;
pub use self::read::CertificateRequest;
use super::sign::{Signer, distinguished_name, extended_key_usage, key_usage, san_type, signing};
use crate::issue::{IssuanceRequest, IssueError};
use crate::key::KeyPair;

/// Returns the certificate request for a key: subject, names and usages that the certificate would have if a
/// CA of ours issued it. The request is read again and compared before it is returned.
///
/// # Errors
///
/// [`IssueError::Signing`] if the request cannot be encoded or signed, and [`IssueError::SelfCheck`] if it
/// differs from `request`.
pub fn certificate_request(
    request: &IssuanceRequest,
    key: &KeyPair,
) -> Result<CertificateRequest, IssueError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(&request.issued_subject());
    params.subject_alt_names =
        request.subject_alt_names().iter().map(san_type).collect::<Result<_, _>>()?;
    params.key_usages = request.issued_key_usage().into_iter().map(key_usage).collect();
    params.extended_key_usages = vec![extended_key_usage(request.extended_key_usage())];
    let der = params.serialize_request(&Signer::new(key)?).map_err(signing)?;
    let found = CertificateRequest::from_der(der.der().to_vec()).map_err(signing)?;
    match found.difference(request, key) {
        None => Ok(found),
        Some((field, expected, found)) => Err(IssueError::SelfCheck { field, expected, found }),
    }
}
