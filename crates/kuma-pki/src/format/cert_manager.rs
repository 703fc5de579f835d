//! Manifests for cert-manager (cert-manager.io/v1), which renews certificates in a cluster.

use std::collections::BTreeMap;

use serde::Serialize;
use zeroize::Zeroizing;

use crate::format::kubernetes_secret::{self, SecretMetadata};
use crate::format::yaml;
use crate::kubernetes::{Namespace, ObjectName, ServiceName};
use crate::name::SubjectAltName;
use crate::validity::ValidFor;

/// A certificate for cert-manager to issue, and its CA.
#[derive(Clone, Debug)]
pub struct CertManager {
    /// The namespace of all objects.
    pub namespace: Namespace,
    /// The name of the Issuer and of the Secret with the CA certificate and key.
    pub issuer: ObjectName,
    /// The name of the Certificate.
    pub certificate: ObjectName,
    /// The name of the Secret that cert-manager writes, with the keys tls.crt, tls.key and ca.crt.
    pub secret: ObjectName,
    /// The Service of the control plane; `None` is the chart's default.
    pub service: Option<ServiceName>,
    /// The names in the certificate.
    pub names: Vec<SubjectAltName>,
    /// Whether the keys are ECDSA P-256 instead of RSA 2048. Envoy accepts both.
    pub is_ecdsa: bool,
    /// The lifetime of each certificate.
    pub valid_for: ValidFor,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<S> {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata,
    spec: S,
}

#[derive(Serialize)]
struct Metadata {
    name: String,
    namespace: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CertificateSpec {
    secret_name: String,
    duration: String,
    renew_before: String,
    subject: BTreeMap<&'static str, Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    common_name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dns_names: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ip_addresses: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    uris: Vec<String>,
    usages: Vec<&'static str>,
    private_key: PrivateKey,
    issuer_ref: IssuerRef,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PrivateKey {
    algorithm: &'static str,
    size: u16,
    encoding: &'static str,
    rotation_policy: &'static str,
}

#[derive(Serialize)]
struct IssuerRef {
    name: String,
    kind: &'static str,
    group: &'static str,
}

/// The values of Kuma's chart under `controlPlane`.
#[derive(Serialize)]
struct ControlPlane<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<BTreeMap<&'static str, &'a str>>,
    tls: BTreeMap<&'static str, BTreeMap<&'static str, ChartCertManager>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChartCertManager {
    enabled: bool,
    issuer_ref: IssuerRef,
    dns_names: Vec<String>,
}

/// A lifetime that cert-manager rejects.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CertManagerDurationError {
    /// Less than one hour (`MinimumCertificateDuration` in cert-manager's `pkg/apis/certmanager/v1`).
    #[error("cert-manager requires a lifetime of at least 1h")]
    TooShort,
    /// More nanoseconds than Go's `time.Duration` can hold.
    #[error("cert-manager allows a lifetime of at most 292 years")]
    TooLong,
}

/// Returns a duration in Go's notation, such as `2160h0m0s`.
fn go_duration(seconds: u64) -> String {
    format!("{}h{}m{}s", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

impl CertManager {
    /// Checks that cert-manager accepts a lifetime.
    ///
    /// # Errors
    ///
    /// [`CertManagerDurationError`] for less than one hour and for more than 292 years.
    pub fn check_duration(valid_for: ValidFor) -> Result<(), CertManagerDurationError> {
        let duration = valid_for.duration();
        if duration.as_secs() < 3600 {
            return Err(CertManagerDurationError::TooShort);
        }
        match i64::try_from(duration.as_nanos()) {
            Ok(_) => Ok(()),
            Err(_) => Err(CertManagerDurationError::TooLong),
        }
    }

    fn metadata(&self, name: &ObjectName) -> Metadata {
        Metadata { name: name.as_str().to_owned(), namespace: self.namespace.as_str().to_owned() }
    }

    fn issuer_ref(&self) -> IssuerRef {
        let name = self.issuer.as_str().to_owned();
        IssuerRef { name, kind: "Issuer", group: "cert-manager.io" }
    }

    fn names_of(&self, kind: &str) -> Vec<String> {
        let names = self.names.iter().filter(|name| name.kind() == kind);
        names.map(ToString::to_string).collect()
    }

    /// Returns the Secret with the CA certificate and key, and the Issuer that uses it.
    fn ca(&self, certificate: &[u8], key: &[u8]) -> [Zeroizing<String>; 2] {
        let mut metadata = SecretMetadata::new(self.issuer.clone(), self.namespace.clone());
        metadata.secret_type = Some("kubernetes.io/tls");
        let secret =
            kubernetes_secret::encode(&metadata, &[("tls.crt", certificate), ("tls.key", key)]);
        let secret_name = self.issuer.as_str().to_owned();
        let issuer = Object {
            api_version: "cert-manager.io/v1",
            kind: "Issuer",
            metadata: self.metadata(&self.issuer),
            spec: BTreeMap::from([("ca", BTreeMap::from([("secretName", secret_name)]))]),
        };
        [secret, yaml::document(&issuer, 512)]
    }

    /// Returns the Secret of the CA, the Issuer and the Certificate as a stream of YAML documents. The Secret holds
    /// the CA's private key, so the result is wiped when dropped.
    #[must_use]
    pub fn manifests(&self, ca_certificate: &[u8], ca_key: &[u8]) -> Zeroizing<String> {
        let seconds = self.valid_for.duration().as_secs();
        let names = self.names_of("dNSName");
        let certificate = Object {
            api_version: "cert-manager.io/v1",
            kind: "Certificate",
            metadata: self.metadata(&self.certificate),
            spec: CertificateSpec {
                secret_name: self.secret.as_str().to_owned(),
                duration: go_duration(seconds),
                // cert-manager requires five minutes; a third of the shortest lifetime, one hour, is more.
                renew_before: go_duration(seconds / 3),
                subject: BTreeMap::from([("organizations", vec!["Kuma"])]),
                // ub-common-name (RFC 5280 appendix A) is 64.
                common_name: names.iter().find(|name| name.len() <= 64).cloned(),
                dns_names: names,
                ip_addresses: self.names_of("iPAddress"),
                uris: self.names_of("uniformResourceIdentifier"),
                usages: if self.is_ecdsa {
                    vec!["digital signature", "server auth"]
                } else {
                    vec!["digital signature", "key encipherment", "server auth"]
                },
                private_key: PrivateKey {
                    algorithm: if self.is_ecdsa { "ECDSA" } else { "RSA" },
                    size: if self.is_ecdsa { 256 } else { 2048 },
                    encoding: "PKCS1",
                    rotation_policy: "Always",
                },
                issuer_ref: self.issuer_ref(),
            },
        };
        let [secret, issuer] = self.ca(ca_certificate, ca_key);
        yaml::stream(&[secret, issuer, yaml::document(&certificate, 4096)])
    }

    /// Returns the Secret of the CA and the Issuer, for charts that create the Certificate themselves.
    #[must_use]
    pub fn issuer_manifests(&self, ca_certificate: &[u8], ca_key: &[u8]) -> Zeroizing<String> {
        yaml::stream(&self.ca(ca_certificate, ca_key))
    }

    /// Returns the Helm values under `controlPlane` that enable cert-manager (`tls.general.certManager`), with the
    /// Service whose names the certificate has.
    #[must_use]
    pub fn helm_values(&self) -> String {
        let cert_manager = ChartCertManager {
            enabled: true,
            issuer_ref: self.issuer_ref(),
            dns_names: self.names_of("dNSName"),
        };
        let general = BTreeMap::from([("certManager", cert_manager)]);
        let tls = BTreeMap::from([("general", general)]);
        let service =
            self.service.as_ref().map(|service| BTreeMap::from([("name", service.name())]));
        let values = BTreeMap::from([("controlPlane", ControlPlane { service, tls })]);
        yaml::document(&values, 4096).to_string()
    }
}
