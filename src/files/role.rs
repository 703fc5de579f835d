//! What an output is, and what there is to say about it.

/// What an output is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    /// The private key.
    PrivateKey,
    /// The certificate, with the chain behind it.
    Certificate,
    /// The certificate request.
    CertificateRequest,
    /// The CA certificate that clients trust.
    CaCertificate,
    /// The same in one line of Base64.
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
    /// What to type next.
    NextSteps,
}

/// What there is to say about a [`Role`].
pub(super) struct Words {
    /// In error messages: `could not write the key file`.
    pub(super) name: &'static str,
    /// The flag that names the file, or its directory.
    pub(super) flag: &'static str,
    /// The start of the line that says where it was saved; the first two are the official ones.
    title: &'static str,
    /// In JSON reports.
    key: &'static str,
    /// A usual name for the file.
    pub(super) example: &'static str,
}

impl Role {
    /// All of them.
    pub(crate) const ALL: [Self; 14] = [
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
    ];

    pub(super) const fn words(self) -> Words {
        match self {
            Self::PrivateKey => Words {
                name: "key file",
                flag: "--key-file",
                title: "Private key",
                key: "private_key",
                example: "key.pem",
            },
            Self::Certificate => Words {
                name: "cert file",
                flag: "--cert-file",
                title: "Certificate",
                key: "certificate",
                example: "cert.pem",
            },
            Self::CertificateRequest => Words {
                name: "certificate request file",
                flag: "--csr-file",
                title: "Certificate request",
                key: "certificate_request",
                example: "request.csr",
            },
            Self::CaCertificate => Words {
                name: "CA certificate file",
                flag: "--ca-cert-file",
                title: "CA certificate",
                key: "ca_certificate",
                example: "ca.crt",
            },
            Self::CaBundle => Words {
                name: "CA bundle file",
                flag: "--ca-bundle-file",
                title: "CA bundle",
                key: "ca_bundle",
                example: "ca-bundle.b64",
            },
            Self::Secret => Words {
                name: "Secret",
                flag: "--output-dir",
                title: "Secret",
                key: "secret",
                example: "secret.yaml",
            },
            Self::HelmValues => Words {
                name: "file of Helm values",
                flag: "--output-dir",
                title: "Helm values",
                key: "helm_values",
                example: "values.yaml",
            },
            Self::InstallFlags => Words {
                name: "file of flags",
                flag: "--output-dir",
                title: "Flags of install",
                key: "install_flags",
                example: "install-flags",
            },
            Self::ControlPlaneEnvironment => Words {
                name: "environment of kuma-cp",
                flag: "--output-dir",
                title: "Environment of kuma-cp",
                key: "control_plane_environment",
                example: "kuma-cp.env",
            },
            Self::DataPlaneEnvironment => Words {
                name: "environment of kuma-dp",
                flag: "--output-dir",
                title: "Environment of kuma-dp",
                key: "data_plane_environment",
                example: "kuma-dp.env",
            },
            Self::ZoneSecret => Words {
                name: "Secret of the zones",
                flag: "--output-dir",
                title: "Secret of the zones",
                key: "zone_secret",
                example: "zone-secret.yaml",
            },
            Self::ZoneValues => Words {
                name: "file of Helm values of the zones",
                flag: "--output-dir",
                title: "Helm values of the zones",
                key: "zone_helm_values",
                example: "zone-values.yaml",
            },
            Self::ZoneEnvironment => Words {
                name: "environment of the zones' kuma-cp",
                flag: "--output-dir",
                title: "Environment of the zones' kuma-cp",
                key: "zone_environment",
                example: "zone-kuma-cp.env",
            },
            Self::NextSteps => Words {
                name: "file of next steps",
                flag: "--output-dir",
                title: "Next steps",
                key: "next_steps",
                example: "NEXT-STEPS.md",
            },
        }
    }

    /// Whether its file holds a private key.
    pub(crate) const fn holds_key(self) -> bool {
        matches!(self, Self::PrivateKey | Self::Secret)
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
