//! The environment variables that configure the certificates, keys and CAs of `kuma-cp` and `kuma-dp`
//! (`pkg/config` and `app/kuma-dp/cmd` in Kuma).

/// The server or client of a control plane that uses a certificate or a CA.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// All servers without a certificate of their own (`general.tlsCertFile`).
    General,
    /// The bootstrap and xDS server for data plane proxies, port 5678.
    DpServer,
    /// The API server over HTTPS, port 5682.
    ApiServer,
    /// The KDS server of a global control plane, port 5685.
    GlobalKds,
    /// The KDS client of a zone control plane: the CA that it trusts.
    ZoneKds,
    /// The monitoring assignment server, port 5676.
    MonitoringAssignment,
    /// The diagnostics server, port 5680.
    Diagnostics,
}

/// The names of a purpose's variables.
struct Variables {
    name: &'static str,
    /// The variable that enables TLS, where it is off by default.
    enabled: Option<&'static str>,
    certificate: Option<&'static str>,
    key: Option<&'static str>,
    ca: Option<&'static str>,
    /// The CA that the server verifies clients with.
    client_ca: Option<ClientCa>,
}

impl Variables {
    /// Returns the variables of a server for which TLS is always on.
    const fn server(name: &'static str, certificate: &'static str, key: &'static str) -> Self {
        let (certificate, key) = (Some(certificate), Some(key));
        Self { name, enabled: None, certificate, key, ca: None, client_ca: None }
    }
}

struct ClientCa {
    file: &'static str,
    /// Without this variable, `kuma-cp` does not request client certificates (`configureTLS` in
    /// `pkg/api-server/server.go`).
    required: &'static str,
}

/// The paths of the files on the host of `kuma-cp`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paths<'a> {
    /// The certificate with its chain.
    pub certificate: Option<&'a str>,
    /// Its private key.
    pub key: Option<&'a str>,
    /// The CA that verifies the servers that `kuma-cp` connects to.
    pub ca: Option<&'a str>,
    /// The CA that verifies the clients that connect to `kuma-cp`.
    pub client_ca: Option<&'a str>,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 7] = [
        Self::General,
        Self::DpServer,
        Self::ApiServer,
        Self::GlobalKds,
        Self::ZoneKds,
        Self::MonitoringAssignment,
        Self::Diagnostics,
    ];

    const fn variables(self) -> Variables {
        match self {
            Self::General => Variables::server(
                "general",
                "KUMA_GENERAL_TLS_CERT_FILE",
                "KUMA_GENERAL_TLS_KEY_FILE",
            ),
            Self::DpServer => Variables::server(
                "dp-server",
                "KUMA_DP_SERVER_TLS_CERT_FILE",
                "KUMA_DP_SERVER_TLS_KEY_FILE",
            ),
            Self::ApiServer => Variables {
                client_ca: Some(ClientCa {
                    file: "KUMA_API_SERVER_HTTPS_TLS_CA_FILE",
                    required: "KUMA_API_SERVER_HTTPS_REQUIRE_CLIENT_CERT",
                }),
                ..Variables::server(
                    "api-server",
                    "KUMA_API_SERVER_HTTPS_TLS_CERT_FILE",
                    "KUMA_API_SERVER_HTTPS_TLS_KEY_FILE",
                )
            },
            Self::GlobalKds => Variables::server(
                "global-kds",
                "KUMA_MULTIZONE_GLOBAL_KDS_TLS_CERT_FILE",
                "KUMA_MULTIZONE_GLOBAL_KDS_TLS_KEY_FILE",
            ),
            Self::ZoneKds => Variables {
                certificate: None,
                key: None,
                ca: Some("KUMA_MULTIZONE_ZONE_KDS_ROOT_CA_FILE"),
                ..Variables::server("zone-kds", "", "")
            },
            Self::MonitoringAssignment => Variables {
                enabled: Some("KUMA_MONITORING_ASSIGNMENT_SERVER_TLS_ENABLED"),
                ..Variables::server(
                    "monitoring-assignment",
                    "KUMA_MONITORING_ASSIGNMENT_SERVER_TLS_CERT_FILE",
                    "KUMA_MONITORING_ASSIGNMENT_SERVER_TLS_KEY_FILE",
                )
            },
            Self::Diagnostics => Variables {
                enabled: Some("KUMA_DIAGNOSTICS_TLS_ENABLED"),
                ..Variables::server(
                    "diagnostics",
                    "KUMA_DIAGNOSTICS_TLS_CERT_FILE",
                    "KUMA_DIAGNOSTICS_TLS_KEY_FILE",
                )
            },
        }
    }

    /// Returns the variables that name files: of the certificate, its key, the CA of servers, and the CA of
    /// clients.
    pub(crate) fn file_variables(self) -> [Option<&'static str>; 4] {
        let Variables { certificate, key, ca, client_ca, .. } = self.variables();
        [certificate, key, ca, client_ca.map(|names| names.file)]
    }

    /// Returns the name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.variables().name
    }

    /// Returns whether the purpose has a certificate and a private key.
    #[must_use]
    pub const fn has_certificate(self) -> bool {
        self.variables().certificate.is_some()
    }

    /// Returns whether the purpose has a CA for servers.
    #[must_use]
    pub const fn has_ca(self) -> bool {
        self.variables().ca.is_some()
    }

    /// Returns whether the purpose has a CA for clients.
    #[must_use]
    pub const fn has_client_ca(self) -> bool {
        self.variables().client_ca.is_some()
    }

    /// Returns the variables of `kuma-cp` with their values. Paths that the purpose does not use are ignored.
    #[must_use]
    pub fn control_plane(self, paths: Paths<'_>) -> Vec<(&'static str, String)> {
        let names = self.variables();
        let client_ca = names.client_ca.as_ref();
        let rows = [
            (names.enabled, Some("true")),
            (names.certificate, paths.certificate),
            (names.key, paths.key),
            (names.ca, paths.ca),
            (client_ca.map(|names| names.file), paths.client_ca),
            (client_ca.map(|names| names.required), paths.client_ca.map(|_| "true")),
        ];
        rows.into_iter().filter_map(|(name, value)| Some((name?, value?.to_owned()))).collect()
    }
}

/// Returns the variables of `kuma-dp`: the CA as PEM, which takes precedence over a CA file, and the URL of the
/// control plane.
#[must_use]
pub fn data_plane(ca_pem: &str, address: Option<&str>) -> Vec<(&'static str, String)> {
    let ca = ("KUMA_CONTROL_PLANE_CA_CERT", ca_pem.to_owned());
    let address = address.map(|address| ("KUMA_CONTROL_PLANE_URL", address.to_owned()));
    std::iter::once(ca).chain(address).collect()
}

/// The format of a list of variables.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum EnvironmentFormat {
    /// `export NAME='VALUE'` for a POSIX shell.
    #[default]
    Shell,
    /// `NAME='VALUE'` for programs that read `.env` files, and for `EnvironmentFile=` of systemd.
    File,
}

/// Returns the variables, one per line in this format. Values are quoted, so that special characters and line breaks
/// keep their meaning.
#[must_use]
pub fn encode(variables: &[(&'static str, String)], format: EnvironmentFormat) -> String {
    let line = |(name, value): &(&'static str, String)| match format {
        // Inside single quotes, a POSIX shell interprets nothing but the closing quote.
        EnvironmentFormat::Shell => format!("export {name}='{}'\n", value.replace('\'', r"'\''")),
        EnvironmentFormat::File => format!("{name}={}\n", quoted(value)),
    };
    variables.iter().map(line).collect()
}

/// Returns a value in single quotes, or, if it contains one, in double quotes, where systemd and dotenv unescape
/// `\"`, `\\`, `` \` `` and `\$`.
fn quoted(value: &str) -> String {
    if !value.contains('\'') {
        return format!("'{value}'");
    }
    let mut text = String::from("\"");
    for c in value.chars() {
        if "\"\\`$".contains(c) {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
    text
}
