//! Certificates that kumactl does not issue.

use kuma_pki::format::pem;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// A self-signed certificate and its key.
pub(super) struct Made {
    pub(super) der: Vec<u8>,
    params: CertificateParams,
    key: KeyPair,
}

/// A CA certificate with this name.
pub(super) fn ca(name: &str) -> Made {
    made(name, IsCa::Ca(BasicConstraints::Unconstrained))
}

/// A self-signed certificate with CA:FALSE.
pub(super) fn not_ca(name: &str) -> Made {
    made(name, IsCa::ExplicitNoCa)
}

/// A self-signed certificate without basicConstraints.
pub(super) fn silent(name: &str) -> Made {
    made(name, IsCa::NoCa)
}

fn made(name: &str, is_ca: IsCa) -> Made {
    let key = KeyPair::generate().expect("a key");
    let params = params(name, is_ca);
    let der = params.self_signed(&key).expect("a certificate").der().to_vec();
    Made { der, params, key }
}

fn params(name: &str, is_ca: IsCa) -> CertificateParams {
    let mut params = CertificateParams::new(["cp.example".to_owned()]).expect("a name");
    params.is_ca = is_ca;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

impl Made {
    pub(super) fn pem(&self) -> String {
        pem_of(&self.der)
    }

    /// The private key as PEM.
    pub(super) fn key(&self) -> String {
        block("PRIVATE KEY", self.key.serialized_der())
    }

    /// A certificate without basicConstraints, issued by this one, as PEM.
    pub(super) fn issue(&self, name: &str) -> String {
        let key = KeyPair::generate().expect("a key");
        let issuer = Issuer::from_params(&self.params, &self.key);
        let certificate = params(name, IsCa::NoCa).signed_by(&key, &issuer).expect("a certificate");
        pem_of(certificate.der())
    }
}

pub(super) fn pem_of(der: &[u8]) -> String {
    String::from_utf8(pem::encode_certificates([der])).expect("ASCII")
}

/// A PEM block with any label.
pub(super) fn block(label: &str, der: &[u8]) -> String {
    pem_of(der).replace("CERTIFICATE", label)
}
