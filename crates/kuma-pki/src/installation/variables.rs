//! Environment files and unit files of systemd, as programs outside a cluster get their variables.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

/// The variables of a process, and what names them.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables(BTreeMap<String, Zeroizing<String>>);

/// What a unit file says of a service.
#[derive(Debug, Default)]
pub(super) struct Unit {
    /// Variables of `Environment=`, and those that flags of the command stand for.
    pub(super) variables: Variables,
    /// The files of `EnvironmentFile=`, in order.
    pub(super) environment_files: Vec<String>,
}

/// The flags of kuma-dp and the variables that they override (`app/kuma-dp/cmd/run.go`).
const FLAGS: [(&str, &str); 3] = [
    ("--cp-address", "KUMA_CONTROL_PLANE_URL"),
    ("--ca-cert-file", "KUMA_CONTROL_PLANE_CA_CERT_FILE"),
    ("--dataplane-token-file", "KUMA_DATAPLANE_RUNTIME_TOKEN_PATH"),
];

impl Variables {
    /// Returns the variables of a control plane whose files have their usual names.
    pub(super) fn plain() -> Self {
        let pairs =
            [("KUMA_GENERAL_TLS_CERT_FILE", "tls.crt"), ("KUMA_GENERAL_TLS_KEY_FILE", "tls.key")];
        let owned = pairs.map(|(name, file)| (name.to_owned(), Zeroizing::new(file.to_owned())));
        Self(owned.into())
    }

    /// Reads `NAME=VALUE` lines, as a shell and systemd read them: values in quotes may go over several lines,
    /// `export` is ignored, and so are lines that are no assignments.
    pub(super) fn read(text: &str) -> Self {
        let mut variables = Self::default();
        let mut rest = text;
        while !rest.is_empty() {
            rest = rest.trim_ascii_start();
            let line = rest.lines().next().unwrap_or_default();
            let assignment = line.strip_prefix("export ").unwrap_or(line);
            let name = assignment.split('=').next().unwrap_or_default();
            let is_name = name.len() < assignment.len() && is_name(name);
            if line.starts_with(['#', ';']) || !is_name {
                rest = &rest[line.len()..];
                continue;
            }
            let start = line.len() - assignment.len() + name.len() + 1;
            let (value, length) = word(&rest[start..], '\n');
            variables.0.insert(name.to_owned(), value);
            rest = &rest[start + length..];
        }
        variables
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(super) fn has_any(&self, beginnings: &[&str]) -> bool {
        self.0.keys().any(|name| beginnings.iter().any(|beginning| name.starts_with(beginning)))
    }

    /// Adds those of another source, which override these.
    pub(super) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }
}

impl Unit {
    /// Reads a unit file of systemd (systemd.exec(5)).
    pub(super) fn read(text: &str) -> Self {
        let mut unit = Self::default();
        let joined = Zeroizing::new(text.replace("\\\n", " "));
        for line in joined.lines() {
            let Some((name, value)) = line.split_once('=') else { continue };
            match name.trim() {
                "Environment" => {
                    for assignment in words(value) {
                        if let Some((name, value)) = assignment.split_once('=') {
                            let value = Zeroizing::new(value.to_owned());
                            unit.variables.0.insert(name.to_owned(), value);
                        }
                    }
                }
                "EnvironmentFile" => {
                    let path = value.trim().trim_start_matches('-');
                    unit.environment_files.push(path.to_owned());
                }
                "ExecStart" => unit.command(&words(value)),
                _ => {}
            }
        }
        unit
    }

    fn command(&mut self, words: &[Zeroizing<String>]) {
        for (place, word) in words.iter().enumerate() {
            for (flag, variable) in FLAGS {
                let value = match word.strip_prefix(flag) {
                    Some("") => words.get(place + 1).map(|value| value.as_str()),
                    Some(rest) => rest.strip_prefix('='),
                    None => None,
                };
                if let Some(value) = value {
                    let value = Zeroizing::new(value.to_owned());
                    self.variables.0.insert(variable.to_owned(), value);
                }
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    let is_inside = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'_';
    text.bytes().all(is_inside)
        && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}

/// Reads a word up to a separator outside of quotes; returns it without quotes, and how many bytes it took.
fn word(text: &str, separator: char) -> (Zeroizing<String>, usize) {
    let length = unquote(text, separator, |_| {});
    // Large enough, so that the text does not move and leave a copy behind.
    let mut word = Zeroizing::new(String::with_capacity(length));
    unquote(text, separator, |letter| word.push(letter));
    (word, length)
}

/// Passes on the letters of a word without its quotes; returns how many bytes it took.
fn unquote(text: &str, separator: char, mut each: impl FnMut(char)) -> usize {
    let mut quote = None;
    let mut letters = text.char_indices();
    while let Some((place, letter)) = letters.next() {
        match (quote, letter) {
            (None, _) if letter == separator || letter == '\n' => return place,
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if letter == open => quote = None,
            (None | Some('"'), '\\') => letters.next().into_iter().for_each(|(_, next)| each(next)),
            _ => each(letter),
        }
    }
    text.len()
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
    fn values_are_read_as_a_shell_and_systemd_read_them() {
        let text = "# comment\nA=1\nexport B='two\nlines'\nC=\"x \\\"y\\\"\"\nD='it'\\''s'\nE=\nnot a line\nF=a\\ b\n";
        let variables = Variables::read(text);
        for (name, value) in
            [("A", "1"), ("B", "two\nlines"), ("C", "x \"y\""), ("D", "it's"), ("F", "a b")]
        {
            assert_eq!(variables.get(name), Some(value), "{name}");
        }
        assert_eq!(variables.get("E"), None);
        assert_eq!(variables.0.len(), 6);
    }

    #[test]
    fn a_unit_has_variables_files_and_flags() {
        let unit = Unit::read(
            "[Service]\nEnvironment=A=1 \"B=two words\"\nEnvironmentFile=-/etc/kuma/kuma-dp.env\nExecStart=/usr/bin/kuma-dp \
             run \\\n  --cp-address https://cp.example:5678 --ca-cert-file=/etc/ca.crt\n",
        );
        assert_eq!(unit.environment_files, ["/etc/kuma/kuma-dp.env"]);
        for (name, value) in [
            ("A", "1"),
            ("B", "two words"),
            ("KUMA_CONTROL_PLANE_URL", "https://cp.example:5678"),
            ("KUMA_CONTROL_PLANE_CA_CERT_FILE", "/etc/ca.crt"),
        ] {
            assert_eq!(unit.variables.get(name), Some(value), "{name}");
        }
    }
}
