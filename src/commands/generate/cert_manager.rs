//! `kumactl generate cert-manager`.

use kuma_pki::format::cert_manager::CertManager;
use kuma_pki::format::pem;
use kuma_pki::{
    ExtendedKeyUsage, IssuanceRequest, KeyAlgorithm, ObjectName, PrivateKeyEncoding, Profile,
    SerialNumber, SubjectAltName, ValidFor,
};
use time::OffsetDateTime;

use crate::args::control_plane::{self, ServiceArgs};
use crate::args::hostname::NameArgs;
use crate::args::issuer::CaFilesArgs;
use crate::files;
use crate::report::failure::Failure;

/// Print what cert-manager needs to make and rotate the certificate of a control plane
///
/// From a CA of your own: its Secret, an Issuer that signs with it, and a Certificate whose Secret has
/// the keys that Kuma mounts, the names of the Service, and a key that Envoy accepts. The output holds
/// the CA's private key.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl generate ca-certificate
  kumactl generate cert-manager \\
    --issuer-cert-file=ca.crt --issuer-key-file=ca.key | kubectl apply -f -
  kumactl generate helm-values --ca-cert-file=ca.crt > tls-values.yaml

  # With a chart that creates the Certificate itself
  kumactl generate cert-manager --for=chart \\
    --issuer-cert-file=ca.crt --issuer-key-file=ca.key | kubectl apply -f -
  kumactl generate cert-manager --for=values \\
    --issuer-cert-file=ca.crt --issuer-key-file=ca.key > tls-values.yaml")]
pub(crate) struct Args {
    #[command(flatten)]
    ca: CaFilesArgs,

    #[command(flatten)]
    service: ServiceArgs,

    #[command(flatten)]
    names: NameArgs,

    /// The Secret that cert-manager writes for Kuma [default: general-tls-certs]
    #[arg(long, value_name = "NAME", value_parser = control_plane::object_name)]
    secret_name: Option<ObjectName>,

    /// Name of the Issuer, and of the Secret with the CA
    #[arg(long, value_parser = control_plane::object_name, default_value = "kuma-ca")]
    issuer_name: ObjectName,

    /// Type of the certificates' keys [default: rsa]
    #[arg(long, value_enum, value_name = "TYPE")]
    key_type: Option<KeyType>,

    /// How long each certificate lives, 1h at least; cert-manager renews it after two thirds [default:
    /// 90d]
    #[arg(long, value_name = "DURATION")]
    valid_for: Option<String>,

    /// What to print
    #[arg(long = "for", value_enum, value_name = "WHAT", default_value_t)]
    purpose: For,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum KeyType {
    /// RSA 2048
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

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let now = OffsetDateTime::now_utc();
    let valid_for = args.valid_for()?;
    let service = args.service.read()?;
    let mut names = service.subject_alt_names();
    names.extend(args.names.parse()?);
    args.refuse_what_the_chart_has_not(&names)?;
    let secret = args.secret_name.clone().unwrap_or_else(control_plane::general_secret);
    if secret == args.issuer_name {
        let name = secret.as_str();
        let failure = Failure::usage(format!(
            "the certificate would be written into the Secret of the CA, {name}, over its key"
        ));
        return Err(failure.hint("give --secret-name and --issuer-name two names"));
    }
    let issuer = args.ca.open(now)?;
    // Can the CA certify these names, for this time?
    let is_ecdsa = args.key_type == Some(KeyType::Ecdsa);
    let algorithm = if is_ecdsa { KeyAlgorithm::EcdsaP256 } else { KeyAlgorithm::Rsa2048 };
    let usage = ExtendedKeyUsage::ServerAuth;
    let request = IssuanceRequest::new(usage, names, algorithm, Some(valid_for))?;
    let profile = Profile::Issued { request: &request, within: issuer.validity() };
    let warnings =
        [crate::args::issuer::warning(&issuer), crate::args::issuer::usage_warning(&issuer)];
    for warning in warnings.into_iter().flatten() {
        files::note(&format!("warning: {warning}"));
    }
    issuer.check(&profile.resolve(now, SerialNumber::random()?)?)?;

    let name =
        |text: &str| ObjectName::parse(text).map_err(|error| Failure::usage(error.to_string()));
    let made = CertManager {
        namespace: args.service.namespace(),
        issuer: args.issuer_name.clone(),
        certificate: name(service.name())?,
        secret,
        service: control_plane::other_service(service),
        names: request.subject_alt_names().to_vec(),
        is_ecdsa,
        valid_for,
    };
    if args.purpose == For::Values {
        return files::print_payload(made.helm_values());
    }
    // cert-manager reads PKCS#1, SEC 1 and PKCS#8; the last is the one for every type.
    let key = pem::encode_private_key(&issuer.key().private_key(PrivateKeyEncoding::Pkcs8)?);
    let certificate = pem::encode_certificates(issuer.chain().iter().map(Vec::as_slice));
    let text = match args.purpose {
        For::Chart => made.issuer_manifests(&certificate, &key),
        _ => made.manifests(&certificate, &key),
    };
    files::print_payload(text)
}

impl Args {
    /// How long each certificate lives, as far as cert-manager can count.
    fn valid_for(&self) -> Result<ValidFor, Failure> {
        let text = self.valid_for.as_deref().unwrap_or("90d");
        let valid_for = text.parse::<ValidFor>()?;
        let refused = match CertManager::check_duration(valid_for) {
            Ok(()) => return Ok(valid_for),
            Err(error) => Failure::usage(format!("--valid-for: {error}")),
        };
        Err(refused.hint("--valid-for=90d"))
    }

    /// The chart's own Certificate has DNS names, and nothing else that could be chosen here.
    fn refuse_what_the_chart_has_not(&self, names: &[SubjectAltName]) -> Result<(), Failure> {
        if self.purpose == For::Cluster {
            return Ok(());
        }
        let is_dns = |name: &&SubjectAltName| matches!(name, SubjectAltName::Dns(_));
        let hint = "--for=cluster makes a Certificate that can";
        if let Some(name) = names.iter().find(|name| !is_dns(name)) {
            let text = format!("the chart's Certificate can have DNS names only, and not {name}");
            return Err(Failure::usage(text).hint(hint));
        }
        let flags = [
            ("--secret-name", self.secret_name.is_some()),
            ("--key-type", self.key_type.is_some()),
            ("--valid-for", self.valid_for.is_some()),
        ];
        match flags.iter().find(|(_, is_given)| *is_given) {
            None => Ok(()),
            Some((flag, _)) => {
                let text = format!("the chart's Certificate has no place for {flag}");
                Err(Failure::usage(text).hint(hint))
            }
        }
    }
}
