//! `kumactl generate environment`.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use kuma_pki::format::environment::{self, EnvironmentFormat, Paths, Purpose};
use time::OffsetDateTime;

use crate::args::control_plane_url::ControlPlaneUrl;
use crate::args::hostname::NameArgs;
use crate::args::pem_files::{self, PemFilesArgs};
use crate::files::read;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

/// Print the variables for kuma-cp or kuma-dp
///
/// For Universal. Verifies the files first. `kuma-cp` gets the paths of the files; `kuma-dp` gets the CA
/// certificate itself, so you need not copy a file to its host.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl generate environment --component=kuma-cp --directory=/etc/kuma \\
    --cert-file=tls.crt --key-file=tls.key --format=systemd > kuma-cp.env

  # A data plane proxy
  kumactl generate environment --component=kuma-dp --ca-cert-file=ca.crt \\
    > kuma-dp.env
  . ./kuma-dp.env

  # A zone and the CA of its global control plane
  kumactl generate environment --component=kuma-cp --purpose=zone-kds \\
    --ca-cert-file=ca.crt")]
pub(crate) struct Args {
    /// Program that reads the variables
    #[arg(long, value_enum, value_name = "PROGRAM")]
    component: Component,

    /// Use of the files by kuma-cp (can be repeated, or a list with commas) [default: general]
    #[arg(
        long = "purpose",
        value_name = "PURPOSE",
        value_delimiter = ',',
        value_parser = purpose_parser()
    )]
    purposes: Vec<Purpose>,

    /// CA certificate of the API server's clients, or the clients' certificates; port 5682 then rejects
    /// all other clients (with --purpose=api-server)
    #[arg(long, value_name = "FILE")]
    client_ca_cert_file: Option<PathBuf>,

    /// Directory of the files on the host of kuma-cp [default: the given paths]
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,

    /// Address of the control plane for kuma-dp, such as https://cp.example:5678; with --cert-file, kumactl
    /// verifies that the certificate is valid for its host
    #[arg(long, value_name = "URL")]
    cp_address: Option<String>,

    /// Format of the variables
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,

    #[command(flatten, next_help_heading = "Files")]
    pem_files: PemFilesArgs,

    #[command(flatten, next_help_heading = "Names")]
    names: NameArgs,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum Component {
    /// The control plane
    KumaCp,
    /// The data plane proxy
    KumaDp,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
enum Format {
    /// POSIX shell, with export
    #[default]
    Shell,
    /// .env file
    Dotenv,
    /// EnvironmentFile= of systemd
    Systemd,
}

pub(crate) fn purpose_parser() -> impl TypedValueParser<Value = Purpose> {
    PossibleValuesParser::new(Purpose::ALL.map(Purpose::as_str)).map(|name| {
        let found = Purpose::ALL.into_iter().find(|purpose| purpose.as_str() == name);
        found.expect("one of them")
    })
}

pub(crate) fn run(args: &Args, console: Console) -> Result<(), Failure> {
    args.refuse_unused()?;
    let now = OffsetDateTime::now_utc();
    let variables = match args.component {
        Component::KumaCp => args.control_plane(now, console)?,
        Component::KumaDp => args.data_plane(now, console)?,
    };
    console::print_result(environment::encode(
        &variables,
        match args.format {
            Format::Shell => EnvironmentFormat::Shell,
            Format::Dotenv | Format::Systemd => EnvironmentFormat::File,
        },
    ))
}

impl Args {
    fn control_plane(
        &self,
        now: OffsetDateTime,
        console: Console,
    ) -> Result<Vec<(&'static str, String)>, Failure> {
        let files = &self.pem_files;
        let purposes = self.purposes();
        for purpose in &purposes {
            require(files, *purpose)?;
        }
        files.refuse_unused(self.names.given())?;
        let is_used = |has: fn(Purpose) -> bool| purposes.iter().any(|purpose| has(*purpose));
        let client_ca = self.client_ca_cert_file.as_ref();
        if client_ca.is_some() && !is_used(Purpose::has_client_ca) {
            let failure =
                Failure::usage("--client-ca-cert-file has no effect without --purpose=api-server");
            return Err(failure.hint("add --purpose=api-server, or remove --client-ca-cert-file"));
        }
        let place =
            |flag, path: Option<&PathBuf>| path.map(|path| self.place(flag, path)).transpose();
        let certificate = place("--cert-file", files.cert_file.as_ref())?;
        let key = place("--key-file", files.key_file.as_ref())?;
        // Elsewhere it is there to be compared with.
        let ca = files.ca_cert_file.as_ref().filter(|_| is_used(Purpose::has_ca));
        let ca = place("--ca-cert-file", ca)?;
        let client_ca_path = place("--client-ca-cert-file", client_ca)?;
        files.read(&self.names.dialed()?, now, console)?;
        if let Some(path) = client_ca {
            pem_files::read_client_ca(path, now)?;
        }
        let paths = Paths {
            certificate: certificate.as_deref(),
            key: key.as_deref(),
            ca: ca.as_deref(),
            client_ca: client_ca_path.as_deref(),
        };
        Ok(purposes.iter().flat_map(|purpose| purpose.control_plane(paths)).collect())
    }

    fn data_plane(
        &self,
        now: OffsetDateTime,
        console: Console,
    ) -> Result<Vec<(&'static str, String)>, Failure> {
        let files = &self.pem_files;
        if files.ca_cert_file.is_none() {
            let failure = Failure::usage("--ca-cert-file is required with --component=kuma-dp");
            return Err(failure.hint("add --ca-cert-file=ca.crt"));
        }
        files.refuse_unused(self.names.given())?;
        let mut hosts = self.names.dialed()?;
        let url = self.cp_address.as_deref().map(ControlPlaneUrl::parse).transpose()?;
        if let (Some(url), Some(_)) = (&url, &files.cert_file) {
            hosts.push(url.host.clone());
        }
        let ca = files.read(&hosts, now, console)?.ca.unwrap_or_default();
        if let Some(warning) = url.as_ref().and_then(ControlPlaneUrl::warning) {
            console.warn(warning);
        }
        let address = url.as_ref().map(|url| url.text.as_str());
        let variables = environment::data_plane(&pem_files::variable(&ca)?, address);
        for (name, value) in &variables {
            let hint = "copy the CA file to the host of the proxy and use `kuma-dp run --ca-cert-file=FILE`, or \
                        remove unused CAs from the file";
            pem_files::refuse_long(name, name.len() + 1 + value.len(), hint)?;
        }
        Ok(variables)
    }

    /// Returns the purposes without duplicates.
    fn purposes(&self) -> Vec<Purpose> {
        let mut purposes: Vec<Purpose> = Vec::new();
        for purpose in &self.purposes {
            if !purposes.contains(purpose) {
                purposes.push(*purpose);
            }
        }
        if purposes.is_empty() { vec![Purpose::General] } else { purposes }
    }

    /// Refuses flags that have no effect.
    fn refuse_unused(&self) -> Result<(), Failure> {
        match self.component {
            Component::KumaCp => Failure::refuse_unused(
                &[("--cp-address", self.cp_address.is_some())],
                "with --component=kuma-cp",
                "use --component=kuma-dp",
            ),
            Component::KumaDp => Failure::refuse_unused(
                &[
                    ("--purpose", !self.purposes.is_empty()),
                    ("--directory", self.directory.is_some()),
                    ("--client-ca-cert-file", self.client_ca_cert_file.is_some()),
                ],
                "with --component=kuma-dp",
                "use --component=kuma-cp",
            ),
        }
    }

    /// Returns the path of a file on the host of kuma-cp.
    fn place(&self, flag: &str, path: &Path) -> Result<String, Failure> {
        let is_open = ["/dev/stdin", "/dev/fd", "/proc/self/fd"]
            .iter()
            .any(|system| path.starts_with(system));
        if path.as_os_str() == "-" || is_open {
            let shown = read::shown(path);
            let failure = Failure::usage(format!(
                "{flag} must be a file, since kuma-cp cannot read {shown} later"
            ));
            return Err(failure.hint(format!("pass the path of a file to {flag}")));
        }
        let placed = match (&self.directory, path.file_name()) {
            (Some(directory), Some(name)) => directory.join(name),
            _ => path.to_owned(),
        };
        text(&placed)
    }
}

/// Returns a path as the value of a variable and as a word in a command of NEXT-STEPS.md. Fails on a path that
/// is not UTF-8 or has control characters. A line break would end the variable or the command.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    let fault = match path.to_str() {
        None => "is not UTF-8",
        Some(text) if text.contains(char::is_control) => "contains a control character",
        Some(text) => return Ok(text.to_owned()),
    };
    let shown = kuma_pki::printable(&path.to_string_lossy());
    let failure = Failure::usage(format!("the path {shown} {fault}"));
    Err(failure.hint("use --directory=DIR with a path in UTF-8 on the host of kuma-cp"))
}

fn require(files: &PemFilesArgs, purpose: Purpose) -> Result<(), Failure> {
    let name = purpose.as_str();
    if purpose.has_certificate() && files.cert_file.is_none() {
        let failure =
            Failure::usage(format!("--purpose={name} requires --cert-file and --key-file"));
        return Err(failure.hint("add --cert-file=tls.crt --key-file=tls.key"));
    }
    if !purpose.has_certificate() && files.ca_cert_file.is_none() {
        let failure = Failure::usage(format!("--purpose={name} requires --ca-cert-file"));
        return Err(failure.hint("add --ca-cert-file=ca.crt"));
    }
    Ok(())
}
