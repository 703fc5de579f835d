//! `kumactl generate cert-manager`.

use kumactl::encode::cert_manager::CertManager;
use kumactl::encode::pem;
use kumactl::{
    ExtendedKeyUsage, IssuanceRequest, KeyAlgorithm, ObjectName, PrivateKeyEncoding, Profile,
    SerialNumber, ValidFor,
};
use time::OffsetDateTime;

use super::control_plane::{self, GENERAL_SECRET, ServiceArgs};
use super::exit::Failure;
use super::hostname::NameArgs;
use super::issuer::CaFilesArgs;
use super::output;

/// Print what cert-manager needs to make and rotate the certificate of a control plane
///
/// From a CA of your own: its Secret, an Issuer that signs with it, and a Certificate whose Secret has
/// the keys that Kuma mounts, the names of the Service, and a key that Envoy accepts. The output holds
/// the CA's private key.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  $ kumactl generate ca-certificate
  $ kumactl generate cert-manager --issuer-cert-file=ca.crt --issuer-key-file=ca.key \\
      | kubectl apply -f -
  $ kumactl generate helm-values --ca-cert-file=ca.crt > tls-values.yaml

  With a chart that makes the Certificate itself:
  $ kumactl generate cert-manager --issuer-cert-file=ca.crt --issuer-key-file=ca.key --for=chart \\
      | kubectl apply -f -
  $ kumactl generate cert-manager --issuer-cert-file=ca.crt --issuer-key-file=ca.key --for=values")]
pub(super) struct Args {
    #[command(flatten)]
    ca: CaFilesArgs,

    #[command(flatten)]
    service: ServiceArgs,

    #[command(flatten)]
    names: NameArgs,

    /// The Secret that cert-manager writes for Kuma
    #[arg(long, value_parser = control_plane::object_name, default_value = GENERAL_SECRET)]
    secret_name: ObjectName,

    /// Name of the Issuer, and of the Secret with the CA
    #[arg(long, value_parser = control_plane::object_name, default_value = "kuma-ca")]
    issuer_name: ObjectName,

    /// Type of the certificates' keys
    #[arg(long, value_enum, value_name = "TYPE", default_value_t)]
    key_type: KeyType,

    /// How long each certificate lives; cert-manager renews it after two thirds
    #[arg(long, value_name = "DURATION", default_value = "90d")]
    valid_for: String,

    /// What to print
    #[arg(long = "for", value_enum, value_name = "WHAT", default_value_t)]
    purpose: For,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
enum KeyType {
    /// RSA 2048
    #[default]
    Rsa,
    /// ECDSA P-256
    Ecdsa,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
enum For {
    /// The CA's Secret, the Issuer and the Certificate
    #[default]
    Cluster,
    /// The CA's Secret and the Issuer, for a chart that makes the Certificate
    Chart,
    /// The values of that chart: controlPlane.tls.general.certManager
    Values,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let now = OffsetDateTime::now_utc();
    let valid_for = args.valid_for.parse::<ValidFor>().map_err(kumactl::Error::from)?;
    if valid_for.duration().as_secs() < 3600 {
        let failure = Failure::usage("cert-manager makes no certificate for less than an hour");
        return Err(failure.hint("--valid-for=90d"));
    }
    let mut names = args.service.read()?.subject_alt_names();
    names.extend(args.names.parse()?);
    let issuer = args.ca.open(now)?;
    // Can the CA certify these names, for this time?
    let algorithm = match args.key_type {
        KeyType::Ecdsa => KeyAlgorithm::EcdsaP256,
        KeyType::Rsa => KeyAlgorithm::Rsa2048,
    };
    let usage = ExtendedKeyUsage::ServerAuth;
    let request = IssuanceRequest::new(usage, names, algorithm, Some(valid_for))?;
    let profile = Profile::Issued { request: &request, within: issuer.validity() };
    issuer.check(&profile.resolve(now, SerialNumber::random()?)?)?;

    let name =
        |text: &str| ObjectName::parse(text).map_err(|error| Failure::usage(error.to_string()));
    let made = CertManager {
        namespace: args.service.namespace.clone(),
        issuer: args.issuer_name.clone(),
        certificate: name(&args.service.service_name)?,
        secret: args.secret_name.clone(),
        names: request.subject_alt_names().to_vec(),
        is_ecdsa: args.key_type == KeyType::Ecdsa,
        valid_for,
    };
    if args.purpose == For::Values {
        return output::print(&made.helm_values());
    }
    // cert-manager reads PKCS#1, SEC 1 and PKCS#8; the last is the one for every type.
    let key = pem::encode_private_key(&issuer.key().private_key(PrivateKeyEncoding::Pkcs8)?);
    let certificate = pem::encode_certificates(issuer.chain().iter().map(Vec::as_slice));
    let text = match args.purpose {
        For::Chart => made.issuer_manifests(&certificate, &key),
        _ => made.manifests(&certificate, &key),
    };
    output::print_bytes(text.as_bytes())
}
