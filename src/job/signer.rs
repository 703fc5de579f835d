//! Issues a certificate for a request, and checks it.

use std::sync::Arc;

use kuma_pki::format::pem;
use kuma_pki::issue::renewal::ExpectedIssuer;
use kuma_pki::{
    CaRequest, Certificate, ExtendedKeyUsage, IssuanceRequest, IssueError, Issuer, KeyAlgorithm,
    PrivateKeyEncoding, Profile, SerialNumber, SubjectAltName, Template,
};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::existing_files::SubjectKey;
use super::{PemFiles, ca};
use crate::args::hostname;
use crate::args::issuer::{DEFAULT_NAME, IssuerArgs};
use crate::report::console::Console;
use crate::report::failure::Failure;

/// The largest certificate message, in bytes, that OpenSSL and BoringSSL accept from a server
/// (`SSL_MAX_CERT_LIST_DEFAULT`).
const MAX_CERTIFICATE_LIST: usize = 100 * 1024;

/// The name of a root that is generated for an intermediate CA.
const ROOT_NAME: &str = "Kuma Root CA";

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
    let size: usize = issued.sent.iter().map(|one| one.der().len()).sum();
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
    let key_algorithm = request.key_algorithm;
    let is_server = request.extended_key_usage() == ExtendedKeyUsage::ServerAuth;
    (is_server && !key_algorithm.envoy_connects()).then(|| {
        format!(
            "Envoy, as Kuma configures it, connects to no server with a key of type \
             {key_algorithm}; a control plane needs RSA or ecdsa"
        )
    })
}

/// The signer of certificates: the user's CA, a CA generated for the run, or the certificate itself.
pub(crate) struct Signer {
    /// The user's CA.
    pub(crate) issuer: Option<Arc<Issuer>>,
    /// Whether to generate a CA for the run. Without any CA, certificates are self-signed.
    pub(crate) is_ephemeral: bool,
}

/// The checks of a new certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SelfCheck {
    /// Every field.
    Fields,
    /// Every field, the signature, and the chain to the trust anchor.
    Full,
}

/// A certificate and its key.
pub(crate) struct Issued {
    pub(super) certificate: Certificate,
    pub(super) template: Template,
    pub(super) issuer: Option<Arc<Issuer>>,
    key: SubjectKey,
    /// The certificate and its chain.
    sent: Vec<Certificate>,
    /// Their PEM.
    chain: Vec<u8>,
}

impl Signer {
    /// The signer of self-signed certificates.
    pub(crate) const SELF_SIGNED: Self = Self { issuer: None, is_ephemeral: false };

    /// Reads the user's CA, if the flags name one. If not, `is_ephemeral` decides. Fails on files that cannot
    /// be read, or are not a CA that can sign.
    pub(crate) fn open(
        args: &IssuerArgs,
        is_ephemeral: bool,
        now: OffsetDateTime,
        console: Console,
    ) -> Result<Self, Failure> {
        let issuer = args.own.open(now, console)?.map(Arc::new);
        Ok(Self { is_ephemeral: is_ephemeral && issuer.is_none(), issuer })
    }

    /// Returns whether certificates are self-signed.
    pub(crate) const fn is_self_signed(&self) -> bool {
        self.issuer.is_none() && !self.is_ephemeral
    }

    /// Returns the expected issuer of an existing certificate.
    pub(super) fn expected(&self) -> ExpectedIssuer<'_> {
        match &self.issuer {
            Some(issuer) => ExpectedIssuer::Issuer(issuer),
            None if self.is_ephemeral => ExpectedIssuer::Ephemeral,
            None => ExpectedIssuer::Itself,
        }
    }

    /// Returns the trust anchor of an existing certificate: the root of the user's CA, or the last
    /// certificate of the file, which is the certificate itself or its ephemeral CA.
    pub(crate) fn trust_anchor<'a>(&'a self, chain: &'a [Certificate]) -> Option<&'a Certificate> {
        match &self.issuer {
            Some(issuer) => Some(issuer.trust_anchor()),
            None => chain.last(),
        }
    }

    /// Issues a certificate for the key that `key` returns. Fails on a CA that cannot issue it, and errors of
    /// the crypto library.
    pub(crate) fn issue(
        &self,
        request: &IssuanceRequest,
        now: OffsetDateTime,
        self_check: SelfCheck,
        key: impl FnOnce(KeyAlgorithm) -> Result<SubjectKey, Failure>,
    ) -> Result<Issued, Failure> {
        let issuer = self.issuer_by(now, || {
            CaRequest::new(DEFAULT_NAME, request.key_algorithm, Vec::new(), request.valid_for)
        })?;
        let issuer_validity = issuer.as_deref().map(Issuer::validity);
        let profile = Profile::EndEntity { request, issuer_validity };
        let template = profile.resolve(now, SerialNumber::random()?)?;
        if let Some(issuer) = &issuer {
            // Checked first, since generating a key takes time.
            issuer.check(&template)?;
        }
        let key = key(request.key_algorithm)?;
        let certificate = match (&issuer, &key) {
            (Some(issuer), key) => kuma_pki::issued_by(&template, key.public_key(), issuer)?,
            (None, SubjectKey::Pair(key)) => kuma_pki::self_signed(&template, key)?,
            (None, SubjectKey::Requested(_)) => {
                unreachable!("--csr-file requires --issuer-cert-file")
            }
        };
        let public_key = key.public_key();
        kuma_pki::issue::check_fields(&certificate, &template, public_key, issuer.as_deref())?;
        let issued = Issued::new(certificate, template, issuer, key, self.is_ephemeral)?;
        if self_check == SelfCheck::Full {
            let anchor = issued.trust_anchor();
            kuma_pki::issue::check_issued(&issued.template, &issued.sent, anchor, now)?;
        }
        Ok(issued)
    }

    /// Issues a CA certificate for the key that `key` returns: a root, or an intermediate CA of the signer,
    /// followed by the certificates of the CAs above it.
    pub(super) fn issue_ca(
        &self,
        request: &CaRequest,
        now: OffsetDateTime,
        key: impl FnOnce(KeyAlgorithm) -> Result<SubjectKey, Failure>,
    ) -> Result<Issued, Failure> {
        let issuer = self.issuer_by(now, || {
            let algorithm = request.key_algorithm;
            let root = CaRequest::new(ROOT_NAME, algorithm, Vec::new(), request.valid_for)?;
            Ok(root.with_path_length(request.path_length().saturating_add(1)))
        })?;
        let SubjectKey::Pair(key) = key(request.key_algorithm)? else {
            unreachable!("a CA certificate has a key pair")
        };
        let (certificate, template) = ca::issue(request, &key, issuer.as_deref(), now)?;
        Issued::new(certificate, template, issuer, SubjectKey::Pair(key), true)
    }

    /// Returns the user's CA, or generates the requested one for the run if certificates are not self-signed.
    fn issuer_by(
        &self,
        now: OffsetDateTime,
        request: impl FnOnce() -> Result<CaRequest, IssueError>,
    ) -> Result<Option<Arc<Issuer>>, Failure> {
        if self.is_ephemeral && self.issuer.is_none() {
            return Ok(Some(Arc::new(ca::issue_ephemeral(&request()?, now)?)));
        }
        Ok(self.issuer.clone())
    }
}

impl Issued {
    /// Puts the certificates of `--cert-file` together: with `has_root`, all CAs above are included, so that a copy
    /// of the file is a CA file. Otherwise the root of the user's CA is not, since clients have it.
    fn new(
        certificate: Certificate,
        template: Template,
        issuer: Option<Arc<Issuer>>,
        key: SubjectKey,
        has_root: bool,
    ) -> Result<Self, Failure> {
        let above = match &issuer {
            None => &[][..],
            Some(issuer) if has_root => issuer.chain(),
            Some(issuer) => issuer.intermediates(),
        };
        let sent = [std::slice::from_ref(&certificate), above].concat();
        let chain = pem::encode_certificates(&sent);
        fits_a_file(&chain)?;
        Ok(Self { certificate, template, issuer, key, sent, chain })
    }

    /// Returns the CA certificate that clients trust.
    pub(crate) fn trust_anchor(&self) -> &Certificate {
        self.issuer.as_deref().map_or(&self.certificate, Issuer::trust_anchor)
    }

    /// Returns the pair as PEM, with the CA file.
    pub(crate) fn pem_files(
        self,
        encoding: PrivateKeyEncoding,
        ca: Zeroizing<Vec<u8>>,
    ) -> Result<PemFiles, Failure> {
        let key = match self.key {
            SubjectKey::Pair(key) => pem::encode_private_key(&key.private_key(encoding)?),
            // The private key is with the author of the request.
            SubjectKey::Requested(_) => Zeroizing::default(),
        };
        Ok(PemFiles { certificate: Zeroizing::new(self.chain), key, ca })
    }
}

/// Refuses a certificate file that kumactl could not read again, by itself or as Base64 in a Secret.
fn fits_a_file(chain: &[u8]) -> Result<(), Failure> {
    let longest = pem::MAX_LENGTH / 2;
    if chain.len() <= longest {
        return Ok(());
    }
    let failure = Failure::failed(format!(
        "the certificate file would have {} KiB, and the limit is {} KiB",
        chain.len() >> 10,
        longest >> 10
    ));
    Err(failure.hint("issue several certificates with fewer names each"))
}
