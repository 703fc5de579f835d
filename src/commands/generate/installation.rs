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

/// Print the TLS values for Kuma's Helm chart
///
/// Sets `controlPlane.tls...`, for charts 2.x and 3.x. The CA bundle is the CA file as one line of Base64,
/// which the chart copies into every webhook.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl generate helm-values --ca-cert-file=ca.crt > tls-values.yaml
  helm install kuma kuma/kuma --namespace=kuma-system --values=tls-values.yaml

  # The same as command-line arguments
  helm install kuma kuma/kuma --namespace=kuma-system \\
    $(kumactl generate helm-values --ca-cert-file=ca.crt --set)")]
pub(crate) struct HelmValuesArgs {
    #[command(flatten)]
    settings: SettingsArgs,

    /// Print Helm's --set-string arguments on one line instead
    #[arg(long)]
    set: bool,
}

/// Print flags for the official kumactl install
///
/// Prints the TLS flags of `kumactl install control-plane` on one line.
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
    /// CA certificate that the Kubernetes API server trusts when it calls the webhooks
    #[arg(long, value_name = "FILE")]
    ca_cert_file: Option<PathBuf>,

    /// Secret with tls.crt, tls.key and ca.crt [default with --ca-cert-file: general-tls-certs]
    #[arg(long, value_name = "NAME", value_parser = control_plane::object_name, requires = "ca_cert_file")]
    general_secret: Option<ObjectName>,

    /// Secret with ca.crt, if the general Secret has none
    #[arg(long, value_name = "NAME", value_parser = control_plane::object_name, requires = "ca_cert_file")]
    general_ca_secret: Option<ObjectName>,

    /// Secret of the API server, with tls.crt and tls.key
    #[arg(long, value_name = "NAME", value_parser = control_plane::object_name)]
    api_server_secret: Option<ObjectName>,

    /// Secret of the KDS server of a global control plane, with tls.crt and tls.key (2.x only)
    #[arg(long, value_name = "NAME", value_parser = control_plane::object_name)]
    kds_global_server_secret: Option<ObjectName>,

    /// Secret of a zone with the CA of its global control plane, with ca.crt
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
        refuse_long_words(
            &line,
            "rerun without --set, and pass the output to Helm as a file with --values",
        )?;
        line
    } else {
        installation.helm_values()
    })
}

pub(crate) fn install_flags(args: &InstallFlagsArgs, console: Console) -> Result<(), Failure> {
    let mut installation = args.settings.read(console)?;
    installation.namespace = args.namespace.clone().and_then(control_plane::other_namespace);
    let line = installation.flags();
    let hint = "use `kumactl install control-plane --values=FILE` with the output of `kumactl generate \
                helm-values`, or remove unused CAs from the file";
    refuse_long_words(&line, hint)?;
    console::print_result(&line)
}

/// Refuses a line with an argument that is too long for Linux.
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
            // The chart requires both or neither.
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
                // The name does not depend on the namespace.
                Some(name) => {
                    let namespace = control_plane::default_namespace();
                    control_plane::other_service(control_plane::service(Some(name), &namespace)?)
                }
                None => None,
            },
            ..Installation::default()
        };
        if installation == Installation::default() {
            let failure = Failure::usage("at least one flag is required");
            return Err(failure.hint("add --ca-cert-file=ca.crt with the CA certificate"));
        }
        Ok(installation)
    }
}
