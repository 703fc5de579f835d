//! `kumactl generate helm-values` and `kumactl generate install-flags`: one set of settings in two
//! forms.

use std::path::PathBuf;

use kuma_pki::format::installation::Installation;
use kuma_pki::{Namespace, ObjectName};
use time::OffsetDateTime;

use crate::args::control_plane;
use crate::args::pem_files::{self, PemFilesArgs};
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

/// Print the values of Kuma's Helm chart that are about certificates
///
/// `controlPlane.tls...`, for charts 2.x and 3.x. The CA bundle is the Base64 of the CA file on one
/// line, which the chart prints into every webhook.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl generate helm-values --ca-cert-file=ca.crt > tls-values.yaml
  helm install kuma kuma/kuma --namespace=kuma-system --values=tls-values.yaml

  # The same as arguments
  helm install kuma kuma/kuma --namespace=kuma-system \\
    $(kumactl generate helm-values --ca-cert-file=ca.crt --set)")]
pub(crate) struct HelmValuesArgs {
    #[command(flatten)]
    settings: SettingsArgs,

    /// Print --set-string arguments of Helm instead, in one line
    #[arg(long)]
    set: bool,
}

/// Print the flags of `kumactl install control-plane` that are about certificates
///
/// One line that a shell splits into exactly these flags.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl install control-plane \\
    $(kumactl generate install-flags --ca-cert-file=ca.crt) \\
    | kubectl apply -f -")]
pub(crate) struct InstallFlagsArgs {
    #[command(flatten)]
    settings: SettingsArgs,

    /// Namespace of the control plane [default: kuma-system]
    #[arg(long, short, value_parser = control_plane::namespace)]
    namespace: Option<Namespace>,
}

#[derive(clap::Args)]
struct SettingsArgs {
    /// The CA certificate that the webhooks' clients trust; it needs the general Secret beside it
    #[arg(long, value_name = "FILE")]
    ca_cert_file: Option<PathBuf>,

    /// The Secret with tls.crt, tls.key and ca.crt [default with --ca-cert-file: general-tls-certs]
    #[arg(long, value_name = "NAME", value_parser = control_plane::object_name, requires = "ca_cert_file")]
    general_secret: Option<ObjectName>,

    /// The Secret with ca.crt, if the general one has none
    #[arg(long, value_name = "NAME", value_parser = control_plane::object_name, requires = "ca_cert_file")]
    general_ca_secret: Option<ObjectName>,

    /// The Secret of the API server, with tls.crt and tls.key
    #[arg(long, value_name = "NAME", value_parser = control_plane::object_name)]
    api_server_secret: Option<ObjectName>,

    /// The Secret of a global control plane's server for zones, with tls.crt and tls.key (2.x only)
    #[arg(long, value_name = "NAME", value_parser = control_plane::object_name)]
    kds_global_server_secret: Option<ObjectName>,

    /// The Secret of a zone with the CA of its global control plane, with ca.crt
    #[arg(long, value_name = "NAME", value_parser = control_plane::object_name)]
    kds_zone_client_secret: Option<ObjectName>,

    /// Service of the control plane [default: kuma-control-plane]
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
}

pub(crate) fn helm_values(args: &HelmValuesArgs, console: Console) -> Result<(), Failure> {
    let installation = args.settings.read(console)?;
    console::print_result(if args.set {
        let line = installation.helm_arguments();
        refuse_long_words(&line, "leave --set out, and give the file to Helm with --values")?;
        line
    } else {
        installation.helm_values()
    })
}

pub(crate) fn install_flags(args: &InstallFlagsArgs, console: Console) -> Result<(), Failure> {
    let mut installation = args.settings.read(console)?;
    installation.namespace = args.namespace.clone().and_then(control_plane::other_namespace);
    let line = installation.flags();
    let hint = "`kumactl generate helm-values` prints a file for `kumactl install control-plane \
                --values=FILE`; or remove CAs that are no longer in use";
    refuse_long_words(&line, hint)?;
    console::print_result(&line)
}

/// Refuses a line of which a shell makes an argument that no program can be started with.
fn refuse_long_words(line: &str, hint: &str) -> Result<(), Failure> {
    line.split_whitespace().try_for_each(|word| {
        let name = word.split('=').next().unwrap_or(word);
        pem_files::refuse_long(name, word.len(), hint)
    })
}

impl SettingsArgs {
    fn read(&self, console: Console) -> Result<Installation, Failure> {
        let pem_files = PemFilesArgs {
            cert_file: None,
            key_file: None,
            ca_cert_file: self.ca_cert_file.clone(),
        };
        let pem_files = pem_files.read(&[], OffsetDateTime::now_utc(), console)?;
        let general = match &self.general_secret {
            Some(name) => Some(name.clone()),
            // The chart wants both or neither.
            None if pem_files.ca.is_some() => Some(control_plane::general_secret()),
            None => None,
        };
        let installation = Installation {
            general_secret: general,
            general_ca_secret: self.general_ca_secret.clone(),
            ca_bundle: pem_files.ca.map(|bytes| bytes.to_vec()),
            api_server_secret: self.api_server_secret.clone(),
            kds_global_server_secret: self.kds_global_server_secret.clone(),
            kds_zone_client_secret: self.kds_zone_client_secret.clone(),
            service: match &self.service {
                // Any namespace: its Service has the name in each.
                Some(name) => {
                    let namespace = control_plane::default_namespace();
                    control_plane::other_service(control_plane::service(Some(name), &namespace)?)
                }
                None => None,
            },
            ..Installation::default()
        };
        if installation == Installation::default() {
            let failure = Failure::usage("there is nothing to set");
            return Err(failure.hint("--ca-cert-file=ca.crt, with the CA certificate"));
        }
        Ok(installation)
    }
}
