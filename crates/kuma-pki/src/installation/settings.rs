//! The settings of a process by the names of its environment variables, wherever they are given.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::configuration::{self, Configuration};
use super::finding::Finding;
use super::report::{CheckName, Component, Report};
use crate::format::environment::Purpose;

/// The settings of a process.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings(BTreeMap<String, Setting>);

#[derive(Clone, Debug)]
struct Setting {
    value: Zeroizing<String>,
    /// The setting of the configuration file, with the file, if it is not a variable.
    origin: Option<String>,
}

impl Settings {
    /// Returns the settings of a control plane whose files have their usual names.
    pub(super) fn plain() -> Self {
        let mut settings = Self::default();
        settings.set("KUMA_GENERAL_TLS_CERT_FILE", "tls.crt");
        settings.set("KUMA_GENERAL_TLS_KEY_FILE", "tls.key");
        settings
    }

    /// Returns the settings of the configuration file of a control plane, or reports that kuma-cp cannot read it.
    pub(super) fn of_file(bytes: &[u8], file: &str, title: &str, report: &mut Report) -> Self {
        let read = std::str::from_utf8(bytes).map_err(|_| 1).and_then(Configuration::read);
        let configuration = read.unwrap_or_else(|line| {
            let finding = Finding::Configuration { file: file.to_owned(), line };
            report.fail(CheckName::Configuration, Component::KumaCp, title, finding);
            Configuration::default()
        });
        let settings = configuration.0.into_iter().map(|(path, variable, value)| {
            let origin = Some(format!("{path} in {file}"));
            (variable.to_owned(), Setting { value: Zeroizing::new(value), origin })
        });
        Self(settings.collect())
    }

    /// Sets a variable, which overrides what was set before, even by an empty value.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.insert(name, Zeroizing::new(value.to_owned()));
    }

    fn insert(&mut self, name: &str, value: Zeroizing<String>) {
        self.0.insert(name.to_owned(), Setting { value, origin: None });
    }

    /// Reads `NAME=VALUE` lines, as a shell and systemd read them: values in quotes may go over several lines,
    /// `export` is ignored, and so are lines that are no assignments.
    pub(super) fn read(text: &str) -> Self {
        let mut settings = Self::default();
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
            settings.insert(name, value);
            rest = &rest[start + length..];
        }
        settings
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|setting| setting.value.as_str()).filter(|value| !value.is_empty())
    }

    pub(super) fn has_any(&self, beginnings: &[&str]) -> bool {
        self.0.keys().any(|name| beginnings.iter().any(|beginning| name.starts_with(beginning)))
    }

    /// Adds those of another source, which override these.
    pub(super) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Returns where a setting is: the variable, or the path in the configuration file.
    pub(super) fn origin(&self, name: &str) -> String {
        self.0
            .get(name)
            .and_then(|setting| setting.origin.clone())
            .unwrap_or_else(|| name.to_owned())
    }

    /// Returns where a setting belongs that is missing next to another one.
    pub(super) fn next_to(&self, present: &str, missing: &'static str) -> String {
        let is_in_file = self.0.get(present).is_some_and(|setting| setting.origin.is_some());
        let path = is_in_file.then(|| configuration::path(missing)).flatten();
        path.unwrap_or(missing).to_owned()
    }

    /// Returns the finding about a certificate without key, or a key without certificate.
    pub(super) fn half_pair(&self, purpose: Purpose) -> Option<Finding> {
        let [certificate, key, ..] = purpose.file_variables();
        let (certificate, key) = (certificate?, key?);
        let (present, missing): (&str, &str) = match (self.get(certificate), self.get(key)) {
            (Some(_), None) => (certificate, key),
            (None, Some(_)) => (key, certificate),
            _ => return None,
        };
        Some(Finding::HalfPair {
            present: self.origin(present),
            missing: self.next_to(present, missing),
            lacks_key: missing == key,
        })
    }
}

fn is_name(text: &str) -> bool {
    let is_inside = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'_';
    text.bytes().all(is_inside)
        && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}

/// Reads a word up to a separator outside of quotes; returns it without quotes, and how many bytes it took.
pub(super) fn word(text: &str, separator: char) -> (Zeroizing<String>, usize) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_a_shell_and_systemd_read_them() {
        let text = "# comment\nA=1\nexport B='two\nlines'\nC=\"x \\\"y\\\"\"\nD='it'\\''s'\nE=\nnot a line\nF=a\\ b\n";
        let variables = Settings::read(text);
        for (name, value) in
            [("A", "1"), ("B", "two\nlines"), ("C", "x \"y\""), ("D", "it's"), ("F", "a b")]
        {
            assert_eq!(variables.get(name), Some(value), "{name}");
        }
        assert_eq!(variables.get("E"), None);
        assert_eq!(variables.0.len(), 6);
    }
}
