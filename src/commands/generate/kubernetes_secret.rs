//! `kumactl generate kubernetes-secret`.

use std::collections::BTreeMap;

use kuma_pki::format::kubernetes_secret::{self, SecretMetadata};
use kuma_pki::verify::Finding;
use kuma_pki::{Namespace, ObjectName};
use time::OffsetDateTime;

use crate::args::control_plane::{self, GENERAL_SECRET, NAMESPACE};
use crate::args::hostname::NameArgs;
use crate::args::pem_files::PemFilesArgs;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

/// Print a Kubernetes Secret with the certificate, key and CA
///
/// Verifies that key and certificate match, chain to the CA, and are valid for the names of the control
/// plane's Service. The manifest equals that of `kubectl create secret generic --dry-run=client -o yaml`.
/// With --ca-cert-file alone, prints the Secret of a zone.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl generate kubernetes-secret --cert-file=tls.crt --key-file=tls.key \\
    --ca-cert-file=ca.crt | kubectl apply -f -

  # For a zone: the CA of its global control plane
  kumactl generate kubernetes-secret --name=kds-ca-certs \\
    --ca-cert-file=ca.crt | kubectl apply -f -")]
pub(crate) struct Args {
    /// Name of the Secret
    #[arg(long, value_parser = control_plane::object_name, default_value = GENERAL_SECRET)]
    name: ObjectName,

    /// Namespace of the control plane
    #[arg(long, short, value_parser = control_plane::namespace, default_value = NAMESPACE)]
    namespace: Namespace,

    /// Service of the control plane; the certificate must be valid for its names [default:
    /// kuma-control-plane]
    #[arg(long, value_name = "NAME")]
    service: Option<String>,

    /// Type of the Secret [default: Opaque, set by the API server]
    #[arg(long, value_enum, value_name = "TYPE")]
    secret_type: Option<SecretType>,

    /// Label to add (can be repeated)
    #[arg(long = "label", value_name = "KEY=VALUE")]
    labels: Vec<String>,

    /// Annotation to add (can be repeated)
    #[arg(long = "annotation", value_name = "KEY=VALUE")]
    annotations: Vec<String>,

    #[command(flatten, next_help_heading = "Files")]
    pem_files: PemFilesArgs,

    #[command(flatten, next_help_heading = "Names")]
    names: NameArgs,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum SecretType {
    /// Arbitrary data
    #[value(name = "Opaque", alias = "opaque")]
    Opaque,
    /// A certificate and its key
    #[value(name = "kubernetes.io/tls", alias = "tls")]
    Tls,
}

pub(crate) fn run(args: &Args, console: Console) -> Result<(), Failure> {
    let files = &args.pem_files;
    if files.cert_file.is_none() && files.ca_cert_file.is_none() {
        let failure = Failure::usage("--cert-file or --ca-cert-file is required");
        let hint = "add --cert-file=tls.crt --key-file=tls.key --ca-cert-file=ca.crt";
        return Err(failure.hint(hint));
    }
    if args.secret_type == Some(SecretType::Tls) && files.cert_file.is_none() {
        let failure =
            Failure::usage("--secret-type=kubernetes.io/tls requires --cert-file and --key-file");
        return Err(failure.hint("add --cert-file and --key-file, or remove --secret-type"));
    }
    let labels = pairs("--label", &args.labels, true)?;
    let annotations = pairs("--annotation", &args.annotations, false)?;
    let mut hosts = args.names.dialed()?;
    let service = args.service.as_ref().map(|_| "--service");
    files.refuse_unused(service.or_else(|| args.names.given()))?;
    let is_general = files.cert_file.is_some() && files.ca_cert_file.is_some();
    if args.service.is_some() || (args.names.is_empty() && is_general) {
        let service = control_plane::service(args.service.as_deref(), &args.namespace)?;
        hosts.extend(service.dialed_names());
    }
    let pem_files = files.read(&hosts, OffsetDateTime::now_utc(), console)?;
    // A Secret of type kubernetes.io/tls is for the API server and needs no CA.
    if pem_files.ca.is_none() && args.secret_type != Some(SecretType::Tls) {
        console.warn(format!("{}; add --ca-cert-file=ca.crt", Finding::SecretWithoutCa));
    }
    let metadata = SecretMetadata {
        secret_type: args.secret_type.map(|secret_type| match secret_type {
            SecretType::Opaque => "Opaque",
            SecretType::Tls => "kubernetes.io/tls",
        }),
        labels,
        annotations,
        ..SecretMetadata::new(args.name.clone(), args.namespace.clone())
    };
    let rows = [
        ("ca.crt", &pem_files.ca),
        ("tls.crt", &pem_files.certificate),
        ("tls.key", &pem_files.key),
    ];
    let some = rows.iter().filter_map(|(key, bytes)| Some((*key, bytes.as_ref()?.as_slice())));
    let manifest = kubernetes_secret::encode(&metadata, &some.collect::<Vec<_>>());
    console::print_result(manifest.as_bytes())
}

fn pairs(
    flag: &str,
    texts: &[String],
    are_labels: bool,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut pairs = BTreeMap::new();
    for text in texts {
        let Some((key, value)) = text.split_once('=') else {
            let failure = Failure::usage(format!("{flag}: {text:?} is not KEY=VALUE"));
            return Err(failure.hint(format!("use {flag}=KEY=VALUE")));
        };
        let checked = if are_labels {
            kuma_pki::check_label_key(key).and_then(|()| kuma_pki::check_label_value(value))
        } else {
            kuma_pki::check_annotation_key(key)
        };
        checked.map_err(|error| Failure::usage(format!("{flag}: {error}")))?;
        pairs.insert(key.to_owned(), value.to_owned());
    }
    Ok(pairs)
}
