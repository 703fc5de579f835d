//! From a request to a checked certificate with its key and chain.

use std::sync::Arc;

use kuma_pki::format::pem;
use kuma_pki::issue::renewal::ExpectedIssuer;
use kuma_pki::{
    CaRequest, Certificate, ExtendedKeyUsage, IssuanceRequest, Issuer, PrivateKeyEncoding, Profile,
    SerialNumber, SubjectAltName, Template,
};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::existing_files::{ExistingFiles, SubjectKey};
use super::{PemFiles, ca, new_key};
use crate::args::hostname;
use crate::args::issuer::IssuerArgs;
use crate::report::failure::Failure;

/// A server that sends more octets of certificates than this is rejected by OpenSSL and BoringSSL
/// (`SSL_MAX_CERT_LIST_DEFAULT`).
const MAX_CERTIFICATE_LIST: usize = 100 * 1024;

/// Returns the warnings about a new certificate: names, keys and sizes that some clients reject.
pub(crate) fn warnings(request: &IssuanceRequest, issued: &Issued) -> Vec<String> {
    let mut warnings = hostname::warnings(request.subject_alt_names());
    let is_server = request.extended_key_usage() == ExtendedKeyUsage::ServerAuth;
    warnings.extend(key_warning(request));
    let has_address =
        || request.subject_alt_names().iter().any(|name| matches!(name, SubjectAltName::Ip(_)));
    let limits_addresses = issued.issuer.as_ref().is_some_and(|ca| ca.limits_addresses());
    if is_server && limits_addresses && has_address() {
        warnings.push(
            "Envoy rejects the certificate: it has an IP address, and its CA has name constraints for \
             IP addresses (unsupported name constraint type)"
                .to_owned(),
        );
    }
    let size = issued.size;
    if is_server && size > MAX_CERTIFICATE_LIST {
        warnings.push(format!(
            "Envoy, curl, OpenSSL, Python, Node and Chrome reject the certificate: with its chain it has \
             {} KiB, more than 100 (excessive message size)",
            size / 1024
        ));
    }
    warnings
}

/// Returns the warning about the type of a server's key.
pub(crate) fn key_warning(request: &IssuanceRequest) -> Option<String> {
    let key_algorithm = request.key_algorithm();
    let is_server = request.extended_key_usage() == ExtendedKeyUsage::ServerAuth;
    (is_server && !key_algorithm.envoy_connects()).then(|| {
        format!(
            "Envoy, as Kuma configures it, connects to no server with a key of type \
             {key_algorithm}; a control plane needs RSA or ecdsa"
        )
    })
}

/// Who signs.
pub(crate) struct Signer {
    /// The user's CA.
    pub(crate) issuer: Option<Arc<Issuer>>,
    /// Whether, without one, a CA is made for the run; else the certificate is self-signed.
    pub(crate) is_ephemeral: bool,
}

/// How closely a new certificate is checked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SelfCheck {
    /// Every field.
    Fields,
    /// Every field, the signature, and the path to the CA that clients follow.
    Full,
}

/// A certificate and its key.
pub(crate) struct Issued {
    pub(super) certificate: Certificate,
    pub(crate) template: Template,
    pub(super) issuer: Option<Arc<Issuer>>,
    key: SubjectKey,
    /// The PEM of the certificate and of the CAs behind it.
    chain: Vec<u8>,
    /// How many octets a server sends: those of the certificate and of the CAs behind it, as DER.
    size: usize,
}

impl Signer {
    /// Each certificate signs itself.
    pub(crate) const NONE: Self = Self { issuer: None, is_ephemeral: false };

    /// Reads the user's CA, if the flags name one. Without one, `is_ephemeral` decides.
    ///
    /// # Errors
    ///
    /// Files that cannot be read, or are not those of a CA that can sign.
    pub(crate) fn open(
        args: &IssuerArgs,
        is_ephemeral: bool,
        now: OffsetDateTime,
    ) -> Result<Self, Failure> {
        let issuer = args.open(now)?.map(Arc::new);
        Ok(Self { is_ephemeral: is_ephemeral && issuer.is_none(), issuer })
    }

    /// Whether each certificate signs itself.
    pub(crate) const fn is_self_signed(&self) -> bool {
        self.issuer.is_none() && !self.is_ephemeral
    }

    /// Who is to have signed a certificate that exists.
    fn expected(&self) -> ExpectedIssuer<'_> {
        match &self.issuer {
            Some(issuer) => ExpectedIssuer::Issuer(issuer),
            None if self.is_ephemeral => ExpectedIssuer::Ephemeral,
            None => ExpectedIssuer::Itself,
        }
    }

    /// Compares an existing pair with the request. Returns the template of the requested certificate, as
    /// far as it can be compared, and the reasons to replace the pair.
    ///
    /// # Errors
    ///
    /// A request for which no certificate can be issued, and a pair that only --force replaces.
    pub(crate) fn compare(
        &self,
        existing: &ExistingFiles,
        profile: Profile<'_>,
        now: OffsetDateTime,
    ) -> Result<(Template, Vec<String>), Failure> {
        let wanted = profile.resolve(now, SerialNumber::random()?)?;
        let reasons = existing.reasons(&wanted, self.expected(), now)?;
        Ok((wanted, reasons))
    }

    /// What clients trust of a certificate that exists: the root of the user's CA, or the last
    /// certificate of its file, which is itself or the CA that was made for it.
    pub(crate) fn trust_anchor<'a>(&'a self, chain: &'a [Vec<u8>]) -> Option<&'a [u8]> {
        match &self.issuer {
            Some(issuer) => Some(issuer.handed_out()),
            None => chain.last().map(Vec::as_slice),
        }
    }

    /// Issues a certificate. `existing` returns the key to issue it for, if one is kept.
    ///
    /// # Errors
    ///
    /// A CA that cannot issue it, and what the crypto library refuses.
    pub(crate) fn issue(
        &self,
        request: &IssuanceRequest,
        now: OffsetDateTime,
        self_check: SelfCheck,
        existing: impl FnOnce() -> Result<Option<SubjectKey>, Failure>,
    ) -> Result<Issued, Failure> {
        let issuer = match &self.issuer {
            None if self.is_ephemeral => {
                let ca = ca::issue_ephemeral(request.key_algorithm(), request.valid_for(), now)?;
                Some(Arc::new(ca))
            }
            issuer => issuer.clone(),
        };
        let profile = match &issuer {
            None => Profile::SelfSigned { request },
            Some(issuer) => Profile::Issued { request, within: issuer.validity() },
        };
        let template = profile.resolve(now, SerialNumber::random()?)?;
        if let Some(issuer) = &issuer {
            // Before the time that a key takes.
            issuer.check(&template)?;
        }
        let key = match existing()? {
            Some(key) => key,
            None => SubjectKey::Pair(new_key::generate(request.key_algorithm())?),
        };
        let certificate = match (&issuer, &key) {
            (Some(issuer), key) => kuma_pki::issued_by(&template, key.public_key(), issuer)?,
            (None, SubjectKey::Pair(key)) => kuma_pki::self_signed(&template, key)?,
            (None, SubjectKey::Requested(_)) => {
                unreachable!("--csr-file requires --issuer-cert-file")
            }
        };
        let public_key = key.public_key();
        kuma_pki::issue::check_fields(&certificate, &template, public_key, issuer.as_deref())?;
        let sent = chain(&certificate, issuer.as_deref(), self.is_ephemeral);
        let size = sent.iter().map(|der| der.len()).sum();
        let chain = pem::encode_certificates(sent);
        fits_a_file(&chain)?;
        if self_check == SelfCheck::Full {
            let anchor = match &issuer {
                None => certificate.der(),
                Some(issuer) => issuer.handed_out(),
            };
            kuma_pki::issue::check_issued(
                &template,
                &chain,
                &pem::encode_certificates([anchor]),
                now,
            )?;
        }
        Ok(Issued { certificate, template, issuer, key, chain, size })
    }
}

impl Issued {
    /// Issues a CA, for a new key if none is kept.
    pub(super) fn new_ca(
        request: &CaRequest,
        key: Option<SubjectKey>,
        now: OffsetDateTime,
    ) -> Result<Self, Failure> {
        let key = match key {
            Some(SubjectKey::Pair(key)) => key,
            _ => new_key::generate(request.key_algorithm())?,
        };
        let (certificate, template) = ca::issue(request, &key, now)?;
        let (chain, size) =
            (pem::encode_certificates([certificate.der()]), certificate.der().len());
        let key = SubjectKey::Pair(key);
        Ok(Self { certificate, template, issuer: None, key, chain, size })
    }

    /// The CA certificate that clients trust.
    pub(crate) fn trust_anchor(&self) -> &[u8] {
        match &self.issuer {
            None => self.certificate.der(),
            Some(issuer) => issuer.handed_out(),
        }
    }

    /// Returns the pair as PEM, with a CA file.
    ///
    /// # Errors
    ///
    /// What the crypto library refuses.
    pub(crate) fn pem_files(
        self,
        encoding: PrivateKeyEncoding,
        ca: Zeroizing<Vec<u8>>,
    ) -> Result<PemFiles, Failure> {
        let key = match self.key {
            SubjectKey::Pair(key) => pem::encode_private_key(&key.private_key(encoding)?),
            // Whoever made the request has the key.
            SubjectKey::Requested(_) => Zeroizing::default(),
        };
        Ok(PemFiles { certificate: Zeroizing::new(self.chain), key, ca })
    }
}

/// Refuses a file that could be written and not be read again: neither by itself, nor in a Secret, where
/// Base64 makes it longer.
///
/// # Errors
///
/// A file that is too long.
pub(crate) fn fits_a_file(chain: &[u8]) -> Result<(), Failure> {
    let longest = pem::MAX_LENGTH / 2;
    if chain.len() <= longest {
        return Ok(());
    }
    let failure = Failure::failed(format!(
        "the certificate file would be {} KiB long, and no more than {} KiB are read again",
        chain.len() >> 10,
        longest >> 10
    ));
    Err(failure.hint("make several certificates, each with some of the names"))
}

/// The contents of `--cert-file`. Behind a certificate from an ephemeral CA stands that CA, so that
/// a copy of the file is a CA file; a server does not send the root of a CA that clients have.
fn chain<'a>(
    certificate: &'a Certificate,
    issuer: Option<&'a Issuer>,
    is_ephemeral: bool,
) -> Vec<&'a [u8]> {
    let above: Vec<&[u8]> = match issuer {
        None => Vec::new(),
        Some(issuer) if is_ephemeral => vec![issuer.certificate()],
        Some(issuer) => issuer.intermediates().iter().map(Vec::as_slice).collect(),
    };
    [certificate.der()].into_iter().chain(above).collect()
}
