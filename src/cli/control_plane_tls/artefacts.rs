//! What an installation wants of a pair: the bytes of every file in the directory.

use kumactl::encode::bundle;
use kumactl::encode::environment::{self, EnvironmentFormat, Purpose};
use kumactl::encode::installation::Installation;
use kumactl::encode::kubernetes_secret::{self, SecretMetadata};
use kumactl::{ObjectName, SubjectAltName};
use zeroize::Zeroizing;

use super::next_steps::{self, Situation};
use super::{Args, Mode};
use crate::cli::exit::Failure;
use crate::cli::output::Role;

/// The Secret in a zone, with the CA of its global control plane, as in Kuma's documentation.
const ZONE_SECRET: &str = "kds-ca-certs";

/// The pair and its CA, as PEM: what all other files are made from.
pub(super) struct Pair {
    pub(super) certificate: Zeroizing<Vec<u8>>,
    pub(super) key: Zeroizing<Vec<u8>>,
    pub(super) ca: Vec<u8>,
}

/// All files, as they follow from the pair and the flags alone.
pub(super) struct Artefacts<'a> {
    args: &'a Args,
    pair: Pair,
    /// The names of --hostname and --kubernetes-service.
    hosts: Vec<SubjectAltName>,
    /// The names that are dialled: of a Service the two that Kuma uses.
    dialled: Vec<SubjectAltName>,
}

impl<'a> Artefacts<'a> {
    /// Reads the names once, for all files.
    ///
    /// # Errors
    ///
    /// Flags with names that cannot be used.
    pub(super) fn new(args: &'a Args, pair: Pair) -> Result<Self, Failure> {
        let mut dialled = match args.mode {
            Mode::Kubernetes => args.service.read()?.dialled(),
            Mode::Universal => Vec::new(),
        };
        dialled.extend(args.names.dialled()?);
        Ok(Self { args, pair, hosts: args.names.parse()?, dialled })
    }

    /// The bytes of a file, which follow from the pair and the flags alone.
    pub(super) fn content(&self, role: Role) -> Zeroizing<Vec<u8>> {
        let text = |text: String| Zeroizing::new(text.into_bytes());
        match role {
            Role::PrivateKey => self.pair.key.clone(),
            Role::Certificate => self.pair.certificate.clone(),
            Role::CaCertificate => Zeroizing::new(self.pair.ca.clone()),
            Role::CaBundle => Zeroizing::new(bundle::encode(&self.pair.ca)),
            Role::Secret => {
                let metadata = SecretMetadata::new(
                    self.args.secret_name.clone(),
                    self.args.service.namespace.clone(),
                );
                secret(
                    &metadata,
                    &[
                        ("ca.crt", &self.pair.ca),
                        ("tls.crt", &self.pair.certificate),
                        ("tls.key", &self.pair.key),
                    ],
                )
            }
            Role::HelmValues => text(self.installation().helm_values()),
            Role::InstallFlags => text(self.installation().flags()),
            Role::ControlPlaneEnvironment => text(self.environment()),
            Role::DataPlaneEnvironment => {
                let ca = String::from_utf8_lossy(&self.pair.ca);
                let address = self.first_host().map(|host| format!("https://{host}:5678"));
                let variables = environment::data_plane(&ca, address.as_deref());
                text(environment::encode(&variables, EnvironmentFormat::Systemd))
            }
            Role::ZoneSecret => {
                let name = ObjectName::parse(ZONE_SECRET).expect("a name");
                let metadata = SecretMetadata::new(name, self.args.service.namespace.clone());
                secret(&metadata, &[("ca.crt", &self.pair.ca)])
            }
            Role::ZoneValues => {
                let kds_zone_client_secret = ObjectName::parse(ZONE_SECRET).ok();
                let zone = Installation { kds_zone_client_secret, ..Installation::default() };
                text(zone.helm_values())
            }
            Role::ZoneEnvironment => {
                let ca = self.place(Role::CaCertificate);
                let mut variables = Purpose::ZoneKds.control_plane(None, None, Some(&ca));
                if let Some(host) = self.first_host() {
                    let address = format!("grpcs://{host}:5685");
                    variables.push(("KUMA_MULTIZONE_ZONE_GLOBAL_ADDRESS", address));
                }
                text(environment::encode(&variables, EnvironmentFormat::Systemd))
            }
            Role::NextSteps => text(next_steps::text(&Situation {
                mode: self.args.mode,
                namespace: self.args.service.namespace.as_str(),
                secret: self.args.secret_name.as_str(),
                zone_secret: ZONE_SECRET,
                hosts: &self.dialled,
                is_multizone: self.args.multizone,
            })),
        }
    }

    fn installation(&self) -> Installation {
        Installation {
            general_secret: Some(self.args.secret_name.clone()),
            ca_bundle: Some(self.pair.ca.clone()),
            kds_global_server_secret: self.args.multizone.then(|| self.args.secret_name.clone()),
            ..Installation::default()
        }
    }

    fn environment(&self) -> String {
        let (certificate, key) = (self.place(Role::Certificate), self.place(Role::PrivateKey));
        let variables = Purpose::General.control_plane(Some(&certificate), Some(&key), None);
        // systemd's form is a shell's as well: `set -a; . ./kuma-cp.env`.
        environment::encode(&variables, EnvironmentFormat::Systemd)
    }

    /// The path of a file on the machine of kuma-cp.
    fn place(&self, role: Role) -> String {
        let directory = match &self.args.directory {
            Some(directory) => directory.clone(),
            None => {
                self.args.output_dir.canonicalize().unwrap_or_else(|_| self.args.output_dir.clone())
            }
        };
        directory.join(role.file_name()).to_string_lossy().into_owned()
    }

    /// The first name of --hostname as the host of a URL.
    fn first_host(&self) -> Option<String> {
        let host = self.hosts.iter().find(|name| !name.is_pattern())?;
        Some(match host {
            SubjectAltName::Ip(address) if address.is_ipv6() => format!("[{address}]"),
            host => host.to_string(),
        })
    }
}

fn secret(metadata: &SecretMetadata, data: &[(&str, &[u8])]) -> Zeroizing<Vec<u8>> {
    let manifest = kubernetes_secret::encode(metadata, data);
    Zeroizing::new(manifest.as_bytes().to_vec())
}
