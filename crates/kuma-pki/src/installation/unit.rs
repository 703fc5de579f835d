//! Unit files of systemd with their drop-ins (systemd.unit(5), systemd.exec(5)).

use zeroize::Zeroizing;

use super::settings::{Settings, word};

/// What a unit file says of a service.
#[derive(Debug, Default)]
pub(super) struct Unit {
    /// Variables of `Environment=`.
    pub(super) environment: Settings,
    /// The files of `EnvironmentFile=`, in order, which override them.
    pub(super) environment_files: Vec<String>,
    /// The words of `ExecStart=`.
    pub(super) command: Vec<Zeroizing<String>>,
}

/// The flags of kuma-dp and the variables that they override (`app/kuma-dp/cmd/run.go`).
const FLAGS: [(&str, &str); 3] = [
    ("--cp-address", "KUMA_CONTROL_PLANE_URL"),
    ("--ca-cert-file", "KUMA_CONTROL_PLANE_CA_CERT_FILE"),
    ("--dataplane-token-file", "KUMA_DATAPLANE_RUNTIME_TOKEN_PATH"),
];

impl Unit {
    /// Reads a unit file and its drop-ins, one after the other. As in systemd, an empty assignment removes what was
    /// assigned before.
    pub(super) fn read(text: &str) -> Self {
        let mut unit = Self::default();
        let joined = Zeroizing::new(text.replace("\\\n", " "));
        for line in joined.lines() {
            let Some((name, value)) = line.split_once('=') else { continue };
            let value = value.trim();
            match name.trim() {
                "Environment" if value.is_empty() => unit.environment = Settings::default(),
                "Environment" => {
                    for assignment in words(value) {
                        if let Some((name, value)) = assignment.split_once('=') {
                            unit.environment.set(name, value);
                        }
                    }
                }
                "EnvironmentFile" if value.is_empty() => unit.environment_files.clear(),
                "EnvironmentFile" => {
                    unit.environment_files.push(value.trim_start_matches('-').to_owned());
                }
                "ExecStart" => unit.command = words(value),
                _ => {}
            }
        }
        unit
    }

    /// Returns the variables that flags of the command stand for.
    pub(super) fn flags(&self) -> Settings {
        let mut settings = Settings::default();
        for (flag, variable) in FLAGS {
            if let Some(value) = flag_value(&self.command, flag) {
                settings.set(variable, value);
            }
        }
        settings
    }
}

/// Returns the path of kuma-cp's configuration file in a command (`app/kuma-cp/cmd/run.go`).
pub(super) fn configuration_file<S: AsRef<str>>(command: &[S]) -> Option<&str> {
    // In a shell, `-c` is another flag.
    let is_shell = command.first().is_some_and(|word| word.as_ref().ends_with("sh"));
    flag_value(command, "--config-file").or_else(|| flag_value(command, "-c").filter(|_| !is_shell))
}

/// Returns the value of a flag, written as `--flag=value` or `--flag value`; of several, the last one counts.
fn flag_value<'c, S: AsRef<str>>(command: &'c [S], flag: &str) -> Option<&'c str> {
    let mut words = command.iter().map(AsRef::as_ref).enumerate().rev();
    words.find_map(|(place, word)| match word.strip_prefix(flag)? {
        "" => command.get(place + 1).map(AsRef::as_ref),
        rest => rest.strip_prefix('='),
    })
}

fn words(text: &str) -> Vec<Zeroizing<String>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (one, length) = word(rest, ' ');
        words.push(one);
        rest = rest[length..].trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_has_variables_files_and_flags() {
        let unit = Unit::read(
            "[Service]\nEnvironment=A=1 \"B=two words\"\nEnvironmentFile=-/etc/kuma/kuma-dp.env\nExecStart=/usr/bin/kuma-dp \
             run \\\n  --cp-address https://cp.example:5678 --ca-cert-file=/etc/ca.crt\n",
        );
        let mut settings = unit.environment.clone();
        settings.extend(unit.flags());
        assert_eq!(unit.environment_files, ["/etc/kuma/kuma-dp.env"]);
        for (name, value) in [
            ("A", "1"),
            ("B", "two words"),
            ("KUMA_CONTROL_PLANE_URL", "https://cp.example:5678"),
            ("KUMA_CONTROL_PLANE_CA_CERT_FILE", "/etc/ca.crt"),
        ] {
            assert_eq!(settings.get(name), Some(value), "{name}");
        }
    }
}
