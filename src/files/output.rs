//! The outputs of a run: what they hold and where they go.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use super::output_kind::OutputKind;

/// The permissions of files that anybody may read.
pub(crate) const PUBLIC_MODE: u32 = 0o644;

/// The destination of an output: a path, or `-` for standard output.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Destination {
    /// A file, or a special file such as a pipe.
    File(PathBuf),
    /// A file in the directory given with `--output-dir`, which is created if it does not exist.
    InDirectory(PathBuf),
    /// Standard output.
    Stdout,
}

/// The setting that names the path of an output. Hints name it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Setting {
    /// A flag, such as `--key-file`.
    Flag(&'static str),
    /// A field of a specification, such as `keyFile`.
    Field(&'static str),
    /// None: the name of the file is fixed.
    Fixed,
}

/// A requested output.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) kind: OutputKind,
    pub(crate) destination: Destination,
    /// The permissions of the file, independent of the umask.
    pub(crate) mode: u32,
    pub(super) setting: Setting,
}

impl Destination {
    /// Reads a flag's value. `/dev/stdout` is standard output under another name: written as a file
    /// it would be overwritten by other output.
    pub(crate) fn parse(value: &OsStr) -> Self {
        match value.to_str() {
            Some("-" | "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1") => Self::Stdout,
            _ => Self::File(PathBuf::from(value)),
        }
    }

    /// Returns the path, unless it is standard output.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) | Self::InDirectory(path) => Some(path),
            Self::Stdout => None,
        }
    }
}

impl Setting {
    /// Returns what to type to set it to a value.
    pub(super) fn assignment(self, value: &str) -> Option<String> {
        match self {
            Self::Flag(flag) => Some(format!("{flag}={value}")),
            Self::Field(field) => Some(format!("{field}: {value}")),
            Self::Fixed => None,
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Flag(name) | Self::Field(name) => name,
            Self::Fixed => "",
        })
    }
}

impl Output {
    /// Returns an output whose path is the value of a flag.
    pub(crate) fn of_flag(kind: OutputKind, value: &OsStr, mode: u32) -> Self {
        let flag = match kind {
            OutputKind::PrivateKey => "--key-file",
            OutputKind::Certificate => "--cert-file",
            OutputKind::CertificateRequest => "--csr-file",
            OutputKind::CaCertificate => "--ca-cert-file",
            OutputKind::CaBundle => "--ca-bundle-file",
            OutputKind::Diagram => "--diagram",
            OutputKind::Token => "--token-file",
            _ => "--output-dir",
        };
        Self { kind, destination: Destination::parse(value), mode, setting: Setting::Flag(flag) }
    }

    /// Returns an output whose path is the value of a field of a specification.
    pub(crate) fn of_field(kind: OutputKind, field: &'static str, path: &Path, mode: u32) -> Self {
        let destination = Destination::File(path.to_owned());
        Self { kind, destination, mode, setting: Setting::Field(field) }
    }

    /// Returns an output in the directory given with `--output-dir`.
    pub(crate) fn in_output_dir(kind: OutputKind, directory: &Path, mode: u32) -> Self {
        let destination = Destination::InDirectory(directory.join(kind.file_name()));
        Self { kind, destination, mode, setting: Setting::Flag("--output-dir") }
    }

    /// Returns an output in an existing directory, under its usual name.
    pub(crate) fn in_directory(kind: OutputKind, directory: &Path, mode: u32) -> Self {
        let destination = Destination::File(directory.join(kind.file_name()));
        Self { kind, destination, mode, setting: Setting::Fixed }
    }

    /// Returns the hint to write the output to another path, if the user can.
    pub(super) fn other_path_hint(&self) -> Option<String> {
        match (&self.destination, self.setting) {
            (_, Setting::Fixed) => None,
            (Destination::InDirectory(_), setting) => {
                Some(format!("use another directory for {setting}"))
            }
            (_, setting) => Some(format!("use another path for {setting}")),
        }
    }
}
