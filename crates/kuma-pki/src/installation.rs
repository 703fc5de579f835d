//! Verifies an installation of Kuma: whether Secrets, control planes, Services, webhooks, proxies and zones fit
//! together.
//!
//! ```text
//! manifests, files -> Inventory -> control planes with servers and dialers -> checks -> Report
//! ```
//!
//! The certificates themselves are verified by [`verify`](crate::verify); this module decides which key of which
//! Secret each server and each client uses, and under which name they meet.

mod ca_bundle;
mod cert_manager;
mod configuration;
mod control_plane;
mod dialer;
mod directory;
mod documents;
mod errors;
mod finding;
mod kinds;
mod kubernetes;
mod lines;
mod map;
mod mounts;
mod multizone;
mod objects;
mod parts;
mod proxies;
mod proxy_token;
mod report;
mod rotation;
mod schema;
mod secrets;
mod settings;
mod site;
mod trust;
mod unit;
mod universal;
mod webhooks;

use std::io::Read;

use time::OffsetDateTime;
use zeroize::Zeroizing;

pub use documents::ManifestError;
pub use finding::{BundleContent, CaAge, Finding};
pub use map::{Map, Node, NodeKind};
pub use report::{Check, CheckName, Component, Outcome, Report, State};

use self::control_plane::ControlPlane;
use self::dialer::{Dialer, Pem};
use self::objects::Objects;
use self::site::Site;
use self::trust::Context;
use crate::format::environment::Purpose;
use crate::format::kubernetes_secret;
use crate::verify::kuma::KumaVersion;
use crate::x509::Certificate;

/// Everything that was read of an installation. Values of Secrets are wiped when it is dropped.
#[derive(Default)]
pub struct Inventory {
    clusters: Vec<Objects>,
    directories: Vec<Directory>,
    /// The CA file of clients elsewhere.
    ca: Option<NamedFile>,
}

/// A file of a directory, with its name in it. It is wiped when it is dropped.
#[derive(Debug)]
pub struct NamedFile {
    name: String,
    bytes: Zeroizing<Vec<u8>>,
}

/// A directory with its files, and the Kubernetes objects in them.
#[derive(Default)]
struct Directory {
    name: String,
    files: Vec<NamedFile>,
    objects: Objects,
    /// The manifests that cannot be read, and why.
    unread: Vec<(String, ManifestError)>,
}

/// What an installation is verified for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The time.
    pub at: OffsetDateTime,
    /// The version of Kuma.
    pub kuma: KumaVersion,
    /// The CA certificates from before a rotation, as PEM.
    pub previous: Vec<Certificate>,
}

impl Inventory {
    /// Reads a manifest, object by object: several YAML documents, lists of `kubectl get`, or JSON. A manifest
    /// with a control plane is a cluster of its own; the objects of others belong to every cluster.
    ///
    /// # Errors
    ///
    /// [`ManifestError`] for what cannot be read.
    pub fn read_manifest(&mut self, source: impl Read) -> Result<(), ManifestError> {
        let mut objects = Objects::default();
        documents::split(source, kinds::is_wanted, |part| objects.read(part))?;
        self.clusters.push(objects);
        Ok(())
    }

    /// Adds a directory that `generate control-plane-tls` made, or one of a machine: environment files, unit files
    /// of systemd, PEM and manifests.
    pub fn add_directory(&mut self, name: &str, files: Vec<NamedFile>) {
        let mut directory = Directory { name: name.to_owned(), files, ..Directory::default() };
        for file in &directory.files {
            let is_yaml = [".yaml", ".yml", ".json"].iter().any(|end| file.name.ends_with(end));
            if !is_yaml || !kubernetes_secret::is_manifest(&file.bytes) {
                continue;
            }
            let objects = &mut directory.objects;
            let read = |part: parts::Part<'_>| objects.read(part);
            if let Err(error) = documents::split(&**file.bytes, kinds::is_wanted, read) {
                directory.unread.push((file.name.clone(), error));
            }
        }
        self.directories.push(directory);
    }

    /// Adds the CA file that clients elsewhere trust, such as kumactl.
    pub fn set_ca(&mut self, file: NamedFile) {
        self.ca = Some(file);
    }
}

/// Verifies that the pieces of an installation fit together.
#[must_use]
pub fn verify(inventory: &Inventory, options: &Options) -> Report {
    let mut report = Report::default();
    let context =
        Context { at: options.at, kuma: options.kuma, previous: options.previous.clone() };
    let is_cluster = |objects: &&Objects| objects.has_control_plane();
    let in_directories = inventory.directories.iter().map(|directory| &directory.objects);
    let shared: Vec<_> =
        inventory.clusters.iter().filter(|one| !is_cluster(one)).chain(in_directories).collect();
    let clusters: Vec<_> = inventory.clusters.iter().filter(is_cluster).collect();
    let mut control_planes = Vec::new();
    for (place, own) in clusters.iter().enumerate() {
        let site = Site { own, shared: shared.clone() };
        let mut found = Report::default();
        let mut ours = site.control_planes(&mut found);
        if clusters.len() > 1 {
            // The same names occur in every cluster.
            let cluster = ours.iter().find_map(ControlPlane::cluster);
            let cluster = cluster.unwrap_or_else(|| format!("cluster {}", place + 1));
            let rename = |piece: &mut String| piece.push_str(&format!(" ({cluster})"));
            found.checks.iter_mut().for_each(|check| rename(&mut check.piece));
            ours.iter_mut().for_each(|control_plane| control_plane.rename(rename));
        }
        report.checks.append(&mut found.checks);
        control_planes.append(&mut ours);
    }
    let mut proxies = Vec::new();
    for directory in &inventory.directories {
        directory.check_read(&mut report);
        let mut found = universal::universal(directory, &context, &mut report);
        control_planes.append(&mut found.control_planes);
        proxies.append(&mut found.proxies);
        let site = Site { own: &directory.objects, shared: shared.clone() };
        control_planes.extend(directory::kubernetes(directory, &site, &mut report));
    }
    if let Some(file) = &inventory.ca {
        let ca = Pem::new(file.name.clone(), file.bytes.as_slice());
        add_ca(&mut control_planes, &ca);
    }
    add_proxies(&mut control_planes, proxies, &context, &mut report);
    multizone::link(&mut control_planes, &context, &mut report);
    for control_plane in &control_planes {
        control_plane.check(&context, &mut report);
        control_plane.draw(&mut report.map);
    }
    report
}

/// Lets clients elsewhere trust a CA: of the only control plane, or of the global one.
fn add_ca<'a>(control_planes: &mut [ControlPlane<'a>], ca: &Pem<'a>) {
    let is_alone = control_planes.len() == 1;
    for control_plane in control_planes.iter_mut().filter(|one| is_alone || one.is_global) {
        let dialer = Dialer {
            check: CheckName::ProxyCa,
            component: Component::Kumactl,
            piece: format!("clients with {}", ca.name),
            ca: Some(ca.clone()),
            hosts: Vec::new(),
        };
        control_plane.dial(Purpose::DpServer, dialer);
    }
}

/// Connects proxies on other machines to the control plane, if it is the only one. Otherwise, only their CA files
/// are checked.
fn add_proxies<'a>(
    control_planes: &mut [ControlPlane<'a>],
    proxies: Vec<Dialer<'a>>,
    context: &Context,
    report: &mut Report,
) {
    let mut candidates = control_planes.iter_mut().filter(|one| !one.is_global);
    let candidate = candidates.next().filter(|_| candidates.next().is_none());
    match candidate {
        Some(control_plane) => {
            proxies.into_iter().for_each(|proxy| control_plane.dial(Purpose::DpServer, proxy));
        }
        None => proxies.iter().for_each(|proxy| proxy.check_alone(context, report)),
    }
}
