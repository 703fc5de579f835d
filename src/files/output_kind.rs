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
    /// All but [`Self::Diagram`] and [`Self::Token`], which no directory of artifacts has.
    pub(crate) const ALL: [Self; 19] = [
        Self::PrivateKey,
        Self::Certificate,
        Self::CertificateRequest,
        Self::CaCertificate,
        Self::CaBundle,
        Self::Secret,
        Self::HelmValues,
        Self::InstallFlags,
        Self::ControlPlaneEnvironment,
        Self::DataPlaneEnvironment,
        Self::ZoneSecret,
        Self::ZoneValues,
        Self::ZoneEnvironment,
        Self::NextSteps,
        Self::DataplaneToken,
        Self::DataplaneSigningKey,
        Self::ZoneSigningKey,
        Self::UserSigningKey,
        Self::ControlPlaneConfiguration,
    ];

    pub(super) const fn words(self) -> Words {
        match self {
            Self::PrivateKey => Words {
                name: "key file",
                title: "Private key",
                key: "private_key",
                example: "key.pem",
            },
            Self::Certificate => Words {
                name: "cert file",
                title: "Certificate",
                key: "certificate",
                example: "cert.pem",
            },
            Self::CertificateRequest => Words {
                name: "certificate request file",
                title: "Certificate request",
                key: "certificate_request",
                example: "request.csr",
            },
            Self::CaCertificate => Words {
                name: "CA certificate file",
                title: "CA certificate",
                key: "ca_certificate",
                example: "ca.crt",
            },
            Self::CaBundle => Words {
                name: "CA bundle file",
                title: "CA bundle",
                key: "ca_bundle",
                example: "ca-bundle.b64",
            },
            Self::Secret => {
                Words { name: "Secret", title: "Secret", key: "secret", example: "secret.yaml" }
            }
            Self::HelmValues => Words {
                name: "Helm values file",
                title: "Helm values",
                key: "helm_values",
                example: "values.yaml",
            },
            Self::InstallFlags => Words {
                name: "install flags file",
                title: "Install flags",
                key: "install_flags",
                example: "install-flags",
            },
            Self::ControlPlaneEnvironment => Words {
                name: "environment file of kuma-cp",
                title: "kuma-cp environment",
                key: "control_plane_environment",
                example: "kuma-cp.env",
            },
            Self::DataPlaneEnvironment => Words {
                name: "environment file of kuma-dp",
                title: "kuma-dp environment",
                key: "data_plane_environment",
                example: "kuma-dp.env",
            },
            Self::ZoneSecret => Words {
                name: "zone Secret",
                title: "Zone Secret",
                key: "zone_secret",
                example: "zone-secret.yaml",
            },
            Self::ZoneValues => Words {
                name: "zone Helm values file",
                title: "Zone Helm values",
                key: "zone_helm_values",
                example: "zone-values.yaml",
            },
            Self::ZoneEnvironment => Words {
                name: "environment file of the zones' kuma-cp",
                title: "Zone kuma-cp environment",
                key: "zone_environment",
                example: "zone-kuma-cp.env",
            },
            Self::NextSteps => Words {
                name: "next steps file",
                title: "Next steps",
                key: "next_steps",
                example: "NEXT-STEPS.md",
            },
            Self::Diagram => {
                Words { name: "diagram", title: "Diagram", key: "diagram", example: "map.svg" }
            }
            Self::Token => {
                Words { name: "token file", title: "Token", key: "token", example: "token" }
            }
            Self::DataplaneToken => Words { example: "dataplane-token", ..Self::Token.words() },
            Self::DataplaneSigningKey => Words {
                name: "signing key file",
                title: "Signing key of dataplane tokens",
                key: "dataplane_signing_key",
                example: "dataplane-signing.key",
            },
            Self::ZoneSigningKey => Words {
                name: "signing key file",
                title: "Signing key of zone tokens",
                key: "zone_signing_key",
                example: "zone-signing.key",
            },
            Self::UserSigningKey => Words {
                name: "signing key file",
                title: "Signing key of user tokens",
                key: "user_signing_key",
                example: "user-signing.key",
            },
            Self::ControlPlaneConfiguration => Words {
                name: "configuration of kuma-cp",
                title: "kuma-cp configuration",
                key: "control_plane_configuration",
                example: "kuma-cp.yaml",
            },
        }
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
