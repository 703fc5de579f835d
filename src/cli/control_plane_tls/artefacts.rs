//! What an installation wants of a pair: the bytes of every file in the directory.

use kumactl::encode::bundle;
use kumactl::encode::environment::{self, EnvironmentFormat, Purpose};
use kumactl::encode::installation::Installation;
use kumactl::encode::kubernetes_secret::{self, SecretMetadata};
use kumactl::{ObjectName, ServiceName, SubjectAltName};
use zeroize::Zeroizing;

use super::next_steps::{self, Situation};
use super::{Args, Mode};
use crate::cli::control_plane::{other_namespace, other_service};
use crate::cli::exit::Failure;
use crate::cli::hostname;
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
    service: ServiceName,
    /// The first name of --hostname that can be dialled, as the host of a URL.
    host: Option<String>,
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
        let service = args.service.read()?;
        let mut dialled = match args.mode {
            Mode::Kubernetes => service.dialled(),
            Mode::Universal => Vec::new(),
        };
        dialled.extend(args.names.dialled()?);
        dialled.retain(hostname::can_be_dialled);
        let hosts = args.names.parse()?;
        let host = hosts.iter().find(|name| hostname::can_be_dialled(name)).map(hostname::url_host);
        Ok(Self { args, pair, service, host, dialled })
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
                let metadata =
                    SecretMetadata::new(self.args.secret_name(), self.args.service.namespace());
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
                let address = self.host.as_ref().map(|host| format!("https://{host}:5678"));
                let variables = environment::data_plane(&ca, address.as_deref());
                text(environment::encode(&variables, EnvironmentFormat::Systemd))
            }
            Role::ZoneSecret => {
                let name = ObjectName::parse(ZONE_SECRET).expect("a name");
                let metadata = SecretMetadata::new(name, self.args.service.namespace());
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
                if let Some(address) = self.global_address() {
                    variables.push(("KUMA_MULTIZONE_ZONE_GLOBAL_ADDRESS", address));
                }
                text(environment::encode(&variables, EnvironmentFormat::Systemd))
            }
            Role::NextSteps => text(next_steps::text(&Situation {
                mode: self.args.mode,
                namespace: self.args.service.namespace().as_str(),
                secret: self.args.secret_name().as_str(),
                zone_secret: ZONE_SECRET,
                hosts: &self.dialled,
                directory: self.args.directory.as_deref(),
                global_address: self.global_address().as_deref(),
            })),
        }
    }

    fn installation(&self) -> Installation {
        Installation {
            general_secret: Some(self.args.secret_name()),
            ca_bundle: Some(self.pair.ca.clone()),
            kds_global_server_secret: self.args.multizone.then(|| self.args.secret_name()),
            is_global: self.args.multizone,
            namespace: other_namespace(self.args.service.namespace()),
            service: other_service(self.service.clone()),
            ..Installation::default()
        }
    }

    fn environment(&self) -> String {
        let (certificate, key) = (self.place(Role::Certificate), self.place(Role::PrivateKey));
        let mut variables = Purpose::General.control_plane(Some(&certificate), Some(&key), None);
        if self.args.multizone {
            variables.push(("KUMA_MODE", "global".to_owned()));
        }
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

    /// Where zones find the global control plane.
    fn global_address(&self) -> Option<String> {
        let host = self.host.as_ref().filter(|_| self.args.multizone)?;
        Some(format!("grpcs://{host}:5685"))
    }
}

fn secret(metadata: &SecretMetadata, data: &[(&str, &[u8])]) -> Zeroizing<Vec<u8>> {
    let manifest = kubernetes_secret::encode(metadata, data);
    Zeroizing::new(manifest.as_bytes().to_vec())
}
