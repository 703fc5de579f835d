//! A CA, perhaps an intermediate CA, and a server certificate, each of which a test can damage.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
};
use time::{Duration, OffsetDateTime};

use crate::support::Sandbox;

/// A PKI to create; valid until a test changes it.
pub(super) struct Pki {
    pub(super) root: CertificateParams,
    /// Whether the CA between issues the certificate.
    pub(super) has_intermediate: bool,
    pub(super) intermediate: CertificateParams,
    pub(super) leaf: CertificateParams,
    pub(super) leaf_key: KeyPair,
}

/// What was created, as DER, and the keys.
pub(super) struct Made {
    pub(super) root: Vec<u8>,
    pub(super) intermediate: Vec<u8>,
    pub(super) leaf: Vec<u8>,
    pub(super) leaf_key: KeyPair,
}

pub(super) fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key")
}

fn params(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::hours(1);
    params.not_after = now + Duration::days(365);
    params.use_authority_key_identifier_extension = true;
    params
}

fn ca(common_name: &str) -> CertificateParams {
    let mut params = params(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

impl Pki {
    /// A certificate for `cp.example` that every client accepts.
    pub(super) fn new() -> Self {
        let mut leaf = params("leaf");
        leaf.subject_alt_names = vec![SanType::DnsName("cp.example".try_into().expect("ASCII"))];
        leaf.is_ca = IsCa::ExplicitNoCa;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        Self {
            root: ca("root"),
            has_intermediate: false,
            intermediate: ca("intermediate"),
            leaf,
            leaf_key: key(),
        }
    }

    /// The names of the certificate as dNSNames, whatever they are.
    pub(super) fn dns(&mut self, names: &[&str]) {
        let name = |name: &&str| SanType::DnsName((*name).try_into().expect("ASCII"));
        self.leaf.subject_alt_names = names.iter().map(name).collect();
    }

    pub(super) fn make(self) -> Made {
        let (root_key, intermediate_key) = (key(), key());
        let root = self.root.self_signed(&root_key).expect("a root").der().to_vec();
        let issuer = Issuer::new(self.root, &root_key);
        let intermediate = self.intermediate.signed_by(&intermediate_key, &issuer).expect("a CA");
        let intermediate = intermediate.der().to_vec();
        let leaf = if self.has_intermediate {
            let issuer = Issuer::new(self.intermediate, &intermediate_key);
            self.leaf.signed_by(&self.leaf_key, &issuer)
        } else {
            self.leaf.signed_by(&self.leaf_key, &issuer)
        };
        let leaf = leaf.expect("a certificate").der().to_vec();
        let intermediate = if self.has_intermediate { intermediate } else { Vec::new() };
        Made { root, intermediate, leaf, leaf_key: self.leaf_key }
    }
}

impl Made {
    /// Writes `tls.crt` with the chain, `tls.key` and `ca.crt`.
    pub(super) fn write(&self, sandbox: &Sandbox) {
        let intermediate = pem(&self.intermediate);
        sandbox.write("tls.crt", format!("{}{intermediate}", pem(&self.leaf)));
        sandbox.write("ca.crt", pem(&self.root));
        self.write_key(sandbox, "tls.key");
    }

    pub(super) fn write_key(&self, sandbox: &Sandbox, name: &str) {
        write_key(sandbox, name, &self.leaf_key);
    }
}

/// Writes a key that only its owner can read.
pub(super) fn write_key(sandbox: &Sandbox, name: &str, key: &KeyPair) {
    use std::os::unix::fs::PermissionsExt as _;
    sandbox.write(name, pem::encode(&pem::Pem::new("PRIVATE KEY", key.serialize_der())));
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(sandbox.path(name), mode).expect("permissions");
}

/// A certificate as PEM; nothing for nothing.
pub(super) fn pem(der: &[u8]) -> String {
    if der.is_empty() { String::new() } else { pem::encode(&pem::Pem::new("CERTIFICATE", der)) }
}

/// An extension with these contents.
pub(super) fn extension(oid: &[u64], contents: &[u8], critical: bool) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(oid, contents.to_vec());
    extension.set_criticality(critical);
    extension
}
