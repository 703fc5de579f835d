//! The fields of a certificate, and the request that they make together with the defaults.

use super::{Artifacts, CertificateSpecification, ErrorList, Position, SecretName};
use crate::issue::IssuanceRequest;
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

impl CertificateFields {
    /// Returns the certificate `name`. Fields that are not set come from `defaults`; its hostnames are added. Every
    /// required field that neither sets is an error, unless its value has one already.
    pub(super) fn resolve(
        self,
        name: Box<str>,
        position: Position,
        defaults: &Self,
        errors: &mut ErrorList,
    ) -> Option<CertificateSpecification> {
        let mut is_complete = true;
        let mut missing = |field: &str, text: String, hint: &str| {
            is_complete = false;
            if !self.invalid.contains(&field) && !defaults.invalid.contains(&field) {
                errors.add(position, text, Some(hint.to_owned()));
            }
        };
        let usage = self.usage.or(defaults.usage);
        if usage.is_none() {
            let hint = "set type: server or type: client, here or in defaults";
            missing("type", format!("{name} has no type"), hint);
        }
        let mut names = self.names;
        names.extend(defaults.names.iter().cloned());
        let key_algorithm = self.key_algorithm.or(defaults.key_algorithm).unwrap_or_default();
        let valid_for = self.valid_for.or(defaults.valid_for);
        // Without a type the result is an error anyway; any usage serves to check the names.
        let usage = usage.unwrap_or(ExtendedKeyUsage::ServerAuth);
        let request = IssuanceRequest::new(usage, names, key_algorithm, valid_for);
        let request = request.map_err(|error| {
            let hint = "set hostnames: [cp.example] or kubernetesService: NAME.NAMESPACE";
            missing("hostnames", format!("{name}: {error}"), hint);
        });
        let kinds = self.artifacts.or(defaults.artifacts).unwrap_or_default();
        let mut secret = None;
        if kinds.secret {
            let secret_name = self.secret_name.or_else(|| defaults.secret_name.clone());
            let secret_name = secret_name.map_or_else(|| ObjectName::parse(&name), Ok);
            let secret_name = secret_name.map_err(|error| {
                let hint = "set secretName to lower-case letters, digits and hyphens";
                missing("secretName", format!("the Secret of {name}: {error}"), hint);
            });
            let namespace = self.namespace.or_else(|| defaults.namespace.clone());
            if namespace.is_none() {
                let hint = "set namespace: kuma-system, here or in defaults";
                missing("namespace", format!("{name} has no namespace for its Secret"), hint);
            }
            secret = secret_name.ok().zip(namespace);
        }
        let secret = secret.map(|(name, namespace)| Box::new(SecretName { name, namespace }));
        let artifacts = Artifacts { secret, bundle: kinds.bundle };
        let request = request.ok().filter(|_| is_complete)?;
        Some(CertificateSpecification { name, request, artifacts, position })
    }
}
