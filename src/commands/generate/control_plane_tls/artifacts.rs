//! The contents of every file in the directory.

use std::path::Path;

use kuma_pki::format::environment::{self, EnvironmentFormat, Paths, Purpose};
use kuma_pki::format::installation::Installation;
use kuma_pki::format::kubernetes_secret::{self, SecretMetadata};
use kuma_pki::{ObjectName, ServiceName, SubjectAltName};
use zeroize::Zeroizing;

use super::next_steps;
use super::tokens::TokenFiles;
use super::{Args, Mode};
use crate::args::control_plane::{other_namespace, other_service};
use crate::args::hostname;
use crate::args::pem_files;
use crate::commands::generate::environment::text as text_of;
use crate::files::{self, OutputKind};
use crate::job::PemFiles;
use crate::report::failure::Failure;
use crate::report::program_name;

/// The Secret in a zone, with the CA of its global control plane, as in Kuma's documentation.
pub(super) const ZONE_SECRET: &str = "kds-ca-certs";

/// The files for a control plane. They depend on the pair and the flags only.
pub(super) struct Artifacts<'a> {
    pub(super) args: &'a Args,
    pem_files: PemFiles,
    /// With --tokens.
    token_files: Option<TokenFiles>,
    service: ServiceName,
    /// The first name of --hostname that clients can connect to, as the host of a URL.
    host: Option<String>,
    /// The names that clients connect to. Of a Service, these are the two that Kuma uses.
    pub(super) dialed: Vec<SubjectAltName>,
    /// The directory of the files on the host of kuma-cp.
    directory: String,
    /// The CA certificates in the variable of kuma-dp.
    proxy_ca: String,
}

impl<'a> Artifacts<'a> {
    /// Prepares the values that the files share. Fails on invalid names, and a path that a variable cannot
    /// hold.
    pub(super) fn new(
        args: &'a Args,
        pem_files: PemFiles,
        token_files: Option<TokenFiles>,
    ) -> Result<Self, Failure> {
        let service = args.service.read()?;
        let mut dialed = match args.mode {
            Mode::Kubernetes => service.dialed_names(),
            Mode::Universal => Vec::new(),
        };
        dialed.extend(args.names.dialed()?);
        dialed.retain(hostname::is_dialable);
        let hosts = args.names.parse()?;
        let host = hosts.iter().find(|name| hostname::is_dialable(name)).map(hostname::url_host);
        let directory = match &args.directory {
            Some(directory) => directory.clone(),
            None => files::canonical(&args.output_dir).unwrap_or_else(|_| args.output_dir.clone()),
        };
        let has_variables = args.mode == Mode::Universal || args.multizone;
        let directory = if has_variables { text_of(&directory)? } else { String::new() };
        let proxy_ca = pem_files::variable(&pem_files.ca)?;
        Ok(Self { args, pem_files, token_files, service, host, dialed, directory, proxy_ca })
    }

    /// Returns the contents of a file.
    pub(super) fn content(&self, kind: OutputKind) -> Zeroizing<Vec<u8>> {
        let text = |text: String| Zeroizing::new(text.into_bytes());
        match kind {
            OutputKind::PrivateKey
            | OutputKind::Certificate
            | OutputKind::CertificateRequest
            | OutputKind::Diagram
            | OutputKind::CaCertificate
            | OutputKind::CaBundle => self.pem_files.content(kind),
            OutputKind::Secret => self.pem_files.secret(&SecretMetadata::new(
                self.args.secret.name(),
                self.args.service.namespace(),
            )),
            OutputKind::HelmValues => text(self.installation().helm_values()),
            OutputKind::InstallFlags => text(self.installation().flags()),
            OutputKind::ControlPlaneEnvironment => text(self.environment()),
            OutputKind::DataPlaneEnvironment => {
                let address = self.host.as_ref().map(|host| format!("https://{host}:5678"));
                let variables = environment::data_plane(&self.proxy_ca, address.as_deref());
                text(environment::encode(&variables, EnvironmentFormat::File))
            }
            OutputKind::ZoneSecret => {
                let name = ObjectName::parse(ZONE_SECRET).expect("a name");
                let metadata = SecretMetadata::new(name, self.args.service.namespace());
                let manifest =
                    kubernetes_secret::encode(&metadata, &[("ca.crt", &self.pem_files.ca)]);
                Zeroizing::new(manifest.as_bytes().to_vec())
            }
            OutputKind::ZoneValues => {
                let kds_zone_client_secret = ObjectName::parse(ZONE_SECRET).ok();
                let zone = Installation { kds_zone_client_secret, ..Installation::default() };
                text(zone.helm_values())
            }
            OutputKind::ZoneEnvironment => {
                let ca = self.place(OutputKind::CaCertificate);
                let mut variables =
                    Purpose::ZoneKds.control_plane(Paths { ca: Some(&ca), ..Paths::default() });
                if let Some(address) = self.global_address() {
                    variables.push(("KUMA_MULTIZONE_ZONE_GLOBAL_ADDRESS", address));
                }
                text(environment::encode(&variables, EnvironmentFormat::File))
            }
            OutputKind::Token
            | OutputKind::DataplaneToken
            | OutputKind::DataplaneSigningKey
            | OutputKind::ZoneSigningKey
            | OutputKind::UserSigningKey
            | OutputKind::ControlPlaneConfiguration => {
                self.token_files.as_ref().map(|files| files.content(kind)).unwrap_or_default()
            }
            OutputKind::NextSteps => {
                text(program_name::in_message(&next_steps::text(self)).into_owned())
            }
        }
    }

    /// Returns the data plane proxy with a token, if any, with --tokens.
    pub(super) fn tokens(&self) -> Option<Option<&str>> {
        let proxy = || self.args.tokens.dataplane.as_ref().map(ObjectName::as_str);
        self.token_files.as_ref().map(|_| proxy())
    }

    fn installation(&self) -> Installation {
        Installation {
            general_secret: Some(self.args.secret.name()),
            ca_bundle: Some(self.pem_files.ca.to_vec()),
            kds_global_server_secret: self.args.multizone.then(|| self.args.secret.name()),
            is_global: self.args.multizone,
            namespace: other_namespace(self.args.service.namespace()),
            service: other_service(self.service.clone()),
            ..Installation::default()
        }
    }

    fn environment(&self) -> String {
        let (certificate, key) =
            (self.place(OutputKind::Certificate), self.place(OutputKind::PrivateKey));
        let mut variables = Purpose::General.control_plane(Paths {
            certificate: Some(&certificate),
            key: Some(&key),
            ..Paths::default()
        });
        if self.args.multizone {
            variables.push(("KUMA_MODE", "global".to_owned()));
        }
        // A shell can read systemd's format as well: `set -a; . ./kuma-cp.env`.
        environment::encode(&variables, EnvironmentFormat::File)
    }

    /// Returns the path of a file on the host of kuma-cp.
    fn place(&self, kind: OutputKind) -> String {
        let place = Path::new(&self.directory).join(kind.file_name());
        place.to_string_lossy().into_owned()
    }

    /// Returns the URL of the global control plane for its zones.
    pub(super) fn global_address(&self) -> Option<String> {
        let host = self.host.as_ref().filter(|_| self.args.multizone)?;
        Some(format!("grpcs://{host}:5685"))
    }
}
