//! `kumactl generate cert-manager`.

use kuma_pki::format::cert_manager::CertManager;
use kuma_pki::format::pem;
use kuma_pki::{
    ExtendedKeyUsage, IssuanceRequest, KeyAlgorithm, ObjectName, PrivateKeyEncoding, Profile,
    SerialNumber, SubjectAltName, ValidFor,
};
use time::OffsetDateTime;

use crate::args::control_plane::{self, SecretArgs, ServiceArgs};
use crate::args::hostname::NameArgs;
use crate::args::issuer::{self, CaFilesArgs};
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

/// Print manifests for cert-manager to issue the certificate
///
/// Prints the Secret of your CA, an Issuer that signs with it, and a Certificate with the names of the
/// control plane's Service and a key that Envoy accepts. The output contains the private key of the CA.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl generate ca-certificate
  kumactl generate cert-manager \\
    --issuer-cert-file=ca.crt --issuer-key-file=ca.key | kubectl apply -f -
  kumactl generate helm-values --ca-cert-file=ca.crt > tls-values.yaml

  # For a chart that creates the Certificate itself
  kumactl generate cert-manager --for=chart \\
    --issuer-cert-file=ca.crt --issuer-key-file=ca.key | kubectl apply -f -
  kumactl generate cert-manager --for=values \\
    --issuer-cert-file=ca.crt --issuer-key-file=ca.key > tls-values.yaml")]
pub(crate) struct Args {
    #[command(flatten)]
    service: ServiceArgs,

    #[command(flatten)]
    secret: SecretArgs,

    /// Name of the Issuer and of the Secret with the CA
    #[arg(
        long,
        value_name = "NAME",
        value_parser = control_plane::object_name,
        default_value = "kuma-ca"
    )]
    issuer_name: ObjectName,

    /// Type of the private keys [default: rsa]
    #[arg(long, value_enum, value_name = "TYPE")]
    key_type: Option<KeyType>,

    /// Lifetime of each certificate, at least 1h; cert-manager renews it after two thirds of it
    /// [default: 90d]
    #[arg(long, value_name = "DURATION")]
    valid_for: Option<String>,

    /// Manifests or values to print
    #[arg(long = "for", value_enum, value_name = "WHAT", default_value_t)]
    purpose: For,

    #[command(flatten, next_help_heading = "CA")]
    ca: CaFilesArgs,

    #[command(flatten, next_help_heading = "Certificate")]
    names: NameArgs,
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
    /// The Secret of the CA, the Issuer and the Certificate
    #[default]
    Cluster,
    /// The Secret of the CA and the Issuer, for a chart that creates the Certificate
    Chart,
    /// The Helm values of such a chart (controlPlane.tls.general.certManager)
    Values,
}

pub(crate) fn run(args: &Args, console: Console) -> Result<(), Failure> {
    let now = OffsetDateTime::now_utc();
    let valid_for = args.valid_for()?;
    let service = args.service.read()?;
    let mut names = service.subject_alt_names();
    names.extend(args.names.parse()?);
    args.refuse_unsupported_by_chart(&names)?;
    let secret = args.secret.name();
    if secret == args.issuer_name {
        let name = secret.as_str();
        let failure = Failure::usage(format!(
            "cert-manager would overwrite the Secret of the CA, {name}, with the certificate"
        ));
        return Err(failure.hint("use different names for --secret-name and --issuer-name"));
    }
    let issuer = args.ca.open(now, console)?;
    // Check that the CA can issue the certificate.
    let is_ecdsa = args.key_type == Some(KeyType::Ecdsa);
    let algorithm = if is_ecdsa { KeyAlgorithm::EcdsaP256 } else { KeyAlgorithm::Rsa2048 };
    let usage = ExtendedKeyUsage::ServerAuth;
    let request = IssuanceRequest::new(usage, names, algorithm, Some(valid_for))?;
    let profile =
        Profile::EndEntity { request: &request, issuer_validity: Some(issuer.validity()) };
    for warning in issuer::warning(&issuer).into_iter().chain(issuer::usage_warning(&issuer)) {
        console.warn(warning);
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
        return console::print_result(made.helm_values());
    }
    // cert-manager reads PKCS#1, SEC 1 and PKCS#8. PKCS#8 suits every key type.
    let key = pem::encode_private_key(&issuer.key().private_key(PrivateKeyEncoding::Pkcs8)?);
    let certificate = pem::encode_certificates(issuer.chain());
    let text = match args.purpose {
        For::Chart => made.issuer_manifests(&certificate, &key),
        _ => made.manifests(&certificate, &key),
    };
    console::print_result(text)
}

impl Args {
    /// Returns the lifetime of each certificate.
    fn valid_for(&self) -> Result<ValidFor, Failure> {
        let text = self.valid_for.as_deref().unwrap_or("90d");
        let valid_for = text.parse::<ValidFor>()?;
        let refused = match CertManager::check_duration(valid_for) {
            Ok(()) => return Ok(valid_for),
            Err(error) => Failure::usage(format!("--valid-for: {error}")),
        };
        Err(refused.hint("use a lifetime such as --valid-for=90d"))
    }

    /// Refuses flags that the chart's own Certificate does not support: it has DNS names only.
    fn refuse_unsupported_by_chart(&self, names: &[SubjectAltName]) -> Result<(), Failure> {
        if self.purpose == For::Cluster {
            return Ok(());
        }
        let is_dns = |name: &&SubjectAltName| matches!(name, SubjectAltName::Dns(_));
        let hint = "use --for=cluster";
        if let Some(name) = names.iter().find(|name| !is_dns(name)) {
            let text = format!("the chart's Certificate supports DNS names only, not {name}");
            return Err(Failure::usage(text).hint(hint));
        }
        let flags = [
            ("--secret-name", self.secret.secret_name.is_some()),
            ("--key-type", self.key_type.is_some()),
            ("--valid-for", self.valid_for.is_some()),
        ];
        match flags.iter().find(|(_, is_given)| *is_given) {
            None => Ok(()),
            Some((flag, _)) => {
                let text = format!("the chart's Certificate does not support {flag}");
                Err(Failure::usage(text).hint(hint))
            }
        }
    }
}
