//! What the outputs of a run hold, and their names in messages, reports and directories.

/// What an output holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum OutputKind {
    /// The private key.
    PrivateKey,
    /// The certificate, followed by its chain.
    Certificate,
    /// The certificate request.
    CertificateRequest,
    /// The CA certificate that clients trust.
    CaCertificate,
    /// The CA certificate as one line of Base64.
    CaBundle,
    /// The Secret of the control plane.
    Secret,
    /// Values for Helm.
    HelmValues,
    /// Flags of `kumactl install control-plane`.
    InstallFlags,
    /// Variables of `kuma-cp`.
    ControlPlaneEnvironment,
    /// Variables of `kuma-dp`.
    DataPlaneEnvironment,
    /// The Secret of a zone with the CA of its global control plane.
    ZoneSecret,
    /// Values for Helm in a zone.
    ZoneValues,
    /// Variables of `kuma-cp` in a zone.
    ZoneEnvironment,
    /// The commands to run next.
    NextSteps,
    /// A drawing of an installation.
    Diagram,
    /// A token.
    Token,
    /// The token of a data plane proxy.
    DataplaneToken,
    /// The key that signs dataplane tokens.
    DataplaneSigningKey,
    /// The key that signs zone tokens.
    ZoneSigningKey,
    /// The key that signs user tokens.
    UserSigningKey,
    /// The configuration file of `kuma-cp`.
    ControlPlaneConfiguration,
}

/// The names of an [`OutputKind`].
pub(super) struct Words {
    /// In error messages: `could not write the key file`.
    pub(super) name: &'static str,
    /// The start of the line that says where it was saved; the first two are the official ones.
    title: &'static str,
    /// In JSON reports.
    key: &'static str,
    /// A usual name for the file.
    pub(super) example: &'static str,
}

impl OutputKind {
    pub(super) const fn words(self) -> Words {
        let (name, title, key, example) = match self {
            Self::PrivateKey => ("key file", "Private key", "private_key", "key.pem"),
            Self::Certificate => ("cert file", "Certificate", "certificate", "cert.pem"),
            Self::CertificateRequest => (
                "certificate request file",
                "Certificate request",
                "certificate_request",
                "request.csr",
            ),
            Self::CaCertificate => {
                ("CA certificate file", "CA certificate", "ca_certificate", "ca.crt")
            }
            Self::CaBundle => ("CA bundle file", "CA bundle", "ca_bundle", "ca-bundle.b64"),
            Self::Secret => ("Secret", "Secret", "secret", "secret.yaml"),
            Self::HelmValues => ("Helm values file", "Helm values", "helm_values", "values.yaml"),
            Self::InstallFlags => {
                ("install flags file", "Install flags", "install_flags", "install-flags")
            }
            Self::ControlPlaneEnvironment => (
                "environment file of kuma-cp",
                "kuma-cp environment",
                "control_plane_environment",
                "kuma-cp.env",
            ),
            Self::DataPlaneEnvironment => (
                "environment file of kuma-dp",
                "kuma-dp environment",
                "data_plane_environment",
                "kuma-dp.env",
            ),
            Self::ZoneSecret => ("zone Secret", "Zone Secret", "zone_secret", "zone-secret.yaml"),
            Self::ZoneValues => (
                "zone Helm values file",
                "Zone Helm values",
                "zone_helm_values",
                "zone-values.yaml",
            ),
            Self::ZoneEnvironment => (
                "environment file of the zones' kuma-cp",
                "Zone kuma-cp environment",
                "zone_environment",
                "zone-kuma-cp.env",
            ),
            Self::NextSteps => ("next steps file", "Next steps", "next_steps", "NEXT-STEPS.md"),
            Self::Diagram => ("diagram", "Diagram", "diagram", "map.svg"),
            Self::Token => ("token file", "Token", "token", "token"),
            Self::DataplaneToken => ("token file", "Token", "token", "dataplane-token"),
            Self::DataplaneSigningKey => (
                "signing key file",
                "Signing key of dataplane tokens",
                "dataplane_signing_key",
                "dataplane-signing.key",
            ),
            Self::ZoneSigningKey => (
                "signing key file",
                "Signing key of zone tokens",
                "zone_signing_key",
                "zone-signing.key",
            ),
            Self::UserSigningKey => (
                "signing key file",
                "Signing key of user tokens",
                "user_signing_key",
                "user-signing.key",
            ),
            Self::ControlPlaneConfiguration => (
                "configuration of kuma-cp",
                "kuma-cp configuration",
                "control_plane_configuration",
                "kuma-cp.yaml",
            ),
        };
        Words { name, title, key, example }
    }

    /// Whether its file holds a private key or a token.
    pub(crate) const fn holds_key(self) -> bool {
        matches!(
            self,
            Self::PrivateKey
                | Self::Secret
                | Self::Token
                | Self::DataplaneToken
                | Self::DataplaneSigningKey
                | Self::ZoneSigningKey
                | Self::UserSigningKey
        )
    }

    /// The start of the line that says where it was saved.
    pub(crate) const fn title(self) -> &'static str {
        self.words().title
    }

    /// The name in JSON reports.
    pub(crate) const fn key(self) -> &'static str {
        self.words().key
    }

    /// The name of the file in a directory of its own.
    pub(crate) const fn file_name(self) -> &'static str {
        match self {
            Self::PrivateKey => "tls.key",
            Self::Certificate => "tls.crt",
            other => other.words().example,
        }
    }
}
