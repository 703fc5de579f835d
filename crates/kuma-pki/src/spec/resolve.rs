//! The fields of a certificate, and the request that they make together with the defaults.

use super::{Artifacts, SecretName};
use crate::issue::{IssuanceRequest, IssueError};
use crate::key::KeyAlgorithm;
use crate::kubernetes::{Namespace, ObjectName};
use crate::name::SubjectAltName;
use crate::usage::ExtendedKeyUsage;
use crate::validity::ValidFor;

/// The values of one certificate, or of `defaults`.
#[derive(Debug, Default)]
pub(super) struct CertificateFields {
    pub(super) usage: Option<ExtendedKeyUsage>,
    pub(super) names: Vec<SubjectAltName>,
    pub(super) key_algorithm: Option<KeyAlgorithm>,
    pub(super) valid_for: Option<ValidFor>,
    pub(super) artifacts: Option<ArtifactKinds>,
    pub(super) namespace: Option<Namespace>,
    pub(super) secret_name: Option<ObjectName>,
    /// The fields with a reported error. They are not reported as missing too.
    pub(super) invalid: Vec<&'static str>,
}

/// The kinds of artifacts that a list names.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ArtifactKinds {
    pub(super) secret: bool,
    pub(super) bundle: bool,
}

/// A required field without a usable value.
pub(super) struct MissingField {
    pub(super) field: &'static str,
    pub(super) text: String,
    pub(super) hint: &'static str,
}

impl CertificateFields {
    /// Returns the request and the artifacts of the certificate `name`. Fields that are not set come from
    /// `defaults`; its hostnames are added.
    ///
    /// # Errors
    ///
    /// Every required field that neither sets.
    pub(super) fn resolve(
        self,
        name: &str,
        defaults: &Self,
    ) -> Result<(IssuanceRequest, Artifacts), Vec<MissingField>> {
        let mut missing = Vec::new();
        let usage = self.usage.or(defaults.usage);
        if usage.is_none() {
            let (field, text) = ("type", format!("{name} has no type"));
            let hint = "set type: server or type: client, here or in defaults";
            missing.push(MissingField { field, text, hint });
        }
        let mut names = self.names;
        names.extend(defaults.names.iter().cloned());
        let key_algorithm = self.key_algorithm.or(defaults.key_algorithm).unwrap_or_default();
        let valid_for = self.valid_for.or(defaults.valid_for);
        // Without a type the result is an error anyway; any usage serves to check the names.
        let request = IssuanceRequest::new(
            usage.unwrap_or(ExtendedKeyUsage::ServerAuth),
            names,
            key_algorithm,
            valid_for,
        );
        let request = request.map_err(|error: IssueError| {
            let hint = "set hostnames: [cp.example] or kubernetesService: NAME.NAMESPACE";
            missing.push(MissingField {
                field: "hostnames",
                text: format!("{name}: {error}"),
                hint,
            });
        });
        let artifacts = self.artifacts.or(defaults.artifacts).unwrap_or_default();
        let secret = artifacts.secret.then(|| {
            let secret_name = self.secret_name.or_else(|| defaults.secret_name.clone());
            let secret_name = match secret_name.map_or_else(|| ObjectName::parse(name), Ok) {
                Ok(name) => Some(name),
                Err(error) => {
                    let text = format!("the Secret of {name}: {error}");
                    let hint = "set secretName to lower-case letters, digits and hyphens";
                    missing.push(MissingField { field: "secretName", text, hint });
                    None
                }
            };
            let namespace = self.namespace.or_else(|| defaults.namespace.clone());
            if namespace.is_none() {
                let text = format!("{name} has no namespace for its Secret");
                let hint = "set namespace: kuma-system, here or in defaults";
                missing.push(MissingField { field: "namespace", text, hint });
            }
            Some(Box::new(SecretName { name: secret_name?, namespace: namespace? }))
        });
        match request {
            Ok(request) if missing.is_empty() => {
                Ok((request, Artifacts { secret: secret.flatten(), bundle: artifacts.bundle }))
            }
            _ => Err(missing),
        }
    }
}
