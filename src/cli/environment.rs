//! `kumactl generate environment`.

use std::path::{Path, PathBuf};

use kumactl::encode::environment::{self, EnvironmentFormat, Purpose};
use time::OffsetDateTime;

use super::exit::Failure;
use super::hostname::NameArgs;
use super::material::MaterialArgs;
use super::output;

/// Print the environment variables of a control plane or of a data plane proxy
///
/// For plain machines. The files are looked at first. `kuma-cp` gets their paths, and `kuma-dp` the CA
/// certificate itself, so that no file has to be brought to its machine.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  $ kumactl generate environment --component=kuma-cp --cert-file=tls.crt --key-file=tls.key \\
      --directory=/etc/kuma --format=systemd > kuma-cp.env

  $ kumactl generate environment --component=kuma-dp --ca-cert-file=ca.crt > kuma-dp.env
  $ . ./kuma-dp.env

  A zone and the CA of its global control plane:
  $ kumactl generate environment --component=kuma-cp --purpose=zone-kds --ca-cert-file=ca.crt")]
pub(super) struct Args {
    /// The program that reads the variables
    #[arg(long, value_enum, value_name = "PROGRAM")]
    component: Component,

    /// What kuma-cp uses the files for (can be repeated, or a list with commas)
    #[arg(
        long = "purpose",
        value_name = "PURPOSE",
        value_delimiter = ',',
        value_parser = purpose,
        default_value = "general"
    )]
    purposes: Vec<Purpose>,

    #[command(flatten)]
    material: MaterialArgs,

    /// Directory of the files on the machine of kuma-cp [default: the paths as they are given]
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,

    /// Address of the control plane for kuma-dp, such as https://cp.example:5678
    #[arg(long, value_name = "URL")]
    cp_address: Option<String>,

    #[command(flatten)]
    names: NameArgs,

    /// Who reads the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum Component {
    /// A control plane
    KumaCp,
    /// A data plane proxy
    KumaDp,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
enum Format {
    /// A POSIX shell, with export
    #[default]
    Shell,
    /// Programs that read .env files
    Dotenv,
    /// EnvironmentFile= of systemd
    Systemd,
}

fn purpose(text: &str) -> Result<Purpose, String> {
    let found = Purpose::ALL.into_iter().find(|purpose| purpose.as_str() == text);
    found.ok_or_else(|| {
        let names: Vec<_> = Purpose::ALL.iter().map(|purpose| purpose.as_str()).collect();
        format!("the purposes are {}", names.join(", "))
    })
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let hosts = args.names.dialled()?;
    let files = &args.material;
    let variables = match args.component {
        Component::KumaCp => {
            for purpose in &args.purposes {
                require(files, *purpose)?;
            }
            files.read(&hosts, OffsetDateTime::now_utc())?;
            let path = |path: &Option<PathBuf>| path.as_deref().map(|path| args.place(path));
            let (certificate, key, ca) =
                (path(&files.cert_file), path(&files.key_file), path(&files.ca_cert_file));
            let of = |purpose: &Purpose| {
                purpose.control_plane(certificate.as_deref(), key.as_deref(), ca.as_deref())
            };
            args.purposes.iter().flat_map(of).collect()
        }
        Component::KumaDp => {
            if files.ca_cert_file.is_none() {
                let failure = Failure::usage("--ca-cert-file is missing: kuma-dp trusts a CA");
                return Err(failure.hint("--ca-cert-file=ca.crt"));
            }
            let material = files.read(&hosts, OffsetDateTime::now_utc())?;
            let ca = material.ca.unwrap_or_default();
            environment::data_plane(&String::from_utf8_lossy(&ca), args.cp_address.as_deref())
        }
    };
    output::print(&environment::encode(
        &variables,
        match args.format {
            Format::Shell => EnvironmentFormat::Shell,
            Format::Dotenv => EnvironmentFormat::Dotenv,
            Format::Systemd => EnvironmentFormat::Systemd,
        },
    ))
}

impl Args {
    /// The path of a file on the machine of kuma-cp.
    fn place(&self, path: &Path) -> String {
        let placed = match (&self.directory, path.file_name()) {
            (Some(directory), Some(name)) => directory.join(name),
            _ => path.to_owned(),
        };
        placed.to_string_lossy().into_owned()
    }
}

fn require(files: &MaterialArgs, purpose: Purpose) -> Result<(), Failure> {
    let name = purpose.as_str();
    if purpose.has_certificate() && files.cert_file.is_none() {
        let failure =
            Failure::usage(format!("--purpose={name} is about a certificate and its key"));
        return Err(failure.hint("--cert-file=tls.crt --key-file=tls.key"));
    }
    if !purpose.has_certificate() && files.ca_cert_file.is_none() {
        let failure = Failure::usage(format!("--purpose={name} is about a CA"));
        return Err(failure.hint("--ca-cert-file=ca.crt"));
    }
    Ok(())
}
