//! What an installation wants of a pair: the bytes of every file in the directory.

use std::path::Path;

use kuma_pki::format::environment::{self, EnvironmentFormat, Paths, Purpose};
use kuma_pki::format::installation::Installation;
use kuma_pki::format::kubernetes_secret::{self, SecretMetadata};
use kuma_pki::{ObjectName, ServiceName, SubjectAltName};
use zeroize::Zeroizing;

use super::next_steps::{self, Situation};
use super::{Args, Mode};
use crate::args::control_plane::{other_namespace, other_service};
use crate::args::hostname;
use crate::args::pem_files;
use crate::commands::generate::environment::text as text_of;
use crate::files::{self, Role};
use crate::job::PemFiles;
use crate::report::failure::Failure;
use crate::report::program_name;

/// The Secret in a zone, with the CA of its global control plane, as in Kuma's documentation.
const ZONE_SECRET: &str = "kds-ca-certs";

/// All files, as they follow from the pair and the flags alone.
pub(super) struct Artefacts<'a> {
    args: &'a Args,
    pem_files: PemFiles,
    service: ServiceName,
    /// The first name of --hostname that can be dialled, as the host of a URL.
    host: Option<String>,
    /// The names that are dialled: of a Service the two that Kuma uses.
    dialled: Vec<SubjectAltName>,
    /// The directory of the files on the machine of kuma-cp.
    directory: String,
    /// The CA in kuma-dp's variable.
    proxy_ca: String,
}

impl<'a> Artefacts<'a> {
    /// Reads the names once, for all files.
    ///
    /// # Errors
    ///
    /// Flags with names that cannot be used, and a path that a variable cannot hold.
    pub(super) fn new(args: &'a Args, pem_files: PemFiles) -> Result<Self, Failure> {
        let service = args.service.read()?;
        let mut dialled = match args.mode {
            Mode::Kubernetes => service.dialled(),
            Mode::Universal => Vec::new(),
        };
        dialled.extend(args.names.dialled()?);
        dialled.retain(hostname::can_be_dialled);
        let hosts = args.names.parse()?;
        let host = hosts.iter().find(|name| hostname::can_be_dialled(name)).map(hostname::url_host);
        let directory = match &args.directory {
            Some(directory) => directory.clone(),
            None => files::canonical(&args.output_dir).unwrap_or_else(|_| args.output_dir.clone()),
        };
        let has_variables = args.mode == Mode::Universal || args.multizone;
        let directory = if has_variables { text_of(&directory)? } else { String::new() };
        let proxy_ca = pem_files::variable(&pem_files.ca)?;
        Ok(Self { args, pem_files, service, host, dialled, directory, proxy_ca })
    }

    /// The bytes of a file, which follow from the pair and the flags alone.
    pub(super) fn content(&self, role: Role) -> Zeroizing<Vec<u8>> {
        let text = |text: String| Zeroizing::new(text.into_bytes());
        match role {
            Role::PrivateKey
            | Role::Certificate
            | Role::CertificateRequest
            | Role::CaCertificate
            | Role::CaBundle => self.pem_files.content(role),
            Role::Secret => self.pem_files.secret(&SecretMetadata::new(
                self.args.secret_name(),
                self.args.service.namespace(),
            )),
            Role::HelmValues => text(self.installation().helm_values()),
            Role::InstallFlags => text(self.installation().flags()),
            Role::ControlPlaneEnvironment => text(self.environment()),
            Role::DataPlaneEnvironment => {
                let address = self.host.as_ref().map(|host| format!("https://{host}:5678"));
                let variables = environment::data_plane(&self.proxy_ca, address.as_deref());
                text(environment::encode(&variables, EnvironmentFormat::Systemd))
            }
            Role::ZoneSecret => {
                let name = ObjectName::parse(ZONE_SECRET).expect("a name");
                let metadata = SecretMetadata::new(name, self.args.service.namespace());
                let manifest =
                    kubernetes_secret::encode(&metadata, &[("ca.crt", &self.pem_files.ca)]);
                Zeroizing::new(manifest.as_bytes().to_vec())
            }
            Role::ZoneValues => {
                let kds_zone_client_secret = ObjectName::parse(ZONE_SECRET).ok();
                let zone = Installation { kds_zone_client_secret, ..Installation::default() };
                text(zone.helm_values())
            }
            Role::ZoneEnvironment => {
                let ca = self.place(Role::CaCertificate);
                let mut variables =
                    Purpose::ZoneKds.control_plane(Paths { ca: Some(&ca), ..Paths::default() });
                if let Some(address) = self.global_address() {
                    variables.push(("KUMA_MULTIZONE_ZONE_GLOBAL_ADDRESS", address));
                }
                text(environment::encode(&variables, EnvironmentFormat::Systemd))
            }
            Role::NextSteps => text(
                program_name::in_message(&next_steps::text(&Situation {
                    mode: self.args.mode,
                    namespace: self.args.service.namespace().as_str(),
                    secret: self.args.secret_name().as_str(),
                    zone_secret: ZONE_SECRET,
                    hosts: &self.dialled,
                    directory: self.args.directory.as_deref(),
                    global_address: self.global_address().as_deref(),
                }))
                .into_owned(),
            ),
        }
    }

    fn installation(&self) -> Installation {
        Installation {
            general_secret: Some(self.args.secret_name()),
            ca_bundle: Some(self.pem_files.ca.to_vec()),
            kds_global_server_secret: self.args.multizone.then(|| self.args.secret_name()),
            is_global: self.args.multizone,
            namespace: other_namespace(self.args.service.namespace()),
            service: other_service(self.service.clone()),
            ..Installation::default()
        }
    }

    fn environment(&self) -> String {
        let (certificate, key) = (self.place(Role::Certificate), self.place(Role::PrivateKey));
        let mut variables = Purpose::General.control_plane(Paths {
            certificate: Some(&certificate),
            key: Some(&key),
            ..Paths::default()
        });
        if self.args.multizone {
            variables.push(("KUMA_MODE", "global".to_owned()));
        }
        // systemd's form is a shell's as well: `set -a; . ./kuma-cp.env`.
        environment::encode(&variables, EnvironmentFormat::Systemd)
    }

    /// The path of a file on the machine of kuma-cp.
    fn place(&self, role: Role) -> String {
        let place = Path::new(&self.directory).join(role.file_name());
        place.to_string_lossy().into_owned()
    }

    /// Where zones find the global control plane.
    fn global_address(&self) -> Option<String> {
        let host = self.host.as_ref().filter(|_| self.args.multizone)?;
        Some(format!("grpcs://{host}:5685"))
    }
}
