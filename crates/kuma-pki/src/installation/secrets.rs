//! The Secrets that pods mount: are they there, and do they have the keys?

use std::collections::BTreeMap;

use super::cert_manager;
use super::finding::Finding;
use super::mounts::{self, Source};
use super::objects::{ManagedCertificate, Name, Secret, Workload};
use super::report::{CheckName, Component, Outcome, Report};
use super::site::{Process, Site};
use crate::text::excerpt;

/// Which workloads mount which keys of which Secrets.
#[derive(Default)]
pub(super) struct Uses(BTreeMap<Name, Use>);

#[derive(Default)]
struct Use {
    users: Vec<String>,
    /// Every key that must be there, and who mounts it.
    keys: BTreeMap<String, Vec<String>>,
}

impl Use {
    fn add(users: &mut Vec<String>, workload: &Workload) {
        let title = workload.title();
        if !users.contains(&title) {
            users.push(title);
        }
    }
}

impl Uses {
    /// Adds the Secrets without which the pods of a workload do not start.
    pub(super) fn add_volumes(&mut self, workload: &Workload) {
        for volume in &workload.volumes {
            for secret in volume.secrets().filter(|secret| !secret.optional) {
                let entry = self.0.entry(mounts::name(workload, secret)).or_default();
                Use::add(&mut entry.users, workload);
                for key in mounts::required_keys(workload, volume, secret) {
                    Use::add(entry.keys.entry(key).or_default(), workload);
                }
            }
        }
    }

    /// Adds a file that a variable names, or reports that it is not mounted.
    pub(super) fn add_file(
        &mut self,
        process: &Process<'_>,
        variable: &str,
        path: &str,
        report: &mut Report,
    ) {
        let workload = process.workload;
        let not_mounted = |volume: Option<String>| Finding::NotMounted {
            variable: process.settings.origin(variable),
            path: excerpt(path),
            volume,
        };
        let finding = match process.source(path) {
            Source::Secret { secret, key, is_optional } => {
                if !is_optional {
                    let entry = self.0.entry(secret).or_default();
                    Use::add(entry.keys.entry(key).or_default(), workload);
                }
                return;
            }
            Source::ConfigMap { .. } | Source::Elsewhere => return,
            Source::NotMounted => not_mounted(None),
            Source::NotInVolume { volume } => not_mounted(Some(excerpt(&volume))),
        };
        report.fail(CheckName::Mounts, Component::KumaCp, workload.title(), finding);
    }

    pub(super) fn check(&self, site: &Site<'_>, report: &mut Report) {
        for (name, used) in &self.0 {
            let piece = format!("Secret {name}");
            match site.secrets().find(|secret| secret.name.is(name)) {
                Some(secret) => check(secret, name, used, report),
                None => {
                    let (check, component, outcome) = missing(site, name, &used.users);
                    report.add(check, component, piece, outcome);
                }
            }
        }
    }
}

/// Returns what is wrong if a Secret is missing: nothing, if cert-manager creates it.
fn missing(site: &Site<'_>, name: &Name, users: &[String]) -> (CheckName, Component, Outcome) {
    if let Some(certificate) = cert_manager::filling(site, name) {
        let text = format!("cert-manager creates it for Certificate {}", certificate.name);
        return (CheckName::Secret, Component::Kubelet, Outcome::Skipped(text));
    }
    let (secret, user) = (name.to_string(), listed(users));
    let is_near = |other: &&ManagedCertificate| other.secret.namespace == name.namespace;
    if let Some(certificate) = site.certificates().find(is_near) {
        let near = format!("Certificate {} fills {}", certificate.name, certificate.secret);
        let finding = Finding::NotFilled { secret, user, near };
        return (CheckName::CertManager, Component::Kubelet, Outcome::Failed(finding));
    }
    let elsewhere = site.secrets().find(|secret| secret.name.name == name.name);
    let finding = match elsewhere.and_then(|secret| secret.name.namespace.clone()) {
        Some(namespace) => {
            Finding::SecretElsewhere { secret, namespace: excerpt(&namespace), user }
        }
        None => Finding::SecretMissing { secret, user },
    };
    (CheckName::Secret, Component::Kubelet, Outcome::Failed(finding))
}

fn check(secret: &Secret, name: &Name, used: &Use, report: &mut Report) {
    let piece = format!("Secret {name}");
    let content = match &secret.content {
        Ok(content) => content,
        Err(error) => {
            let finding =
                Finding::SecretUnreadable { secret: name.to_string(), error: error.clone() };
            return report.fail(CheckName::Secret, Component::KubeApiserver, piece, finding);
        }
    };
    let mut has_failed = false;
    let mut fail = |check, component, finding| {
        has_failed = true;
        report.fail(check, component, &*piece, finding);
    };
    let missing: Vec<_> = used.keys.iter().filter(|(key, _)| !content.has(key)).collect();
    // kube-apiserver rejects the Secret (ValidateSecret); without a pair in use, that is the only fault.
    let lacks_pair = content.is_tls() && !(content.has("tls.crt") && content.has("tls.key"));
    let kuma = content.secret_type.as_deref().filter(|kind| kind.starts_with("system.kuma.io/"));
    if let Some(kind) = kuma {
        let (secret, found) = (name.to_string(), excerpt(kind));
        let why = "which is for Secrets of Kuma's policies, not for files of pods";
        fail(CheckName::SecretType, Component::KumaCp, Finding::SecretType { secret, found, why });
    } else if lacks_pair && missing.is_empty() {
        let (secret, found) = (name.to_string(), "kubernetes.io/tls".to_owned());
        let why = "which must have tls.crt and tls.key: kube-apiserver rejects it";
        fail(
            CheckName::SecretType,
            Component::KubeApiserver,
            Finding::SecretType { secret, found, why },
        );
    } else {
        for (key, users) in missing {
            let (secret, user) = (name.to_string(), listed(users));
            let finding = Finding::SecretKeyMissing { secret, key: excerpt(key), user };
            fail(CheckName::SecretKeys, Component::Kubelet, finding);
        }
    }
    for key in &content.unreadable {
        let finding = Finding::SecretValue { secret: name.to_string(), key: excerpt(key) };
        fail(CheckName::SecretKeys, Component::KubeApiserver, finding);
    }
    if !has_failed {
        let keys: Vec<_> = used.keys.keys().map(String::as_str).collect();
        let text = format!("{} in {}", excerpt(&keys.join(", ")), listed(&used.users));
        report.add(CheckName::Secret, Component::Kubelet, piece, Outcome::Passed(text));
    }
}

fn listed(users: &[String]) -> String {
    match users {
        [] => "a pod".to_owned(),
        [one] => one.clone(),
        [one, others @ ..] => format!("{one} and {} more", others.len()),
    }
}
