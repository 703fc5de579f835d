//! The environment variables by which `kuma-cp` and `kuma-dp` find certificates, keys and CAs
//! (`pkg/config`, `app/kuma-dp/cmd` in Kuma).

/// What a control plane uses a certificate or a CA for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// Every server that has no certificate of its own (`general.tlsCertFile`).
    General,
    /// Bootstrap and configuration of data plane proxies, port 5678.
    DpServer,
    /// The API over HTTPS, port 5682.
    ApiServer,
    /// The server that zones connect to, port 5685.
    GlobalKds,
    /// The CA by which a zone knows the global control plane.
    ZoneKds,
    /// The monitoring assignment service, port 5676.
    MonitoringAssignment,
    /// Diagnostics, port 5680.
    Diagnostics,
}

/// The variables of a purpose.
struct Variables {
    name: &'static str,
    /// Variables that switch TLS on.
    enabled: Option<&'static str>,
    certificate: Option<&'static str>,
    key: Option<&'static str>,
    ca: Option<&'static str>,
    /// The CA of clients (another one than that which clients trust), and the variable without which
    /// `kuma-cp` asks no client for a certificate (`pkg/api-server/server.go`, `configureTLS`).
    client_ca: Option<ClientCa>,
}

struct ClientCa {
    file: &'static str,
    required: &'static str,
}

/// The paths of the files on the machine of `kuma-cp`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paths<'a> {
    /// The certificate and its chain.
    pub certificate: Option<&'a str>,
    /// Its private key.
    pub key: Option<&'a str>,
    /// The CA of the servers that `kuma-cp` connects to.
    pub ca: Option<&'a str>,
    /// The CA of the clients that connect to it.
    pub client_ca: Option<&'a str>,
}

impl Purpose {
    /// All of them.
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
            Self::General => Variables {
                name: "general",
                enabled: None,
                certificate: Some("KUMA_GENERAL_TLS_CERT_FILE"),
                key: Some("KUMA_GENERAL_TLS_KEY_FILE"),
                ca: None,
                client_ca: None,
            },
            Self::DpServer => Variables {
                name: "dp-server",
                enabled: None,
                certificate: Some("KUMA_DP_SERVER_TLS_CERT_FILE"),
                key: Some("KUMA_DP_SERVER_TLS_KEY_FILE"),
                ca: None,
                client_ca: None,
            },
            Self::ApiServer => Variables {
                name: "api-server",
                enabled: None,
                certificate: Some("KUMA_API_SERVER_HTTPS_TLS_CERT_FILE"),
                key: Some("KUMA_API_SERVER_HTTPS_TLS_KEY_FILE"),
                ca: None,
                client_ca: Some(ClientCa {
                    file: "KUMA_API_SERVER_HTTPS_TLS_CA_FILE",
                    required: "KUMA_API_SERVER_HTTPS_REQUIRE_CLIENT_CERT",
                }),
            },
            Self::GlobalKds => Variables {
                name: "global-kds",
                enabled: None,
                certificate: Some("KUMA_MULTIZONE_GLOBAL_KDS_TLS_CERT_FILE"),
                key: Some("KUMA_MULTIZONE_GLOBAL_KDS_TLS_KEY_FILE"),
                ca: None,
                client_ca: None,
            },
            Self::ZoneKds => Variables {
                name: "zone-kds",
                enabled: None,
                certificate: None,
                key: None,
                ca: Some("KUMA_MULTIZONE_ZONE_KDS_ROOT_CA_FILE"),
                client_ca: None,
            },
            Self::MonitoringAssignment => Variables {
                name: "monitoring-assignment",
                enabled: Some("KUMA_MONITORING_ASSIGNMENT_SERVER_TLS_ENABLED"),
                certificate: Some("KUMA_MONITORING_ASSIGNMENT_SERVER_TLS_CERT_FILE"),
                key: Some("KUMA_MONITORING_ASSIGNMENT_SERVER_TLS_KEY_FILE"),
                ca: None,
                client_ca: None,
            },
            Self::Diagnostics => Variables {
                name: "diagnostics",
                enabled: Some("KUMA_DIAGNOSTICS_TLS_ENABLED"),
                certificate: Some("KUMA_DIAGNOSTICS_TLS_CERT_FILE"),
                key: Some("KUMA_DIAGNOSTICS_TLS_KEY_FILE"),
                ca: None,
                client_ca: None,
            },
        }
    }

    /// Returns the variables that name files: of the certificate, its key, the CA of servers, and the CA of
    /// clients.
    pub(crate) fn file_variables(self) -> [Option<&'static str>; 4] {
        let Variables { certificate, key, ca, client_ca, .. } = self.variables();
        [certificate, key, ca, client_ca.map(|names| names.file)]
    }

    /// The name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.variables().name
    }

    /// Whether it is about a certificate and its key.
    #[must_use]
    pub const fn has_certificate(self) -> bool {
        self.variables().certificate.is_some()
    }

    /// Whether it is about a CA.
    #[must_use]
    pub const fn has_ca(self) -> bool {
        self.variables().ca.is_some()
    }

    /// Whether it is about the CA of clients.
    #[must_use]
    pub const fn has_client_ca(self) -> bool {
        self.variables().client_ca.is_some()
    }

    /// The variables of `kuma-cp` with the paths of the files, as far as the purpose has them.
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

/// The variables of `kuma-dp`: the CA as PEM, which goes before a file, and the address of the control
/// plane.
#[must_use]
pub fn data_plane(ca_pem: &str, address: Option<&str>) -> Vec<(&'static str, String)> {
    let ca = ("KUMA_CONTROL_PLANE_CA_CERT", ca_pem.to_owned());
    let address = address.map(|address| ("KUMA_CONTROL_PLANE_URL", address.to_owned()));
    std::iter::once(ca).chain(address).collect()
}

/// How variables are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum EnvironmentFormat {
    /// `export NAME='VALUE'` for a POSIX shell.
    #[default]
    Shell,
    /// `NAME='VALUE'` for programs that read `.env` files.
    Dotenv,
    /// `NAME='VALUE'` for `EnvironmentFile=` of systemd.
    Systemd,
}

/// Writes variables. Every value is quoted so that the format reads it back exactly, line breaks
/// included.
#[must_use]
pub fn encode(variables: &[(&'static str, String)], format: EnvironmentFormat) -> String {
    let line = |(name, value): &(&'static str, String)| match format {
        // Inside single quotes a shell reads nothing but the end.
        EnvironmentFormat::Shell => format!("export {name}='{}'\n", value.replace('\'', r"'\''")),
        EnvironmentFormat::Dotenv | EnvironmentFormat::Systemd => {
            format!("{name}={}\n", quoted(value))
        }
    };
    variables.iter().map(line).collect()
}

/// Single quotes keep everything; a value with one in it gets double quotes, in which systemd and
/// dotenv take a backslash off `"`, `\`, `` ` `` and `$`.
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
