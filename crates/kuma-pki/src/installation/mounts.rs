//! Which key of which Secret is at a path in a container.

use super::objects::{Name, Workload};
use super::schema::{Container, Mount, SecretVolume, Volume};

/// Where the content of a file in a container comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Source {
    /// A key of a Secret.
    Secret {
        secret: Name,
        key: String,
        /// Whether the pod starts without it.
        is_optional: bool,
    },
    /// A volume of Secrets that has no such file.
    NotInVolume {
        volume: String,
    },
    /// A volume whose content is not in a manifest, such as a host path.
    Elsewhere,
    NotMounted,
}

/// Returns what is at a path.
pub(super) fn source(workload: &Workload, container: &Container, path: &str) -> Source {
    let below = |mount: &Mount| {
        let rest = path.strip_prefix(mount.mount_path.trim_end_matches('/'))?;
        (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_start_matches('/').to_owned())
    };
    let mounts = container.volume_mounts.iter().filter_map(|mount| Some((mount, below(mount)?)));
    let Some((mount, rest)) = mounts.max_by_key(|(mount, _)| mount.mount_path.len()) else {
        return Source::NotMounted;
    };
    let Some(volume) = workload.volumes.iter().find(|volume| volume.name == mount.name) else {
        return Source::NotMounted;
    };
    let in_volume: Vec<_> = [mount.sub_path.trim_matches('/'), &rest]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    in_secrets(workload, volume, &in_volume.join("/"))
}

fn in_secrets(workload: &Workload, volume: &Volume, path: &str) -> Source {
    if !volume.is_of_secrets() {
        return Source::Elsewhere;
    }
    let found = volume.secrets().find_map(|secret| Some((secret, key(secret, path)?)));
    match found {
        Some((secret, key)) => {
            Source::Secret { secret: name(workload, secret), key, is_optional: secret.optional }
        }
        None => Source::NotInVolume { volume: volume.name.clone() },
    }
}

/// Returns the key whose value is at a path in the volume.
fn key(secret: &SecretVolume, path: &str) -> Option<String> {
    if secret.items.is_empty() {
        return (!path.is_empty() && !path.contains('/')).then(|| path.to_owned());
    }
    let item = secret.items.iter().find(|item| item.path.trim_matches('/') == path)?;
    Some(item.key.clone())
}

/// Returns the full name of a Secret of a volume.
pub(super) fn name(workload: &Workload, secret: &SecretVolume) -> Name {
    Name::new(workload.name.namespace.as_deref(), &secret.secret_name)
}

/// Returns every key of a Secret without which the pod does not start or misses a file: those named by `items`
/// and those mounted by `subPath`.
pub(super) fn required_keys<'a>(
    workload: &'a Workload,
    volume: &'a Volume,
    secret: &'a SecretVolume,
) -> Vec<String> {
    let mounts = workload.containers.iter().flat_map(|container| &container.volume_mounts);
    let sub_paths = mounts.filter(|mount| mount.name == volume.name && !mount.sub_path.is_empty());
    let mut keys: Vec<_> = secret.items.iter().map(|item| item.key.clone()).collect();
    keys.extend(sub_paths.filter_map(|mount| key(secret, mount.sub_path.trim_matches('/'))));
    keys.sort();
    keys.dedup();
    keys
}
