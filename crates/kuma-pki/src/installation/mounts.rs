//! Which key of which Secret is at a path in a container.

use super::objects::{Name, Workload};
use super::schema::{Container, KeyFiles, Mount, Volume};

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
    /// A key of a ConfigMap.
    ConfigMap {
        name: Name,
        key: String,
    },
    /// A volume of Secrets or ConfigMaps that has no such file.
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
    in_keys(workload, volume, &in_volume.join("/"))
}

fn in_keys(workload: &Workload, volume: &Volume, path: &str) -> Source {
    let mut secrets = volume.secrets();
    if let Some((files, key)) = secrets.find_map(|files| Some((files, key(files, path)?))) {
        return Source::Secret { secret: name(workload, files), key, is_optional: files.optional };
    }
    let mut config_maps = volume.config_maps();
    match config_maps.find_map(|files| Some((files, key(files, path)?))) {
        Some((files, key)) => Source::ConfigMap { name: name(workload, files), key },
        None if volume.has_known_files() => Source::NotInVolume { volume: volume.name.clone() },
        None => Source::Elsewhere,
    }
}

/// Returns the key whose value is at a path in the volume.
fn key(files: &KeyFiles, path: &str) -> Option<String> {
    if files.items.is_empty() {
        return (!path.is_empty() && !path.contains('/')).then(|| path.to_owned());
    }
    let item = files.items.iter().find(|item| item.path.trim_matches('/') == path)?;
    Some(item.key.clone())
}

/// Returns the full name of the Secret or ConfigMap of a volume.
pub(super) fn name(workload: &Workload, files: &KeyFiles) -> Name {
    Name::new(workload.name.namespace.as_deref(), &files.name)
}

/// Returns every key of a Secret without which the pod does not start or misses a file: those named by `items`
/// and those mounted by `subPath`.
pub(super) fn required_keys<'a>(
    workload: &'a Workload,
    volume: &'a Volume,
    secret: &'a KeyFiles,
) -> Vec<String> {
    let mounts = workload.containers.iter().flat_map(|container| &container.volume_mounts);
    let sub_paths = mounts.filter(|mount| mount.name == volume.name && !mount.sub_path.is_empty());
    let mut keys: Vec<_> = secret.items.iter().map(|item| item.key.clone()).collect();
    keys.extend(sub_paths.filter_map(|mount| key(secret, mount.sub_path.trim_matches('/'))));
    keys.sort();
    keys.dedup();
    keys
}
