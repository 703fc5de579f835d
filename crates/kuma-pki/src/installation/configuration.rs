//! The configuration file of kuma-cp: settings that environment variables override.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::format::yaml::{self, Limits};

/// The settings that an installation depends on, with the variables that override them (`pkg/config` of Kuma 2.14.3,
/// from `app/kuma-cp/config.go` on; `envconfig` overrides the file in `loader.go`).
const SETTINGS: [(&str, &str); 23] = [
    ("mode", "KUMA_MODE"),
    ("store.type", "KUMA_STORE_TYPE"),
    ("store.kubernetes.systemNamespace", "KUMA_STORE_KUBERNETES_SYSTEM_NAMESPACE"),
    ("general.tlsCertFile", "KUMA_GENERAL_TLS_CERT_FILE"),
    ("general.tlsKeyFile", "KUMA_GENERAL_TLS_KEY_FILE"),
    ("dpServer.tlsCertFile", "KUMA_DP_SERVER_TLS_CERT_FILE"),
    ("dpServer.tlsKeyFile", "KUMA_DP_SERVER_TLS_KEY_FILE"),
    ("apiServer.https.tlsCertFile", "KUMA_API_SERVER_HTTPS_TLS_CERT_FILE"),
    ("apiServer.https.tlsKeyFile", "KUMA_API_SERVER_HTTPS_TLS_KEY_FILE"),
    ("apiServer.https.tlsCaFile", "KUMA_API_SERVER_HTTPS_TLS_CA_FILE"),
    ("multizone.global.kds.tlsCertFile", "KUMA_MULTIZONE_GLOBAL_KDS_TLS_CERT_FILE"),
    ("multizone.global.kds.tlsKeyFile", "KUMA_MULTIZONE_GLOBAL_KDS_TLS_KEY_FILE"),
    ("multizone.zone.name", "KUMA_MULTIZONE_ZONE_NAME"),
    ("multizone.zone.globalAddress", "KUMA_MULTIZONE_ZONE_GLOBAL_ADDRESS"),
    ("multizone.zone.kds.rootCaFile", "KUMA_MULTIZONE_ZONE_KDS_ROOT_CA_FILE"),
    ("multizone.zone.kds.tlsSkipVerify", "KUMA_MULTIZONE_ZONE_KDS_TLS_SKIP_VERIFY"),
    ("monitoringAssignmentServer.tlsCertFile", "KUMA_MONITORING_ASSIGNMENT_SERVER_TLS_CERT_FILE"),
    ("monitoringAssignmentServer.tlsKeyFile", "KUMA_MONITORING_ASSIGNMENT_SERVER_TLS_KEY_FILE"),
    ("diagnostics.tlsCertFile", "KUMA_DIAGNOSTICS_TLS_CERT_FILE"),
    ("diagnostics.tlsKeyFile", "KUMA_DIAGNOSTICS_TLS_KEY_FILE"),
    (
        "runtime.kubernetes.controlPlaneServiceName",
        "KUMA_RUNTIME_KUBERNETES_CONTROL_PLANE_SERVICE_NAME",
    ),
    (
        "runtime.kubernetes.admissionServer.certDir",
        "KUMA_RUNTIME_KUBERNETES_ADMISSION_SERVER_CERT_DIR",
    ),
    ("runtime.kubernetes.injector.caCertFile", "KUMA_RUNTIME_KUBERNETES_INJECTOR_CA_CERT_FILE"),
];

const LIMITS: Limits = Limits { nodes: 100_000, copies: 1_000, copied_bytes: 1 << 16 };

/// The settings of a configuration file: the path of each, the variable that overrides it, and its value. Passwords are
/// not read.
#[derive(Debug, Default)]
pub(super) struct Configuration(pub(super) Vec<(&'static str, &'static str, String)>);

impl Configuration {
    /// Reads a configuration file.
    ///
    /// # Errors
    ///
    /// The line on which it cannot be read, counted from 1.
    pub(super) fn read(text: &str) -> Result<Self, u64> {
        let mut found = Self::default();
        let mut options = yaml::options(&LIMITS);
        // As in sigs.k8s.io/yaml, with which Kuma reads it.
        options.duplicate_keys = serde_saphyr::DuplicateKeyPolicy::LastWins;
        let read = serde_saphyr::with_deserializer_from_str_with_options(text, options, |from| {
            Branch { path: "", found: &mut found }.deserialize(from)
        });
        match read {
            Ok(()) => Ok(found),
            Err(error) => Err(error.location().map_or(1, |location| location.line())),
        }
    }
}

/// Parts of the names of all settings but `name`, `type` and `systemNamespace`, which alone change nothing.
const PARTS: [&str; 7] =
    ["tls", "mode", "CaFile", "CertFile", "certDir", "globalAddress", "controlPlaneServiceName"];

/// Returns whether a text may be a configuration with settings that matter.
pub(super) fn is_likely(text: &str) -> bool {
    PARTS.iter().any(|part| text.contains(part))
}

/// Returns the path of the setting that a variable overrides.
pub(super) fn path(variable: &str) -> Option<&'static str> {
    SETTINGS.iter().find(|(_, name)| *name == variable).map(|(path, _)| *path)
}

/// A part of the configuration below a path, of which only the settings above are read.
struct Branch<'a> {
    path: &'a str,
    found: &'a mut Configuration,
}

/// A value, which sigs.k8s.io/yaml turns into a string for a field of that type.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Switch(bool),
    Integer(i64),
    Float(f64),
    Null(()),
}

impl<'de> DeserializeSeed<'de> for Branch<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Branch<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping of settings")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let path = format!("{}{key}", self.path);
            // Go matches names of JSON in any case.
            let is = |known: &str| known.eq_ignore_ascii_case(&path);
            let is_below = |known: &str| {
                let (start, rest) = known.split_at_checked(path.len()).unwrap_or_default();
                start.eq_ignore_ascii_case(&path) && rest.starts_with('.')
            };
            if let Some((known, variable)) = SETTINGS.iter().find(|(known, _)| is(known)) {
                let value = match map.next_value()? {
                    Scalar::Text(text) => text,
                    Scalar::Switch(value) => value.to_string(),
                    Scalar::Integer(value) => value.to_string(),
                    Scalar::Float(value) => value.to_string(),
                    Scalar::Null(()) => continue,
                };
                self.found.0.push((known, variable, value));
            } else if SETTINGS.iter().any(|(known, _)| is_below(known)) {
                let path = format!("{path}.");
                map.next_value_seed(Branch { path: &path, found: self.found })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_all_else_is_passed_over() {
        let text = "# comment\nmode: global\nstore: {type: postgres, postgres: {password: x}}\nGENERAL:\n  \
                    tlscertfile: /c\n  dnsCacheTTL: 10s\nmultizone: {zone: {name: 12, kds: {tlsSkipVerify: true}}}\ndiagnostics:\n";
        let found = Configuration::read(text).expect("a configuration");
        let settings: Vec<_> =
            found.0.iter().map(|(_, variable, value)| (*variable, value.as_str())).collect();
        let expected = [
            ("KUMA_MODE", "global"),
            ("KUMA_STORE_TYPE", "postgres"),
            ("KUMA_GENERAL_TLS_CERT_FILE", "/c"),
            ("KUMA_MULTIZONE_ZONE_NAME", "12"),
            ("KUMA_MULTIZONE_ZONE_KDS_TLS_SKIP_VERIFY", "true"),
        ];
        assert_eq!(settings, expected);
    }

    #[test]
    fn a_text_with_a_setting_that_matters_is_likely_a_configuration() {
        for (path, _) in SETTINGS {
            let name = path.rsplit('.').next().unwrap_or_default();
            let is_common = ["name", "type", "systemNamespace"].contains(&name);
            assert_eq!(is_likely(name), !is_common, "{path}");
        }
    }

    #[test]
    fn what_kuma_cannot_parse_is_an_error_and_an_empty_file_is_not() {
        assert!(Configuration::read("# nothing\n").is_ok_and(|found| found.0.is_empty()));
        assert_eq!(Configuration::read("mode: zone\ngeneral: text\n").err(), Some(2));
        assert!(Configuration::read("general:\n  tlsCertFile: 'a\n").is_err());
    }
}
